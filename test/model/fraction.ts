function divisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a < 0n ? -a : a;
}

/** An exact rational number, in lowest terms. */
export class Fraction {
  static readonly ZERO = new Fraction(0n, 1n);

  private constructor(
    private readonly numerator: bigint,
    private readonly denominator: bigint,
  ) {}

  /** `numerator / denominator`; the denominator is 1 if it is not given, and more than 0. */
  static of(numerator: bigint, denominator = 1n): Fraction {
    if (denominator <= 0n) throw new RangeError(`${denominator} is no denominator.`);
    const common = divisor(numerator, denominator);
    return new Fraction(numerator / common, denominator / common);
  }

  /** The sum of many. */
  static sum(terms: Iterable<Fraction>): Fraction {
    let total = Fraction.ZERO;
    for (const term of terms) total = total.plus(term);
    return total;
  }

  plus(other: Fraction): Fraction {
    if (this.denominator === other.denominator) {
      return Fraction.of(this.numerator + other.numerator, this.denominator);
    }
    return Fraction.of(
      this.numerator * other.denominator + other.numerator * this.denominator,
      this.denominator * other.denominator,
    );
  }

  minus(other: Fraction): Fraction {
    return this.plus(new Fraction(-other.numerator, other.denominator));
  }

  times(factor: bigint): Fraction {
    return Fraction.of(this.numerator * factor, this.denominator);
  }

  /** The greatest integer that is not more. */
  floor(): bigint {
    const quotient = this.numerator / this.denominator;
    return this.numerator < 0n && this.numerator % this.denominator !== 0n ? quotient - 1n : quotient;
  }

  /** The least integer that is not less. */
  ceil(): bigint {
    return -new Fraction(-this.numerator, this.denominator).floor();
  }

  /** Less than 0, 0, or more than 0, as this is less than, equal to, or more than the other. */
  compare(other: Fraction): bigint {
    return this.numerator * other.denominator - other.numerator * this.denominator;
  }

  toString(): string {
    return this.denominator === 1n ? `${this.numerator}` : `${this.numerator}/${this.denominator}`;
  }
}
