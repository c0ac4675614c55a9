// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @dev Registration of one operator for one operator set. Packed by `PackedTypes` into one slot.
struct Registration {
    /// @dev Number of times that the operator has registered for the set; 0 = never.
    uint16 epoch;
    /// @dev 0 while registered; else the second from which nothing can be slashed and a new epoch may begin.
    uint48 until;
    /// @dev Sum of the fractions proposed, and not vetoed, in the period that began at `periodAt`.
    uint64 used;
    uint48 periodAt;
}

/// @dev Magnitudes that one operator has given to one set from one pool. Packed by `PackedTypes` into one slot.
/// Until the second `pendingAt` the change is pending, even if a lien holds all of it.
struct Allocation {
    /// @dev In force; once the registration has ended, slashable until `Registration.until`.
    uint64 active;
    /// @dev What joins or leaves at `pendingAt`.
    uint64 pending;
    /// @dev What the open liens of this set, in this epoch, hold of the pool.
    uint64 held;
    /// @dev 0 = no change. Seconds; 40 bits last for 34,000 years and let the struct fit one slot.
    uint40 pendingAt;
    /// @dev Whether `pending` joins; it leaves otherwise.
    bool joining;
    /// @dev Registration that all of the above belongs to.
    uint16 epoch;
}

/// @dev Terms of an operator set and who acts for it. Three slots and one for each asset; two more once a change of
/// slasher or resolver was scheduled.
struct OperatorSetState {
    address slasher;
    uint32 period;
    uint32 vetoWindow;
    uint8 assetCount;
    /// @dev Whether `nextSlasher` takes the place of `slasher` at `slasherAt`.
    bool slasherScheduled;
    /// @dev Whether `nextResolver` takes the place of `resolver` at `resolverAt`.
    bool resolverScheduled;
    address recipient;
    /// @dev Never 0 in a set that exists.
    uint64 maxSlash;
    address resolver;
    address nextSlasher;
    uint48 slasherAt;
    address nextResolver;
    uint48 resolverAt;
    address[8] assets;
}

/// @notice Terms of an operator set, fixed at its creation but for who is slasher and resolver.
/// @param assets Accepted assets, 1 to 8, strictly ascending.
/// @param maxSlash Sum of the fractions that may be slashed of one operator within one period, in WAD, 1 to 1e18.
/// @param period Length of a period in seconds, at least `BUCKET`.
/// @param vetoWindow Seconds in which a proposal can be vetoed, at most `EXIT_DELAY / 2`; 0 = slashes are instant.
/// @param slasher Who proposes slashes; 0 = nobody yet.
/// @param resolver Who, beside the slasher, vetoes; not 0 if and only if `vetoWindow` is not 0.
/// @param recipient Who gets what is slashed; 0 = it is burned.
struct OperatorSetTerms {
    address[] assets;
    uint64 maxSlash;
    uint32 period;
    uint32 vetoWindow;
    address slasher;
    address resolver;
    address recipient;
}

/// @notice An allocation as it reads now, in WAD.
/// @param active Secures the set, and is slashable.
/// @param leaving Slashable until its time, secures nobody: ordered to leave, or active when the registration ended.
/// @param joining Neither, until its time.
/// @param held Held by this set's open liens of this registration.
/// @param pendingAt Second at which what an order made leave or join does so; 0 = no pending order.
/// @param until End of an ended registration, when all that is left of it leaves; 0 = still registered, or never was.
struct AllocationView {
    uint64 active;
    uint64 leaving;
    uint64 joining;
    uint64 held;
    uint48 pendingAt;
    uint48 until;
}
