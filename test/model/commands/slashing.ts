import { WAD } from "../../helpers/units";
import type { Ledger, Proposal } from "../ledger/ledger";
import type { SlashStory } from "../ledger/slash";
import { type Asset, min, OPERATORS, OWNERS, type Party, RECIPIENTS, RESOLVERS, SLASHERS } from "../vocabulary";
import { defineVerb } from "./call";
import type { Dice } from "./dice";
import { drawSet } from "./sets";

/** A slash that exists, and who acts on it, perhaps with a record that was never emitted. */
interface Action {
  readonly by: Party;
  readonly id: bigint;
  readonly forged: boolean;
}

function slashOf({ slashes }: Ledger, id: bigint): SlashStory {
  const slash = slashes[Number(id) - 1];
  if (slash === undefined) throw new Error(`There is no slash ${id}.`);
  return slash;
}

/** Draws a slash for which a condition holds; if wild, any. */
function drawSlash({ slashes }: Ledger, dice: Dice, condition: (slash: SlashStory) => boolean): SlashStory | undefined {
  return dice.maybe(slashes.filter((slash) => (dice.isWild && dice.chance(70)) || condition(slash)));
}

/** Draws a fraction: a usual one, all that the budget still has, or the least there is. */
function drawFraction(dice: Dice, remaining: bigint): bigint {
  if (dice.isWild && dice.chance(50)) return dice.pick([0n, WAD + 1n, remaining + 1n]);
  const usual = dice.pick([WAD / 100n, WAD / 10n, WAD / 3n, remaining / 2n, remaining, remaining, 1n]);
  return min(usual, remaining);
}

/** A slash is proposed. */
export const propose = defineVerb<Proposal & { by: Party }>("propose", {
  draw(ledger, dice) {
    const { risk, slashes, now } = ledger;
    const pairs = [...risk.sets.values()]
      .filter(({ slashers }) => slashers.at(now) !== "nobody")
      .flatMap(({ name: set }) => OPERATORS.map((operator) => ({ set, operator })))
      .filter(({ set, operator }) => risk.isSlashable(operator, set, now))
      .filter(({ set, operator }) => ledger.previewSlash({ set, operator, fraction: WAD, evidence: 0n }).length > 0);
    const found = dice.isWild ? { set: drawSet(ledger, dice), operator: dice.pick(OPERATORS) } : dice.maybe(pairs);
    if (found === undefined) return undefined;
    const { set, operator } = found;
    const story = risk.sets.get(set);
    const remaining = story === undefined ? WAD : risk.budget(operator, set, slashes, now).remaining;
    const by = dice.party(story?.slashers.at(now) ?? "judge", SLASHERS);
    if (by === "nobody") return undefined;
    return { by, set, operator, fraction: drawFraction(dice, remaining), evidence: BigInt(dice.below(1_000)) };
  },
  refusals(ledger, { by, ...proposal }) {
    const { risk, slashes, now } = ledger;
    const { set, operator, fraction } = proposal;
    const story = risk.sets.get(set);
    if (story === undefined) return ["OperatorSetUnknown", "NotSlasherOfSet", "NotSlashable"];
    const possible = fraction > 0n && fraction <= WAD;
    return [
      by !== story.slashers.at(now) && "NotSlasherOfSet",
      !possible && "FractionOutOfBounds",
      !risk.isSlashable(operator, set, now) && "NotSlashable",
      fraction > risk.budget(operator, set, slashes, now).remaining && "BudgetExceeded",
      possible && ledger.previewSlash(proposal).length === 0 && "NothingToSlash",
    ];
  },
  apply(ledger, { by, ...proposal }) {
    ledger.propose(by, proposal);
  },
  encode(world, { by, set, operator, fraction, evidence }) {
    return world.toSlasher(
      by,
      world.slasher.encodeFunctionData("propose", [
        world.setKey(set),
        world.address(operator),
        fraction,
        world.evidence(evidence),
        "",
      ]),
    );
  },
});

/** A slash is vetoed. */
export const veto = defineVerb<Action>("veto", {
  draw(ledger, dice) {
    const { now } = ledger;
    const slash = drawSlash(ledger, dice, ({ status, deadline }) => status === "proposed" && now < deadline);
    if (slash === undefined) return undefined;
    const judge = dice.pick([slash.resolver, slash.slasher]);
    const by = dice.party(judge === "nobody" ? slash.slasher : judge, [...SLASHERS, ...RESOLVERS]);
    return { by, id: slash.id, forged: dice.isWild && dice.chance(20) };
  },
  refusals(ledger, { by, id, forged }) {
    const { slasher, resolver, status, deadline } = slashOf(ledger, id);
    return [
      forged && "RecordMismatch",
      by !== slasher && by !== resolver && "NotResolverOrSlasher",
      status !== "proposed" && "SlashNotOpen",
      ledger.now >= deadline && "VetoWindowOver",
    ];
  },
  apply(ledger, { id }) {
    ledger.veto(slashOf(ledger, id));
  },
  encode(world, { by, id, forged }, ledger) {
    return world.toSlasher(by, world.slasher.encodeFunctionData("veto", [world.record(slashOf(ledger, id), forged)]));
  },
});

/** A slash becomes final. */
export const finalise = defineVerb<Action>("finalise", {
  draw(ledger, dice) {
    const slash = drawSlash(ledger, dice, ({ status, deadline }) => status === "proposed" && ledger.now >= deadline);
    if (slash === undefined) return undefined;
    return { by: dice.pick(OWNERS), id: slash.id, forged: dice.isWild && dice.chance(20) };
  },
  refusals(ledger, { id, forged }) {
    const { status, deadline } = slashOf(ledger, id);
    return [
      forged && "RecordMismatch",
      status !== "proposed" && "SlashNotOpen",
      ledger.now < deadline && "VetoWindowOpen",
    ];
  },
  apply(ledger, { id }) {
    ledger.finalise(slashOf(ledger, id));
  },
  encode(world, { by, id, forged }, ledger) {
    return world.toSlasher(
      by,
      world.slasher.encodeFunctionData("finalise", [world.record(slashOf(ledger, id), forged)]),
    );
  },
});

/** A recipient takes its proceeds. */
export const withdrawProceeds = defineVerb<{ by: Party; asset: Asset; receiver: Party }>("withdrawProceeds", {
  draw(_, dice) {
    const by = dice.party("recipient", OWNERS);
    return { by, asset: dice.asset(), receiver: dice.party(dice.pick([by, ...OWNERS]), ["nobody", "core"]) };
  },
  refusals(_, { receiver }) {
    return [(receiver === "nobody" || receiver === "core") && "InvalidReceiver"];
  },
  apply({ stake }, { by, asset, receiver }) {
    const assets = stake.proceeds(by, asset);
    stake.addProceeds(by, asset, -assets);
    stake.move("core", receiver, asset, assets);
  },
  encode(world, { by, asset, receiver }) {
    return world.toStake(
      by,
      world.stake.encodeFunctionData("withdrawProceeds", [world.token(asset), world.address(receiver)]),
    );
  },
});

/** Anyone burns what is to be burned. */
export const burnProceeds = defineVerb<{ by: Party; asset: Asset }>("burnProceeds", {
  draw(_, dice) {
    return { by: dice.pick(OWNERS), asset: dice.asset() };
  },
  refusals() {
    return [];
  },
  apply({ stake }, { asset }) {
    const [recipient] = RECIPIENTS.filter((one) => one === "nobody");
    if (recipient === undefined) return;
    const assets = stake.proceeds(recipient, asset);
    stake.addProceeds(recipient, asset, -assets);
    stake.move("core", "burned", asset, assets);
  },
  encode(world, { by, asset }) {
    return world.toStake(by, world.stake.encodeFunctionData("burnProceeds", [world.token(asset)]));
  },
});
