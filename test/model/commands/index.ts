import type { Ledger } from "../ledger/ledger";
import { allocate, deallocate, revokeAllocation, settle } from "./allocations";
import type { Call } from "./call";
import type { Dice } from "./dice";
import { closePool, delegate, deposit, donate, openPool } from "./entry";
import {
  cancelWithdrawal,
  completeWithdrawals,
  completeWithdrawalsAsUndelegated,
  queueWithdrawals,
  redelegateWithdrawals,
  setApproval,
  setApprovalBySig,
  transferWithdrawals,
  withdraw,
} from "./exit";
import {
  announceRewardToken,
  claim,
  claimCommission,
  fund,
  reclaim,
  rewardNotices,
  setClaimApproval,
  setCommission,
  streamEnds,
} from "./rewards";
import {
  createOperatorSet,
  deregisterFromOperatorSet,
  registerForOperatorSet,
  removeSlasher,
  scheduleResolver,
  scheduleSlasher,
} from "./sets";
import { burnProceeds, finalise, propose, veto, withdrawProceeds } from "./slashing";
import { deadlines, drawPass, effects, ends, maturities, pass } from "./time";

export {
  allocate,
  announceRewardToken,
  burnProceeds,
  cancelWithdrawal,
  claim,
  claimCommission,
  closePool,
  completeWithdrawals,
  completeWithdrawalsAsUndelegated,
  createOperatorSet,
  deallocate,
  delegate,
  deposit,
  deregisterFromOperatorSet,
  donate,
  finalise,
  fund,
  openPool,
  pass,
  propose,
  queueWithdrawals,
  reclaim,
  redelegateWithdrawals,
  registerForOperatorSet,
  removeSlasher,
  revokeAllocation,
  scheduleResolver,
  scheduleSlasher,
  setApproval,
  setApprovalBySig,
  setClaimApproval,
  setCommission,
  settle,
  transferWithdrawals,
  veto,
  withdraw,
  withdrawProceeds,
};

/** Seconds that matter to a verb: the last before, or the first after which it is refused. */
type Edges = (ledger: Ledger) => bigint[];

/** A verb as the generator sees it: how often it is drawn, how, and where it is most interesting. */
export interface Drawn {
  readonly verb: string;
  readonly weight: number;
  readonly edges: readonly Edges[];
  draw(ledger: Ledger, dice: Dice): Call | undefined;
}

/** A verb for the generator. */
export function drawn(weight: number, { verb, draw }: Pick<Drawn, "verb" | "draw">, ...edges: readonly Edges[]): Drawn {
  return { verb, weight, draw, edges };
}

/** The seconds just before. */
export function justBefore(edges: Edges): Edges {
  return (ledger) => edges(ledger).map((second) => second - 1n);
}

/** Every verb of every actor. */
export const VERBS: readonly Drawn[] = [
  drawn(4, { verb: pass.verb, draw: drawPass }),
  drawn(8, deposit, deadlines),
  drawn(3, delegate),
  drawn(1, donate),
  drawn(2, openPool),
  drawn(1, closePool),
  drawn(8, queueWithdrawals, deadlines, streamEnds),
  drawn(3, transferWithdrawals, maturities),
  drawn(3, cancelWithdrawal, justBefore(maturities)),
  drawn(4, completeWithdrawals, maturities),
  drawn(3, completeWithdrawalsAsUndelegated, maturities),
  drawn(3, redelegateWithdrawals, maturities),
  drawn(2, withdraw),
  drawn(1, setApproval),
  drawn(1, setApprovalBySig),
  drawn(1, createOperatorSet),
  drawn(2, scheduleSlasher),
  drawn(1, removeSlasher),
  drawn(1, scheduleResolver),
  drawn(5, registerForOperatorSet, ends),
  drawn(2, deregisterFromOperatorSet),
  drawn(7, allocate, effects),
  drawn(2, revokeAllocation, justBefore(effects)),
  drawn(5, deallocate, effects),
  drawn(3, settle, effects, ends),
  drawn(10, propose, justBefore(maturities), maturities, justBefore(ends), justBefore(effects), effects),
  drawn(12, veto, justBefore(deadlines), justBefore(deadlines), maturities, effects, ends),
  drawn(5, finalise, deadlines),
  drawn(1, withdrawProceeds),
  drawn(1, burnProceeds),
  drawn(1, announceRewardToken),
  drawn(2, setCommission, rewardNotices),
  drawn(6, fund, rewardNotices),
  drawn(5, claim, streamEnds, justBefore(streamEnds)),
  drawn(2, claimCommission),
  drawn(3, reclaim, streamEnds),
  drawn(2, setClaimApproval),
];
