import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { z } from "zod";
import { UserError, runScript } from "../lib/errors";
import { ROOT } from "../lib/files";
import { run } from "../lib/run";
import { formatTable } from "../lib/table";

const REPORT = "coverage.json";

/** Suites that call every line: the model and the invariants would only take longer under instrumentation. */
const SUITES = "test/unit/**/*.test.ts";

/** The share that must have run, in percent. Lines are left out: a one-line function counts as run when it never was. */
const GATES = { statements: 100, functions: 100, branches: 99 } as const;

type Measure = keyof typeof GATES;

/** How many there are, and how many ran. */
interface Count {
  readonly ran: number;
  readonly all: number;
}

const hits = z.record(z.string(), z.int());
const reportSchema = z.record(z.string(), z.object({ s: hits, f: hits, b: z.record(z.string(), z.array(z.int())) }));

/** What one file of the report says. */
type FileReport = z.output<typeof reportSchema>[string];

function count(values: readonly number[]): Count {
  return { ran: values.filter((value) => value > 0).length, all: values.length };
}

function percent({ ran, all }: Count): number {
  return all === 0 ? 100 : (100 * ran) / all;
}

function measure({ s, f, b }: FileReport): Record<Measure, Count> {
  return {
    statements: count(Object.values(s)),
    functions: count(Object.values(f)),
    branches: count(Object.values(b).flat()),
  };
}

/** Prints the table of all files, and returns one sentence for each gate that is not reached. */
function judge(files: readonly (readonly [path: string, report: FileReport])[]): string[] {
  const measures = Object.keys(GATES) as Measure[];
  const rows = files.map(([path, report]) => ({ path, counts: measure(report) }));
  const cell = (value: Count): string => `${percent(value).toFixed(2)} % (${value.ran}/${value.all})`;
  const totals = measures.map((key) => {
    const sum = (part: keyof Count): number => rows.reduce((total, { counts }) => total + counts[key][part], 0);
    return { key, total: { ran: sum("ran"), all: sum("all") } };
  });
  const measured = rows.filter(({ counts }) => measures.some((key) => counts[key].all > 0));
  const lines = measured.map(({ path, counts }) => [path, ...measures.map((key) => cell(counts[key]))]);
  console.log(formatTable(["file", ...measures], [...lines, ["all", ...totals.map(({ total }) => cell(total))]]));
  return totals
    .filter(({ key, total }) => percent(total) < GATES[key])
    .map(({ key, total }) => `Coverage of ${key} is ${percent(total).toFixed(2)} %, less than ${GATES[key]} %.`);
}

runScript(async () => {
  const reportFile = join(ROOT, REPORT);
  // Else an old report could pass for that of a run which died, and code that an earlier run instrumented for this one's.
  for (const path of [reportFile, join(ROOT, "artifacts-coverage"), join(ROOT, "cache-coverage")]) {
    rmSync(path, { recursive: true, force: true });
  }
  const { code } = await run("hardhat", ["coverage", "--testfiles", SUITES], { env: { SOLIDITY_COVERAGE: "true" } });
  if (code !== 0) throw new UserError("The suites fail under coverage.");
  if (!existsSync(reportFile)) throw new UserError(`Coverage left no ${REPORT}.`);

  const report = reportSchema.parse(JSON.parse(readFileSync(reportFile, "utf8")));
  const files = Object.entries(report).map(([path, entry]) => [relative(ROOT, path), entry] as const);
  if (files.every(([, { s }]) => Object.keys(s).length === 0)) throw new UserError("Coverage measured no statement.");
  const problems = judge(files);
  for (const problem of problems) console.error(problem);
  return problems.length === 0;
});
