// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title OperatorSetKey: an operator set is named by 32 bytes: the AVS's address, then 12 bytes of the id it chose.
library OperatorSetKey {
    /// @notice Key of set `id` of `avs`.
    function encode(address avs, uint32 id) internal pure returns (bytes32) {
        return bytes32((uint256(uint160(avs)) << 96) | id);
    }

    /// @notice The AVS that owns the set.
    function avsOf(bytes32 operatorSet) internal pure returns (address) {
        // The upper 160 bits of 256 fit uint160.
        return address(uint160(uint256(operatorSet) >> 96));
    }
}
