import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { announce, at, deployRewardToken, deployRewardWorld, fund, now, type RewardWorld } from "../../helpers/rewards";
import { limitBits } from "../../helpers/reward-math";
import { expectEvents } from "../../helpers/world";

async function announceAt(w: RewardWorld, token: string, second: bigint) {
  await at(second);
  return await w.rewards.connect(w.operator).announceRewardToken(w.second, token);
}

describe("RewardsDistributor", () => {
  describe("announceRewardToken", () => {
    for (const decimals of [0, 1, 6, 8, 18, 23, 24]) {
      it(`announces a token of ${decimals} decimals, whose limit is above 10^12 whole ones`, async () => {
        const w = await loadFixture(deployRewardWorld);
        const token = await deployRewardToken(w, decimals);
        const second = (await now()) + 10n;
        const tx = await announceAt(w, await token.getAddress(), second);
        const bits = limitBits(decimals);
        expect(2n ** bits).to.be.greaterThan(10n ** BigInt(12 + decimals));
        await expectEvents(w.rewards, tx, [
          ["RewardTokenAnnounced", [w.operator, w.second, token, bits, second + w.notice]],
        ]);
        const [view] = await w.rewards.rewardTokens(w.operator, w.second);
        expect(view?.token).to.equal(await token.getAddress());
        expect([view?.inUseAt, view?.limitBits]).to.deep.equal([second + w.notice, bits]);
        expect([view?.funded, view?.rate, view?.accumulated]).to.deep.equal([0n, 0n, 0n]);
      });
    }

    it("says when the token is in use", async () => {
      const w = await loadFixture(deployRewardWorld);
      const second = (await now()) + 10n;
      await at(second);
      const announceToken = w.rewards.connect(w.operator).announceRewardToken;
      expect(await announceToken.staticCall(w.second, w.token)).to.equal((await now()) + w.notice);
    });

    it("costs the stakers nothing: the pool does not pay rewards before its first funding", async () => {
      const w = await loadFixture(deployRewardWorld);
      expect((await w.stakeManager.pool(w.operator, w.asset)).paysRewards).to.equal(false);
      await fund(w, 10n ** 9n);
      expect((await w.stakeManager.pool(w.operator, w.asset)).paysRewards).to.equal(true);
    });

    it("refuses a fifth token for a pool, for ever", async () => {
      const w = await loadFixture(deployRewardWorld);
      for (let i = 1; i < 4; i++) await announce(w, { token: await deployRewardToken(w, 18) });
      const fifth = await deployRewardToken(w, 18);
      await expect(w.rewards.connect(w.operator).announceRewardToken(w.asset, fifth))
        .to.be.revertedWithCustomError(w.rewards, "NoPlaceLeft")
        .withArgs(w.operator.address, w.asset);
      expect(await w.rewards.rewardTokens(w.operator, w.asset)).to.have.lengthOf(4);
      await w.rewards.connect(w.operator).announceRewardToken(w.second, fifth);
    });

    it("refuses a token that the pool has already, in use or not", async () => {
      const w = await loadFixture(deployRewardWorld);
      const operator = w.rewards.connect(w.operator);
      await operator.announceRewardToken(w.second, w.token);
      for (const asset of [w.asset, w.second]) {
        await expect(operator.announceRewardToken(asset, w.token))
          .to.be.revertedWithCustomError(w.rewards, "TokenAnnounced")
          .withArgs(w.operator.address, asset, w.token);
      }
    });

    it("refuses what is no contract", async () => {
      const w = await loadFixture(deployRewardWorld);
      await expect(w.rewards.connect(w.operator).announceRewardToken(w.asset, w.stranger))
        .to.be.revertedWithCustomError(w.rewards, "TokenHasNoCode")
        .withArgs(w.stranger.address);
    });

    it("refuses more than 24 decimals, and a contract that tells none", async () => {
      const w = await loadFixture(deployRewardWorld);
      const token = await ethers.deployContract("MockERC20", ["Reward", "RWD", 25]);
      await expect(w.rewards.connect(w.operator).announceRewardToken(w.asset, token))
        .to.be.revertedWithCustomError(w.rewards, "DecimalsOutOfBounds")
        .withArgs(token, 25n, 24n);
      await expect(w.rewards.connect(w.operator).announceRewardToken(w.asset, w.slasher)).to.be.reverted;
    });
  });
});
