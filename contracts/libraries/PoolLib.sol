// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IStakeManager} from "../interfaces/IStakeManager.sol";
import {BucketSlot, PoolSlot} from "../types/StakeSlots.sol";
import {Pool, StoredBucket, Withdrawal} from "../types/StakeTypes.sol";
import {BucketMath} from "./BucketMath.sol";
import {WadMath} from "./WadMath.sol";

/// @title PoolLib: the state machine of one pool.
/// F is the factor, L what is liened, B the length of a bucket. A share is active, or queued in the bucket of its
/// maturity. A live bucket (maturity > now) with shares has the rate F − L: it is set when shares enter an empty bucket,
/// a lien of d lowers it in every live bucket, a veto raises it by d in every bucket with maturity > proposedAt, and
/// what is final leaves it. So a matured bucket keeps what its shares were worth at the maturity, and gains only by a
/// veto of what was held then.
library PoolLib {
    /// @dev The pool takes stake.
    uint256 internal constant OPEN = 1;
    /// @dev Entry needs the signature of the pool's approver.
    uint256 internal constant GATED = 2;
    /// @dev The rewards distributor is told before active shares change. Never cleared.
    uint256 internal constant PAYS_REWARDS = 4;

    /// @notice T: active shares and those that have not matured, which are all that a slash proposed now would reach.
    function slashableShares(Pool storage pool, uint256 bucketLength) internal view returns (uint256 shares) {
        shares = pool.slot.shares();
        (uint256 maturity, uint256 last) = BucketMath.liveMaturities(block.timestamp, bucketLength);
        // All shares of a pool fit uint120; maturities are seconds.
        unchecked {
            for (; maturity <= last; maturity += bucketLength) {
                shares += pool.buckets[maturity].slot.shares();
            }
        }
    }

    /// @notice Puts shares into the bucket that matures at `maturity`, in the name of `owner`.
    /// @return ownerShares What the owner now has there.
    function queue(
        Pool storage pool,
        address owner,
        uint256 maturity,
        uint256 shares
    ) internal returns (uint256 ownerShares) {
        StoredBucket storage stored = pool.buckets[maturity];
        BucketSlot bucket = stored.slot;
        if (bucket.shares() == 0) {
            PoolSlot slot = pool.slot;
            bucket = bucket.withRate(slot.factor() - slot.liened());
        }
        stored.slot = bucket.addShares(shares);
        return give(pool.withdrawals[owner][maturity], shares);
    }

    /// @notice Takes shares out of the bucket that matures at `maturity`, in the name of `owner`.
    /// @return left What the owner keeps there.
    function unqueue(
        Pool storage pool,
        address owner,
        uint256 maturity,
        uint256 shares
    ) internal returns (uint256 left) {
        left = take(pool.withdrawals[owner][maturity], shares);
        StoredBucket storage stored = pool.buckets[maturity];
        stored.slot = stored.slot.removeShares(shares);
    }

    /// @notice Adds shares of the same bucket to a record.
    function give(Withdrawal storage record, uint256 shares) internal returns (uint256 sum) {
        sum = record.shares + shares;
        // A part of the bucket's, which fit uint120.
        record.shares = uint128(sum);
    }

    /// @notice Takes shares out of a record.
    function take(Withdrawal storage record, uint256 shares) internal returns (uint256 left) {
        uint256 available = record.shares;
        require(shares != 0, IStakeManager.ZeroShares());
        require(shares <= available, IStakeManager.InsufficientBalance(shares, available));
        left = available - shares;
        // Less than before.
        record.shares = uint128(left);
    }

    /// @notice Completes a matured record. It is kept while a veto can still add to it.
    /// @return assets What it pays now: ⌊shares · rate / WAD⌋ less what was paid before.
    /// @return total All that it has paid with this.
    /// @return contested Assets that vetoes can still add at most.
    /// @return kept Whether the record is kept.
    function complete(
        Pool storage pool,
        Withdrawal storage record,
        uint256 maturity,
        uint256 bucketLength
    ) internal returns (uint256 assets, uint256 total, uint256 contested, bool kept) {
        uint256 shares = record.shares;
        uint256 rate = pool.buckets[maturity].slot.rate();
        uint256 restorable = vetoable(pool, maturity, bucketLength);
        total = WadMath.toAssetsDown(shares, rate);
        // A matured bucket's rate never falls, and a record that was paid never loses shares.
        assets = total - record.paid;
        kept = restorable != 0;
        if (kept) {
            contested = WadMath.toAssetsDown(shares, rate + restorable) - total;
            // At most the shares, as a rate is at most WAD.
            record.paid = uint128(total);
        } else {
            (record.shares, record.paid) = (0, 0);
        }
    }

    /// @notice What vetoes can still add to the rate of a bucket: the open liens that were proposed before its maturity.
    /// @dev Of a matured one, those of the last four intervals before: earlier ones are past their veto.
    function vetoable(
        Pool storage pool,
        uint256 maturity,
        uint256 bucketLength
    ) internal view returns (uint256 magnitude) {
        magnitude = pool.slot.liened();
        if (magnitude == 0 || block.timestamp < maturity) return magnitude;
        magnitude = 0;
        for (uint256 i; i < BucketMath.BUCKETS_PER_VETO; ++i) {
            magnitude += pool.buckets[maturity - i * bucketLength].slot.opened();
        }
    }

    /// @notice Opens a lien, unless that takes nothing of anybody.
    /// @return assets ⌊T · magnitude / WAD⌋.
    function lien(Pool storage pool, uint256 magnitude, uint256 bucketLength) internal returns (uint256 assets) {
        PoolSlot held = pool.slot.hold(magnitude);
        assets = _cut(pool, held.shares(), magnitude, bucketLength);
        if (assets == 0) return 0;
        pool.slot = held;
        StoredBucket storage next = pool.buckets[BucketMath.nextMaturity(block.timestamp, bucketLength)];
        next.slot = next.slot.open(magnitude);
    }

    /// @notice Takes at once, unless that takes nothing of anybody.
    /// @return assets ⌊T · magnitude / WAD⌋.
    /// @return factor What is left of each share.
    function slash(
        Pool storage pool,
        uint256 magnitude,
        uint256 bucketLength
    ) internal returns (uint256 assets, uint256 factor) {
        PoolSlot slot = pool.slot.lose(magnitude);
        assets = _cut(pool, slot.shares(), magnitude, bucketLength);
        if (assets == 0) return (0, 0);
        pool.slot = slot;
        factor = slot.factor();
    }

    /// @notice Gives a lien back to those whom it was held from.
    function release(Pool storage pool, uint256 magnitude, uint256 proposedAt, uint256 bucketLength) internal {
        pool.slot = pool.slot.unhold(magnitude);
        uint256 maturity = BucketMath.nextMaturity(proposedAt, bucketLength);
        StoredBucket storage next = pool.buckets[maturity];
        next.slot = next.slot.close(magnitude);
        _raise(pool, magnitude, maturity, bucketLength);
    }

    /// @notice Makes a lien final: what it held is lost.
    /// @return factor What is left of each share.
    function finalise(
        Pool storage pool,
        uint256 magnitude,
        uint256 proposedAt,
        uint256 bucketLength
    ) internal returns (uint256 factor) {
        PoolSlot slot = pool.slot.unhold(magnitude).lose(magnitude);
        pool.slot = slot;
        factor = slot.factor();
        StoredBucket storage next = pool.buckets[BucketMath.nextMaturity(proposedAt, bucketLength)];
        next.slot = next.slot.close(magnitude);
    }

    /// @dev Cuts `magnitude` off the rate of every live bucket with shares, unless that takes nothing of anybody. The
    /// caller has checked that the pool's sure part, which is the rate of each, is not less.
    /// @param shares The active ones.
    function _cut(
        Pool storage pool,
        uint256 shares,
        uint256 magnitude,
        uint256 bucketLength
    ) private returns (uint256 assets) {
        (uint256 first, uint256 last) = BucketMath.liveMaturities(block.timestamp, bucketLength);
        // All shares of a pool fit uint120; maturities are seconds.
        unchecked {
            for (uint256 maturity = first; maturity <= last; maturity += bucketLength) {
                StoredBucket storage stored = pool.buckets[maturity];
                BucketSlot bucket = stored.slot;
                uint256 bucketShares = bucket.shares();
                if (bucketShares != 0) {
                    shares += bucketShares;
                    stored.slot = bucket.lower(magnitude);
                }
            }
        }
        assets = WadMath.toAssetsDown(shares, magnitude);
        if (assets == 0) _raise(pool, magnitude, first, bucketLength);
    }

    /// @dev Adds `magnitude` to the rate of every bucket with shares from maturity `next` on.
    function _raise(Pool storage pool, uint256 magnitude, uint256 next, uint256 bucketLength) private {
        uint256 last = BucketMath.maturityOf(block.timestamp, bucketLength);
        // Maturities are seconds.
        unchecked {
            for (; next <= last; next += bucketLength) {
                StoredBucket storage stored = pool.buckets[next];
                BucketSlot bucket = stored.slot;
                if (bucket.shares() != 0) stored.slot = bucket.raise(magnitude);
            }
        }
    }
}
