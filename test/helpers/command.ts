import { spawn } from "node:child_process";
import { join } from "node:path";
import { inheritedVariables } from "../../scripts/lib/environment";
import { ROOT } from "../../scripts/lib/files";

/** How a command ended, and what it printed. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface RunningCommand {
  readonly ended: Promise<CommandResult>;
  /** Ends it at once, as a crash would. */
  kill(): void;
}

/** Variables that the machine on which the tests run may have set for itself. */
const UNSET = { DEPLOYER_PRIVATE_KEY: "", LOCALHOST_RPC_URL: "", MAINNET_RPC_URL: "", SEPOLIA_RPC_URL: "" };

/** Starts `npx hardhat …` in a process of its own. */
export function startHardhat(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): RunningCommand {
  const cli = join(ROOT, "node_modules/hardhat/internal/cli/bootstrap.js");
  // Some CI servers are taken for terminals that show colours.
  const env = { ...inheritedVariables(), ...UNSET, NO_COLOR: "1", ...variables };
  const child = spawn(process.execPath, [cli, ...args], { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<CommandResult>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, stdout, stderr });
    });
  });
  return {
    ended,
    kill: () => {
      child.kill("SIGKILL");
    },
  };
}

/** Runs `npx hardhat …` in a process of its own to its end. */
export function runHardhat(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  return startHardhat(args, variables).ended;
}
