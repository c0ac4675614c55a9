// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title IMorphoOracle: a price by Morpho's interface.
interface IMorphoOracle {
    /// @notice What one unit of collateral is worth in units of the loan token, times 10^36.
    function price() external view returns (uint256);
}
