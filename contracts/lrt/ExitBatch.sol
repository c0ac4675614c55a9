// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IStakeManager} from "../interfaces/IStakeManager.sol";
import {IExitBatch} from "../interfaces/lrt/IExitBatch.sol";
import {WithdrawalKey} from "../types/StakeTypes.sol";

/// @title ExitBatch: owns the withdrawals and the assets of one epoch. It has no state: each epoch's is a clone.
contract ExitBatch is IExitBatch {
    using SafeERC20 for IERC20;

    /// @inheritdoc IExitBatch
    address public immutable QUEUE;
    IStakeManager private immutable STAKE_MANAGER;
    IERC20 private immutable ASSET;

    /// @dev The deployer is the queue.
    constructor(IStakeManager stakeManager, IERC20 asset) {
        QUEUE = msg.sender;
        STAKE_MANAGER = stakeManager;
        ASSET = asset;
    }

    /// @inheritdoc IExitBatch
    function complete(WithdrawalKey[] calldata keys) external returns (uint256 assets, uint256 contested) {
        require(msg.sender == QUEUE, NotQueue(msg.sender));
        return STAKE_MANAGER.completeWithdrawals(address(this), address(ASSET), keys, address(this));
    }

    /// @inheritdoc IExitBatch
    function pay(address receiver, uint256 assets) external {
        require(msg.sender == QUEUE, NotQueue(msg.sender));
        ASSET.safeTransfer(receiver, assets);
    }
}
