import { forge, mocha, type Bug } from "./bug";
import { LRT_BUGS } from "./lrt";
import { PATH_BUGS } from "./paths";

const STAKE = "contracts/core/StakeManager.sol";
const ALLOCATION = "contracts/core/AllocationManager.sol";
const SLASHER = "contracts/core/Slasher.sol";
const POOL = "contracts/libraries/PoolLib.sol";
const MATHS = "contracts/libraries/AllocationMath.sol";
const REWARDS = "contracts/rewards/RewardsDistributor.sol";
const REWARD_MATHS = "contracts/libraries/RewardMath.sol";
const STREAM = "contracts/libraries/StreamLib.sol";

const THEOREMS = "test/unit/theorems.test.ts";
const VETO = "test/unit/Slasher/veto.test.ts";
const SHARES = "test/attacks/shares.test.ts";
const SLASHING = "test/attacks/slashing.test.ts";

/** Mistakes in what stake is worth, who has it, and when it leaves. */
const STAKE_BUGS: readonly Bug[] = [
  {
    title: "an entry mints ⌈a · WAD / F⌉ shares",
    breaks: "S1",
    file: STAKE,
    original: "shares = WadMath.toSharesDown(assets, factor);",
    planted: "shares = WadMath.divUp(assets * WAD, factor);",
    caughtBy: mocha("test/unit/StakeManager/deposit.test.ts", "moves the assets, mints shares and says so"),
  },
  {
    title: "an entry counts what was sent, not what came",
    breaks: "S2",
    file: STAKE,
    original: "require(held == holdings, InexactTransfer(asset, holdings, held));",
    planted: "",
    caughtBy: forge("ManyPoolsTest", "S2"),
  },
  {
    title: "cancelled shares stay in their bucket",
    breaks: "S3",
    file: POOL,
    original: "stored.slot = stored.slot.removeShares(shares);",
    planted: "",
    caughtBy: forge("CrowdedPoolTest", "S3"),
  },
  {
    title: "shares are priced by the balance, donations included",
    breaks: "S4",
    file: STAKE,
    original: "shares = WadMath.toSharesDown(assets, factor);",
    planted: `shares = slot.shares() == 0
      ? assets
      : (assets * slot.shares()) / IERC20(asset).balanceOf(address(this));`,
    caughtBy: mocha(SHARES, "First-depositor donation (Kelp, Karak): what is donated changes nobody's shares"),
  },
  {
    title: "a withdrawal does not lower the balance",
    breaks: "S5",
    file: STAKE,
    original: "uint256 left = _takeUndelegated(owner, asset, assets);",
    planted: "uint256 left = undelegated[owner][asset] - assets;",
    caughtBy: forge("CrowdedPoolTest", "S5"),
  },
  {
    title: "an entry multiplies by the factor",
    breaks: "D1",
    file: STAKE,
    original: "shares = WadMath.toSharesDown(assets, factor);",
    planted: "shares = WadMath.toAssetsDown(assets, factor);",
    caughtBy: mocha(
      SHARES,
      "Zero shares accepted (Kelp): the least deposit gives shares at every factor, and none is refused",
    ),
  },
  {
    title: "an entry is possible while a lien is open",
    breaks: "D2",
    file: STAKE,
    original: "require(slot.liened() == 0, PoolLiened(operator, asset, slot.liened()));",
    planted: "",
    caughtBy: forge("CrowdedPoolTest", "D2"),
  },
  {
    title: "cancelling gives a share too many",
    breaks: "D3",
    file: STAKE,
    original: "_changeShares(pool_, operator, asset, owner, shares, 0)",
    planted: "_changeShares(pool_, operator, asset, owner, shares + 1, 0)",
    caughtBy: forge("CrowdedPoolTest", "D3"),
  },
  {
    title: "a bucket that is filled while a lien is open gets the whole factor",
    breaks: "D4",
    file: POOL,
    original: "slot.factor() - slot.liened()",
    planted: "slot.factor()",
    caughtBy: mocha(
      "test/unit/StakeManager/queueWithdrawals.test.ts",
      "is what is left, and sure, when shares enter an empty bucket",
    ),
  },
  {
    title: "opening a pool again forgets its stake and its slashes",
    breaks: "D5",
    file: STAKE,
    original: "pool_.slot = slot.withFlags(flags);",
    planted: "pool_.slot = PoolSlot.wrap(flags << 120);",
    caughtBy: mocha(
      "test/unit/StakeManager/openPool.test.ts",
      "opens a closed pool again, with its stake, its slashes and its liens",
    ),
  },
  {
    title: "a pool's shares do not fall when a position does",
    breaks: "G1",
    file: STAKE,
    original: "(slot.shares() + added - removed).toUint120()",
    planted: "(slot.shares() + added).toUint120()",
    caughtBy: forge("CrowdedPoolTest", "S3"),
  },
  {
    title: "queueing is refused while a lien is open",
    breaks: "G2",
    file: STAKE,
    original: "uint256 left = _changeShares(pool_, operator, asset, staker, 0, shares);",
    planted: `require(pool_.slot.liened() == 0, PoolLiened(operator, asset, 0));
      uint256 left = _changeShares(pool_, operator, asset, staker, 0, shares);`,
    caughtBy: mocha(
      SLASHING,
      "Emptied and filled bucket: who queues while a lien is open gets by its veto no more than was put in",
    ),
  },
  {
    title: "who moves to another operator leaves the old one's risk at once",
    breaks: "G3",
    file: STAKE,
    original: "require(block.timestamp >= maturity, WithdrawalNotMature(maturity));",
    planted: "",
    caughtBy: mocha(
      "test/unit/StakeManager/redelegateWithdrawals.test.ts",
      "refuses the second before, and pays from the maturity on",
    ),
  },
  {
    title: "a withdrawal pays all of it again after a part",
    breaks: "W1",
    file: POOL,
    original: "assets = total - record.paid;",
    planted: "assets = total;",
    caughtBy: mocha(
      "test/unit/StakeManager/completeWithdrawals.test.ts",
      "pays the difference after a veto, and ends the record",
    ),
  },
  {
    title: "a record is deleted while a veto can still add to it",
    breaks: "W1",
    file: POOL,
    original: "kept = restorable != 0;",
    planted: "kept = false;",
    caughtBy: mocha(THEOREMS, "a withdrawal completes on time while a lien is open; only the contested part waits"),
  },
  {
    title: "a slash reaches what matures in its second",
    breaks: "W2",
    file: "contracts/libraries/BucketMath.sol",
    original: "(time / bucket + 1) * bucket",
    planted: "((time + bucket - 1) / bucket) * bucket",
    caughtBy: mocha(
      SLASHING,
      "Maturity in the same block: a slash reaches what matures the second after, and nothing that has matured",
    ),
  },
  {
    title: "passing on a part rounds it up",
    breaks: "W3",
    file: POOL,
    original: "record.shares = uint128(sum);",
    planted: "record.shares = uint128(sum + 1);",
    caughtBy: forge("CrowdedPoolTest", "S1"),
  },
  {
    title: "a withdrawal pays ⌈shares · rate⌉",
    breaks: "W4",
    file: POOL,
    original: "total = WadMath.toAssetsDown(shares, rate);",
    planted: "total = WadMath.toAssetsUp(shares, rate);",
    caughtBy: forge("CrowdedPoolTest", "W"),
  },
  {
    title: "a withdrawal that pays nothing is refused",
    breaks: "W5",
    file: STAKE,
    original: "if (assets != 0) IERC20(asset).safeTransfer(receiver, assets);",
    planted: "require(assets != 0, ZeroAssets()); IERC20(asset).safeTransfer(receiver, assets);",
    caughtBy: mocha(THEOREMS, "every exit works, and pays 0 from that pool"),
  },
];

/** Mistakes in who may slash whom, for what, until when. */
const RISK_BUGS: readonly Bug[] = [
  {
    title: "an allocation does not use up what is free",
    breaks: "A1",
    file: ALLOCATION,
    original: "usedMagnitude[msg.sender][asset] += magnitude;",
    planted: "",
    caughtBy: forge("CrowdedPoolTest", "A1"),
  },
  {
    title: "an instant slash that takes nothing of an asset is not given back",
    breaks: "A1",
    file: SLASHER,
    original: "ALLOCATION_MANAGER.release(operatorSet, operator, terms.epoch, untaken, held, terms.periodAt, 0);",
    planted: "",
    caughtBy: mocha(
      SLASHING,
      "Empty pool as shield: an asset of which nothing can be taken does not keep an instant set from the others",
    ),
  },
  {
    title: "a slash takes what is free, too",
    breaks: "A2",
    file: ALLOCATION,
    original: "++taken;",
    planted: "++taken; usedMagnitude[operator][cut.asset] += cut.magnitude;",
    caughtBy: forge("CrowdedPoolTest", "A"),
  },
  {
    title: "an increase joins at once",
    breaks: "A3",
    file: ALLOCATION,
    original: "uint40(_now() + NOTICE)",
    planted: "uint40(_now())",
    caughtBy: mocha(
      "test/unit/AllocationManager/allocate.test.ts",
      "takes the magnitude from free at once, to join after NOTICE",
    ),
  },
  {
    title: "what leaves is slashable in the second of its time",
    breaks: "A4",
    file: MATHS,
    original: "voided || time >= stored.pendingAt",
    planted: "voided || time > stored.pendingAt",
    caughtBy: mocha(
      "test/unit/AllocationManager/allocate.test.ts",
      "joins by reading alone, in the second of its time",
    ),
  },
  {
    title: "an increase is ordered while a change is pending",
    breaks: "A5",
    file: ALLOCATION,
    original: `require(current.pendingAt == 0, ChangePending(operatorSet, asset, current.pendingAt));
        uint64 free`,
    planted: "uint64 free",
    caughtBy: forge("CrowdedPoolTest", "A"),
  },
  {
    title: "a registrar can refuse that an operator leaves",
    breaks: "A6",
    file: ALLOCATION,
    original: "BoundedCall.tell(registrar, REGISTRAR_GAS, data);",
    planted: "IAVSRegistrar(registrar).deregisterOperator(operator, operatorSet);",
    caughtBy: forge("CrowdedPoolTest", "A6"),
  },
  {
    title: "a veto restores into a new registration",
    breaks: "A7",
    file: MATHS,
    original: "if (current.epoch != epoch) return taken.magnitude;",
    planted: "",
    caughtBy: mocha(VETO, "gives everything to free in another epoch, whose allocation it does not touch"),
  },
  {
    title: "what a set can slash depends on what others have taken",
    breaks: "H1",
    file: SLASHER,
    original: "stake.allocation.active + stake.allocation.leaving",
    planted: `(uint256(stake.allocation.active + stake.allocation.leaving) *
      STAKE_MANAGER.pool(operator, asset).factor) / 1e18`,
    caughtBy: mocha(THEOREMS, "a slash changes nothing that another set can slash, and no other pool, at any step"),
  },
  {
    title: "a cut is rounded down",
    breaks: "H2",
    file: MATHS,
    original: "WadMath.mulWadUp(slashable + current.held, fraction)",
    planted: "((slashable + current.held) * fraction) / 1e18",
    caughtBy: forge("CrowdedPoolTest", "H2"),
  },
  {
    title: "overlapping proposals do not count what is held",
    breaks: "H2",
    file: MATHS,
    original: "slashable + current.held",
    planted: "slashable",
    caughtBy: mocha(THEOREMS, "a frivolous proposal shields nobody: the next one adds to it"),
  },
  {
    title: "a lien skips the first live bucket",
    breaks: "H2",
    file: POOL,
    original: "uint256 maturity = first;",
    planted: "uint256 maturity = first + bucketLength;",
    caughtBy: forge("CrowdedPoolTest", "H2"),
  },
  {
    title: "a veto misses matured buckets",
    breaks: "H3",
    file: POOL,
    original: "_raise(pool, magnitude, maturity, bucketLength);",
    planted: "_raise(pool, magnitude, BucketMath.nextMaturity(block.timestamp, bucketLength), bucketLength);",
    caughtBy: mocha(THEOREMS, "a withdrawal completes on time while a lien is open; only the contested part waits"),
  },
  {
    title: "a lien takes its part of what earlier slashes have left",
    breaks: "H4",
    file: STAKE,
    original: ".lien(magnitude, BUCKET)",
    planted: ".lien((magnitude * _pools[operator][asset].slot.factor()) / WAD, BUCKET)",
    caughtBy: mocha(THEOREMS, "slashes of different sets commute"),
  },
  {
    title: "a veto leaves the magnitude held",
    breaks: "H5",
    file: MATHS,
    original: "if (held) current.held -= taken.magnitude;",
    planted: "",
    caughtBy: mocha(VETO, "gives everything back: to the allocation, the pool, the budget and everyone in it"),
  },
  {
    title: "a veto is possible in the second of the deadline",
    breaks: "H6",
    file: SLASHER,
    original: "block.timestamp < slash.deadline",
    planted: "block.timestamp <= slash.deadline",
    caughtBy: mocha(
      "test/unit/Slasher/veto.test.ts",
      "is refused 0 seconds after the deadline, to resolver and slasher alike",
    ),
  },
  {
    title: "a veto does not give back the budget",
    breaks: "H7",
    file: ALLOCATION,
    original: "reg.used -= fraction;",
    planted: "",
    caughtBy: mocha(VETO, "the budget gets exactly its fraction back while its period runs"),
  },
  {
    title: "proceeds are credited twice",
    breaks: "H8",
    file: STAKE,
    original: "proceeds[recipient][asset] += assets",
    planted: "proceeds[recipient][asset] += 2 * assets",
    caughtBy: forge("CrowdedPoolTest", "H8"),
  },
  {
    title: "who leaves a set cannot be slashed by it any more",
    breaks: "H9",
    file: ALLOCATION,
    original: "reg.epoch != 0 && (reg.until == 0 || block.timestamp < reg.until)",
    planted: "reg.epoch != 0 && reg.until == 0",
    caughtBy: mocha(
      THEOREMS,
      "what counted at the offence loses its full part, whatever stakers and the operator call",
    ),
  },
  {
    title: "a veto gives back as leaving what has left meanwhile",
    breaks: "H10",
    file: MATHS,
    original: "if (time >= taken.leavingAt) return taken.fromLeaving;",
    planted: "",
    caughtBy: mocha(VETO, "gives it to free 0 seconds after its time, with what has left by itself"),
  },
  {
    title: "everybody completes in another's name",
    breaks: "V1",
    file: STAKE,
    original: `_onlyOwnerOrApproved(owner);
        for (uint256 i; i < keys.length; ++i) {`,
    planted: "for (uint256 i; i < keys.length; ++i) {",
    caughtBy: forge("CrowdedPoolTest", "V1"),
  },
  {
    title: "another slasher is in force at once",
    breaks: "V2",
    file: ALLOCATION,
    original: `uint48 effectAt = _now() + NOTICE;
        (set.slasherScheduled`,
    planted: `uint48 effectAt = _now();
        (set.slasherScheduled`,
    caughtBy: mocha(THEOREMS, "the same announcements change nothing a second before NOTICE has passed"),
  },
  {
    title: "the launch guard stops exits, too",
    breaks: "V3",
    file: STAKE,
    original: `_checkReceiver(receiver);
        (assets, contested)`,
    planted: `_checkReceiver(receiver);
        _checkLaunchGuard(asset, 0);
        (assets, contested)`,
    caughtBy: mocha("test/unit/LaunchGuard.test.ts", "lets everybody leave in full"),
  },
];

/** Mistakes in what rewards are earned, by whom, and who is paid. */
const REWARD_BUGS: readonly Bug[] = [
  {
    title: "a claim pays two units more than was accrued",
    breaks: "R1",
    file: REWARD_MATHS,
    original: "units = (accrued << bits) >> 96;",
    planted: "units = ((accrued << bits) >> 96) + 2;",
    caughtBy: forge("CrowdedPoolTest", "R"),
  },
  {
    title: "a rate is of the amount before its commission",
    breaks: "R1",
    file: REWARDS,
    original: "RewardMath.rateDown(entry.amount - taken, duration, place.limitBits(), GRAIN_BITS)",
    planted: "RewardMath.rateDown(entry.amount, duration, place.limitBits(), GRAIN_BITS)",
    caughtBy: forge("CrowdedPoolTest", "R"),
  },
  {
    title: "a funding counts what was sent, not what came",
    breaks: "R1",
    file: REWARDS,
    original: "require(held == expected, InexactTransfer(token, expected, held));",
    planted: "",
    caughtBy: forge("CrowdedPoolTest", "R1"),
  },
  {
    title: "a claim leaves in the account what it has paid",
    breaks: "R2",
    file: REWARDS,
    original: "account.slot = slot.pay(paid);",
    planted: "account.slot = slot.pay(paid - paid);",
    caughtBy: forge("CrowdedPoolTest", "R"),
  },
  {
    title: "a commission can be claimed again",
    breaks: "R2",
    file: REWARDS,
    original: "delete commissionOf[operator][token];",
    planted: "",
    caughtBy: forge("CrowdedPoolTest", "R2"),
  },
  {
    title: "shares earn what streamed before they came",
    breaks: "R3",
    file: STAKE,
    original:
      "IRewardsDistributor(REWARDS_DISTRIBUTOR).onSharesChange(operator, asset, staker, balance, slot.shares());",
    planted: `IRewardsDistributor(REWARDS_DISTRIBUTOR).onSharesChange(
        operator, asset, staker, balance + added, slot.shares() + added
      );`,
    caughtBy: forge("CrowdedPoolTest", "R"),
  },
  {
    title: "queued shares go on earning until somebody else changes",
    breaks: "R3",
    file: STAKE,
    original: "if (slot.flags() & PoolLib.PAYS_REWARDS != 0) {",
    planted: "if (slot.flags() & PoolLib.PAYS_REWARDS != 0 && removed == 0) {",
    caughtBy: forge("CrowdedPoolTest", "R"),
  },
  {
    title: "a stream ends a boundary late",
    breaks: "R3",
    file: STREAM,
    original: "boundary <= last && rate != ended;",
    planted: "boundary < last && rate != ended;",
    caughtBy: forge("CrowdedPoolTest", "R"),
  },
  {
    title: "a raise of the commission is in force at once",
    breaks: "R4",
    file: REWARDS,
    original: "effectAt += NOTICE;",
    planted: "",
    caughtBy: forge("CrowdedPoolTest", "R4"),
  },
  {
    title: "a commission has no cap",
    breaks: "R4",
    file: REWARDS,
    original: "require(bps <= MAX_COMMISSION_BPS, CommissionTooHigh(bps, MAX_COMMISSION_BPS));",
    planted: "",
    caughtBy: forge("CrowdedPoolTest", "R4"),
  },
  {
    title: "a change of shares asks the reward token for a balance",
    breaks: "R5",
    file: REWARDS,
    original: "Account storage account = accounts[index];",
    planted: `Account storage account = accounts[index];
      IERC20(pool.tokens[index]).balanceOf(address(this));`,
    // Or the token, when it is asked, refuses by an error of its own.
    caughtBy: forge("CrowdedPoolTest", "R5|custom error"),
  },
];

/** All planted bugs. Another one is one entry in a list. */
export const BUGS: readonly Bug[] = [...STAKE_BUGS, ...RISK_BUGS, ...REWARD_BUGS, ...LRT_BUGS, ...PATH_BUGS];
