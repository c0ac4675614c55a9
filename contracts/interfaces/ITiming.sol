// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title ITiming: the delays of this deployment, in seconds.
interface ITiming {
    /// @notice The exit delay is not a multiple of 8 seconds, or outside of its bounds.
    error ExitDelayOutOfBounds(uint256 exitDelay, uint256 min, uint256 max);

    /// @notice Seconds for which queued shares stay slashable, before rounding up to the end of a bucket.
    function EXIT_DELAY() external view returns (uint32);

    /// @notice `EXIT_DELAY / 8`: withdrawals mature at multiples of it.
    function BUCKET() external view returns (uint32);

    /// @notice `EXIT_DELAY + 4 · BUCKET`: seconds between the announcement of a new risk and its beginning.
    function NOTICE() external view returns (uint32);
}
