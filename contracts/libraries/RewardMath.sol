// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev One, in basis points.
uint256 constant BPS = 10_000;

/// @title RewardMath: the only place where rewards are divided. Every name says how it rounds.
/// A *limit* is 2^c units of a token: more than 10^12 whole tokens, and more than is ever streamed of it into a pool.
/// Amounts are kept as parts of it, whatever the decimals, so the sums of all that is streamed bound every number:
///
///     grain        limit / 2^g, with g = 63 + b and 2^b ≤ BUCKET < 2^(b+1)
///     rate         ⌊units · 2^g / (2^c · seconds)⌋ grains a second. Σ rate · seconds < 2^g, and seconds ≥ BUCKET ≥ 2^b,
///                  so Σ rate < 2^63
///     accumulated  Σ ⌊grains · 2^(160−g) / shares⌋ < 2^160, for a pool of one share, too
///     accrued      Σ ⌊shares · Δaccumulated / 2^64⌋ < 2^96: a staker's shares are at most the pool's, so the products of
///                  a place sum to less than 2^160
///
/// What rounding keeps back, for a limit of 1.1 · 10^12 tokens: of a funding less than `seconds` grains (5 · 10^-6 tokens),
/// of a change of shares less than shares / 2^160 limits for the pool (10^-9 tokens at 10^27 shares), and less than
/// limit / 2^96 for the staker (2 · 10^-17 tokens). A claim rounds to units and keeps the rest in the account.
library RewardMath {
    /// @notice c, the bits of a token's limit: 2^c ≥ 1.09 · 10^12 · 10^decimals.
    function limitBits(uint256 decimals) internal pure returns (uint256) {
        // At most 120, for 24 decimals.
        return 40 + (10 * decimals + 2) / 3;
    }

    /// @notice g, the bits of a limit in grains.
    function grainBits(uint256 bucket) internal pure returns (uint256) {
        return 63 + Math.log2(bucket);
    }

    /// @notice ⌊amount · 2^g / (2^c · duration)⌋: grains per second. An amount below the limit, over at least a bucket.
    function rateDown(uint256 amount, uint256 duration, uint256 bits, uint256 grains) internal pure returns (uint256) {
        // amount < 2^120, g ≤ 82.
        unchecked {
            return ((amount << grains) >> bits) / duration;
        }
    }

    /// @notice ⌊flow · 2^c / 2^g⌋: units that grains are worth.
    function unitsOfFlowDown(uint256 flow, uint256 bits, uint256 grains) internal pure returns (uint256) {
        // flow < 2^83, c ≤ 120.
        return (flow << bits) >> grains;
    }

    /// @notice ⌊flow · 2^(160−g) / shares⌋: what each of `shares` earns when `flow` grains stream.
    function perShareDown(uint256 flow, uint256 shares, uint256 grains) internal pure returns (uint256) {
        // flow < 2^g, and shares are not 0.
        unchecked {
            return (flow << (160 - grains)) / shares;
        }
    }

    /// @notice ⌊shares · earned / 2^64⌋: what shares accrue when each of them earns `earned`.
    function accruedDown(uint256 shares, uint256 earned) internal pure returns (uint256) {
        // Below 2^160: see above.
        unchecked {
            return (shares * earned) >> 64;
        }
    }

    /// @notice ⌊accrued · 2^c / 2^96⌋: units that can be paid, and what of `accrued` that is.
    function unitsDown(uint256 accrued, uint256 bits) internal pure returns (uint256 units, uint256 paid) {
        // accrued < 2^96, c ≤ 120. The shifts back lose nothing: below c = 96 they undo the others, above it the others
        // lost nothing.
        unchecked {
            units = (accrued << bits) >> 96;
            paid = (units << 96) >> bits;
        }
    }

    /// @notice ⌊amount · bps / 10,000⌋.
    function bpsDown(uint256 amount, uint256 bps) internal pure returns (uint256) {
        return (amount * bps) / BPS;
    }

    /// @notice ⌊amount · weight / total⌋.
    function partDown(uint256 amount, uint256 weight, uint256 total) internal pure returns (uint256) {
        return Math.mulDiv(amount, weight, total);
    }
}
