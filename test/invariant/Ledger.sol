// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Cut, Slash, SlashStatus} from "../../contracts/types/SlashTypes.sol";
import {Plan, World} from "./World.sol";

/// @title Ledger: what has happened, as lists of orders and slashes, and what follows from it in closed form.
/// Nothing here is a state machine like those of the core: what an allocation, a rate, a factor or a budget is now is
/// the sum over all that has happened. So a mistake of the core is not made here again.
abstract contract Ledger is World {
    /// @dev An order of an operator: up by an allocation, down by a de-allocation.
    struct Order {
        bool up;
        bool revoked;
        uint16 epoch;
        /// When it takes effect.
        uint48 at;
        uint64 magnitude;
    }

    struct Registered {
        uint16 epoch;
        /// 0 while registered.
        uint48 endedAt;
    }

    struct Proposal {
        address operator;
        bytes32 operatorSet;
        uint48 proposedAt;
        uint48 deadline;
        uint48 periodAt;
        uint64 fraction;
        SlashStatus status;
        /// How often it has ended.
        uint256 ends;
    }

    /// @dev A cut as its pool and as its allocation see it.
    struct Lien {
        uint256 id;
        uint16 epoch;
        uint48 proposedAt;
        uint48 deadline;
        uint48 leavingAt;
        uint64 magnitude;
        uint64 fromLeaving;
        uint256 taken;
    }

    struct Queued {
        uint256 shares;
        uint256 paid;
    }

    struct Expected {
        uint256 active;
        uint256 leaving;
        uint256 joining;
        uint256 held;
        uint256 pendingOrders;
    }

    /// @dev The first promise that a call broke; empty while none is.
    string public violation;

    /// @dev Calls that did something: each may leave a wei of dust.
    uint256 public operations;

    mapping(address asset => uint256) internal tokensIn;
    mapping(address asset => uint256) internal tokensOut;
    mapping(address asset => uint256) internal donated;
    mapping(address recipient => mapping(address asset => uint256)) internal proceedsOf;

    mapping(address operator => mapping(bytes32 operatorSet => Registered)) internal registered;
    mapping(address operator => mapping(address asset => mapping(bytes32 operatorSet => Order[]))) internal orders;
    mapping(address operator => mapping(address asset => mapping(bytes32 operatorSet => Lien[]))) internal setLiens;
    mapping(address operator => mapping(address asset => Lien[])) internal poolLiens;

    /// @dev Proposal of id i at i − 1, and its record as the log had it.
    Proposal[] internal proposals;
    bytes[] internal records;

    /// @dev Ids of the proposals of a set against an operator.
    mapping(address operator => mapping(bytes32 operatorSet => uint256[])) internal proposalsOf;

    mapping(address operator => mapping(address asset => uint48[])) internal maturities;
    mapping(address operator => mapping(address asset => mapping(uint48 maturity => uint256))) internal bucketShares;
    mapping(address operator => mapping(address asset => mapping(uint48 maturity => uint256))) internal completedShares;
    mapping(address operator => mapping(address asset => mapping(uint48 maturity => mapping(address owner => Queued))))
        internal queued;

    constructor(Plan memory plan) World(plan) {}

    function _violate(string memory what) internal {
        if (bytes(violation).length == 0) violation = what;
    }

    function _expect(bool condition, string memory what) internal {
        if (!condition) _violate(what);
    }

    // ------------------------------------------------------------------- entries

    function _notePlaced(address operator, address asset, uint48 maturity, address owner, uint256 shares) internal {
        uint48[] storage list = maturities[operator][asset];
        bool known;
        for (uint256 i; i < list.length; ++i) {
            if (list[i] == maturity) known = true;
        }
        if (!known) list.push(maturity);
        bucketShares[operator][asset][maturity] += shares;
        queued[operator][asset][maturity][owner].shares += shares;
    }

    /// @dev Forgets a matured bucket of which nothing can be claimed any more, so that long runs stay fast.
    function _forgetIfEmpty(address operator, address asset, uint48 maturity) internal {
        if (completedShares[operator][asset][maturity] != bucketShares[operator][asset][maturity]) return;
        uint48[] storage list = maturities[operator][asset];
        for (uint256 i; i < list.length; ++i) {
            if (list[i] != maturity) continue;
            list[i] = list[list.length - 1];
            list.pop();
            return;
        }
    }

    function _noteProposal(Slash memory slash, bool instant) internal {
        records.push(abi.encode(slash));
        proposalsOf[slash.operator][slash.operatorSet].push(slash.id);
        Proposal storage proposal = proposals.push();
        (proposal.operator, proposal.operatorSet) = (slash.operator, slash.operatorSet);
        (proposal.proposedAt, proposal.deadline) = (slash.proposedAt, slash.deadline);
        (proposal.periodAt, proposal.fraction) = (slash.periodAt, slash.fraction);
        proposal.status = instant ? SlashStatus.Finalised : SlashStatus.Proposed;
        for (uint256 i; i < slash.cuts.length; ++i) {
            Cut memory cut = slash.cuts[i];
            Lien memory lien;
            (lien.id, lien.epoch) = (slash.id, slash.epoch);
            (lien.proposedAt, lien.deadline) = (slash.proposedAt, slash.deadline);
            (lien.leavingAt, lien.magnitude) = (cut.leavingAt, cut.magnitude);
            (lien.fromLeaving, lien.taken) = (cut.fromLeaving, cut.assets);
            poolLiens[slash.operator][cut.asset].push(lien);
            setLiens[slash.operator][cut.asset][slash.operatorSet].push(lien);
            if (instant) proceedsOf[slash.recipient][cut.asset] += cut.assets;
        }
    }

    function _noteEnd(Slash memory slash, SlashStatus status) internal {
        Proposal storage proposal = proposals[slash.id - 1];
        proposal.status = status;
        ++proposal.ends;
        for (uint256 i; i < slash.cuts.length; ++i) {
            address asset = slash.cuts[i].asset;
            if (status == SlashStatus.Finalised) {
                proceedsOf[slash.recipient][asset] += slash.cuts[i].assets;
            } else {
                // What was vetoed counts nowhere: forgotten, so that long runs stay fast.
                _forget(poolLiens[slash.operator][asset], slash.id);
                _forget(setLiens[slash.operator][asset][slash.operatorSet], slash.id);
            }
        }
    }

    function _forget(Lien[] storage liens, uint256 id) private {
        for (uint256 i = liens.length; i > 0; --i) {
            if (liens[i - 1].id != id) continue;
            liens[i - 1] = liens[liens.length - 1];
            liens.pop();
            return;
        }
    }

    // -------------------------------------------------------------- what follows

    function _status(uint256 id) internal view returns (SlashStatus) {
        return proposals[id - 1].status;
    }

    /// @dev WAD − Σ d of all slashes of the pool that are final, and Σ d of those that are open.
    function _expectedFactor(address operator, address asset) internal view returns (uint256 factor, uint256 liened) {
        Lien[] storage liens = poolLiens[operator][asset];
        factor = WAD;
        for (uint256 i; i < liens.length; ++i) {
            SlashStatus status = _status(liens[i].id);
            if (status == SlashStatus.Finalised) factor -= liens[i].magnitude;
            if (status == SlashStatus.Proposed) liened += liens[i].magnitude;
        }
    }

    /// @dev WAD − Σ d of all slashes of the pool that were proposed before the maturity, and not vetoed.
    function _expectedRate(address operator, address asset, uint48 maturity) internal view returns (uint256 rate) {
        Lien[] storage liens = poolLiens[operator][asset];
        rate = WAD;
        for (uint256 i; i < liens.length; ++i) {
            if (liens[i].proposedAt >= maturity || _status(liens[i].id) == SlashStatus.Vetoed) continue;
            rate -= liens[i].magnitude;
        }
    }

    /// @dev Σ d of the pool's open liens proposed in [from, to); of those whose window runs, too.
    function _openIn(
        address operator,
        address asset,
        uint256 from,
        uint256 to
    ) internal view returns (uint256 all, uint256 contested) {
        Lien[] storage liens = poolLiens[operator][asset];
        for (uint256 i; i < liens.length; ++i) {
            if (liens[i].proposedAt < from || liens[i].proposedAt >= to) continue;
            if (_status(liens[i].id) != SlashStatus.Proposed) continue;
            all += liens[i].magnitude;
            if (clock < liens[i].deadline) contested += liens[i].magnitude;
        }
    }

    /// @dev What the orders and slashes of the present registration add up to.
    function _expectedAllocation(
        address operator,
        address asset,
        bytes32 operatorSet
    ) internal view returns (Expected memory sum) {
        Registered memory reg = registered[operator][operatorSet];
        if (reg.epoch == 0) return sum;
        uint256 taken;
        uint256 takenLeaving;
        Lien[] storage liens = setLiens[operator][asset][operatorSet];
        for (uint256 i; i < liens.length; ++i) {
            SlashStatus status = _status(liens[i].id);
            if (liens[i].epoch != reg.epoch || status == SlashStatus.Vetoed) continue;
            taken += liens[i].magnitude - liens[i].fromLeaving;
            if (clock < liens[i].leavingAt) takenLeaving += liens[i].fromLeaving;
            if (status == SlashStatus.Proposed) sum.held += liens[i].magnitude;
        }
        if (reg.endedAt != 0 && clock >= reg.endedAt + EXIT_DELAY) return sum;
        _addOrders(sum, orders[operator][asset][operatorSet], reg, taken);
        sum.leaving -= takenLeaving;
        if (reg.endedAt != 0) (sum.active, sum.leaving) = (0, sum.leaving + sum.active);
    }

    function _addOrders(Expected memory sum, Order[] storage list, Registered memory reg, uint256 taken) private view {
        for (uint256 i; i < list.length; ++i) {
            Order memory order = list[i];
            if (order.epoch != reg.epoch || order.revoked) continue;
            bool due = clock >= order.at;
            if (order.up) {
                // What would have joined after the end of a registration never does.
                if (reg.endedAt != 0 && order.at > reg.endedAt) continue;
                if (due) sum.active += order.magnitude;
                else sum.joining += order.magnitude;
            } else {
                taken += order.magnitude;
                if (!due) sum.leaving += order.magnitude;
            }
            if (!due) ++sum.pendingOrders;
        }
        sum.active -= taken;
    }

    /// @dev Σ of the fractions of a period that were not vetoed.
    function _expectedUsed(
        address operator,
        bytes32 operatorSet,
        uint48 periodAt
    ) internal view returns (uint256 used) {
        uint256[] storage ids = proposalsOf[operator][operatorSet];
        for (uint256 i; i < ids.length; ++i) {
            Proposal storage proposal = proposals[ids[i] - 1];
            if (proposal.periodAt == periodAt && proposal.status != SlashStatus.Vetoed) used += proposal.fraction;
        }
    }
}
