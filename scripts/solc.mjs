#!/usr/bin/env node
// The compiler of the npm package `solc`, dressed as the native one: forge calls it as it would call `solc`.
import { readFileSync } from "node:fs";
import solc from "solc";

const args = process.argv.slice(2);

if (args.includes("--version")) {
  console.log("solc, the solidity compiler commandline interface");
  console.log(`Version: ${solc.version().replace(".Emscripten.clang", "")}`);
} else if (args.includes("--standard-json")) {
  // All sources come with the input, so nothing has to be looked up.
  process.stdout.write(solc.compile(readFileSync(0, "utf8")));
} else {
  console.error("This compiler knows --version and --standard-json only.");
  process.exitCode = 1;
}
