import type { Ledger } from "../ledger/ledger";
import type { Reading } from "../ledger/compartment";
import { type Asset, ASSETS, OPERATORS, OWNERS, type Party, type SetName } from "../vocabulary";
import { defineVerb } from "./call";
import type { Dice } from "./dice";
import { drawSet } from "./sets";

/** One allocation. */
interface Spot {
  readonly by: Party;
  readonly set: SetName;
  readonly asset: Asset;
}

/** An order about one allocation. */
interface Ordered extends Spot {
  readonly magnitude: bigint;
}

/** Draws an allocation for which a condition holds; if wild, any. */
function drawSpot(ledger: Ledger, dice: Dice, condition: (spot: Spot, reading: Reading) => boolean): Spot | undefined {
  const { risk, now } = ledger;
  if (dice.isWild) return { by: dice.pick(OPERATORS), set: drawSet(ledger, dice), asset: dice.asset() };
  const spots = OPERATORS.flatMap((by) =>
    [...risk.sets.values()].flatMap(({ name: set, terms }) => terms.assets.map((asset) => ({ by, set, asset }))),
  );
  return dice.maybe(spots.filter((spot) => condition(spot, risk.read(spot.by, spot.asset, spot.set, now))));
}

/** What is free once the allocation's own leavings are booked. */
function freeFor({ risk, now }: Ledger, { by, set, asset }: Spot): bigint {
  const unsettled = risk.compartment(by, asset, set).unsettled(risk.registration(by, set), now);
  return risk.free(by, asset) + unsettled;
}

function isPending({ risk, now }: Ledger, { by, set, asset }: Spot): boolean {
  return risk.compartment(by, asset, set).pendingAt(risk.registration(by, set), now) > now;
}

/** More of a pool for a set. */
export const allocate = defineVerb<Ordered>("allocate", {
  draw(ledger, dice) {
    const spot = drawSpot(
      ledger,
      dice,
      (one, { pendingAt }) =>
        ledger.risk.isRegistered(one.by, one.set) && pendingAt === 0n && freeFor(ledger, one) > 0n,
    );
    return spot === undefined ? undefined : { ...spot, magnitude: dice.amount(freeFor(ledger, spot)) };
  },
  refusals(ledger, order) {
    const { by, set, asset, magnitude } = order;
    const story = ledger.risk.sets.get(set);
    return [
      magnitude === 0n && "ZeroMagnitude",
      !ledger.risk.isRegistered(by, set) && "NotRegistered",
      story !== undefined && !story.terms.assets.includes(asset) && "AssetNotAccepted",
      isPending(ledger, order) && "ChangePending",
      magnitude > freeFor(ledger, order) && "InsufficientFree",
    ];
  },
  apply({ risk, now, situations }, { by, set, asset, magnitude }) {
    situations.note("an order while a lien of the set is open", risk.read(by, asset, set, now).held > 0n);
    risk.settle(by, asset, set, now);
    risk.compartment(by, asset, set).join(risk.registration(by, set)?.epoch ?? 0n, magnitude, now);
  },
  encode(world, { by, set, asset, magnitude }) {
    return world.toRisk(
      by,
      world.risk.encodeFunctionData("allocate", [world.setKey(set), world.token(asset), magnitude]),
    );
  },
});

/** Takes an increase back that has not joined. */
export const revokeAllocation = defineVerb<Spot>("revokeAllocation", {
  draw(ledger, dice) {
    return drawSpot(ledger, dice, (_, { joining }) => joining > 0n);
  },
  refusals({ risk, now }, { by, set, asset }) {
    return [risk.read(by, asset, set, now).joining === 0n && "NothingJoining"];
  },
  apply({ risk, now }, { by, set, asset }) {
    risk.settle(by, asset, set, now);
    const registration = risk.registration(by, set);
    if (registration !== undefined) risk.compartment(by, asset, set).revoke(registration, now);
  },
  encode(world, { by, set, asset }) {
    return world.toRisk(by, world.risk.encodeFunctionData("revokeAllocation", [world.setKey(set), world.token(asset)]));
  },
});

/** Less of a pool for a set. */
export const deallocate = defineVerb<Ordered>("deallocate", {
  draw(ledger, dice) {
    const { risk, now } = ledger;
    const spot = drawSpot(ledger, dice, (_, { active, pendingAt }) => active > 0n && pendingAt === 0n);
    if (spot === undefined) return undefined;
    return { ...spot, magnitude: dice.amount(risk.read(spot.by, spot.asset, spot.set, now).active) };
  },
  refusals(ledger, order) {
    const { by, set, asset, magnitude } = order;
    return [
      magnitude === 0n && "ZeroMagnitude",
      isPending(ledger, order) && "ChangePending",
      magnitude > ledger.risk.read(by, asset, set, ledger.now).active && "InsufficientActive",
    ];
  },
  apply({ risk, now, situations }, { by, set, asset, magnitude }) {
    situations.note("an order while a lien of the set is open", risk.read(by, asset, set, now).held > 0n);
    risk.settle(by, asset, set, now);
    const registration = risk.registration(by, set);
    if (registration !== undefined) risk.compartment(by, asset, set).leave(registration, magnitude, now);
  },
  encode(world, { by, set, asset, magnitude }) {
    return world.toRisk(
      by,
      world.risk.encodeFunctionData("deallocate", [world.setKey(set), world.token(asset), magnitude]),
    );
  },
});

/** Books what time has freed. */
export const settle = defineVerb<{ by: Party; operator: Party; asset: Asset; sets: readonly SetName[] }>("settle", {
  draw(ledger, dice) {
    const [operator, asset] = [dice.pick(OPERATORS), dice.pick(ASSETS)];
    const one = drawSet(ledger, dice);
    return {
      by: dice.pick(OWNERS),
      operator,
      asset,
      sets: dice.chance(30) ? [...ledger.risk.sets.keys(), one] : [one],
    };
  },
  refusals() {
    return [];
  },
  apply({ risk, now }, { operator, asset, sets }) {
    for (const set of sets) risk.settle(operator, asset, set, now);
  },
  encode(world, { by, operator, asset, sets }) {
    const keys = sets.map((set) => world.setKey(set));
    return world.toRisk(
      by,
      world.risk.encodeFunctionData("settle", [world.address(operator), world.token(asset), keys]),
    );
  },
});
