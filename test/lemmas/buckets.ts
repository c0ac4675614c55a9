import { type Algebra, type Int, type Lemma } from "./algebra";

const PER_EXIT = 8;

/** The length of a bucket in seconds. */
function bucketLength(z: Algebra): Int {
  return z.int("bucket", 1n);
}

/** A second, and the number of whole buckets before it: ⌊time / bucket⌋. */
interface Moment {
  readonly time: Int;
  readonly floor: Int;
}

function moment(z: Algebra, name: string, bucket: Int): Moment {
  const time = z.int(name);
  return { time, floor: z.down(time, bucket) };
}

/** `BucketMath.maturityOf` in buckets: ⌊(time + bucket − 1) / bucket⌋ + 8. */
function maturityOf(z: Algebra, { time }: Moment, bucket: Int): Int {
  return z.down(time.add(bucket).sub(1), bucket).add(PER_EXIT);
}

/** `BucketMath.nextMaturity` in buckets. */
function nextMaturity({ floor }: Moment): Int {
  return floor.add(1);
}

/** Which maturities there are, for a bucket of any length. Times are written in seconds, maturities in buckets. */
export const BUCKETS: readonly Lemma[] = [
  {
    name: "maturity-is-one-exit-delay-away",
    twin: "the time is rounded down",
    claim: (z, twin) => {
      const bucket = bucketLength(z);
      const now = moment(z, "now", bucket);
      const maturity = (twin ? now.floor.add(PER_EXIT) : maturityOf(z, now, bucket)).mul(bucket);
      const earliest = now.time.add(bucket.mul(PER_EXIT));
      z.hint(bucket.eq(2), now.time.eq(1));
      return z.all(maturity.ge(earliest), maturity.lt(earliest.add(bucket)));
    },
  },
  {
    name: "nine-maturities-are-live-at-most",
    twin: "eight",
    claim: (z, twin) => {
      const bucket = bucketLength(z);
      const now = moment(z, "now", bucket);
      const [first, last] = [nextMaturity(now), maturityOf(z, now, bucket)];
      z.hint(bucket.eq(2), now.time.eq(1));
      z.ordered(now.floor.add(1), last.sub(PER_EXIT), bucket);
      const count = last.sub(first).add(1);
      return z.all(count.le(twin ? 8 : 9), count.ge(1));
    },
  },
  {
    name: "live-maturities-hold-all-that-was-queued",
    twin: "the last of them is left out",
    claim: (z, twin) => {
      const bucket = bucketLength(z);
      const [now, queued] = [moment(z, "now", bucket), moment(z, "queuedAt", bucket)];
      z.assume(queued.time.le(now.time));
      const [maturity, last] = [maturityOf(z, queued, bucket), maturityOf(z, now, bucket)];
      z.assume(maturity.mul(bucket).gt(now.time));
      z.hint(bucket.eq(2), now.time.eq(1), queued.time.eq(1));
      z.ordered(maturity, nextMaturity(now), bucket);
      z.ordered(last, maturity, bucket);
      return z.all(maturity.ge(nextMaturity(now)), maturity.le(twin ? last.sub(1) : last));
    },
  },
  {
    name: "next-maturity-is-the-first-after",
    twin: "a maturity at the very second counts, too",
    claim: (z, twin) => {
      const bucket = bucketLength(z);
      const now = moment(z, "now", bucket);
      const maturity = z.int("maturity");
      z.hint(bucket.eq(2), now.time.eq(2), maturity.eq(1));
      z.ordered(maturity, nextMaturity(now), bucket);
      z.ordered(nextMaturity(now).sub(1), maturity, bucket);
      const seconds = maturity.mul(bucket);
      return (twin ? seconds.ge(now.time) : seconds.gt(now.time)).eq(maturity.ge(nextMaturity(now)));
    },
  },
  {
    name: "thirteen-maturities-are-raised-at-most",
    twin: "twelve",
    claim: (z, twin) => {
      const bucket = bucketLength(z);
      const [proposed, now] = [moment(z, "proposedAt", bucket), moment(z, "now", bucket)];
      // Strictly before the deadline, and a veto window is at most EXIT_DELAY / 2.
      z.assume(now.time.ge(proposed.time), now.time.lt(proposed.time.add(bucket.mul(4))));
      z.hint(bucket.eq(3), proposed.time.eq(2), now.time.eq(13));
      const last = maturityOf(z, now, bucket);
      z.ordered(nextMaturity(proposed).add(4), last.sub(PER_EXIT), bucket);
      return last
        .sub(nextMaturity(proposed))
        .add(1)
        .le(twin ? 12 : 13);
    },
  },
  {
    name: "vetoable-liens-are-of-the-last-four-intervals",
    twin: "of the last three",
    claim: (z, twin) => {
      const bucket = bucketLength(z);
      const [proposed, now] = [moment(z, "proposedAt", bucket), moment(z, "now", bucket)];
      z.assume(now.time.lt(proposed.time.add(bucket.mul(4))));
      // Proposed before the maturity, which has come.
      const maturity = z.int("maturity");
      z.assume(proposed.time.lt(maturity.mul(bucket)), maturity.mul(bucket).le(now.time));
      z.hint(bucket.eq(2), proposed.time.eq(1), now.time.eq(8), maturity.eq(4));
      const opened = nextMaturity(proposed);
      z.ordered(maturity, opened, bucket);
      z.ordered(opened.add(3), maturity, bucket);
      return z.all(opened.le(maturity), opened.ge(maturity.sub(twin ? 2 : 3)));
    },
  },
];
