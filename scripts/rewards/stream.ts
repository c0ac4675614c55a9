import { accrued, perShare, unitsOf, unitsOfFlow } from "./math";

/** What an AVS has funded for one pool in one token. Times are seconds. */
export interface Funding {
  readonly operatorSet: string;
  readonly avs: string;
  /** Number of the enum `RewardKind`. */
  readonly kind: bigint;
  readonly amount: bigint;
  readonly commission: bigint;
  /** Grains per second. */
  readonly rate: bigint;
  readonly begunAt: bigint;
  readonly endsAt: bigint;
}

/** Times in which nobody had shares. */
export interface Gap {
  readonly from: bigint;
  readonly to: bigint;
}

interface Account {
  accumulated: bigint;
  accrued: bigint;
}

/** Seconds that two stretches have in common. */
function overlap(a: Gap, b: Gap): bigint {
  const from = a.from > b.from ? a.from : b.from;
  const to = a.to < b.to ? a.to : b.to;
  return to > from ? to - from : 0n;
}

/** All that one token has streamed into one pool, from its log. Nothing is merged: every funding is kept. */
export class Stream {
  readonly fundings: Funding[] = [];
  /** Units paid to stakers, and to AVSs. */
  claimed = 0n;
  reclaimed = 0n;
  readonly #accounts = new Map<string, Account>();
  readonly #claimedBy = new Map<string, bigint>();
  /** AVS and end of what was reclaimed. */
  readonly #closed = new Set<string>();
  #accumulated = 0n;
  #settledAt = 0n;

  constructor(
    readonly operator: string,
    readonly asset: string,
    readonly token: string,
    readonly limitBits: bigint,
    readonly grainBits: bigint,
  ) {}

  fund(funding: Funding, shares: bigint): void {
    this.settle(funding.begunAt, shares);
    this.fundings.push(funding);
  }

  /** Books what has streamed until `second`, for a pool that has had `shares` since it was settled. */
  settle(second: bigint, shares: bigint): void {
    this.#accumulated = this.#accumulatedAt(second, shares);
    this.#settledAt = second;
  }

  /** Books what a staker has earned by `shares`, after settling. */
  accrue(staker: string, shares: bigint): void {
    this.#accounts.set(staker, this.#accountAt(staker, shares, this.#accumulated));
  }

  /** Books a claim; returns what it should have paid. The pool's stream is not settled by it. */
  claim(staker: string, second: bigint, shares: bigint, poolShares: bigint): bigint {
    const account = this.#accountAt(staker, shares, this.#accumulatedAt(second, poolShares));
    const { units, paid } = unitsOf(account.accrued, this.limitBits);
    // Without shares the contract leaves the account as it was but for what it pays.
    const accumulated = shares === 0n ? (this.#accounts.get(staker)?.accumulated ?? 0n) : account.accumulated;
    this.#accounts.set(staker, { accumulated, accrued: account.accrued - paid });
    this.claimed += units;
    this.#claimedBy.set(staker, this.claimedBy(staker) + units);
    return units;
  }

  /** Units paid to a staker. */
  claimedBy(staker: string): bigint {
    return this.#claimedBy.get(staker) ?? 0n;
  }

  claimable(staker: string, second: bigint, shares: bigint, poolShares: bigint): bigint {
    const account = this.#accountAt(staker, shares, this.#accumulatedAt(second, poolShares));
    return unitsOf(account.accrued, this.limitBits).units;
  }

  /** What an AVS's streams that ended at `endsAt` have streamed to nobody, if it was not reclaimed. */
  reclaimable(avs: string, endsAt: bigint, gaps: readonly Gap[]): bigint {
    if (this.#closed.has(`${avs} ${endsAt}`)) return 0n;
    const own = this.fundings.filter((funding) => funding.avs === avs && funding.endsAt === endsAt);
    const flow = own.reduce((sum, { rate, begunAt: from }) => {
      const seconds = gaps.reduce((total, gap) => total + overlap(gap, { from, to: endsAt }), 0n);
      return sum + rate * seconds;
    }, 0n);
    return unitsOfFlow(flow, this.limitBits, this.grainBits);
  }

  /** Books that an AVS has reclaimed; returns what it should have been paid. */
  reclaim(avs: string, endsAt: bigint, gaps: readonly Gap[]): bigint {
    const amount = this.reclaimable(avs, endsAt, gaps);
    this.#closed.add(`${avs} ${endsAt}`);
    this.reclaimed += amount;
    return amount;
  }

  /** Units that are still to be streamed. */
  unstreamed(second: bigint): bigint {
    const flow = this.fundings.reduce(
      (sum, { rate, endsAt }) => sum + (endsAt > second ? rate * (endsAt - second) : 0n),
      0n,
    );
    return unitsOfFlow(flow, this.limitBits, this.grainBits);
  }

  #accumulatedAt(second: bigint, shares: bigint): bigint {
    if (shares === 0n) return this.#accumulated;
    const stretch = { from: this.#settledAt, to: second };
    const flow = this.fundings.reduce(
      (sum, { rate, begunAt: from, endsAt: to }) => sum + rate * overlap(stretch, { from, to }),
      0n,
    );
    return this.#accumulated + perShare(flow, shares, this.grainBits);
  }

  #accountAt(staker: string, shares: bigint, accumulated: bigint): Account {
    const before = this.#accounts.get(staker) ?? { accumulated: 0n, accrued: 0n };
    return { accumulated, accrued: before.accrued + accrued(shares, accumulated - before.accumulated) };
  }
}
