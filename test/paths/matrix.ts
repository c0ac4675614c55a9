import { readText } from "../../scripts/lib/files";
import { type Cell, cellOf, idOf } from "./dimensions";

/** The committed list of the cells. */
export const CELLS_FILE = "test/paths/cells.txt";

/** A cell of the matrix, and what becomes of the stake on it. */
export interface Judged {
  readonly cell: Cell;
  readonly verdict: string;
}

const BETWEEN = ": ";

/** Reads the committed list. */
export function readMatrix(): Judged[] {
  const lines = readText(CELLS_FILE).split("\n");
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      const at = line.indexOf(BETWEEN);
      const cell = cellOf(line.slice(0, at));
      if (cell === undefined) throw new Error(`${CELLS_FILE}: "${line}" names no path.`);
      return { cell, verdict: line.slice(at + BETWEEN.length) };
    });
}

/** The text of the list. */
export function writeMatrix(matrix: readonly Judged[]): string {
  return matrix.map(({ cell, verdict }) => `${idOf(cell)}${BETWEEN}${verdict}\n`).join("");
}
