// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ITiming} from "../interfaces/ITiming.sol";
import {BucketMath} from "../libraries/BucketMath.sol";

/// @title Timing: the three delays that both ledgers share, fixed at construction.
abstract contract Timing is ITiming {
    uint256 private constant MIN_EXIT_DELAY = 2 minutes;
    uint256 private constant MAX_EXIT_DELAY = 56 days;

    /// @inheritdoc ITiming
    uint32 public immutable EXIT_DELAY;
    /// @inheritdoc ITiming
    uint32 public immutable BUCKET;
    /// @inheritdoc ITiming
    uint32 public immutable NOTICE;

    constructor(uint32 exitDelay) {
        require(
            exitDelay >= MIN_EXIT_DELAY && exitDelay <= MAX_EXIT_DELAY && exitDelay % BucketMath.BUCKETS_PER_EXIT == 0,
            ExitDelayOutOfBounds(exitDelay, MIN_EXIT_DELAY, MAX_EXIT_DELAY)
        );
        EXIT_DELAY = exitDelay;
        // At most 1.5 times the greatest exit delay: far below 2^32.
        BUCKET = uint32(exitDelay / BucketMath.BUCKETS_PER_EXIT);
        NOTICE = exitDelay + 4 * BUCKET;
    }
}
