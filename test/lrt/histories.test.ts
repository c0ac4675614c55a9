import { takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import fc from "fast-check";
import { readEnvironment } from "../../scripts/lib/environment";
import { deployLrt } from "../helpers/lrt";
import { type Step, VERBS, World } from "./world";

/** Of each, after which everybody leaves. */
const STEPS = 60;
const HISTORIES = 12;

/** Everybody is in, and something is with every operator. */
const OPENING: readonly Step[] = [0, 1, 2].flatMap((index) => [
  { verb: "deposit", who: index, operator: 0, size: 700 },
  { verb: "allocate", who: 0, operator: index, size: 300 },
]);

/** What chance would seldom bring: a slash holds a part of an epoch at its maturity; an operator leaves and comes back. */
const RARE: readonly Step[] = (
  [
    ["request", 500],
    ["close", 1],
    ["evict", 999],
    ...[1, 2, 3, 4].map(() => ["pass", 1_000] as const),
    ["propose", 900],
    ["settle", 999],
    ["claim", 1],
    ["veto", 1],
    ["settle", 1],
    ["claimLate", 1],
    ["collect", 999],
  ] as const
).map(([verb, size]) => ({ verb, who: 0, operator: 0, size }));

const steps = fc.array(
  fc.record<Step>({
    verb: fc.constantFrom(...VERBS),
    who: fc.integer({ min: 0, max: 2 }),
    operator: fc.integer({ min: 0, max: 2 }),
    size: fc.integer({ min: 1, max: 1_000 }),
  }),
  { minLength: STEPS, maxLength: STEPS, size: "max" },
);

describe("liquid restaking token", function () {
  this.timeout(0);

  it("is worth, and pays, what its rules say after every call, but for a unit a call", async () => {
    const seed = readEnvironment().MODEL_SEED ?? Math.floor(Math.random() * 2 ** 31);
    console.log(`      MODEL_SEED=${seed}`);
    const lrt = await deployLrt();
    const set = await World.prepare(lrt);
    let snapshot = await takeSnapshot();
    const made = new Map<string, number>();
    let [operations, farthest] = [0n, 0n];
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        await snapshot.restore();
        snapshot = await takeSnapshot();
        const world = await World.begin(lrt, set);
        for (const step of [...OPENING, ...history]) await world.step(step);
        await world.leave();
        operations += world.operations;
        if (world.farthest > farthest) ({ farthest } = world);
        for (const [verb, count] of world.made) made.set(verb, (made.get(verb) ?? 0) + count);
      }),
      { seed, numRuns: HISTORIES, endOnFailure: true, examples: [[[...RARE]]] },
    );
    console.log(`      ${operations} calls, nothing off by more than ${farthest} units`);
    console.log(`      ${[...made].map(([verb, count]) => `${verb} ${count}`).join(", ")}`);
    const missing = VERBS.filter((verb) => !made.has(verb));
    expect(missing, "verbs that never happened").to.deep.equal([]);
  });
});
