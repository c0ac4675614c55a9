// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IAllocationManager} from "../interfaces/IAllocationManager.sol";
import {IRewards} from "../interfaces/IRewards.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";
import {IStakeManager} from "../interfaces/IStakeManager.sol";
import {IAllocator} from "../interfaces/lrt/IAllocator.sol";
import {ILiquidRestakingToken} from "../interfaces/lrt/ILiquidRestakingToken.sol";
import {BucketMath} from "../libraries/BucketMath.sol";
import {BPS, LrtMath} from "../libraries/LrtMath.sol";
import {OperatorSetKey} from "../libraries/OperatorSetKey.sol";
import {WAD, WadMath} from "../libraries/WadMath.sol";
import {AllocationView} from "../types/AllocationTypes.sol";
import {StakeSlot, StakeSlotLib} from "../types/LrtSlots.sol";
import {LrtConfig, OperatorState, OperatorTerms} from "../types/LrtTypes.sol";
import {PoolKey} from "../types/RewardTypes.sol";
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

    /// @inheritdoc IAllocator
    ILiquidRestakingToken public immutable TOKEN;
    address private immutable ASSET;
    /// @inheritdoc IAllocator
    IStakeManager public immutable STAKE_MANAGER;
    /// @inheritdoc IAllocator
    IAllocationManager public immutable ALLOCATION_MANAGER;
    IRewards private immutable REWARDS_DISTRIBUTOR;
    uint256 private immutable BUCKET;
    uint256 private immutable NOTICE;
    /// @inheritdoc IAllocator
    uint256 public immutable BUFFER_BPS;
    /// @inheritdoc IAllocator
    uint256 public immutable OPERATOR_RISK_BPS;
    /// @inheritdoc IAllocator
    uint256 public immutable SERVICE_RISK_BPS;

    /// @dev Each once; as many as have a target, a scheduled target, or stake.
    StakeSlot[] private _stakes;
    mapping(address operator => OperatorTerms) private _terms;

    /// @param token The liquid restaking token, which has checked the bounds.
    constructor(ILiquidRestakingToken token, LrtConfig memory config) AccessManaged(config.authority) {
        TOKEN = token;
        ASSET = config.asset;
        STAKE_MANAGER = ISlasher(config.slasher).STAKE_MANAGER();
        ALLOCATION_MANAGER = ISlasher(config.slasher).ALLOCATION_MANAGER();
        REWARDS_DISTRIBUTOR = IRewards(STAKE_MANAGER.REWARDS_DISTRIBUTOR());
        BUCKET = STAKE_MANAGER.BUCKET();
        NOTICE = STAKE_MANAGER.NOTICE();
        BUFFER_BPS = config.bufferBps;
        OPERATOR_RISK_BPS = config.operatorRiskBps;
        SERVICE_RISK_BPS = config.serviceRiskBps;
    }

    // --------------------------------------------------------------------- curator

    /// @inheritdoc IAllocator
    function setTarget(address operator, uint16 target) external restricted returns (uint48 effectAt) {
        (OperatorTerms memory terms, uint256 shares) = _current(operator);
        // Seconds, and three months at most.
        effectAt = uint48(block.timestamp);
        if (target <= terms.target) {
            require(terms.place != 0, OperatorUnknown(operator));
            (terms.target, terms.nextTarget, terms.nextAt) = (target, 0, 0);
            emit TargetSet(operator, target);
        } else {
            effectAt += uint48(NOTICE);
            (terms.nextTarget, terms.nextAt) = (target, effectAt);
            if (terms.place == 0) {
                require(_stakes.length < MAX_OPERATORS, TooManyOperators(MAX_OPERATORS));
                _stakes.push();
                // At most 32.
                terms.place = uint8(_stakes.length);
            }
            emit TargetScheduled(operator, target, effectAt);
        }
        _write(operator, terms, shares);
        uint256 sum = _sumOfTargets();
        require(sum <= BPS - BUFFER_BPS, TargetsTooHigh(sum, BPS - BUFFER_BPS));
    }

    // ---------------------------------------------------------------------- anyone

    /// @inheritdoc IAllocator
    function allocate(address operator, uint256 assets) external {
        (uint256 total, uint256 idle) = TOKEN.sync();
        (OperatorTerms memory terms, uint256 sum) = _current(operator);
        require(terms.maturity == 0, OperatorLeaving(operator, terms.maturity));
        uint256 buffer = LrtMath.mulDivUp(total, BUFFER_BPS, BPS);
        uint256 available = idle > buffer ? idle - buffer : 0;
        require(assets <= available, ExceedsIdle(assets, available));

        uint256 factor = STAKE_MANAGER.pool(operator, ASSET).factor;
        uint256 shares = factor == 0 ? 0 : WadMath.toSharesDown(assets, factor);
        require(shares != 0, ZeroShares());
        sum += shares;
        // Rounded up: without a target there is not one share.
        uint256 value = WadMath.toAssetsUp(sum, factor);
        uint256 max = _limitDown(operator, terms.target, factor, total);
        require(value <= max, ExceedsTarget(value, max));
        require(sum <= StakeSlotLib.MAX_SHARES, TooManyShares(sum, StakeSlotLib.MAX_SHARES));
        _write(operator, terms, sum);
        emit Allocated(operator, assets, shares, sum);
        TOKEN.stake(operator, assets, shares, LrtMath.mulDivUp(total, value, max));
    }

    /// @inheritdoc IAllocator
    function evict(address operator) external {
        (uint256 total, ) = TOKEN.sync();
        (OperatorTerms memory terms, uint256 shares) = _listed(operator);
        require(terms.maturity == 0, OperatorLeaving(operator, terms.maturity));
        uint256 factor = STAKE_MANAGER.pool(operator, ASSET).factor;
        // Where there is no stake, nothing is to be said against a target that is scheduled.
        bool grounds = shares != 0 && (terms.target == 0 || factor < MIN_FACTOR);
        if (!grounds) {
            // value > 1.25 · τ · A. All amounts are below 2^104.
            uint256 value = WadMath.toAssetsDown(shares, factor);
            grounds = value * 4 > (_limitDown(operator, terms.target, factor, total) + 1) * 5;
        }
        require(grounds, NoGroundsToEvict(operator));
        _evict(operator, terms, shares);
    }

    /// @inheritdoc IAllocator
    function evictFromService(address operator, address avs, bytes32[] calldata operatorSets) external {
        TOKEN.sync();
        (OperatorTerms memory terms, uint256 shares) = _listed(operator);
        // A scheduled target can be dropped at any time: it may be in force before what is leaving has come back.
        require(terms.maturity == 0 || terms.nextAt != 0, OperatorLeaving(operator, terms.maturity));
        bytes32 previous;
        for (uint256 i; i < operatorSets.length; ++i) {
            bytes32 operatorSet = operatorSets[i];
            require(operatorSet > previous && OperatorSetKey.avsOf(operatorSet) == avs, InvalidSets(operatorSet));
            previous = operatorSet;
        }
        (uint256 risk, uint256 scheduledRisk) = _serviceRisks(operatorSets);
        (uint256 given, uint256 joining) = _givenTo(operator, operatorSets);
        uint256 max = SERVICE_RISK_BPS * WAD;
        if (terms.maturity == 0 && joining != 0 && terms.target != 0 && risk > max) {
            _evict(operator, terms, shares);
        } else {
            require(scheduledRisk > max && given != 0 && terms.nextAt != 0, NoGroundsToEvict(operator));
            emit ScheduledTargetDropped(operator, avs, terms.nextTarget);
            (terms.nextTarget, terms.nextAt) = (0, 0);
            _write(operator, terms, shares);
        }
    }

    /// @inheritdoc IAllocator
    function collect(address operator) external returns (uint256 assets) {
        TOKEN.sync();
        (OperatorTerms memory terms, uint256 shares) = _current(operator);
        uint48 maturity = terms.maturity;
        require(maturity != 0, OperatorNotLeaving(operator));
        require(block.timestamp >= maturity, NotMature(maturity));
        assets = WadMath.toAssetsDown(shares, STAKE_MANAGER.bucket(operator, ASSET, maturity).rate);
        emit Collected(operator, shares, assets);
        terms.maturity = 0;
        _write(operator, terms, 0);
        TOKEN.collect(operator, maturity, assets);
    }

    /// @inheritdoc IAllocator
    function collectRewards(address operator, address rewardToken) external returns (uint256 amount) {
        address receiver = rewardToken == ASSET ? address(TOKEN) : address(TOKEN.REWARD_AUCTION());
        PoolKey[] memory pools = new PoolKey[](1);
        pools[0] = PoolKey(operator, ASSET);
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
            StakeSlot stake = _stakes[i];
            address operator = stake.operator();
            uint48 maturesAt = maturity;
            if (stake.isLeaving()) {
                maturesAt = _terms[operator].maturity;
                passed[--leaving] = TransferRequest(operator, maturesAt, slices[i]);
            } else {
                queued[--active] = QueueRequest(operator, slices[i]);
            }
            items[active + leaving] = WithdrawalKey(operator, maturesAt);
        }
        if (queued.length != 0) STAKE_MANAGER.queueWithdrawals(address(TOKEN), ASSET, queued, batch);
        if (passed.length != 0) STAKE_MANAGER.transferWithdrawals(address(TOKEN), ASSET, passed, batch);
    }

    // ----------------------------------------------------------------------- views

    /// @inheritdoc IAllocator
    function totalValue() external view returns (Value memory sum) {
        uint256 count = _stakes.length;
        for (uint256 i; i < count; ++i) {
            Value memory value = _valueDown(_stakes[i]);
            sum.gross += value.gross;
            sum.net += value.net;
        }
    }

    /// @inheritdoc IAllocator
    function stakeValue(address operator) external view returns (Value memory) {
        uint256 place = _terms[operator].place;
        return place == 0 ? Value(0, 0) : _valueDown(_stakes[place - 1]);
    }

    /// @inheritdoc IAllocator
    function neededTotal() external view returns (uint256 needed) {
        uint256 count = _stakes.length;
        for (uint256 i; i < count; ++i) {
            StakeSlot stake = _stakes[i];
            uint256 value = _valueDown(stake).gross;
            if (value == 0) continue;
            address operator = stake.operator();
            uint256 target = _currentTerms(operator).target;
            if (target == 0 || stake.isLeaving()) target = BPS;
            uint256 factor = STAKE_MANAGER.pool(operator, ASSET).factor;
            uint256 most = _limitDown(operator, target, factor, WAD);
            // A target and OPERATOR_RISK are at least a basis point, and no more is used than the factor.
            uint256 one = LrtMath.mulDivUp(value, WAD, most);
            if (one > needed) needed = one;
        }
    }

    /// @inheritdoc IAllocator
    function operators() external view returns (address[] memory list) {
        list = new address[](_stakes.length);
        for (uint256 i; i < list.length; ++i) list[i] = _stakes[i].operator();
    }

    /// @inheritdoc IAllocator
    function operatorState(address operator) external view returns (OperatorState memory) {
        (OperatorTerms memory terms, uint256 shares) = _current(operator);
        return
            OperatorState({
                // Below 2^95.
                shares: uint96(shares),
                maturity: terms.maturity,
                target: terms.target,
                nextTarget: terms.nextTarget,
                nextAt: terms.nextAt,
                listed: terms.place != 0
            });
    }

    /// @inheritdoc IAllocator
    function limitOf(address operator) external view returns (uint256) {
        uint256 factor = STAKE_MANAGER.pool(operator, ASSET).factor;
        return _limitDown(operator, _currentTerms(operator).target, factor, TOKEN.totalAssets());
    }

    // -------------------------------------------------------------------- internal

    function _valueDown(StakeSlot stake) private view returns (Value memory) {
        (address operator, uint256 shares) = (stake.operator(), stake.shares());
        if (shares == 0) return Value(0, 0);
        PoolView memory pool = STAKE_MANAGER.pool(operator, ASSET);
        if (!stake.isLeaving()) return WadMath.valueDown(shares, pool.factor - pool.liened, pool.factor, 0);
        uint256 maturity = _terms[operator].maturity;
        // A bucket of the core: its maturity is below 2^48.
        uint256 rate = STAKE_MANAGER.bucket(operator, ASSET, uint48(maturity)).rate;
        return WadMath.valueDown(shares, rate, rate + _vetoable(operator, maturity, pool.liened), 0);
    }

    /// @dev Terms as they are now, and the shares.
    function _current(address operator) private view returns (OperatorTerms memory terms, uint256 shares) {
        terms = _currentTerms(operator);
        if (terms.place != 0) shares = _stakes[terms.place - 1].shares();
    }

    /// @dev The terms as they are now: a scheduled target takes effect by reading alone.
    function _currentTerms(address operator) private view returns (OperatorTerms memory terms) {
        terms = _terms[operator];
        if (terms.nextAt != 0 && block.timestamp >= terms.nextAt) {
            (terms.target, terms.nextTarget, terms.nextAt) = (terms.nextTarget, 0, 0);
        }
    }

    /// @dev Writes what is known of a listed operator; one of whom there is nothing to know leaves the list.
    function _write(address operator, OperatorTerms memory terms, uint256 shares) private {
        uint256 index = terms.place - 1;
        if (shares == 0 && terms.target == 0 && terms.nextAt == 0) {
            StakeSlot last = _stakes[_stakes.length - 1];
            _stakes[index] = last;
            _terms[last.operator()].place = terms.place;
            _stakes.pop();
            delete _terms[operator];
            emit OperatorDelisted(operator);
        } else {
            _stakes[index] = StakeSlotLib.pack(operator, shares, terms.maturity != 0);
            _terms[operator] = terms;
        }
    }

    function _listed(address operator) private view returns (OperatorTerms memory terms, uint256 shares) {
        (terms, shares) = _current(operator);
        require(terms.place != 0, OperatorUnknown(operator));
    }

    function _evict(address operator, OperatorTerms memory terms, uint256 shares) private {
        (terms.target, terms.nextTarget, terms.nextAt) = (0, 0, 0);
        // Seconds, and two months.
        if (shares != 0) terms.maturity = uint48(BucketMath.maturityOf(block.timestamp, BUCKET));
        emit Evicted(operator, shares, terms.maturity);
        _write(operator, terms, shares);
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
        uint256 count = _stakes.length;
        slices = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            StakeSlot stake = _stakes[i];
            uint256 shares = stake.shares();
            uint256 cut = LrtMath.mulDivDown(shares, part, whole);
            if (cut == 0) continue;
            slices[i] = cut;
            bool isLeaving = stake.isLeaving();
            if (isLeaving) ++leaving;
            else ++active;
            // Less than before, as part < whole.
            _stakes[i] = StakeSlotLib.pack(stake.operator(), shares - cut, isLeaving);
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
        uint256 target,
        uint256 factor,
        uint256 total
    ) private view returns (uint256 limit) {
        limit = LrtMath.mulDivDown(total, target, BPS);
        // Given to services, joining and held by liens included: free + these = factor.
        uint256 used = factor - ALLOCATION_MANAGER.freeMagnitude(operator, ASSET);
        if (used == 0) return limit;
        uint256 riskLimit = LrtMath.mulDivDown(total, OPERATOR_RISK_BPS * factor, used * BPS);
        if (riskLimit < limit) limit = riskLimit;
    }

    /// @dev The target when what is scheduled is in force.
    function _scheduled(OperatorTerms memory terms) private pure returns (uint256) {
        return terms.nextAt == 0 ? terms.target : terms.nextTarget;
    }

    function _sumOfTargets() private view returns (uint256 sum) {
        uint256 count = _stakes.length;
        for (uint256 i; i < count; ++i) {
            sum += _scheduled(_currentTerms(_stakes[i].operator()));
        }
    }

    /// @dev Σ target · (active + joining + held) / F over all operators, in basis points times WAD; and the same with
    /// scheduled targets. Rounded down, so that nobody is evicted for a rounding.
    function _serviceRisks(bytes32[] calldata operatorSets) private view returns (uint256 risk, uint256 scheduledRisk) {
        uint256 count = _stakes.length;
        for (uint256 i; i < count; ++i) {
            address operator = _stakes[i].operator();
            OperatorTerms memory terms = _currentTerms(operator);
            uint256 factor = STAKE_MANAGER.pool(operator, ASSET).factor;
            if (factor == 0) continue;
            (uint256 given, ) = _givenTo(operator, operatorSets);
            risk += LrtMath.mulDivDown(WAD * terms.target, given, factor);
            scheduledRisk += LrtMath.mulDivDown(WAD * _scheduled(terms), given, factor);
        }
    }

    /// @dev Magnitude that an operator has given to some sets, what open slashes hold included: a veto gives it back.
    function _givenTo(
        address operator,
        bytes32[] calldata operatorSets
    ) private view returns (uint256 given, uint256 joining) {
        for (uint256 i; i < operatorSets.length; ++i) {
            AllocationView memory allocation = ALLOCATION_MANAGER.allocation(operator, ASSET, operatorSets[i]);
            given += uint256(allocation.active) + allocation.joining + allocation.held;
            joining += allocation.joining;
        }
    }
}
