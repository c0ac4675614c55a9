import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { z } from "zod";
import { UserError } from "./errors";

const abiEntry = z.object({
  type: z.string(),
  name: z.string().default(""),
  inputs: z.array(z.unknown()).default([]),
});

/** One entry of an ABI, as far as the checks look at it. */
export type AbiEntry = z.output<typeof abiEntry>;

/** A contract of the protocol that can be deployed. */
export interface Deployable {
  readonly name: string;
  /** Path of the source, relative to the repository. */
  readonly source: string;
  readonly abi: readonly AbiEntry[];
  /** Bytes of runtime code. */
  readonly size: number;
  /** Bytes of the code that deploys it, arguments included: each is one word. */
  readonly initSize: number;
}

/** A library's code begins by comparing its own address with the address of the caller's context. */
const LIBRARY_PROLOGUE = /^0x73[0-9a-f]{40}30/;

const WORD = 32;

/** How many bytes hexadecimal digits after `0x` stand for. */
function bytes(code: string): number {
  return (code.length - 2) / 2;
}

/**
 * Compiles, and lists everything under `contracts/` that can be deployed: no mocks, no interfaces and abstract
 * contracts, no libraries whose code is inlined.
 */
export async function compileDeployables(hre: HardhatRuntimeEnvironment): Promise<Deployable[]> {
  await hre.run("compile", { quiet: true, noTypechain: true });
  const found: Deployable[] = [];
  for (const fullName of await hre.artifacts.getAllFullyQualifiedNames()) {
    const artifact = await hre.artifacts.readArtifact(fullName);
    const { contractName: name, sourceName: source, deployedBytecode: code } = artifact;
    if (!source.startsWith("contracts/") || source.startsWith("contracts/mocks/") || code === "0x") continue;
    const abi = z.array(abiEntry).parse(artifact.abi);
    const constructorArguments = abi.find(({ type }) => type === "constructor")?.inputs.length ?? 0;
    if (LIBRARY_PROLOGUE.test(code) && !abi.some(({ type }) => type === "function")) continue;
    const initSize = bytes(artifact.bytecode) + WORD * constructorArguments;
    found.push({ name, source, abi, size: bytes(code), initSize });
  }
  // An empty list would pass every check that goes over it.
  if (found.length === 0) throw new UserError("There is no contract to be checked.");
  return found.sort((a, b) => a.name.localeCompare(b.name));
}
