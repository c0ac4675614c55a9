import Table from "cli-table3";

/**
 * Formats a table, first column to the left and numbers to the right, without colours: logs and files read it, too.
 */
export function formatTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const isNumeric = (column: number): boolean =>
    rows.length > 0 && rows.every((row) => typeof row[column] === "number");
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (isNumeric(column) ? "right" : "left")),
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
    style: { head: [], border: [] },
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
}
