import { WAD } from "../../helpers/units";
import { ASSETS, type Asset, entryOf, NOTICE, OPERATORS, type Party, type SetName, sum } from "../vocabulary";
import { Compartment, type Reading, type RegistrationStory, untilOf } from "./compartment";
import { type SlashStory, stands } from "./slash";

/** Terms of a set. */
export interface Terms {
  readonly assets: readonly Asset[];
  readonly maxSlash: bigint;
  readonly period: bigint;
  readonly vetoWindow: bigint;
  readonly slasher: Party;
  readonly resolver: Party;
  readonly recipient: Party;
}

/** Who has a role from when on. */
interface Appointment {
  readonly who: Party;
  readonly from: bigint;
}

/** A role of a set with everyone who ever had it, or shall have it. */
export class Role {
  private appointments: Appointment[];

  constructor(who: Party) {
    this.appointments = [{ who, from: 0n }];
  }

  at(now: bigint): Party {
    return this.appointments.findLast(({ from }) => from <= now)?.who ?? "nobody";
  }

  next(now: bigint): Appointment {
    return this.appointments.find(({ from }) => from > now) ?? { who: "nobody", from: 0n };
  }

  schedule(who: Party, now: bigint): void {
    this.appoint({ who, from: now + NOTICE }, now);
  }

  remove(now: bigint): void {
    this.appoint({ who: "nobody", from: now }, now);
  }

  private appoint(appointment: Appointment, now: bigint): void {
    this.appointments = [...this.appointments.filter(({ from }) => from <= now), appointment];
  }
}

/** A set with its story. */
export interface SetStory {
  readonly name: SetName;
  readonly avs: Party;
  readonly terms: Terms;
  readonly slashers: Role;
  readonly resolvers: Role;
}

/** A budget at a second. */
export interface Budget {
  readonly remaining: bigint;
  /** Second at which the running period ends; 0 = a proposal would begin one. */
  readonly periodEnd: bigint;
  /** Beginning of the period that a proposal would belong to. */
  readonly periodAt: bigint;
}

/** Sets, registrations, and what every operator has given to every set. */
export class RiskLedger {
  readonly sets = new Map<SetName, SetStory>();
  private readonly registrations = new Map<string, RegistrationStory[]>();
  private readonly compartments = new Map<string, Compartment>();

  createSet(name: SetName, avs: Party, terms: Terms): void {
    const [slashers, resolvers] = [new Role(terms.slasher), new Role(terms.resolver)];
    this.sets.set(name, { name, avs, terms, slashers, resolvers });
  }

  set(name: SetName): SetStory {
    const set = this.sets.get(name);
    if (set === undefined) throw new Error(`There is no set ${name}.`);
    return set;
  }

  /** The last registration, ended or not. */
  registration(operator: Party, set: SetName): RegistrationStory | undefined {
    return this.registrations.get(`${operator}:${set}`)?.at(-1);
  }

  isRegistered(operator: Party, set: SetName): boolean {
    const registration = this.registration(operator, set);
    return registration !== undefined && registration.endedAt === undefined;
  }

  /** Whether the set can slash the operator at all. */
  isSlashable(operator: Party, set: SetName, now: bigint): boolean {
    const registration = this.registration(operator, set);
    return registration !== undefined && (untilOf(registration) ?? now + 1n) > now;
  }

  register(operator: Party, set: SetName): void {
    const stories = entryOf(this.registrations, `${operator}:${set}`, () => []);
    stories.push({ epoch: BigInt(stories.length) + 1n });
  }

  compartment(operator: Party, asset: Asset, set: SetName): Compartment {
    return entryOf(this.compartments, `${operator}:${asset}:${set}`, () => new Compartment());
  }

  read(operator: Party, asset: Asset, set: SetName, now: bigint): Reading {
    return this.compartment(operator, asset, set).read(this.registration(operator, set), now);
  }

  /** Books what time has freed of one allocation. */
  settle(operator: Party, asset: Asset, set: SetName, now: bigint): bigint {
    return this.compartment(operator, asset, set).settle(this.registration(operator, set), now);
  }

  compartmentsOf(operator: Party, asset: Asset): { set: SetName; compartment: Compartment }[] {
    return [...this.sets.keys()].map((set) => ({ set, compartment: this.compartment(operator, asset, set) }));
  }

  /** What no set has of a pool, as booked. */
  free(operator: Party, asset: Asset): bigint {
    return WAD - sum(this.compartmentsOf(operator, asset).map(({ compartment }) => compartment.booked()));
  }

  /** The budget of a set for an operator, from all that was ever proposed. */
  budget(operator: Party, set: SetName, slashes: readonly SlashStory[], now: bigint): Budget {
    const { terms } = this.set(set);
    const own = slashes.filter((slash) => slash.operator === operator && slash.set === set);
    const periodAt = own.at(-1)?.periodAt;
    if (periodAt === undefined || now >= periodAt + terms.period) {
      return { remaining: terms.maxSlash, periodEnd: 0n, periodAt: now };
    }
    const counting = own.filter((slash) => slash.periodAt === periodAt && stands(slash));
    const remaining = terms.maxSlash - sum(counting.map(({ fraction }) => fraction));
    return { remaining, periodEnd: periodAt + terms.period, periodAt };
  }

  /** Every allocation that could be. */
  *allCompartments(): Generator<{ operator: Party; asset: Asset; set: SetStory }> {
    for (const set of this.sets.values()) {
      for (const operator of OPERATORS) {
        for (const asset of ASSETS) yield { operator, asset, set };
      }
    }
  }
}
