import { type Arith, type BitVec, type Bool, type Context } from "z3-solver";

/** An integer, a condition and a word, as z3 knows them. */
export type Int = Arith;
export type Condition = Bool;
export type Word = BitVec;

/** What may stand where an integer stands. */
export type IntLike = Int | bigint | number;

/** One, in the fixed point arithmetic of the core. */
export const WAD = 10n ** 18n;

/** The greatest number of shares of a pool. */
export const MAX_SHARES = 2n ** 120n - 1n;

/** Smallest factor with which a pool takes entries: `MIN_FACTOR` of the StakeManager. */
export const MIN_FACTOR = 10n ** 9n;

/**
 * The integers and words of one lemma. What is known of them is gathered as they are named: bounds of variables,
 * meaning of divisions, and what the lemma assumes.
 */
export class Algebra {
  /** All that is assumed. */
  readonly facts: Condition[] = [];
  /** What narrows the search for a counter-example of the false twin; never used in a proof. */
  readonly hints: Condition[] = [];
  readonly variables: (Int | Word | Condition)[] = [];
  private divisions = 0;

  constructor(private readonly z3: Context) {}

  /** An unbounded integer with the bounds that the code keeps. */
  int(name: string, from: IntLike = 0n, to?: IntLike): Int {
    const variable = this.z3.Int.const(name);
    this.variables.push(variable);
    this.assume(variable.ge(from));
    if (to !== undefined) this.assume(variable.le(to));
    return variable;
  }

  /** A condition that may hold or not. */
  flag(name: string): Condition {
    const variable = this.z3.Bool.const(name);
    this.variables.push(variable);
    return variable;
  }

  /** A word of so many bits. */
  word(name: string, bits = 256): Word {
    const variable = this.z3.BitVec.const(name, bits);
    this.variables.push(variable);
    return variable;
  }

  /** A constant word. */
  wordOf(value: bigint, bits = 256): Word {
    return this.z3.BitVec.val(value, bits);
  }

  value(value: bigint): Int {
    return this.z3.Int.val(value);
  }

  /** Assumes conditions. */
  assume(...conditions: Condition[]): void {
    this.facts.push(...conditions);
  }

  /** Says where a counter-example of the twin may be looked for. */
  hint(...conditions: Condition[]): void {
    this.hints.push(...conditions);
  }

  /** ⌊dividend / divisor⌋, by its meaning: the q with q · divisor ≤ dividend < (q + 1) · divisor. */
  down(dividend: Int, divisor: IntLike): Int {
    const quotient = this.z3.Int.const(`floor!${this.divisions++}`);
    const product = quotient.mul(divisor);
    this.assume(product.le(dividend), dividend.lt(product.add(divisor)));
    return quotient;
  }

  /** ⌈dividend / divisor⌉, by its meaning: the q with (q − 1) · divisor < dividend ≤ q · divisor. */
  up(dividend: Int, divisor: IntLike): Int {
    const quotient = this.z3.Int.const(`ceil!${this.divisions++}`);
    const product = quotient.mul(divisor);
    this.assume(product.ge(dividend), dividend.gt(product.sub(divisor)));
    return quotient;
  }

  /** ⌊shares · rate / WAD⌋: `WadMath.toAssetsDown`. */
  assets(shares: Int, rate: Int): Int {
    return this.down(shares.mul(rate), WAD);
  }

  min(a: Int, b: Int): Int {
    return this.either(a.le(b), a, b);
  }

  either(condition: Condition, then: IntLike, otherwise: IntLike): Int {
    const lift = (value: IntLike): Int => (typeof value === "object" ? value : this.z3.Int.val(value));
    return this.z3.If(condition, lift(then), lift(otherwise));
  }

  /** A word if a condition holds, else another. */
  eitherWord(condition: Condition, then: Word, otherwise: Word): Word {
    return this.z3.If(condition, then, otherwise);
  }

  all(...conditions: Condition[]): Condition {
    return this.z3.And(...conditions);
  }

  any(...conditions: Condition[]): Condition {
    return this.z3.Or(...conditions);
  }

  not(condition: Condition): Condition {
    return this.z3.Not(condition);
  }

  implies(condition: Condition, conclusion: Condition): Condition {
    return this.z3.Implies(condition, conclusion);
  }

  /** Another such truth: a product of what is not negative is not negative, and only 0 if one of both is. */
  notNegative(a: Int, b: Int): void {
    this.assume(this.implies(this.all(a.ge(0), b.ge(0)), a.mul(b).ge(0)));
    this.assume(this.implies(this.all(a.gt(0), b.gt(0)), a.mul(b).gt(0)));
  }

  /**
   * A truth of the integers that z3 is slow to find by itself: of two products with the same positive factor the one
   * with the greater number is greater, by that factor at least. It is itself proved, as the lemma
   * `products-keep-order`.
   */
  ordered(a: Int, b: Int, factor: Int): void {
    this.assume(this.implies(a.lt(b), a.mul(factor).add(factor).le(b.mul(factor))));
  }

  /** What is not greater is not greater as a multiple either, and the other way round. */
  keepsOrder(a: Int, b: Int, factor: Int): Condition {
    const [product, other] = [a.mul(factor), b.mul(factor)];
    return this.all(this.implies(a.le(b), product.le(other)), this.implies(product.le(other), a.le(b)));
  }

  /** A truth that z3 is slow to find for factors that are not 0: the lemma `multiples-keep-order`. */
  scaled(a: Int, b: Int, factor: Int): void {
    this.assume(this.keepsOrder(a, b, factor));
  }
}

/** A lemma about the formulas of the core, and the same with one thing changed, which is false. */
export interface Lemma {
  /** In words with hyphens; docs/ACCOUNTING.md lists it. */
  readonly name: string;
  /** What the false twin changes. */
  readonly twin: string;
  /** Names the variables, assumes, and returns the claim; of the false twin if `twin` is true. */
  readonly claim: (algebra: Algebra, twin: boolean) => Condition;
}
