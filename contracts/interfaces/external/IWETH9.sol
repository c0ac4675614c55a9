// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title IWETH9
/// @notice Wrapped ether as deployed on Ethereum: 1 unit of ether for 1 unit of token, both ways, at once.
interface IWETH9 is IERC20 {
    /// @notice Ether was wrapped.
    event Deposit(address indexed dst, uint256 wad);

    /// @notice Ether was unwrapped.
    event Withdrawal(address indexed src, uint256 wad);

    /// @notice Wraps the ether sent along, for the caller.
    function deposit() external payable;

    /// @notice Unwraps `wad` units of the caller's tokens, and sends the ether to it.
    function withdraw(uint256 wad) external;
}
