import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import {
  type ClosedEpoch,
  closeEpoch,
  deployClosedEpoch,
  deployStakedLrt,
  deployStakedLrt6,
  giveTo,
  leave,
  type Lrt,
  proposeSlash,
  settleEpoch,
} from "../../helpers/lrt";
import { at, expectRefusal, now, passTo } from "../../helpers/stake";
import type { SlashRecord } from "../../helpers/slash";
import { wad } from "../../helpers/units";

interface Settled extends Lrt {
  closed: ClosedEpoch;
}

async function settled(fixture: () => Promise<Lrt>): Promise<Settled> {
  const lrt = await fixture();
  const closed = await leave(lrt);
  await settleEpoch(lrt, closed);
  return { ...lrt, closed };
}

/** A fixture: the epoch in which alice has 60 and bob 40 shares was settled. */
async function deploySettled(): Promise<Settled> {
  return await settled(deployStakedLrt);
}

async function deploySettled6(): Promise<Settled> {
  return await settled(deployStakedLrt6);
}

/** A fixture: the epoch was settled while a lien, which was held at its maturity, was open. */
async function deployContested(): Promise<Settled & { record: SlashRecord }> {
  const lrt = await loadFixture(deployStakedLrt);
  const set = await giveTo(lrt, wad("0.5"), { vetoWindow: lrt.exitDelay / 2n });
  const closed = await leave(lrt);
  await at(closed.maturity - 1n);
  const record = await proposeSlash(lrt, set, wad("0.2"));
  await settleEpoch(lrt, closed);
  return { ...lrt, closed, record };
}

/** A fixture: alice has requests in four epochs, of 1, 2, 3 and 4 shares; all were settled. */
async function deployChain(): Promise<Lrt> {
  const lrt = await loadFixture(deployStakedLrt);
  const { token, alice, unit, bucket } = lrt;
  const closed: ClosedEpoch[] = [];
  for (const shares of [1n, 2n, 3n, 4n]) {
    await token.connect(alice).requestRedeem((shares * unit) / 2n, alice, alice);
    await token.connect(alice).requestRedeem((shares * unit) / 2n, alice, alice);
    closed.push(await closeEpoch(lrt));
    await passTo(((await now()) / bucket + 1n) * bucket);
  }
  for (const epoch of closed) await settleEpoch(lrt, epoch);
  return lrt;
}

describe("LiquidRestakingToken", () => {
  for (const { decimals, fixture } of [
    { decimals: 18, fixture: deploySettled },
    { decimals: 6, fixture: deploySettled6 },
  ]) {
    describe(`redeem, asset of ${decimals} decimals`, () => {
      it("pays ⌊s·P/S⌋, and says so", async () => {
        const { token, queue, asset, alice, bob, unit, closed } = await loadFixture(fixture);
        const { assets: paid, shares } = await queue.epochState(1n);
        const shareOfAlice = (60n * unit * paid) / shares;
        expect(await token.maxRedeem(alice)).to.equal(60n * unit);
        expect(await token.maxWithdraw(alice)).to.equal(shareOfAlice);
        expect(await token.connect(alice).redeem.staticCall(60n * unit, bob, alice)).to.equal(shareOfAlice);
        const call = token.connect(alice).redeem(60n * unit, bob, alice);
        await expect(call)
          .to.emit(token, "Withdraw")
          .withArgs(alice, bob, alice, shareOfAlice, 60n * unit);
        await expect(call).to.changeTokenBalances(asset, [closed.batch, bob], [-shareOfAlice, shareOfAlice]);
        expect(await token.maxRedeem(alice)).to.equal(0n);
        expect(await token.claimableRedeemRequest(1n, alice)).to.equal(0n);
      });

      it("leaves at most one unit for each claim, whatever the order", async () => {
        const { token, asset, alice, bob, closed } = await loadFixture(fixture);
        let claims = 0n;
        for (const shares of [7n, 11n, 13n]) {
          await token.connect(alice).redeem(shares, alice, alice);
          await token.connect(bob).redeem(shares, bob, bob);
          claims += 2n;
        }
        for (const holder of [bob, alice]) {
          await token.connect(holder).redeem(await token.maxRedeem(holder), holder, holder);
          claims++;
        }
        expect(await asset.balanceOf(closed.batch)).to.be.at.most(claims);
      });
    });

    describe(`withdraw, asset of ${decimals} decimals`, () => {
      it("takes ⌈a·S/P⌉ shares, and says so", async () => {
        const { token, queue, asset, alice, bob, carol, unit, closed } = await loadFixture(fixture);
        const { assets: paid, shares } = await queue.epochState(1n);
        const taken = (unit * shares + paid - 1n) / paid;
        expect(await token.connect(alice).withdraw.staticCall(unit, alice, alice)).to.equal(taken);
        await token.connect(alice).setOperator(carol, true);
        const call = token.connect(carol).withdraw(unit, bob, alice);
        await expect(call).to.emit(token, "Withdraw").withArgs(carol, bob, alice, unit, taken);
        await expect(call).to.changeTokenBalances(asset, [closed.batch, bob], [-unit, unit]);
        expect(await token.maxRedeem(alice)).to.equal(60n * unit - taken);
      });

      it("takes all shares for all that they are worth", async () => {
        const { token, alice } = await loadFixture(fixture);
        await token.connect(alice).withdraw(await token.maxWithdraw(alice), alice, alice);
        expect(await token.maxRedeem(alice)).to.equal(0n);
      });

      it("pays as much as there is, and not one unit more; and not 0", async () => {
        const { token, queue, alice } = await loadFixture(fixture);
        const max = await token.maxWithdraw(alice);
        await expectRefusal(
          async () => token.connect(alice).withdraw(max + 1n, alice, alice),
          queue,
          "ExceedsClaimable",
          [max + 1n, max],
        );
        await expectRefusal(async () => token.connect(alice).withdraw(0n, alice, alice), queue, "ZeroAssets", []);
      });
    });
  }

  describe("redeem", () => {
    it("pays for as many shares as there are, and not one more; and not for 0", async () => {
      const { token, queue, alice, unit } = await loadFixture(deploySettled);
      await expectRefusal(
        async () => token.connect(alice).redeem(60n * unit + 1n, alice, alice),
        queue,
        "ExceedsClaimable",
        [60n * unit + 1n, 60n * unit],
      );
      await expectRefusal(async () => token.connect(alice).redeem(0n, alice, alice), queue, "ZeroShares", []);
    });

    it("waits until the epoch is settled", async () => {
      const lrt = await loadFixture(deployClosedEpoch);
      const { token, queue, alice, carol } = lrt;
      expect(await token.maxRedeem(alice)).to.equal(0n);
      expect(await token.maxWithdraw(alice)).to.equal(0n);
      for (const call of [
        async () => token.connect(alice).redeem(1n, alice, alice),
        async () => token.connect(alice).withdraw(1n, alice, alice),
      ]) {
        await expectRefusal(call, queue, "NothingToClaim", [alice.address, 1n]);
      }
      await expectRefusal(async () => token.connect(carol).redeem(1n, carol, carol), queue, "NothingToClaim", [
        carol.address,
        0n,
      ]);
    });

    it("is the controller's, or its operator's", async () => {
      const { token, alice, bob, carol, unit } = await loadFixture(deploySettled);
      for (const call of [
        async () => token.connect(bob).redeem(unit, bob, alice),
        async () => token.connect(bob).withdraw(unit, bob, alice),
        async () => token.connect(bob).claimLate(1n, bob, alice),
      ]) {
        await expectRefusal(call, token, "NotControllerOrOperator", [bob.address, alice.address]);
      }
      await token.connect(alice).setOperator(bob, true);
      await token.connect(bob).redeem(unit, carol, alice);
      await token.connect(bob).withdraw(unit, carol, alice);
    });

    it("forgets requests of several epochs once they are claimed", async () => {
      const lrt = await loadFixture(deployClosedEpoch);
      const { token, queue, alice, unit } = lrt;
      for (const shares of [2n, 3n, 4n]) await token.connect(alice).requestRedeem(shares * unit, alice, alice);
      expect(await token.pendingRedeemRequest(2n, alice)).to.equal(9n * unit);
      const second = await closeEpoch(lrt);
      for (const closed of [lrt.closed, second]) await settleEpoch(lrt, closed);
      expect(await token.claimableRedeemRequest(2n, alice)).to.equal(9n * unit);
      for (const shares of [60n, 9n]) await token.connect(alice).redeem(shares * unit, alice, alice);
      await expectRefusal(async () => token.connect(alice).redeem(1n, alice, alice), queue, "NothingToClaim", [
        alice.address,
        0n,
      ]);
    });

    it("pays the oldest epoch first, and each at its own rate", async () => {
      const lrt = await loadFixture(deployChain);
      const { token, queue, asset, alice, unit } = lrt;
      for (const epoch of [1n, 2n, 3n, 4n]) {
        expect(await token.claimableRedeemRequest(epoch, alice)).to.equal(epoch * unit);
        expect(await token.maxRedeem(alice)).to.equal(epoch * unit);
        await expectRefusal(
          async () => token.connect(alice).redeem(epoch * unit + 1n, alice, alice),
          queue,
          "ExceedsClaimable",
          [epoch * unit + 1n, epoch * unit],
        );
        const { assets } = await queue.epochState(epoch);
        await token.connect(alice).redeem(1n, alice, alice);
        await expect(token.connect(alice).redeem(epoch * unit - 1n, alice, alice)).to.changeTokenBalance(
          asset,
          alice,
          assets - 1n,
        );
      }
      expect(await token.maxRedeem(alice)).to.equal(0n);
    });

    it("begins anew after all was claimed", async () => {
      const lrt = await loadFixture(deploySettled);
      const { token, alice, unit } = lrt;
      await token.connect(alice).redeem(60n * unit, alice, alice);
      await token.connect(alice).requestRedeem(unit, alice, alice);
      expect(await token.pendingRedeemRequest(2n, alice)).to.equal(unit);
      await settleEpoch(lrt, await closeEpoch(lrt));
      expect(await token.maxRedeem(alice)).to.equal(unit);
    });

    it("pays 0, and goes on, after a slash has taken everything", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, queue, operators, alice, bob, unit } = lrt;
      const set = await giveTo(lrt, wad(1n), { vetoWindow: 0n, operators });
      const closed = await leave(lrt);
      for (const operator of operators) await proposeSlash(lrt, set, wad(1n), operator);
      await settleEpoch(lrt, closed);
      const { assets } = await queue.epochState(1n);
      expect(assets).to.equal(closed.assets);
      await token.connect(alice).redeem(60n * unit, alice, alice);
      await token.connect(bob).redeem(40n * unit, bob, bob);
    });
  });

  describe("claimLate", () => {
    describe("when a veto has given back what was held", () => {
      it("pays who had claimed before what it would have had", async () => {
        const { token, queue, asset, slasher, judge, alice, bob, unit, closed, record } =
          await loadFixture(deployContested);
        const before = await asset.balanceOf(alice);
        await token.connect(alice).redeem(10n * unit, alice, alice);
        await token.connect(alice).redeem(50n * unit, alice, alice);
        const first = (await asset.balanceOf(alice)) - before;
        expect(await queue.lateClaim(alice, 1n)).to.deep.equal([60n * unit, first]);

        await slasher.connect(judge).veto(record);
        await queue.settle(1n, closed.items);
        const { assets } = await queue.epochState(1n);
        const whole = (assets * 60n) / 100n;
        expect(await token.connect(alice).claimLate.staticCall(1n, bob, alice)).to.equal(whole - first);
        const call = token.connect(alice).claimLate(1n, bob, alice);
        await expect(call)
          .to.emit(queue, "LateClaimed")
          .withArgs(alice, 1n, bob, whole - first);
        await expect(call).to.changeTokenBalances(asset, [bob, closed.batch], [whole - first, first - whole]);
        expect(await queue.lateClaim(alice, 1n)).to.deep.equal([0n, 0n]);
        await expectRefusal(async () => token.connect(alice).claimLate(1n, bob, alice), queue, "NothingLate", [
          alice.address,
          1n,
        ]);
      });

      it("pays who claims only then all at once", async () => {
        const { token, queue, slasher, judge, alice, bob, unit, closed, record } = await loadFixture(deployContested);
        await slasher.connect(judge).veto(record);
        await queue.settle(1n, closed.items);
        await token.connect(bob).redeem(40n * unit, bob, bob);
        expect(await queue.lateClaim(bob, 1n)).to.deep.equal([0n, 0n]);
        await expectRefusal(async () => token.connect(alice).claimLate(1n, alice, alice), queue, "NothingLate", [
          alice.address,
          1n,
        ]);
      });
    });

    it("pays again when a second veto gives more", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, queue, slasher, judge, exitDelay, alice, unit } = lrt;
      const set = await giveTo(lrt, wad("0.5"), { vetoWindow: exitDelay / 2n });
      const closed = await leave(lrt);
      await at(closed.maturity - 2n);
      const records = [await proposeSlash(lrt, set, wad("0.1")), await proposeSlash(lrt, set, wad("0.1"))];
      await settleEpoch(lrt, closed);
      await token.connect(alice).redeem(60n * unit, alice, alice);
      for (const record of records) {
        await expectRefusal(async () => token.connect(alice).claimLate(1n, alice, alice), queue, "NothingLate", [
          alice.address,
          1n,
        ]);
        await slasher.connect(judge).veto(record);
        await queue.settle(1n, closed.items);
        await token.connect(alice).claimLate(1n, alice, alice);
      }
    });

    it("pays nothing of an epoch that is unknown", async () => {
      const { token, queue, alice } = await loadFixture(deployStakedLrt);
      await expectRefusal(async () => token.connect(alice).claimLate(7n, alice, alice), queue, "NothingLate", [
        alice.address,
        7n,
      ]);
    });
  });

  describe("previewRedeem and previewWithdraw", () => {
    it("revert, as what a request will pay is not known before", async () => {
      const { token } = await loadFixture(deployStakedLrt);
      await expectRefusal(async () => token.previewRedeem(1n), token, "PreviewNotSupported", []);
      await expectRefusal(async () => token.previewWithdraw(1n), token, "PreviewNotSupported", []);
    });
  });
});
