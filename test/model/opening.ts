import { WAD, wad } from "../helpers/units";
import { allocate, createOperatorSet, deposit, openPool, pass, registerForOperatorSet } from "./commands";
import type { Call } from "./commands/call";
import type { Terms } from "./ledger/risk";
import { ASSETS, BEGIN, BUCKET, EXIT_DELAY, NOTICE, OPERATORS } from "./vocabulary";

const TERMS: Terms = {
  assets: ASSETS,
  maxSlash: WAD,
  period: EXIT_DELAY,
  vetoWindow: EXIT_DELAY / 2n,
  slasher: "judge",
  resolver: "resolver",
  recipient: "recipient",
};

/** What every run begins with: four sets of three AVSs, two operators with stake, and half of it allocated. */
export function openingMoves(): Call[] {
  const terms = { ...TERMS };
  const instant: Terms = {
    ...terms,
    ...{
      assets: ["gold"],
      maxSlash: WAD / 2n,
      period: BUCKET,
      vetoWindow: 0n,
      resolver: "nobody",
      recipient: "nobody",
    },
  };
  return [
    createOperatorSet(BEGIN, { by: "watch", id: 1n, terms }),
    createOperatorSet(BEGIN, { by: "watch", id: 2n, terms: instant }),
    createOperatorSet(BEGIN, { by: "beacon", id: 1n, terms: { ...terms, vetoWindow: BUCKET, slasher: "jury" } }),
    createOperatorSet(BEGIN, { by: "keel", id: 1n, terms: { ...terms, slasher: "keel", resolver: "umpire" } }),
    ...OPERATORS.flatMap((by) => [
      ...ASSETS.flatMap((asset) => [
        openPool(BEGIN, { by, asset, approver: "nobody" }),
        deposit(BEGIN, { payer: "alice", receiver: "alice", operator: by, asset, assets: wad(600n), minFactor: 0n }),
        deposit(BEGIN, { payer: "bob", receiver: "bob", operator: by, asset, assets: wad(400n) + 7n, minFactor: 0n }),
      ]),
      registerForOperatorSet(BEGIN, { by, set: "watch/1" }),
      registerForOperatorSet(BEGIN, { by, set: "watch/2" }),
      registerForOperatorSet(BEGIN, { by, set: "beacon/1" }),
      allocate(BEGIN, { by, set: "watch/1", asset: "gold", magnitude: wad("0.4") }),
      allocate(BEGIN, { by, set: "watch/1", asset: "iron", magnitude: wad("0.3") }),
      allocate(BEGIN, { by, set: "watch/2", asset: "gold", magnitude: wad("0.2") }),
    ]),
    pass(BEGIN + NOTICE, {}),
  ];
}
