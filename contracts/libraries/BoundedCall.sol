// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title BoundedCall: tells another contract something without letting it do anything to the teller.
library BoundedCall {
    /// @notice Less gas would be left for the call than it is promised.
    error InsufficientGas(uint256 gasLeft, uint256 required);

    /// @dev Covers the cost of the call itself to an account that was not touched before, which may delegate to another
    /// such account (EIP-7702).
    uint256 private constant CALL_OVERHEAD = 7_500;

    /// @notice Calls `target` with exactly `gasLimit` gas and reads nothing of what it returns.
    /// @dev A call gets at most 63/64 of the gas left (EIP-150), so this reverts beforehand unless `gasLimit` is within
    /// that: nobody can starve the callee by choosing the transaction's gas.
    function tell(address target, uint256 gasLimit, bytes memory data) internal {
        uint256 required = (gasLimit * 64) / 63 + CALL_OVERHEAD;
        uint256 gasLeft = gasleft();
        require(gasLeft >= required, InsufficientGas(gasLeft, required));
        assembly ("memory-safe") {
            pop(call(gasLimit, target, 0, add(data, 0x20), mload(data), 0, 0))
        }
    }
}
