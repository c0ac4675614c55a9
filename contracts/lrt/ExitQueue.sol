// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IStakeManager} from "../interfaces/IStakeManager.sol";
import {IExitBatch} from "../interfaces/lrt/IExitBatch.sol";
import {IExitQueue} from "../interfaces/lrt/IExitQueue.sol";
import {ILiquidRestakingToken} from "../interfaces/lrt/ILiquidRestakingToken.sol";
import {BucketMath} from "../libraries/BucketMath.sol";
import {LrtMath} from "../libraries/LrtMath.sol";
import {Account, Epoch, EpochStatus, LateClaim, Link, OpenEpoch} from "../types/LrtTypes.sol";
import {WithdrawalKey} from "../types/StakeTypes.sol";
import {ExitBatch} from "./ExitBatch.sol";

/// @title ExitQueue: requests, epochs and claims.
/// Of an epoch with S_e shares, which was paid P_e, s shares are paid ⌊s·P_e/S_e⌋, in whatever order: so its contract,
/// which received P_e, covers all claims, and at most 1 unit a claim remains. A controller's requests are a chain in the
/// order of their epochs; its first link lies in `_accounts`, so whoever has one request at a time needs one slot.
/// All shares fit uint112, as the supply does; what an epoch is paid is a part of the token's assets, which do, too, with
/// all that anybody can give to it: the core takes no stake of so many units.
contract ExitQueue is IExitQueue {
    /// @inheritdoc IExitQueue
    ILiquidRestakingToken public immutable TOKEN;
    address private immutable BATCH;
    uint256 private immutable BUCKET;
    uint256 private immutable EXIT_DELAY;

    OpenEpoch private _open;
    mapping(uint256 epoch => Epoch) private _epochs;
    mapping(address controller => Account) private _accounts;
    mapping(address controller => mapping(uint256 epoch => Link)) private _links;
    mapping(address controller => mapping(uint256 epoch => LateClaim)) private _lateClaims;

    /// @dev The deployer is the token.
    constructor(IStakeManager stakeManager, IERC20 asset) {
        TOKEN = ILiquidRestakingToken(msg.sender);
        BATCH = address(new ExitBatch(stakeManager, asset));
        BUCKET = stakeManager.BUCKET();
        EXIT_DELAY = stakeManager.EXIT_DELAY();
        _open.id = 1;
    }

    // ------------------------------------------------------------------ anyone

    /// @inheritdoc IExitQueue
    function close() external returns (uint256 epoch) {
        OpenEpoch memory open = _open;
        epoch = open.id;
        require(open.shares != 0, NothingToClose(epoch));
        uint48 closable = closableAt();
        require(block.timestamp >= closable, TooEarlyToClose(closable));
        // A new epoch needs a bucket of its own: 2^32 of them take a thousand years at 8 seconds. Times are seconds.
        unchecked {
            _open = OpenEpoch(open.id + 1, 0, uint48(BucketMath.nextMaturity(block.timestamp, BUCKET)));
        }

        // order: to create a clone runs nobody's code.
        address batch = Clones.cloneDeterministic(BATCH, bytes32(epoch));
        (uint256 assets, uint48 maturity, WithdrawalKey[] memory items) = TOKEN.release(open.shares, batch);
        // The keys are known only now. Until this is written the epoch can be neither settled nor claimed.
        _epochs[epoch] = Epoch({
            shares: open.shares,
            assets: uint112(assets),
            status: items.length == 0 ? EpochStatus.Final : EpochStatus.Closed,
            maturity: maturity,
            itemsHash: bytes25(keccak256(abi.encode(items)))
        });
        emit EpochClosed(epoch, batch, maturity, open.shares, assets, items);
    }

    /// @inheritdoc IExitQueue
    function settle(uint256 epoch, WithdrawalKey[] calldata items) external returns (uint256 received) {
        Epoch storage stored = _epochs[epoch];
        EpochStatus status = stored.status;
        require(status == EpochStatus.Closed || status == EpochStatus.Contested, NothingToSettle(epoch));
        require(stored.itemsHash == bytes25(keccak256(abi.encode(items))), ItemsMismatch(epoch));
        uint256 contested;
        // order: only the core knows what comes. It pays each record once, so whoever came back meanwhile has changed
        // nothing that is written here: claims read the epoch as it was.
        (received, contested) = IExitBatch(batchOf(epoch)).complete(items);
        uint256 assets = stored.assets + received;
        stored.assets = uint112(assets);
        stored.status = contested == 0 ? EpochStatus.Final : EpochStatus.Contested;
        emit EpochSettled(epoch, received, assets, contested);
    }

    // --------------------------------------------------------------- the token

    /// @inheritdoc IExitQueue
    function request(address controller, uint256 shares) external returns (uint256) {
        _onlyToken();
        require(shares != 0, ZeroShares());
        // A part of the supply.
        uint112 added = uint112(shares);
        uint32 epoch = _open.id;
        _open.shares += added;
        Account memory account = _accounts[controller];
        if (account.shares == 0) {
            account = Account({shares: added, first: epoch, next: 0, last: epoch});
        } else if (account.first == epoch) {
            account.shares += added;
        } else {
            if (account.last != epoch) {
                if (account.next == 0) account.next = epoch;
                else _links[controller][account.last].next = epoch;
                account.last = epoch;
            }
            _links[controller][epoch].shares += added;
        }
        _accounts[controller] = account;
        return epoch;
    }

    /// @inheritdoc IExitQueue
    function claimShares(address controller, uint256 shares, address receiver) external returns (uint256 assets) {
        _onlyToken();
        require(shares != 0, ZeroShares());
        (Account memory account, Epoch storage epoch) = _oldest(controller);
        require(shares <= account.shares, ExceedsClaimable(shares, account.shares));
        assets = LrtMath.mulDivDown(shares, epoch.assets, epoch.shares);
        _claim(controller, account, epoch, shares, assets, receiver);
    }

    /// @inheritdoc IExitQueue
    function claimAssets(address controller, uint256 assets, address receiver) external returns (uint256 shares) {
        _onlyToken();
        require(assets != 0, ZeroAssets());
        (Account memory account, Epoch storage epoch) = _oldest(controller);
        uint256 max = LrtMath.mulDivDown(account.shares, epoch.assets, epoch.shares);
        require(assets <= max, ExceedsClaimable(assets, max));
        // What is left of the shares would be worth nothing, and stand before later requests.
        shares = assets == max ? account.shares : LrtMath.mulDivUp(assets, epoch.shares, epoch.assets);
        _claim(controller, account, epoch, shares, assets, receiver);
    }

    /// @inheritdoc IExitQueue
    function claimLate(address controller, uint256 epoch, address receiver) external returns (uint256 assets) {
        _onlyToken();
        LateClaim memory late = _lateClaims[controller][epoch];
        Epoch memory settled = _epochs[epoch];
        uint256 total = settled.shares == 0 ? 0 : LrtMath.mulDivDown(late.shares, settled.assets, settled.shares);
        require(total > late.paid, NothingLate(controller, epoch));
        assets = total - late.paid;
        // A part of what the epoch was paid.
        if (settled.status == EpochStatus.Final) delete _lateClaims[controller][epoch];
        else _lateClaims[controller][epoch].paid = uint112(total);
        emit LateClaimed(controller, epoch, receiver, assets);
        IExitBatch(batchOf(epoch)).pay(receiver, assets);
    }

    // ------------------------------------------------------------------- views

    /// @inheritdoc IExitQueue
    function openEpoch() external view returns (uint256 epoch, uint256 shares) {
        return (_open.id, _open.shares);
    }

    /// @inheritdoc IExitQueue
    function epochState(uint256 epoch) external view returns (Epoch memory) {
        return _epochs[epoch];
    }

    /// @inheritdoc IExitQueue
    function batchOf(uint256 epoch) public view returns (address) {
        return Clones.predictDeterministicAddress(BATCH, bytes32(epoch));
    }

    /// @inheritdoc IExitQueue
    function requestOf(uint256 epoch, address controller) external view returns (uint256 shares, bool claimable_) {
        Account memory account = _accounts[controller];
        shares = account.first == epoch ? account.shares : _links[controller][epoch].shares;
        claimable_ = _isClaimable(_epochs[epoch]);
    }

    /// @inheritdoc IExitQueue
    function claimable(address controller) external view returns (uint256 shares, uint256 assets) {
        Account memory account = _accounts[controller];
        Epoch storage epoch = _epochs[account.first];
        if (!_isClaimable(epoch)) return (0, 0);
        return (account.shares, LrtMath.mulDivDown(account.shares, epoch.assets, epoch.shares));
    }

    /// @inheritdoc IExitQueue
    function lateClaim(address controller, uint256 epoch) external view returns (LateClaim memory) {
        return _lateClaims[controller][epoch];
    }

    /// @inheritdoc IExitQueue
    function closableAt() public view returns (uint48) {
        // Seconds, and a bucket of a week at most.
        unchecked {
            return uint48(_closingBucket() + BUCKET - BUCKET / 2);
        }
    }

    /// @inheritdoc IExitQueue
    function redeemEta() external view returns (uint48) {
        // Seconds, and two months.
        unchecked {
            return uint48(_closingBucket() + BUCKET + EXIT_DELAY);
        }
    }

    // ---------------------------------------------------------------- internal

    function _onlyToken() private view {
        require(msg.sender == address(TOKEN), NotToken(msg.sender));
    }

    /// @dev Beginning of the bucket in which the open epoch can be closed.
    function _closingBucket() private view returns (uint256 begin) {
        // Seconds.
        unchecked {
            begin = BucketMath.nextMaturity(block.timestamp, BUCKET) - BUCKET;
        }
        if (_open.closedUntil > begin) begin = _open.closedUntil;
    }

    function _oldest(address controller) private view returns (Account memory account, Epoch storage epoch) {
        account = _accounts[controller];
        epoch = _epochs[account.first];
        require(_isClaimable(epoch), NothingToClaim(controller, account.first));
    }

    /// @dev Who has no request has none in epoch 0, which nobody can claim.
    function _isClaimable(Epoch storage epoch) private view returns (bool) {
        return epoch.status >= EpochStatus.Contested;
    }

    /// @dev Takes shares out of the oldest request, and pays. The caller has checked that there are as many, and that the
    /// epoch's assets cover what is paid: both fit uint112.
    function _claim(
        address controller,
        Account memory account,
        Epoch storage epoch,
        uint256 shares,
        uint256 assets,
        address receiver
    ) private {
        uint256 id = account.first;
        if (epoch.status == EpochStatus.Contested) {
            LateClaim storage late = _lateClaims[controller][id];
            late.shares += uint112(shares);
            late.paid += uint112(assets);
        }
        if (shares < account.shares) {
            account.shares -= uint112(shares);
            _accounts[controller] = account;
        } else if (account.next == 0) {
            delete _accounts[controller];
        } else {
            Link memory link = _links[controller][account.next];
            delete _links[controller][account.next];
            _accounts[controller] = Account(link.shares, account.next, link.next, account.last);
        }
        if (assets != 0) IExitBatch(batchOf(id)).pay(receiver, assets);
    }
}
