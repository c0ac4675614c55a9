import { WAD } from "../helpers/units";
import { createOperatorSet, deposit, openPool, registerForOperatorSet } from "../model/commands";
import type { Call } from "../model/commands/call";
import type { Terms } from "../model/ledger/risk";
import { type Asset, ASSETS, BEGIN, EXIT_DELAY, OPERATORS, type Party, type SetName } from "../model/vocabulary";
import type { TokenKind } from "../model/world";
import type { Cell } from "./dimensions";
import { OTHER_WINDOW, WINDOW } from "./timeline";

/** Who is slashed; who is not; whose stake it is; who else stakes; who buys an exit. */
export const CAST = {
  operator: "hull",
  rival: "keel",
  staker: "alice",
  neighbour: "bob",
  buyer: "carol",
} as const satisfies Record<string, Party>;

/** The set of the path, by its kind, and the set that crosses it. */
export const SETS = {
  "veto-redistribute": "watch/1",
  "veto-burn": "watch/2",
  "instant-redistribute": "watch/3",
  "instant-burn": "watch/4",
} as const satisfies Record<Cell["set"], SetName>;

/** The set that crosses. */
export const OTHER = "beacon/1" satisfies SetName;

const ALL_SETS: readonly SetName[] = [...Object.values(SETS), OTHER];

/** Periods outlast every path. */
const TERMS: Terms = {
  ...{ assets: ASSETS, maxSlash: WAD, period: 100n * EXIT_DELAY, vetoWindow: WINDOW },
  ...{ slasher: "judge", resolver: "resolver", recipient: "recipient" },
};

const INSTANT = { vetoWindow: 0n, resolver: "nobody" } as const satisfies Partial<Terms>;

const BURN = { recipient: "nobody" } as const satisfies Partial<Terms>;

/** Where each asset of the matrix is: a world has two assets. */
const HOMES: Readonly<Record<Cell["asset"], { readonly world: "plain" | "wrapped"; readonly asset: Asset }>> = {
  "18-decimals": { world: "plain", asset: "gold" },
  "6-decimals": { world: "plain", asset: "iron" },
  weth: { world: "wrapped", asset: "gold" },
};

/** The tokens of the worlds. */
export const TOKENS = {
  plain: { gold: 18n, iron: 6n },
  wrapped: { gold: "WETH9", iron: 18n },
} as const satisfies Record<string, Readonly<Record<Asset, TokenKind>>>;

/** Worlds that differ by their tokens. */
export type WorldName = keyof typeof TOKENS;

/** In which world a path is walked, and with which asset. */
export function homeOf({ asset }: Cell): { readonly world: WorldName; readonly asset: Asset } {
  return HOMES[asset];
}

/** What a world's stakers stake, an uneven number of units. */
export function stakesIn(world: WorldName, asset: Asset): { readonly staker: bigint; readonly neighbour: bigint } {
  const kind = TOKENS[world][asset];
  const unit = 10n ** (kind === "WETH9" ? 18n : kind);
  return { staker: 600n * unit + 1n, neighbour: 400n * unit + 7n };
}

/**
 * What every path begins with: the sets, both operators' pools with a neighbour's stake, and registrations; and, if asked
 * for, reward tokens.
 */
export function openingOf(world: WorldName, announced: readonly Call[] = []): Call[] {
  const { operator, neighbour } = CAST;
  const create = (by: Party, id: bigint, terms: Partial<Terms>): Call =>
    createOperatorSet(BEGIN, { by, id, terms: { ...TERMS, ...terms } });
  return [
    create("watch", 1n, {}),
    create("watch", 2n, BURN),
    create("watch", 3n, INSTANT),
    create("watch", 4n, { ...INSTANT, ...BURN }),
    create("beacon", 1n, { vetoWindow: OTHER_WINDOW, slasher: "jury", resolver: "umpire" }),
    ...OPERATORS.flatMap((by) => ASSETS.map((asset) => openPool(BEGIN, { by, asset, approver: "nobody" }))),
    ...OPERATORS.flatMap((to) =>
      ASSETS.map((asset) => {
        const entry = { operator: to, asset, assets: stakesIn(world, asset).neighbour, minFactor: 0n };
        return deposit(BEGIN, { ...entry, payer: neighbour, receiver: neighbour });
      }),
    ),
    ...ALL_SETS.map((set) => registerForOperatorSet(BEGIN, { by: operator, set })),
    ...announced,
  ];
}
