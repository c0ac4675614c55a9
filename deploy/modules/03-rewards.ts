import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type { DeploymentParameters } from "../parameters";
import { coreModule } from "./02-core";

/**
 * The rewards distributor, at the address that the core was told: another core would be refused by its constructor. Until
 * it is there no pool can pay rewards, and nothing else is missing.
 *
 * @param deployer The first account of the network.
 */
export function rewardsModule(deployer: string, parameters: DeploymentParameters) {
  const core = coreModule(deployer, parameters);
  return buildModule("Rewards", (m) => {
    const contracts = m.useModule(core);
    const { rewardsDeployer, slasher, stakeManager } = contracts;
    const deploy = m.call(rewardsDeployer, "deploy", [stakeManager]);
    const rewardsDistributor = m.contractAt(
      "RewardsDistributor",
      m.staticCall(rewardsDeployer, "DISTRIBUTOR", [], 0, { id: "RewardsDistributorAddress" }),
      { after: [deploy] },
    );
    const rewardSplits = m.contract("RewardSplits", [slasher]);
    return { ...contracts, rewardsDistributor, rewardSplits };
  });
}
