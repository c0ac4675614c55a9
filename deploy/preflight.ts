import AccessManagerArtifact from "@openzeppelin/contracts/build/contracts/AccessManager.json";
import { formatEther } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { UserError } from "../scripts/lib/errors";
import type { Addresses } from "./deploy";
import type { DeploymentParameters, LrtParameters } from "./parameters";

/** Gas of the transaction that hands the power over, for each call in it, and beside the calls. */
const GAS_PER_CALL = 60_000n;
const GAS_BESIDE_CALLS = 60_000n;

/** Gas of creating the rewards distributor, which asks the core and so cannot be tried before there is one. */
const DISTRIBUTOR_GAS = 5_000_000n;

/** The chain as it answered at the beginning. */
export interface Chain {
  readonly id: number;
  readonly genesis: string;
  readonly block: number;
  /** The chain's time, in seconds since 1970. */
  readonly now: number;
}

/**
 * Asks the chain who it is.
 *
 * @param expected Chain id of the configuration.
 * @throws UserError if nobody answers, or another chain does.
 */
export async function readChain(hre: HardhatRuntimeEnvironment, expected: number): Promise<Chain> {
  const { name, config } = hre.network;
  const local = "url" in config && name === "localhost" ? ` at ${config.url}` : "";
  const wrongChain = (id: number | string): UserError =>
    new UserError(
      `The node of the network ${name}${local} is on chain ${id}, but the configuration is for ${expected}.`,
    );
  let id: number;
  try {
    id = Number(await hre.network.provider.send("eth_chainId"));
  } catch (error) {
    // Hardhat compares with its own configuration before it lets anything through.
    const other = error instanceof Error ? /connected to a chain with id (\d+)/.exec(error.message)?.[1] : undefined;
    if (other !== undefined) throw wrongChain(other);
    throw new UserError(`No node answers for the network ${name}${local}.`);
  }
  if (id !== expected) throw wrongChain(id);
  const [first, last] = await Promise.all([hre.ethers.provider.getBlock(0), hre.ethers.provider.getBlock("latest")]);
  if (first?.hash == null || last === null)
    throw new UserError(`The node of the network ${name}${local} has no blocks.`);
  return { id, genesis: first.hash, block: last.number, now: last.timestamp };
}

/**
 * The account that deploys: the first one of the network.
 *
 * @throws UserError if there is none.
 */
export async function readDeployer(hre: HardhatRuntimeEnvironment): Promise<string> {
  const [deployer] = await hre.ethers.getSigners();
  if (deployer !== undefined) return deployer.address;
  throw new UserError(
    hre.network.config.accounts === "remote"
      ? `The node of the network ${hre.network.name} holds no account to deploy from.`
      : `The network ${hre.network.name} needs the environment variable DEPLOYER_PRIVATE_KEY.`,
  );
}

/**
 * Refuses caps of what is no contract on this chain.
 *
 * @throws UserError naming the first such asset.
 */
export async function checkAssets(hre: HardhatRuntimeEnvironment, { caps }: DeploymentParameters): Promise<void> {
  for (const [index, { asset }] of caps.entries()) {
    if ((await hre.ethers.provider.getCode(asset)) !== "0x") continue;
    throw new UserError(`caps[${index}].asset is ${asset}, where the network ${hre.network.name} has no contract.`);
  }
}

/** Decimals that a token can have: see `contracts/lrt/LrtBooks.sol`. */
const MAX_DECIMALS = 24n;

/** Gas of creating a token with all its parts, and of its seed; of what the tokens share. */
const GAS_PER_TOKEN = 14_000_000n;
const GAS_BESIDE_TOKENS = 6_000_000n;

/**
 * Refuses tokens of what is no token on this chain, and seeds that are too small, or that the deployer does not have.
 *
 * @throws UserError naming the first such token.
 */
export async function checkSeeds(
  { ethers, network }: HardhatRuntimeEnvironment,
  { tokens }: LrtParameters,
  deployer: string,
): Promise<void> {
  for (const [index, { asset, seed, maxTotalAssets }] of tokens.entries()) {
    const field = `lrt.tokens[${index}]`;
    const erc20 = await ethers.getContractAt("IERC20Metadata", asset);
    const decimals = await erc20.decimals().catch(() => undefined);
    if (decimals === undefined || decimals > MAX_DECIMALS) {
      throw new UserError(
        `${field}.asset is ${asset}, where the network ${network.name} has no token of at most ${MAX_DECIMALS} decimals.`,
      );
    }
    const min = 10n ** (decimals > 8n ? decimals - 2n : 6n);
    if (BigInt(seed) < min || BigInt(seed) > BigInt(maxTotalAssets)) {
      throw new UserError(`${field}.seed is "${seed}", but must be from ${min} to maxTotalAssets.`);
    }
    const balance = await erc20.balanceOf(deployer);
    if (balance >= BigInt(seed)) continue;
    throw new UserError(`The deployer ${deployer} has ${balance} units of ${asset}, but the seed is ${seed}.`);
  }
}

/** Gas of all transactions that are still to be sent, rounded up generously. */
async function estimateGas(
  hre: HardhatRuntimeEnvironment,
  parameters: DeploymentParameters,
  deployer: string,
  present: Partial<Addresses>,
): Promise<bigint> {
  const { exitDelay, guardedUntil, launch, guardian, caps, lrt } = parameters;
  const creation = async (name: keyof Addresses, args: readonly unknown[]): Promise<bigint> => {
    if (present[name] !== undefined) return 0n;
    const factory =
      name === "AccessManager"
        ? new hre.ethers.ContractFactory(AccessManagerArtifact.abi, AccessManagerArtifact.bytecode)
        : await hre.ethers.getContractFactory(name);
    const { data } = await factory.getDeployTransaction(...args);
    return hre.ethers.provider.estimateGas({ from: deployer, data });
  };
  const calls = BigInt(caps.length + launch.accounts.length + guardian.accounts.length + 6);
  const handOver = present.Slasher === undefined ? GAS_BESIDE_CALLS + calls * GAS_PER_CALL : 0n;
  // Any address serves in place of one that does not exist yet: the code written is as long.
  const stand = deployer;
  const rewardsDeployer = await creation("RewardsDeployer", []);
  const rewardsDistributor = present.RewardsDistributor === undefined ? DISTRIBUTOR_GAS : 0n;
  return (
    (await creation("AccessManager", [deployer])) +
    (await creation("LaunchGuard", [stand])) +
    rewardsDeployer +
    (await creation("Slasher", [exitDelay, stand, stand, guardedUntil])) +
    rewardsDistributor +
    (await creation("RewardSplits", [stand])) +
    handOver +
    (lrt === undefined ? 0n : GAS_BESIDE_TOKENS + BigInt(lrt.tokens.length) * GAS_PER_TOKEN)
  );
}

/**
 * Refuses to begin what the deployer could not pay to the end.
 *
 * @param present What an earlier run has deployed.
 * @throws UserError naming what it has, and what it may need.
 */
export async function checkFunds(
  hre: HardhatRuntimeEnvironment,
  parameters: DeploymentParameters,
  deployer: string,
  present: Partial<Addresses>,
): Promise<void> {
  const [gas, fees, balance] = await Promise.all([
    estimateGas(hre, parameters, deployer, present),
    hre.ethers.provider.getFeeData(),
    hre.ethers.provider.getBalance(deployer),
  ]);
  const cost = gas * (fees.maxFeePerGas ?? fees.gasPrice ?? 0n);
  if (balance >= cost) return;
  throw new UserError(
    `The deployer ${deployer} has ${formatEther(balance)} ETH on the network ${hre.network.name}, ` +
      `but the deployment may cost up to ${formatEther(cost)} ETH.`,
  );
}
