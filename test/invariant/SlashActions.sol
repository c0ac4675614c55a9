// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ISlasher} from "../../contracts/interfaces/ISlasher.sol";
import {AllocationView, Registration} from "../../contracts/types/AllocationTypes.sol";
import {Cut, SetStake, Slash, SlashStatus} from "../../contracts/types/SlashTypes.sol";
import {Bucket} from "../../contracts/types/StakeTypes.sol";
import {RiskActions} from "./RiskActions.sol";
import {IVm} from "./MiniTest.sol";
import {Plan} from "./World.sol";

/// @title SlashActions: proposals, vetoes, finals and proceeds; each compared with all that it must leave alone.
abstract contract SlashActions is RiskActions {
    /// @dev What there was before a call to the Slasher.
    struct Before {
        /// Of each set and operator: what secures the set, and what it can slash.
        bytes32[] setStakes;
        /// Of each operator and asset: the pool, what is slashable in it, what is free.
        bytes32[] pools;
        /// Of each asset of the operator: what every position and withdrawal is worth net of open liens.
        uint256[][] nets;
        uint256[] frees;
        /// Of each accepted asset: the allocation, what must be taken, and of how many shares.
        AllocationView[] allocations;
        uint256[] slashableShares;
        Registration registration;
    }

    constructor(Plan memory plan) RiskActions(plan) {}

    // ----------------------------------------------------------------- proposals

    function propose(uint256 seed) external action(seed) {
        if (_chance(4)) _advanceTowardsMaturity();
        (address operator, bytes32 operatorSet) = _chance(5) ? _leavingSoon() : _slashable();
        address proposer = _currentRoles(operatorSet).slasher;
        require(proposer != address(0), NothingToDo());
        uint64 fraction = _fraction(operator, operatorSet);
        Before memory before = _look(operator, operatorSet);
        VM.recordLogs();
        VM.prank(proposer);
        SLASHER.propose(operatorSet, operator, fraction, keccak256("evidence"), "");
        Slash memory slash = _logged();
        _checkRecord(slash, before, proposer, fraction);
        _checkCuts(slash, before);
        _noteProposal(slash, termsOf(operatorSet).vetoWindow == 0);
        _checkOthers(slash, before);
        _checkNets(slash, before, 0);
    }

    function veto(uint256 seed) external action(seed) {
        Slash memory slash = _open(false);
        address actor = _chance(2) ? slash.resolver : slash.slasher;
        Before memory before = _look(slash.operator, slash.operatorSet);
        VM.prank(actor);
        SLASHER.veto(slash);
        _expect(clock < slash.deadline, "H6: vetoed after its window");
        _noteEnd(slash, SlashStatus.Vetoed);
        _checkOthers(slash, before);
        _checkNets(slash, before, 1);
    }

    function finalise(uint256 seed) external action(seed) {
        Slash memory slash = _open(true);
        Before memory before = _look(slash.operator, slash.operatorSet);
        VM.prank(STRANGER);
        SLASHER.finalise(slash);
        _expect(clock >= slash.deadline, "H6: final before its time");
        _noteEnd(slash, SlashStatus.Finalised);
        _checkOthers(slash, before);
        _checkNets(slash, before, 2);
    }

    // ------------------------------------------------------------------ proceeds

    function withdrawProceeds(uint256 seed) external action(seed) {
        address recipient = _chance(2) ? RECIPIENT : UNPAYABLE;
        address asset = _assetWithProceeds(recipient);
        address receiver = _chance(2) ? recipient : _staker();
        VM.prank(recipient);
        uint256 paid = STAKE.withdrawProceeds(asset, receiver);
        _notePaidProceeds(recipient, asset, paid);
    }

    function burnProceeds(uint256 seed) external action(seed) {
        address asset = _assetWithProceeds(address(0));
        VM.prank(STRANGER);
        uint256 paid = STAKE.burnProceeds(asset);
        _notePaidProceeds(address(0), asset, paid);
    }

    // ------------------------------------------------------------------ internal

    function _assetWithProceeds(address recipient) private returns (address asset) {
        uint256 start = _pick(assets.length);
        for (uint256 i; i < assets.length; ++i) {
            asset = assets[(start + i) % assets.length];
            if (proceedsOf[recipient][asset] != 0) return asset;
        }
        revert NothingToDo();
    }

    function _notePaidProceeds(address recipient, address asset, uint256 paid) internal {
        _expect(paid == proceedsOf[recipient][asset], "H8: proceeds that were paid");
        _expect(STAKE.proceeds(recipient, asset) == 0, "S5: proceeds paid are not proceeds any more");
        proceedsOf[recipient][asset] = 0;
        tokensOut[asset] += paid;
    }

    /// @dev The record of an open proposal; of one that is due, or of one that is not, if there is any.
    function _open(bool due) internal returns (Slash memory) {
        uint256 count = proposals.length;
        require(count != 0, NothingToDo());
        uint256 start = _pick(count);
        for (uint256 i; i < count; ++i) {
            Proposal storage proposal = proposals[(start + i) % count];
            if (proposal.status != SlashStatus.Proposed || clock >= proposal.deadline != due) continue;
            return abi.decode(records[(start + i) % count], (Slash));
        }
        revert NothingToDo();
    }

    /// @dev To the bucket before a maturity, so that what is proposed now is open at it.
    function _advanceTowardsMaturity() private {
        uint256 maturity = _record(false).maturity;
        if (maturity < clock + EXIT_DELAY) _advance(maturity - 1 - _pick(BUCKET));
    }

    /// @dev A registration that has ended, shortly before it is over.
    function _leavingSoon() private returns (address operator, bytes32 operatorSet) {
        (operator, operatorSet) = _ended();
        uint256 until = registered[operator][operatorSet].endedAt + EXIT_DELAY;
        if (clock < until) _advance(until - 1 - _pick(BUCKET));
    }

    /// @dev A set and an operator with something to slash, from a random place on.
    function _slashable() private returns (address operator, bytes32 operatorSet) {
        uint256 start = _pick(operators.length * SETS);
        for (uint256 i; i < operators.length * SETS; ++i) {
            uint256 at = (start + i) % (operators.length * SETS);
            (operator, operatorSet) = (operators[at % operators.length], sets[at / operators.length]);
            (uint64 remaining, ) = ALLOCATIONS.slashBudget(operator, operatorSet);
            if (remaining == 0 || _currentRoles(operatorSet).slasher == address(0)) continue;
            address[] storage accepted = termsOf(operatorSet).assets;
            for (uint256 j; j < accepted.length; ++j) {
                AllocationView memory current = ALLOCATIONS.allocation(operator, accepted[j], operatorSet);
                if (current.active + current.leaving != 0) return (operator, operatorSet);
            }
        }
        revert NothingToDo();
    }

    /// @dev Mostly small, so that stake lasts; sometimes all that is left of the budget, 1, or more than may be.
    function _fraction(address operator, bytes32 operatorSet) private returns (uint64 fraction) {
        (uint64 remaining, ) = ALLOCATIONS.slashBudget(operator, operatorSet);
        uint256 kind = _pick(16);
        if (kind == 0) return remaining;
        if (kind == 1) return 1;
        if (kind == 2) return uint64(1 + _pick(WAD));
        fraction = uint64(1 + _pick(USUAL_FRACTION));
        if (fraction > remaining) fraction = remaining;
    }

    function _logged() private returns (Slash memory slash) {
        IVm.Log[] memory logs = VM.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != ISlasher.SlashProposed.selector) continue;
            (slash, ) = abi.decode(logs[i].data, (Slash, string));
        }
    }

    // ------------------------------------------------------------------- checks

    /// @dev H6, H7: who, when, until when, of which period and registration; and that it may be at all.
    function _checkRecord(Slash memory slash, Before memory before, address proposer, uint64 fraction) private {
        Registered memory reg = registered[slash.operator][slash.operatorSet];
        uint256 period = termsOf(slash.operatorSet).period;
        _expect(slash.id == proposals.length + 1 && SLASHER.slashCount() == slash.id, "H6: ids count up by 1");
        _expect(slash.slasher == proposer && slash.epoch == reg.epoch && slash.fraction == fraction, "H6: a record");
        _expect(slash.proposedAt == clock, "H6: the time of a proposal");
        _expect(slash.deadline == clock + termsOf(slash.operatorSet).vetoWindow, "H6: the deadline");
        _expect(slash.recipient == termsOf(slash.operatorSet).recipient, "H8: the recipient");
        if (termsOf(slash.operatorSet).vetoWindow != 0)
            _expect(slash.resolver == _currentRoles(slash.operatorSet).resolver, "V2: the resolver in force");
        _expect(reg.endedAt == 0 || clock < reg.endedAt + EXIT_DELAY, "H7: a slash after the registration");
        bool runs = clock < before.registration.periodAt + period;
        _expect(slash.periodAt == (runs ? before.registration.periodAt : clock), "H7: the period of a proposal");
    }

    /// @dev H2: ⌈(active + leaving + held) · fraction⌉, at most active + leaving; ⌊T · d⌋ assets of each asset, where
    /// that is not 0.
    function _checkCuts(Slash memory slash, Before memory before) private {
        address[] storage accepted = termsOf(slash.operatorSet).assets;
        uint256 taken;
        for (uint256 i; i < accepted.length; ++i) {
            AllocationView memory view_ = before.allocations[i];
            uint256 slashable = uint256(view_.active) + view_.leaving;
            uint256 magnitude = ((slashable + view_.held) * slash.fraction + WAD - 1) / WAD;
            if (magnitude > slashable) magnitude = slashable;
            uint256 assetsTaken = (before.slashableShares[i] * magnitude) / WAD;
            if (assetsTaken == 0) continue;
            bool exact = taken < slash.cuts.length;
            if (exact) {
                Cut memory cut = slash.cuts[taken++];
                exact = cut.asset == accepted[i] && cut.magnitude == magnitude && cut.assets == assetsTaken;
            }
            _expect(exact, "H2: the cut of an asset");
        }
        _expect(taken == slash.cuts.length, "H2: a cut of what cannot be cut");
    }

    /// @dev H1: no other set's stake and no pool without a cut is touched. A2: nothing that is free is.
    function _checkOthers(Slash memory slash, Before memory before) private {
        Before memory present = _look(slash.operator, slash.operatorSet);
        for (uint256 i; i < before.setStakes.length; ++i) {
            bool own =
                sets[i / operators.length] == slash.operatorSet && operators[i % operators.length] == slash.operator;
            if (!own) _expect(before.setStakes[i] == present.setStakes[i], "H1: another set's stake");
        }
        for (uint256 i; i < before.pools.length; ++i) {
            address asset = assets[i / operators.length];
            bool own = operators[i % operators.length] == slash.operator && _cutOf(slash, asset).magnitude != 0;
            if (!own) _expect(before.pools[i] == present.pools[i], "H1: another pool");
        }
        for (uint256 i; i < before.frees.length; ++i) {
            _expect(present.frees[i] >= before.frees[i], "A2: a slash took what was free");
        }
    }

    /// @dev H3, H5, W2: everyone in T loses the fraction d of each share, or gets it back, to 1 wei; what had matured at
    /// the proposal keeps its value; and what becomes final changes nobody's.
    /// @param verb 0 = propose, 1 = veto, 2 = finalise.
    function _checkNets(Slash memory slash, Before memory before, uint256 verb) private {
        for (uint256 i; i < assets.length; ++i) {
            uint256 d = verb == 2 ? 0 : _cutOf(slash, assets[i]).magnitude;
            uint256[] memory nets = _nets(slash.operator, assets[i]);
            uint256[] memory shares = _sharesIn(slash.operator, assets[i], slash.proposedAt);
            for (uint256 j; j < nets.length; ++j) {
                (uint256 less, uint256 more) = (nets[j], before.nets[i][j]);
                if (verb == 1) (less, more) = (more, less);
                uint256 exact = shares[j] * d;
                bool fits = more >= less && (more - less) * WAD < exact + WAD && exact < (more - less) * WAD + WAD;
                _expect(fits && (exact != 0 || more == less), "H3: everyone in T loses, or gets back, alike");
            }
        }
    }

    function _cutOf(Slash memory slash, address asset) internal pure returns (Cut memory cut) {
        for (uint256 i; i < slash.cuts.length; ++i) {
            if (slash.cuts[i].asset == asset) return slash.cuts[i];
        }
    }

    // -------------------------------------------------------------------- looks

    function _look(address operator, bytes32 operatorSet) private view returns (Before memory before) {
        before.setStakes = _lookAtSets();
        before.pools = _lookAtPools();
        before.nets = new uint256[][](assets.length);
        before.frees = new uint256[](assets.length);
        for (uint256 i; i < assets.length; ++i) {
            before.nets[i] = _nets(operator, assets[i]);
            before.frees[i] = ALLOCATIONS.freeMagnitude(operator, assets[i]);
        }
        before.registration = ALLOCATIONS.registration(operator, operatorSet);
        address[] storage accepted = termsOf(operatorSet).assets;
        before.allocations = new AllocationView[](accepted.length);
        before.slashableShares = new uint256[](accepted.length);
        for (uint256 i; i < accepted.length; ++i) {
            before.allocations[i] = ALLOCATIONS.allocation(operator, accepted[i], operatorSet);
            before.slashableShares[i] = STAKE.slashableShares(operator, accepted[i]);
        }
    }

    function _lookAtSets() private view returns (bytes32[] memory hashes) {
        hashes = new bytes32[](sets.length * operators.length);
        for (uint256 i; i < sets.length; ++i) {
            (, SetStake[][] memory stakes) = SLASHER.setStakes(sets[i], operators);
            for (uint256 j; j < operators.length; ++j) {
                hashes[i * operators.length + j] = keccak256(abi.encode(stakes[j]));
            }
        }
    }

    function _lookAtPools() private view returns (bytes32[] memory hashes) {
        hashes = new bytes32[](assets.length * operators.length);
        for (uint256 i; i < assets.length; ++i) {
            bytes32[] memory values = new bytes32[](operators.length);
            for (uint256 j; j < operators.length; ++j) {
                values[j] = keccak256(
                    abi.encode(
                        STAKE.pool(operators[j], assets[i]),
                        STAKE.slashableShares(operators[j], assets[i]),
                        ALLOCATIONS.freeMagnitude(operators[j], assets[i])
                    )
                );
                hashes[i * operators.length + j] = values[j];
            }
        }
    }

    /// @dev What a position or a bucket's shares are worth net of open liens: of each staker, then of each bucket.
    function _nets(address operator, address asset) private view returns (uint256[] memory nets) {
        uint48[] storage list = maturities[operator][asset];
        nets = new uint256[](stakers.length + list.length);
        address[] memory one = new address[](1);
        one[0] = operator;
        for (uint256 i; i < stakers.length; ++i) {
            nets[i] = STAKE.positionValues(stakers[i], asset, one)[0].net;
        }
        for (uint256 i; i < list.length; ++i) {
            Bucket memory bucket = STAKE.bucket(operator, asset, list[i]);
            nets[stakers.length + i] = (uint256(bucket.shares) * bucket.rate) / WAD;
        }
    }

    /// @dev In the same order, the shares that a slash proposed then reaches: 0 if they had matured.
    function _sharesIn(
        address operator,
        address asset,
        uint256 proposedAt
    ) private view returns (uint256[] memory shares) {
        uint48[] storage list = maturities[operator][asset];
        shares = new uint256[](stakers.length + list.length);
        for (uint256 i; i < stakers.length; ++i) {
            shares[i] = STAKE.sharesOf(operator, asset, stakers[i]);
        }
        for (uint256 i; i < list.length; ++i) {
            if (list[i] > proposedAt) shares[stakers.length + i] = STAKE.bucket(operator, asset, list[i]).shares;
        }
    }
}
