/** The formulas of `contracts/libraries/RewardMath.sol`, written out again. */

/** Bits of what one share has accumulated, and of what is accrued, when that is a whole limit. */
const [ACCUMULATED_BITS, ACCRUED_BITS] = [160n, 96n];

/** log2 of a limit in units of a token: more than 10^12 whole tokens. */
export function limitBits(decimals: number): bigint {
  return 40n + BigInt(Math.ceil((10 * decimals) / 3));
}

/** log2 of a limit in grains. */
export function grainBits(bucket: bigint): bigint {
  return 63n + BigInt(bucket.toString(2).length - 1);
}

/** What each of `shares` earns when grains flow, in limits / 2^160. */
export function perShare(flow: bigint, shares: bigint, grains: bigint): bigint {
  return (flow << (ACCUMULATED_BITS - grains)) / shares;
}

/** What shares accrue when each of them earns so much, in limits / 2^96. */
export function accrued(shares: bigint, earned: bigint): bigint {
  return (shares * earned) >> (ACCUMULATED_BITS - ACCRUED_BITS);
}

/** Units that can be paid of what accrued, and what of it that is. */
export function unitsOf(accruedSum: bigint, bits: bigint): { units: bigint; paid: bigint } {
  const units = (accruedSum << bits) >> ACCRUED_BITS;
  return { units, paid: (units << ACCRUED_BITS) >> bits };
}

/** Units that grains are worth. */
export function unitsOfFlow(flow: bigint, bits: bigint, grains: bigint): bigint {
  return (flow << bits) >> grains;
}
