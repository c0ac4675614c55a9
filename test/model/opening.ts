import { WAD, wad } from "../helpers/units";
import {
  allocate,
  announceRewardToken,
  createOperatorSet,
  deposit,
  fund,
  openPool,
  pass,
  registerForOperatorSet,
  setCommission,
} from "./commands";
import type { Call } from "./commands/call";
import type { Part } from "./ledger/rewards";
import type { Terms } from "./ledger/risk";
import { type Asset, ASSETS, BEGIN, BUCKET, EXIT_DELAY, NOTICE, OPERATORS, type Party } from "./vocabulary";

const TERMS: Terms = {
  assets: ASSETS,
  maxSlash: WAD,
  period: EXIT_DELAY,
  vetoWindow: EXIT_DELAY / 2n,
  slasher: "judge",
  resolver: "resolver",
  recipient: "recipient",
};

const INSTANT: Terms = {
  ...TERMS,
  ...{ maxSlash: WAD / 2n, period: BUCKET, vetoWindow: 0n, resolver: "nobody", recipient: "nobody" },
};

function stake(operator: Party, asset: Asset): Call[] {
  return [
    deposit(BEGIN, { payer: "alice", receiver: "alice", operator, asset, assets: wad(600n), minFactor: 0n }),
    deposit(BEGIN, { payer: "bob", receiver: "bob", operator, asset, assets: wad(400n) + 7n, minFactor: 0n }),
  ];
}

/** Sets that both operators are in. */
const SETS = ["watch/1", "watch/2", "beacon/1"] as const;

/** Of keel's gold and of hull's iron nothing stays free. */
const GIVEN = [
  ["hull", "watch/1", "gold", "0.4"],
  ["hull", "watch/2", "gold", "0.2"],
  ["hull", "watch/1", "iron", "0.3"],
  ["hull", "beacon/1", "iron", "0.7"],
  ["keel", "watch/1", "gold", "0.5"],
  ["keel", "beacon/1", "gold", "0.5"],
  ["keel", "watch/1", "iron", "0.3"],
  ["keel", "watch/2", "iron", "0.1"],
] as const;

/** Rewards of two AVSs, in tokens of 6 and 18 decimals, that stream to every pool with stake as long as they can. */
function rewards(): Call[] {
  const staked = [
    { operator: "hull", asset: "gold" },
    { operator: "hull", asset: "iron" },
    { operator: "keel", asset: "gold" },
  ] as const;
  const common = { kind: 0n, duration: 15n * BUCKET };
  const parts = (amount: bigint): Part[] => staked.map((pool, i) => ({ ...pool, amount: amount * BigInt(i + 1) }));
  return [
    fund(BEGIN + NOTICE, { ...common, by: "watch", set: "watch/1", coin: "pearl", entries: parts(1_234_567_891n) }),
    fund(BEGIN + NOTICE, { ...common, by: "beacon", set: "beacon/1", coin: "amber", entries: parts(wad(777n) + 1n) }),
  ];
}

/**
 * What every run begins with: four sets of three AVSs, two operators, three pools with stake and one that is empty, a
 * part of each allocated, and rewards.
 */
export function openingMoves(): Call[] {
  const [hull, keel] = OPERATORS;
  return [
    createOperatorSet(BEGIN, { by: "watch", id: 1n, terms: TERMS }),
    createOperatorSet(BEGIN, { by: "watch", id: 2n, terms: INSTANT }),
    createOperatorSet(BEGIN, { by: "beacon", id: 1n, terms: { ...TERMS, vetoWindow: BUCKET, slasher: "jury" } }),
    createOperatorSet(BEGIN, { by: "keel", id: 1n, terms: { ...TERMS, slasher: "keel", resolver: "umpire" } }),
    ...OPERATORS.flatMap((by) => ASSETS.map((asset) => openPool(BEGIN, { by, asset, approver: "nobody" }))),
    ...[...stake(hull, "gold"), ...stake(hull, "iron"), ...stake(keel, "gold")],
    ...OPERATORS.flatMap((by) => SETS.map((set) => registerForOperatorSet(BEGIN, { by, set }))),
    ...GIVEN.map(([by, set, asset, part]) => allocate(BEGIN, { by, set, asset, magnitude: wad(part) })),
    ...OPERATORS.flatMap((by) =>
      ASSETS.flatMap((asset) => [
        announceRewardToken(BEGIN, { by, asset, coin: "pearl" }),
        announceRewardToken(BEGIN, { by, asset, coin: "amber" }),
      ]),
    ),
    announceRewardToken(BEGIN, { by: "hull", asset: "gold", coin: "salt" }),
    announceRewardToken(BEGIN, { by: "keel", asset: "gold", coin: "ivory" }),
    setCommission(BEGIN, { by: "hull", asset: "gold", bps: 1_234n }),
    pass(BEGIN + NOTICE, {}),
    ...rewards(),
  ];
}
