import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { NotRun } from "./errors";
import { ROOT } from "./files";

/** The one release of Slither whose findings are explained. */
export const SLITHER_VERSION = "0.11.6";

/** Where its Python environment is kept, outside of what is committed. */
const ENVIRONMENT = join(ROOT, "cache", `slither-${SLITHER_VERSION}`);

/** Long enough for pip on a slow line. */
const INSTALL_MS = 150_000;

/** A command's output if it ended well. */
function output(command: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", timeout: INSTALL_MS });
  return status === 0 ? stdout.trim() : undefined;
}

/** Whether the command is Slither of the right release, and starts. */
function isSlither(command: string): boolean {
  return output(command, ["--version"]) === SLITHER_VERSION;
}

/**
 * The command of Slither: one of the right release on the PATH, or else in an environment of its own, which is made
 * when it is missing.
 *
 * @throws NotRun if there is none and none can be installed.
 */
export function provideSlither(): string {
  if (isSlither("slither")) return "slither";
  const folder = join(ENVIRONMENT, process.platform === "win32" ? "Scripts" : "bin");
  const slither = join(folder, "slither");
  if (isSlither(slither)) return slither;
  // What is left of an installation that was interrupted would only be in the way.
  if (existsSync(ENVIRONMENT)) rmSync(ENVIRONMENT, { recursive: true, force: true });
  mkdirSync(join(ROOT, "cache"), { recursive: true });
  console.log(`Installing Slither ${SLITHER_VERSION}.`);
  const python = ["python3", "python"].find((name) => output(name, ["--version"]) !== undefined);
  if (python === undefined) throw new NotRun("Slither needs Python 3, which is not installed");
  if (output(python, ["-m", "venv", ENVIRONMENT]) === undefined) {
    throw new NotRun("Python could not make an environment for Slither (is its module venv installed?)");
  }
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  output(join(folder, "python"), [...install, `slither-analyzer==${SLITHER_VERSION}`]);
  if (!isSlither(slither)) throw new NotRun(`pip could not install Slither ${SLITHER_VERSION} (is there a network?)`);
  return slither;
}
