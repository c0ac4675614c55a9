import { loadFixture, reset } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type ContractTransactionResponse, getCreateAddress, ZeroAddress, ZeroHash } from "ethers";
import { ethers } from "hardhat";
import { NO_APPROVAL } from "../../helpers/signatures";
import { propose, proposeAndRead, readRecord } from "../../helpers/slash";
import { now } from "../../helpers/stake";
import { days, WAD, wad } from "../../helpers/units";
import {
  at,
  createJoinedSet,
  deployTokens,
  deployWorld,
  receiptOf,
  stake,
  waitUntil,
  type World,
} from "../../helpers/world";

/** What a transaction may use on Ethereum since the hardfork Osaka. */
const MAX_TRANSACTION_GAS = 16_777_216n;

/** A world with 8 pools that are full of buckets, and two sets that accept all 8 assets. */
async function crowded() {
  const w = await loadFixture(deployWorld);
  const assets = await deployTokens(8);
  const alloc = w.allocationManager.connect(w.operator);
  const set = await createJoinedSet(w, { id: 1n, assets, vetoWindow: w.exitDelay / 2n });
  const instant = await createJoinedSet(w, { id: 2n, assets, vetoWindow: 0n });
  for (const asset of assets) {
    await w.stakeManager.connect(w.operator).openPool(asset, ZeroAddress);
    await stake(w, w.alice, wad(1_000n), { asset });
    await alloc.allocate(set, asset, WAD / 2n);
    await alloc.allocate(instant, asset, WAD / 2n);
  }
  const start = ((await now()) / w.bucket + 20n) * w.bucket + w.bucket / 2n;
  // One bucket after the other, the last one in the half minute of the proposal: 9 are live then.
  for (let i = 0n; i < 9n; i++) await queueEverywhere(w, assets, start + i * w.bucket);
  // A part of every allocation is leaving, too.
  for (const asset of assets) await alloc.deallocate(set, asset, WAD / 4n);
  return { ...w, assets, set, instant, first: start / w.bucket + 9n };
}

/** Queues a unit of each asset in the given second. */
async function queueEverywhere(w: World, assets: Awaited<ReturnType<typeof deployTokens>>, second: bigint) {
  const calls: string[] = [];
  for (const asset of assets) {
    const requests = [{ operator: w.operator.address, shares: wad(1n) }];
    const args = [w.alice.address, await asset.getAddress(), requests, w.alice.address] as const;
    calls.push(w.stakeManager.interface.encodeFunctionData("queueWithdrawals", [...args]));
  }
  await at(second);
  await w.stakeManager.connect(w.alice).multicall(calls);
}

/** Rates of consecutive buckets of all pools. */
async function ratesOf(w: Awaited<ReturnType<typeof crowded>>, count: number): Promise<Set<bigint>> {
  const rates = new Set<bigint>();
  for (const asset of w.assets) {
    for (let i = 0; i < count; i++) {
      const { shares, rate } = await w.stakeManager.bucket(w.operator, asset, (w.first + BigInt(i)) * w.bucket);
      expect(shares).to.equal(wad(1n));
      rates.add(rate);
    }
  }
  return rates;
}

async function expectBelowLimit(tx: ContractTransactionResponse): Promise<void> {
  const { gasUsed } = await receiptOf(tx);
  expect(gasUsed).to.be.lessThan(MAX_TRANSACTION_GAS);
}

describe("Slasher", () => {
  describe("with 8 assets, all buckets of which are occupied", () => {
    it("proposes and vetoes below the gas limit of a transaction: 9 buckets fall, 13 rise", async () => {
      const w = await loadFixture(crowded);
      const tx = await propose(w, w.set, WAD);
      await expectBelowLimit(tx);
      const record = await readRecord(w, tx);
      expect(record.cuts.length).to.equal(8);
      expect(await ratesOf(w, 9)).to.deep.equal(new Set([WAD / 2n]));
      // Four more buckets are filled before the deadline.
      for (let i = 1n; i < 5n; i++) {
        await queueEverywhere(w, w.assets, record.proposedAt + i * w.bucket - (i === 4n ? 100n : 0n));
      }
      expect(await ratesOf(w, 13)).to.deep.equal(new Set([WAD / 2n]));
      await at(record.deadline - 1n);
      await expectBelowLimit(await w.slasher.connect(w.resolver).veto(record));
      expect(await ratesOf(w, 13)).to.deep.equal(new Set([WAD]));
    });

    it("makes final below the gas limit of a transaction", async () => {
      const w = await loadFixture(crowded);
      const record = await proposeAndRead(w, w.set, WAD);
      await at(record.deadline);
      await expectBelowLimit(await w.slasher.finalise(record));
      for (const asset of w.assets) {
        // 1,000 units are slashable; half of each share is lost.
        expect(await w.stakeManager.proceeds(w.recipient, asset)).to.equal(wad(500n));
      }
    });

    it("slashes at once below the gas limit of a transaction", async () => {
      const w = await loadFixture(crowded);
      const tx = await propose(w, w.instant, WAD);
      await expectBelowLimit(tx);
      expect((await readRecord(w, tx)).cuts.length).to.equal(8);
      expect(await ratesOf(w, 9)).to.deep.equal(new Set([WAD / 2n]));
    });
  });

  describe("on a fresh chain", () => {
    afterEach(async () => {
      await ethers.provider.send("evm_setAutomine", [true]);
      await reset();
    });

    it("slashes in block 2 what was deployed, staked and allocated in block 1", async () => {
      await reset();
      expect(await ethers.provider.getBlockNumber()).to.equal(0);
      const [one] = await ethers.getSigners();
      if (one === undefined) throw new Error("The chain has no accounts.");
      const exitDelay = days(14n);
      const factory = await ethers.getContractFactory("Slasher");
      const args = [exitDelay, ZeroAddress, ZeroAddress, 0n] as const;
      const gasLimit = await ethers.provider.estimateGas(await factory.getDeployTransaction(...args));
      await ethers.provider.send("evm_setAutomine", [false]);
      const gas = { gasLimit: 1_000_000n };
      const token = await ethers.deployContract("MockERC20", ["Token", "TKN", 18], { gasLimit: 3_000_000n });
      const slasher = await factory.deploy(...args, { gasLimit });
      const from = await slasher.getAddress();
      const stakeManager = await ethers.getContractAt("StakeManager", getCreateAddress({ from, nonce: 1 }));
      const allocationManager = await ethers.getContractAt("AllocationManager", getCreateAddress({ from, nonce: 2 }));
      // One account is operator, staker, AVS, slasher and resolver.
      const terms = {
        ...{ assets: [token], maxSlash: WAD, period: exitDelay, vetoWindow: 60n },
        ...{ slasher: one, resolver: one, recipient: ZeroAddress },
      };
      const set = one.address.toLowerCase() + "00".repeat(11) + "01";
      const sent = [
        await token.mint(one, wad(1_000n), gas),
        await token.approve(stakeManager, wad(1_000n), gas),
        await stakeManager.registerOperator("", gas),
        await stakeManager.openPool(token, ZeroAddress, gas),
        await stakeManager.deposit(one, token, wad(1_000n), one, 0n, NO_APPROVAL, gas),
        await allocationManager.createOperatorSet(1n, terms, "", gas),
        await allocationManager.registerForOperatorSet(set, "0x", gas),
        await allocationManager.allocate(set, token, WAD / 2n, gas),
      ];
      await ethers.provider.send("evm_mine", []);
      expect((await slasher.deploymentTransaction()?.wait())?.blockNumber).to.equal(1);
      for (const tx of sent) expect((await receiptOf(tx)).blockNumber).to.equal(1);
      await ethers.provider.send("evm_setAutomine", [true]);

      await at((await now()) + exitDelay + exitDelay / 2n);
      const proposal = await slasher.propose(set, one, WAD, ZeroHash, "");
      const record = await readRecord({ slasher }, proposal);
      expect(proposal.blockNumber).to.equal(2);
      expect(record.cuts[0]?.assets).to.equal(wad(500n));
      await waitUntil(record.deadline - 1n);
      await slasher.finalise(record);
      expect((await stakeManager.pool(one, token)).factor).to.equal(WAD / 2n);
    });
  });
});
