import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { inheritedVariables, readEnvironment } from "./lib/environment";
import { UserError, runScript } from "./lib/errors";
import { platformBinary } from "./lib/foundry";
import { appendCounts } from "./lib/report";
import { OPTIMIZER_RUNS } from "./lib/solc";

/** The last line of a test run: "Ran 2 test suites in 1s (1s CPU time): 7 tests passed, 0 failed, 0 skipped (…)". */
const SUMMARY = /Ran \d+ test suites? in .*?: (\d+) tests? passed, (\d+) failed, (\d+) skipped/;

/** Runs forge, passing its output on, and resolves with its exit code and what it printed. */
function runForge(args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const env = { ...inheritedVariables(), FOUNDRY_OPTIMIZER_RUNS: String(OPTIMIZER_RUNS) };
    const child = spawn(platformBinary("forge"), args, { stdio: ["inherit", "pipe", "inherit"], env });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      process.stdout.write(text);
    });
    child.on("error", (error) => {
      reject(new UserError(`forge did not start: ${error.message}.`));
    });
    child.on("close", (code) => {
      resolve({ code: code ?? 1, output: stripVTControlCharacters(output) });
    });
  });
}

runScript(async () => {
  const args = process.argv.slice(2);
  const { code, output } = await runForge(args);
  if (args[0] !== "test" || args.includes("--list")) return code === 0;

  const [, passed = 0, failed = 0, pending = 0] = (SUMMARY.exec(output) ?? []).map(Number);
  const { TEST_REPORT: report } = readEnvironment();
  if (report !== undefined) appendCounts(report, { runner: "forge", passed, failed, pending });
  // forge itself is content with a filter that matches nothing.
  if (code === 0 && passed === 0) throw new UserError("forge ran no test: nothing matches these arguments.");
  return code === 0;
});
