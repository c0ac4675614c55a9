import { type Algebra, type Int, type Lemma, WAD } from "./algebra";

/** What a registration remembers of its budget. */
interface Budget {
  readonly used: Int;
  readonly periodAt: Int;
}

/** Proposals in one stretch: so many that three periods could be in it, with two in each. */
const PROPOSALS = 6;

/** `AllocationManager._charge`, which refuses unless the fraction fits. */
function charge(z: Algebra, { used, periodAt }: Budget, time: Int, period: Int, fraction: Int, maxSlash: Int): Budget {
  const begins = z.any(periodAt.eq(0), time.ge(periodAt.add(period)));
  const after = z.either(begins, 0, used).add(fraction);
  z.assume(after.le(maxSlash));
  return { used: after, periodAt: z.either(begins, time, periodAt) };
}

/** The budget of one registration. */
export const BUDGET: readonly Lemma[] = [
  {
    name: "budget-is-kept",
    twin: "what was used is not counted",
    claim: (z, twin) => {
      const maxSlash = z.int("maxSlash", 1n, WAD);
      const [used, fraction] = [z.int("used", 0n, maxSlash), z.int("fraction", 1n, WAD)];
      const begins = z.flag("begins");
      const before = z.either(begins, 0, used);
      z.assume((twin ? fraction : before.add(fraction)).le(maxSlash));
      const after = before.add(fraction);
      // A veto in the same period subtracts its fraction again.
      return z.all(after.le(maxSlash), after.sub(fraction).ge(0));
    },
  },
  {
    name: "budget-twice-in-a-period-at-most",
    twin: "the stretch is a second longer",
    claim: (z, twin) => {
      const maxSlash = z.int("maxSlash", 1n, WAD);
      const period = z.int("period", 1n);
      let budget: Budget = { used: z.int("used", 0n, maxSlash), periodAt: z.int("periodAt") };
      const begin = z.int("begin", 1n);
      z.assume(budget.periodAt.le(begin));
      let time = begin;
      let sum = z.value(0n);
      for (let n = 1; n <= PROPOSALS; n++) {
        const next = z.int(`time${n}`);
        z.assume(next.ge(time), next.le(twin ? begin.add(period).add(1) : begin.add(period)));
        const fraction = z.int(`fraction${n}`);
        budget = charge(z, budget, next, period, fraction, maxSlash);
        sum = sum.add(fraction);
        time = next;
      }
      return sum.le(maxSlash.mul(2));
    },
  },
];
