// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title IAavePool
/// @notice Of Aave v3's pool, what the scenarios use.
interface IAavePool {
    function supply(address asset, uint256 amount, address onBehalfOf, uint16 referralCode) external;

    function withdraw(address asset, uint256 amount, address to) external returns (uint256);

    function borrow(
        address asset,
        uint256 amount,
        uint256 interestRateMode,
        uint16 referralCode,
        address onBehalfOf
    ) external;

    function repay(
        address asset,
        uint256 amount,
        uint256 interestRateMode,
        address onBehalfOf
    ) external returns (uint256);

    function liquidationCall(
        address collateralAsset,
        address debtAsset,
        address user,
        uint256 debtToCover,
        bool receiveAToken
    ) external;

    function getUserAccountData(
        address user
    )
        external
        view
        returns (
            uint256 totalCollateralBase,
            uint256 totalDebtBase,
            uint256 availableBorrowsBase,
            uint256 currentLiquidationThreshold,
            uint256 ltv,
            uint256 healthFactor
        );
}

/// @title IAaveOracle
/// @notice Of Aave v3's oracle, what the scenarios use.
interface IAaveOracle {
    function setAssetSources(address[] calldata assets, address[] calldata sources) external;

    function getAssetPrice(address asset) external view returns (uint256);
}
