import { WAD } from "../../helpers/units";
import { BEGIN, type Asset, type Party, type SetName, sum } from "../vocabulary";
import type { RegistrationStory, Take } from "./compartment";
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
  readonly slashes: SlashStory[] = [];
  /** Proposals, vetoes and finals so far, by asset. */
  readonly slashEvents = new Map<Asset, bigint>();

  /** What a proposal would take now: assets of which nothing would be taken are left out. */
  previewSlash({ operator, set, fraction }: Proposal): Prepared[] {
    const registration = this.risk.registration(operator, set);
    if (registration === undefined) return [];
    return this.risk.set(set).terms.assets.flatMap((asset) => {
      const take = this.risk.compartment(operator, asset, set).preview(registration, fraction, this.now);
      const shares = this.stake.pool(operator, asset).reachableShares(this.now);
      const assets = (shares * take.magnitude) / WAD;
      return assets === 0n ? [] : [{ asset, take, shares, assets }];
    });
  }

  propose(slasher: Party, proposal: Proposal): void {
    const { set, operator, fraction, evidence } = proposal;
    const { terms, resolvers } = this.risk.set(set);
    const registration = this.lastRegistration(operator, set);
    const cuts = this.previewSlash(proposal);
    const slash: SlashStory = {
      ...{ id: BigInt(this.slashes.length) + 1n, set, operator, epoch: registration.epoch, slasher },
      ...{ resolver: resolvers.at(this.now), recipient: terms.recipient, fraction, evidence },
      ...{ proposedAt: this.now, deadline: this.now + terms.vetoWindow },
      periodAt: this.risk.budget(operator, set, this.slashes, this.now).periodAt,
      cuts: cuts.map(({ asset, take, assets }) => ({ asset, ...take, assets })),
      ...{ status: "proposed", endedAt: 0n },
    };
    this.slashes.push(slash);
    for (const { asset, take, shares } of cuts) {
      this.risk.settle(operator, asset, set, this.now);
      this.risk.compartment(operator, asset, set).take(registration, take, slash, this.now);
      this.stake.pool(operator, asset).blows.push({ slash, magnitude: take.magnitude, shares });
    }
    // An instant slash moves the counters once.
    if (terms.vetoWindow === 0n) this.finalise(slash);
    else this.countEvent(slash.cuts);
  }

  veto(slash: SlashStory): void {
    this.end(slash, "vetoed");
    for (const { asset } of slash.cuts) {
      const compartment = this.risk.compartment(slash.operator, asset, slash.set);
      const registration = this.risk.registration(slash.operator, slash.set);
      compartment.settle(registration, this.now);
      compartment.giveBack(slash, registration, this.now);
    }
  }

  finalise(slash: SlashStory): void {
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
        throw new Error(`free + Σ parts + liened = ${books}, but the factor of ${operator}'s ${asset} is ${pool.factor()}.`);
      }
      const dust = this.stake.dust(asset, this.now);
      const roundings = this.stake.roundings(asset);
      if (dust.floor() < 0n || dust.floor() > roundings) {
        throw new Error(`${roundings} roundings have left ${dust.toString()} of ${asset} with nobody.`);
      }
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
