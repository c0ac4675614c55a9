import { Bench } from "./bench";
import { claim, deallocate, pass, propose, queueWithdrawals, veto } from "./commands";
import type { Call } from "./commands/call";
import { BEGIN, EXIT_DELAY, NOTICE, type Party } from "./vocabulary";

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

  it("settles the accounts of all who leave in one second, each for itself", async () => {
    const leave = (staker: Party): Call =>
      queueWithdrawals(START + 1_000n, {
        ...{ by: staker, staker, asset: "gold" },
        ...{ requests: [{ operator: "hull", shares: 10n ** 20n + 1n }], owner: staker },
      });
    const pools = [{ operator: "hull", asset: "gold" }] as const;
    await replay([
      leave("alice"),
      leave("bob"),
      claim(START + 1_000n, { by: "alice", staker: "alice", coin: "amber", pools, receiver: "alice" }),
      claim(START + 1_001n, { by: "bob", staker: "bob", coin: "amber", pools, receiver: "carol" }),
      pass(START + 1_450n, {}),
    ]);
  });
});
