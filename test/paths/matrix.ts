import { readText } from "../../scripts/lib/files";
import { choose, chooseSome, missingPairs } from "./select";
import type { NameOf, Space, Values } from "./space";

/** Why some cells are no paths. */
export interface Rule<Cell extends Values> {
  readonly name: string;
  readonly why: string;
  /** How the contracts refuse such a cell, where they do; and one that shows it. */
  readonly refusal?: { readonly error: string; readonly cell: Cell };
  excludes(cell: Cell): boolean;
}

/** How many cells are valid, and how many each rule excludes. */
export interface Counts<Cell extends Values> {
  readonly valid: number;
  readonly excluded: ReadonlyMap<Rule<Cell>, number>;
}

/** A cell of the matrix, and what becomes of the stake on it. */
export interface Judged<Cell extends Values> {
  readonly cell: Cell;
  readonly verdict: string;
}

/** What a matrix is made of. */
interface Parts<Cell extends Values> {
  readonly space: Space<Cell>;
  /** Every reason for which cells are left out. Each is counted by the first that holds for it. */
  readonly rules: readonly Rule<Cell>[];
  /** Dimensions of which every valid combination is in the matrix. */
  readonly products: readonly (readonly NameOf<Cell>[])[];
  /** The committed list of the cells. */
  readonly file: string;
  /** Fewer cells would leave too much out. */
  readonly floor: number;
}

const BETWEEN = ": ";

/** The cells that are walked, and why others are not. */
export class Matrix<Cell extends Values> {
  readonly space: Space<Cell>;
  readonly rules: readonly Rule<Cell>[];
  readonly products: readonly (readonly NameOf<Cell>[])[];
  readonly file: string;
  readonly floor: number;

  constructor({ space, rules, products, file, floor }: Parts<Cell>) {
    [this.space, this.rules, this.products] = [space, rules, products];
    [this.file, this.floor] = [file, floor];
  }

  /** The first rule that excludes a cell. */
  ruleAgainst(cell: Cell): Rule<Cell> | undefined {
    return this.rules.find((rule) => rule.excludes(cell));
  }

  /** Looks at every cell there could be: the valid ones, and the counts. */
  explore(): { readonly cells: readonly Cell[]; readonly counts: Counts<Cell> } {
    const valid: Cell[] = [];
    const excluded = new Map(this.rules.map((rule) => [rule, 0]));
    for (const cell of this.space.cells()) {
      const rule = this.ruleAgainst(cell);
      if (rule === undefined) valid.push(cell);
      else excluded.set(rule, (excluded.get(rule) ?? 0) + 1);
    }
    return { cells: valid, counts: { valid: valid.length, excluded } };
  }

  /** Chooses the cells of the matrix out of the valid ones. */
  choose(valid: readonly Cell[]): Cell[] {
    return choose(this.space, this.products, valid);
  }

  /** Chooses some of these cells, but so many that every two values occur together that do. */
  chooseSome(all: readonly Cell[], count: number): Cell[] {
    return chooseSome(this.space, all, count);
  }

  /** How many pairs of values are missing among some of these cells. */
  missingPairs(all: readonly Cell[], chosen: readonly Cell[]): number {
    return missingPairs(this.space, all, chosen);
  }

  /** Reads the committed list. */
  read(): Judged<Cell>[] {
    const lines = readText(this.file).split("\n");
    return lines
      .filter((line) => line !== "")
      .map((line) => {
        const at = line.indexOf(BETWEEN);
        const cell = this.space.cellOf(line.slice(0, at));
        if (cell === undefined) throw new Error(`${this.file}: "${line}" names no path.`);
        return { cell, verdict: line.slice(at + BETWEEN.length) };
      });
  }

  /** The text of the list. */
  tell(judged: readonly Judged<Cell>[]): string {
    return judged.map(({ cell, verdict }) => `${this.space.idOf(cell)}${BETWEEN}${verdict}\n`).join("");
  }

  /** What is wrong with the committed list: cells that are missing or too many, rules that do nothing. */
  problems(committed: readonly Cell[]): string[] {
    const { cells, counts } = this.explore();
    const { file, floor } = this;
    const expected = new Set(this.choose(cells).map((cell) => this.space.idOf(cell)));
    const present = new Set(committed.map((cell) => this.space.idOf(cell)));
    const idle = [...counts.excluded].filter(([, count]) => count === 0).map(([{ name }]) => name);
    return [
      ...[...expected].filter((id) => !present.has(id)).map((id) => `${file} lacks ${id}.`),
      ...[...present].filter((id) => !expected.has(id)).map((id) => `${id} is no longer a cell of the matrix.`),
      ...idle.map((name) => `The rule "${name}" excludes nothing.`),
      ...(present.size < floor ? [`${present.size} cells are fewer than ${floor}.`] : []),
    ];
  }
}
