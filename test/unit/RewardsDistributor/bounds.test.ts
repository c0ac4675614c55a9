import { loadFixture, takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { grainBits, limitBits } from "../../../scripts/rewards/math";
import type { MockERC20 } from "../../../typechain-types";
import {
  announce,
  at,
  claimable,
  deployRewardToken,
  deployRewardWorld,
  fund,
  Kind,
  now,
  reclaimable,
  type RewardWorld,
} from "../../helpers/rewards";
import { earnedUnits, perShare, rateOf, unitsOfFlow } from "../../helpers/reward-math";
import { NO_APPROVAL } from "../../helpers/signatures";
import { Behaviour } from "../../helpers/tokens";
import { wad } from "../../helpers/units";
import { expectEvents, queue, receiptOf, stake, waitUntil } from "../../helpers/world";

const AMOUNT = 1_000n * 10n ** 6n;

/** A token of which a unit is far less than a grain. */
const DECIMALS = 24;

/** Bob's shares, and the pool's: he is alone. */
const SHARES = wad(400n);

/** The world in which bob alone has shares, a token in use of 24 decimals, and a boundary that is still to come. */
async function lonely(): Promise<RewardWorld & { fine: MockERC20; start: bigint }> {
  const w = await loadFixture(deployRewardWorld);
  const fine = await deployRewardToken(w, DECIMALS);
  await announce(w, { token: fine });
  await queue(w, w.alice, wad(600n));
  await w.asset.mint(w.bob, wad(1_000n));
  return { ...w, fine, start: ((await now()) / w.bucket + 2n) * w.bucket };
}

/** Units of the fine token that stream one grain a second for so many buckets. */
function oneGrainASecond(w: RewardWorld, buckets: bigint): bigint {
  return (buckets * w.bucket) << (limitBits(DECIMALS) - grainBits(w.bucket));
}

async function leaveAt(w: RewardWorld, second: bigint): Promise<void> {
  await at(second);
  await queue(w, w.bob, SHARES);
}

/** Bob comes back in a second. @returns what that cost. */
async function returnAt(w: RewardWorld, second: bigint): Promise<bigint> {
  await at(second);
  const tx = await w.stakeManager.connect(w.bob).deposit(w.operator, w.asset, SHARES, w.bob, 0n, NO_APPROVAL);
  return (await receiptOf(tx)).gasUsed;
}

describe("RewardsDistributor", () => {
  describe("bounds", () => {
    describe("when a single grain streams in a second", () => {
      it("is earned by who is there", async () => {
        const w = await lonely();
        await at(w.start);
        await fund(w, oneGrainASecond(w, 4n), { token: w.fine, duration: 4n * w.bucket });
        await waitUntil(w.start + 1_000n);
        const expected = earnedUnits(w, 1n, 1_000n, [SHARES, SHARES], DECIMALS);
        expect(expected).to.be.greaterThan(0n);
        expect(await claimable(w, w.bob, { token: w.fine })).to.equal(expected);
      });

      it("goes back to the AVS when nobody is there, and to no AVS that came later", async () => {
        const w = await lonely();
        // The rival's pool has no other token.
        const pool = { operator: w.rival, token: w.fine };
        await announce(w, pool);
        await stake(w, w.bob, SHARES, pool);
        const start = ((await now()) / w.bucket + 1n) * w.bucket;
        await at(start);
        await fund(w, oneGrainASecond(w, 4n), { ...pool, duration: 4n * w.bucket });
        await at(start + 100n);
        await queue(w, w.bob, SHARES, { operator: w.rival });
        await at(start + 300n);
        await w.stakeManager.connect(w.bob).deposit(w.rival, w.asset, 1n, w.bob, 0n, NO_APPROVAL);
        await at(start + 400n);
        const amount = oneGrainASecond(w, 4n) * 1_000n;
        await fund(w, amount, { ...pool, by: w.otherAvs, set: w.otherSet, duration: 2n * w.bucket });
        await waitUntil(start + 4n * w.bucket);
        const endsAt = start + 4n * w.bucket;
        expect(await reclaimable(w, w.avs, endsAt, pool)).to.equal(unitsOfFlow(w, 200n, DECIMALS));
        expect(await reclaimable(w, w.otherAvs, endsAt - w.bucket, pool)).to.equal(0n);
      });
    });

    it("pays an AVS a single grain a second once, and nothing to one that has funded nothing", async () => {
      const w = await lonely();
      const endsAt = w.start + w.bucket;
      await at(w.start);
      await fund(w, oneGrainASecond(w, 1n), { token: w.fine });
      await leaveAt(w, w.start + 100n);
      await waitUntil(endsAt);
      const keys = [{ operator: w.operator, asset: w.asset, endsAt }];
      expect(await reclaimable(w, w.otherAvs, endsAt, { token: w.fine })).to.equal(0n);
      const tx = w.rewards.connect(w.avs).reclaim(w.avs, w.fine, keys, w.avs);
      await expect(tx).to.changeTokenBalance(w.fine, w.avs, unitsOfFlow(w, w.bucket - 100n, DECIMALS));
      expect(await reclaimable(w, w.avs, endsAt, { token: w.fine })).to.equal(0n);
    });

    it("streams all that a pool is ever given in one bucket, to whatever boundary", async () => {
      const w = await lonely();
      const limit = (1n << limitBits(6)) - 1n;
      const snapshot = await takeSnapshot();
      for (let i = 0n; i < 4n; i++) {
        const start = w.start + i * w.bucket;
        await at(start);
        await fund(w, limit);
        await waitUntil(start + w.bucket);
        const [token] = await w.rewards.rewardTokens(w.operator, w.asset);
        expect(token?.rate, `from boundary ${start / w.bucket}`).to.equal(0n);
        const expected = earnedUnits(w, rateOf(w, limit, w.bucket), w.bucket, [SHARES, SHARES]);
        expect(await claimable(w, w.bob)).to.equal(expected);
        await snapshot.restore();
      }
    });

    describe("when something is divided", () => {
      it("rounds down what a share earns", async () => {
        const w = await lonely();
        await queue(w, w.bob, 1n);
        await at(w.start);
        await fund(w, AMOUNT);
        await waitUntil(w.start + 777n);
        const [{ accumulated } = { accumulated: 0n }] = await w.rewards.rewardTokens(w.operator, w.asset);
        expect(accumulated).to.equal(perShare(w, rateOf(w, AMOUNT, w.bucket) * 777n, SHARES - 1n));
        expect(accumulated).to.be.greaterThan(0n);
      });

      it("rounds down the commission", async () => {
        const w = await lonely();
        await w.rewards.connect(w.operator).setCommission(w.asset, 1_000n);
        await waitUntil((await now()) + w.notice);
        await fund(w, 10_009n);
        expect(await w.rewards.commissionOf(w.operator, w.token)).to.equal(1_000n);
      });

      it("gives an operator a single unit", async () => {
        const w = await lonely();
        await w.rewards.connect(w.operator).setCommission(w.asset, 1_000n);
        await waitUntil((await now()) + w.notice);
        await fund(w, 19n);
        expect(await w.rewards.commissionOf(w.operator, w.token)).to.equal(1n);
      });
    });

    it("calls no token to pay nothing of it", async () => {
      const w = await lonely();
      const bad = await ethers.deployContract("HostileToken", ["Hostile", "HOST", 6]);
      await announce(w, { token: bad });
      await bad.setBehaviour(Behaviour.Reverts, 0n);
      await expect(w.rewards.connect(w.bob).claim(w.bob, bad, [{ operator: w.operator, asset: w.asset }], w.bob)).not.to
        .be.reverted;
    });

    it("names the pool for which a token was not announced", async () => {
      const w = await lonely();
      await expect(reclaimable(w, w.avs, w.start, { token: w.asset }))
        .to.be.revertedWithCustomError(w.rewards, "TokenNotAnnounced")
        .withArgs(w.operator, w.asset, w.asset);
    });

    it("knows an end by its second, however many buckets there have been", async () => {
      const w = await lonely();
      const deployer = await ethers.deployContract("RewardsDeployer");
      const exitDelay = 120n;
      const ledger = await ethers.deployContract("StakeManager", [
        exitDelay,
        await deployer.DISTRIBUTOR(),
        ...[ZeroAddress, 0n],
      ]);
      await deployer.deploy(ledger);
      const rewards = await ethers.getContractAt("RewardsDistributor", await deployer.DISTRIBUTOR());
      await rewards.connect(w.operator).announceRewardToken(w.asset, w.token);
      const endsAt = ((await now()) / 15n) * 15n;
      const keyOf = (second: bigint) => [{ operator: w.operator, asset: w.asset, endsAt: second }];
      expect(await rewards.reclaimable(w.avs, w.token, keyOf(endsAt))).to.equal(0n);
      for (const second of [endsAt - 1n, endsAt - 14n]) {
        await expect(rewards.reclaimable(w.avs, w.token, keyOf(second)))
          .to.be.revertedWithCustomError(rewards, "StreamNotEnded")
          .withArgs(second);
      }
    });

    it("says how fast it streams, and how fast all of them together", async () => {
      const w = await lonely();
      await at(w.start);
      await fund(w, AMOUNT, { duration: 2n * w.bucket });
      const tx = await fund(w, 3n * AMOUNT, { duration: 2n * w.bucket });
      const seconds = 3n * w.bucket - 1n;
      const rate = rateOf(w, 3n * AMOUNT, seconds);
      const all = rate + rateOf(w, AMOUNT, 2n * w.bucket);
      await expectEvents(w.rewards, tx, [
        [
          "RewardFunded",
          [
            ...[w.set, w.operator, w.token, w.asset],
            ...[BigInt(Kind.Fee), 3n * AMOUNT, 0n, rate, all, w.start + 3n * w.bucket],
          ],
        ],
      ]);
    });

    it("earns nothing of a token because another one comes into use", async () => {
      const w = await lonely();
      await fund(w, AMOUNT * 10n ** 18n, { token: w.fine });
      const [first, second] = await w.rewards.rewardTokens(w.operator, w.asset);
      expect(first?.accumulated).to.equal(0n);
      expect(second?.rate).to.be.greaterThan(0n);
    });

    describe("when a pool is empty beyond the end of a stream", () => {
      it("gives back what streamed until the end, whether somebody comes one second later or never", async () => {
        const w = await lonely();
        const endsAt = w.start + w.bucket;
        await at(w.start);
        await fund(w, AMOUNT);
        await leaveAt(w, w.start + 1_000n);
        const expected = unitsOfFlow(w, rateOf(w, AMOUNT, w.bucket) * (w.bucket - 1_000n));
        const snapshot = await takeSnapshot();
        for (const second of [-1n, 0n, 1n, 2n]) {
          await returnAt(w, endsAt + second);
          await waitUntil(endsAt + 2n);
          const rate = rateOf(w, AMOUNT, w.bucket);
          const early = second < 0n ? unitsOfFlow(w, rate * (w.bucket - 1_001n)) : expected;
          expect(await reclaimable(w, w.avs, endsAt), `back at ${second}`).to.equal(early);
          await snapshot.restore();
        }
      });

      it("costs who comes back no more after 400 buckets than after 40", async () => {
        const w = await lonely();
        await at(w.start);
        await fund(w, AMOUNT, { duration: 3n * w.bucket });
        await leaveAt(w, w.start + 1_000n);
        const snapshot = await takeSnapshot();
        const cost = await returnAt(w, w.start + 40n * w.bucket);
        await snapshot.restore();
        expect(await returnAt(w, w.start + 400n * w.bucket)).to.be.closeTo(cost, 100n);
      });

      it("gives back what streamed in the first of the sixteen buckets before its end", async () => {
        const w = await lonely();
        const [from, endsAt] = [w.start + w.bucket / 2n, w.start + 16n * w.bucket];
        await at(from);
        await fund(w, AMOUNT, { duration: 15n * w.bucket });
        await leaveAt(w, from + 100n);
        await returnAt(w, from + 1_100n);
        await waitUntil(endsAt);
        const expected = unitsOfFlow(w, rateOf(w, AMOUNT, endsAt - from) * 1_000n);
        expect(expected).to.be.greaterThan(0n);
        expect(await reclaimable(w, w.avs, endsAt)).to.equal(expected);
      });

      it("gives back nothing to an AVS that came after the one second without shares", async () => {
        const w = await lonely();
        await at(w.start);
        await fund(w, AMOUNT, { duration: 2n * w.bucket });
        await leaveAt(w, w.start + 100n);
        await returnAt(w, w.start + 101n);
        await fund(w, AMOUNT, { by: w.otherAvs, set: w.otherSet });
        const endsAt = w.start + 2n * w.bucket;
        await waitUntil(endsAt);
        expect(await reclaimable(w, w.otherAvs, endsAt)).to.equal(0n);
        expect(await reclaimable(w, w.avs, endsAt)).to.equal(unitsOfFlow(w, rateOf(w, AMOUNT, 2n * w.bucket)));
      });

      it("gives back nothing when everybody left after the end", async () => {
        const w = await lonely();
        await at(w.start);
        await fund(w, AMOUNT);
        await leaveAt(w, w.start + 2n * w.bucket);
        expect(await reclaimable(w, w.avs, w.start + w.bucket)).to.equal(0n);
      });
    });
  });
});
