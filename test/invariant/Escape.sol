// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AllocationView} from "../../contracts/types/AllocationTypes.sol";
import {Slash, SlashStatus} from "../../contracts/types/SlashTypes.sol";
import {Handler} from "./Handler.sol";
import {Plan} from "./World.sol";

/// @title Escape: a search for a way out of a slash. From the second of an offence on, stakers, the operator, the sets in
/// its hand and whoever proposes without reason do what they like; then, in the last second that DESIGN promises, or
/// before, the set slashes by all that is left of its budget. What counted at the offence must lose its full part.
abstract contract Escape is Handler {
    /// @dev What counted at the offence, of each accepted asset of the set.
    struct Exposure {
        address operator;
        bytes32 operatorSet;
        uint256 at;
        uint256 slashes;
        uint256[] active;
        uint256[] shares;
    }

    /// @dev Most calls of one schedule.
    uint256 private constant MAX_CALLS = 14;

    constructor(Plan memory plan) Handler(plan) {}

    /// @dev H9: no escape.
    function escape(uint256 seed) external action(seed) {
        require(_chance(TWINS_EVERY), NothingToDo());
        (address operator, bytes32 operatorSet) = _slashable();
        Exposure memory exposure = _expose(operator, operatorSet);
        uint256 state = VM.snapshotState();
        (focusOperator, focusSet, horizon) = (operator, operatorSet, clock + EXIT_DELAY - 1);
        bytes4[17] memory calls = _calls();
        for (uint256 n = 2 + _pick(MAX_CALLS); n > 0; --n) {
            bytes memory data = abi.encodeWithSelector(calls[_pick(calls.length)], keccak256(abi.encode(seed, n)));
            (bool done, ) = address(this).call(data);
            // Time passes by little steps, or by leaps.
            if (!done || _chance(3)) _passTime();
        }
        if (!_chance(4)) _advance(horizon);
        bool judged = _judge(exposure);
        string memory broken = violation;
        VM.revertToStateAndDelete(state);
        if (bytes(broken).length != 0) _violate(broken);
        else require(judged, NothingToDo());
    }

    /// @dev What those who would escape can call; some of it more often.
    function _calls() private pure returns (bytes4[17] memory) {
        return
            [
                this.queue.selector,
                this.queue.selector,
                this.transferQueued.selector,
                this.cancel.selector,
                this.completeUndelegated.selector,
                this.redelegate.selector,
                this.delegate.selector,
                this.deallocate.selector,
                this.deallocate.selector,
                this.deregister.selector,
                this.register.selector,
                this.allocate.selector,
                this.propose.selector,
                this.propose.selector,
                this.veto.selector,
                this.finalise.selector,
                this.waitForChange.selector
            ];
    }

    function _passTime() private {
        uint256 left = horizon - clock;
        if (left != 0) _advance(clock + _pick(left / (1 + _pick(8)) + 1));
    }

    /// @dev What secures the set now, and must be in reach until EXIT_DELAY has passed.
    function _expose(address operator, bytes32 operatorSet) private view returns (Exposure memory exposure) {
        address[] storage accepted = termsOf(operatorSet).assets;
        (exposure.operator, exposure.operatorSet) = (operator, operatorSet);
        (exposure.at, exposure.slashes) = (clock, proposals.length);
        exposure.active = new uint256[](accepted.length);
        exposure.shares = new uint256[](accepted.length);
        for (uint256 i; i < accepted.length; ++i) {
            exposure.active[i] = ALLOCATIONS.allocation(operator, accepted[i], operatorSet).active;
            exposure.shares[i] = STAKE.pool(operator, accepted[i]).shares;
        }
    }

    /// @dev Vetoes the set's own proposals that are in the way, as far as that is in time, and proposes anew in the same
    /// second. Returns whether anything was left to be slashed for.
    function _judge(Exposure memory exposure) private returns (bool) {
        VM.warp(clock);
        (address operator, bytes32 operatorSet) = (exposure.operator, exposure.operatorSet);
        for (uint256 id = proposals.length; id > 0; --id) {
            Proposal storage proposal = proposals[id - 1];
            if (proposal.operator != operator || proposal.operatorSet != operatorSet) continue;
            if (proposal.status != SlashStatus.Proposed || clock >= proposal.deadline) continue;
            _veto(abi.decode(records[id - 1], (Slash)));
        }
        (uint64 fraction, ) = ALLOCATIONS.slashBudget(operator, operatorSet);
        uint256 due = _checkReach(exposure);
        if (fraction == 0 || due == 0) return false;
        try this.proposeFor(operator, operatorSet, fraction) {
            _checkLoss(exposure, fraction);
        } catch {
            // Nothing of less than a unit of the asset can be taken.
            if (due * fraction >= WAD) _violate("H9: a proposal in time was refused");
        }
        return true;
    }

    /// @dev All shares that counted are in reach, and all of the allocation that earlier slashes have left.
    /// @return due The most, over the assets, of what can be lost for the offence.
    function _checkReach(Exposure memory exposure) private returns (uint256 due) {
        address[] storage accepted = termsOf(exposure.operatorSet).assets;
        for (uint256 i; i < accepted.length; ++i) {
            uint256 left = _left(exposure, i);
            uint256 reached = STAKE.slashableShares(exposure.operator, accepted[i]);
            AllocationView memory view_ = ALLOCATIONS.allocation(exposure.operator, accepted[i], exposure.operatorSet);
            _expect(reached >= exposure.shares[i], "H9: shares have escaped");
            _expect(uint256(view_.active) + view_.leaving >= left, "H9: an allocation has escaped");
            uint256 sum = (exposure.shares[i] * left) / WAD;
            if (sum > due) due = sum;
        }
    }

    /// @dev Of each share that counted is lost what the fraction is of the allocation that was left.
    function _checkLoss(Exposure memory exposure, uint256 fraction) private {
        Slash memory slash = abi.decode(records[proposals.length - 1], (Slash));
        address[] storage accepted = termsOf(exposure.operatorSet).assets;
        exposure.slashes = proposals.length;
        for (uint256 i; i < accepted.length; ++i) {
            uint256 full = (exposure.active[i] * fraction + WAD - 1) / WAD;
            if ((exposure.shares[i] * full) / WAD == 0) continue;
            _expect(_cutOf(slash, accepted[i]).magnitude >= full, "H9: less was lost than the full part");
        }
    }

    /// @dev What was active at the offence, less what the set itself has slashed since; noted for what follows.
    function _left(Exposure memory exposure, uint256 index) private view returns (uint256 left) {
        address asset = termsOf(exposure.operatorSet).assets[index];
        Lien[] storage liens = setLiens[exposure.operator][asset][exposure.operatorSet];
        left = exposure.active[index];
        for (uint256 i = liens.length; i > 0; --i) {
            Lien storage lien = liens[i - 1];
            if (lien.id <= exposure.slashes || _status(lien.id) == SlashStatus.Vetoed) continue;
            left = left > lien.magnitude ? left - lien.magnitude : 0;
        }
        exposure.active[index] = left;
    }

    /// @notice What `escape` calls, so that it can be refused.
    function proposeFor(address operator, bytes32 operatorSet, uint64 fraction) external {
        require(msg.sender == address(this), NothingToDo());
        _propose(operator, operatorSet, fraction);
    }
}
