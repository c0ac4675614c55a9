import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { formatUnits } from "ethers";
import { format, resolveConfig } from "prettier";
import { readEnvironment } from "../../scripts/lib/environment";
import { readText, ROOT } from "../../scripts/lib/files";

const PAGE = "docs/LRT.md";

const HEAD = "| what happens | who | WETH |";

/** The table's rows, and nothing else of the page. */
const TABLE = /\| what happens +\| who +\| +WETH \|\n\|[-:| ]+\|\n(?:\|.*\|\n)*/;

/** What happened, to whom, and what they gained, in wei, or what else is to be said. */
export type Row = readonly [what: string, who: string, gained: bigint | string];

const told: string[][] = [];

/** An amount of ether with at most six decimals; a smaller one in wei. Only nothing is 0. */
function amount(gained: bigint): string {
  const sign = gained < 0n ? "−" : gained > 0n ? "+" : "";
  const size = gained < 0n ? -gained : gained;
  if (size > 0n && size < 10n ** 12n) return `${sign}${size} wei`;
  const micros = (size + 5n * 10n ** 11n) / 10n ** 12n;
  return `${sign}${formatUnits(micros, 6).replace(/\.0$/, "")}`;
}

/** The cells of the table as it is committed. */
function committed(): string[][] {
  const [, , ...lines] = (TABLE.exec(readText(PAGE))?.[0] ?? "").trimEnd().split("\n");
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

/** Asserts that the page tells what a scenario has measured; or has it written, see `settleTable`. */
export function tell(...rows: readonly Row[]): void {
  const cells = rows.map(([what, who, gained]) => [what, who, typeof gained === "bigint" ? amount(gained) : gained]);
  told.push(...cells);
  if (readEnvironment().UPDATE_SNAPSHOTS) return;
  expect(committed(), `${PAGE} is stale: run npm run markets -- --write`).to.deep.include.members(cells);
}

/** Asserts that the page tells all that the scenarios have told and nothing else, or writes it. */
export async function settleTable(): Promise<void> {
  if (!readEnvironment().UPDATE_SNAPSHOTS) {
    expect(committed()).to.deep.equal(told);
    return;
  }
  const lines = [HEAD, "| --- | --- | ---: |", ...told.map((cells) => `| ${cells.join(" | ")} |`), ""];
  const file = join(ROOT, PAGE);
  const text = readText(PAGE).replace(TABLE, () => lines.join("\n"));
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: "markdown" }));
}
