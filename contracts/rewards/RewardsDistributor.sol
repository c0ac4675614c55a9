// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

import {Consent} from "../core/Consent.sol";
import {IPoolShares} from "../interfaces/IPoolShares.sol";
import {IRewards} from "../interfaces/IRewards.sol";
import {IStakeManager} from "../interfaces/IStakeManager.sol";
import {IRewardsDistributor} from "../interfaces/callbacks/IRewardsDistributor.sol";
import {OperatorSetKey} from "../libraries/OperatorSetKey.sol";
import {RewardMath} from "../libraries/RewardMath.sol";
import {StreamLib} from "../libraries/StreamLib.sol";
import {AccountSlot, PlaceSlot, PlaceSlotLib, StreamSlot} from "../types/RewardSlots.sol";
import {
    Account,
    Funding,
    PoolKey,
    RewardEntry,
    RewardKind,
    RewardPool,
    RewardPoolState,
    RewardToken,
    Stream,
    StreamKey
} from "../types/RewardTypes.sol";

/// @title RewardsDistributor: rewards per pool by accumulator, commission, claims.
/// Of a token in a pool, R(t) is the rate of all streams, S(t) the pool's active shares, x(t) a staker's:
///
///     accumulated A = Σ R·Δt / S over all stretches with S > 0, in which neither R nor S changes
///     accrued     a = Σ x·ΔA over all stretches in which x does not change
///     unearned    u = r·(seconds of a stream of rate r with S = 0), of each AVS for each end of its streams
///
/// so Σ accrued + Σ unearned = what has streamed, but for what is rounded down: RewardMath says where, by how much, and
/// why nothing overflows. Tokens held = not yet streamed + accrued + unearned + commission + dust, less what was paid.
/// StreamLib keeps R in constant work. The StakeManager reports every change of S and x before it takes effect.
contract RewardsDistributor is IRewards, Consent, Multicall {
    using SafeERC20 for IERC20;
    using StreamLib for Stream;

    /// @inheritdoc IRewards
    uint256 public constant MAX_COMMISSION_BPS = 2_000;
    /// @inheritdoc IRewards
    uint256 public constant MAX_TOKENS = 4;
    /// @inheritdoc IRewards
    uint256 public constant MAX_ENTRIES = 64;
    /// @inheritdoc IRewards
    uint256 public constant MAX_DECIMALS = 24;

    /// @inheritdoc IRewards
    IStakeManager public immutable STAKE_MANAGER;
    /// @inheritdoc IRewards
    uint32 public immutable BUCKET;
    /// @inheritdoc IRewards
    uint32 public immutable NOTICE;
    /// @inheritdoc IRewards
    uint256 public immutable GRAIN_BITS;

    mapping(address operator => mapping(address asset => RewardPool)) private _pools;
    /// @inheritdoc IRewards
    mapping(address operator => mapping(address token => uint256)) public commissionOf;

    /// @param stakeManager The ledger of stake of a core that was created with the address of this contract.
    constructor(IStakeManager stakeManager) Consent("Bulkhead RewardsDistributor") {
        STAKE_MANAGER = stakeManager;
        address distributor = stakeManager.REWARDS_DISTRIBUTOR();
        require(distributor == address(this), NotTheDistributor(distributor));
        BUCKET = stakeManager.BUCKET();
        NOTICE = stakeManager.NOTICE();
        GRAIN_BITS = RewardMath.grainBits(BUCKET);
    }

    // ----------------------------------------------------------------- operators

    /// @inheritdoc IRewards
    function announceRewardToken(address asset, address token) external returns (uint48 inUseAt) {
        RewardPool storage pool = _pools[msg.sender][asset];
        require(pool.places[token].inUseAt() == 0, TokenAnnounced(msg.sender, asset, token));
        uint256 index = pool.state.announced;
        require(index < MAX_TOKENS, NoPlaceLeft(msg.sender, asset));
        require(token.code.length != 0, TokenHasNoCode(token));
        uint256 decimals = IERC20Metadata(token).decimals();
        require(decimals <= MAX_DECIMALS, DecimalsOutOfBounds(token, decimals, MAX_DECIMALS));
        uint256 bits = RewardMath.limitBits(decimals);
        inUseAt = _now() + NOTICE;
        // At most 4.
        pool.state.announced = uint8(index + 1);
        pool.tokens[index] = token;
        pool.places[token] = PlaceSlotLib.announce(inUseAt, index, bits);
        emit RewardTokenAnnounced(msg.sender, asset, token, bits, inUseAt);
    }

    /// @inheritdoc IRewards
    function setCommission(address asset, uint256 bps) external returns (uint48 effectAt) {
        require(bps <= MAX_COMMISSION_BPS, CommissionTooHigh(bps, MAX_COMMISSION_BPS));
        RewardPoolState storage state = _pools[msg.sender][asset].state;
        uint256 current = _commissionBps(state);
        effectAt = _now();
        if (bps > current) {
            effectAt += NOTICE;
            // At most MAX_COMMISSION_BPS.
            (state.commissionBps, state.nextCommissionBps, state.nextAt) = (uint16(current), uint16(bps), effectAt);
        } else {
            (state.commissionBps, state.nextCommissionBps, state.nextAt) = (uint16(bps), 0, 0);
        }
        emit CommissionSet(msg.sender, asset, bps, effectAt);
    }

    /// @inheritdoc IRewards
    function claimCommission(address operator, address token, address receiver) external returns (uint256 amount) {
        _checkPayment(operator, receiver);
        amount = commissionOf[operator][token];
        delete commissionOf[operator][token];
        emit CommissionClaimed(operator, token, receiver, amount);
        _pay(token, receiver, amount);
    }

    // ------------------------------------------------------------------ services

    /// @inheritdoc IRewards
    function fund(
        bytes32 operatorSet,
        address token,
        RewardKind kind,
        uint256 duration,
        RewardEntry[] calldata entries
    ) external returns (uint48 endsAt) {
        address avs = OperatorSetKey.avsOf(operatorSet);
        require(msg.sender == avs, NotAVS(msg.sender, avs));
        uint256 max = (StreamLib.SPAN - 1) * BUCKET;
        require(duration >= BUCKET && duration <= max, DurationOutOfBounds(duration, BUCKET, max));
        require(
            entries.length != 0 && entries.length <= MAX_ENTRIES,
            EntryCountOutOfBounds(entries.length, MAX_ENTRIES)
        );
        uint256 boundary = StreamLib.boundaryUp(block.timestamp + duration, BUCKET);
        // Seconds since 1970, and four months, stay below 2^48.
        endsAt = uint48(boundary * BUCKET);
        Funding memory funding = Funding(operatorSet, token, kind, boundary, endsAt);
        uint256 amount;
        for (uint256 i; i < entries.length; ++i) {
            _fundPool(funding, entries[i]);
            amount += entries[i].amount;
        }
        _take(token, amount);
    }

    /// @inheritdoc IRewards
    function reclaim(
        address avs,
        address token,
        StreamKey[] calldata keys,
        address receiver
    ) external returns (uint256 amount) {
        _checkPayment(avs, receiver);
        for (uint256 i; i < keys.length; ++i) {
            StreamKey calldata key = keys[i];
            (Stream storage stream, uint256 boundary, uint256 unearned) = _unearned(avs, token, key);
            stream.remove(avs, boundary);
            emit RewardReclaimed(avs, key.operator, token, key.asset, key.endsAt, receiver, unearned);
            amount += unearned;
        }
        _pay(token, receiver, amount);
    }

    // ------------------------------------------------------------------- stakers

    /// @inheritdoc IRewards
    function claim(
        address staker,
        address token,
        PoolKey[] calldata pools,
        address receiver
    ) external returns (uint256 amount) {
        _checkPayment(staker, receiver);
        for (uint256 i; i < pools.length; ++i) {
            amount += _claimOne(staker, token, pools[i].operator, pools[i].asset, receiver);
        }
        _pay(token, receiver, amount);
    }

    /// @inheritdoc IRewardsDistributor
    function onSharesChange(
        address operator,
        address asset,
        address staker,
        uint256 stakerShares,
        uint256 poolShares
    ) external {
        require(msg.sender == address(STAKE_MANAGER), NotStakeManager(msg.sender));
        RewardPool storage pool = _pools[operator][asset];
        Account[4] storage accounts = pool.accounts[staker];
        StreamSlot slot;
        uint256 index;
        do {
            Stream storage stream = pool.streams[index];
            slot = stream.slot;
            if (poolShares == 0 && stream.noteEmpty(slot, BUCKET)) pool.state.wasEmpty = true;
            slot = stream.advance(slot, poolShares, BUCKET, GRAIN_BITS);
            stream.slot = slot;
            Account storage account = accounts[index];
            account.slot = account.slot.accrue(slot.accumulated(), stakerShares);
            // At most MAX_TOKENS are in use.
            unchecked {
                ++index;
            }
        } while (slot.more());
    }

    // --------------------------------------------------------------------- views

    /// @inheritdoc IRewards
    function claimable(address staker, address token, PoolKey[] calldata pools) external view returns (uint256 amount) {
        for (uint256 i; i < pools.length; ++i) {
            (PlaceSlot place, , AccountSlot slot) = _account(staker, token, pools[i].operator, pools[i].asset);
            (uint256 units, ) = RewardMath.unitsDown(slot.accrued(), place.limitBits());
            amount += units;
        }
    }

    /// @inheritdoc IRewards
    function reclaimable(address avs, address token, StreamKey[] calldata keys) external view returns (uint256 amount) {
        for (uint256 i; i < keys.length; ++i) {
            (, , uint256 unearned) = _unearned(avs, token, keys[i]);
            amount += unearned;
        }
    }

    /// @inheritdoc IRewards
    function commission(
        address operator,
        address asset
    ) external view returns (uint256 bps, uint256 nextBps, uint48 nextAt) {
        RewardPoolState storage state = _pools[operator][asset].state;
        bps = _commissionBps(state);
        if (block.timestamp < state.nextAt) (nextBps, nextAt) = (state.nextCommissionBps, state.nextAt);
    }

    /// @inheritdoc IRewards
    function rewardTokens(address operator, address asset) external view returns (RewardToken[] memory tokens) {
        RewardPool storage pool = _pools[operator][asset];
        uint256 shares = _shares(operator, asset);
        tokens = new RewardToken[](pool.state.announced);
        for (uint256 i; i < tokens.length; ++i) {
            address token = pool.tokens[i];
            PlaceSlot place = pool.places[token];
            StreamSlot slot = _advance(pool.streams[i], shares);
            tokens[i] = RewardToken({
                token: token,
                inUseAt: place.inUseAt(),
                limitBits: place.limitBits(),
                funded: place.funded(),
                rate: slot.rate(),
                accumulated: slot.accumulated()
            });
        }
    }

    // ------------------------------------------------------------------ internal

    function _fundPool(Funding memory funding, RewardEntry calldata entry) private {
        RewardPool storage pool = _pools[entry.operator][entry.asset];
        (PlaceSlot place, uint256 shares) = _checkEntry(pool, funding.token, entry);
        uint256 taken = RewardMath.bpsDown(entry.amount, _commissionBps(pool.state));
        uint256 duration = funding.endsAt - block.timestamp;
        uint256 rate = RewardMath.rateDown(entry.amount - taken, duration, place.limitBits(), GRAIN_BITS);
        require(rate != 0, RewardTooSmall(entry.operator, entry.asset, entry.amount));

        pool.places[funding.token] = place.addFunded(entry.amount);
        if (taken != 0) commissionOf[entry.operator][funding.token] += taken;
        if (place.index() >= pool.state.inUse) _use(pool, entry.operator, entry.asset, place.index());
        uint256 poolRate = _addStream(pool, place.index(), shares, rate, funding.boundary);
        _emitFunded(funding, entry, taken, rate, poolRate);
    }

    function _checkEntry(
        RewardPool storage pool,
        address token,
        RewardEntry calldata entry
    ) private view returns (PlaceSlot place, uint256 shares) {
        (address operator, address asset, uint256 amount) = (entry.operator, entry.asset, entry.amount);
        place = _place(pool, operator, asset, token);
        require(block.timestamp >= place.inUseAt(), TokenNotInUse(operator, asset, token, place.inUseAt()));
        shares = _shares(operator, asset);
        require(shares != 0, PoolEmpty(operator, asset));
        uint256 left = (uint256(1) << place.limitBits()) - 1 - place.funded();
        require(amount <= left, LimitExceeded(operator, asset, amount, left));
    }

    function _addStream(
        RewardPool storage pool,
        uint256 index,
        uint256 shares,
        uint256 rate,
        uint256 boundary
    ) private returns (uint256 poolRate) {
        Stream storage stream = pool.streams[index];
        uint256 excess = pool.state.wasEmpty ? stream.emptySeconds(boundary) : 0;
        StreamSlot slot = _advance(stream, shares);
        stream.add(slot, msg.sender, rate, boundary, excess);
        return slot.rate() + rate;
    }

    function _emitFunded(
        Funding memory funding,
        RewardEntry calldata entry,
        uint256 taken,
        uint256 rate,
        uint256 poolRate
    ) private {
        emit RewardFunded(
            funding.operatorSet,
            entry.operator,
            funding.token,
            entry.asset,
            funding.kind,
            entry.amount,
            taken,
            rate,
            poolRate,
            funding.endsAt
        );
    }

    /// @dev Lets changes of shares settle all places up to `index`. They were announced before it, so they may be used.
    function _use(RewardPool storage pool, address operator, address asset, uint256 index) private {
        for (uint256 i = pool.state.inUse; i <= index; ++i) {
            if (i == 0) STAKE_MANAGER.setPaysRewards(operator, asset);
            else pool.streams[i - 1].slot = pool.streams[i - 1].slot.withMore();
        }
        // At most MAX_TOKENS.
        pool.state.inUse = uint8(index + 1);
    }

    function _claimOne(
        address staker,
        address token,
        address operator,
        address asset,
        address receiver
    ) private returns (uint256 units) {
        (PlaceSlot place, Account storage account, AccountSlot slot) = _account(staker, token, operator, asset);
        uint256 paid;
        (units, paid) = RewardMath.unitsDown(slot.accrued(), place.limitBits());
        account.slot = slot.pay(paid);
        emit RewardClaimed(staker, operator, token, asset, receiver, units);
    }

    function _take(address token, uint256 amount) private {
        uint256 expected = IERC20(token).balanceOf(address(this)) + amount;
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 held = IERC20(token).balanceOf(address(this));
        require(held == expected, InexactTransfer(token, expected, held));
    }

    function _pay(address token, address receiver, uint256 amount) private {
        if (amount != 0) IERC20(token).safeTransfer(receiver, amount);
    }

    function _checkPayment(address owner, address receiver) private view {
        _onlyOwnerOrApproved(owner);
        require(receiver != address(0) && receiver != address(this), InvalidReceiver(receiver));
    }

    function _place(
        RewardPool storage pool,
        address operator,
        address asset,
        address token
    ) private view returns (PlaceSlot place) {
        place = pool.places[token];
        require(place.inUseAt() != 0, TokenNotAnnounced(operator, asset, token));
    }

    function _advance(Stream storage stream, uint256 shares) private view returns (StreamSlot) {
        return stream.advance(stream.slot, shares, BUCKET, GRAIN_BITS);
    }

    /// @dev What a staker has in a place as stored, and now. Without shares the latter is what it was when the last of them
    /// were queued.
    function _account(
        address staker,
        address token,
        address operator,
        address asset
    ) private view returns (PlaceSlot place, Account storage account, AccountSlot slot) {
        RewardPool storage pool = _pools[operator][asset];
        place = _place(pool, operator, asset, token);
        uint256 index = place.index();
        account = pool.accounts[staker][index];
        slot = account.slot;
        uint256 shares = STAKE_MANAGER.sharesOf(operator, asset, staker);
        if (shares != 0) {
            StreamSlot stream = _advance(pool.streams[index], _shares(operator, asset));
            slot = slot.accrue(stream.accumulated(), shares);
        }
    }

    /// @dev What streamed to nobody, in units, of what an AVS has funded for one pool until one boundary.
    function _unearned(
        address avs,
        address token,
        StreamKey calldata key
    ) private view returns (Stream storage, uint256 boundary, uint256 units) {
        RewardPool storage pool = _pools[key.operator][key.asset];
        PlaceSlot place = _place(pool, key.operator, key.asset, token);
        Stream storage stream = pool.streams[place.index()];
        boundary = StreamLib.boundaryDown(key.endsAt, BUCKET);
        require(block.timestamp >= key.endsAt && boundary * BUCKET == key.endsAt, StreamNotEnded(key.endsAt));
        uint256 shares = _shares(key.operator, key.asset);
        uint256 flow = stream.unearned(avs, boundary, shares, BUCKET);
        units = RewardMath.unitsOfFlowDown(flow, place.limitBits(), GRAIN_BITS);
        return (stream, boundary, units);
    }

    /// @dev Active shares of a pool: the first word of what the StakeManager tells of it.
    function _shares(address operator, address asset) private view returns (uint256) {
        return IPoolShares(address(STAKE_MANAGER)).pool(operator, asset);
    }

    function _commissionBps(RewardPoolState storage state) private view returns (uint256) {
        uint48 nextAt = state.nextAt;
        return nextAt != 0 && block.timestamp >= nextAt ? state.nextCommissionBps : state.commissionBps;
    }

    function _now() private view returns (uint48) {
        // Seconds since 1970 stay below 2^48.
        return uint48(block.timestamp);
    }
}
