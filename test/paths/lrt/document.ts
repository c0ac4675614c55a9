import { LRT_PATH_BUGS } from "../../teeth/lrt-paths";
import type { Counts, Judged } from "../matrix";
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
} from "../page";
import { type Cell, DIMENSIONS, SPACE } from "./dimensions";
import { TOKEN_PATHS } from "./matrix";

/** The generated page. */
export const PAGE = "docs/PATHS-LRT.md";

const LABELS: Labels<Cell> = {
  place: "where the stake is",
  deed: "what is done under the lien",
  outcome: "how the slash ends",
  loss: "what it takes",
  pool: "what is closed",
  reward: "reward",
  exit: "way out",
  asset: "asset",
};

const EXAMPLE = "in a closed epoch, 1 s before it matures, the claim under the lien, vetoed";

/** The rows of one place: for each deed the endings that come to the same. */
function rowsOf(cells: readonly Judged<Cell>[]): string[][] {
  return SPACE.valuesOf("deed").flatMap((deed) => {
    const done = cells.filter(({ cell }) => cell.deed === deed);
    const byVerdict = new Map<string, { outcomes: string[]; size: number }>();
    for (const outcome of SPACE.valuesOf("outcome")) {
      const found = done.filter(({ cell }) => cell.outcome === outcome);
      if (found.length === 0) continue;
      const verdict = distinct(found.map((judged) => judged.verdict));
      const row = byVerdict.get(verdict) ?? { outcomes: [], size: 0 };
      const outcomes = [...row.outcomes, DIMENSIONS.outcome[outcome]];
      byVerdict.set(verdict, { outcomes, size: row.size + found.length });
    }
    return [...byVerdict].map(([verdict, { outcomes, size }]) => [
      DIMENSIONS.deed[deed],
      outcomes.join("<br>"),
      verdict,
      String(size),
    ]);
  });
}

/** One section for each place. */
function sectionsOf(matrix: readonly Judged<Cell>[]): string[] {
  return SPACE.valuesOf("place").map((place) => {
    const rows = rowsOf(matrix.filter(({ cell }) => cell.place === place));
    const name = DIMENSIONS.place[place];
    const command = `\`npm run paths:lrt -- --grep "${name}, "\``;
    return `### ${asTitle(name)}\n\n${command}\n\n${table(["under the lien", "the slash", "verdict", "cells"], rows)}`;
  });
}

/** Tells the page from the cells and the rules, as it is committed. */
export async function tellPage(matrix: readonly Judged<Cell>[], counts: Counts<Cell>): Promise<string> {
  const { file, floor } = TOKEN_PATHS;
  const text = `# Paths through the token

What becomes of stake that is held through the [liquid restaking token](LRT.md) on every path of a slash and an exit. Each path is walked on the chain, from a snapshot of the deployment; after every call all that can be seen of the token, its holders and its epochs is compared with [\`simulator.ts\`](../test/lrt/simulator.ts), which reckons in exact fractions, without roundings, buckets or cached values: it may differ by a unit a call, and 8. In the simulator no call but a final slash and an instant exit moves anybody's wealth. What is earned is told once more in [\`earnings.ts\`](../test/paths/lrt/earnings.ts), and the verdicts below in [\`facts.ts\`](../test/paths/lrt/facts.ts), by rule alone.

This page and [\`cells.txt\`](../${file}) are generated: \`npm run paths:lrt -- --write\`. The test is [\`paths.test.ts\`](../test/paths/lrt/paths.test.ts), the calls of a path are in [\`walk.ts\`](../test/paths/lrt/walk.ts). What becomes of stake that is held in the core is in [PATHS](PATHS.md).

## Find a path

Look for where the stake of the holder is when the slash is proposed [below](#verdicts), then for what is done while it is open, and for how it ends. The words of the tables, joined by commas, are the titles of the tests, and so are what \`--grep\` looks for ("under the lien" follows what is done):

\`npm run paths:lrt -- --grep "${EXAMPLE}"\`

The id at the end of a title is one cell.

## Dimensions

${tellDimensions(SPACE, LABELS)}

Alice has deposited 600 tokens, and leaves with all of them; Bob has deposited 400, and stays; 300 are with each of three operators, unless all are idle. Carol wants to enter under the lien. A lien is vetoed in the last second in which it can be, and made final in the first; one that is "not finalised for long" a bucket later, or after the claim. Of several proposals before a maturity the last one comes in its last second.

## Cells

${tellCounts(counts, matrix.length)}

The choice is always the same: every valid combination of ${tellProducts(TOKEN_PATHS, LABELS)}; of all dimensions every three values that can occur together. The fast suite has as many as it takes for every two values to occur together that can, and at least 50. \`npm run paths:lrt\` walks all; it fails if a cell of [\`${file}\`](../${file}) is no longer chosen, if there are fewer than ${floor}, or if a rule excludes nothing.

## Rules

A cell that cannot be is counted by the first rule that excludes it. Where a rule names an error, the suite shows that the contracts refuse with it.

${tellRules(TOKEN_PATHS, counts)}

## Planted bugs

\`npm run test:teeth\` puts each of these mistakes into the contracts: some path that matches must fail, and none without the mistake.

${tellBugs(LRT_PATH_BUGS)}

## Verdicts

| verdict | meaning |
| --- | --- |
| untouched | no slash of the path held or took anything of Alice's |
| lien lifted: paid in full | held, and given back before it was claimed |
| …, the late part follows | claimed while it was held; \`claimLate\` pays the rest after the veto |
| loses d | the magnitude of one slash, of what was with the operator |
| loses d₁ + d₂ | the magnitudes of two |
| loses all that was there | all that was with one operator, or with all of them; what was idle remains |
| a deposit is taken, deposits are refused | Carol's, under the lien |

${sectionsOf(matrix).join("\n\n")}
`;
  return await formatPage(PAGE, text);
}
