// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Value, Withdrawal, WithdrawalKey} from "../../contracts/types/StakeTypes.sol";
import {SlashStatus} from "../../contracts/types/SlashTypes.sol";
import {RewardLedger} from "./RewardLedger.sol";
import {RewardToken} from "./RewardToken.sol";
import {Plan} from "./World.sol";

/// @title Chance: what every action needs: the time, and choices drawn from the seed that forge gives it.
/// An action that cannot do anything reverts, so that forge's table tells how often each has succeeded.
abstract contract Chance is RewardLedger {
    /// @dev Names one record of a withdrawal.
    struct Key {
        address owner;
        address operator;
        address asset;
        uint48 maturity;
    }

    /// @dev Stands for all stakers: a slash may lower what anybody has.
    address internal constant EVERYBODY = address(type(uint160).max);

    /// @dev One call in as many is compared with what everybody had before it.
    uint256 private constant WORTH_EVERY = 8;

    /// @dev Who alone may be worth less after the present call: for whom it is made.
    address internal acting;

    /// @dev While not 0, where chance looks first, and the second that no action goes beyond.
    address internal focusOperator;
    bytes32 internal focusSet;
    uint256 internal horizon;

    uint256 private _entropy;

    /// @dev What each staker had in one asset before the present call; empty if that is not compared.
    uint256[] private _worth;
    address private _worthAsset;

    /// @dev What each staker had earned of one token before the present call, paid or not; empty if not compared.
    uint256[] private _earned;
    RewardToken private _earnedToken;

    error NothingToDo();

    /// @dev Around every action: the time that the last one left; D5: no operation but a slash lowers the value of
    /// anyone but its caller; and R2: none lowers what anyone has earned.
    modifier action(uint256 seed) {
        VM.warp(clock);
        _entropy = uint256(keccak256(abi.encode(seed, operations)));
        acting = address(0);
        _noteWorth();
        _noteEarned();
        _;
        _checkWorth();
        _checkEarned();
        ++operations;
    }

    constructor(Plan memory plan) RewardLedger(plan) {}

    function _advance(uint256 time) internal {
        require(horizon == 0 || time <= horizon, NothingToDo());
        if (time > clock) {
            // What escapes are tried in is restored.
            if (horizon == 0) _stream(clock, time);
            clock = time;
        }
        VM.warp(clock);
    }

    /// @dev A number below `count`.
    function _pick(uint256 count) internal returns (uint256) {
        _entropy = uint256(keccak256(abi.encode(_entropy)));
        return _entropy % count;
    }

    /// @dev True once in `count` times.
    function _chance(uint256 count) internal returns (bool) {
        return _pick(count) == 0;
    }

    function _staker() internal returns (address) {
        return stakers[_pick(stakers.length)];
    }

    function _operator() internal returns (address) {
        if (horizon != 0 && _chance(2)) return focusOperator;
        return operators[_pick(operators.length)];
    }

    function _asset() internal returns (address) {
        return assets[_pick(assets.length)];
    }

    function _set() internal returns (bytes32) {
        if (horizon != 0 && _chance(2)) return focusSet;
        return sets[_pick(sets.length)];
    }

    /// @dev The owner, or who may act for it.
    function _actorFor(address owner) internal returns (address) {
        acting = owner;
        return _chance(2) ? owner : HELPER;
    }

    /// @dev Some of `max`, which is not 0: often all, or 1.
    function _some(uint256 max) internal returns (uint256) {
        uint256 kind = _pick(8);
        if (kind == 0) return 1;
        if (kind < 3) return max;
        return 1 + _pick(max);
    }

    /// @dev The first record that fits, looked for from a random place on.
    function _record(bool matured) internal returns (Key memory key) {
        uint256 start = _pick(operators.length * assets.length);
        uint256 owner = _pick(stakers.length);
        for (uint256 i; i < operators.length * assets.length; ++i) {
            uint256 at = (start + i) % (operators.length * assets.length);
            key.operator = operators[at % operators.length];
            key.asset = assets[at / operators.length];
            if (_recordOf(key, owner, matured)) return key;
        }
        revert NothingToDo();
    }

    /// @dev A matured record; often one that is about to mature, at its maturity, when liens from before may be open.
    function _maturedRecord() internal returns (Key memory key) {
        if (!_chance(2)) return _record(true);
        key = _record(false);
        if (key.maturity > clock + BUCKET) return _record(true);
        _advance(key.maturity);
    }

    /// @dev A proposal that is still open, looked for from a random one on; or an ended one.
    function _proposal(bool open) internal returns (uint256 id) {
        uint256 count = proposals.length;
        require(count != 0, NothingToDo());
        uint256 start = _pick(count);
        for (uint256 i; i < count; ++i) {
            id = ((start + i) % count) + 1;
            if ((_status(id) == SlashStatus.Proposed) == open) return id;
        }
        revert NothingToDo();
    }

    function _noteWorth() private {
        if (_worth.length != 0) delete _worth;
        if (horizon != 0 || _entropy % WORTH_EVERY != 0) return;
        _worthAsset = assets[(_entropy / WORTH_EVERY) % assets.length];
        for (uint256 i; i < stakers.length; ++i) {
            _worth.push(_worthOf(stakers[i], _worthAsset));
        }
    }

    function _checkWorth() private {
        if (_worth.length == 0 || acting == EVERYBODY) return;
        for (uint256 i; i < stakers.length; ++i) {
            if (stakers[i] == acting) continue;
            bool less = _worthOf(stakers[i], _worthAsset) < _worth[i];
            _expect(!less, "D5: what another one has was lowered by no slash");
        }
    }

    function _noteEarned() private {
        if (_earned.length != 0) delete _earned;
        if (horizon != 0 || _entropy % WORTH_EVERY != 1) return;
        _earnedToken = rewardTokens[(_entropy / WORTH_EVERY) % rewardTokens.length];
        for (uint256 i; i < stakers.length; ++i) {
            _earned.push(_earnedBy(stakers[i], _earnedToken));
        }
    }

    function _checkEarned() private {
        if (_earned.length == 0) return;
        VM.warp(clock);
        for (uint256 i; i < stakers.length; ++i) {
            bool less = _earnedBy(stakers[i], _earnedToken) < _earned[i];
            _expect(!less, "R2: what somebody has earned fell");
        }
    }

    /// @dev What a staker has earned of a token in all pools, paid or not.
    function _earnedBy(address staker, RewardToken token) private view returns (uint256 sum) {
        for (uint256 i; i < places.length; ++i) {
            Place storage place = places[i];
            if (place.token == token && place.stretches != 0) sum += place.claimed[staker] + _claimable(place, staker);
        }
    }

    /// @dev What a staker has in an asset, net of open liens.
    function _worthOf(address staker, address asset) private view returns (uint256 worth) {
        worth = STAKE.undelegated(staker, asset);
        Value[] memory values = STAKE.positionValues(staker, asset, operators);
        for (uint256 i; i < values.length; ++i) {
            worth += values[i].net;
            WithdrawalKey[] memory keys = _keysOf(operators[i], asset);
            if (keys.length == 0) continue;
            Value[] memory more = STAKE.withdrawalValues(staker, asset, keys);
            for (uint256 j; j < more.length; ++j) {
                worth += more[j].net;
            }
        }
    }

    /// @dev All maturities of a pool of which something may be claimed.
    function _keysOf(address operator, address asset) internal view returns (WithdrawalKey[] memory keys) {
        uint48[] storage list = maturities[operator][asset];
        keys = new WithdrawalKey[](list.length);
        for (uint256 i; i < keys.length; ++i) {
            keys[i] = WithdrawalKey({operator: operator, maturity: list[i]});
        }
    }

    function _recordOf(Key memory key, uint256 owner, bool matured) private returns (bool) {
        uint48[] storage list = maturities[key.operator][key.asset];
        if (list.length == 0) return false;
        uint256 start = _pick(list.length);
        for (uint256 i; i < list.length; ++i) {
            key.maturity = list[(start + i) % list.length];
            if ((clock >= key.maturity) != matured) continue;
            for (uint256 j; j < stakers.length; ++j) {
                key.owner = stakers[(owner + j) % stakers.length];
                if (queued[key.operator][key.asset][key.maturity][key.owner].shares != 0) return true;
            }
        }
        return false;
    }

    /// @dev Whether the core has a record as the ledger has it.
    function _recordFits(address operator, address asset, uint48 maturity, address owner) internal view returns (bool) {
        Withdrawal memory record = STAKE.withdrawal(owner, operator, asset, maturity);
        Queued memory expected = queued[operator][asset][maturity][owner];
        return record.shares == expected.shares && record.paid == expected.paid;
    }
}
