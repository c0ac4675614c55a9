import hre from "hardhat";
import { compileDeployables } from "../lib/deployables";
import { runScript } from "../lib/errors";
import { compareSnapshots, readSnapshot, writeSnapshot } from "../lib/snapshots";
import { formatTable } from "../lib/table";

const SNAPSHOT = "snapshots/sizes.json";

/** Well below the 24,576 bytes of EIP-170: a contract that has to be squeezed is one that does too much. */
const LIMIT = 20_000;

/** Of EIP-3860. The Slasher comes close: its constructor creates both ledgers, whose code it brings along. */
const INIT_LIMIT = 49_152;

runScript(async () => {
  const deployables = await compileDeployables(hre);
  const rows = deployables.map(({ name, size, initSize }) => [
    ...[name, size, LIMIT - size],
    ...[initSize, INIT_LIMIT - initSize],
  ]);
  console.log(formatTable(["contract", "bytes", "left", "to deploy", "left"], rows));

  const problems = deployables.flatMap(({ name, size, initSize }) => [
    ...(size > LIMIT ? [`${name} has ${size} bytes, more than ${LIMIT}.`] : []),
    ...(initSize > INIT_LIMIT ? [`${name} takes ${initSize} bytes to deploy, more than ${INIT_LIMIT}.`] : []),
  ]);
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
