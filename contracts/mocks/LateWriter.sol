// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @title LateWriter
/// @notice What the checks of the order of effects must report, and what they must let pass. No two functions
/// do the same, as the optimizer would merge them.
contract LateWriter is Multicall, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice Written by every function.
    uint256 public writes;

    uint256 private transient _transientWrites;

    function early(IERC20 token) external nonReentrant {
        ++writes;
        token.approve(msg.sender, 1);
    }

    function late(IERC20 token) external {
        token.approve(msg.sender, 2);
        writes += 2;
    }

    function lateTransient(IERC20 token) external nonReentrant {
        ++writes;
        token.approve(msg.sender, 3);
        ++_transientWrites;
    }

    function lateThroughLibrary(IERC20 token) external {
        token.forceApprove(msg.sender, 4);
        writes += 3;
    }

    function excused(IERC20 token) external {
        // order: this function is there to be excused.
        token.approve(msg.sender, 5);
        writes += 4;
    }

    function excusedWithoutReason(IERC20 token) external {
        // order:
        token.approve(msg.sender, 6);
        writes += 5;
    }

    function excusedWithoutNeed(IERC20 token) external {
        ++writes;
        // order: nothing is written after this call.
        token.approve(msg.sender, 7);
    }

    function excusedAbove(IERC20 token) external {
        // order: what this leads to is excused here.
        this.leadOut(token);
        writes += 6;
    }

    function leadOut(IERC20 token) external {
        token.approve(msg.sender, 8);
    }
}
