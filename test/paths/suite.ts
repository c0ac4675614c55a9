import { expect } from "chai";
import { readEnvironment } from "../../scripts/lib/environment";
import type { Matrix, Rule } from "./matrix";
import type { NameOf, Values } from "./space";

/** Of the chosen cells so many end with a look at everything, besides the looks at what has changed. */
const LOOKS = 5;

/** How the cells of a matrix are walked. */
export interface Walkers<Cell extends Values> {
  readonly matrix: Matrix<Cell>;
  /** Cells of the fast suite. */
  readonly some: number;
  /** By its values the cells are grouped. */
  readonly group: NameOf<Cell>;
  titleOf(cell: Cell): string;
  /** Walks a path, and tells what became of the stake. */
  walk(cell: Cell, everything: boolean): Promise<string>;
  /** Asserts that a path of the rule is refused as it says. */
  refuse(cell: Cell, error: string): Promise<void>;
}

const { PATHS, PATHS_CELLS, PATHS_SHARD, VARIANTS } = readEnvironment();
const [shard = 1, shards = 1] = PATHS_SHARD.split("/").map(Number);
// Whoever asks for paths by name means any of them; so do planted bugs.
const isLong = PATHS === "all" || VARIANTS !== undefined || process.argv.includes("--grep");

function describeRule<Cell extends Values>(walkers: Walkers<Cell>, rule: Rule<Cell>): void {
  const { name, refusal } = rule;
  if (refusal === undefined) return;
  it(`are not where ${name}: the contracts refuse with ${refusal.error}`, async () => {
    expect(walkers.matrix.ruleAgainst(refusal.cell)).to.equal(rule);
    await walkers.refuse(refusal.cell, refusal.error);
  });
}

/** A test for each cell, or for as many as are asked for, and for each rule by which the contracts refuse others. */
export function describePaths<Cell extends Values>(walkers: Walkers<Cell>): void {
  const { matrix, group, some } = walkers;
  const { space } = matrix;
  const judged = matrix.read();
  const all = judged.map(({ cell }) => cell);
  const least = PATHS_CELLS ?? some;
  const chosen = isLong ? all : matrix.chooseSome(all, least);
  const mine = new Map(chosen.filter((_, i) => i % shards === shard - 1).map((cell, i) => [cell, i]));

  if (shard === 1) {
    it("are so many that every two values occur together that can", () => {
      const excluded = all.map((cell) => matrix.ruleAgainst(cell)).filter((rule) => rule !== undefined);
      expect(excluded).to.deep.equal([]);
      expect(matrix.missingPairs(all, chosen)).to.equal(0);
      expect(chosen.length).to.be.at.least(least);
    });
    for (const rule of matrix.rules) describeRule(walkers, rule);
  }
  for (const value of space.valuesOf(group)) {
    describe(space.words[group][value], () => {
      for (const { cell, verdict } of judged) {
        const number = mine.get(cell);
        if (cell[group] !== value || number === undefined) continue;
        it(walkers.titleOf(cell), async () => {
          expect(await walkers.walk(cell, isLong || number % LOOKS === 0), "verdict").to.equal(verdict);
        });
      }
    });
  }
}
