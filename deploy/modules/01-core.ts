import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import AccessManagerArtifact from "@openzeppelin/contracts/build/contracts/AccessManager.json";

/**
 * The core: an AccessManager for the few outer powers, the launch guard, and the Slasher, whose constructor creates
 * both ledgers, so that nothing is ever half wired.
 */
export default buildModule("Core", (m) => {
  const accessManager = m.contract("AccessManager", AccessManagerArtifact, [m.getParameter<string>("admin")]);
  const launchGuard = m.contract("LaunchGuard", [accessManager]);
  const slasher = m.contract("Slasher", [
    m.getParameter<bigint>("exitDelay"),
    m.getParameter<string>("rewardsDistributor"),
    launchGuard,
    m.getParameter<bigint>("guardedUntil"),
  ]);
  const stakeManager = m.contractAt(
    "StakeManager",
    m.staticCall(slasher, "STAKE_MANAGER", [], 0, { id: "StakeManagerAddress" }),
  );
  const allocationManager = m.contractAt(
    "AllocationManager",
    m.staticCall(slasher, "ALLOCATION_MANAGER", [], 0, { id: "AllocationManagerAddress" }),
  );
  return { accessManager, launchGuard, slasher, stakeManager, allocationManager };
});
