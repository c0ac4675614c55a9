// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import {IAVSRegistrar} from "../interfaces/callbacks/IAVSRegistrar.sol";

/// @title HostileRegistrar
/// @notice Test registrar: honest until told to misbehave, in one way at a time. It may be the AVS, too.
contract HostileRegistrar is IAVSRegistrar {
    enum Behaviour {
        /// Emits what it was called with.
        Honest,
        /// Reverts with `CallRefused`.
        Reverts,
        /// Burns all the gas that it is given.
        GasBomb,
        /// Answers with `parameter` bytes.
        ReturnBomb,
        /// Reverts with `parameter` bytes.
        RevertBomb
    }

    /// @notice How it answers at present.
    Behaviour public behaviour;

    /// @notice The number that the behaviour asks for, as explained beside it.
    uint256 public parameter;

    /// @notice The call that it makes before it answers; no callee, no call.
    address public callee;

    /// @notice What it calls the callee with.
    bytes public callData;

    event RegisterCalled(address operator, bytes32 operatorSet, bytes data);
    event DeregisterCalled(address operator, bytes32 operatorSet);
    event CallMade(bool succeeded, bytes returned);

    error CallRefused(address operator, bytes32 operatorSet);

    /// @notice Chooses how it answers from now on.
    function setBehaviour(Behaviour behaviour_, uint256 parameter_) external {
        (behaviour, parameter) = (behaviour_, parameter_);
    }

    /// @notice Chooses the call that it makes before it answers.
    function setCall(address callee_, bytes calldata callData_) external {
        (callee, callData) = (callee_, callData_);
    }

    /// @notice Makes any call as this contract; reverts with what the callee reverted with.
    function execute(address callee_, bytes calldata callData_) external returns (bytes memory) {
        return Address.functionCall(callee_, callData_);
    }

    /// @inheritdoc IAVSRegistrar
    function registerOperator(address operator, bytes32 operatorSet, bytes calldata data) external {
        emit RegisterCalled(operator, operatorSet, data);
        _answer(operator, operatorSet);
    }

    /// @inheritdoc IAVSRegistrar
    function deregisterOperator(address operator, bytes32 operatorSet) external {
        emit DeregisterCalled(operator, operatorSet);
        _answer(operator, operatorSet);
    }

    function _answer(address operator, bytes32 operatorSet) private {
        if (callee != address(0)) {
            (bool succeeded, bytes memory returned) = callee.call(callData);
            emit CallMade(succeeded, returned);
        }
        Behaviour current = behaviour;
        require(current != Behaviour.Reverts, CallRefused(operator, operatorSet));
        if (current == Behaviour.Honest) return;
        uint256 size = parameter;
        if (current == Behaviour.GasBomb) {
            assembly ("memory-safe") {
                invalid()
            }
        } else if (current == Behaviour.ReturnBomb) {
            assembly ("memory-safe") {
                return(0, size)
            }
        } else {
            assembly ("memory-safe") {
                revert(0, size)
            }
        }
    }
}
