// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {AllocationView} from "../../contracts/types/AllocationTypes.sol";
import {Slash} from "../../contracts/types/SlashTypes.sol";
import {Approval, QueueRequest, TransferRequest, WithdrawalKey} from "../../contracts/types/StakeTypes.sol";
import {SlashActions} from "./SlashActions.sol";
import {Plan} from "./World.sol";

/// @title Twins: two histories that begin in the same state, which is then restored: nothing of them is kept. They are
/// compared in the storage of the core, slot by slot, in all that either has written; what may differ is listed.
/// The ledger does not follow them: what happens is read from the core.
abstract contract Twins is SlashActions {
    /// @dev One call to the core, and when.
    struct Step {
        uint256 at;
        address actor;
        address target;
        bytes data;
    }

    /// @dev The slots of the contracts that a history has written, with what they hold.
    struct Image {
        bytes32[][4] slots;
        bytes32[][4] values;
    }

    /// @dev What a history is about.
    struct Subject {
        address operator;
        bytes32 operatorSet;
        uint48 proposedAt;
        uint48 periodAt;
        uint256 firstId;
        uint256 lastId;
    }

    /// @dev One call in as many is played: they cost as much as ten others.
    uint256 internal constant TWINS_EVERY = 6;

    uint256 private constant POOLS_SLOT = 5;
    uint256 private constant BUCKETS_MEMBER = 3;
    uint256 private constant REGISTRATIONS_SLOT = 2;
    uint256 private constant SLASH_EVENTS_SLOT = 1;
    uint256 private constant SLASH_STATES_SLOT = 2;

    /// @dev Most calls between a proposal and its veto.
    uint256 private constant MAX_STEPS = 8;

    constructor(Plan memory plan) SlashActions(plan) {}

    // ---------------------------------------------------------------- two slashes

    /// @dev H10: propose, wait, veto = wait: every slot, with all that others do between. They are told what to do in the
    /// world of the lien, so no order is capped by what it holds. A proposal books what time has freed of what it touches,
    /// so all of it is booked first.
    function twinVeto(uint256 seed) external action(seed) {
        require(_chance(TWINS_EVERY), NothingToDo());
        Subject memory subject = _held();
        uint64 fraction = _fraction(subject.operator, subject.operatorSet);
        address proposer = _rolesNow(subject.operatorSet).slasher;
        uint256 state = VM.snapshotState();
        VM.record();
        _settleAll(subject.operator);
        Slash memory slash = _tryPropose(subject.operatorSet, subject.operator, fraction, proposer);
        if (slash.id == 0) {
            VM.revertToStateAndDelete(state);
            revert NothingToDo();
        }
        (subject.proposedAt, subject.periodAt) = (slash.proposedAt, slash.periodAt);
        (subject.firstId, subject.lastId) = (slash.id, slash.id + MAX_STEPS);
        Step[] memory steps = _playUnder(slash);
        uint256 end = clock + _pick(slash.deadline - clock);
        VM.warp(end);
        VM.prank(slash.resolver);
        SLASHER.veto(slash);
        _collect(subject.operator, end);
        Image memory held = _image();
        VM.revertToState(state);
        VM.record();
        _settleAll(subject.operator);
        bool all = _replay(steps);
        VM.warp(end);
        _collect(subject.operator, end);
        bool same = _sameImages(held, _image(), state, subject);
        _expect(all, "H10: what a lien allows is refused without it");
        _expect(same, "H10: propose, wait, veto is not as waiting");
    }

    /// @dev H4: two slashes of different sets, and their ends, in either order: every slot, exactly.
    function twinOrder(uint256 seed) external action(seed) {
        require(_chance(TWINS_EVERY), NothingToDo());
        Subject[2] memory subjects = _twoSets();
        uint64[2] memory fractions;
        bool[2] memory vetoed;
        for (uint256 i; i < 2; ++i) {
            fractions[i] = _fraction(subjects[i].operator, subjects[i].operatorSet);
            vetoed[i] = _chance(3);
        }
        uint256 state = VM.snapshotState();
        VM.record();
        bool done = _slashInOrder(subjects, fractions, vetoed, 0);
        Image memory first = _image();
        VM.revertToState(state);
        VM.record();
        bool alsoDone = _slashInOrder(subjects, fractions, vetoed, 1);
        (subjects[0].firstId, subjects[0].lastId) = (proposals.length + 1, proposals.length + 2);
        bool same = _sameImages(first, _image(), state, subjects[0]);
        require(done || alsoDone, NothingToDo());
        _expect(done == alsoDone, "H4: a slash is refused after another set's");
        _expect(same, "H4: two slashes of different sets do not commute");
    }

    // ---------------------------------------------------------------- withdrawals

    /// @dev W3: completing early and late, once and twice, whole and in parts that were passed on: the sums are the same,
    /// to 1 wei for each part. Mostly a lien from the last second before the maturity is vetoed between.
    function twinClaims(uint256 seed) external action(seed) {
        require(_chance(TWINS_EVERY / 2), NothingToDo());
        Key memory key = _chance(4) ? _record(true) : _record(false);
        (bytes32 operatorSet, uint64 fraction) = (_set(), uint64(1 + _pick(USUAL_FRACTION)));
        if (termsOf(operatorSet).vetoWindow == 0) operatorSet = sets[0];
        (address heir, uint256 parts, bool early) = (_staker(), 1 + _pick(3), !_chance(3));
        uint256 state = VM.snapshotState();
        Slash memory slash = _contest(key, operatorSet, fraction, heir);
        _claimAll(key, 0);
        _vetoIfOpen(slash, key);
        uint256[] memory plain = _claimAll(key, 0);
        VM.revertToState(state);
        slash = _contest(key, operatorSet, fraction, heir);
        if (early) _claim(key, heir);
        uint256 made;
        for (uint256 i; i < parts; ++i) {
            if (_split(key, i == 0 ? heir : _staker(), 1 + _pick(1 + _sharesOf(key)))) ++made;
        }
        if (_chance(2)) _claim(key, _staker());
        _vetoIfOpen(slash, key);
        uint256[] memory other = _claimAll(key, 1);
        VM.revertToStateAndDelete(state);
        _expect(_apart(_sum(plain), _sum(other)) <= made + stakers.length, "W3: the order or the parts of claims");
        for (uint256 i; made == 0 && i < plain.length; ++i) {
            _expect(plain[i] == other[i], "W3: the order of claims");
        }
    }

    /// @dev D3: what enters and leaves without a slash comes back, but for 2 wei at most. D1: a share that is worth
    /// nothing does not enter.
    function roundTrip(uint256 seed) external action(seed) {
        require(_chance(TWINS_EVERY), NothingToDo());
        (address staker, address asset, address operator) = (_staker(), _asset(), _operator());
        require(STAKE.isEntryOpen(operator, asset), NothingToDo());
        uint256 sum = _chance(4) ? 2 + _pick(10) : 2 + _pick(10 ** (6 + _pick(18)));
        uint256 state = VM.snapshotState();
        (bool entered, uint256 paid) = _enterAndLeave(staker, operator, asset, sum);
        VM.revertToState(state);
        bool nothing = _enterNothing(staker, operator, asset);
        VM.revertToStateAndDelete(state);
        require(entered, NothingToDo());
        _expect(!nothing, "D1: an entry of nothing");
        _expect(paid <= sum, "D3: more came back than went in");
        _expect(paid + 2 >= sum, "D3: less came back than went in");
    }

    /// @dev G3: who moves to another operator stays exposed to the first one until the maturity, not at it, and is
    /// exposed to the new one not before.
    function move(uint256 seed) external action(seed) {
        require(_chance(TWINS_EVERY / 2), NothingToDo());
        Key memory key = _record(false);
        uint256 shares = queued[key.operator][key.asset][key.maturity][key.owner].shares;
        address to = operators[(_pick(operators.length - 1) + 1 + _indexOf(key.operator)) % operators.length];
        uint256[5] memory worth;
        uint256 state = VM.snapshotState();
        worth[0] = _worthOf(key);
        _slashSome(to, key.asset);
        bool early = _tryRedelegate(key, to);
        worth[1] = _worthOf(key);
        VM.warp(key.maturity - 1);
        uint256 d = _slashSome(key.operator, key.asset);
        worth[2] = _worthOf(key);
        if (_tryRedelegate(key, to)) early = true;
        VM.warp(key.maturity);
        _slashSome(key.operator, key.asset);
        worth[3] = _worthOf(key);
        uint256 before = _positionOf(key.owner, to, key.asset);
        bool moved = _tryRedelegate(key, to);
        worth[4] = _positionOf(key.owner, to, key.asset) - before;
        VM.revertToStateAndDelete(state);
        _expect(!early, "G3: moved before the maturity");
        _expect(worth[0] == worth[1], "G3: exposed to the new operator before the maturity");
        _expect(_apart((worth[1] - worth[2]) * WAD, shares * d) < WAD, "G3: not exposed until the maturity");
        _expect(worth[2] == worth[3], "G3: exposed to the old operator at the maturity");
        _expect(!moved || (worth[4] <= worth[3] + 1 && worth[4] + 2 >= worth[3]), "G3: the value that moved");
    }

    // ------------------------------------------------------------ parts of histories

    /// @dev A set with a veto window, and an operator with something to slash.
    function _held() private returns (Subject memory subject) {
        (subject.operator, subject.operatorSet) = _slashable();
        for (uint256 i; termsOf(subject.operatorSet).vetoWindow == 0; ++i) {
            require(i < 3, NothingToDo());
            (subject.operator, subject.operatorSet) = _slashable();
        }
    }

    function _twoSets() private returns (Subject[2] memory subjects) {
        (subjects[0].operator, subjects[0].operatorSet) = _slashable();
        for (uint256 i; i < 8; ++i) {
            (subjects[1].operator, subjects[1].operatorSet) = _slashable();
            bool other = subjects[1].operatorSet != subjects[0].operatorSet;
            if (other && subjects[1].operator == subjects[0].operator) return subjects;
        }
        revert NothingToDo();
    }

    function _slashInOrder(
        Subject[2] memory subjects,
        uint64[2] memory fractions,
        bool[2] memory vetoed,
        uint256 first
    ) private returns (bool done) {
        Slash[2] memory slashes;
        uint256 end = clock;
        for (uint256 n; n < 2; ++n) {
            uint256 i = (first + n) % 2;
            (address operator, bytes32 operatorSet) = (subjects[i].operator, subjects[i].operatorSet);
            slashes[i] = _tryPropose(operatorSet, operator, fractions[i], _rolesNow(operatorSet).slasher);
            if (slashes[i].deadline > end) end = slashes[i].deadline;
        }
        done = slashes[0].id != 0 && slashes[1].id != 0;
        for (uint256 n; n < 4; ++n) {
            uint256 i = (first + n) % 2;
            // First the vetoes, then the finals.
            if (slashes[i].id == 0 || slashes[i].deadline == clock || vetoed[i] != n < 2) continue;
            if (n >= 2) VM.warp(end);
            VM.prank(slashes[i].slasher);
            if (n < 2) SLASHER.veto(slashes[i]);
            else SLASHER.finalise(slashes[i]);
        }
    }

    /// @dev Random calls before the deadline that touch the slashed operator's pools and allocations, but enter none.
    function _playUnder(Slash memory slash) private returns (Step[] memory steps) {
        Step[] memory some = new Step[](MAX_STEPS);
        uint256 count;
        for (uint256 i; i < some.length; ++i) {
            if (_chance(2)) _advance(clock + _pick((slash.deadline - clock + 1) / 2));
            Step memory step = _chance(2) ? _stakeStep(slash.operator) : _riskStep(slash);
            VM.warp(clock);
            (step.at, step.target) = (clock, step.target == address(0) ? address(ALLOCATIONS) : step.target);
            VM.prank(step.actor);
            (bool succeeded, ) = step.target.call(step.data);
            if (succeeded) some[count++] = step;
        }
        steps = new Step[](count);
        for (uint256 i; i < count; ++i) {
            steps[i] = some[i];
        }
    }

    function _replay(Step[] memory steps) private returns (bool all) {
        all = true;
        for (uint256 i; i < steps.length; ++i) {
            VM.warp(steps[i].at);
            VM.prank(steps[i].actor);
            (bool succeeded, ) = steps[i].target.call(steps[i].data);
            if (!succeeded) all = false;
        }
    }

    function _stakeStep(address operator) internal returns (Step memory step) {
        (address asset, address staker, uint256 kind) = (_asset(), _staker(), _pick(4));
        (step.actor, step.target) = (staker, address(STAKE));
        WithdrawalKey[] memory keys = _keysOf(operator, asset);
        uint48 maturity = keys.length == 0 || _chance(3) ? STAKE.currentMaturity() : keys[_pick(keys.length)].maturity;
        uint256 shares = 1 + _pick(1 + STAKE.withdrawal(staker, operator, asset, maturity).shares);
        if (kind == 0) {
            QueueRequest[] memory queues = new QueueRequest[](1);
            queues[0] = QueueRequest(operator, 1 + _pick(1 + STAKE.sharesOf(operator, asset, staker)));
            step.data = abi.encodeCall(STAKE.queueWithdrawals, (staker, asset, queues, staker));
        } else if (kind == 1) {
            Approval memory approval = _noApproval();
            step.data = abi.encodeCall(STAKE.cancelWithdrawal, (staker, operator, asset, maturity, shares, approval));
        } else if (kind == 2 && clock < maturity) {
            TransferRequest[] memory passed = new TransferRequest[](1);
            passed[0] = TransferRequest(operator, maturity, shares);
            step.data = abi.encodeCall(STAKE.transferWithdrawals, (staker, asset, passed, _staker()));
        } else {
            keys = new WithdrawalKey[](1);
            keys[0] = WithdrawalKey(operator, maturity);
            step.data = abi.encodeCall(STAKE.completeWithdrawalsAsUndelegated, (staker, asset, keys));
        }
    }

    function _riskStep(Slash memory slash) private returns (Step memory step) {
        (bytes32 operatorSet, uint256 kind) = (_chance(2) ? slash.operatorSet : _set(), _pick(7));
        address asset = termsOf(operatorSet).assets[_pick(termsOf(operatorSet).assets.length)];
        step.actor = slash.operator;
        if (kind == 0) {
            uint64 active = ALLOCATIONS.allocation(slash.operator, asset, operatorSet).active;
            step.data = abi.encodeCall(ALLOCATIONS.deallocate, (operatorSet, asset, uint64(1 + _pick(active + 1))));
        } else if (kind == 1) {
            uint64 free = ALLOCATIONS.freeMagnitude(slash.operator, asset);
            step.data = abi.encodeCall(ALLOCATIONS.allocate, (operatorSet, asset, uint64(1 + _pick(free + 1))));
        } else if (kind == 2) {
            step.data = abi.encodeCall(ALLOCATIONS.revokeAllocation, (operatorSet, asset));
        } else if (kind == 3) {
            step.data = abi.encodeCall(ALLOCATIONS.deregisterFromOperatorSet, (slash.operator, operatorSet));
        } else if (kind == 4) {
            uint48 until = ALLOCATIONS.registration(slash.operator, operatorSet).until;
            if (until > clock && until < slash.deadline) _advance(until);
            step.data = abi.encodeCall(ALLOCATIONS.registerForOperatorSet, (operatorSet, ""));
        } else if (kind == 5 || operatorSet == slash.operatorSet) {
            step.data = abi.encodeCall(ALLOCATIONS.settle, (slash.operator, asset, sets));
        } else {
            (step.actor, step.target) = (_rolesNow(operatorSet).slasher, address(SLASHER));
            uint64 fraction = uint64(1 + _pick(USUAL_FRACTION));
            step.data = abi.encodeCall(SLASHER.propose, (operatorSet, slash.operator, fraction, 0, ""));
        }
    }

    function _settleAll(address operator) private {
        for (uint256 i; i < assets.length; ++i) {
            ALLOCATIONS.settle(operator, assets[i], sets);
        }
    }

    /// @dev Everybody collects what has matured, and what time has freed is booked.
    function _collect(address operator, uint256 time) private {
        _settleAll(operator);
        for (uint256 i; i < assets.length; ++i) {
            uint48[] storage list = maturities[operator][assets[i]];
            for (uint256 j; j < list.length; ++j) {
                if (time >= list[j]) _claimAll(Key(address(0), operator, assets[i], list[j]), 0);
            }
        }
    }

    /// @dev Every owner completes its record, each named twice; what they have undelegated then.
    function _claimAll(Key memory key, uint256 backwards) private returns (uint256[] memory sums) {
        sums = new uint256[](stakers.length);
        for (uint256 i; i < sums.length; ++i) {
            uint256 at = backwards == 0 ? i : sums.length - 1 - i;
            _claim(key, stakers[at]);
            sums[at] = STAKE.undelegated(stakers[at], key.asset);
        }
    }

    function _claim(Key memory key, address owner) private {
        VM.prank(owner);
        STAKE.completeWithdrawalsAsUndelegated(owner, key.asset, _keys(key, 2));
    }

    /// @dev Passes a part of a record on to another owner; false if there is none, or it was paid in part.
    function _split(Key memory key, address to, uint256 shares) private returns (bool succeeded) {
        TransferRequest[] memory requests = new TransferRequest[](1);
        requests[0] = TransferRequest(key.operator, key.maturity, shares);
        VM.prank(key.owner);
        (succeeded, ) = address(STAKE).call(
            abi.encodeCall(STAKE.transferWithdrawals, (key.owner, key.asset, requests, to))
        );
    }

    function _sharesOf(Key memory key) private view returns (uint256) {
        return STAKE.withdrawal(key.owner, key.operator, key.asset, key.maturity).shares;
    }

    /// @dev The maturity, or now; and, of what has not matured yet, a proposal one second before, and an heir of a third.
    function _contest(
        Key memory key,
        bytes32 operatorSet,
        uint64 fraction,
        address heir
    ) private returns (Slash memory slash) {
        if (clock < key.maturity) {
            _split(key, heir, _sharesOf(key) / 3);
            VM.warp(key.maturity - 1);
            address proposer = ALLOCATIONS.operatorSetTerms(operatorSet).slasher;
            slash = _tryPropose(operatorSet, key.operator, fraction, proposer);
        }
        VM.warp(clock < key.maturity ? key.maturity : clock);
    }

    function _vetoIfOpen(Slash memory slash, Key memory key) private {
        if (key.maturity >= slash.deadline) return;
        VM.prank(slash.slasher);
        SLASHER.veto(slash);
    }

    function _enterAndLeave(
        address staker,
        address operator,
        address asset,
        uint256 sum
    ) private returns (bool entered, uint256 paid) {
        uint256 had = STAKE.sharesOf(operator, asset, staker);
        Approval memory approval = _approval(operator, asset, staker, staker);
        VM.prank(staker);
        (entered, ) = address(STAKE).call(abi.encodeCall(STAKE.deposit, (operator, asset, sum, staker, 0, approval)));
        if (!entered) return (false, 0);
        QueueRequest[] memory requests = new QueueRequest[](1);
        requests[0] = QueueRequest(operator, STAKE.sharesOf(operator, asset, staker) - had);
        // In the name of one who has nothing in that bucket.
        VM.prank(staker);
        paid = _leave(Key(STRANGER, operator, asset, STAKE.queueWithdrawals(staker, asset, requests, STRANGER)));
    }

    /// @dev Whether a share that is worth less than a unit gets in, after its withdrawal.
    function _enterNothing(address staker, address operator, address asset) private returns (bool) {
        QueueRequest[] memory requests = new QueueRequest[](1);
        requests[0] = QueueRequest(operator, 1);
        bytes memory data = abi.encodeCall(STAKE.queueWithdrawals, (staker, asset, requests, STRANGER));
        Key memory key = Key(STRANGER, operator, asset, STAKE.currentMaturity());
        VM.prank(staker);
        (bool queues, ) = address(STAKE).call(data);
        VM.warp(key.maturity);
        return queues && _worthOf(key) == 0 && _tryRedelegate(key, operator);
    }

    function _leave(Key memory key) private returns (uint256 paid) {
        VM.warp(key.maturity);
        uint256 before = MockERC20(key.asset).balanceOf(key.owner);
        VM.prank(key.owner);
        STAKE.completeWithdrawals(key.owner, key.asset, _keys(key, 1), key.owner);
        paid = MockERC20(key.asset).balanceOf(key.owner) - before;
    }

    /// @dev A proposal of any set that takes something of a pool; how much of each share, 0 if none can.
    function _slashSome(address operator, address asset) private returns (uint256 d) {
        uint256 start = _pick(sets.length);
        for (uint256 i; i < sets.length && d == 0; ++i) {
            bytes32 operatorSet = sets[(start + i) % sets.length];
            AllocationView memory view_ = ALLOCATIONS.allocation(operator, asset, operatorSet);
            if (view_.active + view_.leaving == 0) continue;
            address proposer = ALLOCATIONS.operatorSetTerms(operatorSet).slasher;
            Slash memory slash = _tryPropose(operatorSet, operator, uint64(1 + _pick(USUAL_FRACTION)), proposer);
            if (slash.id != 0) d = _cutOf(slash, asset).magnitude;
        }
    }

    function _tryRedelegate(Key memory key, address to) private returns (bool succeeded) {
        Approval memory approval = _noApproval();
        VM.prank(key.owner);
        (succeeded, ) = address(STAKE).call(
            abi.encodeCall(STAKE.redelegateWithdrawals, (key.owner, key.asset, _keys(key, 1), to, 0, approval))
        );
    }

    /// @dev The record of a proposal; its id is 0 if it was refused.
    function _tryPropose(
        bytes32 operatorSet,
        address operator,
        uint64 fraction,
        address proposer
    ) private returns (Slash memory slash) {
        VM.recordLogs();
        VM.prank(proposer);
        try SLASHER.propose(operatorSet, operator, fraction, 0, "") {
            slash = _logged();
        } catch {}
    }

    // ---------------------------------------------------------------- comparison

    function _image() private view returns (Image memory image) {
        for (uint256 i; i < 4; ++i) {
            address target = _coreAt(i);
            (, image.slots[i]) = VM.accesses(target);
            image.values[i] = _load(target, image.slots[i]);
        }
    }

    function _load(address target, bytes32[] memory slots) private view returns (bytes32[] memory values) {
        values = new bytes32[](slots.length);
        for (uint256 i; i < slots.length; ++i) {
            values[i] = VM.load(target, slots[i]);
        }
    }

    /// @dev Whether two histories have left the same, but for what may differ. The second is still there; what only it
    /// has written is compared with the state before, which is restored.
    function _sameImages(
        Image memory first,
        Image memory second,
        uint256 state,
        Subject memory subject
    ) private returns (bool same) {
        bytes32[][4] memory present;
        for (uint256 i; i < 4; ++i) {
            present[i] = _load(_coreAt(i), first.slots[i]);
        }
        VM.revertToStateAndDelete(state);
        same = true;
        for (uint256 i; i < 4; ++i) {
            bytes32[] memory slots = first.slots[i];
            for (uint256 j; j < slots.length; ++j) {
                if (!_alike(i, slots[j], first.values[i][j], present[i][j], subject)) same = false;
            }
            slots = second.slots[i];
            for (uint256 j; j < slots.length; ++j) {
                bytes32 value = VM.load(_coreAt(i), slots[j]);
                if (value == second.values[i][j] || _contains(first.slots[i], slots[j])) continue;
                if (!_alike(i, slots[j], value, second.values[i][j], subject)) same = false;
            }
        }
    }

    /// @dev What may differ: which slashes there were, the rate of a bucket without shares, and that a period of a
    /// budget of which nothing is used began with the vetoed proposal.
    function _alike(
        uint256 index,
        bytes32 slot,
        bytes32 first,
        bytes32 second,
        Subject memory subject
    ) private view returns (bool) {
        if (first == second) return true;
        if (index == 3) return false;
        if (index == 2) return _isOfSlashes(slot, subject);
        if (index == 1) return _isNewPeriod(slot, uint256(first), uint256(second), subject);
        bool empty = uint128(uint256(first)) == 0 && uint128(uint256(second)) == 0;
        bool sameOpened = uint256(first) >> 192 == uint256(second) >> 192;
        return empty && sameOpened && _isBucket(slot, subject.operator);
    }

    /// @dev slashCount, slashEventCount of an asset, and the states of slashes.
    function _isOfSlashes(bytes32 slot, Subject memory subject) private view returns (bool) {
        // Where both worlds have the same slashes, their counts are the same, too.
        bool counts = subject.proposedAt != 0;
        if (counts && slot == 0) return true;
        for (uint256 i; counts && i < assets.length; ++i) {
            if (slot == keccak256(abi.encode(assets[i], SLASH_EVENTS_SLOT))) return true;
        }
        for (uint256 id = subject.firstId; id <= subject.lastId; ++id) {
            if (slot == keccak256(abi.encode(id, SLASH_STATES_SLOT))) return true;
        }
        return false;
    }

    function _isNewPeriod(
        bytes32 slot,
        uint256 first,
        uint256 second,
        Subject memory subject
    ) private view returns (bool) {
        bytes32 base = keccak256(abi.encode(subject.operator, REGISTRATIONS_SLOT));
        if (slot != keccak256(abi.encode(subject.operatorSet, base))) return false;
        // From the lowest bit: epoch, until, used, periodAt.
        bool unused = uint64(first >> 64) == 0 && uint64(first) == uint64(second);
        bool began = subject.proposedAt != 0 && uint48(first >> 128) == subject.proposedAt;
        uint256 periodAt = uint48(second >> 128);
        bool over = periodAt == 0 || periodAt + termsOf(subject.operatorSet).period <= subject.proposedAt;
        return unused && began && over;
    }

    function _isBucket(bytes32 slot, address operator) private view returns (bool) {
        for (uint256 i; i < assets.length; ++i) {
            bytes32 pool = keccak256(abi.encode(assets[i], keccak256(abi.encode(operator, POOLS_SLOT))));
            uint256 buckets = uint256(pool) + BUCKETS_MEMBER;
            uint256 maturity = (clock / BUCKET) * BUCKET;
            for (uint256 j; j < 20; ++j) {
                if (slot == keccak256(abi.encode(maturity + j * BUCKET, buckets))) return true;
            }
        }
        return false;
    }

    function _coreAt(uint256 index) private view returns (address) {
        if (index == 0) return address(STAKE);
        if (index == 1) return address(ALLOCATIONS);
        return index == 2 ? address(SLASHER) : address(REWARDS);
    }

    function _contains(bytes32[] memory list, bytes32 item) private pure returns (bool) {
        for (uint256 i; i < list.length; ++i) {
            if (list[i] == item) return true;
        }
        return false;
    }

    /// @dev What a record is worth in all, as its bucket has it.
    function _worthOf(Key memory key) private view returns (uint256) {
        return (_sharesOf(key) * STAKE.bucket(key.operator, key.asset, key.maturity).rate) / WAD;
    }

    function _positionOf(address staker, address operator, address asset) private view returns (uint256) {
        return (STAKE.sharesOf(operator, asset, staker) * STAKE.pool(operator, asset).factor) / WAD;
    }

    function _indexOf(address operator) private view returns (uint256 index) {
        while (operators[index] != operator) ++index;
    }

    function _apart(uint256 left, uint256 right) private pure returns (uint256) {
        return left > right ? left - right : right - left;
    }

    function _sum(uint256[] memory list) private pure returns (uint256 sum) {
        for (uint256 i; i < list.length; ++i) {
            sum += list[i];
        }
    }
}
