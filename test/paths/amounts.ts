import { WAD, wad } from "../helpers/units";
import type { Cell } from "./dimensions";

/** What the operator gives to the set of the path, to the other one, and to the set in a new epoch. */
export const GIVEN = { some: wad("0.4"), whole: WAD, other: wad("0.3"), again: wad("0.3") } as const;

/** What joins, leaves, or is given under the lien: no round number. */
export const CHANGE = wad("0.1") + 1n;

/** What an earlier slash has taken of the budget, where the path takes the rest of it. */
export const EARLIER = wad("0.2");

/** The fraction of the other set. */
export const OTHER_FRACTION = wad("0.5");

/** The fractions of the path's set, in the order of the proposals; of two the second is that of the real slash. */
export function fractionsOf({ outcome, fraction }: Cell): readonly bigint[] {
  const whole = { unit: 1n, percent: WAD / 100n, rest: WAD - EARLIER, all: WAD }[fraction];
  if (outcome === "frivolous") return [whole, whole];
  if (outcome !== "twice-final" && outcome !== "twice-veto") return [whole];
  if (fraction === "rest") return [whole / 3n, whole - whole / 3n];
  return [whole, outcome === "twice-final" ? WAD / 100n : whole];
}

/** What the operator gives to the set of the path at first. */
export function givenIn({ allocation }: Cell): bigint {
  return allocation === "whole" ? GIVEN.whole : GIVEN.some;
}
