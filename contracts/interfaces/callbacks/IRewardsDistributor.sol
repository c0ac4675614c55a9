// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title IRewardsDistributor: what the StakeManager tells the one distributor that it was deployed with.
interface IRewardsDistributor {
    /// @notice The active shares of `staker` in a pool that pays rewards are about to change.
    /// @dev Called by the StakeManager alone, before the change. Must not revert: it is part of every exit.
    /// @param operator The pool's operator.
    /// @param asset The pool's asset.
    /// @param staker Whose shares change.
    /// @param stakerShares The staker's active shares before the change.
    /// @param poolShares The pool's active shares before the change.
    function onSharesChange(
        address operator,
        address asset,
        address staker,
        uint256 stakerShares,
        uint256 poolShares
    ) external;
}
