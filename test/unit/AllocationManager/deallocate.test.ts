import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { propose, proposeAndRead } from "../../helpers/slash";
import { bps, WAD } from "../../helpers/units";
import {
  act,
  allocateActive,
  at,
  createJoinedSet,
  deployWorld,
  expectEvents,
  freeOf,
  now,
  parts,
  partsOf,
  timeOf,
  waitUntil,
} from "../../helpers/world";

/** A set with 40 % active. */
async function allocated() {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w);
  await allocateActive(w, [[set, bps(4000n)]]);
  return { ...w, set, alloc: w.allocationManager.connect(w.operator) };
}

describe("AllocationManager", () => {
  describe("deallocate", () => {
    it("takes the magnitude from active at once, to leave after EXIT_DELAY", async () => {
      const w = await loadFixture(allocated);
      const tx = await act(w, w.alloc.deallocate(w.set, w.asset, bps(1000n)));
      const pendingAt = (await timeOf(tx)) + w.exitDelay;
      await expectEvents(w.alloc, tx, [
        ["AllocationDecreased", [w.operator, w.set, w.asset, bps(1000n), pendingAt, bps(3000n)]],
      ]);
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(3000n), leaving: bps(1000n), pendingAt }));
      expect(await freeOf(w)).to.equal(bps(6000n));
    });

    it("leaves by reading alone, in the second of its time; free is booked by the next touch", async () => {
      const w = await loadFixture(allocated);
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(1000n)));
      const pendingAt = (await now()) + w.exitDelay;
      await waitUntil(pendingAt - 1n);
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(3000n), leaving: bps(1000n), pendingAt }));
      await waitUntil(pendingAt);
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(3000n) }));
      expect(await freeOf(w)).to.equal(bps(6000n));
      await act(w, w.alloc.settle(w.operator, w.asset, [w.set]));
      expect(await freeOf(w)).to.equal(bps(7000n));
    });

    it("stays slashable until the second before it leaves", async () => {
      const w = await loadFixture(allocated);
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(4000n)));
      const pendingAt = (await now()) + w.exitDelay;
      await at(pendingAt - 1n);
      const record = await proposeAndRead(w, w.set, bps(2500n));
      expect(record.cuts[0]?.magnitude).to.equal(bps(1000n));
      await at(pendingAt);
      await expect(propose(w, w.set, bps(2500n)))
        .to.be.revertedWithCustomError(w.slasher, "NothingToSlash")
        .withArgs(w.operator.address, w.set);
    });

    it("takes all that is active, and not one unit more", async () => {
      const w = await loadFixture(allocated);
      await expect(w.alloc.deallocate(w.set, w.asset, bps(4000n) + 1n))
        .to.be.revertedWithCustomError(w.alloc, "InsufficientActive")
        .withArgs(bps(4000n) + 1n, bps(4000n));
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(4000n)));
      expect((await partsOf(w, w.set)).leaving).to.equal(bps(4000n));
    });

    it("is a difference: a slash in between makes it refused, never an increase", async () => {
      const w = await loadFixture(allocated);
      await proposeAndRead(w, w.set, bps(5000n));
      await expect(w.alloc.deallocate(w.set, w.asset, bps(3000n)))
        .to.be.revertedWithCustomError(w.alloc, "InsufficientActive")
        .withArgs(bps(3000n), bps(2000n));
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(2000n)));
      expect(await partsOf(w, w.set)).to.deep.equal(
        parts({ leaving: bps(2000n), held: bps(2000n), pendingAt: (await now()) + w.exitDelay }),
      );
    });

    describe("when another change is pending", () => {
      it("is refused until the increase has joined, and then counts it", async () => {
        const w = await loadFixture(allocated);
        await act(w, w.alloc.allocate(w.set, w.asset, bps(1000n)));
        const pendingAt = (await now()) + w.notice;
        await at(pendingAt - 1n);
        await expect(w.alloc.deallocate(w.set, w.asset, 1n))
          .to.be.revertedWithCustomError(w.alloc, "ChangePending")
          .withArgs(w.set, w.asset, pendingAt);
        await at(pendingAt);
        await act(w, w.alloc.deallocate(w.set, w.asset, bps(5000n)));
        expect((await partsOf(w, w.set)).leaving).to.equal(bps(5000n));
      });

      it("is refused until the decrease has left, and then books it to free", async () => {
        const w = await loadFixture(allocated);
        await act(w, w.alloc.deallocate(w.set, w.asset, bps(1000n)));
        const pendingAt = (await now()) + w.exitDelay;
        await at(pendingAt - 1n);
        await expect(w.alloc.deallocate(w.set, w.asset, 1n))
          .to.be.revertedWithCustomError(w.alloc, "ChangePending")
          .withArgs(w.set, w.asset, pendingAt);
        await at(pendingAt);
        const tx = await act(w, w.alloc.deallocate(w.set, w.asset, bps(500n)));
        await expectEvents(w.alloc, tx, [
          ["AllocationFreed", [w.operator, w.set, w.asset, bps(1000n), bps(7000n)]],
          ["AllocationDecreased", [w.operator, w.set, w.asset, bps(500n), pendingAt + w.exitDelay, bps(2500n)]],
        ]);
        expect(await freeOf(w)).to.equal(bps(7000n));
      });

      it("is refused even if a lien holds all that is leaving", async () => {
        const w = await loadFixture(allocated);
        await act(w, w.alloc.deallocate(w.set, w.asset, bps(4000n)));
        const pendingAt = (await now()) + w.exitDelay;
        const record = await proposeAndRead(w, w.set, WAD);
        await at(pendingAt - 1n);
        await expect(w.alloc.deallocate(w.set, w.asset, 1n))
          .to.be.revertedWithCustomError(w.alloc, "ChangePending")
          .withArgs(w.set, w.asset, pendingAt);
        // From its time on nothing is pending, and nothing is there.
        await at(pendingAt);
        await expect(w.alloc.deallocate(w.set, w.asset, 1n))
          .to.be.revertedWithCustomError(w.alloc, "InsufficientActive")
          .withArgs(1n, 0n);
        expect(record.deadline).to.be.lessThan(pendingAt);
      });
    });

    describe("when the registration has ended", () => {
      it("finds nothing active, which is leaving already", async () => {
        const w = await loadFixture(allocated);
        await w.alloc.deregisterFromOperatorSet(w.operator, w.set);
        await expect(w.alloc.deallocate(w.set, w.asset, 1n))
          .to.be.revertedWithCustomError(w.alloc, "InsufficientActive")
          .withArgs(1n, 0n);
      });

      it("does not prolong what is leaving", async () => {
        const w = await loadFixture(allocated);
        await act(w, w.alloc.deallocate(w.set, w.asset, bps(1000n)));
        const pendingAt = (await now()) + w.exitDelay;
        await w.alloc.deregisterFromOperatorSet(w.operator, w.set);
        await expect(w.alloc.deallocate(w.set, w.asset, 1n))
          .to.be.revertedWithCustomError(w.alloc, "ChangePending")
          .withArgs(w.set, w.asset, pendingAt);
      });
    });

    it("is refused for nothing, and where nothing is active", async () => {
      const w = await loadFixture(allocated);
      await expect(w.alloc.deallocate(w.set, w.asset, 0n))
        .to.be.revertedWithCustomError(w.alloc, "ZeroMagnitude")
        .withArgs();
      await expect(w.allocationManager.connect(w.rival).deallocate(w.set, w.asset, 1n))
        .to.be.revertedWithCustomError(w.alloc, "InsufficientActive")
        .withArgs(1n, 0n);
    });
  });
});
