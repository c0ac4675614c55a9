import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT, filesBelow, readText } from "../lib/files";
import { runForge } from "../lib/forge";
import { CACHE, hashOf } from "./build";
import type { Sources } from "./compiler";
import { producerOf } from "./variants";

/** How much a set-up is driven for each bug: as in `npm test`. */
const CAMPAIGN = { FOUNDRY_INVARIANT_RUNS: "64", FOUNDRY_INVARIANT_DEPTH: "64", FOUNDRY_INVARIANT_CHECK_INTERVAL: "4" };

/** The same calls each time; where they do not meet a bug, those of the next seed may. */
const SEEDS = ["0x1", "0x2", "0x3"];

/** What the random calls of a set-up found. */
export interface Finding {
  /** What was violated, such as "H2: the cut of an asset"; empty if nothing was. */
  readonly violation: string;
  /** Whether forge ran, and counted what it did. */
  readonly ran: boolean;
}

/** The invariants over sources that hold variants, in a project of their own. */
export class Field {
  private constructor(private readonly folder: string) {}

  /** Lays out the project; forge compiles when it is first run. */
  static layOut(sources: Sources): Field {
    const folder = join(ROOT, CACHE, `${hashOf([...sources].flat())}-forge`);
    if (!existsSync(folder)) {
      const unfinished = `${folder}-${process.pid}`;
      rmSync(unfinished, { recursive: true, force: true });
      for (const [path, source] of sources) {
        if (path.startsWith("@")) continue;
        mkdirSync(dirname(join(unfinished, path)), { recursive: true });
        writeFileSync(join(unfinished, path), source);
      }
      copyFileSync(join(ROOT, "foundry.toml"), join(unfinished, "foundry.toml"));
      for (const shared of ["node_modules", "scripts"]) symlinkSync(join(ROOT, shared), join(unfinished, shared));
      renameSync(unfinished, folder);
    }
    return new Field(folder);
  }

  /** Drives a set-up under a variant (0: the original) until something is violated. */
  async drive(setUp: string, variant: number): Promise<Finding> {
    let ran = false;
    for (const seed of variant === 0 ? SEEDS.slice(0, 1) : SEEDS) {
      const args = ["test", "--root", this.folder, "--match-contract", setUp, "--fuzz-seed", seed, "--color", "never"];
      const { output } = await runForge(args, {
        quiet: true,
        env: {
          ...CAMPAIGN,
          FOUNDRY_BLOCK_COINBASE: producerOf(variant),
          // Variants make contracts larger.
          FOUNDRY_CODE_SIZE_LIMIT: "1000000",
          FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT: "0",
          // What one bug broke shall not be tried on the next.
          FOUNDRY_INVARIANT_FAILURE_PERSIST_DIR: join(this.folder, "failures", `${setUp}-${variant}-${seed}`),
        },
      });
      ran ||= /Ran \d+ test suite/.test(output);
      const violation = /AssertionFailed\("([^"]*)"\)/.exec(output) ?? /\[FAIL[^\]]*?: ([^\]\n]+)\]/.exec(output);
      if (violation !== null) return { violation: violation[1] ?? "?", ran };
    }
    return { violation: "", ran };
  }
}

/** The sources of the tests that forge runs, which use the libraries of the contracts. */
export function forgeTests(): Map<string, string> {
  return new Map(filesBelow("test/invariant", ".sol").map((path) => [path, readText(path)]));
}

/** Whether a set-up exists. */
export function isSetUp(name: string): boolean {
  return filesBelow("test/invariant", ".t.sol").some((path) => readText(path).includes(`contract ${name} `));
}
