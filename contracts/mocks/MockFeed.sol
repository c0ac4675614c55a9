// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAggregatorV3} from "../interfaces/external/IAggregatorV3.sol";

/// @title MockFeed
/// @notice Test feed: a price that anybody sets.
contract MockFeed is IAggregatorV3 {
    // solhint-disable-next-line const-name-snakecase
    uint256 public constant version = 4;
    // solhint-disable-next-line const-name-snakecase
    string public constant description = "WETH / USD";
    // solhint-disable-next-line immutable-vars-naming
    uint8 public immutable decimals;
    int256 public latestAnswer;
    uint256 private _updatedAt;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    /// @notice Sets the price; open to everybody.
    function set(int256 answer) external {
        (latestAnswer, _updatedAt) = (answer, block.timestamp);
    }

    /// @inheritdoc IAggregatorV3
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        return (7, latestAnswer, _updatedAt, _updatedAt, 7);
    }
}
