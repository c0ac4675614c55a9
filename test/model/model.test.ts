import { expect } from "chai";
import fc from "fast-check";
import { readEnvironment } from "../../scripts/lib/environment";
import { Bench } from "./bench";
import { commandLists } from "./command";
import { explain } from "./counterexample";

/** Most commands of one run; those that the state does not allow are left out. */
const MAX_COMMANDS = 250;

/** Spreads the seeds of the rounds, so that neighbouring seeds have none in common. */
const SPREAD = 0x9e3779b1;

/** So many operations meet every situation, and take so long that progress is told after each as many. */
const ENOUGH = 10_000;

/** Runs between two looks at the count of operations. */
const RUNS = 3;

describe("reference model", function () {
  this.timeout(0);

  it("agrees with the contracts after every call of every actor", async () => {
    const { MODEL_OPERATIONS: operations, MODEL_SEED: given } = readEnvironment();
    const seed = given ?? Math.floor(Math.random() * 2 ** 31);
    console.log(`      MODEL_SEED=${seed} MODEL_OPERATIONS=${operations}`);
    const bench = await Bench.begin();
    const began = Date.now();
    const property = fc.asyncProperty(commandLists(MAX_COMMANDS), async (commands) => {
      const ledger = await bench.restart();
      await fc.asyncModelRun(() => Promise.resolve({ model: ledger, real: bench }), commands);
      await bench.compare(ledger);
    });
    let told = 0;
    for (let round = 0; bench.statistics.operations < operations; round++) {
      const result = await fc.check(property, {
        seed: seed ^ Math.imul(round, SPREAD),
        numRuns: RUNS,
        endOnFailure: true,
      });
      if (result.failed) throw new Error(await explain(bench, seed, result.errorInstance));
      if (bench.statistics.operations >= told + ENOUGH) {
        told = bench.statistics.operations;
        console.log(`      ${told} of ${operations} operations agree (seed ${seed})`);
      }
    }
    const seconds = (Date.now() - began) / 1_000;
    const { statistics } = bench;
    console.log(statistics.table());
    console.log(bench.situations.table());
    const [made, refused] = [statistics.operations, statistics.refusals];
    console.log(`      ${made} operations, ${refused} of them refused as predicted, in ${seconds.toFixed(1)} s.`);
    expect(made, "operations").to.be.at.least(operations);
    expect(statistics.idle(), "verbs that hardly ever succeeded").to.deep.equal([]);
    if (operations >= ENOUGH) expect(bench.situations.missing(), "situations that never came").to.deep.equal([]);
  });
});
