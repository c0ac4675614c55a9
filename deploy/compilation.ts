import type { BuildInfo, HardhatRuntimeEnvironment } from "hardhat/types";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";

const debugSchema = z.object({ buildInfo: z.string() });

/** Compilations by their files, whose names change with what is in them. */
const compilations = new Map<string, Promise<BuildInfo>>();

async function readCompilation(file: string): Promise<BuildInfo> {
  return JSON.parse(await readFile(file, "utf8")) as BuildInfo;
}

/**
 * The compilation that a contract comes from. Large as it is, it is read once for all contracts in it, which
 * `artifacts.getBuildInfo` does for each.
 *
 * @param fullName As the compiler knows the contract, such as `contracts/core/Slasher.sol:Slasher`.
 */
export async function compilationOf(
  { artifacts }: Pick<HardhatRuntimeEnvironment, "artifacts">,
  fullName: string,
): Promise<BuildInfo> {
  const debugFile = artifacts.formArtifactPathFromFullyQualifiedName(fullName).replace(/\.json$/, ".dbg.json");
  const { buildInfo } = debugSchema.parse(JSON.parse(await readFile(debugFile, "utf8")));
  const file = join(dirname(debugFile), buildInfo);
  const compilation = compilations.get(file) ?? readCompilation(file);
  compilations.set(file, compilation);
  return await compilation;
}
