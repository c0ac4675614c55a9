import { Command } from "commander";
import { type Bug } from "../test/teeth/bug";
import { BUGS as CORE_BUGS } from "../test/teeth/bugs";
import { LRT_PATH_BUGS } from "../test/teeth/lrt-paths";
import { runCommand } from "./lib/command";
import { UserError } from "./lib/errors";
import { formatTable } from "./lib/table";
import { buildArtifacts, makeSwitchable } from "./mutation/build";
import { compile, readSources } from "./mutation/compiler";
import { Field, forgeTests, isSetUp } from "./mutation/field";
import type { Order } from "./mutation/messages";
import { type Planted, plantAll } from "./mutation/planted";
import { Pool } from "./mutation/pool";
import type { Numbered } from "./mutation/variants";

/** Fewer bugs would prove too little. */
const FLOOR = 89 + LRT_PATH_BUGS.length;

const BUGS: readonly Bug[] = [...CORE_BUGS, ...LRT_PATH_BUGS];

/** A bug and the number that switches it on. */
type NumberedBug = Numbered & { readonly variant: Planted };

/** Whether a bug was noticed by whom it must be. */
interface Outcome {
  readonly bug: Bug;
  readonly caught: boolean;
  readonly by: string;
  readonly seconds: number;
}

/** What a judge does next: all tests without any bug, or those of one bug with it. */
interface Turn {
  readonly order: Order;
  readonly bug?: Bug;
}

/** What is shown of a catcher. */
function nameOf({ caughtBy }: Bug): string {
  const { runner, suite, test } = caughtBy;
  if (runner === "paths") return `paths: ${test}`;
  return runner === "forge" ? `${test} in ${suite}` : `${suite}: ${test}`;
}

/** Has each bug judged by its tests, in this machine's chain; before and after all they must pass without any. */
async function judgeByMocha(bugs: readonly NumberedBug[], artifacts: string): Promise<Outcome[]> {
  if (bugs.length === 0) return [];
  const files = [...new Set(bugs.map(({ variant }) => variant.bug.caughtBy.suite))];
  const pool = await Pool.start(artifacts, 1, files);
  try {
    const testsOf = ({ variant: { bug } }: NumberedBug): number[] => {
      const { runner, suite, test } = bug.caughtBy;
      const words = runner === "paths" ? new RegExp(test) : undefined;
      const isMeant = (title: string): boolean => words?.test(title) ?? title.endsWith(test);
      const found = pool.tests.flatMap(({ file, title }, index) => (file === suite && isMeant(title) ? [index] : []));
      if (words !== undefined ? found.length > 0 : found.length === 1) return found;
      throw new UserError(`${found.length} tests of ${suite} are called "${test}", which shall catch "${bug.title}".`);
    };
    const tests = bugs.map(testsOf);
    const outcomes: Outcome[] = [];
    const rehearsal: Turn = { order: { kind: "rehearse", traced: false, tests: [...new Set(tests.flat())] } };
    const judgements = bugs.map(({ number, variant }, index): Turn => ({
      order: { kind: "judge", variant: number, tests: tests[index] ?? [] },
      bug: variant.bug,
    }));
    const waiting = [rehearsal, ...judgements, rehearsal];
    await pool.work(
      () => {
        const next = waiting.shift();
        return next === undefined ? undefined : { order: next.order, task: { bug: next.bug, since: Date.now() } };
      },
      ({ bug, since }, answer) => {
        if (bug === undefined) {
          const failed =
            answer?.kind === "rehearsed" ? answer.runs.find(({ error }) => error !== undefined) : undefined;
          if (answer?.kind !== "rehearsed" || failed !== undefined) {
            throw new UserError(`A test fails without any bug: ${pool.tests[failed?.test ?? -1]?.title ?? "?"}.`);
          }
          return;
        }
        const caught = answer?.kind === "judged" && answer.killer !== undefined;
        outcomes.push({ bug, caught, by: nameOf(bug), seconds: (Date.now() - since) / 1000 });
      },
    );
    return outcomes;
  } finally {
    pool.stop();
  }
}

/** Has each bug judged by the random calls of its set-up; nothing must be violated without it. */
async function judgeByForge(bugs: readonly NumberedBug[], field: Field): Promise<Outcome[]> {
  const setUps = [...new Set(bugs.map(({ variant }) => variant.bug.caughtBy.suite))];
  for (const setUp of setUps) {
    if (!isSetUp(setUp)) throw new UserError(`There is no set-up ${setUp}.`);
    const { violation, ran } = await field.drive(setUp, 0);
    if (!ran || violation !== "")
      throw new UserError(`${setUp} fails without any bug: ${violation || "it did not run"}.`);
  }
  const outcomes: Outcome[] = [];
  for (const { variant, number } of bugs) {
    const since = Date.now();
    const { violation } = await field.drive(variant.bug.caughtBy.suite, number);
    const { test, suite } = variant.bug.caughtBy;
    const by = violation === "" ? `nothing in ${suite}` : `${violation.slice(0, 60)} in ${suite}`;
    outcomes.push({
      bug: variant.bug,
      caught: new RegExp(`^(?:${test})`).test(violation),
      by,
      seconds: (Date.now() - since) / 1000,
    });
  }
  return outcomes;
}

/** Prints every bug, and says whether all were caught. */
function report(outcomes: readonly Outcome[], began: number, isAll: boolean): boolean {
  const rows = outcomes.map(({ bug, caught, by, seconds }) => [
    bug.breaks,
    bug.title,
    caught ? by : `NOT CAUGHT by ${nameOf(bug)} (${by})`,
    Number(seconds.toFixed(1)),
  ]);
  console.log(formatTable(["breaks", "bug", "caught by", "seconds"], rows));
  const caught = outcomes.filter((outcome) => outcome.caught).length;
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`${caught} of ${outcomes.length} planted bugs caught in ${seconds} s.`);
  if (isAll && outcomes.length < FLOOR) console.error(`Fewer than ${FLOOR} bugs prove too little.`);
  return caught === outcomes.length && (!isAll || outcomes.length >= FLOOR);
}

const command = new Command("npm run test:teeth --")
  .description("Plants bugs in the contracts one by one; each must be caught by the test that it names.")
  .option("--only <texts...>", "bugs whose titles hold one of these texts, or which break this");

runCommand(command, async () => {
  const { only } = command.opts<{ only?: string[] }>();
  const began = performance.now();
  const chosen = BUGS.filter(
    ({ title, breaks }) => only?.some((text) => title.includes(text) || breaks === text) ?? true,
  );
  if (chosen.length === 0) throw new UserError("No bug is chosen.");
  const sources = new Map([...readSources(), ...forgeTests()]);
  const original = compile(sources, "types");
  if (original.errors.length > 0) throw new UserError("The sources do not compile.");
  const {
    together,
    alone,
    sources: built,
  } = makeSwitchable(sources, original, plantAll(BUGS, sources, original), "types");
  const [apart] = alone;
  if (apart !== undefined) throw new UserError(`The bug "${apart.bug.title}" does not compile.`);

  const bugs = together.filter(({ variant }) => chosen.includes(variant.bug));
  const byRandomCalls = bugs.filter(({ variant }) => variant.bug.caughtBy.runner === "forge");
  const byTests = bugs.filter((bug) => !byRandomCalls.includes(bug));
  const contracts = new Map([...built].filter(([path]) => !path.startsWith("test/")));
  const artifacts = buildArtifacts(contracts);
  if (artifacts === undefined) throw new UserError("The bugs do not compile together.");
  const [byMocha, byForge] = await Promise.all([
    judgeByMocha(byTests, artifacts),
    byRandomCalls.length === 0 ? [] : judgeByForge(byRandomCalls, Field.layOut(built)),
  ]);
  return report([...byMocha, ...byForge], began, only === undefined);
});
