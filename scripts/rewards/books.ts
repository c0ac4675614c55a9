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

/** The rewards of a deployment, rebuilt from its log alone. */
export class RewardBooks {
  /** Amounts of the log that are not what they should be. */
  readonly problems: string[] = [];
  readonly #pools = new Map<string, Pool>();
  /** Commission funded and paid, by operator and token. */
  readonly #commission = new Map<string, { readonly token: string; funded: bigint; paid: bigint }>();

  private constructor(
    readonly grains: bigint,
    /** Second of the last block that was read. */
    readonly second: bigint,
  ) {}

  /** Reads the logs of both contracts, and replays them in their order. */
  static async read(sources: Sources): Promise<RewardBooks> {
    const { rewardsDistributor } = sources;
    const provider = rewardsDistributor.runner?.provider;
    const latest = await provider?.getBlock("latest");
    if (provider == null || latest == null) throw new Error("The contracts are not connected to a chain.");
    const books = new RewardBooks(grainBits(await rewardsDistributor.BUCKET()), BigInt(latest.timestamp));
    const steps = [...(await books.#changesOfShares(sources)), ...(await books.#rewards(sources))];
    steps.sort((a, b) => a.log.blockNumber - b.log.blockNumber || a.log.index - b.log.index);
    const seconds = new Map<number, bigint>();
    for (const { log, apply } of steps) {
      const { blockNumber } = log;
      const second = seconds.get(blockNumber) ?? BigInt((await provider.getBlock(blockNumber))?.timestamp ?? 0);
      seconds.set(blockNumber, second);
      apply(second);
    }
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

  claimable(staker: string, operator: string, asset: string, token: string): bigint {
    const pool = this.#pool(operator, asset);
    const stream = pool.streams.get(token);
    return stream?.claimable(staker, this.second, pool.sharesOf(staker), pool.total) ?? 0n;
  }

  commissionDue(operator: string, token: string): bigint {
    const { funded, paid } = this.#commission.get(operator + token) ?? { funded: 0n, paid: 0n };
    return funded - paid;
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
  async #changesOfShares({ stakeManager }: Sources): Promise<Step[]> {
    const { filters } = stakeManager;
    const step = (log: Position, staker: string, operator: string, asset: string, shares: bigint): Step => ({
      log,
      apply: (second) => {
        this.#pool(operator, asset).change(staker, shares, second);
      },
    });
    const deposited = await stakeManager.queryFilter(filters.Deposited());
    const delegated = await stakeManager.queryFilter(filters.Delegated());
    const redelegated = await stakeManager.queryFilter(filters.Redelegated());
    const queued = await stakeManager.queryFilter(filters.WithdrawalQueued());
    const cancelled = await stakeManager.queryFilter(filters.WithdrawalCancelled());
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

  async #rewards({ rewardsDistributor: rewards }: Sources): Promise<Step[]> {
    const { filters } = rewards;
    const announced = (await rewards.queryFilter(filters.RewardTokenAnnounced())).map((log) => ({
      log,
      apply: () => {
        const { operator, asset, token, limitBits } = log.args;
        this.#pool(operator, asset).streams.set(token, new Stream(operator, asset, token, limitBits, this.grains));
      },
    }));
    const funded = (await rewards.queryFilter(filters.RewardFunded())).map((log) => ({
      log,
      apply: (second: bigint) => {
        this.#fund(log.args, second);
      },
    }));
    const claimed = (await rewards.queryFilter(filters.RewardClaimed())).map((log) => ({
      log,
      apply: (second: bigint) => {
        const { staker, operator, asset, token, amount } = log.args;
        const pool = this.#pool(operator, asset);
        const due = pool.streams.get(token)?.claim(staker, second, pool.sharesOf(staker), pool.total);
        this.#compare(`A claim of ${staker}`, due, amount);
      },
    }));
    const reclaimed = (await rewards.queryFilter(filters.RewardReclaimed())).map((log) => ({
      log,
      apply: (second: bigint) => {
        const { avs, operator, asset, token, endsAt, amount } = log.args;
        const pool = this.#pool(operator, asset);
        const due = pool.streams.get(token)?.reclaim(avs, endsAt, pool.gapsUntil(second));
        this.#compare(`What ${avs} reclaimed`, due, amount);
      },
    }));
    const commissions = (await rewards.queryFilter(filters.CommissionClaimed())).map((log) => ({
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
    const entry = this.#commission.get(operator + token) ?? { token, funded: 0n, paid: 0n };
    this.#commission.set(operator + token, entry);
    return entry;
  }

  #compare(what: string, expected: bigint | undefined, found: bigint): void {
    if (expected !== found) this.problems.push(`${what} is ${found}, not ${expected ?? "known"}.`);
  }
}
