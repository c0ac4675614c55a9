import { id } from "ethers";
import type { Ledger } from "./ledger/ledger";
import { sharesIn } from "./ledger/pool";
import {
  mulDivUp,
  ASSETS,
  type Asset,
  HOLDERS,
  maturityOf,
  OPERATORS,
  OWNERS,
  COINS,
  type Coin,
  type Party,
  PAYEES,
  RECIPIENTS,
} from "./vocabulary";
import { type Reading, untilOf } from "./ledger/compartment";
import type { NamedStory } from "./ledger/rewards";
import type { SetStory } from "./ledger/risk";
import type { SlashStory } from "./ledger/slash";
import { Fraction } from "./fraction";
import { MIN_FACTOR } from "../helpers/stake";
import { WAD } from "../helpers/units";
import { Disagreement } from "./disagreement";
import type { World } from "./world";

/** One observable value, and where the model finds it; `undefined` if nobody promises anything about it. */
interface Expected {
  readonly name: string;
  readonly value: bigint | undefined;
  /** What roundings can leave of it. */
  readonly least?: bigint;
}

/** A withdrawal that the lens is asked about. */
interface Spot {
  readonly owner: Party;
  readonly operator: Party;
  readonly asset: Asset;
  readonly maturity: bigint;
}

const STATUS = { proposed: 1n, vetoed: 2n, final: 3n } as const;

function flag(condition: boolean): bigint {
  return condition ? 1n : 0n;
}

/** What is read together. The kinds are the lists of `ModelLens.observe`, in their order. */
const KINDS = [
  ...["consents", "asset", "pool", "roles", "member", "stakes", "withdrawal", "slash"],
  ...["claimants", "coin", "rewards", "end"],
] as const;

/** A part of what can be observed. */
interface Section {
  readonly kind: (typeof KINDS)[number];
  readonly name: string;
  /** How the lens is asked for it. */
  readonly query: readonly bigint[];
  readonly tell: () => Generator<Expected>;
  /** Changes with what is told, but for what time alone changes; without it the values themselves are compared. */
  readonly version?: string | undefined;
}

/** A section with the values that the model tells, once they are asked for. */
class Told {
  private told: readonly Expected[] | undefined;

  constructor(readonly section: Section) {}

  get values(): readonly Expected[] {
    return (this.told ??= [...this.section.tell()]);
  }

  get signature(): string {
    return this.section.version ?? this.values.map(({ value }) => value ?? "").join();
  }
}

/** What is looked at: all there is; what has changed in the model; or that and some of the rest in turn. */
export type Look = "everything" | "changes" | "changes and more";

/** How many sections are looked at after a call although the model says that nothing has changed there. */
const ROUND = 3;

/** Compares what can be observed with the model. */
export class Comparison {
  /** What the model told of each section when it was last compared. */
  private seen = new Map<string, string>();
  /** The same of the state that every run begins with. */
  private kept: ReadonlyMap<string, string> = new Map();
  private spots: readonly Spot[] = [];
  private turn = 0;

  constructor(private readonly world: World) {}

  /** Remembers what was compared of the state that every run begins with. */
  keep(): void {
    this.kept = new Map(this.seen);
  }

  /** Forgets what was compared since. */
  restart(): void {
    this.seen = new Map(this.kept);
    this.spots = [];
  }

  /**
   * Compares after a call: every section in which the model has changed; or besides some of the others in turn, so that
   * nothing changes unseen for more than a few calls; or everything. Throws a Disagreement that names every difference.
   */
  async run(ledger: Ledger, look: Look): Promise<void> {
    const all = this.sections(ledger).map((one) => new Told(one));
    const chosen = new Set(look === "everything" ? all : all.filter((told) => this.hasChanged(told)));
    if (look === "changes and more") for (const told of this.inTurn(all)) chosen.add(told);
    const asked = KINDS.flatMap((kind) => all.filter((told) => told.section.kind === kind && chosen.has(told)));
    const queries = KINDS.map((kind) => asked.filter(({ section }) => section.kind === kind));
    const lists = queries.map((told) => told.flatMap(({ section }) => section.query));
    const found = decodeWords(await this.world.chain.call(this.world.lens, OBSERVE + encodeLists(lists)));
    const always: Expected[] = [
      { name: "current maturity", value: maturityOf(ledger.now) },
      { name: "slash count", value: BigInt(ledger.slashes.length) },
    ];
    const expected = [...always, ...asked.flatMap(({ values }) => values)];
    const differences = expected.flatMap(({ name, value, least = value }, i) => {
      const read = found[i];
      if (value === undefined || least === undefined) return [];
      if (read !== undefined && least <= read && read <= value) return [];
      const told = least === value ? `${value}` : `${least} to ${value}`;
      return [`${name}: the model says ${told}, the contracts ${read}`];
    });
    if (found.length !== expected.length) differences.push(`${expected.length} values told, ${found.length} read`);
    if (differences.length > 0) throw new Disagreement(differences.join("\n"));
    for (const told of asked) this.seen.set(told.section.name, told.signature);
  }

  private hasChanged(told: Told): boolean {
    // What an allocation comes to in assets follows from other sections: it is looked at in turn.
    return told.section.kind !== "stakes" && this.seen.get(told.section.name) !== told.signature;
  }

  /** The next few of the sections in turn, and the next one of what allocations come to. */
  private inTurn(all: readonly Told[]): Told[] {
    const stakes = all.filter(({ section: { kind } }) => kind === "stakes");
    const others = all.filter(({ section: { kind } }) => kind !== "stakes");
    const turn = this.turn++;
    const places = Array.from({ length: ROUND }, (_, i) => others[(turn * ROUND + i) % others.length]);
    return [...places, stakes[turn % stakes.length]].filter((told) => told !== undefined);
  }

  private sections(ledger: Ledger): Section[] {
    const { risk, stake, slashes } = ledger;
    return [
      ...OWNERS.map((owner, place) => section("consents", owner, [BigInt(place)], () => tellConsents(ledger, owner))),
      ...ASSETS.map((asset, place) => section("asset", asset, [BigInt(place)], () => tellAsset(ledger, asset))),
      ...[...stake.allPools()].map(({ operator, asset }) =>
        section("pool", `${operator}/${asset}`, [packPool(operator, asset)], () =>
          this.tellPool(ledger, operator, asset),
        ),
      ),
      ...[...risk.sets.values()].flatMap((set) => this.sectionsOfSet(ledger, set)),
      ...this.lookAt(ledger).map((spot) =>
        section("withdrawal", nameOf(spot), [packSpot(spot)], () => tellWithdrawal(ledger, spot)),
      ),
      ...slashes.map((slash) => section("slash", `slash ${slash.id}`, [slash.id], () => this.tellSlash(slash))),
      ...this.sectionsOfRewards(ledger),
    ];
  }

  private sectionsOfRewards(ledger: Ledger): Section[] {
    const { rewards, stake, now } = ledger;
    const ends = [...rewards.allStories()].flatMap((named) => {
      const ended = named.story.ends().filter(({ endsAt }) => endsAt <= now);
      return ended.map(({ avs, endsAt }): Section => sectionOfEnd(named, avs, endsAt));
    });
    return [
      ...PAYEES.map((payee, i) => section("claimants", payee, [BigInt(i)], () => tellClaimants(ledger, payee))),
      ...COINS.map((coin, i) => section("coin", coin, [BigInt(i)], () => tellCoin(ledger, coin))),
      ...[...stake.allPools()].map(({ operator, asset }): Section => {
        const versions = [...rewards.announced({ operator, asset }).values()].map((story) => story.version());
        const next = rewards.nextCommission({ operator, asset }, now);
        return {
          ...section("rewards", `${operator}/${asset}`, [packPool(operator, asset)], () =>
            this.tellRewards(ledger, operator, asset),
          ),
          version: [rewards.commission({ operator, asset }, now), next.bps, next.from, ...versions].join(";"),
        };
      }),
      ...ends,
    ];
  }

  private sectionsOfSet(ledger: Ledger, set: SetStory): Section[] {
    const key = BigInt(this.world.setKey(set.name));
    return [
      section("roles", set.name, [key], () => this.tellRoles(ledger, set)),
      ...OPERATORS.flatMap((operator) => {
        const [name, query] = [`${operator} in ${set.name}`, [key, placeOf(operator)]];
        return [
          section("member", name, query, () => tellMember(ledger, operator, set)),
          section("stakes", name, query, () => tellStakes(ledger, operator, set)),
        ];
      }),
    ];
  }

  /** All withdrawals there are, and those that were there at the last look: of them nothing must be left. */
  private lookAt(ledger: Ledger): Spot[] {
    const spots = [...ledger.stake.allPools()].flatMap(({ operator, asset, pool }) =>
      pool.allRecords().map(({ owner, maturity }): Spot => ({ owner, operator, asset, maturity })),
    );
    const both = new Map([...this.spots, ...spots].map((spot) => [nameOf(spot), spot]));
    this.spots = spots;
    return [...both.values()];
  }

  private *tellPool(ledger: Ledger, operator: Party, asset: Asset): Generator<Expected> {
    const pool = ledger.stake.pool(operator, asset);
    const name = `${operator}/${asset}`;
    const [active, reachable] = [pool.activeShares(), pool.reachableShares(ledger.now)];
    const [factor, liened, free] = [pool.factor(), pool.liened(), ledger.risk.free(operator, asset)];
    yield { name: `${name} shares`, value: active };
    yield { name: `${name} factor`, value: factor };
    yield { name: `${name} liened`, value: liened };
    yield { name: `${name} open`, value: flag(pool.open) };
    yield { name: `${name} approver`, value: BigInt(this.world.address(pool.approver)) };
    yield { name: `${name} entry open`, value: flag(pool.open && liened === 0n && factor >= MIN_FACTOR) };
    yield { name: `${name} slashable shares`, value: reachable };
    yield { name: `${name} free`, value: free };
    yield { name: `${name} risk shares`, value: active };
    yield { name: `${name} risk slashable shares`, value: reachable };
    yield { name: `${name} risk factor`, value: factor };
    yield { name: `${name} risk liened`, value: liened };
    yield { name: `${name} risk free`, value: free };
    yield { name: `${name} worst case`, value: factor - free };
    yield { name: `${name} worst case assets`, value: mulDivUp(reachable, factor - free, WAD) };
    for (const owner of OWNERS) {
      const shares = pool.sharesOf(owner);
      yield { name: `${name} shares of ${owner}`, value: shares };
      yield { name: `${name} gross of ${owner}`, value: pool.worth(shares, "all vetoed").floor() };
      yield { name: `${name} net of ${owner}`, value: pool.worth(shares, "all final").floor() };
    }
  }

  private *tellRewards({ rewards, now }: Ledger, operator: Party, asset: Asset): Generator<Expected> {
    const name = `rewards of ${operator}/${asset}`;
    const next = rewards.nextCommission({ operator, asset }, now);
    yield { name: `${name} commission`, value: rewards.commission({ operator, asset }, now) };
    yield { name: `${name} next commission`, value: next.bps };
    yield { name: `${name} next commission at`, value: next.from };
    for (const [coin, story] of rewards.announced({ operator, asset })) {
      const accumulated = story.accumulatedPerShare(now);
      yield { name: `${name} token`, value: BigInt(this.world.coin(coin)) };
      yield { name: `${name} ${coin} in use at`, value: story.inUseAt };
      yield { name: `${name} ${coin} left to fund`, value: story.left() };
      yield { name: `${name} ${coin} rate`, value: story.rate(now) };
      yield { name: `${name} ${coin} accumulated`, value: accumulated.most, least: accumulated.least };
      for (const owner of OWNERS) {
        const { least, most } = story.claimable(owner, now);
        yield { name: `${name} ${coin} claimable by ${owner}`, value: most, least };
      }
    }
  }

  private *tellRoles({ now }: Ledger, { name, slashers, resolvers }: SetStory): Generator<Expected> {
    const at = (party: Party): bigint => BigInt(this.world.address(party));
    yield { name: `${name} slasher`, value: at(slashers.at(now)) };
    yield { name: `${name} resolver`, value: at(resolvers.at(now)) };
    yield { name: `${name} next slasher`, value: at(slashers.next(now).who) };
    yield { name: `${name} next slasher at`, value: slashers.next(now).from };
    yield { name: `${name} next resolver`, value: at(resolvers.next(now).who) };
    yield { name: `${name} next resolver at`, value: resolvers.next(now).from };
  }

  private *tellSlash(slash: SlashStory): Generator<Expected> {
    yield { name: `slash ${slash.id} record hash`, value: this.world.recordHash(slash) };
    yield { name: `slash ${slash.id} status`, value: STATUS[slash.status] };
    yield { name: `slash ${slash.id} ended at`, value: slash.endedAt };
  }
}

function section(
  kind: Section["kind"],
  name: string,
  query: readonly bigint[],
  tell: () => Generator<Expected>,
): Section {
  return { kind, name: `${kind} ${name}`, query, tell };
}

function placeOf(operator: Party): bigint {
  return BigInt(OPERATORS.findIndex((one) => one === operator));
}

function packPool(operator: Party, asset: Asset): bigint {
  return placeOf(operator) * 256n + BigInt(ASSETS.indexOf(asset));
}

function nameOf({ owner, operator, asset, maturity }: Spot): string {
  return `${owner}'s withdrawal of ${operator}/${asset} at ${maturity}`;
}

function* tellConsents({ stake }: Ledger, owner: Party): Generator<Expected> {
  for (const account of OWNERS) {
    yield { name: `${owner} lets ${account} act`, value: flag(stake.isApproved(owner, account)) };
  }
}

function* tellClaimants({ rewards }: Ledger, payee: Party): Generator<Expected> {
  for (const account of PAYEES) {
    yield { name: `${payee} lets ${account} claim`, value: flag(rewards.isApproved(payee, account)) };
  }
}

function* tellCoin({ rewards }: Ledger, coin: Coin): Generator<Expected> {
  yield { name: `${coin} held`, value: rewards.wallet("purse", coin) };
  for (const payee of PAYEES) yield { name: `${coin} of ${payee}`, value: rewards.wallet(payee, coin) };
  for (const one of OPERATORS) yield { name: `${coin} commission of ${one}`, value: rewards.commissionDue(one, coin) };
}

/** What could be reclaimed of what an AVS has funded for a pool until a second that has come: it changes once. */
function sectionOfEnd({ operator, asset, coin, story }: NamedStory, avs: Party, endsAt: bigint): Section {
  const name = `${avs}'s ${coin} in ${operator}/${asset} until ${endsAt}`;
  const places = [PAYEES.findIndex((one) => one === avs), Number(placeOf(operator)), ASSETS.indexOf(asset)];
  const coins: readonly Coin[] = COINS;
  const query = [...places, coins.indexOf(coin)].reduce((packed, place) => (packed << 8n) | BigInt(place), endsAt);
  function* tell(): Generator<Expected> {
    yield { name: `${name} reclaimable`, value: story.reclaimable(avs, endsAt) };
  }
  return { ...section("end", name, [query], tell), version: String(story.isOver(avs, endsAt)) };
}

function* tellAsset({ stake, slashEvents }: Ledger, asset: Asset): Generator<Expected> {
  yield { name: `${asset} held`, value: stake.wallet("core", asset) };
  yield { name: `${asset} slash events`, value: slashEvents.get(asset) ?? 0n };
  for (const holder of HOLDERS) yield { name: `${asset} of ${holder}`, value: stake.wallet(holder, asset) };
  for (const owner of OWNERS) yield { name: `${asset} undelegated ${owner}`, value: stake.undelegated(owner, asset) };
  for (const one of RECIPIENTS) yield { name: `${asset} proceeds ${one}`, value: stake.proceeds(one, asset) };
}

function* tellMember({ risk, slashes, now }: Ledger, operator: Party, { name }: SetStory): Generator<Expected> {
  const registration = risk.registration(operator, name);
  const { remaining, periodEnd } = risk.budget(operator, name, slashes, now);
  const slashable = risk.isSlashable(operator, name, now);
  const label = `${operator} in ${name}`;
  yield { name: `${label} epoch`, value: registration?.epoch ?? 0n };
  yield { name: `${label} until`, value: registration === undefined ? 0n : (untilOf(registration) ?? 0n) };
  yield { name: `${label} registered`, value: flag(risk.isRegistered(operator, name)) };
  yield { name: `${label} budget`, value: slashable ? remaining : 0n };
  // When the period ends of who cannot be slashed is nobody's promise.
  yield { name: `${label} period end`, value: slashable ? periodEnd : undefined };
  for (const asset of ASSETS) yield* tellAllocation(label, asset, risk.read(operator, asset, name, now));
}

function* tellStakes({ risk, stake, now }: Ledger, operator: Party, { name, terms }: SetStory): Generator<Expected> {
  for (const asset of terms.assets) {
    const reading = risk.read(operator, asset, name, now);
    const { active, leaving } = reading;
    const pool = stake.pool(operator, asset);
    const label = `${operator} in ${name} as staked`;
    const securing = Fraction.of(pool.activeShares() * active, WAD);
    const slashable = Fraction.of(pool.reachableShares(now) * (active + leaving), WAD);
    yield { name: `${label} ${asset} securing`, value: securing.floor() };
    yield { name: `${label} ${asset} slashable`, value: slashable.floor() };
    yield* tellAllocation(label, asset, reading);
  }
}

function* tellAllocation(label: string, asset: Asset, reading: Reading): Generator<Expected> {
  const { active, leaving, joining, held, pendingAt, until } = reading;
  for (const [part, value] of Object.entries({ active, leaving, joining, held, pendingAt, until })) {
    yield { name: `${label} ${asset} ${part}`, value };
  }
}

function* tellWithdrawal({ stake, now }: Ledger, spot: Spot): Generator<Expected> {
  const { owner, operator, asset, maturity } = spot;
  const pool = stake.pool(operator, asset);
  const name = nameOf(spot);
  const shares = pool.queuedShares(owner, maturity);
  const paid = pool.record(owner, maturity)?.paid ?? 0n;
  yield { name: `${name} shares`, value: shares };
  yield { name: `${name} paid`, value: paid };
  yield { name: `${name} gross`, value: pool.payment(shares, maturity, "all vetoed", now).floor() - paid };
  yield { name: `${name} net`, value: pool.payment(shares, maturity, "all final", now).floor() - paid };
  // What a bucket holds is a promise only while it is live.
  const live = now < maturity;
  const queued = pool.allRecords().filter((record) => record.maturity === maturity);
  const inBucket = queued.reduce((total, { lots }) => total + sharesIn(lots), 0n);
  yield { name: `${name} shares of the bucket`, value: live ? inBucket : undefined };
  const rate = live && inBucket > 0n ? pool.factor() - pool.liened() : undefined;
  yield { name: `${name} rate of the bucket`, value: rate };
}

function packSpot({ owner, operator, asset, maturity }: Spot): bigint {
  const places = [OWNERS.findIndex((one) => one === owner), OPERATORS.findIndex((one) => one === operator)];
  return [...places, ASSETS.indexOf(asset)].reduce((packed, place) => (packed << 8n) | BigInt(place), maturity);
}

/** Selector of `ModelLens.observe`. */
const OBSERVE = id("observe(uint256[][])").slice(0, 10);

function word(value: bigint): string {
  return value.toString(16).padStart(64, "0");
}

/** Lists of words, as the ABI has them. */
function encodeLists(lists: readonly (readonly bigint[])[]): string {
  let offset = BigInt(lists.length) * 32n;
  const heads: string[] = [];
  for (const list of lists) {
    heads.push(word(offset));
    offset += 32n * BigInt(list.length + 1);
  }
  const tails = lists.map((list) => word(BigInt(list.length)) + list.map(word).join(""));
  return word(32n) + word(BigInt(lists.length)) + heads.join("") + tails.join("");
}

/** One list of words, as the ABI has it. */
function decodeWords(data: string): bigint[] {
  const words: bigint[] = [];
  for (let at = 2 + 128; at < data.length; at += 64) words.push(BigInt(`0x${data.slice(at, at + 64)}`));
  return words;
}
