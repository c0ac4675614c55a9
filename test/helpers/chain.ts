import { type ContractTransactionResponse, JsonRpcProvider } from "ethers";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Anvil, startAnvil } from "../../scripts/lib/anvil";
import { ROOT } from "../../scripts/lib/files";
import { type CommandResult, runHardhat } from "./command";

/** A chain in a process of its own, and the deployment on it. */
export interface Chain {
  readonly anvil: Anvil;
  readonly provider: JsonRpcProvider;
  /** Folder below `deploy/deployments/`. */
  readonly deployment: string;
  run(task: string, ...args: readonly string[]): Promise<CommandResult>;
  /** Ends the chain, and forgets what was recorded of it. */
  end(): Promise<void>;
}

/** Starts a chain; whoever does, ends it. */
export async function launchChain(...args: readonly string[]): Promise<Chain> {
  const anvil = await startAnvil(args);
  const provider = new JsonRpcProvider(anvil.url, undefined, { staticNetwork: true });
  // The name begins with that of the local network, whose deployments are not committed.
  const deployment = `localhost-test-${new URL(anvil.url).port}`;
  return {
    anvil,
    provider,
    deployment,
    run: (task, ...more) =>
      runHardhat([task, "--network", "localhost", "--deployment", deployment, ...more], {
        LOCALHOST_RPC_URL: anvil.url,
      }),
    end: async () => {
      provider.destroy();
      await anvil.stop();
      rmSync(join(ROOT, "deploy/deployments", deployment), { recursive: true, force: true });
    },
  };
}

/** Waits until a transaction is mined, and has succeeded. ethers' own `wait` can miss one that is mined as it begins. */
export async function sent(call: Promise<ContractTransactionResponse>): Promise<void> {
  const { hash, provider } = await call;
  for (;;) {
    const receipt = await provider.getTransactionReceipt(hash);
    if (receipt !== null && receipt.status !== 1) throw new Error(`The transaction ${hash} failed.`);
    if (receipt !== null) return;
    await sleep(20);
  }
}
