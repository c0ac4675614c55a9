import { loadFixture, takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import {
  announce,
  at,
  claim,
  claimable,
  deployRewardToken,
  deployRewardWorld,
  fund,
  now,
  reclaimable,
  type RewardWorld,
} from "../../helpers/rewards";
import { accrued, earnedUnits, perShare, rateOf, unitsOf, unitsOfFlow } from "../../helpers/reward-math";
import { NO_APPROVAL } from "../../helpers/signatures";
import { propose } from "../../helpers/slash";
import { wad } from "../../helpers/units";
import { allocateActive, createJoinedSet, queue, stake, waitUntil } from "../../helpers/world";

const AMOUNT = 1_000n * 10n ** 6n;

/** Something streams from a boundary to the next one; says when it began, and at which rate. */
async function streaming(w: RewardWorld): Promise<{ start: bigint; rate: bigint }> {
  const start = ((await now()) / w.bucket + 2n) * w.bucket;
  await w.asset.mint(w.stranger, wad(1_000n));
  await w.asset.connect(w.stranger).approve(w.stakeManager, wad(1_000n));
  await at(start);
  await fund(w, AMOUNT);
  return { start, rate: rateOf(w, AMOUNT, w.bucket) };
}

/** The stranger joins in the given second, with as many shares as there are. */
async function joinAt(w: RewardWorld, second: bigint): Promise<void> {
  await at(second);
  await w.stakeManager.connect(w.stranger).deposit(w.operator, w.asset, wad(1_000n), w.stranger, 0n, NO_APPROVAL);
}

describe("RewardsDistributor", () => {
  describe("onSharesChange", () => {
    it("is for the StakeManager alone", async () => {
      const w = await loadFixture(deployRewardWorld);
      for (const caller of [w.operator, w.avs, w.alice]) {
        await expect(w.rewards.connect(caller).onSharesChange(w.operator, w.asset, w.alice, 1n, 1n))
          .to.be.revertedWithCustomError(w.rewards, "NotStakeManager")
          .withArgs(caller.address);
      }
    });

    describe("when somebody joins", () => {
      for (const [what, difference, seconds] of [
        ["one second before the end of a stream: has one second of it", -1n, 1n],
        ["at its end: has nothing of it", 0n, 0n],
        ["one second after its end: has nothing of it", 1n, 0n],
      ] as const) {
        it(what, async () => {
          const w = await loadFixture(deployRewardWorld);
          const { start, rate } = await streaming(w);
          await joinAt(w, start + w.bucket + difference);
          await waitUntil(start + 3n * w.bucket);
          const half = [wad(1_000n), wad(2_000n)] as const;
          expect(await claimable(w, w.stranger)).to.equal(earnedUnits(w, rate, seconds, half));
          const first = perShare(w, rate * (w.bucket - seconds), wad(1_000n));
          const rest = perShare(w, rate * seconds, wad(2_000n));
          expect(await claimable(w, w.alice)).to.equal(unitsOf(accrued(wad(600n), first + rest)));
        });
      }

      it("gives nothing of what streamed before, and from then on a part by shares", async () => {
        const w = await loadFixture(deployRewardWorld);
        const { start, rate } = await streaming(w);
        await joinAt(w, start + w.bucket / 2n);
        expect(await claimable(w, w.stranger)).to.equal(0n);
        await waitUntil(start + w.bucket);
        const half = [wad(1_000n), wad(2_000n)] as const;
        expect(await claimable(w, w.stranger)).to.equal(earnedUnits(w, rate, w.bucket / 2n, half));
        expect(await claimable(w, w.alice)).to.be.closeTo((AMOUNT * 45n) / 100n, 1n);
      });
    });

    describe("when shares are queued", () => {
      for (const difference of [-1n, 0n, 1n]) {
        it(`earn to that second and no longer: ${difference} around the middle`, async () => {
          const w = await loadFixture(deployRewardWorld);
          const { start, rate } = await streaming(w);
          const second = start + w.bucket / 2n + difference;
          await at(second);
          await queue(w, w.alice, wad(600n));
          const expected = earnedUnits(w, rate, second - start, [wad(600n), wad(1_000n)]);
          for (const later of [second + 1n, start + w.bucket, start + 3n * w.bucket]) {
            await waitUntil(later);
            expect(await claimable(w, w.alice)).to.equal(expected);
          }
          expect(await claimable(w, w.bob)).to.be.closeTo(AMOUNT - expected, 1n + rate / AMOUNT);
        });
      }

      it("earn again from the second in which they are cancelled", async () => {
        const w = await loadFixture(deployRewardWorld);
        const { start } = await streaming(w);
        await at(start + w.bucket / 4n);
        const maturity = await queue(w, w.alice, wad(600n));
        await at(start + w.bucket / 2n);
        await w.stakeManager
          .connect(w.alice)
          .cancelWithdrawal(w.alice, w.operator, w.asset, maturity, wad(600n), NO_APPROVAL);
        await waitUntil(start + w.bucket);
        expect(await claimable(w, w.alice)).to.be.closeTo((AMOUNT * 45n) / 100n, 1n);
        expect(await claimable(w, w.bob)).to.be.closeTo((AMOUNT * 55n) / 100n, 1n);
      });

      it("keep what the rest has earned before a part was queued", async () => {
        const w = await loadFixture(deployRewardWorld);
        const { start } = await streaming(w);
        await at(start + w.bucket / 2n);
        await queue(w, w.alice, wad(200n));
        await waitUntil(start + w.bucket);
        expect(await claimable(w, w.alice)).to.be.closeTo((AMOUNT * 30n) / 100n + (AMOUNT * 25n) / 100n, 1n);
      });
    });

    describe("when the pool is slashed", () => {
      it("takes nothing that was earned, and changes nothing of what will be", async () => {
        const w = await loadFixture(deployRewardWorld);
        const slashing = await createJoinedSet(w, { id: 7n, vetoWindow: 0n, maxSlash: wad(1n) });
        await allocateActive(w, [[slashing, wad("0.9")]]);
        const { start, rate } = await streaming(w);
        await at(start + w.bucket / 2n);
        await propose(w, slashing, wad(1n));
        expect((await w.stakeManager.pool(w.operator, w.asset)).factor).to.equal(wad("0.1"));
        await waitUntil(start + w.bucket);
        expect(await claimable(w, w.alice)).to.equal(earnedUnits(w, rate, w.bucket, [wad(600n), wad(1_000n)]));
      });
    });

    describe("when the pool is slashed in full", () => {
      it("streams on to those who stay, lets them leave, and gives the AVS back what streams to nobody", async () => {
        const w = await loadFixture(deployRewardWorld);
        const slashing = await createJoinedSet(w, { id: 7n, vetoWindow: 0n, maxSlash: wad(1n) });
        await allocateActive(w, [[slashing, wad(1n)]]);
        const { start, rate } = await streaming(w);
        await at(start + w.bucket / 4n);
        await propose(w, slashing, wad(1n));
        expect((await w.stakeManager.pool(w.operator, w.asset)).factor).to.equal(0n);
        for (const [staker, shares] of [
          [w.alice, wad(600n)],
          [w.bob, wad(400n)],
        ] as const) {
          await at(start + w.bucket / 2n + (staker === w.bob ? 60n : 0n));
          await queue(w, staker, shares);
        }
        await waitUntil(start + w.bucket);
        const both = await claimable(w, w.alice);
        expect(both).to.equal(earnedUnits(w, rate, w.bucket / 2n, [wad(600n), wad(1_000n)]));
        const endsAt = start + w.bucket;
        const empty = unitsOfFlow(w, rate * (w.bucket / 2n - 60n));
        expect(await reclaimable(w, w.avs, endsAt)).to.equal(empty);
      });
    });

    describe("when seconds no longer fit 32 bits", () => {
      it("streams on, and counts the seconds without shares", async () => {
        const w = await loadFixture(deployRewardWorld);
        const before = await takeSnapshot();
        try {
          await waitUntil((2n ** 32n / w.bucket - 2n) * w.bucket);
          const { start, rate } = await streaming(w);
          const middle = 2n ** 32n;
          expect(middle).to.be.within(start + 2n, start + w.bucket - 2n);
          await at(middle - 2n);
          await queue(w, w.alice, wad(600n));
          await at(middle - 1n);
          await queue(w, w.bob, wad(400n));
          await joinAt(w, middle + 1n);
          await waitUntil(start + w.bucket);
          expect(await claimable(w, w.alice)).to.equal(
            earnedUnits(w, rate, middle - 2n - start, [wad(600n), wad(1_000n)]),
          );
          const late = start + w.bucket - middle - 1n;
          expect(await claimable(w, w.stranger)).to.equal(earnedUnits(w, rate, late, [1n, 1n]));
          expect(await reclaimable(w, w.avs, start + w.bucket)).to.equal(unitsOfFlow(w, 2n * rate));
        } finally {
          // Else what follows would happen in the next century.
          await before.restore();
        }
      });
    });

    describe("when streams end at different boundaries", () => {
      it("lets each end at its own, however long nothing was settled", async () => {
        const w = await loadFixture(deployRewardWorld);
        const start = ((await now()) / w.bucket + 1n) * w.bucket;
        let [sum, dust] = [0n, 0n];
        for (let i = 0n; i < 15n; i++) {
          await at(start + i);
          await fund(w, AMOUNT, { duration: (i + 1n) * w.bucket });
          sum += AMOUNT;
          dust += 10n;
        }
        await waitUntil(start + 100n * w.bucket);
        expect(await claimable(w, w.alice)).to.be.closeTo((sum * 6n) / 10n, dust);
        await claim(w, w.alice);
        await stake(w, w.alice, wad(1n));
        const [view] = await w.rewards.rewardTokens(w.operator, w.asset);
        expect(view?.rate).to.equal(0n);
        expect(await claimable(w, w.alice)).to.equal(0n);
      });

      it("comes to the same when something settles at each boundary, and a second before and after", async () => {
        const w = await loadFixture(deployRewardWorld);
        const start = ((await now()) / w.bucket + 1n) * w.bucket;
        for (const duration of [1n, 2n, 5n]) {
          await at(start + duration);
          await fund(w, AMOUNT, { duration: duration * w.bucket });
        }
        await w.asset.mint(w.stranger, wad(1n));
        await w.asset.connect(w.stranger).approve(w.stakeManager, wad(1n));
        for (let i = 1n; i < 7n; i++) {
          for (const difference of [-1n, 0n, 1n]) {
            await at(start + i * w.bucket + difference);
            await w.stakeManager.connect(w.stranger).deposit(w.operator, w.asset, 1n, w.stranger, 0n, NO_APPROVAL);
          }
        }
        expect(await claimable(w, w.alice)).to.be.closeTo((3n * AMOUNT * 6n) / 10n, 10n);
      });
    });

    describe("when the pool is as small, or as large, as can be", () => {
      for (const [name, shares] of [
        ["1 wei", 1n],
        ["10^27", 10n ** 27n],
      ] as const) {
        for (const decimals of [0, 6, 18, 24]) {
          it(`shares exactly in a pool of ${name}, in a token of ${decimals} decimals`, async () => {
            const w = await loadFixture(deployRewardWorld);
            const token = await deployRewardToken(w, decimals);
            await w.rewards.connect(w.operator).announceRewardToken(w.second, token);
            await stake(w, w.alice, shares, { asset: w.second });
            await waitUntil((await now()) + w.notice);
            const amount = 12_345n * 10n ** BigInt(decimals);
            const start = ((await now()) / w.bucket + 1n) * w.bucket;
            await at(start);
            await fund(w, amount, { token, asset: w.second });
            // Somebody settles it every other minute for a while: nothing is lost to rounding.
            await w.second.mint(w.stranger, 30n);
            await w.second.connect(w.stranger).approve(w.stakeManager, 30n);
            for (let i = 1n; i <= 30n; i++) {
              await at(start + 120n * i);
              const { stakeManager } = w;
              await stakeManager.connect(w.stranger).deposit(w.operator, w.second, 1n, w.alice, 0n, NO_APPROVAL);
            }
            await waitUntil(start + w.bucket);
            const got = await claimable(w, w.alice, { token, asset: w.second });
            // 10^-6 of a whole token, or the unit that rounding down loses.
            const tolerance = decimals < 6 ? 1n : 10n ** BigInt(decimals - 6) + 1n;
            expect(got).to.be.at.most(amount);
            expect(amount - got).to.be.at.most(tolerance * 5n);
          });
        }
      }

      it("does not overflow when all of the limit streams to one share", async () => {
        const w = await loadFixture(deployRewardWorld);
        const token = await deployRewardToken(w, 24);
        await w.rewards.connect(w.operator).announceRewardToken(w.second, token);
        await stake(w, w.alice, 1n, { asset: w.second });
        await waitUntil((await now()) + w.notice);
        const limit = 2n ** 120n;
        const start = ((await now()) / w.bucket + 1n) * w.bucket;
        await at(start);
        await fund(w, limit - 1n, { token, asset: w.second });
        await waitUntil(start + w.bucket);
        const got = await claimable(w, w.alice, { token, asset: w.second });
        expect(limit - got).to.be.at.most(w.bucket << 40n);
        await claim(w, w.alice, { token, asset: w.second });
        await stake(w, w.bob, wad(1n), { asset: w.second });
        expect(await token.balanceOf(w.alice)).to.equal(got);
      });

      it("does not starve a small staker beside a large one, however often others settle", async () => {
        const w = await loadFixture(deployRewardWorld);
        // 10^-9 of the pool, of 1,000 units of 10^-6: one unit in all.
        await stake(w, w.recipient, 10n ** 12n);
        const start = ((await now()) / w.bucket + 1n) * w.bucket;
        await at(start);
        await fund(w, 2n * AMOUNT);
        await w.asset.mint(w.stranger, 100n);
        await w.asset.connect(w.stranger).approve(w.stakeManager, 100n);
        for (let i = 1n; i <= 100n; i++) {
          await at(start + (i * w.bucket) / 100n);
          // In its name: its account is settled each time.
          await w.stakeManager.connect(w.stranger).deposit(w.operator, w.asset, 1n, w.recipient, 0n, NO_APPROVAL);
        }
        expect(await claimable(w, w.recipient)).to.equal(1n);
      });
    });

    describe("when there are several tokens", () => {
      it("settles each of them for itself, those that came later from then on", async () => {
        const w = await loadFixture(deployRewardWorld);
        const later = await deployRewardToken(w, 18);
        await announce(w, { token: later });
        const { start } = await streaming(w);
        await joinAt(w, start + w.bucket / 2n);
        await at(start + w.bucket);
        await fund(w, wad(10n), { token: later });
        await at(start + w.bucket + w.bucket / 2n);
        await queue(w, w.stranger, wad(1_000n));
        await waitUntil(start + 2n * w.bucket);
        expect(await claimable(w, w.stranger)).to.be.closeTo(AMOUNT / 4n, 1n);
        expect(await claimable(w, w.stranger, { token: later })).to.be.closeTo(wad("2.5"), 10n ** 12n);
        expect(await claimable(w, w.alice, { token: later })).to.be.closeTo(wad("4.5"), 10n ** 12n);
      });
    });
  });
});
