// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title ILaunchGuard: may refuse entry, and nothing else, until the date fixed in the StakeManager.
interface ILaunchGuard {
    /// @notice Reverts if stake may not enter now.
    /// @param asset The asset that would enter.
    /// @param holdings What the StakeManager would hold of it after a deposit; 0 if nothing comes from outside.
    function checkEntry(address asset, uint256 holdings) external view;
}
