import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { inheritedVariables, readEnvironment } from "./environment";
import { UserError } from "./errors";
import { platformBinary } from "./foundry";
import { appendCounts } from "./report";
import { OPTIMIZER_RUNS } from "./solc";

/** The last line of a test run: "Ran 2 test suites in 1s (1s CPU time): 7 tests passed, 0 failed, 0 skipped (…)". */
const SUMMARY = /Ran \d+ test suites? in .*?: (\d+) tests? passed, (\d+) failed, (\d+) skipped/;

/** How forge ended, and what it printed, without colours. */
export interface ForgeOutcome {
  readonly code: number;
  readonly output: string;
}

/** Settings of a run of forge. */
export interface ForgeOptions {
  /** Variables beside those of this process, such as `FOUNDRY_INVARIANT_RUNS`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether what it prints is passed on. */
  readonly quiet?: boolean;
}

/** Runs forge. */
export function runForge(
  args: readonly string[],
  { env = {}, quiet = false }: ForgeOptions = {},
): Promise<ForgeOutcome> {
  return new Promise((resolve, reject) => {
    const variables = { ...inheritedVariables(), FOUNDRY_OPTIMIZER_RUNS: String(OPTIMIZER_RUNS), ...env };
    const child = spawn(platformBinary("forge"), args, { stdio: ["inherit", "pipe", "pipe"], env: variables });
    let output = "";
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ] as const) {
      from.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (!quiet) to.write(text);
      });
    }
    child.on("error", (error) => {
      reject(new UserError(`forge did not start: ${error.message}.`));
    });
    child.on("close", (code) => {
      resolve({ code: code ?? 1, output: stripVTControlCharacters(output) });
    });
  });
}

/** Adds what a test run counted to the report, if one is asked for, and returns how many tests passed. */
export function reportTests(output: string): number {
  const [, passed = 0, failed = 0, pending = 0] = (SUMMARY.exec(output) ?? []).map(Number);
  const { TEST_REPORT: report } = readEnvironment();
  if (report !== undefined) appendCounts(report, { runner: "forge", passed, failed, pending });
  return passed;
}
