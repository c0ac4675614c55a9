// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {RewardEntry} from "../types/RewardTypes.sol";
import {ISlasher} from "./ISlasher.sol";

/// @title IRewardSplits: proposes how to split a reward of a set. It reads, and nobody has to follow it.
/// @notice What it returns can be given to `fund` of the RewardsDistributor as it is, if every pool in it has the token and
/// no part is too small for it (RewardTooSmall): leave out operators with dust, and fund more than 64 parts by several calls.
interface IRewardSplits {
    /// @notice There must be one amount for each asset of the set.
    error LengthMismatch(uint256 amounts, uint256 assets);
    /// @notice There is nothing to split the amount of this asset by.
    error NothingStaked(address asset);

    /// @notice The corridor of the core.
    function SLASHER() external view returns (ISlasher);

    /// @notice Splits an amount for each asset of a set over operators, by what secures the set.
    /// @dev The parts of an asset sum to its amount exactly, each rounded by less than a unit; parts of 0 are left out.
    /// Reverts with LengthMismatch, NothingStaked; OperatorSetUnknown of the AllocationManager.
    /// @param operators Each of them once.
    /// @param amounts One for each asset of the set, in the set's order.
    function splitBySecuring(
        bytes32 operatorSet,
        address[] calldata operators,
        uint256[] calldata amounts
    ) external view returns (RewardEntry[] memory);

    /// @notice Splits an amount for each asset of a set over operators, by all of their active stake in that asset.
    /// @dev As `splitBySecuring`.
    /// @param operators Each of them once.
    /// @param amounts One for each asset of the set, in the set's order.
    function splitByStake(
        bytes32 operatorSet,
        address[] calldata operators,
        uint256[] calldata amounts
    ) external view returns (RewardEntry[] memory);
}
