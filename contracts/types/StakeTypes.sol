// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BucketSlot, PoolSlot} from "./StakeSlots.sol";

/// @dev The queued shares of one owner in one bucket. One storage slot.
struct Withdrawal {
    uint128 shares;
    /// @dev Assets already paid for these shares; not 0 only from the maturity on.
    uint128 paid;
}

/// @dev All shares of one pool that mature at the same second. One storage slot.
struct StoredBucket {
    BucketSlot slot;
}

/// @dev A pool is the stake of one asset that stakers have delegated to one operator.
struct Pool {
    PoolSlot slot;
    /// @dev Who signs for entries while the flag GATED is set.
    address approver;
    /// @dev Active shares of each staker: their sum is `slot.shares()`.
    mapping(address staker => uint256) sharesOf;
    mapping(uint256 maturity => StoredBucket) buckets;
    /// @dev Per maturity the shares sum to those of the bucket, until the first of them is completed.
    mapping(address owner => mapping(uint256 maturity => Withdrawal)) withdrawals;
}

/// @notice Consent of a pool's approver to an entry.
/// @param expiry Last second at which the signature is good.
/// @param signature The approver's EIP-712 signature (ECDSA or ERC-1271) of an `EntryApproval`.
struct Approval {
    uint48 expiry;
    bytes signature;
}

/// @notice An ERC-2612 permit of the caller to the StakeManager for exactly the assets of a deposit.
struct PermitSignature {
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @notice Shares of one operator's pool that shall be queued.
struct QueueRequest {
    address operator;
    uint256 shares;
}

/// @notice Queued shares of one operator's pool and maturity that shall be passed on.
struct TransferRequest {
    address operator;
    uint48 maturity;
    uint256 shares;
}

/// @notice Names one withdrawal of an owner in an asset.
struct WithdrawalKey {
    address operator;
    uint48 maturity;
}

/// @notice All shares of one pool that mature at the same second.
/// @param shares Queued into the bucket, less those cancelled; completing does not lower it.
/// @param rate What one share pays, in WAD.
/// @param opened Sum of the open liens that were proposed in [maturity − BUCKET, maturity), in WAD.
struct Bucket {
    uint128 shares;
    uint64 rate;
    uint64 opened;
}

/// @notice What a pool looks like from outside.
/// @param shares Active shares.
/// @param factor What finalised slashes have left of each share, in WAD.
/// @param liened Magnitudes held by open liens, in WAD; `factor − liened` is the sure part.
/// @param open Whether the operator has opened the pool.
/// @param approver Who must sign for an entry; 0 if nobody must.
/// @param paysRewards Whether changes of shares are reported to the rewards distributor.
struct PoolView {
    uint256 shares;
    uint64 factor;
    uint64 liened;
    bool open;
    address approver;
    bool paysRewards;
}

/// @notice What a position or a withdrawal is worth.
/// @param gross Assets if every open lien is vetoed.
/// @param net Assets if every open lien becomes final.
struct Value {
    uint256 gross;
    uint256 net;
}
