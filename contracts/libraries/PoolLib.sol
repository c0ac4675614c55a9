// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IStakeManager} from "../interfaces/IStakeManager.sol";
import {Bucket, Pool, Withdrawal} from "../types/StakeTypes.sol";
import {BucketMath} from "./BucketMath.sol";
import {WAD, WadMath} from "./WadMath.sol";

/// @title PoolLib: the state machine of one pool.
/// F = WAD − lost is the factor, L = liened. A share is active, or queued in the bucket of its maturity. A live bucket
/// (maturity > now) with shares has the rate F − L: it is set when shares enter an empty bucket, a lien of d lowers it
/// in every live bucket, a veto raises it by d in every bucket with maturity > proposedAt, and what is final leaves it.
/// So a matured bucket keeps what its shares were worth at the maturity, and gains only by a veto of what was held then.
library PoolLib {
    /// @dev The pool takes stake.
    uint8 internal constant OPEN = 1;
    /// @dev Entry needs the signature of the pool's approver.
    uint8 internal constant GATED = 2;
    /// @dev The rewards distributor is told before active shares change. Never cleared.
    uint8 internal constant PAYS_REWARDS = 4;

    /// @notice What finalised slashes have left of each share, in WAD.
    function factor(Pool storage pool) internal view returns (uint64) {
        // lost ≤ WAD, which fits uint64.
        return uint64(WAD) - pool.lost;
    }

    /// @notice T: active shares and those that have not matured, which are all that a slash proposed now would reach.
    function slashableShares(Pool storage pool, uint256 bucketLength) internal view returns (uint256 shares) {
        shares = pool.shares;
        uint256 last = BucketMath.maturityOf(block.timestamp, bucketLength);
        // All shares of a pool fit uint120; maturities are seconds.
        unchecked {
            for (
                uint256 maturity = BucketMath.nextMaturity(block.timestamp, bucketLength);
                maturity <= last;
                maturity += bucketLength
            ) {
                shares += pool.buckets[maturity].shares;
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
        Bucket storage bucket = pool.buckets[maturity];
        uint256 bucketShares = bucket.shares;
        if (bucketShares == 0) bucket.rate = factor(pool) - pool.liened;
        // All shares of a pool fit uint120.
        bucket.shares = uint128(bucketShares + shares);
        return give(pool.withdrawals[owner][maturity], shares);
    }

    /// @notice Adds shares of the same bucket to a record.
    function give(Withdrawal storage record, uint256 shares) internal returns (uint256 sum) {
        sum = record.shares + shares;
        // A part of the bucket's, which fit uint120.
        record.shares = uint128(sum);
    }

    /// @notice Takes shares out of a record.
    /// @return left What the owner keeps there.
    function take(Withdrawal storage record, uint256 shares) internal returns (uint256 left) {
        uint256 available = record.shares;
        require(shares != 0, IStakeManager.ZeroShares());
        require(shares <= available, IStakeManager.InsufficientBalance(shares, available));
        // shares ≤ available.
        unchecked {
            left = available - shares;
        }
        // Less than before.
        record.shares = uint128(left);
    }

    /// @notice What a matured record pays now, and what vetoes can still add to it. The record is kept while they can.
    /// @return assets ⌊shares · rate / WAD⌋ less what was paid before.
    /// @return total All that the record has paid with this.
    /// @return contested Assets that vetoes can still add at most.
    /// @return kept Whether the record is kept.
    function complete(
        Pool storage pool,
        address owner,
        uint256 maturity,
        uint256 bucketLength
    ) internal returns (uint256 assets, uint256 total, uint256 contested, bool kept) {
        Withdrawal storage record = pool.withdrawals[owner][maturity];
        (uint256 shares, uint256 paid) = (record.shares, record.paid);
        uint256 rate = pool.buckets[maturity].rate;
        uint256 restorable = vetoable(pool, maturity, bucketLength);
        total = WadMath.toAssetsDown(shares, rate);
        // A matured bucket's rate never falls, and a record that was paid never loses shares.
        assets = total - paid;
        kept = restorable != 0;
        if (kept) contested = WadMath.toAssetsDown(shares, rate + restorable) - total;
        // Paid in full: nothing can come after. Otherwise at most the shares, as a rate is at most WAD.
        (record.shares, record.paid) = kept ? (uint128(shares), uint128(total)) : (uint128(0), uint128(0));
    }

    /// @notice What vetoes can still add to the rate of a bucket: the open liens that were proposed before its maturity.
    /// @dev Of a matured one, those of the last four intervals before: earlier ones are past their veto.
    function vetoable(
        Pool storage pool,
        uint256 maturity,
        uint256 bucketLength
    ) internal view returns (uint256 magnitude) {
        magnitude = pool.liened;
        if (magnitude == 0 || block.timestamp < maturity) return magnitude;
        magnitude = 0;
        for (uint256 i; i < BucketMath.BUCKETS_PER_VETO; ++i) {
            magnitude += pool.buckets[maturity - i * bucketLength].opened;
        }
    }

    /// @notice Opens a lien, unless that takes nothing of anybody.
    /// @return assets ⌊T · magnitude / WAD⌋.
    function lien(Pool storage pool, uint64 magnitude, uint256 bucketLength) internal returns (uint256 assets) {
        assets = _cut(pool, magnitude, bucketLength);
        if (assets == 0) return 0;
        pool.liened += magnitude;
        pool.buckets[BucketMath.nextMaturity(block.timestamp, bucketLength)].opened += magnitude;
    }

    /// @notice Takes at once, unless that takes nothing of anybody.
    /// @return assets ⌊T · magnitude / WAD⌋.
    function slash(Pool storage pool, uint64 magnitude, uint256 bucketLength) internal returns (uint256 assets) {
        assets = _cut(pool, magnitude, bucketLength);
        if (assets != 0) pool.lost += magnitude;
    }

    /// @notice Gives a lien back to those whom it was held from.
    function release(Pool storage pool, uint64 magnitude, uint256 proposedAt, uint256 bucketLength) internal {
        pool.liened -= magnitude;
        uint256 maturity = BucketMath.nextMaturity(proposedAt, bucketLength);
        pool.buckets[maturity].opened -= magnitude;
        uint256 last = BucketMath.maturityOf(block.timestamp, bucketLength);
        for (; maturity <= last; maturity += bucketLength) {
            Bucket storage bucket = pool.buckets[maturity];
            if (bucket.shares != 0) bucket.rate += magnitude;
        }
    }

    /// @notice Makes a lien final: what it held is lost.
    function finalise(Pool storage pool, uint64 magnitude, uint256 proposedAt, uint256 bucketLength) internal {
        pool.lost += magnitude;
        pool.liened -= magnitude;
        pool.buckets[BucketMath.nextMaturity(proposedAt, bucketLength)].opened -= magnitude;
    }

    /// @dev Cuts `magnitude` off the rate of every live bucket with shares, unless that takes nothing of anybody.
    function _cut(Pool storage pool, uint64 magnitude, uint256 bucketLength) private returns (uint256 assets) {
        assets = WadMath.toAssetsDown(slashableShares(pool, bucketLength), magnitude);
        if (assets == 0) return 0;
        uint256 maturity = BucketMath.nextMaturity(block.timestamp, bucketLength);
        uint256 last = BucketMath.maturityOf(block.timestamp, bucketLength);
        for (; maturity <= last; maturity += bucketLength) {
            Bucket storage bucket = pool.buckets[maturity];
            if (bucket.shares != 0) bucket.rate -= magnitude;
        }
    }
}
