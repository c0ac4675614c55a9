import { impersonateAccount, loadFixture, setBalance } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { cutOf, toCut } from "../../helpers/slash";
import { bps, WAD, wad } from "../../helpers/units";
import {
  allocateActive,
  at,
  createJoinedSet,
  deployWorld,
  expectEvents,
  freeOf,
  now,
  parts,
  partsOf,
} from "../../helpers/world";

/**
 * A set of two assets with 40 % of the pool of `asset` active, and the AllocationManager as the Slasher calls it. (The
 * stake is not told here: see test/unit/Slasher for both ledgers together.)
 */
async function allocated() {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w, { assets: [w.asset, w.second], maxSlash: bps(5000n) });
  await allocateActive(w, [[set, bps(4000n)]]);
  const slasher = await w.slasher.getAddress();
  await impersonateAccount(slasher);
  await setBalance(slasher, wad(1n));
  return { ...w, set, corridor: w.allocationManager.connect(await ethers.getSigner(slasher)) };
}

describe("AllocationManager", () => {
  describe("corridor", () => {
    it("is closed to all but the Slasher", async () => {
      const { allocationManager, judge, operator, set } = await loadFixture(allocated);
      const alloc = allocationManager.connect(judge);
      await expect(alloc.hold(set, operator, 1n))
        .to.be.revertedWithCustomError(alloc, "NotSlasher")
        .withArgs(judge.address);
      await expect(alloc.release(set, operator, 1n, [], true, 0n, 0n))
        .to.be.revertedWithCustomError(alloc, "NotSlasher")
        .withArgs(judge.address);
      await expect(alloc.consume(set, operator, 1n, []))
        .to.be.revertedWithCustomError(alloc, "NotSlasher")
        .withArgs(judge.address);
    });

    describe("hold", () => {
      it("answers with who is concerned, and one cut for each asset of which there is something", async () => {
        const w = await loadFixture(allocated);
        const second = (await now()) + 10n;
        await at(second);
        const [terms, cuts] = await w.corridor.hold.staticCall(w.set, w.operator, bps(2500n), { blockTag: "pending" });
        expect(terms).to.deep.equal([
          1n,
          w.judge.address,
          w.resolver.address,
          w.recipient.address,
          w.exitDelay / 4n,
          second,
        ]);
        expect(cuts.map(toCut)).to.deep.equal([await cutOf(w, bps(1000n), 0n)]);
      });

      it("takes the cut from the allocation and the fraction from the budget, and not from free", async () => {
        const w = await loadFixture(allocated);
        const tx = await w.corridor.hold(w.set, w.operator, bps(2500n));
        await expectEvents(w.corridor, tx, []);
        expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(3000n), held: bps(1000n) }));
        expect(await w.corridor.registration(w.operator, w.set)).to.deep.equal([1n, 0n, bps(2500n), await now()]);
        expect(await freeOf(w)).to.equal(bps(6000n));
      });

      it("books what has left meanwhile", async () => {
        const w = await loadFixture(allocated);
        await w.allocationManager.connect(w.operator).deallocate(w.set, w.asset, bps(3000n));
        await at((await now()) + w.exitDelay);
        const tx = await w.corridor.hold(w.set, w.operator, bps(1000n));
        await expectEvents(w.corridor, tx, [["AllocationFreed", [w.operator, w.set, w.asset, bps(3000n), bps(9000n)]]]);
        expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(900n), held: bps(100n) }));
      });

      it("lets what has joined meanwhile be held", async () => {
        const w = await loadFixture(allocated);
        await w.allocationManager.connect(w.operator).allocate(w.set, w.asset, bps(2000n));
        await at((await now()) + w.notice);
        await w.corridor.hold(w.set, w.operator, bps(1000n));
        expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(5400n), held: bps(600n) }));
      });
    });

    describe("release", () => {
      it("gives each cut back, and the fraction to the budget of its period", async () => {
        const w = await loadFixture(allocated);
        await w.corridor.hold(w.set, w.operator, bps(2500n));
        const periodAt = await now();
        const cut = await cutOf(w, bps(1000n), 0n);
        const tx = await w.corridor.release(w.set, w.operator, 1n, [cut], true, periodAt, bps(2000n));
        await expectEvents(w.corridor, tx, []);
        expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(4000n) }));
        expect((await w.corridor.registration(w.operator, w.set)).used).to.equal(bps(500n));
      });

      for (const offset of [-1n, 1n]) {
        it(`leaves the budget alone if its period began ${offset} seconds from that`, async () => {
          const w = await loadFixture(allocated);
          await w.corridor.hold(w.set, w.operator, bps(2500n));
          const periodAt = await now();
          await w.corridor.release(w.set, w.operator, 1n, [], true, periodAt + offset, bps(2500n));
          expect(await w.corridor.registration(w.operator, w.set)).to.deep.equal([1n, 0n, bps(2500n), periodAt]);
        });
      }

      it("gives what belongs to another epoch to free, beside what that epoch had", async () => {
        const w = await loadFixture(allocated);
        await w.corridor.hold(w.set, w.operator, bps(2500n));
        const periodAt = await now();
        const alloc = w.allocationManager.connect(w.operator);
        await alloc.deregisterFromOperatorSet(w.operator, w.set);
        await at((await now()) + w.exitDelay);
        await alloc.registerForOperatorSet(w.set, "0x");
        const cut = await cutOf(w, bps(1000n), 0n);
        const tx = await w.corridor.release(w.set, w.operator, 1n, [cut], true, periodAt, 0n);
        await expectEvents(w.corridor, tx, [["AllocationFreed", [w.operator, w.set, w.asset, bps(4000n), WAD]]]);
        expect(await partsOf(w, w.set)).to.deep.equal(parts());
      });
    });

    describe("consume", () => {
      it("lowers what the set's liens hold, and nothing else", async () => {
        const w = await loadFixture(allocated);
        await w.corridor.hold(w.set, w.operator, bps(2500n));
        const tx = await w.corridor.consume(w.set, w.operator, 1n, [await cutOf(w, bps(600n), 0n)]);
        await expectEvents(w.corridor, tx, []);
        expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(3000n), held: bps(400n) }));
        expect(await freeOf(w)).to.equal(bps(6000n));
      });

      it("does not touch another epoch", async () => {
        const w = await loadFixture(allocated);
        await w.corridor.hold(w.set, w.operator, bps(2500n));
        for (const epoch of [0n, 2n]) {
          await w.corridor.consume(w.set, w.operator, epoch, [await cutOf(w, bps(1000n), 0n)]);
          expect((await partsOf(w, w.set)).held).to.equal(bps(1000n));
        }
      });
    });

    it("answers to the Slasher that created it", async () => {
      const { allocationManager, slasher } = await loadFixture(allocated);
      expect(await allocationManager.SLASHER()).to.equal(await slasher.getAddress());
      expect(await allocationManager.SLASHER()).not.to.equal(ZeroAddress);
    });
  });
});
