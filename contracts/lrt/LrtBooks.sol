// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IConsent} from "../interfaces/IConsent.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";
import {IStakeManager} from "../interfaces/IStakeManager.sol";
import {IAllocator} from "../interfaces/lrt/IAllocator.sol";
import {IAllocatorDeployer} from "../interfaces/lrt/IAllocatorDeployer.sol";
import {IExitQueue} from "../interfaces/lrt/IExitQueue.sol";
import {ILiquidRestakingToken} from "../interfaces/lrt/ILiquidRestakingToken.sol";
import {IRewardAuction} from "../interfaces/lrt/IRewardAuction.sol";
import {BPS, LrtMath} from "../libraries/LrtMath.sol";
import {WAD} from "../libraries/WadMath.sol";
import {CashSlot, CashSlotLib} from "../types/LrtSlots.sol";
import {Books, BooksView, Fresh, LrtConfig} from "../types/LrtTypes.sol";
import {Approval as EntryApproval, Value, WithdrawalKey} from "../types/StakeTypes.sol";
import {ExitQueue} from "./ExitQueue.sol";
import {RewardAuction} from "./RewardAuction.sol";

/// @title LrtBooks: where every unit of the asset is, the stream of rewards, and the token's side of the core.
/// balance of the asset = idle + streaming + pending + fees (+ what `harvest` has not found yet); A = idle + gross.
/// `gross` and `net` are what the allocator says; they are read anew when the core's slash counter of the asset has moved,
/// and after own moves. Time alone changes neither; but what is read after the maturity of a withdrawal lacks liens that
/// nobody could veto any more then, and nobody had made final. Vesting moves `streaming` into `idle`, by at most 25 bps of A a day.
/// Everything fits uint104: deposits lead to less than 2^96, `harvest` books no more than fits, and nothing else adds.
abstract contract LrtBooks is ILiquidRestakingToken, ERC20Permit, AccessManaged, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint48 private constant CYCLE = 7 days;
    uint256 private constant MAX_PERFORMANCE_FEE_BPS = 2_000;

    IERC20 internal immutable ASSET;
    uint8 private immutable DECIMALS;
    /// @inheritdoc ILiquidRestakingToken
    ISlasher public immutable SLASHER;
    /// @inheritdoc ILiquidRestakingToken
    IStakeManager public immutable STAKE_MANAGER;
    /// @inheritdoc ILiquidRestakingToken
    IExitQueue public immutable EXIT_QUEUE;
    /// @inheritdoc ILiquidRestakingToken
    IAllocator public immutable ALLOCATOR;
    /// @inheritdoc ILiquidRestakingToken
    IRewardAuction public immutable REWARD_AUCTION;
    /// @inheritdoc ILiquidRestakingToken
    address public immutable FEE_RECIPIENT;
    /// @inheritdoc ILiquidRestakingToken
    uint256 public immutable PERFORMANCE_FEE_BPS;

    /// @inheritdoc ILiquidRestakingToken
    uint256 public immutable MAX_TOTAL_ASSETS;

    Books private _books;
    /// @inheritdoc ILiquidRestakingToken
    uint256 public highestRate;

    constructor(
        string memory name_,
        string memory symbol_,
        LrtConfig memory config
    ) ERC20(name_, symbol_) ERC20Permit(name_) AccessManaged(config.authority) {
        _checkBounds("performanceFeeBps", config.performanceFeeBps, 0, MAX_PERFORMANCE_FEE_BPS);
        _checkBounds("bufferBps", config.bufferBps, 0, BPS / 2);
        _checkBounds("operatorRiskBps", config.operatorRiskBps, 1, BPS);
        _checkBounds("serviceRiskBps", config.serviceRiskBps, 1, BPS);
        ASSET = IERC20(config.asset);
        DECIMALS = IERC20Metadata(config.asset).decimals();
        _checkBounds("decimals", DECIMALS, 0, 24);
        _checkBounds("maxTotalAssets", config.maxTotalAssets, 1, type(uint96).max);
        MAX_TOTAL_ASSETS = config.maxTotalAssets;
        _books.cap = config.maxTotalAssets;
        SLASHER = ISlasher(config.slasher);
        STAKE_MANAGER = SLASHER.STAKE_MANAGER();
        FEE_RECIPIENT = config.feeRecipient;
        PERFORMANCE_FEE_BPS = config.performanceFeeBps;
        EXIT_QUEUE = new ExitQueue(STAKE_MANAGER, ASSET);
        ALLOCATOR = IAllocatorDeployer(config.allocatorDeployer).deploy(config);
        REWARD_AUCTION = new RewardAuction(ASSET);
        STAKE_MANAGER.setApproval(address(ALLOCATOR), true);
        // The distributor keeps approvals of its own.
        address distributor = STAKE_MANAGER.REWARDS_DISTRIBUTOR();
        if (distributor.code.length != 0) IConsent(distributor).setApproval(address(ALLOCATOR), true);
        ASSET.forceApprove(address(STAKE_MANAGER), type(uint256).max);
    }

    // ----------------------------------------------------------------------- books

    /// @inheritdoc ILiquidRestakingToken
    function sync() external nonReentrant returns (uint256 total, uint256 idle) {
        Fresh memory fresh = _fresh();
        _sync(fresh);
        _setIdle(fresh, fresh.idle);
        emit Synced(fresh.idle, fresh.gross, fresh.net, fresh.streaming);
        return (_total(fresh), fresh.idle);
    }

    /// @inheritdoc ILiquidRestakingToken
    function harvest() external nonReentrant returns (uint256 rewards) {
        uint256 supply = totalSupply();
        require(supply != 0, NotSeeded());
        Fresh memory fresh = _fresh();
        _sync(fresh);
        uint256 pending = _books.pending;
        rewards = _found(fresh, pending);
        uint256 fee;
        uint256 rate = LrtMath.toAssetsDown(WAD, _total(fresh), supply);
        if (rate >= highestRate) {
            highestRate = rate;
            fee = LrtMath.mulDivDown(rewards, PERFORMANCE_FEE_BPS, BPS);
        }
        pending += rewards - fee;
        emit Harvested(rewards, fee, pending);
        // Seconds.
        uint48 time = uint48(block.timestamp);
        if (pending != 0 && time >= _books.streamEndsAt) {
            // What was too much to vest in time goes on in the next cycle.
            fresh.streaming += pending;
            (pending, fresh.streamedAt) = (0, time);
            _books.streamEndsAt = time + CYCLE;
            emit StreamStarted(fresh.streaming, time + CYCLE);
        }
        // All that is booked fits uint104: see `_found`.
        _books.pending = uint104(pending);
        _books.fees += uint104(fee);
        _setIdle(fresh, fresh.idle);
    }

    /// @inheritdoc ILiquidRestakingToken
    function payFees() external nonReentrant returns (uint256 assets) {
        assets = _books.fees;
        require(assets != 0, NoFees());
        _books.fees = 0;
        emit FeesPaid(assets);
        ASSET.safeTransfer(FEE_RECIPIENT, assets);
    }

    // ----------------------------------------------------------------------- powers

    /// @inheritdoc ILiquidRestakingToken
    function setEntryPaused(bool paused) external restricted {
        _keepNet();
        _books.paused = paused;
        _setSpecial();
        emit EntryPauseSet(paused);
    }

    /// @inheritdoc ILiquidRestakingToken
    function lowerCap(uint96 cap_) external restricted {
        _setCap(cap_, 0, _books.cap);
    }

    /// @inheritdoc ILiquidRestakingToken
    function raiseCap(uint96 cap_) external restricted {
        _setCap(cap_, _books.cap, MAX_TOTAL_ASSETS);
    }

    // ------------------------------------------------------------- queue and allocator

    /// @inheritdoc ILiquidRestakingToken
    function release(
        uint256 shares,
        address batch
    ) external nonReentrant returns (uint256 assets, uint48 maturity, WithdrawalKey[] memory items) {
        require(msg.sender == address(EXIT_QUEUE), NotExitQueue(msg.sender));
        Fresh memory fresh = _fresh();
        _sync(fresh);
        uint256 supply = totalSupply();
        assets = LrtMath.mulDivDown(fresh.idle, shares, supply);
        _setIdle(fresh, fresh.idle - assets);
        _burn(msg.sender, shares);
        // Neither the allocator nor the core calls anybody there.
        (maturity, items) = ALLOCATOR.slice(batch, shares, supply);
        _revalue();
        // order: the queue writes the epoch afterwards, which nobody can settle or claim until then.
        if (assets != 0) ASSET.safeTransfer(batch, assets);
    }

    /// @inheritdoc ILiquidRestakingToken
    function stake(address operator, uint256 assets, uint256 shares, uint256 neededTotal) external nonReentrant {
        require(msg.sender == address(ALLOCATOR), NotAllocator(msg.sender));
        // At most A.
        if (neededTotal > _books.neededTotal) _books.neededTotal = uint128(neededTotal);
        // The allocator has checked that so much is idle.
        _moveIdle(_books.cash.idle() - assets);
        EntryApproval memory none;
        uint256 found = STAKE_MANAGER.deposit(operator, address(ASSET), assets, address(this), 0, none);
        // The allocator has reckoned as the core does.
        assert(found == shares);
    }

    /// @inheritdoc ILiquidRestakingToken
    function collect(address operator, uint48 maturity, uint256 assets) external nonReentrant {
        require(msg.sender == address(ALLOCATOR), NotAllocator(msg.sender));
        _moveIdle(_books.cash.idle() + assets);
        WithdrawalKey[] memory keys = new WithdrawalKey[](1);
        keys[0] = WithdrawalKey(operator, maturity);
        (uint256 found, uint256 contested) = STAKE_MANAGER.completeWithdrawals(
            address(this),
            address(ASSET),
            keys,
            address(this)
        );
        require(contested == 0, StillContested(operator, contested));
        // Own shares, and what others gave to the record.
        assert(found >= assets);
    }

    // ------------------------------------------------------------------------ views

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return DECIMALS;
    }

    /// @inheritdoc ILiquidRestakingToken
    function asset() external view returns (address) {
        return address(ASSET);
    }

    /// @inheritdoc ILiquidRestakingToken
    function books() external view returns (BooksView memory view_) {
        Fresh memory fresh = _fresh();
        (view_.idle, view_.gross, view_.net) = (fresh.idle, fresh.gross, fresh.net);
        view_.streaming = fresh.streaming;
        view_.pending = _books.pending;
        view_.fees = _books.fees;
        view_.streamEndsAt = _books.streamEndsAt;
    }

    /// @inheritdoc ILiquidRestakingToken
    function cap() external view returns (uint256) {
        return _books.cap;
    }

    /// @inheritdoc ILiquidRestakingToken
    function entryPaused() external view returns (bool) {
        return _books.paused;
    }

    // --------------------------------------------------------------------- internal

    /// @dev The books as they are now. Reads every operator only if slash events have moved the counter.
    function _fresh() internal view returns (Fresh memory fresh) {
        Books storage stored = _books;
        CashSlot cash = stored.cash;
        (fresh.idle, fresh.streaming, fresh.streamedAt) = (cash.idle(), cash.streaming(), cash.streamedAt());
        // Side by side, what shares a slot is read once.
        (uint256 gross, uint32 slashEvents, uint256 endsAt, bool special) = (
            stored.gross,
            stored.slashEvents,
            stored.streamEndsAt,
            stored.special
        );
        fresh.special = special;
        // Modulo 2^32: see `Books`.
        fresh.slashEvents = uint32(SLASHER.slashEventCount(address(ASSET)));
        if (fresh.slashEvents != slashEvents) {
            Value memory value = ALLOCATOR.totalValue();
            (fresh.gross, fresh.net, fresh.revalued) = (value.gross, value.net, true);
        } else {
            (fresh.gross, fresh.net) = (gross, special ? stored.net : gross);
        }
        if (fresh.streaming != 0) {
            uint256 total = _total(fresh);
            uint256 time = block.timestamp;
            uint256 vested = LrtMath.vestedDown(fresh.streaming, fresh.streamedAt, endsAt, total, time);
            // What rounds to nothing is not forgotten.
            if (vested != 0) {
                // At most what was streaming.
                unchecked {
                    (fresh.idle, fresh.streaming) = (fresh.idle + vested, fresh.streaming - vested);
                }
                fresh.streamedAt = time;
            }
        }
    }

    /// @dev A.
    function _total(Fresh memory fresh) internal pure returns (uint256) {
        // Both are below 2^104.
        unchecked {
            return fresh.idle + fresh.gross;
        }
    }

    /// @dev B.
    function _sure(Fresh memory fresh) internal pure returns (uint256) {
        // Both are below 2^104.
        unchecked {
            return fresh.idle + fresh.net;
        }
    }

    /// @dev Writes what slash events have changed. The caller writes what is idle, by `_setIdle`.
    function _sync(Fresh memory fresh) internal {
        if (fresh.revalued) _book(fresh.gross, fresh.net, fresh.slashEvents);
    }

    /// @dev Writes the first slot: see the head of this file why it all fits.
    function _setIdle(Fresh memory fresh, uint256 idle) internal {
        _books.cash = CashSlotLib.pack(idle, fresh.streaming, fresh.streamedAt);
    }

    /// @dev Whether deposits are paused, and up to where they may lead.
    function _entryTerms(Fresh memory fresh) internal view returns (bool paused, uint256 cap_) {
        if (!fresh.special) return (false, MAX_TOTAL_ASSETS);
        return (_books.paused, _books.cap);
    }

    /// @dev Refuses to let A fall at once so far that an operator has more than 1.25 times what allocating would give it:
    /// else who deposits, allocates and leaves at once would undo every cap. What is stored may be too much, so only what
    /// is read anew refuses.
    function _checkCaps(uint256 total) internal {
        if (_isEnough(total, _books.neededTotal)) return;
        uint256 needed = ALLOCATOR.neededTotal();
        require(_isEnough(total, needed), CapsBroken(total, needed));
        // At most 1.25 · A.
        _books.neededTotal = uint128(needed);
    }

    function _isEnough(uint256 total, uint256 needed) private pure returns (bool) {
        return total * 5 >= needed * 4;
    }

    /// @dev Units that this contract holds beyond its books. All that is booked stays below 2^104: what does not fit is
    /// found once there is room.
    function _found(Fresh memory fresh, uint256 pending) private view returns (uint256 rewards) {
        uint256 booked = fresh.idle + fresh.streaming + pending + _books.fees;
        uint256 balance = ASSET.balanceOf(address(this));
        rewards = balance > booked ? balance - booked : 0;
        uint256 room = type(uint104).max - booked - fresh.gross;
        if (rewards > room) rewards = room;
    }

    /// @dev Between `idle` and the stake, after the allocator has brought all books up to date.
    function _moveIdle(uint256 idle) private {
        CashSlot cash = _books.cash;
        _books.cash = CashSlotLib.pack(idle, cash.streaming(), cash.streamedAt());
        _revalue();
    }

    /// @dev Takes over what the allocator says the stake is worth.
    function _revalue() private {
        Value memory value = ALLOCATOR.totalValue();
        _book(value.gross, value.net, _books.slashEvents);
    }

    function _book(uint256 gross, uint256 net, uint32 slashEvents) private {
        // At most what deposits, and harvests, have led to.
        (_books.gross, _books.slashEvents) = (uint104(gross), slashEvents);
        if (gross != net || _books.special) {
            _books.net = uint104(net);
            _setSpecial();
        }
        emit Revalued(gross, net, slashEvents);
    }

    /// @dev While nothing is special, what is stored as `net` is old: it is `gross`.
    function _keepNet() private {
        if (!_books.special) _books.net = _books.gross;
    }

    function _setSpecial() private {
        Books storage stored = _books;
        stored.special = stored.paused || stored.cap != MAX_TOTAL_ASSETS || stored.net != stored.gross;
    }

    function _setCap(uint96 cap_, uint256 min, uint256 max) private {
        require(cap_ >= min && cap_ <= max, CapOutOfBounds(cap_, min, max));
        _keepNet();
        _books.cap = cap_;
        _setSpecial();
        emit CapSet(cap_);
    }

    function _checkBounds(bytes32 name_, uint256 value, uint256 min, uint256 max) internal pure {
        require(value >= min && value <= max, ParameterOutOfBounds(name_, value, min, max));
    }
}
