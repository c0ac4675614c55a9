// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {RewardMath} from "../libraries/RewardMath.sol";

/// @dev What a place of a pool streams. All is measured in parts of the limit of the place (see `RewardMath`), so that
/// nothing overflows. From the lowest bit:
/// uint160 accumulated  what one share has earned since the beginning, in limits / 2^160; never falls
/// uint63  rate         what streams per second, in grains; the sum of the rates of the streams that have not ended
/// uint1   more         whether the next place is in use, too; never cleared
/// uint32  settledAt    second to which the others are booked, modulo 2^32
type StreamSlot is uint256;

/// @dev What a staker has in a place of a pool. From the lowest bit:
/// uint160 accumulated  of the place, when the staker's shares last changed or it claimed
/// uint96  accrued      earned until then and not claimed, in limits / 2^96
type AccountSlot is uint256;

/// @dev One of the places of a pool: a reward token. From the lowest bit:
/// uint48  inUseAt    second from which it can be funded; 0 = not announced
/// uint8   index      of its stream and accounts
/// uint8   limitBits  c: less than 2^c units can ever be funded
/// uint120 funded     units that have ever been funded
type PlaceSlot is uint256;

using PlaceSlotLib for PlaceSlot global;
using StreamSlotLib for StreamSlot global;
using AccountSlotLib for AccountSlot global;

/// @title StreamSlotLib: reads and writes the parts of a stream's slot.
library StreamSlotLib {
    uint256 private constant RATE = (1 << 63) - 1;
    uint256 private constant MORE = 1 << 223;

    function accumulated(StreamSlot slot) internal pure returns (uint256) {
        return uint160(StreamSlot.unwrap(slot));
    }

    function rate(StreamSlot slot) internal pure returns (uint256) {
        return (StreamSlot.unwrap(slot) >> 160) & RATE;
    }

    function more(StreamSlot slot) internal pure returns (bool) {
        return StreamSlot.unwrap(slot) & MORE != 0;
    }

    /// @dev Seconds since it was settled, if that was in the last 2^32 of them.
    function elapsed(StreamSlot slot) internal view returns (uint256) {
        unchecked {
            return uint32(block.timestamp - (StreamSlot.unwrap(slot) >> 224));
        }
    }

    /// @dev Settles. The total of a place is below its limit (see `RewardMath`), so what is accumulated does not reach the
    /// rate; no more ends than there is; the time is modulo 2^32.
    function settle(
        StreamSlot slot,
        uint256 elapsed_,
        uint256 earned,
        uint256 ended
    ) internal pure returns (StreamSlot) {
        unchecked {
            return StreamSlot.wrap(StreamSlot.unwrap(slot) + (elapsed_ << 224) + earned - (ended << 160));
        }
    }

    /// @dev The sum of all rates fits uint63.
    function addRate(StreamSlot slot, uint256 added) internal pure returns (StreamSlot) {
        unchecked {
            return StreamSlot.wrap(StreamSlot.unwrap(slot) + (added << 160));
        }
    }

    function withMore(StreamSlot slot) internal pure returns (StreamSlot) {
        return StreamSlot.wrap(StreamSlot.unwrap(slot) | MORE);
    }
}

/// @title AccountSlotLib: reads and writes the parts of an account's slot.
library AccountSlotLib {
    function accumulated(AccountSlot slot) internal pure returns (uint256) {
        return uint160(AccountSlot.unwrap(slot));
    }

    function accrued(AccountSlot slot) internal pure returns (uint256) {
        return AccountSlot.unwrap(slot) >> 160;
    }

    /// @dev What `shares` have earned is accrued. All stakers of a place have together accrued less than its limit (see
    /// `RewardMath`), so it fits uint96; what was accumulated never falls, and does not reach it.
    function accrue(AccountSlot slot, uint256 accumulated_, uint256 shares) internal pure returns (AccountSlot) {
        unchecked {
            uint256 earned = accumulated_ - accumulated(slot);
            uint256 added = RewardMath.accruedDown(shares, earned);
            return AccountSlot.wrap(AccountSlot.unwrap(slot) + earned + (added << 160));
        }
    }

    /// @dev Takes away what was paid; at most what is accrued.
    function pay(AccountSlot slot, uint256 paid) internal pure returns (AccountSlot) {
        return AccountSlot.wrap(AccountSlot.unwrap(slot) - (paid << 160));
    }
}

/// @title PlaceSlotLib: reads and writes the parts of a place's slot.
library PlaceSlotLib {
    function inUseAt(PlaceSlot slot) internal pure returns (uint48) {
        return uint48(PlaceSlot.unwrap(slot));
    }

    function index(PlaceSlot slot) internal pure returns (uint256) {
        return uint8(PlaceSlot.unwrap(slot) >> 48);
    }

    function limitBits(PlaceSlot slot) internal pure returns (uint256) {
        return uint8(PlaceSlot.unwrap(slot) >> 56);
    }

    function funded(PlaceSlot slot) internal pure returns (uint256) {
        return PlaceSlot.unwrap(slot) >> 64;
    }

    /// @dev At most 3, and at most 120.
    function announce(uint48 inUseAt_, uint256 index_, uint256 limitBits_) internal pure returns (PlaceSlot) {
        return PlaceSlot.wrap(inUseAt_ | (index_ << 48) | (limitBits_ << 56));
    }

    /// @dev The sum is below 2^limitBits.
    function addFunded(PlaceSlot slot, uint256 amount) internal pure returns (PlaceSlot) {
        return PlaceSlot.wrap(PlaceSlot.unwrap(slot) + (amount << 64));
    }
}
