import { parseUnits } from "ethers";

/** One, in the fixed point of factors, rates and magnitudes; also one token of 18 decimals. */
export const WAD = 10n ** 18n;

/** One basis point, in WAD. */
const BPS = WAD / 10_000n;

/** Greatest number of shares that a pool can have. */
export const MAX_SHARES = 2n ** 120n - 1n;

/** A decimal number in WAD: `wad(3n)`, `wad("0.25")`. */
export function wad(value: bigint | string): bigint {
  return parseUnits(value.toString(), 18);
}

/** A number of gwei, in wei. */
export function gwei(value: bigint): bigint {
  return value * 10n ** 9n;
}

/** Basis points, in WAD. */
export function bps(value: bigint): bigint {
  return value * BPS;
}

/** Days, in seconds. */
export function days(value: bigint): bigint {
  return value * 24n * 60n * 60n;
}
