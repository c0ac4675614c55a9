// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {PoolKey, RewardEntry, RewardKind, StreamKey} from "../../contracts/types/RewardTypes.sol";
import {RewardToken} from "./RewardToken.sol";
import {Twins} from "./Twins.sol";
import {Plan} from "./World.sol";

/// @title RewardActions: what is paid for stake: what operators announce, AVSs fund, and everybody claims; and what reward
/// tokens and strangers try.
abstract contract RewardActions is Twins {
    uint256 private constant MAX_ENTRIES = 3;

    constructor(Plan memory plan) Twins(plan) {
        for (uint256 i; i < rewardTokens.length; ++i) {
            VM.prank(AVS);
            rewardTokens[i].approve(address(REWARDS), type(uint256).max);
            VM.prank(operators[0]);
            rewardTokens[i].approve(address(REWARDS), type(uint256).max);
            // One staker lets every token claim for it.
            VM.prank(stakers[0]);
            REWARDS.setApproval(address(rewardTokens[i]), true);
        }
        for (uint256 i; i < stakers.length; ++i) {
            VM.prank(stakers[i]);
            REWARDS.setApproval(HELPER, true);
        }
    }

    // ----------------------------------------------------------------- operators

    function announceRewardToken(uint256 seed) external action(seed) {
        (address operator, address asset, RewardToken token) = (_operator(), _asset(), _rewardToken());
        for (uint256 i; i < places.length; ++i) {
            Place storage place = places[i];
            bool taken = place.operator == operator && place.asset == asset && place.token == token;
            require(!taken, NothingToDo());
        }
        _announce(operator, asset, token);
        _expect(places[places.length - 1].inUseAt == clock + NOTICE, "V2: a reward token in use before NOTICE");
    }

    /// @dev R4: a commission above the cap is refused; a raise is in force NOTICE later, and none changes what was earned.
    function setCommission(uint256 seed) external action(seed) {
        (address operator, address asset, uint256 bps) = (_operator(), _asset(), _pick(MAX_COMMISSION + 1));
        uint256 earned = _earnedHash();
        if (_chance(4)) {
            VM.prank(operator);
            bytes memory data = abi.encodeCall(REWARDS.setCommission, (asset, MAX_COMMISSION + 1 + bps));
            (bool above, ) = address(REWARDS).call(data);
            _expect(!above, "R4: a commission above the cap");
        }
        bool raise = bps > _expectedCommission(operator, asset);
        uint256 effectAt = _orderCommission(operator, asset, bps);
        _expect(effectAt == (raise ? clock + NOTICE : clock), "R4: when a commission is in force");
        _expect(_earnedHash() == earned, "R4: a commission changed what was earned");
    }

    /// @dev R2, R4: what was taken of fundings is paid once.
    function claimCommission(uint256 seed) external action(seed) {
        (address operator, RewardToken token) = _commissioned();
        uint256 due = commissionDue[operator][token];
        VM.prank(operator);
        try REWARDS.claimCommission(operator, address(token), operator) returns (uint256 paid) {
            _expect(paid == due, "R4: a commission that is paid");
            commissionDue[operator][token] = 0;
            rewardsOut[token] += due;
            VM.prank(operator);
            _expect(REWARDS.claimCommission(operator, address(token), operator) == 0, "R2: a commission paid twice");
        } catch {
            _mustBeMoody(token);
        }
    }

    // ------------------------------------------------------------------ services

    /// @dev R1: a funding that does not deliver its sum is refused.
    function fundRewards(uint256 seed) external action(seed) {
        bytes32 operatorSet = _set();
        address avs = avsOf[operatorSet];
        RewardToken token = _rewardToken();
        uint256[] memory list = _placesOf(token, places.length, true);
        uint256[] memory chosen = new uint256[](1 + _pick(MAX_ENTRIES));
        RewardEntry[] memory entries = new RewardEntry[](chosen.length);
        for (uint256 i; i < chosen.length; ++i) {
            chosen[i] = list[_pick(list.length)];
            entries[i] = _entry(places[chosen[i]]);
            token.mint(avs, entries[i].amount);
        }
        _fund(operatorSet, avs, token, _duration(), entries, chosen);
    }

    /// @dev R1, R2: what streamed to nobody goes back to who funded it, exactly, once, and not before its end.
    function reclaimRewards(uint256 seed) external action(seed) {
        (Place storage place, address avs, uint256 until) = _funded();
        StreamKey[] memory keys = new StreamKey[](1 + _pick(2));
        for (uint256 i; i < keys.length; ++i) {
            keys[i] = StreamKey(place.operator, place.asset, uint48(until));
        }
        address token = address(place.token);
        if (clock < until) {
            VM.prank(avs);
            (bool early, ) = address(REWARDS).call(abi.encodeCall(REWARDS.reclaim, (avs, token, keys, avs)));
            _expect(!early, "R1: reclaimed before the end");
            return;
        }
        uint256 due = _expectedUnearned(place, avs, until);
        VM.prank(avs);
        try REWARDS.reclaim(avs, token, keys, avs) returns (uint256 paid) {
            _expect(paid == due, "R1: what streamed to nobody");
            rewardsOut[place.token] += due;
            for (uint256 i; i < place.fundings.length; ++i) {
                Funded storage funding = place.fundings[i];
                if (funding.avs == avs && funding.until == until) funding.reclaimed = true;
            }
            VM.prank(avs);
            _expect(REWARDS.reclaim(avs, token, keys, avs) == 0, "R2: reclaimed twice");
        } catch {
            _mustBeMoody(place.token);
        }
    }

    // ------------------------------------------------------------------- stakers

    /// @dev R2: a claim pays what is claimable, of a pool that is named twice, too, and once, whatever the token calls.
    function claimRewards(uint256 seed) external action(seed) {
        RewardToken token = _rewardToken();
        (address staker, address token_) = (_staker(), address(token));
        uint256[] memory chosen = _announced(token);
        PoolKey[] memory pools = _poolsOf(chosen, _pick(2));
        (uint256[] memory due, uint256 sum) = _dues(chosen, staker);
        (uint256[] memory callersDue, uint256 callersSum) = _dues(chosen, stakers[0]);
        // The token may call back before it pays, for who has approved it.
        if (_chance(2)) token.arm(abi.encodeCall(REWARDS.claim, (stakers[0], token_, pools, token_)));
        uint256 held = token.holdings(RECIPIENT);
        VM.prank(_chance(2) ? staker : HELPER);
        try REWARDS.claim(staker, token_, pools, RECIPIENT) returns (uint256 paid) {
            uint256 answer = token.answer();
            _expect(answer == 0 || (staker != stakers[0] && answer == callersSum), "R2: paid again to a token's call");
            _expect(paid == sum && token.holdings(RECIPIENT) == held + sum, "R2: a claim pays what is claimable");
            rewardsOut[token] += sum + answer;
            _noteClaimed(chosen, staker, due);
            if (answer != 0) _noteClaimed(chosen, stakers[0], callersDue);
            VM.prank(staker);
            _expect(REWARDS.claim(staker, token_, pools, RECIPIENT) == 0, "R2: claimed twice");
            token.arm("");
        } catch {
            _mustBeMoody(token);
        }
    }

    /// @dev All leave a pool in which something streams.
    function emptyPool(uint256 seed) external action(seed) {
        require(_chance(3), NothingToDo());
        uint256 start = _pick(places.length);
        for (uint256 i; i < places.length; ++i) {
            Place storage place = places[(start + i) % places.length];
            if (clock >= place.until) continue;
            for (uint256 j; j < stakers.length; ++j) {
                uint256 shares = STAKE.sharesOf(place.operator, place.asset, stakers[j]);
                if (shares != 0) _queueShares(stakers[j], place.operator, place.asset, shares, stakers[j]);
            }
            acting = EVERYBODY;
            return;
        }
        revert NothingToDo();
    }

    // ----------------------------------------------------------------- hostility

    function changeRewardToken(uint256 seed) external action(seed) {
        _rewardToken().setMood(_chance(2) ? RewardToken.Mood.Honest : RewardToken.Mood(_pick(5)));
    }

    /// @dev R5: what is done with stake is done whether reward tokens answer or refuse.
    function twinTokens(uint256 seed) external action(seed) {
        require(_chance(2), NothingToDo());
        Step memory step = _stakeStep(_operator());
        if (_chance(2)) {
            (step.actor, step.target) = (_staker(), address(STAKE));
            step.data = abi.encodeCall(
                STAKE.deposit,
                (_operator(), _asset(), 2 + _pick(1e18), step.actor, 0, _noApproval())
            );
        }
        uint256 state = VM.snapshotState();
        bool done = _playIn(RewardToken.Mood.Honest, step);
        VM.revertToState(state);
        bool doneAlso = _playIn(RewardToken.Mood.Refuses, step);
        VM.revertToStateAndDelete(state);
        require(done || doneAlso, NothingToDo());
        _expect(done == doneAlso, "R5: a reward token decides over stake");
    }

    /// @dev A stranger tries what is for others only.
    function intrudeRewards(uint256 seed) external action(seed) {
        Place storage place = places[_pick(places.length)];
        (address token, address victim) = (address(place.token), _staker());
        PoolKey[] memory pools = new PoolKey[](1);
        pools[0] = PoolKey(place.operator, place.asset);
        StreamKey[] memory keys = new StreamKey[](0);
        RewardEntry[] memory entries = new RewardEntry[](1);
        entries[0] = RewardEntry(place.operator, place.asset, 1e18);
        _mustRefuseStranger(abi.encodeCall(REWARDS.claim, (victim, token, pools, STRANGER)));
        _mustRefuseStranger(abi.encodeCall(REWARDS.claimCommission, (place.operator, token, STRANGER)));
        _mustRefuseStranger(abi.encodeCall(REWARDS.reclaim, (AVS, token, keys, STRANGER)));
        _mustRefuseStranger(abi.encodeCall(REWARDS.fund, (_set(), token, RewardKind.Fee, BUCKET, entries)));
        _mustRefuseStranger(
            abi.encodeCall(REWARDS.onSharesChange, (place.operator, place.asset, STRANGER, 1 << 119, 1 << 119))
        );
    }

    // ------------------------------------------------------------------ internal

    /// @dev All that anybody can still get is got; what is left was rounded down.
    function _collectRewards() internal {
        _advance(clock + 16 * BUCKET);
        for (uint256 i; i < places.length; ++i) {
            Place storage place = places[i];
            (address operator, RewardToken token) = (place.operator, place.token);
            PoolKey[] memory pools = new PoolKey[](1);
            pools[0] = PoolKey(operator, place.asset);
            for (uint256 j; j < stakers.length; ++j) {
                VM.prank(stakers[j]);
                uint256 paid = REWARDS.claim(stakers[j], address(token), pools, RECIPIENT);
                place.claimed[stakers[j]] += paid;
                rewardsOut[token] += paid;
            }
            _reclaimAll(place);
            VM.prank(operator);
            rewardsOut[token] += REWARDS.claimCommission(operator, address(token), RECIPIENT);
            commissionDue[operator][token] = 0;
        }
    }

    function _setMoods(RewardToken.Mood mood) internal {
        for (uint256 i; i < rewardTokens.length; ++i) {
            rewardTokens[i].setMood(mood);
        }
    }

    function _reclaimAll(Place storage place) private {
        StreamKey[] memory keys = new StreamKey[](1);
        for (uint256 i; i < place.fundings.length; ++i) {
            Funded storage funding = place.fundings[i];
            keys[0] = StreamKey(place.operator, place.asset, funding.until);
            uint256 due = _expectedUnearned(place, funding.avs, funding.until);
            VM.prank(funding.avs);
            uint256 paid = REWARDS.reclaim(funding.avs, address(place.token), keys, RECIPIENT);
            _expect(paid == due, "R1: what streamed to nobody");
            rewardsOut[place.token] += paid;
            for (uint256 j = i; j < place.fundings.length; ++j) {
                Funded storage other = place.fundings[j];
                if (other.avs == funding.avs && other.until == funding.until) other.reclaimed = true;
            }
        }
    }

    /// @dev Often the shortest, or whole buckets.
    function _duration() private returns (uint256) {
        if (_chance(2)) return BUCKET;
        return _chance(3) ? (1 + _pick(15)) * BUCKET : BUCKET + _pick(14 * BUCKET + 1);
    }

    /// @dev Once in a while all that the place can take.
    function _entry(Place storage place) private returns (RewardEntry memory) {
        uint256 amount = 1 + _pick(10 ** (uint256(place.token.decimals()) + _pick(8)));
        uint256 left = (1 << _limitBits(place)) - 1 - place.funded;
        if (amount > left || _chance(32)) amount = left;
        return RewardEntry(place.operator, place.asset, amount);
    }

    function _fund(
        bytes32 operatorSet,
        address avs,
        RewardToken token,
        uint256 duration,
        RewardEntry[] memory entries,
        uint256[] memory chosen
    ) private {
        uint256 until = ((clock + duration + BUCKET - 1) / BUCKET) * BUCKET;
        VM.prank(avs);
        uint256 endsAt = REWARDS.fund(operatorSet, address(token), RewardKind.Emission, duration, entries);
        _expect(token.mood() != RewardToken.Mood.KeepsFee, "R1: a funding that did not deliver its sum");
        _expect(endsAt == until, "R1: the end of a funding");
        for (uint256 i; i < entries.length; ++i) {
            _noteFunded(places[chosen[i]], avs, entries[i].amount, until);
        }
    }

    function _noteClaimed(uint256[] memory chosen, address staker, uint256[] memory due) private {
        for (uint256 i; i < chosen.length; ++i) {
            places[chosen[i]].claimed[staker] += due[i];
        }
    }

    /// @dev What a staker can claim of each of some places.
    function _dues(uint256[] memory chosen, address staker) private view returns (uint256[] memory due, uint256 sum) {
        due = new uint256[](chosen.length);
        for (uint256 i; i < chosen.length; ++i) {
            due[i] = _claimable(places[chosen[i]], staker);
            sum += due[i];
        }
    }

    /// @dev Some of the places of a token, or all.
    function _announced(RewardToken token) private returns (uint256[] memory) {
        uint256 skip = _pick(3);
        return _placesOf(token, skip == 0 ? places.length : _pick(places.length), false);
    }

    /// @dev The places of a token but for one, or those of them that can be funded.
    function _placesOf(RewardToken token, uint256 but, bool fundable) private view returns (uint256[] memory list) {
        uint256[] memory all = new uint256[](places.length);
        uint256 count;
        for (uint256 i; i < all.length; ++i) {
            Place storage place = places[i];
            if (i == but || place.token != token) continue;
            bool pays = clock >= place.inUseAt && STAKE.pool(place.operator, place.asset).shares != 0;
            if (pays || !fundable) all[count++] = i;
        }
        require(count != 0, NothingToDo());
        list = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            list[i] = all[i];
        }
    }

    /// @dev The pools of some places, the last of them again as often as told.
    function _poolsOf(uint256[] memory chosen, uint256 again) private view returns (PoolKey[] memory pools) {
        pools = new PoolKey[](chosen.length + again);
        for (uint256 i; i < pools.length; ++i) {
            Place storage place = places[chosen[i < chosen.length ? i : chosen.length - 1]];
            pools[i] = PoolKey(place.operator, place.asset);
        }
    }

    /// @dev An operator with commission in a token.
    function _commissioned() private returns (address operator, RewardToken token) {
        uint256 count = operators.length * rewardTokens.length;
        uint256 start = _pick(count);
        for (uint256 i; i < count; ++i) {
            uint256 at = (start + i) % count;
            (operator, token) = (operators[at % operators.length], rewardTokens[at / operators.length]);
            if (commissionDue[operator][token] != 0) return (operator, token);
        }
        revert NothingToDo();
    }

    /// @dev A funding that was not reclaimed: mostly one that has ended, and of which something streamed to nobody.
    function _funded() private returns (Place storage place, address avs, uint256 until) {
        (uint256 start, bool ended) = (_pick(places.length), !_chance(8));
        for (uint256 i; i < places.length; ++i) {
            place = places[(start + i) % places.length];
            for (uint256 j; j < place.fundings.length; ++j) {
                Funded storage funding = place.fundings[j];
                // One that ends soon is waited for.
                uint256 soon = ended ? clock + 2 * BUCKET : clock;
                if (funding.reclaimed || (soon >= funding.until) != ended) continue;
                if (funding.unearned == 0 && !_chance(16)) continue;
                if (ended) _advance(funding.until);
                return (place, funding.avs, funding.until);
            }
        }
        revert NothingToDo();
    }

    /// @dev Everything that anybody has earned, as a number.
    function _earnedHash() private view returns (uint256 hash) {
        for (uint256 i; i < places.length; ++i) {
            for (uint256 j; j < stakers.length; ++j) {
                hash = uint256(keccak256(abi.encode(hash, _claimable(places[i], stakers[j]))));
            }
        }
    }

    function _playIn(RewardToken.Mood mood, Step memory step) private returns (bool done) {
        _setMoods(mood);
        VM.prank(step.actor);
        (done, ) = step.target.call(step.data);
    }

    function _mustRefuseStranger(bytes memory data) private {
        VM.prank(STRANGER);
        (bool succeeded, ) = address(REWARDS).call(data);
        _expect(!succeeded, "V1: a stranger did with rewards what is not for strangers");
    }

    /// @dev A payment is refused by its token only.
    function _mustBeMoody(RewardToken token) private {
        RewardToken.Mood mood = token.mood();
        require(mood == RewardToken.Mood.Honest || mood == RewardToken.Mood.KeepsFee, NothingToDo());
        _violate("R2: a payment was refused");
    }

    function _rewardToken() private returns (RewardToken) {
        return rewardTokens[_pick(rewardTokens.length)];
    }
}
