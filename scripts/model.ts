import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { runCommand } from "./lib/command";
import { readCounts } from "./lib/report";
import { run } from "./lib/run";
import { type Job, runSideBySide } from "./lib/side-by-side";

const SUITE = "test/model/model.test.ts";

/** Chains side by side. */
const SHARDS = 2;

/** Seeds are below: those of the shards follow one another. */
const SEEDS = 2 ** 31 - SHARDS;

const DEFAULT_OPERATIONS = 100_000;

/** A whole number of the command line, from `min` to less than `limit`. */
function parseInteger(min: number, limit: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value < limit) return value;
    throw new InvalidArgumentError(`It must be a whole number, at least ${min} and less than ${limit}.`);
  };
}

/** One chain beside the model. */
function shard(seed: number, operations: number, report: string): Job {
  const env = { MODEL_SEED: String(seed), MODEL_OPERATIONS: String(operations), TEST_REPORT: report };
  return { command: "hardhat", args: ["test", "--no-compile", SUITE], env };
}

const command = new Command("npm run model --")
  .description("Drives the contracts beside the reference model by random calls; the suite checks how many were made.")
  .option("--operations <number>", "calls in all", parseInteger(SHARDS, SEEDS), DEFAULT_OPERATIONS)
  .option("--seed <number>", "seed of an earlier run, to repeat it", parseInteger(0, SEEDS), randomInt(SEEDS));

runCommand(command, async () => {
  const { operations, seed } = command.opts<{ operations: number; seed: number }>();
  console.log(`${operations} operations on ${SHARDS} chains side by side, seed ${seed}`);
  const began = Date.now();
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-model-"));
  try {
    // Both use the same artifacts: they are compiled before.
    if ((await run("hardhat", ["compile", "--quiet"])).code !== 0) return false;
    const report = join(folder, "report");
    const shards = Array.from({ length: SHARDS }, (_, i) => shard(seed + i, Math.ceil(operations / SHARDS), report));
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
