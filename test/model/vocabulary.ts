/** Whoever the model knows by name. `nobody` is the address 0, `core` the StakeManager, `purse` the RewardsDistributor. */
export type Party =
  | "hull"
  | "keel"
  | "alice"
  | "bob"
  | "carol"
  | "agent"
  | "watch"
  | "beacon"
  | "judge"
  | "jury"
  | "resolver"
  | "umpire"
  | "recipient"
  | "harbour"
  | "pilot"
  | "burned"
  | "nobody"
  | "core"
  | "purse";

/** The assets, in ascending order of their addresses. */
export type Asset = "gold" | "iron";

/** An operator set: its AVS and the number that the AVS gave it. */
export type SetName = `${Party}/${bigint}`;

export const ASSETS = ["gold", "iron"] as const satisfies readonly Asset[];

/** Operators. `keel` is an AVS and a slasher, too: it can slash itself. */
export const OPERATORS = ["hull", "keel"] as const satisfies readonly Party[];

/** Who owns stake. */
export const OWNERS = ["alice", "bob", "carol", "agent"] as const satisfies readonly Party[];

/** A reward token. */
export type Coin = keyof typeof DECIMALS;

/** Decimals of the reward tokens. `glass` has more than the distributor takes. */
export const DECIMALS = { pearl: 6n, amber: 18n, salt: 0n, ivory: 24n, glass: 25n } as const;

/** Reward tokens that can be announced. */
export const COINS = ["pearl", "amber", "salt", "ivory"] as const satisfies readonly Coin[];

export const AVSS = ["watch", "beacon", "keel"] as const satisfies readonly Party[];

export const SLASHERS = ["judge", "jury", "keel"] as const satisfies readonly Party[];

export const RESOLVERS = ["resolver", "umpire"] as const satisfies readonly Party[];

/** Who can be paid rewards: for its stake, as commission, or back. `keel` is an AVS, too. */
export const PAYEES = [...OWNERS, ...OPERATORS, "watch", "beacon"] as const satisfies readonly Party[];

/** Who gets proceeds; `nobody`: they are burned. */
export const RECIPIENTS = ["recipient", "nobody"] as const satisfies readonly Party[];

/** Who signs for entries. They send nothing. */
export const APPROVERS = ["harbour", "pilot"] as const satisfies readonly Party[];

/** Who can be sent tokens. */
export const HOLDERS = ["alice", "bob", "carol", "agent", "recipient", "burned"] as const satisfies readonly Party[];

/** Who sends transactions. */
export const SENDERS = [
  ...OWNERS,
  ...OPERATORS,
  "watch",
  "beacon",
  "judge",
  "jury",
  ...RESOLVERS,
  "recipient",
] as const satisfies readonly Party[];

/** Delays of the deployment that the model runs against, in seconds. */
export const EXIT_DELAY = 3600n;
export const BUCKET = EXIT_DELAY / 8n;
export const NOTICE = EXIT_DELAY + 4n * BUCKET;

/** The second of the first call: an edge of two buckets. */
export const BEGIN = 555_555n * EXIT_DELAY;

/** Where shares that are queued at a second mature. */
export function maturityOf(second: bigint): bigint {
  return ((second + EXIT_DELAY + BUCKET - 1n) / BUCKET) * BUCKET;
}

/** ⌈a · b / divisor⌉. */
export function mulDivUp(a: bigint, b: bigint, divisor: bigint): bigint {
  return (a * b + divisor - 1n) / divisor;
}

/** The lesser of two. */
export function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** The value of a key, made at its first use. */
export function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

/** The sum of integers. */
export function sum(terms: Iterable<bigint>): bigint {
  let total = 0n;
  for (const term of terms) total += term;
  return total;
}
