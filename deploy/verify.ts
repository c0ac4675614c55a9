import AccessManagerArtifact from "@openzeppelin/contracts/build/contracts/AccessManager.json";
import { TypedDataEncoder } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { IAccessManager } from "../typechain-types";
import { compilationOf } from "./compilation";
import { type Addresses, type Bulkhead, connect } from "./deploy";
import { POWERS, ROLES } from "./modules/01-access";
import type { DeploymentParameters } from "./parameters";

/** One thing that was read back from the chain. */
export interface Check {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  readonly ok: boolean;
}

/** What should be there. */
export interface Expectation {
  readonly addresses: Addresses;
  readonly parameters: DeploymentParameters;
  readonly deployer: string;
  /** Block from which on the history of the roles is read. */
  readonly startBlock: number;
}

/** What an AccessManager should say. */
export interface Roles {
  readonly accessManager: IAccessManager;
  /** Numbers of the roles by their names. */
  readonly ids: Readonly<Record<string, bigint>>;
  /** Who holds each role, and after how many seconds of notice; a role without an entry is not checked. */
  readonly members: Readonly<Record<string, ReadonlyMap<string, number>>>;
  /** What each role may call. */
  readonly powers: readonly {
    readonly role: string;
    readonly what: string;
    readonly target: string;
    readonly selector: string;
  }[];
}

/** Compares what was read with what should be there. */
export function check(what: string, expected: string | bigint | number, found: string | bigint | number): Check {
  return { what, expected: String(expected), found: String(found), ok: String(expected) === String(found) };
}

/** Runtime code of a compiled contract, and where its immutables lie in it. */
async function compiledCode(
  hre: HardhatRuntimeEnvironment,
  name: string,
): Promise<{ code: string; immutables: readonly { start: number; length: number }[] }> {
  if (name === "AccessManager") return { code: AccessManagerArtifact.deployedBytecode, immutables: [] };
  const { sourceName, deployedBytecode: code } = await hre.artifacts.readArtifact(name);
  const { output } = await compilationOf(hre, `${sourceName}:${name}`);
  const references = output.contracts[sourceName]?.[name]?.evm.deployedBytecode.immutableReferences ?? {};
  return { code, immutables: Object.values(references).flat() };
}

/** Blanks the immutables of a code: they are compared one by one, through their views. */
function mask(code: string, immutables: readonly { start: number; length: number }[]): string {
  const bytes = Buffer.from(code.slice(2), "hex");
  for (const { start, length } of immutables) bytes.fill(0, start, start + length);
  return bytes.toString("hex");
}

/** Whether the code of a contract is what was compiled, immutables left out; `what` names it if its source does not. */
export async function checkCodeOf(
  hre: HardhatRuntimeEnvironment,
  name: string,
  address: string,
  what = name,
): Promise<Check> {
  const { code, immutables } = await compiledCode(hre, name);
  const found = await hre.ethers.provider.getCode(address);
  const same = found.length === code.length && mask(found, immutables) === mask(code, immutables);
  const verdict = found === "0x" ? "no code" : same ? "as compiled" : "other code";
  return check(`code of ${what}`, "as compiled", verdict);
}

async function checkCode(hre: HardhatRuntimeEnvironment, addresses: Addresses): Promise<Check[]> {
  const names = Object.keys(addresses) as (keyof Addresses)[];
  return Promise.all(names.map(async (name) => checkCodeOf(hre, name, addresses[name])));
}

async function checkParameters(
  bulkhead: Bulkhead,
  { addresses, parameters, deployer }: Expectation,
  chainId: bigint,
): Promise<Check[]> {
  const { launchGuard, slasher, stakeManager, allocationManager, rewardsDeployer, rewardsDistributor, rewardSplits } =
    bulkhead;
  const { exitDelay, guardedUntil, caps } = parameters;
  const bucket = exitDelay / 8;
  const timing = await Promise.all(
    Object.entries({ StakeManager: stakeManager, AllocationManager: allocationManager }).map(async ([name, ledger]) => [
      check(`${name}.EXIT_DELAY`, exitDelay, await ledger.EXIT_DELAY()),
      check(`${name}.BUCKET`, bucket, await ledger.BUCKET()),
      check(`${name}.NOTICE`, exitDelay + 4 * bucket, await ledger.NOTICE()),
      check(`${name}.SLASHER`, addresses.Slasher, await ledger.SLASHER()),
    ]),
  );
  const domain = (name: "StakeManager" | "RewardsDistributor"): string => {
    const parts = { name: `Bulkhead ${name}`, version: "1", chainId, verifyingContract: addresses[name] };
    return TypedDataEncoder.hashDomain(parts);
  };
  return [
    check("Slasher.STAKE_MANAGER", addresses.StakeManager, await slasher.STAKE_MANAGER()),
    check("Slasher.ALLOCATION_MANAGER", addresses.AllocationManager, await slasher.ALLOCATION_MANAGER()),
    ...timing.flat(),
    check("StakeManager.REWARDS_DISTRIBUTOR", addresses.RewardsDistributor, await stakeManager.REWARDS_DISTRIBUTOR()),
    check("StakeManager.LAUNCH_GUARD", addresses.LaunchGuard, await stakeManager.LAUNCH_GUARD()),
    check("StakeManager.GUARDED_UNTIL", guardedUntil, await stakeManager.GUARDED_UNTIL()),
    check("StakeManager.DOMAIN_SEPARATOR", domain("StakeManager"), await stakeManager.DOMAIN_SEPARATOR()),
    check("RewardsDeployer.DEPLOYER", deployer, await rewardsDeployer.DEPLOYER()),
    check("RewardsDeployer.DISTRIBUTOR", addresses.RewardsDistributor, await rewardsDeployer.DISTRIBUTOR()),
    check("RewardsDistributor.STAKE_MANAGER", addresses.StakeManager, await rewardsDistributor.STAKE_MANAGER()),
    check("RewardsDistributor.BUCKET", bucket, await rewardsDistributor.BUCKET()),
    check("RewardsDistributor.NOTICE", exitDelay + 4 * bucket, await rewardsDistributor.NOTICE()),
    check("RewardsDistributor.GRAIN_BITS", 63 + Math.floor(Math.log2(bucket)), await rewardsDistributor.GRAIN_BITS()),
    check(
      "RewardsDistributor.DOMAIN_SEPARATOR",
      domain("RewardsDistributor"),
      await rewardsDistributor.DOMAIN_SEPARATOR(),
    ),
    check("RewardSplits.SLASHER", addresses.Slasher, await rewardSplits.SLASHER()),
    check("LaunchGuard.authority", addresses.AccessManager, await launchGuard.authority()),
    ...(await Promise.all(
      caps.map(async ({ asset, cap }) => check(`LaunchGuard.capOf ${asset}`, cap, await launchGuard.capOf(asset))),
    )),
  ];
}

/** Everybody who was ever given one of the roles, or anything else that the history of the AccessManager tells. */
async function everGranted(accessManager: IAccessManager, startBlock: number): Promise<Map<bigint, Set<string>>> {
  const found = new Map<bigint, Set<string>>();
  for (const { args } of await accessManager.queryFilter(accessManager.filters.RoleGranted(), startBlock)) {
    const members = found.get(args.roleId) ?? new Set<string>();
    found.set(args.roleId, members.add(args.account));
  }
  return found;
}

/** Accounts which all have the same notice. */
export function withDelay(accounts: readonly string[], delay: number): Map<string, number> {
  return new Map(accounts.map((account) => [account, delay]));
}

/** `0xAb… (notice: 300 s)`, or what else an account may do. */
function membership(account: string, isMember: boolean, delay: bigint | number): string {
  return isMember ? `${account} (notice: ${delay} s)` : "";
}

/** Compares who may do what with what an AccessManager says, and with its history. */
export async function checkRoles(
  { accessManager, ids, members: expected, powers: wantedPowers }: Roles,
  { deployer, startBlock }: Pick<Expectation, "deployer" | "startBlock">,
): Promise<Check[]> {
  const granted = await everGranted(accessManager, startBlock);
  const idOf = (role: string): bigint => {
    const id = ids[role];
    if (id === undefined) throw new Error(`There is no role ${role}.`);
    return id;
  };
  const members = await Promise.all(
    Object.entries(expected).map(async ([role, list]) => {
      const id = idOf(role);
      const candidates = new Set([deployer, ...list.keys(), ...(granted.get(id) ?? [])]);
      const current = await Promise.all(
        [...candidates].map(async (account) => {
          const [isMember, delay] = await accessManager.hasRole(id, account);
          return membership(account, isMember, delay);
        }),
      );
      const join = (entries: readonly string[]): string =>
        entries
          .filter((entry) => entry !== "")
          .sort()
          .join(", ");
      const wanted = [...list].map(([account, delay]) => membership(account, true, delay));
      return check(`members of ${role}`, join(wanted), join(current));
    }),
  );
  const known = new Set(Object.values(ids));
  const others = [...granted.keys()].filter((role) => !known.has(role));
  const powers = await Promise.all(
    wantedPowers.map(async ({ role, what, target, selector }) =>
      check(`role that may call ${what}`, idOf(role), await accessManager.getTargetFunctionRole(target, selector)),
    ),
  );
  const keepers = await Promise.all(
    [...new Set(wantedPowers.map(({ role }) => role))].map(async (role) => [
      check(`admin role of ${role}`, ROLES.ADMIN, await accessManager.getRoleAdmin(idOf(role))),
      check(`guardian role of ${role}`, ROLES.ADMIN, await accessManager.getRoleGuardian(idOf(role))),
    ]),
  );
  return [
    ...members,
    ...keepers.flat(),
    check("other roles", "none", others.length === 0 ? "none" : others.join(", ")),
    ...powers,
  ];
}

/** Who may do what with the launch guard. */
function launchRoles({ accessManager }: Bulkhead, { addresses, parameters }: Expectation): Roles {
  const { admin, launch, guardian } = parameters;
  return {
    accessManager,
    ids: ROLES,
    members: {
      ADMIN: withDelay([admin.account], admin.delay),
      LAUNCH: withDelay(launch.accounts, launch.delay),
      GUARDIAN: withDelay(guardian.accounts, 0),
    },
    powers: POWERS.map(({ role, verb, selector }) => ({
      role,
      what: `LaunchGuard.${verb}`,
      target: addresses.LaunchGuard,
      selector,
    })),
  };
}

/**
 * Reads a deployment back from the chain and compares it with the artifacts (runtime code, immutables left out), and
 * with its parameters (every immutable, caps, and who holds which role).
 */
export async function verifyDeployment(hre: HardhatRuntimeEnvironment, expectation: Expectation): Promise<Check[]> {
  const code = await checkCode(hre, expectation.addresses);
  // Views of what is not there say nothing.
  if (code.some(({ found }) => found === "no code")) return code;
  const bulkhead = await connect(hre, expectation.addresses);
  const { chainId } = await hre.ethers.provider.getNetwork();
  return [
    ...code,
    ...(await checkParameters(bulkhead, expectation, chainId)),
    ...(await checkRoles(launchRoles(bulkhead, expectation), expectation)),
  ];
}
