import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { NO_APPROVAL } from "../../helpers/signatures";
import {
  at,
  BUCKET,
  deployStake,
  deployToken,
  deposit,
  expectRefusal,
  finalise,
  gate,
  now,
  openLien,
  queue,
  queued,
  slash,
  type Stake,
  veto,
} from "../../helpers/stake";
import { bps, MAX_SHARES, WAD, wad } from "../../helpers/units";
import { itNeedsTheOwnersConsent } from "./shared/consent";

/** The fixture; alice has 1000 shares of the operator's pool, and bob 500. */
async function deployPool(): Promise<Stake> {
  const context = await deployStake();
  await deposit(context, context.alice, 1_000n);
  await deposit(context, context.bob, 500n);
  return context;
}

describe("StakeManager", () => {
  describe("queueWithdrawals", () => {
    it("moves shares from the pool to a bucket and says so", async () => {
      const context = await loadFixture(deployPool);
      const { stake, operator, asset, alice, edge } = context;
      await queued(context, alice, 100n, { second: edge });
      const maturity = edge + 8n * BUCKET;
      await at(edge + BUCKET - 1n);
      const later = edge + 9n * BUCKET;
      await expect(queue(context, alice, 40n))
        .to.emit(stake, "WithdrawalQueued")
        .withArgs(alice, operator, asset, alice, later, 40n, 860n, 40n);
      expect(await stake.sharesOf(operator, asset, alice)).to.equal(860n);
      expect((await stake.pool(operator, asset)).shares).to.equal(1_360n);
      expect(await stake.bucket(operator, asset, maturity)).to.deep.equal([100n, WAD, 0n]);
      expect(await stake.bucket(operator, asset, later)).to.deep.equal([40n, WAD, 0n]);
      expect(await stake.withdrawal(alice, operator, asset, maturity)).to.deep.equal([100n, 0n]);
      expect(await stake.withdrawal(alice, operator, asset, later)).to.deep.equal([40n, 0n]);
    });

    it("returns the maturity", async () => {
      const { stake, operator, asset, alice } = await loadFixture(deployPool);
      const maturity = await stake
        .connect(alice)
        .queueWithdrawals.staticCall(alice, asset, [{ operator, shares: 1n }], alice);
      expect(maturity).to.equal(await stake.currentMaturity());
    });

    it("moves no token", async () => {
      const context = await loadFixture(deployPool);
      await expect(queue(context, context.alice, 100n)).not.to.emit(context.asset, "Transfer");
    });

    it("adds to what the owner, and others, have in the bucket", async () => {
      const context = await loadFixture(deployPool);
      const { stake, operator, asset, alice, bob, edge } = context;
      const maturity = await queued(context, alice, 100n, { second: edge });
      await at(edge + 1n);
      await queue(context, alice, 1n);
      await queued(context, bob, 20n, { second: edge + 2n });
      const next = maturity + BUCKET;
      await expect(queue(context, alice, 3n))
        .to.emit(stake, "WithdrawalQueued")
        .withArgs(alice, operator, asset, alice, next, 3n, 896n, 4n);
      expect((await stake.bucket(operator, asset, next)).shares).to.equal(24n);
      expect((await stake.withdrawal(alice, operator, asset, next)).shares).to.equal(4n);
      expect((await stake.withdrawal(bob, operator, asset, next)).shares).to.equal(20n);
      // What is queued is still reached by a slash.
      expect(await stake.slashableShares(operator, asset)).to.equal(1_500n);
    });

    describe("when the maturity is worked out", () => {
      // ⌈(t + 8 buckets) / bucket⌉: eight buckets on an edge, else up to one more.
      for (const { offset, buckets } of [
        { offset: -1n, buckets: 8n },
        { offset: 0n, buckets: 8n },
        { offset: 1n, buckets: 9n },
        { offset: BUCKET - 1n, buckets: 9n },
        { offset: BUCKET, buckets: 9n },
        { offset: BUCKET + 1n, buckets: 10n },
      ]) {
        it(`is ${buckets} buckets after the edge, ${offset} seconds from it`, async () => {
          const context = await loadFixture(deployPool);
          const { stake, operator, asset, alice, edge } = context;
          await at(edge + offset);
          const maturity = edge + buckets * BUCKET;
          await expect(queue(context, alice, 7n))
            .to.emit(stake, "WithdrawalQueued")
            .withArgs(alice, operator, asset, alice, maturity, 7n, 993n, 7n);
          expect(maturity).to.be.gte((await now()) + 8n * BUCKET);
          expect(maturity).to.be.lt((await now()) + 9n * BUCKET);
        });
      }
    });

    describe("when another shall own the withdrawal", () => {
      it("takes the staker's shares and gives the other the record", async () => {
        const context = await loadFixture(deployPool);
        const { stake, operator, asset, alice, bob } = context;
        const maturity = await queued(context, bob, 5n);
        await expect(queue(context, alice, 100n, { owner: bob }))
          .to.emit(stake, "WithdrawalQueued")
          .withArgs(alice, operator, asset, bob, maturity, 100n, 900n, 105n);
        expect(await stake.withdrawal(bob, operator, asset, maturity)).to.deep.equal([105n, 0n]);
        expect(await stake.withdrawal(alice, operator, asset, maturity)).to.deep.equal([0n, 0n]);
        expect(await stake.sharesOf(operator, asset, bob)).to.equal(495n);
      });

      it("lets an approved account name itself", async () => {
        const context = await loadFixture(deployPool);
        const { stake, operator, asset, alice, agent } = context;
        await stake.connect(alice).setApproval(agent, true);
        await stake.connect(agent).queueWithdrawals(alice, asset, [{ operator, shares: 10n }], agent);
        const { shares } = await stake.withdrawal(agent, operator, asset, await stake.currentMaturity());
        expect(shares).to.equal(10n);
      });

      it("refuses nobody and the core", async () => {
        const context = await loadFixture(deployPool);
        const { stake, alice } = context;
        for (const owner of [ZeroAddress, await stake.getAddress()]) {
          await expectRefusal(() => queue(context, alice, 1n, { owner }), stake, "InvalidReceiver", [owner]);
        }
      });
    });

    describe("when there are many operators", () => {
      it("queues from each pool, in one bucket each", async () => {
        const context = await loadFixture(deployPool);
        const { stake, operator, otherOperator, asset, alice } = context;
        await deposit(context, alice, 300n, { operator: otherOperator });
        const requests = [
          { operator, shares: 1n },
          { operator: otherOperator, shares: 2n },
          { operator, shares: 10n },
        ];
        await at((await now()) + 1n);
        const call = stake.connect(alice).queueWithdrawals(alice, asset, requests, alice);
        await call;
        const maturity = await stake.currentMaturity();
        await expect(call)
          .to.emit(stake, "WithdrawalQueued")
          .withArgs(alice, operator, asset, alice, maturity, 1n, 999n, 1n)
          .and.to.emit(stake, "WithdrawalQueued")
          .withArgs(alice, otherOperator, asset, alice, maturity, 2n, 298n, 2n)
          .and.to.emit(stake, "WithdrawalQueued")
          .withArgs(alice, operator, asset, alice, maturity, 10n, 989n, 11n);
        expect((await stake.bucket(operator, asset, maturity)).shares).to.equal(11n);
        expect((await stake.bucket(otherOperator, asset, maturity)).shares).to.equal(2n);
      });

      it("queues nothing if one request is refused", async () => {
        const context = await loadFixture(deployPool);
        const { stake, operator, otherOperator, asset, alice } = context;
        const requests = [
          { operator, shares: 1n },
          { operator: otherOperator, shares: 1n },
        ];
        const call = () => stake.connect(alice).queueWithdrawals(alice, asset, requests, alice);
        await expectRefusal(call, stake, "InsufficientBalance", [1n, 0n]);
        expect(await stake.sharesOf(operator, asset, alice)).to.equal(1_000n);
      });

      it("queues nothing if nothing is asked for", async () => {
        const { stake, asset, alice } = await loadFixture(deployPool);
        const call = stake.connect(alice).queueWithdrawals(alice, asset, [], alice);
        await expect(call).not.to.emit(stake, "WithdrawalQueued");
      });
    });

    describe("when the number of shares is wrong", () => {
      it("refuses none", async () => {
        const context = await loadFixture(deployPool);
        await expectRefusal(() => queue(context, context.alice, 0n), context.stake, "ZeroShares", []);
      });

      it("takes all that are active, and not one more", async () => {
        const context = await loadFixture(deployPool);
        const { stake, operator, asset, alice } = context;
        await expectRefusal(() => queue(context, alice, 1_001n), stake, "InsufficientBalance", [1_001n, 1_000n]);
        await expectRefusal(() => queue(context, alice, 2n ** 256n - 1n), stake, "InsufficientBalance", [
          2n ** 256n - 1n,
          1_000n,
        ]);
        await queue(context, alice, 1_000n);
        expect(await stake.sharesOf(operator, asset, alice)).to.equal(0n);
        expect((await stake.pool(operator, asset)).shares).to.equal(500n);
        await expectRefusal(() => queue(context, alice, 1n), stake, "InsufficientBalance", [1n, 0n]);
      });

      it("refuses shares of another operator, asset or staker", async () => {
        const context = await loadFixture(deployPool);
        const { stake, otherOperator, alice, agent } = context;
        const token = await deployToken(context);
        const none = [1n, 0n];
        await expectRefusal(
          () => queue(context, alice, 1n, { operator: otherOperator }),
          stake,
          "InsufficientBalance",
          none,
        );
        await expectRefusal(() => queue(context, alice, 1n, { asset: token }), stake, "InsufficientBalance", none);
        await expectRefusal(() => queue(context, agent, 1n), stake, "InsufficientBalance", none);
      });
    });

    describe("when the bucket's rate is set", () => {
      it("is what is left, and sure, when shares enter an empty bucket", async () => {
        const context = await loadFixture(deployPool);
        const { stake, operator, asset, alice, edge } = context;
        await slash(context, wad("0.2"));
        await openLien(context, wad("0.1"), edge - 10n);
        const maturity = await queued(context, alice, 100n, { second: edge });
        // F = 0.8, L = 0.1
        expect(await stake.bucket(operator, asset, maturity)).to.deep.equal([100n, wad("0.7"), 0n]);
      });

      it("does not change when more shares enter", async () => {
        const context = await loadFixture(deployPool);
        const { stake, operator, asset, alice, bob, edge } = context;
        const maturity = await queued(context, alice, 100n, { second: edge + 1n });
        await slash(context, wad("0.5"));
        expect(await queued(context, bob, 10n, { second: edge + BUCKET })).to.equal(maturity);
        expect(await stake.bucket(operator, asset, maturity)).to.deep.equal([110n, wad("0.5"), 0n]);
      });

      it("begins anew in a bucket that cancelling has emptied", async () => {
        const context = await loadFixture(deployPool);
        const { stake, operator, asset, alice, edge } = context;
        const maturity = await queued(context, alice, 100n, { second: edge + 1n });
        await stake.connect(alice).cancelWithdrawal(alice, operator, asset, maturity, 100n, NO_APPROVAL);
        // While the bucket is empty, its rate stays behind.
        await slash(context, wad("0.5"));
        expect(await stake.bucket(operator, asset, maturity)).to.deep.equal([0n, WAD, 0n]);
        await queued(context, alice, 1n, { second: edge + 1_000n });
        expect(await stake.bucket(operator, asset, maturity)).to.deep.equal([1n, wad("0.5"), 0n]);
      });

      it("keeps no bit of the rate before", async () => {
        const context = await loadFixture(deployPool);
        const { stake, operator, asset, alice, edge } = context;
        // An odd rate before, an even one after.
        await slash(context, wad("0.1") + 1n);
        const maturity = await queued(context, alice, 100n, { second: edge + 1n });
        await stake.connect(alice).cancelWithdrawal(alice, operator, asset, maturity, 100n, NO_APPROVAL);
        await slash(context, wad("0.1") + 1n);
        await queued(context, alice, 1n, { second: edge + 1_000n });
        expect(await stake.bucket(operator, asset, maturity)).to.deep.equal([1n, wad("0.8") - 2n, 0n]);
      });
    });

    describe("when everything is against it", () => {
      const obstacles: readonly { what: string; arrange: (context: Stake) => Promise<unknown> }[] = [
        { what: "a closed pool", arrange: ({ stake, operator, asset }) => stake.connect(operator).closePool(asset) },
        { what: "a pool with an approver", arrange: (context) => gate(context, context.approver) },
        { what: "a lien on everything", arrange: (context) => openLien(context, WAD) },
        { what: "a full slash", arrange: (context) => slash(context, WAD) },
        {
          what: "a full slash in two steps",
          arrange: async (context) => {
            await finalise(context, await openLien(context, wad("0.5")));
            await slash(context, wad("0.5"));
          },
        },
        {
          what: "a vetoed slash",
          arrange: async (context) => {
            await veto(context, await openLien(context, WAD));
          },
        },
      ];
      for (const { what, arrange } of obstacles) {
        it(`queues in spite of ${what}`, async () => {
          const context = await loadFixture(deployPool);
          const { stake, operator, asset, alice } = context;
          await arrange(context);
          const maturity = await queued(context, alice, 1_000n);
          expect((await stake.withdrawal(alice, operator, asset, maturity)).shares).to.equal(1_000n);
        });
      }

      it("queues the greatest number of shares that a pool can have", async () => {
        const context = await loadFixture(deployStake);
        const { stake, operator, asset, alice } = context;
        await asset.mint(alice, MAX_SHARES);
        await deposit(context, alice, MAX_SHARES);
        const maturity = await queued(context, alice, MAX_SHARES);
        expect(await stake.bucket(operator, asset, maturity)).to.deep.equal([MAX_SHARES, WAD, 0n]);
        expect((await stake.pool(operator, asset)).shares).to.equal(0n);
      });

      it("does not change another pool of the staker", async () => {
        const context = await loadFixture(deployPool);
        const { stake, otherOperator, asset, alice } = context;
        await deposit(context, alice, 300n, { operator: otherOperator });
        await openLien(context, bps(500n));
        await queue(context, alice, 1_000n);
        expect((await stake.pool(otherOperator, asset)).shares).to.equal(300n);
        expect(await stake.sharesOf(otherOperator, asset, alice)).to.equal(300n);
      });
    });

    itNeedsTheOwnersConsent({
      prepare: async (context) => {
        await deposit(context, context.alice, 1_000n);
      },
      act: async ({ stake, operator, asset, alice }, caller) =>
        await stake.connect(caller).queueWithdrawals(alice, asset, [{ operator, shares: 10n }], caller),
    });
  });
});
