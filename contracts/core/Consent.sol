// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {IConsent} from "../interfaces/IConsent.sol";

/// @title Consent: who may act for whom, by call or by signature (EIP-712; ECDSA or ERC-1271).
abstract contract Consent is IConsent, EIP712, Nonces {
    bytes32 private constant SET_APPROVAL_TYPEHASH = keccak256(
        "SetApproval(address owner,address account,bool approved,uint256 nonce,uint48 expiry)"
    );

    /// @inheritdoc IConsent
    mapping(address owner => mapping(address account => bool)) public isApproved;

    constructor(string memory name) EIP712(name, "1") {}

    /// @inheritdoc IConsent
    function setApproval(address account, bool approved) external {
        // What was signed and not used before this call shall not undo it.
        _useNonce(msg.sender);
        _setApproval(msg.sender, account, approved);
    }

    /// @inheritdoc IConsent
    function setApprovalBySig(
        address owner,
        address account,
        bool approved,
        uint48 expiry,
        bytes calldata signature
    ) external {
        uint256 nonce = _useNonce(owner);
        bytes32 structHash = keccak256(abi.encode(SET_APPROVAL_TYPEHASH, owner, account, approved, nonce, expiry));
        _checkSignature(owner, structHash, expiry, signature);
        _setApproval(owner, account, approved);
    }

    /// @inheritdoc IConsent
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    function _onlyOwnerOrApproved(address owner) internal view {
        require(msg.sender == owner || isApproved[owner][msg.sender], NotApproved(msg.sender, owner));
    }

    function _checkSignature(
        address signer,
        bytes32 structHash,
        uint48 expiry,
        bytes calldata signature
    ) internal view {
        require(block.timestamp <= expiry, SignatureExpired(expiry));
        require(
            SignatureChecker.isValidSignatureNowCalldata(signer, _hashTypedDataV4(structHash), signature),
            SignatureInvalid(signer)
        );
    }

    function _setApproval(address owner, address account, bool approved) private {
        isApproved[owner][account] = approved;
        emit ApprovalSet(owner, account, approved);
    }
}
