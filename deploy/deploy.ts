import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type {
  AllocationManager,
  IAccessManager,
  LaunchGuard,
  RewardsDeployer,
  RewardsDistributor,
  RewardSplits,
  Slasher,
  StakeManager,
} from "../typechain-types";
import { deployModule } from "./ignition";
import { accessModule } from "./modules/01-access";
import { coreModule } from "./modules/02-core";
import { rewardsModule } from "./modules/03-rewards";
import type { DeploymentParameters } from "./parameters";

/** The contracts of a deployment, connected to its deployer. */
export interface Bulkhead {
  readonly accessManager: IAccessManager;
  readonly launchGuard: LaunchGuard;
  readonly slasher: Slasher;
  readonly stakeManager: StakeManager;
  readonly allocationManager: AllocationManager;
  readonly rewardsDeployer: RewardsDeployer;
  readonly rewardsDistributor: RewardsDistributor;
  readonly rewardSplits: RewardSplits;
}

/** Addresses of the contracts by the names of their sources. */
export type Addresses = Readonly<Record<(typeof CONTRACTS)[number], string>>;

/** In the order in which they come into being. */
export const CONTRACTS = [
  "AccessManager",
  "LaunchGuard",
  "RewardsDeployer",
  "Slasher",
  "StakeManager",
  "AllocationManager",
  "RewardsDistributor",
  "RewardSplits",
] as const;

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
    rewardsDeployer: await ethers.getContractAt("RewardsDeployer", addresses.RewardsDeployer),
    rewardsDistributor: await ethers.getContractAt("RewardsDistributor", addresses.RewardsDistributor),
    rewardSplits: await ethers.getContractAt("RewardSplits", addresses.RewardSplits),
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
    await deployModule(hre, accessModule(deployer.address, parameters), record.deploymentId);
    record.onStep("Slasher, which creates StakeManager and AllocationManager");
    await deployModule(hre, coreModule(deployer.address, parameters), record.deploymentId);
    record.onStep("RewardsDistributor, at the address that the core was told, and RewardSplits");
  }
  const deployed = await deployModule(hre, rewardsModule(deployer.address, parameters), record?.deploymentId);
  return {
    AccessManager: deployed.accessManager,
    LaunchGuard: deployed.launchGuard,
    RewardsDeployer: deployed.rewardsDeployer,
    Slasher: deployed.slasher,
    StakeManager: deployed.stakeManager,
    AllocationManager: deployed.allocationManager,
    RewardsDistributor: deployed.rewardsDistributor,
    RewardSplits: deployed.rewardSplits,
  };
}
