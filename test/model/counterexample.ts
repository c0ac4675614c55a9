import type { Bench } from "./bench";
import type { Call } from "./commands/call";
import { Disagreement } from "./disagreement";
import { shorten } from "./shorten";

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

/** Tells a failure as a test that can be pasted into `regressions.test.ts`. */
export async function explain(bench: Bench, seed: number, error: unknown): Promise<string> {
  if (!(error instanceof Disagreement)) throw error;
  const calls = await shorten(bench.made(), async (shorter) =>
    (await disagreement(bench, shorter)) === undefined ? undefined : [...bench.made()],
  );
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
