// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title BucketMath: which maturities there are. Every maturity is a multiple of the bucket's length.
/// Times are seconds below 2^48 and a bucket is a week at most, so no sum reaches 2^256.
library BucketMath {
    /// @notice Buckets in one exit delay.
    uint256 internal constant BUCKETS_PER_EXIT = 8;

    /// @notice Greatest number of buckets before a maturity whose open liens can still be vetoed at it, itself
    /// included: a veto window is at most half an exit delay.
    uint256 internal constant BUCKETS_PER_VETO = 4;

    /// @notice ⌈(time + EXIT_DELAY) / bucket⌉ · bucket: where shares that are queued at `time` mature.
    function maturityOf(uint256 time, uint256 bucket) internal pure returns (uint256) {
        unchecked {
            return ((time + bucket - 1) / bucket + BUCKETS_PER_EXIT) * bucket;
        }
    }

    /// @notice (⌊time / bucket⌋ + 1) · bucket: the first maturity after `time`.
    function nextMaturity(uint256 time, uint256 bucket) internal pure returns (uint256) {
        unchecked {
            return (time / bucket + 1) * bucket;
        }
    }

    /// @notice The first and the last maturity of buckets that can hold shares which have not matured at `time`: at
    /// most nine.
    function liveMaturities(uint256 time, uint256 bucket) internal pure returns (uint256 first, uint256 last) {
        return (nextMaturity(time, bucket), maturityOf(time, bucket));
    }
}
