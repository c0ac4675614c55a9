import { readFileSync } from "node:fs";
import { type Addressable, Contract, ContractFactory, getBytes, hexlify, type Signer } from "ethers";
import { z } from "zod";

const artifactSchema = z.object({
  abi: z.array(z.unknown()).transform((abi) => JSON.stringify(abi)),
  bytecode: z.string(),
  linkReferences: z.record(
    z.string(),
    z.record(z.string(), z.array(z.object({ start: z.number(), length: z.number() }))),
  ),
});

/** Puts the addresses of libraries into bytecode, where the artifact says. */
function link({ bytecode, linkReferences }: z.output<typeof artifactSchema>, addresses: ReadonlyMap<string, string>) {
  let code = bytecode;
  for (const libraries of Object.values(linkReferences)) {
    for (const [name, places] of Object.entries(libraries)) {
      const address = addresses.get(name);
      if (address === undefined) throw new Error(`The library ${name} is not deployed.`);
      for (const { start, length } of places) {
        const at = 2 + 2 * start;
        code = code.slice(0, at) + hexlify(getBytes(address)).slice(2) + code.slice(at + 2 * length);
      }
    }
  }
  return code;
}

/**
 * Deploys a contract of others from the bytecode in their package.
 *
 * @param path Of the artifact: package, and file within it.
 * @param libraries That it is linked with, by name.
 */
export async function deployArtifact(
  deployer: Signer,
  path: string,
  args: readonly unknown[] = [],
  libraries: Readonly<Record<string, Addressable>> = {},
): Promise<Contract> {
  const artifact = artifactSchema.parse(JSON.parse(readFileSync(require.resolve(path), "utf8")));
  const addresses = new Map<string, string>();
  for (const [name, library] of Object.entries(libraries)) addresses.set(name, await library.getAddress());
  const contract = await new ContractFactory(artifact.abi, link(artifact, addresses), deployer).deploy(...args);
  await contract.waitForDeployment();
  return new Contract(await contract.getAddress(), artifact.abi, deployer);
}

/** What a function that returns an address, or a word, would return. */
export async function readWord(contract: Contract, name: string, args: readonly unknown[] = []): Promise<string> {
  return z.string().parse(await contract.getFunction(name).staticCall(...args));
}

/** What a function of a contract of others does. */
export async function send(contract: Contract, name: string, ...args: readonly unknown[]): Promise<void> {
  await contract.getFunction(name).send(...args);
}
