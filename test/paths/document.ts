import { PATH_BUGS } from "../teeth/paths";
import { CORE_PATHS } from "./core";
import { type Cell, DIMENSIONS, SPACE } from "./dimensions";
import type { Counts, Judged } from "./matrix";
import {
  asTitle,
  distinct,
  formatPage,
  type Labels,
  table,
  tellBugs,
  tellCounts,
  tellDimensions,
  tellProducts,
  tellRules,
} from "./page";

/** The generated page. */
export const PAGE = "docs/PATHS.md";

const LABELS: Labels<Cell> = {
  place: "where the stake is",
  order: "order against the maturity",
  outcome: "how the slash ends",
  exit: "way out",
  allocation: "allocation",
  set: "kind of set",
  fraction: "fraction",
  asset: "asset",
};

const EXAMPLE = "queued before the offence, matures while the lien is open, vetoed, moved to another operator";

/** The rows of one place: for each ending the orders that come to the same. */
function rowsOf(cells: readonly Judged<Cell>[]): string[][] {
  return SPACE.wordsIn("outcome").flatMap((outcome) => {
    const ended = cells.filter(({ cell }) => DIMENSIONS.outcome[cell.outcome] === outcome);
    const byVerdict = new Map<string, { orders: string[]; size: number }>();
    for (const order of SPACE.valuesOf("order")) {
      const found = ended.filter(({ cell }) => cell.order === order);
      if (found.length === 0) continue;
      const verdict = distinct(found.map((judged) => judged.verdict));
      const row = byVerdict.get(verdict) ?? { orders: [], size: 0 };
      byVerdict.set(verdict, { orders: [...row.orders, DIMENSIONS.order[order]], size: row.size + found.length });
    }
    return [...byVerdict].map(([verdict, { orders, size }]) => [outcome, orders.join("<br>"), verdict, String(size)]);
  });
}

/** One section for each place. */
function sectionsOf(matrix: readonly Judged<Cell>[]): string[] {
  return SPACE.valuesOf("place").map((place: Cell["place"]) => {
    const rows = rowsOf(matrix.filter(({ cell }) => cell.place === place));
    const name = DIMENSIONS.place[place];
    const command = `\`npm run paths -- --grep "${name}, "\``;
    return `### ${asTitle(name)}\n\n${command}\n\n${table(["the slash", "in time", "verdict", "cells"], rows)}`;
  });
}

/** Tells the page from the cells and the rules, as it is committed. */
export async function tellPage(matrix: readonly Judged<Cell>[], counts: Counts<Cell>): Promise<string> {
  const { file } = CORE_PATHS;
  const text = `# Paths

What becomes of stake on every path of a slash and a withdrawal. Each path is walked in the contracts and in the [reference model](../test/model/README.md) side by side: after every call all that has changed is compared, at the end everything. The verdicts below are the model's; [\`facts.ts\`](../test/paths/facts.ts) tells the sums, proceeds and who is reached once more, from the formulas in [ACCOUNTING](ACCOUNTING.md#algebra) and times alone, and both must agree to 2 units.

This page and [\`cells.txt\`](../test/paths/cells.txt) are generated: \`npm run paths -- --write\`. The test is [\`paths.test.ts\`](../test/paths/paths.test.ts), the calls of a path are in [\`path.ts\`](../test/paths/path.ts), its seconds in [\`timeline.ts\`](../test/paths/timeline.ts).

## Find a path

Look for where the stake is when the slash is proposed [below](#verdicts), then for how the slash ends, and when. The words of the tables, joined by commas, are the titles of the tests, and so are what \`--grep\` looks for; a way out may follow:

\`npm run paths -- --grep "${EXAMPLE}"\`

The id at the end of a title is one cell. \`npm test -- test/paths/paths.test.ts --grep "…"\` does the same with one chain instead of two.

## Dimensions

${tellDimensions(SPACE, LABELS)}

"In the last second" and "just gone" are of the proposal: the part leaves, or the registration ends, 1 s after it, or in its second. Of two slashes or sets the other comes 60 s before, or in the same second. A lien that is "not finalised for long" is overdue by four buckets and a half.

## Cells

${tellCounts(counts, matrix.length)}

The choice is always the same: every valid combination of ${tellProducts(CORE_PATHS, LABELS)}; of all dimensions every three values that can occur together. The fast suite has 250 of the cells, in which every two values occur together that can. \`npm run paths\` walks all; it fails if a cell of [\`${file}\`](../${file}) is no longer chosen, if there are fewer than 2,000, or if a rule excludes nothing.

## With rewards

\`npm run paths -- --rewards\` walks the same cells while every pool pays rewards in two tokens, of 6 and 18 decimals, from before the stake enters to the end; then the staker, who has bought the exit, and the neighbour claim all of it. \`npm run paths:rewards\`, a lane of \`npm run check\`, walks 600 of them, in which every two values occur together that can, and fails if there are fewer.

- The verdict about the stake is the same.
- Everyone is paid for the seconds in which its shares were active, told once more in [\`rewards.ts\`](../test/paths/rewards.ts) from who had how many shares when: queued shares earn nothing from the second in which they are queued, cancelled ones again from that second on, the buyer of an exit nothing.
- No proposal, veto or final changes what anyone could claim in its second: what is slashed keeps what it has earned, and its shares go on earning.

## Rules

A cell that cannot be is counted by the first rule that excludes it. Where a rule names an error, the suite shows that the contracts refuse with it.

${tellRules(CORE_PATHS, counts)}

## Planted bugs

\`npm run test:teeth\` puts each of these mistakes into the contracts: some path that matches must fail, and none without the mistake.

${tellBugs(PATH_BUGS)}

## Verdicts

| verdict | meaning |
| --- | --- |
| untouched | no slash of the path held or took anything of the stake |
| lien lifted: paid in full | held, and given back before it was completed |
| lien lifted: the late part follows | claimed while it was held; after the veto a second completion pays the rest |
| loses d | the magnitude of one slash, of each share |
| loses d₁ + d₂ | the magnitudes of two |
| loses …, paid in two parts | claimed while more was held than is lost in the end |
| loses everything | the whole pool was allocated and slashed by 100 % |

${sectionsOf(matrix).join("\n\n")}
`;
  return await formatPage(PAGE, text);
}
