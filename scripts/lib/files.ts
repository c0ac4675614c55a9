import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";

/** The folder of the repository. */
export const ROOT = resolve(__dirname, "../..");

/** Files and folders that are made, not written; they are never looked into. */
const GENERATED = new Set([
  ".git",
  "artifacts",
  "artifacts-coverage",
  "cache",
  "cache-coverage",
  "cache-forge",
  "coverage",
  "coverage.json",
  "node_modules",
  "out",
  "typechain-types",
]);

/**
 * All files below a folder whose name ends as asked, sorted; none if the folder does not exist.
 *
 * @param folder Relative to the repository.
 * @returns Paths relative to the repository, with forward slashes.
 */
export function filesBelow(folder: string, ending: string): string[] {
  const start = join(ROOT, folder);
  if (statSync(start, { throwIfNoEntry: false }) === undefined) return [];
  const found: string[] = [];
  const visit = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (GENERATED.has(entry.name)) continue;
      const path = join(directory, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.name.endsWith(ending)) found.push(relative(ROOT, path).replaceAll("\\", "/"));
    }
  };
  visit(start);
  return found.sort();
}

/** The text of a file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** Solidity without comments and without the contents of strings; lines stay where they are. */
export function stripSolidity(source: string): string {
  const blank = (text: string): string => text.replace(/[^\n]/g, "");
  return source.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, (match) =>
    match.startsWith("/") ? blank(match) : '""',
  );
}
