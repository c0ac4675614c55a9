import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "./errors";
import { platformBinary } from "./foundry";

/** How long a chain may take to answer; on a busy machine it takes about a second. */
const START_TIMEOUT_MS = 20_000;

/** A chain in a process of its own. */
export interface Anvil {
  /** Where its JSON-RPC answers. */
  readonly url: string;
  /** Ends the process and waits until it is gone. */
  stop(): Promise<void>;
}

/** Asks the operating system for a port that nobody uses. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string") reject(new Error("The port has no number."));
        else resolve(address.port);
      });
    });
  });
}

/** Whether a chain answers at this address. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] }),
    });
    return response.ok;
  } catch {
    return false;
  }
}

/**
 * Starts anvil on a free port and resolves when it answers.
 *
 * @param args Further arguments of anvil, such as `["--hardfork", "prague"]`.
 */
export async function startAnvil(args: readonly string[] = []): Promise<Anvil> {
  const port = await freePort();
  const child = spawn(platformBinary("anvil"), ["--silent", "--port", String(port), ...args], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => {
      resolve();
    });
    child.once("error", () => {
      resolve();
    });
  });
  // A crash of this process must not leave the chain running.
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", kill);
  const stop = async (): Promise<void> => {
    process.removeListener("exit", kill);
    kill();
    await ended;
  };

  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (child.exitCode === null && child.pid !== undefined && Date.now() < deadline) {
    if (await answers(url)) return { url, stop };
    await sleep(50);
  }
  await stop();
  throw new UserError(`anvil did not answer at ${url} within ${START_TIMEOUT_MS / 1000} seconds.`);
}
