import { randomBytes } from "node:crypto";
import { Command } from "commander";
import { runCommand } from "./lib/command";
import { UserError } from "./lib/errors";
import { filesBelow, readText } from "./lib/files";
import { type ForgeOutcome, reportTests, runForge } from "./lib/forge";
import { formatTable } from "./lib/table";

/** How much each set-up is driven. */
interface Campaign {
  /** Of all parts together. */
  readonly runs: number;
  readonly depth: number;
  /** The invariants are checked after as many calls, and at the end of each run. */
  readonly interval: number;
  /** Whether every action must reach its share in every set-up by itself; in a short run, in all of them together. */
  readonly each: boolean;
  /** Processes that share the runs evenly, each with a seed of its own: set-ups do not take equally long. */
  readonly parts: number;
  /** How often some actions are played, at least, for each set-up that has them, counted together. */
  readonly plays: Readonly<Record<string, number>>;
}

/** Schedules of those who would escape a slash; histories with and without liens that were vetoed; breaches of a cap. */
const FAST: Campaign = {
  runs: 64,
  depth: 64,
  interval: 8,
  each: false,
  parts: 1,
  plays: { escape: 4, twinLiens: 4, breach: 2 },
};
const LONG: Campaign = {
  runs: 2_000,
  depth: 300,
  interval: 10,
  each: true,
  parts: 2,
  plays: { escape: 1_000, twinLiens: 2_000, breach: 500 },
};

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
  return sources.flatMap((text) => [...text.matchAll(/^contract (\w+Test) is/gm)].map(([, name = ""]) => name));
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

/** The actions of several set-ups, or parts of one, together. */
function together(suite: string, actions: readonly Action[]): Action[] {
  return [...new Set(actions.map(({ name }) => name))].map((name) => {
    const same = actions.filter((action) => action.name === name);
    const sum = (key: "calls" | "done"): number => same.reduce((total, action) => total + action[key], 0);
    return { suite, name, calls: sum("calls"), done: sum("done") };
  });
}

/** Each set-up once, whatever parts it was driven in. */
function merge(suites: readonly Suite[]): Suite[] {
  return [...new Set(suites.map(({ name }) => name))].map((name) => {
    const same = suites.filter((suite) => suite.name === name);
    const sum = (key: "runs" | "calls"): number => same.reduce((total, suite) => total + suite[key], 0);
    const actions = together(
      name,
      same.flatMap((suite) => suite.actions),
    );
    return { name, runs: sum("runs"), calls: sum("calls"), actions };
  });
}

/** One sentence for everything that was driven less than asked for. */
function shortfalls(suites: readonly Suite[], { runs, depth, each, plays }: Campaign): string[] {
  const problems = setUps()
    .filter((name) => !suites.some((suite) => suite.name === name))
    .map((name) => `${name} did not run.`);
  for (const { name, calls } of suites) {
    if (calls < runs * depth) problems.push(`${name} made ${calls} calls, less than ${runs * depth}.`);
  }
  const actions = suites.flatMap((suite) => suite.actions);
  if (actions.length === 0) problems.push("No action was counted.");
  const sums = together("all", actions);
  for (const [name, least] of Object.entries(plays)) {
    const having = actions.filter((action) => action.name === name);
    const played = having.reduce((sum, { done }) => sum + done, 0);
    const floor = least * having.length;
    if (having.length === 0) problems.push(`The action ${name} did not run.`);
    if (played < floor) problems.push(`${name} was played ${played} times, less than ${floor}.`);
  }
  for (const { suite, name, calls, done } of each ? actions : sums) {
    if (done < calls * FLOOR) problems.push(`${name} did something in ${done} of ${calls} calls only (${suite}).`);
  }
  return problems;
}

/** Prints how often each action was called, and how often it did something. */
function printActions(suites: readonly Suite[]): void {
  const actions = suites.flatMap((suite) => suite.actions);
  const rows = together("all", actions).map(({ name, calls, done }) => [
    name,
    calls,
    done,
    `${((100 * done) / Math.max(calls, 1)).toFixed(1)} %`,
  ]);
  console.log(formatTable(["action", "calls", "done", ""], rows));
}

/** Plays one part of a campaign. */
function drive({ runs, depth, interval, parts }: Campaign, seed: bigint, match?: string): Promise<ForgeOutcome> {
  const args = ["test", "--fuzz-seed", `0x${seed.toString(16)}`, "--color", "never"];
  if (match !== undefined) args.push("--match-contract", match);
  if (parts > 1) args.push("--threads", "1");
  return runForge(args, {
    quiet: true,
    env: {
      FOUNDRY_INVARIANT_RUNS: String(runs / parts),
      FOUNDRY_INVARIANT_DEPTH: String(depth),
      FOUNDRY_INVARIANT_CHECK_INTERVAL: String(interval),
    },
  });
}

const command = new Command("npm run invariants --")
  .description("Drives the core by random calls, and checks its invariants.")
  .option("--long", "as in CI: 2,000 runs of 300 calls for each set-up")
  .option("--seed <number>", "seed of an earlier run, to repeat it", `0x${randomBytes(31).toString("hex")}`)
  .option("--match <name>", "set-ups whose names match; the others are not missed");

runCommand(command, async () => {
  const { long, seed, match } = command.opts<{ long?: true; seed: string; match?: string }>();
  const campaign = long === true ? LONG : FAST;
  console.log(`${campaign.runs} runs of ${campaign.depth} calls for each set-up, seed ${seed}`);

  const built = await runForge(["build"], { quiet: true });
  if (built.code !== 0) throw new UserError(built.output);
  const began = Date.now();
  const outcomes = await Promise.all(
    Array.from({ length: campaign.parts }, (_, part) => drive(campaign, BigInt(seed) + BigInt(part), match)),
  );
  const passed = outcomes.map(({ output }) => reportTests(output)).reduce((sum, count) => sum + count, 0);
  const suites = merge(outcomes.flatMap(({ output }) => parse(output)));
  const failed = outcomes.filter(({ code }) => code !== 0);
  for (const { output } of failed) console.log(output);
  printActions(suites);
  const calls = suites.reduce((sum, suite) => sum + suite.calls, 0);
  for (const { name, runs, calls: made } of suites) console.log(`${name}: ${runs} runs, ${made} calls`);
  const seconds = (Date.now() - began) / 1000;
  const pace = (calls / seconds).toFixed(0);
  console.log(`${calls} calls in ${seconds.toFixed(0)} s, ${pace} a second; ${suites.length} set-ups`);
  if (failed.length > 0) return false;
  const problems = shortfalls(suites, campaign).filter(
    (problem) => match === undefined || !problem.endsWith("did not run."),
  );
  for (const problem of problems) console.error(problem);
  if (passed === 0) throw new UserError("No set-up ran.");
  return problems.length === 0;
});
