// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Value} from "../types/StakeTypes.sol";

/// @dev One, in the fixed point arithmetic of factors, rates, magnitudes and fractions.
uint256 constant WAD = 1e18;

/// @title WadMath: the only place where shares, assets and magnitudes are divided. Every name says how it rounds.
/// No product reaches 2^256: shares and assets are below 2^128 (2^196 even with tokens that lie about balances),
/// factors, rates and magnitudes at most WAD, below 2^60.
library WadMath {
    /// @notice ⌊assets · WAD / factor⌋: shares that an entry of `assets` is given.
    function toSharesDown(uint256 assets, uint256 factor) internal pure returns (uint256) {
        unchecked {
            return (assets * WAD) / factor;
        }
    }

    /// @notice ⌊shares · rate / WAD⌋: assets that `shares` are worth.
    function toAssetsDown(uint256 shares, uint256 rate) internal pure returns (uint256) {
        unchecked {
            return (shares * rate) / WAD;
        }
    }

    /// @notice What shares are worth at a net and a gross rate, less what was paid for them; each rounded down.
    function valueDown(uint256 shares, uint256 net, uint256 gross, uint256 paid) internal pure returns (Value memory) {
        return Value({net: toAssetsDown(shares, net) - paid, gross: toAssetsDown(shares, gross) - paid});
    }

    /// @notice ⌈shares · rate / WAD⌉: assets that `shares` can lose.
    function toAssetsUp(uint256 shares, uint256 rate) internal pure returns (uint256) {
        return divUp(shares * rate, WAD);
    }

    /// @notice ⌈magnitude · fraction / WAD⌉.
    function mulWadUp(uint256 magnitude, uint256 fraction) internal pure returns (uint256) {
        unchecked {
            return divUp(magnitude * fraction, WAD);
        }
    }

    /// @notice ⌈magnitude · part / whole⌉.
    function mulDivUp(uint256 magnitude, uint256 part, uint256 whole) internal pure returns (uint256) {
        unchecked {
            return divUp(magnitude * part, whole);
        }
    }

    /// @notice ⌈dividend / divisor⌉.
    function divUp(uint256 dividend, uint256 divisor) internal pure returns (uint256) {
        unchecked {
            return dividend == 0 ? 0 : (dividend - 1) / divisor + 1;
        }
    }
}
