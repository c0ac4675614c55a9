// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IAllocationManager} from "../interfaces/IAllocationManager.sol";
import {IRewards} from "../interfaces/IRewards.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";
import {IStakeManager} from "../interfaces/IStakeManager.sol";
import {AllocationView, OperatorSetTerms, Registration} from "../types/AllocationTypes.sol";
import {PoolKey, RewardToken, StreamKey} from "../types/RewardTypes.sol";
import {PoolRisk, SetStake, SlashState} from "../types/SlashTypes.sol";
import {Bucket, PoolView, Value, Withdrawal, WithdrawalKey} from "../types/StakeTypes.sol";

/// @title ModelLens
/// @notice Reads what can be observed of the core in one call, as a list of words, for the tests that compare it with
/// the reference model. It uses the public views only, and holds no logic of its own.
contract ModelLens {
    /// @notice Whom and what the lens looks at.
    struct Scope {
        ISlasher slasher;
        IRewards distributor;
        address[] assets;
        address[] operators;
        address[] owners;
        address[] holders;
        address[] recipients;
        address[] coins;
        address[] payees;
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

    /// @notice Reads what is asked for; always where shares queued now mature, and how many slashes there were.
    /// @param questions Twelve lists:
    /// 0 places of owners: whom they let act;
    /// 1 places of assets: who has how much of them;
    /// 2 pools, as 8 bits each for the places of operator and asset;
    /// 3 keys of operator sets: who acts for them;
    /// 4 keys of operator sets, each followed by the place of an operator: what it has given to the set;
    /// 5 the same: what that comes to in assets;
    /// 6 withdrawals, as maturity, then 8 bits each for the places of owner, operator and asset;
    /// 7 ids of slashes;
    /// 8 places of payees: whom they let claim;
    /// 9 places of coins: who has how much of them, and is due commission;
    /// 10 pools, as before: their commission, what streams into them, and who could claim how much of it;
    /// 11 ended streams, as end, then 8 bits each for the places of AVS (a payee), operator, asset and coin.
    function observe(uint256[][] calldata questions) external view returns (uint256[] memory) {
        Scope memory scope = _scope;
        Words memory words = Words(new uint256[](MAX_WORDS), 0);
        _push(words, STAKE.currentMaturity());
        _push(words, scope.slasher.slashCount());
        for (uint256 kind = 0; kind < questions.length; kind++) {
            uint256[] calldata asked = questions[kind];
            bool isPair = kind == 4 || kind == 5;
            for (uint256 i = 0; i < asked.length; i += isPair ? 2 : 1) {
                _answer(words, scope, kind, asked[i], isPair ? asked[i + 1] : 0);
            }
        }
        return _cut(words);
    }

    function _answer(Words memory words, Scope memory scope, uint256 kind, uint256 asked, uint256 place) private view {
        if (kind == 0) _readConsents(words, scope, scope.owners[asked]);
        else if (kind == 1) _readAsset(words, scope, scope.assets[asked]);
        else if (kind == 2) _readPool(words, scope, asked);
        else if (kind == 3) _readSet(words, bytes32(asked));
        else if (kind == 4) _readMember(words, scope, bytes32(asked), place);
        else if (kind == 5) _readStakes(words, scope, bytes32(asked), place);
        else if (kind == 6) _readWithdrawal(words, scope, asked);
        else if (kind == 7) _readSlash(words, scope, asked);
        else if (kind == 8) _readClaimants(words, scope, scope.payees[asked]);
        else if (kind == 9) _readCoin(words, scope, scope.coins[asked]);
        else if (kind == 10) _readRewards(words, scope, asked);
        else _readEnd(words, scope, asked);
    }

    function _readConsents(Words memory words, Scope memory scope, address owner) private view {
        for (uint256 i = 0; i < scope.owners.length; i++) _pushFlag(words, STAKE.isApproved(owner, scope.owners[i]));
    }

    function _readAsset(Words memory words, Scope memory scope, address asset) private view {
        _push(words, IERC20(asset).balanceOf(address(STAKE)));
        _push(words, scope.slasher.slashEventCount(asset));
        for (uint256 i = 0; i < scope.holders.length; i++) _push(words, IERC20(asset).balanceOf(scope.holders[i]));
        for (uint256 i = 0; i < scope.owners.length; i++) _push(words, STAKE.undelegated(scope.owners[i], asset));
        for (uint256 i = 0; i < scope.recipients.length; i++) _push(words, STAKE.proceeds(scope.recipients[i], asset));
    }

    function _readPool(Words memory words, Scope memory scope, uint256 packed) private view {
        address[] memory operators = _only(scope.operators[uint8(packed >> 8)]);
        address asset = scope.assets[uint8(packed)];
        PoolView memory pool = STAKE.pool(operators[0], asset);
        _push(words, pool.shares);
        _push(words, pool.factor);
        _push(words, pool.liened);
        _pushFlag(words, pool.open);
        _push(words, uint160(pool.approver));
        _pushFlag(words, STAKE.isEntryOpen(operators[0], asset));
        _push(words, STAKE.slashableShares(operators[0], asset));
        _push(words, ALLOCATION.freeMagnitude(operators[0], asset));
        _readRisk(words, scope.slasher.poolRisks(asset, operators)[0]);
        for (uint256 i = 0; i < scope.owners.length; i++) {
            _push(words, STAKE.sharesOf(operators[0], asset, scope.owners[i]));
            _readValues(words, STAKE.positionValues(scope.owners[i], asset, operators));
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

    function _readSet(Words memory words, bytes32 set) private view {
        OperatorSetTerms memory terms = ALLOCATION.operatorSetTerms(set);
        _push(words, uint160(terms.slasher));
        _push(words, uint160(terms.resolver));
        (address slasher, uint48 slasherAt, address resolver, uint48 resolverAt) = ALLOCATION.scheduledRoles(set);
        _push(words, uint160(slasher));
        _push(words, slasherAt);
        _push(words, uint160(resolver));
        _push(words, resolverAt);
    }

    /// @dev Reads the allocation of every asset, of those that the set does not accept, too.
    function _readMember(Words memory words, Scope memory scope, bytes32 set, uint256 place) private view {
        address operator = scope.operators[place];
        Registration memory registration = ALLOCATION.registration(operator, set);
        _push(words, registration.epoch);
        _push(words, registration.until);
        _pushFlag(words, ALLOCATION.isRegistered(operator, set));
        (uint64 remaining, uint48 periodEnd) = ALLOCATION.slashBudget(operator, set);
        _push(words, remaining);
        _push(words, periodEnd);
        for (uint256 i = 0; i < scope.assets.length; i++) {
            _readAllocation(words, ALLOCATION.allocation(operator, scope.assets[i], set));
        }
    }

    function _readStakes(Words memory words, Scope memory scope, bytes32 set, uint256 place) private view {
        (, SetStake[][] memory stakes) = scope.slasher.setStakes(set, _only(scope.operators[place]));
        for (uint256 i = 0; i < stakes[0].length; i++) {
            _push(words, stakes[0][i].securing);
            _push(words, stakes[0][i].slashable);
            _readAllocation(words, stakes[0][i].allocation);
        }
    }

    function _readAllocation(Words memory words, AllocationView memory allocation) private pure {
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

    function _readClaimants(Words memory words, Scope memory scope, address payee) private view {
        for (uint256 i = 0; i < scope.payees.length; i++) {
            _pushFlag(words, scope.distributor.isApproved(payee, scope.payees[i]));
        }
    }

    function _readCoin(Words memory words, Scope memory scope, address coin) private view {
        _push(words, IERC20(coin).balanceOf(address(scope.distributor)));
        for (uint256 i = 0; i < scope.payees.length; i++) _push(words, IERC20(coin).balanceOf(scope.payees[i]));
        for (uint256 i = 0; i < scope.operators.length; i++) {
            _push(words, scope.distributor.commissionOf(scope.operators[i], coin));
        }
    }

    function _readRewards(Words memory words, Scope memory scope, uint256 packed) private view {
        IRewards distributor = scope.distributor;
        PoolKey[] memory pools = new PoolKey[](1);
        pools[0] = PoolKey(scope.operators[uint8(packed >> 8)], scope.assets[uint8(packed)]);
        (uint256 bps, uint256 nextBps, uint48 nextAt) = distributor.commission(pools[0].operator, pools[0].asset);
        _push(words, bps);
        _push(words, nextBps);
        _push(words, nextAt);
        RewardToken[] memory tokens = distributor.rewardTokens(pools[0].operator, pools[0].asset);
        for (uint256 i = 0; i < tokens.length; i++) {
            _push(words, uint160(tokens[i].token));
            _push(words, tokens[i].inUseAt);
            _push(words, (1 << tokens[i].limitBits) - 1 - tokens[i].funded);
            _push(words, tokens[i].rate);
            _push(words, tokens[i].accumulated);
            for (uint256 j = 0; j < scope.owners.length; j++) {
                _push(words, distributor.claimable(scope.owners[j], tokens[i].token, pools));
            }
        }
    }

    function _readEnd(Words memory words, Scope memory scope, uint256 packed) private view {
        StreamKey[] memory keys = new StreamKey[](1);
        keys[0] = StreamKey({
            operator: scope.operators[uint8(packed >> 16)],
            asset: scope.assets[uint8(packed >> 8)],
            endsAt: uint48(packed >> 32)
        });
        address avs = scope.payees[uint8(packed >> 24)];
        _push(words, scope.distributor.reclaimable(avs, scope.coins[uint8(packed)], keys));
    }

    function _push(Words memory words, uint256 word) private pure {
        words.items[words.count++] = word;
    }

    function _only(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
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
