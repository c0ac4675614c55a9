import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readEnvironment } from "./lib/environment";
import { UserError, runScript } from "./lib/errors";
import { filesBelow } from "./lib/files";
import { readCounts } from "./lib/report";
import { run } from "./lib/run";

/** Suites with commands of their own: gas is measured by `npm run gas`. */
const ELSEWHERE = "test/gas/";

/** Runs the given test files, or every suite; further arguments, such as `--grep`, go to the runner. */
async function runSuites(args: readonly string[], report: string): Promise<boolean> {
  const env = { TEST_REPORT: report };
  const chosen = args.filter((argument) => !argument.startsWith("-") && /\.(?:ts|sol)$/.test(argument));
  const flags = args.filter((argument) => !chosen.includes(argument));
  const all = chosen.length === 0;
  const typescript = all
    ? filesBelow("test", ".test.ts").filter((path) => !path.startsWith(ELSEWHERE))
    : chosen.filter((path) => path.endsWith(".ts"));
  const solidity =
    all && flags.length === 0 ? filesBelow("test", ".t.sol") : chosen.filter((path) => path.endsWith(".sol"));
  if (typescript.length + solidity.length === 0) throw new UserError("There is no test file.");

  let passed = true;
  if (typescript.length > 0) {
    const { code } = await run("hardhat", ["test", ...flags, ...typescript], { env });
    passed &&= code === 0;
  }
  if (solidity.length > 0) {
    // All of them are invariants; a chosen few run without counting how much was done.
    const match = ["--match-path", `{${solidity.join(",")}}`];
    const script = all ? ["scripts/invariants.ts"] : ["scripts/forge.ts", "test", ...match];
    const { code } = await run("ts-node", script, { env });
    passed &&= code === 0;
  }
  return passed;
}

runScript(async () => {
  const { TEST_REPORT: asked } = readEnvironment();
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-test-"));
  const report = asked ?? join(folder, "report");
  try {
    const passed = await runSuites(process.argv.slice(2), report);
    const counts = readCounts(report);
    const sum = (key: "passed" | "failed" | "pending"): number => counts.reduce((total, run) => total + run[key], 0);
    console.log(`Tests: ${sum("passed")} passed, ${sum("failed")} failed, ${sum("pending")} not run.`);
    if (sum("passed") === 0) throw new UserError("No test ran: nothing matches these arguments.");
    // A test that is not run proves nothing, whatever the reason.
    return passed && sum("failed") === 0 && sum("pending") === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
