import { randomBytes } from "node:crypto";
import { Command } from "commander";
import { UserError, runScript } from "./lib/errors";
import { filesBelow, readText } from "./lib/files";
import { reportTests, runForge } from "./lib/forge";
import { formatTable } from "./lib/table";

/** How much each set-up is driven. */
interface Campaign {
  readonly runs: number;
  readonly depth: number;
  /** The invariants are checked after as many calls, and at the end of each run. */
  readonly interval: number;
  /** Whether every action must reach its share in every set-up by itself; in a short run, in all of them together. */
  readonly each: boolean;
}

const FAST: Campaign = { runs: 64, depth: 64, interval: 8, each: false };
const LONG: Campaign = { runs: 300, depth: 300, interval: 20, each: true };

/** Part of an action's calls that must have done something. */
const FLOOR = 0.01;

/** What forge counted of one action. */
interface Action {
  readonly suite: string;
  readonly name: string;
  readonly calls: number;
  readonly done: number;
}

/** What forge counted of one set-up. */
interface Suite {
  readonly name: string;
  readonly runs: number;
  readonly calls: number;
  readonly actions: readonly Action[];
}

/** The set-ups that there are, by their sources. */
function setUps(): string[] {
  const sources = filesBelow("test/invariant", ".t.sol").map(readText);
  return sources.flatMap((text) =>
    [...text.matchAll(/^contract (\w+) is InvariantTest/gm)].map(([, name = ""]) => name),
  );
}

/** Reads what forge printed about each suite: runs and calls, then a table of actions. */
function parse(output: string): Suite[] {
  return output.split(/^Ran \d+ tests? for /m).flatMap((part) => {
    const name = /^\S+:(\w+)/.exec(part)?.[1];
    const [, runs, calls] = /\(runs: (\d+), calls: (\d+), reverts: \d+\)/.exec(part) ?? [];
    if (name === undefined || runs === undefined || calls === undefined) return [];
    const rows = [...part.matchAll(/^\| (\w+)\s+\| (\w+)\s+\| (\d+)\s+\| (\d+)\s+\| \d+\s+\|$/gm)];
    const actions = rows.map(([, , action = "", made, reverted]) => ({
      suite: name,
      name: action,
      calls: Number(made),
      done: Number(made) - Number(reverted),
    }));
    return [{ name, runs: Number(runs), calls: Number(calls), actions }];
  });
}

/** The actions of all set-ups together. */
function together(actions: readonly Action[]): Action[] {
  return [...new Set(actions.map(({ name }) => name))].map((name) => {
    const same = actions.filter((action) => action.name === name);
    const sum = (key: "calls" | "done"): number => same.reduce((total, action) => total + action[key], 0);
    return { suite: "all", name, calls: sum("calls"), done: sum("done") };
  });
}

/** One sentence for everything that was driven less than asked for. */
function shortfalls(suites: readonly Suite[], { runs, depth, each }: Campaign): string[] {
  const problems = setUps()
    .filter((name) => !suites.some((suite) => suite.name === name))
    .map((name) => `${name} did not run.`);
  for (const { name, calls } of suites) {
    if (calls < runs * depth) problems.push(`${name} made ${calls} calls, less than ${runs * depth}.`);
  }
  const actions = suites.flatMap((suite) => suite.actions);
  if (actions.length === 0) problems.push("No action was counted.");
  for (const { suite, name, calls, done } of each ? actions : together(actions)) {
    if (done < calls * FLOOR) problems.push(`${name} did something in ${done} of ${calls} calls only (${suite}).`);
  }
  return problems;
}

/** Prints how often each action was called, and how often it did something. */
function printActions(suites: readonly Suite[]): void {
  const rows = together(suites.flatMap((suite) => suite.actions)).map(({ name, calls, done }) => [
    name,
    calls,
    done,
    `${((100 * done) / Math.max(calls, 1)).toFixed(1)} %`,
  ]);
  console.log(formatTable(["action", "calls", "done", ""], rows));
}

runScript(async () => {
  const command = new Command("npm run invariants --")
    .description("Drives the core by random calls, and checks its invariants.")
    .option("--long", "as in CI: 300 runs of 300 calls for each set-up")
    .option("--seed <number>", "seed of an earlier run, to repeat it", `0x${randomBytes(32).toString("hex")}`)
    .option("--match <name>", "set-ups whose names match; the others are not missed")
    .exitOverride();
  command.parse();
  const { long, seed, match } = command.opts<{ long?: true; seed: string; match?: string }>();
  const campaign = long === true ? LONG : FAST;
  console.log(`${campaign.runs} runs of ${campaign.depth} calls for each set-up, seed ${seed}`);

  const began = Date.now();
  const only = match === undefined ? [] : ["--match-contract", match];
  const { code, output } = await runForge(["test", "--fuzz-seed", seed, "--color", "never", ...only], {
    quiet: true,
    env: {
      FOUNDRY_INVARIANT_RUNS: String(campaign.runs),
      FOUNDRY_INVARIANT_DEPTH: String(campaign.depth),
      FOUNDRY_INVARIANT_CHECK_INTERVAL: String(campaign.interval),
    },
  });
  const passed = reportTests(output);
  const suites = parse(output);
  if (code !== 0) console.log(output);
  printActions(suites);
  const calls = suites.reduce((sum, suite) => sum + suite.calls, 0);
  for (const { name, runs, calls: made } of suites) console.log(`${name}: ${runs} runs, ${made} calls`);
  console.log(`${calls} calls in ${((Date.now() - began) / 1000).toFixed(0)} s, ${passed} set-ups passed`);
  if (code !== 0) return false;
  const problems = shortfalls(suites, campaign).filter(
    (problem) => match === undefined || !problem.endsWith("did not run."),
  );
  for (const problem of problems) console.error(problem);
  if (passed === 0) throw new UserError("No set-up ran.");
  return problems.length === 0;
});
