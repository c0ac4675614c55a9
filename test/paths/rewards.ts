import { expect } from "chai";
import { wad } from "../helpers/units";
import { announceRewardToken, claim, fund } from "../model/commands";
import type { Call } from "../model/commands/call";
import { Fraction } from "../model/fraction";
import type { Ledger } from "../model/ledger/ledger";
import { ASSETS, BEGIN, BUCKET, type Coin, NOTICE, OPERATORS, type Party, type SetName } from "../model/vocabulary";
import { CAST } from "./scene";
import type { Step } from "./setup";

/** Second from which rewards stream. */
const FROM = BEGIN + NOTICE;

/** How often each reward is funded; then it streams until the boundary that is not sooner. */
const EVERY = 15n * BUCKET;

/** A reward of a path: what streams into every pool. */
interface Reward {
  readonly by: Party;
  readonly set: SetName;
  readonly coin: Coin;
  readonly amount: bigint;
  /** When it is funded first. */
  readonly from: bigint;
  /** What rounding the rate can cost a second, in units: a grain. */
  readonly grain: Fraction;
  /** More than what else is rounded in a pool can cost on a path, in units. */
  readonly rounded: bigint;
}

/** A limit is 2^71 grains, and 2^60 units of a token of 6 decimals, 2^100 of one of 18. */
const REWARDS: readonly Reward[] = [
  {
    ...{ by: "watch", set: "watch/1", coin: "pearl", amount: 1_234_567_891n, from: FROM },
    ...{ grain: Fraction.of(2n ** 60n, 2n ** 71n), rounded: 1n },
  },
  {
    ...{ by: "beacon", set: "beacon/1", coin: "amber", amount: wad(321n) + 1n, from: FROM + 100n },
    ...{ grain: Fraction.of(2n ** 100n, 2n ** 71n), rounded: 2n ** 20n },
  },
];

/** Whose rewards are looked at. */
const OWNERS = [CAST.staker, CAST.buyer, CAST.neighbour] as const;

const POOLS = OPERATORS.flatMap((operator) => ASSETS.map((asset) => ({ operator, asset })));

/** Every pool gets both reward tokens. */
export function announcements(): Call[] {
  return POOLS.flatMap(({ operator, asset }) =>
    REWARDS.map(({ coin }) => announceRewardToken(BEGIN, { by: operator, asset, coin })),
  );
}

/** Seconds at which a reward is funded that come before the path ends. */
function fundedAt({ from }: Reward, end: bigint): bigint[] {
  const seconds: bigint[] = [];
  for (let at = from; at < end; at += EVERY) seconds.push(at);
  return seconds;
}

function endOf(begin: bigint): bigint {
  return ((begin + EVERY + BUCKET - 1n) / BUCKET) * BUCKET;
}

/** The fundings of a path, and at its end the claims of everyone. */
export function rewardSteps(end: bigint): Step[] {
  const fundings = REWARDS.flatMap((reward) =>
    fundedAt(reward, end).map((at): Step => {
      const { by, set, coin, amount } = reward;
      const entries = POOLS.map((pool) => ({ ...pool, amount }));
      return { at, deed: "other", make: () => fund(at, { by, set, coin, kind: 0n, duration: EVERY, entries }) };
    }),
  );
  const claims = OWNERS.flatMap((owner) =>
    REWARDS.map(({ coin }): Step => {
      const make = (): Call => claim(end, { by: owner, staker: owner, coin, pools: POOLS, receiver: owner });
      return { at: end, deed: "claim", make };
    }),
  );
  return [...fundings, ...claims];
}

/** Who had which part of a pool from a second on. */
interface Holding {
  readonly at: bigint;
  readonly shares: bigint;
  readonly poolShares: bigint;
}

/** What an owner has earned of all streams of a reward into a pool, by its active shares alone; without the model's books. */
function earnedBy(reward: Reward, holdings: readonly Holding[], end: bigint): Fraction {
  const parts = holdings.flatMap(({ at, shares, poolShares }, i) => {
    const next = holdings[i + 1]?.at ?? end;
    return fundedAt(reward, end).map((begin) => {
      const [from, to] = [begin > at ? begin : at, endOf(begin) < next ? endOf(begin) : next];
      if (shares === 0n || to <= from) return Fraction.ZERO;
      return Fraction.of(reward.amount * (to - from) * shares, (endOf(begin) - begin) * poolShares);
    });
  });
  return Fraction.sum(parts);
}

/** Watches who has active shares while a path is walked, and judges what came of it in rewards. */
export class RewardWitness {
  private readonly holdings = new Map(OWNERS.map((owner) => [owner, POOLS.map((): Holding[] => [])]));

  /** Looks at who has what, after a call. */
  note({ stake, now }: Ledger): void {
    for (const [owner, pools] of this.holdings) {
      for (const [i, { operator, asset }] of POOLS.entries()) {
        const pool = stake.pool(operator, asset);
        const [shares, poolShares] = [pool.sharesOf(owner), pool.activeShares()];
        const last = pools[i]?.at(-1);
        if (last?.shares !== shares || last.poolShares !== poolShares) pools[i]?.push({ at: now, shares, poolShares });
      }
    }
  }

  /** What everyone could claim in a second: nothing that a slash does changes it. */
  claimable({ rewards, now }: Ledger): bigint[] {
    return OWNERS.flatMap((owner) =>
      POOLS.flatMap((pool) => REWARDS.map(({ coin }) => rewards.story(pool, coin)?.claimable(owner, now).most ?? 0n)),
    );
  }

  /**
   * Asserts that everyone was paid for the seconds in which its shares were active, and for no others; less at most what
   * rounding can cost.
   */
  judge({ rewards, now }: Ledger): void {
    for (const reward of REWARDS) {
      const { coin, grain, rounded } = reward;
      const seconds = fundedAt(reward, now).reduce((sum, begin) => sum + (endOf(begin) - begin), 0n);
      for (const [owner, pools] of this.holdings) {
        const earned = Fraction.sum(pools.map((holdings) => earnedBy(reward, holdings, now)));
        const cost = grain.times(seconds).plus(Fraction.of(rounded)).times(BigInt(POOLS.length));
        const paid = rewards.wallet(owner, coin);
        expect(paid, `${coin} paid to ${owner}`).to.be.within(earned.minus(cost).floor(), earned.floor());
      }
    }
  }
}
