// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {
    Approval,
    Bucket,
    PermitSignature,
    PoolView,
    QueueRequest,
    TransferRequest,
    Value,
    Withdrawal,
    WithdrawalKey
} from "../types/StakeTypes.sol";
import {IConsent} from "./IConsent.sol";
import {IGuardedLaunch} from "./IGuardedLaunch.sol";
import {ITiming} from "./ITiming.sol";

/// @title IStakeManager: holds every staked token, and is the only one to move any.
/// @notice A pool is the stake of one asset delegated to one operator. Its *factor* (WAD at first) is what finalised
/// slashes have left of each share; open liens hold a part of it. Assets are any non-rebasing ERC-20.
///
/// Safety. Pools never touch: a slash, a hostile operator or a wiped pool changes nothing in another one. Balances are
/// internal: a donation changes nothing. A token that fails (moves balances by itself, is paused, blocks this contract)
/// takes all pools of that token with it, and no other.
/// Liveness. Nobody but the owner, and whom it has approved, moves a position; nobody can stop or delay an exit. Only
/// entry (deposit, delegate, redelegate) is ever refused.
/// Warning. Who enters a pool shares in offences that were committed and not yet proposed.
interface IStakeManager is ITiming, IConsent, IGuardedLaunch {
    // ----------------------------------------------------------------- operators

    /// @notice The account is an operator, and describes itself at `metadataURI`.
    event OperatorRegistered(address indexed operator, string metadataURI);

    /// @notice The pool takes stake, with the consent of `approver` if that is not 0.
    event PoolOpened(address indexed operator, address indexed asset, address indexed approver);

    /// @notice The pool takes no stake any more.
    event PoolClosed(address indexed operator, address indexed asset);

    /// @notice From now on, and for ever, changes of the pool's shares are reported to the rewards distributor.
    event PoolPaysRewards(address indexed operator, address indexed asset);

    // --------------------------------------------------------------------- entry

    /// @notice Assets came in: into the pool of `operator` as `shares`, or undelegated if `operator` is 0.
    /// @param balance What the receiver now has there: active shares of that pool, or undelegated assets.
    event Deposited(
        address indexed receiver,
        address indexed operator,
        address indexed asset,
        address payer,
        uint256 assets,
        uint256 shares,
        uint256 balance
    );

    /// @notice Undelegated assets went into a pool.
    /// @param balance The staker's active shares of that pool now.
    event Delegated(
        address indexed staker,
        address indexed operator,
        address indexed asset,
        uint256 assets,
        uint256 shares,
        uint256 balance
    );

    /// @notice What completed withdrawals paid went into another pool.
    /// @param balance The owner's active shares of that pool now.
    event Redelegated(
        address indexed owner,
        address indexed operator,
        address indexed asset,
        uint256 assets,
        uint256 shares,
        uint256 balance
    );

    // ---------------------------------------------------------------------- exit

    /// @notice Active shares of `staker` were queued in the name of `owner`.
    /// @param maturity Second from which they pay out.
    /// @param shares How many.
    /// @param stakerShares Active shares that the staker still has in that pool.
    /// @param ownerShares Shares that the owner now has queued in that pool for that maturity.
    event WithdrawalQueued(
        address indexed staker,
        address indexed operator,
        address indexed asset,
        address owner,
        uint48 maturity,
        uint256 shares,
        uint256 stakerShares,
        uint256 ownerShares
    );

    /// @notice Queued shares have another owner.
    /// @param ownerShares Shares that the old owner keeps in that withdrawal.
    /// @param newOwnerShares Shares that the new owner now has in its own.
    event WithdrawalTransferred(
        address indexed owner,
        address indexed operator,
        address indexed asset,
        address newOwner,
        uint48 maturity,
        uint256 shares,
        uint256 ownerShares,
        uint256 newOwnerShares
    );

    /// @notice Queued shares are active again.
    /// @param ownerShares Shares that the owner keeps in that withdrawal.
    /// @param stakerShares Active shares that the owner now has in that pool.
    event WithdrawalCancelled(
        address indexed owner,
        address indexed operator,
        address indexed asset,
        uint48 maturity,
        uint256 shares,
        uint256 ownerShares,
        uint256 stakerShares
    );

    /// @notice A matured withdrawal has paid.
    /// @param receiver Who got tokens; 0 if the assets became undelegated or went into another pool.
    /// @param assets How much now.
    /// @param paid How much in all.
    /// @param kept Whether the record is kept because a veto can still add to it.
    event WithdrawalCompleted(
        address indexed owner,
        address indexed operator,
        address indexed asset,
        address receiver,
        uint48 maturity,
        uint256 assets,
        uint256 paid,
        bool kept
    );

    /// @notice Undelegated assets came from completed withdrawals.
    /// @param balance Undelegated assets of the owner now.
    event Undelegated(address indexed owner, address indexed asset, uint256 assets, uint256 balance);

    /// @notice Undelegated assets were paid out.
    /// @param balance Undelegated assets that the owner still has.
    event Withdrawn(
        address indexed owner,
        address indexed asset,
        address indexed receiver,
        uint256 assets,
        uint256 balance
    );

    // ------------------------------------------------------------------ slashing

    /// @notice A slash is final, and its proceeds are at the disposal of `recipient` (0 = to be burned). (What is held
    /// until then, and given back by a veto, is told by the Slasher's events.)
    /// @param assets What was taken.
    /// @param factor What finalised slashes have left of each share, in WAD.
    /// @param balance The recipient's proceeds in that asset now.
    event PoolSlashed(
        address indexed operator,
        address indexed asset,
        address indexed recipient,
        uint256 assets,
        uint256 factor,
        uint256 balance
    );

    /// @notice Proceeds were paid out, all of them.
    event ProceedsWithdrawn(address indexed recipient, address indexed asset, address indexed receiver, uint256 assets);

    // -------------------------------------------------------------------- errors

    /// @notice Only the Slasher moves what a slash moves.
    error NotSlasher(address caller);
    /// @notice Only the rewards distributor, which is a contract, says which pools pay rewards.
    error NotRewardsDistributor(address caller);
    /// @notice Not an operator: register first.
    error NotOperator(address account);
    /// @notice There is no contract at this address.
    error AssetHasNoCode(address asset);
    /// @notice Receivers are never 0 nor the StakeManager; withdrawals are not passed on to oneself.
    error InvalidReceiver(address receiver);
    /// @notice The amount is 0.
    error ZeroAssets();
    /// @notice The number of shares is 0, or so few assets buy no share.
    error ZeroShares();
    /// @notice What this contract holds of the asset, and what would come, are together more than `max`: they might not
    /// fit in the pool's shares.
    error HoldingsTooLarge(address asset, uint256 holdings, uint256 max);
    /// @notice The token did not deliver exactly what it should (a fee, a shortfall, or more than that).
    error InexactTransfer(address asset, uint256 expectedHoldings, uint256 holdings);
    /// @notice The operator has not opened this pool, or has closed it.
    error PoolNotOpen(address operator, address asset);
    /// @notice A slash is proposed: nobody enters until it is vetoed or final.
    error PoolLiened(address operator, address asset, uint256 liened);
    /// @notice Slashes have left less of each share than the pool, or who enters, accepts.
    error FactorTooLow(uint256 factor, uint256 min);
    /// @notice Fewer shares or assets are there.
    error InsufficientBalance(uint256 requested, uint256 available);
    /// @notice Too early: these shares mature at `maturesAt`.
    error WithdrawalNotMature(uint48 maturesAt);
    /// @notice Too late: these shares have matured at `maturedAt`.
    error WithdrawalMature(uint48 maturedAt);
    /// @notice A part of this withdrawal has been paid already.
    error WithdrawalPaid(address operator, uint48 maturity, uint256 paid);
    // -------------------------------------------------------- verbs of an operator

    /// @notice Makes the caller an operator, or changes where it describes itself.
    function registerOperator(string calldata metadataURI) external;

    /// @notice Opens the caller's pool of an asset, or changes its approver.
    /// @dev Reverts with NotOperator.
    /// @param asset Any non-rebasing ERC-20.
    /// @param approver Who must sign for every entry; 0 = anyone may enter. Signatures of another approver end,
    /// for as long as that is not the pool's approver again.
    function openPool(address asset, address approver) external;

    /// @notice Closes the caller's pool to entry. Nothing else changes.
    /// @dev Reverts with PoolNotOpen.
    function closePool(address asset) external;

    // --------------------------------------------------------------------- entry

    /// @notice Takes assets from the caller, into an operator's pool or undelegated.
    /// @dev Reverts with InvalidReceiver, ZeroAssets, AssetHasNoCode, HoldingsTooLarge, InexactTransfer, as the launch
    /// guard does, and as the token does; into a pool also with PoolNotOpen, PoolLiened, FactorTooLow, SignatureExpired,
    /// SignatureInvalid, ZeroShares.
    /// @param operator Whose pool; 0 = undelegated.
    /// @param asset The token.
    /// @param assets Units of it.
    /// @param receiver Who owns the stake.
    /// @param minFactor Least factor that the caller accepts, in WAD.
    /// @param approval Signature of the pool's approver, if it has one: payer is the caller.
    /// @return shares ⌊assets · WAD / factor⌋; 0 if undelegated.
    function deposit(
        address operator,
        address asset,
        uint256 assets,
        address receiver,
        uint64 minFactor,
        Approval calldata approval
    ) external returns (uint256 shares);

    /// @notice `deposit` after an ERC-2612 permit of the caller. A failing permit is ignored: the allowance decides.
    /// @param sig The caller's permit to this contract for `assets`.
    function depositWithPermit(
        address operator,
        address asset,
        uint256 assets,
        address receiver,
        uint64 minFactor,
        Approval calldata approval,
        PermitSignature calldata sig
    ) external returns (uint256 shares);

    /// @notice Puts undelegated assets into an operator's pool.
    /// @dev Only the staker, or who it has approved. Reverts with NotApproved, InsufficientBalance, as the launch guard
    /// does, and as `deposit` into a pool does.
    /// @param approval Signature of the pool's approver, if it has one: payer and receiver are the staker.
    /// @return shares ⌊assets · WAD / factor⌋.
    function delegate(
        address staker,
        address operator,
        address asset,
        uint256 assets,
        uint64 minFactor,
        Approval calldata approval
    ) external returns (uint256 shares);

    // ---------------------------------------------------------------------- exit

    /// @notice Queues active shares for withdrawal. They earn and secure nothing from now on, stay slashable until
    /// they mature, and are untouchable after.
    /// @dev Only the staker, or who it has approved. Reverts with NotApproved, InvalidReceiver, ZeroShares,
    /// InsufficientBalance. For no other reason, but re-entry by a token that is being moved.
    /// @param requests Shares, operator by operator.
    /// @param owner Who shall own the withdrawal: the staker itself, or another.
    /// @return maturity ⌈(now + EXIT_DELAY) / BUCKET⌉ · BUCKET.
    function queueWithdrawals(
        address staker,
        address asset,
        QueueRequest[] calldata requests,
        address owner
    ) external returns (uint48 maturity);

    /// @notice Passes queued shares on, of which nothing has been paid. They add to what the new owner has there.
    /// @dev Only the owner, or who it has approved. Reverts with NotApproved, InvalidReceiver, ZeroShares,
    /// WithdrawalPaid, InsufficientBalance.
    function transferWithdrawals(
        address owner,
        address asset,
        TransferRequest[] calldata requests,
        address newOwner
    ) external;

    /// @notice Makes queued shares active again, before they mature. Not entry: a closed or liened pool takes them back.
    /// @dev Only the owner, or who it has approved. Reverts with NotApproved, ZeroShares, WithdrawalMature,
    /// InsufficientBalance; in a pool with an approver also with SignatureExpired, SignatureInvalid.
    /// @param approval Signature of the pool's approver, if it has one: payer and receiver are the owner.
    function cancelWithdrawal(
        address owner,
        address operator,
        address asset,
        uint48 maturity,
        uint256 shares,
        Approval calldata approval
    ) external;

    /// @notice Pays matured withdrawals out in tokens: ⌊shares · rate / WAD⌋ less what they have paid before. What is
    /// not there pays 0, so that a batch cannot be spoilt. Can be called again when a veto has added to one of them.
    /// @dev Only the owner, or who it has approved. Reverts with NotApproved, InvalidReceiver, WithdrawalNotMature, and
    /// as the token does.
    /// @return assets Units paid.
    /// @return contested Units that vetoes can still add at most (of a key named twice, twice).
    function completeWithdrawals(
        address owner,
        address asset,
        WithdrawalKey[] calldata keys,
        address receiver
    ) external returns (uint256 assets, uint256 contested);

    /// @notice The same into the owner's undelegated balance. Touches no token.
    /// @dev Only the owner, or who it has approved. Reverts with NotApproved, WithdrawalNotMature.
    function completeWithdrawalsAsUndelegated(
        address owner,
        address asset,
        WithdrawalKey[] calldata keys
    ) external returns (uint256 assets, uint256 contested);

    /// @notice The same into another operator's pool (or the same one's). If entry is refused nothing changes.
    /// @dev Only the owner, or who it has approved. Reverts with NotApproved, WithdrawalNotMature, as the launch guard
    /// does, and as `deposit` into a pool does.
    /// @param approval Signature of the pool's approver, if it has one: payer and receiver are the owner.
    /// @return shares ⌊assets · WAD / factor⌋ of what the withdrawals paid.
    /// @return contested Units that vetoes can still add at most.
    function redelegateWithdrawals(
        address owner,
        address asset,
        WithdrawalKey[] calldata keys,
        address operator,
        uint64 minFactor,
        Approval calldata approval
    ) external returns (uint256 shares, uint256 contested);

    /// @notice Pays undelegated assets out.
    /// @dev Only the owner, or who it has approved. Reverts with NotApproved, InvalidReceiver, ZeroAssets,
    /// InsufficientBalance, and as the token does.
    function withdraw(address owner, address asset, uint256 assets, address receiver) external;

    // ------------------------------------------------------------------ proceeds

    /// @notice Pays all proceeds of the caller in an asset.
    /// @dev Reverts with InvalidReceiver, and as the token does. Pays 0 without a transfer.
    /// @return assets Units paid.
    function withdrawProceeds(address asset, address receiver) external returns (uint256 assets);

    /// @notice Sends all that is to be burned of an asset to `BURN_ADDRESS`. Anyone may call.
    /// @dev Reverts as the token does.
    /// @return assets Units burned.
    function burnProceeds(address asset) external returns (uint256 assets);

    // ------------------------------------------------------- the Slasher's corridor

    /// @notice Opens a lien on everyone in a pool: active shares and those that have not matured.
    /// @dev Only the Slasher. Changes nothing if it would take nothing.
    /// @param magnitude Cut of the factor, in WAD, at most factor − liened.
    /// @return assets ⌊shares · magnitude / WAD⌋.
    function openLien(address operator, address asset, uint64 magnitude) external returns (uint256 assets);

    /// @notice Gives a lien back to those whom it was held from.
    /// @dev Only the Slasher.
    /// @param proposedAt Second at which it was opened.
    function releaseLien(address operator, address asset, uint64 magnitude, uint48 proposedAt) external;

    /// @notice Makes a lien final and credits the proceeds.
    /// @dev Only the Slasher.
    function finaliseLien(
        address operator,
        address asset,
        uint64 magnitude,
        uint48 proposedAt,
        address recipient,
        uint256 assets
    ) external;

    /// @notice Opens a lien and makes it final at once.
    /// @dev Only the Slasher. Changes nothing if it would take nothing.
    /// @return assets ⌊shares · magnitude / WAD⌋.
    function slash(
        address operator,
        address asset,
        uint64 magnitude,
        address recipient
    ) external returns (uint256 assets);

    /// @notice Has the StakeManager report changes of a pool's shares, from now on and for ever.
    /// @dev Only the rewards distributor. Reverts with NotRewardsDistributor.
    function setPaysRewards(address operator, address asset) external;

    // --------------------------------------------------------------------- views

    /// @notice The one contract that may use the corridor.
    function SLASHER() external view returns (address);

    /// @notice The one distributor that is told of changes of shares; 0 = none.
    function REWARDS_DISTRIBUTOR() external view returns (address);

    /// @notice Where burned proceeds go.
    function BURN_ADDRESS() external view returns (address);

    /// @notice Least factor of a pool that takes stake, in WAD.
    function MIN_FACTOR() external view returns (uint64);

    /// @notice Whether the account has registered as an operator.
    function isOperator(address account) external view returns (bool);

    /// @notice Undelegated assets of an owner.
    function undelegated(address owner, address asset) external view returns (uint256);

    /// @notice Proceeds of a recipient; of address 0: what is to be burned.
    function proceeds(address recipient, address asset) external view returns (uint256);

    /// @notice A pool from outside.
    function pool(address operator, address asset) external view returns (PoolView memory);

    /// @notice Whether a pool takes stake now: open, without liens, its factor not below `MIN_FACTOR`. Leaves aside its
    /// approver, the launch guard, and whether so much fits (HoldingsTooLarge).
    function isEntryOpen(address operator, address asset) external view returns (bool);

    /// @notice Active shares of a staker in a pool.
    function sharesOf(address operator, address asset, address staker) external view returns (uint256);

    /// @notice Shares of a pool that a slash proposed now would reach: active ones, and those not yet matured.
    function slashableShares(address operator, address asset) external view returns (uint256);

    /// @notice A bucket, as stored.
    function bucket(address operator, address asset, uint48 maturity) external view returns (Bucket memory);

    /// @notice A withdrawal, as stored.
    function withdrawal(
        address owner,
        address operator,
        address asset,
        uint48 maturity
    ) external view returns (Withdrawal memory);

    /// @notice Where shares that are queued now mature.
    function currentMaturity() external view returns (uint48);

    /// @notice What active positions are worth, operator by operator, each rounded down.
    function positionValues(
        address staker,
        address asset,
        address[] calldata operators
    ) external view returns (Value[] memory);

    /// @notice What withdrawals will still pay, rounded down: `net` now (or at the maturity) if every open lien
    /// becomes final, `gross` if every one is vetoed.
    function withdrawalValues(
        address owner,
        address asset,
        WithdrawalKey[] calldata keys
    ) external view returns (Value[] memory);
}
