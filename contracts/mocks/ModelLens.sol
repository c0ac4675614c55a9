// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IAllocationManager} from "../interfaces/IAllocationManager.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";
import {IStakeManager} from "../interfaces/IStakeManager.sol";
import {AllocationView, OperatorSetTerms, Registration} from "../types/AllocationTypes.sol";
import {PoolRisk, SetStake, SlashState} from "../types/SlashTypes.sol";
import {Bucket, PoolView, Value, Withdrawal, WithdrawalKey} from "../types/StakeTypes.sol";

/// @title ModelLens
/// @notice Reads all that can be observed of the core in one call, as a list of words, for the tests that compare it with
/// the reference model. It uses the public views only, and holds no logic of its own.
contract ModelLens {
    /// @notice Whom and what the lens looks at.
    struct Scope {
        ISlasher slasher;
        address[] assets;
        address[] operators;
        address[] owners;
        address[] agents;
        address[] holders;
        address[] recipients;
    }

    struct Words {
        uint256[] items;
        uint256 count;
    }

    uint256 private constant MAX_WORDS = 4096;

    IStakeManager private immutable STAKE;
    IAllocationManager private immutable ALLOCATION;

    Scope private _scope;

    constructor(Scope memory scope) {
        _scope = scope;
        STAKE = scope.slasher.STAKE_MANAGER();
        ALLOCATION = scope.slasher.ALLOCATION_MANAGER();
    }

    /// @notice Reads everything.
    /// @param sets Keys of the operator sets.
    /// @param withdrawals Withdrawals: maturity, then 8 bits each for the places of owner, operator and asset.
    /// @param slashes Ids of slashes.
    function observe(
        bytes32[] calldata sets,
        uint256[] calldata withdrawals,
        uint256[] calldata slashes
    ) external view returns (uint256[] memory) {
        Scope memory scope = _scope;
        Words memory words = Words(new uint256[](MAX_WORDS), 0);
        _readConsents(words, scope);
        for (uint256 i = 0; i < scope.assets.length; i++) _readAsset(words, scope, scope.assets[i]);
        for (uint256 i = 0; i < sets.length; i++) _readSet(words, scope, sets[i]);
        for (uint256 i = 0; i < withdrawals.length; i++) _readWithdrawal(words, scope, withdrawals[i]);
        _push(words, scope.slasher.slashCount());
        for (uint256 i = 0; i < slashes.length; i++) _readSlash(words, scope, slashes[i]);
        return _cut(words);
    }

    function _readConsents(Words memory words, Scope memory scope) private view {
        for (uint256 i = 0; i < scope.owners.length; i++) {
            for (uint256 j = 0; j < scope.agents.length; j++) {
                _pushFlag(words, STAKE.isApproved(scope.owners[i], scope.agents[j]));
            }
        }
        _push(words, STAKE.currentMaturity());
    }

    function _readAsset(Words memory words, Scope memory scope, address asset) private view {
        _push(words, IERC20(asset).balanceOf(address(STAKE)));
        _push(words, scope.slasher.slashEventCount(asset));
        for (uint256 i = 0; i < scope.holders.length; i++) _push(words, IERC20(asset).balanceOf(scope.holders[i]));
        for (uint256 i = 0; i < scope.owners.length; i++) _push(words, STAKE.undelegated(scope.owners[i], asset));
        for (uint256 i = 0; i < scope.recipients.length; i++) _push(words, STAKE.proceeds(scope.recipients[i], asset));
        PoolRisk[] memory risks = scope.slasher.poolRisks(asset, scope.operators);
        for (uint256 i = 0; i < risks.length; i++) {
            _readPool(words, scope, scope.operators[i], asset);
            _readRisk(words, risks[i]);
        }
        for (uint256 i = 0; i < scope.owners.length; i++) {
            _readValues(words, STAKE.positionValues(scope.owners[i], asset, scope.operators));
        }
    }

    function _readPool(Words memory words, Scope memory scope, address operator, address asset) private view {
        PoolView memory pool = STAKE.pool(operator, asset);
        _push(words, pool.shares);
        _push(words, pool.factor);
        _push(words, pool.liened);
        _pushFlag(words, pool.open);
        _push(words, uint160(pool.approver));
        _pushFlag(words, STAKE.isEntryOpen(operator, asset));
        _push(words, STAKE.slashableShares(operator, asset));
        _push(words, ALLOCATION.freeMagnitude(operator, asset));
        for (uint256 i = 0; i < scope.owners.length; i++) {
            _push(words, STAKE.sharesOf(operator, asset, scope.owners[i]));
        }
    }

    function _readRisk(Words memory words, PoolRisk memory risk) private pure {
        _push(words, risk.shares);
        _push(words, risk.slashableShares);
        _push(words, risk.factor);
        _push(words, risk.liened);
        _push(words, risk.free);
        _push(words, risk.worstCase);
        _push(words, risk.worstCaseAssets);
    }

    function _readSet(Words memory words, Scope memory scope, bytes32 set) private view {
        OperatorSetTerms memory terms = ALLOCATION.operatorSetTerms(set);
        _push(words, uint160(terms.slasher));
        _push(words, uint160(terms.resolver));
        (address slasher, uint48 slasherAt, address resolver, uint48 resolverAt) = ALLOCATION.scheduledRoles(set);
        _push(words, uint160(slasher));
        _push(words, slasherAt);
        _push(words, uint160(resolver));
        _push(words, resolverAt);
        (, SetStake[][] memory stakes) = scope.slasher.setStakes(set, scope.operators);
        for (uint256 i = 0; i < scope.operators.length; i++) {
            _readRegistration(words, scope.operators[i], set);
            for (uint256 j = 0; j < stakes[i].length; j++) _readStake(words, stakes[i][j]);
        }
    }

    function _readRegistration(Words memory words, address operator, bytes32 set) private view {
        Registration memory registration = ALLOCATION.registration(operator, set);
        _push(words, registration.epoch);
        _push(words, registration.until);
        _pushFlag(words, ALLOCATION.isRegistered(operator, set));
        (uint64 remaining, uint48 periodEnd) = ALLOCATION.slashBudget(operator, set);
        _push(words, remaining);
        _push(words, periodEnd);
    }

    function _readStake(Words memory words, SetStake memory stake) private pure {
        _push(words, stake.securing);
        _push(words, stake.slashable);
        AllocationView memory allocation = stake.allocation;
        _push(words, allocation.active);
        _push(words, allocation.leaving);
        _push(words, allocation.joining);
        _push(words, allocation.held);
        _push(words, allocation.pendingAt);
        _push(words, allocation.until);
    }

    function _readWithdrawal(Words memory words, Scope memory scope, uint256 packed) private view {
        address owner = scope.owners[uint8(packed >> 16)];
        address operator = scope.operators[uint8(packed >> 8)];
        address asset = scope.assets[uint8(packed)];
        uint48 maturity = uint48(packed >> 24);
        Withdrawal memory withdrawal = STAKE.withdrawal(owner, operator, asset, maturity);
        _push(words, withdrawal.shares);
        _push(words, withdrawal.paid);
        WithdrawalKey[] memory keys = new WithdrawalKey[](1);
        keys[0] = WithdrawalKey(operator, maturity);
        _readValues(words, STAKE.withdrawalValues(owner, asset, keys));
        Bucket memory bucket = STAKE.bucket(operator, asset, maturity);
        _push(words, bucket.shares);
        _push(words, bucket.rate);
    }

    function _readValues(Words memory words, Value[] memory values) private pure {
        for (uint256 i = 0; i < values.length; i++) {
            _push(words, values[i].gross);
            _push(words, values[i].net);
        }
    }

    function _readSlash(Words memory words, Scope memory scope, uint256 id) private view {
        SlashState memory state = scope.slasher.slashState(id);
        _push(words, uint256(bytes32(state.recordHash)) >> 56);
        _push(words, uint256(state.status));
        _push(words, state.endedAt);
    }

    function _push(Words memory words, uint256 word) private pure {
        words.items[words.count++] = word;
    }

    function _pushFlag(Words memory words, bool flag) private pure {
        _push(words, flag ? 1 : 0);
    }

    /// @dev Returns the words that were written, without the room behind them.
    function _cut(Words memory words) private pure returns (uint256[] memory items) {
        items = words.items;
        uint256 count = words.count;
        assembly ("memory-safe") {
            mstore(items, count)
        }
    }
}
