import type { EventEmitter } from "node:events";
import { ZeroAddress } from "ethers";
import hre from "hardhat";
// With --trace, hardhat.config.ts has loaded the plugin; its types say what it adds to the environment.
import type { Item, TracerEnv } from "hardhat-tracer";
import { UserError } from "../lib/errors";
import type { World } from "./world";

/** What something came to, and what contracts called of each other meanwhile. */
export interface Recording<T> {
  readonly result: T;
  /** One line a call, calls within calls indented. */
  readonly calls: readonly string[];
}

/** Records what contracts call of each other while something is done. */
export interface CallRecorder {
  record<T>(action: () => Promise<T>): Promise<Recording<T>>;
}

type Listener = Parameters<EventEmitter["on"]>[1];

/** What the tracer is called at run time, where it may be missing. */
interface Traceable {
  readonly tracer?: TracerEnv;
}

/** Opens the tracer, and teaches it the names of the story. */
export async function openTrace(world: World): Promise<CallRecorder> {
  const environment: Traceable = hre;
  const { tracer } = environment;
  if (tracer?.recorder === undefined)
    throw new UserError("Traces need the plugin hardhat-tracer, which is not loaded.");
  tracer.showAddresses = false;
  tracer.use4bytesDirectory = false;
  tracer.opcodes.set("REVERT", true);
  for (const [address, name] of await namesOf(world)) tracer.nameTags[address] = name;
  // What was compiled in this run was not there yet when the tracer was loaded.
  await tracer.decoder?.updateArtifacts(hre.artifacts);
  const { vm } = tracer.recorder;
  const ears = new Ears([vm.events, vm.evm.events]);
  return { record: (action) => record(tracer, ears, action) };
}

/** Who listens to the chain. Every step of every call is handed over to listeners, even to such as have no use for it. */
class Ears {
  readonly #listeners: readonly (readonly [emitter: EventEmitter, event: string | symbol, listener: Listener])[];

  constructor(emitters: readonly EventEmitter[]) {
    this.#listeners = emitters.flatMap((emitter) =>
      emitter
        .eventNames()
        .flatMap((event) => emitter.listeners(event).map((found) => [emitter, event, found as Listener] as const)),
    );
    this.close();
  }

  open(): void {
    for (const [emitter, event, listener] of this.#listeners) emitter.on(event, listener);
  }

  close(): void {
    for (const [emitter, event, listener] of this.#listeners) emitter.off(event, listener);
  }
}

async function record<T>(tracer: TracerEnv, ears: Ears, action: () => Promise<T>): Promise<Recording<T>> {
  const before = tracer.allTraces().length;
  tracer.enabled = true;
  ears.open();
  await tracer.switch?.enable();
  try {
    const result = await action();
    const traces = tracer.allTraces().slice(before);
    const calls: string[] = [];
    for (const { top } of traces) {
      if (top !== undefined) calls.push(...(await linesOf(tracer, top, 0)));
    }
    return { result, calls };
  } finally {
    await tracer.switch?.disable();
    ears.close();
    tracer.enabled = false;
  }
}

/** A call and the calls within it. The plugin's own printer writes to the console, in colours of its own. */
async function linesOf(tracer: TracerEnv, item: Item<unknown>, depth: number): Promise<string[]> {
  // Loaded by hardhat.config.ts already, and only there where traces are asked for.
  const { format, removeColor } = await import("hardhat-tracer");
  const { artifacts, network } = hre;
  const text = removeColor(await format(item, { artifacts, tracerEnv: tracer, provider: network.provider }));
  const lines = ["  ".repeat(depth) + text];
  for (const child of item.children ?? []) lines.push(...(await linesOf(tracer, child, depth + 1)));
  return lines;
}

async function namesOf(world: World): Promise<(readonly [address: string, name: string])[]> {
  const { stakeManager, allocationManager, slasher, launchGuard, rewardsDistributor, liquid, cast } = world;
  const { weth, usdc, eurc, lum } = world;
  return [
    [ZeroAddress, "nobody"],
    [await stakeManager.getAddress(), "StakeManager"],
    [await allocationManager.getAddress(), "AllocationManager"],
    [await slasher.getAddress(), "Slasher"],
    [await launchGuard.getAddress(), "LaunchGuard"],
    [await rewardsDistributor.getAddress(), "RewardsDistributor"],
    [await liquid.queue.getAddress(), "ExitQueue"],
    [await liquid.allocator.getAddress(), "Allocator"],
    [await liquid.auction.getAddress(), "RewardAuction"],
    ...[weth, usdc, eurc, lum, liquid.share].map(({ address, symbol }) => [address, symbol] as const),
    ...Object.values(cast).map(({ address, name }) => [address, name] as const),
  ];
}
