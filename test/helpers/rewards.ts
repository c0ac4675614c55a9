import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { type BaseContract, type ContractTransactionResponse, MaxUint256 } from "ethers";
import { ethers } from "hardhat";
import type { MockERC20, RewardsDistributor } from "../../typechain-types";
import type { RewardEntryStruct } from "../../typechain-types/contracts/rewards/RewardsDistributor";
import { at, createSet, deployWorld, now, waitUntil, type World } from "./world";

/** Where a reward comes from: the enum `RewardKind`. */
export enum Kind {
  Fee,
  Emission,
  Points,
}

/**
 * The world with a reward token of 6 decimals that `operator` has announced for its pool of `asset`, in use by now, and
 * two AVSs that have any number of it. It begins at a boundary.
 */
export interface RewardWorld extends World {
  rewards: RewardsDistributor;
  token: MockERC20;
  /** Of `avs`; it has no members. */
  set: string;
  /** Of `otherAvs`. */
  otherSet: string;
}

/** Whose reward is meant, if not that of the usual pool in the usual token. */
export interface RewardOptions {
  operator?: HardhatEthersSigner;
  asset?: BaseContract;
  token?: BaseContract;
}

/** How a funding differs from the usual one: `avs`, fees, as short as possible. */
export interface FundOptions extends RewardOptions {
  by?: HardhatEthersSigner;
  set?: string;
  kind?: Kind;
  duration?: bigint;
}

/** Deploys a token, and lets both AVSs have any number of it. */
export async function deployRewardToken(w: World, decimals: number): Promise<MockERC20> {
  const token = await ethers.deployContract("MockERC20", ["Reward", "RWD", decimals]);
  for (const avs of [w.avs, w.otherAvs]) await endow(w, token, avs);
  return token;
}

/** Lets an AVS have any number of a token, and the distributor take it. */
export async function endow(
  { rewardsDistributor }: Pick<World, "rewardsDistributor">,
  token: MockERC20,
  avs: HardhatEthersSigner,
): Promise<void> {
  await token.mint(avs, 2n ** 124n);
  await token.connect(avs).approve(rewardsDistributor, MaxUint256);
}

/** Fixture: the world with rewards. */
export async function deployRewardWorld(): Promise<RewardWorld> {
  const world = await deployWorld();
  const token = await deployRewardToken(world, 6);
  const set = await createSet(world);
  const otherSet = await createSet(world, { avs: world.otherAvs });
  const w: RewardWorld = { ...world, rewards: world.rewardsDistributor, token, set, otherSet };
  await announce(w);
  await waitUntil(((await now()) / w.exitDelay + 1n) * w.exitDelay);
  return w;
}

/** Announces a reward token for a pool, and waits until it is in use. */
export async function announce(
  w: RewardWorld,
  { operator = w.operator, asset = w.asset, token = w.token }: RewardOptions = {},
): Promise<void> {
  await w.rewards.connect(operator).announceRewardToken(asset, token);
  await waitUntil((await now()) + w.notice);
}

/** Funds a reward for one pool. */
export async function fund(
  w: RewardWorld,
  amount: bigint,
  options: FundOptions = {},
): Promise<ContractTransactionResponse> {
  const { operator = w.operator, asset = w.asset } = options;
  return await fundAll(w, [{ operator, asset, amount }], options);
}

/** Funds a reward for any pools. */
export async function fundAll(
  w: RewardWorld,
  entries: readonly RewardEntryStruct[],
  { by = w.avs, set = w.set, token = w.token, kind = Kind.Fee, duration = w.bucket }: FundOptions = {},
): Promise<ContractTransactionResponse> {
  return await w.rewards.connect(by).fund(set, token, kind, duration, [...entries]);
}

/** What a staker could claim of a pool now. */
export async function claimable(
  w: RewardWorld,
  staker: HardhatEthersSigner,
  { operator = w.operator, asset = w.asset, token = w.token }: RewardOptions = {},
): Promise<bigint> {
  return await w.rewards.claimable(staker, token, [{ operator, asset }]);
}

/** Claims what a staker has earned in a pool, to itself. */
export async function claim(
  w: RewardWorld,
  staker: HardhatEthersSigner,
  { operator = w.operator, asset = w.asset, token = w.token }: RewardOptions = {},
): Promise<ContractTransactionResponse> {
  return await w.rewards.connect(staker).claim(staker, token, [{ operator, asset }], staker);
}

/** What an AVS could reclaim of a pool for streams that ended in one second. */
export async function reclaimable(
  w: RewardWorld,
  avs: HardhatEthersSigner,
  endsAt: bigint,
  { operator = w.operator, asset = w.asset, token = w.token }: RewardOptions = {},
): Promise<bigint> {
  return await w.rewards.reclaimable(avs, token, [{ operator, asset, endsAt }]);
}

/** The first boundary that is not before a second. */
export function boundaryAfter({ bucket }: World, second: bigint): bigint {
  return ((second + bucket - 1n) / bucket) * bucket;
}

export { at, now };
