import { Disagreement } from "../disagreement";
import {
  type Asset,
  ASSETS,
  BUCKET,
  type Coin,
  COINS,
  DECIMALS,
  entryOf,
  NOTICE,
  OPERATORS,
  type Party,
  sum,
} from "../vocabulary";
import type { StakeLedger } from "./stake";
import { GRAIN_BITS, StreamStory } from "./stream";

/** Basis points of everything. */
const BPS = 10_000n;

/** A commission from a second on. */
interface Rate {
  readonly bps: bigint;
  readonly from: bigint;
}

/** What is funded for one pool. */
export interface Part {
  readonly operator: Party;
  readonly asset: Asset;
  readonly amount: bigint;
}

/** A pool. */
export type Pool = Omit<Part, "amount">;

/** What an AVS has funded for one pool until one second. */
export interface End extends Pool {
  readonly endsAt: bigint;
}

/** A stream story with its names. */
export interface NamedStory extends Pool {
  readonly coin: Coin;
  readonly story: StreamStory;
}

function nameOf({ operator, asset }: Pool): string {
  return `${operator}/${asset}`;
}

/** The boundary at which a reward ends that is funded now. */
export function endOf(now: bigint, duration: bigint): bigint {
  return ((now + duration + BUCKET - 1n) / BUCKET) * BUCKET;
}

/** Everything that the RewardsDistributor holds, and for whom. */
export class RewardLedger {
  private readonly approvals = new Set<string>();
  /** Reward tokens in wallets, and in the `purse`. */
  private readonly wallets = new Map<string, bigint>();
  private readonly commissions = new Map<string, Rate[]>();
  /** Commission that was not claimed. */
  private readonly due = new Map<string, bigint>();
  private readonly stories = new Map<string, Map<Coin, StreamStory>>();
  /** What payments to AVSs have rounded down, in 2^−g units. */
  private readonly forgotten = new Map<Coin, bigint>();

  constructor(private readonly stake: StakeLedger) {}

  isApproved(owner: Party, account: Party): boolean {
    return this.approvals.has(`${owner}>${account}`);
  }

  /** Whether an account may claim for an owner. */
  mayAct(caller: Party, owner: Party): boolean {
    return caller === owner || this.isApproved(owner, caller);
  }

  setApproval(owner: Party, account: Party, approved: boolean): void {
    if (approved) this.approvals.add(`${owner}>${account}`);
    else this.approvals.delete(`${owner}>${account}`);
  }

  wallet(party: Party, coin: Coin): bigint {
    return this.wallets.get(`${party}:${coin}`) ?? 0n;
  }

  mint(party: Party, coin: Coin, units: bigint): void {
    this.wallets.set(`${party}:${coin}`, this.wallet(party, coin) + units);
  }

  /** The reward tokens of a pool in the order of their announcements. */
  announced(pool: Pool): ReadonlyMap<Coin, StreamStory> {
    return entryOf(this.stories, nameOf(pool), () => new Map<Coin, StreamStory>());
  }

  announce(pool: Pool, coin: Coin, now: bigint): void {
    const stories = entryOf(this.stories, nameOf(pool), () => new Map<Coin, StreamStory>());
    stories.set(coin, new StreamStory(this.stake.pool(pool.operator, pool.asset), now + NOTICE, DECIMALS[coin]));
  }

  story(pool: Pool, coin: Coin): StreamStory | undefined {
    return this.announced(pool).get(coin);
  }

  /** Every announced token of every pool. */
  *allStories(): Generator<NamedStory> {
    for (const operator of OPERATORS) {
      for (const asset of ASSETS) {
        for (const [coin, story] of this.announced({ operator, asset })) yield { operator, asset, coin, story };
      }
    }
  }

  commission(pool: Pool, now: bigint): bigint {
    return this.ratesOf(pool).findLast(({ from }) => from <= now)?.bps ?? 0n;
  }

  nextCommission(pool: Pool, now: bigint): Rate {
    return this.ratesOf(pool).find(({ from }) => from > now) ?? { bps: 0n, from: 0n };
  }

  /** A raise comes after the notice, anything else at once; what was to come comes no more. */
  setCommission(pool: Pool, bps: bigint, now: bigint): void {
    const from = bps > this.commission(pool, now) ? now + NOTICE : now;
    const begun = this.ratesOf(pool).filter((rate) => rate.from <= now);
    this.commissions.set(nameOf(pool), [...begun, { bps, from }]);
  }

  commissionDue(operator: Party, coin: Coin): bigint {
    return this.due.get(`${operator}:${coin}`) ?? 0n;
  }

  /** What of an amount goes to the stakers. */
  net({ operator, asset, amount }: Part, now: bigint): bigint {
    return amount - (amount * this.commission({ operator, asset }, now)) / BPS;
  }

  fund(avs: Party, coin: Coin, endsAt: bigint, parts: readonly Part[], now: bigint): void {
    for (const part of parts) {
      const { operator, amount } = part;
      const story = this.storyOf(part, coin);
      const units = this.net(part, now);
      story.funded += amount;
      story.fundings.push({ avs, units, begunAt: now, endsAt, rate: story.rateOf(units, endsAt - now) });
      this.due.set(`${operator}:${coin}`, this.commissionDue(operator, coin) + amount - units);
      this.move(avs, "purse", coin, amount);
    }
  }

  /** Pays what a staker has earned in pools, as the contracts say that they do: each payment must be within its bounds. */
  claim(
    staker: Party,
    coin: Coin,
    pools: readonly Pool[],
    receiver: Party,
    now: bigint,
    payments?: readonly bigint[],
  ): bigint {
    const paid = pools.map((pool, i) => {
      const story = this.storyOf(pool, coin);
      const { least, most } = story.claimable(staker, now);
      const units = payments === undefined ? most : (payments[i] ?? -1n);
      if (units < least || units > most) {
        const name = `${coin} of ${staker} in ${nameOf(pool)}`;
        throw new Disagreement(`${name}: the model says ${least} to ${most}, the contracts have paid ${units}`);
      }
      story.pay(staker, units);
      return units;
    });
    this.move("purse", receiver, coin, sum(paid));
    return sum(paid);
  }

  claimCommission(operator: Party, coin: Coin, receiver: Party): void {
    this.move("purse", receiver, coin, this.commissionDue(operator, coin));
    this.due.set(`${operator}:${coin}`, 0n);
  }

  reclaim(avs: Party, coin: Coin, ends: readonly End[], receiver: Party): bigint {
    const paid = ends.map(({ endsAt, ...pool }) => {
      const story = this.storyOf(pool, coin);
      const { units, forgotten } = story.reclaim(avs, endsAt);
      this.forgotten.set(coin, (this.forgotten.get(coin) ?? 0n) + forgotten);
      return units;
    });
    this.move("purse", receiver, coin, sum(paid));
    return sum(paid);
  }

  /**
   * Asserts that every unit that was funded is somewhere: claimed, or earned by somebody; commission; streamed to nobody;
   * not streamed yet; or dust, which is what was rounded, exactly.
   */
  check(now: bigint): void {
    for (const coin of COINS) {
      const stories = [...this.allStories()].filter((named) => named.coin === coin);
      const due = sum(OPERATORS.map((operator) => this.commissionDue(operator, coin)));
      const books = stories.map(({ story }) => story.books(now));
      const claims = sum(books.map(({ claims: one }) => one)) + (due << GRAIN_BITS);
      const rounded = sum(books.map(({ rounded: one }) => one)) + (this.forgotten.get(coin) ?? 0n);
      const held = this.wallet("purse", coin) << GRAIN_BITS;
      if (held !== claims + rounded) {
        throw new Error(`Of ${coin} ${held} is held, ${claims} claimed, and ${rounded} rounded, in 2^-${GRAIN_BITS}.`);
      }
    }
  }

  private storyOf(pool: Pool, coin: Coin): StreamStory {
    const story = this.story(pool, coin);
    if (story === undefined) throw new Error(`${nameOf(pool)} has no ${coin}.`);
    return story;
  }

  private ratesOf(pool: Pool): readonly Rate[] {
    return this.commissions.get(nameOf(pool)) ?? [];
  }

  private move(from: Party, to: Party, coin: Coin, units: bigint): void {
    this.mint(from, coin, -units);
    this.mint(to, coin, units);
  }
}
