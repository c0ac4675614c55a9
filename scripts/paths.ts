import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { ledgerAfter } from "../test/model/bench";
import { Situations } from "../test/model/situations";
import { type Cell, idOf } from "../test/paths/dimensions";
import { PAGE } from "../test/paths/document";
import { CELLS_FILE, type Judged, readMatrix, writeMatrix } from "../test/paths/matrix";
import { pathsPage } from "../test/paths/page";
import { homeOf, openingOf } from "../test/paths/scene";
import { choose, explore } from "../test/paths/select";
import { judge, wordsOf } from "../test/paths/verdict";
import { ModelStage, walk } from "../test/paths/walk";
import { runCommand } from "./lib/command";
import { ROOT } from "./lib/files";
import { readCounts } from "./lib/report";
import { run } from "./lib/run";

const SUITE = "test/paths/paths.test.ts";

/** Fewer would leave too much out. */
const FLOOR = 2_000;

/** What is walked, if not every cell as it is. */
interface Choice {
  readonly grep?: string;
  readonly cells?: number;
  readonly rewards?: boolean;
}

/** As many chains side by side as the smallest machine of CI has cores. */
const SHARDS = 2;

/** Walks every cell in the model alone, and writes the list and the page. */
async function write(): Promise<boolean> {
  const { cells, space } = explore();
  const matrix: Judged[] = [];
  for (const cell of choose(cells)) {
    const verdict = await walk(cell, new ModelStage(ledgerAfter(openingOf(homeOf(cell).world), new Situations())));
    judge(cell, verdict);
    matrix.push({ cell, verdict: wordsOf(verdict) });
  }
  writeFileSync(join(ROOT, CELLS_FILE), writeMatrix(matrix));
  writeFileSync(join(ROOT, PAGE), await pathsPage(matrix, space));
  console.log(`${matrix.length} cells written to ${CELLS_FILE}, and told in ${PAGE}.`);
  return true;
}

/** What is wrong with the committed list: cells that are missing or too many, rules that do nothing. */
function problemsOf(committed: readonly Cell[]): string[] {
  const { cells, space } = explore();
  const expected = new Set(choose(cells).map(idOf));
  const present = new Set(committed.map(idOf));
  const idle = [...space.excluded].filter(([, count]) => count === 0).map(([{ name }]) => name);
  return [
    ...[...expected].filter((id) => !present.has(id)).map((id) => `${CELLS_FILE} lacks ${id}.`),
    ...[...present].filter((id) => !expected.has(id)).map((id) => `${id} is no longer a cell of the matrix.`),
    ...idle.map((name) => `The rule "${name}" excludes nothing.`),
    ...(present.size < FLOOR ? [`${present.size} cells are fewer than ${FLOOR}.`] : []),
  ];
}

/** Walks a share of the cells in the contracts: how many tests passed, or undefined if any did not. */
async function walkShare(share: string, choice: Choice, report: string): Promise<number | undefined> {
  const { grep, cells, rewards } = choice;
  const flags = grep === undefined ? [] : ["--grep", grep];
  const env = {
    ...{ PATHS_SHARD: share, TEST_REPORT: report, PATHS_REWARDS: rewards === true ? "1" : "0" },
    ...(cells === undefined ? { PATHS: "all" } : { PATHS_CELLS: String(cells) }),
    ...(grep === undefined ? { TEST_QUIET: "1" } : {}),
  };
  const { code } = await run("hardhat", ["test", "--no-compile", ...flags, SUITE], { env });
  const counts = readCounts(report);
  const passed = counts.reduce((sum, one) => sum + one.passed, 0);
  const others = counts.reduce((sum, one) => sum + one.failed + one.pending, 0);
  return code === 0 && others === 0 && counts.length === 1 ? passed : undefined;
}

/** Walks all cells, or so many, or those whose title matches. */
async function walkAll(choice: Choice): Promise<boolean> {
  const { grep, cells } = choice;
  const began = Date.now();
  const committed = readMatrix().map(({ cell }) => cell);
  const problems = grep === undefined && cells === undefined ? problemsOf(committed) : [];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) {
    console.error("Run npm run paths -- --write, and look at what changes.");
    return false;
  }
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-paths-"));
  try {
    // Both use the same artifacts: they are compiled before.
    if ((await run("hardhat", ["compile", "--quiet"])).code !== 0) return false;
    const shares = Array.from({ length: SHARDS }, (_, i) =>
      walkShare(`${i + 1}/${SHARDS}`, choice, join(folder, String(i))),
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
  if (Number.isInteger(cells) && cells >= 1 && cells <= FLOOR) return cells;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${FLOOR}.`);
}

const command = new Command("npm run paths --")
  .description("Walks every path of a slash and a withdrawal in the contracts and the reference model side by side.")
  .option("--rewards", "lets every pool pay rewards meanwhile, and judges them, too")
  .option("--cells <number>", "only so many, in which every two values occur together that can", parseCells)
  .option("--grep <words>", "only the paths whose title matches, see docs/PATHS.md")
  .option("--write", "chooses the cells anew, and writes their list and docs/PATHS.md");

runCommand(command, async () => {
  const { write: isWriting, ...choice } = command.opts<Choice & { write?: boolean }>();
  return isWriting === true ? await write() : await walkAll(choice);
});
