// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BoundedCall} from "../libraries/BoundedCall.sol";
import {BucketMath} from "../libraries/BucketMath.sol";
import {OperatorSetKey} from "../libraries/OperatorSetKey.sol";
import {WadMath} from "../libraries/WadMath.sol";

/// @title LibraryHarness
/// @notice Test contract: lets the functions of the libraries be called from outside, and can be told things itself.
contract LibraryHarness {
    /// @notice Gas that was left at the beginning of `listen`.
    uint256 public heardWith;

    error NotListening();

    function toSharesDown(uint256 assets, uint256 factor) external pure returns (uint256) {
        return WadMath.toSharesDown(assets, factor);
    }

    function toAssetsDown(uint256 shares, uint256 rate) external pure returns (uint256) {
        return WadMath.toAssetsDown(shares, rate);
    }

    function toAssetsUp(uint256 shares, uint256 rate) external pure returns (uint256) {
        return WadMath.toAssetsUp(shares, rate);
    }

    function mulWadUp(uint256 magnitude, uint256 fraction) external pure returns (uint256) {
        return WadMath.mulWadUp(magnitude, fraction);
    }

    function mulDivUp(uint256 magnitude, uint256 part, uint256 whole) external pure returns (uint256) {
        return WadMath.mulDivUp(magnitude, part, whole);
    }

    function divUp(uint256 dividend, uint256 divisor) external pure returns (uint256) {
        return WadMath.divUp(dividend, divisor);
    }

    function maturityOf(uint256 time, uint256 bucket) external pure returns (uint256) {
        return BucketMath.maturityOf(time, bucket);
    }

    function nextMaturity(uint256 time, uint256 bucket) external pure returns (uint256) {
        return BucketMath.nextMaturity(time, bucket);
    }

    function liveMaturities(uint256 time, uint256 bucket) external pure returns (uint256 first, uint256 last) {
        return BucketMath.liveMaturities(time, bucket);
    }

    function encode(address avs, uint32 id) external pure returns (bytes32) {
        return OperatorSetKey.encode(avs, id);
    }

    function avsOf(bytes32 operatorSet) external pure returns (address) {
        return OperatorSetKey.avsOf(operatorSet);
    }

    /// @notice Tells `target` something.
    function tell(address target, uint256 gasLimit, bytes calldata data) external {
        BoundedCall.tell(target, gasLimit, data);
    }

    /// @notice Remembers with how much gas it was called.
    function listen() external {
        heardWith = gasleft();
    }

    /// @notice Reverts, burns all its gas, or answers with `size` bytes.
    function misbehave(bool burns, uint256 size) external pure {
        require(burns || size != 0, NotListening());
        assembly ("memory-safe") {
            if burns {
                invalid()
            }
            return(mload(0x40), size)
        }
    }
}
