import { expect } from "chai";
import { finalise, propose, veto } from "../model/commands";
import type { Call } from "../model/commands/call";
import type { Ledger } from "../model/ledger/ledger";
import { stands } from "../model/ledger/slash";
import { type Asset, ASSETS, OPERATORS, RECIPIENTS, sum } from "../model/vocabulary";
import type { Cell } from "./dimensions";
import { unwrap } from "./native";
import { ownerOf, Path } from "./path";
import { type RewardWitness, rewardSteps } from "./rewards";
import { CAST, homeOf } from "./scene";

/** Where a path is walked: in the model alone, or in the contracts, too. */
export interface Stage {
  readonly ledger: Ledger;
  /** Makes a call, which the model may refuse. */
  run(call: Call): Promise<void>;
}

/** A stage without contracts. */
export class ModelStage implements Stage {
  constructor(readonly ledger: Ledger) {}

  run(call: Call): Promise<void> {
    if (call.refusals(this.ledger).length === 0) call.apply(this.ledger);
    this.ledger.check();
    return Promise.resolve();
  }
}

/** What became of the stake of a path, as the model says. */
export interface Verdict {
  /** The stake, once it has entered. */
  readonly stake: bigint;
  /** What is missing of it at the end, whoever owns it now. */
  readonly lost: bigint;
  /** Slashes of the path that held or took of it. */
  readonly reached: number;
  /** Of these, the ones that were not vetoed. */
  readonly kept: number;
  /** What completions have paid, those that paid nothing left out. */
  readonly payments: readonly bigint[];
  /** What the slashes of the path have brought to recipients, or to be burned. */
  readonly proceeds: bigint;
  /** Whether the way out was refused, because nothing was left to go there. */
  readonly refused: boolean;
}

/** A step that the model refuses. */
export class Detour extends Error {}

/** What those who own the stake of the path have in hand: in wallets, undelegated, and active in any pool. */
function inHand({ stake }: Ledger, asset: Asset): bigint {
  return sum(
    [CAST.staker, CAST.buyer].map((owner) => {
      const pools = OPERATORS.map((operator) => stake.pool(operator, asset));
      const active = pools.map((pool) => pool.worth(pool.sharesOf(owner), "all final").floor());
      return stake.wallet(owner, asset) + stake.undelegated(owner, asset) + sum(active);
    }),
  );
}

/** The same with what is queued. */
function wealth(ledger: Ledger, asset: Asset): bigint {
  const owners: readonly string[] = [CAST.staker, CAST.buyer];
  const queued = OPERATORS.flatMap((operator) => {
    const pool = ledger.stake.pool(operator, asset);
    return pool
      .allRecords()
      .filter(({ owner }) => owners.includes(owner))
      .map(({ lots, maturity, paid }) => {
        const shares = sum(lots.map(({ shares: part }) => part));
        return pool.payment(shares, maturity, "all final", ledger.now).floor() - paid;
      });
  });
  return inHand(ledger, asset) + sum(queued);
}

function proceedsIn({ stake }: Ledger): bigint {
  return sum(ASSETS.flatMap((asset) => RECIPIENTS.map((recipient) => stake.proceeds(recipient, asset))));
}

/** Verbs that change no share: what was earned before stays. */
const SLASHING: readonly string[] = [propose.verb, veto.verb, finalise.verb];

/** Makes a call, and asserts that no slash changes what was earned. */
async function make(stage: Stage, call: Call, witness: RewardWitness | undefined): Promise<void> {
  const { ledger } = stage;
  const before = SLASHING.includes(call.verb) ? witness?.claimable(ledger) : undefined;
  await stage.run(call);
  witness?.note(ledger);
  if (before !== undefined) expect(witness?.claimable(ledger), call.source).to.deep.equal(before);
}

/**
 * Walks a path on a stage: what became of the stake. Throws if a step is refused that should not be. With a witness every
 * pool pays rewards meanwhile, and all of them are claimed at the end.
 */
export async function walk(cell: Cell, stage: Stage, witness?: RewardWitness): Promise<Verdict> {
  const { ledger } = stage;
  const { asset } = homeOf(cell);
  const path = new Path(cell);
  const owner = ownerOf(cell);
  let [proceeds, before, stake, pocket] = [0n, 0n, 0n, 0n];
  const reachedBy: number[] = [];
  const payments: bigint[] = [];
  let refused = false;
  for (const step of path.all(witness === undefined ? undefined : rewardSteps)) {
    ledger.now = step.at;
    let call = step.make(ledger);
    if (call === undefined) continue;
    const held = [wealth(ledger, asset), inHand(ledger, asset)] as const;
    const reasons = call.refusals(ledger);
    await make(stage, call, witness);
    if (reasons.length > 0) {
      if (step.otherwise === undefined) throw new Detour(`${call.source} is refused: ${reasons.join(", ")}.`);
      refused = true;
      call = step.otherwise(ledger);
      const others = call.refusals(ledger);
      if (others.length > 0) throw new Detour(`${call.source} is refused: ${others.join(", ")}.`);
      await make(stage, call, witness);
    }
    if (step.deed === "set-up") {
      [proceeds, before] = [proceedsIn(ledger), wealth(ledger, asset)];
      stake = before - wallets(ledger, asset);
      pocket = ledger.stake.wallet(owner, asset);
    }
    if (step.deed === "proposal" && wealth(ledger, asset) < held[0]) reachedBy.push(ledger.slashes.length - 1);
    const paid = inHand(ledger, asset) - held[1];
    if (step.deed === "payment" && paid > 0n) payments.push(paid);
  }
  witness?.judge(ledger);
  const kept = reachedBy.filter((at) => ledger.slashes.slice(at, at + 1).some(stands));
  const verdict = {
    ...{ stake, lost: before - wealth(ledger, asset), reached: reachedBy.length, kept: kept.length },
    ...{ payments, proceeds: proceedsIn(ledger) - proceeds, refused },
  };
  const assets = ledger.stake.wallet(owner, asset) - pocket;
  // Whoever was paid in wrapped ether unwraps it.
  if (cell.asset === "weth" && assets > 0n) await stage.run(unwrap(ledger.now, { by: owner, asset, assets }));
  return verdict;
}

function wallets({ stake }: Ledger, asset: Asset): bigint {
  return stake.wallet(CAST.staker, asset) + stake.wallet(CAST.buyer, asset);
}
