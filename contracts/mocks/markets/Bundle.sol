// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title Bundle
/// @notice Does what anybody asks for, in one transaction: the contract of a trader, who may be the judge of a set.
contract Bundle {
    struct Step {
        address target;
        bytes data;
    }

    /// @notice Calls one after the other; the first that fails is handed on.
    function run(Step[] calldata steps) external {
        for (uint256 i; i < steps.length; ++i) {
            Address.functionCall(steps[i].target, steps[i].data);
        }
    }
}
