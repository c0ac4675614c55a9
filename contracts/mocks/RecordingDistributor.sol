// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IStakeManager} from "../interfaces/IStakeManager.sol";
import {IRewardsDistributor} from "../interfaces/callbacks/IRewardsDistributor.sol";

/// @title RecordingDistributor
/// @notice Test distributor: lets pools pay rewards, and records what it is told of changes of shares.
contract RecordingDistributor is IRewardsDistributor {
    /// @notice A change of shares was announced.
    /// @param before Whether the StakeManager still had the shares that it spoke of.
    event SharesChangeReported(
        address indexed operator,
        address indexed asset,
        address indexed staker,
        uint256 stakerShares,
        uint256 poolShares,
        bool before
    );

    /// @notice Sets the flag of a pool; open to everybody.
    function activate(IStakeManager stakeManager, address operator, address asset) external {
        stakeManager.setPaysRewards(operator, asset);
    }

    /// @inheritdoc IRewardsDistributor
    function onSharesChange(
        address operator,
        address asset,
        address staker,
        uint256 stakerShares,
        uint256 poolShares
    ) external {
        IStakeManager stakeManager = IStakeManager(msg.sender);
        bool before =
            stakeManager.sharesOf(operator, asset, staker) == stakerShares &&
                stakeManager.pool(operator, asset).shares == poolShares;
        emit SharesChangeReported(operator, asset, staker, stakerShares, poolShares, before);
    }
}
