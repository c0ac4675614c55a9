import {
  allocate,
  cancelWithdrawal,
  completeWithdrawals,
  completeWithdrawalsAsUndelegated,
  deallocate,
  delegate,
  deposit,
  deregisterFromOperatorSet,
  type Drawn,
  drawn,
  finalise,
  fund,
  justBefore,
  claim,
  reclaim,
  propose,
  pass,
  queueWithdrawals,
  registerForOperatorSet,
  settle,
  transferWithdrawals,
  veto,
} from ".";
import type { Call } from "./call";
import type { Dice } from "./dice";
import type { Ledger } from "../ledger/ledger";
import { streamEnds } from "./rewards";
import { deadlines, effects, ends, maturities } from "./time";

/** The largest staker leaves a pool with few stakers, into which something streams: in the end nobody is left. */
function leaveStream({ rewards, stake, now }: Ledger): Call | undefined {
  const pools = [...stake.allPools()]
    .filter(({ operator, asset }) => {
      return [...rewards.announced({ operator, asset }).values()].some((story) => story.rate(now) > 0n);
    })
    .map(({ operator, asset, pool }) => ({ operator, asset, holders: pool.holders() }))
    .filter(({ holders }) => holders.length > 0)
    .sort((a, b) => a.holders.length - b.holders.length);
  const [found] = pools;
  const [staker, shares] = found?.holders[0] ?? [];
  if (found === undefined || staker === undefined || shares === undefined) return undefined;
  const { operator, asset } = found;
  return queueWithdrawals(now, { by: staker, staker, asset, requests: [{ operator, shares }], owner: staker });
}

/** Waits for nothing: a second or a few pass before the next step. */
function stayAway(ledger: Ledger, dice: Dice): Call {
  return pass(ledger.now + BigInt(dice.below(1_000) + 1), {});
}

const leaving = { verb: queueWithdrawals.verb, draw: leaveStream };
const away = { verb: pass.verb, draw: stayAway };

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
  // Leaves a stream to nobody, and lets it end; then the AVS has it back.
  [
    drawn(1, fund),
    drawn(1, leaving),
    drawn(1, leaving),
    drawn(1, leaving),
    drawn(1, leaving),
    drawn(1, reclaim, streamEnds),
    drawn(1, claim),
  ],
  // Leaves a stream to nobody for a while, comes back, and leaves it again.
  [
    drawn(1, fund),
    drawn(1, leaving),
    drawn(1, leaving),
    drawn(1, away),
    drawn(1, deposit),
    drawn(1, deposit),
    drawn(1, fund),
    drawn(1, leaving),
    drawn(1, leaving),
    drawn(1, cancelWithdrawal),
    drawn(1, reclaim, streamEnds),
    drawn(1, claim),
  ],
  // Comes for the last second of a stream, and leaves in the second in which it ends.
  [drawn(1, fund), drawn(1, deposit, justBefore(streamEnds)), drawn(1, queueWithdrawals, streamEnds), drawn(1, claim)],
  // Enters as soon as silence has executed.
  [drawn(1, propose), drawn(1, finalise, deadlines), drawn(1, deposit), drawn(1, delegate), drawn(1, propose)],
];
