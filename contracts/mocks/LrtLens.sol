// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IExitQueue} from "../interfaces/lrt/IExitQueue.sol";
import {ILiquidRestakingToken} from "../interfaces/lrt/ILiquidRestakingToken.sol";
import {BooksView, LateClaim} from "../types/LrtTypes.sol";

/// @title LrtLens
/// @notice Reads what can be observed of a liquid restaking token in one call, for the tests that compare it with a
/// simulator. It uses the public views only, and holds no logic of its own.
contract LrtLens {
    /// @notice What somebody has.
    struct Holder {
        uint256 wallet;
        uint256 shares;
        uint256 requested;
        uint256 redeemable;
        uint256 withdrawable;
    }

    /// @notice What somebody has in an epoch.
    struct Part {
        uint256 claimable;
        LateClaim late;
    }

    /// @notice A closed epoch; `parts` are in the order of the holders.
    struct Closed {
        uint256 shares;
        uint256 assets;
        uint256 balance;
        Part[] parts;
    }

    /// @notice Everything.
    struct Sight {
        BooksView books;
        uint256 total;
        uint256 sure;
        uint256 supply;
        uint256 room;
        Holder[] holders;
        Closed[] epochs;
    }

    /// @notice Reads a token, these holders, and every closed epoch.
    function observe(
        ILiquidRestakingToken token,
        address[] calldata holders
    ) external view returns (Sight memory sight) {
        IExitQueue queue = token.EXIT_QUEUE();
        IERC20 asset = IERC20(token.asset());
        (uint256 open, ) = queue.openEpoch();
        sight.books = token.books();
        (sight.total, sight.sure) = (token.totalAssets(), token.sureAssets());
        (sight.supply, sight.room) = (IERC20(address(token)).totalSupply(), token.maxDeposit(holders[0]));
        sight.holders = new Holder[](holders.length);
        for (uint256 i; i < holders.length; ++i) {
            address holder = holders[i];
            sight.holders[i] = Holder({
                wallet: asset.balanceOf(holder),
                shares: IERC20(address(token)).balanceOf(holder),
                requested: token.pendingRedeemRequest(open, holder),
                redeemable: token.maxRedeem(holder),
                withdrawable: token.maxWithdraw(holder)
            });
        }
        sight.epochs = new Closed[](open - 1);
        for (uint256 id = 1; id < open; ++id) sight.epochs[id - 1] = _closed(token, queue, asset, id, holders);
    }

    function _closed(
        ILiquidRestakingToken token,
        IExitQueue queue,
        IERC20 asset,
        uint256 id,
        address[] calldata holders
    ) private view returns (Closed memory closed) {
        (closed.shares, closed.assets) = (queue.epochState(id).shares, queue.epochState(id).assets);
        closed.balance = asset.balanceOf(queue.batchOf(id));
        closed.parts = new Part[](holders.length);
        for (uint256 i; i < holders.length; ++i) {
            uint256 claimable = token.claimableRedeemRequest(id, holders[i]);
            closed.parts[i] = Part(claimable, queue.lateClaim(holders[i], id));
        }
    }
}
