/**
 * The token's accounting from its rules, not from its code: no rounding, no buckets' rates, no cached value. Amounts and
 * shares are in units / 2^192, so that what is cut off here is nothing beside one unit. (True fractions would double in
 * length with every few calls.)
 */
const BITS = 192n;

const WAD = 10n ** 18n;
const DAY = 86_400n;
const BPS = 10_000n;

/** Units / 2^192. */
export type Exact = bigint;

/** Whole units, exactly. */
export function exact(units: bigint): Exact {
  return units << BITS;
}

/** The whole units in it. */
export function floor(amount: Exact): bigint {
  return amount >> BITS;
}

/** What a share of a pool is worth depends on the slashes of its operator that were proposed before its maturity. */
interface Slash {
  readonly operator: string;
  readonly proposedAt: bigint;
  readonly magnitude: bigint;
  state: "open" | "vetoed" | "final";
}

/** Own shares of an operator's pool; without maturity they are active. */
interface Stake {
  shares: Exact;
  maturity: bigint | undefined;
}

/** A withdrawal of an epoch. */
interface Item {
  readonly operator: string;
  readonly maturity: bigint;
  readonly shares: Exact;
}

/** All requests of one epoch, and what they get. */
interface Epoch {
  readonly id: bigint;
  readonly maturity: bigint;
  readonly shares: Exact;
  readonly cash: Exact;
  readonly items: readonly Item[];
  /** Shares that each controller has not claimed. */
  readonly requests: Map<string, Exact>;
  /** What was claimed while vetoes could add, and what it was paid. */
  readonly late: Map<string, { shares: Exact; paid: Exact }>;
  /** What has been received; claimable once it was settled. */
  assets: Exact;
  settled: boolean;
  /** Whether vetoes could add to it when it was settled last. */
  contested: boolean;
}

/** Shares, and of how many: rounding may let somebody have some more or fewer shares of the same worth here. */
export interface Part {
  readonly shares: bigint;
  readonly of: bigint;
}

/** That part of an amount. */
function partOf(amount: Exact | undefined, { shares, of }: Part): Exact {
  return of === 0n ? 0n : ((amount ?? 0n) * shares) / of;
}

/** Terms of the token, as it was deployed. */
export interface Terms {
  readonly bucket: bigint;
  readonly exitFeeBps: bigint;
  readonly performanceFeeBps: bigint;
}

/** What the token holds, by its rules. */
export interface Sums {
  readonly idle: Exact;
  readonly gross: Exact;
  readonly net: Exact;
  readonly streaming: Exact;
}

/** Every unit of one liquid restaking token, and of its holders. */
export class Simulator {
  readonly wallets = new Map<string, Exact>();
  readonly balances = new Map<string, Exact>();
  readonly stakes = new Map<string, Stake>();
  readonly slashes: Slash[] = [];
  readonly epochs: Epoch[] = [];
  requests = new Map<string, Exact>();
  openEpoch = 1n;
  /** What the token holds beyond its books, until the next harvest. */
  found: Exact = 0n;
  pending: Exact = 0n;
  fees: Exact = 0n;
  streamEndsAt = 0n;
  #idle: Exact = 0n;
  #streaming: Exact = 0n;
  #streamedAt = 0n;
  #supply: Exact;

  /** @param seed Units that are locked for ever. */
  constructor(
    readonly terms: Terms,
    seed: bigint,
  ) {
    this.#idle = exact(seed);
    this.#supply = exact(seed);
  }

  /** All shares, those with open requests included. */
  get supply(): Exact {
    return this.#supply;
  }

  /** The books in a second. */
  sums(time: bigint): Sums {
    const vested = this.#vested(time);
    const stakes = [...this.stakes].map(([operator, stake]) => this.#value({ operator, ...stake }, time));
    const sum = (values: readonly Exact[]): Exact => values.reduce((a, b) => a + b, 0n);
    return {
      idle: this.#idle + vested,
      gross: sum(stakes.map(({ gross }) => gross)),
      net: sum(stakes.map(({ net }) => net)),
      streaming: this.#streaming - vested,
    };
  }

  /** A. */
  total(time: bigint): Exact {
    const { idle, gross } = this.sums(time);
    return idle + gross;
  }

  /** B. */
  sure(time: bigint): Exact {
    const { idle, net } = this.sums(time);
    return idle + net;
  }

  /** Whether shares may be minted: so little is contested, and was lost. */
  isOpen(time: bigint): boolean {
    const total = this.total(time);
    return (total - this.sure(time)) * 1000n <= total && total * 1000n >= this.#supply;
  }

  /** All that somebody has: in the wallet, in shares, in requests, and in epochs; if every open slash is vetoed, or final. */
  wealth(who: string, time: bigint, view: "gross" | "net" = "gross"): Exact {
    const shares = (this.balances.get(who) ?? 0n) + (this.requests.get(who) ?? 0n);
    const total = view === "gross" ? this.total(time) : this.sure(time);
    const price = this.#supply === 0n ? 0n : (shares * total) / this.#supply;
    const leaving = this.epochs.map((epoch) => {
      const all = epoch.cash + epoch.items.reduce((sum, item) => sum + this.#value(item, time)[view], 0n);
      const late = epoch.late.get(who) ?? { shares: 0n, paid: 0n };
      return (((epoch.requests.get(who) ?? 0n) + late.shares) * all) / epoch.shares - late.paid;
    });
    return leaving.reduce((sum, part) => sum + part, (this.wallets.get(who) ?? 0n) + price);
  }

  /** Assets for shares at A / S. */
  deposit(who: string, units: bigint, time: bigint): void {
    const assets = exact(units);
    const shares = (assets * this.#supply) / this.total(time);
    this.touch(time);
    this.pay(who, -assets);
    this.#give(who, shares);
    this.#idle += assets;
    this.#supply += shares;
  }

  /** Shares into the open epoch. */
  request(who: string, part: Part): void {
    const shares = partOf(this.balances.get(who), part);
    this.#give(who, -shares);
    this.requests.set(who, (this.requests.get(who) ?? 0n) + shares);
  }

  /** The open epoch gets its fraction of everything. */
  close(time: bigint, maturity: bigint): void {
    this.touch(time);
    const shares = [...this.requests.values()].reduce((a, b) => a + b, 0n);
    const part = (amount: Exact): Exact => (amount * shares) / this.#supply;
    const cash = part(this.#idle);
    const items = [...this.stakes].map(([operator, stake]) => {
      const item = { operator, maturity: stake.maturity ?? maturity, shares: part(stake.shares) };
      stake.shares -= item.shares;
      return item;
    });
    this.#idle -= cash;
    this.#supply -= shares;
    const [id, requests] = [this.openEpoch, this.requests];
    const [settled, contested] = [items.length === 0, false];
    this.epochs.push({
      id,
      maturity,
      shares,
      cash,
      items,
      requests,
      late: new Map(),
      assets: cash,
      settled,
      contested,
    });
    this.openEpoch += 1n;
    this.requests = new Map();
  }

  /** Receives what an epoch's withdrawals pay now. */
  settle(id: bigint, time: bigint): void {
    const epoch = this.epoch(id);
    epoch.assets = epoch.cash + epoch.items.reduce((sum, item) => sum + this.#value(item, time).net, 0n);
    epoch.settled = true;
    epoch.contested = epoch.items.some((item) => {
      const { gross, net } = this.#value(item, time);
      return gross !== net;
    });
  }

  /** Pays a part of somebody's oldest request, if that can be claimed. */
  claim(who: string, part: Part): void {
    const epoch = this.oldest(who);
    const all = epoch?.requests.get(who);
    if (epoch === undefined || all === undefined) throw new Error(`${who} has nothing to claim.`);
    const shares = partOf(all, part);
    if (shares < all) epoch.requests.set(who, all - shares);
    else epoch.requests.delete(who);
    const paid = (shares * epoch.assets) / epoch.shares;
    if (epoch.contested) {
      const late = epoch.late.get(who) ?? { shares: 0n, paid: 0n };
      epoch.late.set(who, { shares: late.shares + shares, paid: late.paid + paid });
    }
    this.pay(who, paid);
  }

  /** Pays what came after somebody had claimed. */
  claimLate(who: string, id: bigint): void {
    const epoch = this.epoch(id);
    const late = epoch.late.get(who);
    if (late === undefined) throw new Error(`${who} has claimed nothing of epoch ${id} too early.`);
    const total = (late.shares * epoch.assets) / epoch.shares;
    this.pay(who, total - late.paid);
    late.paid = total;
  }

  /** Assets at B / S, less the fee. What is left of the shares' worth at A / S is a reward for who stays. */
  instantRedeem(who: string, part: Part, time: bigint): void {
    const shares = partOf(this.balances.get(who), part);
    const worth = (shares * this.total(time)) / this.#supply;
    const assets = (((shares * this.sure(time)) / this.#supply) * (BPS - this.terms.exitFeeBps)) / BPS;
    this.touch(time);
    this.#idle -= worth;
    this.found += worth - assets;
    this.#supply -= shares;
    this.#give(who, -shares);
    this.pay(who, assets);
  }

  /** Idle assets become shares of a pool. */
  allocate(operator: string, units: bigint, time: bigint): void {
    this.touch(time);
    const stake = this.#stake(operator);
    stake.shares += (exact(units) * WAD) / this.#rates({ operator, maturity: undefined }, time).net;
    this.#idle -= exact(units);
  }

  /** All shares of a pool are queued. */
  evict(operator: string, maturity: bigint, time: bigint): void {
    this.touch(time);
    this.#stake(operator).maturity = maturity;
  }

  /** What was queued comes back. */
  collect(operator: string, time: bigint): void {
    this.touch(time);
    const stake = this.#stake(operator);
    this.#idle += this.#value({ operator, ...stake }, time).net;
    this.stakes.delete(operator);
  }

  /**
   * Finds rewards, and starts the next cycle when the last one is over.
   *
   * @param charged Whether the fee is taken: A / S is as high as ever.
   */
  harvest(units: bigint, charged: boolean, time: bigint): void {
    this.touch(time);
    this.found = 0n;
    const fee = charged ? (exact(units) * this.terms.performanceFeeBps) / BPS : 0n;
    this.fees += fee;
    this.pending += exact(units) - fee;
    if (this.pending === 0n || time < this.streamEndsAt) return;
    this.#streaming += this.pending;
    this.pending = 0n;
    this.#streamedAt = time;
    this.streamEndsAt = time + 7n * DAY;
  }

  /** Somebody gets assets, or spends them. */
  pay(who: string, assets: Exact): void {
    this.wallets.set(who, (this.wallets.get(who) ?? 0n) + assets);
  }

  /** What has vested becomes idle. */
  touch(time: bigint): void {
    const vested = this.#vested(time);
    if (vested === 0n) return;
    this.#idle += vested;
    this.#streaming -= vested;
    this.#streamedAt = time;
  }

  /** The oldest of somebody's requests, if it can be claimed. */
  oldest(who: string): Epoch | undefined {
    const first = this.epochs.find(({ requests }) => requests.has(who));
    return first?.settled === true ? first : undefined;
  }

  /** What is known of a closed epoch. */
  epoch(id: bigint): Epoch {
    const found = this.epochs.find((epoch) => epoch.id === id);
    if (found === undefined) throw new Error(`Epoch ${id} is not closed.`);
    return found;
  }

  #stake(operator: string): Stake {
    const stake = this.stakes.get(operator) ?? { shares: 0n, maturity: undefined };
    this.stakes.set(operator, stake);
    return stake;
  }

  #give(who: string, shares: Exact): void {
    this.balances.set(who, (this.balances.get(who) ?? 0n) + shares);
  }

  /** What each share is worth, in WAD: if all open slashes become final, and if all that can be are vetoed. */
  #rates({ operator, maturity }: Pick<Item, "operator"> & { maturity: bigint | undefined }, time: bigint) {
    const touching = this.slashes.filter(
      (slash) => slash.operator === operator && (maturity === undefined || slash.proposedAt < maturity),
    );
    const sum = (slashes: readonly Slash[]): bigint => slashes.reduce((total, { magnitude }) => total + magnitude, 0n);
    const open = touching.filter(({ state }) => state === "open");
    // No veto window is longer than four buckets: what a matured withdrawal lacks since then stays away.
    const since = maturity === undefined || time < maturity ? 0n : maturity - 4n * this.terms.bucket;
    const vetoable = open.filter(({ proposedAt }) => proposedAt >= since);
    const net = WAD - sum(touching.filter(({ state }) => state === "final")) - sum(open);
    return { gross: net + sum(vetoable), net };
  }

  #value(item: Pick<Item, "operator" | "shares"> & { maturity: bigint | undefined }, time: bigint) {
    const { gross, net } = this.#rates(item, time);
    return { gross: (item.shares * gross) / WAD, net: (item.shares * net) / WAD };
  }

  /** On a straight line to the end of the cycle, and by at most 25 basis points of A a day. */
  #vested(time: bigint): Exact {
    if (this.#streaming === 0n || time <= this.#streamedAt) return 0n;
    const elapsed = time - this.#streamedAt;
    const stakes = [...this.stakes].map(([operator, stake]) => this.#value({ operator, ...stake }, time).gross);
    const total = stakes.reduce((sum, value) => sum + value, this.#idle);
    const most = (total * 25n * elapsed) / (BPS * DAY);
    const line =
      time >= this.streamEndsAt
        ? this.#streaming
        : (this.#streaming * elapsed) / (this.streamEndsAt - this.#streamedAt);
    return line < most ? line : most;
  }
}
