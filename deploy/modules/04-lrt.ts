import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import AccessManagerArtifact from "@openzeppelin/contracts/build/contracts/AccessManager.json";
import { FunctionFragment } from "ethers";
import type { LrtParameters } from "../parameters";

/** Roles of the tokens' AccessManager; what ADMIN may do is fixed by OpenZeppelin. */
export const LRT_ROLES = { ADMIN: 0n, CURATOR: 1n, GUARDIAN: 2n } as const;

/** What Ignition calls a token. A symbol has letters and digits only, so nothing else is called so, whatever it is. */
export function tokenKey(symbol: string): string {
  return `${symbol}_Token`;
}

const selector = (verb: string, ...types: string[]): string => FunctionFragment.getSelector(verb, types);

/** What each role may call on every token and its allocator, and nothing else. */
export const LRT_POWERS = [
  { role: "CURATOR", contract: "Allocator", verb: "setTarget", selector: selector("setTarget", "address", "uint16") },
  { role: "CURATOR", contract: "LiquidRestakingToken", verb: "raiseCap", selector: selector("raiseCap", "uint96") },
  { role: "GUARDIAN", contract: "LiquidRestakingToken", verb: "lowerCap", selector: selector("lowerCap", "uint96") },
  {
    role: "GUARDIAN",
    contract: "LiquidRestakingToken",
    verb: "setEntryPaused",
    selector: selector("setEntryPaused", "bool"),
  },
] as const;

/**
 * One liquid restaking token for each asset, on a core that knows nothing of them. A token's constructor creates all its
 * parts, so that nothing is ever half wired.
 *
 * They have an AccessManager of their own: whoever has power over the launch has none here, and the other way about. One
 * transaction says what the roles may do, gives them to their members, and takes the deployer's own power away (unless the
 * parameters name it). Deposits open only by the seed, which is locked for ever and comes last.
 *
 * @param deployer The first account of the network; it pays the seeds.
 * @param slasher The core's Slasher.
 */
export function lrtModule(deployer: string, slasher: string, { admin, curator, guardian, tokens }: LrtParameters) {
  return buildModule("Lrt", (m) => {
    const accessManager = m.contract("AccessManager", AccessManagerArtifact, [deployer]);
    const allocatorDeployer = m.contract("AllocatorDeployer");
    const encode = (id: string, name: string, args: Parameters<typeof m.encodeFunctionCall>[2]) =>
      m.encodeFunctionCall(accessManager, name, args, { id });
    const grant = (role: keyof typeof LRT_ROLES, accounts: readonly string[], delay: number) =>
      accounts.map((account) => encode(`grant_${role}_${account}`, "grantRole", [LRT_ROLES[role], account, delay]));

    const deployed = tokens.map(({ name, symbol, seed, ...rest }) => {
      const config = { ...rest, maxTotalAssets: BigInt(rest.maxTotalAssets) };
      const parts = { slasher, allocatorDeployer, authority: accessManager };
      const token = m.contract("LiquidRestakingToken", [name, symbol, { ...config, ...parts }], {
        id: tokenKey(symbol),
      });
      const allocator = m.staticCall(token, "ALLOCATOR", [], 0, { id: `${symbol}_Allocator` });
      return { symbol, token, allocator, asset: rest.asset, seed: BigInt(seed) };
    });
    const setPowers = deployed.flatMap(({ symbol, token, allocator }) =>
      LRT_POWERS.map(({ role, contract, verb, selector: function_ }) =>
        encode(`power_${symbol}_${verb}`, "setTargetFunctionRole", [
          contract === "Allocator" ? allocator : token,
          [function_],
          LRT_ROLES[role],
        ]),
      ),
    );
    const handOver = [
      ...(["CURATOR", "GUARDIAN"] as const).map((role) =>
        encode(`label_${role}`, "labelRole", [LRT_ROLES[role], role]),
      ),
      ...grant("CURATOR", curator.accounts, curator.delay),
      ...grant("GUARDIAN", guardian.accounts, 0),
      ...grant("ADMIN", [admin.account], admin.delay),
      ...(admin.account === deployer ? [] : [encode("renounce", "renounceRole", [LRT_ROLES.ADMIN, deployer])]),
    ];
    const handedOver = m.call(accessManager, "multicall", [[...setPowers, ...handOver]], { id: "HandOver" });
    for (const { symbol, token, asset, seed } of deployed) {
      const erc20 = m.contractAt("IERC20", asset, { id: `${symbol}_Asset` });
      const approved = m.call(erc20, "approve", [token, seed], { id: `${symbol}_Approve`, after: [handedOver] });
      m.call(token, "seed", [seed], { id: `${symbol}_Seed`, after: [approved] });
    }
    return {
      accessManager,
      allocatorDeployer,
      ...Object.fromEntries(deployed.map(({ symbol, token }) => [tokenKey(symbol), token])),
    };
  });
}
