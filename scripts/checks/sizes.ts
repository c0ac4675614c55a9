import hre from "hardhat";
import { compileDeployables } from "../lib/deployables";
import { runScript } from "../lib/errors";
import { compareSnapshots, readSnapshot, writeSnapshot } from "../lib/snapshots";
import { formatTable } from "../lib/table";

const SNAPSHOT = "snapshots/sizes.json";

/** Well below the 24,576 bytes of EIP-170: a contract that has to be squeezed is one that does too much. */
const LIMIT = 20_000;

runScript(async () => {
  const deployables = await compileDeployables(hre);
  const rows = deployables.map(({ name, size }) => [name, size, LIMIT - size]);
  console.log(formatTable(["contract", "bytes", "left"], rows));

  const problems = deployables
    .filter(({ size }) => size > LIMIT)
    .map(({ name, size }) => `${name} has ${size} bytes, more than ${LIMIT}.`);
  const measured = Object.fromEntries(deployables.map(({ name, size }) => [name, size]));
  if (process.argv.includes("--write")) writeSnapshot(SNAPSHOT, measured);
  else {
    const differences = compareSnapshots(readSnapshot(SNAPSHOT), measured, 0);
    problems.push(...differences);
    if (differences.length > 0) problems.push(`${SNAPSHOT} is stale: run npm run sizes -- --write and commit it.`);
  }
  for (const problem of problems) console.error(problem);
  return problems.length === 0;
});
