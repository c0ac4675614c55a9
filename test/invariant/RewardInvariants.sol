// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Escape} from "./Escape.sol";
import {RewardToken} from "./RewardToken.sol";
import {Plan} from "./World.sol";

/// @title RewardInvariants: what must hold of rewards after every call.
abstract contract RewardInvariants is Escape {
    constructor(Plan memory plan) Escape(plan) {}

    function _checkRewards() internal view {
        uint256 count = rewardTokens.length;
        uint256[] memory claims = new uint256[](count);
        uint256[] memory rounded = new uint256[](count);
        for (uint256 i; i < places.length; ++i) {
            Place storage place = places[i];
            uint256 index;
            while (rewardTokens[index] != place.token) ++index;
            if (place.until == 0) continue;
            claims[index] += _checkEarners(place) + _expectedKept(place);
            rounded[index] += stakers.length * _mostRounded(place) + 2 * place.fundings.length;
        }
        for (uint256 i; i < count; ++i) {
            _checkHoldings(rewardTokens[i], claims[i], rounded[i]);
        }
        for (uint256 i; i < operators.length * assets.length; ++i) {
            (address operator, address asset) = (operators[i / assets.length], assets[i % assets.length]);
            (uint256 bps, , ) = REWARDS.commission(operator, asset);
            _assertEq(bps, _expectedCommission(operator, asset), "R4: the commission in force");
            _assertLe(bps, MAX_COMMISSION, "R4: the commission in force");
        }
    }

    /// @dev R1: tokens in − tokens out = tokens held, to the unit; and they are claimable, commission, what streamed to
    /// nobody, what has still to stream, and what rounding has kept: not less than nothing, and not more than it can.
    function _checkHoldings(RewardToken token, uint256 claims, uint256 rounded) private view {
        uint256 held = token.holdings(address(REWARDS));
        _assertEq(held, rewardsIn[token] - rewardsOut[token], "R1: rewards held");
        for (uint256 i; i < operators.length; ++i) {
            uint256 due = REWARDS.commissionOf(operators[i], address(token));
            _assertEq(due, commissionDue[operators[i]][token], "R4: commission");
            claims += due;
        }
        _assertLe(claims, held, "R1: claims to rewards");
        _assertLe(held, claims + rewardsRounded[token] + rounded, "R1: rewards that nobody can claim");
    }

    /// @dev R3: each staker has earned its part of what streamed while its shares were active: no unit more, and less by
    /// rounding only. Returns what all can claim.
    function _checkEarners(Place storage place) private view returns (uint256 sum) {
        uint256 rounded = _mostRounded(place);
        for (uint256 i; i < stakers.length; ++i) {
            uint256 claimable = _claimable(place, stakers[i]);
            uint256 earned = place.claimed[stakers[i]] + claimable;
            uint256 expected = _expectedEarned(place, stakers[i]);
            // The ledger rounds, too.
            _assertLe(earned, expected + 1, "R3: what a staker has earned");
            _assertLe(expected, earned + rounded, "R3: what a staker has not earned");
            sum += claimable;
        }
    }
}
