import { format, resolveConfig } from "prettier";
import { join } from "node:path";
import { ROOT } from "../../scripts/lib/files";
import type { Bug } from "../teeth/bug";
import type { Counts, Matrix } from "./matrix";
import type { NameOf, Space, Values } from "./space";

/** A table of markdown. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A number with commas. */
function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** The labels of a matrix's dimensions. */
export type Labels<Cell extends Values> = Readonly<Record<NameOf<Cell>, string>>;

/** The dimensions, and their values in words. */
export function tellDimensions<Cell extends Values>(space: Space<Cell>, labels: Labels<Cell>): string {
  const rows = space.names.map((name) => [labels[name], space.valuesOf(name).length, space.wordsIn(name).join("<br>")]);
  return table(["dimension", "values", "in words"], rows);
}

/** How many cells there are. */
export function tellCounts<Cell extends Values>({ valid, excluded }: Counts<Cell>, chosen: number): string {
  const possible = valid + [...excluded.values()].reduce((sum, number) => sum + number, 0);
  return table(
    ["cells", "number"],
    [
      ["combinations of values", count(possible)],
      ["excluded by a rule", count(possible - valid)],
      ["valid", count(valid)],
      ["in the matrix", count(chosen)],
    ],
  );
}

/** The products of which every valid combination is there. */
export function tellProducts<Cell extends Values>({ products }: Matrix<Cell>, labels: Labels<Cell>): string {
  return products.map((names) => names.map((name) => labels[name]).join(" × ")).join("; ");
}

/** The rules, and how many cells each excludes. */
export function tellRules<Cell extends Values>({ rules }: Matrix<Cell>, { excluded }: Counts<Cell>): string {
  return table(
    ["rule", "because", "cells"],
    rules.map((rule) => [rule.name, rule.why, count(excluded.get(rule) ?? 0)]),
  );
}

/** The planted bugs, and the paths of which some must fail. */
export function tellBugs(bugs: readonly Bug[]): string {
  const rows = bugs.map(({ breaks, title, caughtBy }) => [breaks, title, `\`${caughtBy.test}\``]);
  return table(["paths", "mistake", "of these some fail"], rows);
}

/** Different words, in order. */
export function distinct(words: readonly string[]): string {
  return [...new Set(words)].sort().join(" · ");
}

/** With a capital. */
export function asTitle(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A page as it is committed. */
export async function formatPage(path: string, text: string): Promise<string> {
  const options = await resolveConfig(join(ROOT, path));
  return await format(text, { ...options, parser: "markdown" });
}
