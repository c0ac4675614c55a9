// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {InvariantTest} from "../InvariantTest.sol";
import {Plan} from "../World.sol";
import {LrtInvariants} from "./LrtInvariants.sol";

/// @title LiquidTokenTest: one liquid restaking token over four operators, with five holders, one of them hostile.
contract LiquidTokenTest is InvariantTest {
    bytes4[] private _actions;

    function setUp() external {
        uint32 exitDelay = 8 days;
        LrtInvariants handler = new LrtInvariants(
            Plan({exitDelay: exitDelay, stakers: 4, operators: 4, assets: 1, crossing: true, usualFraction: 0.05e18})
        );
        _addHolders(handler);
        _addKeepers(handler);
        _addRisk(handler);
        _addHostility(handler);
        _drive(handler, _actions);
    }

    function _addHolders(LrtInvariants handler) private {
        _actions.push(handler.deposit.selector);
        _actions.push(handler.mint.selector);
        _actions.push(handler.depositAtBoundary.selector);
        _actions.push(handler.transferShares.selector);
        _actions.push(handler.request.selector);
        _actions.push(handler.claim.selector);
        _actions.push(handler.claimAssets.selector);
        _actions.push(handler.claimLate.selector);
        _actions.push(handler.instantRedeem.selector);
    }

    function _addKeepers(LrtInvariants handler) private {
        _actions.push(handler.close.selector);
        _actions.push(handler.settle.selector);
        _actions.push(handler.allocate.selector);
        _actions.push(handler.evict.selector);
        _actions.push(handler.evictFromService.selector);
        _actions.push(handler.collect.selector);
        _actions.push(handler.fundRewards.selector);
        _actions.push(handler.collectRewards.selector);
        _actions.push(handler.harvest.selector);
        _actions.push(handler.payFees.selector);
        _actions.push(handler.startAuction.selector);
        _actions.push(handler.takeAuction.selector);
        _actions.push(handler.setTarget.selector);
        _actions.push(handler.guard.selector);
    }

    function _addRisk(LrtInvariants handler) private {
        _actions.push(handler.wait_.selector);
        _actions.push(handler.waitLong.selector);
        _actions.push(handler.waitForMaturity.selector);
        _actions.push(handler.give.selector);
        _actions.push(handler.takeBack.selector);
        _actions.push(handler.changeSet.selector);
        _actions.push(handler.togglePool.selector);
        _actions.push(handler.settleAllocations.selector);
        _actions.push(handler.propose.selector);
        _actions.push(handler.veto.selector);
        _actions.push(handler.finalise.selector);
        _actions.push(handler.contest.selector);
    }

    function _addHostility(LrtInvariants handler) private {
        _actions.push(handler.armHook.selector);
        _actions.push(handler.giveAssets.selector);
        _actions.push(handler.giveShares.selector);
        _actions.push(handler.giveStake.selector);
        _actions.push(handler.intrude.selector);
        _actions.push(handler.twinLiens.selector);
        _actions.push(handler.breach.selector);
    }
}
