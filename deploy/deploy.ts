import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { AllocationManager, IAccessManager, LaunchGuard, Slasher, StakeManager } from "../typechain-types";
import { accessModule } from "./modules/01-access";
import { coreModule } from "./modules/02-core";
import type { DeploymentParameters } from "./parameters";

/** The contracts of a deployment, connected to its deployer. */
export interface Bulkhead {
  readonly accessManager: IAccessManager;
  readonly launchGuard: LaunchGuard;
  readonly slasher: Slasher;
  readonly stakeManager: StakeManager;
  readonly allocationManager: AllocationManager;
}

/** Addresses of the contracts by the names of their sources. */
export type Addresses = Readonly<Record<(typeof CONTRACTS)[number], string>>;

/** In the order in which they come into being. */
export const CONTRACTS = ["AccessManager", "LaunchGuard", "Slasher", "StakeManager", "AllocationManager"] as const;

/** Settings of a deployment that is recorded. */
export interface RecordOptions {
  /** Name of the folder below `deploy/deployments/`. */
  readonly deploymentId: string;
  /** Told of each step before it begins; left out where no step is left. */
  readonly onStep?: ((step: string) => void) | undefined;
}

/** The typed contracts at these addresses. */
export async function connect({ ethers }: HardhatRuntimeEnvironment, addresses: Addresses): Promise<Bulkhead> {
  return {
    accessManager: await ethers.getContractAt("IAccessManager", addresses.AccessManager),
    launchGuard: await ethers.getContractAt("LaunchGuard", addresses.LaunchGuard),
    slasher: await ethers.getContractAt("Slasher", addresses.Slasher),
    stakeManager: await ethers.getContractAt("StakeManager", addresses.StakeManager),
    allocationManager: await ethers.getContractAt("AllocationManager", addresses.AllocationManager),
  };
}

/**
 * Deploys through Ignition, from the first account of the network. What an earlier run with the same `deploymentId` has
 * done is not done again.
 *
 * @param record Left out on the in-process chain, where nothing is kept.
 */
export async function deployBulkhead(
  hre: HardhatRuntimeEnvironment,
  parameters: DeploymentParameters,
  record?: RecordOptions,
): Promise<Addresses> {
  const [deployer] = await hre.ethers.getSigners();
  if (deployer === undefined) throw new Error("The network has no account to deploy from.");
  if (record?.onStep !== undefined) {
    record.onStep("AccessManager and LaunchGuard: caps, roles, the deployer's power handed over");
    await hre.ignition.deploy(accessModule(deployer.address, parameters), { deploymentId: record.deploymentId });
    record.onStep("Slasher, which creates StakeManager and AllocationManager");
  }
  const contracts = await hre.ignition.deploy(
    coreModule(deployer.address, parameters),
    record === undefined ? {} : { deploymentId: record.deploymentId },
  );
  const { accessManager, launchGuard, slasher, stakeManager, allocationManager } = contracts;
  return {
    AccessManager: await accessManager.getAddress(),
    LaunchGuard: await launchGuard.getAddress(),
    Slasher: await slasher.getAddress(),
    StakeManager: await stakeManager.getAddress(),
    AllocationManager: await allocationManager.getAddress(),
  };
}
