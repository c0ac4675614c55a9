// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {LrtConfig} from "../../types/LrtTypes.sol";
import {IAllocator} from "./IAllocator.sol";

/// @title IAllocatorDeployer: creates allocators.
interface IAllocatorDeployer {
    /// @notice Creates an allocator that obeys the caller.
    /// @dev A liquid restaking token, in its constructor.
    function deploy(LrtConfig calldata config) external returns (IAllocator);
}
