import { spawn, type StdioOptions } from "node:child_process";
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
  /** Takes what the command writes, errors included. */
  readonly output?: (chunk: Buffer) => void;
}

/** Hardhat's chain gives memory back to the system all the time, and asks for it again: a third of its time. */
const KEEP_MEMORY = { MIMALLOC_ALLOW_LARGE_OS_PAGES: "1", MIMALLOC_PURGE_DELAY: "-1" };

/** Runs a command in the folder of the repository; unless it is taken, its output goes where this process writes. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    // A process group of its own, so that a timeout reaches the grandchildren, too.
    const detached = process.platform !== "win32";
    const env = { ...KEEP_MEMORY, ...inheritedVariables(), ...options.env };
    const { output } = options;
    const stdio: StdioOptions = output === undefined ? "inherit" : ["inherit", "pipe", "pipe"];
    const child = spawn(command, args, { cwd: ROOT, stdio, detached, env, shell: !detached });
    if (output !== undefined) for (const stream of [child.stdout, child.stderr]) stream?.on("data", output);
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
    // All that was written has come by then.
    child.once("close", (code) => {
      finish();
      resolve({ code: code ?? 1, timedOut });
    });
  });
}
