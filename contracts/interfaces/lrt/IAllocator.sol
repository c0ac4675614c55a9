// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {OperatorState} from "../../types/LrtTypes.sol";
import {Value, WithdrawalKey} from "../../types/StakeTypes.sol";
import {IAllocationManager} from "../IAllocationManager.sol";
import {IStakeManager} from "../IStakeManager.sol";
import {ILiquidRestakingToken} from "./ILiquidRestakingToken.sol";

/// @title IAllocator: spreads the stake of a liquid restaking token over capped operators.
/// @notice The curator names targets; a higher one waits `NOTICE`. Anyone allocates within the targets, and evicts an
/// operator who breaks a cap. Of an operator whose pool has the factor F, and has given `used` of it to services, the
/// token's stake is at most τ·A, with τ = min(target, OPERATOR_RISK_BPS · F / used): so what all services together can
/// take through it is at most OPERATOR_RISK_BPS of A (a quarter more while nobody evicts).
/// An operator is active or leaving, and leaving is total.
interface IAllocator {
    /// @notice A target is in force. (One that a higher one was scheduled over, if that is dropped.)
    event TargetSet(address indexed operator, uint256 target);
    /// @notice A higher target will be in force from `effectAt` on.
    event TargetScheduled(address indexed operator, uint256 target, uint48 effectAt);
    /// @notice A scheduled target was dropped, as the services' cap would be broken by it.
    event ScheduledTargetDropped(address indexed operator, address indexed avs, uint256 target);
    /// @notice The operator is not on the list any more.
    event OperatorDelisted(address indexed operator);
    /// @notice Idle assets were staked.
    /// @param shares Bought with them.
    /// @param operatorShares That the token has with the operator now.
    event Allocated(address indexed operator, uint256 assets, uint256 shares, uint256 operatorShares);
    /// @notice All stake with an operator is leaving it, and its target is 0.
    event Evicted(address indexed operator, uint256 shares, uint48 maturity);
    /// @notice A withdrawal of the token itself has come back.
    event Collected(address indexed operator, uint256 shares, uint256 assets);
    /// @notice Rewards were claimed.
    event RewardsCollected(address indexed operator, address indexed token, address receiver, uint256 amount);

    /// @notice Only the liquid restaking token.
    error NotToken(address caller);
    /// @notice The operator is not on the list.
    error OperatorUnknown(address operator);
    /// @notice There is no place left on the list.
    error TooManyOperators(uint256 max);
    /// @notice The targets would leave less than the buffer.
    error TargetsTooHigh(uint256 sum, uint256 max);
    /// @notice The operator is leaving until its withdrawal is collected.
    error OperatorLeaving(address operator, uint48 maturity);
    /// @notice The operator is not leaving.
    error OperatorNotLeaving(address operator);
    /// @notice The withdrawal matures at `maturesAt`.
    error NotMature(uint48 maturesAt);
    /// @notice Nothing, or so little that it buys no share.
    error ZeroShares();
    /// @notice More than is idle above the buffer.
    error ExceedsIdle(uint256 assets, uint256 available);
    /// @notice The stake with the operator would be worth more than its target allows.
    error ExceedsTarget(uint256 value, uint256 max);
    /// @notice More shares of one pool than the token can hold: 2^95 − 1.
    error TooManyShares(uint256 shares, uint256 max);
    /// @notice The operator breaks no cap.
    error NoGroundsToEvict(address operator);
    /// @notice The sets are not all of one service, or not strictly ascending.
    error InvalidSets(bytes32 operatorSet);

    // --------------------------------------------------------------------- curator

    /// @notice Sets an operator's target: at once if it is not higher than that of now, else from `NOTICE` on. Drops what
    /// was scheduled before. An operator without target and stake leaves the list.
    /// @dev The curator. Reverts with OperatorUnknown, TooManyOperators, TargetsTooHigh.
    /// @param target Basis points of all assets.
    /// @return effectAt Second from which it is in force.
    function setTarget(address operator, uint16 target) external returns (uint48 effectAt);

    // ---------------------------------------------------------------------- anyone

    /// @notice Stakes idle assets with an operator, within its target, leaving the buffer.
    /// @dev Anyone. Reverts with OperatorLeaving, ZeroShares, ExceedsIdle, ExceedsTarget, TooManyShares, and as `deposit` of
    /// the core does: a pool that refuses entry is not entered.
    function allocate(address operator, uint256 assets) external;

    /// @notice Takes all stake away from an operator whose target is 0, of whose shares next to nothing is left, or whose
    /// stake is worth more than 1.25 times what its target allows. Sets its target to 0.
    /// @dev Anyone. Reverts with OperatorUnknown, OperatorLeaving, NoGroundsToEvict.
    function evict(address operator) external;

    /// @notice The same of an operator from which magnitude is joining sets of a service, if that service could then take
    /// more than SERVICE_RISK_BPS of all assets: Σ target · (active + joining + held) / F over all operators. If with
    /// scheduled targets it could, one of an operator that has given it something is dropped, be the operator leaving or not.
    /// @dev Anyone. Reverts with OperatorUnknown, OperatorLeaving, InvalidSets, NoGroundsToEvict.
    /// @param avs The service.
    /// @param operatorSets Keys of some of its sets, strictly ascending.
    function evictFromService(address operator, address avs, bytes32[] calldata operatorSets) external;

    /// @notice Brings back what a leaving operator's withdrawal pays, once no veto can add to it.
    /// @dev Anyone, from the maturity on. Reverts with OperatorNotLeaving, NotMature, and with StillContested of the token.
    /// @return assets Units that are idle now.
    function collect(address operator) external returns (uint256 assets);

    /// @notice Claims what the token has earned of one reward token with one operator: the asset for the token, anything
    /// else for the auction.
    /// @dev Anyone. Reverts as the rewards distributor does.
    /// @return amount Units claimed.
    function collectRewards(address operator, address rewardToken) external returns (uint256 amount);

    // ------------------------------------------------------------------- the token

    /// @notice Gives ⌊shares · part / whole⌋ of the stake with every operator to `batch`: active shares are queued in its
    /// name, queued ones passed on to it.
    /// @dev Only the token. Reverts with NotToken. The core's events tell every slice.
    /// @return maturity Second from which all of it has matured.
    /// @return items Keys of the batch's withdrawals.
    function slice(
        address batch,
        uint256 part,
        uint256 whole
    ) external returns (uint48 maturity, WithdrawalKey[] memory items);

    // ----------------------------------------------------------------------- views

    /// @notice What the token's own shares are worth with all operators together, each rounded down.
    function totalValue() external view returns (Value memory);

    /// @notice The same with one operator.
    function stakeValue(address operator) external view returns (Value memory);

    /// @notice Operators with a target, a scheduled target, or stake.
    function operators() external view returns (address[] memory);

    /// @notice Stake and target of an operator now.
    function operatorState(address operator) external view returns (OperatorState memory);

    /// @notice τ·A: most that the stake with an operator may be worth, rounded down.
    function limitOf(address operator) external view returns (uint256);

    /// @notice Least A at which no operator has more than allocating would give it, rounded up. One without a target counts
    /// by what services can take.
    function neededTotal() external view returns (uint256);

    /// @notice Longest list of operators.
    function MAX_OPERATORS() external view returns (uint256);

    /// @notice Least part of all assets that allocating leaves idle.
    function BUFFER_BPS() external view returns (uint256);

    /// @notice Most that all services together may take of all assets through one operator.
    function OPERATOR_RISK_BPS() external view returns (uint256);

    /// @notice Most that one service may take of all assets through all operators.
    function SERVICE_RISK_BPS() external view returns (uint256);

    /// @notice The liquid restaking token.
    function TOKEN() external view returns (ILiquidRestakingToken);

    /// @notice The core's ledger of stake.
    function STAKE_MANAGER() external view returns (IStakeManager);

    /// @notice The core's ledger of what operators have given to services.
    function ALLOCATION_MANAGER() external view returns (IAllocationManager);
}
