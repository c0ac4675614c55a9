// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {EpochStatus} from "../../../contracts/types/LrtTypes.sol";
import {Slash, SlashStatus} from "../../../contracts/types/SlashTypes.sol";
import {Approval, QueueRequest, WithdrawalKey} from "../../../contracts/types/StakeTypes.sol";
import {Plan} from "../World.sol";
import {LrtKeepers} from "./LrtKeepers.sol";

/// @title LrtRisk: what operators and slashers do, time, and hostility: gifts to everything, and what is for others only.
abstract contract LrtRisk is LrtKeepers {
    constructor(Plan memory plan) LrtKeepers(plan) {}

    // ------------------------------------------------------------------------ time

    function wait_(uint256 seed) external action(seed) {
        _advance(clock + 1 + _pick(BUCKET));
    }

    function waitLong(uint256 seed) external action(seed) {
        require(_chance(4), NothingToDo());
        _advance(clock + _pick(EXIT_DELAY));
    }

    /// @dev To the second before, at or after the next maturity.
    function waitForMaturity(uint256 seed) external action(seed) {
        _advance((clock / BUCKET + 1) * BUCKET - 1 + _pick(3));
    }

    // ------------------------------------------------------------------- operators

    function give(uint256 seed) external action(seed) {
        (address operator, bytes32 operatorSet) = (_operator(), sets[_pick(sets.length)]);
        uint256 free = ALLOCATIONS.freeMagnitude(operator, address(HOOKED));
        require(free != 0, NothingToDo());
        uint64 magnitude = uint64(_chance(3) ? _some(free) : 1 + _pick(free / 4 + 1));
        bytes memory data = abi.encodeCall(ALLOCATIONS.allocate, (operatorSet, address(HOOKED), magnitude));
        _call(operator, address(ALLOCATIONS), data, Effect.None);
    }

    function takeBack(uint256 seed) external action(seed) {
        (address operator, bytes32 operatorSet) = (_operator(), sets[_pick(sets.length)]);
        uint64 active = ALLOCATIONS.allocation(operator, address(HOOKED), operatorSet).active;
        bytes memory data =
            _chance(2)
                ? abi.encodeCall(ALLOCATIONS.revokeAllocation, (operatorSet, address(HOOKED)))
                : abi.encodeCall(ALLOCATIONS.deallocate, (operatorSet, address(HOOKED), uint64(1 + _pick(active + 1))));
        _call(operator, address(ALLOCATIONS), data, Effect.None);
    }

    /// @dev An operator leaves a set, or comes back.
    function changeSet(uint256 seed) external action(seed) {
        (address operator, bytes32 operatorSet) = (_operator(), sets[_pick(sets.length)]);
        bool leaves = ALLOCATIONS.isRegistered(operator, operatorSet);
        require(!leaves || _chance(4), NothingToDo());
        bytes memory data =
            leaves
                ? abi.encodeCall(ALLOCATIONS.deregisterFromOperatorSet, (operator, operatorSet))
                : abi.encodeCall(ALLOCATIONS.registerForOperatorSet, (operatorSet, ""));
        _call(operator, address(ALLOCATIONS), data, Effect.None);
    }

    function togglePool(uint256 seed) external action(seed) {
        address operator = _operator();
        bool closes = STAKE.pool(operator, address(HOOKED)).open;
        require(!closes || _chance(4), NothingToDo());
        bytes memory data =
            closes
                ? abi.encodeCall(STAKE.closePool, (address(HOOKED)))
                : abi.encodeCall(STAKE.openPool, (address(HOOKED), address(0)));
        _call(operator, address(STAKE), data, Effect.None);
    }

    function settleAllocations(uint256 seed) external action(seed) {
        bytes memory data = abi.encodeCall(ALLOCATIONS.settle, (_operator(), address(HOOKED), sets));
        _must(STRANGER, address(ALLOCATIONS), data, Effect.None);
    }

    // -------------------------------------------------------------------- slashers

    /// @dev Mostly little; sometimes all that the period allows.
    function propose(uint256 seed) external action(seed) {
        (address operator, bytes32 operatorSet) = _slashable();
        _propose(operator, operatorSet, _chance(16), _chance(8));
    }

    function veto(uint256 seed) external action(seed) {
        uint256 index = _open();
        if (index == cuttings.length) {
            (address operator, bytes32 operatorSet) = _slashable();
            require(_propose(operator, operatorSet, _chance(16), _chance(8)), NothingToDo());
        }
        Slash memory slash = abi.decode(records[index], (Slash));
        if (slash.deadline <= clock) {
            _refused(slash.slasher, address(SLASHER), abi.encodeCall(SLASHER.veto, (slash)), "H6: vetoed too late");
            revert NothingToDo();
        }
        if (_chance(2)) _advance(clock + _pick(slash.deadline - clock));
        if (slash.deadline > clock) _veto(index);
    }

    function contest(uint256 seed) external action(seed) {
        _contest(_unsettled());
    }

    /// @dev What came since somebody claimed while vetoes could add: by their vetoes, and by settling again.
    function claimLate(uint256 seed) external action(seed) {
        uint256 epoch;
        for (uint256 i; i < live.length; ++i) {
            if (batches[live[i]].late) epoch = live[i];
        }
        if (epoch == 0) {
            epoch = _unsettled();
            _contest(epoch);
        }
        for (uint256 i = opened.length; i != 0; --i) {
            if (clock < cuttings[opened[i - 1]].deadline) _veto(opened[i - 1]);
        }
        if (QUEUE.epochState(epoch).status == EpochStatus.Contested) {
            bytes memory data = abi.encodeCall(QUEUE.settle, (epoch, batches[epoch].items));
            _must(STRANGER, address(QUEUE), data, Effect.None);
        }
        for (uint256 i; i < people.length; ++i) {
            if (_claimLate(people[i], epoch)) return;
        }
        revert NothingToDo();
    }

    /// @dev One that was forgotten, or the time passes until one is final.
    function finalise(uint256 seed) external action(seed) {
        uint256 index = _open();
        require(index != cuttings.length, NothingToDo());
        Cutting storage cutting = cuttings[index];
        cutting.forgotten = false;
        _advance(cutting.deadline > clock ? cutting.deadline : clock);
        _expect(cutting.status == SlashStatus.Finalised, "H6: what is due was not made final");
    }

    // ------------------------------------------------------------------- hostility

    /// @dev Whoever moves the asset next lets it try to re-enter.
    function armHook(uint256 seed) external action(seed) {
        _arm(_chance(2) ? abi.encodeCall(TOKEN.sync, ()) : abi.encodeCall(TOKEN.harvest, ()));
    }

    /// @dev The asset for any contract: a reward for the token, lost to all others.
    function giveAssets(uint256 seed) external action(seed) {
        (address person, uint256 assets) = (_actor(), _amount());
        (address target, uint256 epoch) = _anyContract();
        _disarm();
        _must(person, address(HOOKED), abi.encodeCall(HOOKED.transfer, (target, assets)), Effect.Gift);
        if (target == address(TOKEN)) unfound += assets;
        if (epoch != 0) batches[epoch].gifts += assets;
    }

    /// @dev Shares for any contract: nobody's for ever.
    function giveShares(uint256 seed) external action(seed) {
        (address person, uint256 shares) = _holder();
        (address target, ) = _anyContract();
        bytes memory data = abi.encodeCall(TOKEN.transfer, (target, 1 + _pick(shares / 16 + 1)));
        _call(person, address(TOKEN), data, Effect.Gift);
    }

    /// @dev Stake for the token or an epoch's contract, active or queued.
    function giveStake(uint256 seed) external action(seed) {
        (address person, address operator, uint256 assets) = (_actor(), _operator(), _amount());
        uint256 epoch = live.length == 0 || _chance(2) ? 0 : live[_pick(live.length)];
        address target = epoch == 0 ? address(TOKEN) : batches[epoch].at;
        bool queues = _chance(2);
        Approval memory none;
        _disarm();
        bytes memory data = abi.encodeCall(
            STAKE.deposit,
            (operator, address(HOOKED), assets, queues ? person : target, 0, none)
        );
        uint256 shares = abi.decode(_call(person, address(STAKE), data, Effect.Gift), (uint256));
        if (queues) _giveQueued(person, operator, shares, epoch, target);
        else if (epoch == 0) stakes[operator].gifts += shares;
    }

    /// @dev A stranger tries what is for others only.
    function intrude(uint256 seed) external action(seed) {
        (address victim, address operator) = (stakers[_pick(stakers.length)], _operator());
        string memory what = "V1: a stranger did what is not for strangers";
        _refused(STRANGER, address(TOKEN), abi.encodeCall(TOKEN.requestRedeem, (1, STRANGER, victim)), what);
        _refused(STRANGER, address(TOKEN), abi.encodeCall(TOKEN.requestRedeem, (1, victim, STRANGER)), what);
        _refused(STRANGER, address(TOKEN), abi.encodeCall(TOKEN.redeem, (1, STRANGER, victim)), what);
        _refused(STRANGER, address(TOKEN), abi.encodeCall(TOKEN.withdraw, (1, STRANGER, victim)), what);
        _refused(STRANGER, address(TOKEN), abi.encodeCall(TOKEN.release, (1, STRANGER)), what);
        _refused(STRANGER, address(TOKEN), abi.encodeCall(TOKEN.stake, (operator, 1, 1, 1)), what);
        _refused(STRANGER, address(TOKEN), abi.encodeCall(TOKEN.collect, (operator, uint48(clock), 1)), what);
        _refused(STRANGER, address(TOKEN), abi.encodeCall(TOKEN.setEntryPaused, (true)), what);
        _refused(STRANGER, address(TOKEN), abi.encodeCall(TOKEN.lowerCap, (0)), what);
        _refused(WARDEN, address(TOKEN), abi.encodeCall(TOKEN.raiseCap, (MAX_TOTAL)), what);
        _refused(STRANGER, address(TOKEN), abi.encodeCall(TOKEN.seed, (1e18)), what);
        _refused(STRANGER, address(ALLOCATOR), abi.encodeCall(ALLOCATOR.setTarget, (operator, 1)), what);
        _refused(STRANGER, address(ALLOCATOR), abi.encodeCall(ALLOCATOR.slice, (STRANGER, 1, 2)), what);
        _refused(STRANGER, address(QUEUE), abi.encodeCall(QUEUE.request, (STRANGER, 1)), what);
        _refused(STRANGER, address(QUEUE), abi.encodeCall(QUEUE.claimShares, (victim, 1, STRANGER)), what);
        _refused(STRANGER, address(QUEUE), abi.encodeCall(QUEUE.claimAssets, (victim, 1, STRANGER)), what);
        if (live.length == 0) return;
        uint256 epoch = live[_pick(live.length)];
        bytes memory data = abi.encodeWithSignature("pay(address,uint256)", STRANGER, 1);
        _refused(STRANGER, batches[epoch].at, data, what);
        WithdrawalKey[] memory items = batches[epoch].items;
        data = abi.encodeCall(STAKE.completeWithdrawals, (batches[epoch].at, address(HOOKED), items, STRANGER));
        _refused(STRANGER, address(STAKE), data, what);
        _refused(STRANGER, address(QUEUE), abi.encodeCall(QUEUE.claimLate, (victim, epoch, STRANGER)), what);
        _refused(STRANGER, address(TOKEN), abi.encodeCall(TOKEN.claimLate, (epoch, STRANGER, victim)), what);
    }

    // -------------------------------------------------------------------- internal

    /// @dev A proposal in the last seconds before an epoch matures, which is settled while that can still be vetoed; then
    /// somebody claims.
    function _contest(uint256 epoch) private {
        Batch storage batch = batches[epoch];
        uint48 maturity = QUEUE.epochState(epoch).maturity;
        if (clock < maturity) {
            _advance(maturity - 1 - _pick(2) * _pick(maturity - clock));
            _proposeWithVeto(batch.items[_pick(batch.items.length)].operator);
            _advance(maturity);
        }
        bytes memory data = abi.encodeCall(QUEUE.settle, (epoch, batch.items));
        _must(STRANGER, address(QUEUE), data, Effect.None);
        for (uint256 i; i < people.length; ++i) {
            if (_oldest(people[i]) == epoch) return _claim(people[i], epoch, _some(TOKEN.maxRedeem(people[i])));
        }
    }

    /// @dev A proposal of any set that can veto it, if there is one.
    function _proposeWithVeto(address operator) private {
        uint256 start = _pick(sets.length);
        for (uint256 i; i < sets.length; ++i) {
            bytes32 operatorSet = sets[(start + i) % sets.length];
            (uint64 left, ) = ALLOCATIONS.slashBudget(operator, operatorSet);
            bool some = ALLOCATIONS.allocation(operator, address(HOOKED), operatorSet).active != 0;
            if (!some || left == 0 || termsOf(operatorSet).vetoWindow == 0) continue;
            _propose(operator, operatorSet, false, false);
            return;
        }
    }

    function _propose(address operator, bytes32 operatorSet, bool all, bool forgotten) internal returns (bool) {
        (uint64 left, ) = ALLOCATIONS.slashBudget(operator, operatorSet);
        uint64 fraction = all || left <= USUAL_FRACTION ? left : uint64(1 + _pick(USUAL_FRACTION));
        bytes memory data = abi.encodeCall(SLASHER.propose, (operatorSet, operator, fraction, 0, ""));
        Effect effect = termsOf(operatorSet).vetoWindow == 0 ? Effect.Slash : Effect.Proposal;
        VM.recordLogs();
        _call(SET_SLASHER, address(SLASHER), data, effect);
        return _noteSlash(forgotten);
    }

    function _veto(uint256 index) internal {
        Slash memory slash = abi.decode(records[index], (Slash));
        _must(slash.slasher, address(SLASHER), abi.encodeCall(SLASHER.veto, (slash)), Effect.None);
        _noteEnd(index, SlashStatus.Vetoed);
    }

    /// @dev An operator, and a set that can take something of it.
    function _slashable() internal returns (address operator, bytes32 operatorSet) {
        uint256 start = _pick(operators.length * sets.length);
        for (uint256 i; i < operators.length * sets.length; ++i) {
            operator = operators[(start + i) % operators.length];
            operatorSet = sets[((start + i) / operators.length) % sets.length];
            (uint64 left, ) = ALLOCATIONS.slashBudget(operator, operatorSet);
            bool some = ALLOCATIONS.allocation(operator, address(HOOKED), operatorSet).active != 0;
            if (left != 0 && some && stakes[operator].shares != 0) return (operator, operatorSet);
        }
        revert NothingToDo();
    }

    /// @dev The index of an open proposal; as many as there are slashes, if none is open.
    function _open() private returns (uint256) {
        return opened.length == 0 ? cuttings.length : opened[_pick(opened.length)];
    }

    function _giveQueued(address person, address operator, uint256 shares, uint256 epoch, address target) private {
        QueueRequest[] memory requests = new QueueRequest[](1);
        requests[0] = QueueRequest(operator, shares);
        bytes memory data = abi.encodeCall(STAKE.queueWithdrawals, (person, address(HOOKED), requests, target));
        uint48 maturity = STAKE.currentMaturity();
        if (epoch == 0) queuedGifts[operator][maturity] += shares;
        else if (batches[epoch].itemShares[_itemKey(operator, maturity)] != 0) {
            batches[epoch].itemShares[_itemKey(operator, maturity)] += shares;
        }
        // What it is worth to an epoch comes from what the deposit took.
        VM.prank(person);
        (bool succeeded, ) = address(STAKE).call(data);
        _expect(succeeded, "T4: what is always open was refused");
    }

    function _anyContract() private returns (address target, uint256 epoch) {
        uint256 kind = _pick(8);
        if (kind < 2) return (address(TOKEN), 0);
        if (kind == 2) return (address(QUEUE), 0);
        if (kind == 3) return (address(ALLOCATOR), 0);
        if (kind == 4) return (address(AUCTION), 0);
        if (kind == 5) return (address(STAKE), 0);
        (uint256 open, ) = QUEUE.openEpoch();
        epoch = kind == 6 || open == 1 ? open : 1 + _pick(open - 1);
        return (QUEUE.batchOf(epoch), epoch);
    }
}
