import { filesBelow, readText } from "../lib/files";
import { hashOf } from "./build";

/** Suites that judge mutants, the quickest first. The paths judge planted bugs. */
export const STAGES = ["test/unit", "test/attacks"];

/** Tests that do not judge: each with why it fails where variants are compiled in. Anything else must pass there. */
export const EXCEPTIONS: readonly { readonly title: RegExp; readonly reason: string }[] = [
  {
    title: /^StakeManager constructor when the exit delay of Slasher is at a bound accepts \d+ seconds$/,
    reason: "gives the deployment a fixed amount of gas, which is too little for contracts with all variants",
  },
];

/** The files of tests that judge. */
export function judgeFiles(): string[] {
  return STAGES.flatMap((folder) => filesBelow(folder, ".test.ts"));
}

/** A name for the contents of a test file. */
export function hashOfTest(file: string): string {
  return hashOf([readText(file)]);
}

/** A name for all that judges. */
export function hashOfJudge(): string {
  return hashOf([...judgeFiles(), ...filesBelow("test/helpers", ".ts")].flatMap((file) => [file, readText(file)]));
}
