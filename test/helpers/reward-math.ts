import type { World } from "./world";

/** The formulas of RewardMath, written out again. */

/** log2 of a limit in units of a token. */
export function limitBits(decimals: number): bigint {
  return 40n + BigInt(Math.ceil((10 * decimals) / 3));
}

/** log2 of a limit in grains. */
export function grainBits(bucket: bigint): bigint {
  return 63n + BigInt(bucket.toString(2).length - 1);
}

/** Grains per second of an amount that streams for so long. */
export function rateOf({ bucket }: Pick<World, "bucket">, amount: bigint, seconds: bigint, decimals = 6): bigint {
  return ((amount << grainBits(bucket)) >> limitBits(decimals)) / seconds;
}

/** What each of `shares` earns when grains flow, in limits / 2^160. */
export function perShare({ bucket }: Pick<World, "bucket">, flow: bigint, shares: bigint): bigint {
  return (flow << (160n - grainBits(bucket))) / shares;
}

/** What shares accrue, in limits / 2^96. */
export function accrued(shares: bigint, earned: bigint): bigint {
  return (shares * earned) >> 64n;
}

/** Units that can be paid of what accrued. */
export function unitsOf(accruedSum: bigint, decimals = 6): bigint {
  return (accruedSum << limitBits(decimals)) >> 96n;
}

/** Units that grains are worth. */
export function unitsOfFlow({ bucket }: Pick<World, "bucket">, flow: bigint, decimals = 6): bigint {
  return (flow << limitBits(decimals)) >> grainBits(bucket);
}

/** Units that `shares` of a pool of `total` earn while `rate` streams for so long. */
export function earnedUnits(
  w: Pick<World, "bucket">,
  rate: bigint,
  seconds: bigint,
  [shares, total]: readonly [shares: bigint, total: bigint],
  decimals = 6,
): bigint {
  return unitsOf(accrued(shares, perShare(w, rate * seconds, total)), decimals);
}
