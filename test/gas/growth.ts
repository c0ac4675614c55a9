import type { GasKey } from "./budgets";

/** How the gas of an operation of the token grows with the number of its operators. */
export interface Growth {
  readonly operation: string;
  readonly base: number;
  readonly perOperator: number;
  /** What is measured with so many operators. */
  readonly keys: Readonly<Record<1 | 8 | 32, GasKey>>;
  /** What the same call costs without it. */
  readonly without?: GasKey;
}

/** All that grows: nothing else depends on the number of operators, and nothing on holders or requests. */
export const GROWTH: readonly Growth[] = [
  {
    operation: "close, first in each bucket",
    base: 197_000,
    perOperator: 73_200,
    keys: { 1: "lrt.close.1", 8: "lrt.close.8.firstInBucket", 32: "lrt.close.32" },
  },
  {
    operation: "settle",
    base: 57_000,
    perOperator: 12_200,
    keys: { 1: "lrt.settle.1", 8: "lrt.settle.8", 32: "lrt.settle.32" },
  },
  {
    operation: "revaluation, in the first call after a slash event",
    base: 13_000,
    perOperator: 8_000,
    keys: { 1: "lrt.deposit.revalue.1", 8: "lrt.deposit.revalue.8", 32: "lrt.deposit.revalue.32" },
    without: "lrt.deposit.again",
  },
];

/** The rows of the table in docs/LRT.md, as it is formatted. */
export function growthTable(): string {
  const rows = GROWTH.map(({ operation, base, perOperator }) => [
    operation,
    `${base.toLocaleString("en-US")} + ${perOperator.toLocaleString("en-US")}·n`,
  ]);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`).join("\n");
}
