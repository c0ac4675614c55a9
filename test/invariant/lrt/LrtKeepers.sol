// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AllocationView} from "../../../contracts/types/AllocationTypes.sol";
import {Epoch, EpochStatus} from "../../../contracts/types/LrtTypes.sol";
import {RewardEntry, RewardKind} from "../../../contracts/types/RewardTypes.sol";
import {WithdrawalKey} from "../../../contracts/types/StakeTypes.sol";
import {Plan} from "../World.sol";
import {LrtHolders} from "./LrtHolders.sol";

/// @title LrtKeepers: what anybody does for all: epochs, stake, rewards, auctions; and what curator and guardian do.
abstract contract LrtKeepers is LrtHolders {
    constructor(Plan memory plan) LrtHolders(plan) {}

    // ---------------------------------------------------------------------- epochs

    /// @dev T4: every slice is ⌊x · S_e / S⌋, of shares, of queued shares and of cash.
    function close(uint256 seed) external action(seed) {
        (uint256 epoch, uint256 asked) = QUEUE.openEpoch();
        require(asked != 0, NothingToDo());
        if (QUEUE.closableAt() > clock) {
            _refused(STRANGER, address(QUEUE), abi.encodeCall(QUEUE.close, ()), "T4: closed too early");
            _advance(QUEUE.closableAt());
            // What became final on the way may have taken the time along.
            _advance(QUEUE.closableAt());
        }
        _close(epoch, asked);
    }

    /// @dev Whatever the order, and however often.
    function settle(uint256 seed) external action(seed) {
        uint256 epoch = _unsettled();
        Epoch memory state = QUEUE.epochState(epoch);
        bytes memory data = abi.encodeCall(QUEUE.settle, (epoch, batches[epoch].items));
        if (clock < state.maturity) {
            // Slices of operators that were leaving may mature before.
            bool early = !_isMature(batches[epoch].items);
            if (early && _chance(2)) _refused(STRANGER, address(QUEUE), data, "T4: settled before the maturity");
            _advance(state.maturity + _pick(2) * _pick(BUCKET));
        }
        WithdrawalKey[] memory wrong = batches[epoch].items;
        ++wrong[_pick(wrong.length)].maturity;
        bytes memory wrongly = abi.encodeCall(QUEUE.settle, (epoch, wrong));
        _refused(STRANGER, address(QUEUE), wrongly, "T4: settled by a wrong list");
        _must(STRANGER, address(QUEUE), data, Effect.None);
        _prune(epoch);
    }

    function _isMature(WithdrawalKey[] memory items) private view returns (bool) {
        for (uint256 i; i < items.length; ++i) {
            if (clock < items[i].maturity) return false;
        }
        return true;
    }

    // ----------------------------------------------------------------------- stake

    /// @dev T6: afterwards value ≤ τ·A, and idle ≥ the buffer.
    function allocate(uint256 seed) external action(seed) {
        address operator = _operator();
        (uint256 total, uint256 idle) = (TOKEN.totalAssets(), _books().idle);
        uint256 kept = (total * BUFFER_BPS + BPS - 1) / BPS;
        uint256 available = idle > kept ? idle - kept : 0;
        bytes memory data = abi.encodeCall(ALLOCATOR.allocate, (operator, available + 1));
        _refused(STRANGER, address(ALLOCATOR), data, "T6: the buffer was allocated");
        require(available != 0, NothingToDo());
        (uint256 limit, uint256 value) = (_limitOf(operator, total), _valueUp(operator));
        uint256 assets = _chance(4) ? idle : _some(available);
        if (limit > value && assets > limit - value && !_chance(8)) assets = limit - value;
        _allocate(operator, assets);
    }

    function evict(uint256 seed) external action(seed) {
        address operator = _operator();
        Stake storage stake = stakes[operator];
        bool wanted = _chance(4);
        if (wanted && stake.maturity == 0 && stake.shares != 0) _setTarget(operator, 0);
        _call(STRANGER, address(ALLOCATOR), abi.encodeCall(ALLOCATOR.evict, (operator)), Effect.None);
        _noteEvicted(operator);
    }

    /// @dev A service that may take too much, and one of its sets that the operator is joining.
    function evictFromService(uint256 seed) external action(seed) {
        address operator = _operator();
        bytes32[] memory some = _setsOf(_chance(2) ? AVS : operators[0]);
        if (_chance(8)) _announce(operator, some[_pick(some.length)]);
        bytes memory data = abi.encodeCall(ALLOCATOR.evictFromService, (operator, avsOf[some[0]], some));
        (uint256 risk, uint256 scheduled) = _serviceRisks(some);
        // Of one that is leaving only a scheduled target can be dropped.
        bool evicts = stakes[operator].maturity == 0 && ALLOCATOR.operatorState(operator).target != 0;
        (bool succeeded, ) = _try(STRANGER, address(ALLOCATOR), data, Effect.None);
        if (succeeded) {
            uint256 max = SERVICE_RISK_BPS * WAD;
            _expect(risk > max || scheduled > max, "T6: evicted without grounds");
            if (evicts && ALLOCATOR.operatorState(operator).target == 0) _noteEvicted(operator);
        }
        require(succeeded, NothingToDo());
    }

    function collect(uint256 seed) external action(seed) {
        address operator = _leavingOperator();
        Stake storage stake = stakes[operator];
        if (clock < stake.maturity) _advance(stake.maturity + _pick(BUCKET));
        uint256 fair = (stake.shares * _rateOf(operator, stake.maturity, true)) / WAD;
        uint256 held = HOOKED.balanceOf(address(TOKEN));
        bytes memory data = abi.encodeCall(ALLOCATOR.collect, (operator));
        uint256 paid = abi.decode(_call(STRANGER, address(ALLOCATOR), data, Effect.None), (uint256));
        _expect(paid == fair, "T1: what came back of an operator");
        cash += paid;
        unfound += HOOKED.balanceOf(address(TOKEN)) - held - paid;
        queuedGifts[operator][stake.maturity] = 0;
        (stake.shares, stake.maturity) = (0, 0);
    }

    // --------------------------------------------------------------------- rewards

    /// @dev A service pays in the asset, for a while.
    function fundRewards(uint256 seed) external action(seed) {
        RewardEntry[] memory entries = new RewardEntry[](1);
        entries[0] = RewardEntry(_operator(), address(HOOKED), 1e6 + _amount() / 100);
        HOOKED.mint(AVS, entries[0].amount);
        VM.prank(AVS);
        HOOKED.approve(address(REWARDS), entries[0].amount);
        bytes memory data = abi.encodeCall(
            REWARDS.fund,
            (sets[0], address(HOOKED), RewardKind.Emission, BUCKET * (1 + _pick(4)), entries)
        );
        _call(AVS, address(REWARDS), data, Effect.None);
    }

    function collectRewards(uint256 seed) external action(seed) {
        bytes memory data = abi.encodeCall(ALLOCATOR.collectRewards, (_operator(), address(HOOKED)));
        unfound += abi.decode(_call(STRANGER, address(ALLOCATOR), data, Effect.None), (uint256));
    }

    /// @dev T1: what is found is what came beyond the books; the fee is taken at the highest price alone.
    function harvest(uint256 seed) external action(seed) {
        uint256 rate = TOKEN.getRate();
        (uint256 left, uint256 end) = (_books().streaming, _books().streamEndsAt);
        uint256 found = abi.decode(
            _must(STRANGER, address(TOKEN), abi.encodeCall(TOKEN.harvest, ()), Effect.None),
            (uint256)
        );
        _expect(found == unfound, "T1: what a harvest found");
        uint256 fee = rate >= highest ? (found * FEE_BPS) / BPS : 0;
        if (rate > highest) highest = rate;
        fees += fee;
        pending += found - fee;
        if (clock >= end) (left, pending) = (left + pending, 0);
        cash += found;
        unfound = 0;
        _expect(_books().streaming == left, "T1: what streams after a harvest");
    }

    function payFees(uint256 seed) external action(seed) {
        require(fees != 0, NothingToDo());
        _must(STRANGER, address(TOKEN), abi.encodeCall(TOKEN.payFees, ()), Effect.None);
        cash -= fees;
        fees = 0;
    }

    /// @dev Rewards in another token, whose sale begins when somebody begins it.
    function startAuction(uint256 seed) external action(seed) {
        OTHER.mint(address(AUCTION), _amount());
        _call(STRANGER, address(AUCTION), abi.encodeCall(AUCTION.start, (address(OTHER))), Effect.None);
        _refused(
            STRANGER,
            address(AUCTION),
            abi.encodeCall(AUCTION.start, (address(HOOKED))),
            "T1: the asset for sale"
        );
    }

    function takeAuction(uint256 seed) external action(seed) {
        bytes memory data = abi.encodeCall(AUCTION.take, (address(OTHER), 0, type(uint256).max, BUYER));
        unfound += abi.decode(_call(BUYER, address(AUCTION), data, Effect.None), (uint256));
    }

    // ---------------------------------------------------------------------- powers

    function setTarget(uint256 seed) external action(seed) {
        _setTarget(_operator(), _chance(8) ? 0 : 500 * (1 + _pick(6)));
    }

    function guard(uint256 seed) external action(seed) {
        uint256 kind = _pick(4);
        if (kind == 0) {
            _call(WARDEN, address(TOKEN), abi.encodeCall(TOKEN.setEntryPaused, (!TOKEN.entryPaused())), Effect.None);
        } else if (kind == 1) {
            uint256 cap = TOKEN.totalAssets() + _amount();
            _call(WARDEN, address(TOKEN), abi.encodeCall(TOKEN.lowerCap, (uint96(cap))), Effect.None);
        } else if (kind == 2) {
            _must(WARDEN, address(TOKEN), abi.encodeCall(TOKEN.setEntryPaused, (false)), Effect.None);
        } else {
            _call(CURATOR, address(TOKEN), abi.encodeCall(TOKEN.raiseCap, (MAX_TOTAL)), Effect.None);
        }
    }

    // -------------------------------------------------------------------- internal

    function _close(uint256 epoch, uint256 asked) internal {
        uint256 idle = _books().idle;
        VM.recordLogs();
        _must(STRANGER, address(QUEUE), abi.encodeCall(QUEUE.close, ()), Effect.None);
        Batch storage batch = batches[epoch];
        _expect(batch.shares == asked, "T4: the shares of an epoch");
        _expect(batch.cash == (idle * asked) / supply, "T4: the cash of an epoch");
        uint256 count;
        for (uint256 i; i < operators.length; ++i) {
            Stake storage stake = stakes[operators[i]];
            uint256 cut = (stake.shares * asked) / supply;
            if (cut == 0) continue;
            uint48 maturity = stake.maturity == 0 ? STAKE.currentMaturity() : stake.maturity;
            bool fits = STAKE.withdrawal(batch.at, operators[i], address(HOOKED), maturity).shares == cut;
            _expect(fits, "T4: a slice of an epoch");
            batch.itemShares[_itemKey(operators[i], maturity)] = cut;
            stake.shares -= cut;
            ++count;
        }
        _expect(count == batch.items.length, "T4: the withdrawals of an epoch");
        cash -= batch.cash;
        supply -= asked;
    }

    function _allocate(address operator, uint256 assets) internal {
        // The limits are those of A as it is then: what a lapsed veto no longer adds is noticed by the next move only.
        (uint256 total, ) = TOKEN.sync();
        bytes memory data = abi.encodeCall(ALLOCATOR.allocate, (operator, assets));
        _call(STRANGER, address(ALLOCATOR), data, Effect.None);
        uint256 factor = _rateOf(operator, type(uint256).max, false);
        stakes[operator].shares += (assets * WAD) / factor;
        cash -= assets;
        _expect(_valueUp(operator) <= _limitOf(operator, total) + 2, "T6: an operator above its limit");
        _expect((_books().idle + 1) * BPS >= total * BUFFER_BPS, "T6: less idle than the buffer");
    }

    function _noteEvicted(address operator) internal {
        Stake storage stake = stakes[operator];
        if (stake.shares != 0) stake.maturity = STAKE.currentMaturity();
    }

    /// @dev An operator gives all that is free to a set.
    function _announce(address operator, bytes32 operatorSet) private {
        uint64 free = ALLOCATIONS.freeMagnitude(operator, address(HOOKED));
        bytes memory data = abi.encodeCall(ALLOCATIONS.allocate, (operatorSet, address(HOOKED), free));
        _try(operator, address(ALLOCATIONS), data, Effect.None);
    }

    function _setTarget(address operator, uint256 target) private {
        bytes memory data = abi.encodeCall(ALLOCATOR.setTarget, (operator, uint16(target)));
        _call(CURATOR, address(ALLOCATOR), data, Effect.None);
        uint256 sum;
        for (uint256 i; i < operators.length; ++i) {
            uint256 next = ALLOCATOR.operatorState(operators[i]).nextTarget;
            uint256 present = ALLOCATOR.operatorState(operators[i]).target;
            sum += next > present ? next : present;
        }
        _expect(sum <= BPS - BUFFER_BPS, "T6: targets above all that is not the buffer");
    }

    /// @dev min(target · A, OPERATOR_RISK · A · F / used).
    function _limitOf(address operator, uint256 total) internal view returns (uint256 limit) {
        limit = (total * ALLOCATOR.operatorState(operator).target) / BPS;
        uint256 factor = _rateOf(operator, type(uint256).max, false);
        uint256 used = factor - ALLOCATIONS.freeMagnitude(operator, address(HOOKED));
        if (used == 0) return limit;
        uint256 risk = (total * OPERATOR_RISK_BPS * factor) / (used * BPS);
        if (risk < limit) limit = risk;
    }

    /// @dev What the token has with an operator that is not leaving, rounded up.
    function _valueUp(address operator) internal view returns (uint256) {
        return (stakes[operator].shares * _rateOf(operator, type(uint256).max, false) + WAD - 1) / WAD;
    }

    /// @dev All sets of one service, which ascend.
    function _setsOf(address avs) internal view returns (bytes32[] memory list) {
        list = new bytes32[](avs == AVS ? 3 : 2);
        uint256 count;
        for (uint256 i; i < sets.length; ++i) {
            if (avsOf[sets[i]] == avs) list[count++] = sets[i];
        }
    }

    /// @dev Σ target · (active + joining) / F, with targets in force, and with those that are scheduled; never too high.
    function _serviceRisks(bytes32[] memory some) internal view returns (uint256 risk, uint256 scheduled) {
        for (uint256 i; i < operators.length; ++i) {
            uint256 target = ALLOCATOR.operatorState(operators[i]).target;
            uint256 next = ALLOCATOR.operatorState(operators[i]).nextTarget;
            uint256 factor = _rateOf(operators[i], type(uint256).max, false);
            if (factor == 0) continue;
            uint256 given;
            for (uint256 j; j < some.length; ++j) {
                AllocationView memory allocation = ALLOCATIONS.allocation(operators[i], address(HOOKED), some[j]);
                given += uint256(allocation.active) + allocation.joining + allocation.held;
            }
            risk += (WAD * target * given) / factor;
            scheduled += (WAD * (next == 0 ? target : next) * given) / factor;
        }
    }

    /// @dev An epoch that waits for withdrawals; mostly one that has matured.
    function _unsettled() internal returns (uint256 epoch) {
        uint256 start = live.length == 0 ? 0 : _pick(live.length);
        uint256 any;
        for (uint256 i; i < live.length; ++i) {
            epoch = live[(start + i) % live.length];
            Epoch memory state = QUEUE.epochState(epoch);
            if (state.status == EpochStatus.Final) continue;
            if (clock >= state.maturity) return epoch;
            any = epoch;
        }
        require(any != 0 && _chance(2), NothingToDo());
        return any;
    }

    function _leavingOperator() private returns (address operator) {
        uint256 start = _pick(operators.length);
        for (uint256 i; i < operators.length; ++i) {
            operator = operators[(start + i) % operators.length];
            if (stakes[operator].maturity != 0 && (clock >= stakes[operator].maturity || _chance(4))) return operator;
        }
        revert NothingToDo();
    }
}
