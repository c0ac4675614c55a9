import { randomInt } from "node:crypto";
import { Command, InvalidArgumentError } from "commander";
import { runCommand } from "./lib/command";
import { UserError } from "./lib/errors";
import { formatTable } from "./lib/table";
import { type Mutants, type Progress, judgeMutants, prepare } from "./mutation/campaign";
import { Ledger, type Verdict, readReasons } from "./mutation/ledger";
import type { Mutant } from "./mutation/mutants";
import { drawn } from "./mutation/random";
import {
  type Fate,
  fateOf,
  isDocument,
  readScore,
  renderDocument,
  scoreOf,
  shortfalls,
  writeReport,
} from "./mutation/report";
import type { Score } from "./mutation/report";
import { hashOfJudge } from "./mutation/suites";

/** Judges that work side by side: one for each core of the machine that CI has. */
const PROCESSES = 2;

/** Mutants that `--check` judges again, if not told otherwise. */
const SAMPLE = 150;

/** Fewer mutants would mean that the operators find nothing any more. */
const FLOOR = 4_000;

interface Options {
  readonly processes: number;
  readonly seed: number;
  readonly check?: true;
  readonly sample?: number;
  readonly only?: string;
  readonly shard?: readonly [part: number, of: number];
}

/** Prints how far it is, at most so often. */
function progressPrinter(began: number): { step: (step: string) => void; verdict: (progress: Progress) => void } {
  const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(0)} s`.padStart(6);
  let killed = 0;
  return {
    step: (step) => {
      console.log(`${seconds()}  ${step}`);
    },
    verdict: ({ done, of, mutant, verdict }) => {
      if (verdict.verdict === "killed") killed++;
      else console.log(`${seconds()}  ${verdict.verdict}: ${describe(mutant)}`);
      if (done % 100 === 0 || done === of) console.log(`${seconds()}  ${done} of ${of} judged, ${killed} killed`);
    },
  };
}

/** A mutant in one line. */
function describe({ path, line, operator, original, replacement, id }: Mutant): string {
  const flat = (source: string): string => source.replace(/\s+/g, " ");
  return `${path}:${line} ${operator} (${id}): ${flat(original)} → ${flat(replacement) || "nothing"}`;
}

/** The mutants that were asked for. */
function choose(all: readonly Mutant[], { only = "", shard, sample, seed }: Options): Mutant[] {
  const [part, of] = shard ?? [1, 1];
  const chosen = all.filter(({ path }, index) => path.includes(only) && index % of === part - 1);
  return sample === undefined ? chosen : drawn(chosen, sample, seed);
}

/** Every mutant with how it counts, and the score. */
function tally(mutants: Mutants): { readonly fates: ReadonlyMap<string, Fate>; readonly score: Score } {
  const ledger = new Ledger();
  const reasons = readReasons();
  const fates = new Map(mutants.all.map((mutant) => [mutant.id, fateOf(mutant, ledger, reasons, mutants.hashes)]));
  return { fates, score: scoreOf(mutants.all, fates, mutants.hashes.token) };
}

/** Prints the score of each file. */
function printScore(score: Score): void {
  const rows = Object.entries(score.files).map(([path, part]) => [
    path,
    part.score.toFixed(2),
    part.killed,
    part.survived,
    part.equivalent,
    part.invalid,
  ]);
  console.log(formatTable(["file", "score", "killed", "survived", "equivalent", "invalid"], rows));
  const { killed, survived, equivalent, invalid } = score;
  console.log(
    `${score.mutants} mutants: ${killed} killed, ${survived} survived, ${equivalent} equivalent, ${invalid} invalid; ` +
      `score ${score.score.toFixed(2)} %`,
  );
}

/** Judges what has no verdict that holds, and writes the report once every mutant has one. */
async function judge(options: Options): Promise<boolean> {
  const began = performance.now();
  const print = progressPrinter(began);
  const mutants = prepare();
  const judges = { protocol: hashOfJudge("protocol"), token: hashOfJudge("token") };
  const ledger = new Ledger();
  const chosen = choose(mutants.all, options);
  const reasons = readReasons();
  const open = chosen.filter((mutant) => ledger.valid(mutant, mutants.hashes, judges, reasons) === undefined);
  print.step(`${mutants.all.length} mutants, ${chosen.length} asked for, ${open.length} without a verdict`);
  await judgeMutants(mutants, open, {
    processes: options.processes,
    onStep: print.step,
    onVerdict: (progress) => {
      ledger.add(progress.verdict);
      print.verdict(progress);
    },
  });
  ledger.tidy(mutants.all.map(({ id }) => id));
  const { fates, score } = tally(mutants);
  printScore(score);
  const unjudged = [...fates.values()].filter((fate) => fate === "unjudged").length;
  if (unjudged > 0) {
    console.log(`${unjudged} are not judged yet: the report is written when all are.`);
    return true;
  }
  writeReport(score, await renderDocument(mutants.all, fates, score, reasons));
  return true;
}

/** One sentence for everything in the report that does not belong to the sources and the verdicts. */
async function reportProblems(mutants: Mutants): Promise<string[]> {
  const { fates, score } = tally(mutants);
  printScore(score);
  const problems = shortfalls(score);
  if (mutants.all.length < FLOOR) problems.push(`There are ${mutants.all.length} mutants, fewer than ${FLOOR}.`);
  if (readScore()?.sources !== mutants.hashes.token)
    return [...problems, "mutation/score.json belongs to other sources: npm run mutate."];
  if (JSON.stringify(readScore()) !== JSON.stringify(score))
    problems.push("mutation/score.json is not what the verdicts say.");
  const reasons = readReasons();
  const known = new Set(mutants.all.map(({ id }) => id));
  for (const [id, { mutant }] of Object.entries(reasons)) {
    if (!known.has(id)) problems.push(`mutation/reasons.json explains ${id} (${mutant}), which does not exist.`);
  }
  for (const mutant of mutants.all) {
    const needsReason = ["survived", "equivalent"].includes(fates.get(mutant.id) ?? "");
    if (needsReason && reasons[mutant.id] === undefined) problems.push(`Nothing explains ${describe(mutant)}.`);
  }
  if (!isDocument(await renderDocument(mutants.all, fates, score, reasons)))
    problems.push("docs/MUTATION.md is stale.");
  return problems;
}

/** Whether the committed report holds, and a random sample comes to the same verdicts. */
async function check(options: Options): Promise<boolean> {
  const began = performance.now();
  const print = progressPrinter(began);
  const mutants = prepare();
  const problems = await reportProblems(mutants);
  const ledger = new Ledger();
  const sample = choose(mutants.all, { ...options, sample: options.sample ?? SAMPLE });
  print.step(`judging ${sample.length} mutants again, --seed ${options.seed}`);
  const again: Verdict[] = [];
  await judgeMutants(mutants, sample, {
    processes: options.processes,
    onStep: print.step,
    chosenAlone: true,
    onVerdict: (progress) => {
      const recorded = ledger.get(progress.mutant.id)?.verdict ?? "unjudged";
      const { verdict } = progress.verdict;
      again.push(progress.verdict);
      if (verdict !== recorded) problems.push(`${describe(progress.mutant)} is ${verdict} now, and was ${recorded}.`);
      print.verdict(progress);
    },
  });
  if (again.length < sample.length) problems.push(`Only ${again.length} of ${sample.length} were judged.`);
  for (const problem of problems) console.error(problem);
  console.log(`${again.length} mutants judged again, ${problems.length} problems.`);
  return problems.length === 0;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value <= 0) throw new InvalidArgumentError("It must be a positive whole number.");
  return value;
}

function shard(text: string): readonly [number, number] {
  const [, part = 0, of = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (part < 1 || part > of) throw new InvalidArgumentError("It must be such as 1/4.");
  return [part, of];
}

const command = new Command("npm run mutate --")
  .description("Puts small mistakes into the contracts one by one, and counts those that tests notice.")
  .option("--check", "compare the committed score with the sources, and judge a random sample again")
  .option("--processes <n>", "judges side by side", positive, PROCESSES)
  .option("--only <text>", "mutants of files whose paths hold this text")
  .option("--shard <i/n>", "every n-th mutant", shard)
  .option("--sample <n>", "so many mutants, drawn by chance", positive)
  .option("--seed <n>", "repeats what chance drew", positive, randomInt(1, 2 ** 31));

runCommand(command, async () => {
  const options = command.opts<Options>();
  if (options.check !== true) return await judge(options);
  if (options.only !== undefined || options.shard !== undefined) throw new UserError("A check is of all mutants.");
  return await check(options);
});
