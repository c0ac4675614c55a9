// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IERC7540Operator, IERC7540Redeem, IERC7575, IERC7575Share} from "../interfaces/external/IERC7540.sol";
import {ILiquidRestakingToken} from "../interfaces/lrt/ILiquidRestakingToken.sol";
import {BPS, LrtMath} from "../libraries/LrtMath.sol";
import {WAD} from "../libraries/WadMath.sol";
import {Fresh, LrtConfig} from "../types/LrtTypes.sol";
import {LrtBooks} from "./LrtBooks.sol";

/// @title LiquidRestakingToken: the face. ERC-4626 in, ERC-7540 out, and a way out at once.
/// In: ⌊a·S/A⌋ shares for a assets, ⌈s·A/S⌉ assets for s shares, while deposits are open: not paused, A + a ≤ cap,
/// calm ((A − B)·1000 ≤ A), sound (1000·A ≥ S). Out: slices by the exit queue; or at once g = ⌊s·B/S⌋ less ⌈g·fee⌉, while
/// ⌊s·A/S⌋ leaves the books. So no verb moves A/S.
contract LiquidRestakingToken is LrtBooks, IERC165 {
    using SafeERC20 for IERC20;

    /// @dev Receives the seed: nobody has its key.
    address private constant LOCKED = 0x000000000000000000000000000000000000dEaD;

    /// @inheritdoc ILiquidRestakingToken
    uint256 public immutable EXIT_FEE_BPS;
    /// @inheritdoc ILiquidRestakingToken
    uint256 public immutable MIN_SEED;

    /// @inheritdoc ILiquidRestakingToken
    address public immutable SEEDER;

    /// @inheritdoc IERC7540Operator
    mapping(address controller => mapping(address operator => bool)) public isOperator;

    /// @param name_ Name of the token, also in its ERC-2612 domain.
    /// @param symbol_ Symbol of the token.
    constructor(string memory name_, string memory symbol_, LrtConfig memory config) LrtBooks(name_, symbol_, config) {
        _checkBounds("exitFeeBps", config.exitFeeBps, 10, 500);
        uint256 minSeed = 10 ** (decimals() > 8 ? decimals() - 2 : 6);
        EXIT_FEE_BPS = config.exitFeeBps;
        MIN_SEED = minSeed;
        SEEDER = msg.sender;
    }

    // -------------------------------------------------------------------------- in

    /// @inheritdoc ILiquidRestakingToken
    function seed(uint256 assets) external nonReentrant {
        require(msg.sender == SEEDER, NotSeeder(msg.sender, SEEDER));
        require(totalSupply() == 0, AlreadySeeded());
        require(assets >= MIN_SEED, SeedTooSmall(assets, MIN_SEED));
        Fresh memory fresh = _fresh();
        _sync(fresh);
        (, uint256 cap_) = _entryTerms(fresh);
        require(assets <= cap_, CapExceeded(assets, cap_));
        _enter(fresh, assets, assets, LOCKED);
    }

    /// @inheritdoc ILiquidRestakingToken
    function deposit(uint256 assets, address receiver) external nonReentrant returns (uint256 shares) {
        Fresh memory fresh = _fresh();
        _sync(fresh);
        (uint256 total, uint256 supply) = (_total(fresh), totalSupply());
        _checkEntry(fresh, total, supply, assets);
        shares = LrtMath.toSharesDown(assets, total, supply);
        require(shares != 0, ZeroShares());
        _enter(fresh, assets, shares, receiver);
    }

    /// @inheritdoc ILiquidRestakingToken
    function mint(uint256 shares, address receiver) external nonReentrant returns (uint256 assets) {
        Fresh memory fresh = _fresh();
        _sync(fresh);
        (uint256 total, uint256 supply) = (_total(fresh), totalSupply());
        require(shares != 0, ZeroShares());
        assets = LrtMath.toAssetsUp(shares, total, supply);
        _checkEntry(fresh, total, supply, assets);
        _enter(fresh, assets, shares, receiver);
    }

    // ------------------------------------------------------------------------- out

    /// @inheritdoc IERC7540Redeem
    function requestRedeem(
        uint256 shares,
        address controller,
        address owner
    ) external nonReentrant returns (uint256 requestId) {
        // Nobody writes on the account of somebody who knows nothing of it.
        if (controller != owner) _onlyControllerOrOperator(controller);
        if (owner != msg.sender && !isOperator[owner][msg.sender]) _spendAllowance(owner, msg.sender, shares);
        _transfer(owner, address(EXIT_QUEUE), shares);
        requestId = EXIT_QUEUE.request(controller, shares);
        emit RedeemRequest(controller, owner, requestId, msg.sender, shares);
    }

    /// @inheritdoc ILiquidRestakingToken
    function redeem(
        uint256 shares,
        address receiver,
        address controller
    ) external nonReentrant returns (uint256 assets) {
        _onlyControllerOrOperator(controller);
        assets = EXIT_QUEUE.claimShares(controller, shares, receiver);
        emit Withdraw(msg.sender, receiver, controller, assets, shares);
    }

    /// @inheritdoc ILiquidRestakingToken
    function withdraw(
        uint256 assets,
        address receiver,
        address controller
    ) external nonReentrant returns (uint256 shares) {
        _onlyControllerOrOperator(controller);
        shares = EXIT_QUEUE.claimAssets(controller, assets, receiver);
        emit Withdraw(msg.sender, receiver, controller, assets, shares);
    }

    /// @inheritdoc ILiquidRestakingToken
    function claimLate(
        uint256 epoch,
        address receiver,
        address controller
    ) external nonReentrant returns (uint256 assets) {
        _onlyControllerOrOperator(controller);
        return EXIT_QUEUE.claimLate(controller, epoch, receiver);
    }

    /// @inheritdoc ILiquidRestakingToken
    function instantRedeem(
        uint256 shares,
        uint256 minAssets,
        address receiver
    ) external nonReentrant returns (uint256 assets) {
        Fresh memory fresh = _fresh();
        _sync(fresh);
        uint256 fee;
        (assets, fee) = _instant(fresh, shares);
        require(assets != 0, ZeroAssets());
        require(assets >= minAssets, BelowMinimum(assets, minAssets));
        // What the shares are worth leaves the books; `harvest` finds what of it stays, and streams it. So who leaves moves
        // no price, however much it gives up.
        uint256 worth = LrtMath.toAssetsDown(shares, _total(fresh), totalSupply());
        require(worth <= fresh.idle, InsufficientIdle(worth, fresh.idle));
        _checkCaps(_total(fresh) - worth);
        _setIdle(fresh, fresh.idle - worth);
        _burn(msg.sender, shares);
        emit InstantRedeemed(msg.sender, receiver, shares, assets, fee);
        ASSET.safeTransfer(receiver, assets);
    }

    /// @inheritdoc IERC7540Operator
    function setOperator(address operator, bool approved) external returns (bool) {
        isOperator[msg.sender][operator] = approved;
        emit OperatorSet(msg.sender, operator, approved);
        return true;
    }

    // ------------------------------------------------------------------------ views

    /// @inheritdoc ILiquidRestakingToken
    function totalAssets() public view returns (uint256) {
        Fresh memory fresh = _fresh();
        return _total(fresh);
    }

    /// @inheritdoc ILiquidRestakingToken
    function sureAssets() public view returns (uint256) {
        Fresh memory fresh = _fresh();
        return _sure(fresh);
    }

    /// @inheritdoc ILiquidRestakingToken
    function getRate() external view returns (uint256) {
        return LrtMath.toAssetsDown(WAD, totalAssets(), totalSupply());
    }

    /// @inheritdoc ILiquidRestakingToken
    function sureRate() external view returns (uint256) {
        return LrtMath.toAssetsDown(WAD, sureAssets(), totalSupply());
    }

    /// @inheritdoc ILiquidRestakingToken
    function borrowable() external view returns (bool) {
        Fresh memory fresh = _fresh();
        (uint256 total, uint256 supply) = (_total(fresh), totalSupply());
        return supply != 0 && LrtMath.isCalm(total, _sure(fresh)) && LrtMath.isSound(total, supply);
    }

    /// @inheritdoc ILiquidRestakingToken
    function convertToShares(uint256 assets) public view returns (uint256) {
        return LrtMath.toSharesDown(assets, totalAssets(), totalSupply());
    }

    /// @inheritdoc ILiquidRestakingToken
    function convertToAssets(uint256 shares) external view returns (uint256) {
        return LrtMath.toAssetsDown(shares, totalAssets(), totalSupply());
    }

    /// @inheritdoc ILiquidRestakingToken
    function previewDeposit(uint256 assets) external view returns (uint256) {
        return convertToShares(assets);
    }

    /// @inheritdoc ILiquidRestakingToken
    function previewMint(uint256 shares) external view returns (uint256) {
        return LrtMath.toAssetsUp(shares, totalAssets(), totalSupply());
    }

    /// @inheritdoc ILiquidRestakingToken
    function previewRedeem(uint256) external pure returns (uint256) {
        revert PreviewNotSupported();
    }

    /// @inheritdoc ILiquidRestakingToken
    function previewWithdraw(uint256) external pure returns (uint256) {
        revert PreviewNotSupported();
    }

    /// @inheritdoc ILiquidRestakingToken
    function previewInstantRedeem(uint256 shares) external view returns (uint256 assets, uint256 fee) {
        return _instant(_fresh(), shares);
    }

    /// @inheritdoc ILiquidRestakingToken
    function maxDeposit(address) public view returns (uint256) {
        Fresh memory fresh = _fresh();
        (uint256 total, uint256 supply) = (_total(fresh), totalSupply());
        (bool paused, uint256 cap_) = _entryTerms(fresh);
        bool open = supply != 0 && !paused && cap_ > total;
        bool safe = LrtMath.isCalm(total, _sure(fresh)) && LrtMath.isSound(total, supply);
        if (!open || !safe) return 0;
        // What buys no share is refused.
        return LrtMath.toSharesDown(cap_ - total, total, supply) == 0 ? 0 : cap_ - total;
    }

    /// @inheritdoc ILiquidRestakingToken
    function maxMint(address receiver) external view returns (uint256) {
        uint256 assets = maxDeposit(receiver);
        return assets == 0 ? 0 : convertToShares(assets);
    }

    /// @inheritdoc ILiquidRestakingToken
    function maxRedeem(address controller) external view returns (uint256 shares) {
        (shares, ) = EXIT_QUEUE.claimable(controller);
    }

    /// @inheritdoc ILiquidRestakingToken
    function maxWithdraw(address controller) external view returns (uint256 assets) {
        (, assets) = EXIT_QUEUE.claimable(controller);
    }

    /// @inheritdoc IERC7540Redeem
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        (uint256 shares, bool claimable) = EXIT_QUEUE.requestOf(requestId, controller);
        return claimable ? 0 : shares;
    }

    /// @inheritdoc IERC7540Redeem
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        (uint256 shares, bool claimable) = EXIT_QUEUE.requestOf(requestId, controller);
        return claimable ? shares : 0;
    }

    /// @inheritdoc IERC7575
    function share() external view returns (address) {
        return address(this);
    }

    /// @inheritdoc IERC7575Share
    function vault(address asset_) external view returns (address) {
        return asset_ == address(ASSET) ? address(this) : address(0);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return
            interfaceId == type(IERC165).interfaceId ||
            interfaceId == type(IERC7540Operator).interfaceId ||
            interfaceId == type(IERC7540Redeem).interfaceId ||
            interfaceId == type(IERC7575Share).interfaceId ||
            // ERC-7575, whose identifier is that of the whole vault.
            interfaceId == 0x2f0a18c5;
    }

    // --------------------------------------------------------------------- internal

    function _checkEntry(Fresh memory fresh, uint256 total, uint256 supply, uint256 assets) private view {
        require(supply != 0, NotSeeded());
        (bool paused, uint256 cap_) = _entryTerms(fresh);
        require(!paused, EntryPaused());
        unchecked {
            uint256 available = cap_ > total ? cap_ - total : 0;
            require(assets <= available, CapExceeded(assets, available));
        }
        uint256 sure = _sure(fresh);
        require(LrtMath.isCalm(total, sure), NotCalm(total, sure));
        require(LrtMath.isSound(total, supply), NotSound(total, supply));
    }

    /// @dev Books first, the transfer last: it must deliver exactly the assets.
    function _enter(Fresh memory fresh, uint256 assets, uint256 shares, address receiver) private {
        uint256 expected;
        // Assets that may enter are below 2^96; a token of more than 2^255 units could not be transferred exactly.
        unchecked {
            expected = ASSET.balanceOf(address(this)) + assets;
            _setIdle(fresh, fresh.idle + assets);
        }
        _mint(receiver, shares);
        emit Deposit(msg.sender, receiver, assets, shares);
        ASSET.safeTransferFrom(msg.sender, address(this), assets);
        uint256 found = ASSET.balanceOf(address(this));
        require(found == expected, InexactTransfer(expected, found));
    }

    function _instant(Fresh memory fresh, uint256 shares) private view returns (uint256 assets, uint256 fee) {
        assets = LrtMath.toAssetsDown(shares, _sure(fresh), totalSupply());
        fee = LrtMath.mulDivUp(assets, EXIT_FEE_BPS, BPS);
        assets -= fee;
    }

    function _onlyControllerOrOperator(address controller) private view {
        require(
            msg.sender == controller || isOperator[controller][msg.sender],
            NotControllerOrOperator(msg.sender, controller)
        );
    }
}
