// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title IAggregatorV3: a price feed by Chainlink's interface; `latestAnswer` is what Aave v3 reads.
interface IAggregatorV3 {
    /// @notice The latest price.
    function latestAnswer() external view returns (int256);

    /// @notice The latest price, and when it was made.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);

    /// @notice Decimals of the price.
    function decimals() external view returns (uint8);

    /// @notice What is priced, and in what.
    function description() external view returns (string memory);

    /// @notice Version of the feed.
    function version() external view returns (uint256);
}
