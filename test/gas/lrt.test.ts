import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { setBalance, time } from "@nomicfoundation/hardhat-network-helpers";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { type ClosedEpoch, closeEpoch, deployLrt, giveTo, type Lrt, proposeSlash, settleEpoch } from "../helpers/lrt";
import { NO_APPROVAL } from "../helpers/signatures";
import { now, passTo } from "../helpers/stake";
import { bps, days, wad } from "../helpers/units";
import { itCosts, onFreshChain } from "./measure";

/** A token that others use: holders, stake with some operators, rewards that are streaming, an earlier slash. */
interface UsedLrt extends Lrt {
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
  const lrt = await deployLrt();
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

const deployOne = async (): Promise<UsedLrt> => deployUsed(1);
const deployEight = async (): Promise<UsedLrt> => deployUsed(8);
const deployMany = async (): Promise<UsedLrt> => deployUsed(32);

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

const deployUsedBuckets = async (): Promise<UsedLrt> => inUsedBuckets(deployEight);
const deployRequestedOne = async (): Promise<UsedLrt> => requested(deployOne);
const deployRequestedEight = async (): Promise<UsedLrt> => requested(deployEight);
const deployRequestedMany = async (): Promise<UsedLrt> => requested(deployMany);

/** Alice and bob are in one closed epoch, which has matured. */
async function closed(deploy: () => Promise<UsedLrt>): Promise<UsedLrt & { closed: ClosedEpoch }> {
  const lrt = await requested(deploy);
  await lrt.token.connect(lrt.alice).requestRedeem(10n * lrt.unit, lrt.alice, lrt.alice);
  const epoch = await closeEpoch(lrt);
  await passTo(epoch.maturity);
  return { ...lrt, closed: epoch };
}

const deployClosedOne = async () => closed(deployOne);
const deployClosedEight = async () => closed(deployEight);
const deployClosedMany = async () => closed(deployMany);

async function deploySettled(): Promise<UsedLrt> {
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

const deploySlashedOne = async (): Promise<UsedLrt> => slashed(deployOne);
const deploySlashedEight = async (): Promise<UsedLrt> => slashed(deployEight);
const deploySlashedMany = async (): Promise<UsedLrt> => slashed(deployMany);

describe("Gas of the liquid restaking token", () => {
  onFreshChain();

  describe("holders", () => {
    itCosts("lrt.deposit.again", deployEight, async ({ token, alice, unit }) =>
      token.connect(alice).deposit(10n * unit, alice),
    );
    itCosts("lrt.mint.again", deployEight, async ({ token, alice, unit }) =>
      token.connect(alice).mint(10n * unit, alice),
    );
    itCosts("lrt.requestRedeem.laterInEpoch", deployRequestedEight, async ({ token, alice, unit }) =>
      token.connect(alice).requestRedeem(10n * unit, alice, alice),
    );
    itCosts("lrt.claim", deploySettled, async ({ token, alice, unit }) =>
      token.connect(alice).redeem(10n * unit, alice, alice),
    );
    itCosts("lrt.instantRedeem", deployEight, async ({ token, alice, unit }) =>
      token.connect(alice).instantRedeem(10n * unit, 0n, alice),
    );
  });

  describe("keepers", () => {
    itCosts("lrt.close.1", deployRequestedOne, async ({ queue, keeper }) => queue.connect(keeper).close());
    itCosts("lrt.close.8", deployUsedBuckets, async ({ queue, keeper }) => queue.connect(keeper).close());
    itCosts("lrt.close.8.firstInBucket", deployRequestedEight, async ({ queue, keeper }) =>
      queue.connect(keeper).close(),
    );
    itCosts("lrt.close.32", deployRequestedMany, async ({ queue, keeper }) => queue.connect(keeper).close());
    itCosts("lrt.settle.1", deployClosedOne, async ({ queue, keeper, closed: { epoch, items } }) =>
      queue.connect(keeper).settle(epoch, items),
    );
    itCosts("lrt.settle.8", deployClosedEight, async ({ queue, keeper, closed: { epoch, items } }) =>
      queue.connect(keeper).settle(epoch, items),
    );
    itCosts("lrt.settle.32", deployClosedMany, async ({ queue, keeper, closed: { epoch, items } }) =>
      queue.connect(keeper).settle(epoch, items),
    );
    itCosts("lrt.sync", deployEight, async ({ token, keeper }) => token.connect(keeper).sync());
    itCosts("lrt.harvest", deployEight, async ({ token, keeper }) => token.connect(keeper).harvest());
    itCosts("lrt.allocate.8", deployEight, async ({ allocator, keeper, operators, unit }) =>
      allocator.connect(keeper).allocate(operators[0], unit),
    );
    itCosts("lrt.evict", deployEight, async ({ allocator, curator, keeper, operators }) => {
      await allocator.connect(curator).setTarget(operators[0], 0n);
      return await allocator.connect(keeper).evict(operators[0]);
    });
  });

  describe("the first call after a slash event", () => {
    itCosts("lrt.deposit.revalue.1", deploySlashedOne, depositOfAlice);
    itCosts("lrt.deposit.revalue.8", deploySlashedEight, depositOfAlice);
    itCosts("lrt.deposit.revalue.32", deploySlashedMany, depositOfAlice);
  });
});

async function depositOfAlice({ token, alice, unit }: UsedLrt) {
  return await token.connect(alice).deposit(10n * unit, alice);
}
