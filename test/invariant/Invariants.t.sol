// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {InvariantTest} from "./InvariantTest.sol";
import {Invariants} from "./Invariants.sol";
import {Plan} from "./World.sol";

/// @title CoreTest: what the set-ups of the core share: the calls that forge makes.
abstract contract CoreTest is InvariantTest {
    Invariants internal handler;
    bytes4[] private _actions;

    function _start(Plan memory plan) internal {
        handler = new Invariants(plan);
        _addStake();
        _addRisk();
        _addHostility(plan.assets > 2);
        _addTwins(plan.operators > 1);
        _addRewards();
        _drive(handler, _actions);
    }

    function _addStake() private {
        _actions.push(handler.depositUndelegated.selector);
        _actions.push(handler.depositDirect.selector);
        _actions.push(handler.delegate.selector);
        _actions.push(handler.redelegate.selector);
        _actions.push(handler.queue.selector);
        _actions.push(handler.transferQueued.selector);
        _actions.push(handler.cancel.selector);
        _actions.push(handler.completePaying.selector);
        _actions.push(handler.completeUndelegated.selector);
        _actions.push(handler.withdraw.selector);
        _actions.push(handler.togglePool.selector);
        _actions.push(handler.donate.selector);
    }

    function _addRisk() private {
        _actions.push(handler.register.selector);
        _actions.push(handler.deregister.selector);
        _actions.push(handler.allocate.selector);
        _actions.push(handler.revoke.selector);
        _actions.push(handler.deallocate.selector);
        _actions.push(handler.settle.selector);
        _actions.push(handler.changeSlasher.selector);
        _actions.push(handler.changeResolver.selector);
        _actions.push(handler.propose.selector);
        _actions.push(handler.veto.selector);
        _actions.push(handler.finalise.selector);
        _actions.push(handler.crossRegistration.selector);
        _actions.push(handler.withdrawProceeds.selector);
        _actions.push(handler.burnProceeds.selector);
    }

    function _addTwins(bool moves) private {
        _actions.push(handler.twinVeto.selector);
        _actions.push(handler.twinOrder.selector);
        _actions.push(handler.twinClaims.selector);
        _actions.push(handler.roundTrip.selector);
        if (moves) _actions.push(handler.move.selector);
        _actions.push(handler.escape.selector);
    }

    function _addRewards() private {
        _actions.push(handler.announceRewardToken.selector);
        _actions.push(handler.setCommission.selector);
        _actions.push(handler.claimCommission.selector);
        _actions.push(handler.fundRewards.selector);
        _actions.push(handler.reclaimRewards.selector);
        _actions.push(handler.claimRewards.selector);
        _actions.push(handler.emptyPool.selector);
        _actions.push(handler.changeRewardToken.selector);
        _actions.push(handler.intrudeRewards.selector);
        _actions.push(handler.twinTokens.selector);
    }

    function _addHostility(bool cheats) private {
        _actions.push(handler.wait_.selector);
        _actions.push(handler.waitLong.selector);
        _actions.push(handler.waitForMaturity.selector);
        _actions.push(handler.waitForDeadline.selector);
        _actions.push(handler.waitForChange.selector);
        _actions.push(handler.armHook.selector);
        _actions.push(handler.changeToken.selector);
        if (cheats) _actions.push(handler.cheatEntry.selector);
        _actions.push(handler.changeRegistrar.selector);
        _actions.push(handler.toggleGate.selector);
        _actions.push(handler.intrude.selector);
        _actions.push(handler.grab.selector);
        _actions.push(handler.endWrongly.selector);
    }
}

/// @title CrowdedPoolTest: one operator, one asset, and five sets that share its one pool.
contract CrowdedPoolTest is CoreTest {
    function setUp() external {
        _start(Plan({exitDelay: 9_600, stakers: 6, operators: 1, assets: 1, crossing: false, usualFraction: 0.2e18}));
    }
}

/// @title ManyPoolsTest: three operators and three assets, one of them hostile.
contract ManyPoolsTest is CoreTest {
    function setUp() external {
        _start(Plan({exitDelay: 4_800, stakers: 4, operators: 3, assets: 3, crossing: false, usualFraction: 0.2e18}));
    }
}

/// @title CrossingLiensTest: short delays, and veto windows that overlap.
contract CrossingLiensTest is CoreTest {
    function setUp() external {
        _start(Plan({exitDelay: 1_200, stakers: 4, operators: 2, assets: 2, crossing: true, usualFraction: 0.05e18}));
    }
}
