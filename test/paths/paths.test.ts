import { expect } from "chai";
import { readEnvironment } from "../../scripts/lib/environment";
import { Bench } from "../model/bench";
import type { Call } from "../model/commands/call";
import { CORE_PATHS } from "./core";
import { type Cell, titleOf } from "./dimensions";
import { announcements, RewardWitness } from "./rewards";
import { homeOf, openingOf, TOKENS, type WorldName } from "./scene";
import { describePaths } from "./suite";
import { judge, wordsOf } from "./verdict";
import { Detour, type Verdict, walk } from "./walk";

const { PATHS_REWARDS } = readEnvironment();

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

  describePaths<Cell>({
    matrix: CORE_PATHS,
    some: 250,
    group: "place",
    titleOf,
    async walk(cell, everything) {
      const found = await walkBoth(cell, everything);
      judge(cell, found);
      return wordsOf(found);
    },
    async refuse(cell, error) {
      const refused = await walkBoth(cell, false).catch((reason: unknown) => reason);
      expect(refused).to.be.instanceOf(Detour).with.property("message").which.includes(error);
    },
  });
});
