import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { runCommand } from "./lib/command";
import { readCounts } from "./lib/report";
import { run } from "./lib/run";
import { type Job, runSideBySide } from "./lib/side-by-side";

/** What is driven beside the contracts, and how often. */
interface Kind {
  readonly suite: string;
  readonly operations: number;
  /** The variable that tells the suite how many calls to make. */
  readonly variable: string;
}

const CORE: Kind = { suite: "test/model/model.test.ts", operations: 100_000, variable: "MODEL_OPERATIONS" };
const TOKEN: Kind = { suite: "test/lrt/histories.test.ts", operations: 18_000, variable: "LRT_OPERATIONS" };

/** Chains side by side. */
const SHARDS = 2;

/** Seeds are below: those of the shards follow one another. */
const SEEDS = 2 ** 31 - SHARDS;

/** A whole number of the command line, from `min` to less than `limit`. */
function parseInteger(min: number, limit: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value < limit) return value;
    throw new InvalidArgumentError(`It must be a whole number, at least ${min} and less than ${limit}.`);
  };
}

/** One chain beside the model. */
function shard({ suite, variable }: Kind, seed: number, operations: number, report: string): Job {
  const env = { MODEL_SEED: String(seed), [variable]: String(operations), TEST_REPORT: report };
  return { command: "hardhat", args: ["test", "--no-compile", suite], env };
}

const command = new Command("npm run model --")
  .description("Drives the contracts beside the reference model by random calls; the suite checks how many were made.")
  .option("--lrt", "drives the liquid restaking token beside its simulator")
  .option(
    "--operations <number>",
    `calls in all: ${CORE.operations}, or ${TOKEN.operations}`,
    parseInteger(SHARDS, SEEDS),
  )
  .option("--seed <number>", "seed of an earlier run, to repeat it", parseInteger(0, SEEDS), randomInt(SEEDS));

runCommand(command, async () => {
  const { lrt, seed, ...given } = command.opts<{ lrt?: boolean; operations?: number; seed: number }>();
  const kind = lrt === true ? TOKEN : CORE;
  const operations = given.operations ?? kind.operations;
  console.log(`${operations} operations on ${SHARDS} chains side by side, seed ${seed}`);
  const began = Date.now();
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-model-"));
  try {
    // Both use the same artifacts: they are compiled before.
    if ((await run("hardhat", ["compile", "--quiet"])).code !== 0) return false;
    const report = join(folder, "report");
    const shards = Array.from({ length: SHARDS }, (_, i) =>
      shard(kind, seed + i, Math.ceil(operations / SHARDS), report),
    );
    const agreed = (await runSideBySide(shards)).every(({ code }) => code === 0);
    const passed = agreed && readCounts(report).filter((counts) => counts.passed === 1).length === SHARDS;
    const seconds = ((Date.now() - began) / 1_000).toFixed(0);
    console.log(
      passed
        ? `At least ${operations} operations agreed with the model, in ${seconds} s.`
        : `The contracts and the model disagree, or a chain did not run; repeat it with -- --seed ${seed}.`,
    );
    return passed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
