// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {CashSlot} from "./LrtSlots.sol";

/// @notice What a liquid restaking token is deployed with. All of it is fixed for ever.
/// @param asset The token that is staked: any that the core takes, with at most 24 decimals.
/// @param slasher The core's Slasher, which knows both ledgers.
/// @param allocatorDeployer Who creates the allocator: an AllocatorDeployer.
/// @param authority AccessManager that says who is curator and who is guardian.
/// @param feeRecipient Who gets the performance fee.
/// @param maxTotalAssets Most assets that deposits may lead to, below 2^96.
/// @param performanceFeeBps Part of the rewards that the fee recipient is owed, at most 20 %.
/// @param exitFeeBps Part of an instant exit that stays, 0.1 % to 5 %.
/// @param bufferBps Least part of all assets that allocating leaves idle, at most 50 %.
/// @param operatorRiskBps Most that all services together may take of all assets through one operator.
/// @param serviceRiskBps Most that one service may take of all assets through all operators.
struct LrtConfig {
    address asset;
    address slasher;
    address allocatorDeployer;
    address authority;
    address feeRecipient;
    uint96 maxTotalAssets;
    uint16 performanceFeeBps;
    uint16 exitFeeBps;
    uint16 bufferBps;
    uint16 operatorRiskBps;
    uint16 serviceRiskBps;
}

/// @dev What is where: every unit is counted in one place. Four slots, in the order in which they are needed: a deposit
/// reads two, and writes the first. The fifth is for instant exits.
struct Books {
    /// @dev What is idle, what streams, and since when.
    CashSlot cash;
    /// @dev Positions and own withdrawals if every open lien is vetoed.
    uint104 gross;
    /// @dev The core's slash counter of the asset at which `gross` and `net` were read, modulo 2^32: it would take 2^32
    /// slash events between two calls to miss one.
    uint32 slashEvents;
    /// @dev End of the running cycle, or of the last one.
    uint48 streamEndsAt;
    /// @dev Whether the third slot must be looked at. If not: net = gross, the cap is MAX_TOTAL_ASSETS, not paused.
    bool special;
    /// @dev Positions and own withdrawals if every open lien becomes final.
    uint104 net;
    /// @dev Most assets that deposits may lead to.
    uint96 cap;
    /// @dev Deposits are closed by the guardian.
    bool paused;
    /// @dev Rewards that wait for the next cycle.
    uint104 pending;
    /// @dev Owed to the fee recipient.
    uint104 fees;
    /// @dev Least A at which no operator has more than allocating would give it: at least that of now, but for targets that
    /// were lowered and magnitude that was given away since.
    uint128 neededTotal;
}

/// @dev The books as a call in this block sees them.
struct Fresh {
    uint256 idle;
    uint256 gross;
    uint256 net;
    /// @dev What has not vested, and up to when it has.
    uint256 streaming;
    uint256 streamedAt;
    uint32 slashEvents;
    /// @dev Whether deposits are paused, or have a cap below MAX_TOTAL_ASSETS, or something is contested.
    bool special;
    /// @dev Whether slash events have made `gross` and `net` differ from what is stored.
    bool revalued;
}

/// @notice What is where, as a call in this block would see it. In units of the asset.
/// @param idle The asset at rest.
/// @param gross Positions and own withdrawals if every open lien is vetoed.
/// @param net The same if every one becomes final.
/// @param streaming What has not vested of the running cycle.
/// @param pending Waits for the next cycle.
/// @param fees Owed to the fee recipient.
/// @param streamEndsAt End of the running cycle, or of the last one.
struct BooksView {
    uint256 idle;
    uint256 gross;
    uint256 net;
    uint256 streaming;
    uint256 pending;
    uint256 fees;
    uint48 streamEndsAt;
}

/// @notice The token's stake with one operator, and how much it may be.
/// @param shares Own shares of the operator's pool: active ones, or those that are queued if it is leaving. What others
/// gave to the token in the core does not count.
/// @param maturity Second at which a leaving operator's shares mature; 0 = active.
/// @param target Part of all assets that may be staked with it, in basis points.
/// @param nextTarget A higher target that is scheduled.
/// @param nextAt Second from which that is in force; 0 = none is scheduled.
/// @param listed Whether the operator is on the list.
struct OperatorState {
    uint96 shares;
    uint48 maturity;
    uint16 target;
    uint16 nextTarget;
    uint48 nextAt;
    bool listed;
}

/// @dev What the curator has said of an operator, and where it is on the list. One slot.
struct OperatorTerms {
    /// @dev See `OperatorState`.
    uint48 maturity;
    uint16 target;
    uint16 nextTarget;
    uint48 nextAt;
    /// @dev Its place on the list, from 1 on; 0 = it is not listed.
    uint8 place;
}

/// @notice What has become of an epoch.
enum EpochStatus {
    /// @dev Takes requests, or has not begun.
    Open,
    /// @dev Waits for its withdrawals.
    Closed,
    /// @dev Can be claimed; vetoes can still add to it.
    Contested,
    /// @dev Can be claimed; nothing comes any more.
    Final
}

/// @notice All requests of one epoch.
/// @param shares How many shares were redeemed.
/// @param assets What they are paid, all at one rate.
/// @param status What has become of it.
/// @param maturity Second from which it can be settled.
/// @param itemsHash First 200 bits of the hash of its withdrawals' keys.
struct Epoch {
    uint112 shares;
    uint112 assets;
    EpochStatus status;
    uint48 maturity;
    bytes25 itemsHash;
}

/// @dev The epoch that takes requests. One slot.
struct OpenEpoch {
    uint32 id;
    uint112 shares;
    /// @dev End of the bucket in which an epoch was closed last.
    uint48 closedUntil;
}

/// @dev A controller's requests: the oldest here, the others chained. One slot, which is all that most ever use.
struct Account {
    /// @dev Shares of the oldest epoch; 0 = there are no requests.
    uint112 shares;
    /// @dev The oldest epoch with a request.
    uint32 first;
    /// @dev The one after it; 0 = none.
    uint32 next;
    /// @dev The newest epoch with a request.
    uint32 last;
}

/// @dev A controller's request in an epoch that is not its oldest.
struct Link {
    uint112 shares;
    /// @dev The epoch after it; 0 = none.
    uint32 next;
}

/// @notice What a controller has claimed of an epoch while vetoes could still add to it.
/// @param shares How many shares were claimed.
/// @param paid What they have been paid.
struct LateClaim {
    uint112 shares;
    uint112 paid;
}

/// @notice A lot of reward tokens that is for sale.
/// @param lot Units of the reward token.
/// @param startedAt When the sale began; 0 = there is none.
/// @param startPrice Price of the whole lot at the beginning, in units of the asset.
struct Auction {
    uint256 lot;
    uint48 startedAt;
    uint112 startPrice;
}
