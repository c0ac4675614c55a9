import { time } from "@nomicfoundation/hardhat-network-helpers";
import { MaxUint256 } from "ethers";
import { MockERC20__factory } from "../../typechain-types";
import type { PoolKeyStruct } from "../../typechain-types/contracts/rewards/RewardsDistributor";
import { percent, sum, WAD, type Amount, type Token } from "./amounts";
import { first } from "./events";
import { operatorsOf, stakersOf, tokensOf } from "./holdings";
import { rehearse } from "./ledger";
import { say, Sentence, type Piece } from "./sentences";
import type { OperatorSet, Stage } from "./stage";
import { type Account, type Actor, erc20, wrap } from "./world";

/** Where a reward comes from: the enum `RewardKind`. */
export enum Kind {
  Fee,
  Emission,
}

/** Basis points of 1. */
const ONE_BPS = WAD / 10_000n;

/** Beyond the digits of any token: fractions of a unit are kept until the end. */
const FRACTION = 10n ** 30n;

/** A pool: a token with an operator. */
export interface Pool {
  readonly operator: Actor;
  readonly asset: Token;
}

/** A pool that can be paid in a token, and what its operator takes of that. */
export interface Place extends Pool {
  readonly token: Token;
  /** In WAD. */
  readonly commission: bigint;
}

/** A reward for one pool. */
export interface Part extends Pool {
  readonly amount: Amount;
}

/** What streams into a pool. */
export interface Payment extends Part {
  readonly avs: Actor;
  readonly begunAt: bigint;
  readonly endsAt: bigint;
  /** The operator's part. */
  readonly commission: bigint;
}

/** Who had which shares of a pool from a second on, in the order of `stakersOf`. */
export interface Roll extends Pool {
  readonly second: bigint;
  readonly shares: readonly bigint[];
}

/** Announces reward tokens for pools, and what the operator takes of them; both after the notice. */
export async function announceRewards(
  stage: Stage,
  operator: Actor,
  assets: readonly Token[],
  tokens: readonly Token[],
  commission: string,
): Promise<void> {
  const rewards = stage.world.rewardsDistributor.connect(operator.signer);
  for (const asset of assets) {
    for (const token of tokens) {
      await stage.run("announceRewardToken", () => rewards.announceRewardToken(asset.address, token.address));
      stage.places.push({ operator, asset, token, commission: percent(commission) });
    }
    await stage.run("setCommission", () => rewards.setCommission(asset.address, percent(commission) / ONE_BPS));
  }
  const [from, to] = [symbolsOf(tokens), symbolsOf(assets)];
  const { nextAt } = await rewards.commission(operator.address, assets[0]?.address ?? "");
  await stage.tell(
    operator,
    say`${operator} announces ${from} as rewards for ${to}, and ${commission} % commission, from day ${stage.dayOf(nextAt)} on.`,
  );
}

/** Tries to pay in a token whose notice is not over. */
export async function fundRefused(stage: Stage, set: OperatorSet, part: Part): Promise<void> {
  const { rewardsDistributor } = stage.world;
  await prepare(stage, set.avs, part.amount);
  const { name } = await stage.expectRefusal("fund", rewardsDistributor.interface, () =>
    rewardsDistributor
      .connect(set.avs.signer)
      .fund(set.key, part.amount.token.address, Kind.Fee, stage.bucket, [entryOf(part)]),
  );
  await stage.tell(
    set.avs,
    say`${set.avs} wants to pay ${part.amount} today: refused, stakers must see it coming (${name}).`,
  );
}

/** An AVS pays pools: what streams begins now. All parts are of one token. */
export async function fund(
  stage: Stage,
  set: OperatorSet,
  kind: Kind,
  buckets: bigint,
  parts: readonly [Part, ...Part[]],
): Promise<void> {
  const { avs } = set;
  const { token } = parts[0].amount;
  const rewards = stage.world.rewardsDistributor.connect(avs.signer);
  await prepare(stage, avs, { token, units: sum(parts.map(({ amount }) => amount.units)) });
  const block = await stage.run("fund", () =>
    rewards.fund(set.key, token.address, kind, buckets * stage.bucket, parts.map(entryOf)),
  );
  const { endsAt } = first(await rewards.queryFilter(rewards.filters.RewardFunded(), block, block)).args;
  const begunAt = BigInt(await time.latest());
  for (const part of parts) {
    const commission = (part.amount.units * placeOf(stage, part).commission) / WAD;
    stage.payments.push({ ...part, avs, begunAt, endsAt, commission });
  }
  await callRoll(stage);
  await stage.tell(avs, describeFunding(avs, kind, stage.dayOf(endsAt), parts));
}

function describeFunding(avs: Actor, kind: Kind, day: string, parts: readonly Part[]): Sentence {
  const verb = kind === Kind.Fee ? "pays fees" : "emits";
  const pieces = parts.flatMap(({ operator, asset, amount }, index): Piece[] => [
    index === 0 ? ": " : ", ",
    amount,
    " to ",
    operator,
    `'s ${asset.symbol}`,
  ]);
  return new Sentence([avs, ` ${verb} until day ${day}`, ...pieces, "."]);
}

/** Gives an AVS what it pays, and lets the distributor take it. */
async function prepare({ world }: Stage, avs: Actor, reward: Amount): Promise<void> {
  const { token, units } = reward;
  if (token === world.weth) await wrap(avs, reward);
  else await (await MockERC20__factory.connect(token.address, avs.signer).mint(avs.address, units)).wait();
  await (await erc20(token, avs).approve(world.rewardsDistributor, MaxUint256)).wait();
}

/** Notes who has which shares from now on. To be called after each change of shares while rewards stream. */
export async function callRoll(stage: Stage): Promise<void> {
  const second = BigInt(await time.latest());
  for (const operator of operatorsOf(stage)) {
    for (const asset of tokensOf(stage)) {
      const shares: bigint[] = [];
      for (const { address } of stakersOf(stage)) {
        shares.push(await stage.world.stakeManager.sharesOf(operator.address, asset.address, address));
      }
      stage.rolls.push({ operator, asset, second, shares });
    }
  }
}

/** Sets the clock so that the next call is one second after the last stream has ended. */
export async function waitUntilStreamed({ payments }: Stage): Promise<void> {
  const end = payments.reduce((latest, { endsAt }) => (endsAt > latest ? endsAt : latest), 0n);
  await time.setNextBlockTimestamp(end + 1n);
}

/** Whoever has just joined a pool has earned nothing of what streamed before. */
export async function joinsWithNothing(stage: Stage, staker: Actor, pool: Pool, token: Token): Promise<void> {
  await callRoll(stage);
  const seen = await claimable(stage, staker, token, [keyOf(pool)]);
  stage.dues.push({ what: `${staker.name} joins ${pool.operator.name} late`, expected: { token, units: 0n }, seen });
  await stage.tell(
    staker,
    say`${staker} has earned ${seen} there: who joins a second after the end has nothing of before.`,
  );
}

/** Does something in a second in which nothing may happen to rewards, and compares with that second without it. */
export async function leavesRewardsAlone(stage: Stage, what: string, action: () => Promise<unknown>): Promise<void> {
  const second = (await time.latest()) + 60;
  const without = await rehearse(async () => {
    await time.increaseTo(second);
    return readEarned(stage);
  });
  await time.setNextBlockTimestamp(second);
  await action();
  const after = await readEarned(stage);
  const changed = after.filter(({ units }, index) => units !== without[index]?.units).length;
  stage.survivals.push({ what, compared: after.length, changed });
}

async function readEarned(stage: Stage): Promise<Amount[]> {
  const amounts: Amount[] = [];
  for (const staker of stakersOf(stage)) {
    for (const token of rewardTokensOf(stage)) amounts.push(await claimable(stage, staker, token));
  }
  return amounts;
}

/** Tells what a staker has earned so far. */
export async function tellEarned(stage: Stage, staker: Actor, token: Token, remark: string): Promise<void> {
  const seen = await claimable(stage, staker, token);
  stage.rewards.push({
    what: `${staker.name} has earned ${token.symbol}`,
    expected: await earned(stage, staker, token),
    seen,
  });
  await stage.tell(staker, say`${staker} has earned ${seen}${remark}`);
}

/** What a staker could claim now, in all pools unless some are named. */
async function claimable(
  stage: Stage,
  staker: Account,
  token: Token,
  pools: PoolKeyStruct[] = poolsOf(stage, token),
): Promise<Amount> {
  const units = await stage.world.rewardsDistributor.claimable(staker.address, token.address, pools);
  return { token, units };
}

/** A staker takes what it has earned: each token in all pools at once. */
export async function claim(stage: Stage, staker: Actor, remark: string): Promise<void> {
  const rewards = stage.world.rewardsDistributor.connect(staker.signer);
  const paid: Amount[] = [];
  for (const token of rewardTokensOf(stage)) {
    const block = await stage.run("claim", () =>
      rewards.claim(staker.address, token.address, poolsOf(stage, token), staker.address),
    );
    const events = await rewards.queryFilter(rewards.filters.RewardClaimed(), block, block);
    const seen = { token, units: sum(events.map(({ args }) => args.amount)) };
    stage.rewards.push({
      what: `${staker.name} claimed ${token.symbol}`,
      expected: await earned(stage, staker, token),
      seen,
    });
    paid.push(seen);
  }
  await stage.tell(staker, say`${staker} claims ${paid}${remark}`);
}

/** An operator takes its commission, of all of its pools. */
export async function claimCommission(stage: Stage, operator: Actor): Promise<void> {
  const rewards = stage.world.rewardsDistributor.connect(operator.signer);
  const paid: Amount[] = [];
  for (const token of rewardTokensOf(stage)) {
    const payments = stage.payments.filter(
      (payment) => payment.operator === operator && payment.amount.token === token,
    );
    if (payments.length === 0) continue;
    const block = await stage.run("claimCommission", () =>
      rewards.claimCommission(operator.address, token.address, operator.address),
    );
    const { args } = first(await rewards.queryFilter(rewards.filters.CommissionClaimed(), block, block));
    const seen = { token, units: args.amount };
    const expected = { token, units: sum(payments.map(({ commission }) => commission)) };
    stage.dues.push({ what: `${operator.name}'s commission`, expected, seen });
    paid.push(seen);
  }
  await stage.tell(operator, say`${operator} takes its commission: ${paid}.`);
}

/** An AVS wants what still streams: it belongs to those who are there. */
export async function reclaimRefused(stage: Stage, avs: Actor, pool: Pool, token: Token): Promise<void> {
  const { rewardsDistributor } = stage.world;
  const { name } = await stage.expectRefusal("reclaim", rewardsDistributor.interface, () =>
    reclaimOf(stage, avs, pool, token),
  );
  await stage.tell(avs, say`${avs} wants it back: refused, what streams belongs to the stakers (${name}).`);
}

/** An AVS gets back what streamed while nobody had shares. */
export async function reclaim(stage: Stage, avs: Actor, pool: Pool, token: Token): Promise<void> {
  const rewards = stage.world.rewardsDistributor;
  const block = await stage.run("reclaim", () => reclaimOf(stage, avs, pool, token));
  const { args } = first(await rewards.queryFilter(rewards.filters.RewardReclaimed(), block, block));
  const seen = { token, units: args.amount };
  const expected = await streamed(stage, token, unearnedPart(pool));
  stage.rewards.push({ what: `${avs.name} got back ${token.symbol}`, expected, seen });
  await stage.tell(
    avs,
    say`${avs} gets back ${seen}, which streamed to ${pool.operator}'s ${pool.asset.symbol} while nobody was in it.`,
  );
}

function reclaimOf(stage: Stage, avs: Actor, { operator, asset }: Pool, token: Token) {
  const { endsAt } = first(
    stage.payments.filter(
      (payment) =>
        payment.avs === avs &&
        payment.operator === operator &&
        payment.asset === asset &&
        payment.amount.token === token,
    ),
  );
  const keys = [{ operator: operator.address, asset: asset.address, endsAt }];
  return stage.world.rewardsDistributor.connect(avs.signer).reclaim(avs.address, token.address, keys, avs.address);
}

/** Which part of a reward somebody gets in a stretch of time, as a fraction. */
type PartOf = (roll: Roll) => readonly [numerator: bigint, denominator: bigint];

/** What a staker must have earned until now, by time and shares, in arithmetic of whole numbers outside of the contracts. */
export function earned(stage: Stage, staker: Account, token: Token): Promise<Amount> {
  const index = stakersOf(stage).indexOf(staker);
  return streamed(stage, token, ({ shares }) => [shares[index] ?? 0n, sum(shares)]);
}

function unearnedPart({ operator, asset }: Pool): PartOf {
  return (roll) => [roll.operator === operator && roll.asset === asset && sum(roll.shares) === 0n ? 1n : 0n, 1n];
}

/** The part that somebody got of all payments until now. */
async function streamed(stage: Stage, token: Token, partOf: PartOf): Promise<Amount> {
  const now = BigInt(await time.latest());
  let fractions = 0n;
  for (const { operator, asset, amount, commission, begunAt, endsAt } of stage.payments) {
    if (amount.token !== token) continue;
    const rolls = stage.rolls.filter((roll) => roll.operator === operator && roll.asset === asset);
    rolls.forEach((roll, index) => {
      const until = least(rolls[index + 1]?.second ?? now, least(now, endsAt));
      const from = roll.second > begunAt ? roll.second : begunAt;
      const [numerator, denominator] = partOf(roll);
      if (until <= from || denominator === 0n) return;
      const product = (amount.units - commission) * (until - from) * numerator * FRACTION;
      // Rounded up, so that the sum is never below what it stands for.
      fractions += product / ((endsAt - begunAt) * denominator) + 1n;
    });
  }
  return { token, units: fractions / FRACTION };
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

/** The tokens that rewards were paid in so far. */
export function rewardTokensOf({ payments, world: { eurc, lum, weth } }: Stage): Token[] {
  return [eurc, lum, weth].filter((token) => payments.some(({ amount }) => amount.token === token));
}

/** The pools that can be paid in a token, as the contract names them. */
function poolsOf({ places }: Stage, token: Token): PoolKeyStruct[] {
  return places.filter((place) => place.token === token).map(keyOf);
}

function keyOf({ operator, asset }: Pool): PoolKeyStruct {
  return { operator: operator.address, asset: asset.address };
}

function placeOf({ places }: Stage, { operator, asset, amount }: Part): Place {
  return first(
    places.filter((place) => place.operator === operator && place.asset === asset && place.token === amount.token),
  );
}

function entryOf({ operator, asset, amount }: Part) {
  return { operator: operator.address, asset: asset.address, amount: amount.units };
}

function symbolsOf(tokens: readonly Token[]): string {
  return tokens.map(({ symbol }) => symbol).join(" and ");
}
