import { type Algebra, type Condition, type Int, type Lemma, WAD } from "./algebra";

/** The magnitudes of one pool; `others` are the parts of all sets but the one that changes. */
interface Books {
  readonly free: Int;
  readonly active: Int;
  readonly pending: Int;
  readonly held: Int;
  readonly others: Int;
  readonly liened: Int;
  readonly factor: Int;
}

/** Books that balance. */
function books(z: Algebra): Books {
  const free = z.int("free", 0n, WAD);
  const active = z.int("active", 0n, WAD);
  const pending = z.int("pending", 0n, WAD);
  const others = z.int("others", 0n, WAD);
  const liened = z.int("liened", 0n, WAD);
  const held = z.int("held", 0n, liened);
  const factor = z.int("factor", 0n, WAD);
  const before = { free, active, pending, held, others, liened, factor };
  z.assume(balanced(before));
  return before;
}

/** free + Σ (active + pending) + liened = factor. */
function balanced({ free, active, pending, others, liened, factor }: Books): Condition {
  return free.add(active).add(pending).add(others).add(liened).eq(factor);
}

/** The books balance, and nothing in them is negative. */
function sound(z: Algebra, after: Books): Condition {
  const parts = [after.free, after.active, after.pending, after.held, after.liened, after.factor];
  return z.all(balanced(after), after.held.le(after.liened), ...parts.map((part) => part.ge(0)));
}

/** What the registration and the pending change say of the time. */
interface Clock {
  readonly time: Int;
  readonly until: Int;
  readonly pendingAt: Int;
  readonly joining: Condition;
  readonly sameEpoch: Condition;
}

function clock(z: Algebra): Clock {
  const [time, until, pendingAt] = [z.int("time", 1n), z.int("until"), z.int("pendingAt")];
  return { time, until, pendingAt, joining: z.flag("joining"), sameEpoch: z.flag("sameEpoch") };
}

/** `AllocationMath.resolve`, and the booking of what it frees. */
function resolve(
  z: Algebra,
  before: Books,
  { time, until, pendingAt, joining, sameEpoch }: Clock,
  forgets: boolean,
): Books {
  const exitDelay = z.int("exitDelay", 8n);
  const ended = until.gt(0);
  z.assume(z.implies(ended, until.ge(exitDelay)));
  const voided = z.all(ended, joining, pendingAt.gt(until.sub(exitDelay)));
  const due = z.any(voided, time.ge(pendingAt));
  const joins = z.all(due, joining, z.not(voided));
  const over = z.all(ended, time.ge(until));
  const joined = before.active.add(z.either(joins, before.pending, 0));
  const left = z.either(z.all(due, z.not(forgets ? joining : joins)), before.pending, 0);
  const freed = left.add(z.either(over, joined, 0));
  const old = before.active.add(before.pending);
  return {
    ...before,
    free: before.free.add(z.either(sameEpoch, freed, old)),
    active: z.either(sameEpoch, z.either(over, 0, joined), 0),
    pending: z.either(sameEpoch, z.either(due, 0, before.pending), 0),
    held: z.either(sameEpoch, before.held, 0),
  };
}

/** A cut of the set that changes, from what is active and what is leaving. */
function cut(z: Algebra, { active, pending }: Books, joining: Condition): { magnitude: Int; fromLeaving: Int } {
  const magnitude = z.int("magnitude", 1n);
  const fromLeaving = z.int("fromLeaving", 0n, magnitude);
  // As the lemma `cut-is-split-within-its-parts` has it.
  z.assume(magnitude.sub(fromLeaving).le(active), fromLeaving.le(z.either(joining, 0, pending)));
  return { magnitude, fromLeaving };
}

/** `AllocationMath.take`, with the pool's lien or its loss. */
function take(before: Books, magnitude: Int, fromLeaving: Int, held: boolean): Books {
  return {
    ...before,
    active: before.active.sub(magnitude.sub(fromLeaving)),
    pending: before.pending.sub(fromLeaving),
    held: held ? before.held.add(magnitude) : before.held,
    liened: held ? before.liened.add(magnitude) : before.liened,
    factor: held ? before.factor : before.factor.sub(magnitude),
  };
}

/** `AllocationMath.giveBack` at a time, what it frees booked, with the end of the pool's lien. */
function giveBack(z: Algebra, before: Books, magnitude: Int, fromLeaving: Int, leavingAt: Int, at: Clock): Books {
  const over = z.all(at.until.gt(0), at.time.ge(at.until));
  const gone = z.any(z.not(at.sameEpoch), over);
  const late = at.time.ge(leavingAt);
  return {
    ...before,
    free: before.free.add(z.either(gone, magnitude, z.either(late, fromLeaving, 0))),
    active: before.active.add(z.either(gone, 0, magnitude.sub(fromLeaving))),
    pending: before.pending.add(z.either(z.any(gone, late), 0, fromLeaving)),
    held: z.either(at.sameEpoch, before.held.sub(magnitude), before.held),
    liened: before.liened.sub(magnitude),
  };
}

/** Conservation, by every transition, and that a veto undoes a proposal. */
export const ALLOCATIONS: readonly Lemma[] = [
  {
    name: "conservation-orders",
    twin: "a revocation frees what is active, too",
    claim: (z, twin) => {
      const before = books(z);
      const { free, active, pending } = before;
      const order = z.int("order", 1n);
      const none = pending.eq(0);
      const allocate = { ...before, free: free.sub(order), pending: order };
      const revoke = { ...before, free: free.add(pending).add(twin ? active : 0n), pending: z.value(0n) };
      const deallocate = { ...before, active: active.sub(order), pending: order };
      return z.all(
        z.implies(z.all(none, order.le(free)), sound(z, allocate)),
        sound(z, revoke),
        z.implies(z.all(none, order.le(active)), sound(z, deallocate)),
      );
    },
  },
  {
    name: "conservation-time-and-registrations",
    twin: "a voided change that was joining is not freed",
    claim: (z, twin) => sound(z, resolve(z, books(z), clock(z), twin)),
  },
  {
    name: "conservation-lien",
    twin: "what was leaving is taken from what is active, too",
    claim: (z, twin) => {
      const before = books(z);
      const { magnitude, fromLeaving } = cut(z, before, z.flag("joining"));
      const after = take(before, magnitude, fromLeaving, true);
      return sound(z, twin ? { ...after, active: before.active.sub(magnitude) } : after);
    },
  },
  {
    name: "conservation-instant-slash",
    twin: "the factor stays",
    claim: (z, twin) => {
      const before = books(z);
      const { magnitude, fromLeaving } = cut(z, before, z.flag("joining"));
      const after = take(before, magnitude, fromLeaving, false);
      return sound(z, twin ? { ...after, factor: before.factor } : after);
    },
  },
  {
    name: "conservation-veto",
    twin: "what would have left meanwhile is lost",
    claim: (z, twin) => {
      const before = books(z);
      const at = clock(z);
      const magnitude = z.int("magnitude", 1n, before.liened);
      const fromLeaving = z.int("fromLeaving", 0n, magnitude);
      z.assume(z.implies(at.sameEpoch, magnitude.le(before.held)));
      // What other sets and epochs hold is not the set's.
      z.assume(z.implies(z.not(at.sameEpoch), before.held.add(magnitude).le(before.liened)));
      const after = giveBack(z, before, magnitude, fromLeaving, z.int("leavingAt"), at);
      return sound(z, twin ? { ...after, free: before.free } : after);
    },
  },
  {
    name: "conservation-final",
    twin: "the lien stays",
    claim: (z, twin) => {
      const before = books(z);
      const sameEpoch = z.flag("sameEpoch");
      const magnitude = z.int("magnitude", 1n, before.liened);
      z.assume(z.implies(sameEpoch, magnitude.le(before.held)));
      z.assume(z.implies(z.not(sameEpoch), before.held.add(magnitude).le(before.liened)));
      return sound(z, {
        ...before,
        held: z.either(sameEpoch, before.held.sub(magnitude), before.held),
        liened: twin ? before.liened : before.liened.sub(magnitude),
        factor: before.factor.sub(magnitude),
      });
    },
  },
  {
    name: "veto-undoes-a-proposal",
    twin: "it may come when what was leaving has left",
    claim: (z, twin) => {
      const before = books(z);
      const at = clock(z);
      const { magnitude, fromLeaving } = cut(z, before, at.joining);
      const leavingAt = z.int("leavingAt");
      // `leavingAt` is 0 if nothing was leaving.
      z.assume(z.implies(leavingAt.eq(0), fromLeaving.eq(0)));
      z.assume(at.sameEpoch, z.any(at.until.eq(0), at.time.lt(at.until)));
      if (!twin) z.assume(z.any(leavingAt.eq(0), at.time.lt(leavingAt)));
      const after = giveBack(z, take(before, magnitude, fromLeaving, true), magnitude, fromLeaving, leavingAt, at);
      return z.all(
        after.free.eq(before.free),
        after.active.eq(before.active),
        after.pending.eq(before.pending),
        after.held.eq(before.held),
        after.liened.eq(before.liened),
        after.factor.eq(before.factor),
      );
    },
  },
];
