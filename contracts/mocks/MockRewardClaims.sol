// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IRewardClaims} from "../interfaces/callbacks/IRewardClaims.sol";

/// @title MockRewardClaims
/// @notice Test distributor: pays whatever it has of a token to whoever claims first, and says who asked for whom.
contract MockRewardClaims is IRewardClaims {
    /// @notice Somebody has claimed.
    event Claimed(
        address caller,
        address staker,
        address token,
        address operator,
        address asset,
        address receiver,
        uint256 amount
    );

    /// @inheritdoc IRewardClaims
    function claim(
        address staker,
        address token,
        PoolKey[] calldata pools,
        address receiver
    ) external returns (uint256 amount) {
        amount = IERC20(token).balanceOf(address(this));
        emit Claimed(msg.sender, staker, token, pools[0].operator, pools[0].asset, receiver, amount);
        IERC20(token).transfer(receiver, amount);
    }
}
