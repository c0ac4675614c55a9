import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { UserError } from "../lib/errors";
import { ROOT } from "../lib/files";
import { CACHE, buildArtifacts, hashOf, makeSwitchable, withVariants } from "./build";
import { type Compilation, type Sources, compile, readSources } from "./compiler";
import { Ledger, type Verdict, hashOfSources } from "./ledger";
import { type Mutant, findMutants } from "./mutants";
import { Order } from "./order";
import { Pool } from "./pool";
import { type Rehearsed, rehearseAll } from "./rehearsal";
import { hashOfJudge, hashOfTest, judgeFiles } from "./suites";
import { type Numbered, compileAlone } from "./variants";

/** A mutant and the number that switches it on. */
type NumberedMutant = Numbered & { readonly variant: Mutant };

/** The mutants of the present sources, and how they are compiled. */
export interface Mutants {
  readonly sources: Sources;
  readonly hash: string;
  readonly all: readonly Mutant[];
  readonly together: readonly NumberedMutant[];
  /** Those that need a build of their own, or do not compile at all. */
  readonly alone: readonly Mutant[];
  /** The sources that hold those that stand together. */
  readonly built: Sources;
}

/** Which mutants cannot be switched is kept: finding out compiles many times. */
function separate(sources: Sources, original: Compilation, all: readonly Mutant[]): Mutants {
  const hash = hashOfSources(sources);
  const file = join(ROOT, CACHE, `${hashOf([...sources].flat())}-${hashOf(all.map(({ id }) => id))}.alone.json`);
  if (existsSync(file)) {
    const ids = z.array(z.string()).parse(JSON.parse(readFileSync(file, "utf8")));
    const alone = all.filter(({ id }) => ids.includes(id));
    const { together, sources: built } = withVariants(
      sources,
      original,
      all.filter((mutant) => !alone.includes(mutant)),
    );
    return { sources, hash, all, together, alone, built };
  }
  const byTypes = makeSwitchable(sources, original, all, "types");
  const rest = byTypes.together.map(({ variant }) => variant);
  const byCode = makeSwitchable(sources, original, rest, "code");
  const alone = [...byTypes.alone, ...byCode.alone];
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(alone.map(({ id }) => id)));
  return { sources, hash, all, together: byCode.together, alone, built: byCode.sources };
}

/** Finds all mutants of the sources, and puts them together as far as that goes. */
export function prepare(): Mutants {
  const sources = readSources();
  const original = compile(sources, "types");
  if (original.errors.length > 0) throw new UserError("The sources do not compile.");
  return separate(sources, original, findMutants(sources, original));
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
}

/** Judges mutants, and hands on each verdict. */
export async function judgeMutants(
  mutants: Mutants,
  chosen: readonly Mutant[],
  { processes, onVerdict, onStep }: CampaignOptions,
): Promise<void> {
  const judge = hashOfJudge();
  const ledger = new Ledger();
  const queue = mutants.together.filter(({ variant }) => chosen.includes(variant));
  const alone = mutants.alone.filter((mutant) => chosen.includes(mutant));
  let done = 0;
  const conclude = (mutant: Mutant, verdict: Pick<Verdict, "verdict" | "by" | "file">): void => {
    const by = verdict.file === "" ? judge : hashOfTest(verdict.file);
    const whole = { id: mutant.id, ...verdict, sources: mutants.hash, judge: by };
    onVerdict({ done: ++done, of: queue.length + alone.length, mutant, verdict: whole });
  };
  if (queue.length > 0) {
    onStep(`compiling ${mutants.together.length} mutants into one build`);
    const artifacts = buildArtifacts(mutants.built);
    if (artifacts === undefined) throw new UserError("The mutants do not compile together.");
    onStep(`starting ${processes} judges`);
    const pool = await Pool.start(artifacts, processes, judgeFiles());
    try {
      onStep(`rehearsing ${pool.tests.length} tests`);
      const rehearsed = await rehearseAll(pool, artifacts);
      onStep(`judging ${queue.length} mutants`);
      await judgeTogether(pool, rehearsed, queue, ledger, conclude);
    } finally {
      pool.stop();
    }
  }
  for (const mutant of alone) await judgeAlone(mutants.sources, mutant, conclude);
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
  const pool = await Pool.start(artifacts, 1, judgeFiles());
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
