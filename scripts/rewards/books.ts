import { dataSlice, getAddress, type Log, ZeroAddress } from "ethers";
import type { RewardsDistributor, StakeManager } from "../../typechain-types";
import type { RewardFundedEvent } from "../../typechain-types/contracts/rewards/RewardsDistributor";
import { grainBits } from "./math";
import { type Gap, Stream } from "./stream";

/** The contracts whose logs are read. */
export interface Sources {
  readonly stakeManager: StakeManager;
  readonly rewardsDistributor: RewardsDistributor;
}

/** What is read of a chain. */
export interface Reading {
  /** First block whose log may tell anything. */
  readonly from?: number;
  /** Last block that is read; the latest if left out. */
  readonly to?: number;
  /** Told of each block until which everything has been read. */
  readonly onProgress?: (block: number, last: number) => void;
}

/** What an operator has been given of fundings in one token. */
export interface Commission {
  readonly operator: string;
  readonly token: string;
  readonly funded: bigint;
  readonly paid: bigint;
}

/** Nodes answer for so many blocks at once. */
const BLOCKS = 10_000;

/** Requests that a node answers at the same time. */
const REQUESTS = 50;

/** Where the units of one token are that were ever funded. */
export interface Balance {
  readonly funded: bigint;
  /** Paid to stakers, to operators, to AVSs. */
  readonly claimed: bigint;
  readonly commissionPaid: bigint;
  readonly reclaimed: bigint;
  /** Due to stakers, to operators, to AVSs. */
  readonly claimable: bigint;
  readonly commissionDue: bigint;
  readonly reclaimable: bigint;
  /** Of streams that have not ended: still to be streamed, or streamed to nobody. */
  readonly running: bigint;
  /** What rounding keeps back, for ever. */
  readonly dust: bigint;
}

/** Where an event stands in the log. */
type Position = Pick<Log, "blockNumber" | "index">;

/** Blocks, both included. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** What an event changes. */
interface Step {
  readonly log: Position;
  readonly apply: (second: bigint) => void;
}

/** A pool: who has which shares, and when nobody had any. */
class Pool {
  readonly shares = new Map<string, bigint>();
  readonly streams = new Map<string, Stream>();
  readonly gaps: Gap[] = [];
  total = 0n;
  #emptySince: bigint | undefined = 0n;

  constructor(
    readonly operator: string,
    readonly asset: string,
  ) {}

  sharesOf(staker: string): bigint {
    return this.shares.get(staker) ?? 0n;
  }

  change(staker: string, shares: bigint, second: bigint): void {
    const before = this.sharesOf(staker);
    for (const stream of this.streams.values()) {
      stream.settle(second, this.total);
      stream.accrue(staker, before);
    }
    this.shares.set(staker, shares);
    this.total += shares - before;
    if (this.total === 0n) this.#emptySince = second;
    else if (this.#emptySince !== undefined) {
      this.gaps.push({ from: this.#emptySince, to: second });
      this.#emptySince = undefined;
    }
  }

  /** All gaps, of which the last one may last. */
  gapsUntil(second: bigint): Gap[] {
    return this.#emptySince === undefined ? this.gaps : [...this.gaps, { from: this.#emptySince, to: second }];
  }
}

/** A sum of amounts. */
function sumOf<Item>(items: Iterable<Item>, amount: (item: Item) => bigint): bigint {
  let sum = 0n;
  for (const item of items) sum += amount(item);
  return sum;
}

/** Asks for many things, a few at a time; the answers in the order of the questions. */
export async function inBatches<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let i = 0; i < items.length; i += REQUESTS) {
    answers.push(...(await Promise.all(items.slice(i, i + REQUESTS).map(ask))));
  }
  return answers;
}

/** The rewards of a deployment, rebuilt from its log alone. */
export class RewardBooks {
  /** Amounts of the log that are not what they should be. */
  readonly problems: string[] = [];
  readonly #pools = new Map<string, Pool>();
  /** Commission funded and paid, by operator and token. */
  readonly #commission = new Map<string, { -readonly [Field in keyof Commission]: Commission[Field] }>();

  private constructor(
    readonly grains: bigint,
    /** The last block that was read, and its second. */
    readonly block: number,
    readonly second: bigint,
  ) {}

  /** Reads the logs of both contracts, and replays them in their order. */
  static async read(sources: Sources, { from = 0, to, onProgress }: Reading = {}): Promise<RewardBooks> {
    const { rewardsDistributor } = sources;
    const provider = rewardsDistributor.runner?.provider;
    const last = await provider?.getBlock(to ?? "latest");
    if (provider == null || last == null) throw new Error("The contracts are not connected to a chain.");
    const { number: end, timestamp } = last;
    const books = new RewardBooks(grainBits(await rewardsDistributor.BUCKET()), end, BigInt(timestamp));
    const steps: Step[] = [];
    for (let begin = from; begin <= end; begin += BLOCKS) {
      const span = { from: begin, to: Math.min(begin + BLOCKS - 1, end) };
      steps.push(...(await books.#changesOfShares(sources, span)), ...(await books.#rewards(sources, span)));
      onProgress?.(span.to, end);
    }
    steps.sort((a, b) => a.log.blockNumber - b.log.blockNumber || a.log.index - b.log.index);
    const blocks = [...new Set(steps.map(({ log }) => log.blockNumber))];
    const seconds = await inBatches(blocks, async (block) => BigInt((await provider.getBlock(block))?.timestamp ?? 0));
    const secondOf = new Map(blocks.map((block, index) => [block, seconds[index] ?? 0n]));
    for (const { log, apply } of steps) apply(secondOf.get(log.blockNumber) ?? 0n);
    return books;
  }

  /** Every stream of every pool, with its fundings: by set, AVS, kind, operator, pool. */
  get streams(): Stream[] {
    return [...this.#pools.values()].flatMap((pool) => [...pool.streams.values()]);
  }

  /** Everybody who ever had shares in a pool. */
  stakersOf(operator: string, asset: string): string[] {
    return [...this.#pool(operator, asset).shares.keys()];
  }

  /** What every operator has been given, by token. */
  get commissions(): Commission[] {
    return [...this.#commission.values()];
  }

  claimable(staker: string, operator: string, asset: string, token: string): bigint {
    const pool = this.#pool(operator, asset);
    const stream = pool.streams.get(token);
    return stream?.claimable(staker, this.second, pool.sharesOf(staker), pool.total) ?? 0n;
  }

  commissionDue(operator: string, token: string): bigint {
    const { funded, paid } = this.#commission.get(operator + token) ?? { funded: 0n, paid: 0n };
    return funded - paid;
  }

  /** What an AVS could be paid back of a pool for what it funded until one second, once that is over. */
  reclaimable(avs: string, { operator, asset, token }: Stream, endsAt: bigint): bigint {
    const pool = this.#pool(operator, asset);
    return pool.streams.get(token)?.reclaimable(avs, endsAt, pool.gapsUntil(this.second)) ?? 0n;
  }

  /** Where all units of a token are. */
  balance(token: string): Balance {
    const pools = [...this.#pools.values()].flatMap((pool) => {
      const stream = pool.streams.get(token);
      return stream === undefined ? [] : [{ pool, stream }];
    });
    const commissions = [...this.#commission.values()].filter((entry) => entry.token === token);
    const funded = sumOf(pools, ({ stream }) => sumOf(stream.fundings, ({ amount }) => amount));
    const parts = {
      claimed: sumOf(pools, ({ stream }) => stream.claimed),
      commissionPaid: sumOf(commissions, ({ paid }) => paid),
      reclaimed: sumOf(pools, ({ stream }) => stream.reclaimed),
      claimable: sumOf(pools, ({ pool, stream }) =>
        sumOf(pool.shares.keys(), (staker) => stream.claimable(staker, this.second, pool.sharesOf(staker), pool.total)),
      ),
      commissionDue: sumOf(commissions, (entry) => entry.funded - entry.paid),
      reclaimable: sumOf(pools, ({ pool, stream }) => this.#unearned(pool, stream, (endsAt) => endsAt <= this.second)),
      running: sumOf(
        pools,
        ({ pool, stream }) =>
          stream.unstreamed(this.second) + this.#unearned(pool, stream, (endsAt) => endsAt > this.second),
      ),
    };
    return { funded, ...parts, dust: funded - sumOf(Object.values(parts), (part) => part) };
  }

  /** Each event after which a staker has another number of active shares. */
  async #changesOfShares({ stakeManager }: Sources, { from, to }: Span): Promise<Step[]> {
    const { filters } = stakeManager;
    const step = (log: Position, staker: string, operator: string, asset: string, shares: bigint): Step => ({
      log,
      apply: (second) => {
        this.#pool(operator, asset).change(staker, shares, second);
      },
    });
    const deposited = await stakeManager.queryFilter(filters.Deposited(), from, to);
    const delegated = await stakeManager.queryFilter(filters.Delegated(), from, to);
    const redelegated = await stakeManager.queryFilter(filters.Redelegated(), from, to);
    const queued = await stakeManager.queryFilter(filters.WithdrawalQueued(), from, to);
    const cancelled = await stakeManager.queryFilter(filters.WithdrawalCancelled(), from, to);
    return [
      ...deposited
        // Undelegated assets are in no pool.
        .filter(({ args }) => args.operator !== ZeroAddress)
        .map((log) => step(log, log.args.receiver, log.args.operator, log.args.asset, log.args.balance)),
      ...delegated.map((log) => step(log, log.args.staker, log.args.operator, log.args.asset, log.args.balance)),
      ...redelegated.map((log) => step(log, log.args.owner, log.args.operator, log.args.asset, log.args.balance)),
      ...queued.map((log) => step(log, log.args.staker, log.args.operator, log.args.asset, log.args.stakerShares)),
      ...cancelled.map((log) => step(log, log.args.owner, log.args.operator, log.args.asset, log.args.stakerShares)),
    ];
  }

  async #rewards({ rewardsDistributor: rewards }: Sources, { from, to }: Span): Promise<Step[]> {
    const { filters } = rewards;
    const announced = (await rewards.queryFilter(filters.RewardTokenAnnounced(), from, to)).map((log) => ({
      log,
      apply: () => {
        const { operator, asset, token, limitBits } = log.args;
        this.#pool(operator, asset).streams.set(token, new Stream(operator, asset, token, limitBits, this.grains));
      },
    }));
    const funded = (await rewards.queryFilter(filters.RewardFunded(), from, to)).map((log) => ({
      log,
      apply: (second: bigint) => {
        this.#fund(log.args, second);
      },
    }));
    const claimed = (await rewards.queryFilter(filters.RewardClaimed(), from, to)).map((log) => ({
      log,
      apply: (second: bigint) => {
        const { staker, operator, asset, token, amount } = log.args;
        const pool = this.#pool(operator, asset);
        const due = pool.streams.get(token)?.claim(staker, second, pool.sharesOf(staker), pool.total);
        this.#compare(`A claim of ${staker}`, due, amount);
      },
    }));
    const reclaimed = (await rewards.queryFilter(filters.RewardReclaimed(), from, to)).map((log) => ({
      log,
      apply: (second: bigint) => {
        const { avs, operator, asset, token, endsAt, amount } = log.args;
        const pool = this.#pool(operator, asset);
        const due = pool.streams.get(token)?.reclaim(avs, endsAt, pool.gapsUntil(second));
        this.#compare(`What ${avs} reclaimed`, due, amount);
      },
    }));
    const commissions = (await rewards.queryFilter(filters.CommissionClaimed(), from, to)).map((log) => ({
      log,
      apply: () => {
        const { operator, token, amount } = log.args;
        this.#compare(`The commission of ${operator}`, this.commissionDue(operator, token), amount);
        this.#commissionOf(operator, token).paid += amount;
      },
    }));
    return [...announced, ...funded, ...claimed, ...reclaimed, ...commissions];
  }

  #fund(args: RewardFundedEvent.OutputObject, second: bigint): void {
    const { operatorSet, operator, asset, token, kind, amount, commission, rate, endsAt } = args;
    const pool = this.#pool(operator, asset);
    // The AVS's address is the first part of the key of its set.
    const avs = getAddress(dataSlice(operatorSet, 0, 20));
    const funding = { operatorSet, avs, kind, amount, commission, rate, begunAt: second, endsAt };
    pool.streams.get(token)?.fund(funding, pool.total);
    this.#commissionOf(operator, token).funded += commission;
  }

  #unearned(pool: Pool, stream: Stream, isMeant: (endsAt: bigint) => boolean): bigint {
    const keys = new Map(stream.fundings.map(({ avs, endsAt }) => [`${avs} ${endsAt}`, { avs, endsAt }]));
    const gaps = pool.gapsUntil(this.second);
    return sumOf(keys.values(), ({ avs, endsAt }) => (isMeant(endsAt) ? stream.reclaimable(avs, endsAt, gaps) : 0n));
  }

  #pool(operator: string, asset: string): Pool {
    const pool = this.#pools.get(operator + asset) ?? new Pool(operator, asset);
    this.#pools.set(operator + asset, pool);
    return pool;
  }

  #commissionOf(operator: string, token: string): { funded: bigint; paid: bigint } {
    const entry = this.#commission.get(operator + token) ?? { operator, token, funded: 0n, paid: 0n };
    this.#commission.set(operator + token, entry);
    return entry;
  }

  #compare(what: string, expected: bigint | undefined, found: bigint): void {
    if (expected !== found) this.problems.push(`${what} is ${found}, not ${expected ?? "known"}.`);
  }
}
