import { id } from "ethers";
import type { Ledger } from "./ledger/ledger";
import { sharesIn } from "./ledger/pool";
import { mulDivUp, ASSETS, type Asset, HOLDERS, maturityOf, OPERATORS, OWNERS, type Party, RECIPIENTS } from "./vocabulary";
import { untilOf } from "./ledger/compartment";
import type { SetStory } from "./ledger/risk";
import type { SlashStory } from "./ledger/slash";
import { Fraction } from "./fraction";
import { MIN_FACTOR } from "../helpers/stake";
import { WAD } from "../helpers/units";
import type { World } from "./world";

/** One observable value, and where the model finds it; `undefined` if nobody promises anything about it. */
interface Expected {
  readonly name: string;
  readonly value: bigint | undefined;
}

/** A withdrawal that the lens is asked about. */
interface Spot {
  readonly owner: Party;
  readonly operator: Party;
  readonly asset: Asset;
  readonly maturity: bigint;
}

/** Something of the contracts that is not as the model says. */
export class Disagreement extends Error {}

const STATUS = { proposed: 1n, vetoed: 2n, final: 3n } as const;

function flag(condition: boolean): bigint {
  return condition ? 1n : 0n;
}

/** Compares everything that can be observed with the model, and remembers what it has seen so that it looks again. */
export class Comparison {
  private readonly spots = new Map<string, Spot>();

  constructor(private readonly world: World) {}

  /** Reads everything in one call. Throws a Disagreement that names every difference. */
  async run(ledger: Ledger): Promise<void> {
    const sets = [...ledger.risk.sets.values()];
    const spots = this.lookAt(ledger);
    const slashes = ledger.slashes.filter(
      ({ status, endedAt, id }) => status === "proposed" || endedAt === ledger.now || Number(id) === ledger.slashes.length,
    );
    const lists = [
      sets.map(({ name }) => BigInt(this.world.setKey(name))),
      spots.map(packSpot),
      slashes.map(({ id }) => id),
    ];
    const answer = await this.world.chain.call(this.world.lens, OBSERVE + encodeLists(lists));
    const expected = [...this.tell(ledger, sets, spots, slashes)];
    const found = decodeWords(answer);
    const differences = expected.flatMap(({ name, value }, i) => {
      const word = found[i];
      return value === undefined || value === word ? [] : [`${name}: the model says ${value}, the contracts ${word}`];
    });
    if (found.length !== expected.length) differences.push(`${expected.length} values told, ${found.length} read`);
    if (differences.length > 0) throw new Disagreement(differences.join("\n"));
  }

  /** All withdrawals there are, and those that were there at the last look: of them nothing must be left. */
  private lookAt(ledger: Ledger): Spot[] {
    const last = [...this.spots];
    this.spots.clear();
    for (const { operator, asset, pool } of ledger.stake.allPools()) {
      for (const { owner, maturity } of pool.allRecords()) {
        this.spots.set(`${owner}:${operator}:${asset}:${maturity}`, { owner, operator, asset, maturity });
      }
    }
    return [...new Map([...last, ...this.spots]).values()];
  }

  private *tell(
    ledger: Ledger,
    sets: readonly SetStory[],
    spots: readonly Spot[],
    slashes: readonly SlashStory[],
  ): Generator<Expected> {
    for (const owner of OWNERS) {
      for (const account of OWNERS) {
        yield { name: `${owner} lets ${account}`, value: flag(ledger.stake.isApproved(owner, account)) };
      }
    }
    yield { name: "current maturity", value: maturityOf(ledger.now) };
    for (const asset of ASSETS) yield* this.tellAsset(ledger, asset);
    for (const set of sets) yield* this.tellSet(ledger, set);
    for (const spot of spots) yield* tellWithdrawal(ledger, spot);
    yield { name: "slash count", value: BigInt(ledger.slashes.length) };
    for (const slash of slashes) {
      const name = `slash ${slash.id}`;
      yield { name: `${name} record hash`, value: this.world.recordHash(slash) };
      yield { name: `${name} status`, value: STATUS[slash.status] };
      yield { name: `${name} ended at`, value: slash.endedAt };
    }
  }

  private *tellAsset(ledger: Ledger, asset: Asset): Generator<Expected> {
    const { stake } = ledger;
    yield { name: `${asset} held`, value: stake.wallet("core", asset) };
    yield { name: `${asset} slash events`, value: ledger.slashEvents.get(asset) ?? 0n };
    for (const holder of HOLDERS) yield { name: `${asset} of ${holder}`, value: stake.wallet(holder, asset) };
    for (const owner of OWNERS) yield { name: `${asset} undelegated ${owner}`, value: stake.undelegated(owner, asset) };
    for (const one of RECIPIENTS) yield { name: `${asset} proceeds ${one}`, value: stake.proceeds(one, asset) };
    for (const operator of OPERATORS) yield* this.tellPool(ledger, operator, asset);
    for (const owner of OWNERS) {
      for (const operator of OPERATORS) {
        const pool = stake.pool(operator, asset);
        const shares = pool.sharesOf(owner);
        const name = `${operator}/${asset} value ${owner}`;
        yield { name: `${name} gross`, value: pool.worth(shares, "all vetoed").floor() };
        yield { name: `${name} net`, value: pool.worth(shares, "all final").floor() };
      }
    }
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
    for (const owner of OWNERS) yield { name: `${name} shares of ${owner}`, value: pool.sharesOf(owner) };
    yield { name: `${name} risk shares`, value: active };
    yield { name: `${name} risk slashable shares`, value: reachable };
    yield { name: `${name} risk factor`, value: factor };
    yield { name: `${name} risk liened`, value: liened };
    yield { name: `${name} risk free`, value: free };
    yield { name: `${name} worst case`, value: factor - free };
    yield { name: `${name} worst case assets`, value: mulDivUp(reachable, factor - free, WAD) };
  }

  private *tellSet({ risk, stake, slashes, now }: Ledger, set: SetStory): Generator<Expected> {
    const { name, terms, slashers, resolvers } = set;
    const at = (party: Party): bigint => BigInt(this.world.address(party));
    yield { name: `${name} slasher`, value: at(slashers.at(now)) };
    yield { name: `${name} resolver`, value: at(resolvers.at(now)) };
    yield { name: `${name} next slasher`, value: at(slashers.next(now).who) };
    yield { name: `${name} next slasher at`, value: slashers.next(now).from };
    yield { name: `${name} next resolver`, value: at(resolvers.next(now).who) };
    yield { name: `${name} next resolver at`, value: resolvers.next(now).from };
    for (const operator of OPERATORS) {
      const registration = risk.registration(operator, name);
      const { remaining, periodEnd } = risk.budget(operator, name, slashes, now);
      const slashable = risk.isSlashable(operator, name, now);
      const label = `${operator} in ${name}`;
      yield { name: `${label} epoch`, value: registration?.epoch ?? 0n };
      yield { name: `${label} until`, value: registration === undefined ? 0n : (untilOf(registration) ?? 0n) };
      yield { name: `${label} registered`, value: flag(risk.isRegistered(operator, name)) };
      yield { name: `${label} budget`, value: slashable ? remaining : 0n };
      yield { name: `${label} period end`, value: slashable ? periodEnd : undefined };
      for (const asset of terms.assets) {
        const { active, leaving, joining, held, pendingAt, until: ends } = risk.read(operator, asset, name, now);
        const pool = stake.pool(operator, asset);
        const spot = `${label} ${asset}`;
        yield { name: `${spot} securing`, value: Fraction.of(pool.activeShares() * active, WAD).floor() };
        const slashableAssets = Fraction.of(pool.reachableShares(now) * (active + leaving), WAD);
        yield { name: `${spot} slashable`, value: slashableAssets.floor() };
        yield { name: `${spot} active`, value: active };
        yield { name: `${spot} leaving`, value: leaving };
        yield { name: `${spot} joining`, value: joining };
        yield { name: `${spot} held`, value: held };
        yield { name: `${spot} pending at`, value: pendingAt };
        yield { name: `${spot} until`, value: ends };
      }
    }
  }
}

function* tellWithdrawal({ stake, now }: Ledger, { owner, operator, asset, maturity }: Spot): Generator<Expected> {
  const pool = stake.pool(operator, asset);
  const name = `${owner}'s withdrawal of ${operator}/${asset} at ${maturity}`;
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

/** `observe(bytes32[],uint256[],uint256[])`. */
const OBSERVE = id("observe(bytes32[],uint256[],uint256[])").slice(0, 10);

function word(value: bigint): string {
  return value.toString(16).padStart(64, "0");
}

/** Three lists of words, as the ABI has them. */
function encodeLists(lists: readonly (readonly bigint[])[]): string {
  let offset = BigInt(lists.length) * 32n;
  const heads: string[] = [];
  for (const list of lists) {
    heads.push(word(offset));
    offset += 32n * BigInt(list.length + 1);
  }
  const tails = lists.map((list) => word(BigInt(list.length)) + list.map(word).join(""));
  return heads.join("") + tails.join("");
}

/** One list of words, as the ABI has it. */
function decodeWords(data: string): bigint[] {
  const words: bigint[] = [];
  for (let at = 2 + 128; at < data.length; at += 64) words.push(BigInt(`0x${data.slice(at, at + 64)}`));
  return words;
}
