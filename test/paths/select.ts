import { type Cell, type Dimension, NAMES, VALUES } from "./dimensions";
import { entryOf } from "../model/vocabulary";
import { type Rule, RULES, ruleAgainst } from "./rules";

/** What decides whether and how a withdrawal is reached. */
const HEART = ["place", "order", "outcome"] as const satisfies readonly Dimension[];

/** Dimensions of which every valid combination is in the matrix. */
export const PRODUCTS: readonly (readonly Dimension[])[] = [
  [...HEART, "set"],
  [...HEART, "exit"],
];

/** Every cell there could be, in the order of the dimensions. */
export function* everyCell(): Generator<Cell> {
  for (const place of VALUES.place)
    for (const order of VALUES.order)
      for (const outcome of VALUES.outcome)
        for (const exit of VALUES.exit)
          for (const allocation of VALUES.allocation)
            for (const set of VALUES.set)
              for (const fraction of VALUES.fraction)
                for (const asset of VALUES.asset)
                  yield { place, order, outcome, exit, allocation, set, fraction, asset };
}

/** How many cells are valid, and how many each rule excludes. */
export interface Space {
  readonly valid: number;
  readonly excluded: ReadonlyMap<Rule, number>;
}

/** Looks at every cell there could be: the valid ones, and the counts. */
export function explore(): { readonly cells: readonly Cell[]; readonly space: Space } {
  const valid: Cell[] = [];
  const excluded = new Map(RULES.map((rule) => [rule, 0]));
  for (const cell of everyCell()) {
    const rule = ruleAgainst(cell);
    if (rule === undefined) valid.push(cell);
    else excluded.set(rule, (excluded.get(rule) ?? 0) + 1);
  }
  return { cells: valid, space: { valid: valid.length, excluded } };
}

/** A number for each value of each dimension, from 0 on, all less than `LIMIT`. */
const NUMBERS = new Map(
  NAMES.flatMap((name) => VALUES[name].map((value) => `${name}/${value}`)).map((key, i) => [key, i]),
);

const LIMIT = 64;

/** A cell, and its values as numbers. */
interface Numbered {
  readonly cell: Cell;
  readonly values: readonly number[];
}

function numbered(cell: Cell): Numbered {
  return { cell, values: NAMES.map((name) => NUMBERS.get(`${name}/${cell[name]}`) ?? 0) };
}

/** How many values must occur together. */
type Strength = 2 | 3;

/** Tells every combination of a cell's values, as one number each. */
function combine(values: readonly number[], strength: Strength, tell: (combination: number) => void): void {
  for (let i = 0; i < values.length; i++) {
    for (let j = i + 1; j < values.length; j++) {
      const pair = (values[i] ?? 0) * LIMIT + (values[j] ?? 0);
      if (strength === 2) tell(pair);
      else for (let k = j + 1; k < values.length; k++) tell(pair * LIMIT + (values[k] ?? 0));
    }
  }
}

/** The values of a combination. */
function valuesOf(combination: number, strength: Strength): number[] {
  const values: number[] = [];
  for (let rest = combination, i = 0; i < strength; i++, rest = Math.floor(rest / LIMIT)) values.push(rest % LIMIT);
  return values;
}

/** Every combination of values that some valid cell has, and those of them that no chosen cell has yet. */
class Cover {
  private readonly missing: Uint8Array;

  constructor(
    cells: readonly Numbered[],
    private readonly strength: Strength,
  ) {
    this.missing = new Uint8Array(LIMIT ** strength);
    for (const { values } of cells) {
      combine(values, strength, (combination) => {
        this.missing[combination] = 1;
      });
    }
  }

  add({ values }: Numbered): void {
    combine(values, this.strength, (combination) => {
      this.missing[combination] = 0;
    });
  }

  /** The cell that adds most; of equals the first. */
  best(cells: Iterable<Numbered>): Numbered | undefined {
    let [best, most]: [Numbered | undefined, number] = [undefined, -1];
    for (const one of cells) {
      let gain = 0;
      combine(one.values, this.strength, (combination) => {
        gain += this.missing[combination] ?? 0;
      });
      if (gain > most) [best, most] = [one, gain];
    }
    return best;
  }

  /** Chooses cells until nothing is missing. */
  *complete(cells: readonly Numbered[]): Generator<Numbered> {
    for (let at = this.missing.indexOf(1); at !== -1; at = this.missing.indexOf(1, at)) {
      const values = valuesOf(at, this.strength);
      const chosen = this.best(cells.filter((cell) => values.every((value) => cell.values.includes(value))));
      if (chosen === undefined) throw new Error("No cell has what a cell has.");
      this.add(chosen);
      yield chosen;
    }
  }

  /** How many combinations no chosen cell has. */
  count(): number {
    return this.missing.reduce((sum, one) => sum + one, 0);
  }
}

/** Cells by their values of some dimensions. */
function groupedBy(cells: readonly Numbered[], names: readonly Dimension[]): Numbered[][] {
  const groups = new Map<string, Numbered[]>();
  for (const one of cells) entryOf(groups, names.map((name) => one.cell[name]).join("/"), () => []).push(one);
  return [...groups.values()];
}

/**
 * Chooses the cells of the matrix, always the same: for every valid combination of each product the one whose other
 * values add most; then more, until every three values that can occur together do. They come in the order of the ids.
 */
export function choose(valid: readonly Cell[]): Cell[] {
  const cells = valid.map(numbered);
  const cover = new Cover(cells, 3);
  const chosen = new Set<Numbered>();
  const take = (one: Numbered | undefined): void => {
    if (one === undefined) return;
    cover.add(one);
    chosen.add(one);
  };
  for (const names of PRODUCTS) {
    for (const group of groupedBy(cells, names)) {
      if (!group.some((one) => chosen.has(one))) take(cover.best(group));
    }
  }
  for (const one of cover.complete(cells)) chosen.add(one);
  return cells.filter((one) => chosen.has(one)).map(({ cell }) => cell);
}

/**
 * Chooses some of the cells, always the same: as many as it takes for every two values to occur together that do; then
 * those that add most combinations of three.
 */
export function chooseSome(all: readonly Cell[], count: number): Cell[] {
  const cells = all.map(numbered);
  const chosen = [...new Cover(cells, 2).complete(cells)];
  const triples = new Cover(cells, 3);
  for (const one of chosen) triples.add(one);
  while (chosen.length < count) {
    const best = triples.best(cells);
    if (best === undefined) break;
    triples.add(best);
    chosen.push(best);
  }
  return chosen.map(({ cell }) => cell);
}

/** How many pairs of values that occur together in some of the cells do so in none of the chosen ones. */
export function missingPairs(all: readonly Cell[], chosen: readonly Cell[]): number {
  const cover = new Cover(all.map(numbered), 2);
  for (const cell of chosen) cover.add(numbered(cell));
  return cover.count();
}
