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
        /// Of each set, if that is compared: what the operator's stake secures of it, and what it can slash.
        bytes32[] setStakes;
        /// Of each asset and operator: the pool and what is slashable in it; what is free, as booked.
        bytes32[] pools;
        uint256[] frees;
        /// Of each asset of the operator: what every position and withdrawal is worth net of open liens.
        uint256[][] nets;
        /// Of each accepted asset: the allocation, what must be taken, and of how many shares.
        AllocationView[] allocations;
        uint256[] slashableShares;
        Registration registration;
    }

    /// @dev Whether the present call compares what other sets have; not always, as that takes long.
    bool internal lookAtSets;

    constructor(Plan memory plan) RiskActions(plan) {}

    // ----------------------------------------------------------------- proposals

    function propose(uint256 seed) external action(seed) {
        if (_chance(4)) _advanceTowardsMaturity();
        uint256 kind = _pick(8);
        (address operator, bytes32 operatorSet) = kind == 0
            ? _leavingSoon()
            : kind < 3
                ? _decreasingSoon()
                : _slashable();
        _propose(operator, operatorSet, _fraction(operator, operatorSet));
    }

    /// @dev Where there is nothing to veto, a proposal is made first; often time passes until shortly before the
    /// deadline, while queued shares mature and what leaves has left.
    function veto(uint256 seed) external action(seed) {
        uint256 id = _find(false);
        if (id == 0) {
            (address operator, bytes32 operatorSet) = _slashable();
            require(termsOf(operatorSet).vetoWindow != 0, NothingToDo());
            id = _propose(operator, operatorSet, _fraction(operator, operatorSet)).id;
        }
        Slash memory slash = abi.decode(records[id - 1], (Slash));
        if (_chance(2)) _advance(slash.deadline - 1 - _pick(slash.deadline - clock));
        _veto(slash);
    }

    /// @dev Where nothing is due, time passes until something is.
    function finalise(uint256 seed) external action(seed) {
        uint256 id = _find(true);
        if (id == 0 && _chance(2)) id = _find(false);
        require(id != 0, NothingToDo());
        Slash memory slash = abi.decode(records[id - 1], (Slash));
        _advance(slash.deadline);
        _finalise(slash);
    }

    /// @dev A proposal shortly before its registration is over, which ends in the next one.
    function crossRegistration(uint256 seed) external action(seed) {
        (address operator, bytes32 operatorSet) = _leavingSoon();
        uint256 until = registered[operator][operatorSet].endedAt + EXIT_DELAY;
        require(clock < until, NothingToDo());
        uint256 id = _findOf(operator, operatorSet);
        if (id == 0) id = _propose(operator, operatorSet, _fraction(operator, operatorSet)).id;
        _advance(until);
        _register(operator, operatorSet);
        address asset = abi.decode(records[id - 1], (Slash)).cuts[0].asset;
        uint256 free = ALLOCATIONS.freeMagnitude(operator, asset);
        if (free != 0 && _chance(2)) _allocate(operator, operatorSet, asset, uint64(_some(free)));
        if (_status(id) != SlashStatus.Proposed) return;
        Slash memory slash = abi.decode(records[id - 1], (Slash));
        if (clock < slash.deadline && !_chance(4)) _veto(slash);
    }

    // ------------------------------------------------------------------ proceeds

    function withdrawProceeds(uint256 seed) external action(seed) {
        address recipient = _chance(2) ? RECIPIENT : UNPAYABLE;
        address asset = _assetWithProceeds(recipient);
        if (asset == address(0)) {
            recipient = recipient == RECIPIENT ? UNPAYABLE : RECIPIENT;
            asset = _assetWithProceeds(recipient);
        }
        require(asset != address(0), NothingToDo());
        address receiver = _chance(2) ? recipient : _staker();
        VM.prank(recipient);
        uint256 paid = STAKE.withdrawProceeds(asset, receiver);
        _notePaidProceeds(recipient, asset, paid);
    }

    function burnProceeds(uint256 seed) external action(seed) {
        address asset = _assetWithProceeds(address(0));
        require(asset != address(0), NothingToDo());
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
        return address(0);
    }

    function _notePaidProceeds(address recipient, address asset, uint256 paid) internal {
        _expect(paid == proceedsOf[recipient][asset], "H8: proceeds that were paid");
        _expect(STAKE.proceeds(recipient, asset) == 0, "S5: proceeds paid are not proceeds any more");
        proceedsOf[recipient][asset] = 0;
        tokensOut[asset] += paid;
    }

    /// @dev Proposes, by whoever may, and checks all that follows at once.
    function _propose(address operator, bytes32 operatorSet, uint64 fraction) internal returns (Slash memory slash) {
        address proposer = _currentRoles(operatorSet).slasher;
        require(proposer != address(0), NothingToDo());
        (acting, lookAtSets) = (EVERYBODY, _chance(3));
        Before memory before = _look(operator, operatorSet);
        VM.recordLogs();
        VM.prank(proposer);
        SLASHER.propose(operatorSet, operator, fraction, keccak256("evidence"), "");
        slash = _logged();
        _checkRecord(slash, before, proposer, fraction);
        _checkCuts(slash, before);
        _noteProposal(slash, termsOf(operatorSet).vetoWindow == 0);
        _checkOthers(slash, before);
        _checkNets(slash, before, 0);
    }

    /// @dev H6: in its window, a veto is never refused.
    function _veto(Slash memory slash) internal {
        address actor = _chance(2) ? slash.resolver : slash.slasher;
        lookAtSets = _chance(3);
        Before memory before = _look(slash.operator, slash.operatorSet);
        VM.prank(actor);
        try SLASHER.veto(slash) {
            _expect(clock < slash.deadline, "H6: vetoed after its window");
            _noteEnd(slash, SlashStatus.Vetoed);
            _checkOthers(slash, before);
            _checkNets(slash, before, 1);
        } catch {
            _violate("H6: a veto was refused");
        }
    }

    /// @dev H6: from its deadline on, nothing keeps a proposal from becoming final.
    function _finalise(Slash memory slash) internal {
        lookAtSets = _chance(3);
        Before memory before = _look(slash.operator, slash.operatorSet);
        VM.prank(STRANGER);
        try SLASHER.finalise(slash) {
            _expect(clock >= slash.deadline, "H6: final before its time");
            _noteEnd(slash, SlashStatus.Finalised);
            _checkOthers(slash, before);
            _checkNets(slash, before, 2);
        } catch {
            _violate("H6: a final was refused");
        }
    }

    /// @dev The id of an open proposal, looked for from a random one on; of one that is due, or of one that is not; 0 if
    /// there is none.
    function _find(bool due) internal returns (uint256) {
        uint256 count = proposals.length;
        if (count == 0) return 0;
        uint256 start = _pick(count);
        for (uint256 i; i < count; ++i) {
            Proposal storage proposal = proposals[(start + i) % count];
            if (proposal.status == SlashStatus.Proposed && clock >= proposal.deadline == due)
                return ((start + i) % count) + 1;
        }
        return 0;
    }

    /// @dev The id of the last open proposal of a set against an operator; 0 if there is none.
    function _findOf(address operator, bytes32 operatorSet) internal view returns (uint256 id) {
        for (id = proposals.length; id > 0; --id) {
            Proposal storage proposal = proposals[id - 1];
            if (proposal.status != SlashStatus.Proposed) continue;
            if (proposal.operator == operator && proposal.operatorSet == operatorSet) return id;
        }
    }

    /// @dev The record of an open proposal; of one that is due, or of one that is not.
    function _open(bool due) internal returns (Slash memory) {
        uint256 id = _find(due);
        require(id != 0, NothingToDo());
        return abi.decode(records[id - 1], (Slash));
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

    /// @dev A set that something leaves, shortly before it has left: a veto then finds it gone.
    function _decreasingSoon() private returns (address operator, bytes32 operatorSet) {
        address asset;
        (operator, asset, operatorSet) = _pending(false);
        Order[] storage list = orders[operator][asset][operatorSet];
        uint256 at = list[list.length - 1].at;
        _advance(at - 1 - _pick(at - clock < BUCKET ? at - clock : BUCKET));
    }

    /// @dev A set and an operator with something to slash, from a random place on.
    function _slashable() internal returns (address operator, bytes32 operatorSet) {
        if (horizon != 0 && _chance(2)) return (focusOperator, focusSet);
        uint256 start = _pick(operators.length * SETS);
        for (uint256 i; i < operators.length * SETS; ++i) {
            uint256 at = (start + i) % (operators.length * SETS);
            (operator, operatorSet) = (operators[at % operators.length], sets[at / operators.length]);
            (uint64 remaining, ) = ALLOCATIONS.slashBudget(operator, operatorSet);
            if (remaining == 0 || _rolesNow(operatorSet).slasher == address(0)) continue;
            address[] storage accepted = termsOf(operatorSet).assets;
            for (uint256 j; j < accepted.length; ++j) {
                AllocationView memory current = ALLOCATIONS.allocation(operator, accepted[j], operatorSet);
                if (current.active + current.leaving != 0) return (operator, operatorSet);
            }
        }
        revert NothingToDo();
    }

    /// @dev Mostly small, so that stake lasts; sometimes all that is left of the budget, 1, or more than may be.
    function _fraction(address operator, bytes32 operatorSet) internal returns (uint64 fraction) {
        (uint64 remaining, ) = ALLOCATIONS.slashBudget(operator, operatorSet);
        uint256 kind = _pick(16);
        if (kind == 0) return remaining;
        if (kind == 1) return 1;
        if (kind == 2) return uint64(1 + _pick(WAD));
        fraction = uint64(1 + _pick(USUAL_FRACTION));
        if (fraction > remaining) fraction = remaining;
    }

    function _logged() internal returns (Slash memory slash) {
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

    /// @dev H1: no other set's stake and no pool without a cut is touched. A2: nothing that is free is (what time has
    /// freed of the slashed allocations may be booked).
    function _checkOthers(Slash memory slash, Before memory before) private {
        Before memory present = _look(slash.operator, slash.operatorSet);
        for (uint256 i; i < before.setStakes.length; ++i) {
            if (sets[i] == slash.operatorSet) continue;
            _expect(before.setStakes[i] == present.setStakes[i], "H1: another set's stake");
        }
        for (uint256 i; i < before.pools.length; ++i) {
            address asset = assets[i / operators.length];
            bool own = operators[i % operators.length] == slash.operator;
            bool cut = own && _cutOf(slash, asset).magnitude != 0;
            _expect(cut || before.pools[i] == present.pools[i], "H1: another pool");
            _expect(present.frees[i] >= before.frees[i], "A2: a slash took what was free");
            _expect(own || present.frees[i] == before.frees[i], "H1: what is free of another pool");
        }
    }

    /// @dev H3, H5, W2: everyone in T loses the fraction d of each share, or gets it back, to 1 wei; what had matured at
    /// the proposal keeps its value; and what becomes final changes nobody's.
    /// @param verb 0 = propose, 1 = veto, 2 = finalise.
    function _checkNets(Slash memory slash, Before memory before, uint256 verb) private {
        string memory broken = "H3: not everyone in T loses alike";
        if (verb == 1) broken = "H5: not everyone gets back what was held";
        if (verb == 2) broken = "H3: a final changed what was held already";
        for (uint256 i; i < assets.length; ++i) {
            uint256 d = verb == 2 ? 0 : _cutOf(slash, assets[i]).magnitude;
            uint256[] memory nets = _nets(slash.operator, assets[i]);
            uint256[] memory shares = _sharesIn(slash.operator, assets[i], slash.proposedAt);
            for (uint256 j; j < nets.length; ++j) {
                (uint256 less, uint256 more) = (nets[j], before.nets[i][j]);
                if (verb == 1) (less, more) = (more, less);
                uint256 exact = shares[j] * d;
                bool fits = more >= less && (more - less) * WAD < exact + WAD && exact < (more - less) * WAD + WAD;
                if (!fits || (exact == 0 && more != less)) _violate(broken);
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
        if (lookAtSets) before.setStakes = _lookAtSets(operator);
        _lookAtPools(before);
        before.nets = new uint256[][](assets.length);
        for (uint256 i; i < assets.length; ++i) {
            before.nets[i] = _nets(operator, assets[i]);
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

    /// @dev Of another operator nothing can differ, as its pools do not.
    function _lookAtSets(address operator) private view returns (bytes32[] memory hashes) {
        hashes = new bytes32[](sets.length);
        address[] memory one = new address[](1);
        one[0] = operator;
        for (uint256 i; i < hashes.length; ++i) {
            (, SetStake[][] memory stakes) = SLASHER.setStakes(sets[i], one);
            hashes[i] = keccak256(abi.encode(stakes));
        }
    }

    function _lookAtPools(Before memory before) private view {
        before.pools = new bytes32[](assets.length * operators.length);
        before.frees = new uint256[](assets.length * operators.length);
        for (uint256 i; i < before.pools.length; ++i) {
            (address operator, address asset) = (operators[i % operators.length], assets[i / operators.length]);
            bytes memory state = abi.encode(STAKE.pool(operator, asset), STAKE.slashableShares(operator, asset));
            before.pools[i] = keccak256(state);
            before.frees[i] = ALLOCATIONS.freeMagnitude(operator, asset);
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
