import { entryOf } from "../model/vocabulary";
import type { NameOf, Space, Values } from "./space";

/** Values are numbered from 0 on, all less than this. */
const LIMIT = 64;

/** A cell, and its values as numbers. */
interface Numbered<Cell extends Values> {
  readonly cell: Cell;
  readonly values: readonly number[];
}

/** Gives a number to each value of each dimension. */
function numberer<Cell extends Values>(space: Space<Cell>): (cell: Cell) => Numbered<Cell> {
  const keys = space.names.flatMap((name) => space.valuesOf(name).map((value) => `${name}/${value}`));
  if (keys.length > LIMIT) throw new Error(`There are more than ${LIMIT} values.`);
  const numbers = new Map(keys.map((key, i) => [key, i]));
  return (cell) => ({ cell, values: space.names.map((name) => numbers.get(`${name}/${cell[name]}`) ?? 0) });
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
class Cover<Cell extends Values> {
  private readonly missing: Uint8Array;

  constructor(
    cells: readonly Numbered<Cell>[],
    private readonly strength: Strength,
  ) {
    this.missing = new Uint8Array(LIMIT ** strength);
    for (const { values } of cells) {
      combine(values, strength, (combination) => {
        this.missing[combination] = 1;
      });
    }
  }

  add({ values }: Numbered<Cell>): void {
    combine(values, this.strength, (combination) => {
      this.missing[combination] = 0;
    });
  }

  /** The cell that adds most; of equals the first. */
  best(cells: Iterable<Numbered<Cell>>): Numbered<Cell> | undefined {
    let [best, most]: [Numbered<Cell> | undefined, number] = [undefined, -1];
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
  *complete(cells: readonly Numbered<Cell>[]): Generator<Numbered<Cell>> {
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
function groupedBy<Cell extends Values>(
  cells: readonly Numbered<Cell>[],
  names: readonly NameOf<Cell>[],
): Numbered<Cell>[][] {
  const groups = new Map<string, Numbered<Cell>[]>();
  for (const one of cells) entryOf(groups, names.map((name) => one.cell[name]).join("/"), () => []).push(one);
  return [...groups.values()];
}

/**
 * Chooses the cells of a matrix, always the same: for every valid combination of each product the one whose other
 * values add most; then more, until every three values that can occur together do. They come in the order of the ids.
 */
export function choose<Cell extends Values>(
  space: Space<Cell>,
  products: readonly (readonly NameOf<Cell>[])[],
  valid: readonly Cell[],
): Cell[] {
  const cells = valid.map(numberer(space));
  const cover = new Cover(cells, 3);
  const chosen = new Set<Numbered<Cell>>();
  const take = (one: Numbered<Cell> | undefined): void => {
    if (one === undefined) return;
    cover.add(one);
    chosen.add(one);
  };
  for (const names of products) {
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
export function chooseSome<Cell extends Values>(space: Space<Cell>, all: readonly Cell[], count: number): Cell[] {
  const cells = all.map(numberer(space));
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
export function missingPairs<Cell extends Values>(
  space: Space<Cell>,
  all: readonly Cell[],
  chosen: readonly Cell[],
): number {
  const numbered = numberer(space);
  const cover = new Cover(all.map(numbered), 2);
  for (const cell of chosen) cover.add(numbered(cell));
  return cover.count();
}
