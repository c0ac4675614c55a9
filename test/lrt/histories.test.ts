import { type SnapshotRestorer, takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import fc from "fast-check";
import { readEnvironment } from "../../scripts/lib/environment";
import type { LrtLens } from "../../typechain-types";
import { deployLrt, type Lrt } from "../helpers/lrt";
import { shorten } from "../model/shorten";
import { deployLens } from "./twin";
import { type Step, VERBS, World } from "./world";

/** Of each history, after which everybody leaves. */
const STEPS = 60;

/** Histories between two looks at the count of calls. */
const ROUND = 12;

/** Spreads the seeds of the rounds, so that neighbouring seeds have none in common. */
const SPREAD = 0x9e3779b1;

/** So many calls take so long that progress is told after each as many. */
const MANY = 2_000n;

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

/** Lets histories happen, each from the same beginning. */
class Player {
  readonly made = new Map<string, number>();
  operations = 0n;
  farthest = 0n;

  private constructor(
    private readonly lrt: Lrt,
    private readonly lens: LrtLens,
    private readonly set: string,
    private snapshot: SnapshotRestorer,
  ) {}

  static async begin(): Promise<Player> {
    const [lrt, lens] = [await deployLrt(), await deployLens()];
    const set = await World.prepare(lrt);
    return new Player(lrt, lens, set, await takeSnapshot());
  }

  async play(history: readonly Step[]): Promise<void> {
    await this.snapshot.restore();
    this.snapshot = await takeSnapshot();
    const world = new World(this.lrt, this.lens, this.set);
    await world.begin();
    for (const step of [...OPENING, ...history]) await world.step(step);
    await world.leave();
    this.operations += world.operations;
    if (world.farthest > this.farthest) ({ farthest: this.farthest } = world);
    for (const [verb, count] of world.made) this.made.set(verb, (this.made.get(verb) ?? 0) + count);
  }

  /** The shortest part of a history that still fails, to be pasted beside `RARE`. */
  async explain(history: readonly Step[]): Promise<string> {
    const least = await shorten(history, async (shorter) =>
      this.play(shorter).then(
        () => undefined,
        () => shorter,
      ),
    );
    return least.map((step) => JSON.stringify(step)).join(",\n");
  }
}

describe("liquid restaking token", function () {
  this.timeout(0);

  it("is worth, and pays, what its rules say after every call, but for a unit a call", async () => {
    const { MODEL_SEED, LRT_OPERATIONS } = readEnvironment();
    const seed = MODEL_SEED ?? Math.floor(Math.random() * 2 ** 31);
    const wanted = BigInt(LRT_OPERATIONS);
    console.log(`      MODEL_SEED=${seed} LRT_OPERATIONS=${wanted}`);
    const player = await Player.begin();
    let told = 0n;
    let histories: readonly (readonly Step[])[] = [RARE];
    for (let round = 0; player.operations < wanted; round++) {
      for (const history of histories) {
        try {
          await player.play(history);
        } catch (error) {
          if (error instanceof Error) error.message += `\n${await player.explain(history)}\nMODEL_SEED=${seed}`;
          throw error;
        }
      }
      histories = fc.sample(steps, { seed: seed ^ Math.imul(round, SPREAD), numRuns: ROUND });
      if (player.operations >= told + MANY) {
        told = player.operations;
        console.log(`      ${told} of ${wanted} calls agree (seed ${seed})`);
      }
    }
    const { made, operations, farthest } = player;
    console.log(`      ${operations} calls, nothing off by more than ${farthest} units`);
    console.log(`      ${[...made].map(([verb, count]) => `${verb} ${count}`).join(", ")}`);
    expect(operations, "calls").to.be.at.least(wanted);
    const missing = VERBS.filter((verb) => !made.has(verb));
    expect(missing, "verbs that never happened").to.deep.equal([]);
  });
});
