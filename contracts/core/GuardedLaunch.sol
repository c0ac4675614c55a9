// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IGuardedLaunch} from "../interfaces/IGuardedLaunch.sol";
import {ILaunchGuard} from "../interfaces/callbacks/ILaunchGuard.sol";

/// @title GuardedLaunch: entry may be refused, and nothing else, until a date fixed at construction. It has no storage,
/// and costs nothing afterwards.
abstract contract GuardedLaunch is IGuardedLaunch {
    uint256 private constant MAX_GUARD_DURATION = 365 days;

    /// @inheritdoc IGuardedLaunch
    address public immutable LAUNCH_GUARD;
    /// @inheritdoc IGuardedLaunch
    uint48 public immutable GUARDED_UNTIL;

    constructor(address launchGuard, uint48 guardedUntil) {
        uint256 max = block.timestamp + MAX_GUARD_DURATION;
        require(
            (launchGuard == address(0)) == (guardedUntil == 0) && guardedUntil <= max,
            GuardOutOfBounds(launchGuard, guardedUntil, max)
        );
        LAUNCH_GUARD = launchGuard;
        GUARDED_UNTIL = guardedUntil;
    }

    function _checkLaunchGuard(address asset, uint256 holdings) internal view {
        if (block.timestamp < GUARDED_UNTIL) ILaunchGuard(LAUNCH_GUARD).checkEntry(asset, holdings);
    }
}
