// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title IRewardClaims: what a staker, or an account that it has approved in the core, asks of the rewards distributor.
interface IRewardClaims {
    /// @notice Names a pool.
    struct PoolKey {
        address operator;
        address asset;
    }

    /// @notice Pays what a staker has earned of one token in many pools.
    /// @param staker Who has earned it.
    /// @param token The reward token.
    /// @param pools Where.
    /// @param receiver Who gets it.
    /// @return amount Units paid; 0 if there is nothing.
    function claim(
        address staker,
        address token,
        PoolKey[] calldata pools,
        address receiver
    ) external returns (uint256 amount);
}
