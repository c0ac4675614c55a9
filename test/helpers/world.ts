import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import {
  type BaseContract,
  type ContractTransactionReceipt,
  type ContractTransactionResponse,
  isAddressable,
  MaxUint256,
  ZeroAddress,
} from "ethers";
import { ethers } from "hardhat";
import type { MockERC20 } from "../../typechain-types";
import type { OperatorSetTermsStruct } from "../../typechain-types/contracts/core/AllocationManager";
import { deployProtocol, type Protocol } from "./protocol";
import { NO_APPROVAL } from "./signatures";
import { namedSigners } from "./signers";
import { maturityAt, now } from "./stake";
import { WAD, wad } from "./units";

export { at, now } from "./stake";

/**
 * The core with two operators, who have opened a pool of each asset, and 1,000 units of `asset` staked with
 * `operator`: 600 by alice, 400 by bob. There is no operator set yet. It begins at a multiple of the exit delay.
 */
export interface World extends Protocol {
  operator: HardhatEthersSigner;
  rival: HardhatEthersSigner;
  avs: HardhatEthersSigner;
  otherAvs: HardhatEthersSigner;
  judge: HardhatEthersSigner;
  resolver: HardhatEthersSigner;
  recipient: HardhatEthersSigner;
  alice: HardhatEthersSigner;
  bob: HardhatEthersSigner;
  stranger: HardhatEthersSigner;
  /** The asset with the lower address; `second` is the other one. */
  asset: MockERC20;
  second: MockERC20;
}

/** An event by its name and all of its arguments; signers and contracts stand for their addresses. */
export type Emitted = readonly [name: string, args: readonly unknown[]];

/** An allocation as it reads now. */
export interface Parts {
  active: bigint;
  leaving: bigint;
  joining: bigint;
  held: bigint;
  pendingAt: bigint;
  until: bigint;
}

/** Terms of a set that differ from the usual ones, and who creates it under which id. */
export interface SetOptions extends Partial<OperatorSetTermsStruct> {
  avs?: HardhatEthersSigner;
  id?: bigint;
}

/** Whose allocation is meant, if not that of `operator` in `asset`. */
export interface PoolOptions {
  operator?: HardhatEthersSigner;
  asset?: BaseContract;
}

/** Deploys the given number of honest tokens, in ascending order of their addresses. */
export async function deployTokens(count: number): Promise<MockERC20[]> {
  const tokens: { token: MockERC20; address: bigint }[] = [];
  for (let i = 0; i < count; i++) {
    const token = await ethers.deployContract("MockERC20", ["Token", "TKN", 18]);
    tokens.push({ token, address: BigInt(await token.getAddress()) });
  }
  return tokens.sort((a, b) => (a.address < b.address ? -1 : 1)).map(({ token }) => token);
}

/** The world as a fixture: `const w = await loadFixture(deployWorld)`. */
export async function deployWorld(): Promise<World> {
  const protocol = await deployProtocol();
  const actors = await namedSigners(
    "operator",
    "rival",
    "avs",
    "otherAvs",
    "judge",
    "resolver",
    "recipient",
    "alice",
    "bob",
    "stranger",
  );
  const [asset, second] = await deployTokens(2);
  if (asset === undefined || second === undefined) throw new Error("Two tokens were to be deployed.");
  const w: World = { ...protocol, ...actors, asset, second };
  for (const operator of [w.operator, w.rival]) {
    await w.stakeManager.connect(operator).registerOperator("");
    await w.stakeManager.connect(operator).openPool(asset, ZeroAddress);
    await w.stakeManager.connect(operator).openPool(second, ZeroAddress);
  }
  await stake(w, w.alice, wad(600n));
  await stake(w, w.bob, wad(400n));
  await time.increaseTo(((await now()) / w.exitDelay + 1n) * w.exitDelay);
  return w;
}

// ----------------------------------------------------------------------- time

/** Lets time pass until this second, so that reading sees it. */
export async function waitUntil(second: bigint): Promise<void> {
  if ((await now()) < second) await time.increaseTo(second);
}

/** Second in which a transaction was made. */
export async function timeOf(tx: ContractTransactionResponse): Promise<bigint> {
  const block = await tx.getBlock();
  if (block === null) throw new Error("The transaction is not in a block.");
  return BigInt(block.timestamp);
}

// ---------------------------------------------------------------------- stake

/** Mints assets to a staker, who deposits them into a pool. */
export async function stake(
  w: World,
  staker: HardhatEthersSigner,
  assets: bigint,
  { operator = w.operator, asset = w.asset }: { operator?: HardhatEthersSigner; asset?: MockERC20 } = {},
): Promise<void> {
  await asset.mint(staker, assets);
  await asset.connect(staker).approve(w.stakeManager, MaxUint256);
  await w.stakeManager.connect(staker).deposit(operator, asset, assets, staker, 0n, NO_APPROVAL);
}

/** Queues shares of a staker, and says when they mature. */
export async function queue(
  w: World,
  staker: HardhatEthersSigner,
  shares: bigint,
  { operator = w.operator, asset = w.asset }: PoolOptions = {},
): Promise<bigint> {
  const request = { operator, shares };
  const tx = await w.stakeManager.connect(staker).queueWithdrawals(staker, asset, [request], staker);
  return maturityAt(await timeOf(tx));
}

/** Completes a withdrawal of a staker to itself, and says what it was paid in tokens. */
export async function complete(
  w: World,
  staker: HardhatEthersSigner,
  maturity: bigint,
  { operator = w.operator, asset = w.asset }: { operator?: HardhatEthersSigner; asset?: MockERC20 } = {},
): Promise<bigint> {
  const before = await asset.balanceOf(staker);
  await w.stakeManager.connect(staker).completeWithdrawals(staker, asset, [{ operator, maturity }], staker);
  return (await asset.balanceOf(staker)) - before;
}

// ----------------------------------------------------------------------- sets

/** The usual terms: all of `asset` in an exit delay, a veto window of a quarter of it, proceeds to `recipient`. */
export function usualTerms(w: World, options: Partial<OperatorSetTermsStruct> = {}): OperatorSetTermsStruct {
  const vetoWindow = options.vetoWindow ?? w.exitDelay / 4n;
  return {
    assets: options.assets ?? [w.asset],
    maxSlash: options.maxSlash ?? WAD,
    period: options.period ?? w.exitDelay,
    vetoWindow,
    slasher: options.slasher ?? w.judge,
    resolver: options.resolver ?? (BigInt(vetoWindow) === 0n ? ZeroAddress : w.resolver),
    recipient: options.recipient ?? w.recipient,
  };
}

/** Creates a set and returns its key. */
export async function createSet(w: World, options: SetOptions = {}): Promise<string> {
  const { avs = w.avs, id = 1n } = options;
  await w.allocationManager.connect(avs).createOperatorSet(id, usualTerms(w, options), "");
  return await w.allocationManager.operatorSetKey(avs, id);
}

/** Creates a set for which `operator` (or another one) is registered. */
export async function createJoinedSet(
  w: World,
  { operator = w.operator, ...options }: SetOptions & { operator?: HardhatEthersSigner } = {},
): Promise<string> {
  const set = await createSet(w, options);
  await w.allocationManager.connect(operator).registerForOperatorSet(set, "0x");
  return set;
}

/** Allocates magnitudes to sets, and waits until the last one has joined. */
export async function allocateActive(
  w: World,
  magnitudes: readonly (readonly [set: string, magnitude: bigint])[],
  { operator = w.operator, asset = w.asset }: PoolOptions = {},
): Promise<void> {
  for (const [set, magnitude] of magnitudes) {
    await act(w, w.allocationManager.connect(operator).allocate(set, asset, magnitude));
  }
  await waitUntil((await now()) + w.notice);
}

/** An allocation as it reads now. */
export async function partsOf(
  w: World,
  set: string,
  { operator = w.operator, asset = w.asset }: PoolOptions = {},
): Promise<Parts> {
  const { active, leaving, joining, held, pendingAt, until } = await w.allocationManager.allocation(
    operator,
    asset,
    set,
  );
  return { active, leaving, joining, held, pendingAt, until };
}

/** Parts of which most are 0. */
export function parts(some: Partial<Parts> = {}): Parts {
  return { active: 0n, leaving: 0n, joining: 0n, held: 0n, pendingAt: 0n, until: 0n, ...some };
}

/** What `operator` has not given to any set, as booked. */
export async function freeOf(w: World, { operator = w.operator, asset = w.asset }: PoolOptions = {}): Promise<bigint> {
  return await w.allocationManager.freeMagnitude(operator, asset);
}

// ------------------------------------------------------------------ assertions

/** Awaits a transaction of a scenario, and asserts that the books balance after it. */
export async function act(
  w: World,
  transaction: Promise<ContractTransactionResponse>,
): Promise<ContractTransactionResponse> {
  const tx = await transaction;
  await expectBooks(w);
  return tx;
}

/** What an operator has given to a set of one pool. */
interface Booked {
  operator: string;
  asset: string;
  operatorSet: string;
  /** Σ parts as booked. */
  magnitude: bigint;
}

/** Rebuilds from the log alone what was given to each set of each pool: ordered, freed, held and given back. */
async function bookedByLog({ allocationManager, slasher }: World): Promise<Booked[]> {
  const booked = new Map<string, Booked>();
  const add = (operator: string, operatorSet: string, asset: string, magnitude: bigint): void => {
    const key = operator + operatorSet + asset;
    const before = booked.get(key)?.magnitude ?? 0n;
    booked.set(key, { operator, asset, operatorSet, magnitude: before + magnitude });
  };
  const { AllocationIncreased, AllocationRevoked, AllocationFreed } = allocationManager.filters;
  for (const { args } of await allocationManager.queryFilter(AllocationIncreased())) {
    add(args.operator, args.operatorSet, args.asset, args.magnitude);
  }
  for (const { args } of await allocationManager.queryFilter(AllocationRevoked())) {
    add(args.operator, args.operatorSet, args.asset, -args.magnitude);
  }
  for (const { args } of await allocationManager.queryFilter(AllocationFreed())) {
    add(args.operator, args.operatorSet, args.asset, -args.magnitude);
  }
  const vetoes = await slasher.queryFilter(slasher.filters.SlashVetoed());
  const vetoed = new Set(vetoes.map(({ args }) => args.id));
  for (const { args } of await slasher.queryFilter(slasher.filters.SlashProposed())) {
    if (vetoed.has(args.id)) continue;
    for (const { asset, magnitude } of args.slash.cuts) add(args.operator, args.operatorSet, asset, -magnitude);
  }
  return [...booked.values()];
}

/**
 * Asserts in every pool ever allocated from: free + Σ parts + liened = factor, with the parts as the log tells them;
 * and that reading shows of each part no more than that.
 */
export async function expectBooks(w: World): Promise<void> {
  const { allocationManager, stakeManager } = w;
  const booked = await bookedByLog(w);
  const pools = new Map(booked.map(({ operator, asset }) => [operator + asset, { operator, asset }]));
  for (const { operator, asset } of pools.values()) {
    const free = await allocationManager.freeMagnitude(operator, asset);
    const { factor, liened } = await stakeManager.pool(operator, asset);
    const sets = booked.filter((entry) => entry.operator === operator && entry.asset === asset);
    const sum = sets.reduce((total, { magnitude }) => total + magnitude, 0n);
    expect(free + sum + liened, "free + parts + liened").to.equal(factor);
    expect(await allocationManager.usedMagnitude(operator, asset)).to.equal(WAD - free);
    for (const { operatorSet, magnitude } of sets) {
      const { active, leaving, joining } = await allocationManager.allocation(operator, asset, operatorSet);
      expect(active + leaving + joining, "parts as they read").to.be.at.most(magnitude);
    }
  }
}

/** The receipt of a transaction, which has one here as soon as it was sent. */
export async function receiptOf(tx: ContractTransactionResponse): Promise<ContractTransactionReceipt> {
  const receipt = await tx.wait();
  if (receipt === null) throw new Error("The transaction is not in a block.");
  return receipt;
}

/** Asserts that a transaction made a contract emit exactly these events, in this order. */
export async function expectEvents(
  contract: BaseContract,
  tx: ContractTransactionResponse,
  expected: readonly Emitted[],
): Promise<void> {
  const address = await contract.getAddress();
  const { logs } = await receiptOf(tx);
  const found = logs.flatMap((log) => {
    if (log.address !== address) return [];
    const event = contract.interface.parseLog(log);
    return event === null ? [] : [[event.name, event.args.toArray()]];
  });
  const resolved: unknown[] = [];
  for (const [name, args] of expected) {
    resolved.push([name, await Promise.all(args.map((arg) => (isAddressable(arg) ? arg.getAddress() : arg)))]);
  }
  expect(found).to.deep.equal(resolved);
}
