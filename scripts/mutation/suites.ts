import { basename, dirname, join } from "node:path/posix";
import { filesBelow, readText } from "../lib/files";
import { hashOf } from "./build";
import type { Subject } from "./mutants";

/** Suites that judge mutants, the quickest first. The paths judge planted bugs. */
export const STAGES = ["test/unit", "test/attacks"];

/** Names of what belongs to the token alone. */
const TOKEN = new RegExp(
  `\\b(?:Lrt\\w*|${filesBelow("contracts/lrt", ".sol")
    .map((path) => basename(path, ".sol"))
    .join("|")})\\b`,
);

/** Whether a file of the tests, or one that it imports, names the token. */
function touchesToken(file: string): boolean {
  const text = readText(file);
  if (TOKEN.test(text)) return true;
  const imports = [...text.matchAll(/ from "(\.[^"]+)";/g)].map(([, path = ""]) => `${join(dirname(file), path)}.ts`);
  return imports.some((path) => path.startsWith("test/") && touchesToken(path));
}

/** The files of tests that judge a subject: those that touch the token judge it alone, and the others the protocol. */
export function judgeFiles(subject: Subject): string[] {
  const files = STAGES.flatMap((folder) => filesBelow(folder, ".test.ts"));
  return files.filter((file) => touchesToken(file) === (subject === "token"));
}

/** A name for the contents of a test file. */
export function hashOfTest(file: string): string {
  return hashOf([readText(file)]);
}

/** A name for all that judges a subject. */
export function hashOfJudge(subject: Subject): string {
  return hashOf([...judgeFiles(subject), ...filesBelow("test/helpers", ".ts")].flatMap((file) => [file, readText(file)]));
}
