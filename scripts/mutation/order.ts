import type { Mutant } from "./mutants";
import type { Rehearsed } from "./rehearsal";

/** How many of the tests that killed in the same function are asked first. */
const REMEMBERED = 6;

/** Puts the tests that may kill a mutant in the order in which they probably do. */
export class Order {
  private readonly killers = new Map<string, number[]>();

  constructor(private readonly rehearsed: Rehearsed) {}

  /** Remembers which test killed. */
  note(mutant: Mutant, test: number): void {
    const known = this.killers.get(mutant.where) ?? [];
    this.killers.set(mutant.where, [test, ...known.filter((other) => other !== test)].slice(0, REMEMBERED));
  }

  /**
   * What killed in the same function, then what stands in a file of its name, then the rest; tests that begin with the
   * same fixture side by side, and those first that pass few variants.
   *
   * @param first A test that killed this very mutant before.
   */
  testsFor(mutant: Mutant, reaching: readonly number[], first: string | undefined): number[] {
    const { names, breadth, fixtures } = this.rehearsed;
    const killers = this.killers.get(mutant.where) ?? [];
    const verb = mutant.where.split(".").at(-1)?.replace("_", "") ?? "";
    const narrowest = new Map<string, number>();
    for (const test of reaching) {
      const fixture = fixtures[test] ?? "";
      narrowest.set(fixture, Math.min(narrowest.get(fixture) ?? Infinity, breadth[test] ?? 0));
    }
    const rank = (test: number): readonly number[] => {
      const name = names[test];
      const fixture = narrowest.get(fixtures[test] ?? "") ?? 0;
      if (name?.title === first) return [0, 0, 0];
      if (killers.includes(test)) return [1, fixture, killers.indexOf(test)];
      return [name?.file.endsWith(`/${verb}.test.ts`) === true ? 2 : 3, fixture, breadth[test] ?? 0];
    };
    const ranks = new Map(reaching.map((test) => [test, rank(test)]));
    return [...reaching].sort((a, b) => {
      const [left = [], right = []] = [ranks.get(a), ranks.get(b)];
      const decisive = left.findIndex((value, index) => value !== right[index]);
      return (left[decisive] ?? 0) - (right[decisive] ?? 0);
    });
  }
}
