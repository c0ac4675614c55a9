import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { z } from "zod";
import { UserError } from "../scripts/lib/errors";
import { type Configuration, parseConfiguration } from "./config/schema";
import { type Addresses, CONTRACTS } from "./deploy";
import { LRT_PARTS, type LrtAddresses } from "./lrt";
import { tokenKey } from "./modules/04-lrt";
import type { LrtToken } from "./parameters";

/** What Ignition does not know of a deployment, and a later run needs. */
export interface DeploymentRecord {
  /** Name of the network in Hardhat's configuration. */
  readonly network: string;
  /** Hash of the first block: tells chains with the same id apart. */
  readonly genesis: string;
  readonly deployer: string;
  /** Last block before the deployment. */
  readonly startBlock: number;
  readonly guardedUntil: number;
  readonly configuration: Configuration;
}

const recordSchema = z.object({
  network: z.string(),
  genesis: z.string(),
  deployer: z.string(),
  startBlock: z.int(),
  guardedUntil: z.int(),
  configuration: z.unknown(),
});

const address = z.string();

/** Ignition writes every address as soon as it is known. */
const addressesSchema = z.object({
  "Access#AccessManager": address.optional(),
  "Access#LaunchGuard": address.optional(),
  "Core#RewardsDeployer": address.optional(),
  "Core#Slasher": address.optional(),
  "Core#StakeManager": address.optional(),
  "Core#AllocationManager": address.optional(),
  "Rewards#RewardsDistributor": address.optional(),
  "Rewards#RewardSplits": address.optional(),
});

/** The folder of a deployment: Ignition's journal, and our own record. */
export class DeploymentFolder {
  readonly #path: string;

  /**
   * @param id Name of the folder below `deploy/deployments/`.
   * @throws UserError if it is no name of a folder.
   */
  constructor(
    hre: HardhatRuntimeEnvironment,
    readonly id: string,
  ) {
    if (!/^[a-zA-Z][\w-]*$/.test(id)) {
      throw new UserError(`The name of a deployment has letters, digits, - and _ only, which "${id}" has not.`);
    }
    this.#path = join(hre.config.paths.ignition, "deployments", id);
  }

  /** The name of the folder, as shown to people. */
  get name(): string {
    return `deploy/deployments/${this.id}`;
  }

  /**
   * The record, if a deployment has begun.
   *
   * @throws UserError if something else has.
   */
  readRecord(): DeploymentRecord | undefined {
    const file = join(this.#path, "record.json");
    if (!existsSync(file)) {
      if (!existsSync(this.#path)) return undefined;
      throw new UserError(`${this.name} was not made by the task deploy: name another one by --deployment.`);
    }
    const { configuration, ...rest } = recordSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    return { ...rest, configuration: parseConfiguration(configuration, `${this.name}/record.json`) };
  }

  /** Begins a deployment. */
  writeRecord(record: DeploymentRecord): void {
    mkdirSync(this.#path, { recursive: true });
    writeFileSync(join(this.#path, "record.json"), `${JSON.stringify(record, null, 2)}\n`);
  }

  /** Addresses of what has been deployed so far. */
  readAddresses(): Partial<Addresses> {
    const file = join(this.#path, "deployed_addresses.json");
    if (!existsSync(file)) return {};
    const found = addressesSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    return Object.fromEntries(
      Object.entries(found).flatMap(([id, value]) => (value === undefined ? [] : [[id.replace(/^.*#/, ""), value]])),
    );
  }

  /** Everything that Ignition has deployed so far, by its own names. */
  #readAll(): Readonly<Record<string, string>> {
    const file = join(this.#path, "deployed_addresses.json");
    return existsSync(file) ? z.record(z.string(), address).parse(JSON.parse(readFileSync(file, "utf8"))) : {};
  }

  /** Addresses of the liquid restaking tokens and what they share, if all of them have been deployed. */
  readLrt({ tokens }: { readonly tokens: readonly Pick<LrtToken, "symbol">[] }): LrtAddresses | undefined {
    const all = this.#readAll();
    const { [LRT_PARTS.accessManager]: accessManager, [LRT_PARTS.allocatorDeployer]: allocatorDeployer } = all;
    if (accessManager === undefined || allocatorDeployer === undefined) return undefined;
    const found = tokens.flatMap(({ symbol }) => {
      const token = all[`Lrt#${tokenKey(symbol)}`];
      return token === undefined ? [] : [[symbol, token] as const];
    });
    if (found.length < tokens.length) return undefined;
    return { accessManager, allocatorDeployer, tokens: Object.fromEntries(found) };
  }

  /** Forgets a deployment on a chain that is gone. */
  clear(): void {
    rmSync(this.#path, { recursive: true, force: true });
  }
}

/** Whether every contract has an address. */
export function isComplete(addresses: Partial<Addresses>): addresses is Addresses {
  return CONTRACTS.every((name) => addresses[name] !== undefined);
}
