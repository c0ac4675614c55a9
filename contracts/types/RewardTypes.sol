// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccountSlot, PlaceSlot, StreamSlot} from "./RewardSlots.sol";

/// @notice Where a reward comes from, as the AVS says.
enum RewardKind {
    /// Paid by those who use the service: real yield.
    Fee,
    /// Newly issued tokens.
    Emission,
    /// Tokens without a market.
    Points
}

/// @notice A part of a reward, for one pool.
/// @param operator The pool's operator.
/// @param asset The pool's asset.
/// @param amount Units of the reward token, the operator's commission included.
struct RewardEntry {
    address operator;
    address asset;
    uint256 amount;
}

/// @notice Names a pool.
struct PoolKey {
    address operator;
    address asset;
}

/// @notice Names what an AVS has funded for one pool until one second.
struct StreamKey {
    address operator;
    address asset;
    uint48 endsAt;
}

/// @notice A reward token of a pool, and what streams of it now.
/// @param token The token.
/// @param inUseAt Second from which it can be funded.
/// @param limitBits Less than 2^limitBits units can ever be funded of it for this pool.
/// @param funded Units that have ever been funded.
/// @param rate What streams per second, in grains: limits / 2^GRAIN_BITS.
/// @param accumulated What one share has earned since the beginning, in limits / 2^160.
struct RewardToken {
    address token;
    uint48 inUseAt;
    uint256 limitBits;
    uint256 funded;
    uint256 rate;
    uint256 accumulated;
}

/// @dev What the parts of a funding have in common.
struct Funding {
    bytes32 operatorSet;
    address token;
    RewardKind kind;
    /// @dev When it ends, as a number of buckets and in seconds.
    uint256 boundary;
    uint48 endsAt;
}

/// @dev What a staker has in a place of a pool. One storage slot.
struct Account {
    AccountSlot slot;
}

/// @dev All streams of one token into one pool, merged. Boundary k is the second k · BUCKET.
struct Stream {
    StreamSlot slot;
    /// @dev By how much the rate falls at boundary k: the sum of the rates of the streams that end there. Four of 64 bits
    /// in a word; never cleared.
    mapping(uint256 word => uint256) ends;
    /// @dev Seconds from boundary k to k + 1 in which something streamed and nobody had shares. Eight of 32 bits in a word.
    mapping(uint256 word => uint256) empties;
    /// @dev The part of `ends` that an AVS has funded, until it reclaims; they sum to `ends`, until then.
    mapping(address avs => mapping(uint256 word => uint256)) endsOf;
    /// @dev What `rate · empty seconds` of an AVS's streams that end at boundary k counts too much: seconds before they
    /// were funded. In grains.
    mapping(address avs => mapping(uint256 boundary => uint256)) excess;
}

/// @dev What the operator has said about a pool. One storage slot.
struct RewardPoolState {
    uint16 commissionBps;
    /// @dev In force from `nextAt` on, unless that is 0.
    uint16 nextCommissionBps;
    uint48 nextAt;
    /// @dev Reward tokens announced, and in use: at most 4. Neither ever falls.
    uint8 announced;
    uint8 inUse;
    /// @dev Whether something ever streamed while nobody had shares.
    bool wasEmpty;
}

/// @dev The rewards of a pool.
struct RewardPool {
    RewardPoolState state;
    Stream[4] streams;
    address[4] tokens;
    mapping(address token => PlaceSlot) places;
    mapping(address staker => Account[4]) accounts;
}
