import { type Cell, isOfAll, isPaidUnder, isTwice } from "./dimensions";

/** What becomes of a holder's stake, for each operator that is slashed. */
export interface Facts {
  /** Slashes that held or took of it. */
  readonly reached: number;
  /** Of these, the ones that were not vetoed. */
  readonly kept: number;
  /** The part of all that the holder has which is lost. */
  readonly lost: number;
  /** Whether something was paid after the claim. */
  readonly late: boolean;
  /** Whether somebody who wants to deposit under the lien may; undefined if nobody wants to. */
  readonly entered: boolean | undefined;
}

/** Part of all assets that is with each of the three operators. */
export const SHARE = 0.3;

/** What one slash takes of an operator's pool, in basis points. */
export const FRACTIONS = { little: 10, part: 2_500, one: 10_000, "part-all": 2_500, all: 10_000 } as const;

/** Where the withdrawals have matured when the slash is proposed, or where there is no stake at all. */
const UNTOUCHED: readonly Cell["place"][] = ["idle", "maturity", "maturity+1", "settled", "claimed"];

/** What must come of a path, by rule: told without the simulator, and without the contracts. */
export function factsOf(cell: Cell): Facts {
  const { place, deed, outcome, loss } = cell;
  const reached = UNTOUCHED.includes(place) ? 0 : isTwice(cell) ? 2 : 1;
  const vetoed = outcome === "veto" || outcome === "twice-veto" ? 1 : 0;
  const kept = Math.max(reached - vetoed, 0);
  const lost = (kept * SHARE * (isOfAll(cell) ? 3 : 1) * FRACTIONS[loss]) / 10_000;
  // What is overdue at the maturity is not waited for.
  const late = deed === "claim" && isPaidUnder(cell) && kept < reached;
  const isCalm = place === "idle" || loss === "little";
  const entered = deed === "deposit" ? isCalm && cell.pool !== "paused" : undefined;
  return { reached, kept, lost, late, entered };
}

/** That in a few words. */
export function wordsOf({ reached, kept, lost, late, entered }: Facts): string {
  const follows = late ? ", the late part follows" : "";
  const door = entered === undefined ? "" : entered ? "; a deposit is taken" : "; deposits are refused";
  if (reached === 0) return `untouched${door}`;
  if (kept === 0) return `lien lifted: paid in full${follows}${door}`;
  const cuts = kept > 1 ? "d₁ + d₂" : lost > SHARE * 0.9 ? "all that was there" : "d";
  return `loses ${cuts}${follows}${door}`;
}
