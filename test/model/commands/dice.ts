import { type Asset, ASSETS, type Party } from "../vocabulary";

/** What a command has drawn before it knew the state that it would meet: numbers that choose among what is there. */
export class Dice {
  private next = 0;

  /**
   * @param rolls Numbers from 0 on, used one after the other; 0 when there are no more.
   * @param isWild Whether to choose what the contracts should refuse, too.
   */
  constructor(
    private readonly rolls: readonly number[],
    readonly isWild: boolean,
  ) {}

  /** A number from 0 to `limit − 1`. */
  below(limit: number): number {
    return (this.rolls[this.next++] ?? 0) % limit;
  }

  /** True in `percent` of 100 cases; false if all rolls are 0. */
  chance(percent: number): boolean {
    return this.below(100) >= 100 - percent;
  }

  /** One of several. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.below(items.length)] ?? items[0];
  }

  /** One of several, or none if there are none. */
  maybe<Item>(items: readonly Item[]): Item | undefined {
    return items[this.below(Math.max(items.length, 1))];
  }

  asset(): Asset {
    return this.pick(ASSETS);
  }

  /** A part of what there is: often all, or a unit; if wild, also nothing, and more than there is. */
  amount(available: bigint): bigint {
    if (this.isWild && this.chance(60)) return this.pick([0n, available + 1n, available * 2n + 1n]);
    const part = available <= 1n ? available : (available * BigInt(this.below(1_000) + 1)) / 1_000n;
    return this.pick([part > 0n ? part : available, part > 0n ? part : available, available, available > 0n ? 1n : 0n]);
  }

  /** The usual party; if wild, perhaps any other. */
  party(usual: Party, others: readonly [Party, ...Party[]]): Party {
    return this.isWild && this.chance(60) ? this.pick(others) : usual;
  }
}
