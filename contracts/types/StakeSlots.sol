// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {WAD} from "../libraries/WadMath.sol";

/// @dev The slot of a pool that changes with every entry, exit and slash. What is stored is what was lost or is held,
/// never what is left: zero is the natural beginning. From the lowest bit:
/// uint120 shares   active shares (see `StakeManager._enter` why they fit)
/// uint8   flags    see `PoolLib`
/// uint64  lost     WAD − factor: what finalised slashes have taken of each share
/// uint64  liened   magnitudes held by open liens; lost + liened ≤ WAD
type PoolSlot is uint256;

/// @dev The slot of a bucket: all shares of one pool that mature at the same second. From the lowest bit:
/// uint128 shares   queued into it, less those cancelled; completing does not lower it
/// uint64  rate     what one share pays, in WAD; while the bucket is live and has shares: factor − liened of its pool
/// uint64  opened   sum of the open liens that were proposed in [maturity − BUCKET, maturity)
type BucketSlot is uint256;

using PoolSlotLib for PoolSlot global;
using BucketSlotLib for BucketSlot global;

/// @title PoolSlotLib: reads and writes the parts of a pool's slot.
library PoolSlotLib {
    function shares(PoolSlot slot) internal pure returns (uint256) {
        return uint120(PoolSlot.unwrap(slot));
    }

    function flags(PoolSlot slot) internal pure returns (uint256) {
        return uint8(PoolSlot.unwrap(slot) >> 120);
    }

    function factor(PoolSlot slot) internal pure returns (uint256) {
        return WAD - uint64(PoolSlot.unwrap(slot) >> 128);
    }

    function liened(PoolSlot slot) internal pure returns (uint256) {
        return PoolSlot.unwrap(slot) >> 192;
    }

    function withShares(PoolSlot slot, uint120 value) internal pure returns (PoolSlot) {
        return PoolSlot.wrap(((PoolSlot.unwrap(slot) >> 120) << 120) | value);
    }

    function withFlags(PoolSlot slot, uint256 value) internal pure returns (PoolSlot) {
        return
            PoolSlot.wrap(
                (PoolSlot.unwrap(slot) & ~(uint256(type(uint8).max) << 120)) | (uint256(uint8(value)) << 120)
            );
    }

    /// @dev The factor falls by `magnitude`. Reverts if that is more than the sure part, factor − liened.
    function lose(PoolSlot slot, uint256 magnitude) internal pure returns (PoolSlot) {
        _checkSure(slot, magnitude);
        // lost + liened ≤ WAD: no carry.
        return PoolSlot.wrap(PoolSlot.unwrap(slot) + (magnitude << 128));
    }

    /// @dev A lien of `magnitude` opens. Reverts if that is more than the sure part, factor − liened.
    function hold(PoolSlot slot, uint256 magnitude) internal pure returns (PoolSlot) {
        _checkSure(slot, magnitude);
        // lost + liened ≤ WAD: no overflow.
        return PoolSlot.wrap(PoolSlot.unwrap(slot) + (magnitude << 192));
    }

    /// @dev A lien of `magnitude` ends. Reverts if less is held.
    function unhold(PoolSlot slot, uint256 magnitude) internal pure returns (PoolSlot) {
        return PoolSlot.wrap(PoolSlot.unwrap(slot) - (magnitude << 192));
    }

    /// @dev `magnitude` ≤ factor − liened ≤ WAD: so shifted it loses no bit.
    function _checkSure(PoolSlot slot, uint256 magnitude) private pure {
        assert(magnitude <= factor(slot) - liened(slot));
    }
}

/// @title BucketSlotLib: reads and writes the parts of a bucket's slot.
library BucketSlotLib {
    function shares(BucketSlot slot) internal pure returns (uint256) {
        return uint128(BucketSlot.unwrap(slot));
    }

    function rate(BucketSlot slot) internal pure returns (uint256) {
        return uint64(BucketSlot.unwrap(slot) >> 128);
    }

    function opened(BucketSlot slot) internal pure returns (uint256) {
        return BucketSlot.unwrap(slot) >> 192;
    }

    /// @dev All shares of a pool fit uint120, unless the token lets balances fall by themselves. Then this reverts.
    function addShares(BucketSlot slot, uint256 added) internal pure returns (BucketSlot) {
        assert(added <= type(uint128).max - shares(slot));
        return BucketSlot.wrap(BucketSlot.unwrap(slot) + added);
    }

    /// @dev At most what a record of this bucket has.
    function removeShares(BucketSlot slot, uint256 removed) internal pure returns (BucketSlot) {
        return BucketSlot.wrap(BucketSlot.unwrap(slot) - removed);
    }

    /// @dev A rate is at most WAD.
    function withRate(BucketSlot slot, uint256 value) internal pure returns (BucketSlot) {
        uint256 cleared = BucketSlot.unwrap(slot) & ~(uint256(type(uint64).max) << 128);
        return BucketSlot.wrap(cleared | (value << 128));
    }

    /// @dev Vetoes give back at most what liens have taken, so a rate stays at most WAD.
    function raise(BucketSlot slot, uint256 magnitude) internal pure returns (BucketSlot) {
        unchecked {
            return BucketSlot.wrap(BucketSlot.unwrap(slot) + (magnitude << 128));
        }
    }

    /// @dev A live bucket's rate is factor − liened of its pool, and no lien takes more.
    function lower(BucketSlot slot, uint256 magnitude) internal pure returns (BucketSlot) {
        unchecked {
            return BucketSlot.wrap(BucketSlot.unwrap(slot) - (magnitude << 128));
        }
    }

    /// @dev Open liens are together at most WAD.
    function open(BucketSlot slot, uint256 magnitude) internal pure returns (BucketSlot) {
        unchecked {
            return BucketSlot.wrap(BucketSlot.unwrap(slot) + (magnitude << 192));
        }
    }

    /// @dev Reverts if less is open.
    function close(BucketSlot slot, uint256 magnitude) internal pure returns (BucketSlot) {
        return BucketSlot.wrap(BucketSlot.unwrap(slot) - (magnitude << 192));
    }
}
