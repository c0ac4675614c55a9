import { runScript } from "./lib/errors";
import { run } from "./lib/run";

/** Runs the scenarios on real markets; with `--write` the table of docs/LRT.md is renewed. */
runScript(async () => {
  const env = { UPDATE_SNAPSHOTS: process.argv.includes("--write") ? "1" : "0" };
  const { code } = await run("hardhat", ["test", "test/markets/markets.test.ts"], { env });
  return code === 0;
});
