// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {HookToken} from "../../contracts/mocks/HookToken.sol";
import {HostileRegistrar} from "../../contracts/mocks/HostileRegistrar.sol";
import {HostileToken} from "../../contracts/mocks/HostileToken.sol";
import {Cut, Slash, SlashStatus} from "../../contracts/types/SlashTypes.sol";
import {QueueRequest, TransferRequest} from "../../contracts/types/StakeTypes.sol";
import {RewardActions} from "./RewardActions.sol";
import {Plan} from "./World.sol";

/// @title Handler: all that forge may call: the verbs of everybody, time, and attacks, which succeed by being refused.
abstract contract Handler is RewardActions {
    constructor(Plan memory plan) RewardActions(plan) {
        HOSTILE.setBlocked(UNPAYABLE, true);
    }

    // ---------------------------------------------------------------------- time

    function wait_(uint256 seed) external action(seed) {
        _advance(clock + 1 + _pick(BUCKET));
    }

    function waitLong(uint256 seed) external action(seed) {
        _advance(clock + _pick(EXIT_DELAY));
    }

    /// @dev To the second before, at or after the next maturity.
    function waitForMaturity(uint256 seed) external action(seed) {
        _advance((clock / BUCKET + 1 + _pick(9)) * BUCKET - 1 + _pick(3));
    }

    /// @dev To the second before, at or after a deadline.
    function waitForDeadline(uint256 seed) external action(seed) {
        _advance(proposals[_proposal(true) - 1].deadline - 1 + _pick(3));
    }

    /// @dev To the second before, at or after a change of an allocation, or the end of a registration.
    function waitForChange(uint256 seed) external action(seed) {
        if (_chance(2)) {
            (address operator, address asset, bytes32 operatorSet) = _pending(_chance(2));
            Order[] storage list = orders[operator][asset][operatorSet];
            _advance(list[list.length - 1].at - 1 + _pick(3));
        } else {
            (address operator, bytes32 operatorSet) = _ended();
            _advance(registered[operator][operatorSet].endedAt + EXIT_DELAY - 1 + _pick(3));
        }
    }

    // ------------------------------------------------------------------- hostility

    /// @dev Arms the hooked token: whoever moves it next lets it try to re-enter.
    function armHook(uint256 seed) external action(seed) {
        HookToken.Hook memory none;
        HookToken.Hook memory hook;
        hook.target = address(STAKE);
        uint256 kind = _pick(4);
        if (kind == 0) {
            hook.data = abi.encodeCall(STAKE.burnProceeds, (_asset()));
        } else if (kind == 1) {
            hook.data = abi.encodeCall(STAKE.withdrawProceeds, (_asset(), address(HOOKED)));
        } else if (kind == 2) {
            hook.data = abi.encodeCall(STAKE.completeWithdrawalsAsUndelegated, (STRANGER, _asset(), _keys(_none(), 1)));
        } else {
            hook.target = address(SLASHER);
            hook.data = abi.encodeCall(SLASHER.finalise, (_open(true)));
        }
        bool first = _chance(2);
        HOOKED.setHooks(first ? hook : none, first ? none : hook);
    }

    /// @dev The hostile token refuses to move or answers strangely for a while, or is honest again.
    function changeToken(uint256 seed) external action(seed) {
        HostileToken.Behaviour[5] memory some = [
            HostileToken.Behaviour.ReturnsFalse,
            HostileToken.Behaviour.ReturnsNothing,
            HostileToken.Behaviour.ReturnBomb,
            HostileToken.Behaviour.Reverts,
            HostileToken.Behaviour.RevertBomb
        ];
        if (_chance(2)) HOSTILE.setBehaviour(some[_pick(some.length)], 1 + _pick(10_000));
        else HOSTILE.setBehaviour(HostileToken.Behaviour.Honest, 0);
    }

    /// @dev S2: an entry whose token does not deliver exactly what was sent is refused. (What such a token does on the
    /// way out is between it and its holders.)
    function cheatEntry(uint256 seed) external action(seed) {
        require(assets.length > 2, NothingToDo());
        HostileToken.Behaviour[3] memory some = [
            HostileToken.Behaviour.FeeOnTransfer,
            HostileToken.Behaviour.MovesNothing,
            HostileToken.Behaviour.DeliversMore
        ];
        (HostileToken.Behaviour behaviour, uint256 parameter) = (HOSTILE.behaviour(), HOSTILE.parameter());
        HOSTILE.setBehaviour(some[_pick(some.length)], 1 + _pick(10_000));
        (address staker, address operator) = (_staker(), _chance(2) ? address(0) : _operator());
        bytes memory data = abi.encodeCall(
            STAKE.deposit,
            (operator, address(HOSTILE), 10_000 + _pick(1e12), staker, 0, _noApproval())
        );
        VM.prank(staker);
        (bool succeeded, ) = address(STAKE).call(data);
        _expect(!succeeded, "S2: an entry that did not deliver what was sent");
        HOSTILE.setBehaviour(behaviour, parameter);
    }

    function changeRegistrar(uint256 seed) external action(seed) {
        bool honest = _chance(2);
        REGISTRAR.setBehaviour(HostileRegistrar.Behaviour(honest ? 0 : _pick(5)), _pick(100_000));
        bytes memory data;
        if (_chance(2)) {
            data = abi.encodeCall(ALLOCATIONS.settle, (_operator(), _asset(), sets));
            REGISTRAR.setCall(address(ALLOCATIONS), data);
        } else {
            data = abi.encodeCall(ALLOCATIONS.deregisterFromOperatorSet, (_operator(), _set()));
            REGISTRAR.setCall(address(ALLOCATIONS), data);
        }
    }

    /// @dev V3: the guarded launch closes entry, and opens it.
    function toggleGate(uint256 seed) external action(seed) {
        GATE.setClosed(!GATE.closed() && _chance(4));
    }

    /// @dev A stranger tries what is for others only.
    function intrude(uint256 seed) external action(seed) {
        (address victim, address operator, address asset) = (_staker(), _operator(), _asset());
        QueueRequest[] memory queues = new QueueRequest[](1);
        queues[0] = QueueRequest({operator: operator, shares: 1});
        _mustRevert(address(STAKE), abi.encodeCall(STAKE.queueWithdrawals, (victim, asset, queues, STRANGER)));
        _mustRevert(address(STAKE), abi.encodeCall(STAKE.withdraw, (victim, asset, 1, STRANGER)));
        _mustRevert(address(STAKE), abi.encodeCall(STAKE.openLien, (operator, asset, 1)));
        _mustRevert(address(STAKE), abi.encodeCall(STAKE.releaseLien, (operator, asset, 1, uint48(clock))));
        _mustRevert(address(STAKE), abi.encodeCall(STAKE.slash, (operator, asset, 1, STRANGER)));
        bytes memory data = abi.encodeCall(STAKE.finaliseLien, (operator, asset, 1, uint48(clock), STRANGER, 1));
        _mustRevert(address(STAKE), data);
        bytes32 operatorSet = _set();
        Cut[] memory cuts = new Cut[](0);
        _mustRevert(address(ALLOCATIONS), abi.encodeCall(ALLOCATIONS.hold, (operatorSet, operator, 1)));
        _mustRevert(address(ALLOCATIONS), abi.encodeCall(ALLOCATIONS.consume, (operatorSet, operator, 1, cuts)));
        data = abi.encodeCall(ALLOCATIONS.deregisterFromOperatorSet, (operator, operatorSet));
        _mustRevert(address(ALLOCATIONS), data);
        _mustRevert(address(SLASHER), abi.encodeCall(SLASHER.propose, (operatorSet, operator, 1, 0, "")));
    }

    /// @dev W1, W5: a stranger tries to take a withdrawal; its owner, to take it early or to cancel it late.
    function grab(uint256 seed) external action(seed) {
        Key memory key = _record(_chance(2));
        TransferRequest[] memory requests = new TransferRequest[](1);
        requests[0] = TransferRequest({operator: key.operator, maturity: key.maturity, shares: 1});
        bytes memory data = abi.encodeCall(STAKE.transferWithdrawals, (key.owner, key.asset, requests, STRANGER));
        _mustRevert(address(STAKE), data);
        data = abi.encodeCall(STAKE.completeWithdrawals, (key.owner, key.asset, _keys(key, 1), STRANGER));
        _mustRevert(address(STAKE), data);
        if (clock < key.maturity) {
            VM.prank(key.owner);
            (bool early, ) = address(STAKE).call(data);
            _expect(!early, "W1: paid before the maturity");
        } else {
            data = abi.encodeCall(
                STAKE.cancelWithdrawal,
                (key.owner, key.operator, key.asset, key.maturity, 1, _noApproval())
            );
            VM.prank(key.owner);
            (bool late, ) = address(STAKE).call(data);
            _expect(!late, "W1: cancelled at or after the maturity");
        }
    }

    /// @dev H6: ended twice, vetoed too late or by others, final too early, or with another record.
    function endWrongly(uint256 seed) external action(seed) {
        uint256 id = _proposal(_chance(2));
        Slash memory slash = abi.decode(records[id - 1], (Slash));
        bool open = _status(id) == SlashStatus.Proposed;
        if (!open || clock >= slash.deadline) {
            _mustRefuse(slash.slasher, abi.encodeCall(SLASHER.veto, (slash)));
            _mustRefuse(slash.resolver, abi.encodeCall(SLASHER.veto, (slash)));
        }
        if (!open || clock < slash.deadline) _mustRefuse(STRANGER, abi.encodeCall(SLASHER.finalise, (slash)));
        _mustRefuse(STRANGER, abi.encodeCall(SLASHER.veto, (slash)));
        uint256 kind = _pick(4);
        if (kind == 0) ++slash.cuts[0].magnitude;
        else if (kind == 1) slash.recipient = STRANGER;
        else if (kind == 2) slash.deadline = uint48(slash.deadline == clock ? clock - 1 : clock);
        else slash.cuts[0].assets += 1;
        _mustRefuse(slash.slasher, abi.encodeCall(SLASHER.finalise, (slash)));
        slash.deadline = uint48(clock + 1);
        slash.fraction += 1;
        _mustRefuse(slash.slasher, abi.encodeCall(SLASHER.veto, (slash)));
    }

    // ------------------------------------------------------------------ internal

    /// @dev What the hooked token's call from within a transfer came to.
    function _reentered() internal view returns (bool) {
        (, bool before, ) = HOOKED.outcomeBefore();
        (, bool afterwards, ) = HOOKED.outcomeAfterwards();
        return before || afterwards;
    }

    function _mustRevert(address target, bytes memory data) private {
        VM.prank(STRANGER);
        (bool succeeded, ) = target.call(data);
        _expect(!succeeded, "V1: a stranger did what is not for strangers");
    }

    function _mustRefuse(address actor, bytes memory data) private {
        VM.prank(actor);
        (bool succeeded, ) = address(SLASHER).call(data);
        _expect(!succeeded, "H6: a slash ended wrongly");
    }

    function _none() private pure returns (Key memory key) {}
}
