// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IRewardSplits} from "../interfaces/IRewardSplits.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";
import {IStakeManager} from "../interfaces/IStakeManager.sol";
import {RewardMath} from "../libraries/RewardMath.sol";
import {WadMath} from "../libraries/WadMath.sol";
import {RewardEntry} from "../types/RewardTypes.sol";
import {SetStake} from "../types/SlashTypes.sol";
import {PoolView} from "../types/StakeTypes.sol";

/// @title RewardSplits: proposes how to split a reward of a set. Nobody has to follow it.
/// Of an amount A and weights w₁ … wₙ with the sum W, part i is ⌊A·(w₁+…+wᵢ)/W⌋ − ⌊A·(w₁+…+wᵢ₋₁)/W⌋: they sum to A.
contract RewardSplits is IRewardSplits {
    /// @inheritdoc IRewardSplits
    ISlasher public immutable SLASHER;

    constructor(ISlasher slasher) {
        SLASHER = slasher;
    }

    /// @inheritdoc IRewardSplits
    function splitBySecuring(
        bytes32 operatorSet,
        address[] calldata operators,
        uint256[] calldata amounts
    ) external view returns (RewardEntry[] memory) {
        (address[] memory assets, SetStake[][] memory stakes) = SLASHER.setStakes(operatorSet, operators);
        uint256[][] memory weights = new uint256[][](assets.length);
        for (uint256 j; j < assets.length; ++j) {
            weights[j] = new uint256[](operators.length);
            for (uint256 i; i < operators.length; ++i) weights[j][i] = stakes[i][j].securing;
        }
        return _split(operators, assets, amounts, weights);
    }

    /// @inheritdoc IRewardSplits
    function splitByStake(
        bytes32 operatorSet,
        address[] calldata operators,
        uint256[] calldata amounts
    ) external view returns (RewardEntry[] memory) {
        IStakeManager stakeManager = SLASHER.STAKE_MANAGER();
        address[] memory assets = SLASHER.ALLOCATION_MANAGER().operatorSetTerms(operatorSet).assets;
        uint256[][] memory weights = new uint256[][](assets.length);
        for (uint256 j; j < assets.length; ++j) {
            weights[j] = new uint256[](operators.length);
            for (uint256 i; i < operators.length; ++i) {
                PoolView memory pool = stakeManager.pool(operators[i], assets[j]);
                weights[j][i] = WadMath.toAssetsDown(pool.shares, pool.factor);
            }
        }
        return _split(operators, assets, amounts, weights);
    }

    function _split(
        address[] calldata operators,
        address[] memory assets,
        uint256[] calldata amounts,
        uint256[][] memory weights
    ) private pure returns (RewardEntry[] memory entries) {
        require(amounts.length == assets.length, LengthMismatch(amounts.length, assets.length));
        uint256 count;
        for (uint256 j; j < assets.length; ++j) {
            count += _toParts(assets[j], amounts[j], weights[j]);
        }
        entries = new RewardEntry[](count);
        count = 0;
        for (uint256 j; j < assets.length; ++j) {
            for (uint256 i; i < operators.length; ++i) {
                uint256 part = weights[j][i];
                if (part == 0) continue;
                entries[count++] = RewardEntry({operator: operators[i], asset: assets[j], amount: part});
            }
        }
    }

    /// @dev Puts in place of each weight its part of the amount; returns how many are not 0.
    function _toParts(address asset, uint256 amount, uint256[] memory weights) private pure returns (uint256 count) {
        uint256 total;
        for (uint256 i; i < weights.length; ++i) {
            total += weights[i];
        }
        require(total != 0 || amount == 0, NothingStaked(asset));
        uint256 sum;
        uint256 given;
        for (uint256 i; i < weights.length; ++i) {
            sum += weights[i];
            uint256 upTo = total == 0 ? 0 : RewardMath.partDown(amount, sum, total);
            weights[i] = upTo - given;
            given = upTo;
            if (weights[i] != 0) ++count;
        }
    }
}
