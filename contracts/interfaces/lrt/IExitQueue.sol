// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Epoch, LateClaim} from "../../types/LrtTypes.sol";
import {WithdrawalKey} from "../../types/StakeTypes.sol";
import {ILiquidRestakingToken} from "./ILiquidRestakingToken.sol";

/// @title IExitQueue: ways out that share every slash to their maturity, and none after.
/// @notice Requests gather in the open epoch. Closing it, once per bucket of the core, takes the epoch's fraction of every
/// position and of the cash, in kind, in the name of a contract of its own; from the maturity on it is settled, and
/// claimed at one rate. No price is fixed anywhere, so there is none to run for.
///
/// Safety. An epoch's contract pays its own claims and nothing else; nothing after its maturity touches it.
/// Liveness. Anyone closes and settles; nobody can stop or delay it. A controller's requests are claimed in their order.
interface IExitQueue {
    /// @notice An epoch was closed: its shares are burned, and its slice is on the way.
    /// @param maturity Second from which it can be settled.
    /// @param assets Cash that it has taken along.
    /// @param items Keys of its withdrawals, to be supplied again by whoever settles.
    event EpochClosed(
        uint256 indexed epoch,
        address indexed batch,
        uint48 maturity,
        uint256 shares,
        uint256 assets,
        WithdrawalKey[] items
    );

    /// @notice An epoch's withdrawals were completed.
    /// @param received What they have paid now.
    /// @param assets All that the epoch has been paid.
    /// @param contested What vetoes can still add at most; 0 = nothing comes any more.
    event EpochSettled(uint256 indexed epoch, uint256 received, uint256 assets, uint256 contested);

    /// @notice Was claimed before, and paid what a veto has given back since.
    event LateClaimed(address indexed controller, uint256 indexed epoch, address indexed receiver, uint256 assets);

    /// @notice Only the liquid restaking token.
    error NotToken(address caller);
    /// @notice No shares.
    error ZeroShares();
    /// @notice No assets.
    error ZeroAssets();
    /// @notice Nobody has asked to leave.
    error NothingToClose(uint256 epoch);
    /// @notice Epochs are closed in the second half of a bucket, once in each: next from `closableAt` on.
    error TooEarlyToClose(uint48 closableAt);
    /// @notice The epoch is not waiting for withdrawals.
    error NothingToSettle(uint256 epoch);
    /// @notice These are not the keys that were emitted when the epoch was closed.
    error ItemsMismatch(uint256 epoch);
    /// @notice The controller's oldest request cannot be claimed yet, or there is none (epoch 0).
    error NothingToClaim(address controller, uint256 epoch);
    /// @notice More than the controller can claim of its oldest epoch.
    error ExceedsClaimable(uint256 requested, uint256 claimable);
    /// @notice Nothing has come since the controller was paid.
    error NothingLate(address controller, uint256 epoch);

    // ------------------------------------------------------------------ anyone

    /// @notice Closes the open epoch. Anyone, in the second half of a bucket, once in each.
    /// @dev Reverts with NothingToClose, TooEarlyToClose; with ReentrancyGuardReentrantCall while the token is being used.
    /// Each slice is rounded down: what is left over stays with those who stay.
    /// @return epoch Its number.
    function close() external returns (uint256 epoch);

    /// @notice Completes an epoch's withdrawals, from their maturity on; again, when a veto has added to one of them.
    /// @dev Anyone. Reverts with NothingToSettle, ItemsMismatch, and as `completeWithdrawals` of the core does.
    /// @param items Keys, as emitted when the epoch was closed.
    /// @return received Units that came.
    function settle(uint256 epoch, WithdrawalKey[] calldata items) external returns (uint256 received);

    // --------------------------------------------------------------- the token

    /// @notice Books shares that were put into this contract's custody.
    /// @dev Only the token. Reverts with NotToken, ZeroShares.
    /// @return epoch That the request is in.
    function request(address controller, uint256 shares) external returns (uint256 epoch);

    /// @notice Pays ⌊shares · paid of the epoch / shares of the epoch⌋ of the controller's oldest epoch.
    /// @dev Only the token. Reverts with NotToken, ZeroShares, NothingToClaim, ExceedsClaimable, and as the asset does.
    function claimShares(address controller, uint256 shares, address receiver) external returns (uint256 assets);

    /// @notice Pays assets of the controller's oldest epoch for ⌈assets · shares of the epoch / paid of the epoch⌉ shares;
    /// for all that are left if that is all they are worth.
    /// @dev Only the token. Reverts with NotToken, ZeroAssets, NothingToClaim, ExceedsClaimable, and as the asset does.
    function claimAssets(address controller, uint256 assets, address receiver) external returns (uint256 shares);

    /// @notice Pays what has come since the controller was paid.
    /// @dev Only the token. Reverts with NotToken, NothingLate, and as the asset does.
    function claimLate(address controller, uint256 epoch, address receiver) external returns (uint256 assets);

    // ------------------------------------------------------------------- views

    /// @notice Number of the epoch that takes requests, from 1 on, and the shares in it.
    function openEpoch() external view returns (uint256 epoch, uint256 shares);

    /// @notice An epoch that was closed.
    function epochState(uint256 epoch) external view returns (Epoch memory);

    /// @notice The contract that owns an epoch's withdrawals and assets, whether it exists or not.
    function batchOf(uint256 epoch) external view returns (address);

    /// @notice Shares of a controller in an epoch, and whether they can be claimed.
    function requestOf(uint256 epoch, address controller) external view returns (uint256 shares, bool claimable);

    /// @notice What a controller can claim now, which is of its oldest epoch.
    function claimable(address controller) external view returns (uint256 shares, uint256 assets);

    /// @notice What a controller has claimed of an epoch while vetoes could still add to it.
    function lateClaim(address controller, uint256 epoch) external view returns (LateClaim memory);

    /// @notice Second from which `close` will do, if there are requests.
    function closableAt() external view returns (uint48);

    /// @notice Second from which a request made now can be claimed, if somebody closes the epoch as soon as possible or
    /// within the half bucket from then on, and settles it.
    function redeemEta() external view returns (uint48);

    /// @notice The liquid restaking token.
    function TOKEN() external view returns (ILiquidRestakingToken);
}
