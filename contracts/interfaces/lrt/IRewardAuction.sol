// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Auction} from "../../types/LrtTypes.sol";
import {ILiquidRestakingToken} from "./ILiquidRestakingToken.sol";

/// @title IRewardAuction: sells reward tokens for the asset, by a price that falls until somebody pays it. No oracle, no
/// key.
/// @notice A lot is all that is here of one token when the sale begins; what comes later waits for the next. The price of
/// the whole lot starts at a tenth of the liquid restaking token's assets, halves every hour, and the sale ends after two
/// days. Sales of different tokens never touch. The buyer's payment goes straight to the liquid restaking token.
interface IRewardAuction {
    /// @notice A sale began.
    event AuctionStarted(address indexed token, uint256 lot, uint256 startPrice);
    /// @notice A lot was sold.
    event AuctionTaken(
        address indexed token,
        address indexed buyer,
        address indexed receiver,
        uint256 lot,
        uint256 price
    );

    /// @notice The asset itself is never sold.
    error AssetNotForSale();
    /// @notice There is a sale already, until `endsAt`.
    error AuctionRunning(address token, uint48 endsAt);
    /// @notice There is no sale, or it has ended.
    error NoAuction(address token);
    /// @notice There is nothing to sell.
    error EmptyLot(address token);
    /// @notice The price is above what the buyer accepts.
    error PriceAboveMaximum(uint256 price, uint256 max);
    /// @notice Less is sold than the buyer accepts.
    error LotBelowMinimum(uint256 lot, uint256 min);

    /// @notice Begins a sale of all that is here of a token. Anyone.
    /// @dev Reverts with AssetNotForSale, AuctionRunning, EmptyLot, and as the token does.
    function start(address token) external;

    /// @notice Buys the whole lot. Anyone; the caller pays.
    /// @dev Reverts with NoAuction, PriceAboveMaximum, LotBelowMinimum, and as the tokens do.
    /// @param minLot Least to be sold: another buyer could have taken the lot, and begun the sale of a smaller one.
    /// @param maxPrice Most that the caller pays.
    /// @return price ⌈start price / 2^hours⌉, on a straight line within each hour.
    function take(address token, uint256 minLot, uint256 maxPrice, address receiver) external returns (uint256 price);

    /// @notice Price of a lot now.
    /// @dev Reverts with NoAuction.
    function price(address token) external view returns (uint256);

    /// @notice The sale of a token, as begun last.
    function auctionOf(address token) external view returns (Auction memory);

    /// @notice Seconds that a sale lasts.
    function DURATION() external view returns (uint256);

    /// @notice The liquid restaking token.
    function TOKEN() external view returns (ILiquidRestakingToken);
}
