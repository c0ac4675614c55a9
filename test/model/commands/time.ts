import type { Ledger } from "../ledger/ledger";
import { untilOf } from "../ledger/compartment";
import { BUCKET, EXIT_DELAY, NOTICE, OPERATORS } from "../vocabulary";
import { type Call, defineVerb } from "./call";
import type { Dice } from "./dice";

/** Every second at which something ends or begins by itself, later than now. */
function edges({ stake, risk, slashes, now }: Ledger): bigint[] {
  const found = [(now / BUCKET + 1n) * BUCKET];
  for (const { pool } of stake.allPools()) found.push(...pool.allRecords().map(({ maturity }) => maturity));
  for (const { status, deadline } of slashes) if (status === "proposed") found.push(deadline);
  for (const { operator, asset, set } of risk.allCompartments()) {
    found.push(risk.read(operator, asset, set.name, now).pendingAt);
  }
  for (const { name, slashers, resolvers } of risk.sets.values()) {
    found.push(slashers.next(now).from, resolvers.next(now).from);
    for (const operator of OPERATORS) {
      found.push(risk.budget(operator, name, slashes, now).periodEnd);
      const registration = risk.registration(operator, name);
      if (registration !== undefined) found.push(untilOf(registration) ?? 0n);
    }
  }
  return [...new Set(found)].filter((second) => second > now).sort((a, b) => (a < b ? -1 : 1));
}

/** Time passes, and a block without transactions lets everybody see it. */
export const pass = defineVerb<Record<string, never>>("pass", {
  draw() {
    return {};
  },
  refusals() {
    return [];
  },
  apply() {
    // The clock has moved before.
  },
  encode() {
    return undefined;
  },
});

/** Draws how far time passes: to a second before, at or after an edge, or by some delay. */
export function drawPass(ledger: Ledger, dice: Dice): Call {
  const { now } = ledger;
  const soon = edges(ledger);
  const edge = (dice.chance(40) ? dice.maybe(soon) : dice.maybe(soon.slice(0, 4))) ?? now + BUCKET;
  const target = edge + dice.pick([0n, -1n, 0n, 1n]);
  const far = dice.pick([BUCKET, EXIT_DELAY, EXIT_DELAY / 2n, NOTICE]);
  const second = dice.chance(12) ? now + far : target;
  return pass(second > now ? second : now, {});
}
