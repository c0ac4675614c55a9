import { runScript } from "../lib/errors";
import { filesBelow, readText, stripSolidity } from "../lib/files";

const CONTRACT_LINES = 450;
const FUNCTION_LINES = 40;

/** Words that no source may hold. Written in pieces, so that this file does not hold them either. */
const FORBIDDEN: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME"].join("|")})\\b`), "leaves work for later"],
  [/(?<![\w.])\/(?:home|Users|root|work)\/\w/, "holds a path of one machine"],
];

/** The same for Solidity. */
const FORBIDDEN_IN_SOLIDITY: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/\bconsole(?:2)?\.(?:log|sol)/, "logs to the console"],
];

/** One sentence for each line of a file that holds a forbidden word. */
function forbidden(path: string, patterns: typeof FORBIDDEN): string[] {
  return readText(path)
    .split("\n")
    .flatMap((line, index) =>
      patterns.filter(([pattern]) => pattern.test(line)).map(([, reason]) => `${path}:${index + 1} ${reason}.`),
    );
}

/** Where the block that opens at `open` ends. */
function blockEnd(code: string, open: number): number {
  let depth = 0;
  for (let at = open; at < code.length; at++) {
    if (code[at] === "{") depth++;
    if (code[at] === "}" && --depth === 0) return at;
  }
  return code.length;
}

/** Lines that hold code, not only a comment or nothing. */
function linesOfCode(code: string): number {
  return code.split("\n").filter((line) => line.trim() !== "").length;
}

/** Functions that are too long; counted from the name to the closing brace. */
function longFunctions(path: string, code: string): string[] {
  return [...code.matchAll(/\b(?:function\s+(\w+)|(constructor|receive|fallback)\s*(?=\())[^;{}]*\{/g)].flatMap(
    (match) => {
      const lines = linesOfCode(code.slice(match.index, blockEnd(code, match.index + match[0].length - 1) + 1));
      const name = match[1] ?? match[2] ?? "";
      return lines > FUNCTION_LINES ? [`${path}: ${name} has ${lines} lines, more than ${FUNCTION_LINES}.`] : [];
    },
  );
}

/** Contracts and libraries that are too long. */
function longContracts(path: string, code: string): string[] {
  return [...code.matchAll(/^(?:abstract\s+)?(?:contract|library)\s+(\w+)[^{;]*\{/gm)].flatMap((match) => {
    const lines = linesOfCode(code.slice(match.index, blockEnd(code, match.index + match[0].length - 1) + 1));
    return lines > CONTRACT_LINES
      ? [`${path}: ${match[1] ?? ""} has ${lines} lines, more than ${CONTRACT_LINES}.`]
      : [];
  });
}

/** Assembly is for libraries (mocks misbehave as they must), and always leaves the memory as Solidity expects it. */
function assemblyProblems(path: string, source: string): string[] {
  const blocks = [...source.matchAll(/\bassembly\b\s*(\("memory-safe"\))?\s*\{/g)];
  const allowed = /^contracts\/(?:libraries|mocks)\//.test(path);
  return blocks.flatMap(([, memorySafe]) => {
    if (!allowed) return [`${path} holds assembly, which belongs in contracts/libraries.`];
    return memorySafe === undefined ? [`${path} holds assembly that is not marked "memory-safe".`] : [];
  });
}

runScript(() => {
  const contracts = filesBelow("contracts", ".sol");
  const solidity = [...contracts, ...filesBelow("test", ".sol")];
  const others = [".ts", ".mjs", ".json", ".md", ".yml", ".toml"].flatMap((ending) => filesBelow(".", ending));
  const problems = [...solidity, ...others].flatMap((path) => forbidden(path, FORBIDDEN));
  problems.push(...solidity.flatMap((path) => forbidden(path, FORBIDDEN_IN_SOLIDITY)));
  for (const path of contracts) {
    const source = readText(path);
    const code = stripSolidity(source);
    problems.push(...longContracts(path, code), ...longFunctions(path, code), ...assemblyProblems(path, source));
  }
  for (const problem of problems) console.error(problem);
  console.log(`${solidity.length + others.length} files checked for style, ${problems.length} problems.`);
  return problems.length === 0;
});
