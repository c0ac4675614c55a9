import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { NO_APPROVAL } from "../../helpers/signatures";
import {
  at,
  BUCKET,
  complete,
  deployStake,
  deposit,
  depositUndelegated,
  expectRefusal,
  finalise,
  keys,
  now,
  openLien,
  passTo,
  queue,
  queued,
  slash,
  type Stake,
  veto,
} from "../../helpers/stake";
import { MAX_SHARES, WAD, wad } from "../../helpers/units";
import { deployPools } from "./shared/completion";

/** Rates of the buckets of the fixture's pool that mature so many buckets after the edge. */
async function rates({ stake, operator, asset, edge }: Stake, from: bigint, to: bigint): Promise<bigint[]> {
  const found: bigint[] = [];
  for (let i = from; i <= to; i++) found.push((await stake.bucket(operator, asset, edge + i * BUCKET)).rate);
  return found;
}

/** What is open according to the bucket that matures so many buckets after the edge. */
async function opened({ stake, operator, asset, edge }: Stake, buckets: bigint): Promise<bigint> {
  return (await stake.bucket(operator, asset, edge + buckets * BUCKET)).opened;
}

/** The fixture with pools; alice has queued a share for each of the maturities 8 … 16 buckets after the edge. */
async function deployNineBuckets(): Promise<Stake> {
  const context = await deployPools();
  const { alice, edge } = context;
  for (let i = 0n; i < 8n; i++) await queued(context, alice, 1n, { second: edge + i * BUCKET });
  await queued(context, alice, 1n, { second: edge + 7n * BUCKET + 1n });
  return context;
}

const times = (count: number, value: bigint): bigint[] => Array.from({ length: count }, () => value);

describe("StakeManager", () => {
  describe("corridor", () => {
    describe("when somebody else than the Slasher comes", () => {
      const verbs: readonly { verb: string; call: (context: Stake, caller: Stake["stake"]) => Promise<unknown> }[] = [
        { verb: "openLien", call: ({ operator, asset }, stake) => stake.openLien(operator, asset, 1n) },
        { verb: "releaseLien", call: ({ operator, asset }, stake) => stake.releaseLien(operator, asset, 1n, 1n) },
        {
          verb: "finaliseLien",
          call: ({ operator, asset, bob }, stake) => stake.finaliseLien(operator, asset, 1n, 1n, bob, 1n),
        },
        { verb: "slash", call: ({ operator, asset, bob }, stake) => stake.slash(operator, asset, 1n, bob) },
      ];
      for (const { verb, call } of verbs) {
        it(`refuses ${verb}`, async () => {
          const context = await loadFixture(deployPools);
          const { stake, operator, alice } = context;
          for (const caller of [operator, alice]) {
            await expectRefusal(() => call(context, stake.connect(caller)), stake, "NotSlasher", [caller]);
          }
        });
      }
    });

    describe("openLien", () => {
      it("holds a part of everyone in the pool", async () => {
        const context = await loadFixture(deployPools);
        const { stake, slasher, operator, otherOperator, asset } = context;
        await slash(context, wad("0.2"));
        const before = await stake.pool(otherOperator, asset);
        await stake.connect(slasher).openLien(operator, asset, wad("0.1"));
        expect(await stake.pool(operator, asset)).to.deep.equal([
          1_500n,
          wad("0.8"),
          wad("0.1"),
          true,
          ZeroAddress,
          false,
        ]);
        expect(await stake.pool(otherOperator, asset)).to.deep.equal(before);
      });

      // T = 1500 shares.
      for (const { magnitude, assets } of [
        { magnitude: WAD, assets: 1_500n },
        { magnitude: wad("0.1"), assets: 150n },
        // 1500 / 700 = 2.14…
        { magnitude: WAD / 700n, assets: 2n },
        // 1500 · ⌈WAD / 1500⌉ is a little more than one unit.
        { magnitude: WAD / 1_500n + 1n, assets: 1n },
      ]) {
        it(`takes ${assets} of 1500 by ${magnitude}`, async () => {
          const { stake, slasher, operator, asset } = await loadFixture(deployPools);
          expect(await stake.connect(slasher).openLien.staticCall(operator, asset, magnitude)).to.equal(assets);
        });
      }

      it("does not depend on what earlier slashes have left of a share", async () => {
        const context = await loadFixture(deployPools);
        const { stake, slasher, operator, asset } = context;
        await slash(context, wad("0.5"));
        await openLien(context, wad("0.25"));
        expect(await stake.connect(slasher).openLien.staticCall(operator, asset, wad("0.1"))).to.equal(150n);
      });

      describe("when it would take nothing", () => {
        for (const { what, operatorOf, magnitude } of [
          {
            what: "so little that it rounds to 0",
            operatorOf: ({ operator }: Stake) => operator,
            magnitude: WAD / 1_501n,
          },
          { what: "a magnitude of 0", operatorOf: ({ operator }: Stake) => operator, magnitude: 0n },
          { what: "everything of an empty pool", operatorOf: ({ bob }: Stake) => bob, magnitude: WAD },
        ]) {
          it(`changes nothing by ${what}`, async () => {
            const context = await loadFixture(deployPools);
            const { stake, slasher, asset, alice, edge } = context;
            const operator = operatorOf(context);
            const maturity = await queued(context, alice, 10n, { second: edge });
            const before = await stake.pool(operator, asset);
            const verbs = stake.connect(slasher);
            expect(await verbs.openLien.staticCall(operator, asset, magnitude)).to.equal(0n);
            await verbs.openLien(operator, asset, magnitude);
            expect(await stake.pool(operator, asset)).to.deep.equal(before);
            expect(await stake.bucket(operator, asset, edge + BUCKET)).to.deep.equal([0n, 0n, 0n]);
            expect((await stake.bucket(context.operator, asset, maturity)).rate).to.equal(WAD);
          });
        }
      });

      it("reaches the shares of every bucket that has not matured", async () => {
        const context = await loadFixture(deployNineBuckets);
        const { edge } = context;
        await slash(context, wad("0.1"));
        const lien = await openLien(context, wad("0.2"), edge + 8n * BUCKET - 1n);
        // 1500 shares: 1491 active, 9 queued.
        expect(lien.assets).to.equal(300n);
        expect(await rates(context, 8n, 16n)).to.deep.equal(times(9, wad("0.7")));
      });

      it("leaves the bucket alone that has matured this second", async () => {
        const context = await loadFixture(deployNineBuckets);
        const { stake, operator, asset, edge } = context;
        const lien = await openLien(context, wad("0.2"), edge + 8n * BUCKET);
        expect(await stake.slashableShares(operator, asset)).to.equal(1_499n);
        // ⌊1499 · 0.2⌋
        expect(lien.assets).to.equal(299n);
        expect(await rates(context, 8n, 16n)).to.deep.equal([WAD, ...times(8, wad("0.8"))]);
      });

      it("leaves empty buckets alone", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset, alice, edge } = context;
        await queued(context, alice, 1n, { second: edge });
        await openLien(context, wad("0.2"));
        expect(await rates(context, 8n, 9n)).to.deep.equal([wad("0.8"), 0n]);
        expect((await stake.bucket(operator, asset, edge + 9n * BUCKET)).shares).to.equal(0n);
      });

      // A lien belongs to the interval that its second is in; the interval's end begins the next one.
      for (const { offset, bucket } of [
        { offset: -1n, bucket: 0n },
        { offset: 0n, bucket: 1n },
        { offset: 1n, bucket: 1n },
        { offset: BUCKET - 1n, bucket: 1n },
        { offset: BUCKET, bucket: 2n },
      ]) {
        it(`is noted in the bucket that matures next, ${offset} seconds from an edge`, async () => {
          const context = await loadFixture(deployPools);
          await openLien(context, wad("0.2"), context.edge + offset);
          const sums = await Promise.all([0n, 1n, 2n].map(async (buckets) => await opened(context, buckets)));
          expect(sums).to.deep.equal([0n, 1n, 2n].map((buckets) => (buckets === bucket ? wad("0.2") : 0n)));
        });
      }

      it("adds up with other liens of the same interval", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset, edge } = context;
        await openLien(context, wad("0.2"), edge);
        await openLien(context, wad("0.3"), edge + 5n);
        await openLien(context, wad("0.5"), edge + BUCKET);
        expect([await opened(context, 1n), await opened(context, 2n)]).to.deep.equal([wad("0.5"), wad("0.5")]);
        expect((await stake.pool(operator, asset)).liened).to.equal(WAD);
      });

      it("cannot hold more than the sure part", async () => {
        const context = await loadFixture(deployPools);
        const { stake, slasher, operator, asset } = context;
        await slash(context, wad("0.2"));
        await openLien(context, wad("0.3"));
        const verbs = stake.connect(slasher);
        await expect(verbs.openLien(operator, asset, wad("0.5") + 1n)).to.be.revertedWithPanic(0x01);
        await expect(verbs.openLien(operator, asset, 2n ** 64n - 1n)).to.be.revertedWithPanic(0x01);
        await expect(verbs.openLien(operator, asset, wad("0.5"))).not.to.be.reverted;
      });

      it("takes the greatest pool that there can be, in one lien", async () => {
        const context = await loadFixture(deployStake);
        const { stake, operator, asset, alice } = context;
        await asset.mint(alice, MAX_SHARES);
        await deposit(context, alice, MAX_SHARES);
        await queue(context, alice, MAX_SHARES - 1n);
        expect((await openLien(context, WAD)).assets).to.equal(MAX_SHARES);
        const [value] = await stake.positionValues(alice, asset, [operator]);
        expect([value?.gross, value?.net]).to.deep.equal([1n, 0n]);
      });
    });

    describe("releaseLien", () => {
      it("gives back to everyone, of this lien alone", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset } = context;
        await slash(context, wad("0.2"));
        const other = await openLien(context, wad("0.1"));
        const lien = await openLien(context, wad("0.3"));
        for (const [ended, left] of [
          [lien, wad("0.1")],
          [other, 0n],
        ] as const) {
          await veto(context, ended);
          const expected = [1_500n, wad("0.8"), left, true, ZeroAddress, false];
          expect(await stake.pool(operator, asset)).to.deep.equal(expected);
        }
      });

      it("credits nobody and moves no token", async () => {
        const context = await loadFixture(deployPools);
        const { stake, asset, recipient } = context;
        const call = veto(context, await openLien(context, wad("0.3")));
        await expect(call).not.to.emit(stake, "PoolSlashed");
        await expect(call).not.to.emit(asset, "Transfer");
        expect(await stake.proceeds(recipient, asset)).to.equal(0n);
      });

      it("raises every bucket that matures after the proposal: up to thirteen", async () => {
        const context = await loadFixture(deployNineBuckets);
        const { alice, edge } = context;
        const lien = await openLien(context, wad("0.2"), edge + 8n * BUCKET - 1n);
        // Filled meanwhile: 17 … 20 buckets after the edge. The latest veto comes four buckets after the proposal.
        for (let i = 9n; i < 12n; i++) await queued(context, alice, 1n, { second: edge + i * BUCKET });
        await queued(context, alice, 1n, { second: edge + 12n * BUCKET - 3n });
        expect(await rates(context, 8n, 20n)).to.deep.equal(times(13, wad("0.8")));
        await veto(context, lien, edge + 12n * BUCKET - 2n);
        expect(await rates(context, 8n, 21n)).to.deep.equal([...times(13, WAD), 0n]);
      });

      it("leaves a bucket alone that had matured when the lien was opened", async () => {
        const context = await loadFixture(deployNineBuckets);
        const { edge } = context;
        const lien = await openLien(context, wad("0.2"), edge + 8n * BUCKET);
        await veto(context, lien);
        expect(await rates(context, 8n, 16n)).to.deep.equal(times(9, WAD));
      });

      it("closes what the proposal's interval has noted, and no other", async () => {
        const context = await loadFixture(deployPools);
        const { edge } = context;
        const first = await openLien(context, wad("0.2"), edge);
        const second = await openLien(context, wad("0.3"), edge + 5n);
        const third = await openLien(context, wad("0.4"), edge + BUCKET);
        await veto(context, first);
        expect([await opened(context, 1n), await opened(context, 2n)]).to.deep.equal([wad("0.3"), wad("0.4")]);
        await veto(context, third);
        expect([await opened(context, 1n), await opened(context, 2n)]).to.deep.equal([wad("0.3"), 0n]);
        await veto(context, second);
        expect(await opened(context, 1n)).to.equal(0n);
      });

      it("does not give back twice, nor more than was held", async () => {
        const context = await loadFixture(deployPools);
        const lien = await openLien(context, wad("0.2"), context.edge);
        await expect(veto(context, { ...lien, magnitude: wad("0.2") + 1n })).to.be.revertedWithPanic(0x11);
        await veto(context, lien);
        await expect(veto(context, lien)).to.be.revertedWithPanic(0x11);
      });

      it("does not give back by the mark of another interval", async () => {
        const context = await loadFixture(deployPools);
        const { edge } = context;
        const lien = await openLien(context, wad("0.2"), edge);
        await openLien(context, wad("0.1"), edge + BUCKET);
        await expect(veto(context, { ...lien, proposedAt: edge + BUCKET })).to.be.revertedWithPanic(0x11);
      });
    });

    describe("finaliseLien", () => {
      it("takes what was held, credits the recipient and says so", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset, recipient } = context;
        const first = await openLien(context, wad("0.2"));
        const second = await openLien(context, wad("0.3"));
        await expect(finalise(context, first))
          .to.emit(stake, "PoolSlashed")
          .withArgs(operator, asset, recipient, 300n, wad("0.8"), 300n);
        await expect(finalise(context, second))
          .to.emit(stake, "PoolSlashed")
          .withArgs(operator, asset, recipient, 450n, wad("0.5"), 750n);
        expect(await stake.proceeds(recipient, asset)).to.equal(750n);
      });

      it("moves no token and changes no rate", async () => {
        const context = await loadFixture(deployNineBuckets);
        const { stake, operator, asset, edge } = context;
        const lien = await openLien(context, wad("0.2"), edge + 8n * BUCKET - 1n);
        const before = await rates(context, 8n, 17n);
        await expect(finalise(context, lien)).not.to.emit(asset, "Transfer");
        expect(await rates(context, 8n, 17n)).to.deep.equal(before);
        expect((await stake.pool(operator, asset)).shares).to.equal(1_491n);
      });

      it("closes what the proposal's interval has noted", async () => {
        const context = await loadFixture(deployPools);
        const { edge } = context;
        const lien = await openLien(context, wad("0.2"), edge);
        await openLien(context, wad("0.3"), edge + 5n);
        await at(edge + 3n * BUCKET);
        await finalise(context, lien);
        expect(await opened(context, 1n)).to.equal(wad("0.3"));
      });

      it("credits what is to be burned to nobody", async () => {
        const context = await loadFixture(deployPools);
        const { stake, slasher, operator, asset } = context;
        const { magnitude, proposedAt, assets } = await openLien(context, wad("0.2"));
        await expect(stake.connect(slasher).finaliseLien(operator, asset, magnitude, proposedAt, ZeroAddress, assets))
          .to.emit(stake, "PoolSlashed")
          .withArgs(operator, asset, ZeroAddress, 300n, wad("0.8"), 300n);
        expect(await stake.proceeds(ZeroAddress, asset)).to.equal(300n);
      });

      it("does not take twice", async () => {
        const context = await loadFixture(deployPools);
        const lien = await openLien(context, wad("0.2"));
        await finalise(context, lien);
        await expect(finalise(context, lien)).to.be.revertedWithPanic(0x11);
      });
    });

    describe("slash", () => {
      it("is a lien and its final at once, and says so", async () => {
        const context = await loadFixture(deployPools);
        const { stake, slasher, operator, asset, recipient } = context;
        expect(await stake.connect(slasher).slash.staticCall(operator, asset, wad("0.3"), recipient)).to.equal(450n);
        await expect(slash(context, wad("0.3")))
          .to.emit(stake, "PoolSlashed")
          .withArgs(operator, asset, recipient, 450n, wad("0.7"), 450n);
        await expect(slash(context, wad("0.1")))
          .to.emit(stake, "PoolSlashed")
          .withArgs(operator, asset, recipient, 150n, wad("0.6"), 600n);
      });

      it("lowers the rate of every bucket that has not matured, and notes nothing", async () => {
        const context = await loadFixture(deployNineBuckets);
        const { edge } = context;
        await at(edge + 8n * BUCKET);
        await slash(context, wad("0.2"));
        expect(await rates(context, 8n, 17n)).to.deep.equal([WAD, ...times(8, wad("0.8")), 0n]);
        expect([await opened(context, 8n), await opened(context, 9n)]).to.deep.equal([0n, 0n]);
      });

      it("leaves open liens as they are", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset, recipient } = context;
        const lien = await openLien(context, wad("0.3"));
        await expect(slash(context, wad("0.2")))
          .to.emit(stake, "PoolSlashed")
          .withArgs(operator, asset, recipient, 300n, wad("0.8"), 300n);
        await veto(context, lien);
        expect(await stake.pool(operator, asset)).to.deep.equal([1_500n, wad("0.8"), 0n, true, ZeroAddress, false]);
      });

      it("changes nothing if it would take nothing", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset, alice, edge } = context;
        const maturity = await queued(context, alice, 10n, { second: edge });
        const before = await stake.pool(operator, asset);
        await expect(slash(context, WAD / 1_501n)).not.to.emit(stake, "PoolSlashed");
        expect(await stake.pool(operator, asset)).to.deep.equal(before);
        expect((await stake.bucket(operator, asset, maturity)).rate).to.equal(WAD);
      });

      it("cannot take more than the sure part", async () => {
        const context = await loadFixture(deployPools);
        await openLien(context, wad("0.3"));
        await expect(slash(context, wad("0.7") + 1n)).to.be.revertedWithPanic(0x01);
        await expect(slash(context, wad("0.7"))).not.to.be.reverted;
      });
    });

    describe("when everything was slashed", () => {
      it("lets everybody leave by every exit, which pay 0 of this pool and all of the others", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, otherOperator, asset, alice, bob } = context;
        await depositUndelegated(context, alice, 5n);
        const early = await queued(context, alice, 100n);
        await slash(context, WAD);
        expect(await stake.pool(operator, asset)).to.deep.equal([1_400n, 0n, 0n, true, ZeroAddress, false]);
        expect(await stake.isEntryOpen(operator, asset)).to.equal(false);
        const late = await queued(context, alice, 900n);
        await stake.connect(alice).transferWithdrawals(alice, asset, [{ operator, maturity: late, shares: 1n }], bob);
        await stake.connect(alice).cancelWithdrawal(alice, operator, asset, late, 9n, NO_APPROVAL);
        const last = await queued(context, alice, 9n);
        const other = await queued(context, alice, 1_000n, { operator: otherOperator });
        await passTo(last > other ? last : other);
        const withdrawals = [...keys(context, early, late, last), { operator: otherOperator, maturity: other }];
        await expect(stake.connect(alice).completeWithdrawals(alice, asset, withdrawals, alice)).to.changeTokenBalances(
          asset,
          [stake, alice],
          [-1_000n, 1_000n],
        );
        await expect(complete(context, bob, late)).not.to.emit(asset, "Transfer");
        await expect(stake.connect(alice).withdraw(alice, asset, 5n, alice)).to.changeTokenBalances(
          asset,
          [stake, alice],
          [-5n, 5n],
        );
        expect(await stake.sharesOf(operator, asset, alice)).to.equal(0n);
      });

      it("takes nothing more, however often it is slashed", async () => {
        const context = await loadFixture(deployPools);
        const { stake, slasher, operator, asset, recipient } = context;
        await slash(context, WAD);
        await expect(slash(context, 0n)).not.to.emit(stake, "PoolSlashed");
        await expect(slash(context, 1n)).to.be.revertedWithPanic(0x01);
        await expect(stake.connect(slasher).openLien(operator, asset, 1n)).to.be.revertedWithPanic(0x01);
        expect(await stake.proceeds(recipient, asset)).to.equal(1_500n);
      });
    });

    describe("when a whole history has passed", () => {
      it("keeps the books that were worked out by hand", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset, alice, bob, recipient, edge } = context;
        // At the edge alice queues 400 (maturity 8), F = 1.
        await queued(context, alice, 400n, { second: edge });
        // In interval 3, a lien of 0.25 on T = 1500: 375. Bucket 8: 0.75. Noted in bucket 3.
        const first = await openLien(context, wad("0.25"), edge + 2n * BUCKET + 7n);
        expect(first.assets).to.equal(375n);
        // Bob queues 200 at the end of interval 4 (maturity 12): 0.75.
        await queued(context, bob, 200n, { second: edge + 4n * BUCKET });
        // An instant slash of 0.1 on T = 1500: 150. F = 0.9; buckets 8 and 12: 0.65.
        await slash(context, wad("0.1"));
        expect(await rates(context, 8n, 12n)).to.deep.equal([wad("0.65"), 0n, 0n, 0n, wad("0.65")]);
        // In interval 6 the first lien is vetoed: 0.9.
        await veto(context, first, edge + 5n * BUCKET + 1n);
        expect(await rates(context, 8n, 12n)).to.deep.equal([wad("0.9"), 0n, 0n, 0n, wad("0.9")]);
        // In interval 8 a lien of 0.3 on T = 1500: 450. Buckets 8 and 12: 0.6. Noted in bucket 8.
        const second = await openLien(context, wad("0.3"), edge + 8n * BUCKET - 5n);
        // Bucket 8 matures. A lien of 0.2 on T = 1100: 220. Bucket 8: 0.6 still; bucket 12: 0.4. Noted in bucket 9.
        const third = await openLien(context, wad("0.2"), edge + 8n * BUCKET);
        expect([second.assets, third.assets]).to.deep.equal([450n, 220n]);
        expect(await rates(context, 8n, 12n)).to.deep.equal([wad("0.6"), 0n, 0n, 0n, wad("0.4")]);
        expect([await opened(context, 3n), await opened(context, 8n), await opened(context, 9n)]).to.deep.equal([
          0n,
          wad("0.3"),
          wad("0.2"),
        ]);
        // Alice gets 400 · 0.6 = 240; 400 · 0.3 = 120 are contested.
        await expect(complete(context, alice, edge + 8n * BUCKET))
          .to.emit(stake, "WithdrawalCompleted")
          .withArgs(alice, operator, asset, alice, edge + 8n * BUCKET, 240n, 240n, true);
        // The second lien becomes final: F = 0.6, L = 0.2. The third is vetoed: bucket 12 at 0.6.
        await finalise(context, second);
        await veto(context, third);
        expect(await stake.pool(operator, asset)).to.deep.equal([900n, wad("0.6"), 0n, true, ZeroAddress, false]);
        expect(await rates(context, 8n, 12n)).to.deep.equal([wad("0.6"), 0n, 0n, 0n, wad("0.6")]);
        // Bob gets 200 · 0.6 = 120. The recipient has 150 + 450.
        await passTo(edge + 12n * BUCKET);
        await expect(complete(context, bob, edge + 12n * BUCKET)).to.changeTokenBalances(
          asset,
          [stake, bob],
          [-120n, 120n],
        );
        expect(await stake.proceeds(recipient, asset)).to.equal(600n);
        // 1500 came in, 240 and 120 went out; 600 are the recipient's, and 900 · 0.6 = 540 the stakers': nothing is
        // missing, nothing is over (the other pool holds 1500 of its own).
        expect(await asset.balanceOf(stake)).to.equal(1_500n - 240n - 120n + 1_500n);
        const [hers] = await stake.positionValues(alice, asset, [operator]);
        const [his] = await stake.positionValues(bob, asset, [operator]);
        expect([hers?.gross, his?.gross]).to.deep.equal([360n, 180n]);
        expect(await now()).to.be.gte(edge + 12n * BUCKET);
      });
    });
  });
});
