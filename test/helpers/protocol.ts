import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { ethers, ignition } from "hardhat";
import CoreModule from "../../deploy/modules/01-core";
import type { AllocationManager, LaunchGuard, Slasher, StakeManager } from "../../typechain-types";

/** The deployed core, who may configure its launch guard, and its delays in seconds. */
export interface Protocol {
  slasher: Slasher;
  stakeManager: StakeManager;
  allocationManager: AllocationManager;
  launchGuard: LaunchGuard;
  admin: HardhatEthersSigner;
  exitDelay: bigint;
  bucket: bigint;
  notice: bigint;
}

const EXIT_DELAY = 14n * 24n * 60n * 60n;
const GUARDED_FOR = 60n * 60n;

/** The deployment as a fixture, in its guarded launch: no asset has a cap yet. */
export async function deployGuardedProtocol(): Promise<Protocol> {
  const signers = await ethers.getSigners();
  const admin = signers[signers.length - 1];
  if (admin === undefined) throw new Error("The chain has no accounts.");
  const guardedUntil = BigInt(await time.latest()) + GUARDED_FOR;
  const { slasher, stakeManager, allocationManager, launchGuard } = await ignition.deploy(CoreModule, {
    parameters: {
      Core: { admin: admin.address, exitDelay: EXIT_DELAY, rewardsDistributor: ethers.ZeroAddress, guardedUntil },
    },
  });
  return {
    slasher: await ethers.getContractAt("Slasher", slasher),
    stakeManager: await ethers.getContractAt("StakeManager", stakeManager),
    allocationManager: await ethers.getContractAt("AllocationManager", allocationManager),
    launchGuard: await ethers.getContractAt("LaunchGuard", launchGuard),
    admin,
    exitDelay: EXIT_DELAY,
    bucket: EXIT_DELAY / 8n,
    notice: EXIT_DELAY + EXIT_DELAY / 2n,
  };
}

/** The deployment as a fixture, after its guarded launch: `const protocol = await loadFixture(deployProtocol)`. */
export async function deployProtocol(): Promise<Protocol> {
  const protocol = await deployGuardedProtocol();
  await time.increaseTo(await protocol.stakeManager.GUARDED_UNTIL());
  return protocol;
}
