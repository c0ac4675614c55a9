import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture, setBalance, time } from "@nomicfoundation/hardhat-network-helpers";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { type ClosedEpoch, closeEpoch, deployLrt, giveTo, type Lrt, proposeSlash, settleEpoch } from "../helpers/lrt";
import { NO_APPROVAL } from "../helpers/signatures";
import { now, passTo } from "../helpers/stake";
import { bps, days, wad } from "../helpers/units";

/** A token that others use: holders, stake with some operators, rewards that are streaming, an earlier slash. */
export interface UsedLrt extends Lrt {
  set: string;
  all: HardhatEthersSigner[];
}

/** An account of its own, which can pay for its transactions. */
async function fundedAccount(index: number): Promise<HardhatEthersSigner> {
  const address = `0x${(0x1000 + index).toString(16).padStart(40, "9")}`;
  await setBalance(address, wad(1n));
  return await ethers.getImpersonatedSigner(address);
}

/** Stake with so many operators, each of which has given half of its pool to one set that slashes at once. */
async function deployUsed(count: number): Promise<UsedLrt> {
  const lrt = await loadFixture(deployLrt);
  const { token, allocator, stakeManager, asset, curator, alice, bob, carol, unit } = lrt;
  const operators: HardhatEthersSigner[] = [];
  for (let i = 0; i < count; i++) {
    const operator = lrt.operators[i] ?? (await fundedAccount(i));
    operators.push(operator);
    await stakeManager.connect(operator).registerOperator("");
    await stakeManager.connect(operator).openPool(asset, ZeroAddress);
    await allocator.connect(curator).setTarget(operator, BigInt(Math.floor(8_000 / count)));
  }
  for (const holder of [alice, bob, carol]) await token.connect(holder).deposit(1_000n * unit, holder);
  const set = await giveTo(lrt, wad("0.2"), { vetoWindow: 0n, operators: operators.slice(0, 3) });
  for (const operator of operators) await allocator.allocate(operator, (2_000n * unit) / BigInt(count));
  await proposeSlash(lrt, set, bps(1n));
  await asset.mint(token, 10n * unit);
  await token.harvest();
  // Others leave, too: the queue has held shares before.
  await token.connect(carol).requestRedeem(unit, carol, carol);
  await closeEpoch(lrt);
  await asset.mint(token, 10n * unit);
  await passTo(((await now()) / lrt.bucket + 1n) * lrt.bucket + 3_600n);
  await time.increase(days(8n));
  await token.harvest();
  await passTo(((await now()) / lrt.bucket + 1n) * lrt.bucket + 3_600n);
  return { ...lrt, set, all: operators };
}

/** With one, eight and as many operators as there can be. */
export const deployOne = async (): Promise<UsedLrt> => deployUsed(1);
export const deployEight = async (): Promise<UsedLrt> => deployUsed(8);
export const deployMany = async (): Promise<UsedLrt> => deployUsed(32);

/** Bob has a request in the open epoch, and the next second is one in which it can be closed. */
async function requested(deploy: () => Promise<UsedLrt>): Promise<UsedLrt> {
  const lrt = await deploy();
  await lrt.token.connect(lrt.bob).requestRedeem(10n * lrt.unit, lrt.bob, lrt.bob);
  await passTo((await lrt.queue.closableAt()) + 60n);
  return lrt;
}

/** Other stakers have queued in the same bucket, with every operator: as in a system that others use. */
async function inUsedBuckets(deploy: () => Promise<UsedLrt>): Promise<UsedLrt> {
  const lrt = await requested(deploy);
  const { stakeManager, asset, deployer, all, unit } = lrt;
  await asset.connect(deployer).approve(stakeManager, 1_000n * unit);
  for (const operator of all) {
    await stakeManager.connect(deployer).deposit(operator, asset, unit, deployer, 0n, NO_APPROVAL);
  }
  const requests = all.map((operator) => ({ operator, shares: unit }));
  await stakeManager.connect(deployer).queueWithdrawals(deployer, asset, requests, deployer);
  return lrt;
}

/** Somebody wants to leave: in buckets that others use, or the first in each. */
export const deployUsedBuckets = async (): Promise<UsedLrt> => inUsedBuckets(deployEight);
export const deployRequestedOne = async (): Promise<UsedLrt> => requested(deployOne);
export const deployRequestedEight = async (): Promise<UsedLrt> => requested(deployEight);
export const deployRequestedMany = async (): Promise<UsedLrt> => requested(deployMany);

/** Alice and bob are in one closed epoch, which has matured. */
async function closed(deploy: () => Promise<UsedLrt>): Promise<UsedLrt & { closed: ClosedEpoch }> {
  const lrt = await requested(deploy);
  await lrt.token.connect(lrt.alice).requestRedeem(10n * lrt.unit, lrt.alice, lrt.alice);
  const epoch = await closeEpoch(lrt);
  await passTo(epoch.maturity);
  return { ...lrt, closed: epoch };
}

/** An epoch has matured. */
export const deployClosedOne = async () => closed(deployOne);
export const deployClosedEight = async () => closed(deployEight);
export const deployClosedMany = async () => closed(deployMany);

/** It is settled. */
export async function deploySettled(): Promise<UsedLrt> {
  const lrt = await closed(deployEight);
  await settleEpoch(lrt, lrt.closed);
  return lrt;
}

/** A slash event has moved the counter, and nobody has looked since. */
async function slashed(deploy: () => Promise<UsedLrt>): Promise<UsedLrt> {
  const lrt = await deploy();
  await lrt.token.sync();
  await time.increase(lrt.exitDelay);
  await proposeSlash(lrt, lrt.set, bps(1n));
  return lrt;
}

/** A slash event has come since the last call. */
export const deploySlashedOne = async (): Promise<UsedLrt> => slashed(deployOne);
export const deploySlashedEight = async (): Promise<UsedLrt> => slashed(deployEight);
export const deploySlashedMany = async (): Promise<UsedLrt> => slashed(deployMany);

/** Holders and requests of others, in a token with as many operators as there can be. */
const CROWD = 100;

/** Alice has made no request since the epoch began; bob has made one. */
export async function deployQuiet(): Promise<UsedLrt> {
  return await requested(deployOne);
}

/** The same with 32 operators, and a hundred others who hold shares and have requests in the same epoch. */
export async function deployCrowded(): Promise<UsedLrt> {
  return await crowd(await requested(deployMany));
}

/** Alice has a request in a settled epoch, with one operator. */
export async function deploySettledQuiet(): Promise<UsedLrt> {
  return await settleFor(await deployQuiet());
}

/** The same with 32 operators, and a hundred requests of others. */
export async function deploySettledCrowd(): Promise<UsedLrt> {
  return await settleFor(await deployCrowded());
}

async function crowd(lrt: UsedLrt): Promise<UsedLrt> {
  const { token, alice, unit } = lrt;
  for (let i = 0; i < CROWD; i++) {
    const holder = await fundedAccount(1_000 + i);
    await token.connect(alice).transfer(holder, unit);
    await token.connect(holder).requestRedeem(unit / 2n, holder, holder);
  }
  return lrt;
}

async function settleFor(lrt: UsedLrt): Promise<UsedLrt> {
  await lrt.token.connect(lrt.alice).requestRedeem(20n * lrt.unit, lrt.alice, lrt.alice);
  await settleEpoch(lrt, await closeEpoch(lrt));
  return lrt;
}
