import { type Algebra, type Int, type Lemma, MAX_SHARES, WAD } from "./algebra";

/** The factor and what is held of it. */
function pool(z: Algebra): { factor: Int; liened: Int } {
  const factor = z.int("factor", 0n, WAD);
  return { factor, liened: z.int("liened", 0n, factor) };
}

/** What a set can slash, and what its open liens hold. */
function part(z: Algebra): { active: Int; leaving: Int; slashable: Int; held: Int } {
  const [active, leaving, held] = [z.int("active"), z.int("leaving"), z.int("held")];
  z.assume(active.add(leaving).add(held).le(WAD), active.add(leaving).gt(0));
  return { active, leaving, slashable: active.add(leaving), held };
}

/** The magnitude of a cut, as `AllocationMath.cut` computes it. */
function magnitudeOf(z: Algebra, slashable: Int, held: Int, fraction: Int): Int {
  return z.min(z.up(slashable.add(held).mul(fraction), WAD), slashable);
}

/** What slashes take, of whom, and that they come in any order. */
export const SLASHES: readonly Lemma[] = [
  {
    name: "final-keeps-the-pool-solvent",
    twin: "the proceeds are rounded up",
    claim: (z, twin) => {
      const { factor } = pool(z);
      const magnitude = z.int("magnitude", 1n, factor);
      const shares = z.int("shares", 0n, MAX_SHARES);
      // What matured buckets claim, in units of 1 / WAD: a slash does not touch it.
      const matured = z.int("matured");
      const booked = z.int("booked");
      z.hint(factor.eq(WAD), magnitude.eq(1), shares.eq(1), matured.eq(0), booked.eq(1));
      z.assume(shares.mul(factor).add(matured).le(booked.mul(WAD)));
      const proceeds = twin ? z.up(shares.mul(magnitude), WAD) : z.assets(shares, magnitude);
      return shares.mul(factor.sub(magnitude)).add(matured).le(booked.sub(proceeds).mul(WAD));
    },
  },
  {
    name: "proceeds-are-at-most-what-owners-lose",
    twin: "the proceeds are rounded up",
    claim: (z, twin) => {
      // Two owners' claims are paid rounded down, before the cut or after it; the proceeds are the whole's.
      const { factor } = pool(z);
      const magnitude = z.int("magnitude", 1n, factor);
      const [x, y] = [z.int("x", 0n, MAX_SHARES), z.int("y", 0n, MAX_SHARES)];
      z.hint(factor.eq(1), magnitude.eq(1), x.eq(1), y.eq(1));
      const shares = x.add(y);
      const left = (some: Int): Int => z.assets(some, factor.sub(magnitude));
      const proceeds = twin ? z.up(shares.mul(magnitude), WAD) : z.assets(shares, magnitude);
      return left(x).add(left(y)).add(proceeds).le(z.assets(shares, factor));
    },
  },
  {
    name: "liens-commute",
    twin: "a lien takes its part of the assets that the earlier one left",
    claim: (z, twin) => {
      const { factor, liened } = pool(z);
      const [first, second] = [z.int("first"), z.int("second")];
      z.assume(first.add(second).le(factor.sub(liened)));
      const shares = z.int("shares", 0n, MAX_SHARES);
      z.hint(factor.eq(WAD), liened.eq(0), first.eq(WAD / 2n), second.eq(WAD / 4n), shares.eq(5));
      const inOrder = (a: Int, b: Int): Int[] => {
        const rate = factor.sub(liened);
        const taken = z.assets(shares, a);
        const next = twin ? z.assets(shares.sub(taken), b) : z.assets(shares, b);
        return [liened.add(a).add(b), rate.sub(a).sub(b), taken.add(next)];
      };
      const [one, other] = [inOrder(first, second), inOrder(second, first)];
      return z.all(...one.map((value, at) => value.eq(other[at] ?? 0)));
    },
  },
  {
    name: "lien-and-final-commute",
    twin: "what is final lowers the rates once more",
    claim: (z, twin) => {
      const { factor, liened } = pool(z);
      const [open, next] = [z.int("open", 0n, liened), z.int("next", 0n)];
      z.assume(next.le(factor.sub(liened)));
      const rate = z.int("rate");
      z.assume(rate.eq(factor.sub(liened)));
      // The rate of a live bucket stays factor − liened, whichever comes first.
      const ends = twin ? open : z.value(0n);
      const after = { factor: factor.sub(open), liened: liened.sub(open), rate: rate.sub(ends) };
      const lienLast = { liened: after.liened.add(next), rate: after.rate.sub(next) };
      const finalLast = { liened: liened.add(next).sub(open), rate: rate.sub(next).sub(ends) };
      return z.all(
        lienLast.liened.eq(finalLast.liened),
        lienLast.rate.eq(finalLast.rate),
        lienLast.rate.eq(after.factor.sub(lienLast.liened)),
        lienLast.liened.le(after.factor),
      );
    },
  },
  {
    name: "live-rate-is-the-sure-part",
    twin: "a veto leaves the rates",
    claim: (z, twin) => {
      const { factor, liened } = pool(z);
      const magnitude = z.int("magnitude", 1n);
      const rate = z.int("rate");
      z.assume(rate.eq(factor.sub(liened)));
      const sure = (f: Int, l: Int): Int => f.sub(l);
      const fits = magnitude.le(factor.sub(liened));
      const isHeld = magnitude.le(liened);
      return z.all(
        z.implies(fits, rate.sub(magnitude).eq(sure(factor, liened.add(magnitude)))),
        z.implies(fits, rate.sub(magnitude).eq(sure(factor.sub(magnitude), liened))),
        z.implies(isHeld, (twin ? rate : rate.add(magnitude)).eq(sure(factor, liened.sub(magnitude)))),
        z.implies(isHeld, rate.eq(sure(factor.sub(magnitude), liened.sub(magnitude)))),
        z.implies(isHeld, rate.add(magnitude).le(WAD)),
      );
    },
  },
  {
    name: "cut-is-bounded",
    twin: "the magnitude is rounded down",
    claim: (z, twin) => {
      const { slashable, held, active, leaving } = part(z);
      const fraction = z.int("fraction", 1n, WAD);
      z.hint(active.eq(1), leaving.eq(0), held.eq(0), fraction.eq(1));
      const product = slashable.add(held).mul(fraction);
      const magnitude = z.min(twin ? z.down(product, WAD) : z.up(product, WAD), slashable);
      z.notNegative(slashable, z.value(WAD).sub(fraction));
      z.notNegative(held, fraction);
      z.notNegative(slashable, fraction);
      return z.all(magnitude.le(slashable), magnitude.gt(0), magnitude.mul(WAD).ge(slashable.mul(fraction)));
    },
  },
  {
    name: "cut-is-split-within-its-parts",
    twin: "the magnitude may exceed what is slashable by one",
    claim: (z, twin) => {
      const { active, leaving, slashable } = part(z);
      const magnitude = z.int("magnitude", 0n, twin ? slashable.add(1) : slashable);
      z.hint(active.eq(1), leaving.eq(1));
      const fromActive = z.up(magnitude.mul(active), slashable);
      const fromLeaving = magnitude.sub(fromActive);
      z.ordered(active, fromActive.sub(1), slashable);
      z.ordered(active, fromActive, slashable);
      z.ordered(magnitude, fromActive, slashable);
      z.ordered(leaving, fromLeaving, slashable);
      const most = twin ? slashable.add(1) : slashable;
      z.notNegative(most.sub(magnitude), active);
      z.notNegative(most.sub(magnitude), leaving);
      z.notNegative(magnitude, leaving);
      return z.all(fromActive.le(active), fromActive.le(magnitude), fromLeaving.le(leaving));
    },
  },
  {
    name: "overlapping-proposals-add-up",
    twin: "what is held is left out",
    claim: (z, twin) => {
      const { slashable, held, active, leaving } = part(z);
      const [f, g] = [z.int("f", 1n, WAD), z.int("g", 1n, WAD)];
      z.hint(active.eq(WAD / 2n), leaving.eq(0), held.eq(0), f.eq(WAD / 2n), g.eq(WAD / 2n));
      const first = magnitudeOf(z, slashable, held, f);
      const left = slashable.sub(first);
      const second = magnitudeOf(z, left, twin ? held : held.add(first), g);
      const together = magnitudeOf(z, slashable, held, f.add(g));
      return z.all(first.add(second).ge(together), first.add(second).le(slashable));
    },
  },
  {
    name: "sets-never-slash-more-than-the-stake",
    twin: "what a set can slash is rounded up",
    claim: (z, twin) => {
      // The parts of two sets, of all others, what is free and what is held make up the factor.
      const [a, b, rest] = [z.int("a"), z.int("b"), z.int("rest")];
      const factor = z.int("factor", 0n, WAD);
      z.assume(a.add(b).add(rest).eq(factor));
      const shares = z.int("shares", 0n, MAX_SHARES);
      z.hint(a.eq(1), b.eq(1), rest.eq(0), shares.eq(1));
      z.notNegative(shares, rest);
      const slashable = (magnitude: Int): Int =>
        twin ? z.up(shares.mul(magnitude), WAD) : z.assets(shares, magnitude);
      return slashable(a).add(slashable(b)).le(z.assets(shares, factor));
    },
  },
];
