// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {Approval, QueueRequest, TransferRequest, WithdrawalKey} from "../../contracts/types/StakeTypes.sol";
import {HostileToken} from "../../contracts/mocks/HostileToken.sol";
import {Chance} from "./Chance.sol";
import {RewardToken} from "./RewardToken.sol";
import {Plan} from "./World.sol";

/// @title StakeActions: what stakers, and the operators of their pools, do.
abstract contract StakeActions is Chance {
    bytes32 private constant ENTRY_APPROVAL_TYPEHASH = keccak256(
        "EntryApproval(address operator,address asset,address receiver,address payer,uint48 expiry)"
    );

    /// @dev What an approver signs.
    struct Entry {
        address operator;
        address asset;
        address receiver;
        address payer;
        uint48 expiry;
    }

    /// @dev Key of the approver that an entry into the pool needs; 0 = none.
    mapping(address operator => mapping(address asset => uint256)) internal approverKey;

    /// @dev Whether the last approval drawn is not good for the entry that it was drawn for.
    bool internal unapproved;

    constructor(Plan memory plan) Chance(plan) {
        for (uint256 i; i < stakers.length; ++i) {
            for (uint256 j; j < assets.length; ++j) {
                MockERC20(assets[j]).mint(stakers[i], type(uint112).max);
                VM.prank(stakers[i]);
                MockERC20(assets[j]).approve(address(STAKE), type(uint256).max);
            }
            VM.prank(stakers[i]);
            STAKE.setApproval(HELPER, true);
        }
        for (uint256 i; i < operators.length; ++i) {
            VM.prank(operators[i]);
            STAKE.registerOperator("");
            for (uint256 j; j < assets.length; ++j) {
                VM.prank(operators[i]);
                STAKE.openPool(assets[j], address(0));
                // Where there are several pools, one begins without stake.
                if (assets.length > 1 && i == operators.length - 1 && j == 0) continue;
                for (uint256 k; k < stakers.length; ++k) {
                    _enterPool(stakers[k], operators[i], assets[j], 1e18 + 7 * k + 3 * i, stakers[k]);
                    _enterPool(stakers[k], address(0), assets[j], 1e17 + k, stakers[k]);
                    _queueShares(stakers[k], operators[i], assets[j], 1e17 + 5 * k, stakers[k]);
                }
            }
        }
    }

    // --------------------------------------------------------------------- entry

    function depositUndelegated(uint256 seed) external action(seed) {
        _deposit(address(0));
    }

    function depositDirect(uint256 seed) external action(seed) {
        _deposit(_operator());
    }

    function delegate(uint256 seed) external action(seed) {
        (address staker, address asset, uint256 available) = _undelegated();
        (address operator, address actor) = (_entryOperator(asset), _actorFor(staker));
        uint256 sum = _some(available);
        uint256 factor = STAKE.pool(operator, asset).factor;
        Approval memory approval = _approval(operator, asset, staker, staker);
        VM.prank(actor);
        uint256 shares = STAKE.delegate(staker, operator, asset, sum, 0, approval);
        _checkEntry(operator, asset, sum, shares, factor);
        _expect(STAKE.undelegated(staker, asset) == available - sum, "D2: delegating");
    }

    function redelegate(uint256 seed) external action(seed) {
        Key memory key = _maturedRecord();
        (address operator, address actor) = (_entryOperator(key.asset), _actorFor(key.owner));
        uint256 factor = STAKE.pool(operator, key.asset).factor;
        WithdrawalKey[] memory keys = _keys(key, 1);
        uint256 due = _due(key);
        Approval memory approval = _approval(operator, key.asset, key.owner, key.owner);
        VM.prank(actor);
        (uint256 shares, ) = STAKE.redelegateWithdrawals(key.owner, key.asset, keys, operator, 0, approval);
        _checkEntry(operator, key.asset, due, shares, factor);
        _noteCompleted(key);
    }

    // ---------------------------------------------------------------------- exit

    /// @dev G2: whoever has shares can queue them, whatever has happened to the operator, the pool and the sets.
    function queue(uint256 seed) external action(seed) {
        (address staker, address asset, address operator) = (_staker(), _asset(), _operator());
        uint256 balance = STAKE.sharesOf(operator, asset, staker);
        require(balance != 0, NothingToDo());
        uint256 shares = _some(balance);
        _queueShares(staker, operator, asset, shares, _chance(4) ? _staker() : staker);
    }

    function transferQueued(uint256 seed) external action(seed) {
        Key memory key = _record(_chance(4));
        address newOwner = _staker();
        address actor = _actorFor(key.owner);
        TransferRequest[] memory requests = new TransferRequest[](1);
        Queued storage from = queued[key.operator][key.asset][key.maturity][key.owner];
        requests[0] = TransferRequest({operator: key.operator, maturity: key.maturity, shares: _some(from.shares)});
        VM.prank(actor);
        STAKE.transferWithdrawals(key.owner, key.asset, requests, newOwner);
        _expect(from.paid == 0, "W1: what was paid has been passed on");
        from.shares -= requests[0].shares;
        queued[key.operator][key.asset][key.maturity][newOwner].shares += requests[0].shares;
    }

    /// @dev G2, V1: cancelling is refused only without the signature of the pool's approver, if there is one.
    function cancel(uint256 seed) external action(seed) {
        Key memory key = _record(false);
        address actor = _actorFor(key.owner);
        Queued storage record = queued[key.operator][key.asset][key.maturity][key.owner];
        uint256 shares = _some(record.shares);
        uint256 before = STAKE.sharesOf(key.operator, key.asset, key.owner);
        Approval memory approval = _approval(key.operator, key.asset, key.owner, key.owner);
        VM.prank(actor);
        try STAKE.cancelWithdrawal(key.owner, key.operator, key.asset, key.maturity, shares, approval) {
            _expect(!unapproved, "V1: a withdrawal was cancelled without the approver");
        } catch {
            require(!unapproved, NothingToDo());
            _violate("G2: cancelling was refused");
            return;
        }
        record.shares -= shares;
        bucketShares[key.operator][key.asset][key.maturity] -= shares;
        _expect(STAKE.sharesOf(key.operator, key.asset, key.owner) == before + shares, "D3: cancelling");
        _forgetIfEmpty(key.operator, key.asset, key.maturity);
    }

    /// @dev W5: what is mature is paid, unless the token itself refuses.
    function completePaying(uint256 seed) external action(seed) {
        Key memory key = _maturedRecord();
        (address actor, uint256 due) = (_actorFor(key.owner), _due(key));
        // Naming a record twice must not pay it twice.
        WithdrawalKey[] memory keys = _keys(key, 1 + _pick(2));
        address receiver = _chance(4) ? _staker() : key.owner;
        uint256 before = MockERC20(key.asset).balanceOf(receiver);
        VM.prank(actor);
        try STAKE.completeWithdrawals(key.owner, key.asset, keys, receiver) returns (uint256 paid, uint256) {
            _expect(paid == due, "W1: a withdrawal pays what it is worth, once");
            _expect(MockERC20(key.asset).balanceOf(receiver) == before + due, "S5: tokens that left and arrived");
            tokensOut[key.asset] += due;
            _noteCompleted(key);
        } catch {
            require(!_refuses(key.asset), NothingToDo());
            // Not to be reverted: a violation must be kept.
            _violate("W5: a completion was refused");
        }
    }

    /// @dev W5: into the undelegated balance nothing can be refused at all.
    function completeUndelegated(uint256 seed) external action(seed) {
        Key memory key = _maturedRecord();
        (address actor, uint256 due) = (_actorFor(key.owner), _due(key));
        WithdrawalKey[] memory keys = _keys(key, 1 + _pick(2));
        uint256 before = STAKE.undelegated(key.owner, key.asset);
        VM.prank(actor);
        try STAKE.completeWithdrawalsAsUndelegated(key.owner, key.asset, keys) {
            _expect(STAKE.undelegated(key.owner, key.asset) == before + due, "W1: a completion into the balance");
            _noteCompleted(key);
        } catch {
            _violate("W5: a completion into the balance was refused");
        }
    }

    function withdraw(uint256 seed) external action(seed) {
        (address staker, address asset, uint256 available) = _undelegated();
        uint256 sum = _some(available);
        address actor = _actorFor(staker);
        VM.prank(actor);
        STAKE.withdraw(staker, asset, sum, staker);
        tokensOut[asset] += sum;
        _expect(STAKE.undelegated(staker, asset) == available - sum, "S5: a withdrawal of the balance");
    }

    // ---------------------------------------------------------------- everything else

    function togglePool(uint256 seed) external action(seed) {
        (address operator, address asset) = (_operator(), _asset());
        // Open more often than not.
        bool close = STAKE.pool(operator, asset).open && _chance(3);
        if (close) VM.prank(operator);
        if (close) {
            STAKE.closePool(asset);
            return;
        }
        uint256 key = _chance(3) ? FIRST_KEY + _pick(2) : 0;
        address approver = key == 0 ? address(0) : VM.addr(key);
        VM.prank(operator);
        STAKE.openPool(asset, approver);
        approverKey[operator][asset] = key;
    }

    /// @dev S4: a donation changes no share, factor and value.
    function donate(uint256 seed) external action(seed) {
        address asset = _asset();
        uint256 sum = 1 + _pick(1e24);
        bytes32 before = _valuesOf(asset);
        MockERC20(asset).mint(address(STAKE), sum);
        donated[asset] += sum;
        _expect(_valuesOf(asset) == before, "S4: a donation");
    }

    // ------------------------------------------------------------------ internal

    /// @dev The hash of all pools and positions of an asset.
    function _valuesOf(address asset) internal view returns (bytes32 hash) {
        for (uint256 i; i < operators.length; ++i) {
            hash = keccak256(abi.encode(hash, STAKE.pool(operators[i], asset)));
        }
        for (uint256 i; i < stakers.length; ++i) {
            hash = keccak256(abi.encode(hash, STAKE.positionValues(stakers[i], asset, operators)));
            hash = keccak256(abi.encode(hash, STAKE.undelegated(stakers[i], asset)));
        }
    }

    /// @dev What a matured record must pay: ⌊shares · rate⌋ less what it has paid, with the rate of the ledger.
    function _due(Key memory key) internal view returns (uint256) {
        Queued memory record = queued[key.operator][key.asset][key.maturity][key.owner];
        uint256 rate = _expectedRate(key.operator, key.asset, key.maturity);
        return (record.shares * rate) / WAD - record.paid;
    }

    /// @dev A record lives while a lien from the last four intervals before its maturity is open.
    function _noteCompleted(Key memory key) internal {
        Queued storage record = queued[key.operator][key.asset][key.maturity][key.owner];
        uint256 from = key.maturity - 4 * BUCKET;
        (uint256 open, ) = _openIn(key.operator, key.asset, from, key.maturity);
        if (open != 0) {
            record.paid += _due(key);
        } else {
            completedShares[key.operator][key.asset][key.maturity] += record.shares;
            (record.shares, record.paid) = (0, 0);
        }
        _expect(_recordFits(key.operator, key.asset, key.maturity, key.owner), "W1: what a completion leaves");
        _forgetIfEmpty(key.operator, key.asset, key.maturity);
    }

    /// @dev Whether the token itself refuses to be moved now.
    function _refuses(address asset) internal view returns (bool) {
        if (asset != address(HOSTILE)) return false;
        HostileToken.Behaviour behaviour = HOSTILE.behaviour();
        return
            behaviour == HostileToken.Behaviour.ReturnsFalse ||
            behaviour == HostileToken.Behaviour.Reverts ||
            behaviour == HostileToken.Behaviour.RevertBomb;
    }

    function _keys(Key memory key, uint256 count) internal pure returns (WithdrawalKey[] memory keys) {
        keys = new WithdrawalKey[](count);
        for (uint256 i; i < count; ++i) {
            keys[i] = WithdrawalKey({operator: key.operator, maturity: key.maturity});
        }
    }

    /// @dev What the approver of a pool signs for an entry; sometimes something that is not good for it.
    function _approval(
        address operator,
        address asset,
        address receiver,
        address payer
    ) internal returns (Approval memory) {
        uint256 key = approverKey[operator][asset];
        unapproved = key != 0 && _chance(3);
        if (key == 0) return _noApproval();
        Entry memory entry = Entry(operator, asset, receiver, payer, uint48(clock + _pick(2)));
        if (unapproved) {
            uint256 kind = _pick(7);
            if (kind == 0) key = FIRST_KEY + FIRST_KEY + 1 - key;
            else if (kind == 1) entry.operator = STRANGER;
            else if (kind == 2) entry.asset = STRANGER;
            else if (kind == 3) entry.receiver = STRANGER;
            else if (kind == 4) entry.payer = STRANGER;
            else if (kind == 5) entry.expiry = uint48(clock - 1);
            else return _noApproval();
        }
        bytes32 structHash = keccak256(abi.encode(ENTRY_APPROVAL_TYPEHASH, entry));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", STAKE.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, digest);
        return Approval({expiry: entry.expiry, signature: abi.encodePacked(r, s, v)});
    }

    function _noApproval() internal pure returns (Approval memory approval) {}

    function _queueShares(address staker, address operator, address asset, uint256 shares, address owner) internal {
        QueueRequest[] memory requests = new QueueRequest[](1);
        requests[0] = QueueRequest({operator: operator, shares: shares});
        address actor = _actorFor(staker);
        VM.prank(actor);
        try STAKE.queueWithdrawals(staker, asset, requests, owner) returns (uint48 maturity) {
            uint256 exact = ((clock + EXIT_DELAY + BUCKET - 1) / BUCKET) * BUCKET;
            _expect(maturity == exact, "W1: the maturity of a withdrawal");
            _notePlaced(operator, asset, maturity, owner, shares);
        } catch {
            for (uint256 i; i < rewardTokens.length; ++i) {
                rewardTokens[i].setMood(RewardToken.Mood.Honest);
            }
            VM.prank(actor);
            (bool queues, ) = address(STAKE).call(
                abi.encodeCall(STAKE.queueWithdrawals, (staker, asset, requests, owner))
            );
            _violate(queues ? "R5: a reward token refused queueing" : "G2: queueing was refused");
        }
    }

    /// @dev Mostly one whose pool takes stake, if there is one.
    function _entryOperator(address asset) private returns (address operator) {
        operator = _operator();
        if (_chance(6)) return operator;
        uint256 start = _pick(operators.length);
        for (uint256 i; i < operators.length; ++i) {
            operator = operators[(start + i) % operators.length];
            if (STAKE.isEntryOpen(operator, asset)) return operator;
        }
    }

    function _deposit(address operator) private {
        (address staker, address asset) = (_staker(), _asset());
        address receiver = _chance(3) ? _staker() : staker;
        uint256 sum = _chance(6) ? 1 + _pick(10) : 1 + _pick(10 ** (6 + _pick(18)));
        _enterPool(staker, operator, asset, sum, receiver);
    }

    function _enterPool(address staker, address operator, address asset, uint256 sum, address receiver) private {
        uint256 factor = operator == address(0) ? WAD : STAKE.pool(operator, asset).factor;
        Approval memory approval = _approval(operator, asset, receiver, staker);
        VM.prank(staker);
        uint256 shares = STAKE.deposit(operator, asset, sum, receiver, 0, approval);
        tokensIn[asset] += sum;
        if (operator != address(0)) _checkEntry(operator, asset, sum, shares, factor);
    }

    /// @dev D1, D2, V1, V3: shares, not worth more than was paid, of a pool that is open, unwounded, and not guarded,
    /// with the signature of its approver.
    function _checkEntry(address operator, address asset, uint256 sum, uint256 shares, uint256 factor) private {
        _expect(shares != 0, "D1: an entry without shares");
        _expect((shares * factor) / WAD <= sum && ((shares + 1) * factor) / WAD >= sum, "D2: the price of an entry");
        (, uint256 liened) = _expectedFactor(operator, asset);
        _expect(liened == 0, "D2: an entry into a pool with open liens");
        _expect(!unapproved, "V1: an entry without the approver");
        _expect(!GATE.closed() || clock >= STAKE.GUARDED_UNTIL(), "V3: an entry while entry was paused");
    }

    function _undelegated() private returns (address staker, address asset, uint256 available) {
        uint256 start = _pick(stakers.length * assets.length);
        for (uint256 i; i < stakers.length * assets.length; ++i) {
            uint256 at = (start + i) % (stakers.length * assets.length);
            (staker, asset) = (stakers[at % stakers.length], assets[at / stakers.length]);
            available = STAKE.undelegated(staker, asset);
            if (available != 0) return (staker, asset, available);
        }
        revert NothingToDo();
    }
}
