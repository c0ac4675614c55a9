import hre from "hardhat";
import { compileDeployables } from "../lib/deployables";
import { runScript } from "../lib/errors";
import { filesBelow, readText, stripSolidity } from "../lib/files";

/** An error or event that deployed contracts can give, and how many arguments it carries. */
interface Signal {
  readonly kind: "error" | "event";
  readonly name: string;
  readonly arity: number;
}

/** Errors and events of this repository; what OpenZeppelin declares is OpenZeppelin's to test. */
function declaredNames(): Set<string> {
  const sources = filesBelow("contracts", ".sol").filter((path) => !path.startsWith("contracts/mocks/"));
  const declarations = sources.flatMap((path) => [
    ...stripSolidity(readText(path)).matchAll(/\b(?:error|event)\s+(\w+)\s*\(/g),
  ]);
  return new Set(declarations.map(([, name = ""]) => name));
}

/**
 * Whether some test asserts the signal with its arguments: `….revertedWithCustomError(c, "Name").withArgs(…)`,
 * `….emit(c, "Name").withArgs(…)`, or a helper that takes `"Name", […]`. Without arguments the name is enough.
 */
function isAsserted({ kind, name, arity }: Signal, tests: string): boolean {
  const matcher = kind === "error" ? "revertedWithCustomError" : "emit";
  const direct = `\\.${matcher}\\((?:(?!\\.${matcher}\\()[^;])*?"${name}"\\s*,?\\s*\\)`;
  const helper = `"${name}"\\s*,\\s*\\[`;
  return new RegExp(`${direct}${arity === 0 ? "" : "\\s*\\.withArgs\\("}|${helper}`).test(tests);
}

runScript(async () => {
  const deployables = await compileDeployables(hre);
  const declared = declaredNames();
  const signals = new Map<string, Signal>();
  for (const { abi } of deployables) {
    for (const { type, name, inputs } of abi) {
      if ((type !== "error" && type !== "event") || !declared.has(name)) continue;
      signals.set(`${type} ${name}`, { kind: type, name, arity: inputs.length });
    }
  }
  const tests = filesBelow("test", ".ts").map(readText).join("\n;\n");
  const missing = [...signals].filter(([, signal]) => !isAsserted(signal, tests)).map(([key]) => key);
  for (const key of missing.sort()) console.error(`No test asserts the ${key} with its arguments.`);
  console.log(
    `${signals.size - missing.length} of ${signals.size} errors and events of ${deployables.length} contracts are asserted with arguments.`,
  );
  return missing.length === 0;
});
