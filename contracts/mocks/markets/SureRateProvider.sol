// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ILiquidRestakingToken} from "../../interfaces/lrt/ILiquidRestakingToken.sol";

/// @title SureRateProvider
/// @notice The mistake that the token does not make: a rate for traders that a proposal moves.
contract SureRateProvider {
    /// @notice The liquid restaking token.
    ILiquidRestakingToken public immutable TOKEN;

    constructor(ILiquidRestakingToken token) {
        TOKEN = token;
    }

    /// @notice B/S.
    function getRate() external view returns (uint256) {
        return TOKEN.sureRate();
    }
}
