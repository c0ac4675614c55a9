import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress, type AddressLike } from "ethers";
import {
  BUCKET,
  complete,
  deposit,
  expectRefusal,
  finalise,
  gate,
  openLien,
  passTo,
  queued,
  slash,
  type Sent,
  type Stake,
  veto,
} from "../../helpers/stake";
import { WAD, wad } from "../../helpers/units";
import { deployPools } from "./shared/completion";
import { itNeedsTheOwnersConsent } from "./shared/consent";

/** The fixture with pools; alice has queued 100 shares at the edge, and bob 40 in the same bucket. */
async function deployQueued(): Promise<Stake & { maturity: bigint }> {
  const context = await deployPools();
  const { alice, bob, edge } = context;
  const maturity = await queued(context, alice, 100n, { second: edge - 10n });
  await queued(context, bob, 40n);
  return { ...context, maturity };
}

/** Passes shares of the fixture's pool on, from alice to bob unless told otherwise. */
async function transfer(
  { stake, operator, asset, alice, bob }: Stake,
  maturity: bigint,
  shares: bigint,
  newOwner: AddressLike = bob,
): Sent {
  return await stake.connect(alice).transferWithdrawals(alice, asset, [{ operator, maturity, shares }], newOwner);
}

describe("StakeManager", () => {
  describe("transferWithdrawals", () => {
    for (const { when, offset } of [
      { when: "before the maturity", offset: -1n },
      { when: "at the maturity", offset: 0n },
      { when: "long after the maturity", offset: 100n * BUCKET },
    ]) {
      it(`passes shares on ${when}, and says so`, async () => {
        const context = await loadFixture(deployQueued);
        const { stake, operator, asset, alice, bob, maturity } = context;
        await passTo(maturity + offset - 1n);
        const call = transfer(context, maturity, 30n);
        await expect(call)
          .to.emit(stake, "WithdrawalTransferred")
          .withArgs(alice, operator, asset, bob, maturity, 30n, 70n, 70n);
        expect(await stake.withdrawal(alice, operator, asset, maturity)).to.deep.equal([70n, 0n]);
        expect(await stake.withdrawal(bob, operator, asset, maturity)).to.deep.equal([70n, 0n]);
        expect(await stake.bucket(operator, asset, maturity)).to.deep.equal([140n, WAD, 0n]);
        expect((await stake.pool(operator, asset)).shares).to.equal(1_360n);
        expect(await stake.sharesOf(operator, asset, bob)).to.equal(460n);
      });
    }

    it("passes all of it on to somebody who has nothing", async () => {
      const context = await loadFixture(deployQueued);
      const { stake, operator, asset, alice, recipient, maturity } = context;
      await expect(transfer(context, maturity, 100n, recipient))
        .to.emit(stake, "WithdrawalTransferred")
        .withArgs(alice, operator, asset, recipient, maturity, 100n, 0n, 100n);
      await passTo(maturity);
      await expect(complete(context, recipient, maturity)).to.changeTokenBalances(
        asset,
        [stake, recipient, alice],
        [-100n, 100n, 0n],
      );
    });

    it("serves several operators and maturities in one call", async () => {
      const context = await loadFixture(deployQueued);
      const { stake, operator, otherOperator, asset, alice, recipient, maturity } = context;
      const other = await queued(context, alice, 9n, { operator: otherOperator, second: context.edge + 1n });
      const requests = [
        { operator, maturity, shares: 1n },
        { operator: otherOperator, maturity: other, shares: 2n },
        { operator, maturity, shares: 4n },
      ];
      await expect(stake.connect(alice).transferWithdrawals(alice, asset, requests, recipient))
        .to.emit(stake, "WithdrawalTransferred")
        .withArgs(alice, operator, asset, recipient, maturity, 1n, 99n, 1n)
        .and.to.emit(stake, "WithdrawalTransferred")
        .withArgs(alice, otherOperator, asset, recipient, other, 2n, 7n, 2n)
        .and.to.emit(stake, "WithdrawalTransferred")
        .withArgs(alice, operator, asset, recipient, maturity, 4n, 95n, 5n);
    });

    it("passes nothing on if one request is refused", async () => {
      const { stake, operator, asset, alice, bob, maturity } = await loadFixture(deployQueued);
      const requests = [
        { operator, maturity, shares: 100n },
        { operator, maturity, shares: 1n },
      ];
      const call = () => stake.connect(alice).transferWithdrawals(alice, asset, requests, bob);
      await expectRefusal(call, stake, "InsufficientBalance", [1n, 0n]);
      expect(await stake.withdrawal(alice, operator, asset, maturity)).to.deep.equal([100n, 0n]);
    });

    describe("when the receiver is wrong", () => {
      it("refuses nobody, the core and the owner", async () => {
        const context = await loadFixture(deployQueued);
        const { stake, alice, maturity } = context;
        for (const receiver of [ZeroAddress, await stake.getAddress(), alice.address]) {
          await expectRefusal(() => transfer(context, maturity, 1n, receiver), stake, "InvalidReceiver", [receiver]);
        }
      });

      it("refuses the owner also if an approved account calls, which may name itself", async () => {
        const { stake, operator, asset, alice, agent, maturity } = await loadFixture(deployQueued);
        await stake.connect(alice).setApproval(agent, true);
        const requests = [{ operator, maturity, shares: 10n }];
        const verbs = stake.connect(agent);
        const call = () => verbs.transferWithdrawals(alice, asset, requests, alice);
        await expectRefusal(call, stake, "InvalidReceiver", [alice]);
        await verbs.transferWithdrawals(alice, asset, requests, agent);
        expect(await stake.withdrawal(agent, operator, asset, maturity)).to.deep.equal([10n, 0n]);
      });
    });

    describe("when the number of shares is wrong", () => {
      it("refuses none", async () => {
        const context = await loadFixture(deployQueued);
        await expectRefusal(() => transfer(context, context.maturity, 0n), context.stake, "ZeroShares", []);
      });

      it("refuses one more than there are, and 2^128 more", async () => {
        const context = await loadFixture(deployQueued);
        const { stake, maturity } = context;
        for (const shares of [101n, 2n ** 128n + 1n, 2n ** 256n - 1n]) {
          await expectRefusal(() => transfer(context, maturity, shares), stake, "InsufficientBalance", [shares, 100n]);
        }
      });

      it("refuses shares of a record that is not there", async () => {
        const context = await loadFixture(deployQueued);
        const { stake, maturity } = context;
        for (const other of [0n, maturity + BUCKET, maturity - 1n]) {
          await expectRefusal(() => transfer(context, other, 1n), stake, "InsufficientBalance", [1n, 0n]);
        }
      });
    });

    describe("when something has been paid", () => {
      it("refuses the record that has been paid in part", async () => {
        const context = await loadFixture(deployQueued);
        const { stake, operator, alice, maturity } = context;
        await openLien(context, wad("0.3"), maturity - 1n);
        await passTo(maturity);
        await complete(context, alice, maturity);
        await expectRefusal(() => transfer(context, maturity, 1n), stake, "WithdrawalPaid", [operator, maturity, 70n]);
      });

      it("has nothing of a completed record to pass on", async () => {
        const context = await loadFixture(deployQueued);
        const { stake, alice, maturity } = context;
        await passTo(maturity);
        await complete(context, alice, maturity);
        await expectRefusal(() => transfer(context, maturity, 1n), stake, "InsufficientBalance", [1n, 0n]);
      });

      it("passes on a record that was completed, but paid nothing", async () => {
        const context = await loadFixture(deployQueued);
        const { stake, asset, alice, bob, maturity } = context;
        const lien = await openLien(context, WAD, maturity - 1n);
        await passTo(maturity);
        await complete(context, alice, maturity);
        await transfer(context, maturity, 100n);
        await veto(context, lien);
        await expect(complete(context, bob, maturity)).to.changeTokenBalances(asset, [stake, bob], [-140n, 140n]);
      });

      it("adds to a record that has been paid in part, which then pays what is missing", async () => {
        const context = await loadFixture(deployQueued);
        const { stake, operator, asset, alice, bob, maturity } = context;
        const lien = await openLien(context, wad("0.3"), maturity - 1n);
        await passTo(maturity);
        // ⌊40 · 0.7⌋ = 28
        await complete(context, bob, maturity);
        await expect(transfer(context, maturity, 60n))
          .to.emit(stake, "WithdrawalTransferred")
          .withArgs(alice, operator, asset, bob, maturity, 60n, 40n, 100n);
        expect(await stake.withdrawal(bob, operator, asset, maturity)).to.deep.equal([100n, 28n]);
        // ⌊100 · 0.7⌋ − 28 = 42, then 30 more.
        await expect(complete(context, bob, maturity)).to.changeTokenBalances(asset, [stake, bob], [-42n, 42n]);
        await veto(context, lien);
        await expect(complete(context, bob, maturity)).to.changeTokenBalances(asset, [stake, bob], [-30n, 30n]);
        await expect(complete(context, alice, maturity)).to.changeTokenBalances(asset, [stake, alice], [-40n, 40n]);
      });

      it("adds to a record that was paid in part before its lien became final", async () => {
        const context = await loadFixture(deployQueued);
        const { stake, operator, asset, bob, maturity } = context;
        const lien = await openLien(context, wad("0.3"), maturity - 1n);
        await passTo(maturity);
        await complete(context, bob, maturity);
        await finalise(context, lien);
        await transfer(context, maturity, 60n);
        await expect(complete(context, bob, maturity)).to.changeTokenBalances(asset, [stake, bob], [-42n, 42n]);
        expect(await stake.withdrawal(bob, operator, asset, maturity)).to.deep.equal([0n, 0n]);
      });

      it("gives who merges at most one unit more than the parts, and never more than the whole bucket", async () => {
        const context = await loadFixture(deployQueued);
        const { stake, asset, alice, bob, maturity } = context;
        await openLien(context, wad("0.5"), maturity - 1n);
        // 99 stay: alone ⌊99 · 0.5⌋ = 49, bob alone ⌊41 · 0.5⌋ = 20, the bucket 70.
        await passTo(maturity);
        await transfer(context, maturity, 1n);
        await complete(context, bob, maturity);
        // ⌊140 · 0.5⌋ − 20 = 50
        await transfer(context, maturity, 99n);
        await expect(complete(context, bob, maturity)).to.changeTokenBalances(
          asset,
          [stake, bob, alice],
          [-50n, 50n, 0n],
        );
      });
    });

    describe("when the pool is against it", () => {
      it("passes on in a closed, gated, liened and slashed pool, at the same rate", async () => {
        const context = await loadFixture(deployQueued);
        const { stake, operator, asset, approver, bob, maturity } = context;
        await gate(context, approver);
        await stake.connect(operator).closePool(asset);
        await slash(context, wad("0.5"));
        await openLien(context, wad("0.5"));
        await transfer(context, maturity, 100n);
        expect(await stake.bucket(operator, asset, maturity)).to.deep.equal([140n, 0n, 0n]);
        expect(await stake.withdrawal(bob, operator, asset, maturity)).to.deep.equal([140n, 0n]);
      });
    });

    itNeedsTheOwnersConsent({
      prepare: async (context) => {
        await deposit(context, context.alice, 1_000n);
        await queued(context, context.alice, 100n, { second: context.edge });
      },
      act: async ({ stake, operator, asset, alice, bob, edge }, caller) =>
        await stake
          .connect(caller)
          .transferWithdrawals(alice, asset, [{ operator, maturity: edge + 8n * BUCKET, shares: 10n }], bob),
    });
  });
});
