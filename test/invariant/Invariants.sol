// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {AllocationView, OperatorSetTerms, Registration} from "../../contracts/types/AllocationTypes.sol";
import {Slash, SlashStatus} from "../../contracts/types/SlashTypes.sol";
import {Bucket, PoolView, QueueRequest, Value} from "../../contracts/types/StakeTypes.sol";
import {ICampaign} from "./MiniTest.sol";
import {RewardInvariants} from "./RewardInvariants.sol";
import {RewardToken} from "./RewardToken.sol";
import {Plan} from "./World.sol";
import {HostileToken} from "../../contracts/mocks/HostileToken.sol";
import {HookToken} from "../../contracts/mocks/HookToken.sol";

/// @title Invariants: what must hold after every call, each by its number. What compares the state before
/// and after one call stands in the action that makes the call.
contract Invariants is RewardInvariants, ICampaign {
    /// @dev Slot of AllocationManager's allocations.
    uint256 private constant ALLOCATIONS_SLOT = 3;

    /// @dev Slashes that are looked at in the course of a run: the last ones.
    uint256 private constant RECENT = 8;

    constructor(Plan memory plan) RewardInvariants(plan) {}

    /// @dev What has ended long ago is looked at when the run is over.
    /// @inheritdoc ICampaign
    function check(bool last) external {
        VM.warp(clock);
        _assertTrue(bytes(violation).length == 0, violation);
        _assertTrue(!_reentered(), "S5: a token's hook re-entered");
        for (uint256 i; i < assets.length; ++i) {
            _checkTokens(assets[i]);
            _checkProceeds(assets[i]);
            _checkSolvency(assets[i]);
            for (uint256 j; j < operators.length; ++j) {
                _checkPositions(operators[j], assets[i]);
                _checkFactor(operators[j], assets[i]);
                _checkConservation(operators[j], assets[i]);
                _checkBuckets(operators[j], assets[i]);
            }
        }
        for (uint256 i; i < sets.length; ++i) {
            _checkTerms(sets[i]);
            for (uint256 j; j < operators.length; ++j) {
                _checkBudget(operators[j], sets[i]);
                _checkAllocations(operators[j], sets[i]);
            }
        }
        _checkRewards();
        _checkEnds(last ? proposals.length : RECENT);
    }

    // ------------------------------------------------------------------- solvency

    /// @dev S1: tokens held ≥ Σ claims, with every open lien final (net claims and their amounts), and with every open
    /// lien vetoed (gross claims).
    function _checkSolvency(address asset) internal view {
        uint256 held = MockERC20(asset).balanceOf(address(STAKE));
        (uint256 net, uint256 gross) = _claims(asset);
        uint256 liens;
        for (uint256 i; i < operators.length; ++i) {
            for (uint256 j; j < poolLiens[operators[i]][asset].length; ++j) {
                Lien storage lien = poolLiens[operators[i]][asset][j];
                if (_status(lien.id) == SlashStatus.Proposed) liens += lien.taken;
            }
        }
        _assertLe(net + liens + donated[asset], held, "S1: claims with every lien final");
        _assertLe(gross + donated[asset], held, "S1: claims with every lien vetoed");
    }

    /// @dev S2: tokens in − tokens out = tokens held, less what was donated. S5: `tokensOut` grows with completions,
    /// withdrawals of balances and proceeds alone, each by what it lowers in the books.
    function _checkTokens(address asset) internal view {
        uint256 held = MockERC20(asset).balanceOf(address(STAKE));
        _assertEq(held, tokensIn[asset] + donated[asset] - tokensOut[asset], "S2: tokens held");
    }

    /// @dev S3, G1: the positions of a pool sum to its shares.
    function _checkPositions(address operator, address asset) internal view {
        uint256 sum;
        for (uint256 i; i < stakers.length; ++i) {
            sum += STAKE.sharesOf(operator, asset, stakers[i]);
        }
        _assertEq(sum, STAKE.pool(operator, asset).shares, "S3: positions of a pool");
    }

    /// @dev H8: proceeds = Σ amounts of final slashes − what was paid, of each recipient.
    function _checkProceeds(address asset) internal view {
        _assertEq(STAKE.proceeds(address(0), asset), proceedsOf[address(0)][asset], "H8: proceeds to burn");
        _assertEq(STAKE.proceeds(RECIPIENT, asset), proceedsOf[RECIPIENT][asset], "H8: proceeds");
        _assertEq(STAKE.proceeds(UNPAYABLE, asset), proceedsOf[UNPAYABLE][asset], "H8: proceeds");
    }

    // ------------------------------------------------------------------- entry, rate

    /// @dev D4: F = WAD − Σ d of final slashes; L = Σ d of open ones: so F only falls, by finals alone, and F − L rises
    /// by vetoes alone.
    function _checkFactor(address operator, address asset) internal view {
        PoolView memory pool = STAKE.pool(operator, asset);
        (uint256 factor, uint256 liened) = _expectedFactor(operator, asset);
        _assertEq(pool.factor, factor, "D4: factor");
        _assertEq(pool.liened, liened, "D4: liened");
    }

    /// @dev S3, D4, W1, W2 of every bucket of which something can be claimed.
    function _checkBuckets(address operator, address asset) internal view {
        uint48[] storage list = maturities[operator][asset];
        PoolView memory pool = STAKE.pool(operator, asset);
        uint256 live = pool.shares;
        for (uint256 i; i < list.length; ++i) {
            Bucket memory bucket = STAKE.bucket(operator, asset, list[i]);
            _checkBucketShares(operator, asset, list[i], bucket);
            if (bucket.shares == 0) continue;
            if (clock < list[i]) {
                live += bucket.shares;
                _assertEq(bucket.rate, pool.factor - pool.liened, "D4: a live bucket's rate");
            }
            _assertEq(bucket.rate, _expectedRate(operator, asset, list[i]), "D4, W2: a bucket's rate");
            _checkOpened(operator, asset, list[i], bucket);
        }
        _assertEq(STAKE.slashableShares(operator, asset), live, "S3: T");
    }

    /// @dev S3: the records of a bucket, and what was completed of it, sum to its shares. W1: each is as it was left.
    function _checkBucketShares(address operator, address asset, uint48 maturity, Bucket memory bucket) internal view {
        uint256 sum = completedShares[operator][asset][maturity];
        for (uint256 i; i < stakers.length; ++i) {
            sum += STAKE.withdrawal(stakers[i], operator, asset, maturity).shares;
            _assertTrue(_recordFits(operator, asset, maturity, stakers[i]), "W1: a record of a withdrawal");
        }
        _assertEq(bucket.shares, sum, "S3: records of a bucket");
        _assertEq(bucket.shares, bucketShares[operator][asset][maturity], "S3: shares of a bucket");
    }

    /// @dev D4: `opened` = Σ d of open liens proposed in [K − BUCKET, K); what a veto can still give to a matured bucket
    /// is Σ `opened` of the four up to it, which is all that is open and contested from before K.
    function _checkOpened(address operator, address asset, uint48 maturity, Bucket memory bucket) internal view {
        (uint256 open, ) = _openIn(operator, asset, maturity - BUCKET, maturity);
        _assertEq(bucket.opened, open, "D4: opened of a bucket with shares");
        if (clock < maturity) return;
        (, uint256 contested) = _openIn(operator, asset, 0, maturity);
        uint256 sum;
        for (uint48 i; i < 4; ++i) {
            sum += STAKE.bucket(operator, asset, maturity - i * uint48(BUCKET)).opened;
        }
        _assertLe(contested, sum, "D4: what a veto can still give");
    }

    // ------------------------------------------------------------------- allocation

    /// @dev A1: free + Σ (active + pending) + L = F, on booked values, exactly.
    function _checkConservation(address operator, address asset) internal view {
        uint256 sum = ALLOCATIONS.freeMagnitude(operator, asset);
        PoolView memory pool = STAKE.pool(operator, asset);
        bytes32 slot = keccak256(abi.encode(operator, ALLOCATIONS_SLOT));
        slot = keccak256(abi.encode(asset, slot));
        for (uint256 i; i < sets.length; ++i) {
            uint256 word = uint256(VM.load(address(ALLOCATIONS), keccak256(abi.encode(sets[i], slot))));
            // The lowest two parts of the word: active and pending.
            sum += uint256(uint64(word)) + uint64(word >> 64);
        }
        _assertEq(sum + pool.liened, pool.factor, "A1: free + parts + liened = factor");
    }

    /// @dev A3, A4, A5, A7: what is active, leaving and joining is exactly what the orders of the present registration
    /// and its slashes add up to: increases from NOTICE after their order on, decreases leaving for EXIT_DELAY, and
    /// nothing of an older registration.
    function _checkAllocations(address operator, bytes32 operatorSet) internal view {
        address[] storage accepted = termsOf(operatorSet).assets;
        for (uint256 i; i < accepted.length; ++i) {
            AllocationView memory view_ = ALLOCATIONS.allocation(operator, accepted[i], operatorSet);
            Expected memory sum = _expectedAllocation(operator, accepted[i], operatorSet);
            _assertEq(view_.active, sum.active, "A3: active");
            _assertEq(view_.leaving, sum.leaving, "A4: leaving");
            _assertEq(view_.joining, sum.joining, "A3: joining");
            _assertEq(view_.held, sum.held, "A7: held");
            _assertLe(sum.pendingOrders, 1, "A5: pending changes");
        }
    }

    /// @dev V2: the terms are those of the creation; slasher and resolver, those of NOTICE ago or earlier (but that a
    /// slasher can be removed at once).
    function _checkTerms(bytes32 operatorSet) internal view {
        OperatorSetTerms memory terms = termsOf(operatorSet);
        Roles memory role = _rolesNow(operatorSet);
        (terms.slasher, terms.resolver) = (role.slasher, role.resolver);
        OperatorSetTerms memory present = ALLOCATIONS.operatorSetTerms(operatorSet);
        _assertTrue(present.slasher == role.slasher, "V2: the slasher in force");
        _assertTrue(present.resolver == role.resolver, "V2: the resolver in force");
        _assertTrue(keccak256(abi.encode(present)) == keccak256(abi.encode(terms)), "V2: the terms of a set");
    }

    // --------------------------------------------------------------------- slashing

    /// @dev H7: what is left of a budget is maxSlash − Σ of the fractions of the period that were not vetoed.
    function _checkBudget(address operator, bytes32 operatorSet) internal view {
        Registration memory reg = ALLOCATIONS.registration(operator, operatorSet);
        uint256 used = _expectedUsed(operator, operatorSet, reg.periodAt);
        _assertLe(used, termsOf(operatorSet).maxSlash, "H7: fractions of a period");
        Registered memory own = registered[operator][operatorSet];
        _assertEq(reg.epoch, own.epoch, "A7: epoch");
        (uint256 remaining, ) = ALLOCATIONS.slashBudget(operator, operatorSet);
        bool over = own.epoch == 0 || (own.endedAt != 0 && clock >= own.endedAt + EXIT_DELAY);
        if (over) _assertEq(remaining, 0, "H7: a budget after the registration");
        else if (clock < reg.periodAt + termsOf(operatorSet).period)
            _assertEq(remaining, termsOf(operatorSet).maxSlash - used, "H7: what is left of a budget");
    }

    /// @dev H6: each proposal is what became of it, and ended once at most.
    function _checkEnds(uint256 count) internal view {
        _assertEq(SLASHER.slashCount(), proposals.length, "H6: slashes");
        for (uint256 i = proposals.length > count ? proposals.length - count : 0; i < proposals.length; ++i) {
            _assertTrue(SLASHER.slashState(i + 1).status == proposals[i].status, "H6: the state of a slash");
            _assertLe(proposals[i].ends, 1, "H6: ended twice");
            _checkOpenedBy(proposals[i]);
        }
    }

    /// @dev D4: `opened` of the bucket that matured next after a proposal, whether it has shares or not.
    function _checkOpenedBy(Proposal storage proposal) private view {
        uint48 maturity = uint48((proposal.proposedAt / BUCKET + 1) * BUCKET);
        address[] storage accepted = termsOf(proposal.operatorSet).assets;
        for (uint256 i; i < accepted.length; ++i) {
            (uint256 open, ) = _openIn(proposal.operator, accepted[i], maturity - BUCKET, maturity);
            _assertEq(STAKE.bucket(proposal.operator, accepted[i], maturity).opened, open, "D4: opened");
        }
    }

    // ------------------------------------------------------------------ everyone out

    /// @notice W4: from here everyone can leave in full, and dust is left: less than a wei for each operation.
    /// Some of the open proposals are vetoed first, the others become final. Entry is closed, and R5: no reward token
    /// answers, meanwhile. What was earned is claimed at the end.
    function leaveAll() external {
        VM.warp(clock);
        HookToken.Hook memory none;
        HOOKED.setHooks(none, none);
        HOSTILE.setBehaviour(HostileToken.Behaviour.Honest, 0);
        GATE.setClosed(true);
        _setMoods(RewardToken.Mood.Refuses);
        for (uint256 i; i < proposals.length; i += 2) {
            Slash memory slash = abi.decode(records[i], (Slash));
            if (proposals[i].status != SlashStatus.Proposed || clock >= slash.deadline) continue;
            VM.prank(slash.slasher);
            SLASHER.veto(slash);
            _noteEnd(slash, SlashStatus.Vetoed);
        }
        _queueAll();
        _advance(clock + EXIT_DELAY + BUCKET);
        for (uint256 i; i < proposals.length; ++i) {
            if (proposals[i].status != SlashStatus.Proposed) continue;
            Slash memory slash = abi.decode(records[i], (Slash));
            SLASHER.finalise(slash);
            _noteEnd(slash, SlashStatus.Finalised);
        }
        for (uint256 i; i < assets.length; ++i) {
            _collectAll(assets[i]);
        }
        _setMoods(RewardToken.Mood.Honest);
        _collectRewards();
        _checkRewards();
        _assertTrue(bytes(violation).length == 0, violation);
    }

    function _queueAll() private {
        QueueRequest[] memory requests = new QueueRequest[](1);
        for (uint256 i; i < operators.length * assets.length * stakers.length; ++i) {
            address staker = stakers[i % stakers.length];
            address asset = assets[(i / stakers.length) % assets.length];
            requests[0].operator = operators[i / stakers.length / assets.length];
            requests[0].shares = STAKE.sharesOf(requests[0].operator, asset, staker);
            if (requests[0].shares == 0) continue;
            ++operations;
            VM.prank(staker);
            uint48 maturity = STAKE.queueWithdrawals(staker, asset, requests, staker);
            _notePlaced(requests[0].operator, asset, maturity, staker, requests[0].shares);
        }
    }

    function _collectAll(address asset) private {
        for (uint256 i; i < operators.length; ++i) {
            uint48[] memory list = maturities[operators[i]][asset];
            for (uint256 j; j < list.length * stakers.length; ++j) {
                Key memory key = Key(stakers[j % stakers.length], operators[i], asset, list[j / stakers.length]);
                _collect(key);
            }
            _assertEq(STAKE.pool(operators[i], asset).shares, 0, "W4: shares when all have left");
        }
        for (uint256 i; i < stakers.length; ++i) {
            uint256 balance = STAKE.undelegated(stakers[i], asset);
            if (balance == 0) continue;
            VM.prank(stakers[i]);
            STAKE.withdraw(stakers[i], asset, balance, stakers[i]);
        }
        STAKE.burnProceeds(asset);
        VM.prank(RECIPIENT);
        STAKE.withdrawProceeds(asset, RECIPIENT);
        VM.prank(UNPAYABLE);
        STAKE.withdrawProceeds(asset, RECIPIENT);
        (uint256 net, uint256 gross) = _claims(asset);
        _assertEq(net + gross, 0, "W4: claims when all have left");
        uint256 left = MockERC20(asset).balanceOf(address(STAKE)) - donated[asset];
        _assertLe(left, operations + proposals.length, "W4: dust");
    }

    function _collect(Key memory key) private {
        if (queued[key.operator][key.asset][key.maturity][key.owner].shares == 0) return;
        ++operations;
        uint256 due = _due(key);
        VM.prank(key.owner);
        (uint256 paid, uint256 contested) = STAKE.completeWithdrawals(key.owner, key.asset, _keys(key, 1), key.owner);
        _assertEq(paid, due, "W4: what a withdrawal pays at the end");
        _assertEq(contested, 0, "W4: contested when no lien is open");
        _noteCompleted(key);
    }

    // ------------------------------------------------------------------ internal

    /// @dev Σ of all balances, positions, withdrawals and proceeds of an asset, as the core states them.
    function _claims(address asset) private view returns (uint256 net, uint256 gross) {
        net = STAKE.proceeds(address(0), asset) + STAKE.proceeds(RECIPIENT, asset) + STAKE.proceeds(UNPAYABLE, asset);
        for (uint256 i; i < stakers.length; ++i) {
            net += STAKE.undelegated(stakers[i], asset);
        }
        gross = net;
        for (uint256 i; i < stakers.length; ++i) {
            Value[] memory values = STAKE.positionValues(stakers[i], asset, operators);
            for (uint256 j; j < operators.length; ++j) {
                (net, gross) = (net + values[j].net, gross + values[j].gross);
                values[j] = _queuedValue(stakers[i], operators[j], asset);
                (net, gross) = (net + values[j].net, gross + values[j].gross);
            }
        }
    }

    function _queuedValue(address owner, address operator, address asset) private view returns (Value memory sum) {
        Value[] memory values = STAKE.withdrawalValues(owner, asset, _keysOf(operator, asset));
        for (uint256 i; i < values.length; ++i) {
            (sum.net, sum.gross) = (sum.net + values[i].net, sum.gross + values[i].gross);
        }
    }
}
