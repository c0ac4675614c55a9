// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title IConsent: who may act for whom, by call or by signature.
interface IConsent {
    /// @notice `account` may, or may no longer, act for `owner`.
    event ApprovalSet(address indexed owner, address indexed account, bool approved);

    /// @notice Neither the owner nor approved by it.
    error NotApproved(address caller, address owner);
    /// @notice The signature has expired.
    error SignatureExpired(uint48 expiry);
    /// @notice Not a signature by `signer` (a pool's approver, or an owner) of what is asked for.
    error SignatureInvalid(address signer);

    /// @notice Lets another account act for the caller in this contract, and name receivers: at the StakeManager queue,
    /// cancel, pass on, complete, delegate and withdraw; at the RewardsDistributor claim and reclaim. Not approve others,
    /// nor spend the caller's wallet. Uses up the caller's next nonce, so that no older signature can undo it.
    function setApproval(address account, bool approved) external;

    /// @notice `setApproval` by signature (EIP-712; ECDSA or ERC-1271) with the owner's next nonce (`nonces(owner)` of OpenZeppelin's Nonces).
    /// @dev Anyone may call. Reverts with SignatureExpired, SignatureInvalid.
    /// @param expiry Last second at which the signature is good.
    function setApprovalBySig(
        address owner,
        address account,
        bool approved,
        uint48 expiry,
        bytes calldata signature
    ) external;

    /// @notice Domain of the EIP-712 signatures.
    function DOMAIN_SEPARATOR() external view returns (bytes32);

    /// @notice Whether `account` may act for `owner`.
    function isApproved(address owner, address account) external view returns (bool);
}
