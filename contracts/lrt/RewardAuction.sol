// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {ILiquidRestakingToken} from "../interfaces/lrt/ILiquidRestakingToken.sol";
import {IRewardAuction} from "../interfaces/lrt/IRewardAuction.sol";
import {LrtMath} from "../libraries/LrtMath.sol";
import {Auction} from "../types/LrtTypes.sol";

/// @title RewardAuction: sells reward tokens. It never holds the asset: the buyer pays the liquid restaking token.
/// Price after t: ⌈start / 2^(t / hour)⌉. It needs no guard: what is sold is written off before anything moves, and
/// no sale reads what another one writes.
contract RewardAuction is IRewardAuction {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    /// @inheritdoc IRewardAuction
    uint256 public constant DURATION = 2 days;
    /// @dev Part of all assets at which the price starts.
    uint256 private constant START_DIVISOR = 10;

    /// @inheritdoc IRewardAuction
    ILiquidRestakingToken public immutable TOKEN;
    IERC20 private immutable ASSET;

    mapping(address token => Auction) private _auctions;

    /// @dev The deployer is the liquid restaking token.
    constructor(IERC20 asset) {
        TOKEN = ILiquidRestakingToken(msg.sender);
        ASSET = asset;
    }

    /// @inheritdoc IRewardAuction
    function start(address token) external {
        require(token != address(ASSET), AssetNotForSale());
        Auction storage auction = _auctions[token];
        // Seconds. Where there was no auction, it has ended long ago.
        uint48 endsAt = uint48(auction.startedAt + DURATION);
        require(block.timestamp >= endsAt, AuctionRunning(token, endsAt));
        uint256 lot = IERC20(token).balanceOf(address(this));
        require(lot != 0, EmptyLot(token));
        uint256 startPrice = LrtMath.mulDivUp(TOKEN.totalAssets(), 1, START_DIVISOR);
        _auctions[token] = Auction(lot, uint48(block.timestamp), startPrice.toUint112());
        emit AuctionStarted(token, lot, startPrice);
    }

    /// @inheritdoc IRewardAuction
    function take(address token, uint256 minLot, uint256 maxPrice, address receiver) external returns (uint256 paid) {
        paid = price(token);
        require(paid <= maxPrice, PriceAboveMaximum(paid, maxPrice));
        uint256 lot = _auctions[token].lot;
        require(lot >= minLot, LotBelowMinimum(lot, minLot));
        delete _auctions[token];
        emit AuctionTaken(token, msg.sender, receiver, lot, paid);
        // The lot first: a hook of the payment finds nothing here to begin another sale of.
        IERC20(token).safeTransfer(receiver, lot);
        ASSET.safeTransferFrom(msg.sender, address(TOKEN), paid);
    }

    /// @inheritdoc IRewardAuction
    function price(address token) public view returns (uint256) {
        Auction memory auction = _auctions[token];
        uint256 elapsed = block.timestamp - auction.startedAt;
        require(elapsed < DURATION, NoAuction(token));
        return LrtMath.auctionPriceUp(auction.startPrice, elapsed);
    }

    /// @inheritdoc IRewardAuction
    function auctionOf(address token) external view returns (Auction memory) {
        return _auctions[token];
    }
}
