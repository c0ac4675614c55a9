import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import hre from "hardhat";
import { z } from "zod";
import { runScript, UserError } from "./lib/errors";
import { filesBelow, readText, ROOT } from "./lib/files";
import { provideSlither } from "./lib/slither";
import { formatTable } from "./lib/table";

/** Fewer would prove too little; with what it inherits and its mocks, the protocol is more. */
const CONTRACT_FLOOR = 60;
const DETECTOR_FLOOR = 100;

const LIMIT_MS = 180_000;

/** The findings that are explained, and why each is no fault. */
const EXPLAINED = "slither.explained.json";

const explanations = z.array(
  z.strictObject({
    detector: z.string(),
    /** Where it may be found, as `Contract.function`; left out if the reason holds everywhere. */
    functions: z.array(z.string()).nonempty().optional(),
    reason: z.string().min(20),
  }),
);

const report = z.object({
  success: z.literal(true),
  results: z.object({
    detectors: z
      .array(
        z.object({
          check: z.string(),
          impact: z.string(),
          description: z.string(),
        }),
      )
      .default([]),
  }),
});

type Explanation = z.output<typeof explanations>[number];

/** One finding of Slither. */
interface Finding {
  readonly detector: string;
  readonly impact: string;
  /** `Contract.function`, or as much of it as there is. */
  readonly where: string;
  readonly description: string;
}

/** What Slither says of the compiled contracts. */
interface Analysis {
  readonly contracts: number;
  readonly detectors: number;
  readonly findings: readonly Finding[];
}

/** Where a finding is: Slither's sentences begin with the place, and its arguments in parentheses. */
function place(description: string): string {
  const [, where = ""] = /^(?:Reentrancy in )?([\w$.]+)/.exec(description) ?? [];
  return where;
}

/** Runs every detector on what Hardhat compiled; nothing is compiled again. */
function analyze(slither: string): Analysis {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-slither-"));
  try {
    const file = join(folder, "report.json");
    const hardhat = ["--compile-force-framework", "hardhat", "--ignore-compile", "--hardhat-ignore-compile"];
    const { error, stderr } = spawnSync(slither, [".", ...hardhat, "--fail-none", "--json", file], {
      cwd: ROOT,
      encoding: "utf8",
      timeout: LIMIT_MS,
      maxBuffer: 2 ** 28,
    });
    if (error !== undefined) throw new UserError(`Slither did not end: ${error.message}.`);
    const [, contracts, detectors] = /analyzed \((\d+) contracts with (\d+) detectors\)/.exec(stderr) ?? [];
    if (contracts === undefined) throw new UserError(`Slither did not analyse:\n${stderr}`);
    const { results } = report.parse(JSON.parse(readFileSync(file, "utf8")));
    const findings = results.detectors.map(({ check, impact, description }) => {
      return { detector: check, impact, where: place(description), description };
    });
    return { contracts: Number(contracts), detectors: Number(detectors), findings };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function explains({ detector, functions }: Explanation, finding: Finding): boolean {
  return detector === finding.detector && (functions?.includes(finding.where) ?? true);
}

/** Explanations, and functions named in them, that no finding needs any more. */
function staleness(list: readonly Explanation[], findings: readonly Finding[]): string[] {
  return list.flatMap((explanation) => {
    const { detector, functions } = explanation;
    const found = findings.filter((finding) => explains(explanation, finding));
    if (functions === undefined) return found.length === 0 ? [detector] : [];
    return functions.filter((name) => !found.some(({ where }) => where === name)).map((name) => `${detector} ${name}`);
  });
}

/** Compiles into one build info: of several, some would hold sources that have changed since. */
async function compile(): Promise<void> {
  const options = { quiet: true, noTypechain: true };
  await hre.run("compile", options);
  if ((await hre.artifacts.getBuildInfoPaths()).length !== 1) await hre.run("compile", { ...options, force: true });
}

runScript(async () => {
  const slither = provideSlither();
  await compile();
  const { contracts, detectors, findings } = analyze(slither);
  const list = explanations.parse(JSON.parse(readText(EXPLAINED)));
  const problems = findings
    .filter((finding) => !list.some((explanation) => explains(explanation, finding)))
    .map(({ detector, impact, description }) => `${impact}, ${detector}: ${description.trim()}`);
  const open = problems.length;
  problems.push(...staleness(list, findings).map((name) => `${EXPLAINED} explains ${name}, which is not found.`));
  const silenced = filesBelow("contracts", ".sol").filter((path) => readText(path).includes("slither-disable"));
  problems.push(...silenced.map((path) => `${path} silences Slither: explain it in ${EXPLAINED}.`));
  if (contracts < CONTRACT_FLOOR) problems.push(`Fewer than ${CONTRACT_FLOOR} contracts prove too little.`);
  if (detectors < DETECTOR_FLOOR) problems.push(`Fewer than ${DETECTOR_FLOOR} detectors prove too little.`);

  const names = [...new Set(findings.map(({ detector }) => detector))].sort();
  const count = (name: string): number => findings.filter(({ detector }) => detector === name).length;
  console.log(
    formatTable(
      ["detector", "findings"],
      names.map((name) => [name, count(name)]),
    ),
  );
  for (const problem of problems) console.error(problem);
  console.log(
    `${detectors} detectors on ${contracts} contracts: ${findings.length} findings, ${findings.length - open} explained, ${open} not.`,
  );
  return problems.length === 0;
});
