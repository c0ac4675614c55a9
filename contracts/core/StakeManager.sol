// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IStakeManager} from "../interfaces/IStakeManager.sol";
import {ILaunchGuard} from "../interfaces/callbacks/ILaunchGuard.sol";
import {IRewardsDistributor} from "../interfaces/callbacks/IRewardsDistributor.sol";
import {BucketMath} from "../libraries/BucketMath.sol";
import {WAD, WadMath} from "../libraries/WadMath.sol";
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
import {Timing} from "./Timing.sol";

/// @title StakeManager: the ledger of stake.
/// Of a pool with factor F (WAD − lost) and open liens L, x shares are worth ⌊x·F/WAD⌋ gross and ⌊x·(F−L)/WAD⌋ net;
/// a deposit of a mints ⌊a·WAD/F⌋ shares, and only while L = 0. Queued shares are in the bucket of their maturity,
/// whose rate is F − L while it is live: a lien of d lowers the rate of every live bucket by d, a veto raises it in
/// every bucket that matured, or will, after the proposal; what is final changes no rate.
/// Claims never exceed the tokens held: every entry, exit and slash rounds in favour of those who stay.
contract StakeManager is IStakeManager, Timing, EIP712, Nonces, Multicall, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    uint8 private constant OPEN = 1;
    uint8 private constant GATED = 2;
    uint8 private constant PAYS_REWARDS = 4;

    uint256 private constant MAX_GUARD_DURATION = 365 days;

    bytes32 private constant ENTRY_APPROVAL_TYPEHASH = keccak256(
        "EntryApproval(address operator,address asset,address receiver,address payer,uint48 expiry)"
    );
    bytes32 private constant SET_APPROVAL_TYPEHASH = keccak256(
        "SetApproval(address owner,address account,bool approved,uint256 nonce,uint48 expiry)"
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
    address public immutable LAUNCH_GUARD;
    /// @inheritdoc IStakeManager
    uint48 public immutable GUARDED_UNTIL;

    /// @inheritdoc IStakeManager
    mapping(address account => bool) public isOperator;

    mapping(address operator => mapping(address asset => Pool)) private _pools;

    mapping(address operator => mapping(address asset => address)) private _approvers;

    mapping(address operator => mapping(address asset => mapping(uint256 maturity => Bucket))) private _buckets;

    /// @inheritdoc IStakeManager
    /// @dev Σ over stakers = pool.shares.
    mapping(address operator => mapping(address asset => mapping(address staker => uint256))) public sharesOf;

    /// @dev Σ over owners of shares = bucket.shares, until one of them is completed.
    mapping(address owner => mapping(address operator => mapping(address asset => mapping(uint256 maturity => Withdrawal))))
        private _withdrawals;

    /// @inheritdoc IStakeManager
    mapping(address owner => mapping(address asset => uint256)) public undelegated;

    /// @inheritdoc IStakeManager
    mapping(address recipient => mapping(address asset => uint256)) public proceeds;

    /// @inheritdoc IStakeManager
    mapping(address owner => mapping(address account => bool)) public isApproved;

    /// @dev The deployer is the Slasher.
    /// @param rewardsDistributor Who is told of changes of shares; 0 = nobody, for ever.
    /// @param launchGuard Who may refuse entry before `guardedUntil`; 0 = nobody.
    /// @param guardedUntil 0 if and only if there is no launch guard; else at most 365 days from now.
    constructor(
        uint32 exitDelay,
        address rewardsDistributor,
        address launchGuard,
        uint48 guardedUntil
    ) Timing(exitDelay) EIP712("Bulkhead StakeManager", "1") {
        uint256 max = block.timestamp + MAX_GUARD_DURATION;
        require(
            (launchGuard == address(0)) == (guardedUntil == 0) && guardedUntil <= max,
            GuardOutOfBounds(launchGuard, guardedUntil, max)
        );
        SLASHER = msg.sender;
        REWARDS_DISTRIBUTOR = rewardsDistributor;
        LAUNCH_GUARD = launchGuard;
        GUARDED_UNTIL = guardedUntil;
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
        require(asset.code.length != 0, AssetHasNoCode(asset));
        Pool storage pool_ = _poolOf(msg.sender, asset);
        uint8 flags = pool_.flags;
        if (approver != address(0) || flags & GATED != 0) _approvers[msg.sender][asset] = approver;
        pool_.flags = (flags & PAYS_REWARDS) | OPEN | (approver == address(0) ? 0 : GATED);
        emit PoolOpened(msg.sender, asset, approver);
    }

    /// @inheritdoc IStakeManager
    function closePool(address asset) external {
        Pool storage pool_ = _poolOf(msg.sender, asset);
        require(pool_.flags & OPEN != 0, PoolNotOpen(msg.sender, asset));
        pool_.flags &= ~OPEN;
        emit PoolClosed(msg.sender, asset);
    }

    /// @inheritdoc IStakeManager
    function setPaysRewards(address operator, address asset) external {
        require(msg.sender == REWARDS_DISTRIBUTOR, NotRewardsDistributor(msg.sender));
        _poolOf(operator, asset).flags |= PAYS_REWARDS;
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
        PermitSignature calldata permit
    ) external nonReentrant returns (uint256) {
        require(asset.code.length != 0, AssetHasNoCode(asset));
        // The allowance decides: somebody may have used the permit before.
        try
            IERC20Permit(asset).permit(msg.sender, address(this), assets, permit.deadline, permit.v, permit.r, permit.s)
        {} catch {}
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
        uint256 available = undelegated[staker][asset];
        require(assets <= available, InsufficientBalance(assets, available));
        _checkLaunchGuard(asset, 0);
        undelegated[staker][asset] = available - assets;
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
            _queue(staker, requests[i].operator, asset, requests[i].shares, owner, maturity);
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
            TransferRequest calldata request = requests[i];
            Withdrawal storage from = _recordOf(owner, request.operator, asset, request.maturity);
            require(from.paid == 0, WithdrawalPaid(request.operator, request.maturity, from.paid));
            uint128 left = _take(from, request.shares);
            Withdrawal storage to = _recordOf(newOwner, request.operator, asset, request.maturity);
            // Both are parts of the same bucket, whose shares fit uint128.
            uint128 sum = to.shares + uint128(request.shares);
            to.shares = sum;
            emit WithdrawalTransferred(
                owner,
                request.operator,
                asset,
                newOwner,
                request.maturity,
                request.shares,
                left,
                sum
            );
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
        Pool storage pool_ = _poolOf(operator, asset);
        if (pool_.flags & GATED != 0) _checkApproval(operator, asset, owner, owner, approval);
        uint128 left = _take(_recordOf(owner, operator, asset, maturity), shares);
        // At most the record's shares, which fit uint128.
        _bucketsOf(operator, asset)[maturity].shares -= uint128(shares);
        uint256 balance = _addShares(pool_, operator, asset, owner, shares);
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
        uint256 balance = undelegated[owner][asset] + assets;
        undelegated[owner][asset] = balance;
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
        require(assets != 0, ZeroAssets());
        uint256 available = undelegated[owner][asset];
        require(assets <= available, InsufficientBalance(assets, available));
        undelegated[owner][asset] = available - assets;
        emit Withdrawn(owner, asset, receiver, assets, available - assets);
        _pay(asset, receiver, assets);
    }

    // ------------------------------------------------------------------- consent

    /// @inheritdoc IStakeManager
    function setApproval(address account, bool approved) external {
        _setApproval(msg.sender, account, approved);
    }

    /// @inheritdoc IStakeManager
    function setApprovalBySig(
        address owner,
        address account,
        bool approved,
        uint48 expiry,
        bytes calldata signature
    ) external {
        require(block.timestamp <= expiry, ApprovalExpired(expiry));
        bytes32 structHash = keccak256(
            abi.encode(SET_APPROVAL_TYPEHASH, owner, account, approved, _useNonce(owner), expiry)
        );
        require(
            SignatureChecker.isValidSignatureNowCalldata(owner, _hashTypedDataV4(structHash), signature),
            SignatureInvalid(owner)
        );
        _setApproval(owner, account, approved);
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
        _onlySlasher();
        uint256 next;
        (assets, next) = _cut(operator, asset, magnitude);
        if (assets == 0) return 0;
        Pool storage pool_ = _poolOf(operator, asset);
        pool_.liened += magnitude;
        _bucketsOf(operator, asset)[next].opened += magnitude;
        _emitSlashState(operator, asset, pool_);
    }

    /// @inheritdoc IStakeManager
    function releaseLien(address operator, address asset, uint64 magnitude, uint48 proposedAt) external nonReentrant {
        _onlySlasher();
        Pool storage pool_ = _poolOf(operator, asset);
        pool_.liened -= magnitude;
        mapping(uint256 => Bucket) storage buckets = _bucketsOf(operator, asset);
        uint256 maturity = BucketMath.nextMaturity(proposedAt, BUCKET);
        buckets[maturity].opened -= magnitude;
        for (uint256 last = currentMaturity(); maturity <= last; maturity += BUCKET) {
            Bucket storage bucket_ = buckets[maturity];
            if (bucket_.shares != 0) bucket_.rate += magnitude;
        }
        _emitSlashState(operator, asset, pool_);
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
        _onlySlasher();
        Pool storage pool_ = _poolOf(operator, asset);
        pool_.lost += magnitude;
        pool_.liened -= magnitude;
        _bucketsOf(operator, asset)[BucketMath.nextMaturity(proposedAt, BUCKET)].opened -= magnitude;
        _emitSlashState(operator, asset, pool_);
        _creditProceeds(recipient, asset, assets);
    }

    /// @inheritdoc IStakeManager
    function slash(
        address operator,
        address asset,
        uint64 magnitude,
        address recipient
    ) external nonReentrant returns (uint256 assets) {
        _onlySlasher();
        (assets, ) = _cut(operator, asset, magnitude);
        if (assets == 0) return 0;
        Pool storage pool_ = _poolOf(operator, asset);
        pool_.lost += magnitude;
        _emitSlashState(operator, asset, pool_);
        _creditProceeds(recipient, asset, assets);
    }

    // --------------------------------------------------------------------- views

    /// @inheritdoc IStakeManager
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IStakeManager
    function pool(address operator, address asset) external view returns (PoolView memory view_) {
        Pool memory pool_ = _poolOf(operator, asset);
        view_.shares = pool_.shares;
        view_.factor = _factor(pool_);
        view_.liened = pool_.liened;
        view_.open = pool_.flags & OPEN != 0;
        view_.paysRewards = pool_.flags & PAYS_REWARDS != 0;
        view_.approver = _approvers[operator][asset];
    }

    /// @inheritdoc IStakeManager
    function isEntryOpen(address operator, address asset) external view returns (bool) {
        Pool memory pool_ = _poolOf(operator, asset);
        return pool_.flags & OPEN != 0 && pool_.liened == 0 && _factor(pool_) >= MIN_FACTOR;
    }

    /// @inheritdoc IStakeManager
    function slashableShares(address operator, address asset) public view returns (uint256 shares) {
        shares = _poolOf(operator, asset).shares;
        mapping(uint256 => Bucket) storage buckets = _bucketsOf(operator, asset);
        uint256 maturity = BucketMath.nextMaturity(block.timestamp, BUCKET);
        for (uint256 last = currentMaturity(); maturity <= last; maturity += BUCKET) {
            shares += buckets[maturity].shares;
        }
    }

    /// @inheritdoc IStakeManager
    function bucket(address operator, address asset, uint48 maturity) external view returns (Bucket memory) {
        return _bucketsOf(operator, asset)[maturity];
    }

    /// @inheritdoc IStakeManager
    function withdrawal(
        address owner,
        address operator,
        address asset,
        uint48 maturity
    ) external view returns (Withdrawal memory) {
        return _recordOf(owner, operator, asset, maturity);
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
            Pool memory pool_ = _poolOf(operators[i], asset);
            uint256 shares = sharesOf[operators[i]][asset][staker];
            uint256 factor = _factor(pool_);
            values[i] = Value({
                gross: WadMath.toAssetsDown(shares, factor),
                net: WadMath.toAssetsDown(shares, factor - pool_.liened)
            });
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
            (address operator, uint48 maturity) = (keys[i].operator, keys[i].maturity);
            Withdrawal memory record = _recordOf(owner, operator, asset, maturity);
            uint256 rate = _bucketsOf(operator, asset)[maturity].rate;
            uint256 restorable =
                block.timestamp < maturity ? _poolOf(operator, asset).liened : _restorable(operator, asset, maturity);
            values[i] = Value({
                gross: WadMath.toAssetsDown(record.shares, rate + restorable) - record.paid,
                net: WadMath.toAssetsDown(record.shares, rate) - record.paid
            });
        }
    }

    // ------------------------------------------------------------------ internal

    function _poolOf(address operator, address asset) private view returns (Pool storage) {
        return _pools[operator][asset];
    }

    function _bucketsOf(
        address operator,
        address asset
    ) private view returns (mapping(uint256 maturity => Bucket) storage) {
        return _buckets[operator][asset];
    }

    function _recordOf(
        address owner,
        address operator,
        address asset,
        uint48 maturity
    ) private view returns (Withdrawal storage) {
        return _withdrawals[owner][operator][asset][maturity];
    }

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
        _checkHoldings(asset, before, assets, WAD);
        _checkLaunchGuard(asset, before + assets);
        uint256 balance;
        if (operator == address(0)) {
            balance = undelegated[receiver][asset] + assets;
            undelegated[receiver][asset] = balance;
        } else {
            (shares, balance) = _enter(operator, asset, assets, receiver, msg.sender, minFactor, approval);
        }
        emit Deposited(receiver, operator, asset, msg.sender, assets, shares, balance);
        IERC20(asset).safeTransferFrom(msg.sender, address(this), assets);
        uint256 received = IERC20(asset).balanceOf(address(this)) - before;
        require(received == assets, InexactTransfer(asset, assets, received));
    }

    /// @dev The only way in.
    /// Every share of the pool, queued ones included, fits uint120 for ever: with no lien open they are together worth
    /// at most what this contract holds of the asset, so there are at most holdings · WAD / factor of them, and their
    /// number grows here alone. So queueing and cancelling cannot overflow.
    function _enter(
        address operator,
        address asset,
        uint256 assets,
        address receiver,
        address payer,
        uint64 minFactor,
        Approval calldata approval
    ) private returns (uint256 shares, uint256 balance) {
        Pool storage pool_ = _poolOf(operator, asset);
        Pool memory state = pool_;
        require(state.flags & OPEN != 0, PoolNotOpen(operator, asset));
        require(state.liened == 0, PoolLiened(operator, asset, state.liened));
        uint64 factor = _factor(state);
        if (minFactor < MIN_FACTOR) minFactor = MIN_FACTOR;
        require(factor >= minFactor, FactorTooLow(factor, minFactor));
        if (state.flags & GATED != 0) _checkApproval(operator, asset, receiver, payer, approval);
        // At factor WAD the check that every deposit makes is enough. (Undelegated assets count twice: never too few.)
        if (factor != WAD) _checkHoldings(asset, IERC20(asset).balanceOf(address(this)), assets, factor);
        shares = WadMath.toSharesDown(assets, factor);
        require(shares != 0, ZeroShares());
        balance = _addShares(pool_, operator, asset, receiver, shares);
    }

    function _addShares(
        Pool storage pool_,
        address operator,
        address asset,
        address staker,
        uint256 shares
    ) private returns (uint256 balance) {
        (uint256 poolShares, uint256 stakerShares) = _reportShares(pool_, operator, asset, staker);
        balance = stakerShares + shares;
        sharesOf[operator][asset][staker] = balance;
        pool_.shares = (poolShares + shares).toUint120();
    }

    /// @dev Tells the distributor, if the pool pays rewards, before shares change. The distributor is fixed at
    /// construction and calls nobody.
    function _reportShares(
        Pool storage pool_,
        address operator,
        address asset,
        address staker
    ) private returns (uint256 poolShares, uint256 stakerShares) {
        poolShares = pool_.shares;
        stakerShares = sharesOf[operator][asset][staker];
        if (pool_.flags & PAYS_REWARDS != 0) {
            IRewardsDistributor(REWARDS_DISTRIBUTOR).onSharesChange(operator, asset, staker, stakerShares, poolShares);
        }
    }

    function _queue(
        address staker,
        address operator,
        address asset,
        uint256 shares,
        address owner,
        uint48 maturity
    ) private {
        require(shares != 0, ZeroShares());
        uint256 left = _removeShares(operator, asset, staker, shares);
        uint256 ownerShares = _fillBucket(operator, asset, shares, owner, maturity);
        emit WithdrawalQueued(staker, operator, asset, owner, maturity, shares, left, ownerShares);
    }

    function _removeShares(
        address operator,
        address asset,
        address staker,
        uint256 shares
    ) private returns (uint256 left) {
        Pool storage pool_ = _poolOf(operator, asset);
        (uint256 poolShares, uint256 stakerShares) = _reportShares(pool_, operator, asset, staker);
        require(shares <= stakerShares, InsufficientBalance(shares, stakerShares));
        left = stakerShares - shares;
        sharesOf[operator][asset][staker] = left;
        // The staker's shares are part of the pool's, which fit uint120.
        pool_.shares = uint120(poolShares - shares);
    }

    function _fillBucket(
        address operator,
        address asset,
        uint256 shares,
        address owner,
        uint48 maturity
    ) private returns (uint128 ownerShares) {
        Bucket storage bucket_ = _bucketsOf(operator, asset)[maturity];
        uint128 bucketShares = bucket_.shares;
        if (bucketShares == 0) {
            Pool storage pool_ = _poolOf(operator, asset);
            // lost + liened ≤ WAD.
            bucket_.rate = uint64(WAD) - pool_.lost - pool_.liened;
        }
        // All shares of a pool fit uint120.
        bucket_.shares = bucketShares + uint128(shares);
        Withdrawal storage record = _recordOf(owner, operator, asset, maturity);
        ownerShares = record.shares + uint128(shares);
        record.shares = ownerShares;
    }

    /// @dev Takes shares out of a record.
    function _take(Withdrawal storage record, uint256 shares) private returns (uint128 left) {
        uint256 available = record.shares;
        require(shares != 0, ZeroShares());
        require(shares <= available, InsufficientBalance(shares, available));
        // Less than before.
        left = uint128(available - shares);
        record.shares = left;
    }

    function _complete(
        address owner,
        address asset,
        WithdrawalKey[] calldata keys,
        address receiver
    ) private returns (uint256 assets, uint256 contested) {
        _onlyOwnerOrApproved(owner);
        for (uint256 i; i < keys.length; ++i) {
            (uint256 paid, uint256 held) = _completeOne(owner, asset, keys[i], receiver);
            assets += paid;
            contested += held;
        }
    }

    function _completeOne(
        address owner,
        address asset,
        WithdrawalKey calldata key,
        address receiver
    ) private returns (uint256 assets, uint256 contested) {
        (address operator, uint48 maturity) = (key.operator, key.maturity);
        require(block.timestamp >= maturity, WithdrawalNotMature(maturity));
        Withdrawal storage record = _recordOf(owner, operator, asset, maturity);
        (uint256 shares, uint256 paid) = (record.shares, record.paid);
        if (shares == 0) return (0, 0);
        uint256 rate = _bucketsOf(operator, asset)[maturity].rate;
        uint256 restorable = _restorable(operator, asset, maturity);
        // A matured bucket's rate never falls, and passing shares on never lowers those of a record that was paid.
        uint256 total = WadMath.toAssetsDown(shares, rate);
        assets = total - paid;
        contested = WadMath.toAssetsDown(shares, rate + restorable) - total;
        if (restorable == 0)
            (record.shares, record.paid) = (0, 0);
            // At most the shares, which fit uint128: a rate is at most WAD.
        else record.paid = uint128(total);
        emit WithdrawalCompleted(owner, operator, asset, receiver, maturity, assets, total, restorable != 0);
    }

    /// @dev What vetoes can still add to the rate of a matured bucket: the open liens that were proposed in the last
    /// four intervals before its maturity. Earlier ones are past their veto.
    function _restorable(address operator, address asset, uint256 maturity) private view returns (uint256 magnitude) {
        if (_poolOf(operator, asset).liened == 0) return 0;
        mapping(uint256 => Bucket) storage buckets = _bucketsOf(operator, asset);
        for (uint256 i; i < BucketMath.BUCKETS_PER_VETO; ++i) {
            magnitude += buckets[maturity - i * BUCKET].opened;
        }
    }

    /// @dev Cuts `magnitude` off the rate of every live bucket with shares, unless that takes nothing of anybody.
    /// @return assets ⌊slashable shares · magnitude / WAD⌋.
    /// @return next The first maturity from now.
    function _cut(address operator, address asset, uint64 magnitude) private returns (uint256 assets, uint256 next) {
        assets = WadMath.toAssetsDown(slashableShares(operator, asset), magnitude);
        if (assets == 0) return (0, 0);
        mapping(uint256 => Bucket) storage buckets = _bucketsOf(operator, asset);
        next = BucketMath.nextMaturity(block.timestamp, BUCKET);
        uint256 last = currentMaturity();
        for (uint256 maturity = next; maturity <= last; maturity += BUCKET) {
            Bucket storage bucket_ = buckets[maturity];
            if (bucket_.shares != 0) bucket_.rate -= magnitude;
        }
    }

    function _emitSlashState(address operator, address asset, Pool storage pool_) private {
        emit PoolSlashStateChanged(operator, asset, _factor(pool_), pool_.liened);
    }

    function _creditProceeds(address recipient, address asset, uint256 assets) private {
        uint256 balance = proceeds[recipient][asset] + assets;
        proceeds[recipient][asset] = balance;
        emit ProceedsCredited(recipient, asset, assets, balance);
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

    function _setApproval(address owner, address account, bool approved) private {
        isApproved[owner][account] = approved;
        emit ApprovalSet(owner, account, approved);
    }

    function _factor(Pool memory pool_) private pure returns (uint64) {
        // lost ≤ WAD, which fits uint64.
        return uint64(WAD) - pool_.lost;
    }

    function _onlySlasher() private view {
        require(msg.sender == SLASHER, NotSlasher(msg.sender));
    }

    function _onlyOwnerOrApproved(address owner) private view {
        require(msg.sender == owner || isApproved[owner][msg.sender], NotApproved(msg.sender, owner));
    }

    function _checkReceiver(address receiver) private view {
        require(receiver != address(0) && receiver != address(this), InvalidReceiver(receiver));
    }

    function _checkLaunchGuard(address asset, uint256 holdings) private view {
        if (block.timestamp < GUARDED_UNTIL) ILaunchGuard(LAUNCH_GUARD).checkEntry(asset, holdings);
    }

    /// @dev All that is held, and comes, must fit a pool's shares at `factor`.
    function _checkHoldings(address asset, uint256 held, uint256 incoming, uint256 factor) private pure {
        uint256 max = WadMath.toAssetsDown(type(uint120).max, factor);
        require(held <= max && incoming <= max - held, HoldingsTooLarge(asset, held, max));
    }

    function _checkApproval(
        address operator,
        address asset,
        address receiver,
        address payer,
        Approval calldata approval
    ) private view {
        require(block.timestamp <= approval.expiry, ApprovalExpired(approval.expiry));
        address approver = _approvers[operator][asset];
        bytes32 structHash = keccak256(
            abi.encode(ENTRY_APPROVAL_TYPEHASH, operator, asset, receiver, payer, approval.expiry)
        );
        require(
            SignatureChecker.isValidSignatureNowCalldata(approver, _hashTypedDataV4(structHash), approval.signature),
            ApprovalInvalid(approver)
        );
    }
}
