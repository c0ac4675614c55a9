// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {WithdrawalKey} from "../../types/StakeTypes.sol";

/// @title IExitBatch: owns the withdrawals and the assets of one epoch, and obeys the queue alone. A clone, so that no
/// epoch can touch what is another's: neither in the core, where a withdrawal is known by its owner, nor in the asset.
interface IExitBatch {
    /// @notice Only the queue commands.
    error NotQueue(address caller);

    /// @notice Completes withdrawals of this contract, to itself.
    /// @dev Only the queue. Reverts with NotQueue, and as `completeWithdrawals` of the core does.
    /// @return assets Units received.
    /// @return contested Units that vetoes can still add at most.
    function complete(WithdrawalKey[] calldata keys) external returns (uint256 assets, uint256 contested);

    /// @notice Pays assets out.
    /// @dev Only the queue. Reverts with NotQueue, and as the asset does.
    function pay(address receiver, uint256 assets) external;

    /// @notice The contract that commands.
    function QUEUE() external view returns (address);
}
