// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title MockERC1271Wallet
/// @notice Test wallet: a contract account of one owner, whose signatures count as its own until it refuses them.
contract MockERC1271Wallet is IERC1271 {
    /// @notice Who signs and acts for the wallet.
    address public immutable OWNER;

    /// @notice Whether it refuses every signature.
    bool public refusing;

    error NotOwner(address caller);

    constructor(address owner_) {
        OWNER = owner_;
    }

    receive() external payable {}

    /// @notice Lets the wallet refuse every signature, or accept its owner's again.
    function setRefusing(bool refusing_) external {
        refusing = refusing_;
    }

    /// @notice Makes any call as the wallet; reverts with what the target reverted with.
    function execute(address target, uint256 value, bytes calldata data) external payable returns (bytes memory) {
        require(msg.sender == OWNER, NotOwner(msg.sender));
        return Address.functionCallWithValue(target, data, value);
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address signer, , ) = ECDSA.tryRecoverCalldata(hash, signature);
        bool valid = !refusing && signer == OWNER;
        return valid ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
