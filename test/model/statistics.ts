import { formatTable } from "../../scripts/lib/table";
import { VERBS } from "./commands";

/** Least part of its attempts that every verb must succeed in. */
const LEAST_SUCCESS = 0.01;

/** What was tried and what came of it, by verb. */
export class Statistics {
  private readonly tried = new Map<string, number>();
  private readonly refused = new Map<string, number>();

  count(verb: string, isRefused: boolean): void {
    this.tried.set(verb, (this.tried.get(verb) ?? 0) + 1);
    if (isRefused) this.refused.set(verb, (this.refused.get(verb) ?? 0) + 1);
  }

  get operations(): number {
    return [...this.tried.values()].reduce((total, count) => total + count, 0);
  }

  get refusals(): number {
    return [...this.refused.values()].reduce((total, count) => total + count, 0);
  }

  /** Verbs that were not tried, or hardly ever succeeded: their place in the suite proves nothing. */
  idle(): string[] {
    return VERBS.map(({ verb }) => verb).filter((verb) => {
      const tried = this.tried.get(verb) ?? 0;
      return tried === 0 || tried - (this.refused.get(verb) ?? 0) < Math.max(1, tried * LEAST_SUCCESS);
    });
  }

  table(): string {
    const rows = VERBS.map(({ verb }) => {
      const [tried, refused] = [this.tried.get(verb) ?? 0, this.refused.get(verb) ?? 0];
      return [verb, tried, tried - refused, refused];
    });
    return formatTable(["verb", "tried", "succeeded", "refused as predicted"], rows);
  }
}
