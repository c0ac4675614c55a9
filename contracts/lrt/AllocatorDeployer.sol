// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAllocator} from "../interfaces/lrt/IAllocator.sol";
import {IAllocatorDeployer} from "../interfaces/lrt/IAllocatorDeployer.sol";
import {ILiquidRestakingToken} from "../interfaces/lrt/ILiquidRestakingToken.sol";
import {LrtConfig} from "../types/LrtTypes.sol";
import {Allocator} from "./Allocator.sol";

/// @title AllocatorDeployer: creates the allocator of each liquid restaking token in the token's own constructor, so that
/// nothing is ever half wired. It stands apart because the token's code and all that it creates do not fit the 49,152
/// bytes that a transaction may deploy by. It has no state and no power.
contract AllocatorDeployer is IAllocatorDeployer {
    /// @inheritdoc IAllocatorDeployer
    function deploy(LrtConfig calldata config) external returns (IAllocator) {
        return new Allocator(ILiquidRestakingToken(msg.sender), config);
    }
}
