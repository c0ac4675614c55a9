import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type {
  Allocator,
  AllocatorDeployer,
  ExitQueue,
  IAccessManager,
  LiquidRestakingToken,
  RewardAuction,
} from "../typechain-types";
import type { RecordOptions } from "./deploy";
import { deployModule } from "./ignition";
import { lrtModule, tokenKey } from "./modules/04-lrt";
import type { LrtParameters } from "./parameters";

/** Where the liquid restaking tokens are, by their symbols; all else of a token is told by itself. */
export interface LrtAddresses {
  readonly accessManager: string;
  readonly allocatorDeployer: string;
  readonly tokens: Readonly<Record<string, string>>;
}

/** A liquid restaking token and its parts, connected to its deployer. */
export interface LrtContracts {
  readonly token: LiquidRestakingToken;
  readonly queue: ExitQueue;
  readonly allocator: Allocator;
  readonly auction: RewardAuction;
}

/** Names under which Ignition records what is not a token. */
export const LRT_PARTS = { accessManager: "Lrt#AccessManager", allocatorDeployer: "Lrt#AllocatorDeployer" } as const;

/** The typed contracts of the token at an address. */
export async function connectToken({ ethers }: HardhatRuntimeEnvironment, address: string): Promise<LrtContracts> {
  const token = await ethers.getContractAt("LiquidRestakingToken", address);
  return {
    token,
    queue: await ethers.getContractAt("ExitQueue", await token.EXIT_QUEUE()),
    allocator: await ethers.getContractAt("Allocator", await token.ALLOCATOR()),
    auction: await ethers.getContractAt("RewardAuction", await token.REWARD_AUCTION()),
  };
}

/** What the tokens share, typed. */
export async function connectShared(
  { ethers }: HardhatRuntimeEnvironment,
  { accessManager, allocatorDeployer }: LrtAddresses,
): Promise<{ accessManager: IAccessManager; allocatorDeployer: AllocatorDeployer }> {
  return {
    accessManager: await ethers.getContractAt("IAccessManager", accessManager),
    allocatorDeployer: await ethers.getContractAt("AllocatorDeployer", allocatorDeployer),
  };
}

/**
 * Deploys the liquid restaking tokens through Ignition, from the first account of the network, which pays their seeds.
 * What an earlier run with the same `deploymentId` has done is not done again.
 *
 * @param slasher The core's Slasher.
 * @param record Left out on the in-process chain, where nothing is kept.
 */
export async function deployLrt(
  hre: HardhatRuntimeEnvironment,
  slasher: string,
  parameters: LrtParameters,
  record?: RecordOptions,
): Promise<LrtAddresses> {
  const [deployer] = await hre.ethers.getSigners();
  if (deployer === undefined) throw new Error("The network has no account to deploy from.");
  const symbols = parameters.tokens.map(({ symbol }) => symbol);
  record?.onStep?.(`${symbols.join(", ")}: a token for each asset, roles, seeds`);
  const module = lrtModule(deployer.address, slasher, parameters);
  const deployed: Readonly<Record<string, string>> = await deployModule(hre, module, record?.deploymentId);
  const addressOf = (key: string): string => {
    const address = deployed[key];
    if (address === undefined) throw new Error(`Ignition has not deployed ${key}.`);
    return address;
  };
  return {
    accessManager: addressOf("accessManager"),
    allocatorDeployer: addressOf("allocatorDeployer"),
    tokens: Object.fromEntries(symbols.map((symbol) => [symbol, addressOf(tokenKey(symbol))])),
  };
}
