// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IStakeManager} from "../interfaces/IStakeManager.sol";
import {RewardsDistributor} from "./RewardsDistributor.sol";

/// @title RewardsDeployer: creates the RewardsDistributor at an address that is known before there is a core.
/// The core is told of its distributor at construction, and the distributor is immutably bound to the core: so the first
/// is created with the address that the second will have. The distributor's constructor refuses a core that tells another
/// one, so neither order nor mistake can leave a wrong binding; and only who made this contract chooses the core.
contract RewardsDeployer {
    /// @notice Only who made this contract uses it.
    error NotDeployer(address caller, address deployer);

    /// @notice Who made this contract.
    address public immutable DEPLOYER;
    /// @notice Where the RewardsDistributor is, or will be: the first contract that this one creates.
    address public immutable DISTRIBUTOR;

    constructor() {
        DEPLOYER = msg.sender;
        // The address of what a contract creates with nonce 1 is the hash of the RLP of both.
        DISTRIBUTOR = address(
            uint160(uint256(keccak256(abi.encodePacked(bytes2(0xd694), address(this), bytes1(0x01)))))
        );
    }

    /// @notice Creates the distributor of a core that was created with the address `DISTRIBUTOR`. What reverts can be
    /// done again.
    /// @dev Only who made this contract. Reverts with NotDeployer; with NotTheDistributor of the distributor if the core
    /// has another one, or the distributor exists.
    function deploy(IStakeManager stakeManager) external returns (RewardsDistributor) {
        require(msg.sender == DEPLOYER, NotDeployer(msg.sender, DEPLOYER));
        return new RewardsDistributor(stakeManager);
    }
}
