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
