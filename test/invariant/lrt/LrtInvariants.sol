// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BooksView, Epoch, EpochStatus, LateClaim} from "../../../contracts/types/LrtTypes.sol";
import {Value} from "../../../contracts/types/StakeTypes.sol";
import {ICampaign} from "../MiniTest.sol";
import {Plan} from "../World.sol";
import {LrtTwins} from "./LrtTwins.sol";

/// @title LrtInvariants: what must hold of the liquid restaking token after every call, and how everybody leaves.
contract LrtInvariants is LrtTwins, ICampaign {
    /// @dev Everybody has something, and each operator half of what it may have.
    constructor(Plan memory plan) LrtTwins(plan) {
        for (uint256 i; i < people.length; ++i) {
            acting = people[i];
            _deposit(acting, (1 + i) * 100e18 + 7 * i, acting, Effect.None);
        }
        for (uint256 i; i < operators.length; ++i) {
            _allocate(operators[i], _limitOf(operators[i], TOKEN.totalAssets()) / 2);
        }
    }

    /// @inheritdoc ICampaign
    function check(bool) external {
        VM.warp(clock);
        _checkBooks();
        _checkStake();
        _checkSupply();
        for (uint256 i; i < live.length; ++i) {
            _checkEpoch(live[i]);
        }
        _expect(compared * 3 + 1 >= operations, "T3: too few calls were compared");
        _assertTrue(bytes(violation).length == 0, violation);
    }

    /// @dev Every open slash is vetoed or final; then all who have shares leave, and get what they had.
    /// @inheritdoc ICampaign
    function leaveAll() external {
        VM.warp(clock);
        _disarm();
        while (opened.length != 0) {
            uint256 index = opened[0];
            cuttings[index].forgotten = false;
            bool open = clock < cuttings[index].deadline;
            if (index % 2 == 0 && open) _veto(index);
            else _advance(open ? cuttings[index].deadline : clock);
        }
        uint256[] memory before = _wealths();
        uint256 first = calls;
        _requestAll();
        (uint256 epoch, uint256 asked) = QUEUE.openEpoch();
        if (asked != 0) {
            _advance(QUEUE.closableAt());
            _close(epoch, asked);
        }
        _advance(clock + EXIT_DELAY + BUCKET);
        for (uint256 i; i < live.length; ++i) {
            if (QUEUE.epochState(live[i]).status == EpochStatus.Final) continue;
            _must(
                STRANGER,
                address(QUEUE),
                abi.encodeCall(QUEUE.settle, (live[i], batches[live[i]].items)),
                Effect.None
            );
        }
        for (uint256 i; i < people.length; ++i) {
            _claimAll(people[i]);
            uint256 slack = 4 * (operators.length + 1) * (calls - first + live.length + people.length);
            bool enough = HOOKED.balanceOf(people[i]) + slack >= before[i] >> SCALE;
            _expect(enough, "T3: who left did not get what it had");
        }
        _assertTrue(bytes(violation).length == 0, violation);
    }

    // ----------------------------------------------------------------- everybody leaves

    function _requestAll() private {
        for (uint256 i; i < people.length; ++i) {
            address person = acting = people[i];
            uint256 shares = TOKEN.balanceOf(person);
            if (shares == 0) continue;
            _must(person, address(TOKEN), abi.encodeCall(TOKEN.requestRedeem, (shares, person, person)), Effect.None);
        }
    }

    function _claimAll(address person) private {
        acting = person;
        for (uint256 shares = TOKEN.maxRedeem(person); shares != 0; shares = TOKEN.maxRedeem(person)) {
            _assertTrue(bytes(violation).length == 0, violation);
            _must(person, address(TOKEN), abi.encodeCall(TOKEN.redeem, (shares, person, person)), Effect.None);
        }
        for (uint256 i; i < live.length; ++i) {
            VM.prank(person);
            (bool late, ) = address(TOKEN).call(abi.encodeCall(TOKEN.claimLate, (live[i], person, person)));
            if (late) ++calls;
            _expect(_asked(live[i], person) == 0, "T4: who left has not claimed all");
        }
    }

    // -------------------------------------------------------------------------- checks

    /// @dev T1: what has come and not gone is idle, streams, is pending or owed; what nobody has found is all the rest.
    function _checkBooks() private {
        BooksView memory books = _books();
        uint256 booked = books.idle + books.streaming + books.pending + books.fees;
        _expect(booked == cash, "T1: idle, streaming, pending and fees");
        _expect(books.pending == pending, "T1: what is pending");
        _expect(books.fees == fees, "T1: what is owed to the treasury");
        _expect(HOOKED.balanceOf(address(TOKEN)) == cash + unfound, "T1: what the token holds");
        if (_isOverdue()) return;
        (uint256 gross, uint256 net) = _recount();
        _expect(books.gross == gross && TOKEN.totalAssets() == books.idle + gross, "T1: A is not what there is");
        _expect(books.net == net && TOKEN.sureAssets() == books.idle + net, "T1: B is not what there is");
    }

    /// @dev T1: the core has the token's own shares, and what others gave it, and no other.
    function _checkStake() private {
        for (uint256 i; i < operators.length; ++i) {
            Stake storage stake = stakes[operators[i]];
            bool fits = ALLOCATOR.operatorState(operators[i]).shares == stake.shares;
            fits = fits && ALLOCATOR.operatorState(operators[i]).maturity == stake.maturity;
            _expect(fits, "T1: the allocator's shares");
            uint256 active = STAKE.sharesOf(operators[i], address(HOOKED), address(TOKEN));
            bool leaves = stake.maturity != 0;
            _expect(active == stake.gifts + (leaves ? 0 : stake.shares), "T1: shares in the core");
            if (!leaves) continue;
            uint256 queued = STAKE.withdrawal(address(TOKEN), operators[i], address(HOOKED), stake.maturity).shares;
            _expect(queued == stake.shares + queuedGifts[operators[i]][stake.maturity], "T1: shares that leave");
        }
    }

    /// @dev T1: shares are as many as were minted and not burned; those with a request are in custody.
    function _checkSupply() private {
        _expect(TOKEN.totalSupply() == supply, "T1: the supply");
        (uint256 open, uint256 asked) = QUEUE.openEpoch();
        uint256 sum;
        for (uint256 i; i < people.length; ++i) {
            sum += _asked(open, people[i]);
        }
        _expect(sum == asked, "T1: requests of the open epoch");
        _expect(TOKEN.balanceOf(address(QUEUE)) >= asked, "T1: shares in custody");
    }

    /// @dev T4: an epoch gets what its withdrawals were worth at their maturities, no more and no less; and it holds what
    /// it was paid, less what it has paid.
    function _checkEpoch(uint256 epoch) private {
        Epoch memory state = QUEUE.epochState(epoch);
        Batch storage batch = batches[epoch];
        uint256 fair = batch.cash;
        for (uint256 i; i < batch.items.length; ++i) {
            (address operator, uint48 maturity) = (batch.items[i].operator, batch.items[i].maturity);
            uint256 shares = batch.itemShares[_itemKey(operator, maturity)];
            fair += (shares * _rateOf(operator, maturity, true)) / WAD;
        }
        if (state.status == EpochStatus.Final) _expect(state.assets == fair, "T4: what an epoch got");
        else _expect(_sureOf(epoch, state.assets) == fair, "T4: what an epoch gets");
        uint256 held = HOOKED.balanceOf(batch.at);
        _expect(held == state.assets + batch.gifts - batch.paid, "T4: what an epoch's contract holds");
        uint256 claims;
        for (uint256 i; i < people.length; ++i) {
            claims += (_asked(epoch, people[i]) * state.assets) / batch.shares;
            LateClaim memory late = QUEUE.lateClaim(people[i], epoch);
            claims += (uint256(late.shares) * state.assets) / batch.shares - late.paid;
        }
        _expect(state.status == EpochStatus.Closed || held >= claims, "T4: claims are not covered");
    }

    /// @dev What an epoch has, and gets if every open slash is final.
    function _sureOf(uint256 epoch, uint256 received) private view returns (uint256 sum) {
        Batch storage batch = batches[epoch];
        sum = received;
        Value[] memory values = STAKE.withdrawalValues(batch.at, address(HOOKED), batch.items);
        for (uint256 i; i < values.length; ++i) {
            sum += values[i].net;
        }
    }
}
