// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AllocationView} from "../../contracts/types/AllocationTypes.sol";
import {Plan} from "./World.sol";
import {StakeActions} from "./StakeActions.sol";

/// @title RiskActions: what operators and AVSs do with allocations, registrations and roles.
abstract contract RiskActions is StakeActions {
    /// @dev Who is slasher and resolver of a set, and who will be from when on.
    struct Roles {
        address slasher;
        address nextSlasher;
        uint256 slasherAt;
        address resolver;
        address nextResolver;
        uint256 resolverAt;
    }

    mapping(bytes32 operatorSet => Roles) internal roles;

    constructor(Plan memory plan) StakeActions(plan) {
        for (uint256 i; i < sets.length; ++i) {
            (roles[sets[i]].slasher, roles[sets[i]].resolver) = (SET_SLASHER, termsOf(sets[i]).resolver);
            for (uint256 j; j < operators.length; ++j) {
                _register(operators[j], sets[i]);
                address[] storage accepted = termsOf(sets[i]).assets;
                for (uint256 k; k < accepted.length; ++k) {
                    _allocate(operators[j], sets[i], accepted[k], uint64(0.15e18 + 3 * i + 5 * j + 7 * k));
                }
            }
        }
        clock += NOTICE;
        VM.warp(clock);
        VM.prank(operators[0]);
        ALLOCATIONS.deregisterFromOperatorSet(operators[0], sets[2]);
        registered[operators[0]][sets[2]].endedAt = uint48(clock);
    }

    // ------------------------------------------------------------- registrations

    function register(uint256 seed) external action(seed) {
        (address operator, bytes32 operatorSet) = _chance(4) ? (_operator(), _set()) : _ended();
        uint256 until = registered[operator][operatorSet].endedAt + EXIT_DELAY;
        // Often at the first second, when proposals of the last registration may still be open.
        if (until < clock + 2 * BUCKET && _chance(2)) _advance(until);
        _register(operator, operatorSet);
    }

    /// @dev A6: leaving a set never reverts, whatever the registrar does.
    function deregister(uint256 seed) external action(seed) {
        (address operator, bytes32 operatorSet) = (_operator(), _set());
        Registered storage reg = registered[operator][operatorSet];
        // Not too often, else there is nothing to slash.
        require(reg.epoch != 0 && reg.endedAt == 0 && _chance(3), NothingToDo());
        address actor = _chance(2) ? operator : avsOf[operatorSet];
        VM.prank(actor);
        try ALLOCATIONS.deregisterFromOperatorSet(operator, operatorSet) {
            reg.endedAt = uint48(clock);
        } catch {
            _violate("A6: leaving a set was refused");
        }
    }

    // --------------------------------------------------------------- allocations

    function allocate(uint256 seed) external action(seed) {
        (address operator, bytes32 operatorSet) = (_operator(), _set());
        address[] storage accepted = termsOf(operatorSet).assets;
        address asset = accepted[_pick(accepted.length)];
        uint256 free = ALLOCATIONS.freeMagnitude(operator, asset);
        require(free != 0, NothingToDo());
        _allocate(operator, operatorSet, asset, uint64(_chance(3) ? _some(free) : _some(free / 4 + 1)));
    }

    function revoke(uint256 seed) external action(seed) {
        (address operator, address asset, bytes32 operatorSet) = _pending(true);
        VM.prank(operator);
        ALLOCATIONS.revokeAllocation(operatorSet, asset);
        Order[] storage list = orders[operator][asset][operatorSet];
        Order storage last = list[list.length - 1];
        _expect(last.up && clock < last.at, "A5: what was in force, or a decrease, was revoked");
        last.revoked = true;
    }

    /// @dev A6: decreasing reverts only while a change is pending.
    function deallocate(uint256 seed) external action(seed) {
        (address operator, address asset, bytes32 operatorSet) = _active();
        Expected memory before = _expectedAllocation(operator, asset, operatorSet);
        uint64 magnitude = uint64(_chance(2) ? _some(before.active) : _some(before.active / 4 + 1));
        VM.prank(operator);
        try ALLOCATIONS.deallocate(operatorSet, asset, magnitude) {
            _expect(before.pendingOrders == 0, "A5: a second change was ordered while one was pending");
            orders[operator][asset][operatorSet].push(
                Order(false, false, registered[operator][operatorSet].epoch, uint48(clock + EXIT_DELAY), magnitude)
            );
        } catch {
            if (before.pendingOrders == 0) _violate("A6: a decrease was refused");
            else revert NothingToDo();
        }
    }

    /// @dev A5: what time does, it does by reading alone: settling changes no allocation.
    function settle(uint256 seed) external action(seed) {
        (address operator, address asset) = (_operator(), _asset());
        bytes32[] memory some = new bytes32[](1 + _pick(3));
        for (uint256 i; i < some.length; ++i) {
            some[i] = _set();
        }
        bytes32 before = _allocationsOf(operator, asset);
        uint256 free = ALLOCATIONS.freeMagnitude(operator, asset);
        VM.prank(STRANGER);
        ALLOCATIONS.settle(operator, asset, some);
        _expect(_allocationsOf(operator, asset) == before, "A5: settling changed an allocation");
        _expect(ALLOCATIONS.freeMagnitude(operator, asset) >= free, "A7: settling took what was free");
    }

    // --------------------------------------------------------------------- roles

    function changeSlasher(uint256 seed) external action(seed) {
        bytes32 operatorSet = _set();
        Roles storage role = _currentRoles(operatorSet);
        address avs = avsOf[operatorSet];
        if (_chance(4)) {
            VM.prank(avs);
            ALLOCATIONS.removeSlasher(operatorSet);
            (role.slasher, role.slasherAt) = (address(0), 0);
        } else {
            address next = _chance(2) ? SET_SLASHER : OTHER_SLASHER;
            VM.prank(avs);
            ALLOCATIONS.scheduleSlasher(operatorSet, next);
            (role.nextSlasher, role.slasherAt) = (next, clock + NOTICE);
        }
    }

    function changeResolver(uint256 seed) external action(seed) {
        bytes32 operatorSet = _set();
        Roles storage role = _currentRoles(operatorSet);
        (address avs, address next) = (avsOf[operatorSet], _chance(2) ? RESOLVER : OTHER_RESOLVER);
        VM.prank(avs);
        ALLOCATIONS.scheduleResolver(operatorSet, next);
        (role.nextResolver, role.resolverAt) = (next, clock + NOTICE);
    }

    // ------------------------------------------------------------------ internal

    /// @dev Who it is now, with what has come into force.
    function _rolesNow(bytes32 operatorSet) internal view returns (Roles memory role) {
        role = roles[operatorSet];
        if (role.slasherAt != 0 && clock >= role.slasherAt) (role.slasher, role.slasherAt) = (role.nextSlasher, 0);
        if (role.resolverAt != 0 && clock >= role.resolverAt) (role.resolver, role.resolverAt) = (role.nextResolver, 0);
    }

    /// @dev The same, booked.
    function _currentRoles(bytes32 operatorSet) internal returns (Roles storage role) {
        role = roles[operatorSet];
        if (role.slasherAt != 0 && clock >= role.slasherAt) (role.slasher, role.slasherAt) = (role.nextSlasher, 0);
        if (role.resolverAt != 0 && clock >= role.resolverAt) (role.resolver, role.resolverAt) = (role.nextResolver, 0);
    }

    /// @dev The hash of all allocations of a pool.
    function _allocationsOf(address operator, address asset) internal view returns (bytes32 hash) {
        for (uint256 i; i < sets.length; ++i) {
            AllocationView memory view_ = ALLOCATIONS.allocation(operator, asset, sets[i]);
            hash = keccak256(abi.encode(hash, view_));
        }
    }

    /// @dev A registration that has ended, from a random place on.
    function _ended() internal returns (address operator, bytes32 operatorSet) {
        uint256 start = _pick(operators.length * SETS);
        for (uint256 i; i < operators.length * SETS; ++i) {
            uint256 at = (start + i) % (operators.length * SETS);
            (operator, operatorSet) = (operators[at % operators.length], sets[at / operators.length]);
            if (registered[operator][operatorSet].endedAt != 0) return (operator, operatorSet);
        }
        revert NothingToDo();
    }

    function _register(address operator, bytes32 operatorSet) internal {
        Registered storage reg = registered[operator][operatorSet];
        VM.prank(operator);
        ALLOCATIONS.registerForOperatorSet(operatorSet, "");
        bool early = reg.epoch != 0 && (reg.endedAt == 0 || clock < reg.endedAt + EXIT_DELAY);
        _expect(!early, "A7: a registration began before the last was over");
        (reg.epoch, reg.endedAt) = (reg.epoch + 1, 0);
    }

    function _allocate(address operator, bytes32 operatorSet, address asset, uint64 magnitude) internal {
        Expected memory before = _expectedAllocation(operator, asset, operatorSet);
        VM.prank(operator);
        ALLOCATIONS.allocate(operatorSet, asset, magnitude);
        _expect(before.pendingOrders == 0, "A5: a second change was ordered while one was pending");
        orders[operator][asset][operatorSet].push(
            Order(true, false, registered[operator][operatorSet].epoch, uint48(clock + NOTICE), magnitude)
        );
    }

    /// @dev An allocation with something active, of a registration that goes on.
    function _active() private returns (address operator, address asset, bytes32 operatorSet) {
        uint256 start = _pick(1 << 32);
        for (uint256 i; i < operators.length * assets.length * SETS; ++i) {
            (operator, asset, operatorSet) = _place(start + i);
            if (horizon != 0 && i < 3) operatorSet = focusSet;
            if (ALLOCATIONS.allocation(operator, asset, operatorSet).active != 0) return (operator, asset, operatorSet);
        }
        revert NothingToDo();
    }

    /// @dev An allocation whose last order is one that joins, if possible later.
    function _pending(bool up) internal returns (address operator, address asset, bytes32 operatorSet) {
        uint256 start = _pick(1 << 32);
        for (uint256 i; i < operators.length * assets.length * SETS; ++i) {
            (operator, asset, operatorSet) = _place(start + i);
            Order[] storage list = orders[operator][asset][operatorSet];
            if (list.length == 0) continue;
            Order storage last = list[list.length - 1];
            if (last.up == up && !last.revoked && clock < last.at) return (operator, asset, operatorSet);
        }
        revert NothingToDo();
    }

    function _place(uint256 at) private view returns (address operator, address asset, bytes32 operatorSet) {
        operator = operators[at % operators.length];
        at /= operators.length;
        asset = assets[at % assets.length];
        operatorSet = sets[(at / assets.length) % SETS];
    }
}
