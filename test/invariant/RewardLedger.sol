// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {PoolKey} from "../../contracts/types/RewardTypes.sol";
import {Ledger} from "./Ledger.sol";
import {RewardToken} from "./RewardToken.sol";
import {Plan} from "./World.sol";

/// @title RewardLedger: what has been funded and ordered, and what follows from it: of every funding its rate, and of every
/// stretch of time between two calls what it gives each staker for its shares, or nobody. It accumulates nothing per
/// share, and knows neither boundaries nor settling.
abstract contract RewardLedger is Ledger {
    struct Funded {
        address avs;
        uint48 until;
        uint256 rate;
        /// Grains that streamed while the pool had no shares.
        uint256 unearned;
        bool reclaimed;
    }

    /// @dev A token of a pool.
    struct Place {
        address operator;
        address asset;
        RewardToken token;
        uint256 inUseAt;
        uint256 funded;
        /// When the last of its streams ends.
        uint256 until;
        /// Stretches of time in which something streamed, and the most shares that it streamed to.
        uint256 stretches;
        uint256 mostShares;
        Funded[] fundings;
        /// Grains · 2^64.
        mapping(address staker => uint256) earned;
        /// Units.
        mapping(address staker => uint256) claimed;
    }

    struct CommissionOrder {
        uint48 at;
        uint48 effectAt;
        uint16 bps;
    }

    uint256 internal constant BPS = 10_000;
    uint256 internal constant MAX_COMMISSION = 2_000;

    RewardToken[] internal rewardTokens;
    Place[] internal places;
    mapping(address operator => mapping(address asset => CommissionOrder[])) internal commissionOrders;
    mapping(address operator => mapping(RewardToken token => uint256)) internal commissionDue;
    mapping(RewardToken token => uint256) internal rewardsIn;
    mapping(RewardToken token => uint256) internal rewardsOut;
    /// @dev Units that the rates of all fundings leave.
    mapping(RewardToken token => uint256) internal rewardsRounded;

    /// @dev g, as `RewardMath` has it.
    uint256 private immutable GRAIN_BITS;

    constructor(Plan memory plan) Ledger(plan) {
        GRAIN_BITS = 63 + Math.log2(BUCKET);
        rewardTokens.push(new RewardToken(18));
        rewardTokens.push(new RewardToken(6));
        rewardTokens.push(new RewardToken(24));
        // Some are in use when the calls begin. The second goes first: it has the first index of its pool.
        VM.warp(clock - NOTICE);
        for (uint256 i; i < operators.length * assets.length; ++i) {
            (address operator, address asset) = (operators[i / assets.length], assets[i % assets.length]);
            if (i % 2 == 0) _announce(operator, asset, rewardTokens[1]);
            if (i % 3 == 0) _orderCommission(operator, asset, 1_234 + i);
            _announce(operator, asset, rewardTokens[0]);
        }
        for (uint256 i; i < places.length; ++i) {
            places[i].inUseAt = clock;
        }
        VM.warp(clock);
    }

    // ------------------------------------------------------------------- entries

    function _announce(address operator, address asset, RewardToken token) internal {
        VM.prank(operator);
        uint256 inUseAt = REWARDS.announceRewardToken(asset, address(token));
        Place storage place = places.push();
        (place.operator, place.asset, place.token, place.inUseAt) = (operator, asset, token, inUseAt);
    }

    /// @dev In force NOTICE later, if it is a raise.
    function _orderCommission(address operator, address asset, uint256 bps) internal returns (uint256 effectAt) {
        VM.prank(operator);
        effectAt = REWARDS.setCommission(asset, bps);
        CommissionOrder memory order = CommissionOrder(uint48(block.timestamp), uint48(effectAt), uint16(bps));
        commissionOrders[operator][asset].push(order);
    }

    /// @dev A part of a funding, less its commission, streams until `until`.
    function _noteFunded(Place storage place, address avs, uint256 amount, uint256 until) internal {
        uint256 taken = (amount * _expectedCommission(place.operator, place.asset)) / BPS;
        commissionDue[place.operator][place.token] += taken;
        uint256 bits = _limitBits(place);
        uint256 rate = ((amount - taken) << GRAIN_BITS) / ((until - clock) << bits);
        place.fundings.push(Funded(avs, uint48(until), rate, 0, false));
        place.funded += amount;
        if (until > place.until) place.until = until;
        rewardsIn[place.token] += amount;
        rewardsRounded[place.token] += amount - taken - _units(place, rate * (until - clock));
    }

    /// @dev Time passes, in which no shares change.
    function _stream(uint256 from, uint256 to) internal {
        for (uint256 i; i < places.length; ++i) {
            if (from < places[i].until) _streamInto(places[i], from, to);
        }
    }

    function _streamInto(Place storage place, uint256 from, uint256 to) private {
        uint256 shares = STAKE.pool(place.operator, place.asset).shares;
        uint256 flow;
        for (uint256 i; i < place.fundings.length; ++i) {
            Funded storage funding = place.fundings[i];
            if (from >= funding.until) continue;
            uint256 part = funding.rate * ((to < funding.until ? to : funding.until) - from);
            if (shares == 0) funding.unearned += part;
            else flow += part;
        }
        if (flow == 0) return;
        ++place.stretches;
        if (shares > place.mostShares) place.mostShares = shares;
        for (uint256 i; i < stakers.length; ++i) {
            uint256 own = STAKE.sharesOf(place.operator, place.asset, stakers[i]);
            if (own != 0) place.earned[stakers[i]] += ((flow << 64) * own) / shares;
        }
    }

    // -------------------------------------------------------------- what follows

    /// @dev Of the last order, if it is in force; else of what was in force when it came.
    function _expectedCommission(address operator, address asset) internal view returns (uint256) {
        CommissionOrder[] storage list = commissionOrders[operator][asset];
        uint256 time = clock;
        for (uint256 i = list.length; i > 0; --i) {
            if (list[i - 1].effectAt <= time) return list[i - 1].bps;
            time = list[i - 1].at;
        }
        return 0;
    }

    /// @dev Units that a staker has earned in a place, paid or not; a unit less at most.
    function _expectedEarned(Place storage place, address staker) internal view returns (uint256) {
        return place.earned[staker] >> (64 + GRAIN_BITS - _limitBits(place));
    }

    /// @dev Units that rounding may have kept from a staker: for each stretch, of a part of a limit for each share, and of
    /// one for the staker.
    function _mostRounded(Place storage place) internal view returns (uint256) {
        uint256 bits = _limitBits(place);
        return (place.stretches + 1) * ((place.mostShares >> (160 - bits)) + ((1 << bits) >> 96) + 2);
    }

    /// @dev Units of an AVS that streamed to nobody, and were not reclaimed.
    function _expectedUnearned(Place storage place, address avs, uint256 until) internal view returns (uint256) {
        uint256 flow;
        for (uint256 i; i < place.fundings.length; ++i) {
            Funded storage funding = place.fundings[i];
            if (funding.avs == avs && funding.until == until && !funding.reclaimed) flow += funding.unearned;
        }
        return _units(place, flow);
    }

    /// @dev Units that streamed to nobody, or have still to stream.
    function _expectedKept(Place storage place) internal view returns (uint256 units) {
        for (uint256 i; i < place.fundings.length; ++i) {
            Funded storage funding = place.fundings[i];
            if (!funding.reclaimed) units += _units(place, funding.unearned);
            if (clock < funding.until) units += _units(place, funding.rate * (funding.until - clock));
        }
    }

    function _claimable(Place storage place, address staker) internal view returns (uint256) {
        PoolKey[] memory pools = new PoolKey[](1);
        pools[0] = PoolKey(place.operator, place.asset);
        return REWARDS.claimable(staker, address(place.token), pools);
    }

    /// @dev c, as `RewardMath` has it.
    function _limitBits(Place storage place) internal view returns (uint256) {
        return 40 + (10 * uint256(place.token.decimals()) + 2) / 3;
    }

    function _units(Place storage place, uint256 flow) private view returns (uint256) {
        return (flow << _limitBits(place)) >> GRAIN_BITS;
    }
}
