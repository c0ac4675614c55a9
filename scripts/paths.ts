import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { ledgerAfter } from "../test/model/bench";
import { Situations } from "../test/model/situations";
import { CORE_PATHS } from "../test/paths/core";
import type { Cell } from "../test/paths/dimensions";
import { PAGE, tellPage } from "../test/paths/document";
import type { Cell as TokenCell } from "../test/paths/lrt/dimensions";
import { PAGE as TOKEN_PAGE, tellPage as tellTokenPage } from "../test/paths/lrt/document";
import { factsOf, wordsOf as tokenWordsOf } from "../test/paths/lrt/facts";
import { TOKEN_PATHS } from "../test/paths/lrt/matrix";
import type { Counts, Judged, Matrix } from "../test/paths/matrix";
import { homeOf, openingOf } from "../test/paths/scene";
import type { Values } from "../test/paths/space";
import { judge, wordsOf } from "../test/paths/verdict";
import { ModelStage, walk } from "../test/paths/walk";
import { runCommand } from "./lib/command";
import { UserError } from "./lib/errors";
import { ROOT } from "./lib/files";
import { readCounts } from "./lib/report";
import { run } from "./lib/run";

/** More than any matrix has. */
const LIMIT = 10_000;

/** What is walked, if not every cell as it is. */
interface Choice {
  readonly grep?: string;
  readonly cells?: number;
  readonly rewards?: boolean;
}

/** As many chains side by side as the smallest machine of CI has cores. */
const SHARDS = 2;

/** A matrix, the suite that walks it, and the page that tells of it. */
interface Plan<Some extends Values> {
  readonly matrix: Matrix<Some>;
  readonly suite: string;
  readonly page: string;
  /** What becomes of the stake, told without the contracts. */
  verdictOf(cell: Some): string | Promise<string>;
  tellPage(judged: readonly Judged<Some>[], counts: Counts<Some>): Promise<string>;
}

/** Paths in the core: their verdicts are the model's. */
const CORE: Plan<Cell> = {
  ...{ matrix: CORE_PATHS, suite: "test/paths/paths.test.ts", page: PAGE, tellPage },
  async verdictOf(cell) {
    const verdict = await walk(cell, new ModelStage(ledgerAfter(openingOf(homeOf(cell).world), new Situations())));
    judge(cell, verdict);
    return wordsOf(verdict);
  },
};

/** Paths through the liquid restaking token: their verdicts are told by rule. */
const TOKEN: Plan<TokenCell> = {
  ...{ matrix: TOKEN_PATHS, suite: "test/paths/lrt/paths.test.ts", page: TOKEN_PAGE, tellPage: tellTokenPage },
  verdictOf: (cell) => tokenWordsOf(factsOf(cell)),
};

/** Chooses the cells anew, and writes their list and the page. */
async function write<Some extends Values>({ matrix, page, ...plan }: Plan<Some>): Promise<boolean> {
  const { cells, counts } = matrix.explore();
  const judged: Judged<Some>[] = [];
  for (const cell of matrix.choose(cells)) judged.push({ cell, verdict: await plan.verdictOf(cell) });
  writeFileSync(join(ROOT, matrix.file), matrix.tell(judged));
  writeFileSync(join(ROOT, page), await plan.tellPage(judged, counts));
  console.log(`${judged.length} cells written to ${matrix.file}, and told in ${page}.`);
  return true;
}

/** Walks a share of the cells in the contracts: how many tests passed, or undefined if any did not. */
async function walkShare(suite: string, share: string, choice: Choice, report: string): Promise<number | undefined> {
  const { grep, cells, rewards } = choice;
  const flags = grep === undefined ? [] : ["--grep", grep];
  const env = {
    ...{ PATHS_SHARD: share, TEST_REPORT: report, PATHS_REWARDS: rewards === true ? "1" : "0" },
    ...(cells === undefined ? { PATHS: "all" } : { PATHS_CELLS: String(cells) }),
    ...(grep === undefined ? { TEST_QUIET: "1" } : {}),
  };
  const { code } = await run("hardhat", ["test", "--no-compile", ...flags, suite], { env });
  const counts = readCounts(report);
  const passed = counts.reduce((sum, one) => sum + one.passed, 0);
  const others = counts.reduce((sum, one) => sum + one.failed + one.pending, 0);
  return code === 0 && others === 0 && counts.length === 1 ? passed : undefined;
}

/** Walks all cells, or so many, or those whose title matches. */
async function walkAll<Some extends Values>({ matrix, suite }: Plan<Some>, choice: Choice): Promise<boolean> {
  const { grep, cells } = choice;
  const began = Date.now();
  const committed = matrix.read().map(({ cell }) => cell);
  const problems = grep === undefined && cells === undefined ? matrix.problems(committed) : [];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) {
    console.error("Write the list anew with --write, and look at what changes.");
    return false;
  }
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-paths-"));
  try {
    // Both use the same artifacts: they are compiled before.
    if ((await run("hardhat", ["compile", "--quiet"])).code !== 0) return false;
    const shares = Array.from({ length: SHARDS }, (_, i) =>
      walkShare(suite, `${i + 1}/${SHARDS}`, choice, join(folder, String(i))),
    );
    const passed = await Promise.all(shares);
    const seconds = ((Date.now() - began) / 1_000).toFixed(0);
    const total = passed.reduce<number>((sum, count) => sum + (count ?? 0), 0);
    const enough = grep === undefined ? total >= (cells ?? committed.length) : total > 0;
    const done = enough && !passed.includes(undefined);
    console.log(
      `${done ? "Passed" : "FAILED"}: ${committed.length} cells in the matrix, ${total} tests passed, in ${seconds} s.`,
    );
    return done;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A number of cells from the command line. */
function parseCells(text: string): number {
  const cells = Number(text);
  if (Number.isInteger(cells) && cells >= 1 && cells <= LIMIT) return cells;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${LIMIT}.`);
}

const command = new Command("npm run paths --")
  .description("Walks every path of a slash and a withdrawal in the contracts and the reference model side by side.")
  .option("--lrt", "the paths of stake that is held through the liquid restaking token, beside its simulator")
  .option("--rewards", "lets every pool pay rewards meanwhile, and judges them, too")
  .option("--cells <number>", "only so many, in which every two values occur together that can", parseCells)
  .option("--grep <words>", "only the paths whose title matches, see docs/PATHS.md")
  .option("--write", "chooses the cells anew, and writes their list and their page");

runCommand(command, async () => {
  const { write: isWriting, lrt, ...choice } = command.opts<Choice & { write?: boolean; lrt?: boolean }>();
  if (lrt === true && choice.rewards === true) throw new UserError("The token's paths have rewards of their own.");
  if (isWriting === true) return await (lrt === true ? write(TOKEN) : write(CORE));
  return await (lrt === true ? walkAll(TOKEN, choice) : walkAll(CORE, choice));
});
