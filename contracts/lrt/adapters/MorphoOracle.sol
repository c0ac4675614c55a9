// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {IAggregatorV3} from "../../interfaces/external/IAggregatorV3.sol";
import {IMorphoOracle} from "../../interfaces/external/IMorphoOracle.sol";
import {ILiquidRestakingToken} from "../../interfaces/lrt/ILiquidRestakingToken.sol";
import {LrtMath} from "../../libraries/LrtMath.sol";

/// @title MorphoOracle: the price A/S of a liquid restaking token, by Morpho's interface.
/// With the asset as loan token ⌊10^36 · A / S⌋; with another one, whose price in the asset's terms a feed tells,
/// ⌊10^(36 + loan decimals − asset decimals − feed decimals) · price · A / S⌋. It has no state and no key.
/// Such a market has one price: leave at least OPERATOR_RISK between what may be borrowed and the liquidation.
contract MorphoOracle is IMorphoOracle {
    /// @notice The feed says that the asset is worth nothing, or less.
    error InvalidAnswer(int256 answer);
    /// @notice 36 and the loan token's decimals are less than those of the asset and of the feed: no scale is left.
    error ScaleTooSmall(uint256 decimals, uint256 required);

    /// @notice The liquid restaking token, which is the collateral.
    ILiquidRestakingToken public immutable TOKEN;
    /// @notice Price of the asset in the loan token; 0 = the loan token is the asset.
    IAggregatorV3 public immutable BASE;
    /// @notice What a price of the feed is multiplied by.
    uint256 public immutable SCALE;

    constructor(ILiquidRestakingToken token, IAggregatorV3 base, uint8 loanDecimals) {
        TOKEN = token;
        BASE = base;
        uint256 up = 36;
        uint256 down;
        if (address(base) != address(0)) {
            up += loanDecimals;
            down = uint256(IERC20Metadata(token.asset()).decimals()) + base.decimals();
        }
        require(up >= down, ScaleTooSmall(up, down));
        SCALE = 10 ** (up - down);
    }

    /// @inheritdoc IMorphoOracle
    function price() external view returns (uint256) {
        uint256 scaled = SCALE;
        if (address(BASE) != address(0)) {
            (, int256 answer, , , ) = BASE.latestRoundData();
            require(answer > 0, InvalidAnswer(answer));
            scaled *= uint256(answer);
        }
        return LrtMath.toAssetsDown(scaled, TOKEN.totalAssets(), IERC20Metadata(address(TOKEN)).totalSupply());
    }
}
