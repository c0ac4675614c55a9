// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Allocation, Registration} from "../types/AllocationTypes.sol";
import {Cut} from "../types/SlashTypes.sol";
import {WadMath} from "./WadMath.sol";

/// @title AllocationMath: the state machine of an allocation.
/// Time changes an allocation by reading alone: `resolve` says what it is now, and what has become free; whoever
/// writes it next books both. In every pool, on booked values: free + Σ (active + pending) + liened = factor.
library AllocationMath {
    /// @notice The allocation as it is at `time`, and the magnitude that time has freed since it was last written.
    /// @dev The registration's end is `until − exitDelay`. A pending change keeps its time until that has come, even
    /// if nothing of it is left.
    function resolve(
        Allocation memory stored,
        Registration memory registration,
        uint256 time,
        uint256 exitDelay
    ) internal pure returns (Allocation memory current, uint64 freed) {
        current.epoch = registration.epoch;
        if (stored.epoch != registration.epoch) {
            // What belongs to an older epoch reads 0.
            return (current, stored.active + stored.pending);
        }
        current.active = stored.active;
        current.held = stored.held;

        bool ended = registration.until != 0;
        if (!stored.joining) {
            if (time < stored.pendingAt) {
                current.pending = stored.pending;
                current.pendingAt = stored.pendingAt;
            } else {
                freed = stored.pending;
            }
        } else if (ended && stored.pendingAt > registration.until - exitDelay) {
            // What would have joined after the end never does.
            freed = stored.pending;
        } else if (time < stored.pendingAt) {
            current.pending = stored.pending;
            current.pendingAt = stored.pendingAt;
            current.joining = true;
        } else {
            current.active += stored.pending;
        }

        if (ended && time >= registration.until) {
            freed += current.active;
            current.active = 0;
        }
    }

    /// @notice Magnitude that is leaving by an order of the operator.
    function leaving(Allocation memory current) internal pure returns (uint64) {
        return current.joining ? 0 : current.pending;
    }

    /// @notice What a slash of `fraction` takes: ⌈(active + leaving + held) · fraction⌉, at most active + leaving;
    /// of this ⌈magnitude · active / (active + leaving)⌉ from what is active.
    /// @dev The magnitude is 0 if and only if nothing is slashable.
    function cut(Allocation memory current, address asset, uint256 fraction) internal pure returns (Cut memory taken) {
        taken.asset = asset;
        uint64 left = leaving(current);
        uint256 slashable = uint256(current.active) + left;
        if (slashable == 0) return taken;
        uint256 magnitude = WadMath.mulWadUp(slashable + current.held, fraction);
        if (magnitude > slashable) magnitude = slashable;
        uint256 fromActive = WadMath.mulDivUp(magnitude, current.active, slashable);
        // fromActive ≤ magnitude ≤ slashable ≤ WAD, which fits uint64.
        taken.magnitude = uint64(magnitude);
        taken.fromLeaving = uint64(magnitude - fromActive);
        if (left != 0) taken.leavingAt = current.pendingAt;
    }

    /// @notice Takes a cut out of the allocation; `held` if a veto may give it back.
    function take(Allocation memory current, Cut memory taken, bool held) internal pure {
        current.active -= taken.magnitude - taken.fromLeaving;
        // Not 0 only if something was leaving: then `pending` is what leaves.
        if (taken.fromLeaving != 0) current.pending -= taken.fromLeaving;
        if (held) current.held += taken.magnitude;
    }

    /// @notice Gives a cut back to where it would be had it not been held; returns what has left meanwhile.
    /// @param current The allocation, resolved at `time`.
    /// @param epoch Registration that the cut belongs to.
    function giveBack(
        Allocation memory current,
        Registration memory registration,
        Cut memory taken,
        uint16 epoch,
        uint256 time
    ) internal pure returns (uint64 freed) {
        if (current.epoch != epoch) return taken.magnitude;
        current.held -= taken.magnitude;
        if (registration.until != 0 && time >= registration.until) return taken.magnitude;
        current.active += taken.magnitude - taken.fromLeaving;
        if (time >= taken.leavingAt) return taken.fromLeaving;
        // Before `leavingAt` no other change can have begun: `pending` is still what leaves then.
        current.pending += taken.fromLeaving;
    }
}
