import { Space } from "./space";

/** What a path can be made of: the values of each dimension by their names in ids, in the words of titles. */
export const DIMENSIONS = {
  place: {
    "queued-before": "queued before the offence",
    "queued-after": "queued after the offence",
    "queued-under": "queued under the lien",
    matured: "matured before the offence, unclaimed",
    claimed: "claimed in part under the lien",
    passed: "passed on to another owner before the proposal",
    "passed-under": "passed on to another owner under the lien",
    cancelled: "cancelled under the lien",
    active: "active",
    came: "come from another operator after the offence",
    left: "gone to another operator before the proposal",
    undelegated: "undelegated",
  },
  order: {
    before: "ended before it matures",
    "end-1": "ended 1 s before it matures",
    end: "ended in the second it matures",
    "end+1": "ended 1 s after it matured",
    open: "matures while the lien is open",
    "maturity-1": "proposed 1 s before it matures",
    maturity: "proposed in the second it matures",
    "maturity+1": "proposed 1 s after it matured",
    after: "proposed after it matured",
    none: "no withdrawal under way",
  },
  outcome: {
    final: "final",
    late: "not finalised for long",
    "veto-resolver": "vetoed",
    "veto-slasher": "vetoed",
    "cross-final": "crossed by another set, both final",
    "cross-veto": "crossed by another set, whose slash is vetoed",
    "twice-final": "two slashes of one set, both final",
    "twice-veto": "two slashes of one set, the first vetoed",
    frivolous: "a frivolous one vetoed before the real one",
  },
  exit: {
    tokens: "paid out in tokens",
    undelegated: "kept undelegated",
    redelegated: "moved to another operator",
  },
  allocation: {
    active: "allocation active",
    whole: "the whole pool allocated",
    joining: "more of it joining",
    leaving: "a part leaving",
    "last-second": "a part in its last second",
    gone: "a part just gone",
    "ended-operator": "de-registered by the operator, in the last second",
    "ended-avs": "de-registered by the AVS",
    returned: "back in a new epoch",
    returning: "back in a new epoch while the lien is open",
  },
  set: {
    "veto-redistribute": "vetoable, redistributed",
    "veto-burn": "vetoable, burned",
    "instant-redistribute": "instant, redistributed",
    "instant-burn": "instant, burned",
  },
  fraction: {
    unit: "one unit of magnitude",
    percent: "1 %",
    rest: "the rest of the budget",
    all: "100 %",
  },
  asset: {
    "18-decimals": "ERC-20 of 18 decimals",
    "6-decimals": "ERC-20 of 6 decimals",
    weth: "wrapped ether",
  },
} as const;

/** Name of a dimension. */
export type Dimension = keyof typeof DIMENSIONS;

/** A path: one value of each dimension. */
export type Cell = { readonly [Name in Dimension]: keyof (typeof DIMENSIONS)[Name] };

/** Every cell there could be. */
export const SPACE = new Space<Cell>(DIMENSIONS);

const JUDGES: Partial<Record<Cell["outcome"], string>> = {
  "veto-resolver": "by the resolver",
  "veto-slasher": "by the slasher",
};

/** The words by which a path is found: where the stake is, the order of events, how it ends; and the way out. */
export function storyOf({ place, order, outcome }: Pick<Cell, "place" | "order" | "outcome">): string {
  return [DIMENSIONS.place[place], DIMENSIONS.order[order], DIMENSIONS.outcome[outcome]].join(", ");
}

/** The path in words, and its id. */
export function titleOf(cell: Cell): string {
  const { outcome, exit, allocation, set, fraction, asset } = cell;
  const details = [
    JUDGES[outcome],
    DIMENSIONS.fraction[fraction],
    DIMENSIONS.set[set],
    DIMENSIONS.allocation[allocation],
    DIMENSIONS.asset[asset],
  ].filter((detail) => detail !== undefined);
  return `${storyOf(cell)}, ${DIMENSIONS.exit[exit]} (${details.join("; ")}) ${SPACE.idOf(cell)}`;
}

/** Whether the set slashes at once. */
export function isInstant({ set }: Pick<Cell, "set">): boolean {
  return set === "instant-redistribute" || set === "instant-burn";
}

/** Whether another set has a lien, too. */
export function isCrossed({ outcome }: Pick<Cell, "outcome">): boolean {
  return outcome === "cross-final" || outcome === "cross-veto";
}

/** Whether stake in the hands of an owner is queued, and its maturity matters. */
export function hasMaturity({ place }: Pick<Cell, "place">): boolean {
  return place !== "active" && place !== "came" && place !== "undelegated";
}
