import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { ethers } from "hardhat";

/**
 * Gives the funded accounts of the chain to actors, the first account to the first name.
 *
 * @example const { alice, bob } = await namedSigners("alice", "bob");
 */
export async function namedSigners<Name extends string>(
  ...names: readonly Name[]
): Promise<Record<Name, HardhatEthersSigner>> {
  const signers = await ethers.getSigners();
  if (names.length > signers.length) throw new Error(`There are ${signers.length} accounts for ${names.length} names.`);
  return Object.fromEntries(names.map((name, index) => [name, signers[index]])) as Record<Name, HardhatEthersSigner>;
}
