import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { at, claimable, deployRewardWorld, fund, now, type RewardWorld } from "../../helpers/rewards";
import { expectEvents, timeOf, waitUntil } from "../../helpers/world";

const AMOUNT = 10n ** 9n;

async function setCommission(w: RewardWorld, bps: bigint) {
  return await w.rewards.connect(w.operator).setCommission(w.asset, bps);
}

/** What the operator has been given of a funding made in the given second. */
async function takenAt(w: RewardWorld, second: bigint): Promise<bigint> {
  const before = await w.rewards.commissionOf(w.operator, w.token);
  await at(second);
  await fund(w, AMOUNT);
  return (await w.rewards.commissionOf(w.operator, w.token)) - before;
}

describe("RewardsDistributor", () => {
  describe("setCommission", () => {
    describe("when it is raised", () => {
      it("is in force from NOTICE on: not a second before", async () => {
        const w = await loadFixture(deployRewardWorld);
        const tx = await setCommission(w, 1_000n);
        const effectAt = (await timeOf(tx)) + w.notice;
        await expectEvents(w.rewards, tx, [["CommissionSet", [w.operator, w.asset, 1_000n, effectAt]]]);
        expect(await w.rewards.commission(w.operator, w.asset)).to.deep.equal([0n, 1_000n, effectAt]);
        expect(await takenAt(w, effectAt - 1n)).to.equal(0n);
        expect(await takenAt(w, effectAt)).to.equal(AMOUNT / 10n);
        expect(await w.rewards.commission(w.operator, w.asset)).to.deep.equal([1_000n, 0n, 0n]);
        expect(await takenAt(w, effectAt + 1n)).to.equal(AMOUNT / 10n);
      });

      it("says when that is", async () => {
        const w = await loadFixture(deployRewardWorld);
        const operator = w.rewards.connect(w.operator);
        expect(await operator.setCommission.staticCall(w.asset, 1n)).to.equal((await now()) + w.notice);
        expect(await operator.setCommission.staticCall(w.asset, 0n)).to.equal(await now());
      });

      it("begins anew when it is raised again before", async () => {
        const w = await loadFixture(deployRewardWorld);
        const first = (await timeOf(await setCommission(w, 2_000n))) + w.notice;
        await waitUntil(first - 100n);
        const second = (await timeOf(await setCommission(w, 500n))) + w.notice;
        expect(await takenAt(w, first)).to.equal(0n);
        expect(await w.rewards.commission(w.operator, w.asset)).to.deep.equal([0n, 500n, second]);
        expect(await takenAt(w, second)).to.equal(AMOUNT / 20n);
      });

      it("keeps what was in force when a matured raise is followed by another", async () => {
        const w = await loadFixture(deployRewardWorld);
        await waitUntil((await timeOf(await setCommission(w, 500n))) + w.notice);
        const effectAt = (await timeOf(await setCommission(w, 2_000n))) + w.notice;
        expect(await w.rewards.commission(w.operator, w.asset)).to.deep.equal([500n, 2_000n, effectAt]);
      });
    });

    describe("when it is cut, or set to what it is", () => {
      it("is in force at once, and drops what was scheduled", async () => {
        const w = await loadFixture(deployRewardWorld);
        await waitUntil((await timeOf(await setCommission(w, 1_000n))) + w.notice);
        const raised = (await timeOf(await setCommission(w, 2_000n))) + w.notice;
        const tx = await setCommission(w, 300n);
        const effectAt = await timeOf(tx);
        await expectEvents(w.rewards, tx, [["CommissionSet", [w.operator, w.asset, 300n, effectAt]]]);
        expect(await w.rewards.commission(w.operator, w.asset)).to.deep.equal([300n, 0n, 0n]);
        expect(await takenAt(w, raised)).to.equal((AMOUNT * 3n) / 100n);
        await setCommission(w, 400n);
        await setCommission(w, 300n);
        expect(await w.rewards.commission(w.operator, w.asset)).to.deep.equal([300n, 0n, 0n]);
      });
    });

    describe("when something streams", () => {
      it("changes nothing of what was funded before, up or down", async () => {
        const w = await loadFixture(deployRewardWorld);
        await waitUntil((await timeOf(await setCommission(w, 1_000n))) + w.notice);
        const start = ((await now()) / w.bucket + 1n) * w.bucket;
        await at(start);
        await fund(w, AMOUNT, { duration: 15n * w.bucket });
        await setCommission(w, 2_000n);
        await waitUntil(start + 13n * w.bucket);
        await setCommission(w, 0n);
        await waitUntil(start + 15n * w.bucket);
        const all = (await claimable(w, w.alice)) + (await claimable(w, w.bob));
        expect(await w.rewards.commissionOf(w.operator, w.token)).to.equal(AMOUNT / 10n);
        expect(all).to.be.closeTo((AMOUNT * 9n) / 10n, 10n);
      });
    });

    describe("when it is too high", () => {
      for (const bps of [1_999n, 2_000n, 2_001n, 2n ** 16n, 2n ** 256n - 1n]) {
        it(`${bps > 2_000n ? "refuses" : "accepts"} ${bps > 2n ** 16n ? "any number" : bps} basis points`, async () => {
          const w = await loadFixture(deployRewardWorld);
          if (bps <= 2_000n) await setCommission(w, bps);
          else {
            await expect(setCommission(w, bps))
              .to.be.revertedWithCustomError(w.rewards, "CommissionTooHigh")
              .withArgs(bps, 2_000n);
          }
        });
      }
    });

    it("is of one pool: another pool of the operator, and the same of another operator, have their own", async () => {
      const w = await loadFixture(deployRewardWorld);
      await setCommission(w, 1_000n);
      expect(await w.rewards.commission(w.operator, w.second)).to.deep.equal([0n, 0n, 0n]);
      expect(await w.rewards.commission(w.rival, w.asset)).to.deep.equal([0n, 0n, 0n]);
    });
  });
});
