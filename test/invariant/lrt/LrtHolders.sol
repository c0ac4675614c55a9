// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Epoch, EpochStatus} from "../../../contracts/types/LrtTypes.sol";
import {Plan} from "../World.sol";
import {LrtCalls} from "./LrtCalls.sol";

/// @title LrtHolders: what holders do: in, requests, claims, and out at once.
abstract contract LrtHolders is LrtCalls {
    constructor(Plan memory plan) LrtCalls(plan) {}

    // -------------------------------------------------------------------------- in

    function deposit(uint256 seed) external action(seed) {
        (address person, uint256 assets) = (_actor(), _amount());
        (address receiver, Effect effect) = _receiver(person);
        _deposit(person, assets, receiver, effect);
    }

    function mint(uint256 seed) external action(seed) {
        (address person, uint256 shares) = (_actor(), _amount());
        (address receiver, Effect effect) = _receiver(person);
        bytes memory paid = _call(person, address(TOKEN), abi.encodeCall(TOKEN.mint, (shares, receiver)), effect);
        cash += abi.decode(paid, (uint256));
        supply += shares;
    }

    /// @dev At the boundaries: nothing, a unit, all that may enter, and a unit more.
    function depositAtBoundary(uint256 seed) external action(seed) {
        address person = _actor();
        uint256 max = TOKEN.maxDeposit(person);
        _refused(person, address(TOKEN), abi.encodeCall(TOKEN.deposit, (0, person)), "T3: shares for nothing");
        _refused(person, address(TOKEN), abi.encodeCall(TOKEN.deposit, (max + 1, person)), "T3: more than may enter");
        require(max != 0, NothingToDo());
        _deposit(person, max < 1e22 && _chance(4) ? max : 1, person, Effect.None);
    }

    function transferShares(uint256 seed) external action(seed) {
        (address person, uint256 shares) = _holder();
        bytes memory data = abi.encodeCall(TOKEN.transfer, (_person(), _some(shares)));
        _must(person, address(TOKEN), data, Effect.Gift);
    }

    // ------------------------------------------------------------------------- out

    function request(uint256 seed) external action(seed) {
        (address person, uint256 shares) = _holder();
        shares = _some(shares);
        bool helped = _chance(4);
        address controller = helped ? _person() : person;
        Effect effect = controller == person ? Effect.None : Effect.Gift;
        bytes memory data = abi.encodeCall(TOKEN.requestRedeem, (shares, controller, person));
        _must(helped ? HELPER : person, address(TOKEN), data, effect);
    }

    function claim(uint256 seed) external action(seed) {
        (address person, uint256 epoch) = _claimant();
        _claim(person, epoch, _some(TOKEN.maxRedeem(person)));
    }

    function claimAssets(uint256 seed) external action(seed) {
        (address person, uint256 epoch) = _claimant();
        uint256 max = TOKEN.maxWithdraw(person);
        require(max != 0, NothingToDo());
        Epoch memory state = QUEUE.epochState(epoch);
        uint256 assets = _some(max);
        // Gifts to an epoch can make one share worth many units; who asks for a part of them pays a whole one.
        if (state.assets > state.shares)
            assets = (((assets * state.shares) / state.assets) * state.assets) / state.shares;
        require(assets != 0, NothingToDo());
        (address receiver, Effect effect) = _receiver(person);
        _noteClaim(epoch);
        _must(person, address(TOKEN), abi.encodeCall(TOKEN.withdraw, (assets, receiver, person)), effect);
        batches[epoch].paid += assets;
        _prune(epoch);
    }

    function instantRedeem(uint256 seed) external action(seed) {
        (address person, uint256 shares) = _holder();
        shares = _some(shares);
        uint256 before = HOOKED.balanceOf(person);
        bytes memory data = abi.encodeCall(TOKEN.instantRedeem, (shares, 0, person));
        uint256 fair = (shares * TOKEN.sureAssets()) / TOKEN.totalSupply();
        uint256 worth = (shares * TOKEN.totalAssets()) / TOKEN.totalSupply();
        uint256 paid = abi.decode(_call(person, address(TOKEN), data, Effect.Leave), (uint256));
        _expect(HOOKED.balanceOf(person) == before + paid, "T1: what an instant exit says that it paid");
        _expect(paid * BPS <= fair * (BPS - TOKEN.EXIT_FEE_BPS()), "T3: an instant exit without its fee");
        cash -= worth;
        unfound += worth - paid;
        supply -= shares;
    }

    // -------------------------------------------------------------------- internal

    function _actor() internal returns (address person) {
        person = acting = _person();
    }

    /// @dev Somebody with shares.
    function _holder() internal returns (address person, uint256 shares) {
        uint256 start = _pick(people.length);
        for (uint256 i; i < people.length; ++i) {
            person = acting = people[(start + i) % people.length];
            shares = TOKEN.balanceOf(person);
            if (shares != 0) return (person, shares);
        }
        revert NothingToDo();
    }

    /// @dev Mostly whoever acts.
    function _receiver(address person) private returns (address receiver, Effect effect) {
        receiver = _chance(4) ? _person() : person;
        effect = receiver == person ? Effect.None : Effect.Gift;
    }

    function _deposit(address person, uint256 assets, address receiver, Effect effect) internal {
        bytes memory data = abi.encodeCall(TOKEN.deposit, (assets, receiver));
        uint256 shares = abi.decode(_call(person, address(TOKEN), data, effect), (uint256));
        _expect(shares != 0, "T3: a deposit without shares");
        cash += assets;
        supply += shares;
    }

    function _claim(address person, uint256 epoch, uint256 shares) internal {
        acting = person;
        (address receiver, Effect effect) = _receiver(person);
        _noteClaim(epoch);
        bytes memory data = abi.encodeCall(TOKEN.redeem, (shares, receiver, person));
        bytes memory paid = _must(_chance(4) ? HELPER : person, address(TOKEN), data, effect);
        batches[epoch].paid += abi.decode(paid, (uint256));
        _prune(epoch);
    }

    function _claimLate(address person, uint256 epoch) internal returns (bool succeeded) {
        acting = person;
        bytes memory data = abi.encodeCall(TOKEN.claimLate, (epoch, person, person));
        bytes memory paid;
        (succeeded, paid) = _try(person, address(TOKEN), data, Effect.None);
        if (!succeeded) return false;
        batches[epoch].paid += abi.decode(paid, (uint256));
        _refused(person, address(TOKEN), data, "T4: paid late twice");
        _prune(epoch);
    }

    /// @dev Somebody who can claim, and of which epoch.
    function _claimant() private returns (address person, uint256 epoch) {
        uint256 start = _pick(people.length);
        for (uint256 i; i < people.length; ++i) {
            person = acting = people[(start + i) % people.length];
            if (TOKEN.maxRedeem(person) != 0) return (person, _oldest(person));
        }
        revert NothingToDo();
    }

    /// @dev The first epoch in which somebody has a request.
    function _oldest(address person) internal view returns (uint256 epoch) {
        for (uint256 i; i < live.length; ++i) {
            if (_asked(live[i], person) != 0 && (epoch == 0 || live[i] < epoch)) epoch = live[i];
        }
    }

    /// @dev What is claimed while vetoes can add is noted by the queue.
    function _noteClaim(uint256 epoch) private {
        if (QUEUE.epochState(epoch).status == EpochStatus.Contested) batches[epoch].late = true;
    }
}
