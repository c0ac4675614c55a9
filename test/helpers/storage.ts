import { setStorageAt } from "@nomicfoundation/hardhat-network-helpers";
import { AbiCoder, type BaseContract, keccak256, toBeHex } from "ethers";
import { artifacts } from "hardhat";
import { z } from "zod";
import { compilationOf } from "../../deploy/compilation";

const Layout = z.object({
  storageLayout: z.object({ storage: z.array(z.object({ label: z.string(), slot: z.string() })) }),
});

/** Slot of a variable, as the compiler says. */
async function slotOf(source: string, contract: string, label: string): Promise<bigint> {
  const { output } = await compilationOf({ artifacts }, `${source}:${contract}`);
  const { storageLayout } = Layout.parse(output.contracts[source]?.[contract]);
  const variable = storageLayout.storage.find((entry) => entry.label === label);
  if (variable === undefined) throw new Error(`${contract} has no variable ${label}.`);
  return BigInt(variable.slot);
}

/**
 * Overwrites the first slot of an entry of a mapping, or of a mapping of mappings.
 *
 * @param variable Source file, contract and name of the mapping.
 * @param keys The keys, outermost first, with their types.
 */
export async function setMappingSlot(
  contract: BaseContract,
  [source, name, label]: readonly [source: string, contract: string, label: string],
  keys: readonly (readonly [type: string, value: string])[],
  value: bigint,
): Promise<void> {
  let slot = await slotOf(source, name, label);
  for (const [type, key] of keys) {
    slot = BigInt(keccak256(AbiCoder.defaultAbiCoder().encode([type, "uint256"], [key, slot])));
  }
  await setStorageAt(await contract.getAddress(), toBeHex(slot, 32), toBeHex(value, 32));
}
