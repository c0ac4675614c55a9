// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MockERC20} from "../../contracts/mocks/MockERC20.sol";

/// @title RewardToken: a token that pays rewards, until it is in another mood; it can call back whom it pays from.
contract RewardToken is MockERC20 {
    enum Mood {
        Honest,
        /// Every call reverts, those that only read, too.
        Refuses,
        /// Nothing leaves who holds it.
        Blocks,
        /// Answers `false` and moves nothing.
        AnswersFalse,
        /// A unit of what is sent does not arrive.
        KeepsFee
    }

    /// @notice What it does at present.
    Mood public mood;

    /// @notice What its call came to: the first word of the answer.
    uint256 public answer;

    bytes private _data;

    error Moody();

    constructor(uint8 decimals_) MockERC20("Reward", "RWD", decimals_) {}

    /// @notice Chooses what it does from now on.
    function setMood(Mood mood_) external {
        mood = mood_;
    }

    /// @notice What it calls the sender of its next transfer with.
    function arm(bytes calldata data) external {
        (_data, answer) = (data, 0);
    }

    /// @notice The balance, in every mood.
    function holdings(address account) external view returns (uint256) {
        return super.balanceOf(account);
    }

    /// @notice The balance, unless it refuses.
    function balanceOf(address account) public view override returns (uint256) {
        require(mood != Mood.Refuses, Moody());
        return super.balanceOf(account);
    }

    /// @notice Moves, as its mood is.
    function transfer(address to, uint256 value) public override returns (bool) {
        require(mood != Mood.Refuses && mood != Mood.Blocks, Moody());
        if (mood == Mood.AnswersFalse) return false;
        if (_data.length != 0) {
            bytes memory data = _data;
            delete _data;
            (bool succeeded, bytes memory returned) = msg.sender.call(data);
            if (succeeded) answer = abi.decode(returned, (uint256));
        }
        return super.transfer(to, value);
    }

    /// @notice Moves, as its mood is.
    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        require(mood != Mood.Refuses, Moody());
        if (mood == Mood.AnswersFalse) return false;
        super.transferFrom(from, to, value);
        if (mood == Mood.KeepsFee) _burn(to, 1);
        return true;
    }
}
