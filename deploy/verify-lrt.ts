import { TypedDataEncoder } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { Addresses } from "./deploy";
import { connectShared, connectToken, type LrtAddresses } from "./lrt";
import { LRT_POWERS, LRT_ROLES } from "./modules/04-lrt";
import type { LrtParameters, LrtToken } from "./parameters";
import { type Check, check, checkCodeOf, checkRoles, type Expectation, withDelay } from "./verify";

/** What should be there of the liquid restaking tokens. */
export interface LrtExpectation extends Pick<Expectation, "deployer" | "startBlock"> {
  readonly addresses: Pick<Addresses, "StakeManager" | "AllocationManager" | "Slasher">;
  readonly lrt: LrtParameters;
  readonly found: LrtAddresses;
}

/** Seeds are locked here: see `contracts/lrt/LiquidRestakingToken.sol`. */
const LOCKED = "0x000000000000000000000000000000000000dEaD";

/** Every parameter of a token, what it was wired with, and its seed. */
async function checkToken(
  hre: HardhatRuntimeEnvironment,
  { addresses, deployer, found }: LrtExpectation,
  expected: LrtToken,
): Promise<{ checks: Check[]; targets: Readonly<Record<string, string>> }> {
  const { symbol } = expected;
  const address = found.tokens[symbol] ?? "";
  const { token, queue, allocator, auction } = await connectToken(hre, address);
  const parts = {
    ExitQueue: await queue.getAddress(),
    Allocator: await allocator.getAddress(),
    RewardAuction: await auction.getAddress(),
  };
  const code = Object.entries(parts).map(([name, at]) => checkCodeOf(hre, name, at, `${symbol}'s ${name}`));
  const { chainId } = await hre.ethers.provider.getNetwork();
  const domain = { name: expected.name, version: "1", chainId, verifyingContract: address };
  const views = {
    name: [expected.name, await token.name()],
    symbol: [symbol, await token.symbol()],
    asset: [expected.asset, await token.asset()],
    SLASHER: [addresses.Slasher, await token.SLASHER()],
    STAKE_MANAGER: [addresses.StakeManager, await token.STAKE_MANAGER()],
    "token of the queue": [address, await queue.TOKEN()],
    "token of the auction": [address, await auction.TOKEN()],
    "token of the allocator": [address, await allocator.TOKEN()],
    "STAKE_MANAGER of the allocator": [addresses.StakeManager, await allocator.STAKE_MANAGER()],
    "ALLOCATION_MANAGER of the allocator": [addresses.AllocationManager, await allocator.ALLOCATION_MANAGER()],
    FEE_RECIPIENT: [expected.feeRecipient, await token.FEE_RECIPIENT()],
    SEEDER: [deployer, await token.SEEDER()],
    MAX_TOTAL_ASSETS: [expected.maxTotalAssets, await token.MAX_TOTAL_ASSETS()],
    PERFORMANCE_FEE_BPS: [expected.performanceFeeBps, await token.PERFORMANCE_FEE_BPS()],
    EXIT_FEE_BPS: [expected.exitFeeBps, await token.EXIT_FEE_BPS()],
    BUFFER_BPS: [expected.bufferBps, await allocator.BUFFER_BPS()],
    OPERATOR_RISK_BPS: [expected.operatorRiskBps, await allocator.OPERATOR_RISK_BPS()],
    SERVICE_RISK_BPS: [expected.serviceRiskBps, await allocator.SERVICE_RISK_BPS()],
    authority: [found.accessManager, await token.authority()],
    "authority of the allocator": [found.accessManager, await allocator.authority()],
    DOMAIN_SEPARATOR: [TypedDataEncoder.hashDomain(domain), await token.DOMAIN_SEPARATOR()],
  } as const;
  const seed = await token.balanceOf(LOCKED);
  return {
    checks: [
      ...(await Promise.all(code)),
      ...Object.entries(views).map(([view, [wanted, is]]) => check(`${symbol}.${view}`, wanted, is)),
      check(`${symbol}'s seed is locked`, "yes", seed >= BigInt(expected.seed) ? "yes" : `${seed} units`),
    ],
    targets: { LiquidRestakingToken: address, Allocator: parts.Allocator },
  };
}

/**
 * Reads the liquid restaking tokens back from the chain and compares them with the artifacts (runtime code, immutables
 * left out), and with their parameters (every immutable, the seeds, and who holds which role).
 */
export async function verifyLrt(hre: HardhatRuntimeEnvironment, expectation: LrtExpectation): Promise<Check[]> {
  const { lrt, found } = expectation;
  const shared = [
    await checkCodeOf(hre, "AccessManager", found.accessManager, "the tokens' AccessManager"),
    await checkCodeOf(hre, "AllocatorDeployer", found.allocatorDeployer),
    ...(await Promise.all(
      Object.entries(found.tokens).map(([symbol, at]) => checkCodeOf(hre, "LiquidRestakingToken", at, symbol)),
    )),
  ];
  // Views of what is not there say nothing.
  if (shared.some(({ found: verdict }) => verdict === "no code")) return shared;
  const tokens = await Promise.all(lrt.tokens.map((token) => checkToken(hre, expectation, token)));
  const { accessManager } = await connectShared(hre, found);
  const roles = await checkRoles(
    {
      accessManager,
      ids: LRT_ROLES,
      members: {
        ADMIN: withDelay([lrt.admin.account], lrt.admin.delay),
        CURATOR: withDelay(lrt.curator.accounts, lrt.curator.delay),
        GUARDIAN: withDelay(lrt.guardian.accounts, 0),
      },
      powers: tokens.flatMap(({ targets }, index) =>
        LRT_POWERS.map(({ role, contract, verb, selector }) => ({
          role,
          what: `${lrt.tokens[index]?.symbol ?? ""}'s ${contract}.${verb}`,
          target: targets[contract] ?? "",
          selector,
        })),
      ),
    },
    expectation,
  );
  return [
    ...shared,
    ...tokens.flatMap(({ checks }) => checks),
    ...roles.map((one) => ({ ...one, what: `tokens: ${one.what}` })),
  ];
}
