// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AllocationView} from "./AllocationTypes.sol";

/// @notice What a slash takes of one asset.
/// @param asset The asset.
/// @param magnitude Cut of the pool's factor, in WAD.
/// @param fromLeaving Part of `magnitude` that was leaving when the slash was proposed, in WAD.
/// @param leavingAt Second at which that part would have left; 0 if nothing was leaving.
/// @param assets Units of the asset taken.
struct Cut {
    address asset;
    uint64 magnitude;
    uint64 fromLeaving;
    uint48 leavingAt;
    uint256 assets;
}

/// @notice Record of a slash, emitted when it is proposed and supplied again by whoever acts on it.
/// @param id 1, 2, 3…
/// @param operatorSet Key of the operator set.
/// @param operator Who is slashed.
/// @param epoch Registration of the operator that the slash belongs to.
/// @param slasher Who proposed it, and may veto it.
/// @param resolver Who may veto it; 0 in an instant set.
/// @param recipient Who gets the proceeds; 0 = they are burned.
/// @param proposedAt Second of the proposal.
/// @param deadline Vetoed strictly before, final from then on; the second of the proposal in an instant set.
/// @param periodAt Beginning of the budget period that the fraction is taken from.
/// @param fraction Part of what is slashable, in WAD.
/// @param evidence Hash of the evidence.
/// @param cuts What is taken, asset by asset, in the order of the set's assets.
struct Slash {
    uint256 id;
    bytes32 operatorSet;
    address operator;
    uint16 epoch;
    address slasher;
    address resolver;
    address recipient;
    uint48 proposedAt;
    uint48 deadline;
    uint48 periodAt;
    uint64 fraction;
    bytes32 evidence;
    Cut[] cuts;
}

/// @dev What AllocationManager tells the Slasher about a proposal.
struct SlashTerms {
    uint16 epoch;
    address slasher;
    address resolver;
    address recipient;
    uint32 vetoWindow;
    uint48 periodAt;
}

/// @notice State of a slash.
enum SlashStatus {
    None,
    Proposed,
    Vetoed,
    Finalised
}

/// @notice What a slash leaves for ever. Packed by `PackedTypes` into one slot.
/// @param recordHash First 200 bits of keccak256(abi.encode(Slash)).
/// @param status Whether it is proposed, vetoed or final.
/// @param endedAt Second at which it was vetoed or became final; 0 while it is proposed.
struct SlashState {
    bytes25 recordHash;
    SlashStatus status;
    uint48 endedAt;
}

/// @notice What one operator stakes for an operator set in one asset.
/// @param securing Assets that secure the set; independent of slashes by other sets.
/// @param slashable Assets that the set can slash, by a fraction of 100 %.
/// @param allocation The magnitudes behind it, and until when.
struct SetStake {
    uint256 securing;
    uint256 slashable;
    AllocationView allocation;
}

/// @notice The risk of one pool.
/// @param shares Active shares.
/// @param slashableShares Active shares and those in buckets that have not matured.
/// @param factor What finalised slashes have left of each share, in WAD.
/// @param liened Held by open liens, in WAD.
/// @param free Given to no set, in WAD, as booked.
/// @param worstCase `factor − free`: what all sets together, open liens and what is still joining included, can take of
/// each share, in WAD.
/// @param worstCaseAssets The same in units of the asset, rounded up.
struct PoolRisk {
    uint256 shares;
    uint256 slashableShares;
    uint64 factor;
    uint64 liened;
    uint64 free;
    uint64 worstCase;
    uint256 worstCaseAssets;
}
