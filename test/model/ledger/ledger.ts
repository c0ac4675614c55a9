import { WAD } from "../../helpers/units";
import { BEGIN, BUCKET, mulDivUp, type Asset, type Party, type SetName, sum } from "../vocabulary";
import type { RegistrationStory, Take } from "./compartment";
import type { Situations } from "../situations";
import { RewardLedger } from "./rewards";
import { RiskLedger } from "./risk";
import type { CutOfAsset, SlashStory } from "./slash";
import { StakeLedger } from "./stake";

/** A cut with what it takes in magnitude. */
interface Prepared {
  readonly asset: Asset;
  readonly take: Take;
  /** Shares in the pool. */
  readonly shares: bigint;
  readonly assets: bigint;
}

/** What a proposal says. */
export interface Proposal {
  readonly set: SetName;
  readonly operator: Party;
  readonly fraction: bigint;
  readonly evidence: bigint;
}

/** The reference model: all of the protocol as a story, from which everything is told anew at each question. */
export class Ledger {
  now = BEGIN;
  readonly stake = new StakeLedger();
  readonly risk = new RiskLedger();
  readonly rewards = new RewardLedger(this.stake);
  readonly slashes: SlashStory[] = [];
  /** Proposals, vetoes and finals so far, by asset. */
  readonly slashEvents = new Map<Asset, bigint>();

  constructor(readonly situations: Situations) {}

  /** What a proposal would take now: assets of which nothing would be taken are left out. */
  previewSlash(proposal: Proposal): Prepared[] {
    return this.prepare(proposal).filter(({ assets }) => assets > 0n);
  }

  propose(slasher: Party, proposal: Proposal): void {
    const { set, operator, fraction, evidence } = proposal;
    const { terms, resolvers } = this.risk.set(set);
    const registration = this.lastRegistration(operator, set);
    const prepared = this.prepare(proposal);
    const cuts = prepared.filter(({ assets }) => assets > 0n);
    this.noteProposal(slasher, proposal, registration, prepared);
    const slash: SlashStory = {
      ...{ id: BigInt(this.slashes.length) + 1n, set, operator, epoch: registration.epoch, slasher },
      ...{ resolver: resolvers.at(this.now), recipient: terms.recipient, fraction, evidence },
      ...{ proposedAt: this.now, deadline: this.now + terms.vetoWindow },
      periodAt: this.risk.budget(operator, set, this.slashes, this.now).periodAt,
      cuts: cuts.map(({ asset, take, assets }) => ({ asset, ...take, assets })),
      ...{ status: "proposed", endedAt: 0n },
    };
    this.slashes.push(slash);
    // Every allocation that has a magnitude to take is touched, of an empty pool, too.
    for (const { asset, take } of prepared) {
      if (take.magnitude > 0n) this.risk.settle(operator, asset, set, this.now);
    }
    for (const { asset, take, shares } of cuts) {
      this.risk.compartment(operator, asset, set).take(registration, take, slash, this.now);
      this.stake.pool(operator, asset).blows.push({ slash, magnitude: take.magnitude, shares });
    }
    // An instant slash moves the counters once.
    if (terms.vetoWindow === 0n) this.finalise(slash);
    else this.countEvent(slash.cuts);
  }

  veto(slash: SlashStory): void {
    const { situations, now } = this;
    const current = this.lastRegistration(slash.operator, slash.set);
    situations.note("a veto in the last second", now === slash.deadline - 1n);
    situations.note("a veto for an earlier registration", current.epoch !== slash.epoch);
    situations.note(
      "a veto that gives to matured shares",
      slash.cuts.some(({ asset }) =>
        this.stake
          .pool(slash.operator, asset)
          .allRecords()
          .some(({ maturity }) => maturity > slash.proposedAt && maturity <= now),
      ),
    );
    this.end(slash, "vetoed");
    for (const { asset } of slash.cuts) {
      const compartment = this.risk.compartment(slash.operator, asset, slash.set);
      const registration = this.risk.registration(slash.operator, slash.set);
      compartment.settle(registration, this.now);
      const freed = compartment.giveBack(slash, registration, now);
      situations.note("a veto that frees what would have left", freed > 0n);
    }
  }

  finalise(slash: SlashStory): void {
    const late = this.now - slash.deadline;
    this.situations.note("a final in its first second", late === 0n && slash.deadline > slash.proposedAt);
    this.situations.note("a final more than four buckets late", late > 4n * BUCKET);
    this.end(slash, "final");
    for (const { asset, assets } of slash.cuts) {
      this.stake.addProceeds(slash.recipient, asset, assets);
      this.stake.round(asset);
    }
  }

  /** Asserts what must hold of the books in themselves: nothing given twice, and tokens for every claim. */
  check(): void {
    for (const { operator, asset, pool } of this.stake.allPools()) {
      const compartments = this.risk.compartmentsOf(operator, asset);
      const parts = sum(compartments.map(({ compartment }) => compartment.parts()));
      const books = this.risk.free(operator, asset) + parts + pool.liened();
      if (books !== pool.factor()) {
        throw new Error(
          `free + Σ parts + liened = ${books}, but the factor of ${operator}'s ${asset} is ${pool.factor()}.`,
        );
      }
      const dust = this.stake.dust(asset, this.now);
      const roundings = this.stake.roundings(asset);
      if (dust.floor() < 0n || dust.floor() > roundings) {
        throw new Error(`${roundings} roundings have left ${dust.toString()} of ${asset} with nobody.`);
      }
    }
    this.rewards.check(this.now);
  }

  /** What a proposal would take of every asset of the set. */
  private prepare({ operator, set, fraction }: Proposal): Prepared[] {
    const registration = this.risk.registration(operator, set);
    if (registration === undefined) return [];
    return this.risk.set(set).terms.assets.map((asset) => {
      const take = this.risk.compartment(operator, asset, set).preview(registration, fraction, this.now);
      const shares = this.stake.pool(operator, asset).reachableShares(this.now);
      return { asset, take, shares, assets: (shares * take.magnitude) / WAD };
    });
  }

  private noteProposal(
    slasher: Party,
    { operator, set, fraction }: Proposal,
    registration: RegistrationStory,
    prepared: readonly Prepared[],
  ): void {
    const { situations, stake, risk } = this;
    situations.note("a self-slash", slasher === operator);
    situations.note("a slash of an operator that has ended its registration", registration.endedAt !== undefined);
    situations.note(
      "a slash that finds an empty pool",
      prepared.some(({ take, assets }) => take.magnitude > 0n && assets === 0n),
    );
    for (const { asset, take } of prepared.filter(({ assets }) => assets > 0n)) {
      const pool = stake.pool(operator, asset);
      const open = pool.blows.filter(({ slash }) => slash.status === "proposed");
      const held = risk.compartment(operator, asset, set).held(registration.epoch);
      const { active, leaving } = risk.read(operator, asset, set, this.now);
      situations.note(
        "a lien beside another set's lien",
        open.some(({ slash }) => slash.set !== set),
      );
      situations.note(
        "a lien beside the same set's lien",
        open.some(({ slash }) => slash.set === set),
      );
      situations.note(
        "a cut that is capped, because much is held already",
        mulDivUp(active + leaving + held, fraction, WAD) > active + leaving,
      );
      situations.note("a slash of all that a pool has left", take.magnitude === pool.factor() - pool.liened());
      situations.note("a slash of what was leaving", take.fromLeaving > 0n);
    }
  }

  private lastRegistration(operator: Party, set: SetName): RegistrationStory {
    const registration = this.risk.registration(operator, set);
    if (registration === undefined) throw new Error(`${operator} was never registered for ${set}.`);
    return registration;
  }

  private end(slash: SlashStory, status: "vetoed" | "final"): void {
    slash.status = status;
    slash.endedAt = this.now;
    this.countEvent(slash.cuts);
  }

  private countEvent(cuts: readonly CutOfAsset[]): void {
    for (const { asset } of cuts) this.slashEvents.set(asset, (this.slashEvents.get(asset) ?? 0n) + 1n);
  }
}
