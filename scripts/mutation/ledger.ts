import { existsSync, mkdirSync, readFileSync, writeFileSync, appendFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { ROOT, readText, stripSolidity } from "../lib/files";
import type { Sources } from "./compiler";
import { hashOf } from "./build";
import { isMutated } from "./mutants";
import { hashOfTest } from "./suites";

/** Every verdict, one a line. */
const VERDICTS = "mutation/verdicts.jsonl";

/** Why mutants survive, written by hand. */
const REASONS = "mutation/reasons.json";

const verdict = z.object({
  id: z.string(),
  verdict: z.enum(["killed", "survived", "invalid"]),
  /** The test that killed. */
  by: z.string().default(""),
  /** Its file. */
  file: z.string().default(""),
  /** The sources, without comments, when it was judged. */
  sources: z.string(),
  /** Of a killed mutant the file of the test; otherwise all that judged. */
  judge: z.string(),
});

/** What became of a mutant. */
export type Verdict = z.output<typeof verdict>;

const reasons = z.record(
  z.string(),
  z.object({ mutant: z.string(), verdict: z.enum(["equivalent", "survived"]), reason: z.string().min(20) }),
);

/** Why a mutant survives: because nothing can tell it from the original, or because no test does. */
export type Reasons = z.output<typeof reasons>;

/** A name for the code that is mutated; comments do not count. */
export function hashOfSources(sources: Sources): string {
  const paths = [...sources.keys()].filter(isMutated).sort();
  return hashOf(paths.flatMap((path) => [path, stripSolidity(sources.get(path) ?? "").replace(/\s+/g, " ")]));
}

/** The reasons by the mutants' names. */
export function readReasons(): Reasons {
  return existsSync(join(ROOT, REASONS)) ? reasons.parse(JSON.parse(readText(REASONS))) : {};
}

/** The verdicts of earlier runs, and those of this one. */
export class Ledger {
  private readonly verdicts = new Map<string, Verdict>();

  constructor() {
    const file = join(ROOT, VERDICTS);
    if (!existsSync(file)) return;
    for (const line of readFileSync(file, "utf8").split("\n")) {
      if (line === "") continue;
      const parsed = verdict.parse(JSON.parse(line));
      this.verdicts.set(parsed.id, parsed);
    }
  }

  /** The verdict on a mutant, whatever it was judged by. */
  get(id: string): Verdict | undefined {
    return this.verdicts.get(id);
  }

  /**
   * The verdict on a mutant, if it still holds: that it was killed as long as the code and the test that did it are the
   * same; that it survived as long as the code and all tests are. An equivalent one needs the same code only: tests can
   * but kill it, and a check's sample would find that.
   */
  valid(id: string, sources: string, judge: string, reasons: Reasons): Verdict | undefined {
    const found = this.verdicts.get(id);
    if (found?.sources !== sources) return undefined;
    if (found.verdict === "invalid") return found;
    if (found.verdict === "survived" && reasons[id]?.verdict === "equivalent") return found;
    if (found.file === "") return found.judge === judge ? found : undefined;
    return existsSync(join(ROOT, found.file)) && found.judge === hashOfTest(found.file) ? found : undefined;
  }

  /** Adds a verdict at once, so that nothing is lost when the run is stopped. */
  add(added: Verdict): void {
    this.verdicts.set(added.id, added);
    const file = join(ROOT, VERDICTS);
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, `${JSON.stringify(added)}\n`);
  }

  /** Writes the verdicts on these mutants alone, in their order. */
  tidy(ids: readonly string[]): void {
    const lines = ids.flatMap((id) => {
      const found = this.verdicts.get(id);
      return found === undefined ? [] : [`${JSON.stringify(found)}\n`];
    });
    writeFileSync(join(ROOT, VERDICTS), lines.join(""));
  }
}
