import type { Dimension, DIMENSIONS } from "../paths/dimensions";
import { type Bug, paths } from "./bug";

const STAKE = "contracts/core/StakeManager.sol";
const ALLOCATION = "contracts/core/AllocationManager.sol";
const SLASHER = "contracts/core/Slasher.sol";
const POOL = "contracts/libraries/PoolLib.sol";
const BUCKETS = "contracts/libraries/BucketMath.sol";
const MATHS = "contracts/libraries/AllocationMath.sol";

/** Paths that have a value of a dimension in common, by its words. */
type Family = { [Name in Dimension]: (typeof DIMENSIONS)[Name][keyof (typeof DIMENSIONS)[Name]] }[Dimension];

/** A mistake that paths of its family must notice. */
type PathBug = Bug & { readonly breaks: Family };

/** Mistakes in what becomes of a withdrawal, by when it was queued and when it matures. */
const QUEUED_BUGS: readonly PathBug[] = [
  {
    title: "what matures in the second of the proposal is reached",
    breaks: "proposed in the second it matures",
    file: BUCKETS,
    original: "return (time / bucket + 1) * bucket;",
    planted: "return ((time + bucket - 1) / bucket) * bucket;",
    caughtBy: paths("queued before the offence, proposed in the second it matures, final"),
  },
  {
    title: "who queues under a lien escapes it",
    breaks: "queued under the lien",
    file: POOL,
    original: "bucket = bucket.withRate(slot.factor() - slot.liened());",
    planted: "bucket = bucket.withRate(slot.factor());",
    caughtBy: paths("queued under the lien, ended before it matures, final"),
  },
  {
    title: "a claim under a lien ends the record",
    breaks: "claimed in part under the lien",
    file: POOL,
    original: "kept = restorable != 0;",
    planted: "kept = false;",
    caughtBy: paths("claimed in part under the lien, matures while the lien is open, vetoed"),
  },
  {
    title: "a veto gives nothing to what has matured meanwhile",
    breaks: "matures while the lien is open",
    file: POOL,
    original: "_raise(pool, magnitude, maturity, bucketLength);",
    planted: "_raise(pool, magnitude, BucketMath.nextMaturity(block.timestamp, bucketLength), bucketLength);",
    caughtBy: paths("queued before the offence, matures while the lien is open, vetoed"),
  },
  {
    title: "what is contested leaves out a lien that is older than three buckets",
    breaks: "ended 1 s after it matured",
    file: POOL,
    original: "i < BucketMath.BUCKETS_PER_VETO",
    planted: "i + 1 < BucketMath.BUCKETS_PER_VETO",
    caughtBy: paths("claimed in part under the lien, ended 1 s after it matured, vetoed"),
  },
  {
    title: "what has matured long ago pays what active shares are worth",
    breaks: "matured before the offence, unclaimed",
    file: POOL,
    original: "uint256 rate = pool.buckets[maturity].slot.rate();",
    planted: "uint256 rate = pool.slot.factor() - pool.slot.liened();",
    caughtBy: paths("matured before the offence, unclaimed, proposed after it matured, final"),
  },
  {
    title: "an instant slash spares what is queued",
    breaks: "instant, redistributed",
    file: POOL,
    original: "stored.slot = bucket.lower(magnitude);",
    planted: "if (pool.slot.liened() != 0) stored.slot = bucket.lower(magnitude);",
    caughtBy: paths("queued before the offence, proposed 1 s before it matures, .*instant, redistributed"),
  },
];

/** Mistakes in what becomes of stake that changes its place. */
const PLACE_BUGS: readonly PathBug[] = [
  {
    title: "a final slash does not lower the factor",
    breaks: "active",
    file: POOL,
    original: "PoolSlot slot = pool.slot.unhold(magnitude).lose(magnitude);",
    planted: "PoolSlot slot = pool.slot.unhold(magnitude);",
    caughtBy: paths("active, no withdrawal under way, final"),
  },
  {
    title: "who comes from another operator pays for earlier slashes",
    breaks: "come from another operator after the offence",
    file: STAKE,
    original: "shares = WadMath.toSharesDown(assets, factor);",
    planted: "shares = assets;",
    caughtBy: paths("come from another operator after the offence.*rest of the budget"),
  },
  {
    title: "who passes a withdrawal on keeps it",
    breaks: "passed on to another owner before the proposal",
    file: STAKE,
    original: "uint256 left = from.take(shares);",
    planted: "uint256 left = from.shares - shares;",
    caughtBy: paths("passed on to another owner before the proposal, proposed after it matured, final"),
  },
  {
    title: "who cancels a withdrawal keeps it",
    breaks: "cancelled under the lien",
    file: STAKE,
    original: "uint256 left = pool_.unqueue(owner, maturity, shares);",
    planted: "uint256 left = pool_.withdrawals[owner][maturity].shares;",
    caughtBy: paths("cancelled under the lien, ended before it matures, final"),
  },
  {
    title: "who has gone to another operator can go again",
    breaks: "gone to another operator before the proposal",
    file: POOL,
    original: "(record.shares, record.paid) = (0, 0);",
    planted: "record.paid = uint128(total);",
    caughtBy: paths("gone to another operator before the proposal, proposed after it matured, final"),
  },
  {
    title: "what is undelegated is taken twice",
    breaks: "undelegated",
    file: STAKE,
    original: "undelegated[owner][asset] = left;",
    planted: "",
    caughtBy: paths("undelegated, no withdrawal under way, final"),
  },
  {
    title: "what shall be kept undelegated is lost",
    breaks: "kept undelegated",
    file: STAKE,
    original: "uint256 balance = (undelegated[owner][asset] += assets);",
    planted: "uint256 balance = undelegated[owner][asset] + assets;",
    caughtBy: paths("queued before the offence, .*, final, kept undelegated"),
  },
];

/** Mistakes in how slashes end, and how they meet. */
const SLASH_BUGS: readonly PathBug[] = [
  {
    title: "a slash that nobody finalises lapses",
    breaks: "not finalised for long",
    file: SLASHER,
    original: "block.timestamp >= slash.deadline",
    planted: "block.timestamp >= slash.deadline && block.timestamp < slash.deadline + STAKE_MANAGER.EXIT_DELAY() / 2",
    caughtBy: paths("queued before the offence, ended before it matures, not finalised for long"),
  },
  {
    title: "a veto gives back what another set holds",
    breaks: "crossed by another set, whose slash is vetoed",
    file: POOL,
    original: "pool.slot = pool.slot.unhold(magnitude);",
    planted: "pool.slot = pool.slot.unhold(pool.slot.liened());",
    caughtBy: paths(
      "queued before the offence, ended before it matures, crossed by another set, whose slash is vetoed",
    ),
  },
  {
    title: "the second slash of a set takes its part of what the first has left",
    breaks: "two slashes of one set, both final",
    file: MATHS,
    original: "WadMath.mulWadUp(slashable + current.held, fraction);",
    planted: "WadMath.mulWadUp(slashable, fraction);",
    caughtBy: paths("queued before the offence, ended before it matures, two slashes of one set, both final"),
  },
  {
    title: "a frivolous slash uses up the budget for good",
    breaks: "a frivolous one vetoed before the real one",
    file: ALLOCATION,
    original: "reg.used -= fraction;",
    planted: "reg.used -= 0;",
    caughtBy: paths("queued before the offence, ended before it matures, a frivolous one vetoed before the real one"),
  },
  {
    title: "a slash of one unit takes nothing",
    breaks: "one unit of magnitude",
    file: MATHS,
    original: "magnitude = WadMath.mulWadUp(slashable + current.held, fraction);",
    planted: "magnitude = ((slashable + current.held) * fraction) / 1e18;",
    caughtBy: paths("queued before the offence, .*, final, .*one unit of magnitude"),
  },
];

/** Mistakes in what becomes of an allocation that changes. */
const ALLOCATION_BUGS: readonly PathBug[] = [
  {
    title: "what leaves in the second of the proposal is reached",
    breaks: "a part just gone",
    file: MATHS,
    original: "if (voided || time >= stored.pendingAt) {",
    planted: "if (voided || time > stored.pendingAt) {",
    caughtBy: paths("queued before the offence, .*1 %;.*a part just gone"),
  },
  {
    title: "a veto gives back to the set what has left it meanwhile",
    breaks: "a part in its last second",
    file: MATHS,
    original: "if (time >= taken.leavingAt) return taken.fromLeaving;",
    planted: "if (time >= taken.leavingAt && taken.leavingAt == 0) return taken.fromLeaving;",
    caughtBy: paths("queued before the offence, .*, vetoed, .*a part in its last second"),
  },
  {
    title: "a veto gives back to a newer registration",
    breaks: "back in a new epoch while the lien is open",
    file: MATHS,
    original: "if (current.epoch != epoch) return taken.magnitude;",
    planted: "if (current.epoch < epoch) return taken.magnitude;",
    caughtBy: paths("queued before the offence, .*, vetoed, .*back in a new epoch while the lien is open"),
  },
  {
    title: "who is leaving a set is free of it at once",
    breaks: "de-registered by the AVS",
    file: MATHS,
    original: "if (ended && time >= registration.until) {",
    planted: "if (ended) {",
    caughtBy: paths("queued before the offence, .*, final, .*de-registered by the AVS"),
  },
];

/** Mistakes that the matrix of paths must notice. */
export const PATH_BUGS: readonly Bug[] = [...QUEUED_BUGS, ...PLACE_BUGS, ...SLASH_BUGS, ...ALLOCATION_BUGS];
