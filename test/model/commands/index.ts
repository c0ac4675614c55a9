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
  createOperatorSet,
  deregisterFromOperatorSet,
  registerForOperatorSet,
  removeSlasher,
  scheduleResolver,
  scheduleSlasher,
} from "./sets";
import { burnProceeds, finalise, propose, veto, withdrawProceeds } from "./slashing";
import { drawPass, pass } from "./time";

export {
  allocate,
  burnProceeds,
  cancelWithdrawal,
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
  openPool,
  pass,
  propose,
  queueWithdrawals,
  redelegateWithdrawals,
  registerForOperatorSet,
  removeSlasher,
  revokeAllocation,
  scheduleResolver,
  scheduleSlasher,
  setApproval,
  setApprovalBySig,
  settle,
  transferWithdrawals,
  veto,
  withdraw,
  withdrawProceeds,
};

/** A verb as the generator sees it: how often it is drawn, and how. */
export interface Drawn {
  readonly verb: string;
  readonly weight: number;
  draw(ledger: Ledger, dice: Dice): Call | undefined;
}

function drawn(weight: number, { verb, draw }: Pick<Drawn, "verb" | "draw">): Drawn {
  return { verb, weight, draw };
}

/** Every verb of every actor. */
export const VERBS: readonly Drawn[] = [
  drawn(10, { verb: pass.verb, draw: drawPass }),
  drawn(8, deposit),
  drawn(3, delegate),
  drawn(1, donate),
  drawn(2, openPool),
  drawn(1, closePool),
  drawn(8, queueWithdrawals),
  drawn(3, transferWithdrawals),
  drawn(3, cancelWithdrawal),
  drawn(4, completeWithdrawals),
  drawn(3, completeWithdrawalsAsUndelegated),
  drawn(3, redelegateWithdrawals),
  drawn(2, withdraw),
  drawn(1, setApproval),
  drawn(1, setApprovalBySig),
  drawn(1, createOperatorSet),
  drawn(1, scheduleSlasher),
  drawn(1, removeSlasher),
  drawn(1, scheduleResolver),
  drawn(5, registerForOperatorSet),
  drawn(2, deregisterFromOperatorSet),
  drawn(7, allocate),
  drawn(2, revokeAllocation),
  drawn(5, deallocate),
  drawn(3, settle),
  drawn(9, propose),
  drawn(6, veto),
  drawn(5, finalise),
  drawn(1, withdrawProceeds),
  drawn(1, burnProceeds),
];
