import type { Ledger } from "../ledger/ledger";
import { untilOf } from "../ledger/compartment";
import { BUCKET, EXIT_DELAY, NOTICE, OPERATORS } from "../vocabulary";
import { type Call, defineVerb } from "./call";
import type { Dice } from "./dice";

/** Seconds at which a veto comes too late, and silence executes. */
export function deadlines({ slashes }: Ledger): bigint[] {
  return slashes.filter(({ status }) => status === "proposed").map(({ deadline }) => deadline);
}

/** Seconds at which withdrawals mature. */
export function maturities({ stake }: Ledger): bigint[] {
  return [...stake.allPools()].flatMap(({ pool }) => pool.allRecords().map(({ maturity }) => maturity));
}

/** Seconds at which orders take effect. */
export function effects({ risk, now }: Ledger): bigint[] {
  return [...risk.allCompartments()].map(({ operator, asset, set }) => {
    return risk.read(operator, asset, set.name, now).pendingAt;
  });
}

/** Seconds from which nothing can be slashed, and the operator may come back. */
export function ends({ risk }: Ledger): bigint[] {
  return [...risk.sets.keys()].flatMap((set) =>
    OPERATORS.map((operator) => {
      const registration = risk.registration(operator, set);
      return registration === undefined ? 0n : (untilOf(registration) ?? 0n);
    }),
  );
}

/** Seconds at which budgets are whole again, and roles change. */
function turns({ risk, slashes, now }: Ledger): bigint[] {
  return [...risk.sets.values()].flatMap(({ name, slashers, resolvers }) => [
    ...[slashers.next(now).from, resolvers.next(now).from],
    ...OPERATORS.map((operator) => risk.budget(operator, name, slashes, now).periodEnd),
  ]);
}

/** Those later than now, each once, the next first. */
export function ahead({ now }: Ledger, seconds: readonly bigint[]): bigint[] {
  return [...new Set(seconds)].filter((second) => second > now).sort((a, b) => (a < b ? -1 : 1));
}

/** Every second at which something ends or begins by itself, later than now. */
function edges(ledger: Ledger): bigint[] {
  const kinds = [deadlines, maturities, effects, ends, turns];
  return ahead(ledger, [(ledger.now / BUCKET + 1n) * BUCKET, ...kinds.flatMap((kind) => kind(ledger))]);
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
  const edge = (dice.chance(25) ? dice.maybe(soon) : dice.maybe(soon.slice(0, 4))) ?? now + BUCKET;
  const target = edge + dice.pick([0n, -1n, 0n, 1n]);
  const far = dice.pick([BUCKET, EXIT_DELAY, EXIT_DELAY / 2n, NOTICE]);
  const second = dice.chance(8) ? now + far : target;
  return pass(second > now ? second : now, {});
}
