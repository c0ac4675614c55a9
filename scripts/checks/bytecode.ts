import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import hre from "hardhat";
import { z } from "zod";
import { compileDeployables } from "../lib/deployables";
import { UserError, runScript } from "../lib/errors";
import { ROOT } from "../lib/files";
import { run } from "../lib/run";

const forgeArtifact = z.object({ deployedBytecode: z.object({ object: z.string() }) });

/** The runtime code that forge made of a contract; nothing where it made none. */
function forgeCode(source: string, name: string): string | undefined {
  const file = join(ROOT, "out", basename(source), `${name}.json`);
  if (!existsSync(file)) return undefined;
  return forgeArtifact.parse(JSON.parse(readFileSync(file, "utf8"))).deployedBytecode.object;
}

/** What forge finds holds for what Hardhat deploys only as long as both make the same code. */
runScript(async () => {
  const deployables = await compileDeployables(hre);
  const { code } = await run("ts-node", ["scripts/forge.ts", "build", "contracts", "--quiet"]);
  if (code !== 0) throw new UserError("forge does not compile the contracts.");
  const differing: string[] = [];
  for (const { name, source } of deployables) {
    const artifact = await hre.artifacts.readArtifact(`${source}:${name}`);
    if (forgeCode(source, name) !== artifact.deployedBytecode) differing.push(name);
  }
  for (const name of differing) console.error(`forge and Hardhat make different code of ${name}.`);
  console.log(
    `${deployables.length - differing.length} of ${deployables.length} contracts have the same code in both.`,
  );
  return differing.length === 0;
});
