import { BUCKET, type Party, sum } from "../vocabulary";
import type { PoolStory, Stretch } from "./pool";

/** g: a limit is 2^g grains. */
export const GRAIN_BITS = 63n + BigInt(BUCKET.toString(2).length - 1);

/** A limit is 2^160 of what one share accumulates, and 2^96 of what an account accrues. */
const [ACCUMULATED_BITS, ACCRUED_BITS] = [160n, 96n];

/** Sums of fractions are told to so many binary digits, rounded to either side. */
const DIGITS = 128n;

/** What an AVS has given to the stakers of one pool. */
export interface Funding {
  readonly avs: Party;
  /** What streams, without the commission. */
  readonly units: bigint;
  readonly begunAt: bigint;
  readonly endsAt: bigint;
  /** Grains per second. */
  readonly rate: bigint;
}

/** What may be read: no less than what roundings can cost, and no more than the exact fraction. */
export interface Bounds {
  readonly least: bigint;
  readonly most: bigint;
}

/** The least that each of many fractions sums to, and how many of them are not exact. In 2^−DIGITS. */
class FractionSum {
  private low = 0n;
  private inexact = 0n;

  add(numerator: bigint, denominator: bigint): void {
    this.low += numerator / denominator;
    if (numerator % denominator !== 0n) this.inexact += 1n;
  }

  /** With what is added by another one. */
  with(other: FractionSum): FractionSum {
    const both = new FractionSum();
    both.low = this.low + other.low;
    both.inexact = this.inexact + other.inexact;
    return both;
  }

  /** Whether the fractions can sum to a number. */
  canBe(total: bigint): boolean {
    return this.low <= total && total <= this.low + this.inexact;
  }

  /** The integers that a number can be rounded down to that is less by less than a cost, or by nothing. */
  floorLess(cost: bigint): Bounds {
    return { least: (this.low - cost) >> DIGITS, most: (this.low + this.inexact) >> DIGITS };
  }
}

/** What an owner has earned. */
interface Earnings {
  /** In units. */
  readonly sum: FractionSum;
  /** Σ shares · divisions of the pool that could round what each of them accumulates. */
  roundedShares: bigint;
  /** Divisions that could round what the account accrues. */
  roundings: bigint;
  paid: bigint;
}

/** All that ever streamed of one reward token into one pool. What a stretch of time has earned is summed once it is over. */
export class StreamStory {
  readonly fundings: Funding[] = [];
  /** Units that were funded, the commission included. */
  funded = 0n;
  private readonly earnings = new Map<Party, Earnings>();
  private readonly accumulated = new FractionSum();
  private accumulatedRoundings = 0n;
  /** Grains that streamed to somebody, and to nobody. */
  private earned = 0n;
  private unearned = 0n;
  /** Of the latter, what was paid back, and forgotten, in 2^−g units. */
  private reclaimed = 0n;
  /** Stretches that are over and summed. */
  private summed = 0;
  private readonly over = new Set<string>();
  private readonly limitBits: bigint;

  /** @param inUseAt Second from which it can be funded. */
  constructor(
    readonly pool: PoolStory,
    readonly inUseAt: bigint,
    decimals: bigint,
  ) {
    this.limitBits = limitBits(decimals);
  }

  /** Units that can still be funded. */
  left(): bigint {
    return 2n ** this.limitBits - 1n - this.funded;
  }

  /** Grains per second that units are, if they stream for so long. */
  rateOf(units: bigint, seconds: bigint): bigint {
    return (units << GRAIN_BITS) / (seconds << this.limitBits);
  }

  /** What all streams stream per second, in grains. */
  rate(now: bigint): bigint {
    return sum(this.live(now).map(({ rate }) => rate));
  }

  live(now: bigint): Funding[] {
    return this.fundings.filter(({ begunAt, endsAt }) => begunAt <= now && now < endsAt);
  }

  /** What the owner could be paid now. */
  claimable(owner: Party, now: bigint): Bounds {
    this.sumUp();
    const { sum: before, roundedShares, roundings, paid } = this.earningsOf(owner);
    const [open, latest] = [this.pool.stretches.at(-1), new FractionSum()];
    let [costs, accruals] = [roundedShares, roundings];
    const shares = open?.holdings.get(owner) ?? 0n;
    if (open !== undefined && shares > 0n) {
      this.earn(latest, open, shares, now);
      costs += shares * this.roundingsIn(open.from, now);
      accruals += 1n;
    }
    const cost =
      (costs << (this.limitBits + DIGITS - ACCUMULATED_BITS)) + (accruals << (this.limitBits + DIGITS - ACCRUED_BITS));
    const { least, most } = before.with(latest).floorLess(cost);
    return { least: least > paid ? least - paid : 0n, most: most - paid };
  }

  /** Books a payment of what the owner has earned. */
  pay(owner: Party, units: bigint): void {
    const earnings = this.earningsOf(owner);
    earnings.paid += units;
    if (this.pool.sharesOf(owner) > 0n) earnings.roundings += 1n;
  }

  /** What a share has accumulated, in limits / 2^160. */
  accumulatedPerShare(now: bigint): Bounds {
    this.sumUp();
    const [open, latest] = [this.pool.stretches.at(-1), new FractionSum()];
    let roundings = this.accumulatedRoundings;
    if (open !== undefined && open.shares > 0n) {
      latest.add(this.flow(open.from, now) << (ACCUMULATED_BITS - GRAIN_BITS + DIGITS), open.shares);
      roundings += this.roundingsIn(open.from, now);
    }
    return this.accumulated.with(latest).floorLess(roundings << DIGITS);
  }

  /** Units that streamed to nobody, of what an AVS has funded until a second that has come. */
  reclaimable(avs: Party, endsAt: bigint): bigint {
    return this.isOver(avs, endsAt) ? 0n : this.emptyPart(avs, endsAt) >> GRAIN_BITS;
  }

  /** Pays them, once: what rounding leaves, in 2^−g units, is forgotten. */
  reclaim(avs: Party, endsAt: bigint): { readonly units: bigint; readonly forgotten: bigint } {
    if (this.isOver(avs, endsAt)) return { units: 0n, forgotten: 0n };
    this.over.add(`${avs}@${endsAt}`);
    const part = this.emptyPart(avs, endsAt);
    this.reclaimed += part;
    return { units: part >> GRAIN_BITS, forgotten: part % 2n ** GRAIN_BITS };
  }

  isOver(avs: Party, endsAt: bigint): boolean {
    return this.over.has(`${avs}@${endsAt}`);
  }

  /** Every AVS with every end of its streams, each once. */
  ends(): { avs: Party; endsAt: bigint }[] {
    return [...new Map(this.fundings.map(({ avs, endsAt }) => [`${avs}@${endsAt}`, { avs, endsAt }])).values()];
  }

  /** What the next look could find changed. */
  version(): string {
    const { fundings, pool, earnings } = this;
    const paid = [...earnings].map(([owner, { paid: units }]) => `${owner} ${units}`);
    return [fundings.length, pool.stretches.length, ...paid].join();
  }

  /**
   * Claims on what is held, and what roundings of rates have left beside them, in 2^−g units. Asserts that the owners have
   * together earned what has streamed to them.
   */
  books(now: bigint): { readonly claims: bigint; readonly rounded: bigint } {
    this.sumUp();
    const all = [...this.earnings.values()].reduce((total, { sum: one }) => total.with(one), new FractionSum());
    if (!all.canBe(this.earned << (this.limitBits + DIGITS - GRAIN_BITS))) {
      throw new Error(`Of ${this.earned} grains that streamed to somebody the owners have not earned all, or more.`);
    }
    const open = this.pool.stretches.at(-1);
    const latest = open === undefined ? 0n : this.flow(open.from, now);
    const coming = sum(this.live(now).map(({ rate, endsAt }) => rate * (endsAt - now)));
    const paid = sum([...this.earnings.values()].map((earnings) => earnings.paid)) << GRAIN_BITS;
    const streams = (this.earned + this.unearned + latest + coming) << this.limitBits;
    const rounded = this.fundings.map(
      ({ units, rate, begunAt, endsAt }) => (units << GRAIN_BITS) - ((rate * (endsAt - begunAt)) << this.limitBits),
    );
    return { claims: streams - paid - this.reclaimed, rounded: sum(rounded) };
  }

  private earningsOf(owner: Party): Earnings {
    const found = this.earnings.get(owner);
    if (found !== undefined) return found;
    const made = { sum: new FractionSum(), roundedShares: 0n, roundings: 0n, paid: 0n };
    this.earnings.set(owner, made);
    return made;
  }

  /** Grains that streamed between two seconds. */
  private flow(from: bigint, to: bigint): bigint {
    return sum(this.fundings.map((funding) => funding.rate * overlap(funding, from, to)));
  }

  /** What streamed to nobody, in 2^−g units. */
  private emptyPart(avs: Party, endsAt: bigint): bigint {
    const own = this.fundings.filter((funding) => funding.avs === avs && funding.endsAt === endsAt);
    const { stretches } = this.pool;
    const gaps = stretches.map(({ from, shares }, i) => {
      if (shares > 0n) return 0n;
      const to = stretches[i + 1]?.from ?? endsAt;
      return sum(own.map((funding) => funding.rate * overlap(funding, from, to)));
    });
    return sum(gaps) << this.limitBits;
  }

  /** Sums what the stretches have earned that are over. */
  private sumUp(): void {
    const { stretches } = this.pool;
    for (; this.summed < stretches.length - 1; this.summed++) {
      const [stretch, next] = [stretches[this.summed], stretches[this.summed + 1]];
      if (stretch !== undefined && next !== undefined) this.sumStretch(stretch, next);
    }
  }

  private sumStretch(stretch: Stretch, { from: to, by }: Stretch): void {
    // Whose shares change then has its account settled, for all stretches since it last was.
    if ((stretch.holdings.get(by) ?? 0n) > 0n) this.earningsOf(by).roundings += 1n;
    const flow = this.flow(stretch.from, to);
    if (flow === 0n) return;
    if (stretch.shares === 0n) {
      this.unearned += flow;
      return;
    }
    this.earned += flow;
    const roundings = this.roundingsIn(stretch.from, to);
    this.accumulated.add(flow << (ACCUMULATED_BITS - GRAIN_BITS + DIGITS), stretch.shares);
    this.accumulatedRoundings += roundings;
    for (const [owner, shares] of stretch.holdings) {
      if (shares === 0n) continue;
      const earnings = this.earningsOf(owner);
      this.earn(earnings.sum, stretch, shares, to);
      earnings.roundedShares += shares * roundings;
    }
  }

  /** Shares earn their part of what streams in a stretch until a second. */
  private earn(earned: FractionSum, stretch: Stretch, shares: bigint, to: bigint): void {
    const flow = this.flow(stretch.from, to);
    if (flow > 0n) earned.add((shares * flow) << (this.limitBits + DIGITS - GRAIN_BITS), stretch.shares);
  }

  /** How often what accumulates was divided: at the end of a stretch, and whenever it was funded; if something streamed. */
  private roundingsIn(from: bigint, to: bigint): bigint {
    const funded = this.fundings.map(({ begunAt }) => begunAt).filter((second) => from < second && second < to);
    const seconds = [from, ...new Set(funded), to];
    return BigInt(seconds.filter((second, i) => i > 0 && this.flow(seconds[i - 1] ?? second, second) > 0n).length);
  }
}

/** c: less than 2^c units of a token with so many decimals are ever funded for a pool. */
export function limitBits(decimals: bigint): bigint {
  return 40n + (10n * decimals + 2n) / 3n;
}

/** Seconds of a stream between two. */
function overlap({ begunAt, endsAt }: Funding, from: bigint, to: bigint): bigint {
  const begin = begunAt > from ? begunAt : from;
  const end = endsAt < to ? endsAt : to;
  return end > begin ? end - begin : 0n;
}
