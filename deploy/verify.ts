import AccessManagerArtifact from "@openzeppelin/contracts/build/contracts/AccessManager.json";
import { TypedDataEncoder } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
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

type RoleName = keyof typeof ROLES;

const ROLE_NAMES = ["ADMIN", "LAUNCH", "GUARDIAN"] as const satisfies readonly RoleName[];

function check(what: string, expected: string | bigint | number, found: string | bigint | number): Check {
  return { what, expected: String(expected), found: String(found), ok: String(expected) === String(found) };
}

/** Runtime code of a compiled contract, and where its immutables lie in it. */
async function compiledCode(
  hre: HardhatRuntimeEnvironment,
  name: keyof Addresses,
): Promise<{ code: string; immutables: readonly { start: number; length: number }[] }> {
  if (name === "AccessManager") return { code: AccessManagerArtifact.deployedBytecode, immutables: [] };
  const { sourceName, deployedBytecode: code } = await hre.artifacts.readArtifact(name);
  const buildInfo = await hre.artifacts.getBuildInfo(`${sourceName}:${name}`);
  const references = buildInfo?.output.contracts[sourceName]?.[name]?.evm.deployedBytecode.immutableReferences ?? {};
  return { code, immutables: Object.values(references).flat() };
}

/** Blanks the immutables of a code: they are compared one by one, through their views. */
function mask(code: string, immutables: readonly { start: number; length: number }[]): string {
  const bytes = Buffer.from(code.slice(2), "hex");
  for (const { start, length } of immutables) bytes.fill(0, start, start + length);
  return bytes.toString("hex");
}

async function checkCode(hre: HardhatRuntimeEnvironment, addresses: Addresses): Promise<Check[]> {
  const names = Object.keys(addresses) as (keyof Addresses)[];
  return Promise.all(
    names.map(async (name) => {
      const { code, immutables } = await compiledCode(hre, name);
      const found = await hre.ethers.provider.getCode(addresses[name]);
      const same = found.length === code.length && mask(found, immutables) === mask(code, immutables);
      const verdict = found === "0x" ? "no code" : same ? "as compiled" : "other code";
      return check(`code of ${name}`, "as compiled", verdict);
    }),
  );
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
async function everGranted({ accessManager }: Bulkhead, startBlock: number): Promise<Map<bigint, Set<string>>> {
  const found = new Map<bigint, Set<string>>();
  for (const { args } of await accessManager.queryFilter(accessManager.filters.RoleGranted(), startBlock)) {
    const members = found.get(args.roleId) ?? new Set<string>();
    found.set(args.roleId, members.add(args.account));
  }
  return found;
}

function expectedMembers({ admin, launch, guardian }: DeploymentParameters): Record<RoleName, Map<string, number>> {
  const withDelay = (accounts: readonly string[], delay: number): Map<string, number> =>
    new Map(accounts.map((account) => [account, delay]));
  return {
    ADMIN: withDelay([admin.account], admin.delay),
    LAUNCH: withDelay(launch.accounts, launch.delay),
    GUARDIAN: withDelay(guardian.accounts, 0),
  };
}

/** `0xAb… (notice: 300 s)`, or what else an account may do. */
function membership(account: string, isMember: boolean, delay: bigint | number): string {
  return isMember ? `${account} (notice: ${delay} s)` : "";
}

async function checkRoles(bulkhead: Bulkhead, expectation: Expectation): Promise<Check[]> {
  const { accessManager, launchGuard } = bulkhead;
  const { deployer, parameters, startBlock } = expectation;
  const expected = expectedMembers(parameters);
  const granted = await everGranted(bulkhead, startBlock);
  const members = await Promise.all(
    ROLE_NAMES.map(async (role) => {
      const candidates = new Set([deployer, ...expected[role].keys(), ...(granted.get(ROLES[role]) ?? [])]);
      const current = await Promise.all(
        [...candidates].map(async (account) => {
          const [isMember, delay] = await accessManager.hasRole(ROLES[role], account);
          return membership(account, isMember, delay);
        }),
      );
      const list = (entries: readonly string[]): string =>
        entries
          .filter((entry) => entry !== "")
          .sort()
          .join(", ");
      const wanted = [...expected[role]].map(([account, delay]) => membership(account, true, delay));
      return check(`members of ${role}`, list(wanted), list(current));
    }),
  );
  const known = new Set<bigint>(Object.values(ROLES));
  const others = [...granted.keys()].filter((role) => !known.has(role));
  const powers = await Promise.all(
    POWERS.map(async ({ role, verb, selector }) => {
      const found = await accessManager.getTargetFunctionRole(launchGuard, selector);
      return check(`role that may call LaunchGuard.${verb}`, ROLES[role], found);
    }),
  );
  const keepers = await Promise.all(
    POWERS.map(async ({ role }) => [
      check(`admin role of ${role}`, ROLES.ADMIN, await accessManager.getRoleAdmin(ROLES[role])),
      check(`guardian role of ${role}`, ROLES.ADMIN, await accessManager.getRoleGuardian(ROLES[role])),
    ]),
  );
  return [
    ...members,
    ...keepers.flat(),
    check("other roles", "none", others.length === 0 ? "none" : others.join(", ")),
    ...powers,
  ];
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
    ...(await checkRoles(bulkhead, expectation)),
  ];
}
