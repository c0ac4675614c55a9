import { expect } from "chai";
import { readEnvironment } from "../../scripts/lib/environment";
import { Bench } from "../model/bench";
import type { Call } from "../model/commands/call";
import { type Cell, DIMENSIONS, titleOf, VALUES } from "./dimensions";
import { readMatrix } from "./matrix";
import { announcements, RewardWitness } from "./rewards";
import { RULES, ruleAgainst } from "./rules";
import { homeOf, openingOf, TOKENS, type WorldName } from "./scene";
import { chooseSome, missingPairs } from "./select";
import { judge, wordsOf } from "./verdict";
import { Detour, type Verdict, walk } from "./walk";

/** Of these so many end with a look at everything, besides the looks at what has changed. */
const LOOKS = 5;

const { PATHS, PATHS_CELLS, PATHS_REWARDS, PATHS_SHARD, VARIANTS } = readEnvironment();
const [shard = 1, shards = 1] = PATHS_SHARD.split("/").map(Number);
// Whoever asks for paths by name means any of them; so do planted bugs.
const isLong = PATHS === "all" || VARIANTS !== undefined || process.argv.includes("--grep");
const matrix = readMatrix();
const all = matrix.map(({ cell }) => cell);
const chosen = isLong ? all : chooseSome(all, PATHS_CELLS);
const mine = new Map(chosen.filter((_, i) => i % shards === shard - 1).map((cell, i) => [cell, i]));

describe("paths", () => {
  const benches = new Map<WorldName, Bench>();

  async function benchOf(cell: Cell): Promise<Bench> {
    const { world } = homeOf(cell);
    const found = benches.get(world);
    if (found !== undefined) return found;
    const bench = await Bench.begin(openingOf(world, PATHS_REWARDS ? announcements() : []), TOKENS[world]);
    benches.set(world, bench);
    return bench;
  }

  /** Walks a path in the model and the contracts, and tells every call if they disagree. */
  async function walkBoth(cell: Cell, everything: boolean): Promise<Verdict> {
    const bench = await benchOf(cell);
    const ledger = await bench.restart();
    try {
      const stage = { ledger, run: (call: Call) => bench.run(ledger, call, "changes") };
      const verdict = await walk(cell, stage, PATHS_REWARDS ? new RewardWitness() : undefined);
      if (everything) await bench.compare(ledger);
      return verdict;
    } catch (error) {
      if (error instanceof Error) error.message += `\n${bench.sources().join("\n")}`;
      throw error;
    }
  }

  if (shard === 1) {
    it("are so many that every two values occur together that can", () => {
      expect(all.map(ruleAgainst).filter((rule) => rule !== undefined)).to.deep.equal([]);
      expect(missingPairs(all, chosen)).to.equal(0);
      expect(chosen.length).to.be.at.least(PATHS_CELLS);
    });

    for (const rule of RULES) {
      const { name, refusal } = rule;
      if (refusal === undefined) continue;
      it(`are not where ${name}: the contracts refuse with ${refusal.error}`, async () => {
        expect(ruleAgainst(refusal.cell)).to.equal(rule);
        const refused = await walkBoth(refusal.cell, false).catch((error: unknown) => error);
        expect(refused).to.be.instanceOf(Detour).with.property("message").which.includes(refusal.error);
      });
    }
  }

  for (const place of VALUES.place) {
    describe(DIMENSIONS.place[place], () => {
      for (const { cell, verdict } of matrix) {
        const number = mine.get(cell);
        if (cell.place !== place || number === undefined) continue;
        it(titleOf(cell), async () => {
          const found = await walkBoth(cell, isLong || number % LOOKS === 0);
          judge(cell, found);
          expect(wordsOf(found), "verdict").to.equal(verdict);
        });
      }
    });
  }
});
