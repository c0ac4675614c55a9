// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Invariants} from "./Invariants.sol";
import {MiniTest} from "./MiniTest.sol";
import {Plan} from "./World.sol";

/// @title InvariantTest: what all set-ups share: the calls that forge makes, and what must hold after them.
abstract contract InvariantTest is MiniTest {
    Invariants internal handler;

    /// @notice After calls: every invariant.
    function invariant_all() external {
        handler.check();
    }

    /// @notice After each run: every invariant once more, and then everyone leaves.
    function afterInvariant() external {
        handler.check();
        handler.leaveAll();
    }

    function _start(Plan memory plan) internal {
        handler = new Invariants(plan);
        bytes4[] memory all = new bytes4[](48);
        uint256 count = _addStake(all, 0);
        count = _addRisk(all, count);
        count = _addHostility(all, count, plan.assets > 2);
        assembly ("memory-safe") {
            mstore(all, count)
        }
        _target(address(handler), all);
    }

    function _addStake(bytes4[] memory all, uint256 count) private view returns (uint256) {
        all[count++] = handler.depositUndelegated.selector;
        all[count++] = handler.depositDirect.selector;
        all[count++] = handler.delegate.selector;
        all[count++] = handler.redelegate.selector;
        all[count++] = handler.queue.selector;
        all[count++] = handler.transferQueued.selector;
        all[count++] = handler.cancel.selector;
        all[count++] = handler.completePaying.selector;
        all[count++] = handler.completeUndelegated.selector;
        all[count++] = handler.withdraw.selector;
        all[count++] = handler.togglePool.selector;
        all[count++] = handler.donate.selector;
        return count;
    }

    function _addRisk(bytes4[] memory all, uint256 count) private view returns (uint256) {
        all[count++] = handler.register.selector;
        all[count++] = handler.deregister.selector;
        all[count++] = handler.allocate.selector;
        all[count++] = handler.revoke.selector;
        all[count++] = handler.deallocate.selector;
        all[count++] = handler.settle.selector;
        all[count++] = handler.changeSlasher.selector;
        all[count++] = handler.changeResolver.selector;
        all[count++] = handler.propose.selector;
        all[count++] = handler.veto.selector;
        all[count++] = handler.finalise.selector;
        all[count++] = handler.withdrawProceeds.selector;
        all[count++] = handler.burnProceeds.selector;
        return count;
    }

    function _addHostility(bytes4[] memory all, uint256 count, bool cheats) private view returns (uint256) {
        all[count++] = handler.wait_.selector;
        all[count++] = handler.waitLong.selector;
        all[count++] = handler.waitForMaturity.selector;
        all[count++] = handler.waitForDeadline.selector;
        all[count++] = handler.waitForChange.selector;
        all[count++] = handler.armHook.selector;
        all[count++] = handler.changeToken.selector;
        if (cheats) all[count++] = handler.cheatEntry.selector;
        all[count++] = handler.changeRegistrar.selector;
        all[count++] = handler.toggleGate.selector;
        all[count++] = handler.intrude.selector;
        all[count++] = handler.grab.selector;
        all[count++] = handler.endWrongly.selector;
        return count;
    }
}

/// @title CrowdedPoolTest: one operator, one asset, and five sets that share its one pool.
contract CrowdedPoolTest is InvariantTest {
    function setUp() external {
        _start(Plan({exitDelay: 9_600, stakers: 6, operators: 1, assets: 1, crossing: false, usualFraction: 0.2e18}));
    }
}

/// @title ManyPoolsTest: three operators and three assets, one of them hostile.
contract ManyPoolsTest is InvariantTest {
    function setUp() external {
        _start(Plan({exitDelay: 4_800, stakers: 4, operators: 3, assets: 3, crossing: false, usualFraction: 0.2e18}));
    }
}

/// @title CrossingLiensTest: short delays, and veto windows that overlap.
contract CrossingLiensTest is InvariantTest {
    function setUp() external {
        _start(Plan({exitDelay: 1_200, stakers: 4, operators: 2, assets: 2, crossing: true, usualFraction: 0.05e18}));
    }
}
