import { HardhatPluginError } from "hardhat/plugins";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { loadConfiguration } from "./config/load";
import type { Configuration } from "./config/schema";
import { type Addresses, CONTRACTS, deployBulkhead } from "./deploy";
import { IN_PROCESS } from "./ignition";
import { deployLrt, type LrtAddresses } from "./lrt";
import { type DeploymentParameters, guardedUntilOf, resolveParameters } from "./parameters";
import { type Chain, checkAssets, checkFunds, checkSeeds, readChain, readDeployer } from "./preflight";
import { DeploymentFolder, type DeploymentRecord, isComplete } from "./record";
import { type Check, verifyDeployment } from "./verify";
import { verifyLrt } from "./verify-lrt";
import { UserError } from "../scripts/lib/errors";
import { formatTable } from "../scripts/lib/table";

/** Parameters of both commands. */
export interface Arguments {
  readonly configuration: string | undefined;
  readonly deployment: string | undefined;
  readonly json: boolean;
}

/** The network of chains that are thrown away. */
const LOCAL = "localhost";

/** Whether a recorded deployment is still on the chain that answers. */
async function isOnChain(
  hre: HardhatRuntimeEnvironment,
  folder: DeploymentFolder,
  { genesis }: DeploymentRecord,
  chain: Chain,
): Promise<boolean> {
  if (genesis !== chain.genesis) return false;
  const codes = await Promise.all(
    Object.values(folder.readAddresses()).map((address) => hre.ethers.provider.getCode(address)),
  );
  return codes.every((code) => code !== "0x");
}

/** A field as in the configuration, if that fits into a sentence. */
function shown(value: unknown): string {
  if (value === undefined) return "missing";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Refuses a configuration that differs from what was deployed: nothing of it can be changed afterwards. */
function checkUnchanged(
  { configuration: before }: DeploymentRecord,
  now: Configuration,
  folder: DeploymentFolder,
): void {
  const fields = Object.keys({ ...before, ...now }) as (keyof Configuration)[];
  const changed = fields.find((field) => JSON.stringify(before[field]) !== JSON.stringify(now[field]));
  if (changed === undefined) return;
  throw new UserError(
    `${changed} was ${shown(before[changed])} when ${folder.name} was deployed, and is ${shown(now[changed])} now: ` +
      "name the file that it was deployed from by --configuration, or deploy anew by --deployment with another name.",
  );
}

/** The record of this deployment: that of an earlier run which it continues, or a new one. */
async function openRecord(
  hre: HardhatRuntimeEnvironment,
  folder: DeploymentFolder,
  configuration: Configuration,
  chain: Chain,
): Promise<DeploymentRecord> {
  const { name: network } = hre.network;
  const deployer = await readDeployer(hre);
  const record = network === IN_PROCESS ? undefined : folder.readRecord();
  if (record !== undefined) {
    if (record.network !== network) {
      throw new UserError(`${folder.name} is a deployment on the network ${record.network}, not ${network}.`);
    }
    if (await isOnChain(hre, folder, record, chain)) {
      checkUnchanged(record, configuration, folder);
      if (record.deployer === deployer) return record;
      throw new UserError(`${folder.name} was begun by ${record.deployer}, but the deployer is ${deployer} now.`);
    }
    if (network !== LOCAL) throw new UserError(`What ${folder.name} records is not on the chain of ${network}.`);
    // A local chain was started anew: what was on it is gone.
    folder.clear();
  }
  const guardedUntil = guardedUntilOf(configuration, chain.now);
  return { network, genesis: chain.genesis, deployer, startBlock: chain.block, guardedUntil, configuration };
}

/** Ignition explains in many lines what a sentence can say. */
function explain(error: unknown, what: string): unknown {
  const known = ["IgnitionError", "HardhatError", "ProviderError"];
  if (error instanceof UserError || !(error instanceof Error)) return error;
  if (!(error instanceof HardhatPluginError) && !known.includes(error.name)) return error;
  const reason = error.message.replace(/\s*\n[\s*]*/g, " ").replace(/[.\s]*$/, "");
  return new UserError(`${what}: ${reason}.`);
}

/** What `--json` prints: the same after every run. */
function summarise(
  hre: HardhatRuntimeEnvironment,
  chain: Chain,
  { deployer }: DeploymentRecord,
  parameters: DeploymentParameters,
  addresses: Addresses,
  lrt: LrtAddresses | undefined,
) {
  const { name: network } = hre.network;
  return { network, chainId: chain.id, deployer, contracts: addresses, ...(lrt && { lrt }), parameters };
}

/** Days, hours, minutes and seconds, those that are not 0. */
function formatDuration(seconds: number): string {
  const units = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ] as const;
  let rest = seconds;
  const parts = units.map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? "" : `${count} ${unit}`;
  });
  return parts.filter((part) => part !== "").join(" ") || "at once";
}

function printTables(addresses: Addresses, tokens: LrtAddresses | undefined, parameters: DeploymentParameters): void {
  const { exitDelay, guardedUntil, admin, launch, guardian, caps, lrt } = parameters;
  console.log(
    formatTable(
      ["contract", "address"],
      [
        ...CONTRACTS.map((name) => [name, addresses[name]]),
        ...(tokens === undefined ? [] : [["AccessManager of the tokens", tokens.accessManager]]),
        ...Object.entries(tokens?.tokens ?? {}),
      ],
    ),
  );
  const rows = [
    ["exit delay", formatDuration(exitDelay)],
    ["guarded until", new Date(guardedUntil * 1000).toISOString()],
    ["changes roles", `${admin.account}, notice: ${formatDuration(admin.delay)}`],
    ...launch.accounts.map((account) => ["sets caps", `${account}, notice: ${formatDuration(launch.delay)}`]),
    ...guardian.accounts.map((account) => ["pauses entry", account]),
    ...caps.map(({ asset, cap }) => ["cap", `${cap} units of ${asset}`]),
    ...(lrt?.curator.accounts ?? []).map((account) => [
      "curator",
      `${account}, notice: ${formatDuration(lrt?.curator.delay ?? 0)}`,
    ]),
    ...(lrt?.guardian.accounts ?? []).map((account) => ["guardian of the tokens", account]),
    ...(lrt?.tokens ?? []).map(({ symbol, asset, seed }) => [symbol, `${seed} units of ${asset} for ever`]),
  ];
  console.log(formatTable(["parameter", "value"], rows));
}

/** Deploys, or goes on with what an earlier run has begun, and prints what is there. */
export async function runDeploy(
  hre: HardhatRuntimeEnvironment,
  { configuration: file, deployment, json }: Arguments,
): Promise<void> {
  const { name: network } = hre.network;
  const inProcess = network === IN_PROCESS;
  const say = json ? console.error : console.log;

  const configuration = loadConfiguration(network, file);
  const folder = new DeploymentFolder(hre, deployment ?? network);
  const chain = await readChain(hre, configuration.chainId);
  await hre.run("compile", { quiet: true });
  const record = await openRecord(hre, folder, configuration, chain);
  const parameters = resolveParameters(configuration, record.deployer, record.guardedUntil);
  const present = inProcess ? {} : folder.readAddresses();
  const { lrt } = parameters;
  const complete = isComplete(present) && (lrt === undefined || folder.readLrt(lrt) !== undefined);
  if (!complete) {
    await checkAssets(hre, parameters);
    if (lrt !== undefined) await checkSeeds(hre, lrt, record.deployer);
    await checkFunds(hre, parameters, record.deployer, present);
  }
  if (!inProcess) folder.writeRecord(record);

  say(`Deploying to ${network} (chain ${chain.id}) from ${record.deployer}.`);
  const nonce = (): Promise<number> => hre.ethers.provider.getTransactionCount(record.deployer);
  const before = await nonce();
  const onStep = (step: string): void => {
    say(`  ${step}`);
  };
  const options = { deploymentId: folder.id, onStep: complete ? undefined : onStep };
  let addresses: Addresses;
  let tokens: LrtAddresses | undefined;
  try {
    addresses = await deployBulkhead(hre, parameters, inProcess ? undefined : options);
    if (lrt !== undefined) tokens = await deployLrt(hre, addresses.Slasher, lrt, inProcess ? undefined : options);
  } catch (error) {
    throw explain(error, "The deployment stopped, and goes on when the command runs again");
  }
  const sent = (await nonce()) - before;
  if (json) console.log(JSON.stringify(summarise(hre, chain, record, parameters, addresses, tokens), null, 2));
  else printTables(addresses, tokens, parameters);
  if (inProcess) say("This chain ends with the command: nothing was recorded.");
  else if (sent === 0) say(`Nothing changed: all of it was deployed before, as ${folder.name} records.`);
  else say(`Deployed by ${sent} transactions, recorded in ${folder.name}.`);
}

/** A whole deployment that is on the chain which answers. */
interface Found {
  readonly folder: DeploymentFolder;
  readonly configuration: Configuration;
  readonly record: DeploymentRecord;
  readonly addresses: Addresses;
}

/** Finds a recorded deployment on the chain that answers, and compiles what it is compared with. */
async function findDeployment(
  hre: HardhatRuntimeEnvironment,
  { configuration: file, deployment }: Pick<Arguments, "configuration" | "deployment">,
): Promise<Found> {
  const { name: network } = hre.network;
  const folder = new DeploymentFolder(hre, deployment ?? network);
  const configuration = loadConfiguration(network, file);
  const record = folder.readRecord();
  const addresses = folder.readAddresses();
  if (record === undefined || !isComplete(addresses)) {
    throw new UserError(`There is no whole deployment in ${folder.name}.`);
  }
  const chain = await readChain(hre, configuration.chainId);
  if (!(await isOnChain(hre, folder, record, chain))) {
    throw new UserError(`What ${folder.name} records is not on the chain of ${network}.`);
  }
  await hre.run("compile", { quiet: true });
  return { folder, configuration, record, addresses };
}

/**
 * Finds a recorded deployment on the chain that answers.
 *
 * @throws UserError if there is no whole one.
 */
export async function openDeployment(
  hre: HardhatRuntimeEnvironment,
  named: Pick<Arguments, "configuration" | "deployment">,
): Promise<{ readonly addresses: Addresses; readonly lrt: LrtAddresses | undefined; readonly startBlock: number }> {
  const { folder, record, addresses } = await findDeployment(hre, named);
  const { lrt } = record.configuration;
  return { addresses, lrt: lrt === undefined ? undefined : folder.readLrt(lrt), startBlock: record.startBlock };
}

/** Compares a recorded deployment with the chain. */
export async function runCheck(hre: HardhatRuntimeEnvironment, args: Arguments): Promise<void> {
  const { folder, configuration, record, addresses } = await findDeployment(hre, args);
  checkUnchanged(record, configuration, folder);
  const { deployer, startBlock, guardedUntil } = record;
  const parameters = resolveParameters(configuration, deployer, guardedUntil);
  const { lrt } = parameters;
  const found = lrt === undefined ? undefined : folder.readLrt(lrt);
  if (lrt !== undefined && found === undefined) throw new UserError(`There is no whole deployment in ${folder.name}.`);
  const tokens = lrt === undefined || found === undefined ? undefined : { lrt, found };
  const expectation = { addresses, parameters, deployer, startBlock };
  const verify = async (): Promise<Check[]> => [
    ...(await verifyDeployment(hre, expectation)),
    ...(tokens === undefined ? [] : await verifyLrt(hre, { ...expectation, ...tokens })),
  ];
  const checks = await verify().catch((error: unknown) => {
    throw explain(error, "The check stopped");
  });
  const failed = checks.filter(({ ok }) => !ok);
  if (args.json) console.log(JSON.stringify({ ok: failed.length === 0, checks }, null, 2));
  else {
    const rows = checks.map(({ what, expected, found, ok }) => [
      what,
      found.replaceAll(", ", "\n"),
      ok ? "ok" : `not ${expected}`,
    ]);
    console.log(formatTable(["what", "on the chain", ""], rows));
  }
  if (failed.length > 0) throw new UserError(`${failed.length} of ${checks.length} checks failed.`);
  if (!args.json) console.log(`All ${checks.length} checks passed.`);
}
