// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title IPriceOracleSentinel: what an Aave v3 market asks its sentinel.
interface IPriceOracleSentinel {
    /// @notice Whether anyone may borrow in the market now.
    function isBorrowAllowed() external view returns (bool);

    /// @notice Whether positions with a health factor of 0.95 or more may be liquidated now; others always may.
    function isLiquidationAllowed() external view returns (bool);
}
