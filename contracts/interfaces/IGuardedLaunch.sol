// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title IGuardedLaunch: who may refuse entry, and until when.
interface IGuardedLaunch {
    /// @notice The launch guard needs a date of at most `max`, and the date a launch guard.
    error GuardOutOfBounds(address launchGuard, uint48 guardedUntil, uint256 max);

    /// @notice Who may refuse entry before `GUARDED_UNTIL`; 0 = nobody.
    function LAUNCH_GUARD() external view returns (address);

    /// @notice Second from which the launch guard is not asked any more.
    function GUARDED_UNTIL() external view returns (uint48);
}
