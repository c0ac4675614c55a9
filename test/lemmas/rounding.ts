import { type Algebra, type Int, type Lemma, MAX_SHARES, MIN_FACTOR, WAD } from "./algebra";

const MAX_ASSETS = 2n ** 128n - 1n;

/** A factor with which a pool takes entries, and assets that enter. */
function entry(z: Algebra): { factor: Int; assets: Int } {
  return { factor: z.int("factor", MIN_FACTOR, WAD), assets: z.int("assets", 1n, MAX_ASSETS) };
}

/** `WadMath.toSharesDown`, or rounded up in a false twin. */
function sharesOf(z: Algebra, assets: Int, factor: Int, up: boolean): Int {
  return up ? z.up(assets.mul(WAD), factor) : z.down(assets.mul(WAD), factor);
}

/** Entry, exit, and what is paid for queued shares: divisions by WAD or by the factor. */
export const ROUNDING: readonly Lemma[] = [
  {
    name: "products-keep-order",
    twin: "the factor may be 0",
    claim: (z, twin) => {
      const a = z.int("a");
      const b = z.int("b");
      const factor = z.int("factor", twin ? 0n : 1n);
      z.assume(a.lt(b));
      z.notNegative(b.sub(a).sub(1), factor);
      return z.all(a.mul(factor).add(factor).le(b.mul(factor)), a.mul(factor).lt(b.mul(factor)));
    },
  },
  {
    name: "entry-then-exit-never-profits",
    twin: "one share more is given",
    claim: (z, twin) => {
      // (Rounding the shares up would not be enough to profit: a share is worth one unit at most.)
      const { factor, assets } = entry(z);
      z.hint(factor.eq(WAD), assets.eq(1));
      const shares = sharesOf(z, assets, factor, false);
      return z.assets(twin ? shares.add(1) : shares, factor).le(assets);
    },
  },
  {
    name: "entry-costs-one-unit-at-most",
    twin: "it costs nothing",
    claim: (z, twin) => {
      const { factor, assets } = entry(z);
      z.hint(factor.eq(6n * 10n ** 17n), assets.eq(1));
      return z.assets(sharesOf(z, assets, factor, false), factor).ge(twin ? assets : assets.sub(1));
    },
  },
  {
    name: "entry-lowers-nobodys-value",
    twin: "shares are rounded up",
    claim: (z, twin) => {
      const { factor, assets } = entry(z);
      const others = z.int("others", 0n, MAX_SHARES);
      const booked = z.int("booked");
      z.hint(factor.eq(6n * 10n ** 17n), assets.eq(1), others.eq(10));
      // The others' shares are covered at the factor; all shares together still are.
      z.assume(others.mul(factor).le(booked.mul(WAD)));
      const shares = sharesOf(z, assets, factor, twin);
      return others.add(shares).mul(factor).le(booked.add(assets).mul(WAD));
    },
  },
  {
    name: "floors-sum-below-the-whole",
    twin: "claims are rounded up",
    claim: (z, twin) => {
      const [x, y] = [z.int("x", 0n, MAX_SHARES), z.int("y", 0n, MAX_SHARES)];
      const rate = z.int("rate", 0n, WAD);
      const paid = (shares: Int): Int => (twin ? z.up(shares.mul(rate), WAD) : z.assets(shares, rate));
      z.hint(rate.eq(6n * 10n ** 17n), x.eq(1), y.eq(1));
      return paid(x)
        .add(paid(y))
        .le(z.assets(x.add(y), rate));
    },
  },
  {
    name: "claims-at-several-rates-fit-the-tokens",
    twin: "claims are rounded up",
    claim: (z, twin) => {
      // Active shares at the factor, two matured buckets at rates of their own.
      const shares = [1, 2, 3].map((n) => z.int(`shares${n}`, 0n, MAX_SHARES));
      const rates = [1, 2, 3].map((n) => z.int(`rate${n}`, 0n, WAD));
      const tokens = z.int("tokens");
      const products = shares.map((some, n) => some.mul(rates[n] ?? 0));
      z.hint(...rates.map((rate) => rate.eq(1)), ...shares.map((some) => some.eq(1)), tokens.eq(1));
      const sum = (parts: Int[]): Int => parts.reduce((total, part) => total.add(part), z.value(0n));
      z.assume(sum(products).le(tokens.mul(WAD)));
      return sum(products.map((product) => (twin ? z.up(product, WAD) : z.down(product, WAD)))).le(tokens);
    },
  },
  {
    name: "splitting-loses-less-than-one-per-part",
    twin: "it loses nothing",
    claim: (z, twin) => {
      // By induction: the parts split so far, `before` of them, have lost less than one each; one more is split off.
      const [rest, part] = [z.int("rest", 0n, MAX_SHARES), z.int("part", 1n, MAX_SHARES)];
      const rate = z.int("rate", 0n, WAD);
      const before = z.int("before", 1n);
      const paidBefore = z.int("paidBefore");
      z.hint(rate.eq(6n * 10n ** 17n), rest.eq(1), part.eq(1), before.eq(1));
      const paidRest = z.assets(rest, rate);
      z.assume(paidBefore.le(paidRest), paidBefore.gt(paidRest.sub(before)));
      const whole = z.assets(rest.add(part), rate);
      const parts = paidBefore.add(z.assets(part, rate));
      return z.all(parts.le(whole), twin ? parts.ge(whole) : parts.gt(whole.sub(before).sub(1)));
    },
  },
  {
    name: "merging-gains-one-unit-at-most",
    twin: "it gains nothing",
    claim: (z, twin) => {
      // One record was paid at a rate that vetoes have raised since; the other was paid nothing.
      const [paidShares, others] = [z.int("paidShares", 0n, MAX_SHARES), z.int("others", 0n, MAX_SHARES)];
      const rate = z.int("rate", 0n, WAD);
      const earlier = z.int("earlier", 0n, rate);
      z.hint(rate.eq(6n * 10n ** 17n), paidShares.eq(1), others.eq(1), earlier.eq(0));
      const paid = z.assets(paidShares, earlier);
      const merged = z.assets(paidShares.add(others), rate).sub(paid);
      const parts = z.assets(paidShares, rate).sub(paid).add(z.assets(others, rate));
      return z.all(merged.ge(parts), merged.le(twin ? parts : parts.add(1)));
    },
  },
  {
    name: "completing-again-never-underflows",
    twin: "what was paid was rounded up",
    claim: (z, twin) => {
      const shares = z.int("shares", 0n, MAX_SHARES);
      const rate = z.int("rate", 0n, WAD);
      const raised = z.int("raised");
      z.assume(rate.add(raised).le(WAD));
      z.hint(shares.eq(1), rate.eq(1), raised.eq(0));
      z.notNegative(shares, raised);
      z.notNegative(shares, z.value(WAD).sub(rate).sub(raised));
      const paid = twin ? z.up(shares.mul(rate), WAD) : z.assets(shares, rate);
      const total = z.assets(shares, rate.add(raised));
      return z.all(total.ge(paid), total.le(shares));
    },
  },
  {
    name: "shares-fit-after-entry",
    twin: "the check leaves out what comes",
    claim: (z, twin) => {
      const { factor, assets } = entry(z);
      const shares = z.int("shares");
      const holdings = z.int("holdings");
      z.hint(factor.eq(WAD / 2n), assets.eq(1), shares.eq(MAX_SHARES - 1n), holdings.eq(2n ** 119n - 1n));
      z.assume(shares.mul(factor).le(holdings.mul(WAD)));
      const most = z.assets(z.value(MAX_SHARES), factor);
      z.assume((twin ? holdings : holdings.add(assets)).le(most));
      const after = shares.add(sharesOf(z, assets, factor, false));
      z.ordered(z.value(MAX_SHARES), after, factor);
      return z.all(after.le(MAX_SHARES), after.mul(factor).le(holdings.add(assets).mul(WAD)));
    },
  },
];
