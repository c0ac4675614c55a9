// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Cut, PoolRisk, SetStake, Slash, SlashState, SlashStatus} from "../types/SlashTypes.sol";
import {IAllocationManager} from "./IAllocationManager.sol";
import {IStakeManager} from "./IStakeManager.sol";

/// @title ISlasher: the one corridor between the ledger of stake and the ledger of risk.
/// @notice A set's slasher proposes; the stake is held at once; the resolver or the slasher of the record may veto
/// strictly before the deadline; from the deadline on anyone makes it final. A set without veto window slashes in the
/// proposal itself. Each slash leaves one slot for ever; its record is emitted whole, and supplied again by whoever acts
/// on it.
interface ISlasher {
    /// @notice A slash was proposed, and holds what its record says. If its deadline is the second of the proposal (the
    /// set is instant) it is final with this; no other event follows.
    event SlashProposed(
        uint256 indexed id,
        bytes32 indexed operatorSet,
        address indexed operator,
        Slash slash,
        string evidenceURI
    );

    /// @notice A slash was vetoed: every part is back where it was held from.
    event SlashVetoed(uint256 indexed id, bytes32 indexed operatorSet, address indexed operator, address by);

    /// @notice A slash that could be vetoed is final: its recipient has the proceeds.
    event SlashFinalised(uint256 indexed id, bytes32 indexed operatorSet, address indexed operator);

    /// @notice Only the slasher of the set proposes.
    error NotSlasherOfSet(address caller, bytes32 operatorSet, address slasher);
    /// @notice Only the resolver and the slasher of the record veto.
    error NotResolverOrSlasher(address caller, address resolver, address slasher);
    /// @notice There is nothing to take of this operator for the set; no budget was used.
    error NothingToSlash(address operator, bytes32 operatorSet);
    /// @notice The slash was never proposed, or has ended.
    error SlashNotOpen(uint256 id, SlashStatus status);
    /// @notice This is not the record that was emitted when the slash was proposed.
    error RecordMismatch(uint256 id);
    /// @notice Too late: from the deadline on nobody vetoes.
    error VetoWindowOver(uint256 id, uint48 deadline);
    /// @notice Too early: until the deadline it can be vetoed.
    error VetoWindowOpen(uint256 id, uint48 deadline);

    /// @notice Proposes to slash a fraction of all that an operator has given to a set, in every asset of the set.
    /// Assets of which nothing would be taken are left out.
    /// @dev Only the set's slasher. Reverts with NotSlasherOfSet, NothingToSlash, and with FractionOutOfBounds,
    /// OperatorSetUnknown, NotSlashable, BudgetExceeded of the AllocationManager; while a token is being moved by the
    /// StakeManager, with its ReentrancyGuardReentrantCall.
    /// @param operatorSet Key of the set.
    /// @param operator Whom to slash.
    /// @param fraction Part of what is slashable, in WAD; each cut is rounded up to the next unit of magnitude, each
    /// amount down to the unit of the asset.
    /// @param evidence Hash of the evidence.
    /// @param evidenceURI Where the evidence is.
    /// @return id 1, 2, 3…
    function propose(
        bytes32 operatorSet,
        address operator,
        uint64 fraction,
        bytes32 evidence,
        string calldata evidenceURI
    ) external returns (uint256 id);

    /// @notice Ends a proposal and gives back what it held, and its fraction to the budget of its period.
    /// @dev Only the resolver or the slasher of the record, strictly before the deadline. Reverts with RecordMismatch,
    /// SlashNotOpen, NotResolverOrSlasher, VetoWindowOver.
    /// @param slash The record, as emitted, in its plain ABI encoding with nothing behind it: what follows the selector is
    /// what is hashed.
    function veto(Slash calldata slash) external;

    /// @notice Makes a proposal final and credits its recipient.
    /// @dev Anyone, from the deadline on. Reverts with RecordMismatch, SlashNotOpen, VetoWindowOpen.
    /// @param slash The record, as emitted, in its plain ABI encoding with nothing behind it: what follows the selector is
    /// what is hashed.
    function finalise(Slash calldata slash) external;

    /// @notice The ledger of stake, created by this contract.
    function STAKE_MANAGER() external view returns (IStakeManager);

    /// @notice The ledger of risk, created by this contract.
    function ALLOCATION_MANAGER() external view returns (IAllocationManager);

    /// @notice How many slashes were ever proposed: the greatest id.
    function slashCount() external view returns (uint256);

    /// @notice Moves at every proposal, veto and final slash in that asset. Who caches values of the asset reads them
    /// anew when it has moved.
    function slashEventCount(address asset) external view returns (uint256);

    /// @notice What is kept of a slash for ever.
    function slashState(uint256 id) external view returns (SlashState memory);

    /// @notice Hash of a record, as kept.
    function recordHash(Slash calldata slash) external pure returns (bytes25);

    /// @notice What a proposal made now would take, asset by asset. Reverts where `propose` would, leaving aside who
    /// asks.
    function previewSlash(
        bytes32 operatorSet,
        address operator,
        uint64 fraction
    ) external view returns (Cut[] memory cuts);

    /// @notice What operators stake for a set now: what secures it, what it can slash, and until when.
    /// @dev Who relies on a task's time records this then. Reverts with OperatorSetUnknown.
    /// @return assets The set's assets.
    /// @return stakes For each operator, for each asset.
    function setStakes(
        bytes32 operatorSet,
        address[] calldata operators
    ) external view returns (address[] memory assets, SetStake[][] memory stakes);

    /// @notice What all sets together can take from pools of an asset.
    function poolRisks(address asset, address[] calldata operators) external view returns (PoolRisk[] memory);
}
