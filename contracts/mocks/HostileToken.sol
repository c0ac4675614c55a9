// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MockERC20} from "./MockERC20.sol";

/// @title HostileToken
/// @notice Test token: honest until told to misbehave, in one way at a time.
contract HostileToken is MockERC20 {
    enum Behaviour {
        /// Moves and answers as ERC-20 says.
        Honest,
        /// Takes `parameter` basis points of what is sent, which the receiver does not get.
        FeeOnTransfer,
        /// Answers `false` and moves nothing.
        ReturnsFalse,
        /// Moves, and answers nothing at all (USDT).
        ReturnsNothing,
        /// Answers `true` and moves nothing.
        MovesNothing,
        /// Delivers `parameter` units more than was sent, minted on the way.
        DeliversMore,
        /// Moves, and answers with `parameter` bytes of zeros after the first word.
        ReturnBomb,
        /// Reverts with `TransferRefused`.
        Reverts,
        /// Reverts with `parameter` bytes of revert data.
        RevertBomb,
        /// Burns all the gas that it is given.
        GasBomb
    }

    uint256 private constant BPS = 10_000;

    /// @notice How transfers misbehave at present.
    Behaviour public behaviour;

    /// @notice The number that the behaviour asks for, as explained beside it.
    uint256 public parameter;

    /// @notice Whether `permit` reverts.
    bool public permitReverts;

    /// @notice Who is blocked from sending and receiving.
    mapping(address account => bool isBlocked) public blocked;

    /// @notice What `balanceOf` subtracts from the true balance, for everybody.
    uint256 public hidden;

    error TransferRefused();
    error Blocked(address account);
    error PermitRefused();

    constructor(string memory name_, string memory symbol_, uint8 decimals_) MockERC20(name_, symbol_, decimals_) {}

    /// @notice Chooses how transfers misbehave from now on.
    function setBehaviour(Behaviour behaviour_, uint256 parameter_) external {
        (behaviour, parameter) = (behaviour_, parameter_);
    }

    /// @notice Blocks or unblocks an account.
    function setBlocked(address account, bool isBlocked) external {
        blocked[account] = isBlocked;
    }

    /// @notice Lets `permit` revert, or work again.
    function setPermitReverts(bool reverts) external {
        permitReverts = reverts;
    }

    /// @notice Makes `balanceOf` report `hidden_` units less than there are.
    function setHidden(uint256 hidden_) external {
        hidden = hidden_;
    }

    /// @notice Takes `value` units away from `account`, as a rebasing token does.
    function shrink(address account, uint256 value) external {
        _burn(account, value);
    }

    /// @notice As ERC-20 says, except for the present behaviour.
    function transfer(address to, uint256 value) public virtual override returns (bool) {
        bool moves = _misbehaveBefore(msg.sender, to);
        if (moves) super.transfer(to, value);
        return _misbehaveAfter(to, value);
    }

    /// @notice As ERC-20 says, except for the present behaviour.
    function transferFrom(address from, address to, uint256 value) public virtual override returns (bool) {
        bool moves = _misbehaveBefore(from, to);
        if (moves) super.transferFrom(from, to, value);
        return _misbehaveAfter(to, value);
    }

    /// @notice As ERC-2612 says, unless told to revert.
    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) public override {
        require(!permitReverts, PermitRefused());
        super.permit(owner, spender, value, deadline, v, r, s);
    }

    /// @notice The true balance, less what is hidden.
    function balanceOf(address account) public view override returns (uint256) {
        uint256 balance = super.balanceOf(account);
        return balance > hidden ? balance - hidden : 0;
    }

    /// @dev Returns whether tokens move at all.
    function _misbehaveBefore(address from, address to) private view returns (bool) {
        require(!blocked[from], Blocked(from));
        require(!blocked[to], Blocked(to));
        Behaviour current = behaviour;
        require(current != Behaviour.Reverts, TransferRefused());
        if (current == Behaviour.RevertBomb) {
            uint256 size = parameter;
            assembly ("memory-safe") {
                revert(mload(0x40), size)
            }
        }
        if (current == Behaviour.GasBomb) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        return current != Behaviour.ReturnsFalse && current != Behaviour.MovesNothing;
    }

    /// @dev Returns what the token answers, or ends the call with another answer.
    function _misbehaveAfter(address to, uint256 value) private returns (bool) {
        Behaviour current = behaviour;
        if (current == Behaviour.FeeOnTransfer) _burn(to, (value * parameter) / BPS);
        if (current == Behaviour.DeliversMore) _mint(to, parameter);
        if (current == Behaviour.ReturnsNothing) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        if (current == Behaviour.ReturnBomb) {
            uint256 size = parameter;
            assembly ("memory-safe") {
                let start := mload(0x40)
                mstore(start, 1)
                return(start, add(size, 32))
            }
        }
        return current != Behaviour.ReturnsFalse;
    }
}
