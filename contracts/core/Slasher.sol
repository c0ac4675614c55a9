// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAllocationManager} from "../interfaces/IAllocationManager.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";
import {IStakeManager} from "../interfaces/IStakeManager.sol";
import {CutList} from "../libraries/CutList.sol";
import {PackedTypes} from "../libraries/PackedTypes.sol";
import {WadMath} from "../libraries/WadMath.sol";
import {Cut, PoolRisk, SetStake, Slash, SlashState, SlashStatus, SlashTerms} from "../types/SlashTypes.sol";
import {PoolView} from "../types/StakeTypes.sol";
import {AllocationManager} from "./AllocationManager.sol";
import {StakeManager} from "./StakeManager.sol";

/// @title Slasher: the corridor. It holds no stake and no magnitude, only what became of each slash.
/// A lien of magnitude d on a pool with T slashable shares holds ⌊T·d/WAD⌋ assets. AllocationManager says what d may be
/// and takes it from the set's own allocation; StakeManager takes it from everyone in T alike. Neither needs anything
/// of the other, so a slash of one set changes nothing that another set can slash.
contract Slasher is ISlasher {
    using PackedTypes for uint256;

    /// @inheritdoc ISlasher
    IStakeManager public immutable STAKE_MANAGER;
    /// @inheritdoc ISlasher
    IAllocationManager public immutable ALLOCATION_MANAGER;

    /// @inheritdoc ISlasher
    uint256 public slashCount;
    /// @inheritdoc ISlasher
    mapping(address asset => uint256) public slashEventCount;

    /// @dev Words of SlashState.
    mapping(uint256 id => uint256) private _slashStates;

    /// @dev Creates both ledgers, so that nothing is ever half wired. Parameters as in StakeManager.
    constructor(uint32 exitDelay, address rewardsDistributor, address launchGuard, uint48 guardedUntil) {
        STAKE_MANAGER = new StakeManager(exitDelay, rewardsDistributor, launchGuard, guardedUntil);
        ALLOCATION_MANAGER = new AllocationManager(exitDelay);
    }

    /// @inheritdoc ISlasher
    function propose(
        bytes32 operatorSet,
        address operator,
        uint64 fraction,
        bytes32 evidence,
        string calldata evidenceURI
    ) external returns (uint256 id) {
        (SlashTerms memory terms, Cut[] memory cuts) = ALLOCATION_MANAGER.hold(operatorSet, operator, fraction);
        require(msg.sender == terms.slasher, NotSlasherOfSet(msg.sender, operatorSet, terms.slasher));
        _cutStake(operatorSet, operator, terms, cuts);
        // Neither ledger calls anybody in the corridor, so writing after them is as good as before.

        id = ++slashCount;
        // Seconds since 1970, and a veto window, stay below 2^48.
        uint48 proposedAt = uint48(block.timestamp);
        uint48 deadline;
        unchecked {
            deadline = proposedAt + terms.vetoWindow;
        }
        Slash memory slash = Slash({
            id: id,
            operatorSet: operatorSet,
            operator: operator,
            epoch: terms.epoch,
            slasher: terms.slasher,
            resolver: terms.resolver,
            recipient: terms.recipient,
            proposedAt: proposedAt,
            deadline: deadline,
            periodAt: terms.periodAt,
            fraction: fraction,
            evidence: evidence,
            cuts: cuts
        });
        bytes25 hash = _hash(abi.encode(slash));
        _slashStates[id] =
            terms.vetoWindow == 0
                ? PackedTypes.packSlashState(hash, SlashStatus.Finalised, proposedAt)
                : PackedTypes.packSlashState(hash, SlashStatus.Proposed, 0);
        emit SlashProposed(id, operatorSet, operator, slash, evidenceURI);
    }

    /// @inheritdoc ISlasher
    function veto(Slash calldata slash) external {
        require(
            msg.sender == slash.resolver || msg.sender == slash.slasher,
            NotResolverOrSlasher(msg.sender, slash.resolver, slash.slasher)
        );
        require(block.timestamp < slash.deadline, VetoWindowOver(slash.id, slash.deadline));
        _end(slash.id, SlashStatus.Vetoed);
        Cut[] calldata cuts = slash.cuts;
        address operator = slash.operator;
        ALLOCATION_MANAGER.release(
            slash.operatorSet,
            operator,
            slash.epoch,
            cuts,
            true,
            slash.periodAt,
            slash.fraction
        );
        for (uint256 i; i < cuts.length; ++i) {
            Cut calldata cut = cuts[i];
            ++slashEventCount[cut.asset];
            STAKE_MANAGER.releaseLien(operator, cut.asset, cut.magnitude, slash.proposedAt);
        }
        emit SlashVetoed(slash.id, slash.operatorSet, operator, msg.sender);
    }

    /// @inheritdoc ISlasher
    function finalise(Slash calldata slash) external {
        require(block.timestamp >= slash.deadline, VetoWindowOpen(slash.id, slash.deadline));
        _end(slash.id, SlashStatus.Finalised);
        Cut[] calldata cuts = slash.cuts;
        address operator = slash.operator;
        ALLOCATION_MANAGER.consume(slash.operatorSet, operator, slash.epoch, cuts);
        for (uint256 i; i < cuts.length; ++i) {
            Cut calldata cut = cuts[i];
            ++slashEventCount[cut.asset];
            STAKE_MANAGER.finaliseLien(
                operator,
                cut.asset,
                cut.magnitude,
                slash.proposedAt,
                slash.recipient,
                cut.assets
            );
        }
        emit SlashFinalised(slash.id, slash.operatorSet, operator);
    }

    // --------------------------------------------------------------------- views

    /// @inheritdoc ISlasher
    function slashState(uint256 id) external view returns (SlashState memory) {
        return _slashStates[id].toSlashState();
    }

    /// @inheritdoc ISlasher
    function recordHash(Slash calldata slash) external pure returns (bytes25) {
        return _hash(abi.encode(slash));
    }

    /// @inheritdoc ISlasher
    function previewSlash(
        bytes32 operatorSet,
        address operator,
        uint64 fraction
    ) external view returns (Cut[] memory cuts) {
        cuts = ALLOCATION_MANAGER.previewHold(operatorSet, operator, fraction);
        uint256 taken;
        for (uint256 i; i < cuts.length; ++i) {
            Cut memory cut = cuts[i];
            cut.assets = WadMath.toAssetsDown(STAKE_MANAGER.slashableShares(operator, cut.asset), cut.magnitude);
            if (cut.assets != 0) cuts[taken++] = cut;
        }
        require(taken != 0, NothingToSlash(operator, operatorSet));
        CutList.truncate(cuts, taken);
    }

    /// @inheritdoc ISlasher
    function setStakes(
        bytes32 operatorSet,
        address[] calldata operators
    ) external view returns (address[] memory assets, SetStake[][] memory stakes) {
        assets = ALLOCATION_MANAGER.operatorSetTerms(operatorSet).assets;
        stakes = new SetStake[][](operators.length);
        for (uint256 i; i < operators.length; ++i) {
            stakes[i] = new SetStake[](assets.length);
            for (uint256 j; j < assets.length; ++j) {
                stakes[i][j] = _setStake(operatorSet, operators[i], assets[j]);
            }
        }
    }

    /// @inheritdoc ISlasher
    function poolRisks(address asset, address[] calldata operators) external view returns (PoolRisk[] memory risks) {
        risks = new PoolRisk[](operators.length);
        for (uint256 i; i < operators.length; ++i) {
            PoolRisk memory risk = risks[i];
            PoolView memory pool = STAKE_MANAGER.pool(operators[i], asset);
            risk.shares = pool.shares;
            risk.slashableShares = STAKE_MANAGER.slashableShares(operators[i], asset);
            risk.factor = pool.factor;
            risk.liened = pool.liened;
            risk.free = ALLOCATION_MANAGER.freeMagnitude(operators[i], asset);
            risk.worstCase = risk.factor - risk.free;
            risk.worstCaseAssets = WadMath.toAssetsUp(risk.slashableShares, risk.worstCase);
        }
    }

    // ------------------------------------------------------------------ internal

    /// @dev Takes each cut of the stake. One that takes nothing is given back and left out of the list.
    function _cutStake(bytes32 operatorSet, address operator, SlashTerms memory terms, Cut[] memory cuts) private {
        bool held = terms.vetoWindow != 0;
        uint256 taken;
        for (uint256 i; i < cuts.length; ++i) {
            Cut memory cut = cuts[i];
            cut.assets =
                held
                    ? STAKE_MANAGER.openLien(operator, cut.asset, cut.magnitude)
                    : STAKE_MANAGER.slash(operator, cut.asset, cut.magnitude, terms.recipient);
            if (cut.assets != 0) {
                ++slashEventCount[cut.asset];
                cuts[taken++] = cut;
            } else {
                Cut[] memory untaken = new Cut[](1);
                untaken[0] = cut;
                ALLOCATION_MANAGER.release(operatorSet, operator, terms.epoch, untaken, held, terms.periodAt, 0);
            }
        }
        require(taken != 0, NothingToSlash(operator, operatorSet));
        CutList.truncate(cuts, taken);
    }

    /// @dev Ends the slash whose record is the one argument of the call: what follows the selector is its ABI encoding,
    /// which is what was hashed.
    function _end(uint256 id, SlashStatus status) private {
        SlashState memory state = _slashStates[id].toSlashState();
        require(state.status == SlashStatus.Proposed, SlashNotOpen(id, state.status));
        require(state.recordHash == _hash(msg.data[4:]), RecordMismatch(id));
        // Seconds since 1970 stay below 2^48.
        _slashStates[id] = PackedTypes.packSlashState(state.recordHash, status, uint48(block.timestamp));
    }

    function _setStake(
        bytes32 operatorSet,
        address operator,
        address asset
    ) private view returns (SetStake memory stake) {
        stake.allocation = ALLOCATION_MANAGER.allocation(operator, asset, operatorSet);
        stake.securing = WadMath.toAssetsDown(STAKE_MANAGER.pool(operator, asset).shares, stake.allocation.active);
        stake.slashable = WadMath.toAssetsDown(
            STAKE_MANAGER.slashableShares(operator, asset),
            stake.allocation.active + stake.allocation.leaving
        );
    }

    function _hash(bytes memory encodedRecord) private pure returns (bytes25) {
        return bytes25(keccak256(encodedRecord));
    }
}
