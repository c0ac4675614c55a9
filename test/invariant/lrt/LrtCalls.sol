// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {HookToken} from "../../../contracts/mocks/HookToken.sol";
import {BooksView} from "../../../contracts/types/LrtTypes.sol";
import {Slash, SlashStatus} from "../../../contracts/types/SlashTypes.sol";
import {Plan} from "../World.sol";
import {LrtLedger} from "./LrtLedger.sol";

/// @title LrtCalls: chance, time, and what every call must leave alone: prices, and what everybody has.
abstract contract LrtCalls is LrtLedger {
    /// @dev What a call may do to people: move nobody's wealth; give some of the caller's away, to others or to
    /// what streams to all who stay; or take by a slash.
    enum Effect {
        None,
        Gift,
        Leave,
        Proposal,
        Slash
    }

    /// @dev What there was before a call.
    struct Look {
        uint256 total;
        uint256 sure;
        uint256 supply;
        uint256[] wealths;
    }

    /// @dev One call in as many is compared with what everybody had before it.
    uint256 private constant WEALTH_EVERY = 2;

    /// @dev Calls, and those around which everybody's wealth was compared.
    uint256 internal calls;
    uint256 internal compared;

    /// @dev Whose shares and assets the present call moves.
    address internal acting;

    bool private _armed;
    uint256 private _entropy;

    error NothingToDo();

    /// @dev Around every action: the time that the last one left.
    modifier action(uint256 seed) {
        VM.warp(clock);
        _entropy = uint256(keccak256(abi.encode(seed, operations)));
        acting = address(0);
        _;
        ++operations;
    }

    constructor(Plan memory plan) LrtLedger(plan) {}

    // ---------------------------------------------------------------------- chance

    /// @dev A number below `count`.
    function _pick(uint256 count) internal returns (uint256) {
        _entropy = uint256(keccak256(abi.encode(_entropy)));
        return _entropy % count;
    }

    /// @dev True once in `count` times.
    function _chance(uint256 count) internal returns (bool) {
        return _pick(count) == 0;
    }

    function _person() internal returns (address) {
        return people[_pick(people.length)];
    }

    function _operator() internal returns (address) {
        return operators[_pick(operators.length)];
    }

    /// @dev Some of `max`, which is not 0: often all, or 1.
    function _some(uint256 max) internal returns (uint256) {
        uint256 kind = _pick(8);
        if (kind == 0) return 1;
        if (kind < 3) return max;
        return 1 + _pick(max);
    }

    /// @dev A sum of any size.
    function _amount() internal returns (uint256) {
        return 1 + _pick(10 ** (1 + _pick(21)));
    }

    // ------------------------------------------------------------------------ time

    /// @dev What nobody has forgotten becomes final at its time. T2: time lowers no price, and vests no faster than it may.
    function _advance(uint256 time) internal {
        for (uint256 next = _due(time); next < cuttings.length; next = _due(time)) {
            if (cuttings[next].deadline > clock) _pass(cuttings[next].deadline);
            _finalise(next);
        }
        if (time > clock) _pass(time);
    }

    /// @dev The first slash that becomes final until then; as many as there are, if none does.
    function _due(uint256 time) private view returns (uint256 first) {
        first = cuttings.length;
        uint256 earliest = time;
        for (uint256 i; i < opened.length; ++i) {
            Cutting storage cutting = cuttings[opened[i]];
            if (!cutting.forgotten && cutting.deadline <= earliest) (first, earliest) = (opened[i], cutting.deadline);
        }
    }

    function _pass(uint256 time) private {
        bool synced = _chance(2);
        if (synced) TOKEN.sync();
        BooksView memory books = _books();
        (uint256 total, uint256 sure) = (books.idle + books.gross, books.idle + books.net);
        (uint256 left, uint256 end) = (books.streaming, books.streamEndsAt);
        uint256 elapsed = time - clock;
        uint256 fair = time >= end ? left : (left * elapsed) / (end - clock);
        uint256 most = (total * 25 * elapsed) / (BPS * 1 days);
        if (fair > most) fair = most;
        clock = time;
        VM.warp(time);
        books = _books();
        uint256 vested = left - books.streaming;
        _expect(vested <= fair + 2, "T2: rewards vested too fast");
        _expect(!synced || vested + 2 >= fair, "T2: rewards did not vest");
        // What nobody can veto any more is lost from the maturity of what is leaving on.
        bool same = books.idle + books.gross == total + vested;
        _expect(same || _isOverdue(), "T1: A changed by more than what vested");
        _expect(books.idle + books.net == sure + vested, "T1: B changed by more than what vested");
    }

    // ----------------------------------------------------------------------- calls

    /// @dev A call that may be refused, in which case the action has done nothing.
    function _call(address actor, address target, bytes memory data, Effect effect) internal returns (bytes memory) {
        (bool succeeded, bytes memory returned) = _try(actor, target, data, effect);
        require(succeeded, NothingToDo());
        return returned;
    }

    /// @dev A call that nothing may refuse.
    function _must(address actor, address target, bytes memory data, Effect effect) internal returns (bytes memory) {
        (bool succeeded, bytes memory returned) = _try(actor, target, data, effect);
        _expect(succeeded, "T4: what is always open was refused");
        return returned;
    }

    /// @dev A call that must be refused.
    function _refused(address actor, address target, bytes memory data, string memory what) internal {
        VM.prank(actor);
        (bool succeeded, ) = target.call(data);
        _expect(!succeeded, what);
    }

    /// @dev T2, T3: no call lowers A/S but a final slash; none lowers B/S but a proposal; and nobody gains.
    function _try(
        address actor,
        address target,
        bytes memory data,
        Effect effect
    ) internal returns (bool succeeded, bytes memory returned) {
        // Elsewhere the asset may call the token: nobody holds its guard.
        if (!_isGuarded(target, bytes4(data))) _disarm();
        Look memory before = _look();
        VM.prank(actor);
        (succeeded, returned) = target.call(data);
        if (!succeeded) return (false, returned);
        if (target == address(QUEUE) && bytes4(data) == QUEUE.close.selector) {
            _noteClosed(abi.decode(returned, (uint256)));
        }
        _checkHook();
        _compare(before, effect);
    }

    /// @dev Whoever moves the asset next lets it try to re-enter.
    function _arm(bytes memory data) internal {
        HookToken.Hook memory none;
        HookToken.Hook memory hook = HookToken.Hook(address(TOKEN), data);
        bool first = _chance(2);
        HOOKED.setHooks(first ? hook : none, first ? none : hook);
        _armed = true;
    }

    function _finalise(uint256 index) internal {
        Slash memory slash = abi.decode(records[index], (Slash));
        Look memory before = _look();
        SLASHER.finalise(slash);
        _noteEnd(index, SlashStatus.Finalised);
        _compare(before, Effect.Slash);
    }

    function _checkHook() private {
        if (!_armed) return;
        (bool called, bool before, ) = HOOKED.outcomeBefore();
        (bool alsoCalled, bool afterwards, ) = HOOKED.outcomeAfterwards();
        _expect(!before && !afterwards, "T1: the asset re-entered");
        if (called || alsoCalled) _disarm();
    }

    /// @dev Whether all that a call moves is moved within the token's guard.
    function _isGuarded(address target, bytes4 verb) private view returns (bool) {
        if (target == address(QUEUE)) return verb == QUEUE.close.selector;
        if (target == address(ALLOCATOR)) return verb != ALLOCATOR.collectRewards.selector;
        return target == address(TOKEN);
    }

    function _disarm() internal {
        if (!_armed) return;
        HookToken.Hook memory none;
        HOOKED.setHooks(none, none);
        _armed = false;
    }

    function _look() private returns (Look memory look) {
        (look.total, look.sure, look.supply) = (TOKEN.totalAssets(), TOKEN.sureAssets(), TOKEN.totalSupply());
        if (++calls % WEALTH_EVERY == 0) look.wealths = _wealths();
    }

    function _compare(Look memory before, Effect effect) private {
        // What nobody can veto any more is lost at the next touch after the maturity of what is leaving.
        bool falls = effect == Effect.Slash || _isOverdue();
        (uint256 total, uint256 sure, uint256 all) = (TOKEN.totalAssets(), TOKEN.sureAssets(), TOKEN.totalSupply());
        uint256 slack = 2 * operators.length;
        bool less = (total + slack) * before.supply < before.total * all;
        _expect(falls || !less, "T2: A/S fell");
        bool more = total * before.supply > before.total * all + slack * before.supply;
        _expect(effect != Effect.Leave || !more, "T2: A/S rose by an exit");
        less = (sure + slack) * before.supply < before.sure * all;
        // What is sure becomes a reward that has not vested, worth as much as who left was paid too little.
        bool sureFalls = effect == Effect.Proposal || effect == Effect.Leave;
        _expect(falls || sureFalls || !less, "T2: B/S fell");
        if (before.wealths.length != 0) _compareWealths(before.wealths, effect, falls);
    }

    /// @dev Nobody gains but by what another one gives; nobody loses but who gives, and all by a slash.
    function _compareWealths(uint256[] memory before, Effect effect, bool falls) private {
        ++compared;
        uint256[] memory present = _wealths();
        uint256 slack = (2 * (operators.length + 1)) << SCALE;
        (uint256 gains, uint256 losses) = (0, 0);
        for (uint256 i; i < present.length; ++i) {
            if (present[i] >= before[i]) {
                gains += present[i] - before[i];
                _expect(effect == Effect.Gift || present[i] - before[i] <= slack, "T3: somebody gained");
            } else {
                losses += before[i] - present[i];
                bool gives = (effect == Effect.Gift || effect == Effect.Leave) && people[i] == acting;
                _expect(falls || gives || before[i] - present[i] <= slack, "T3: somebody lost");
            }
        }
        _expect(gains <= losses + slack * present.length, "T3: all together gained");
    }
}
