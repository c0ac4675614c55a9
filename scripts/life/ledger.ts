import { takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { ZeroAddress } from "ethers";
import { sum, type Token } from "./amounts";
import { RewardBooks, type Balance } from "../rewards/books";
import { report, type EarnedRow } from "../rewards/report";
import { operatorsOf, stakersOf, tokensOf, type Holding, type Owed } from "./holdings";
import type { LiquidBooks } from "./liquid-books";
import type { Stage } from "./stage";
import { rewardTokensOf } from "./rewards";
import { erc20, type Actor } from "./world";

/** Where the units of one token went. */
export interface Flow {
  readonly token: Token;
  /** By the log of the StakeManager. */
  readonly deposited: bigint;
  readonly paidOut: bigint;
  /** By the token itself. */
  readonly held: bigint;
  /** What everybody may still claim if every open slash is vetoed, and if every one becomes final. */
  readonly claimsIfVetoed: bigint;
  readonly claimsIfFinal: bigint;
}

/** The books of one pool, kept by two contracts that never call each other. */
export interface PoolBooks {
  readonly operator: string;
  readonly token: Token;
  readonly shares: bigint;
  /** Active shares of every staker. */
  readonly positions: readonly bigint[];
  readonly factor: bigint;
  readonly liened: bigint;
  readonly free: bigint;
  /** Active, leaving and joining magnitudes of every set. */
  readonly parts: readonly bigint[];
}

/** Where the units of one reward token are, by the log of rewards. */
export interface RewardFlow {
  readonly token: Token;
  readonly balance: Balance;
  /** By the token itself. */
  readonly held: bigint;
  /** Parts of fundings, and accounts of stakers: each keeps dust. */
  readonly fundings: bigint;
  readonly accounts: bigint;
  /** Numbers of the log that the chain was asked for, and those for which it gave another one. */
  readonly compared: number;
  readonly changed: number;
  readonly earned: readonly EarnedRow[];
}

/** All books at one time. */
export interface Ledger {
  readonly flows: readonly Flow[];
  readonly pools: readonly PoolBooks[];
  readonly rewards: readonly RewardFlow[];
  /** None until there is stake by the liquid restaking token. */
  readonly liquid: readonly LiquidBooks[];
}

/** Reads all books. */
export async function readLedger(
  stage: Stage,
  holdings: readonly Holding[],
  owed: readonly Owed[],
  liquid: LiquidBooks | undefined,
): Promise<Ledger> {
  const flows: Flow[] = [];
  for (const token of tokensOf(stage)) flows.push(await readFlow(stage, token, holdings, owed));
  const pools = await rehearse(() => readBooks(stage));
  return { flows, pools, rewards: await readRewards(stage), liquid: liquid === undefined ? [] : [liquid] };
}

/** Rebuilds rewards from the log once there are any, and asks the chain for the same numbers. */
async function readRewards(stage: Stage): Promise<RewardFlow[]> {
  if (stage.payments.length === 0) return [];
  const books = await RewardBooks.read(stage.world);
  const { tokens, earned, checks } = await report(stage.world, books);
  return rewardTokensOf(stage).flatMap((token) => {
    const row = tokens.find((each) => each.token === token.address);
    if (row === undefined) return [];
    const { held, ...balance } = row;
    const streams = books.streams.filter((stream) => stream.token === token.address);
    const stakers = streams.map(({ operator, asset }) => books.stakersOf(operator, asset).length);
    return {
      ...{ token, balance, held },
      fundings: sum(streams.map(({ fundings }) => BigInt(fundings.length))),
      accounts: BigInt(stakers.reduce((total, count) => total + count, 0)),
      compared: checks.length,
      changed: checks.filter(({ ok }) => !ok).length + books.problems.length,
      earned: earned.filter((each) => each.token === token.address),
    };
  });
}

/** Does something on the chain, and undoes it. */
export async function rehearse<T>(action: () => Promise<T>): Promise<T> {
  const snapshot = await takeSnapshot();
  try {
    return await action();
  } finally {
    await snapshot.restore();
  }
}

async function readFlow(
  stage: Stage,
  token: Token,
  holdings: readonly Holding[],
  owed: readonly Owed[],
): Promise<Flow> {
  const here = holdings.filter((holding) => holding.token === token);
  const proceeds = sum(owed.filter(({ amount }) => amount.token === token).map(({ amount }) => amount.units));
  const contested = sum(here.map((holding) => holding.contested));
  const claims = sum(here.map(({ total, wallet }) => total - wallet)) + proceeds;
  return {
    token,
    deposited: await readDeposited(stage, token),
    paidOut: await readPaidOut(stage, token),
    held: await readHeld(stage, token),
    claimsIfVetoed: claims,
    claimsIfFinal: claims - contested + openPenalties(stage, token),
  };
}

/** What the core holds, by the token itself. */
export function readHeld({ world: { stakeManager, cast } }: Stage, token: Token): Promise<bigint> {
  return erc20(token, cast.Guardian).balanceOf(stakeManager);
}

/** What the open slashes will take when they become final. */
function openPenalties({ openSlashes }: Stage, { address }: Token): bigint {
  const cuts = openSlashes.flatMap((slash) => slash.cuts.filter(({ asset }) => asset === address));
  return sum(cuts.map(({ assets }) => assets));
}

async function readDeposited({ world: { stakeManager } }: Stage, { address }: Token): Promise<bigint> {
  const deposits = await stakeManager.queryFilter(stakeManager.filters.Deposited(undefined, undefined, address));
  return sum(deposits.map(({ args }) => args.assets));
}

async function readPaidOut({ world: { stakeManager } }: Stage, { address }: Token): Promise<bigint> {
  const { WithdrawalCompleted, Withdrawn, ProceedsWithdrawn } = stakeManager.filters;
  const completed = await stakeManager.queryFilter(WithdrawalCompleted(undefined, undefined, address));
  const withdrawn = await stakeManager.queryFilter(Withdrawn(undefined, address));
  const proceeds = await stakeManager.queryFilter(ProceedsWithdrawn(undefined, address));
  // Without a receiver the assets stayed: undelegated, or in another pool.
  const left = completed.filter(({ args }) => args.receiver !== ZeroAddress);
  return sum([...left, ...withdrawn, ...proceeds].map(({ args }) => args.assets));
}

/** Books what time has freed first: the sum over all parts holds for booked values. */
async function readBooks(stage: Stage): Promise<PoolBooks[]> {
  const { allocationManager } = stage.world;
  for (const { operator, token, set } of stage.grants) {
    await (await allocationManager.settle(operator.address, token.address, [set.key])).wait();
  }
  const books: PoolBooks[] = [];
  for (const operator of operatorsOf(stage)) {
    for (const token of tokensOf(stage)) books.push(await readPoolBooks(stage, operator, token));
  }
  return books;
}

async function readPoolBooks(stage: Stage, operator: Actor, token: Token): Promise<PoolBooks> {
  const { stakeManager, allocationManager } = stage.world;
  const { shares, factor, liened } = await stakeManager.pool(operator.address, token.address);
  const positions: bigint[] = [];
  for (const staker of stakersOf(stage)) {
    positions.push(await stakeManager.sharesOf(operator.address, token.address, staker.address));
  }
  const parts: bigint[] = [];
  for (const { key } of stage.sets) {
    const { active, leaving, joining } = await allocationManager.allocation(operator.address, token.address, key);
    parts.push(active, leaving, joining);
  }
  const free = await allocationManager.freeMagnitude(operator.address, token.address);
  return { operator: operator.name, token, shares, positions, factor, liened, free, parts };
}
