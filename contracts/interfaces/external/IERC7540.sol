// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title IERC7540Operator: who may act for a controller.
interface IERC7540Operator {
    /// @notice The operator may act for the controller, or may not any more.
    event OperatorSet(address indexed controller, address indexed operator, bool approved);

    /// @notice Lets an account manage the caller's requests, and request with the caller's shares; or ends that.
    /// @return Always true.
    function setOperator(address operator, bool approved) external returns (bool);

    /// @notice Whether `operator` may act for `controller`.
    function isOperator(address controller, address operator) external view returns (bool);
}

/// @title IERC7540Redeem: leaving in two steps, by ERC-7540.
interface IERC7540Redeem {
    /// @notice Shares of `owner` went into a request of `controller`.
    event RedeemRequest(
        address indexed controller,
        address indexed owner,
        uint256 indexed requestId,
        address sender,
        uint256 shares
    );

    /// @notice Requests that shares be redeemed.
    /// @return requestId By which the request is known.
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId);

    /// @notice Shares of a request that cannot be claimed yet.
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);

    /// @notice Shares of a request that can be claimed.
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);
}

/// @title IERC7575: a vault that says which token its shares are.
interface IERC7575 {
    /// @notice The token of the shares.
    function share() external view returns (address);
}

/// @title IERC7575Share: a token of shares that says by which vault an asset becomes shares.
interface IERC7575Share {
    /// @notice The vault of an asset; 0 = none.
    function vault(address asset) external view returns (address);
}
