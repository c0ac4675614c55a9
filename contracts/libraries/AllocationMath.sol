// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Allocation, Registration} from "../types/AllocationTypes.sol";
import {Cut} from "../types/SlashTypes.sol";
import {WadMath} from "./WadMath.sol";

/// @title AllocationMath: the state machine of an allocation.
/// Time changes an allocation by reading alone: `resolve` says what it is now, and what has become free; whoever
/// writes it next books both. In every pool, on booked values: free + Σ (active + pending) + liened = factor.
library AllocationMath {
    /// @notice Makes what was stored what it is at `time`.
    /// @dev The registration's end is `until − exitDelay`. A pending change keeps its time until that has come, even
    /// if nothing of it is left.
    /// @return freed The magnitude that time has freed since it was stored.
    function resolve(
        Allocation memory stored,
        Registration memory registration,
        uint256 time,
        uint256 exitDelay
    ) internal pure returns (uint64 freed) {
        if (stored.epoch != registration.epoch) {
            // What belongs to an older epoch reads 0.
            freed = stored.active + stored.pending;
            (stored.active, stored.pending, stored.held) = (0, 0, 0);
            (stored.pendingAt, stored.joining, stored.epoch) = (0, false, registration.epoch);
            return freed;
        }
        bool ended = registration.until != 0;
        // What would have joined after the end never does.
        bool voided = ended && stored.joining && stored.pendingAt > registration.until - exitDelay;
        if (voided || time >= stored.pendingAt) {
            if (stored.joining && !voided) stored.active += stored.pending;
            else freed = stored.pending;
            (stored.pending, stored.pendingAt, stored.joining) = (0, 0, false);
        }
        if (ended && time >= registration.until) {
            freed += stored.active;
            stored.active = 0;
        }
    }

    /// @notice Magnitude that is leaving by an order of the operator.
    function leaving(Allocation memory current) internal pure returns (uint64) {
        return current.joining ? 0 : current.pending;
    }

    /// @notice What a slash of `fraction` takes: ⌈(active + leaving + held) · fraction⌉, at most active + leaving;
    /// of this ⌈magnitude · active / (active + leaving)⌉ from what is active.
    /// @param taken Is filled, but for `asset` and `assets`. The magnitude is 0 if and only if nothing is slashable.
    function cut(Allocation memory current, uint256 fraction, Cut memory taken) internal pure {
        uint64 left = leaving(current);
        // active, left and held fit uint64; fromActive ≤ magnitude ≤ slashable ≤ WAD, which does, too.
        unchecked {
            uint256 slashable = uint256(current.active) + left;
            uint256 magnitude;
            uint256 fromActive;
            if (slashable != 0) {
                magnitude = WadMath.mulWadUp(slashable + current.held, fraction);
                if (magnitude > slashable) magnitude = slashable;
                fromActive = WadMath.mulDivUp(magnitude, current.active, slashable);
            }
            taken.magnitude = uint64(magnitude);
            taken.fromLeaving = uint64(magnitude - fromActive);
        }
        taken.leavingAt = left == 0 ? 0 : current.pendingAt;
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
    /// @param held As it was taken.
    function giveBack(
        Allocation memory current,
        Registration memory registration,
        Cut memory taken,
        uint16 epoch,
        bool held,
        uint256 time
    ) internal pure returns (uint64 freed) {
        if (current.epoch != epoch) return taken.magnitude;
        if (held) current.held -= taken.magnitude;
        if (registration.until != 0 && time >= registration.until) return taken.magnitude;
        current.active += taken.magnitude - taken.fromLeaving;
        if (time >= taken.leavingAt) return taken.fromLeaving;
        // Before `leavingAt` no other change can have begun: `pending` is still what leaves then.
        current.pending += taken.fromLeaving;
    }
}
