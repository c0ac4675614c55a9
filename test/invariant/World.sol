// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AllocationManager} from "../../contracts/core/AllocationManager.sol";
import {Slasher} from "../../contracts/core/Slasher.sol";
import {StakeManager} from "../../contracts/core/StakeManager.sol";
import {ILaunchGuard} from "../../contracts/interfaces/callbacks/ILaunchGuard.sol";
import {HookToken} from "../../contracts/mocks/HookToken.sol";
import {HostileRegistrar} from "../../contracts/mocks/HostileRegistrar.sol";
import {HostileToken} from "../../contracts/mocks/HostileToken.sol";
import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {RewardsDeployer} from "../../contracts/rewards/RewardsDeployer.sol";
import {RewardsDistributor} from "../../contracts/rewards/RewardsDistributor.sol";
import {OperatorSetTerms} from "../../contracts/types/AllocationTypes.sol";
import {MiniTest} from "./MiniTest.sol";

/// @title EntryGate: a launch guard that closes entry when told to.
contract EntryGate is ILaunchGuard {
    /// @notice Whether entry is closed.
    bool public closed;

    error EntryClosed();

    /// @notice Closes entry, or opens it.
    function setClosed(bool closed_) external {
        closed = closed_;
    }

    /// @inheritdoc ILaunchGuard
    function checkEntry(address, uint256) external view {
        require(!closed, EntryClosed());
    }
}

/// @dev What a set-up is made of.
struct Plan {
    uint32 exitDelay;
    uint256 stakers;
    uint256 operators;
    uint256 assets;
    /// Whether windows cross: long ones, of different lengths, in all sets but one.
    bool crossing;
    /// Most that one random slash takes, in WAD, where it does not take all that it may.
    uint64 usualFraction;
}

/// @title World: the protocol, its tokens, its people and its operator sets.
/// The first AVS has a hostile registrar; the second is the first operator. Of the recipients of proceeds one burns, one
/// can be paid, and one is blocked by the hostile token.
abstract contract World is MiniTest {
    uint256 internal constant WAD = 1e18;
    uint256 internal constant SETS = 5;

    address internal constant AVS = address(0x3000);
    address internal constant SET_SLASHER = address(0x4000);
    address internal constant OTHER_SLASHER = address(0x4001);
    address internal constant RESOLVER = address(0x5000);
    address internal constant OTHER_RESOLVER = address(0x5001);
    address internal constant RECIPIENT = address(0x6000);
    address internal constant UNPAYABLE = address(0x6001);
    address internal constant HELPER = address(0x7000);
    address internal constant STRANGER = address(0x7001);

    /// @dev Keys of approvers: these are the keys FIRST_KEY and FIRST_KEY + 1.
    uint256 internal constant FIRST_KEY = 0xa11ce;

    Slasher internal immutable SLASHER;
    StakeManager internal immutable STAKE;
    AllocationManager internal immutable ALLOCATIONS;
    RewardsDistributor internal immutable REWARDS;
    HookToken internal immutable HOOKED;
    HostileToken internal immutable HOSTILE;
    HostileRegistrar internal immutable REGISTRAR;
    EntryGate internal immutable GATE;
    uint256 internal immutable EXIT_DELAY;
    uint256 internal immutable BUCKET;
    uint256 internal immutable NOTICE;
    uint64 internal immutable USUAL_FRACTION;

    /// @dev The time: every call begins with a warp to it.
    uint256 public clock = 1_800_000_007;

    address[] internal stakers;
    address[] internal operators;
    address[] internal assets;
    bytes32[] internal sets;
    mapping(bytes32 operatorSet => address) internal avsOf;
    /// @dev Who may propose for a set, and who resolves, now and from a time on.
    mapping(bytes32 operatorSet => OperatorSetTerms) private _terms;

    constructor(Plan memory plan) {
        VM.warp(clock);
        GATE = new EntryGate();
        uint48 guardedUntil = uint48(clock + 30 * uint256(plan.exitDelay));
        RewardsDeployer deployer = new RewardsDeployer();
        SLASHER = new Slasher(plan.exitDelay, deployer.DISTRIBUTOR(), address(GATE), guardedUntil);
        STAKE = StakeManager(address(SLASHER.STAKE_MANAGER()));
        REWARDS = deployer.deploy(STAKE);
        ALLOCATIONS = AllocationManager(address(SLASHER.ALLOCATION_MANAGER()));
        HOOKED = new HookToken("Hooked", "HOOK", 18);
        HOSTILE = new HostileToken("Hostile", "HOST", 6);
        REGISTRAR = new HostileRegistrar();
        EXIT_DELAY = STAKE.EXIT_DELAY();
        BUCKET = STAKE.BUCKET();
        NOTICE = STAKE.NOTICE();
        USUAL_FRACTION = plan.usualFraction;
        for (uint256 i; i < plan.stakers; ++i) {
            stakers.push(address(uint160(0x1000 + i)));
        }
        for (uint256 i; i < plan.operators; ++i) {
            operators.push(address(uint160(0x2000 + i)));
        }
        _createAssets(plan.assets);
        _createSets(plan.crossing);
    }

    function termsOf(bytes32 operatorSet) internal view returns (OperatorSetTerms storage) {
        return _terms[operatorSet];
    }

    /// @dev One asset is the hooked one; two are an honest and the hooked one; three add the hostile one.
    function _createAssets(uint256 count) private {
        assets.push(address(HOOKED));
        if (count > 1) assets.push(address(new MockERC20("Honest", "HON", 18)));
        if (count > 2) assets.push(address(HOSTILE));
        for (uint256 i = 1; i < assets.length; ++i) {
            for (uint256 j = i; j > 0 && assets[j] < assets[j - 1]; --j) {
                (assets[j], assets[j - 1]) = (assets[j - 1], assets[j]);
            }
        }
    }

    function _createSets(bool crossing) private {
        VM.prank(AVS);
        ALLOCATIONS.setRegistrar(address(REGISTRAR));
        uint32 exit = uint32(EXIT_DELAY);
        uint32 bucket = uint32(BUCKET);
        _createSet(0, 0, assets, exit / 2, 0.5e18, exit, address(0));
        _createSet(1, 0, _some(0, 1), crossing ? bucket + 1 : bucket / 3, 1e18, bucket, RECIPIENT);
        _createSet(2, 0, assets, crossing ? exit / 2 - 1 : 0, 0.3e18, bucket, address(0));
        _createSet(3, 1, _some(assets.length > 1 ? 1 : 0, assets.length), exit / 4 + 1, 1e18, 2 * bucket, UNPAYABLE);
        _createSet(4, 1, assets, 0, 1e18, 3 * bucket, UNPAYABLE);
    }

    function _createSet(
        uint32 id,
        uint256 avsIndex,
        address[] memory accepted,
        uint32 vetoWindow,
        uint64 maxSlash,
        uint32 period,
        address recipient
    ) private {
        OperatorSetTerms memory terms;
        terms.assets = accepted;
        (terms.maxSlash, terms.period, terms.vetoWindow) = (maxSlash, period, vetoWindow);
        (terms.slasher, terms.recipient) = (SET_SLASHER, recipient);
        if (vetoWindow != 0) terms.resolver = RESOLVER;
        address avs = avsIndex == 0 ? AVS : operators[0];
        VM.prank(avs);
        bytes32 operatorSet = ALLOCATIONS.createOperatorSet(id, terms, "");
        sets.push(operatorSet);
        avsOf[operatorSet] = avs;
        _terms[operatorSet] = terms;
    }

    function _some(uint256 from, uint256 to) private view returns (address[] memory some) {
        some = new address[](to - from);
        for (uint256 i; i < some.length; ++i) {
            some[i] = assets[from + i];
        }
    }
}
