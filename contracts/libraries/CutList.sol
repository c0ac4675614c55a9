// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Cut} from "../types/SlashTypes.sol";

/// @title CutList: lists of cuts that turn out shorter than they could have been.
library CutList {
    /// @notice Forgets all but the first `length` cuts.
    /// @dev The caller asks for no more than there are.
    function truncate(Cut[] memory cuts, uint256 length) internal pure {
        assembly ("memory-safe") {
            mstore(cuts, length)
        }
    }
}
