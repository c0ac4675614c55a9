import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { z } from "zod";

const entry = z.object({
  runner: z.string(),
  passed: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  pending: z.int().nonnegative(),
});

/** What one test runner (mocha, forge) counted in one run. */
export type TestCounts = z.output<typeof entry>;

/** Adds the counts of a run to the report file, one JSON object a line. */
export function appendCounts(file: string, counts: TestCounts): void {
  appendFileSync(file, `${JSON.stringify(counts)}\n`);
}

/** Reads all counts of a report file; no file means that no runner came as far as counting. */
export function readCounts(file: string): TestCounts[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => entry.parse(JSON.parse(line)));
}
