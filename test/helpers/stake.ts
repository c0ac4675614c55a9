import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import AccessManagerArtifact from "@openzeppelin/contracts/build/contracts/AccessManager.json";
import { expect } from "chai";
import {
  type AddressLike,
  type BaseContract,
  ContractFactory,
  type ContractTransactionResponse,
  MaxUint256,
  ZeroAddress,
} from "ethers";
import { ethers } from "hardhat";
import type { LaunchGuard, MockERC20, RecordingDistributor, StakeManager } from "../../typechain-types";
import type { ApprovalStruct, WithdrawalKeyStruct } from "../../typechain-types/contracts/core/StakeManager";
import { NO_APPROVAL } from "./signatures";
import { namedSigners } from "./signers";
import { WAD, days, wad } from "./units";

/** What these helpers send. */
export type Sent = Promise<ContractTransactionResponse>;

export const EXIT_DELAY = days(14n);
export const BUCKET = EXIT_DELAY / 8n;

/** Least factor of a pool that takes stake. */
export const MIN_FACTOR = 10n ** 9n;

/** Where burned proceeds go. */
export const BURN_ADDRESS = "0x000000000000000000000000000000000000dEaD";

/** The contract of the tests of one verb, and who acts on it. */
export interface Stake {
  /** Deployed by `slasher`, which therefore is its Slasher: liens come by plain calls. */
  stake: StakeManager;
  /** The one distributor that `stake` knows. */
  distributor: RecordingDistributor;
  /** 18 decimals; both operators have opened their pools of it. */
  asset: MockERC20;
  slasher: HardhatEthersSigner;
  operator: HardhatEthersSigner;
  otherOperator: HardhatEthersSigner;
  /** Has a million tokens, allowed to `stake`, as `bob` has. */
  alice: HardhatEthersSigner;
  bob: HardhatEthersSigner;
  /** Acts for others, with or without leave. */
  agent: HardhatEthersSigner;
  approver: HardhatEthersSigner;
  recipient: HardhatEthersSigner;
  /** A second, ahead of the fixture, in which one bucket's interval ends and the next begins. */
  edge: bigint;
}

/** The same in a guarded launch, until `guardedUntil`. */
export interface GuardedStake extends Stake {
  /** Commanded by `slasher`. */
  launchGuard: LaunchGuard;
  guardedUntil: bigint;
}

/** Deploys a token of which alice and bob have a million, allowed to the StakeManager. */
export async function deployToken(
  { stake, alice, bob }: Pick<Stake, "stake" | "alice" | "bob">,
  decimals = 18n,
): Promise<MockERC20> {
  const token = await ethers.deployContract("MockERC20", ["Token", "TOK", decimals]);
  await fund(token, stake, [alice, bob], 1_000_000n * 10n ** decimals);
  return token;
}

/** Gives tokens to stakers, and lets the StakeManager take them. */
export async function fund(
  token: MockERC20,
  stake: StakeManager,
  stakers: readonly HardhatEthersSigner[],
  assets: bigint,
): Promise<void> {
  for (const staker of stakers) {
    await token.mint(staker, assets);
    await token.connect(staker).approve(stake, MaxUint256);
  }
}

async function deploy(launchGuard: AddressLike, guardedUntil: bigint): Promise<Stake> {
  const signers = await namedSigners(
    "slasher",
    "operator",
    "otherOperator",
    "alice",
    "bob",
    "agent",
    "approver",
    "recipient",
  );
  const distributor = await ethers.deployContract("RecordingDistributor");
  const stake = await ethers.deployContract("StakeManager", [EXIT_DELAY, distributor, launchGuard, guardedUntil]);
  const asset = await deployToken({ stake, ...signers });
  for (const operator of [signers.operator, signers.otherOperator]) {
    await stake.connect(operator).registerOperator("");
    await stake.connect(operator).openPool(asset, ZeroAddress);
  }
  const edge = (BigInt(await time.latest()) / BUCKET + 2n) * BUCKET;
  return { stake, distributor, asset, edge, ...signers };
}

/** Fixture: a StakeManager without launch guard, two operators with open pools, two stakers with tokens. */
export async function deployStake(): Promise<Stake> {
  return await deploy(ZeroAddress, 0n);
}

/** Fixture: the same in a guarded launch; no asset has a cap yet. */
export async function deployGuardedStake(): Promise<GuardedStake> {
  const { slasher } = await namedSigners("slasher");
  const { abi, bytecode } = AccessManagerArtifact;
  const authority = await new ContractFactory(abi, bytecode, slasher).deploy(slasher);
  const launchGuard = await ethers.deployContract("LaunchGuard", [authority]);
  const guardedUntil = BigInt(await time.latest()) + days(60n);
  return { ...(await deploy(launchGuard, guardedUntil)), launchGuard, guardedUntil };
}

/** Lets the next transaction be in the given second. */
export async function at(second: bigint): Promise<void> {
  await time.setNextBlockTimestamp(second);
}

/** Lets the clock of calls and of earlier transactions be at the given second. */
export async function passTo(second: bigint): Promise<void> {
  await time.increaseTo(second);
}

/** Second of the latest block. */
export async function now(): Promise<bigint> {
  return BigInt(await time.latest());
}

/** ⌈(second + EXIT_DELAY) / BUCKET⌉ · BUCKET. */
export function maturityAt(second: bigint): bigint {
  return ((second + EXIT_DELAY + BUCKET - 1n) / BUCKET) * BUCKET;
}

/** Where stake enters, and on which terms. Operator and asset are the fixture's unless given. */
export interface EntryTerms {
  operator?: AddressLike;
  asset?: AddressLike;
  receiver?: AddressLike;
  minFactor?: bigint;
  approval?: ApprovalStruct;
}

/** Deposits into a pool; the receiver is the payer unless given. */
export async function deposit(
  { stake, operator, asset }: Stake,
  payer: HardhatEthersSigner,
  assets: bigint,
  terms: EntryTerms = {},
): Sent {
  return await stake
    .connect(payer)
    .deposit(
      terms.operator ?? operator,
      terms.asset ?? asset,
      assets,
      terms.receiver ?? payer,
      terms.minFactor ?? 0n,
      terms.approval ?? NO_APPROVAL,
    );
}

/** Deposits undelegated. */
export async function depositUndelegated(
  context: Stake,
  payer: HardhatEthersSigner,
  assets: bigint,
  terms: Omit<EntryTerms, "operator"> = {},
): Sent {
  return await deposit(context, payer, assets, { ...terms, operator: ZeroAddress });
}

/** From which pool, and in whose name, shares are queued. */
export interface QueueTerms {
  operator?: AddressLike;
  asset?: AddressLike;
  owner?: AddressLike;
}

/** Queues shares of one pool; the owner is the staker unless given. */
export async function queue(
  { stake, operator, asset }: Stake,
  staker: HardhatEthersSigner,
  shares: bigint,
  terms: QueueTerms = {},
): Sent {
  const request = { operator: terms.operator ?? operator, shares };
  return await stake.connect(staker).queueWithdrawals(staker, terms.asset ?? asset, [request], terms.owner ?? staker);
}

/** Queues shares, in the given second if one is given, and says when they mature. */
export async function queued(
  context: Stake,
  staker: HardhatEthersSigner,
  shares: bigint,
  terms: QueueTerms & { second?: bigint } = {},
): Promise<bigint> {
  if (terms.second !== undefined) await at(terms.second);
  await queue(context, staker, shares, terms);
  return maturityAt(await now());
}

/** Names withdrawals of the fixture's operator by their maturities. */
export function keys({ operator }: Stake, ...maturities: bigint[]): WithdrawalKeyStruct[] {
  return maturities.map((maturity) => ({ operator, maturity }));
}

/** Completes withdrawals from the fixture's operator in tokens, to their owner. */
export async function complete(context: Stake, owner: HardhatEthersSigner, ...maturities: bigint[]): Sent {
  const { stake, asset } = context;
  return await stake.connect(owner).completeWithdrawals(owner, asset, keys(context, ...maturities), owner);
}

/** A lien on the pool of the fixture. */
export interface Lien {
  magnitude: bigint;
  proposedAt: bigint;
  assets: bigint;
}

/** Opens a lien, in the given second if one is given. */
export async function openLien(
  { stake, slasher, operator, asset }: Stake,
  magnitude: bigint,
  second?: bigint,
): Promise<Lien> {
  if (second !== undefined) await at(second);
  await stake.connect(slasher).openLien(operator, asset, magnitude);
  // A lien changes no number of shares, and calls are in the second of the latest block.
  const shares = await stake.slashableShares(operator, asset);
  return { magnitude, proposedAt: await now(), assets: (shares * magnitude) / WAD };
}

/** Vetoes a lien, in the given second if one is given. */
export async function veto({ stake, slasher, operator, asset }: Stake, lien: Lien, second?: bigint): Sent {
  if (second !== undefined) await at(second);
  return await stake.connect(slasher).releaseLien(operator, asset, lien.magnitude, lien.proposedAt);
}

/** Makes a lien final, to the fixture's recipient. */
export async function finalise(
  { stake, slasher, operator, asset, recipient }: Stake,
  { magnitude, proposedAt, assets }: Lien,
): Sent {
  return await stake.connect(slasher).finaliseLien(operator, asset, magnitude, proposedAt, recipient, assets);
}

/** Slashes the fixture's pool at once, to the fixture's recipient. */
export async function slash({ stake, slasher, operator, asset, recipient }: Stake, magnitude: bigint): Sent {
  return await stake.connect(slasher).slash(operator, asset, magnitude, recipient);
}

/** Brings the fixture's pool to a factor, at bob's cost: he has a thousand tokens in it. */
export async function slashTo(context: Stake, factor: bigint): Promise<void> {
  await deposit(context, context.bob, wad(1_000n));
  if (factor < WAD) await slash(context, WAD - factor);
  const { factor: reached } = await context.stake.pool(context.operator, context.asset);
  expect(reached).to.equal(factor);
}

/** Lets the fixture's pool ask for the signature of an approver. */
export async function gate({ stake, operator, asset }: Stake, approver: AddressLike): Promise<void> {
  await stake.connect(operator).openPool(asset, approver);
}

/** Asserts that the call is refused with exactly this error. */
export async function expectRefusal(
  call: () => Promise<unknown>,
  contract: BaseContract,
  error: string,
  args: readonly unknown[],
): Promise<void> {
  await expect(call())
    .to.be.revertedWithCustomError(contract, error)
    .withArgs(...args);
}
