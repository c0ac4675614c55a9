// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ICampaign, MiniTest} from "./MiniTest.sol";

/// @title InvariantTest: what all set-ups share: the calls that forge makes, and what must hold after them.
abstract contract InvariantTest is MiniTest {
    ICampaign private _campaign;

    /// @notice After calls: every invariant.
    function invariant_all() external {
        _campaign.check(false);
    }

    /// @notice After each run: every invariant once more, and then everyone leaves.
    function afterInvariant() external {
        _campaign.check(true);
        _campaign.leaveAll();
    }

    function _drive(ICampaign campaign, bytes4[] memory actions) internal {
        _campaign = campaign;
        _target(address(campaign), actions);
    }
}
