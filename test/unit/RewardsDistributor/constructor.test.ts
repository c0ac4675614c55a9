import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { getCreateAddress, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { namedSigners } from "../../helpers/signers";
import { grainBits } from "../../helpers/reward-math";
import { days } from "../../helpers/units";
import { deployWorld } from "../../helpers/world";

/** What creates a distributor, and a ledger of stake that reports to it, or to another one. */
async function deployPair(exitDelay: bigint, distributor?: string) {
  const deployer = await ethers.deployContract("RewardsDeployer");
  const told = distributor ?? (await deployer.DISTRIBUTOR());
  const stake = await ethers.deployContract("StakeManager", [exitDelay, told, ZeroAddress, 0n]);
  return { deployer, stake };
}

describe("RewardsDistributor", () => {
  describe("constructor", () => {
    it("is bound to the core that reports to it, and has its delays", async () => {
      const { rewardsDistributor: rewards, stakeManager, bucket, notice } = await loadFixture(deployWorld);
      expect(await rewards.STAKE_MANAGER()).to.equal(await stakeManager.getAddress());
      expect(await stakeManager.REWARDS_DISTRIBUTOR()).to.equal(await rewards.getAddress());
      expect(await rewards.BUCKET()).to.equal(bucket);
      expect(await rewards.NOTICE()).to.equal(notice);
    });

    it("has the bounds that its documents tell", async () => {
      const { rewardsDistributor: rewards } = await loadFixture(deployWorld);
      expect(await rewards.MAX_COMMISSION_BPS()).to.equal(2_000n);
      expect(await rewards.MAX_TOKENS()).to.equal(4n);
      expect(await rewards.MAX_ENTRIES()).to.equal(64n);
      expect(await rewards.MAX_DECIMALS()).to.equal(24n);
    });

    for (const exitDelay of [120n, 1_016n, 1_024n, 1_032n, days(14n), days(56n)]) {
      it(`measures in grains of which a limit has 2^${grainBits(exitDelay / 8n)} at an exit delay of ${exitDelay} s`, async () => {
        const { deployer, stake } = await deployPair(exitDelay);
        await deployer.deploy(stake);
        const rewards = await ethers.getContractAt("RewardsDistributor", await deployer.DISTRIBUTOR());
        expect(await rewards.GRAIN_BITS()).to.equal(grainBits(exitDelay / 8n));
      });
    }

    it("refuses a core that reports to another distributor, or to none", async () => {
      const factory = await ethers.getContractFactory("RewardsDistributor");
      for (const other of [ZeroAddress, getCreateAddress({ from: ZeroAddress, nonce: 1 })]) {
        const { deployer, stake } = await deployPair(days(14n), other);
        await expect(deployer.deploy(stake))
          .to.be.revertedWithCustomError(factory, "NotTheDistributor")
          .withArgs(other);
        await expect(factory.deploy(stake)).to.be.revertedWithCustomError(factory, "NotTheDistributor").withArgs(other);
      }
    });
  });
});

describe("RewardsDeployer", () => {
  describe("deploy", () => {
    it("creates the distributor where it said that it will be", async () => {
      const { deployer, stake } = await deployPair(days(14n));
      const there = await deployer.DISTRIBUTOR();
      expect(there).to.equal(getCreateAddress({ from: await deployer.getAddress(), nonce: 1 }));
      expect(await ethers.provider.getCode(there)).to.equal("0x");
      expect(await deployer.deploy.staticCall(stake)).to.equal(there);
      await deployer.deploy(stake);
      expect(await ethers.provider.getCode(there)).not.to.equal("0x");
    });

    it("does it after an attempt that failed, and once", async () => {
      const { deployer, stake } = await deployPair(days(14n));
      const other = await deployPair(days(14n), ZeroAddress);
      const factory = await ethers.getContractFactory("RewardsDistributor");
      await expect(deployer.deploy(other.stake)).to.be.revertedWithCustomError(factory, "NotTheDistributor");
      await deployer.deploy(stake);
      await expect(deployer.deploy(stake))
        .to.be.revertedWithCustomError(factory, "NotTheDistributor")
        .withArgs(await deployer.DISTRIBUTOR());
    });

    it("is for who made it alone", async () => {
      const { deployer: maker, alice } = await namedSigners("deployer", "alice");
      const { deployer, stake } = await deployPair(days(14n));
      expect(await deployer.DEPLOYER()).to.equal(maker.address);
      await expect(deployer.connect(alice).deploy(stake))
        .to.be.revertedWithCustomError(deployer, "NotDeployer")
        .withArgs(alice.address, maker.address);
    });
  });
});
