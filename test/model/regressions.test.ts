import { Bench } from "./bench";
import { deallocate, pass, propose, veto } from "./commands";
import type { Call } from "./commands/call";
import { BEGIN, EXIT_DELAY, NOTICE } from "./vocabulary";

/** The second at which the opening moves end. */
const START = BEGIN + NOTICE;

// Counter-examples of the model are printed as tests, to be pasted here.
describe("reference model: histories told before", () => {
  let bench: Bench;

  before(async () => {
    bench = await Bench.begin();
  });

  /** Makes calls from the opening state, and compares everything after each. */
  async function replay(calls: readonly Call[]): Promise<void> {
    const ledger = await bench.restart();
    for (const call of calls) await bench.run(ledger, call, "everything");
  }

  it("books what has left when a slash touches the allocation", async () => {
    await replay([
      deallocate(START, { by: "hull", set: "watch/1", asset: "iron", magnitude: 42n * 10n ** 14n }),
      propose(START + EXIT_DELAY, {
        by: "judge",
        set: "watch/1",
        operator: "hull",
        fraction: 5n * 10n ** 17n,
        evidence: 1n,
      }),
    ]);
  });

  it("gives back to `free` what would have left while it was held", async () => {
    await replay([
      deallocate(START, { by: "hull", set: "watch/1", asset: "gold", magnitude: 10n ** 17n }),
      propose(START + EXIT_DELAY - 1n, {
        by: "judge",
        set: "watch/1",
        operator: "hull",
        fraction: 10n ** 18n,
        evidence: 2n,
      }),
      veto(START + EXIT_DELAY + 10n, { by: "resolver", id: 1n, forged: false }),
      pass(START + EXIT_DELAY + 11n, {}),
    ]);
  });
});
