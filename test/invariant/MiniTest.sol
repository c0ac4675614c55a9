// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title IVm: the cheatcodes of forge that the invariants need.
interface IVm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function warp(uint256 time) external;

    function prank(address sender) external;

    function recordLogs() external;

    function getRecordedLogs() external returns (Log[] memory);

    function load(address target, bytes32 slot) external view returns (bytes32);

    function addr(uint256 key) external pure returns (address);

    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);

    function record() external;

    function accesses(address target) external view returns (bytes32[] memory reads, bytes32[] memory writes);

    function snapshotState() external returns (uint256 id);

    function revertToState(uint256 id) external returns (bool);

    function revertToStateAndDelete(uint256 id) external returns (bool);
}

/// @title ICampaign: what forge drives, and what must hold of it.
interface ICampaign {
    /// @notice Every invariant.
    /// @param last Whether the run is over.
    function check(bool last) external;

    /// @notice After a run: everybody leaves.
    function leaveAll() external;
}

/// @title MiniTest: what forge looks for in a contract of invariants, and nothing else. (The `forge-std` of npm is not
/// Foundry's.)
abstract contract MiniTest {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @dev Where forge answers: the last 20 bytes of keccak256("hevm cheat code").
    IVm internal constant VM = IVm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    /// @notice Marks a contract of tests.
    // solhint-disable-next-line const-name-snakecase
    bool public constant IS_TEST = true;

    address[] private _targetContracts;
    FuzzSelector[] private _targetSelectors;

    error AssertionFailed(string what);

    /// @notice What forge calls.
    function targetContracts() external view returns (address[] memory) {
        return _targetContracts;
    }

    /// @notice Which functions of it forge calls.
    function targetSelectors() external view returns (FuzzSelector[] memory) {
        return _targetSelectors;
    }

    function _target(address handler, bytes4[] memory selectors) internal {
        _targetContracts.push(handler);
        _targetSelectors.push(FuzzSelector({addr: handler, selectors: selectors}));
    }

    function _assertTrue(bool condition, string memory what) internal pure {
        require(condition, AssertionFailed(what));
    }

    function _assertEq(uint256 left, uint256 right, string memory what) internal pure {
        if (left != right) revert AssertionFailed(string.concat(what, ": ", _toString(left), " != ", _toString(right)));
    }

    function _assertLe(uint256 left, uint256 right, string memory what) internal pure {
        if (left > right) revert AssertionFailed(string.concat(what, ": ", _toString(left), " > ", _toString(right)));
    }

    /// @dev A number in [min, max] that depends on `value` alone.
    function _bound(uint256 value, uint256 min, uint256 max) internal pure returns (uint256) {
        return min + (value % (max - min + 1));
    }

    function _toString(uint256 value) private pure returns (string memory) {
        bytes memory reversed = new bytes(78);
        uint256 length;
        do {
            reversed[length++] = bytes1(uint8(48 + (value % 10)));
            value /= 10;
        } while (value != 0);
        bytes memory digits = new bytes(length);
        for (uint256 i; i < length; ++i) {
            digits[i] = reversed[length - 1 - i];
        }
        return string(digits);
    }
}
