// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev Basis points in one.
uint256 constant BPS = 10_000;

/// @title LrtMath: the only place where the liquid restaking token divides. Every name says how it rounds.
/// A = idle + gross, B = idle + net, S = supply. Deposits lead to at most 2^96 − 1 assets and harvests to at most
/// 2^104 − 1; shares are minted only while S ≤ 1000·A. So A and B stay below 2^104, and S below 2^106.
library LrtMath {
    /// @notice Most that vests of A in a day.
    uint256 internal constant MAX_DAILY_VEST_BPS = 25;

    /// @notice ⌊x · numerator / denominator⌋.
    function mulDivDown(uint256 x, uint256 numerator, uint256 denominator) internal pure returns (uint256) {
        // Two factors below 2^128, as all that is booked, have no product of 2^256.
        if ((x | numerator) >> 128 == 0) {
            unchecked {
                return (x * numerator) / denominator;
            }
        }
        return Math.mulDiv(x, numerator, denominator);
    }

    /// @notice ⌈x · numerator / denominator⌉.
    function mulDivUp(uint256 x, uint256 numerator, uint256 denominator) internal pure returns (uint256) {
        return Math.mulDiv(x, numerator, denominator, Math.Rounding.Ceil);
    }

    /// @notice ⌊assets · S / A⌋; one for each before there are any, none after all was lost.
    function toSharesDown(uint256 assets, uint256 total, uint256 supply) internal pure returns (uint256) {
        if (supply == 0) return assets;
        return total == 0 ? 0 : mulDivDown(assets, supply, total);
    }

    /// @notice ⌊shares · A / S⌋; one for each before there are any.
    function toAssetsDown(uint256 shares, uint256 total, uint256 supply) internal pure returns (uint256) {
        return supply == 0 ? shares : mulDivDown(shares, total, supply);
    }

    /// @notice ⌈shares · A / S⌉; one for each before there are any.
    function toAssetsUp(uint256 shares, uint256 total, uint256 supply) internal pure returns (uint256) {
        return supply == 0 ? shares : mulDivUp(shares, total, supply);
    }

    /// @notice Whether so little is contested that nobody is wrong by more than a thousandth: (A − B) · 1000 ≤ A.
    function isCalm(uint256 total, uint256 sure) internal pure returns (bool) {
        // Both are below 2^106.
        unchecked {
            return (total - sure) * 1000 <= total;
        }
    }

    /// @notice Whether no more than 99.9 % was lost: 1000 · A ≥ S.
    function isSound(uint256 total, uint256 supply) internal pure returns (bool) {
        // Both are below 2^106.
        unchecked {
            return total * 1000 >= supply;
        }
    }

    /// @notice What has vested since `streamedAt`: min(⌊streaming · elapsed / left⌋, ⌊A · 25 bps · elapsed / day⌋).
    function vestedDown(
        uint256 streaming,
        uint256 streamedAt,
        uint256 endsAt,
        uint256 total,
        uint256 time
    ) internal pure returns (uint256 vested) {
        // Times are seconds below 2^48, and time ≥ streamedAt; amounts are below 2^104.
        unchecked {
            uint256 elapsed = time - streamedAt;
            uint256 most = (total * MAX_DAILY_VEST_BPS * elapsed) / (BPS * 1 days);
            vested = time >= endsAt ? streaming : (streaming * elapsed) / (endsAt - streamedAt);
            if (vested > most) vested = most;
        }
    }

    /// @notice ⌈start / 2^(elapsed / hour)⌉, on a straight line within each hour.
    function auctionPriceUp(uint256 start, uint256 elapsed) internal pure returns (uint256) {
        uint256 halvings = elapsed / 1 hours;
        uint256 within = elapsed % 1 hours;
        return Math.mulDiv(start, 2 hours - within, (2 hours) << halvings, Math.Rounding.Ceil);
    }
}
