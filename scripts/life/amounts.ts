import { parseUnits } from "ethers";

/** One, in the fixed point arithmetic of the protocol. */
export const WAD = 10n ** 18n;

/** A token of the story. */
export interface Token {
  readonly symbol: string;
  readonly decimals: number;
  /** Decimals that are shown. */
  readonly shown: number;
  readonly address: string;
}

/** So many of the smallest units of a token. */
export interface Amount {
  readonly token: Token;
  readonly units: bigint;
}

/** An amount written as people write it: `amount(weth, "5.34")`. */
export function amount(token: Token, text: string): Amount {
  return { token, units: parseUnits(text, token.decimals) };
}

/** The sum of numbers of units. */
export function sum(numbers: readonly bigint[]): bigint {
  return numbers.reduce((total, number) => total + number, 0n);
}

/** A part of 1 from a percentage: `percent("2.7")` is 0.027 in WAD. */
export function percent(text: string): bigint {
  return parseUnits(text, 16);
}

/** A part of 1 in WAD as a percentage, exact: `27.5 %`. */
export function formatPercent(part: bigint): string {
  return `${decimal(part, 16, 0)} %`;
}

/** Units with thousands separated and as many decimals as the token shows; `…` where digits are left out. */
export function formatUnits({ token, units }: Amount): string {
  const step = 10n ** BigInt(token.decimals - token.shown);
  const text = decimal(units - (units % step), token.decimals, token.shown);
  return units % step === 0n ? text : `${text}…`;
}

/** An amount with the symbol of its token: `5.3400 WETH`. */
export function formatAmount(value: Amount): string {
  return `${formatUnits(value)} ${value.token.symbol}`;
}

/** An amount to the last digit, without trailing zeros: `54.699999999999999999`. */
export function formatExact({ token, units }: Amount): string {
  return decimal(units, token.decimals, 0);
}

/** A whole number with thousands separated. */
export function formatInteger(value: bigint): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A number without trailing zeros, but with at least `least` decimals. */
function decimal(units: bigint, decimals: number, least: number): string {
  if (units < 0n) return `-${decimal(-units, decimals, least)}`;
  const digits = units.toString().padStart(decimals + 1, "0");
  const whole = formatInteger(BigInt(digits.slice(0, -decimals)));
  const fraction = digits.slice(-decimals).replace(/0+$/, "").padEnd(least, "0");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}
