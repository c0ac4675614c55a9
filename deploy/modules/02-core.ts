import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type { DeploymentParameters } from "../parameters";
import { accessModule } from "./01-access";

/**
 * The core: the Slasher, whose constructor creates both ledgers, so that nothing is ever half wired.
 *
 * It comes last: when the first token can be staked, the launch guard has its caps, every role has its members, and the
 * deployer has no power any more. Before it comes what will create the rewards distributor, whose address the core is
 * told.
 *
 * @param deployer The first account of the network.
 */
export function coreModule(deployer: string, parameters: DeploymentParameters) {
  const access = accessModule(deployer, parameters);
  return buildModule("Core", (m) => {
    const { accessManager, launchGuard } = m.useModule(access);
    const { exitDelay, guardedUntil } = parameters;
    const rewardsDeployer = m.contract("RewardsDeployer", [], { after: [access] });
    const rewardsDistributor = m.staticCall(rewardsDeployer, "DISTRIBUTOR", [], 0, { id: "DistributorAddress" });
    const slasher = m.contract("Slasher", [exitDelay, rewardsDistributor, launchGuard, guardedUntil], {
      after: [access],
    });
    const stakeManager = m.contractAt(
      "StakeManager",
      m.staticCall(slasher, "STAKE_MANAGER", [], 0, { id: "StakeManagerAddress" }),
    );
    const allocationManager = m.contractAt(
      "AllocationManager",
      m.staticCall(slasher, "ALLOCATION_MANAGER", [], 0, { id: "AllocationManagerAddress" }),
    );
    return { accessManager, launchGuard, rewardsDeployer, slasher, stakeManager, allocationManager };
  });
}
