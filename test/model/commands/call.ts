import type { Ledger } from "../ledger/ledger";
import type { Party } from "../vocabulary";
import type { World } from "../world";
import type { Dice } from "./dice";

/** A transaction before it is sent. */
export interface Transaction {
  readonly from: Party;
  readonly to: string;
  readonly data: string;
}

/** An event of the RewardsDistributor that tells a payment. */
export type PaymentEvent = "RewardClaimed";

/** One verb, with all of its arguments, at one second. */
export interface Call {
  readonly verb: string;
  readonly at: bigint;
  /** The call as it would be written in a test. */
  readonly source: string;
  /** Every reason for which it must be refused, by name of the error; none: it must succeed. The ledger's clock says `at`. */
  refusals(ledger: Ledger): readonly string[];
  /** The event in which the contracts tell what they have paid, if what they may pay is no single amount. */
  readonly payments?: PaymentEvent | undefined;
  /** What it changes; with what the contracts say that they have paid. */
  apply(ledger: Ledger, payments?: readonly bigint[]): void;
  /** The transaction; none if only time passes. */
  encode(world: World, ledger: Ledger): Promise<Transaction> | Transaction | undefined;
}

/** How a verb is chosen, judged, done and sent. */
export interface VerbRules<Args> {
  draw(ledger: Ledger, dice: Dice): Args | undefined;
  refusals(ledger: Ledger, args: Args): readonly (string | false)[];
  readonly payments?: PaymentEvent;
  apply(ledger: Ledger, args: Args, payments?: readonly bigint[]): void;
  encode(world: World, args: Args, ledger: Ledger): Promise<Transaction> | Transaction | undefined;
}

/** A verb: makes calls of given arguments, or draws some. */
export interface Verb<Args> {
  (at: bigint, args: Args): Call;
  readonly verb: string;
  draw(ledger: Ledger, dice: Dice): Call | undefined;
}

/** A value as source text. */
function toSource(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(toSource).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{ ${fields.map(([name, field]) => `${name}: ${toSource(field)}`).join(", ")} }`;
  }
  return JSON.stringify(value);
}

/** Defines a verb. Its name is the name under which it is exported. */
export function defineVerb<Args>(verb: string, rules: VerbRules<Args>): Verb<Args> {
  const make = (at: bigint, args: Args): Call => ({
    verb,
    at,
    source: `${verb}(${at}n, ${toSource(args)})`,
    refusals: (ledger) => rules.refusals(ledger, args).filter((reason) => reason !== false),
    payments: rules.payments,
    apply: (ledger, payments) => {
      rules.apply(ledger, args, payments);
    },
    encode: (world, ledger) => rules.encode(world, args, ledger),
  });
  const draw = (ledger: Ledger, dice: Dice): Call | undefined => {
    const args = rules.draw(ledger, dice);
    return args === undefined ? undefined : make(ledger.now, args);
  };
  return Object.assign(make, { verb, draw });
}
