// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Epoch, EpochStatus} from "../../../contracts/types/LrtTypes.sol";
import {Slash, SlashStatus} from "../../../contracts/types/SlashTypes.sol";
import {Plan} from "../World.sol";
import {LrtRisk} from "./LrtRisk.sol";

/// @title LrtTwins: two histories that begin in the same state, which is then restored; and breaches of a cap, which are
/// played to the second at which their risk begins. Nothing of them is kept.
abstract contract LrtTwins is LrtRisk {
    /// @dev A call, and when.
    struct Step {
        uint256 at;
        address actor;
        address target;
        bytes data;
    }

    /// @dev What becomes of a history.
    struct Outcome {
        uint256[] wealths;
        uint256 total;
        uint256 sure;
    }

    /// @dev What becomes of a breach of a cap: whether there was one, whether it was evicted, when its risk begins, whether
    /// evicted stake is there then, and what it loses.
    struct Breach {
        bool broken;
        bool evicted;
        bool late;
        uint256 begins;
        uint256 lost;
    }

    /// @dev One call in as many is played.
    uint256 private constant TWINS_EVERY = 3;

    uint256 private constant MAX_STEPS = 8;
    uint256 private constant MAX_LIENS = 3;

    /// @dev Within a history: the time up to which it lasts, and how many liens it has added.
    uint256 private _horizon;
    uint256 private _added;

    constructor(Plan memory plan) LrtRisk(plan) {}

    // ------------------------------------------------------------------------- T5

    /// @dev T5: the same calls, with additional liens that end in a veto, and without: everybody has the same amount, to
    /// the wei for each operator and call. What is refused while something is contested is not part of the history.
    function twinLiens(uint256 seed) external action(seed) {
        require(_chance(TWINS_EVERY), NothingToDo());
        bool matures = _chance(2);
        uint256 state = VM.snapshotState();
        _endAll();
        (Step[] memory steps, uint256 liens) = _playUnder();
        Outcome memory held = _end(steps[steps.length - 1].at, matures);
        VM.revertToState(state);
        _endAll();
        (uint256 played, bool all) = _replay(steps);
        Outcome memory plain = _end(steps[steps.length - 1].at, matures);
        VM.revertToStateAndDelete(state);
        require(liens != 0 && played > 1, NothingToDo());
        _expect(all, "T5: what a lien allows is refused without it");
        uint256 slack = (operators.length + 1) * (played + 2);
        for (uint256 i; i < plain.wealths.length; ++i) {
            bool same = _apart(held.wealths[i], plain.wealths[i]) <= slack << SCALE;
            _expect(same, "T5: liens that were vetoed changed what somebody has");
        }
        _expect(_apart(held.total, plain.total) <= slack, "T5: liens that were vetoed changed A");
        _expect(_apart(held.sure, plain.sure) <= slack, "T5: liens that were vetoed changed B");
    }

    // ------------------------------------------------------------------------- T6

    /// @dev T6: an operator announces an allocation that breaks a cap; who evicts within three buckets has all of it out
    /// before the second from which it can be slashed.
    function breach(uint256 seed) external action(seed) {
        require(_chance(TWINS_EVERY), NothingToDo());
        (address operator, bytes32 operatorSet) = (_operator(), sets[_pick(sets.length)]);
        Stake storage stake = stakes[operator];
        require(stake.shares > 1e6 && stake.maturity == 0, NothingToDo());
        uint256 delay = _pick(3 * BUCKET + 1);
        uint256 state = VM.snapshotState();
        Breach memory what = _breach(operator, operatorSet, delay);
        VM.revertToStateAndDelete(state);
        require(what.broken, NothingToDo());
        _expect(what.evicted, "T6: a breach that cannot be evicted");
        _expect(!what.late, "T6: evicted stake that is still there when the risk begins");
        _expect(what.lost == 0, "T6: evicted stake that was slashed by the new risk");
    }

    // ---------------------------------------------------------- parts of a breach

    function _breach(address operator, bytes32 operatorSet, uint256 delay) private returns (Breach memory what) {
        _fill(operator);
        uint256 free = ALLOCATIONS.freeMagnitude(operator, address(HOOKED));
        if (free == 0) return what;
        VM.prank(operator);
        (bool announced, ) = address(ALLOCATIONS).call(
            abi.encodeCall(ALLOCATIONS.allocate, (operatorSet, address(HOOKED), uint64(free)))
        );
        if (!announced) return what;
        what.begins = clock + NOTICE;
        // Rewards that vest, or a target that takes effect meanwhile, may heal it.
        VM.warp(clock + delay);
        bytes memory data = _groundsToEvict(operator, avsOf[operatorSet]);
        if (data.length == 0) return what;
        what.broken = true;
        uint256 shares = ALLOCATOR.operatorState(operator).shares;
        (what.evicted, ) = address(ALLOCATOR).call(data);
        if (!what.evicted) return what;
        uint48 maturity = ALLOCATOR.operatorState(operator).maturity;
        what.late = maturity > what.begins;
        what.lost = _slashed(operator, operatorSet, what.begins, maturity, shares);
    }

    /// @dev The call that evicts an operator above a cap; empty if it is below.
    function _groundsToEvict(address operator, address avs) private returns (bytes memory) {
        (uint256 total, ) = TOKEN.sync();
        if (_positionOf(operator) * 4 > (_limitOf(operator, total) + 1) * 5) {
            return abi.encodeCall(ALLOCATOR.evict, (operator));
        }
        bytes32[] memory some = _setsOf(avs);
        (uint256 risk, ) = _serviceRisks(some);
        bool hasTarget = ALLOCATOR.operatorState(operator).target != 0;
        if (risk <= SERVICE_RISK_BPS * WAD || !hasTarget) return "";
        return abi.encodeCall(ALLOCATOR.evictFromService, (operator, avs, some));
    }

    /// @dev What all that the set can slash from its beginning on takes of evicted shares.
    function _slashed(
        address operator,
        bytes32 operatorSet,
        uint256 begins,
        uint48 maturity,
        uint256 shares
    ) private returns (uint256 lost) {
        VM.warp(begins);
        uint256 before = STAKE.bucket(operator, address(HOOKED), maturity).rate;
        if (STAKE.withdrawal(address(TOKEN), operator, address(HOOKED), maturity).shares < shares) return 1;
        (uint64 left, ) = ALLOCATIONS.slashBudget(operator, operatorSet);
        VM.prank(SET_SLASHER);
        (bool slashed, ) = address(SLASHER).call(abi.encodeCall(SLASHER.propose, (operatorSet, operator, left, 0, "")));
        if (slashed) lost = before - STAKE.bucket(operator, address(HOOKED), maturity).rate;
    }

    /// @dev As much stake as the operator may have.
    function _fill(address operator) private {
        (uint256 total, uint256 idle) = TOKEN.sync();
        uint256 kept = (total * BUFFER_BPS + BPS - 1) / BPS;
        uint256 limit = _limitOf(operator, total);
        uint256 value = _valueUp(operator);
        if (idle <= kept || limit <= value + 2) return;
        uint256 assets = limit - value - 2;
        if (assets > idle - kept) assets = idle - kept;
        (bool succeeded, ) = address(ALLOCATOR).call(abi.encodeCall(ALLOCATOR.allocate, (operator, assets)));
        if (succeeded) stakes[operator].shares = ALLOCATOR.operatorState(operator).shares;
    }

    /// @dev What the token has with an operator, rounded down.
    function _positionOf(address operator) private view returns (uint256) {
        return (stakes[operator].shares * _rateOf(operator, type(uint256).max, false)) / WAD;
    }

    // --------------------------------------------------------- parts of histories

    /// @dev All slashes that are open end: both histories begin without one.
    function _endAll() private {
        _disarm();
        while (opened.length != 0) {
            uint256 index = opened[opened.length - 1];
            Slash memory slash = abi.decode(records[index], (Slash));
            bool late = clock >= slash.deadline;
            VM.prank(slash.slasher);
            if (late) SLASHER.finalise(slash);
            else SLASHER.veto(slash);
            _noteEnd(index, late ? SlashStatus.Finalised : SlashStatus.Vetoed);
        }
        TOKEN.sync();
    }

    /// @dev Random calls between additional proposals and their vetoes; those that succeeded.
    function _playUnder() private returns (Step[] memory steps, uint256 liens) {
        Step[] memory some = new Step[](MAX_STEPS + 1);
        (uint256 count, uint256 time) = (0, clock);
        (_horizon, _added) = (type(uint256).max, 0);
        for (uint256 i; i < MAX_STEPS; ++i) {
            if (_added < MAX_LIENS && (i == 0 || _chance(3))) _addLien();
            if (_chance(2)) time = _later(time);
            VM.warp(time);
            if (_chance(6)) _vetoSome(i, 1);
            Step memory step = _step(time);
            if (_apply(step)) some[count++] = step;
        }
        _vetoSome(0, MAX_LIENS);
        // The end, at which nothing happens.
        some[count++] = Step(time, address(0), address(0), "");
        steps = new Step[](count);
        for (uint256 i; i < count; ++i) {
            steps[i] = some[i];
        }
        liens = _added;
    }

    /// @dev Later, but before a lien is past its veto; often at the second of a maturity.
    function _later(uint256 time) private returns (uint256) {
        uint256 later = _chance(2) ? time + _pick(BUCKET) : (time / BUCKET + 1 + _pick(3)) * BUCKET - 1 + _pick(3);
        return later < _horizon ? later : time;
    }

    function _addLien() private {
        (address operator, bytes32 operatorSet) = _slashable();
        (uint64 left, ) = ALLOCATIONS.slashBudget(operator, operatorSet);
        if (termsOf(operatorSet).vetoWindow == 0 || left == 0) return;
        // Often so little that deposits stay open.
        uint64 fraction = _chance(2) ? uint64(1 + _pick(0.005e18)) : uint64(1 + _pick(left));
        if (fraction > left) fraction = left;
        VM.recordLogs();
        VM.prank(SET_SLASHER);
        (bool succeeded, ) = address(SLASHER).call(
            abi.encodeCall(SLASHER.propose, (operatorSet, operator, fraction, 0, ""))
        );
        if (!succeeded || !_noteSlash(false)) return;
        ++_added;
        uint256 deadline = cuttings[cuttings.length - 1].deadline;
        if (deadline < _horizon) _horizon = deadline;
    }

    /// @dev Vetoes up to `count` of the liens that were added: no other slash is open.
    function _vetoSome(uint256 index, uint256 count) private {
        for (; opened.length != 0 && count != 0; --count) {
            index = opened[index % opened.length];
            Slash memory slash = abi.decode(records[index], (Slash));
            VM.prank(slash.resolver);
            SLASHER.veto(slash);
            _noteEnd(index, SlashStatus.Vetoed);
        }
    }

    /// @dev Something that holders and keepers do; no instant exit, which leaves the contested part to others.
    function _step(uint256 time) private returns (Step memory step) {
        (address person, address operator, uint256 kind) = (_person(), _operator(), _pick(11));
        (step.at, step.actor, step.target) = (time, person, address(TOKEN));
        if (kind < 2) {
            step.data = abi.encodeCall(TOKEN.deposit, (_amount(), person));
        } else if (kind < 4) {
            uint256 shares = TOKEN.balanceOf(person);
            step.data = abi.encodeCall(TOKEN.requestRedeem, (shares / (1 + _pick(3)), person, person));
        } else if (kind == 4) {
            uint256 shares = TOKEN.maxRedeem(person);
            step.data = abi.encodeCall(TOKEN.redeem, (shares / (1 + _pick(2)), person, person));
        } else if (kind == 5) {
            step.data = abi.encodeCall(TOKEN.harvest, ());
        } else if (kind == 6) {
            (step.target, step.data) = (address(QUEUE), abi.encodeCall(QUEUE.close, ()));
        } else if (kind == 7) {
            uint256 epoch = live.length == 0 ? 0 : live[_pick(live.length)];
            bytes memory data = abi.encodeCall(QUEUE.settle, (epoch, batches[epoch].items));
            (step.target, step.data) = (address(QUEUE), data);
        } else {
            step.target = address(ALLOCATOR);
            uint256 idle = _books().idle;
            if (kind == 8) step.data = abi.encodeCall(ALLOCATOR.allocate, (operator, idle / (1 + _pick(10))));
            else if (kind == 9) step.data = abi.encodeCall(ALLOCATOR.evict, (operator));
            else step.data = abi.encodeCall(ALLOCATOR.collect, (operator));
        }
    }

    /// @dev Makes a call of a history. What time has freed of allocations is booked before, as a proposal does it, too.
    function _apply(Step memory step) private returns (bool succeeded) {
        if (step.target == address(ALLOCATOR)) _bookAllocations();
        bytes4 verb = bytes4(step.data);
        if (verb == TOKEN.redeem.selector) {
            for (uint256 i; i < live.length; ++i) {
                if (QUEUE.epochState(live[i]).status == EpochStatus.Contested) batches[live[i]].late = true;
            }
        }
        if (verb == QUEUE.close.selector) VM.recordLogs();
        VM.prank(step.actor);
        bytes memory returned;
        (succeeded, returned) = step.target.call(step.data);
        if (succeeded && verb == QUEUE.close.selector) _noteClosed(abi.decode(returned, (uint256)));
    }

    function _bookAllocations() private {
        for (uint256 i; i < operators.length; ++i) {
            ALLOCATIONS.settle(operators[i], address(HOOKED), sets);
        }
    }

    function _replay(Step[] memory steps) private returns (uint256 played, bool all) {
        all = true;
        for (uint256 i; i + 1 < steps.length; ++i) {
            VM.warp(steps[i].at);
            bool again = bytes4(steps[i].data) == QUEUE.settle.selector;
            // Whoever settled while something was held settles again; without it, all has come the first time.
            if (_apply(steps[i])) ++played;
            else if (!again) all = false;
        }
    }

    /// @dev Everything matures, and what waits is settled; then what everybody has.
    function _end(uint256 time, bool matures) private returns (Outcome memory outcome) {
        VM.warp(time);
        if (matures) {
            VM.warp(time + EXIT_DELAY + BUCKET);
            for (uint256 i; i < live.length; ++i) {
                Epoch memory state = QUEUE.epochState(live[i]);
                if (state.status == EpochStatus.Final) continue;
                QUEUE.settle(live[i], batches[live[i]].items);
            }
        }
        TOKEN.sync();
        outcome.wealths = _wealths();
        (outcome.total, outcome.sure) = (TOKEN.totalAssets(), TOKEN.sureAssets());
    }

    function _apart(uint256 left, uint256 right) private pure returns (uint256) {
        return left > right ? left - right : right - left;
    }
}
