// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IPriceOracleSentinel} from "../../interfaces/external/IPriceOracleSentinel.sol";
import {ILiquidRestakingToken} from "../../interfaces/lrt/ILiquidRestakingToken.sol";

/// @title BorrowSentinel: the price oracle sentinel of an Aave v3 market whose collateral is a liquid restaking token.
/// While much of the token is contested nobody borrows; liquidations are never stopped. It has no state and no key.
/// Aave asks it for the whole market, not for one collateral; and does not ask it when collateral is withdrawn.
contract BorrowSentinel is IPriceOracleSentinel {
    /// @notice The liquid restaking token.
    ILiquidRestakingToken public immutable TOKEN;

    constructor(ILiquidRestakingToken token) {
        TOKEN = token;
    }

    /// @inheritdoc IPriceOracleSentinel
    function isBorrowAllowed() external view returns (bool) {
        return TOKEN.borrowable();
    }

    /// @inheritdoc IPriceOracleSentinel
    function isLiquidationAllowed() external pure returns (bool) {
        return true;
    }
}
