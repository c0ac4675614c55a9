// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @dev The slot of the books that every deposit and instant exit changes. Written and read as one word (the compiler
/// would do it member by member). From the lowest bit:
/// uint104 idle        the asset at rest in the token's contract
/// uint104 streaming   rewards of the running cycle that have not vested: no part of any price
/// uint48  streamedAt  up to when they have vested
type CashSlot is uint256;

using CashSlotLib for CashSlot global;

/// @title CashSlotLib: reads and writes the parts of the slot.
library CashSlotLib {
    function idle(CashSlot slot) internal pure returns (uint256) {
        return uint104(CashSlot.unwrap(slot));
    }

    function streaming(CashSlot slot) internal pure returns (uint256) {
        return uint104(CashSlot.unwrap(slot) >> 104);
    }

    function streamedAt(CashSlot slot) internal pure returns (uint256) {
        return CashSlot.unwrap(slot) >> 208;
    }

    /// @dev Whoever writes has made sure that both amounts are below 2^104; seconds are below 2^48.
    function pack(uint256 idle_, uint256 streaming_, uint256 streamedAt_) internal pure returns (CashSlot) {
        return CashSlot.wrap(idle_ | (streaming_ << 104) | (streamedAt_ << 208));
    }
}

/// @dev An operator on the allocator's list, and the token's stake with it: while it is active, all that tells what that
/// stake is worth. From the lowest bit:
/// uint95  shares    own shares of the operator's pool: active ones, or those that are queued if it is leaving
/// bool    leaving   whether they are queued
/// uint160 operator
type StakeSlot is uint256;

using StakeSlotLib for StakeSlot global;

/// @title StakeSlotLib: reads and writes the parts of the slot.
library StakeSlotLib {
    /// @notice Most shares that fit: of 18 decimals, 39 billion tokens of a pool that was never slashed.
    uint256 internal constant MAX_SHARES = 2 ** 95 - 1;

    function shares(StakeSlot slot) internal pure returns (uint256) {
        return StakeSlot.unwrap(slot) & MAX_SHARES;
    }

    function isLeaving(StakeSlot slot) internal pure returns (bool) {
        return StakeSlot.unwrap(slot) & (1 << 95) != 0;
    }

    function operator(StakeSlot slot) internal pure returns (address) {
        return address(uint160(StakeSlot.unwrap(slot) >> 96));
    }

    /// @dev Whoever writes has made sure that there are at most MAX_SHARES.
    function pack(address operator_, uint256 shares_, bool leaving) internal pure returns (StakeSlot) {
        return StakeSlot.wrap((uint256(uint160(operator_)) << 96) | (leaving ? 1 << 95 : 0) | shares_);
    }
}
