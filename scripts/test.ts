import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readEnvironment } from "./lib/environment";
import { UserError, runScript } from "./lib/errors";
import { filesBelow } from "./lib/files";
import { readCounts } from "./lib/report";
import { run } from "./lib/run";
import { type Job, runSideBySide } from "./lib/side-by-side";

/** Suites with commands of their own: gas is measured by `npm run gas`. */
const ELSEWHERE = "test/gas/";

/** Groups of suites, each a run of its own, the longest first; the last has all the others. */
const GROUPS = [
  /^test\/(?:unit|attacks|order-of-effects|standards)\//,
  /^test\/integration\/(?!deploy)/,
  /^test\/(?:lrt|markets|model|paths)\//,
  /^/,
];

/** The runs of the test runners that are asked for: of given test files, or of every suite. */
function plan(args: readonly string[], report: string): Job[] {
  const env = { TEST_REPORT: report };
  const chosen = args.filter((argument) => !argument.startsWith("-") && /\.(?:ts|sol)$/.test(argument));
  const flags = args.filter((argument) => !chosen.includes(argument));
  const mocha = (paths: readonly string[]): Job[] =>
    paths.length === 0 ? [] : [{ command: "hardhat", args: ["test", "--no-compile", ...flags, ...paths], env }];
  const forge = (script: readonly string[]): Job => ({ command: "ts-node", args: script, env });
  if (chosen.length > 0) {
    const solidity = chosen.filter((path) => path.endsWith(".sol"));
    const match = ["scripts/forge.ts", "test", "--match-path", `{${solidity.join(",")}}`];
    return [...mocha(chosen.filter((path) => path.endsWith(".ts"))), ...(solidity.length > 0 ? [forge(match)] : [])];
  }
  const suites = filesBelow("test", ".test.ts").filter((path) => !path.startsWith(ELSEWHERE));
  const groupOf = (path: string): number => GROUPS.findIndex((group) => group.test(path));
  return [
    ...GROUPS.flatMap((_, group) => mocha(suites.filter((path) => groupOf(path) === group))),
    // All suites for forge are invariants. Names that mocha shall match say nothing to it.
    ...(flags.length === 0 ? [forge(["scripts/invariants.ts"])] : []),
  ];
}

/** Runs the given test files, or every suite; further arguments, such as `--grep`, go to the runner. */
async function runSuites(args: readonly string[], report: string): Promise<boolean> {
  const jobs = plan(args, report);
  // The runs share the artifacts: they are compiled before.
  if ((await run("hardhat", ["compile", "--quiet"])).code !== 0) return false;
  return (await runSideBySide(jobs)).every(({ code }) => code === 0);
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
