// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title IPoolShares: reads the first word alone of what `IStakeManager.pool` answers.
interface IPoolShares {
    /// @notice Active shares of a pool: the first member of `PoolView`, in which every member is one word.
    function pool(address operator, address asset) external view returns (uint256 shares);
}
