import { takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { ZeroAddress } from "ethers";
import { sum, type Token } from "./amounts";
import { operatorsOf, stakersOf, tokensOf, type Holding, type Owed } from "./holdings";
import type { Stage } from "./stage";
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

/** All books at one time. */
export interface Ledger {
  readonly flows: readonly Flow[];
  readonly pools: readonly PoolBooks[];
}

/** Reads all books. */
export async function readLedger(stage: Stage, holdings: readonly Holding[], owed: readonly Owed[]): Promise<Ledger> {
  const flows: Flow[] = [];
  for (const token of tokensOf(stage)) flows.push(await readFlow(stage, token, holdings, owed));
  return { flows, pools: await rehearse(() => readBooks(stage)) };
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
