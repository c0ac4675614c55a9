// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Allocation, Registration} from "../types/AllocationTypes.sol";
import {SlashState, SlashStatus} from "../types/SlashTypes.sol";

/// @title PackedTypes: structs that live in one slot, written and read as one word (the compiler would do it member by
/// member). Registrations and allocations are packed from the lowest bit in the order of their members, the state of a
/// slash from the highest.
library PackedTypes {
    /// @notice The word of a registration.
    function pack(Registration memory value) internal pure returns (uint256) {
        return
            uint256(value.epoch) |
            (uint256(value.until) << 16) |
            (uint256(value.used) << 64) |
            (uint256(value.periodAt) << 128);
    }

    /// @notice The registration in a word.
    function toRegistration(uint256 word) internal pure returns (Registration memory value) {
        value.epoch = uint16(word);
        value.until = uint48(word >> 16);
        value.used = uint64(word >> 64);
        value.periodAt = uint48(word >> 128);
    }

    /// @notice The word of an allocation.
    function pack(Allocation memory value) internal pure returns (uint256) {
        uint256 magnitudes = uint256(value.active) | (uint256(value.pending) << 64) | (uint256(value.held) << 128);
        uint256 rest = uint256(value.pendingAt) | (value.joining ? 1 << 40 : 0) | (uint256(value.epoch) << 48);
        return magnitudes | (rest << 192);
    }

    /// @notice Makes `value` the allocation in a word. (Returning it would take memory twice where it is returned on.)
    function unpack(uint256 word, Allocation memory value) internal pure {
        value.active = uint64(word);
        value.pending = uint64(word >> 64);
        value.held = uint64(word >> 128);
        value.pendingAt = uint40(word >> 192);
        value.joining = uint8(word >> 232) != 0;
        value.epoch = uint16(word >> 240);
    }

    /// @notice The word of a slash's state: `endedAt` is the lowest.
    function packSlashState(bytes25 recordHash, SlashStatus status, uint48 endedAt) internal pure returns (uint256) {
        return uint256(bytes32(recordHash)) | (uint256(status) << 48) | endedAt;
    }

    /// @notice The slash's state in a word.
    function toSlashState(uint256 word) internal pure returns (SlashState memory value) {
        value.recordHash = bytes25(bytes32(word));
        value.status = SlashStatus(uint8(word >> 48));
        value.endedAt = uint48(word);
    }
}
