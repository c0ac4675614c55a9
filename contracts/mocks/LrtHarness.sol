// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {LrtMath} from "../libraries/LrtMath.sol";
import {CashSlot, CashSlotLib, StakeSlot, StakeSlotLib} from "../types/LrtSlots.sol";

/// @title LrtHarness
/// @notice Test contract: lets the token's arithmetic, and its packed words, be called from outside.
contract LrtHarness {
    function mulDivDown(uint256 x, uint256 numerator, uint256 denominator) external pure returns (uint256) {
        return LrtMath.mulDivDown(x, numerator, denominator);
    }

    function mulDivUp(uint256 x, uint256 numerator, uint256 denominator) external pure returns (uint256) {
        return LrtMath.mulDivUp(x, numerator, denominator);
    }

    function toSharesDown(uint256 assets, uint256 total, uint256 supply) external pure returns (uint256) {
        return LrtMath.toSharesDown(assets, total, supply);
    }

    function toAssetsDown(uint256 shares, uint256 total, uint256 supply) external pure returns (uint256) {
        return LrtMath.toAssetsDown(shares, total, supply);
    }

    function toAssetsUp(uint256 shares, uint256 total, uint256 supply) external pure returns (uint256) {
        return LrtMath.toAssetsUp(shares, total, supply);
    }

    function isCalm(uint256 total, uint256 sure) external pure returns (bool) {
        return LrtMath.isCalm(total, sure);
    }

    function isSound(uint256 total, uint256 supply) external pure returns (bool) {
        return LrtMath.isSound(total, supply);
    }

    function vestedDown(
        uint256 streaming,
        uint256 streamedAt,
        uint256 endsAt,
        uint256 total,
        uint256 time
    ) external pure returns (uint256) {
        return LrtMath.vestedDown(streaming, streamedAt, endsAt, total, time);
    }

    function auctionPriceUp(uint256 start, uint256 elapsed) external pure returns (uint256) {
        return LrtMath.auctionPriceUp(start, elapsed);
    }

    /// @notice What the books' first slot holds after it was packed.
    function cash(
        uint256 idle,
        uint256 streaming,
        uint256 streamedAt
    ) external pure returns (uint256 word, uint256, uint256, uint256) {
        CashSlot slot = CashSlotLib.pack(idle, streaming, streamedAt);
        return (CashSlot.unwrap(slot), slot.idle(), slot.streaming(), slot.streamedAt());
    }

    /// @notice What the slot of a stake holds after it was packed.
    function stake(
        address operator,
        uint256 shares,
        bool leaving
    ) external pure returns (uint256 word, address, uint256, bool) {
        StakeSlot slot = StakeSlotLib.pack(operator, shares, leaving);
        return (StakeSlot.unwrap(slot), slot.operator(), slot.shares(), slot.isLeaving());
    }
}
