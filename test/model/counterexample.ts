import type { Bench } from "./bench";
import type { Call } from "./commands/call";
import { Disagreement } from "./disagreement";

/** Longest time for which a counter-example is made shorter, in milliseconds. */
const PATIENCE = 120_000;

/** Whether the calls, made one after the other, still end in a disagreement; and in which. */
async function disagreement(bench: Bench, calls: readonly Call[]): Promise<string | undefined> {
  const ledger = await bench.restart();
  try {
    for (const call of calls) await bench.run(ledger, call, "everything");
    return undefined;
  } catch (error) {
    // Without what was left out a call can be impossible to make: that is no counter-example.
    return error instanceof Disagreement ? error.message : undefined;
  }
}

/** Leaves out ever smaller pieces of the calls, as long as the rest still ends in a disagreement. */
async function shorten(bench: Bench, calls: readonly Call[]): Promise<Call[]> {
  const until = Date.now() + PATIENCE;
  let best = [...calls];
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = best.length - size; from > -size && Date.now() < until; from -= size) {
      const start = Math.max(from, 0);
      const shorter = [...best.slice(0, start), ...best.slice(start + size)];
      if ((await disagreement(bench, shorter)) !== undefined) best = bench.made().slice();
    }
  }
  return best;
}

/** Tells a failure as a test that can be pasted into `regressions.test.ts`. */
export async function explain(bench: Bench, seed: number, error: unknown): Promise<string> {
  if (!(error instanceof Disagreement)) throw error;
  const calls = await shorten(bench, bench.made());
  const reason = (await disagreement(bench, calls)) ?? `(not reproduced from the calls alone)\n${error.message}`;
  return [
    `The contracts disagree with the model (MODEL_SEED=${seed}):`,
    reason,
    "",
    `it("…", async () => {`,
    "  await replay([",
    ...bench.sources().map((source) => `    ${source},`),
    "  ]);",
    "});",
  ].join("\n");
}
