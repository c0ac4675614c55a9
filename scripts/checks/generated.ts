import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import hre from "hardhat";
import { glob, runTypeChain } from "typechain";
import { runScript } from "../lib/errors";
import { ROOT } from "../lib/files";

/** Relative paths and contents of all files below a folder. */
function contents(folder: string): Map<string, string> {
  if (!existsSync(folder)) return new Map();
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path, "utf8")];
    }),
  );
}

/** Generates the types of all artifacts into a folder, from nothing. */
async function generate(outDir: string): Promise<void> {
  const { artifacts } = hre.config.paths;
  const { target, alwaysGenerateOverloads, discriminateTypes, tsNocheck, node16Modules } = hre.config.typechain;
  const allFiles = glob(ROOT, [`${artifacts}/!(build-info)/**/+([a-zA-Z0-9_]).json`]).sort();
  await runTypeChain({
    cwd: ROOT,
    allFiles,
    filesToProcess: allFiles,
    outDir,
    target,
    flags: { alwaysGenerateOverloads, discriminateTypes, tsNocheck, node16Modules, environment: "hardhat" },
  });
}

runScript(async () => {
  await hre.run("compile", { quiet: true, noTypechain: true });
  const committed = join(ROOT, hre.config.typechain.outDir);
  // Inside the repository, because the generator looks for its formatter's settings upwards from there.
  const fresh = mkdtempSync(join(hre.config.paths.cache, "typechain-"));
  try {
    await generate(fresh);
    if (process.argv.includes("--write")) {
      rmSync(committed, { recursive: true, force: true });
      cpSync(fresh, committed, { recursive: true });
    }
    const [expected, present] = [contents(fresh), contents(committed)];
    const differing = [...new Set([...expected.keys(), ...present.keys()])]
      .filter((path) => expected.get(path) !== present.get(path))
      .sort();
    for (const path of differing) console.error(`${hre.config.typechain.outDir}/${path} is not what is generated.`);
    if (differing.length > 0) console.error("Generated files are stale: run npm run build and commit the result.");
    else console.log(`${expected.size} generated files are up to date.`);
    return differing.length === 0;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
});
