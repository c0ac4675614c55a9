// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MockERC20} from "./MockERC20.sol";

/// @title HookToken
/// @notice Test token: moves honestly, and calls whom it was told to before and after each transfer (ERC-777 style).
contract HookToken is MockERC20 {
    struct Hook {
        address target;
        bytes data;
    }

    struct Outcome {
        bool called;
        bool succeeded;
        bytes returned;
    }

    /// @notice The call made before tokens move; no target, no call.
    Hook public before;

    /// @notice The call made after tokens have moved; no target, no call.
    Hook public afterwards;

    /// @notice What the last call before a transfer came to.
    Outcome public outcomeBefore;

    /// @notice What the last call after a transfer came to.
    Outcome public outcomeAfterwards;

    /// @dev Hooks are not called while one runs, else a hook that moves this token would never end.
    bool private _running;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) MockERC20(name_, symbol_, decimals_) {}

    /// @notice Chooses the calls, and forgets what earlier ones came to.
    function setHooks(Hook calldata before_, Hook calldata afterwards_) external {
        (before, afterwards) = (before_, afterwards_);
        delete outcomeBefore;
        delete outcomeAfterwards;
    }

    /// @dev Mints and burns call nobody.
    function _update(address from, address to, uint256 value) internal override {
        bool isTransfer = from != address(0) && to != address(0) && !_running;
        if (isTransfer) _call(before, outcomeBefore);
        super._update(from, to, value);
        if (isTransfer) _call(afterwards, outcomeAfterwards);
    }

    /// @dev A failing hook does not fail the transfer: the test reads the outcome instead.
    function _call(Hook storage hook, Outcome storage outcome) private {
        if (hook.target == address(0)) return;
        _running = true;
        (bool succeeded, bytes memory returned) = hook.target.call(hook.data);
        _running = false;
        (outcome.called, outcome.succeeded, outcome.returned) = (true, succeeded, returned);
    }
}
