import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { type ContractTransactionResponse, ZeroAddress, dataSlice, id } from "ethers";
import { ethers } from "hardhat";
import { propose, readRecord, type SlashRecord } from "../helpers/slash";
import { NO_APPROVAL } from "../helpers/signatures";
import { allocateActive, at, createSet, deployWorld, now, stake, waitUntil, type World } from "../helpers/world";
import { bps, wad } from "../helpers/units";

/** Hash of the evidence, and where it is: one word that the peers' sets would need, too. */
export const EVIDENCE = { evidence: id("evidence"), evidenceURI: "https://avs.example/evidence/1" };

/** Where operators and sets describe themselves. */
export const METADATA = "https://avs.example/metadata/1";

/** What a slash takes of what is slashable. */
export const FRACTION = bps(100n);

/** Buckets that have not matured, except in the very second in which one interval ends. */
const LIVE_BUCKETS = 9;

/** Seconds since the interval began in which slashes are proposed; withdrawals are queued early in it. */
const PROPOSED_AFTER = 3_600n;
const QUEUED_AFTER = 10n;

/** Calls that fit well into one transaction. */
const BATCH = 150;

/**
 * A system that others use: stakers in both pools, a set of another AVS that has slashed the rival, and proceeds that
 * were burned. The guarded launch is over. `avs` has two sets, for which `operator` is not registered yet.
 */
export interface UsedWorld extends World {
  /** Has tokens, and no stake anywhere, as `novice`. */
  novice: HardhatEthersSigner;
  /** Has undelegated stake, and none in a pool. */
  saver: HardhatEthersSigner;
  /** Slashes at once. */
  instant: string;
  /** Can veto for half an exit delay, which is the longest. */
  vetoable: string;
}

/** How many there are of each. */
export interface Crowd {
  delegators: number;
  /** Queued, in equal parts in each live bucket. */
  withdrawals: number;
  /** Earlier slashes of the pool by the sets of `avs`, all of them ended. */
  slashes: number;
}

/** Lets a staker have tokens that are never used up, and a finite allowance that is not either. */
async function endow(w: World, ...stakers: HardhatEthersSigner[]): Promise<void> {
  for (const staker of stakers) {
    await w.asset.mint(staker, wad(1_000_000n));
    await w.asset.connect(staker).approve(w.stakeManager, wad(1_000_000n));
  }
}

/** Fixture: the system that others use. */
export async function deployUsedWorld(): Promise<UsedWorld> {
  const world = await deployWorld();
  const [novice, saver, burner] = (await ethers.getSigners()).slice(10);
  if (novice === undefined || saver === undefined || burner === undefined) throw new Error("The chain lacks accounts.");
  await stake(world, world.alice, wad(100n), { operator: world.rival });
  await endow(world, world.alice, world.bob, novice, saver);
  const { stakeManager, allocationManager, asset, rival, otherAvs } = world;
  await stakeManager.connect(saver).deposit(ZeroAddress, asset, wad(100n), saver, 0n, NO_APPROVAL);

  const others = await createSet(world, { avs: otherAvs, vetoWindow: 0n, recipient: ZeroAddress });
  await allocationManager.connect(rival).registerForOperatorSet(others, "0x");
  await allocateActive(world, [[others, wad("0.5")]], { operator: rival });
  await propose(world, others, FRACTION, { operator: rival, ...EVIDENCE });
  await stakeManager.burnProceeds(asset);

  const vetoable = await createSet(world, { id: 1n, vetoWindow: world.exitDelay / 2n });
  const instant = await createSet(world, { id: 2n, vetoWindow: 0n });
  return { ...world, novice, saver, instant, vetoable };
}

/** Fixture: the operator is registered for both sets of `avs`, which have a quarter and a half of its pool. */
export async function deployJoinedWorld(): Promise<UsedWorld> {
  const w = await deployUsedWorld();
  for (const set of [w.instant, w.vetoable]) {
    await w.allocationManager.connect(w.operator).registerForOperatorSet(set, "0x");
  }
  await allocateActive(w, [
    [w.instant, wad("0.25")],
    [w.vetoable, wad("0.5")],
  ]);
  return w;
}

/** Fixture: besides, a withdrawal in every live bucket, and nothing was ever slashed of this pool. */
export async function deployUnslashedWorld(): Promise<UsedWorld> {
  return await deployCrowd({ delegators: 0, withdrawals: LIVE_BUCKETS, slashes: 0 });
}

/** Fixture: a withdrawal in every live bucket, and one earlier slash. */
export async function deployQuietWorld(): Promise<UsedWorld> {
  return await deployCrowd({ delegators: 0, withdrawals: LIVE_BUCKETS, slashes: 1 });
}

/** Fixture: a thousand more delegators, more than a thousand withdrawals in the live buckets, a hundred earlier slashes. */
export async function deployCrowdedWorld(): Promise<UsedWorld> {
  return await deployCrowd({ delegators: 1_000, withdrawals: 112 * LIVE_BUCKETS, slashes: 100 });
}

/** Sends calls of the StakeManager in as few transactions as they fit in. */
async function inBatches({ stakeManager, saver }: UsedWorld, calls: readonly string[]): Promise<void> {
  for (let i = 0; i < calls.length; i += BATCH) {
    await stakeManager.connect(saver).multicall(calls.slice(i, i + BATCH));
  }
}

/** An address of which nobody has the key. */
function somebody(name: string): string {
  return dataSlice(id(name), 12);
}

async function deployCrowd({ delegators, withdrawals, slashes }: Crowd): Promise<UsedWorld> {
  const w = await deployJoinedWorld();
  const [operator, asset] = [w.operator.address, await w.asset.getAddress()];
  const { interface: abi } = w.stakeManager;
  const deposits = Array.from({ length: delegators }, (_, i) =>
    abi.encodeFunctionData("deposit", [operator, asset, wad(1n), somebody(`delegator ${i}`), 0n, NO_APPROVAL]),
  );
  await inBatches(w, deposits);
  await stake(w, w.saver, wad(100_000n));
  await slashBefore(w, slashes);
  await waitUntil(((await now()) / w.bucket + 1n) * w.bucket);
  for (let i = 0; i < LIVE_BUCKETS; i++) await occupyNext(w, withdrawals / LIVE_BUCKETS);
  await waitUntil(beginOfInterval(w, await now()) + PROPOSED_AFTER);
  return w;
}

/** Slashes of the pool that ended long ago: half of them instant, and of the others every second one vetoed. */
async function slashBefore(w: UsedWorld, count: number): Promise<void> {
  const open: SlashRecord[] = [];
  for (let i = 0; i < count; i++) {
    const tx = await propose(w, i % 2 === 0 ? w.instant : w.vetoable, bps(1n), EVIDENCE);
    if (i % 4 === 1) await w.slasher.connect(w.resolver).veto(await readRecord(w, tx));
    if (i % 4 === 3) open.push(await readRecord(w, tx));
  }
  await waitUntil((await now()) + w.exitDelay);
  for (const record of open) await w.slasher.finalise(record);
}

function beginOfInterval({ bucket }: World, second: bigint): bigint {
  return (second / bucket) * bucket;
}

/** Waits for the next interval, and queues as many withdrawals in it: one of alice, the others of owners who never act. */
async function occupyNext(w: UsedWorld, withdrawals = 1): Promise<void> {
  const { stakeManager, asset, operator, alice, saver } = w;
  await waitUntil(beginOfInterval(w, await now()) + w.bucket + QUEUED_AFTER);
  await queueAs(w, alice, wad(1n));
  const token = await asset.getAddress();
  const calls = Array.from({ length: withdrawals - 1 }, (_, i) => {
    const requests = [{ operator: operator.address, shares: wad("0.5") }];
    const owner = somebody(`owner ${i}`);
    return stakeManager.interface.encodeFunctionData("queueWithdrawals", [saver.address, token, requests, owner]);
  });
  await inBatches(w, calls);
}

/** Queues shares of a staker. */
export async function queueAs(
  { stakeManager, asset, operator }: World,
  staker: HardhatEthersSigner,
  shares: bigint,
): Promise<ContractTransactionResponse> {
  return await stakeManager.connect(staker).queueWithdrawals(staker, asset, [{ operator, shares }], staker);
}

/** Completes a withdrawal of a staker as soon as it has matured. */
export async function completeAs(
  { stakeManager, asset, operator }: World,
  owner: HardhatEthersSigner,
  maturity: bigint,
): Promise<ContractTransactionResponse> {
  await waitUntil(maturity);
  return await stakeManager.connect(owner).completeWithdrawals(owner, asset, [{ operator, maturity }], owner);
}

/** Slashes at once. */
export async function slashInstantly(w: UsedWorld): Promise<ContractTransactionResponse> {
  return await propose(w, w.instant, FRACTION, EVIDENCE);
}

/** Proposes what can be vetoed. */
export async function proposeVetoable(w: UsedWorld): Promise<ContractTransactionResponse> {
  return await propose(w, w.vetoable, FRACTION, EVIDENCE);
}

/** Vetoes in the last second; a withdrawal is in every bucket that there was since the proposal. */
export async function vetoLate(
  w: UsedWorld,
  proposal: ContractTransactionResponse,
): Promise<ContractTransactionResponse> {
  const record = await readRecord(w, proposal);
  while (beginOfInterval(w, await now()) + w.bucket + QUEUED_AFTER < record.deadline) await occupyNext(w);
  await at(record.deadline - 1n);
  return await w.slasher.connect(w.resolver).veto(record);
}

/** Makes a proposal final, at its deadline. */
export async function finaliseDue(
  w: UsedWorld,
  proposal: ContractTransactionResponse,
): Promise<ContractTransactionResponse> {
  const record = await readRecord(w, proposal);
  await at(record.deadline);
  return await w.slasher.connect(w.novice).finalise(record);
}

/** Maturity of what alice queued first of all that is live. */
export function firstMaturity({ bucket }: World, second: bigint): bigint {
  return (second / bucket + 1n) * bucket;
}
