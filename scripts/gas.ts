import { UserError, runScript } from "./lib/errors";
import { filesBelow } from "./lib/files";
import { run } from "./lib/run";

/** Measures the gas of whole transactions against `snapshots/gas.json`; with `--write` that file is renewed. */
runScript(async () => {
  const suites = filesBelow("test/gas", ".test.ts");
  if (suites.length === 0) throw new UserError("There is no suite in test/gas.");
  const env = { UPDATE_SNAPSHOTS: process.argv.includes("--write") ? "1" : "0" };
  const { code } = await run("hardhat", ["test", ...suites], { env });
  return code === 0;
});
