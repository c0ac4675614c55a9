import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { UserError } from "../lib/errors";
import { ROOT } from "../lib/files";
import { SOLC_VERSION } from "../lib/solc";
import { type Compilation, type Sources, compile } from "./compiler";
import { necessaryEdits } from "./edits";
import { type Numbered, type Variant, compileIn } from "./variants";

/** Where builds are kept; nothing of it is committed. */
export const CACHE = join("cache", "mutation");

const ARTIFACTS = "artifacts";

/** Short name of any texts. */
export function hashOf(texts: Iterable<string>): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text).update("\0");
  return hash.digest("hex").slice(0, 16);
}

/** What became of trying to compile variants together. */
export interface Switchable<V extends Variant> {
  /** Those that can be switched, with their numbers. */
  readonly together: readonly (Numbered & { readonly variant: V })[];
  /** Those that do not compile beside their original: they need a build of their own. */
  readonly alone: readonly V[];
  readonly sources: Sources;
}

/** Gives numbers to variants, from 1 on. */
function number<V extends Variant>(variants: readonly V[]): (Numbered & { readonly variant: V })[] {
  return variants.map((variant, index) => ({ variant, number: index + 1 }));
}

/** Numbers variants, and puts them into the sources. */
export function withVariants<V extends Variant>(
  sources: Sources,
  original: Compilation,
  variants: readonly V[],
): Pick<Switchable<V>, "together" | "sources"> {
  const together = number(variants);
  return { together, sources: compileIn(sources, together, necessaryEdits(sources, original, together)) };
}

/**
 * Compiles variants into one set of sources; where that fails, halves the suspects until the culprits are left.
 *
 * @param depth As for `compile`: "code" finds stacks that are too deep, too.
 */
export function makeSwitchable<V extends Variant>(
  sources: Sources,
  original: Compilation,
  variants: readonly V[],
  depth: "types" | "code",
): Switchable<V> {
  const linesOf = (chosen: readonly V[]): Set<string> => {
    const built = withVariants(sources, original, chosen).sources;
    return new Set(
      compile(built, depth).errors.map(({ path, start }) => {
        const before = Buffer.from(built.get(path) ?? "")
          .subarray(0, start)
          .toString();
        return `${path}:${before.split("\n").length}`;
      }),
    );
  };
  const lines = (variant: V): string[] => {
    const before = Buffer.from(sources.get(variant.path) ?? "")
      .subarray(0, variant.range.start)
      .toString();
    const first = before.split("\n").length;
    const count = variant.original.split("\n").length;
    return Array.from({ length: count + SUSPECT_LINES }, (_, index) => `${variant.path}:${first + index}`);
  };
  let accepted: readonly V[] = variants;
  const alone: V[] = [];
  for (let wrong = linesOf(accepted); wrong.size > 0; wrong = linesOf(accepted)) {
    const suspects = accepted.filter((variant) => lines(variant).some((line) => wrong.has(line)));
    if (suspects.length === 0) throw new UserError(`The sources do not compile: ${[...wrong].join(", ")}.`);
    const innocent = accepted.filter((variant) => !suspects.includes(variant));
    const queue: (readonly V[])[] = [suspects];
    accepted = innocent;
    for (let group = queue.pop(); group !== undefined; group = queue.pop()) {
      const stillWrong = linesOf([...accepted, ...group]);
      if (![...wrong].some((line) => stillWrong.has(line))) accepted = [...accepted, ...group];
      else if (group.length === 1) alone.push(...group);
      else queue.push(group.slice(0, group.length / 2), group.slice(group.length / 2));
    }
  }
  const chosen = variants.filter((variant) => accepted.includes(variant));
  return { ...withVariants(sources, original, chosen), alone };
}

/** An error is seen this far behind its cause at most, such as a variable that is used without a value. */
const SUSPECT_LINES = 3;

/** What Hardhat calls the compiler's input and output; of both, tests look at the layout of the storage alone. */
function buildInfo({ contracts }: Compilation): unknown {
  const layouts = Object.entries(contracts).map(([path, inFile]) => [
    path,
    Object.fromEntries(Object.entries(inFile).map(([name, { storageLayout }]) => [name, { storageLayout }])),
  ]);
  return {
    _format: "hh-sol-build-info-1",
    id: "variants",
    solcVersion: SOLC_VERSION,
    solcLongVersion: SOLC_VERSION,
    input: { language: "Solidity", sources: {}, settings: { optimizer: {}, outputSelection: {} } },
    output: { sources: {}, contracts: Object.fromEntries(layouts) as unknown },
  };
}

/** Writes what Hardhat needs of a compilation, in its format. */
function writeArtifacts(compilation: Compilation, folder: string): void {
  // Not among the artifacts: Hardhat would look for more in it.
  const infoFile = join(folder, "build-info.json");
  mkdirSync(folder, { recursive: true });
  writeFileSync(infoFile, JSON.stringify(buildInfo(compilation)));
  for (const [sourceName, inFile] of Object.entries(compilation.contracts)) {
    for (const [contractName, { abi, evm }] of Object.entries(inFile)) {
      const file = join(folder, ARTIFACTS, sourceName, `${contractName}.json`);
      mkdirSync(dirname(file), { recursive: true });
      const artifact = {
        _format: "hh-sol-artifact-1",
        contractName,
        sourceName,
        abi,
        bytecode: `0x${evm?.bytecode.object ?? ""}`,
        deployedBytecode: `0x${evm?.deployedBytecode.object ?? ""}`,
        linkReferences: {},
        deployedLinkReferences: {},
      };
      writeFileSync(file, JSON.stringify(artifact));
      const debug = { _format: "hh-sol-dbg-1", buildInfo: relative(dirname(file), infoFile) };
      writeFileSync(file.replace(/json$/, "dbg.json"), JSON.stringify(debug));
    }
  }
}

/** Compiles sources, unless that was done before; returns the folder of their artifacts, or none if they are wrong. */
export function buildArtifacts(sources: Sources): string | undefined {
  const folder = join(ROOT, CACHE, hashOf([...sources].flat()));
  if (existsSync(folder)) return join(folder, ARTIFACTS);
  const compilation = compile(sources, "code");
  if (compilation.errors.length > 0) return undefined;
  const unfinished = `${folder}-${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  writeArtifacts(compilation, unfinished);
  renameSync(unfinished, folder);
  return join(folder, ARTIFACTS);
}
