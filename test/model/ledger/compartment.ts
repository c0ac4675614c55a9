import { WAD } from "../../helpers/units";
import { EXIT_DELAY, min, mulDivUp, NOTICE, sum } from "../vocabulary";
import type { SlashStory } from "./slash";

/** One time that an operator was registered for a set. */
export interface RegistrationStory {
  readonly epoch: bigint;
  /** When it was ended. */
  endedAt?: bigint;
}

/** Second from which nothing can be slashed under a registration; undefined while it has not ended. */
export function untilOf({ endedAt }: RegistrationStory): bigint | undefined {
  return endedAt === undefined ? undefined : endedAt + EXIT_DELAY;
}

/** Magnitude that has one story: given by one order, taken back by at most one other, held by at most one slash. */
interface Parcel {
  readonly epoch: bigint;
  readonly joinsAt: bigint;
  magnitude: bigint;
  leavesAt?: bigint;
  taker?: SlashStory;
}

/** An order to join or to leave. */
interface Order {
  readonly epoch: bigint;
  readonly kind: "join" | "leave";
  readonly effectAt: bigint;
  revoked: boolean;
}

/** Where a parcel is at a second. */
type Place = "active" | "leaving" | "joining" | "gone";

/** An allocation as it reads at a second. */
export interface Reading {
  readonly active: bigint;
  readonly leaving: bigint;
  readonly joining: bigint;
  readonly held: bigint;
  readonly pendingAt: bigint;
  readonly until: bigint;
}

/** What a slash would take of a compartment. */
export interface Take {
  readonly magnitude: bigint;
  readonly fromLeaving: bigint;
  readonly leavingAt: bigint;
}

const NOTHING: Reading = { active: 0n, leaving: 0n, joining: 0n, held: 0n, pendingAt: 0n, until: 0n };

/** Where a parcel is, or would be had no slash taken it. */
function placeOf(parcel: Parcel, registration: RegistrationStory | undefined, now: bigint): Place {
  if (registration?.epoch !== parcel.epoch) return "gone";
  const { endedAt } = registration;
  const until = untilOf(registration);
  if (endedAt !== undefined && parcel.joinsAt > endedAt) return "gone";
  if (until !== undefined && now >= until) return "gone";
  if (parcel.leavesAt !== undefined) return now >= parcel.leavesAt ? "gone" : "leaving";
  if (now < parcel.joinsAt) return "joining";
  return until === undefined ? "active" : "leaving";
}

/** All that an operator has ever given to a set from one pool. */
export class Compartment {
  private parcels: Parcel[] = [];
  private readonly orders: Order[] = [];

  /** Magnitude that has not been booked back to the pool's `free`: given, held or lost. */
  booked(): bigint {
    return sum(this.parcels.map(({ magnitude }) => magnitude));
  }

  /** Of that, what no slash has taken or holds. */
  parts(): bigint {
    return sum(this.parcels.filter(({ taker }) => taker === undefined).map(({ magnitude }) => magnitude));
  }

  /** What this set's open proposals hold of a registration. */
  held(epoch: bigint): bigint {
    const held = this.parcels.filter((parcel) => parcel.epoch === epoch && parcel.taker?.status === "proposed");
    return sum(held.map(({ magnitude }) => magnitude));
  }

  read(registration: RegistrationStory | undefined, now: bigint): Reading {
    if (registration === undefined) return NOTHING;
    const at = (place: Place): bigint => sum(this.inPlace(place, registration, now).map(({ magnitude }) => magnitude));
    return {
      active: at("active"),
      leaving: at("leaving"),
      joining: at("joining"),
      held: this.held(registration.epoch),
      pendingAt: this.pendingAt(registration, now),
      until: untilOf(registration) ?? 0n,
    };
  }

  /** Second at which the last order takes effect; 0 = there is none that has not. */
  pendingAt(registration: RegistrationStory | undefined, now: bigint): bigint {
    const order = this.orders.at(-1);
    if (order === undefined || order.epoch !== registration?.epoch || order.revoked || order.effectAt <= now) return 0n;
    const until = untilOf(registration);
    if (until === undefined) return order.effectAt;
    return order.kind === "join" || until <= now ? 0n : order.effectAt;
  }

  /** Books what time has freed: how much. */
  settle(registration: RegistrationStory | undefined, now: bigint): bigint {
    const gone = this.inPlace("gone", registration, now);
    this.parcels = this.parcels.filter((parcel) => !gone.includes(parcel));
    return sum(gone.map(({ magnitude }) => magnitude));
  }

  /** What `settle` would book now. */
  unsettled(registration: RegistrationStory | undefined, now: bigint): bigint {
    return sum(this.inPlace("gone", registration, now).map(({ magnitude }) => magnitude));
  }

  join(epoch: bigint, magnitude: bigint, now: bigint): void {
    const effectAt = now + NOTICE;
    this.parcels.push({ epoch, magnitude, joinsAt: effectAt });
    this.orders.push({ epoch, kind: "join", effectAt, revoked: false });
  }

  /** Takes back what has not joined yet. */
  revoke(registration: RegistrationStory, now: bigint): void {
    const joining = this.inPlace("joining", registration, now);
    this.parcels = this.parcels.filter((parcel) => !joining.includes(parcel));
    const order = this.orders.at(-1);
    if (order !== undefined) order.revoked = true;
  }

  leave(registration: RegistrationStory, magnitude: bigint, now: bigint): void {
    const effectAt = now + EXIT_DELAY;
    for (const parcel of this.takeFrom(this.inPlace("active", registration, now), magnitude)) {
      parcel.leavesAt = effectAt;
    }
    this.orders.push({ epoch: registration.epoch, kind: "leave", effectAt, revoked: false });
  }

  /** What a fraction of all that is slashable, and of what is held already, comes to. */
  preview(registration: RegistrationStory, fraction: bigint, now: bigint): Take {
    const { staying, going } = this.slashable(registration, now);
    const [active, leaving] = [staying, going].map((parcels) => sum(parcels.map(({ magnitude }) => magnitude)));
    if (active === undefined || leaving === undefined || active + leaving === 0n) {
      return { magnitude: 0n, fromLeaving: 0n, leavingAt: 0n };
    }
    const total = active + leaving;
    const magnitude = min(mulDivUp(total + this.held(registration.epoch), fraction, WAD), total);
    const fromLeaving = magnitude - mulDivUp(magnitude, active, total);
    return { magnitude, fromLeaving, leavingAt: going[0]?.leavesAt ?? 0n };
  }

  /** A slash takes what was previewed. */
  take(registration: RegistrationStory, { magnitude, fromLeaving }: Take, taker: SlashStory, now: bigint): void {
    const { staying, going } = this.slashable(registration, now);
    const taken = [...this.takeFrom(staying, magnitude - fromLeaving), ...this.takeFrom(going, fromLeaving)];
    for (const parcel of taken) parcel.taker = taker;
  }

  /** A veto gives back: how much of it would be gone by now, had it not been held. */
  giveBack(slash: SlashStory, registration: RegistrationStory | undefined, now: bigint): bigint {
    const held = this.parcels.filter(({ taker }) => taker === slash);
    for (const parcel of held) delete parcel.taker;
    const gone = held.filter((parcel) => placeOf(parcel, registration, now) === "gone");
    this.parcels = this.parcels.filter((parcel) => !gone.includes(parcel));
    return sum(gone.map(({ magnitude }) => magnitude));
  }

  private inPlace(place: Place, registration: RegistrationStory | undefined, now: bigint): Parcel[] {
    return this.parcels.filter((parcel) => parcel.taker === undefined && placeOf(parcel, registration, now) === place);
  }

  /** What a slash can take, by whether an order has sent it away. */
  private slashable(registration: RegistrationStory, now: bigint): { staying: Parcel[]; going: Parcel[] } {
    const parcels = [...this.inPlace("active", registration, now), ...this.inPlace("leaving", registration, now)];
    return {
      staying: parcels.filter(({ leavesAt }) => leavesAt === undefined),
      going: parcels.filter(({ leavesAt }) => leavesAt !== undefined),
    };
  }

  /** Parcels of exactly that magnitude in all, cut from the given ones. */
  private takeFrom(parcels: readonly Parcel[], magnitude: bigint): Parcel[] {
    const taken: Parcel[] = [];
    let missing = magnitude;
    for (const parcel of parcels) {
      if (missing === 0n) break;
      if (parcel.magnitude > missing) {
        this.parcels.push({ ...parcel, magnitude: parcel.magnitude - missing });
        parcel.magnitude = missing;
      }
      missing -= parcel.magnitude;
      taken.push(parcel);
    }
    if (missing > 0n) throw new Error(`The parcels are ${missing} short.`);
    return taken;
  }
}
