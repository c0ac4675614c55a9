import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import hre, { ethers } from "hardhat";
import { connect, deployBulkhead } from "../../deploy/deploy";
import { connectToken, deployLrt, type LrtContracts } from "../../deploy/lrt";
import {
  IERC20__factory,
  type AllocationManager,
  type IERC20,
  type LaunchGuard,
  type MockERC20,
  type RewardsDistributor,
  type Slasher,
  type StakeManager,
} from "../../typechain-types";
import { deployWeth9 } from "../lib/weth9";
import { amount, type Amount, type Token } from "./amounts";

/** Seconds of a day. */
export const DAY = 86_400n;

/** Stakers may leave within so much time, whatever happens; mainnet's value. */
export const EXIT_DELAY = 14n * DAY;

/** For so long a guard may bound entry. */
const GUARDED_FOR = 30n * DAY;

/** Whoever can have stake: somebody, or a contract. */
export interface Account {
  readonly name: string;
  readonly address: string;
}

/** Somebody in the story. */
export interface Actor extends Account {
  readonly signer: HardhatEthersSigner;
}

/** Who is in the story, in the order of the chain's accounts: the first one deploys. */
const NAMES = [
  "Guardian",
  "Alice",
  "Bob",
  "Carol",
  "Olympia",
  "Meridian",
  "Lantern",
  "Verifier",
  "Causeway",
  "Watch",
  "Council",
  "Fund",
  "Curator",
  "Dana",
  "Erik",
  "Keeper",
] as const;

/** Everybody by name. */
export type Cast = Readonly<Record<(typeof NAMES)[number], Actor>>;

/** The deployed contracts. */
export interface Contracts {
  readonly stakeManager: StakeManager;
  readonly allocationManager: AllocationManager;
  readonly slasher: Slasher;
  readonly launchGuard: LaunchGuard;
  readonly rewardsDistributor: RewardsDistributor;
}

/** The liquid restaking token of WETH, and its parts. */
export interface Liquid extends LrtContracts {
  /** Its shares. */
  readonly share: Token;
}

/** Everything that the story happens in. */
export interface World extends Contracts {
  readonly cast: Cast;
  readonly weth: Token;
  readonly usdc: Token;
  /** The same USDC with its permits. */
  readonly usdcPermit: MockERC20;
  /** The two tokens that services pay in. */
  readonly eurc: Token;
  readonly lum: Token;
  readonly liquid: Liquid;
  /** Second at which day 0 begins. */
  readonly beginsAt: bigint;
}

/** Opens the world at the beginning of a bucket, so that every run tells the same days. */
export async function openWorld(): Promise<World> {
  const beginsAt = await alignClock();
  const cast = await gatherCast();
  const contracts = await deployCore(cast.Guardian, beginsAt + GUARDED_FOR);
  const weth9 = await deployWeth9(cast.Guardian.signer);
  const usdcPermit = await ethers.deployContract("MockERC20", ["USD Coin", "USDC", 6]);
  const weth: Token = { symbol: "WETH", decimals: 18, shown: 4, address: await weth9.getAddress() };
  const usdc: Token = { symbol: "USDC", decimals: 6, shown: 2, address: await usdcPermit.getAddress() };
  const eurc = await deployReward("Euro Coin", "EURC", 6, 2);
  const lum = await deployReward("Lumen", "LUM", 18, 2);
  const liquid = await deployLiquid(contracts.slasher, cast, weth);
  return { ...contracts, cast, weth, usdc, usdcPermit, eurc, lum, liquid, beginsAt };
}

async function deployReward(name: string, symbol: string, decimals: number, shown: number): Promise<Token> {
  const contract = await ethers.deployContract("MockERC20", [name, symbol, decimals]);
  return { symbol, decimals, shown, address: await contract.getAddress() };
}

/** Deploys the core through the modules that every network uses. */
async function deployCore(admin: Actor, guardedUntil: bigint): Promise<Contracts> {
  const accounts = [admin.address];
  const addresses = await deployBulkhead(hre, {
    exitDelay: Number(EXIT_DELAY),
    guardedUntil: Number(guardedUntil),
    admin: { account: admin.address, delay: 0 },
    launch: { accounts, delay: 0 },
    guardian: { accounts },
    caps: [],
  });
  return await connect(hre, addresses);
}

/** Deploys the liquid restaking token through the module that every network uses; the deployer locks the seed. */
async function deployLiquid(slasher: Slasher, { Guardian, Curator }: Cast, weth: Token): Promise<Liquid> {
  const seed = amount(weth, "0.01");
  await wrap(Guardian, seed);
  const symbol = "bhWETH";
  const { tokens } = await deployLrt(hre, await slasher.getAddress(), {
    admin: { account: Guardian.address, delay: 0 },
    curator: { accounts: [Curator.address], delay: 0 },
    guardian: { accounts: [Guardian.address] },
    tokens: [
      {
        asset: weth.address,
        name: "Bulkhead WETH",
        symbol,
        seed: seed.units.toString(),
        feeRecipient: Curator.address,
        maxTotalAssets: amount(weth, "1000").units.toString(),
        performanceFeeBps: 1_000,
        exitFeeBps: 30,
        bufferBps: 500,
        operatorRiskBps: 2_500,
        serviceRiskBps: 4_000,
      },
    ],
  });
  const address = tokens[symbol] ?? "";
  return { ...(await connectToken(hre, address)), share: { symbol, decimals: 18, shown: 4, address } };
}

/** Wraps ether of an actor. */
export async function wrap({ signer }: Actor, { token, units }: Amount): Promise<void> {
  await (await signer.sendTransaction({ to: token.address, value: units })).wait();
}

/** Moves the chain's clock to the next multiple of four buckets. */
async function alignClock(): Promise<bigint> {
  const span = EXIT_DELAY / 2n;
  const beginsAt = (BigInt(await time.latest()) / span + 1n) * span;
  await time.increaseTo(beginsAt);
  return beginsAt;
}

async function gatherCast(): Promise<Cast> {
  const signers = await ethers.getSigners();
  const actors = NAMES.map((name, index): [string, Actor] => {
    const signer = signers[index];
    if (signer === undefined) throw new Error(`The chain has no account for ${name}.`);
    return [name, { name, signer, address: signer.address }];
  });
  return Object.fromEntries(actors) as Cast;
}

/** The contract of a token, called by an actor. */
export function erc20(token: Token, { signer }: Actor): IERC20 {
  return IERC20__factory.connect(token.address, signer);
}
