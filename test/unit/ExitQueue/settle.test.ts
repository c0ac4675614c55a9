import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import {
  closeEpoch,
  deployClosedEpoch,
  deployStakedLrt,
  giveTo,
  leave,
  proposeSlash,
  settleEpoch,
} from "../../helpers/lrt";
import { at, expectRefusal, now, passTo } from "../../helpers/stake";
import { wad } from "../../helpers/units";

describe("ExitQueue", () => {
  describe("settle", () => {
    it("completes every withdrawal, and says what came", async () => {
      const lrt = await loadFixture(deployClosedEpoch);
      const { queue, asset, closed } = lrt;
      const { epoch, batch, maturity, assets, items } = closed;
      const expected = 3n * ((300n * lrt.unit * closed.shares) / (1_000n * lrt.unit + lrt.seed));
      await passTo(maturity);
      expect(await queue.settle.staticCall(epoch, items)).to.equal(expected);
      const call = queue.settle(epoch, items);
      await expect(call)
        .to.emit(queue, "EpochSettled")
        .withArgs(epoch, expected, assets + expected, 0n);
      await expect(call).to.changeTokenBalance(asset, batch, expected);
      const state = await queue.epochState(epoch);
      expect([state.assets, state.status]).to.deep.equal([assets + expected, 3n]);
    });

    it("waits for the maturity, to the second", async () => {
      const lrt = await loadFixture(deployClosedEpoch);
      const { queue, stakeManager, closed } = lrt;
      await at(closed.maturity - 1n);
      await expectRefusal(async () => queue.settle(closed.epoch, closed.items), stakeManager, "WithdrawalNotMature", [
        closed.maturity,
      ]);
      await at(closed.maturity);
      await queue.settle(closed.epoch, closed.items);
    });

    it("takes the keys that were told, and no others", async () => {
      const { queue, closed } = await loadFixture(deployClosedEpoch);
      await passTo(closed.maturity);
      for (const items of [
        [],
        closed.items.slice(1),
        [...closed.items].reverse(),
        [...closed.items, ...closed.items],
      ]) {
        await expectRefusal(async () => queue.settle(1n, items), queue, "ItemsMismatch", [1n]);
      }
    });

    it("has nothing to do for an epoch that is open, unknown or paid in full", async () => {
      const lrt = await loadFixture(deployClosedEpoch);
      const { queue, closed } = lrt;
      for (const epoch of [0n, 2n, 99n]) {
        await expectRefusal(async () => queue.settle(epoch, []), queue, "NothingToSettle", [epoch]);
      }
      await settleEpoch(lrt, closed);
      await expectRefusal(async () => queue.settle(1n, closed.items), queue, "NothingToSettle", [1n]);
    });

    it("pays what a slash before the maturity has left, and nothing after it takes from it", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, queue } = lrt;
      const set = await giveTo(lrt, wad("0.5"), { vetoWindow: 0n });
      const closed = await leave(lrt);
      await proposeSlash(lrt, set, wad("0.2"));
      const [total, supply] = [await token.totalAssets(), await token.totalSupply()];
      await passTo(closed.maturity);
      await proposeSlash(lrt, set, wad("0.5"));
      await settleEpoch(lrt, closed);
      const { assets, shares } = await queue.epochState(1n);
      // Who left before the second slash has what who stayed had before it.
      expect(assets).to.be.closeTo((total * shares) / supply, 6n);
      expect(await token.totalAssets()).to.be.lessThan(total);
    });

    describe("when a lien was held at the maturity", () => {
      it("pays the sure part, and the rest after the veto", async () => {
        const lrt = await loadFixture(deployStakedLrt);
        const { queue, slasher, judge, exitDelay, unit } = lrt;
        const set = await giveTo(lrt, wad("0.5"), { vetoWindow: exitDelay / 2n });
        const closed = await leave(lrt);
        await at(closed.maturity - 1n);
        const record = await proposeSlash(lrt, set, wad("0.2"));
        await at(closed.maturity);
        await queue.settle(1n, closed.items);
        const first = await queue.epochState(1n);
        expect(first.status).to.equal(2n);

        await slasher.connect(judge).veto(record);
        const slice = (300n * unit * closed.shares) / (1_000n * unit + lrt.seed);
        const held = slice - (slice * 9n) / 10n;
        await expect(queue.settle(1n, closed.items))
          .to.emit(queue, "EpochSettled")
          .withArgs(1n, held, first.assets + held, 0n);
        expect((await queue.epochState(1n)).status).to.equal(3n);
        expect(first.assets + held).to.equal(closed.assets + 3n * slice);
      });

      it("is over when the slash is final", async () => {
        const lrt = await loadFixture(deployStakedLrt);
        const { queue, slasher } = lrt;
        const set = await giveTo(lrt, wad("0.5"));
        const closed = await leave(lrt);
        await at(closed.maturity - 1n);
        const record = await proposeSlash(lrt, set, wad("0.2"));
        await settleEpoch(lrt, closed);
        const { assets } = await queue.epochState(1n);
        await settleEpoch(lrt, closed);
        expect((await queue.epochState(1n)).status).to.equal(2n);
        await passTo(record.deadline);
        await slasher.finalise(record);
        await expect(queue.settle(1n, closed.items)).to.emit(queue, "EpochSettled").withArgs(1n, 0n, assets, 0n);
        expect((await queue.epochState(1n)).status).to.equal(3n);
      });
    });
  });

  describe("what the token alone commands", () => {
    it("is refused to others", async () => {
      const { queue, allocator, token, alice } = await loadFixture(deployStakedLrt);
      const calls = [
        async () => queue.connect(alice).request(alice, 1n),
        async () => queue.connect(alice).claimShares(alice, 1n, alice),
        async () => queue.connect(alice).claimAssets(alice, 1n, alice),
        async () => queue.connect(alice).claimLate(alice, 1n, alice),
      ];
      for (const call of calls) await expectRefusal(call, queue, "NotToken", [alice.address]);
      await expectRefusal(async () => allocator.connect(alice).slice(alice, 1n, 2n), allocator, "NotToken", [
        alice.address,
      ]);
      await expectRefusal(async () => token.connect(alice).release(1n, alice), token, "NotExitQueue", [alice.address]);
      await expectRefusal(async () => token.connect(alice).stake(alice, 1n, 1n, 1n), token, "NotAllocator", [
        alice.address,
      ]);
      await expectRefusal(async () => token.connect(alice).collect(alice, 1n, 1n), token, "NotAllocator", [
        alice.address,
      ]);
    });
  });
});

describe("ExitBatch", () => {
  it("obeys the queue alone", async () => {
    const lrt = await loadFixture(deployClosedEpoch);
    const { queue, alice, closed } = lrt;
    const batch = await ethers.getContractAt("ExitBatch", closed.batch);
    expect(await batch.QUEUE()).to.equal(queue);
    await expectRefusal(async () => batch.connect(alice).complete([]), batch, "NotQueue", [alice.address]);
    await expectRefusal(async () => batch.connect(alice).pay(alice, 1n), batch, "NotQueue", [alice.address]);
  });

  it("keeps epochs apart: in the core and in the asset", async () => {
    const lrt = await loadFixture(deployStakedLrt);
    const { token, queue, asset, alice, unit, bucket } = lrt;
    const first = await leave(lrt);
    await passTo((await now()) + bucket);
    await token.connect(alice).requestRedeem(10n * unit, alice, alice);
    const second = await closeEpoch(lrt);
    expect(second.batch).not.to.equal(first.batch);
    await settleEpoch(lrt, second);
    expect(await asset.balanceOf(first.batch)).to.equal(first.assets);
    await settleEpoch(lrt, first);
    for (const { epoch, batch } of [first, second]) {
      expect(await asset.balanceOf(batch)).to.equal((await queue.epochState(epoch)).assets);
    }
  });
});
