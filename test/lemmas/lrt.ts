import { type Algebra, type Condition, type Int, type Lemma, WAD } from "./algebra";

const BPS = 10_000n;

/** Seconds of a day. */
const DAY = 86_400n;

/** Most that vests of A in a day: `LrtMath.MAX_DAILY_VEST_BPS`. */
const DAILY_BPS = 25n;

/** All that is booked is below it. */
const BOOKED = 2n ** 104n;

/** Rounded up or down. */
function divide(z: Algebra, up: boolean, dividend: Int, divisor: Int | bigint): Int {
  return up ? z.up(dividend, divisor) : z.down(dividend, divisor);
}

/** The token: A, B ≤ A and S, of which some are there. */
interface Token {
  readonly total: Int;
  readonly sure: Int;
  readonly supply: Int;
}

function token(z: Algebra): Token {
  const total = z.int("total", 1n, BOOKED - 1n);
  return { total, sure: z.int("sure", 0n, total), supply: z.int("supply", 1n) };
}

/** Whether neither A/S nor B/S is lower after so much has come in for so many shares; or gone out, if negative. */
function keepsRates(z: Algebra, { total, sure, supply }: Token, assets: Int, shares: Int): Condition {
  const kept = (amount: Int): Condition =>
    amount
      .add(assets)
      .mul(supply)
      .ge(amount.mul(supply.add(shares)));
  return z.all(kept(total), kept(sure));
}

/** The liquid restaking token: what its verbs round, and what that leaves to whom. */
export const LRT: readonly Lemma[] = [
  {
    name: "a-deposit-lowers-no-rate",
    twin: "shares are rounded up",
    claim: (z, twin) => {
      const lrt = token(z);
      const assets = z.int("assets", 1n);
      z.hint(lrt.total.eq(3), lrt.sure.eq(3), lrt.supply.eq(2), assets.eq(1));
      const shares = divide(z, twin, assets.mul(lrt.supply), lrt.total);
      z.notNegative(lrt.total.sub(lrt.sure), shares);
      return keepsRates(z, lrt, assets, shares);
    },
  },
  {
    name: "a-mint-lowers-no-rate",
    twin: "assets are rounded down",
    claim: (z, twin) => {
      const lrt = token(z);
      const shares = z.int("shares", 1n);
      z.hint(lrt.total.eq(3), lrt.sure.eq(3), lrt.supply.eq(2), shares.eq(1));
      const assets = divide(z, !twin, shares.mul(lrt.total), lrt.supply);
      z.notNegative(lrt.total.sub(lrt.sure), shares);
      return keepsRates(z, lrt, assets, shares);
    },
  },
  {
    name: "an-instant-exit-lowers-no-rate",
    twin: "it pays by A/S",
    claim: (z, twin) => {
      const lrt = token(z);
      const shares = z.int("shares", 1n, lrt.supply);
      const feeBps = z.int("feeBps", 10n, 500n);
      z.hint(lrt.total.eq(1000), lrt.sure.eq(500), lrt.supply.eq(1000), shares.eq(100), feeBps.eq(10));
      const gross = z.down(shares.mul(twin ? lrt.total : lrt.sure), lrt.supply);
      const fee = z.up(gross.mul(feeBps), BPS);
      z.notNegative(lrt.total.sub(lrt.sure), shares);
      z.notNegative(fee, lrt.supply);
      return keepsRates(z, lrt, fee.sub(gross), shares.neg());
    },
  },
  {
    name: "deposit-then-instant-exit-never-profits",
    twin: "B may be more than A",
    claim: (z, twin) => {
      const [total, supply] = [z.int("total", 1n, BOOKED - 1n), z.int("supply", 1n)];
      const sure = twin ? z.int("sure") : z.int("sure", 0n, total);
      const assets = z.int("assets", 1n);
      z.hint(total.eq(10), sure.eq(20), supply.eq(10), assets.eq(10));
      const shares = z.down(assets.mul(supply), total);
      z.notNegative(total.sub(sure), shares);
      // Before the fee.
      const paid = z.down(shares.mul(sure.add(assets)), supply.add(shares));
      z.ordered(assets, paid, supply.add(shares));
      return paid.le(assets);
    },
  },
  {
    name: "minted-supply-fits-106-bits",
    twin: "it is minted when more than 99.9 % is lost",
    claim: (z, twin) => {
      const [total, assets] = [z.int("total", 1n), z.int("assets", 1n)];
      const supply = z.int("supply", 1n, twin ? undefined : total.mul(1000));
      const shares = z.int("shares");
      z.hint(total.eq(1), assets.eq(1), supply.eq(2n ** 106n - 1n), shares.eq(1));
      z.assume(total.add(assets).lt(2n ** 96n), shares.mul(total).le(assets.mul(supply)));
      z.notNegative(total.mul(1000).sub(supply), assets);
      z.scaled(shares, assets.mul(1000), total);
      return supply.add(shares).lt(2n ** 106n);
    },
  },
  {
    name: "slices-sum-below-the-whole",
    twin: "slices are rounded up",
    claim: (z, twin) => {
      // Two epochs, one after the other, of one position, and what is left for the other shares.
      const [whole, supply] = [z.int("whole"), z.int("supply", 1n)];
      const [first, second] = [z.int("first"), z.int("second")];
      z.assume(first.add(second).lt(supply));
      z.hint(whole.eq(1), supply.eq(3), first.eq(1), second.eq(1));
      const slice = divide(z, twin, whole.mul(first), supply);
      const rest = whole.sub(slice);
      const next = divide(z, twin, rest.mul(second), supply.sub(first));
      const left = rest.sub(next);
      const others = supply.sub(first).sub(second);
      // Both slices leave to the others what is theirs; the second of what the first has left.
      z.notNegative(rest.mul(supply).sub(whole.mul(supply.sub(first))), others);
      z.scaled(whole.mul(others), left.mul(supply), supply.sub(first));
      return z.all(slice.add(next).le(whole), whole.mul(others).le(left.mul(supply)));
    },
  },
  {
    name: "a-slice-lowers-no-rate",
    twin: "what leaves is rounded up",
    claim: (z, twin) => {
      // The cash, and a position at a rate of 1; the next lemma is about the others.
      const [idle, position, supply] = [z.int("idle"), z.int("position"), z.int("supply", 1n)];
      const shares = z.int("shares", 0n, supply);
      z.hint(idle.eq(0), position.eq(1), supply.eq(2), shares.eq(1));
      const cut = (whole: Int): Int => divide(z, twin, whole.mul(shares), supply);
      const total = idle.add(position);
      const after = total.sub(cut(idle)).sub(cut(position));
      return after.mul(supply).ge(total.mul(supply.sub(shares)));
    },
  },
  {
    name: "a-slice-lowers-a-booked-value-by-less-than-a-unit",
    twin: "by nothing",
    claim: (z, twin) => {
      const [position, supply] = [z.int("position"), z.int("supply", 1n)];
      const shares = z.int("shares", 0n, supply);
      const rate = z.int("rate", 0n, WAD);
      z.hint(position.eq(4), supply.eq(4), shares.eq(1), rate.eq(WAD / 2n));
      const cut = z.down(position.mul(shares), supply);
      const [before, after] = [z.assets(position, rate), z.assets(position.sub(cut), rate)];
      z.notNegative(position.mul(shares).sub(cut.mul(supply)), rate);
      z.notNegative(position.mul(rate).sub(before.mul(WAD)), supply.sub(shares));
      const share = before.mul(supply.sub(shares));
      return after
        .add(twin ? 0 : 1)
        .mul(supply)
        .ge(share);
    },
  },
  {
    name: "claims-of-an-epoch-fit-what-it-was-paid",
    twin: "claims are rounded up",
    claim: (z, twin) => {
      // By induction, in any order: those who have claimed got their part at most; meanwhile a settlement has added.
      const [shares, assets, added] = [z.int("shares", 1n), z.int("assets"), z.int("added")];
      const [claimed, paid] = [z.int("claimed"), z.int("paid")];
      const claim = z.int("claim");
      z.assume(claimed.add(claim).le(shares), paid.mul(shares).le(claimed.mul(assets)));
      z.hint(shares.eq(2), assets.eq(1), added.eq(0), claimed.eq(0), paid.eq(0), claim.eq(1));
      const all = assets.add(added);
      const after = paid.add(divide(z, twin, claim.mul(all), shares));
      const who = claimed.add(claim);
      z.notNegative(claimed, added);
      z.notNegative(shares.sub(who), all);
      z.scaled(after, all, shares);
      return z.all(after.mul(shares).le(who.mul(all)), after.le(all));
    },
  },
  {
    name: "a-withdrawal-takes-shares-that-cover-it",
    twin: "shares are rounded down",
    claim: (z, twin) => {
      const [shares, assets] = [z.int("shares", 1n), z.int("assets", 1n)];
      const own = z.int("own", 1n, shares);
      const most = z.down(own.mul(assets), shares);
      const wanted = z.int("wanted", 1n, most);
      z.hint(shares.eq(3), assets.eq(2), own.eq(3), wanted.eq(1));
      const taken = divide(z, !twin, wanted.mul(shares), assets);
      z.notNegative(most.sub(wanted), shares);
      z.scaled(own, taken.sub(1), assets);
      return z.all(taken.le(own), wanted.mul(shares).le(taken.mul(assets)));
    },
  },
  {
    name: "late-claims-sum-to-one-claim",
    twin: "what was paid was rounded up",
    claim: (z, twin) => {
      // Two claims while vetoes could still add; then what was added, for both.
      const [shares, assets, added] = [z.int("shares", 1n), z.int("assets"), z.int("added")];
      const [one, other] = [z.int("one"), z.int("other")];
      z.assume(one.add(other).le(shares));
      z.hint(shares.eq(2), assets.eq(1), added.eq(0), one.eq(1), other.eq(1));
      const early = (part: Int): Int => divide(z, twin, part.mul(assets), shares);
      const paid = early(one).add(early(other));
      const both = one.add(other);
      const total = z.down(both.mul(assets.add(added)), shares);
      z.notNegative(both, added);
      z.ordered(total, paid, shares);
      const late = total.sub(paid);
      return z.all(
        late.ge(0),
        paid
          .add(late)
          .mul(shares)
          .le(both.mul(assets.add(added))),
      );
    },
  },
  {
    name: "vesting-in-two-touches-gains-nothing",
    twin: "each touch is rounded up",
    claim: (z, twin) => {
      // The first touch may have vested less than its part of the line: the daily limit.
      const [streaming, left] = [z.int("streaming"), z.int("left", 2n)];
      const [first, second] = [z.int("first", 1n), z.int("second", 1n)];
      z.assume(first.add(second).le(left));
      z.hint(streaming.eq(1), left.eq(4), first.eq(1), second.eq(1));
      const line = divide(z, twin, streaming.mul(first), left);
      const vested = twin ? line : z.int("vested", 0n, line);
      const rest = left.sub(first);
      z.assume(rest.ge(1));
      const next = divide(z, twin, streaming.sub(vested).mul(second), rest);
      const behind = streaming.mul(first).sub(vested.mul(left));
      const once = z.down(streaming.mul(first.add(second)), left);
      z.notNegative(line.sub(vested), left);
      z.notNegative(behind, rest.sub(second));
      z.scaled(vested.add(next).mul(left), streaming.mul(first.add(second)), rest);
      z.ordered(once, vested.add(next), left);
      return z.all(vested.add(next).le(once), once.le(streaming));
    },
  },
  {
    name: "the-daily-limit-grows-by-what-vests-alone",
    twin: "it does not grow",
    claim: (z, twin) => {
      const total = z.int("total", 0n, BOOKED - 1n);
      const [first, second] = [z.int("first", 1n), z.int("second", 1n)];
      z.hint(total.eq(400n * 400n), first.eq(DAY), second.eq(DAY));
      const limit = (amount: Int, elapsed: Int): Int => z.down(amount.mul(elapsed).mul(DAILY_BPS), BPS * DAY);
      const vested = limit(total, first);
      const twice = vested.add(limit(total.add(vested), second));
      const once = limit(total, first.add(second));
      return twice.le(twin ? once : once.add(z.up(vested.mul(second).mul(DAILY_BPS), BPS * DAY)));
    },
  },
  {
    name: "services-take-operator-risk-at-most",
    twin: "what joins is left out",
    claim: (z, twin) => {
      const [total, position] = [z.int("total", 0n, BOOKED - 1n), z.int("position")];
      const [factor, riskBps] = [z.int("factor", 1n, WAD), z.int("riskBps", 1n, BPS)];
      const [given, joining] = [z.int("given", 1n), z.int("joining")];
      const used = given.add(joining);
      z.assume(used.le(factor));
      z.hint(total.eq(BPS), riskBps.eq(1000), factor.eq(WAD), given.eq(WAD / 10n), joining.eq(WAD / 10n));
      z.hint(position.eq(BPS));
      const counted = twin ? given : used;
      const limit = z.down(total.mul(riskBps).mul(factor), counted.mul(BPS));
      const value = z.up(position.mul(factor), WAD);
      z.assume(value.le(limit));
      z.notNegative(value.mul(WAD).sub(position.mul(factor)), counted);
      z.notNegative(limit.sub(value), counted);
      // Both sides times the factor; all that is used can be slashed.
      const [taken, risk] = [position.mul(used).mul(BPS), total.mul(riskBps).mul(WAD)];
      z.scaled(taken, risk, factor);
      return taken.le(risk);
    },
  },
  {
    name: "what-is-found-fits-104-bits",
    twin: "the room leaves out the stake",
    claim: (z, twin) => {
      const [booked, gross, balance] = [z.int("booked"), z.int("gross"), z.int("balance")];
      z.assume(booked.add(gross).lt(BOOKED));
      z.hint(booked.eq(0), gross.eq(1), balance.eq(BOOKED));
      const full = z.value(BOOKED - 1n).sub(booked);
      const room = twin ? full : full.sub(gross);
      const found = z.min(z.either(balance.gt(booked), balance.sub(booked), 0n), room);
      return z.all(booked.add(found).add(gross).lt(BOOKED), found.ge(0));
    },
  },
  {
    name: "cash-slot-keeps-its-parts",
    twin: "what is idle has a bit more",
    claim: (z, twin) => {
      const [idle, streaming, streamedAt] = [z.word("idle"), z.word("streaming"), z.word("streamedAt")];
      const bits = (count: number): bigint => 2n ** BigInt(count);
      z.assume(idle.ult(z.wordOf(bits(twin ? 105 : 104))), streaming.ult(z.wordOf(bits(104))));
      z.assume(streamedAt.ult(z.wordOf(bits(48))));
      const slot = idle.or(streaming.shl(z.wordOf(104n))).or(streamedAt.shl(z.wordOf(208n)));
      const mask = z.wordOf(BOOKED - 1n);
      return z.all(
        slot.and(mask).eq(idle),
        slot.lshr(z.wordOf(104n)).and(mask).eq(streaming),
        slot.lshr(z.wordOf(208n)).eq(streamedAt),
      );
    },
  },
  {
    name: "stake-slot-keeps-its-parts",
    twin: "shares have 96 bits",
    claim: (z, twin) => {
      const [operator, shares] = [z.word("operator"), z.word("shares")];
      const leaving = z.flag("leaving");
      z.assume(operator.ult(z.wordOf(2n ** 160n)), shares.ult(z.wordOf(2n ** (twin ? 96n : 95n))));
      const bit = z.wordOf(2n ** 95n);
      const none = z.wordOf(0n);
      const slot = operator
        .shl(z.wordOf(96n))
        .or(z.eitherWord(leaving, bit, none))
        .or(shares);
      return z.all(
        slot.and(z.wordOf(2n ** 95n - 1n)).eq(shares),
        slot.and(bit).eq(z.eitherWord(leaving, bit, none)),
        slot.lshr(z.wordOf(96n)).eq(operator),
      );
    },
  },
];
