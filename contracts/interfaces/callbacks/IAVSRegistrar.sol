// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title IAVSRegistrar: what an AVS may let the AllocationManager call when operators come and go.
interface IAVSRegistrar {
    /// @notice An operator registers for a set. A revert refuses it.
    /// @dev Called by the AllocationManager after the registration was written.
    /// @param operator Who registers.
    /// @param operatorSet Key of the set.
    /// @param data Whatever the operator sent along for the AVS, such as a key or a socket.
    function registerOperator(address operator, bytes32 operatorSet, bytes calldata data) external;

    /// @notice A registration has ended. Called with exactly `REGISTRAR_GAS`; what it returns, and whether it
    /// reverts, changes nothing.
    /// @param operator Whose registration has ended.
    /// @param operatorSet Key of the set.
    function deregisterOperator(address operator, bytes32 operatorSet) external;
}
