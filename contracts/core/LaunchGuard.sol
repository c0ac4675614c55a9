// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {ILaunchGuard} from "../interfaces/callbacks/ILaunchGuard.sol";

/// @title LaunchGuard: a cap per asset and one pause, which touch entry alone, until the date that the StakeManager was
/// deployed with. An asset without a cap is not open yet.
contract LaunchGuard is ILaunchGuard, AccessManaged {
    /// @notice The StakeManager may now hold up to `cap` of the asset.
    event CapSet(address indexed asset, uint256 cap);
    /// @notice Entry is closed, or open again.
    event EntryPauseSet(bool paused);

    /// @notice Entry is closed for now.
    error EntryPaused();
    /// @notice The StakeManager would hold more of the asset than its cap.
    error CapExceeded(address asset, uint256 holdings, uint256 cap);

    /// @notice Most units of an asset that a deposit may leave in the StakeManager; nothing else is bound by it.
    mapping(address asset => uint256) public capOf;
    /// @notice Whether entry is closed for now.
    bool public entryPaused;

    /// @param authority The AccessManager that says who may call what.
    constructor(address authority) AccessManaged(authority) {}

    /// @notice Sets the cap of an asset. Stake that is above it stays.
    /// @dev Only whom the AccessManager lets.
    /// @param cap Units of the asset.
    function setCap(address asset, uint256 cap) external restricted {
        capOf[asset] = cap;
        emit CapSet(asset, cap);
    }

    /// @notice Closes entry, or opens it again. Exits are not touched.
    /// @dev Only whom the AccessManager lets.
    function setEntryPaused(bool paused) external restricted {
        entryPaused = paused;
        emit EntryPauseSet(paused);
    }

    /// @inheritdoc ILaunchGuard
    function checkEntry(address asset, uint256 holdings) external view {
        require(!entryPaused, EntryPaused());
        uint256 cap = capOf[asset];
        require(holdings <= cap, CapExceeded(asset, holdings, cap));
    }
}
