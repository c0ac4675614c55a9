/** A cell of any matrix: one value of each dimension, by their names in ids. */
export type Values = Readonly<Record<string, string>>;

/** Name of a dimension of a cell. */
export type NameOf<Cell extends Values> = Extract<keyof Cell, string>;

/** The values of each dimension by their names in ids, in the words of titles. */
export type WordsOf<Cell extends Values> = { readonly [Name in keyof Cell]: Readonly<Record<Cell[Name], string>> };

function keysOf<Value extends object>(value: Value): readonly Extract<keyof Value, string>[] {
  return Object.keys(value).filter((key): key is Extract<keyof Value, string> => key in value);
}

function keysIn<Key extends string>(words: Readonly<Record<Key, string>>): readonly Key[] {
  return Object.keys(words).filter((key): key is Key => key in words);
}

/** Every cell there could be. */
export class Space<Cell extends Values> {
  /** The dimensions in their order. */
  readonly names: readonly NameOf<Cell>[];

  constructor(readonly words: WordsOf<Cell>) {
    this.names = keysOf(words);
  }

  /** The values of a dimension, in their order. */
  valuesOf<Name extends NameOf<Cell>>(name: Name): readonly Cell[Name][] {
    return keysIn<Cell[Name]>(this.words[name]);
  }

  /** A cell's name, which stays when others come and go. */
  idOf(cell: Cell): string {
    return this.names.map((name) => cell[name]).join("/");
  }

  /** The cell of a name; undefined if there is none such. */
  cellOf(id: string): Cell | undefined {
    const parts = id.split("/");
    const known = this.names.every((name, i) => this.valuesOf(name).some((value) => value === parts[i]));
    return known && parts.length === this.names.length ? this.from(parts) : undefined;
  }

  /** Every cell there could be, in the order of the dimensions. */
  *cells(before: readonly string[] = []): Generator<Cell> {
    const name = this.names[before.length];
    if (name === undefined) yield this.from(before);
    else for (const value of this.valuesOf(name)) yield* this.cells([...before, value]);
  }

  /** The words of a dimension's values, each once. */
  wordsIn(name: NameOf<Cell>): string[] {
    return [...new Set<string>(Object.values(this.words[name]))];
  }

  private from(values: readonly string[]): Cell {
    return Object.fromEntries(this.names.map((name, i) => [name, values[i]])) as Cell;
  }
}
