import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import AccessManagerArtifact from "@openzeppelin/contracts/build/contracts/AccessManager.json";
import { FunctionFragment } from "ethers";
import type { DeploymentParameters } from "../parameters";

/** Roles of the AccessManager; what ADMIN may do is fixed by OpenZeppelin. */
export const ROLES = { ADMIN: 0n, LAUNCH: 1n, GUARDIAN: 2n } as const;

/** What each role may call on the launch guard, and nothing else. */
export const POWERS = [
  { role: "LAUNCH", verb: "setCap", selector: FunctionFragment.getSelector("setCap", ["address", "uint256"]) },
  { role: "GUARDIAN", verb: "setEntryPaused", selector: FunctionFragment.getSelector("setEntryPaused", ["bool"]) },
] as const;

/**
 * The few outer powers: an AccessManager and the launch guard that obeys it.
 *
 * One transaction sets the caps, gives all roles to their members, and takes the deployer's own power away (unless the
 * parameters name it): there is no moment at which a part of this is done, and no way to stop half-way.
 *
 * @param deployer The first account of the network.
 */
export function accessModule(deployer: string, { admin, launch, guardian, caps }: DeploymentParameters) {
  return buildModule("Access", (m) => {
    const accessManager = m.contract("AccessManager", AccessManagerArtifact, [deployer]);
    const launchGuard = m.contract("LaunchGuard", [accessManager]);

    const encode = (id: string, name: string, args: Parameters<typeof m.encodeFunctionCall>[2]) =>
      m.encodeFunctionCall(accessManager, name, args, { id });
    const grant = (role: keyof typeof ROLES, accounts: readonly string[], delay: number) =>
      accounts.map((account) => encode(`grant_${role}_${account}`, "grantRole", [ROLES[role], account, delay]));

    const setCaps = caps.map(({ asset, cap }) => {
      const setCap = m.encodeFunctionCall(launchGuard, "setCap", [asset, BigInt(cap)], { id: `setCap_${asset}` });
      return encode(`execute_setCap_${asset}`, "execute", [launchGuard, setCap]);
    });
    const setPowers = POWERS.flatMap(({ role, selector }) => [
      encode(`label_${role}`, "labelRole", [ROLES[role], role]),
      encode(`power_${role}`, "setTargetFunctionRole", [launchGuard, [selector], ROLES[role]]),
    ]);
    const handOver = [
      ...grant("LAUNCH", launch.accounts, launch.delay),
      ...grant("GUARDIAN", guardian.accounts, 0),
      ...grant("ADMIN", [admin.account], admin.delay),
      ...(admin.account === deployer ? [] : [encode("renounce", "renounceRole", [ROLES.ADMIN, deployer])]),
    ];
    m.call(accessManager, "multicall", [[...setCaps, ...setPowers, ...handOver]], { id: "HandOver" });
    return { accessManager, launchGuard };
  });
}
