import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../lib/errors";
import { ROOT } from "../lib/files";
import { CACHE, hashOf } from "./build";
import type { Rehearsal, TestName } from "./messages";
import type { Subject } from "./mutants";
import type { Pool } from "./pool";
import { hashOfJudge } from "./suites";

/** What is known of the tests before they judge. */
export interface Rehearsed {
  readonly names: readonly TestName[];
  /** Tests that judge, by their places: for each variant those that reach it. */
  readonly reaching: ReadonlyMap<number, readonly number[]>;
  /** How many variants each test passes: few means that it is close to them. */
  readonly breadth: readonly number[];
  /** The fixture of each test; going from one to another takes time. */
  readonly fixtures: readonly string[];
}

const saved = z.array(z.tuple([z.int(), z.string(), z.array(z.int())]));

/** Tests of the same file stay together, so that their fixtures are made once. */
function chunks(names: readonly TestName[], count: number): number[][] {
  const files = [...new Set(names.map(({ file }) => file))];
  const all = names.map((_, index) => index);
  return Array.from({ length: count }, (_, chunk) =>
    all.filter((test) => files.indexOf(names[test]?.file ?? "") % count === chunk),
  );
}

/** Runs all tests once. */
async function rehearse(pool: Pool, traced: boolean): Promise<Rehearsal[]> {
  const parts = chunks(pool.tests, pool.size * 4);
  const runs: Rehearsal[] = [];
  await pool.work(
    () => {
      const tests = parts.pop();
      return tests === undefined ? undefined : { order: { kind: "rehearse", traced, tests }, task: undefined };
    },
    (_, answer) => {
      if (answer?.kind !== "rehearsed") throw new UserError("A judge died while it rehearsed.");
      runs.push(...answer.runs);
    },
  );
  return runs.sort((a, b) => a.test - b.test);
}

/** Every test must pass where variants are compiled in, and none is switched on. */
function requirePasses(names: readonly TestName[], runs: readonly Rehearsal[]): void {
  const problems = runs.flatMap(({ test, error }) =>
    error === undefined ? [] : [`"${names[test]?.title ?? ""}" fails without any variant: ${error}`],
  );
  if (problems.length > 0) throw new UserError(problems.join("\n"));
}

/** Lets every test pass under no variant, and finds out which variants each passes; kept while build and tests stay. */
export async function rehearseAll(pool: Pool, build: string, subject: Subject): Promise<Rehearsed> {
  const file = join(ROOT, CACHE, `${hashOf([build, hashOfJudge(subject)])}.reach.json`);
  let rows: z.output<typeof saved>;
  if (existsSync(file)) rows = saved.parse(JSON.parse(readFileSync(file, "utf8")));
  else {
    requirePasses(pool.tests, await rehearse(pool, false));
    rows = (await rehearse(pool, true)).map(({ test, fixture, reached }) => [test, fixture, reached]);
    writeFileSync(file, JSON.stringify(rows));
  }
  const reaching = new Map<number, number[]>();
  const breadth: number[] = [];
  const fixtures: string[] = [];
  for (const [test, fixture, reached] of rows) {
    breadth[test] = reached.length;
    fixtures[test] = fixture;
    for (const variant of reached) {
      const tests = reaching.get(variant) ?? [];
      tests.push(test);
      reaching.set(variant, tests);
    }
  }
  return { names: pool.tests, reaching, breadth, fixtures };
}
