import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { runCommand } from "./lib/command";
import { NOT_RUN, UserError } from "./lib/errors";
import { readCounts } from "./lib/report";
import { type Job, runSideBySide, type TimedOutcome } from "./lib/side-by-side";
import { formatTable } from "./lib/table";

/** One thing that is checked, by an npm script. */
interface Lane {
  readonly name: string;
  /** The script of package.json. */
  readonly script: string;
  readonly minutes: number;
  /** What it needs that npm does not bring: without it the lane is told as not run, and counts neither way. */
  readonly needs?: string;
}

/** Those that mostly keep one core busy run two at a time, before all others; the longest begin first. */
const LIGHT_LANES: readonly Lane[] = [
  { name: "coverage", script: "coverage", minutes: 20 },
  { name: "mutation", script: "mutate:check", minutes: 15 },
  { name: "lint", script: "lint", minutes: 5 },
  { name: "typecheck", script: "typecheck", minutes: 3 },
  { name: "generated", script: "check:generated", minutes: 5 },
  { name: "sizes", script: "sizes", minutes: 5 },
  { name: "bytecode", script: "check:bytecode", minutes: 5 },
  { name: "docs", script: "check:docs", minutes: 2 },
  { name: "abi", script: "check:abi", minutes: 5 },
  { name: "analyze", script: "analyze", minutes: 8, needs: "Python 3" },
  { name: "prove", script: "prove", minutes: 3 },
  { name: "gas", script: "gas", minutes: 10 },
];

/** One after the other, because each of them uses all cores. */
const HEAVY_LANES: readonly Lane[] = [
  { name: "test", script: "test", minutes: 15 },
  { name: "paths", script: "paths", minutes: 15 },
  { name: "reward paths", script: "paths:rewards", minutes: 10 },
  { name: "token paths", script: "paths:lrt", minutes: 15 },
  { name: "model", script: "model", minutes: 25 },
  { name: "token model", script: "model:lrt", minutes: 15 },
  { name: "teeth", script: "test:teeth", minutes: 15 },
  { name: "invariants", script: "invariants:long", minutes: 35 },
];

const LANES = [...LIGHT_LANES, ...HEAVY_LANES];

type State = "passed" | "FAILED" | "NOT RUN";

/** How a lane ended. */
interface Result {
  readonly lane: Lane;
  readonly state: State;
  readonly seconds: number;
  readonly remark: string;
  /** The end of what it printed, if it ran. */
  readonly tail?: string;
  /** Whether it is nobody's fault that it did not run. */
  readonly excused?: boolean;
}

const MINUTE_MS = 60_000;

/** What a lane is given to run; the tests report how many of them passed. */
function job(lane: Lane, report: string): Job {
  return {
    command: "npm",
    args: ["run", "--silent", lane.script],
    env: lane.name === "test" ? { TEST_REPORT: report } : {},
    timeoutMs: lane.minutes * MINUTE_MS,
    header: `\n=== ${lane.name}: npm run ${lane.script}`,
    footer: (outcome) => {
      const { state, seconds } = judge(lane, outcome);
      return `=== ${lane.name}: ${state} in ${seconds.toFixed(1)} s`;
    },
  };
}

function judge(lane: Lane, { code, timedOut, seconds, tail }: TimedOutcome): Result {
  const notRun = code === NOT_RUN && !timedOut;
  const state: State = notRun ? "NOT RUN" : code === 0 && !timedOut ? "passed" : "FAILED";
  const missing = `${lane.needs ?? "what it needs"} is missing`;
  const remark = timedOut ? `stopped after ${lane.minutes} min` : notRun ? missing : "";
  return { lane, state, seconds, remark, tail, excused: notRun && lane.needs !== undefined };
}

/** Runs lanes, two at a time if there are several. */
async function runTogether(lanes: readonly Lane[], report: string): Promise<Result[]> {
  const outcomes = await runSideBySide(lanes.map((lane) => job(lane, report)));
  return outcomes.flatMap((outcome, index) => {
    const lane = lanes[index];
    return lane === undefined ? [] : [judge(lane, outcome)];
  });
}

/** Runs the lanes, until the time for all of them is used up. */
async function runLanes(skipped: ReadonlySet<string>, minutes: number, report: string): Promise<Result[]> {
  const deadline = Date.now() + minutes * MINUTE_MS;
  const results: Result[] = [];
  const run = async (lanes: readonly Lane[]): Promise<void> => {
    const begun: Lane[] = [];
    for (const lane of lanes) {
      const isLate = Date.now() + lane.minutes * MINUTE_MS > deadline;
      const remark = skipped.has(lane.name) ? "skipped on request" : isLate ? "no time left" : undefined;
      if (remark === undefined) begun.push(lane);
      else results.push({ lane, state: "NOT RUN", seconds: 0, remark });
    }
    results.push(...(await runTogether(begun, report)));
  };
  await run(LIGHT_LANES);
  for (const lane of HEAVY_LANES) await run([lane]);
  return results;
}

/** Prints once more how lanes that failed ended, the table and, as the last line, how many lanes and tests passed and failed. */
function summarise(results: readonly Result[], report: string): boolean {
  for (const { lane, state, tail = "" } of results) {
    if (state === "FAILED") console.log(`\n=== ${lane.name} FAILED; the end of what it printed:\n${tail.trimEnd()}`);
  }
  const rows = results.map(({ lane, state, seconds, remark }) => [lane.name, state, Math.round(seconds), remark]);
  console.log(`\n${formatTable(["lane", "result", "seconds", ""], rows)}`);
  const counts = readCounts(report);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  const lanes = results.filter(({ state }) => state === "passed").length;
  const passed = lanes + sum(counts.map((tests) => tests.passed));
  const excused = results.filter((result) => result.excused === true);
  for (const { lane, remark } of excused) console.log(`${lane.name} was NOT RUN, and proves nothing: ${remark}.`);
  // What else did not run has proved nothing, so it counts as failed.
  const failed = results.length - lanes - excused.length + sum(counts.map((tests) => tests.failed + tests.pending));
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}

/** A number of minutes from the command line. */
function parseMinutes(text: string): number {
  const minutes = Number(text);
  if (!(minutes > 0)) throw new InvalidArgumentError("It must be a positive number.");
  return minutes;
}

/** The names of lanes from the command line. */
function parseLanes(text: string): string[] {
  const names = text.split(",");
  const unknown = names.find((name) => !LANES.some((lane) => lane.name === name));
  if (unknown === undefined) return names;
  throw new InvalidArgumentError(`Lanes are ${LANES.map(({ name }) => name).join(", ")}.`);
}

const command = new Command("npm run check --")
  .description("Runs everything that CI runs; the last line counts lanes and tests together.")
  .option("--skip <lanes>", "lanes not to run, separated by commas; they count as failed", parseLanes, [])
  .option("--minutes <number>", "time for everything; lanes that might not end in it are not begun", parseMinutes, 80);

runCommand(command, async () => {
  const { skip, minutes } = command.opts<{ skip: string[]; minutes: number }>();
  if (skip.length === LANES.length) throw new UserError("Nothing is left to run.");

  const folder = mkdtempSync(join(tmpdir(), "bulkhead-check-"));
  const report = join(folder, "report");
  try {
    return summarise(await runLanes(new Set(skip), minutes, report), report);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
