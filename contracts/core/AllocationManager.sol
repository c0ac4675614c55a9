// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAllocationManager} from "../interfaces/IAllocationManager.sol";
import {IAVSRegistrar} from "../interfaces/callbacks/IAVSRegistrar.sol";
import {AllocationMath} from "../libraries/AllocationMath.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {CutList} from "../libraries/CutList.sol";
import {OperatorSetKey} from "../libraries/OperatorSetKey.sol";
import {PackedTypes} from "../libraries/PackedTypes.sol";
import {WAD} from "../libraries/WadMath.sol";
import {
    Allocation,
    AllocationView,
    OperatorSetState,
    OperatorSetTerms,
    Registration
} from "../types/AllocationTypes.sol";
import {Cut, SlashTerms} from "../types/SlashTypes.sol";
import {Timing} from "./Timing.sol";

/// @title AllocationManager: the ledger of risk. It knows no stake and moves no token.
/// In every pool, on booked values: free + Σ (active + pending) + liened = factor. The factor and the liens are the
/// StakeManager's; here `used = WAD − free` is enough, because no slash changes it: a lien moves magnitude from a
/// part into `liened`, a veto moves it back, and what becomes final leaves `liened` and the factor alike.
contract AllocationManager is IAllocationManager, Timing {
    using AllocationMath for Allocation;
    using PackedTypes for Allocation;
    using PackedTypes for Registration;
    using PackedTypes for uint256;

    /// @inheritdoc IAllocationManager
    uint256 public constant REGISTRAR_GAS = 200_000;
    /// @inheritdoc IAllocationManager
    uint256 public constant MAX_ASSETS = 8;

    /// @inheritdoc IAllocationManager
    address public immutable SLASHER;

    /// @inheritdoc IAllocationManager
    mapping(address avs => address registrar) public registrarOf;

    mapping(bytes32 operatorSet => OperatorSetState) private _operatorSets;

    /// @dev Words of Registration.
    mapping(address operator => mapping(bytes32 operatorSet => uint256)) private _registrations;

    /// @dev Words of Allocation.
    mapping(address operator => mapping(address asset => mapping(bytes32 operatorSet => uint256))) private _allocations;

    /// @inheritdoc IAllocationManager
    /// @dev = WAD − free = lost + liened + Σ (active + pending) of all sets, as booked; at most WAD.
    mapping(address operator => mapping(address asset => uint64)) public usedMagnitude;

    /// @dev The deployer is the Slasher.
    constructor(uint32 exitDelay) Timing(exitDelay) {
        SLASHER = msg.sender;
    }

    // ------------------------------------------------------------------ services

    /// @inheritdoc IAllocationManager
    function setRegistrar(address registrar) external {
        registrarOf[msg.sender] = registrar;
        emit RegistrarSet(msg.sender, registrar);
    }

    /// @inheritdoc IAllocationManager
    function updateAVSMetadataURI(string calldata metadataURI) external {
        emit AVSMetadataURIUpdated(msg.sender, metadataURI);
    }

    /// @inheritdoc IAllocationManager
    function createOperatorSet(
        uint32 id,
        OperatorSetTerms calldata terms,
        string calldata metadataURI
    ) external returns (bytes32 operatorSet) {
        operatorSet = OperatorSetKey.encode(msg.sender, id);
        OperatorSetState storage set = _operatorSets[operatorSet];
        uint256 count = terms.assets.length;
        require(set.maxSlash == 0, OperatorSetExists(operatorSet));
        require(count != 0 && count <= MAX_ASSETS, AssetCountOutOfBounds(count, MAX_ASSETS));
        require(terms.maxSlash != 0 && terms.maxSlash <= WAD, MaxSlashOutOfBounds(terms.maxSlash));
        require(terms.period >= BUCKET, PeriodTooShort(terms.period, BUCKET));
        require(terms.vetoWindow <= EXIT_DELAY / 2, VetoWindowTooLong(terms.vetoWindow, EXIT_DELAY / 2));
        require(
            (terms.resolver != address(0)) == (terms.vetoWindow != 0),
            ResolverMismatch(terms.resolver, terms.vetoWindow)
        );

        set.slasher = terms.slasher;
        set.period = terms.period;
        // At most MAX_ASSETS.
        set.assetCount = uint8(count);
        set.resolver = terms.resolver;
        set.vetoWindow = terms.vetoWindow;
        set.recipient = terms.recipient;
        set.maxSlash = terms.maxSlash;
        address previous;
        for (uint256 i; i < count; ++i) {
            address asset = terms.assets[i];
            require(asset > previous, AssetsNotAscending(previous, asset));
            set.assets[i] = asset;
            previous = asset;
        }
        emit OperatorSetCreated(operatorSet, msg.sender, terms.slasher, terms, metadataURI);
    }

    /// @inheritdoc IAllocationManager
    function scheduleSlasher(bytes32 operatorSet, address slasher) external {
        OperatorSetState storage set = _ownedSet(operatorSet);
        require(slasher != address(0), ZeroAddress());
        set.slasher = _slasher(set);
        uint48 effectAt = _now() + NOTICE;
        (set.slasherScheduled, set.nextSlasher, set.slasherAt) = (true, slasher, effectAt);
        emit SlasherScheduled(operatorSet, slasher, effectAt);
    }

    /// @inheritdoc IAllocationManager
    function removeSlasher(bytes32 operatorSet) external {
        OperatorSetState storage set = _ownedSet(operatorSet);
        emit SlasherRemoved(operatorSet, _slasher(set));
        (set.slasher, set.slasherScheduled) = (address(0), false);
    }

    /// @inheritdoc IAllocationManager
    function scheduleResolver(bytes32 operatorSet, address resolver) external {
        OperatorSetState storage set = _ownedSet(operatorSet);
        require(resolver != address(0), ZeroAddress());
        require(set.vetoWindow != 0, ResolverMismatch(resolver, 0));
        set.resolver = _resolver(set);
        uint48 effectAt = _now() + NOTICE;
        (set.resolverScheduled, set.nextResolver, set.resolverAt) = (true, resolver, effectAt);
        emit ResolverScheduled(operatorSet, resolver, effectAt);
    }

    // ----------------------------------------------------------------- operators

    /// @inheritdoc IAllocationManager
    function registerForOperatorSet(bytes32 operatorSet, bytes calldata data) external {
        require(_operatorSets[operatorSet].maxSlash != 0, OperatorSetUnknown(operatorSet));
        Registration memory reg = _registrations[msg.sender][operatorSet].toRegistration();
        // A registration that was never made has epoch 0 and until 0; one in force has until 0.
        require(
            reg.epoch == 0 || (reg.until != 0 && block.timestamp >= reg.until),
            AlreadyRegistered(msg.sender, operatorSet, reg.until)
        );
        require(reg.epoch != type(uint16).max, EpochsExhausted(msg.sender, operatorSet));
        (reg.epoch, reg.until) = (reg.epoch + 1, 0);
        _registrations[msg.sender][operatorSet] = reg.pack();
        emit OperatorRegisteredForSet(msg.sender, operatorSet, reg.epoch);

        address registrar = registrarOf[OperatorSetKey.avsOf(operatorSet)];
        if (registrar != address(0)) IAVSRegistrar(registrar).registerOperator(msg.sender, operatorSet, data);
    }

    /// @inheritdoc IAllocationManager
    function deregisterFromOperatorSet(address operator, bytes32 operatorSet) external {
        address avs = OperatorSetKey.avsOf(operatorSet);
        require(msg.sender == operator || msg.sender == avs, NotOperatorOrAVS(msg.sender, operator, avs));
        Registration memory reg = _registrations[operator][operatorSet].toRegistration();
        require(reg.epoch != 0 && reg.until == 0, NotRegistered(operator, operatorSet));
        reg.until = _now() + EXIT_DELAY;
        _registrations[operator][operatorSet] = reg.pack();
        emit OperatorDeregisteredFromSet(operator, operatorSet, msg.sender, reg.until);

        address registrar = registrarOf[avs];
        if (registrar != address(0)) {
            bytes memory data = abi.encodeCall(IAVSRegistrar.deregisterOperator, (operator, operatorSet));
            BoundedCall.tell(registrar, REGISTRAR_GAS, data);
        }
    }

    /// @inheritdoc IAllocationManager
    function allocate(bytes32 operatorSet, address asset, uint64 magnitude) external {
        require(magnitude != 0, ZeroMagnitude());
        Registration memory reg = _registrations[msg.sender][operatorSet].toRegistration();
        require(reg.epoch != 0 && reg.until == 0, NotRegistered(msg.sender, operatorSet));
        require(_accepts(_operatorSets[operatorSet], asset), AssetNotAccepted(operatorSet, asset));
        (Allocation memory current, uint64 freed) = _resolve(msg.sender, asset, operatorSet, reg);
        require(current.pendingAt == 0, ChangePending(operatorSet, asset, current.pendingAt));
        uint64 free = _freeOf(usedMagnitude[msg.sender][asset]) + freed;
        require(magnitude <= free, InsufficientFree(magnitude, free));
        current.pending = magnitude;
        current.joining = true;
        current.pendingAt = uint40(_now() + NOTICE);
        _write(msg.sender, asset, operatorSet, current, freed);
        usedMagnitude[msg.sender][asset] += magnitude;
        emit AllocationIncreased(msg.sender, operatorSet, asset, magnitude, current.pendingAt, free - magnitude);
    }

    /// @inheritdoc IAllocationManager
    function revokeAllocation(bytes32 operatorSet, address asset) external {
        Registration memory reg = _registrations[msg.sender][operatorSet].toRegistration();
        (Allocation memory current, uint64 freed) = _resolve(msg.sender, asset, operatorSet, reg);
        require(current.joining, NothingJoining(operatorSet, asset));
        uint64 magnitude = current.pending;
        current.pending = 0;
        current.joining = false;
        current.pendingAt = 0;
        _write(msg.sender, asset, operatorSet, current, freed);
        uint64 used = usedMagnitude[msg.sender][asset] - magnitude;
        usedMagnitude[msg.sender][asset] = used;
        emit AllocationRevoked(msg.sender, operatorSet, asset, magnitude, _freeOf(used));
    }

    /// @inheritdoc IAllocationManager
    function deallocate(bytes32 operatorSet, address asset, uint64 magnitude) external {
        require(magnitude != 0, ZeroMagnitude());
        Registration memory reg = _registrations[msg.sender][operatorSet].toRegistration();
        (Allocation memory current, uint64 freed) = _resolve(msg.sender, asset, operatorSet, reg);
        require(current.pendingAt == 0, ChangePending(operatorSet, asset, current.pendingAt));
        // Once the registration has ended, what is active is leaving already.
        uint64 active = reg.until == 0 ? current.active : 0;
        require(magnitude <= active, InsufficientActive(magnitude, active));
        current.active = active - magnitude;
        current.pending = magnitude;
        current.pendingAt = uint40(_now() + EXIT_DELAY);
        _write(msg.sender, asset, operatorSet, current, freed);
        emit AllocationDecreased(msg.sender, operatorSet, asset, magnitude, current.pendingAt, current.active);
    }

    /// @inheritdoc IAllocationManager
    function settle(address operator, address asset, bytes32[] calldata operatorSets) external {
        for (uint256 i; i < operatorSets.length; ++i) {
            Registration memory reg = _registrations[operator][operatorSets[i]].toRegistration();
            (Allocation memory current, uint64 freed) = _resolve(operator, asset, operatorSets[i], reg);
            _write(operator, asset, operatorSets[i], current, freed);
        }
    }

    // ------------------------------------------------------- the Slasher's corridor

    /// @inheritdoc IAllocationManager
    function hold(
        bytes32 operatorSet,
        address operator,
        uint64 fraction
    ) external returns (SlashTerms memory terms, Cut[] memory cuts) {
        _onlySlasher();
        OperatorSetState storage set = _knownSet(operatorSet);
        Registration memory reg = _registrations[operator][operatorSet].toRegistration();
        _charge(reg, set, operatorSet, operator, fraction);
        _registrations[operator][operatorSet] = reg.pack();
        terms.epoch = reg.epoch;
        terms.periodAt = reg.periodAt;
        terms.recipient = set.recipient;
        terms.slasher = _slasher(set);
        terms.vetoWindow = set.vetoWindow;
        cuts = new Cut[](set.assetCount);
        if (terms.vetoWindow != 0) terms.resolver = _resolver(set);
        uint256 taken;
        for (uint256 i; i < cuts.length; ++i) {
            Cut memory cut = cuts[taken];
            cut.asset = set.assets[i];
            (Allocation memory current, uint64 freed) = _resolve(operator, cut.asset, operatorSet, reg);
            current.cut(fraction, cut);
            if (cut.magnitude == 0) continue;
            current.take(cut, terms.vetoWindow != 0);
            _write(operator, cut.asset, operatorSet, current, freed);
            ++taken;
        }
        CutList.truncate(cuts, taken);
    }

    /// @inheritdoc IAllocationManager
    function release(
        bytes32 operatorSet,
        address operator,
        uint16 epoch,
        Cut[] calldata cuts,
        bool held,
        uint48 periodAt,
        uint64 fraction
    ) external {
        _onlySlasher();
        Registration memory reg = _registrations[operator][operatorSet].toRegistration();
        if (reg.periodAt == periodAt) {
            reg.used -= fraction;
            _registrations[operator][operatorSet] = reg.pack();
        }
        for (uint256 i; i < cuts.length; ++i) {
            Cut memory cut = cuts[i];
            (Allocation memory current, uint64 freed) = _resolve(operator, cut.asset, operatorSet, reg);
            freed += current.giveBack(reg, cut, epoch, held, block.timestamp);
            _write(operator, cut.asset, operatorSet, current, freed);
        }
    }

    /// @inheritdoc IAllocationManager
    function consume(bytes32 operatorSet, address operator, uint16 epoch, Cut[] calldata cuts) external {
        _onlySlasher();
        for (uint256 i; i < cuts.length; ++i) {
            address asset = cuts[i].asset;
            Allocation memory stored;
            _allocations[operator][asset][operatorSet].unpack(stored);
            if (stored.epoch != epoch) continue;
            stored.held -= cuts[i].magnitude;
            _allocations[operator][asset][operatorSet] = stored.pack();
        }
    }

    // --------------------------------------------------------------------- views

    /// @inheritdoc IAllocationManager
    function operatorSetKey(address avs, uint32 id) external pure returns (bytes32) {
        return OperatorSetKey.encode(avs, id);
    }

    /// @inheritdoc IAllocationManager
    function operatorSetTerms(bytes32 operatorSet) external view returns (OperatorSetTerms memory terms) {
        OperatorSetState storage set = _knownSet(operatorSet);
        terms.assets = new address[](set.assetCount);
        for (uint256 i; i < terms.assets.length; ++i) {
            terms.assets[i] = set.assets[i];
        }
        terms.maxSlash = set.maxSlash;
        terms.period = set.period;
        terms.vetoWindow = set.vetoWindow;
        terms.slasher = _slasher(set);
        terms.resolver = _resolver(set);
        terms.recipient = set.recipient;
    }

    /// @inheritdoc IAllocationManager
    function scheduledRoles(
        bytes32 operatorSet
    ) external view returns (address slasher, uint48 slasherAt, address resolver, uint48 resolverAt) {
        OperatorSetState storage set = _knownSet(operatorSet);
        if (set.slasherScheduled && block.timestamp < set.slasherAt)
            (slasher, slasherAt) = (set.nextSlasher, set.slasherAt);
        if (set.resolverScheduled && block.timestamp < set.resolverAt)
            (resolver, resolverAt) = (set.nextResolver, set.resolverAt);
    }

    /// @inheritdoc IAllocationManager
    function registration(address operator, bytes32 operatorSet) external view returns (Registration memory) {
        return _registrations[operator][operatorSet].toRegistration();
    }

    /// @inheritdoc IAllocationManager
    function isRegistered(address operator, bytes32 operatorSet) external view returns (bool) {
        Registration memory reg = _registrations[operator][operatorSet].toRegistration();
        return reg.epoch != 0 && reg.until == 0;
    }

    /// @inheritdoc IAllocationManager
    function slashBudget(
        address operator,
        bytes32 operatorSet
    ) external view returns (uint64 remaining, uint48 periodEnd) {
        Registration memory reg = _registrations[operator][operatorSet].toRegistration();
        OperatorSetState storage set = _knownSet(operatorSet);
        if (reg.epoch == 0 || (reg.until != 0 && block.timestamp >= reg.until)) return (0, 0);
        periodEnd = reg.periodAt + set.period;
        if (reg.periodAt == 0 || block.timestamp >= periodEnd) return (set.maxSlash, 0);
        return (set.maxSlash - reg.used, periodEnd);
    }

    /// @inheritdoc IAllocationManager
    function allocation(
        address operator,
        address asset,
        bytes32 operatorSet
    ) external view returns (AllocationView memory view_) {
        Registration memory reg = _registrations[operator][operatorSet].toRegistration();
        (Allocation memory current, ) = _resolve(operator, asset, operatorSet, reg);
        view_.until = reg.until;
        view_.held = current.held;
        view_.pendingAt = current.pendingAt;
        view_.leaving = current.leaving();
        view_.joining = current.pending - view_.leaving;
        if (view_.until == 0) view_.active = current.active;
        else view_.leaving += current.active;
    }

    /// @inheritdoc IAllocationManager
    function freeMagnitude(address operator, address asset) external view returns (uint64) {
        return _freeOf(usedMagnitude[operator][asset]);
    }

    /// @inheritdoc IAllocationManager
    function previewHold(
        bytes32 operatorSet,
        address operator,
        uint64 fraction
    ) external view returns (Cut[] memory cuts) {
        OperatorSetState storage set = _knownSet(operatorSet);
        Registration memory reg = _registrations[operator][operatorSet].toRegistration();
        _charge(reg, set, operatorSet, operator, fraction);
        cuts = new Cut[](set.assetCount);
        for (uint256 i; i < cuts.length; ++i) {
            cuts[i].asset = set.assets[i];
            (Allocation memory current, ) = _resolve(operator, cuts[i].asset, operatorSet, reg);
            current.cut(fraction, cuts[i]);
        }
    }

    // ------------------------------------------------------------------ internal

    function _onlySlasher() private view {
        require(msg.sender == SLASHER, NotSlasher(msg.sender));
    }

    function _now() private view returns (uint48) {
        // Seconds since 1970 stay below 2^40 for 34,000 years.
        return uint48(block.timestamp);
    }

    function _knownSet(bytes32 operatorSet) private view returns (OperatorSetState storage set) {
        set = _operatorSets[operatorSet];
        require(set.maxSlash != 0, OperatorSetUnknown(operatorSet));
    }

    function _ownedSet(bytes32 operatorSet) private view returns (OperatorSetState storage) {
        address avs = OperatorSetKey.avsOf(operatorSet);
        require(msg.sender == avs, NotAVS(msg.sender, avs));
        return _knownSet(operatorSet);
    }

    function _slasher(OperatorSetState storage set) private view returns (address) {
        // Side by side, what shares a slot is read once.
        (address slasher, bool scheduled) = (set.slasher, set.slasherScheduled);
        return scheduled && block.timestamp >= set.slasherAt ? set.nextSlasher : slasher;
    }

    function _resolver(OperatorSetState storage set) private view returns (address) {
        return set.resolverScheduled && block.timestamp >= set.resolverAt ? set.nextResolver : set.resolver;
    }

    function _accepts(OperatorSetState storage set, address asset) private view returns (bool) {
        uint256 count = set.assetCount;
        for (uint256 i; i < count; ++i) {
            if (set.assets[i] == asset) return true;
        }
        return false;
    }

    /// @dev The allocation as it is now, and what time has freed since it was written.
    function _resolve(
        address operator,
        address asset,
        bytes32 operatorSet,
        Registration memory reg
    ) private view returns (Allocation memory current, uint64 freed) {
        _allocations[operator][asset][operatorSet].unpack(current);
        freed = current.resolve(reg, block.timestamp, EXIT_DELAY);
    }

    /// @dev Takes a fraction from the budget of a registration, if the set may slash the operator by that now.
    function _charge(
        Registration memory reg,
        OperatorSetState storage set,
        bytes32 operatorSet,
        address operator,
        uint64 fraction
    ) private view {
        require(fraction != 0 && fraction <= WAD, FractionOutOfBounds(fraction));
        require(
            reg.epoch != 0 && (reg.until == 0 || block.timestamp < reg.until),
            NotSlashable(operator, operatorSet, reg.until)
        );
        uint32 period = set.period;
        if (reg.periodAt == 0 || block.timestamp >= uint256(reg.periodAt) + period) {
            (reg.periodAt, reg.used) = (_now(), 0);
        }
        uint64 maxSlash = set.maxSlash;
        // Two uint64 do not overflow uint256; what was used before is at most maxSlash; times are seconds.
        unchecked {
            uint256 used = uint256(reg.used) + fraction;
            require(used <= maxSlash, BudgetExceeded(fraction, maxSlash - reg.used, reg.periodAt + period));
            // At most maxSlash.
            reg.used = uint64(used);
        }
    }

    /// @dev Writes an allocation, and books what no set has any more.
    function _write(
        address operator,
        address asset,
        bytes32 operatorSet,
        Allocation memory current,
        uint64 freed
    ) private {
        _allocations[operator][asset][operatorSet] = current.pack();
        if (freed == 0) return;
        uint64 used = usedMagnitude[operator][asset] - freed;
        usedMagnitude[operator][asset] = used;
        emit AllocationFreed(operator, operatorSet, asset, freed, _freeOf(used));
    }

    function _freeOf(uint64 used) private pure returns (uint64) {
        // used ≤ WAD, which fits uint64.
        return uint64(WAD) - used;
    }
}
