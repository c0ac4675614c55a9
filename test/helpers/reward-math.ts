import * as formulas from "../../scripts/rewards/math";
import type { World } from "./world";

export { accrued, grainBits, limitBits } from "../../scripts/rewards/math";

type Timing = Pick<World, "bucket">;

/** Grains per second of an amount that streams for so long. */
export function rateOf({ bucket }: Timing, amount: bigint, seconds: bigint, decimals = 6): bigint {
  return ((amount << formulas.grainBits(bucket)) >> formulas.limitBits(decimals)) / seconds;
}

/** What each of `shares` earns when grains flow, in limits / 2^160. */
export function perShare({ bucket }: Timing, flow: bigint, shares: bigint): bigint {
  return formulas.perShare(flow, shares, formulas.grainBits(bucket));
}

/** Units that can be paid of what accrued. */
export function unitsOf(accruedSum: bigint, decimals = 6): bigint {
  return formulas.unitsOf(accruedSum, formulas.limitBits(decimals)).units;
}

/** Units that grains are worth. */
export function unitsOfFlow({ bucket }: Timing, flow: bigint, decimals = 6): bigint {
  return formulas.unitsOfFlow(flow, formulas.limitBits(decimals), formulas.grainBits(bucket));
}

/** Units that `shares` of a pool of `total` earn while `rate` streams for so long. */
export function earnedUnits(
  w: Timing,
  rate: bigint,
  seconds: bigint,
  [shares, total]: readonly [shares: bigint, total: bigint],
  decimals = 6,
): bigint {
  return unitsOf(formulas.accrued(shares, perShare(w, rate * seconds, total)), decimals);
}
