import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { proposeAndRead } from "../../helpers/slash";
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
} from "../../helpers/world";

/** A set with 40 % active, and 20 % that join at `pendingAt`. */
async function joining() {
  const w = await loadFixture(deployWorld);
  const alloc = w.allocationManager.connect(w.operator);
  const set = await createJoinedSet(w);
  await allocateActive(w, [[set, bps(4000n)]]);
  await act(w, alloc.allocate(set, w.asset, bps(2000n)));
  return { ...w, set, alloc, pendingAt: (await now()) + w.notice };
}

describe("AllocationManager", () => {
  describe("revokeAllocation", () => {
    it("gives the whole increase back to free", async () => {
      const w = await loadFixture(joining);
      const tx = await act(w, w.alloc.revokeAllocation(w.set, w.asset));
      await expectEvents(w.alloc, tx, [["AllocationRevoked", [w.operator, w.set, w.asset, bps(2000n), bps(6000n)]]]);
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(4000n) }));
      expect(await freeOf(w)).to.equal(bps(6000n));
    });

    it("makes room for another order at once", async () => {
      const w = await loadFixture(joining);
      await act(w, w.alloc.revokeAllocation(w.set, w.asset));
      await act(w, w.alloc.allocate(w.set, w.asset, bps(6000n)));
      expect(await freeOf(w)).to.equal(0n);
    });

    it("works until the second before the increase joins", async () => {
      const w = await loadFixture(joining);
      await at(w.pendingAt - 1n);
      await act(w, w.alloc.revokeAllocation(w.set, w.asset));
      expect(await freeOf(w)).to.equal(bps(6000n));
    });

    for (const offset of [0n, 1n]) {
      it(`is refused ${offset} seconds after the increase has joined`, async () => {
        const w = await loadFixture(joining);
        await at(w.pendingAt + offset);
        await expect(w.alloc.revokeAllocation(w.set, w.asset))
          .to.be.revertedWithCustomError(w.alloc, "NothingJoining")
          .withArgs(w.set, w.asset);
        expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(6000n) }));
      });
    }

    it("is not held up by an open lien, which does not touch what joins", async () => {
      const w = await loadFixture(joining);
      await proposeAndRead(w, w.set, WAD);
      const tx = await act(w, w.alloc.revokeAllocation(w.set, w.asset));
      await expectEvents(w.alloc, tx, [["AllocationRevoked", [w.operator, w.set, w.asset, bps(2000n), bps(6000n)]]]);
      expect(await freeOf(w)).to.equal(bps(6000n));
    });

    it("finds nothing where nothing was ordered, and in the name of another operator", async () => {
      const w = await loadFixture(joining);
      await expect(w.alloc.revokeAllocation(w.set, w.second))
        .to.be.revertedWithCustomError(w.alloc, "NothingJoining")
        .withArgs(w.set, w.second);
      await expect(w.allocationManager.connect(w.rival).revokeAllocation(w.set, w.asset))
        .to.be.revertedWithCustomError(w.alloc, "NothingJoining")
        .withArgs(w.set, w.asset);
    });

    it("does not revoke a decrease", async () => {
      const w = await loadFixture(joining);
      await act(w, w.alloc.revokeAllocation(w.set, w.asset));
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(4000n)));
      await expect(w.alloc.revokeAllocation(w.set, w.asset))
        .to.be.revertedWithCustomError(w.alloc, "NothingJoining")
        .withArgs(w.set, w.asset);
    });

    it("finds nothing once the registration has ended: it will never join", async () => {
      const w = await loadFixture(joining);
      await w.alloc.deregisterFromOperatorSet(w.operator, w.set);
      await expect(w.alloc.revokeAllocation(w.set, w.asset))
        .to.be.revertedWithCustomError(w.alloc, "NothingJoining")
        .withArgs(w.set, w.asset);
      await act(w, w.alloc.settle(w.operator, w.asset, [w.set]));
      expect(await freeOf(w)).to.equal(bps(6000n));
    });
  });
});
