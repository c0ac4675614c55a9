// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IAllocationManager} from "../interfaces/IAllocationManager.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";
import {IStakeManager} from "../interfaces/IStakeManager.sol";
import {IRewardClaims} from "../interfaces/callbacks/IRewardClaims.sol";
import {IAllocator} from "../interfaces/lrt/IAllocator.sol";
import {ILiquidRestakingToken} from "../interfaces/lrt/ILiquidRestakingToken.sol";
import {BucketMath} from "../libraries/BucketMath.sol";
import {BPS, LrtMath} from "../libraries/LrtMath.sol";
import {OperatorSetKey} from "../libraries/OperatorSetKey.sol";
import {WAD, WadMath} from "../libraries/WadMath.sol";
import {AllocationView} from "../types/AllocationTypes.sol";
import {LrtConfig, OperatorState} from "../types/LrtTypes.sol";
import {PoolView, QueueRequest, TransferRequest, Value, WithdrawalKey} from "../types/StakeTypes.sol";

/// @title Allocator: operators, targets and caps. The token has approved it in the core: it queues and passes on the
/// token's stake, but only the token itself moves assets.
/// With x own shares of a pool of factor F and liens L: gross ⌊x·F/WAD⌋, net ⌊x·(F − L)/WAD⌋ while active; once queued,
/// net ⌊x·rate/WAD⌋ and gross ⌊x·(rate + v)/WAD⌋, v being what vetoes can still give to the bucket.
/// What may be staked with an operator: min(target · A, OPERATOR_RISK · A · F / used), used = F − free as the core has
/// booked it. There are at most 32 operators, so every loop is bounded.
contract Allocator is IAllocator, AccessManaged {
    /// @inheritdoc IAllocator
    uint256 public constant MAX_OPERATORS = 32;
    /// @dev Of a pool with a lower factor there is next to nothing left, and the core takes no stake for it.
    uint256 private constant MIN_FACTOR = 1e9;

    ILiquidRestakingToken private immutable TOKEN;
    address private immutable ASSET;
    IStakeManager private immutable STAKE_MANAGER;
    IAllocationManager private immutable ALLOCATION_MANAGER;
    IRewardClaims private immutable REWARDS_DISTRIBUTOR;
    uint256 private immutable BUCKET;
    uint256 private immutable NOTICE;
    /// @inheritdoc IAllocator
    uint256 public immutable BUFFER_BPS;
    /// @inheritdoc IAllocator
    uint256 public immutable OPERATOR_RISK_BPS;
    /// @inheritdoc IAllocator
    uint256 public immutable SERVICE_RISK_BPS;

    /// @dev Each once; as many as have a target, a scheduled target, or stake.
    address[] private _operators;
    mapping(address operator => OperatorState) private _states;

    /// @param token The liquid restaking token, which has checked the bounds.
    constructor(ILiquidRestakingToken token, LrtConfig memory config) AccessManaged(config.authority) {
        TOKEN = token;
        ASSET = config.asset;
        STAKE_MANAGER = ISlasher(config.slasher).STAKE_MANAGER();
        ALLOCATION_MANAGER = ISlasher(config.slasher).ALLOCATION_MANAGER();
        REWARDS_DISTRIBUTOR = IRewardClaims(STAKE_MANAGER.REWARDS_DISTRIBUTOR());
        BUCKET = STAKE_MANAGER.BUCKET();
        NOTICE = STAKE_MANAGER.NOTICE();
        BUFFER_BPS = config.bufferBps;
        OPERATOR_RISK_BPS = config.operatorRiskBps;
        SERVICE_RISK_BPS = config.serviceRiskBps;
    }

    // --------------------------------------------------------------------- curator

    /// @inheritdoc IAllocator
    function setTarget(address operator, uint16 target) external restricted returns (uint48 effectAt) {
        OperatorState memory state = _current(operator);
        // Seconds, and three months at most.
        effectAt = uint48(block.timestamp);
        if (target <= state.target) {
            require(state.listed, OperatorUnknown(operator));
            (state.target, state.nextTarget, state.nextAt) = (target, 0, 0);
            emit TargetSet(operator, target);
        } else {
            effectAt += uint48(NOTICE);
            (state.nextTarget, state.nextAt) = (target, effectAt);
            if (!state.listed) {
                require(_operators.length < MAX_OPERATORS, TooManyOperators(MAX_OPERATORS));
                state.listed = true;
                _operators.push(operator);
            }
            emit TargetScheduled(operator, target, effectAt);
        }
        _write(operator, state);
        uint256 sum = _sumOfTargets();
        require(sum <= BPS - BUFFER_BPS, TargetsTooHigh(sum, BPS - BUFFER_BPS));
    }

    // ---------------------------------------------------------------------- anyone

    /// @inheritdoc IAllocator
    function allocate(address operator, uint256 assets) external {
        (uint256 total, uint256 idle) = TOKEN.sync();
        OperatorState memory state = _current(operator);
        require(state.maturity == 0, OperatorLeaving(operator, state.maturity));
        uint256 buffer = LrtMath.mulDivUp(total, BUFFER_BPS, BPS);
        uint256 available = idle > buffer ? idle - buffer : 0;
        require(assets <= available, ExceedsIdle(assets, available));

        uint256 factor = STAKE_MANAGER.pool(operator, ASSET).factor;
        uint256 shares = factor == 0 ? 0 : WadMath.toSharesDown(assets, factor);
        require(shares != 0, ZeroShares());
        uint256 sum = state.shares + shares;
        (uint256 value, uint256 max) = (WadMath.toAssetsDown(sum, factor), _limitDown(operator, state, factor, total));
        require(value <= max, ExceedsTarget(value, max));
        // The core refuses what does not fit: all shares of a pool are below 2^120.
        state.shares = uint120(sum);
        _write(operator, state);
        emit Allocated(operator, assets, shares, sum);
        TOKEN.stake(operator, assets, shares);
    }

    /// @inheritdoc IAllocator
    function evict(address operator) external {
        (uint256 total, ) = TOKEN.sync();
        OperatorState memory state = _evictable(operator);
        PoolView memory pool = STAKE_MANAGER.pool(operator, ASSET);
        // Where there is no stake, nothing is to be said against a target that is scheduled.
        bool grounds = state.shares != 0 && (state.target == 0 || pool.factor < MIN_FACTOR);
        if (!grounds) {
            // value > 1.25 · τ · A. All amounts are below 2^104.
            uint256 value = WadMath.toAssetsDown(state.shares, pool.factor);
            grounds = value * 4 > (_limitDown(operator, state, pool.factor, total) + 1) * 5;
        }
        require(grounds, NoGroundsToEvict(operator));
        _evict(operator, state);
    }

    /// @inheritdoc IAllocator
    function evictFromService(address operator, address avs, bytes32[] calldata operatorSets) external {
        TOKEN.sync();
        OperatorState memory state = _evictable(operator);
        bytes32 previous;
        for (uint256 i; i < operatorSets.length; ++i) {
            bytes32 operatorSet = operatorSets[i];
            require(operatorSet > previous && OperatorSetKey.avsOf(operatorSet) == avs, InvalidSets(operatorSet));
            previous = operatorSet;
        }
        (uint256 risk, uint256 scheduledRisk) = _serviceRisks(operatorSets);
        (uint256 given, uint256 joining) = _givenTo(operator, operatorSets);
        uint256 max = SERVICE_RISK_BPS * WAD;
        if (joining != 0 && state.target != 0 && risk > max) {
            _evict(operator, state);
        } else {
            require(scheduledRisk > max && given != 0 && state.nextAt != 0, NoGroundsToEvict(operator));
            emit ScheduledTargetDropped(operator, avs, state.nextTarget);
            (state.nextTarget, state.nextAt) = (0, 0);
            _write(operator, state);
        }
    }

    /// @inheritdoc IAllocator
    function collect(address operator) external returns (uint256 assets) {
        TOKEN.sync();
        OperatorState memory state = _current(operator);
        uint48 maturity = state.maturity;
        require(maturity != 0, OperatorNotLeaving(operator));
        require(block.timestamp >= maturity, NotMature(maturity));
        assets = WadMath.toAssetsDown(state.shares, STAKE_MANAGER.bucket(operator, ASSET, maturity).rate);
        emit Collected(operator, state.shares, assets);
        (state.shares, state.maturity) = (0, 0);
        _write(operator, state);
        TOKEN.collect(operator, maturity, assets);
    }

    /// @inheritdoc IAllocator
    function collectRewards(address operator, address rewardToken) external returns (uint256 amount) {
        address receiver = rewardToken == ASSET ? address(TOKEN) : address(TOKEN.REWARD_AUCTION());
        IRewardClaims.PoolKey[] memory pools = new IRewardClaims.PoolKey[](1);
        pools[0] = IRewardClaims.PoolKey(operator, ASSET);
        amount = REWARDS_DISTRIBUTOR.claim(address(TOKEN), rewardToken, pools, receiver);
        emit RewardsCollected(operator, rewardToken, receiver, amount);
    }

    // ------------------------------------------------------------------- the token

    /// @inheritdoc IAllocator
    function slice(
        address batch,
        uint256 part,
        uint256 whole
    ) external returns (uint48 maturity, WithdrawalKey[] memory items) {
        require(msg.sender == address(TOKEN), NotToken(msg.sender));
        // Seconds, and two months.
        maturity = uint48(BucketMath.maturityOf(block.timestamp, BUCKET));
        (uint256[] memory slices, uint256 active, uint256 leaving) = _cut(part, whole);
        QueueRequest[] memory queued = new QueueRequest[](active);
        TransferRequest[] memory passed = new TransferRequest[](leaving);
        items = new WithdrawalKey[](active + leaving);
        for (uint256 i; i < slices.length; ++i) {
            if (slices[i] == 0) continue;
            address operator = _operators[i];
            uint48 leavesAt = _states[operator].maturity;
            if (leavesAt == 0) queued[--active] = QueueRequest(operator, slices[i]);
            else passed[--leaving] = TransferRequest(operator, leavesAt, slices[i]);
            items[active + leaving] = WithdrawalKey(operator, leavesAt == 0 ? maturity : leavesAt);
        }
        if (queued.length != 0) STAKE_MANAGER.queueWithdrawals(address(TOKEN), ASSET, queued, batch);
        if (passed.length != 0) STAKE_MANAGER.transferWithdrawals(address(TOKEN), ASSET, passed, batch);
    }

    // ----------------------------------------------------------------------- views

    /// @inheritdoc IAllocator
    function totalValue() external view returns (Value memory sum) {
        uint256 count = _operators.length;
        for (uint256 i; i < count; ++i) {
            Value memory value = stakeValue(_operators[i]);
            sum.gross += value.gross;
            sum.net += value.net;
        }
    }

    /// @inheritdoc IAllocator
    function stakeValue(address operator) public view returns (Value memory) {
        OperatorState storage state = _states[operator];
        (uint256 shares, uint256 maturity) = (state.shares, state.maturity);
        if (shares == 0) return Value(0, 0);
        PoolView memory pool = STAKE_MANAGER.pool(operator, ASSET);
        if (maturity == 0) return WadMath.valueDown(shares, pool.factor - pool.liened, pool.factor, 0);
        // A bucket of the core: its maturity is below 2^48.
        uint256 rate = STAKE_MANAGER.bucket(operator, ASSET, uint48(maturity)).rate;
        return WadMath.valueDown(shares, rate, rate + _vetoable(operator, maturity, pool.liened), 0);
    }

    /// @inheritdoc IAllocator
    function operators() external view returns (address[] memory) {
        return _operators;
    }

    /// @inheritdoc IAllocator
    function operatorState(address operator) external view returns (OperatorState memory) {
        return _current(operator);
    }

    /// @inheritdoc IAllocator
    function limitOf(address operator) external view returns (uint256) {
        uint256 factor = STAKE_MANAGER.pool(operator, ASSET).factor;
        return _limitDown(operator, _current(operator), factor, TOKEN.totalAssets());
    }

    // -------------------------------------------------------------------- internal

    /// @dev The state as it is now: a scheduled target takes effect by reading alone.
    function _current(address operator) private view returns (OperatorState memory state) {
        state = _states[operator];
        if (state.nextAt != 0 && block.timestamp >= state.nextAt) {
            (state.target, state.nextTarget, state.nextAt) = (state.nextTarget, 0, 0);
        }
    }

    /// @dev Writes a state; one with nothing in it leaves the list.
    function _write(address operator, OperatorState memory state) private {
        if (state.listed && state.shares == 0 && state.target == 0 && state.nextAt == 0) {
            delete _states[operator];
            uint256 last = _operators.length - 1;
            for (uint256 i; i < last; ++i) {
                if (_operators[i] == operator) _operators[i] = _operators[last];
            }
            _operators.pop();
            emit OperatorDelisted(operator);
        } else {
            _states[operator] = state;
        }
    }

    function _evictable(address operator) private view returns (OperatorState memory state) {
        state = _current(operator);
        require(state.listed, OperatorUnknown(operator));
        require(state.maturity == 0, OperatorLeaving(operator, state.maturity));
    }

    function _evict(address operator, OperatorState memory state) private {
        uint256 shares = state.shares;
        (state.target, state.nextTarget, state.nextAt) = (0, 0, 0);
        // Seconds, and two months.
        if (shares != 0) state.maturity = uint48(BucketMath.maturityOf(block.timestamp, BUCKET));
        emit Evicted(operator, shares, state.maturity);
        _write(operator, state);
        if (shares == 0) return;
        QueueRequest[] memory requests = new QueueRequest[](1);
        requests[0] = QueueRequest(operator, shares);
        STAKE_MANAGER.queueWithdrawals(address(TOKEN), ASSET, requests, address(TOKEN));
    }

    /// @dev Takes a part of the shares with every operator.
    /// @return slices Operator by operator.
    /// @return active How many of them, not 0, are of active operators.
    /// @return leaving How many are of leaving ones.
    function _cut(
        uint256 part,
        uint256 whole
    ) private returns (uint256[] memory slices, uint256 active, uint256 leaving) {
        uint256 count = _operators.length;
        slices = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            address operator = _operators[i];
            OperatorState storage state = _states[operator];
            (uint256 shares, uint256 maturity) = (state.shares, state.maturity);
            uint256 cut = LrtMath.mulDivDown(shares, part, whole);
            if (cut == 0) continue;
            slices[i] = cut;
            if (maturity == 0) ++active;
            else ++leaving;
            // Less than before, as part < whole.
            state.shares = uint120(shares - cut);
        }
    }

    /// @dev What vetoes can still add to the rate of a bucket: see `PoolLib.vetoable`.
    function _vetoable(address operator, uint256 maturity, uint256 liened) private view returns (uint256 magnitude) {
        if (liened == 0 || block.timestamp < maturity) return liened;
        for (uint256 i; i < BucketMath.BUCKETS_PER_VETO; ++i) {
            // Earlier than a maturity, which is below 2^48.
            magnitude += STAKE_MANAGER.bucket(operator, ASSET, uint48(maturity - i * BUCKET)).opened;
        }
    }

    /// @dev τ·A.
    function _limitDown(
        address operator,
        OperatorState memory state,
        uint256 factor,
        uint256 total
    ) private view returns (uint256 limit) {
        limit = LrtMath.mulDivDown(total, state.target, BPS);
        // Given to services, joining and held by liens included: free + these = factor.
        uint256 used = factor - ALLOCATION_MANAGER.freeMagnitude(operator, ASSET);
        if (used == 0) return limit;
        uint256 riskLimit = LrtMath.mulDivDown(total, OPERATOR_RISK_BPS * factor, used * BPS);
        if (riskLimit < limit) limit = riskLimit;
    }

    function _sumOfTargets() private view returns (uint256 sum) {
        for (uint256 i; i < _operators.length; ++i) {
            OperatorState memory state = _current(_operators[i]);
            sum += state.nextAt == 0 ? state.target : state.nextTarget;
        }
    }

    /// @dev Σ target · (active + joining) / F over all operators, in basis points times WAD; and the same with scheduled
    /// targets. Rounded down, so that nobody is evicted for a rounding.
    function _serviceRisks(bytes32[] calldata operatorSets) private view returns (uint256 risk, uint256 scheduledRisk) {
        for (uint256 i; i < _operators.length; ++i) {
            address operator = _operators[i];
            OperatorState memory state = _current(operator);
            uint256 factor = STAKE_MANAGER.pool(operator, ASSET).factor;
            if (factor == 0) continue;
            (uint256 given, ) = _givenTo(operator, operatorSets);
            uint256 scheduled = state.nextAt == 0 ? state.target : state.nextTarget;
            risk += LrtMath.mulDivDown(WAD * state.target, given, factor);
            scheduledRisk += LrtMath.mulDivDown(WAD * scheduled, given, factor);
        }
    }

    /// @dev Magnitude that an operator has given to some sets.
    function _givenTo(
        address operator,
        bytes32[] calldata operatorSets
    ) private view returns (uint256 given, uint256 joining) {
        for (uint256 i; i < operatorSets.length; ++i) {
            AllocationView memory allocation = ALLOCATION_MANAGER.allocation(operator, ASSET, operatorSets[i]);
            given += uint256(allocation.active) + allocation.joining;
            joining += allocation.joining;
        }
    }
}
