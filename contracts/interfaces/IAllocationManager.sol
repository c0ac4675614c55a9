// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AllocationView, OperatorSetTerms, Registration} from "../types/AllocationTypes.sol";
import {Cut, SlashTerms} from "../types/SlashTypes.sol";
import {ITiming} from "./ITiming.sol";

/// @title IAllocationManager: AVSs, their operator sets, who is registered for them, and what magnitude of each pool
/// each set may slash.
/// @notice Magnitudes, fractions and budgets are in WAD (1e18 = 100 % of a pool's stake as it was before any slash).
/// An operator set is named by a key of 32 bytes: the AVS's address, then 12 bytes of the id that the AVS chose.
/// Warning to delegators: the terms of a set bound what it can take, not whether it takes it justly.
interface IAllocationManager is ITiming {
    // ------------------------------------------------------------------ services

    /// @notice The AVS's registrar is now `registrar`.
    event RegistrarSet(address indexed avs, address indexed registrar);

    /// @notice The AVS describes itself at `metadataURI`.
    event AVSMetadataURIUpdated(address indexed avs, string metadataURI);

    /// @notice A set was created, with terms that never change.
    event OperatorSetCreated(
        bytes32 indexed operatorSet,
        address indexed avs,
        address indexed slasher,
        OperatorSetTerms terms,
        string metadataURI
    );

    /// @notice From `effectAt` on, `slasher` proposes for the set.
    event SlasherScheduled(bytes32 indexed operatorSet, address indexed slasher, uint48 effectAt);

    /// @notice Nobody proposes for the set any more; `slasher` did until now, and what was scheduled is dropped.
    event SlasherRemoved(bytes32 indexed operatorSet, address indexed slasher);

    /// @notice From `effectAt` on, `resolver` vetoes what is proposed in the set.
    event ResolverScheduled(bytes32 indexed operatorSet, address indexed resolver, uint48 effectAt);

    // ----------------------------------------------------------------- operators

    /// @notice The operator is registered for the set, for the `epoch`-th time.
    event OperatorRegisteredForSet(address indexed operator, bytes32 indexed operatorSet, uint16 epoch);

    /// @notice The registration has ended; all that was active is leaving, and slashable before `until`.
    event OperatorDeregisteredFromSet(
        address indexed operator,
        bytes32 indexed operatorSet,
        address indexed by,
        uint48 until
    );

    /// @notice From `effectAt` on, the set has `magnitude` more of the pool.
    /// @param free What the pool has left to give, as booked.
    event AllocationIncreased(
        address indexed operator,
        bytes32 indexed operatorSet,
        address indexed asset,
        uint64 magnitude,
        uint48 effectAt,
        uint64 free
    );

    /// @notice An increase that had not joined yet was taken back.
    /// @param free What the pool has left to give, as booked.
    event AllocationRevoked(
        address indexed operator,
        bytes32 indexed operatorSet,
        address indexed asset,
        uint64 magnitude,
        uint64 free
    );

    /// @notice `magnitude` secures the set no more, and from `effectAt` on cannot be slashed by it.
    /// @param active What still secures the set.
    event AllocationDecreased(
        address indexed operator,
        bytes32 indexed operatorSet,
        address indexed asset,
        uint64 magnitude,
        uint48 effectAt,
        uint64 active
    );

    /// @notice What had left the set, or was given back to it by a veto after it would have left, is free now. (What a
    /// slash holds and gives back is told by the Slasher's events.)
    /// @param free What the pool has left to give, as booked.
    event AllocationFreed(
        address indexed operator,
        bytes32 indexed operatorSet,
        address indexed asset,
        uint64 magnitude,
        uint64 free
    );

    // -------------------------------------------------------------------- errors

    /// @notice Only the Slasher moves what a slash moves.
    error NotSlasher(address caller);
    /// @notice Only the AVS of the set may do this.
    error NotAVS(address caller, address avs);
    /// @notice Only the operator and the AVS of the set may end a registration.
    error NotOperatorOrAVS(address caller, address operator, address avs);
    /// @notice There is no such set.
    error OperatorSetUnknown(bytes32 operatorSet);
    /// @notice The AVS has used this id before.
    error OperatorSetExists(bytes32 operatorSet);
    /// @notice A set accepts 1 to `max` assets.
    error AssetCountOutOfBounds(uint256 count, uint256 max);
    /// @notice The assets of a set are given in strictly ascending order, and none is 0.
    error AssetsNotAscending(address previous, address asset);
    /// @notice `maxSlash` is more than 0 and at most 1e18.
    error MaxSlashOutOfBounds(uint64 maxSlash);
    /// @notice A period is at least one bucket long.
    error PeriodTooShort(uint32 period, uint32 min);
    /// @notice A veto window is at most half the exit delay.
    error VetoWindowTooLong(uint32 vetoWindow, uint32 max);
    /// @notice A set has a resolver if and only if it has a veto window.
    error ResolverMismatch(address resolver, uint32 vetoWindow);
    /// @notice A scheduled slasher or resolver is not 0.
    error ZeroAddress();
    /// @notice The set does not accept this asset.
    error AssetNotAccepted(bytes32 operatorSet, address asset);
    /// @notice The operator is registered already, or was until `until` is reached.
    error AlreadyRegistered(address operator, bytes32 operatorSet, uint48 until);
    /// @notice The operator is not registered for the set.
    error NotRegistered(address operator, bytes32 operatorSet);
    /// @notice The operator has registered for the set as often as can be counted.
    error EpochsExhausted(address operator, bytes32 operatorSet);
    /// @notice An order is for more than nothing.
    error ZeroMagnitude();
    /// @notice One change at a time: the last one is pending until `pendingAt`.
    error ChangePending(bytes32 operatorSet, address asset, uint48 pendingAt);
    /// @notice No increase is pending.
    error NothingJoining(bytes32 operatorSet, address asset);
    /// @notice Less than that is free in the pool.
    error InsufficientFree(uint64 magnitude, uint64 free);
    /// @notice Less than that is active in the set.
    error InsufficientActive(uint64 magnitude, uint64 active);
    /// @notice A fraction is more than 0 and at most 1e18.
    error FractionOutOfBounds(uint64 fraction);
    /// @notice Nothing can be slashed of this operator by the set: it is not registered, or not since `until`.
    error NotSlashable(address operator, bytes32 operatorSet, uint48 until);
    /// @notice The set may slash only `remaining` more of the operator before the period ends at `periodEnd`.
    error BudgetExceeded(uint64 fraction, uint64 remaining, uint48 periodEnd);

    // ----------------------------------------------------------- verbs of an AVS

    /// @notice Sets the contract that is asked when an operator registers for a set of the caller, and told when it
    /// leaves.
    /// @param registrar The contract, or 0 for none.
    function setRegistrar(address registrar) external;

    /// @notice Announces where the caller describes itself as an AVS.
    function updateAVSMetadataURI(string calldata metadataURI) external;

    /// @notice Creates an operator set of the caller.
    /// @dev Reverts with OperatorSetExists, AssetCountOutOfBounds, AssetsNotAscending, MaxSlashOutOfBounds,
    /// PeriodTooShort, VetoWindowTooLong, ResolverMismatch.
    /// @param id The AVS's own number for the set.
    /// @param terms Fixed for ever, but for who is slasher and resolver.
    /// @param metadataURI Where the set is described.
    /// @return operatorSet The set's key.
    function createOperatorSet(
        uint32 id,
        OperatorSetTerms calldata terms,
        string calldata metadataURI
    ) external returns (bytes32 operatorSet);

    /// @notice Schedules another slasher, in force after `NOTICE`. What was scheduled before is dropped.
    /// @dev Only the AVS. Reverts with NotAVS, OperatorSetUnknown, ZeroAddress.
    function scheduleSlasher(bytes32 operatorSet, address slasher) external;

    /// @notice Removes the slasher at once, and a scheduled one. Open proposals go on, and can be vetoed.
    /// @dev Only the AVS. Reverts with NotAVS, OperatorSetUnknown.
    function removeSlasher(bytes32 operatorSet) external;

    /// @notice Schedules another resolver, in force for proposals made after `NOTICE`. What was scheduled before is
    /// dropped. A resolver can be replaced, never removed.
    /// @dev Only the AVS. Reverts with NotAVS, OperatorSetUnknown, ZeroAddress, and ResolverMismatch if the set is
    /// instant.
    function scheduleResolver(bytes32 operatorSet, address resolver) external;

    // ---------------------------------------------------- verbs of an operator

    /// @notice Registers the caller for a set. Its allocations of an earlier registration are void.
    /// @dev Calls the AVS's registrar, which may refuse. Reverts with OperatorSetUnknown, AlreadyRegistered,
    /// EpochsExhausted, or as the registrar does.
    /// @param operatorSet Key of the set.
    /// @param data Passed on to the registrar.
    function registerForOperatorSet(bytes32 operatorSet, bytes calldata data) external;

    /// @notice Ends a registration, for good: what is active leaves, slashable for `EXIT_DELAY`, what was to join never
    /// does. Neither an open lien nor a pending change prevents it.
    /// @dev Only the operator or the AVS of the set. Tells the registrar, which cannot prevent it. Reverts with
    /// NotOperatorOrAVS, NotRegistered, and InsufficientGas if the registrar could not be given `REGISTRAR_GAS`.
    function deregisterFromOperatorSet(address operator, bytes32 operatorSet) external;

    /// @notice Gives a set more of the caller's pool; it joins after `NOTICE`.
    /// @dev Reverts with ZeroMagnitude, NotRegistered, AssetNotAccepted, ChangePending, InsufficientFree.
    /// @param operatorSet Key of the set.
    /// @param asset Asset of the pool.
    /// @param magnitude By how much, in WAD, at most what is free in the pool (see `settle`).
    function allocate(bytes32 operatorSet, address asset, uint64 magnitude) external;

    /// @notice Takes back an increase that has not joined yet.
    /// @dev Reverts with NothingJoining.
    function revokeAllocation(bytes32 operatorSet, address asset) external;

    /// @notice Gives a set less of the caller's pool; it leaves after `EXIT_DELAY`, slashable until then. Cannot be
    /// revoked.
    /// @dev Reverts with ZeroMagnitude, ChangePending, InsufficientActive.
    /// @param operatorSet Key of the set.
    /// @param asset Asset of the pool.
    /// @param magnitude By how much, in WAD, at most what is active.
    function deallocate(bytes32 operatorSet, address asset, uint64 magnitude) external;

    /// @notice Books what time has freed in a pool. Anyone may call it.
    /// @param operator Whose pool.
    /// @param asset The pool's asset.
    /// @param operatorSets Keys of the sets whose allocations shall be booked.
    function settle(address operator, address asset, bytes32[] calldata operatorSets) external;

    // ------------------------------------------------------- the Slasher's corridor

    /// @notice Takes a fraction of what an operator has given to a set, and of the set's budget.
    /// @dev Only the Slasher. Reverts with NotSlasher, FractionOutOfBounds, OperatorSetUnknown, NotSlashable,
    /// BudgetExceeded.
    /// @return terms Who is concerned.
    /// @return cuts One for each asset of which the magnitude is not 0; `assets` is left 0.
    function hold(
        bytes32 operatorSet,
        address operator,
        uint64 fraction
    ) external returns (SlashTerms memory terms, Cut[] memory cuts);

    /// @notice Gives cuts back: each to where it would be had it not been held, or to the pool's `free`; and a fraction to
    /// the budget, if its period has not been followed by another.
    /// @dev Only the Slasher. Reverts with NotSlasher.
    /// @param held Whether the cuts were held: not in an instant set, whose cuts come back only if they took nothing.
    function release(
        bytes32 operatorSet,
        address operator,
        uint16 epoch,
        Cut[] calldata cuts,
        bool held,
        uint48 periodAt,
        uint64 fraction
    ) external;

    /// @notice Cuts are final: the set's liens hold that much less.
    /// @dev Only the Slasher. Reverts with NotSlasher.
    function consume(bytes32 operatorSet, address operator, uint16 epoch, Cut[] calldata cuts) external;

    // --------------------------------------------------------------------- views

    /// @notice The one contract that may use the corridor.
    function SLASHER() external view returns (address);

    /// @notice Gas that a registrar gets to hear that a registration has ended.
    function REGISTRAR_GAS() external view returns (uint256);

    /// @notice Greatest number of assets of a set.
    function MAX_ASSETS() external view returns (uint256);

    /// @notice Key of the set that `avs` calls `id`, whether it exists or not.
    function operatorSetKey(address avs, uint32 id) external pure returns (bytes32);

    /// @notice The contract that is asked and told for `avs`; 0 = none.
    function registrarOf(address avs) external view returns (address);

    /// @notice Terms of a set, with the slasher and the resolver of now.
    /// @dev Reverts with OperatorSetUnknown.
    function operatorSetTerms(bytes32 operatorSet) external view returns (OperatorSetTerms memory);

    /// @notice Changes of slasher and resolver that are scheduled and not yet in force.
    /// @return slasher The next slasher; 0 = none is scheduled.
    /// @return slasherAt Second from which it proposes.
    /// @return resolver The next resolver; 0 = none is scheduled.
    /// @return resolverAt Second from which it vetoes what is proposed.
    function scheduledRoles(
        bytes32 operatorSet
    ) external view returns (address slasher, uint48 slasherAt, address resolver, uint48 resolverAt);

    /// @notice Registration of an operator for a set, as stored: see `Registration`.
    function registration(address operator, bytes32 operatorSet) external view returns (Registration memory);

    /// @notice Whether the operator is registered for the set.
    function isRegistered(address operator, bytes32 operatorSet) external view returns (bool);

    /// @notice What a set may still propose against an operator now.
    /// @return remaining Sum of fractions, in WAD; 0 if the operator cannot be slashed.
    /// @return periodEnd Second at which the running period ends; 0 = a proposal now would begin one.
    function slashBudget(
        address operator,
        bytes32 operatorSet
    ) external view returns (uint64 remaining, uint48 periodEnd);

    /// @notice An allocation as it reads now.
    function allocation(
        address operator,
        address asset,
        bytes32 operatorSet
    ) external view returns (AllocationView memory);

    /// @notice Magnitude of a pool that is not free, as booked: given to sets, held by liens, or lost.
    function usedMagnitude(address operator, address asset) external view returns (uint64);

    /// @notice Magnitude of a pool that no set has, as booked: what `allocate` may use.
    function freeMagnitude(address operator, address asset) external view returns (uint64);

    /// @notice What `hold` would take now, asset by asset, cuts of 0 included. Reverts as it does.
    function previewHold(
        bytes32 operatorSet,
        address operator,
        uint64 fraction
    ) external view returns (Cut[] memory cuts);
}
