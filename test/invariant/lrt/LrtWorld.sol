// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAuthority} from "@openzeppelin/contracts/access/manager/IAuthority.sol";

import {IAllocator} from "../../../contracts/interfaces/lrt/IAllocator.sol";
import {IExitQueue} from "../../../contracts/interfaces/lrt/IExitQueue.sol";
import {IRewardAuction} from "../../../contracts/interfaces/lrt/IRewardAuction.sol";
import {AllocatorDeployer} from "../../../contracts/lrt/AllocatorDeployer.sol";
import {LiquidRestakingToken} from "../../../contracts/lrt/LiquidRestakingToken.sol";
import {MockERC20} from "../../../contracts/mocks/MockERC20.sol";
import {LrtConfig} from "../../../contracts/types/LrtTypes.sol";
import {Plan, World} from "../World.sol";

/// @title Authority: says who may call what, and is fixed.
contract Authority is IAuthority {
    mapping(bytes4 verb => address) private _actors;

    /// @notice From now on this actor alone may call a function of that name.
    function give(bytes4 verb, address actor) external {
        _actors[verb] = actor;
    }

    /// @inheritdoc IAuthority
    function canCall(address caller, address, bytes4 verb) external view returns (bool) {
        return caller == _actors[verb];
    }
}

/// @title LrtWorld: a liquid restaking token on the core, whose asset calls back when it moves; its holders, one of them a
/// stranger to everybody; a curator, a guardian, and operators who have opened their pools and given half of them away.
abstract contract LrtWorld is World {
    uint256 internal constant BPS = 10_000;
    uint256 internal constant SEED = 1e16;
    uint256 internal constant FEE_BPS = 1_000;
    uint256 internal constant BUFFER_BPS = 500;
    uint256 internal constant OPERATOR_RISK_BPS = 2_000;
    uint256 internal constant SERVICE_RISK_BPS = 3_000;
    uint96 internal constant MAX_TOTAL = 1e23;

    address internal constant CURATOR = address(0x8000);
    address internal constant WARDEN = address(0x8001);
    address internal constant TREASURY = address(0x8002);
    address internal constant BUYER = address(0x8003);

    LiquidRestakingToken internal immutable TOKEN;
    IExitQueue internal immutable QUEUE;
    IAllocator internal immutable ALLOCATOR;
    IRewardAuction internal immutable AUCTION;
    MockERC20 internal immutable OTHER;

    /// @dev All who have shares: the stakers, and the stranger.
    address[] internal people;

    constructor(Plan memory plan) World(plan) {
        OTHER = new MockERC20("Other", "OTH", 18);
        Authority authority = new Authority();
        LrtConfig memory config = LrtConfig({
            asset: address(HOOKED),
            slasher: address(SLASHER),
            allocatorDeployer: address(new AllocatorDeployer()),
            authority: address(authority),
            feeRecipient: TREASURY,
            maxTotalAssets: MAX_TOTAL,
            performanceFeeBps: uint16(FEE_BPS),
            exitFeeBps: 30,
            bufferBps: uint16(BUFFER_BPS),
            operatorRiskBps: uint16(OPERATOR_RISK_BPS),
            serviceRiskBps: uint16(SERVICE_RISK_BPS)
        });
        TOKEN = new LiquidRestakingToken("Liquid", "LRT", config);
        (QUEUE, ALLOCATOR, AUCTION) = (TOKEN.EXIT_QUEUE(), TOKEN.ALLOCATOR(), TOKEN.REWARD_AUCTION());
        authority.give(ALLOCATOR.setTarget.selector, CURATOR);
        authority.give(TOKEN.raiseCap.selector, CURATOR);
        authority.give(TOKEN.lowerCap.selector, WARDEN);
        authority.give(TOKEN.setEntryPaused.selector, WARDEN);
        HOOKED.mint(address(this), SEED);
        HOOKED.approve(address(TOKEN), SEED);
        TOKEN.seed(SEED);
        for (uint256 i; i <= stakers.length; ++i) {
            _welcome(i == stakers.length ? STRANGER : stakers[i]);
        }
        for (uint256 i; i < operators.length; ++i) {
            _employ(operators[i], i);
        }
        _enrich(BUYER);
        clock += NOTICE;
        VM.warp(clock);
    }

    function _welcome(address person) private {
        people.push(person);
        _enrich(person);
        VM.prank(person);
        HOOKED.approve(address(STAKE), type(uint256).max);
        VM.prank(person);
        TOKEN.setOperator(HELPER, true);
    }

    function _enrich(address person) private {
        HOOKED.mint(person, 1e30);
        VM.prank(person);
        HOOKED.approve(address(TOKEN), type(uint256).max);
        VM.prank(person);
        HOOKED.approve(address(AUCTION), type(uint256).max);
    }

    function _employ(address operator, uint256 index) private {
        VM.prank(operator);
        STAKE.registerOperator("");
        VM.prank(operator);
        STAKE.openPool(address(HOOKED), address(0));
        VM.prank(operator);
        REWARDS.announceRewardToken(address(HOOKED), address(HOOKED));
        for (uint256 i; i < sets.length; ++i) {
            VM.prank(operator);
            ALLOCATIONS.registerForOperatorSet(sets[i], "");
            VM.prank(operator);
            ALLOCATIONS.allocate(sets[i], address(HOOKED), uint64(0.1e18 + 3 * i + 5 * index));
        }
        VM.prank(CURATOR);
        ALLOCATOR.setTarget(operator, index < 2 ? 3_000 : 1_500);
    }
}
