// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {PoolKey, RewardEntry, RewardKind, RewardToken, StreamKey} from "../types/RewardTypes.sol";
import {IConsent} from "./IConsent.sol";
import {IRewardsDistributor} from "./callbacks/IRewardsDistributor.sol";
import {IStakeManager} from "./IStakeManager.sol";

/// @title IRewards: services pay, stakers and operators claim; everything between is accounting on chain.
/// @notice An operator announces up to four reward tokens for each of its pools. A service (AVS) funds them; what it
/// funds streams evenly to the *active* shares of the pool until a boundary, a multiple of `BUCKET`. The operator's
/// commission is taken when the reward is funded, at the rate in force then: what streams belongs to the stakers alone.
///
/// Safety. Every token stands for itself: whatever one does, the books and claims of the others do not change. Shares
/// earn from the second in which they become active to the second in which they are queued; a slash takes no share, and
/// nothing that was earned. What streams while nobody has active shares goes back to the AVSs that funded it, each its own.
/// Liveness. Nothing here can stop, delay or change a stake operation: settling calls nobody, and its work is bounded.
/// Warning. A token that moves balances by itself, or blocks this contract, may leave its own last claims unpaid. Whom an
/// AVS pays, and by which measure, is its choice: also operators that are not registered for the set.
interface IRewards is IConsent, IRewardsDistributor {
    // -------------------------------------------------------------------- events

    /// @notice An operator has announced a reward token for a pool.
    /// @param limitBits Less than 2^limitBits units can ever be funded of it for this pool.
    /// @param inUseAt Second from which it can be funded.
    event RewardTokenAnnounced(
        address indexed operator,
        address indexed asset,
        address indexed token,
        uint256 limitBits,
        uint48 inUseAt
    );

    /// @notice The commission of a pool is `bps` from `effectAt` on.
    event CommissionSet(address indexed operator, address indexed asset, uint256 bps, uint48 effectAt);

    /// @notice An AVS has funded a reward for one pool: `commission` is the operator's at once, `amount − commission`
    /// streams from now on.
    /// @param amount Units that came in for this pool.
    /// @param commission The operator's part.
    /// @param rate What streams of it per second, in grains; what it leaves is dust.
    /// @param poolRate What all streams of the token into this pool stream now.
    /// @param endsAt Second at which the stream ends.
    event RewardFunded(
        bytes32 indexed operatorSet,
        address indexed operator,
        address indexed token,
        address asset,
        RewardKind kind,
        uint256 amount,
        uint256 commission,
        uint256 rate,
        uint256 poolRate,
        uint48 endsAt
    );

    /// @notice What a staker had earned in a pool was paid.
    event RewardClaimed(
        address indexed staker,
        address indexed operator,
        address indexed token,
        address asset,
        address receiver,
        uint256 amount
    );

    /// @notice An operator's commission was paid, from all of its pools.
    event CommissionClaimed(address indexed operator, address indexed token, address receiver, uint256 amount);

    /// @notice What had streamed while the pool was empty was paid back; that stream is over.
    event RewardReclaimed(
        address indexed avs,
        address indexed operator,
        address indexed token,
        address asset,
        uint48 endsAt,
        address receiver,
        uint256 amount
    );

    // -------------------------------------------------------------------- errors

    /// @notice The StakeManager reports to another distributor.
    error NotTheDistributor(address distributor);
    /// @notice Only the StakeManager reports changes of shares.
    error NotStakeManager(address caller);
    /// @notice Only the AVS of a set funds it.
    error NotAVS(address caller, address avs);
    /// @notice Neither 0 nor the distributor itself can be paid.
    error InvalidReceiver(address receiver);
    /// @notice There is no contract at the token's address.
    error TokenHasNoCode(address token);
    /// @notice The token has more decimals than rewards are exact for.
    error DecimalsOutOfBounds(address token, uint256 decimals, uint256 max);
    /// @notice The pool has this reward token already.
    error TokenAnnounced(address operator, address asset, address token);
    /// @notice The pool has all the reward tokens that it can ever have.
    error NoPlaceLeft(address operator, address asset);
    /// @notice This is no reward token of the pool.
    error TokenNotAnnounced(address operator, address asset, address token);
    /// @notice The reward token was announced, but is not in use yet.
    error TokenNotInUse(address operator, address asset, address token, uint48 inUseAt);
    /// @notice No operator may take that much.
    error CommissionTooHigh(uint256 bps, uint256 max);
    /// @notice A reward must stream for longer, or shorter.
    error DurationOutOfBounds(uint256 duration, uint256 min, uint256 max);
    /// @notice A funding has too many parts, or none.
    error EntryCountOutOfBounds(uint256 count, uint256 max);
    /// @notice Nobody has active shares in the pool.
    error PoolEmpty(address operator, address asset);
    /// @notice That little cannot stream for so long.
    error RewardTooSmall(address operator, address asset, uint256 amount);
    /// @notice More would be funded for the pool than can ever be of this token.
    error LimitExceeded(address operator, address asset, uint256 amount, uint256 left);
    /// @notice The token delivered another amount than it was asked for.
    error InexactTransfer(address token, uint256 expected, uint256 held);
    /// @notice What the stream still streams is not unearned yet.
    error StreamNotEnded(uint48 endsAt);

    // ----------------------------------------------------------------- operators

    /// @notice Announces a reward token for the caller's pool of `asset`: it can be funded from `NOTICE` on, for ever.
    /// From its first funding on, changes of the pool's shares settle it, which costs gas.
    /// @dev Anyone, for its own pools. Reverts with TokenHasNoCode, DecimalsOutOfBounds, TokenAnnounced, NoPlaceLeft; with
    /// what the token reverts with if it does not tell its decimals.
    /// @return inUseAt Second from which it can be funded.
    function announceRewardToken(address asset, address token) external returns (uint48 inUseAt);

    /// @notice Sets what the caller takes of rewards funded for its pool of `asset`: less at once, more from `NOTICE` on.
    /// Drops what was scheduled before. What was funded before does not change.
    /// @dev Anyone, for its own pools. Reverts with CommissionTooHigh.
    /// @param bps Basis points, at most `MAX_COMMISSION_BPS`.
    /// @return effectAt Second from which it is in force.
    function setCommission(address asset, uint256 bps) external returns (uint48 effectAt);

    /// @notice Pays an operator's commission in a token, of all of its pools.
    /// @dev The operator or an account that it has approved. Reverts with NotApproved, InvalidReceiver; pays nothing, and
    /// does not revert, if there is none.
    /// @return amount Units paid.
    function claimCommission(address operator, address token, address receiver) external returns (uint256 amount);

    // ------------------------------------------------------------------ services

    /// @notice Funds a reward: each part streams evenly to the shares of its pool, from now until the first boundary that
    /// is at least `duration` away. The caller's tokens are taken, by allowance. One part that cannot be funded makes all
    /// revert, and who can empty a pool can bring that about: fund pools that you do not trust by a call of their own.
    /// @dev The set's AVS. Commission is rounded down to the unit, the rate down to the grain: what that leaves, less than
    /// a grain for each second, is dust. Reverts with NotAVS, DurationOutOfBounds, EntryCountOutOfBounds,
    /// TokenNotAnnounced, TokenNotInUse, PoolEmpty, LimitExceeded, RewardTooSmall, InexactTransfer.
    /// @param operatorSet Key of the set that the reward is for: any of the AVS's; that it exists is not checked.
    /// @param kind Where the reward comes from.
    /// @param duration Seconds, from `BUCKET` to 15 · `BUCKET`.
    /// @param entries The parts, at most `MAX_ENTRIES`.
    /// @return endsAt Second at which the stream ends.
    function fund(
        bytes32 operatorSet,
        address token,
        RewardKind kind,
        uint256 duration,
        RewardEntry[] calldata entries
    ) external returns (uint48 endsAt);

    /// @notice Pays back what streamed while nobody had shares, of all that an AVS has funded for each pool until each end,
    /// without the commission.
    /// @dev The AVS or an account that it has approved. Rounds down to the unit for each key. Reverts with NotApproved,
    /// InvalidReceiver, TokenNotAnnounced, StreamNotEnded; pays nothing, and does not revert, if there is nothing.
    /// @return amount Units paid.
    function reclaim(
        address avs,
        address token,
        StreamKey[] calldata keys,
        address receiver
    ) external returns (uint256 amount);

    // ------------------------------------------------------------------- stakers

    /// @notice Pays what a staker has earned of one token in many pools. (`multicall` takes many tokens.)
    /// @dev The staker or an account that it has approved. Rounds down to the unit, and keeps the rest in the account.
    /// Reverts with NotApproved, InvalidReceiver, TokenNotAnnounced; pays nothing, and does not revert, if there is nothing.
    /// @return amount Units paid.
    function claim(
        address staker,
        address token,
        PoolKey[] calldata pools,
        address receiver
    ) external returns (uint256 amount);

    // --------------------------------------------------------------------- views

    /// @notice The ledger of stake, which reports changes of shares.
    function STAKE_MANAGER() external view returns (IStakeManager);

    /// @notice Seconds from one boundary to the next: streams end at multiples of it.
    function BUCKET() external view returns (uint32);

    /// @notice Seconds between the announcement of a reward token, or of a higher commission, and its use.
    function NOTICE() external view returns (uint32);

    /// @notice A limit is 2^GRAIN_BITS grains: in grains per second rates are told.
    function GRAIN_BITS() external view returns (uint256);

    /// @notice Most that an operator may take of a reward: 20 %.
    function MAX_COMMISSION_BPS() external view returns (uint256);

    /// @notice Most reward tokens that a pool can ever have.
    function MAX_TOKENS() external view returns (uint256);

    /// @notice Most parts of one funding.
    function MAX_ENTRIES() external view returns (uint256);

    /// @notice Most decimals of a reward token.
    function MAX_DECIMALS() external view returns (uint256);

    /// @notice What `claim` would pay now, to the unit.
    /// @dev Reverts with TokenNotAnnounced.
    function claimable(address staker, address token, PoolKey[] calldata pools) external view returns (uint256);

    /// @notice What `reclaim` would pay now, to the unit.
    /// @dev Reverts with TokenNotAnnounced, StreamNotEnded.
    function reclaimable(address avs, address token, StreamKey[] calldata keys) external view returns (uint256);

    /// @notice Commission of an operator that was not claimed, in units.
    function commissionOf(address operator, address token) external view returns (uint256);

    /// @notice The commission of a pool in force now, and what comes.
    /// @return bps In force now, in basis points.
    /// @return nextBps In force from `nextAt` on; 0 if nothing is scheduled.
    /// @return nextAt 0 if nothing is scheduled.
    function commission(
        address operator,
        address asset
    ) external view returns (uint256 bps, uint256 nextBps, uint48 nextAt);

    /// @notice The reward tokens of a pool in the order of their announcements, and what streams of them now.
    function rewardTokens(address operator, address asset) external view returns (RewardToken[] memory);
}
