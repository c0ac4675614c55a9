// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ISlasher} from "../../../contracts/interfaces/ISlasher.sol";
import {IExitQueue} from "../../../contracts/interfaces/lrt/IExitQueue.sol";
import {BooksView, Epoch, EpochStatus, LateClaim} from "../../../contracts/types/LrtTypes.sol";
import {Slash, SlashStatus} from "../../../contracts/types/SlashTypes.sol";
import {Value, WithdrawalKey} from "../../../contracts/types/StakeTypes.sol";
import {IVm} from "../MiniTest.sol";
import {Plan} from "../World.sol";
import {LrtWorld} from "./LrtWorld.sol";

/// @title LrtLedger: what has happened, and what follows from it: not the token's books again, but flows, and for each
/// operator the slashes that there were. A share of a pool is worth WAD less the magnitudes of all slashes that were
/// proposed before its maturity, the vetoed ones not counted.
abstract contract LrtLedger is LrtWorld {
    /// @dev A slash of one pool.
    struct Cutting {
        address operator;
        uint48 proposedAt;
        uint48 deadline;
        uint256 magnitude;
        SlashStatus status;
        /// Whether nobody makes it final when its time has come.
        bool forgotten;
    }

    /// @dev The token's stake with an operator: what it brought itself, and what others have given it.
    struct Stake {
        uint256 shares;
        uint48 maturity;
        uint256 gifts;
    }

    /// @dev Withdrawals and assets of an epoch.
    struct Batch {
        address at;
        uint256 shares;
        uint256 cash;
        /// Paid to those who claimed, and given to it by others.
        uint256 paid;
        uint256 gifts;
        /// Whether it was settled while vetoes could add to it.
        bool late;
        WithdrawalKey[] items;
        mapping(bytes32 key => uint256) itemShares;
    }

    /// @dev Amounts are compared in units / 2^40.
    uint256 internal constant SCALE = 40;

    /// @notice What was violated first; empty if nothing was.
    string public violation;

    /// @dev Calls that forge has made.
    uint256 public operations;

    Cutting[] internal cuttings;
    /// @dev Indices of those that are open, and of all of an operator.
    uint256[] internal opened;
    mapping(address operator => uint256[]) private _cuttingsOf;
    bytes[] internal records;
    mapping(address operator => Stake) internal stakes;
    /// @dev Gifts to the token in the core that are queued.
    mapping(address operator => mapping(uint48 maturity => uint256)) internal queuedGifts;
    mapping(uint256 epoch => Batch) internal batches;
    /// @dev Epochs of which something may still be claimed.
    uint256[] internal live;

    /// @dev What is idle, streaming, pending, and owed to the treasury, together; and what no harvest has found.
    uint256 internal cash = SEED;
    uint256 internal unfound;
    uint256 internal pending;
    uint256 internal fees;
    uint256 internal highest;
    uint256 internal supply = SEED;

    constructor(Plan memory plan) LrtWorld(plan) {}

    function _violate(string memory what) internal {
        if (bytes(violation).length == 0) violation = what;
    }

    function _expect(bool condition, string memory what) internal {
        if (!condition) _violate(what);
    }

    // -------------------------------------------------------------- what happens

    /// @dev Notes the slash that was logged, if one was.
    function _noteSlash(bool forgotten) internal returns (bool found) {
        IVm.Log[] memory logs = VM.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != ISlasher.SlashProposed.selector) continue;
            (Slash memory slash, ) = abi.decode(logs[i].data, (Slash, string));
            SlashStatus status = slash.deadline == slash.proposedAt ? SlashStatus.Finalised : SlashStatus.Proposed;
            uint256 magnitude = slash.cuts[0].magnitude;
            cuttings.push(Cutting(slash.operator, slash.proposedAt, slash.deadline, magnitude, status, forgotten));
            records.push(abi.encode(slash));
            _cuttingsOf[slash.operator].push(cuttings.length - 1);
            if (status == SlashStatus.Proposed) opened.push(cuttings.length - 1);
            found = true;
        }
    }

    /// @dev Notes how a slash that was open has ended.
    function _noteEnd(uint256 index, SlashStatus status) internal {
        cuttings[index].status = status;
        for (uint256 i; i < opened.length; ++i) {
            if (opened[i] != index) continue;
            opened[i] = opened[opened.length - 1];
            opened.pop();
            return;
        }
    }

    /// @dev Notes the epoch that was logged: its list of withdrawals.
    function _noteClosed(uint256 epoch) internal {
        IVm.Log[] memory logs = VM.getRecordedLogs();
        Batch storage batch = batches[epoch];
        batch.at = QUEUE.batchOf(epoch);
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != IExitQueue.EpochClosed.selector) continue;
            (, batch.shares, batch.cash, ) = abi.decode(logs[i].data, (uint48, uint256, uint256, WithdrawalKey[]));
            (, , , WithdrawalKey[] memory items) = abi.decode(
                logs[i].data,
                (uint48, uint256, uint256, WithdrawalKey[])
            );
            for (uint256 j; j < items.length; ++j) {
                batch.items.push(items[j]);
            }
        }
        live.push(epoch);
    }

    function _itemKey(address operator, uint48 maturity) internal pure returns (bytes32) {
        return keccak256(abi.encode(operator, maturity));
    }

    // --------------------------------------------------------------- what follows

    /// @dev WAD less what slashes have taken of a share that matures then; with those that are open, or without.
    function _rateOf(address operator, uint256 maturity, bool withOpen) internal view returns (uint256 rate) {
        rate = WAD;
        uint256[] storage list = _cuttingsOf[operator];
        for (uint256 i; i < list.length; ++i) {
            Cutting storage cutting = cuttings[list[i]];
            if (cutting.proposedAt >= maturity) continue;
            bool counts = cutting.status == SlashStatus.Finalised;
            if (counts || (withOpen && cutting.status == SlashStatus.Proposed)) rate -= cutting.magnitude;
        }
    }

    /// @dev Whether somebody has forgotten to make a slash final.
    function _isOverdue() internal view returns (bool) {
        for (uint256 i; i < opened.length; ++i) {
            if (cuttings[opened[i]].deadline <= clock) return true;
        }
        return false;
    }

    /// @dev What the token's stake is worth, with open slashes vetoed, or final.
    function _recount() internal view returns (uint256 gross, uint256 net) {
        for (uint256 i; i < operators.length; ++i) {
            Stake storage stake = stakes[operators[i]];
            if (stake.shares == 0) continue;
            uint256 maturity = stake.maturity == 0 ? type(uint256).max : stake.maturity;
            gross += (stake.shares * _rateOf(operators[i], maturity, false)) / WAD;
            net += (stake.shares * _rateOf(operators[i], maturity, true)) / WAD;
        }
    }

    /// @dev All that an epoch gets if open slashes are vetoed.
    function _potOf(uint256 epoch) internal view returns (uint256 all) {
        Epoch memory state = QUEUE.epochState(epoch);
        all = state.assets;
        if (state.status == EpochStatus.Final) return all;
        Batch storage batch = batches[epoch];
        Value[] memory values = STAKE.withdrawalValues(batch.at, address(HOOKED), batch.items);
        for (uint256 i; i < values.length; ++i) {
            all += values[i].gross;
        }
    }

    /// @dev What everybody has, in units / 2^SCALE: wallet, shares, requests, and epochs, if open slashes are vetoed.
    function _wealths() internal view returns (uint256[] memory list) {
        list = new uint256[](people.length);
        (uint256 total, uint256 all) = (TOKEN.totalAssets(), TOKEN.totalSupply());
        (uint256 open, uint256 asked) = QUEUE.openEpoch();
        for (uint256 i; i < list.length; ++i) {
            uint256 shares = TOKEN.balanceOf(people[i]);
            if (asked != 0) shares += _asked(open, people[i]);
            list[i] = (HOOKED.balanceOf(people[i]) << SCALE) + Math.mulDiv(shares << SCALE, total, all);
        }
        for (uint256 i; i < live.length; ++i) {
            _addEpoch(live[i], list);
        }
    }

    function _addEpoch(uint256 epoch, uint256[] memory list) private view {
        Batch storage batch = batches[epoch];
        (uint256 pot, uint256 all, bool late) = (_potOf(epoch), batch.shares, batch.late);
        for (uint256 i; i < list.length; ++i) {
            uint256 shares = _asked(epoch, people[i]);
            uint256 paid;
            if (late) {
                LateClaim memory before = QUEUE.lateClaim(people[i], epoch);
                (shares, paid) = (shares + before.shares, before.paid);
            }
            if (shares != 0) list[i] = list[i] + Math.mulDiv(shares << SCALE, pot, all) - (paid << SCALE);
        }
    }

    function _asked(uint256 epoch, address person) internal view returns (uint256 shares) {
        (shares, ) = QUEUE.requestOf(epoch, person);
    }

    /// @dev Forgets epochs of which nothing can be claimed any more.
    function _prune(uint256 epoch) internal {
        if (QUEUE.epochState(epoch).status != EpochStatus.Final) return;
        for (uint256 i; i < people.length; ++i) {
            if (_asked(epoch, people[i]) != 0 || QUEUE.lateClaim(people[i], epoch).shares != 0) return;
        }
        for (uint256 i; i < live.length; ++i) {
            if (live[i] != epoch) continue;
            live[i] = live[live.length - 1];
            live.pop();
            return;
        }
    }

    function _books() internal view returns (BooksView memory) {
        return TOKEN.books();
    }
}
