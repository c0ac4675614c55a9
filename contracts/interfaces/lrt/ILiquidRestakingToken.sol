// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BooksView} from "../../types/LrtTypes.sol";
import {WithdrawalKey} from "../../types/StakeTypes.sol";
import {IERC7540Operator, IERC7540Redeem, IERC7575, IERC7575Share} from "../external/IERC7540.sol";
import {ISlasher} from "../ISlasher.sol";
import {IStakeManager} from "../IStakeManager.sol";
import {IAllocator} from "./IAllocator.sol";
import {IExitQueue} from "./IExitQueue.sol";
import {IRewardAuction} from "./IRewardAuction.sol";

/// @title ILiquidRestakingToken: a share of one asset's stake, spread over capped operators.
/// @notice ERC-4626 in, ERC-7540 out. With S the supply (open requests included), `idle` the asset at rest, `gross` and
/// `net` the stake with every open lien vetoed or final: A = idle + gross, B = idle + net. The price is A/S: it falls by a
/// final slash alone. The sure price is B/S.
///
/// Safety. Every unit is in one place: idle, in a position, in the stream, or in an epoch's own contract. Nothing
/// unvested is part of any price, and no balance is read to make one. Every division rounds against the caller.
/// Liveness. Nobody can pause, stop or delay the queue. While a slash is proposed, deposits close; instant exit leaves
/// the contested part behind; the price does not move.
/// Warning. Who sells or lends at A/S while a true slash is pending buys at par what may lose up to OPERATOR_RISK.
interface ILiquidRestakingToken is IERC7540Operator, IERC7540Redeem, IERC7575, IERC7575Share {
    /// @notice By ERC-4626.
    event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares);
    /// @notice By ERC-4626: a claim of `owner`'s request was paid.
    event Withdraw(
        address indexed sender,
        address indexed receiver,
        address indexed owner,
        uint256 assets,
        uint256 shares
    );
    /// @notice Shares left at once, at the sure price less the fee.
    /// @param fee What stays, besides what is contested.
    event InstantRedeemed(address indexed owner, address indexed receiver, uint256 shares, uint256 assets, uint256 fee);
    /// @notice The stake was read anew, after slash events or a move of the token's own.
    event Revalued(uint256 gross, uint256 net, uint32 slashEvents);
    /// @notice The books were brought up to date without anything else being done. (Every other verb does so, too: what
    /// has vested until then follows from `StreamStarted` by the formula, and is not told.)
    event Synced(uint256 idle, uint256 gross, uint256 net, uint256 streaming);
    /// @notice Rewards were found.
    /// @param fee Part of them that is owed to the fee recipient.
    /// @param pending What waits for the next cycle.
    event Harvested(uint256 assets, uint256 fee, uint256 pending);
    /// @notice A cycle began: all of `assets` vests until `endsAt`, unless that would be too fast.
    event StreamStarted(uint256 assets, uint48 endsAt);
    /// @notice The fee recipient was paid.
    event FeesPaid(uint256 assets);
    /// @notice Deposits are closed, or open again.
    event EntryPauseSet(bool paused);
    /// @notice Deposits may lead to so many assets.
    event CapSet(uint256 cap);

    /// @notice A parameter is outside of its bounds.
    error ParameterOutOfBounds(bytes32 name, uint256 value, uint256 min, uint256 max);
    /// @notice Nothing was locked yet.
    error NotSeeded();
    /// @notice Only who has deployed the token locks the seed.
    error NotSeeder(address caller, address seeder);
    /// @notice The seed was locked before.
    error AlreadySeeded();
    /// @notice A seed of at least `min` is needed.
    error SeedTooSmall(uint256 assets, uint256 min);
    /// @notice Deposits are closed by the guardian.
    error EntryPaused();
    /// @notice Deposits would lead to more assets than the cap.
    error CapExceeded(uint256 assets, uint256 available);
    /// @notice Too much is contested by slashes that are proposed.
    error NotCalm(uint256 total, uint256 sure);
    /// @notice So much was lost that nobody may enter any more.
    error NotSound(uint256 total, uint256 supply);
    /// @notice The amount is 0, or worth 0.
    error ZeroAssets();
    /// @notice So few assets buy no share.
    error ZeroShares();
    /// @notice The asset did not deliver exactly what it should.
    error InexactTransfer(uint256 expectedBalance, uint256 balance);
    /// @notice Less than `min` would be paid.
    error BelowMinimum(uint256 assets, uint256 min);
    /// @notice Less is idle.
    error InsufficientIdle(uint256 assets, uint256 idle);
    /// @notice So little would be left that an operator had more than 1.25 times what its cap allows, which needs `needed`.
    error CapsBroken(uint256 total, uint256 needed);
    /// @notice By ERC-7540: what a request will pay is not known before.
    error PreviewNotSupported();
    /// @notice Only the controller, or its operator.
    error NotControllerOrOperator(address caller, address controller);
    /// @notice Only the exit queue.
    error NotExitQueue(address caller);
    /// @notice Only the allocator.
    error NotAllocator(address caller);
    /// @notice Vetoes can still add to this withdrawal.
    error StillContested(address operator, uint256 contested);
    /// @notice The cap is lowered by the one verb, and raised by the other.
    error CapOutOfBounds(uint256 cap, uint256 min, uint256 max);
    /// @notice Nothing is owed.
    error NoFees();

    // -------------------------------------------------------------------------- in

    /// @notice Locks the first shares for ever, one for each unit, so that the supply is never 0.
    /// @dev Who has deployed the token, once. Reverts with NotSeeder, AlreadySeeded, SeedTooSmall, CapExceeded, InexactTransfer, and as the asset does.
    function seed(uint256 assets) external;

    /// @notice Deposits assets of the caller.
    /// @dev Anyone. Reverts with NotSeeded, EntryPaused, CapExceeded, NotCalm, NotSound, ZeroShares, InexactTransfer, and
    /// as the asset does.
    /// @return shares ⌊assets · S / A⌋.
    function deposit(uint256 assets, address receiver) external returns (uint256 shares);

    /// @notice Deposits as many assets of the caller as so many shares cost.
    /// @dev As `deposit`.
    /// @return assets ⌈shares · A / S⌉.
    function mint(uint256 shares, address receiver) external returns (uint256 assets);

    // ------------------------------------------------------------------------- out

    /// @notice Pays ⌊shares · P / S⌋ of the controller's oldest epoch, which was paid P for S shares.
    /// @dev The controller, or its operator. Reverts with NotControllerOrOperator, and as ExitQueue.claimShares does.
    function redeem(uint256 shares, address receiver, address controller) external returns (uint256 assets);

    /// @notice Pays assets of the controller's oldest epoch, for ⌈assets · S / P⌉ shares.
    /// @dev The controller, or its operator. Reverts with NotControllerOrOperator, and as ExitQueue.claimAssets does.
    function withdraw(uint256 assets, address receiver, address controller) external returns (uint256 shares);

    /// @notice Pays what a veto has given back to an epoch since the controller claimed.
    /// @dev The controller, or its operator. Reverts with NotControllerOrOperator, and as ExitQueue.claimLate does.
    function claimLate(uint256 epoch, address receiver, address controller) external returns (uint256 assets);

    /// @notice Leaves at once: g = ⌊shares · B / S⌋, of which ⌈g · EXIT_FEE_BPS / 10^4⌉ stays. Gives up what is contested.
    /// What the shares are worth, ⌊shares · A / S⌋, must be idle: what of it stays is a reward, which `harvest` finds.
    /// @dev Anyone, its own shares. Reverts with ZeroAssets, BelowMinimum, InsufficientIdle, CapsBroken, and as the asset
    /// does.
    /// @param minAssets Least that the caller accepts.
    function instantRedeem(uint256 shares, uint256 minAssets, address receiver) external returns (uint256 assets);

    // ------------------------------------------------------------------------ books

    /// @notice Brings the books up to date: slash events, and what has vested. Anyone.
    /// @return total A.
    /// @return idle The asset at rest.
    function sync() external returns (uint256 total, uint256 idle);

    /// @notice Finds what this contract holds beyond its books, sets the fee aside, and begins a cycle if none runs. Anyone.
    /// @dev ⌊rewards · PERFORMANCE_FEE_BPS / 10^4⌋ is owed as fee, if A/S is not below what it was at an earlier harvest.
    /// Reverts with NotSeeded.
    /// @return rewards Units found.
    function harvest() external returns (uint256 rewards);

    /// @notice Pays the fee recipient. Anyone.
    /// @dev Reverts with NoFees, and as the asset does.
    function payFees() external returns (uint256 assets);

    // ------------------------------------------------------------- queue and allocator

    /// @notice Lets a part of the supply leave: burns the shares, which are in the queue's custody, and gives their slice of
    /// every position, every own withdrawal and the cash to `batch`.
    /// @dev Only the exit queue. Reverts with NotExitQueue.
    function release(
        uint256 shares,
        address batch
    ) external returns (uint256 assets, uint48 maturity, WithdrawalKey[] memory items);

    /// @notice Stakes idle assets with an operator. The allocator has counted the shares already.
    /// @dev Only the allocator. Reverts with NotAllocator, and as `deposit` of the core does.
    /// @param neededTotal Least A at which the operator may have what it has then.
    function stake(address operator, uint256 assets, uint256 shares, uint256 neededTotal) external;

    /// @notice Completes an own withdrawal, of which nothing is contested. The allocator has taken it off its list already.
    /// @dev Only the allocator. Reverts with NotAllocator, StillContested.
    /// @param assets What the token's own shares are worth; what is paid beyond is a gift, and will be found by `harvest`.
    function collect(address operator, uint48 maturity, uint256 assets) external;

    // ----------------------------------------------------------------------- powers

    /// @notice Closes deposits, or opens them again. Touches nothing else.
    /// @dev The guardian.
    function setEntryPaused(bool paused) external;

    /// @notice Lowers the cap. Reverts with CapOutOfBounds.
    /// @dev The guardian.
    function lowerCap(uint96 cap) external;

    /// @notice Raises the cap, at most to MAX_TOTAL_ASSETS. Reverts with CapOutOfBounds.
    /// @dev The curator.
    function raiseCap(uint96 cap) external;

    // ------------------------------------------------------------------------ views

    /// @notice The token that is staked.
    function asset() external view returns (address);

    /// @notice A: never stale.
    function totalAssets() external view returns (uint256);

    /// @notice B: what is left if every open lien becomes final.
    function sureAssets() external view returns (uint256);

    /// @notice A/S in WAD, rounded down: for rate providers, and for liquidations.
    function getRate() external view returns (uint256);

    /// @notice B/S in WAD, rounded down: what borrowers' collateral counts.
    function sureRate() external view returns (uint256);

    /// @notice Whether one may borrow against the token now: little is contested, and not nearly all was lost.
    function borrowable() external view returns (bool);

    /// @notice ⌊assets · S / A⌋.
    function convertToShares(uint256 assets) external view returns (uint256);

    /// @notice ⌊shares · A / S⌋.
    function convertToAssets(uint256 shares) external view returns (uint256);

    /// @notice What `deposit` would return, whether deposits are open or not.
    function previewDeposit(uint256 assets) external view returns (uint256);

    /// @notice What `mint` would return, whether deposits are open or not.
    function previewMint(uint256 shares) external view returns (uint256);

    /// @notice Always reverts with PreviewNotSupported.
    function previewRedeem(uint256 shares) external view returns (uint256);

    /// @notice Always reverts with PreviewNotSupported.
    function previewWithdraw(uint256 assets) external view returns (uint256);

    /// @notice What `instantRedeem` would pay, and what would stay as fee.
    function previewInstantRedeem(uint256 shares) external view returns (uint256 assets, uint256 fee);

    /// @notice Most that anyone can deposit now; 0 while deposits are closed.
    function maxDeposit(address receiver) external view returns (uint256);

    /// @notice Most shares that anyone can mint now; 0 while deposits are closed.
    function maxMint(address receiver) external view returns (uint256);

    /// @notice Shares that the controller can claim now: of its oldest epoch.
    function maxRedeem(address controller) external view returns (uint256);

    /// @notice Assets that the controller can claim now: of its oldest epoch.
    function maxWithdraw(address controller) external view returns (uint256);

    /// @notice What is where.
    function books() external view returns (BooksView memory);

    /// @notice Most assets that deposits may lead to now.
    function cap() external view returns (uint256);

    /// @notice Whether the guardian has closed deposits.
    function entryPaused() external view returns (bool);

    /// @notice Highest price that a harvest has seen, in WAD.
    function highestRate() external view returns (uint256);

    /// @notice The core's slasher, whose count of slash events tells when to read every operator anew.
    function SLASHER() external view returns (ISlasher);

    /// @notice The core's ledger of stake.
    function STAKE_MANAGER() external view returns (IStakeManager);

    /// @notice Requests and claims.
    function EXIT_QUEUE() external view returns (IExitQueue);

    /// @notice Operators, targets and caps.
    function ALLOCATOR() external view returns (IAllocator);

    /// @notice Sells reward tokens.
    function REWARD_AUCTION() external view returns (IRewardAuction);

    /// @notice Who gets the performance fee.
    function FEE_RECIPIENT() external view returns (address);

    /// @notice Part of the rewards that is owed as fee.
    function PERFORMANCE_FEE_BPS() external view returns (uint256);

    /// @notice Part of an instant exit that stays.
    function EXIT_FEE_BPS() external view returns (uint256);

    /// @notice Bound of the cap.
    function MAX_TOTAL_ASSETS() external view returns (uint256);

    /// @notice Least seed.
    function MIN_SEED() external view returns (uint256);

    /// @notice Who has deployed the token, and locks the seed.
    function SEEDER() external view returns (address);
}
