import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import {
  announce,
  at,
  boundaryAfter,
  claim,
  claimable,
  deployRewardToken,
  deployRewardWorld,
  endow,
  fund,
  fundAll,
  Kind,
  now,
  type RewardWorld,
} from "../../helpers/rewards";
import { earnedUnits, grainBits, limitBits, rateOf } from "../../helpers/reward-math";
import { Behaviour } from "../../helpers/tokens";
import { days, wad } from "../../helpers/units";
import { expectEvents, queue, receiptOf, stake, timeOf, waitUntil } from "../../helpers/world";

const AMOUNT = 1_000n * 10n ** 6n;

/** What a transaction may use on Ethereum since the hardfork Osaka. */
const MAX_TRANSACTION_GAS = 16_777_216n;

/** A second in the middle of the next bucket. */
async function middle({ bucket }: RewardWorld): Promise<bigint> {
  return ((await now()) / bucket + 1n) * bucket + bucket / 2n;
}

describe("RewardsDistributor", () => {
  describe("fund", () => {
    describe("when it is funded", () => {
      it("takes the amount, gives the operator its commission, and streams the rest to a boundary", async () => {
        const w = await loadFixture(deployRewardWorld);
        await w.rewards.connect(w.operator).setCommission(w.asset, 1_500n);
        await waitUntil((await now()) + w.notice);
        const second = await middle(w);
        await at(second);
        const tx = await fund(w, AMOUNT, { kind: Kind.Emission, duration: w.bucket });
        const endsAt = boundaryAfter(w, second + w.bucket);
        const commission = (AMOUNT * 15n) / 100n;
        const rate = rateOf(w, AMOUNT - commission, endsAt - second);
        await expect(tx).to.changeTokenBalances(w.token, [w.avs, w.rewards], [-AMOUNT, AMOUNT]);
        await expectEvents(w.rewards, tx, [
          [
            "RewardFunded",
            [
              ...[w.set, w.operator, w.token, w.asset],
              ...[BigInt(Kind.Emission), AMOUNT, commission, rate, rate, endsAt],
            ],
          ],
        ]);
        expect(await w.rewards.commissionOf(w.operator, w.token)).to.equal(commission);
        const [view] = await w.rewards.rewardTokens(w.operator, w.asset);
        expect([view?.funded, view?.rate]).to.deep.equal([AMOUNT, rate]);
      });

      it("says when it ends", async () => {
        const w = await loadFixture(deployRewardWorld);
        const entries = [{ operator: w.operator, asset: w.asset, amount: AMOUNT }];
        const { fund: send } = w.rewards.connect(w.avs);
        const endsAt = await send.staticCall(w.set, w.token, Kind.Fee, w.bucket, entries);
        expect(endsAt).to.equal(boundaryAfter(w, (await now()) + w.bucket));
      });

      it("lets changes of the pool's shares be reported from the first funding on, once", async () => {
        const w = await loadFixture(deployRewardWorld);
        await expect(fund(w, AMOUNT)).to.emit(w.stakeManager, "PoolPaysRewards").withArgs(w.operator.address, w.asset);
        await expect(fund(w, AMOUNT)).not.to.emit(w.stakeManager, "PoolPaysRewards");
      });

      it("adds up with what others have funded, and stretches and dilutes nothing of it", async () => {
        const w = await loadFixture(deployRewardWorld);
        const start = ((await now()) / w.bucket + 1n) * w.bucket;
        await at(start);
        await fund(w, AMOUNT, { duration: 2n * w.bucket });
        await at(start + 600n);
        await fund(w, 10n, { by: w.otherAvs, set: w.otherSet, duration: 15n * w.bucket });
        await at(start + 2n * w.bucket);
        await claim(w, w.alice);
        const rate = rateOf(w, AMOUNT, 2n * w.bucket);
        const alone = earnedUnits(w, rate, 2n * w.bucket, [wad(600n), wad(1_000n)]);
        expect(alone).to.be.closeTo((AMOUNT * 6n) / 10n, 1n);
        // And hardly anything of the dust.
        expect(await w.token.balanceOf(w.alice)).to.be.within(alone, alone + 1n);
      });

      it("streams to several pools, each by its own commission and shares", async () => {
        const w = await loadFixture(deployRewardWorld);
        await stake(w, w.bob, wad(10n), { operator: w.rival });
        await announce(w, { operator: w.rival });
        const entries = [
          { operator: w.operator, asset: w.asset, amount: AMOUNT },
          { operator: w.rival, asset: w.asset, amount: 2n * AMOUNT },
        ];
        const start = ((await now()) / w.bucket + 1n) * w.bucket;
        await at(start);
        await expect(fundAll(w, entries)).to.changeTokenBalance(w.token, w.rewards, 3n * AMOUNT);
        await waitUntil(start + w.bucket);
        const pools = [w.operator, w.rival].map((operator) => ({ operator, asset: w.asset }));
        expect(await w.rewards.claimable(w.bob, w.token, pools)).to.be.closeTo((AMOUNT * 24n) / 10n, 2n);
        expect(await claimable(w, w.bob)).to.be.closeTo((AMOUNT * 4n) / 10n, 1n);
      });

      it("adds up when a pool is named twice", async () => {
        const w = await loadFixture(deployRewardWorld);
        const entry = { operator: w.operator, asset: w.asset, amount: AMOUNT };
        const second = await middle(w);
        await at(second);
        await fundAll(w, [entry, entry]);
        const [view] = await w.rewards.rewardTokens(w.operator, w.asset);
        const rate = rateOf(w, AMOUNT, boundaryAfter(w, second + w.bucket) - second);
        expect([view?.funded, view?.rate]).to.deep.equal([2n * AMOUNT, 2n * rate]);
      });

      it("takes the last of the tokens announced first, and the first ones later", async () => {
        const w = await loadFixture(deployRewardWorld);
        const tokens = [w.token];
        for (let i = 1; i < 4; i++) {
          const token = await deployRewardToken(w, 6);
          await announce(w, { token });
          tokens.push(token);
        }
        for (const token of [...tokens].reverse()) {
          await fund(w, AMOUNT, { token, duration: 15n * w.bucket });
          await stake(w, w.bob, wad(1n));
        }
        await waitUntil((await now()) + 16n * w.bucket);
        for (const token of tokens) {
          const sum = (await claimable(w, w.alice, { token })) + (await claimable(w, w.bob, { token }));
          expect(sum).to.be.closeTo(AMOUNT, 10n);
        }
      });
    });

    describe("when the duration is at a bound", () => {
      for (const [what, seconds, boundaries] of [
        ["in the middle of a bucket", (bucket: bigint) => bucket / 2n, [2n, 16n]],
        ["at a boundary", () => 0n, [1n, 15n]],
        ["one second after a boundary", () => 1n, [2n, 16n]],
      ] as const) {
        it(`ends ${boundaries.join(" or ")} boundaries later, funded ${what}`, async () => {
          const w = await loadFixture(deployRewardWorld);
          const boundary = ((await now()) / w.bucket + 2n) * w.bucket;
          for (const [i, buckets] of [1n, 15n].entries()) {
            const begin = boundary + BigInt(i) * 20n * w.bucket;
            await at(begin + seconds(w.bucket));
            const tx = await fund(w, AMOUNT, { duration: buckets * w.bucket });
            const { logs } = await receiptOf(tx);
            const event = logs.map((log) => w.rewards.interface.parseLog(log)).find((log) => log !== null);
            expect(event?.args.endsAt).to.equal(begin + (boundaries[i] ?? 0n) * w.bucket);
          }
        });
      }

      it("refuses less than a bucket, and more than fifteen", async () => {
        const w = await loadFixture(deployRewardWorld);
        const [min, max] = [w.bucket, 15n * w.bucket];
        for (const duration of [0n, min - 1n, max + 1n, 2n ** 256n - 1n]) {
          await expect(fund(w, AMOUNT, { duration }))
            .to.be.revertedWithCustomError(w.rewards, "DurationOutOfBounds")
            .withArgs(duration, min, max);
        }
      });
    });

    describe("when it is not for the caller to fund", () => {
      it("refuses everybody but the set's AVS", async () => {
        const w = await loadFixture(deployRewardWorld);
        for (const by of [w.otherAvs, w.operator, w.stranger]) {
          await expect(fund(w, AMOUNT, { by }))
            .to.be.revertedWithCustomError(w.rewards, "NotAVS")
            .withArgs(by.address, w.avs.address);
        }
      });
    });

    describe("when the pool cannot take it", () => {
      it("refuses a token that the operator has not announced for this pool", async () => {
        const w = await loadFixture(deployRewardWorld);
        for (const [operator, asset, token] of [
          [w.rival, w.asset, w.token],
          [w.operator, w.second, w.token],
          [w.operator, w.asset, w.second],
        ] as const) {
          await expect(fund(w, AMOUNT, { operator, asset, token }))
            .to.be.revertedWithCustomError(w.rewards, "TokenNotAnnounced")
            .withArgs(operator.address, asset, token);
        }
      });

      it("refuses a token in the last second of its notice, and takes it in the next one", async () => {
        const w = await loadFixture(deployRewardWorld);
        const token = await deployRewardToken(w, 18);
        const tx = await w.rewards.connect(w.operator).announceRewardToken(w.asset, token);
        const inUseAt = (await timeOf(tx)) + w.notice;
        await at(inUseAt - 1n);
        await expect(fund(w, AMOUNT, { token }))
          .to.be.revertedWithCustomError(w.rewards, "TokenNotInUse")
          .withArgs(w.operator.address, w.asset, token, inUseAt);
        await at(inUseAt);
        await fund(w, AMOUNT * 10n ** 12n, { token });
      });

      it("refuses a pool without active shares", async () => {
        const w = await loadFixture(deployRewardWorld);
        await queue(w, w.alice, wad(600n));
        await queue(w, w.bob, wad(400n) - 1n);
        await fund(w, AMOUNT);
        await queue(w, w.bob, 1n);
        await expect(fund(w, AMOUNT))
          .to.be.revertedWithCustomError(w.rewards, "PoolEmpty")
          .withArgs(w.operator.address, w.asset);
      });

      it("refuses no part, and more than 64", async () => {
        const w = await loadFixture(deployRewardWorld);
        const entry = { operator: w.operator, asset: w.asset, amount: AMOUNT };
        for (const count of [0, 65]) {
          await expect(fundAll(w, Array<typeof entry>(count).fill(entry)))
            .to.be.revertedWithCustomError(w.rewards, "EntryCountOutOfBounds")
            .withArgs(count, 64n);
        }
        await fundAll(w, Array<typeof entry>(64).fill(entry));
      });

      it("takes 64 pools that were never funded in one transaction", async () => {
        const w = await loadFixture(deployRewardWorld);
        const signers = (await ethers.getSigners()).slice(0, 16);
        const entries: { operator: string; asset: string; amount: bigint }[] = [];
        for (let i = 0; i < 4; i++) {
          const asset = await ethers.deployContract("MockERC20", ["Token", "TKN", 18]);
          for (const operator of signers) {
            await w.stakeManager.connect(operator).registerOperator("");
            await w.stakeManager.connect(operator).openPool(asset, ethers.ZeroAddress);
            await stake(w, w.alice, 10n ** 9n, { operator, asset });
            await w.rewards.connect(operator).announceRewardToken(asset, w.token);
            await w.rewards.connect(operator).setCommission(asset, 2_000n);
            entries.push({ operator: operator.address, asset: await asset.getAddress(), amount: AMOUNT });
          }
        }
        await waitUntil((await now()) + w.notice);
        const { gasUsed } = await receiptOf(await fundAll(w, entries, { duration: 7n * w.bucket }));
        expect(gasUsed).to.be.lessThan(MAX_TRANSACTION_GAS);
      });
    });

    describe("when the amount is at a bound", () => {
      it("refuses what would not stream a grain a second", async () => {
        const w = await loadFixture(deployRewardWorld);
        const token = await deployRewardToken(w, 24);
        await announce(w, { token });
        const start = ((await now()) / w.bucket + 1n) * w.bucket;
        const seconds = 15n * w.bucket;
        // ⌈seconds · 2^c / 2^g⌉ units are `seconds` grains.
        const shift = limitBits(24) - grainBits(w.bucket);
        const least = seconds << shift;
        await at(start);
        await expect(fund(w, least - 1n, { token, duration: seconds }))
          .to.be.revertedWithCustomError(w.rewards, "RewardTooSmall")
          .withArgs(w.operator.address, w.asset, least - 1n);
        await expect(fund(w, 0n)).to.be.revertedWithCustomError(w.rewards, "RewardTooSmall");
        await at(start + w.bucket);
        await fund(w, least, { token, duration: seconds });
        const [, view] = await w.rewards.rewardTokens(w.operator, w.asset);
        expect(view?.rate).to.equal(1n);
      });

      it("refuses to come to the limit of the token, however often it was funded", async () => {
        const w = await loadFixture(deployRewardWorld);
        const limit = 2n ** limitBits(6);
        await fund(w, AMOUNT);
        for (const amount of [limit - AMOUNT, limit, 2n ** 256n - 1n]) {
          await expect(fund(w, amount))
            .to.be.revertedWithCustomError(w.rewards, "LimitExceeded")
            .withArgs(w.operator.address, w.asset, amount, limit - AMOUNT - 1n);
        }
        await fund(w, limit - AMOUNT - 1n);
        await waitUntil((await now()) + 2n * w.bucket);
        await expect(fund(w, 1n))
          .to.be.revertedWithCustomError(w.rewards, "LimitExceeded")
          .withArgs(w.operator.address, w.asset, 1n, 0n);
      });
    });

    describe("when the token delivers another amount", () => {
      for (const [what, behaviour, parameter, delivered] of [
        ["keeps a fee", Behaviour.FeeOnTransfer, 100n, (AMOUNT * 99n) / 100n],
        ["moves nothing", Behaviour.MovesNothing, 0n, 0n],
        ["delivers more", Behaviour.DeliversMore, 1n, AMOUNT + 1n],
      ] as const) {
        it(`refuses a token that ${what}`, async () => {
          const w = await loadFixture(deployRewardWorld);
          const token = await ethers.deployContract("HostileToken", ["Hostile", "HOST", 6]);
          await token.mint(w.avs, AMOUNT);
          await token.connect(w.avs).approve(w.rewards, AMOUNT);
          await announce(w, { token });
          await token.setBehaviour(behaviour, parameter);
          await expect(fund(w, AMOUNT, { token }))
            .to.be.revertedWithCustomError(w.rewards, "InexactTransfer")
            .withArgs(token, AMOUNT, delivered);
        });
      }

      it("does not take what was donated for what was funded", async () => {
        const w = await loadFixture(deployRewardWorld);
        await w.token.mint(w.rewards, AMOUNT);
        await w.token.connect(w.avs).approve(w.rewards, AMOUNT - 1n);
        await expect(fund(w, AMOUNT))
          .to.be.revertedWithCustomError(w.token, "ERC20InsufficientAllowance")
          .withArgs(w.rewards, AMOUNT - 1n, AMOUNT);
      });
    });

    it("is for AVSs without a registration of the operator, too: whom it pays is its choice", async () => {
      const w = await loadFixture(deployRewardWorld);
      await endow(w, w.token, w.stranger);
      const set = await w.allocationManager.operatorSetKey(w.stranger, 1n);
      await fund(w, AMOUNT, { by: w.stranger, set });
      await waitUntil((await now()) + days(4n));
      expect(await claimable(w, w.alice)).to.be.closeTo((AMOUNT * 6n) / 10n, 1n);
    });
  });
});
