import { type Algebra, type Condition, type Int, type Lemma, MAX_SHARES, type Word } from "./algebra";

/** Boundaries that the end of a stream may be away: `StreamLib.SPAN`. */
const SPAN = 16;

/**
 * The units of `RewardMath`: 2^b ≤ bucket, 2^g = 2^63 · 2^b, 2^(160−g) = 2^97 / 2^b. Both powers of b are numbers of
 * their own whose product is 2^97.
 */
interface Scale {
  readonly bucket: Int;
  /** 2^b. */
  readonly power: Int;
  /** Grains of a limit: 2^g. */
  readonly grains: Int;
  /** Parts of 2^160 that a grain is: 2^(160−g). */
  readonly perGrain: Int;
}

function scale(z: Algebra): Scale {
  const [power, perGrain] = [z.int("power", 1n), z.int("perGrain", 1n)];
  const bucket = z.int("bucket", power);
  z.assume(power.mul(perGrain).eq(2n ** 97n));
  return { bucket, power, grains: power.mul(2n ** 63n), perGrain };
}

/** What a counter-example may begin with. */
function hintScale(z: Algebra, { bucket, power, perGrain }: Scale): void {
  z.hint(power.eq(1), perGrain.eq(2n ** 97n), bucket.eq(1));
}

/** Rounded up in a false twin. */
function divide(z: Algebra, up: boolean, dividend: Int, divisor: Int | bigint): Int {
  return up ? z.up(dividend, divisor) : z.down(dividend, divisor);
}

const STREAM = { accumulated: [0, 160], rate: [160, 63], more: [223, 1], settledAt: [224, 32] } as const;
const ACCOUNT = { accumulated: [0, 160], accrued: [160, 96] } as const;
const PLACE = { inUseAt: [0, 48], index: [48, 8], limitBits: [56, 8], funded: [64, 120] } as const;

type Layout = Readonly<Record<string, readonly [low: number, bits: number]>>;

/** The part of a word, shifted down and masked. */
function part(z: Algebra, word: Word, [low, bits]: readonly [low: number, bits: number]): Word {
  return word.lshr(z.wordOf(BigInt(low))).and(z.wordOf(2n ** BigInt(bits) - 1n));
}

/** Whether the parts of a word are what is asked, and all others as before. */
function became(
  z: Algebra,
  before: Word,
  after: Word,
  layout: Layout,
  changed: Readonly<Record<string, Word>>,
): Condition {
  return z.all(
    ...Object.entries(layout).map(([name, field]) => part(z, after, field).eq(changed[name] ?? part(z, before, field))),
  );
}

function shifted(z: Algebra, word: Word, by: number): Word {
  return word.shl(z.wordOf(BigInt(by)));
}

/** Streams, what they give whom, and how that is stored. */
export const REWARDS: readonly Lemma[] = [
  {
    name: "multiples-keep-order",
    twin: "the factor may be 0",
    claim: (z, twin) => {
      const [a, b, factor] = [z.int("a"), z.int("b"), z.int("factor", twin ? 0n : 1n)];
      z.notNegative(b.sub(a), factor);
      z.notNegative(a.sub(b), factor);
      return z.keepsOrder(a, b, factor);
    },
  },
  {
    name: "rates-spend-no-more-than-was-funded",
    twin: "rates are rounded up",
    claim: (z, twin) => {
      const s = scale(z);
      // By induction: Σ rate · seconds is worth Σ amount at most, and one more is funded.
      const [limit, seconds] = [z.int("limit", 1n), z.int("seconds", s.bucket)];
      const [amount, funded, spent] = [z.int("amount"), z.int("funded"), z.int("spent")];
      z.assume(spent.mul(limit).le(funded.mul(s.grains)));
      hintScale(z, s);
      z.hint(limit.eq(2n ** 63n), seconds.eq(2), amount.eq(1), funded.eq(0), spent.eq(0));
      const rate = divide(z, twin, amount.mul(s.grains), limit.mul(seconds));
      return spent.add(rate.mul(seconds)).mul(limit).le(funded.add(amount).mul(s.grains));
    },
  },
  {
    name: "rates-fit-63-bits",
    twin: "streams may be shorter than a bucket",
    claim: (z, twin) => {
      // Two streams stand for all: Σ rate · seconds is below a limit.
      const s = scale(z);
      const [one, other] = [z.int("one"), z.int("other")];
      const least = twin ? 1n : s.power;
      const [secondsOfOne, secondsOfOther] = [z.int("secondsOfOne", least), z.int("secondsOfOther", least)];
      z.assume(one.mul(secondsOfOne).add(other.mul(secondsOfOther)).lt(s.grains));
      z.hint(s.power.eq(2), s.perGrain.eq(2n ** 96n), s.bucket.eq(2));
      z.hint(secondsOfOne.eq(1), secondsOfOther.eq(1), other.eq(0), one.eq(2n ** 63n));
      z.notNegative(one, secondsOfOne.sub(s.power));
      z.notNegative(other, secondsOfOther.sub(s.power));
      z.scaled(z.value(2n ** 63n), one.add(other), s.power);
      return one.add(other).lt(2n ** 63n);
    },
  },
  {
    name: "accumulated-fits-160-bits",
    twin: "all of a limit may stream",
    claim: (z, twin) => {
      const s = scale(z);
      // By induction: what is accumulated is at most all that has streamed, for a pool of one share.
      const [accumulated, streamed, flow] = [z.int("accumulated"), z.int("streamed"), z.int("flow")];
      const shares = z.int("shares", 1n, MAX_SHARES);
      const all = streamed.add(flow);
      z.assume(accumulated.le(streamed.mul(s.perGrain)), twin ? all.le(s.grains) : all.lt(s.grains));
      hintScale(z, s);
      z.hint(accumulated.eq(0), streamed.eq(0), flow.eq(2n ** 63n), shares.eq(1));
      const earned = z.down(flow.mul(s.perGrain), shares);
      z.notNegative(earned, shares.sub(1));
      z.ordered(all, s.grains, s.perGrain);
      const after = accumulated.add(earned);
      return z.all(after.le(all.mul(s.perGrain)), after.lt(2n ** 160n));
    },
  },
  {
    name: "accrued-sums-fit-96-bits",
    twin: "what is accrued is rounded up",
    claim: (z, twin) => {
      // By induction: all stakers have accrued at most what has streamed; it streams to two of them.
      const s = scale(z);
      const [accrued, streamed, flow] = [z.int("accrued"), z.int("streamed"), z.int("flow")];
      const [x, y] = [z.int("x", 0n, MAX_SHARES), z.int("y", 0n, MAX_SHARES)];
      const shares = z.int("shares", 1n, MAX_SHARES);
      const all = streamed.add(flow);
      z.assume(x.add(y).le(shares), accrued.mul(2n ** 64n).le(streamed.mul(s.perGrain)), all.lt(s.grains));
      z.hint(s.power.eq(2n ** 40n), s.perGrain.eq(2n ** 57n), s.bucket.eq(2n ** 40n));
      z.hint(accrued.eq(0), streamed.eq(0), flow.eq(1), shares.eq(1), x.eq(1), y.eq(0));
      const earned = z.down(flow.mul(s.perGrain), shares);
      const accrue = (own: Int): Int => divide(z, twin, own.mul(earned), 2n ** 64n);
      z.notNegative(shares.sub(x).sub(y), earned);
      z.ordered(all, s.grains, s.perGrain);
      const after = accrued.add(accrue(x)).add(accrue(y));
      return z.all(after.mul(2n ** 64n).le(all.mul(s.perGrain)), after.lt(2n ** 96n));
    },
  },
  {
    name: "settling-late-gains-a-part-at-most",
    twin: "it gains nothing",
    claim: (z, twin) => {
      const shares = z.int("shares", 0n, MAX_SHARES);
      const [first, second] = [z.int("first"), z.int("second")];
      z.hint(shares.eq(1), first.eq(2n ** 63n), second.eq(2n ** 63n));
      const accrued = (earned: Int): Int => z.down(shares.mul(earned), 2n ** 64n);
      const twice = accrued(first).add(accrued(second));
      const once = accrued(first.add(second));
      return z.all(once.ge(twice), once.le(twin ? twice : twice.add(1)));
    },
  },
  {
    name: "what-is-earned-and-what-is-not-fit-the-funding",
    twin: "a second counts as both",
    claim: (z, twin) => {
      // A stream of one rate, with shares for some of its seconds and without for the others.
      const s = scale(z);
      const [limit, amount, rate] = [z.int("limit", 1n), z.int("amount"), z.int("rate")];
      const [filled, empty, accrued] = [z.int("filled"), z.int("empty"), z.int("accrued")];
      const seconds = twin ? filled.add(empty).sub(1) : filled.add(empty);
      z.assume(seconds.ge(1), rate.mul(seconds).mul(limit).le(amount.mul(s.grains)));
      z.assume(accrued.mul(2n ** 64n).le(rate.mul(filled).mul(s.perGrain)));
      hintScale(z, s);
      z.hint(limit.eq(2n ** 63n), amount.eq(1), rate.eq(1), filled.eq(1), empty.eq(1), accrued.eq(2n ** 33n));
      const unearned = z.down(rate.mul(empty).mul(limit), s.grains);
      const claimed = z.down(accrued.mul(limit), 2n ** 96n);
      // In parts of limits / 2^160 · limit, then in grains.
      z.scaled(accrued.mul(2n ** 64n), rate.mul(filled).mul(s.perGrain), limit);
      z.scaled(claimed.mul(s.grains), rate.mul(filled).mul(limit), s.perGrain);
      z.scaled(unearned.add(claimed), amount, s.grains);
      z.assume(
        claimed
          .mul(s.grains)
          .mul(s.perGrain)
          .eq(claimed.mul(2n ** 160n)),
      );
      return unearned.add(claimed).le(amount);
    },
  },
  {
    name: "a-claim-leaves-less-than-a-unit",
    twin: "it is rounded up",
    claim: (z, twin) => {
      // A unit is so many parts, or a part so many units, as a limit has fewer bits than what is accrued, or more.
      const [accrued, ratio] = [z.int("accrued"), z.int("ratio", 1n)];
      z.hint(accrued.eq(1), ratio.eq(2));
      const units = divide(z, twin, accrued, ratio);
      const paid = units.mul(ratio);
      const paidOfMany = z.down(accrued.mul(ratio), ratio);
      z.ordered(accrued, paidOfMany, ratio);
      z.ordered(paidOfMany, accrued, ratio);
      return z.all(paid.le(accrued), accrued.sub(paid).lt(ratio), paidOfMany.eq(accrued));
    },
  },
  {
    name: "streams-end-within-sixteen-boundaries",
    twin: "within fifteen",
    claim: (z, twin) => {
      const [bucket, now, duration] = [z.int("bucket", 1n), z.int("now"), z.int("duration")];
      z.assume(duration.ge(bucket), duration.le(bucket.mul(SPAN - 1)));
      z.hint(bucket.eq(2), now.eq(1), duration.eq(30));
      const [end, last] = [z.up(now.add(duration), bucket), z.down(now, bucket)];
      const span = twin ? SPAN - 1 : SPAN;
      z.ordered(last.add(span), end, bucket);
      const seconds = end.mul(bucket).sub(now);
      return z.all(end.sub(last).le(span), seconds.ge(bucket), seconds.lt(duration.add(bucket)));
    },
  },
  {
    name: "passing-a-boundary-flows-as-each-stream-does",
    twin: "the rate falls a second late",
    claim: (z, twin) => {
      const [ending, staying] = [z.int("ending"), z.int("staying")];
      const [from, boundary, until] = [z.int("from"), z.int("boundary"), z.int("until")];
      z.assume(from.lt(boundary), boundary.lt(until));
      z.hint(ending.eq(1), staying.eq(0), from.eq(0), boundary.eq(1), until.eq(2));
      const at = twin ? boundary.add(1) : boundary;
      const walked = ending
        .add(staying)
        .mul(at.sub(from))
        .add(staying.mul(until.sub(at)));
      const each = ending.mul(boundary.sub(from)).add(staying.mul(until.sub(from)));
      return walked.eq(each);
    },
  },
  {
    name: "unearned-counts-from-each-funding",
    twin: "the second funding forgets what was before it",
    claim: (z, twin) => {
      // Two fundings of an AVS until one boundary; empty seconds of the sixteen buckets before it only grow.
      const [one, other] = [z.int("one"), z.int("other")];
      const [before, between, after] = [z.int("before"), z.int("between"), z.int("after")];
      z.hint(one.eq(0), other.eq(1), before.eq(0), between.eq(1), after.eq(0));
      const empty = before.add(between).add(after);
      const excess = one.mul(before).add(other.mul(twin ? before : before.add(between)));
      const counted = one.add(other).mul(empty).sub(excess);
      z.notNegative(one, between.add(after));
      z.notNegative(other, after);
      return z.all(counted.eq(one.mul(between.add(after)).add(other.mul(after))), counted.ge(0));
    },
  },
  {
    name: "stream-settles-alone",
    twin: "more ends than there is",
    claim: (z, twin) => {
      const [slot, elapsed, earned, ended] = [z.word("slot"), z.word("elapsed"), z.word("earned"), z.word("ended")];
      const [accumulated, rate] = [part(z, slot, STREAM.accumulated), part(z, slot, STREAM.rate)];
      z.assume(earned.ult(z.wordOf(2n ** 160n).sub(accumulated)), elapsed.ult(z.wordOf(2n ** 32n)));
      z.assume(ended.ule(twin ? rate.add(z.wordOf(1n)) : rate));
      const after = slot
        .add(shifted(z, elapsed, 224))
        .add(earned)
        .sub(shifted(z, ended, 160));
      const settledAt = part(z, slot, STREAM.settledAt).add(elapsed);
      return became(z, slot, after, STREAM, {
        accumulated: accumulated.add(earned),
        rate: rate.sub(ended),
        settledAt: settledAt.and(z.wordOf(2n ** 32n - 1n)),
      });
    },
  },
  {
    name: "stream-adds-a-rate-alone",
    twin: "rates have 64 bits",
    claim: (z, twin) => {
      const [slot, added] = [z.word("slot"), z.word("added")];
      const rate = part(z, slot, STREAM.rate);
      z.assume(added.ult(z.wordOf(2n ** (twin ? 64n : 63n)).sub(rate)));
      return became(z, slot, slot.add(shifted(z, added, 160)), STREAM, { rate: rate.add(added) });
    },
  },
  {
    name: "ends-keep-to-their-lanes",
    twin: "rates of a boundary have 65 bits",
    claim: (z, twin) => {
      const lanes = [0, 64, 128, 192].map((low) => [low, 64] as const);
      const [word, rate] = [z.word("word"), z.word("rate")];
      const [lane] = lanes;
      const stored = part(z, word, lane ?? [0, 64]);
      z.assume(rate.ult(z.wordOf(2n ** (twin ? 65n : 64n)).sub(stored)));
      const after = word.add(rate);
      return z.all(
        ...lanes.map((each) => part(z, after, each).eq(each === lane ? stored.add(rate) : part(z, word, each))),
      );
    },
  },
  {
    name: "account-accrues-alone",
    twin: "all that was ever accrued has a bit more",
    claim: (z, twin) => {
      const [slot, now, added] = [z.word("slot"), z.word("now"), z.word("added")];
      const [accumulated, accrued] = [part(z, slot, ACCOUNT.accumulated), part(z, slot, ACCOUNT.accrued)];
      z.assume(now.uge(accumulated), now.ult(z.wordOf(2n ** 160n)));
      z.assume(added.ult(z.wordOf(2n ** (twin ? 97n : 96n)).sub(accrued)));
      const after = slot.add(now.sub(accumulated)).add(shifted(z, added, 160));
      return became(z, slot, after, ACCOUNT, { accumulated: now, accrued: accrued.add(added) });
    },
  },
  {
    name: "account-pays-alone",
    twin: "a part more is paid than is accrued",
    claim: (z, twin) => {
      const [slot, paid] = [z.word("slot"), z.word("paid")];
      const accrued = part(z, slot, ACCOUNT.accrued);
      z.assume(paid.ule(twin ? accrued.add(z.wordOf(1n)) : accrued));
      const after = slot.sub(shifted(z, paid, 160));
      const left = accrued.sub(paid);
      return z.all(became(z, slot, after, ACCOUNT, { accrued: left }), left.ule(accrued));
    },
  },
  {
    name: "place-is-funded-alone",
    twin: "a limit has 200 bits",
    claim: (z, twin) => {
      const [slot, amount] = [z.word("slot"), z.word("amount")];
      const [funded, bits] = [part(z, slot, PLACE.funded), part(z, slot, PLACE.limitBits)];
      z.assume(slot.ult(z.wordOf(2n ** 184n)), bits.ule(z.wordOf(twin ? 200n : 120n)));
      const most = z.wordOf(1n).shl(bits).sub(z.wordOf(1n));
      z.assume(funded.ule(most), amount.ule(most.sub(funded)));
      const after = slot.add(shifted(z, amount, 64));
      return z.all(became(z, slot, after, PLACE, { funded: funded.add(amount) }), after.ult(z.wordOf(2n ** 184n)));
    },
  },
];
