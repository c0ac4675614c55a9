import { WAD } from "../../helpers/units";
import { Fraction } from "../fraction";
import { ASSETS, type Asset, OPERATORS, type Party, entryOf, maturityOf } from "../vocabulary";
import { PoolStory, sharesIn } from "./pool";

/** A withdrawal by its pool's operator and its maturity. */
export interface Key {
  readonly operator: Party;
  readonly maturity: bigint;
}

function pair(party: Party, asset: Asset): string {
  return `${party}:${asset}`;
}

/** Everything that the StakeManager holds, and for whom. */
export class StakeLedger {
  private readonly approvals = new Set<string>();
  private readonly nonces = new Map<Party, bigint>();
  /** Tokens in wallets, and in `core`. */
  private readonly wallets = new Map<string, bigint>();
  private readonly loose = new Map<string, bigint>();
  private readonly earned = new Map<string, bigint>();
  private readonly pools = new Map<string, PoolStory>();
  private readonly gifts = new Map<Asset, bigint>();
  private readonly rounded = new Map<Asset, bigint>();

  pool(operator: Party, asset: Asset): PoolStory {
    return entryOf(this.pools, pair(operator, asset), () => new PoolStory());
  }

  wallet(party: Party, asset: Asset): bigint {
    return this.wallets.get(pair(party, asset)) ?? 0n;
  }

  undelegated(owner: Party, asset: Asset): bigint {
    return this.loose.get(pair(owner, asset)) ?? 0n;
  }

  proceeds(recipient: Party, asset: Asset): bigint {
    return this.earned.get(pair(recipient, asset)) ?? 0n;
  }

  isApproved(owner: Party, account: Party): boolean {
    return this.approvals.has(`${owner}>${account}`);
  }

  /** Whether an account may act for an owner. */
  mayAct(caller: Party, owner: Party): boolean {
    return caller === owner || this.isApproved(owner, caller);
  }

  setApproval(owner: Party, account: Party, approved: boolean): void {
    if (approved) this.approvals.add(`${owner}>${account}`);
    else this.approvals.delete(`${owner}>${account}`);
  }

  /** What the owner's next signature must say. */
  nonce(owner: Party): bigint {
    return this.nonces.get(owner) ?? 0n;
  }

  useNonce(owner: Party): void {
    this.nonces.set(owner, this.nonce(owner) + 1n);
  }

  mint(party: Party, asset: Asset, assets: bigint): void {
    this.wallets.set(pair(party, asset), this.wallet(party, asset) + assets);
  }

  /** Tokens that nobody asked for: they belong to nobody. */
  donate(from: Party, asset: Asset, assets: bigint): void {
    this.move(from, "core", asset, assets);
    this.gifts.set(asset, (this.gifts.get(asset) ?? 0n) + assets);
  }

  move(from: Party, to: Party, asset: Asset, assets: bigint): void {
    this.mint(from, asset, -assets);
    this.mint(to, asset, assets);
  }

  addUndelegated(owner: Party, asset: Asset, assets: bigint): void {
    this.loose.set(pair(owner, asset), this.undelegated(owner, asset) + assets);
  }

  addProceeds(recipient: Party, asset: Asset, assets: bigint): void {
    this.earned.set(pair(recipient, asset), this.proceeds(recipient, asset) + assets);
  }

  /** Assets buy shares of a pool, rounded down. */
  enter(receiver: Party, operator: Party, asset: Asset, assets: bigint, now: bigint): void {
    const pool = this.pool(operator, asset);
    pool.addShares(receiver, (assets * WAD) / pool.factor(), now);
    this.round(asset);
  }

  queue(staker: Party, operator: Party, asset: Asset, shares: bigint, owner: Party, now: bigint): void {
    const pool = this.pool(operator, asset);
    pool.addShares(staker, -shares, now);
    pool.addLots(owner, maturityOf(now), [{ shares, queuedAt: now, queuedBy: staker }]);
    this.round(asset);
  }

  transfer(owner: Party, key: Key, asset: Asset, shares: bigint, newOwner: Party): void {
    const pool = this.pool(key.operator, asset);
    pool.addLots(newOwner, key.maturity, pool.takeLots(owner, key.maturity, shares));
    this.round(asset);
  }

  cancel(owner: Party, key: Key, asset: Asset, shares: bigint, now: bigint): void {
    const pool = this.pool(key.operator, asset);
    pool.addShares(owner, sharesIn(pool.takeLots(owner, key.maturity, shares)), now);
  }

  /** Pays matured withdrawals: how much in all. */
  complete(owner: Party, asset: Asset, keys: readonly Key[], now: bigint): bigint {
    let assets = 0n;
    for (const { operator, maturity } of keys) assets += this.pool(operator, asset).complete(owner, maturity, now);
    return assets;
  }

  /** One more division that left less than a unit of an asset with nobody. */
  round(asset: Asset): void {
    this.rounded.set(asset, this.roundings(asset) + 1n);
  }

  roundings(asset: Asset): bigint {
    return this.rounded.get(asset) ?? 0n;
  }

  /**
   * Tokens held of an asset that are nobody's. Exactly: what open proposals hold is counted in full, so these are the
   * same whichever way they end.
   */
  dust(asset: Asset, now: bigint): Fraction {
    const claims: Fraction[] = [Fraction.of(this.gifts.get(asset) ?? 0n)];
    for (const [key, assets] of [...this.loose, ...this.earned]) {
      if (key.endsWith(`:${asset}`)) claims.push(Fraction.of(assets));
    }
    for (const operator of OPERATORS) claims.push(...claimsOn(this.pool(operator, asset), now));
    return Fraction.of(this.wallet("core", asset)).minus(Fraction.sum(claims));
  }

  /** All tokens there are of an asset. */
  supply(asset: Asset): bigint {
    let total = 0n;
    for (const [key, assets] of this.wallets) if (key.endsWith(`:${asset}`)) total += assets;
    return total;
  }

  /** Every pool with its name. */
  *allPools(): Generator<{ operator: Party; asset: Asset; pool: PoolStory }> {
    for (const operator of OPERATORS) {
      for (const asset of ASSETS) yield { operator, asset, pool: this.pool(operator, asset) };
    }
  }
}

/** What everyone has of a pool, and what open proposals hold of it. */
function claimsOn(pool: PoolStory, now: bigint): Fraction[] {
  const claims = [pool.worth(pool.activeShares(), "all final")];
  for (const { lots, maturity, paid } of pool.allRecords()) {
    claims.push(pool.payment(sharesIn(lots), maturity, "all final", now).minus(Fraction.of(paid)));
  }
  for (const { slash, magnitude, shares } of pool.blows) {
    if (slash.status === "proposed") claims.push(Fraction.of(shares * magnitude, WAD));
  }
  return claims;
}
