import { WAD } from "../../helpers/units";
import { type Exact, floor } from "../../lrt/simulator";

/** Rates of streams are whole numbers of grains: units of a token, in WAD. See docs/REWARDS.md. */
export function grainOf(decimals: bigint, bucket: bigint): bigint {
  const limit = 40n + (10n * decimals + 2n) / 3n;
  const precision = 63n + BigInt(bucket.toString(2).length - 1);
  return (WAD << limit) >> precision;
}

/** What streams into a pool. */
interface Stream {
  readonly amount: bigint;
  readonly from: bigint;
  readonly to: bigint;
  readonly grain: bigint;
}

/** What a share of a stream has earned since a second. */
export class Earnings {
  #since: bigint;
  #shares: Exact = 0n;
  /** Of the stream, in WAD. */
  #earned = 0n;

  /**
   * @param others Shares of the pool that somebody else has all the time, in units.
   */
  constructor(
    private readonly stream: Stream,
    private readonly others: bigint,
  ) {
    this.#since = stream.from;
  }

  /** From a second on there are so many active shares. */
  note(time: bigint, shares: Exact): void {
    const { amount, to } = this.stream;
    const until = time < to ? time : to;
    if (until > this.#since) {
      const own = floor(this.#shares);
      const flow = (amount * WAD * (until - this.#since)) / (to - this.stream.from);
      this.#earned += (flow * own) / (own + this.others);
      this.#since = until;
    }
    this.#shares = shares;
  }

  /** Whole units that have been earned up to what was noted last. */
  get whole(): bigint {
    return this.#earned / WAD;
  }

  /** Units that the rate, which is rounded down, may leave of it; and what rounding to units may. */
  get dust(): bigint {
    return ((this.#since - this.stream.from) * this.stream.grain) / WAD + 3n;
  }
}
