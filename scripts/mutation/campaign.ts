import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { UserError } from "../lib/errors";
import { ROOT } from "../lib/files";
import { CACHE, buildArtifacts, hashOf, makeSwitchable, withVariants } from "./build";
import { type Compilation, type Sources, compile, readSources } from "./compiler";
import { Ledger, type SourceHashes, type Verdict, hashSources, sourcesOf } from "./ledger";
import { type Mutant, SUBJECTS, type Subject, findMutants, subjectOf } from "./mutants";
import { Order } from "./order";
import { Pool } from "./pool";
import { type Rehearsed, rehearseAll } from "./rehearsal";
import { hashOfJudge, hashOfTest, judgeFiles } from "./suites";
import { type Numbered, compileAlone } from "./variants";

/** A mutant and the number that switches it on. */
type NumberedMutant = Numbered & { readonly variant: Mutant };

/** How the mutants of one subject are compiled. */
interface Group {
  readonly together: readonly NumberedMutant[];
  /** Those that need a build of their own, or do not compile at all. */
  readonly alone: readonly Mutant[];
  /** The sources that hold those that stand together. */
  readonly built: Sources;
}

/** The mutants of the present sources. */
export interface Mutants {
  readonly sources: Sources;
  readonly hashes: SourceHashes;
  readonly original: Compilation;
  readonly all: readonly Mutant[];
}

/** Which mutants cannot be switched is kept: finding out compiles many times. */
function separate({ sources, original }: Mutants, all: readonly Mutant[]): Group {
  const file = join(ROOT, CACHE, `${hashOf([...sources].flat())}-${hashOf(all.map(({ id }) => id))}.alone.json`);
  if (existsSync(file)) {
    const ids = z.array(z.string()).parse(JSON.parse(readFileSync(file, "utf8")));
    const alone = all.filter(({ id }) => ids.includes(id));
    const { together, sources: built } = withVariants(
      sources,
      original,
      all.filter((mutant) => !alone.includes(mutant)),
    );
    return { together, alone, built };
  }
  const byTypes = makeSwitchable(sources, original, all, "types");
  const rest = byTypes.together.map(({ variant }) => variant);
  const byCode = makeSwitchable(sources, original, rest, "code");
  const alone = [...byTypes.alone, ...byCode.alone];
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(alone.map(({ id }) => id)));
  return { together: byCode.together, alone, built: byCode.sources };
}

/** Finds all mutants of the sources. */
export function prepare(): Mutants {
  const sources = readSources();
  const original = compile(sources, "types");
  if (original.errors.length > 0) throw new UserError("The sources do not compile.");
  return { sources, hashes: hashSources(sources), original, all: findMutants(sources, original) };
}

/** What is told while mutants are judged. */
export interface Progress {
  readonly done: number;
  readonly of: number;
  readonly mutant: Mutant;
  readonly verdict: Verdict;
}

/** How mutants are judged. */
export interface CampaignOptions {
  readonly processes: number;
  readonly onVerdict: (progress: Progress) => void;
  /** Told when something long begins. */
  readonly onStep: (step: string) => void;
  /** Whether those that are not chosen are left out of the build: quicker for a few, but of no use to the next run. */
  readonly chosenAlone?: boolean;
}

/** Judges mutants, and hands on each verdict. */
export async function judgeMutants(
  mutants: Mutants,
  chosen: readonly Mutant[],
  options: CampaignOptions,
): Promise<void> {
  let done = 0;
  for (const subject of SUBJECTS) {
    const judge = hashOfJudge(subject);
    const own = chosen.filter(({ path }) => subjectOf(path) === subject);
    if (own.length === 0) continue;
    await judgeSubject(subject, mutants, own, options, (mutant, verdict) => {
      const by = verdict.file === "" ? judge : hashOfTest(verdict.file);
      const whole = { id: mutant.id, ...verdict, sources: sourcesOf(mutant, mutants.hashes), judge: by };
      options.onVerdict({ done: ++done, of: chosen.length, mutant, verdict: whole });
    });
  }
}

/** Puts mutants of a subject together as far as that goes, and judges those that are chosen. */
async function judgeSubject(
  subject: Subject,
  mutants: Mutants,
  chosen: readonly Mutant[],
  { processes, onStep, chosenAlone = false }: CampaignOptions,
  conclude: Conclude,
): Promise<void> {
  const all = chosenAlone ? chosen : mutants.all.filter(({ path }) => subjectOf(path) === subject);
  onStep(`putting ${all.length} mutants of the ${subject} together`);
  const { together, alone, built } = separate(mutants, all);
  const queue = together.filter(({ variant }) => chosen.includes(variant));
  if (queue.length > 0) {
    onStep(`compiling ${together.length} of them into one build`);
    const artifacts = buildArtifacts(built);
    if (artifacts === undefined) throw new UserError("The mutants do not compile together.");
    onStep(`starting ${processes} judges`);
    const pool = await Pool.start(artifacts, processes, judgeFiles(subject));
    try {
      onStep(`rehearsing ${pool.tests.length} tests`);
      const rehearsed = await rehearseAll(pool, artifacts, subject);
      onStep(`judging ${queue.length} mutants`);
      await judgeTogether(pool, rehearsed, queue, new Ledger(), conclude);
    } finally {
      pool.stop();
    }
  }
  for (const mutant of alone.filter((one) => chosen.includes(one))) await judgeAlone(mutants.sources, mutant, conclude);
}

/** Hands on a verdict. */
type Conclude = (mutant: Mutant, verdict: Pick<Verdict, "verdict" | "by" | "file">) => void;

const SURVIVED = { verdict: "survived", by: "", file: "" } as const;

async function judgeTogether(
  pool: Pool,
  rehearsed: Rehearsed,
  queue: readonly NumberedMutant[],
  ledger: Ledger,
  conclude: Conclude,
): Promise<void> {
  const waiting = [...queue];
  const order = new Order(rehearsed);
  await pool.work(
    () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const reaching = rehearsed.reaching.get(next.number);
        // What no test reaches, no test notices.
        if (reaching === undefined) conclude(next.variant, SURVIVED);
        else {
          const tests = order.testsFor(next.variant, reaching, ledger.get(next.variant.id)?.by);
          return { order: { kind: "judge", variant: next.number, tests }, task: next.variant };
        }
      }
      return undefined;
    },
    (mutant, answer) => {
      const killer = answer?.kind === "judged" ? answer.killer : undefined;
      const name = killer === undefined ? undefined : rehearsed.names[killer];
      if (killer !== undefined && name !== undefined) {
        order.note(mutant, killer);
        conclude(mutant, { verdict: "killed", by: name.title, file: name.file });
      } else conclude(mutant, SURVIVED);
    },
  );
}

/** Judges a mutant in a build of its own, by all tests. */
async function judgeAlone(sources: Sources, mutant: Mutant, conclude: Conclude): Promise<void> {
  const changed = compileAlone(sources, mutant);
  const compiles = compile(changed, "types").errors.length === 0;
  const artifacts = compiles ? buildArtifacts(changed) : undefined;
  if (artifacts === undefined) {
    conclude(mutant, { verdict: "invalid", by: "", file: "" });
    return;
  }
  const pool = await Pool.start(artifacts, 1, judgeFiles(subjectOf(mutant.path)));
  try {
    const tests = pool.tests.map((_, index) => index);
    let given = false;
    await pool.work(
      () => (given ? undefined : ((given = true), { order: { kind: "judge", variant: 0, tests }, task: mutant })),
      (_, answer) => {
        const killer = answer?.kind === "judged" && answer.killer !== undefined ? pool.tests[answer.killer] : undefined;
        if (killer === undefined) conclude(mutant, SURVIVED);
        else conclude(mutant, { verdict: "killed", by: killer.title, file: killer.file });
      },
    );
  } finally {
    pool.stop();
  }
}
