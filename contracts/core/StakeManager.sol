// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IStakeManager} from "../interfaces/IStakeManager.sol";
import {IRewardsDistributor} from "../interfaces/callbacks/IRewardsDistributor.sol";
import {BucketMath} from "../libraries/BucketMath.sol";
import {PoolLib} from "../libraries/PoolLib.sol";
import {WAD, WadMath} from "../libraries/WadMath.sol";
import {BucketSlot, PoolSlot} from "../types/StakeSlots.sol";
import {
    Approval,
    Bucket,
    PermitSignature,
    Pool,
    PoolView,
    QueueRequest,
    TransferRequest,
    Value,
    Withdrawal,
    WithdrawalKey
} from "../types/StakeTypes.sol";
import {Consent} from "./Consent.sol";
import {GuardedLaunch} from "./GuardedLaunch.sol";
import {Timing} from "./Timing.sol";

/// @title StakeManager: the ledger of stake.
/// Of a pool with factor F (WAD − lost) and open liens L, x shares are worth ⌊x·F/WAD⌋ gross and ⌊x·(F−L)/WAD⌋ net;
/// a deposit of a mints ⌊a·WAD/F⌋ shares, and only while L = 0. What slashes do to a pool is in PoolLib.
/// Claims never exceed the tokens held: every entry, exit and slash rounds in favour of those who stay.
contract StakeManager is IStakeManager, Timing, GuardedLaunch, Consent, Multicall, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;
    using PoolLib for Pool;
    using PoolLib for Withdrawal;

    bytes32 private constant ENTRY_APPROVAL_TYPEHASH = keccak256(
        "EntryApproval(address operator,address asset,address receiver,address payer,uint48 expiry)"
    );
    /// @inheritdoc IStakeManager
    address public constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;
    /// @inheritdoc IStakeManager
    uint64 public constant MIN_FACTOR = 1e9;

    /// @inheritdoc IStakeManager
    address public immutable SLASHER;
    /// @inheritdoc IStakeManager
    address public immutable REWARDS_DISTRIBUTOR;

    /// @inheritdoc IStakeManager
    mapping(address account => bool) public isOperator;
    mapping(address operator => mapping(address asset => Pool)) private _pools;
    /// @inheritdoc IStakeManager
    mapping(address owner => mapping(address asset => uint256)) public undelegated;
    /// @inheritdoc IStakeManager
    mapping(address recipient => mapping(address asset => uint256)) public proceeds;

    /// @dev The deployer is the Slasher.
    /// @param rewardsDistributor Who is told of changes of shares; 0 = nobody, for ever.
    /// @param launchGuard Who may refuse entry before `guardedUntil`; 0 = nobody.
    /// @param guardedUntil 0 if and only if there is no launch guard; else at most 365 days from now.
    constructor(
        uint32 exitDelay,
        address rewardsDistributor,
        address launchGuard,
        uint48 guardedUntil
    ) Timing(exitDelay) GuardedLaunch(launchGuard, guardedUntil) Consent("Bulkhead StakeManager") {
        SLASHER = msg.sender;
        REWARDS_DISTRIBUTOR = rewardsDistributor;
    }

    // ----------------------------------------------------------------- operators

    /// @inheritdoc IStakeManager
    function registerOperator(string calldata metadataURI) external {
        isOperator[msg.sender] = true;
        emit OperatorRegistered(msg.sender, metadataURI);
    }

    /// @inheritdoc IStakeManager
    function openPool(address asset, address approver) external {
        require(isOperator[msg.sender], NotOperator(msg.sender));
        Pool storage pool_ = _pools[msg.sender][asset];
        PoolSlot slot = pool_.slot;
        uint256 flags = (slot.flags() & PoolLib.PAYS_REWARDS) | PoolLib.OPEN;
        if (approver != address(0)) {
            flags |= PoolLib.GATED;
            pool_.approver = approver;
        }
        pool_.slot = slot.withFlags(flags);
        emit PoolOpened(msg.sender, asset, approver);
    }

    /// @inheritdoc IStakeManager
    function closePool(address asset) external {
        Pool storage pool_ = _pools[msg.sender][asset];
        PoolSlot slot = pool_.slot;
        require(slot.flags() & PoolLib.OPEN != 0, PoolNotOpen(msg.sender, asset));
        pool_.slot = slot.withFlags(slot.flags() & ~PoolLib.OPEN);
        emit PoolClosed(msg.sender, asset);
    }

    /// @inheritdoc IStakeManager
    function setPaysRewards(address operator, address asset) external {
        // An account without code could not be told, which would block exits.
        require(msg.sender == REWARDS_DISTRIBUTOR && msg.sender.code.length != 0, NotRewardsDistributor(msg.sender));
        Pool storage pool_ = _pools[operator][asset];
        PoolSlot slot = pool_.slot;
        pool_.slot = slot.withFlags(slot.flags() | PoolLib.PAYS_REWARDS);
        emit PoolPaysRewards(operator, asset);
    }

    // --------------------------------------------------------------------- entry

    /// @inheritdoc IStakeManager
    function deposit(
        address operator,
        address asset,
        uint256 assets,
        address receiver,
        uint64 minFactor,
        Approval calldata approval
    ) external nonReentrant returns (uint256) {
        return _deposit(operator, asset, assets, receiver, minFactor, approval);
    }

    /// @inheritdoc IStakeManager
    function depositWithPermit(
        address operator,
        address asset,
        uint256 assets,
        address receiver,
        uint64 minFactor,
        Approval calldata approval,
        PermitSignature calldata sig
    ) external nonReentrant returns (uint256) {
        require(asset.code.length != 0, AssetHasNoCode(asset));
        // The allowance decides: somebody may have used the permit before.
        // order: the deposit begins after it, within the guard, and has read nothing yet.
        try IERC20Permit(asset).permit(msg.sender, address(this), assets, sig.deadline, sig.v, sig.r, sig.s) {} catch {}
        return _deposit(operator, asset, assets, receiver, minFactor, approval);
    }

    /// @inheritdoc IStakeManager
    function delegate(
        address staker,
        address operator,
        address asset,
        uint256 assets,
        uint64 minFactor,
        Approval calldata approval
    ) external nonReentrant returns (uint256 shares) {
        _onlyOwnerOrApproved(staker);
        _takeUndelegated(staker, asset, assets);
        _checkLaunchGuard(asset, 0);
        uint256 balance;
        (shares, balance) = _enter(operator, asset, assets, staker, staker, minFactor, approval);
        emit Delegated(staker, operator, asset, assets, shares, balance);
    }

    // ---------------------------------------------------------------------- exit

    /// @inheritdoc IStakeManager
    function queueWithdrawals(
        address staker,
        address asset,
        QueueRequest[] calldata requests,
        address owner
    ) external nonReentrant returns (uint48 maturity) {
        _onlyOwnerOrApproved(staker);
        _checkReceiver(owner);
        maturity = currentMaturity();
        for (uint256 i; i < requests.length; ++i) {
            (address operator, uint256 shares) = (requests[i].operator, requests[i].shares);
            require(shares != 0, ZeroShares());
            Pool storage pool_ = _pools[operator][asset];
            uint256 left = _changeShares(pool_, operator, asset, staker, 0, shares);
            uint256 ownerShares = pool_.queue(owner, maturity, shares);
            emit WithdrawalQueued(staker, operator, asset, owner, maturity, shares, left, ownerShares);
        }
    }

    /// @inheritdoc IStakeManager
    function transferWithdrawals(
        address owner,
        address asset,
        TransferRequest[] calldata requests,
        address newOwner
    ) external nonReentrant {
        _onlyOwnerOrApproved(owner);
        _checkReceiver(newOwner);
        require(newOwner != owner, InvalidReceiver(newOwner));
        for (uint256 i; i < requests.length; ++i) {
            (address operator, uint48 maturity) = (requests[i].operator, requests[i].maturity);
            uint256 shares = requests[i].shares;
            Pool storage pool_ = _pools[operator][asset];
            Withdrawal storage from = pool_.withdrawals[owner][maturity];
            require(from.paid == 0, WithdrawalPaid(operator, maturity, from.paid));
            uint256 left = from.take(shares);
            uint256 sum = pool_.withdrawals[newOwner][maturity].give(shares);
            emit WithdrawalTransferred(owner, operator, asset, newOwner, maturity, shares, left, sum);
        }
    }

    /// @inheritdoc IStakeManager
    function cancelWithdrawal(
        address owner,
        address operator,
        address asset,
        uint48 maturity,
        uint256 shares,
        Approval calldata approval
    ) external nonReentrant {
        _onlyOwnerOrApproved(owner);
        require(block.timestamp < maturity, WithdrawalMature(maturity));
        Pool storage pool_ = _pools[operator][asset];
        if (pool_.slot.flags() & PoolLib.GATED != 0) _checkApproval(operator, asset, owner, owner, approval);
        uint256 left = pool_.unqueue(owner, maturity, shares);
        uint256 balance = _changeShares(pool_, operator, asset, owner, shares, 0);
        emit WithdrawalCancelled(owner, operator, asset, maturity, shares, left, balance);
    }

    /// @inheritdoc IStakeManager
    function completeWithdrawals(
        address owner,
        address asset,
        WithdrawalKey[] calldata keys,
        address receiver
    ) external nonReentrant returns (uint256 assets, uint256 contested) {
        _checkReceiver(receiver);
        (assets, contested) = _complete(owner, asset, keys, receiver);
        _pay(asset, receiver, assets);
    }

    /// @inheritdoc IStakeManager
    function completeWithdrawalsAsUndelegated(
        address owner,
        address asset,
        WithdrawalKey[] calldata keys
    ) external nonReentrant returns (uint256 assets, uint256 contested) {
        (assets, contested) = _complete(owner, asset, keys, address(0));
        uint256 balance = (undelegated[owner][asset] += assets);
        emit Undelegated(owner, asset, assets, balance);
    }

    /// @inheritdoc IStakeManager
    function redelegateWithdrawals(
        address owner,
        address asset,
        WithdrawalKey[] calldata keys,
        address operator,
        uint64 minFactor,
        Approval calldata approval
    ) external nonReentrant returns (uint256 shares, uint256 contested) {
        _checkLaunchGuard(asset, 0);
        uint256 assets;
        (assets, contested) = _complete(owner, asset, keys, address(0));
        uint256 balance;
        (shares, balance) = _enter(operator, asset, assets, owner, owner, minFactor, approval);
        emit Redelegated(owner, operator, asset, assets, shares, balance);
    }

    /// @inheritdoc IStakeManager
    function withdraw(address owner, address asset, uint256 assets, address receiver) external nonReentrant {
        _onlyOwnerOrApproved(owner);
        _checkReceiver(receiver);
        uint256 left = _takeUndelegated(owner, asset, assets);
        emit Withdrawn(owner, asset, receiver, assets, left);
        _pay(asset, receiver, assets);
    }

    // ------------------------------------------------------------------ proceeds

    /// @inheritdoc IStakeManager
    function withdrawProceeds(address asset, address receiver) external nonReentrant returns (uint256) {
        _checkReceiver(receiver);
        return _payProceeds(msg.sender, asset, receiver);
    }

    /// @inheritdoc IStakeManager
    function burnProceeds(address asset) external nonReentrant returns (uint256) {
        return _payProceeds(address(0), asset, BURN_ADDRESS);
    }

    // ------------------------------------------------------- the Slasher's corridor

    /// @inheritdoc IStakeManager
    function openLien(
        address operator,
        address asset,
        uint64 magnitude
    ) external nonReentrant returns (uint256 assets) {
        return _slasherPool(operator, asset).lien(magnitude, BUCKET);
    }

    /// @inheritdoc IStakeManager
    function releaseLien(address operator, address asset, uint64 magnitude, uint48 proposedAt) external nonReentrant {
        _slasherPool(operator, asset).release(magnitude, proposedAt, BUCKET);
    }

    /// @inheritdoc IStakeManager
    function finaliseLien(
        address operator,
        address asset,
        uint64 magnitude,
        uint48 proposedAt,
        address recipient,
        uint256 assets
    ) external nonReentrant {
        uint256 factor = _slasherPool(operator, asset).finalise(magnitude, proposedAt, BUCKET);
        _creditProceeds(operator, asset, recipient, assets, factor);
    }

    /// @inheritdoc IStakeManager
    function slash(
        address operator,
        address asset,
        uint64 magnitude,
        address recipient
    ) external nonReentrant returns (uint256 assets) {
        uint256 factor;
        (assets, factor) = _slasherPool(operator, asset).slash(magnitude, BUCKET);
        if (assets != 0) _creditProceeds(operator, asset, recipient, assets, factor);
    }

    // --------------------------------------------------------------------- views

    /// @inheritdoc IStakeManager
    function pool(address operator, address asset) external view returns (PoolView memory view_) {
        Pool storage pool_ = _pools[operator][asset];
        PoolSlot slot = pool_.slot;
        uint256 flags = slot.flags();
        view_.shares = slot.shares();
        // Both are at most WAD.
        view_.factor = uint64(slot.factor());
        view_.liened = uint64(slot.liened());
        view_.open = flags & PoolLib.OPEN != 0;
        view_.paysRewards = flags & PoolLib.PAYS_REWARDS != 0;
        if (flags & PoolLib.GATED != 0) view_.approver = pool_.approver;
    }

    /// @inheritdoc IStakeManager
    function isEntryOpen(address operator, address asset) external view returns (bool) {
        PoolSlot slot = _pools[operator][asset].slot;
        return slot.flags() & PoolLib.OPEN != 0 && slot.liened() == 0 && slot.factor() >= MIN_FACTOR;
    }

    /// @inheritdoc IStakeManager
    function sharesOf(address operator, address asset, address staker) external view returns (uint256) {
        return _pools[operator][asset].sharesOf[staker];
    }

    /// @inheritdoc IStakeManager
    function slashableShares(address operator, address asset) external view returns (uint256) {
        return _pools[operator][asset].slashableShares(BUCKET);
    }

    /// @inheritdoc IStakeManager
    function bucket(address operator, address asset, uint48 maturity) external view returns (Bucket memory) {
        BucketSlot slot = _pools[operator][asset].buckets[maturity].slot;
        // Parts of the slot of these very sizes.
        return Bucket({shares: uint128(slot.shares()), rate: uint64(slot.rate()), opened: uint64(slot.opened())});
    }

    /// @inheritdoc IStakeManager
    function withdrawal(
        address owner,
        address operator,
        address asset,
        uint48 maturity
    ) external view returns (Withdrawal memory) {
        return _pools[operator][asset].withdrawals[owner][maturity];
    }

    /// @inheritdoc IStakeManager
    function currentMaturity() public view returns (uint48) {
        // Seconds since 1970, and two months, stay below 2^48.
        return uint48(BucketMath.maturityOf(block.timestamp, BUCKET));
    }

    /// @inheritdoc IStakeManager
    function positionValues(
        address staker,
        address asset,
        address[] calldata operators
    ) external view returns (Value[] memory values) {
        values = new Value[](operators.length);
        for (uint256 i; i < operators.length; ++i) {
            Pool storage pool_ = _pools[operators[i]][asset];
            uint256 factor = pool_.slot.factor();
            values[i] = WadMath.valueDown(pool_.sharesOf[staker], factor - pool_.slot.liened(), factor, 0);
        }
    }

    /// @inheritdoc IStakeManager
    function withdrawalValues(
        address owner,
        address asset,
        WithdrawalKey[] calldata keys
    ) external view returns (Value[] memory values) {
        values = new Value[](keys.length);
        for (uint256 i; i < keys.length; ++i) {
            Pool storage pool_ = _pools[keys[i].operator][asset];
            uint48 maturity = keys[i].maturity;
            Withdrawal storage record = pool_.withdrawals[owner][maturity];
            if (record.shares == 0) continue;
            uint256 rate = pool_.buckets[maturity].slot.rate();
            uint256 gross = rate + pool_.vetoable(maturity, BUCKET);
            values[i] = WadMath.valueDown(record.shares, rate, gross, record.paid);
        }
    }

    // ------------------------------------------------------------------ internal

    function _deposit(
        address operator,
        address asset,
        uint256 assets,
        address receiver,
        uint64 minFactor,
        Approval calldata approval
    ) private returns (uint256 shares) {
        _checkReceiver(receiver);
        require(assets != 0, ZeroAssets());
        require(asset.code.length != 0, AssetHasNoCode(asset));
        uint256 before = IERC20(asset).balanceOf(address(this));
        uint256 holdings = _checkedHoldings(asset, before, assets, type(uint120).max);
        _checkLaunchGuard(asset, holdings);
        uint256 balance;
        if (operator == address(0)) {
            balance = (undelegated[receiver][asset] += assets);
        } else {
            (shares, balance) = _enter(operator, asset, assets, receiver, msg.sender, minFactor, approval);
        }
        emit Deposited(receiver, operator, asset, msg.sender, assets, shares, balance);
        IERC20(asset).safeTransferFrom(msg.sender, address(this), assets);
        uint256 held = IERC20(asset).balanceOf(address(this));
        require(held == holdings, InexactTransfer(asset, holdings, held));
    }

    /// @dev The only way in.
    /// Every share of the pool, queued ones included, fits uint120 for ever: with no lien open they are together worth
    /// at most what this contract holds of the asset, so there are at most holdings · WAD / factor of them, and their
    /// number grows here alone. So queueing and cancelling cannot overflow. (Of a token that lets balances fall by
    /// themselves there may be more: its own pools may then refuse to queue or to cancel.)
    function _enter(
        address operator,
        address asset,
        uint256 assets,
        address receiver,
        address payer,
        uint64 minFactor,
        Approval calldata approval
    ) private returns (uint256 shares, uint256 balance) {
        Pool storage pool_ = _pools[operator][asset];
        PoolSlot slot = pool_.slot;
        require(slot.flags() & PoolLib.OPEN != 0, PoolNotOpen(operator, asset));
        require(slot.liened() == 0, PoolLiened(operator, asset, slot.liened()));
        uint256 factor = slot.factor();
        if (minFactor < MIN_FACTOR) minFactor = MIN_FACTOR;
        require(factor >= minFactor, FactorTooLow(factor, minFactor));
        if (slot.flags() & PoolLib.GATED != 0) _checkApproval(operator, asset, receiver, payer, approval);
        // At factor WAD the check that every deposit makes is enough. (Undelegated assets count twice: never too few.)
        if (factor != WAD) {
            uint256 max = WadMath.toAssetsDown(type(uint120).max, factor);
            _checkedHoldings(asset, IERC20(asset).balanceOf(address(this)), assets, max);
        }
        shares = WadMath.toSharesDown(assets, factor);
        require(shares != 0, ZeroShares());
        balance = _changeShares(pool_, operator, asset, receiver, shares, 0);
    }

    /// @dev The only place where active shares change. Tells the distributor before, if the pool pays rewards; it is
    /// fixed at construction and calls nobody.
    function _changeShares(
        Pool storage pool_,
        address operator,
        address asset,
        address staker,
        uint256 added,
        uint256 removed
    ) private returns (uint256 balance) {
        PoolSlot slot = pool_.slot;
        balance = pool_.sharesOf[staker];
        require(removed <= balance, InsufficientBalance(removed, balance));
        if (slot.flags() & PoolLib.PAYS_REWARDS != 0) {
            // order: rewards accrue on the shares from before; the distributor calls nobody, and the guard is held.
            IRewardsDistributor(REWARDS_DISTRIBUTOR).onSharesChange(operator, asset, staker, balance, slot.shares());
        }
        // removed ≤ balance, which is a part of the pool's shares; and added < 2^192, as a factor is at least 1e9.
        unchecked {
            balance = balance + added - removed;
            pool_.sharesOf[staker] = balance;
            pool_.slot = slot.withShares((slot.shares() + added - removed).toUint120());
        }
    }

    function _takeUndelegated(address owner, address asset, uint256 assets) private returns (uint256 left) {
        uint256 available = undelegated[owner][asset];
        require(assets != 0, ZeroAssets());
        require(assets <= available, InsufficientBalance(assets, available));
        left = available - assets;
        undelegated[owner][asset] = left;
    }

    function _complete(
        address owner,
        address asset,
        WithdrawalKey[] calldata keys,
        address receiver
    ) private returns (uint256 assets, uint256 contested) {
        _onlyOwnerOrApproved(owner);
        for (uint256 i; i < keys.length; ++i) {
            (uint256 paid, uint256 held) = _completeOne(owner, asset, keys[i].operator, keys[i].maturity, receiver);
            assets += paid;
            contested += held;
        }
    }

    function _completeOne(
        address owner,
        address asset,
        address operator,
        uint48 maturity,
        address receiver
    ) private returns (uint256 assets, uint256 contested) {
        require(block.timestamp >= maturity, WithdrawalNotMature(maturity));
        Pool storage pool_ = _pools[operator][asset];
        Withdrawal storage record = pool_.withdrawals[owner][maturity];
        if (record.shares == 0) return (0, 0);
        uint256 total;
        bool kept;
        (assets, total, contested, kept) = pool_.complete(record, maturity, BUCKET);
        emit WithdrawalCompleted(owner, operator, asset, receiver, maturity, assets, total, kept);
    }

    function _creditProceeds(
        address operator,
        address asset,
        address recipient,
        uint256 assets,
        uint256 factor
    ) private {
        uint256 balance = (proceeds[recipient][asset] += assets);
        emit PoolSlashed(operator, asset, recipient, assets, factor, balance);
    }

    function _payProceeds(address recipient, address asset, address receiver) private returns (uint256 assets) {
        assets = proceeds[recipient][asset];
        delete proceeds[recipient][asset];
        emit ProceedsWithdrawn(recipient, asset, receiver, assets);
        _pay(asset, receiver, assets);
    }

    function _pay(address asset, address receiver, uint256 assets) private {
        if (assets != 0) IERC20(asset).safeTransfer(receiver, assets);
    }

    function _slasherPool(address operator, address asset) private view returns (Pool storage) {
        require(msg.sender == SLASHER, NotSlasher(msg.sender));
        return _pools[operator][asset];
    }

    function _checkReceiver(address receiver) private view {
        require(receiver != address(0) && receiver != address(this), InvalidReceiver(receiver));
    }

    /// @dev All that is held, and comes, must fit.
    function _checkedHoldings(
        address asset,
        uint256 held,
        uint256 incoming,
        uint256 max
    ) private pure returns (uint256 holdings) {
        // Both are at most max, which is below 2^120.
        unchecked {
            require(held <= max && incoming <= max - held, HoldingsTooLarge(asset, held, max));
            return held + incoming;
        }
    }

    function _checkApproval(
        address operator,
        address asset,
        address receiver,
        address payer,
        Approval calldata approval
    ) private view {
        bytes32 structHash = keccak256(
            abi.encode(ENTRY_APPROVAL_TYPEHASH, operator, asset, receiver, payer, approval.expiry)
        );
        _checkSignature(_pools[operator][asset].approver, structHash, approval.expiry, approval.signature);
    }
}
