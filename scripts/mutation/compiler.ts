import { dirname, join, normalize } from "node:path/posix";
import { readFileSync } from "node:fs";
import solc from "solc";
import { z } from "zod";
import { filesBelow, readText } from "../lib/files";
import { OPTIMIZER_RUNS } from "../lib/solc";
import { type AstNode, isNode } from "./ast";

/** Sources by the names under which they import each other. */
export type Sources = ReadonlyMap<string, string>;

/** What the compiler has against sources. */
export interface CompileError {
  readonly message: string;
  readonly path: string;
  /** In bytes. */
  readonly start: number;
}

const bytecode = z.object({ object: z.string() });
const contract = z.object({
  abi: z.array(z.unknown()),
  storageLayout: z.unknown(),
  evm: z.object({ bytecode, deployedBytecode: bytecode }).optional(),
});
const outputSchema = z.object({
  errors: z
    .array(
      z.object({
        severity: z.string(),
        message: z.string(),
        sourceLocation: z.object({ file: z.string(), start: z.number() }).optional(),
      }),
    )
    .default([]),
  sources: z.record(z.string(), z.object({ ast: z.custom<AstNode>(isNode).optional() })).default({}),
  contracts: z.record(z.string(), z.record(z.string(), contract)).default({}),
});

/** A contract as the compiler gives it. */
export type CompiledContract = z.output<typeof contract>;

/** The package comes without types. */
const installed: unknown = solc;
const { compile: compileJson } = z
  .object({ compile: z.custom<(input: string) => string>((value) => typeof value === "function") })
  .parse(installed);

/** What came out of the compiler. */
export interface Compilation {
  readonly errors: readonly CompileError[];
  readonly trees: ReadonlyMap<string, AstNode>;
  readonly contracts: Readonly<Record<string, Readonly<Record<string, CompiledContract>>>>;
}

/** Reads the sources of the repository, and what they import from packages. */
export function readSources(): Map<string, string> {
  const sources = new Map<string, string>();
  const add = (name: string): void => {
    if (sources.has(name)) return;
    const isOurs = name.startsWith("contracts/");
    const source = isOurs ? readText(name) : readFileSync(require.resolve(name), "utf8");
    sources.set(name, source);
    for (const [, path = ""] of source.matchAll(/^import\s[^"]*"([^"]+)"/gm)) {
      add(path.startsWith(".") ? normalize(join(dirname(name), path)) : path);
    }
  };
  for (const path of filesBelow("contracts", ".sol")) add(path);
  return sources;
}

/** The last input and its output: what is known to compile is often needed right after. */
let last: { readonly input: string; readonly compilation: Compilation } | undefined;

/**
 * Compiles with the settings of the repository.
 *
 * @param depth "types" checks and makes trees; "code" makes bytecode, which takes about a hundred times as long.
 */
export function compile(sources: Sources, depth: "types" | "code"): Compilation {
  const contents = [...sources].map(([name, content]) => [name, { content }]);
  const selection =
    depth === "types"
      ? { "": ["ast"] }
      : { "*": ["abi", "storageLayout", "evm.bytecode.object", "evm.deployedBytecode.object"] };
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(contents) as unknown,
    settings: {
      evmVersion: "cancun",
      optimizer: { enabled: true, runs: OPTIMIZER_RUNS },
      metadata: { bytecodeHash: "none" },
      outputSelection: { "*": selection },
    },
  };
  const asked = JSON.stringify(input);
  if (last?.input === asked) return last.compilation;
  const output = outputSchema.parse(JSON.parse(compileJson(asked)));
  const errors = output.errors
    .filter(({ severity }) => severity === "error")
    .map(({ message, sourceLocation }) => ({
      message,
      path: sourceLocation?.file ?? "",
      start: sourceLocation?.start ?? 0,
    }));
  const trees = new Map<string, AstNode>();
  for (const [name, { ast }] of Object.entries(output.sources)) if (ast !== undefined) trees.set(name, ast);
  const compilation = { errors, trees, contracts: output.contracts };
  last = { input: asked, compilation };
  return compilation;
}
