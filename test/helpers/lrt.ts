import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { type ContractTransactionResponse, ZeroAddress, ZeroHash } from "ethers";
import hre, { ethers } from "hardhat";
import { connectToken, deployLrt as deployTokens, type LrtContracts } from "../../deploy/lrt";
import type { Allocator, ExitQueue, LiquidRestakingToken, MockERC20, RewardAuction } from "../../typechain-types";
import type { LrtConfigStruct } from "../../typechain-types/contracts/lrt/LiquidRestakingToken";
import type { WithdrawalKeyStruct } from "../../typechain-types/contracts/lrt/ExitQueue";
import { deployProtocol, type Protocol } from "./protocol";
import { namedSigners } from "./signers";
import { readRecord, type SlashRecord } from "./slash";
import { at, now, passTo } from "./stake";
import { wad } from "./units";

const NAME = "Bulkhead WETH";
const SYMBOL = "bhWETH";

/** A liquid restaking token, seeded, with nobody in it; three operators who have opened their pools, and have no target. */
export interface Lrt extends Protocol {
  token: LiquidRestakingToken;
  queue: ExitQueue;
  allocator: Allocator;
  auction: RewardAuction;
  asset: MockERC20;
  config: LrtConfig;
  /** One token of the asset. */
  unit: bigint;
  seed: bigint;
  curator: HardhatEthersSigner;
  warden: HardhatEthersSigner;
  treasury: HardhatEthersSigner;
  operators: [HardhatEthersSigner, HardhatEthersSigner, HardhatEthersSigner];
  avs: HardhatEthersSigner;
  judge: HardhatEthersSigner;
  /** Has a million tokens of the asset, allowed to the token, as `bob` and `carol` have. */
  alice: HardhatEthersSigner;
  bob: HardhatEthersSigner;
  carol: HardhatEthersSigner;
  keeper: HardhatEthersSigner;
  deployer: HardhatEthersSigner;
}

/** What a token is deployed with; contracts and accounts by their addresses. */
type LrtConfig = LrtConfigStruct & Record<"asset" | "slasher" | "feeRecipient" | "allocatorDeployer", string>;

/** What differs from the usual token. */
export interface LrtOptions extends Partial<LrtConfig> {
  decimals?: bigint;
  /** Whether it is the deployment, or a token made beside it, with neither seed nor roles. */
  seeded?: boolean;
}

/** The deployment of one token, its roles and its seed. */
async function deployToken(
  { slasher, ...config }: LrtConfig,
  { admin, curator, warden }: Record<"admin" | "curator" | "warden", HardhatEthersSigner>,
  seed: bigint,
): Promise<LrtContracts & { authority: string; allocatorDeployer: string }> {
  const found = await deployTokens(hre, slasher, {
    admin: { account: admin.address, delay: 0 },
    curator: { accounts: [curator.address], delay: 0 },
    guardian: { accounts: [warden.address] },
    tokens: [
      {
        name: NAME,
        symbol: SYMBOL,
        seed: String(seed),
        asset: config.asset,
        feeRecipient: config.feeRecipient,
        maxTotalAssets: String(config.maxTotalAssets),
        performanceFeeBps: Number(config.performanceFeeBps),
        exitFeeBps: Number(config.exitFeeBps),
        bufferBps: Number(config.bufferBps),
        operatorRiskBps: Number(config.operatorRiskBps),
        serviceRiskBps: Number(config.serviceRiskBps),
      },
    ],
  });
  const { accessManager: authority, allocatorDeployer, tokens } = found;
  return { ...(await connectToken(hre, tokens[SYMBOL] ?? "")), authority, allocatorDeployer };
}

/** Deploys the token, its roles and its seed on the core. */
export async function deployLrtWith({ decimals = 18n, seeded = true, ...some }: LrtOptions = {}): Promise<Lrt> {
  const protocol = await deployProtocol();
  const actors = await namedSigners(
    "deployer",
    "curator",
    "warden",
    "treasury",
    "first",
    "secondOperator",
    "third",
    "avs",
    "judge",
    "alice",
    "bob",
    "carol",
    "keeper",
  );
  const { first, secondOperator, third, curator, warden, alice, bob, carol, deployer, ...others } = actors;
  const operators: Lrt["operators"] = [first, secondOperator, third];
  const asset = await ethers.deployContract("MockERC20", ["Wrapped Ether", "WETH", decimals]);
  const unit = 10n ** decimals;
  const seed = unit / 100n > 1_000_000n ? unit / 100n : 1_000_000n;
  await asset.mint(deployer, seed);
  const wanted: LrtConfig = {
    asset: await asset.getAddress(),
    slasher: await protocol.slasher.getAddress(),
    allocatorDeployer: ZeroAddress,
    authority: ZeroAddress,
    feeRecipient: others.treasury.address,
    maxTotalAssets: 100_000n * unit,
    performanceFeeBps: 1_000n,
    exitFeeBps: 30n,
    bufferBps: 500n,
    operatorRiskBps: 2_000n,
    serviceRiskBps: 3_000n,
    ...some,
  };
  const roles = { admin: protocol.admin, curator, warden };
  const { authority, allocatorDeployer, ...deployed } = await deployToken(
    seeded ? wanted : { ...wanted, asset: await asset.getAddress() },
    roles,
    seed,
  );
  const config = { ...wanted, authority, allocatorDeployer };
  const { token, queue, allocator, auction } = seeded
    ? deployed
    : await connectToken(
        hre,
        await (await ethers.deployContract("LiquidRestakingToken", [NAME, SYMBOL, config])).getAddress(),
      );
  for (const operator of operators) {
    await protocol.stakeManager.connect(operator).registerOperator("");
    await protocol.stakeManager.connect(operator).openPool(asset, ZeroAddress);
  }
  for (const account of [alice, bob, carol, deployer]) {
    await asset.mint(account, 1_000_000n * unit);
    await asset.connect(account).approve(token, 1_000_000n * unit);
  }
  const contracts = { token, queue, allocator, auction, asset, config };
  const holders = { alice, bob, carol, deployer };
  return { ...protocol, ...contracts, ...others, ...holders, unit, seed, curator, warden, operators };
}

/** The token as a fixture; the asset has 18 decimals. */
export async function deployLrt(): Promise<Lrt> {
  return await deployLrtWith();
}

/** The same with an asset of 6 decimals. */
export async function deployLrt6(): Promise<Lrt> {
  return await deployLrtWith({ decimals: 6n });
}

/** Both, to be looped over. */
export const DECIMALS = [
  { decimals: 18, fixture: deployLrt },
  { decimals: 6, fixture: deployLrt6 },
] as const;

/** Gives operators a target, and waits until it is in force. */
export async function target(lrt: Lrt, ...targets: readonly (readonly [HardhatEthersSigner, bigint])[]): Promise<void> {
  for (const [operator, bps] of targets) await lrt.allocator.connect(lrt.curator).setTarget(operator, bps);
  await time.increase(lrt.notice);
}

/** Alice has deposited 600 tokens and bob 400; 300 are with each of the operators, the rest is idle. */
export async function stakeEverywhere(lrt: Lrt): Promise<void> {
  const { token, allocator, alice, bob, operators, unit } = lrt;
  await target(lrt, ...operators.map((operator) => [operator, 3_000n] as const));
  await token.connect(alice).deposit(600n * unit, alice);
  await token.connect(bob).deposit(400n * unit, bob);
  for (const operator of operators) await allocator.allocate(operator, 300n * unit);
}

/** A fixture: stake with three operators. */
export async function deployStakedLrt(): Promise<Lrt> {
  const lrt = await loadFixture(deployLrt);
  await stakeEverywhere(lrt);
  return lrt;
}

/** The same with 6 decimals. */
export async function deployStakedLrt6(): Promise<Lrt> {
  const lrt = await loadFixture(deployLrt6);
  await stakeEverywhere(lrt);
  return lrt;
}

/** A set of `avs`, which has a part of the pools of some operators. */
export async function giveTo(
  lrt: Lrt,
  magnitude: bigint,
  { id = 1n, vetoWindow = lrt.exitDelay / 4n, operators = [lrt.operators[0]], wait = true } = {},
): Promise<string> {
  const { allocationManager, avs, judge, asset } = lrt;
  const terms = {
    assets: [asset],
    maxSlash: wad(1n),
    period: lrt.exitDelay,
    vetoWindow,
    slasher: judge,
    resolver: vetoWindow === 0n ? ZeroAddress : judge,
    recipient: ZeroAddress,
  };
  const set = await allocationManager.operatorSetKey(avs, id);
  await allocationManager.connect(avs).createOperatorSet(id, terms, "");
  for (const operator of operators) {
    await allocationManager.connect(operator).registerForOperatorSet(set, "0x");
    await allocationManager.connect(operator).allocate(set, asset, magnitude);
  }
  if (wait) await time.increase(lrt.notice);
  return set;
}

/** Proposes to slash an operator by a fraction of what it has given to a set. */
export async function proposeSlash(
  lrt: Lrt,
  set: string,
  fraction: bigint,
  operator = lrt.operators[0],
): Promise<SlashRecord> {
  const tx = await lrt.slasher.connect(lrt.judge).propose(set, operator, fraction, ZeroHash, "");
  return await readRecord(lrt, tx);
}

/** Waits for the second half of a bucket, if it is not there. */
export async function waitUntilClosable({ queue }: Pick<Lrt, "queue">): Promise<void> {
  const closableAt = await queue.closableAt();
  if ((await now()) < closableAt) await passTo(closableAt);
}

/** Lets the next transaction be in the second half of a bucket, and close the epoch. */
export async function closeEpoch(lrt: Lrt): Promise<ClosedEpoch> {
  const closableAt = await lrt.queue.closableAt();
  if ((await now()) < closableAt) await at(closableAt);
  return await readClosed(lrt, await lrt.queue.connect(lrt.keeper).close());
}

/** What was told when an epoch was closed. */
export interface ClosedEpoch {
  epoch: bigint;
  batch: string;
  maturity: bigint;
  shares: bigint;
  assets: bigint;
  items: { operator: string; maturity: bigint }[];
}

/** The epoch that a transaction has closed. */
export async function readClosed({ queue }: Lrt, { blockNumber }: ContractTransactionResponse): Promise<ClosedEpoch> {
  if (blockNumber === null) throw new Error("The transaction is not in a block.");
  const [log] = await queue.queryFilter(queue.filters.EpochClosed(), blockNumber, blockNumber);
  if (log === undefined) throw new Error("No epoch was closed.");
  const { epoch, batch, maturity, shares, assets, items } = log.args;
  const plain = items.map((item) => ({ operator: item.operator, maturity: item.maturity }));
  return { epoch, batch, maturity, shares, assets, items: plain };
}

/** Settles an epoch, not before its maturity. */
export async function settleEpoch(
  { queue, keeper }: Lrt,
  { epoch, maturity, items }: Pick<ClosedEpoch, "epoch" | "maturity"> & { items: WithdrawalKeyStruct[] },
): Promise<ContractTransactionResponse> {
  if ((await now()) < maturity) await time.increaseTo(maturity);
  return await queue.connect(keeper).settle(epoch, items);
}

/** Alice and bob have asked for 60 and 40 shares, and their epoch is closed. */
export interface Leaving extends Lrt {
  closed: ClosedEpoch;
}

/** A fixture: stake with three operators, and a closed epoch. */
export async function deployClosedEpoch(): Promise<Leaving> {
  const lrt = await loadFixture(deployStakedLrt);
  return { ...lrt, closed: await leave(lrt) };
}

/** Alice and bob ask for 60 and 40 shares, and their epoch is closed. */
export async function leave(lrt: Lrt): Promise<ClosedEpoch> {
  const { token, alice, bob, unit } = lrt;
  await token.connect(alice).requestRedeem(60n * unit, alice, alice);
  await token.connect(bob).requestRedeem(40n * unit, bob, bob);
  return await closeEpoch(lrt);
}
