import { UserError } from "./errors";

/** npm's package names follow Go's names of processors. */
const ARCHITECTURES: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: "amd64", arm64: "arm64" };

/**
 * Where the binary of a Foundry tool lies on this platform. The launchers of the npm packages are of no use: they
 * return 0 whatever the tool returned.
 */
export function platformBinary(tool: "anvil" | "forge"): string {
  const platform = `${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}`;
  const suffix = process.platform === "win32" ? ".exe" : "";
  try {
    return require.resolve(`@foundry-rs/${tool}-${platform}/bin/${tool}${suffix}`);
  } catch {
    throw new UserError(`There is no ${tool} for ${platform} in @foundry-rs/${tool}: run npm ci.`);
  }
}
