import { spawn } from "node:child_process";
import { inheritedVariables } from "./environment";
import { ROOT } from "./files";

/** How a command ended. */
export interface Outcome {
  readonly code: number;
  readonly timedOut: boolean;
}

/** Settings of a run. */
export interface RunOptions {
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** After this time the command and all that it started are killed. */
  readonly timeoutMs?: number;
}

/** Runs a command in the folder of the repository, its output going where this process writes. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    // A process group of its own, so that a timeout reaches the grandchildren, too.
    const detached = process.platform !== "win32";
    const env = { ...inheritedVariables(), ...options.env };
    const child = spawn(command, args, { cwd: ROOT, stdio: "inherit", detached, env, shell: !detached });
    const kill = (): void => {
      if (child.pid === undefined) return;
      if (detached) process.kill(-child.pid, "SIGKILL");
      else child.kill("SIGKILL");
    };
    const interrupt = (): void => {
      kill();
      process.exit(130);
    };
    let timedOut = false;
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            kill();
          }, options.timeoutMs);
    const finish = (): void => {
      clearTimeout(timer);
      process.removeListener("SIGINT", interrupt);
      process.removeListener("SIGTERM", interrupt);
    };
    process.once("SIGINT", interrupt);
    process.once("SIGTERM", interrupt);
    child.once("error", (error) => {
      finish();
      reject(error);
    });
    child.once("exit", (code) => {
      finish();
      resolve({ code: code ?? 1, timedOut });
    });
  });
}
