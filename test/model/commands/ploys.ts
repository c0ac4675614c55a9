import {
  allocate,
  completeWithdrawals,
  completeWithdrawalsAsUndelegated,
  deallocate,
  delegate,
  deposit,
  deregisterFromOperatorSet,
  type Drawn,
  drawn,
  finalise,
  justBefore,
  propose,
  queueWithdrawals,
  registerForOperatorSet,
  settle,
  transferWithdrawals,
  veto,
} from ".";
import { deadlines, effects, ends, maturities } from "./time";

/** Calls that come one after the other, each at the next second that matters to it, if one is named. */
export type Ploy = readonly Drawn[];

/** What hostile actors would try. Steps that the state does not allow are left out. */
export const PLOYS: readonly Ploy[] = [
  // Is paid, and paid again after the veto of what was proposed in the last second before maturity.
  [
    drawn(1, queueWithdrawals),
    drawn(1, propose, justBefore(maturities)),
    drawn(1, completeWithdrawals, maturities),
    drawn(1, veto, justBefore(deadlines)),
    drawn(1, completeWithdrawals),
  ],
  // Passes an exit on to one that has been paid.
  [
    drawn(1, queueWithdrawals),
    drawn(1, transferWithdrawals),
    drawn(1, propose, justBefore(maturities)),
    drawn(1, completeWithdrawalsAsUndelegated, maturities),
    drawn(1, transferWithdrawals),
    drawn(1, transferWithdrawals),
    drawn(1, veto),
    drawn(1, completeWithdrawalsAsUndelegated),
  ],
  // Leaves while a lien holds it, and is given back too late to be anywhere.
  [
    drawn(1, deallocate),
    drawn(1, propose, justBefore(effects)),
    drawn(1, propose, justBefore(effects)),
    drawn(1, veto, effects),
    drawn(1, settle),
  ],
  // Leaves the set, and comes back while proposals against the earlier registration are open.
  [
    drawn(1, deregisterFromOperatorSet),
    drawn(1, propose, justBefore(ends)),
    drawn(1, registerForOperatorSet, ends),
    drawn(1, allocate),
    drawn(1, veto),
    drawn(1, propose),
  ],
  // Proposes a little first, to shield the rest; then the veto comes in the last second.
  [drawn(1, propose), drawn(1, propose), drawn(1, propose), drawn(1, veto, justBefore(deadlines)), drawn(1, propose)],
  // Enters as soon as silence has executed.
  [drawn(1, propose), drawn(1, finalise, deadlines), drawn(1, deposit), drawn(1, delegate), drawn(1, propose)],
];
