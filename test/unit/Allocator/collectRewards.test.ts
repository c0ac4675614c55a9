import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import type { MockERC20 } from "../../../typechain-types";
import { deployLrtWith, deployStakedLrt, giveTo, type Lrt, proposeSlash } from "../../helpers/lrt";
import { endow, Kind } from "../../helpers/rewards";
import { expectRefusal, now } from "../../helpers/stake";
import { days, wad } from "../../helpers/units";

/** A stream of 1,000 units of a reward token into the first operator's pool, of which the token has all shares. */
interface Paid extends Lrt {
  reward: MockERC20;
  amount: bigint;
  pools: [{ operator: string; asset: string }];
  startedAt: bigint;
  endsAt: bigint;
}

/** Lets a service fund 1,000 tokens of a reward for the first operator's pool. */
async function fund(lrt: Lrt, reward: MockERC20): Promise<Paid> {
  const { rewardsDistributor, asset, avs, operators, notice, bucket } = lrt;
  const set = await giveTo(lrt, 0n, { id: 9n, operators: [], wait: false });
  const [operator] = operators;
  await rewardsDistributor.connect(operator).announceRewardToken(asset, reward);
  await endow(lrt, reward, avs);
  await time.increase(notice);
  const amount = 1_000n * 10n ** (await reward.decimals());
  const entries = [{ operator, asset, amount }];
  await rewardsDistributor.connect(avs).fund(set, reward, Kind.Fee, bucket, entries);
  const startedAt = await now();
  const endsAt = ((startedAt + 2n * bucket - 1n) / bucket) * bucket;
  return {
    ...{ ...lrt, reward, amount, startedAt, endsAt },
    pools: [{ operator: operator.address, asset: await asset.getAddress() }],
  };
}

/** What streams leave as dust, and a unit that is rounded down. */
const dust = (amount: bigint): bigint => amount / 10n ** 9n + 1n;

/** A fixture: the reward is the asset. */
async function deployPaidInAsset(): Promise<Paid> {
  const lrt = await loadFixture(deployStakedLrt);
  return await fund(lrt, lrt.asset);
}

/** A fixture: the reward is a token of 6 decimals. */
async function deployPaid(): Promise<Paid> {
  const lrt = await loadFixture(deployStakedLrt);
  return await fund(lrt, await ethers.deployContract("MockERC20", ["Reward", "RWD", 6]));
}

describe("Allocator", () => {
  describe("collectRewards", () => {
    it("is what only the allocator may do, for the token", async () => {
      const paid = await loadFixture(deployPaid);
      const { token, allocator, queue, auction, rewardsDistributor, reward, pools, keeper } = paid;
      expect(await rewardsDistributor.isApproved(token, allocator)).to.equal(true);
      for (const other of [queue, auction]) expect(await rewardsDistributor.isApproved(token, other)).to.equal(false);
      await expectRefusal(
        async () => rewardsDistributor.connect(keeper).claim(token, reward, pools, keeper),
        rewardsDistributor,
        "NotApproved",
        [keeper.address, await token.getAddress()],
      );
    });

    it("brings the asset to the token, which harvests it", async () => {
      const paid = await loadFixture(deployPaidInAsset);
      const { token, allocator, rewardsDistributor, asset, operators, amount, endsAt, pools, keeper } = paid;
      await time.increaseTo(endsAt);
      const earned = await rewardsDistributor.claimable(token, asset, pools);
      expect(earned).to.be.closeTo(amount, dust(amount));
      const call = allocator.connect(keeper).collectRewards(operators[0], asset);
      await expect(call).to.emit(allocator, "RewardsCollected").withArgs(operators[0], asset, token, earned);
      await expect(call).to.changeTokenBalances(asset, [rewardsDistributor, token], [-earned, earned]);
      expect(await token.harvest.staticCall()).to.equal(earned);
      const total = await token.totalAssets();
      await token.harvest();
      expect(await token.totalAssets()).to.equal(total);
      await time.increase(days(30n));
      await token.harvest();
      await time.increase(days(30n));
      const fee = earned / 10n;
      expect((await token.books()).fees).to.equal(fee);
      const { streaming } = await token.books();
      expect(await token.totalAssets()).to.equal(total + earned - fee - streaming);
    });

    it("brings anything else to the auction, whose buyer pays the token", async () => {
      const paid = await loadFixture(deployPaid);
      const { token, allocator, auction, rewardsDistributor, asset, reward, operators, endsAt, pools, bob } = paid;
      await time.increaseTo(endsAt);
      const earned = await rewardsDistributor.claimable(token, reward, pools);
      expect(earned).to.be.closeTo(paid.amount, 1n);
      await expect(allocator.collectRewards(operators[0], reward))
        .to.emit(allocator, "RewardsCollected")
        .withArgs(operators[0], reward, auction, earned);
      await auction.start(reward);
      await asset.connect(bob).approve(auction, MaxUint256);
      const price = await auction.connect(bob).take.staticCall(reward, 0n, MaxUint256, bob);
      const call = auction.connect(bob).take(reward, 0n, price, bob);
      await expect(call).to.changeTokenBalance(reward, bob, earned);
      const found = await token.harvest.staticCall();
      expect(found).to.be.greaterThan(0n);
      expect(found).to.be.at.most(price);
    });

    it("pays each second once", async () => {
      const { allocator, auction, reward, operators, endsAt, startedAt, amount } = await loadFixture(deployPaid);
      await time.increaseTo((startedAt + endsAt) / 2n);
      await allocator.collectRewards(operators[0], reward);
      const half = await reward.balanceOf(auction);
      // A unit of dust, whenever it started.
      expect(half).to.be.closeTo((amount * ((await now()) - startedAt)) / (endsAt - startedAt), 1n);
      await time.increaseTo(endsAt);
      await allocator.collectRewards(operators[0], reward);
      expect(await reward.balanceOf(auction)).to.be.closeTo(amount, 1n);
      expect(await allocator.collectRewards.staticCall(operators[0], reward)).to.equal(0n);
    });

    it("brings what an evicted operator's pool had paid until it was evicted", async () => {
      const paid = await loadFixture(deployPaid);
      const { allocator, auction, reward, operators, curator, exitDelay, bucket, startedAt, endsAt, amount } = paid;
      await time.increaseTo((startedAt + endsAt) / 2n);
      await allocator.connect(curator).setTarget(operators[0], 0n);
      await allocator.evict(operators[0]);
      const earned = (amount * ((await now()) - startedAt)) / (endsAt - startedAt);
      await time.increase(exitDelay + bucket);
      await allocator.collect(operators[0]);
      expect(await allocator.operators()).not.to.include(operators[0].address);
      await allocator.collectRewards(operators[0], reward);
      expect(await reward.balanceOf(auction)).to.be.closeTo(earned, 1n);
    });

    it("brings what a pool pays of which a slash has left nothing", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const set = await giveTo(lrt, wad(1n), { vetoWindow: 0n });
      const reward = await ethers.deployContract("MockERC20", ["Reward", "RWD", 6]);
      const { allocator, auction, stakeManager, asset, operators, endsAt, amount } = await fund(lrt, reward);
      await proposeSlash(lrt, set, wad(1n));
      expect((await stakeManager.pool(operators[0], asset)).factor).to.equal(0n);
      await time.increaseTo(endsAt);
      await allocator.collectRewards(operators[0], reward);
      expect(await reward.balanceOf(auction)).to.be.closeTo(amount, 1n);
    });

    it("refuses what is no reward of the pool", async () => {
      const { allocator, rewardsDistributor, asset, reward, operators } = await loadFixture(deployPaid);
      await expectRefusal(
        async () => allocator.collectRewards(operators[1], reward),
        rewardsDistributor,
        "TokenNotAnnounced",
        [operators[1].address, await asset.getAddress(), await reward.getAddress()],
      );
    });

    it("has nothing to collect on a core without rewards", async () => {
      const slasher = await ethers.deployContract("Slasher", [Number(days(14n)), ZeroAddress, ZeroAddress, 0n]);
      const { allocator, asset, operators } = await deployLrtWith({ slasher: await slasher.getAddress() });
      await expect(allocator.collectRewards(operators[0], asset)).to.be.revertedWithoutReason();
    });
  });
});
