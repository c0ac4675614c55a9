import { WAD } from "../../helpers/units";
import type { Ledger } from "../ledger/ledger";
import { untilOf } from "../ledger/compartment";
import type { SetStory, Terms } from "../ledger/risk";
import {
  type Asset,
  ASSETS,
  AVSS,
  BUCKET,
  EXIT_DELAY,
  OPERATORS,
  type Party,
  RECIPIENTS,
  RESOLVERS,
  type SetName,
  SLASHERS,
} from "../vocabulary";
import { defineVerb } from "./call";
import type { Dice } from "./dice";

/** How many sets there may be, so that all of them can be compared after every call. */
const MAX_SETS = 7;

/** A set that nobody has created. */
const UNKNOWN: SetName = "watch/99";

/** The AVS of a set, and the number that it gave it. */
export function splitName(name: SetName): { avs: Party; id: bigint } {
  const [avs, id] = name.split("/");
  return { avs: AVSS.find((one) => one === avs) ?? "nobody", id: BigInt(id ?? 0) };
}

/** Draws a set; if wild, perhaps one that is not there. */
export function drawSet({ risk }: Ledger, dice: Dice): SetName {
  if (dice.isWild && dice.chance(15)) return UNKNOWN;
  return dice.maybe([...risk.sets.keys()]) ?? UNKNOWN;
}

/** Why an AVS's order about a set is refused. */
function avsRefusals({ risk }: Ledger, by: Party, name: SetName): (string | false)[] {
  return [by !== splitName(name).avs && "NotAVS", !risk.sets.has(name) && "OperatorSetUnknown"];
}

function drawAVS(dice: Dice, name: SetName): Party {
  return dice.party(splitName(name).avs, AVSS);
}

/** Terms that break one rule. */
function spoil(terms: Terms, dice: Dice): Terms {
  const spoilt: Partial<Terms>[] = [
    { assets: [] },
    { assets: ["iron", "gold"] },
    { assets: ["gold", "gold"] },
    { maxSlash: 0n },
    { maxSlash: WAD + 1n },
    { period: BUCKET - 1n },
    { vetoWindow: EXIT_DELAY / 2n + 1n, resolver: "resolver" },
    { resolver: terms.resolver === "nobody" ? "resolver" : "nobody" },
  ];
  return { ...terms, ...dice.maybe(spoilt) };
}

/** A new set. */
export const createOperatorSet = defineVerb<{ by: Party; id: bigint; terms: Terms }>("createOperatorSet", {
  draw({ risk }, dice) {
    if (risk.sets.size >= MAX_SETS && !dice.isWild) return undefined;
    const vetoWindow = dice.pick([0n, 1n, BUCKET, EXIT_DELAY / 4n, EXIT_DELAY / 2n]);
    const terms: Terms = {
      assets: dice.pick<readonly Asset[]>([ASSETS, ["gold"], ["iron"]]),
      maxSlash: dice.pick([WAD, WAD, WAD / 2n, WAD / 10n, 1n]),
      period: dice.pick([BUCKET, EXIT_DELAY, 3n * EXIT_DELAY]),
      vetoWindow,
      slasher: dice.pick([...SLASHERS, "nobody"]),
      resolver: vetoWindow === 0n ? "nobody" : dice.pick(RESOLVERS),
      recipient: dice.pick(RECIPIENTS),
    };
    const by = dice.pick(AVSS);
    const full = risk.sets.size >= MAX_SETS;
    const id = dice.isWild && dice.chance(30) ? 1n : BigInt(risk.sets.size) + 10n;
    return { by, id, terms: dice.isWild && (full || dice.chance(70)) ? spoil(terms, dice) : terms };
  },
  refusals({ risk }, { by, id, terms: { assets, maxSlash, period, vetoWindow, resolver } }) {
    const ascending = assets.every(
      (asset, i) => i === 0 || ASSETS.indexOf(assets[i - 1] ?? asset) < ASSETS.indexOf(asset),
    );
    return [
      risk.sets.has(`${by}/${id}`) && "OperatorSetExists",
      (assets.length === 0 || assets.length > 8) && "AssetCountOutOfBounds",
      !ascending && "AssetsNotAscending",
      (maxSlash === 0n || maxSlash > WAD) && "MaxSlashOutOfBounds",
      period < BUCKET && "PeriodTooShort",
      vetoWindow > EXIT_DELAY / 2n && "VetoWindowTooLong",
      (resolver === "nobody") !== (vetoWindow === 0n) && "ResolverMismatch",
    ];
  },
  apply({ risk }, { by, id, terms }) {
    risk.createSet(`${by}/${id}`, by, terms);
  },
  encode(world, { by, id, terms }) {
    return world.toRisk(by, world.risk.encodeFunctionData("createOperatorSet", [id, world.terms(terms), ""]));
  },
});

/** Another slasher, after the notice. */
export const scheduleSlasher = defineVerb<{ by: Party; set: SetName; slasher: Party }>("scheduleSlasher", {
  draw(ledger, dice) {
    const set = drawSet(ledger, dice);
    return { by: drawAVS(dice, set), set, slasher: dice.party(dice.pick(SLASHERS), ["nobody"]) };
  },
  refusals(ledger, { by, set, slasher }) {
    return [...avsRefusals(ledger, by, set), slasher === "nobody" && "ZeroAddress"];
  },
  apply({ risk, now }, { set, slasher }) {
    risk.set(set).slashers.schedule(slasher, now);
  },
  encode(world, { by, set, slasher }) {
    return world.toRisk(
      by,
      world.risk.encodeFunctionData("scheduleSlasher", [world.setKey(set), world.address(slasher)]),
    );
  },
});

/** No slasher, at once. */
export const removeSlasher = defineVerb<{ by: Party; set: SetName }>("removeSlasher", {
  draw(ledger, dice) {
    const set = drawSet(ledger, dice);
    return { by: drawAVS(dice, set), set };
  },
  refusals(ledger, { by, set }) {
    return avsRefusals(ledger, by, set);
  },
  apply({ risk, now }, { set }) {
    risk.set(set).slashers.remove(now);
  },
  encode(world, { by, set }) {
    return world.toRisk(by, world.risk.encodeFunctionData("removeSlasher", [world.setKey(set)]));
  },
});

/** Another resolver, after the notice. */
export const scheduleResolver = defineVerb<{ by: Party; set: SetName; resolver: Party }>("scheduleResolver", {
  draw(ledger, dice) {
    const set = drawSet(ledger, dice);
    return { by: drawAVS(dice, set), set, resolver: dice.party(dice.pick(RESOLVERS), ["nobody"]) };
  },
  refusals(ledger, { by, set, resolver }) {
    const story: SetStory | undefined = ledger.risk.sets.get(set);
    return [
      ...avsRefusals(ledger, by, set),
      resolver === "nobody" && "ZeroAddress",
      story?.terms.vetoWindow === 0n && "ResolverMismatch",
    ];
  },
  apply({ risk, now }, { set, resolver }) {
    risk.set(set).resolvers.schedule(resolver, now);
  },
  encode(world, { by, set, resolver }) {
    return world.toRisk(
      by,
      world.risk.encodeFunctionData("scheduleResolver", [world.setKey(set), world.address(resolver)]),
    );
  },
});

/** An operator joins a set. */
export const registerForOperatorSet = defineVerb<{ by: Party; set: SetName }>("registerForOperatorSet", {
  draw(ledger, dice) {
    const { risk, now } = ledger;
    const by = dice.pick(OPERATORS);
    if (dice.isWild) return { by, set: drawSet(ledger, dice) };
    const set = dice.maybe([...risk.sets.keys()].filter((name) => !risk.isSlashable(by, name, now)));
    return set === undefined ? undefined : { by, set };
  },
  refusals({ risk, now }, { by, set }) {
    return [!risk.sets.has(set) && "OperatorSetUnknown", risk.isSlashable(by, set, now) && "AlreadyRegistered"];
  },
  apply({ risk, situations }, { by, set }) {
    situations.note("a return after leaving", risk.registration(by, set) !== undefined);
    risk.register(by, set);
  },
  encode(world, { by, set }) {
    return world.toRisk(by, world.risk.encodeFunctionData("registerForOperatorSet", [world.setKey(set), "0x"]));
  },
});

/** Either side ends a registration. */
export const deregisterFromOperatorSet = defineVerb<{ by: Party; operator: Party; set: SetName }>(
  "deregisterFromOperatorSet",
  {
    draw(ledger, dice) {
      const operator = dice.pick(OPERATORS);
      const names = [...ledger.risk.sets.keys()].filter((name) => ledger.risk.isRegistered(operator, name));
      const set = dice.isWild ? drawSet(ledger, dice) : dice.maybe(names);
      if (set === undefined) return undefined;
      return { by: dice.party(dice.pick([operator, splitName(set).avs]), ["alice", ...AVSS]), operator, set };
    },
    refusals({ risk }, { by, operator, set }) {
      return [
        by !== operator && by !== splitName(set).avs && "NotOperatorOrAVS",
        !risk.isRegistered(operator, set) && "NotRegistered",
      ];
    },
    apply({ risk, now }, { operator, set }) {
      const registration = risk.registration(operator, set);
      if (registration !== undefined && untilOf(registration) === undefined) registration.endedAt = now;
    },
    encode(world, { by, operator, set }) {
      return world.toRisk(
        by,
        world.risk.encodeFunctionData("deregisterFromOperatorSet", [world.address(operator), world.setKey(set)]),
      );
    },
  },
);
