import { WAD } from "../../helpers/units";
import { Fraction } from "../fraction";
import { BUCKET, type Party, entryOf, sum } from "../vocabulary";
import { type SlashStory, stands } from "./slash";

/** Shares that were queued together, whoever has them now. */
export interface Lot {
  readonly shares: bigint;
  readonly queuedAt: bigint;
  readonly queuedBy: Party;
}

/** What one owner has queued for one maturity. */
export interface WithdrawalRecord {
  readonly owner: Party;
  readonly maturity: bigint;
  lots: Lot[];
  paid: bigint;
}

/** A slash as it reached one pool. */
export interface Blow {
  readonly slash: SlashStory;
  readonly magnitude: bigint;
  /** Shares in the pool when it was proposed: everyone there loses the same of each. */
  readonly shares: bigint;
}

/** From a second on nobody's active shares changed, until the next stretch began. */
export interface Stretch {
  readonly from: bigint;
  /** Whose shares changed then. */
  readonly by: Party;
  /** Active shares of all, and of each. */
  readonly shares: bigint;
  readonly holdings: ReadonlyMap<Party, bigint>;
}

/** How one looks at what is not decided. */
export type Outlook = "all final" | "all vetoed";

function recordKey(owner: Party, maturity: bigint): string {
  return `${owner}@${maturity}`;
}

/** Shares of lots. */
export function sharesIn(lots: readonly Lot[]): bigint {
  return sum(lots.map(({ shares }) => shares));
}

/** Takes shares out of lots, the oldest first: what is taken, and what is left. */
function splitLots(lots: readonly Lot[], shares: bigint): { taken: Lot[]; left: Lot[] } {
  const taken: Lot[] = [];
  const left: Lot[] = [];
  let missing = shares;
  for (const lot of lots) {
    const part = lot.shares < missing ? lot.shares : missing;
    if (part > 0n) taken.push({ ...lot, shares: part });
    if (part < lot.shares) left.push({ ...lot, shares: lot.shares - part });
    missing -= part;
  }
  if (missing > 0n) throw new Error(`The lots are ${missing} shares short.`);
  return { taken, left };
}

/** The story of one pool: who is in it, what was queued when, and every slash that ever reached it. */
export class PoolStory {
  open = false;
  approver: Party = "nobody";
  readonly blows: Blow[] = [];
  /** Who had how many active shares, since when: all that ever was. */
  readonly stretches: Stretch[] = [];
  private readonly positions = new Map<Party, bigint>();
  private readonly records = new Map<string, WithdrawalRecord>();

  sharesOf(owner: Party): bigint {
    return this.positions.get(owner) ?? 0n;
  }

  /** Who has active shares, whoever has most first. */
  holders(): [Party, bigint][] {
    return [...this.positions].filter(([, shares]) => shares > 0n).sort(([, a], [, b]) => (a > b ? -1 : 1));
  }

  addShares(owner: Party, shares: bigint, now: bigint): void {
    this.positions.set(owner, this.sharesOf(owner) + shares);
    const holdings = new Map(this.positions);
    this.stretches.push({ from: now, by: owner, shares: sum(holdings.values()), holdings });
  }

  activeShares(): bigint {
    return sum(this.positions.values());
  }

  /** Active shares, and those queued that mature later than now. */
  reachableShares(now: bigint): bigint {
    const live = [...this.records.values()].filter(({ maturity }) => maturity > now);
    return this.activeShares() + sum(live.map(({ lots }) => sharesIn(lots)));
  }

  /** What finalised slashes have left of each share, in WAD. */
  factor(): bigint {
    const final = this.blows.filter(({ slash }) => slash.status === "final");
    return WAD - sum(final.map(({ magnitude }) => magnitude));
  }

  /** What open proposals hold of each share, in WAD. */
  liened(): bigint {
    const open = this.blows.filter(({ slash }) => slash.status === "proposed");
    return sum(open.map(({ magnitude }) => magnitude));
  }

  /** What active shares are worth. */
  worth(shares: bigint, outlook: Outlook): Fraction {
    const perShare = outlook === "all vetoed" ? this.factor() : this.factor() - this.liened();
    return Fraction.of(shares * perShare, WAD);
  }

  /**
   * What shares of a maturity pay in all: what every proposal made before the maturity leaves of them, unless it was
   * vetoed. Of those that have matured a veto can still come only for what was proposed at most four buckets before.
   */
  payment(shares: bigint, maturity: bigint, outlook: Outlook, now: bigint): Fraction {
    const taking = this.blows.filter(({ slash }) => {
      if (slash.proposedAt >= maturity || !stands(slash)) return false;
      if (slash.status === "final" || outlook === "all final") return true;
      return now >= maturity && slash.proposedAt < maturity - 4n * BUCKET;
    });
    return Fraction.of(shares * (WAD - sum(taking.map(({ magnitude }) => magnitude))), WAD);
  }

  /** Whether a proposal is open that could give back to shares of a maturity. */
  isContested(maturity: bigint): boolean {
    return this.blows.some(
      ({ slash: { status, proposedAt } }) =>
        status === "proposed" && proposedAt < maturity && proposedAt >= maturity - 4n * BUCKET,
    );
  }

  record(owner: Party, maturity: bigint): WithdrawalRecord | undefined {
    return this.records.get(recordKey(owner, maturity));
  }

  allRecords(): WithdrawalRecord[] {
    return [...this.records.values()];
  }

  queuedShares(owner: Party, maturity: bigint): bigint {
    return sharesIn(this.record(owner, maturity)?.lots ?? []);
  }

  addLots(owner: Party, maturity: bigint, lots: readonly Lot[]): void {
    const make = (): WithdrawalRecord => ({ owner, maturity, lots: [], paid: 0n });
    entryOf(this.records, recordKey(owner, maturity), make).lots.push(...lots);
  }

  /** Takes shares out of a record of which nothing was paid. */
  takeLots(owner: Party, maturity: bigint, shares: bigint): Lot[] {
    const { taken, left } = splitLots(this.record(owner, maturity)?.lots ?? [], shares);
    const record = this.record(owner, maturity);
    if (record !== undefined) record.lots = left;
    if (left.length === 0) this.records.delete(recordKey(owner, maturity));
    return taken;
  }

  /** Pays a matured record: how much now. The record stays only while a veto can add to it. */
  complete(owner: Party, maturity: bigint, now: bigint): bigint {
    const record = this.record(owner, maturity);
    if (record === undefined) return 0n;
    const total = this.payment(sharesIn(record.lots), maturity, "all final", now).floor();
    const assets = total - record.paid;
    record.paid = total;
    if (!this.isContested(maturity)) this.records.delete(recordKey(owner, maturity));
    return assets;
  }
}
