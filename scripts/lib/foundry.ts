import { spawnSync } from "node:child_process";
import { UserError } from "./errors";

/** npm's package names follow Go's names of processors. */
const ARCHITECTURES: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: "amd64", arm64: "arm64" };

/** The release that package.json pins; a Foundry installed by hand must be the same. */
const VERSION = "1.7.1";

/**
 * Where the binary of a Foundry tool lies on this platform: in its package of npm or, for platforms without one, on the
 * PATH. (The launchers of npm are of no use: they return 0 whatever the tool returned.)
 */
export function platformBinary(tool: "anvil" | "forge"): string {
  const platform = `${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}`;
  const suffix = process.platform === "win32" ? ".exe" : "";
  try {
    return require.resolve(`@foundry-rs/${tool}-${platform}/bin/${tool}${suffix}`);
  } catch {
    const { status, stdout } = spawnSync(tool, ["--version"], { encoding: "utf8" });
    if (status === 0 && stdout.includes(VERSION)) return tool;
    throw new UserError(`There is no package of ${tool} for ${platform}: install Foundry ${VERSION}.`);
  }
}
