import { Space } from "../space";

/** What a path of the token can be made of: the values of each dimension by their names in ids, in words. */
export const DIMENSIONS = {
  place: {
    idle: "idle",
    active: "in positions",
    leaving: "with an operator that is leaving",
    asked: "asked for",
    closed: "in a closed epoch, long before it matures",
    passed: "in a closed epoch, with what was leaving",
    "maturity-1": "in a closed epoch, 1 s before it matures",
    maturity: "in a closed epoch, in the second it matures",
    "maturity+1": "in a closed epoch, 1 s after it matured",
    settled: "settled",
    claimed: "claimed in part",
  },
  deed: {
    none: "nothing done",
    deposit: "a deposit",
    request: "the request",
    close: "the close",
    settle: "the settlement",
    claim: "the claim",
    instant: "an instant exit",
    allocate: "an allocation",
    evict: "an eviction",
    collect: "the collection",
  },
  outcome: {
    final: "final",
    late: "not finalised for long",
    veto: "vetoed",
    instant: "slashed at once",
    "twice-final": "two slashes, both final",
    "twice-veto": "two slashes, the first vetoed",
  },
  loss: {
    little: "0.1 % of one operator",
    part: "25 % of one operator",
    one: "100 % of one operator",
    "part-all": "25 % of all operators",
    all: "100 % of all operators",
  },
  pool: {
    open: "pool open",
    closed: "pool closed to entry",
    left: "the operator has left all sets",
    paused: "deposits paused",
  },
  reward: {
    none: "no reward",
    asset: "a reward in the asset",
    other: "a reward in another token",
  },
  exit: {
    redeem: "redeemed",
    parts: "redeemed in two parts",
    withdraw: "withdrawn",
  },
  asset: {
    "18-decimals": "18 decimals",
    "6-decimals": "6 decimals",
  },
} as const;

/** A path: one value of each dimension. */
export type Cell = {
  readonly [Name in keyof typeof DIMENSIONS]: keyof (typeof DIMENSIONS)[Name];
};

/** Every cell there could be. */
export const SPACE = new Space<Cell>(DIMENSIONS);

/** The words by which a path is found: where the stake is, what is done under the lien, how that ends. */
export function storyOf({ place, deed, outcome }: Pick<Cell, "place" | "deed" | "outcome">): string {
  const under = outcome === "instant" ? [] : [`${DIMENSIONS.deed[deed]} under the lien`];
  return [DIMENSIONS.place[place], ...under, DIMENSIONS.outcome[outcome]].join(", ");
}

/** The path in words, and its id. */
export function titleOf(cell: Cell): string {
  const { loss, pool, reward, exit, asset } = cell;
  const details = [
    DIMENSIONS.loss[loss],
    DIMENSIONS.pool[pool],
    DIMENSIONS.reward[reward],
    DIMENSIONS.exit[exit],
    DIMENSIONS.asset[asset],
  ];
  return `${storyOf(cell)} (${details.join("; ")}) ${SPACE.idOf(cell)}`;
}

/** Whether every operator is slashed. */
export function isOfAll({ loss }: Pick<Cell, "loss">): boolean {
  return loss === "part-all" || loss === "all";
}

/** Whether the set slashes each operator twice. */
export function isTwice({ outcome }: Pick<Cell, "outcome">): boolean {
  return outcome === "twice-final" || outcome === "twice-veto";
}

/** Whether somebody claims, or settles, under the lien. */
export function isPaidUnder({ deed }: Pick<Cell, "deed">): boolean {
  return deed === "settle" || deed === "claim";
}
