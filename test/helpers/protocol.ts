import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import hre, { ethers } from "hardhat";
import { loadConfiguration } from "../../deploy/config/load";
import { type Bulkhead, connect, deployBulkhead } from "../../deploy/deploy";
import { guardedUntilOf, resolveParameters } from "../../deploy/parameters";

/** The deployed core, who may configure its launch guard, and its delays in seconds. */
export interface Protocol extends Bulkhead {
  /** Who may change roles, set caps and pause entry. */
  admin: HardhatEthersSigner;
  /** Who may pause entry, and nothing else. */
  guardian: HardhatEthersSigner;
  exitDelay: bigint;
  bucket: bigint;
  notice: bigint;
}

/** The deployment as a fixture, in its guarded launch: no asset has a cap yet. */
export async function deployGuardedProtocol(): Promise<Protocol> {
  const configuration = loadConfiguration("hardhat");
  const [deployer] = await ethers.getSigners();
  if (deployer === undefined) throw new Error("The chain has no accounts.");
  const guardedUntil = guardedUntilOf(configuration, await time.latest());
  const parameters = resolveParameters(configuration, deployer.address, guardedUntil);
  const contracts = await connect(hre, await deployBulkhead(hre, parameters));
  const guardian = parameters.guardian.accounts.find((account) => account !== parameters.admin.account);
  if (guardian === undefined) throw new Error("The configuration names no guardian beside the admin.");
  const exitDelay = BigInt(parameters.exitDelay);
  return {
    ...contracts,
    admin: await ethers.getSigner(parameters.admin.account),
    guardian: await ethers.getSigner(guardian),
    exitDelay,
    bucket: exitDelay / 8n,
    notice: exitDelay + exitDelay / 2n,
  };
}

/** The deployment as a fixture, after its guarded launch: `const protocol = await loadFixture(deployProtocol)`. */
export async function deployProtocol(): Promise<Protocol> {
  const protocol = await deployGuardedProtocol();
  await time.increaseTo(await protocol.stakeManager.GUARDED_UNTIL());
  return protocol;
}
