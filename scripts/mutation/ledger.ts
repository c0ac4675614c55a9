import { existsSync, mkdirSync, readFileSync, writeFileSync, appendFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { UserError } from "../lib/errors";
import { ROOT, readText, stripSolidity } from "../lib/files";
import type { Sources } from "./compiler";
import { hashOf } from "./build";
import { type Mutant, type Subject, isMutated, subjectOf } from "./mutants";
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

/** Names for the code that is mutated; comments do not count. */
export interface SourceHashes {
  /** All of it: verdicts on the token rest on that. */
  readonly token: string;
  /** What verdicts on the protocol rest on: tests that touch the token do not judge it. */
  readonly protocol: string;
}

/** Names the code that is mutated. */
export function hashSources(sources: Sources): SourceHashes {
  const paths = [...sources.keys()].filter(isMutated).sort();
  const code = (path: string): string => stripSolidity(sources.get(path) ?? "").replace(/\s+/g, " ");
  const hash = (chosen: readonly string[]): string => hashOf(chosen.flatMap((path) => [path, code(path)]));
  const protocol = paths.filter((path) => subjectOf(path) === "protocol");
  const entangled = protocol.find((path) => /^import [^;]*\/(?:lrt\/|Lrt)/m.test(sources.get(path) ?? ""));
  if (entangled !== undefined) throw new UserError(`${entangled} imports the liquid restaking token.`);
  return { token: hash(paths), protocol: hash(protocol) };
}

/** The name of the code that a verdict on a mutant rests on. */
export function sourcesOf({ path }: Pick<Mutant, "path">, hashes: SourceHashes): string {
  return hashes[subjectOf(path)];
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
  valid(
    mutant: Mutant,
    sources: SourceHashes,
    judges: Readonly<Record<Subject, string>>,
    reasons: Reasons,
  ): Verdict | undefined {
    const found = this.verdicts.get(mutant.id);
    if (found?.sources !== sourcesOf(mutant, sources)) return undefined;
    if (found.verdict === "invalid") return found;
    if (found.verdict === "survived" && reasons[mutant.id]?.verdict === "equivalent") return found;
    if (found.file === "") return found.judge === judges[subjectOf(mutant.path)] ? found : undefined;
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
