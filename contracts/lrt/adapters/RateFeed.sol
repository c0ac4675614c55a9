// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAggregatorV3} from "../../interfaces/external/IAggregatorV3.sol";
import {ILiquidRestakingToken} from "../../interfaces/lrt/ILiquidRestakingToken.sol";
import {LrtMath} from "../../libraries/LrtMath.sol";
import {WAD} from "../../libraries/WadMath.sol";

/// @title RateFeed: the price of a liquid restaking token, by Chainlink's interface.
/// ⌊A/S⌋ for liquidations or ⌊B/S⌋ for what may be borrowed, in WAD, and of the present second; or that times the price of
/// the asset by another feed, with that one's decimals and rounds. It has no state, no bound and no key: a market price of
/// the token is nowhere read, so a wick cannot matter.
contract RateFeed is IAggregatorV3 {
    /// @inheritdoc IAggregatorV3
    // solhint-disable-next-line const-name-snakecase
    uint256 public constant version = 1;

    /// @notice The liquid restaking token.
    ILiquidRestakingToken public immutable TOKEN;
    /// @notice Feed of the asset's price; 0 = the price is told in the asset.
    IAggregatorV3 public immutable BASE;
    /// @notice Whether the price is B/S, what is sure, instead of A/S.
    bool public immutable SURE;
    /// @inheritdoc IAggregatorV3
    // solhint-disable-next-line immutable-vars-naming
    uint8 public immutable decimals;
    /// @inheritdoc IAggregatorV3
    string public description;

    constructor(ILiquidRestakingToken token, IAggregatorV3 base, bool sure, string memory description_) {
        TOKEN = token;
        BASE = base;
        SURE = sure;
        decimals = address(base) == address(0) ? 18 : base.decimals();
        description = description_;
    }

    /// @inheritdoc IAggregatorV3
    function latestAnswer() external view returns (int256) {
        return address(BASE) == address(0) ? _priced(int256(WAD)) : _priced(BASE.latestAnswer());
    }

    /// @inheritdoc IAggregatorV3
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        if (address(BASE) == address(0)) {
            // Seconds.
            roundId = uint80(block.timestamp);
            return (roundId, _priced(int256(WAD)), block.timestamp, block.timestamp, roundId);
        }
        (roundId, answer, startedAt, updatedAt, answeredInRound) = BASE.latestRoundData();
        answer = _priced(answer);
    }

    /// @dev ⌊price · rate / WAD⌋. A price that is not above 0 is handed on: who reads it knows what to do.
    function _priced(int256 price) private view returns (int256) {
        if (price <= 0) return price;
        uint256 rate = SURE ? TOKEN.sureRate() : TOKEN.getRate();
        // The price is above 0. With a rate below 2^146 the product fits, unless the base feed is out of its mind.
        return int256(LrtMath.mulDivDown(uint256(price), rate, WAD));
    }
}
