import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { at, claimable, deployRewardWorld, fund, now, reclaimable, type RewardWorld } from "../../helpers/rewards";
import { rateOf, unitsOfFlow } from "../../helpers/reward-math";
import { NO_APPROVAL } from "../../helpers/signatures";
import { wad } from "../../helpers/units";
import { expectEvents, queue, stake, waitUntil } from "../../helpers/world";

const AMOUNT = 1_000n * 10n ** 6n;

/** The world in which bob alone has shares, who leaves and comes back, and the next boundary but one. */
async function lonely(): Promise<RewardWorld & { start: bigint }> {
  const w = await loadFixture(deployRewardWorld);
  await queue(w, w.alice, wad(600n));
  await w.asset.mint(w.bob, wad(1_000n));
  return { ...w, start: ((await now()) / w.bucket + 2n) * w.bucket };
}

async function leaveAt(w: RewardWorld, second: bigint): Promise<void> {
  await at(second);
  await queue(w, w.bob, await w.stakeManager.sharesOf(w.operator, w.asset, w.bob));
}

async function returnAt(w: RewardWorld, second: bigint): Promise<void> {
  await at(second);
  await w.stakeManager.connect(w.bob).deposit(w.operator, w.asset, wad(1n), w.bob, 0n, NO_APPROVAL);
}

async function reclaim(w: RewardWorld, ...ends: bigint[]) {
  const keys = ends.map((endsAt) => ({ operator: w.operator, asset: w.asset, endsAt }));
  return await w.rewards.connect(w.avs).reclaim(w.avs, w.token, keys, w.recipient);
}

describe("RewardsDistributor", () => {
  describe("reclaim", () => {
    it("pays back what streamed while nobody had shares, once, and not a unit more", async () => {
      const w = await lonely();
      await at(w.start);
      await fund(w, AMOUNT, { duration: 2n * w.bucket });
      await leaveAt(w, w.start + 1_000n);
      await returnAt(w, w.start + w.bucket + 500n);
      const endsAt = w.start + 2n * w.bucket;
      const rate = rateOf(w, AMOUNT, 2n * w.bucket);
      const expected = unitsOfFlow(w, rate * (w.bucket - 500n));
      await waitUntil(endsAt);
      expect(await reclaimable(w, w.avs, endsAt)).to.equal(expected);
      const tx = await reclaim(w, endsAt);
      await expect(tx).to.changeTokenBalances(w.token, [w.rewards, w.recipient], [-expected, expected]);
      await expectEvents(w.rewards, tx, [
        ["RewardReclaimed", [w.avs, w.operator, w.token, w.asset, endsAt, w.recipient, expected]],
      ]);
      expect(await reclaimable(w, w.avs, endsAt)).to.equal(0n);
      await expect(reclaim(w, endsAt, endsAt)).to.changeTokenBalance(w.token, w.recipient, 0n);
      // What bob earned is the rest.
      const earned = await claimable(w, w.bob);
      expect(expected + earned).to.be.within(AMOUNT - 3n, AMOUNT);
    });

    it("pays back all when nobody comes back, without anybody settling", async () => {
      const w = await lonely();
      await at(w.start);
      await fund(w, AMOUNT);
      await leaveAt(w, w.start + 1n);
      const endsAt = w.start + w.bucket;
      const rate = rateOf(w, AMOUNT, w.bucket);
      for (const second of [endsAt, endsAt + 50n * w.bucket]) {
        await waitUntil(second);
        expect(await reclaimable(w, w.avs, endsAt)).to.equal(unitsOfFlow(w, rate * (w.bucket - 1n)));
      }
      await reclaim(w, endsAt);
      // Who comes then finds nothing of it, and the AVS no second time.
      await returnAt(w, endsAt + 51n * w.bucket);
      expect(await claimable(w, w.bob)).to.equal(unitsOfFlow(w, rate) === 0n ? 0n : unitsOfFlow(w, rate));
      expect(await reclaimable(w, w.avs, endsAt)).to.equal(0n);
    });

    it("pays nothing for a pool that always had shares", async () => {
      const w = await lonely();
      await at(w.start);
      await fund(w, AMOUNT);
      await waitUntil(w.start + w.bucket);
      await expect(reclaim(w, w.start + w.bucket)).to.changeTokenBalance(w.token, w.recipient, 0n);
    });

    it("gives each AVS its own, by what each has funded and when", async () => {
      const w = await lonely();
      const end = w.start + 4n * w.bucket;
      await at(w.start);
      await fund(w, AMOUNT, { duration: 4n * w.bucket });
      await leaveAt(w, w.start + 100n);
      await returnAt(w, w.start + 600n);
      // Funded after the first gap, in its bucket: has no part in it.
      await at(w.start + 1_000n);
      await fund(w, 3n * AMOUNT, { by: w.otherAvs, set: w.otherSet, duration: 3n * w.bucket });
      // A second one of the first AVS with the same end, and one with an earlier end.
      await at(w.start + 2_000n);
      await fund(w, AMOUNT, { duration: 3n * w.bucket });
      await at(w.start + 3_000n);
      await fund(w, AMOUNT, { duration: w.bucket });
      await leaveAt(w, w.start + w.bucket + 10n);
      await returnAt(w, w.start + 3n * w.bucket + 20n);
      await waitUntil(end);
      const [first, other, second, short] = [
        rateOf(w, AMOUNT, 4n * w.bucket),
        rateOf(w, 3n * AMOUNT, 4n * w.bucket - 1_000n),
        rateOf(w, AMOUNT, 4n * w.bucket - 2_000n),
        rateOf(w, AMOUNT, 2n * w.bucket - 3_000n),
      ];
      const gap = 2n * w.bucket + 10n;
      expect(await reclaimable(w, w.avs, end)).to.equal(unitsOfFlow(w, first * (500n + gap) + second * gap));
      expect(await reclaimable(w, w.otherAvs, end)).to.equal(unitsOfFlow(w, other * gap));
      const early = w.start + 2n * w.bucket;
      expect(await reclaimable(w, w.avs, early)).to.equal(unitsOfFlow(w, short * (w.bucket - 10n)));
      const paid = await w.token.balanceOf(w.rewards);
      await reclaim(w, end, early);
      const left = await w.token.balanceOf(w.rewards);
      expect(paid - left).to.equal(await w.token.balanceOf(w.recipient));
      // The other AVS's is as it was.
      expect(await reclaimable(w, w.otherAvs, end)).to.equal(unitsOfFlow(w, other * gap));
      const sum = (await claimable(w, w.bob)) + unitsOfFlow(w, other * gap) + (await w.token.balanceOf(w.recipient));
      expect(sum).to.be.within(6n * AMOUNT - 40n, 6n * AMOUNT);
    });

    it("counts gaps in every bucket, of the greatest length, and in the same one often", async () => {
      const w = await lonely();
      await at(w.start);
      await fund(w, AMOUNT, { duration: 15n * w.bucket });
      let gaps = 0n;
      for (let i = 0n; i < 15n; i++) {
        for (const [from, to] of [
          [10n + i, 20n],
          [100n, 200n + i],
        ] as const) {
          if (from >= to) continue;
          await leaveAt(w, w.start + i * w.bucket + from);
          await returnAt(w, w.start + i * w.bucket + to);
          gaps += to - from;
        }
      }
      await leaveAt(w, w.start + 15n * w.bucket - 1n);
      await waitUntil(w.start + 20n * w.bucket);
      const rate = rateOf(w, AMOUNT, 15n * w.bucket);
      const expected = unitsOfFlow(w, rate * (gaps + 1n));
      expect(await reclaimable(w, w.avs, w.start + 15n * w.bucket)).to.equal(expected);
      await returnAt(w, w.start + 40n * w.bucket);
      expect(await reclaimable(w, w.avs, w.start + 15n * w.bucket)).to.equal(expected);
    });

    it("does not count what was empty while nothing streamed", async () => {
      const w = await lonely();
      await at(w.start);
      await fund(w, AMOUNT);
      await leaveAt(w, w.start + w.bucket);
      await returnAt(w, w.start + 3n * w.bucket + 7n);
      await at(w.start + 3n * w.bucket + 8n);
      await fund(w, AMOUNT);
      await waitUntil(w.start + 5n * w.bucket);
      expect(await reclaimable(w, w.avs, w.start + w.bucket)).to.equal(0n);
      expect(await reclaimable(w, w.avs, w.start + 5n * w.bucket)).to.equal(0n);
    });

    describe("when a stream has not ended", () => {
      it("refuses until its end, and what is no end", async () => {
        const w = await lonely();
        await at(w.start);
        await fund(w, AMOUNT);
        const end = w.start + w.bucket;
        await at(end - 1n);
        await expect(reclaim(w, end)).to.be.revertedWithCustomError(w.rewards, "StreamNotEnded").withArgs(end);
        await at(end);
        await reclaim(w, end);
        for (const endsAt of [end - 1n, end + 1n]) {
          await waitUntil(end + 10n);
          await expect(reclaim(w, endsAt)).to.be.revertedWithCustomError(w.rewards, "StreamNotEnded").withArgs(endsAt);
        }
      });
    });

    describe("when it is not for the caller", () => {
      it("refuses everybody but the AVS and whom it has approved", async () => {
        const w = await lonely();
        const call = () => w.rewards.connect(w.stranger).reclaim(w.avs, w.token, [], w.stranger);
        await expect(call())
          .to.be.revertedWithCustomError(w.rewards, "NotApproved")
          .withArgs(w.stranger.address, w.avs.address);
        await w.rewards.connect(w.avs).setApproval(w.stranger, true);
        await call();
        await expect(w.rewards.connect(w.avs).reclaim(w.avs, w.token, [], ZeroAddress))
          .to.be.revertedWithCustomError(w.rewards, "InvalidReceiver")
          .withArgs(ZeroAddress);
      });

      it("gives nothing to an AVS that has funded nothing", async () => {
        const w = await lonely();
        await at(w.start);
        await fund(w, AMOUNT);
        await leaveAt(w, w.start + 1n);
        await waitUntil(w.start + w.bucket);
        expect(await reclaimable(w, w.otherAvs, w.start + w.bucket)).to.equal(0n);
      });
    });

    it("leaves stake alone: a second token of the pool, or a second pool, has its own gaps", async () => {
      const w = await lonely();
      await stake(w, w.bob, wad(1n), { asset: w.second });
      await w.rewards.connect(w.operator).announceRewardToken(w.second, w.token);
      await waitUntil((await now()) + w.notice);
      const start = ((await now()) / w.bucket + 1n) * w.bucket;
      await at(start);
      await fund(w, AMOUNT);
      await fund(w, AMOUNT, { asset: w.second });
      await leaveAt(w, start + 5n);
      await waitUntil(start + 3n * w.bucket);
      expect(await reclaimable(w, w.avs, start + w.bucket)).to.be.greaterThan(0n);
      expect(await reclaimable(w, w.avs, start + 2n * w.bucket, { asset: w.second })).to.equal(0n);
    });
  });
});
