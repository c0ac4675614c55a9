import { expect } from "chai";
import type { Cell } from "./dimensions";
import { factsOf } from "./facts";
import type { Verdict } from "./walk";

/** Units of an asset that roundings may cost on the longest path: entering, leaving, and entering again. */
const DUST = 2n;

/** What became of the stake, in a few words. */
export function wordsOf({ stake, lost, reached, kept, payments }: Verdict): string {
  const parts = payments.length > 1 ? ", paid in two parts" : "";
  if (reached === 0) return "untouched";
  if (kept === 0) return payments.length > 1 ? "lien lifted: the late part follows" : "lien lifted: paid in full";
  if (stake - lost <= DUST) return "loses everything";
  const cuts = kept > 1 ? "d₁ + d₂" : "d";
  return `loses ${cuts}${parts}`;
}

/** Asserts that a verdict is as the rules have it that are told without the model. */
export function judge(cell: Cell, verdict: Verdict): void {
  const facts = factsOf(cell);
  const reaching = facts.blows.filter(({ reaches }) => reaches);
  const near = (found: bigint, expected: bigint, what: string): void => {
    expect(found, what).to.be.within(expected - DUST, expected + DUST);
  };
  near(verdict.stake, facts.stake, "stake");
  near(verdict.lost, facts.lost, "lost");
  expect(verdict.proceeds, "proceeds").to.equal(facts.proceeds);
  expect(verdict.reached, "slashes that reached it").to.equal(reaching.length);
  expect(verdict.kept, "of these not vetoed").to.equal(reaching.filter(({ vetoed }) => !vetoed).length);
  if (facts.firstPayment !== undefined && facts.firstPayment > 0n) {
    near(verdict.payments[0] ?? 0n, facts.firstPayment, "paid at once");
  }
  if (facts.mustReach) expect(verdict.reached, "no escape").to.be.greaterThan(0);
}
