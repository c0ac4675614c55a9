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

/** Two sets: one with 40 % active, the other with 30 %. */
async function allocated() {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w);
  const other = await createJoinedSet(w, { avs: w.otherAvs });
  await allocateActive(w, [
    [set, bps(4000n)],
    [other, bps(3000n)],
  ]);
  const anyone = w.allocationManager.connect(w.stranger);
  return { ...w, set, other, alloc: w.allocationManager.connect(w.operator), anyone };
}

describe("AllocationManager", () => {
  describe("settle", () => {
    it("finds nothing to book where time has only let join", async () => {
      const w = await loadFixture(allocated);
      const tx = await act(w, w.anyone.settle(w.operator, w.asset, [w.set, w.other]));
      await expectEvents(w.alloc, tx, []);
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(4000n) }));
      expect(await freeOf(w)).to.equal(bps(3000n));
    });

    it("books what has left, set by set, and once", async () => {
      const w = await loadFixture(allocated);
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(1000n)));
      await act(w, w.alloc.deallocate(w.other, w.asset, bps(3000n)));
      await at((await now()) + w.exitDelay);
      const tx = await act(w, w.anyone.settle(w.operator, w.asset, [w.set, w.other, w.set]));
      await expectEvents(w.alloc, tx, [
        ["AllocationFreed", [w.operator, w.set, w.asset, bps(1000n), bps(4000n)]],
        ["AllocationFreed", [w.operator, w.other, w.asset, bps(3000n), bps(7000n)]],
      ]);
      expect(await freeOf(w)).to.equal(bps(7000n));
    });

    it("changes nothing of a decrease a second before its time, nor of an increase", async () => {
      const w = await loadFixture(allocated);
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(1000n)));
      const leavesAt = (await now()) + w.exitDelay;
      await at(leavesAt - 2n);
      await act(w, w.alloc.allocate(w.other, w.asset, bps(2000n)));
      await at(leavesAt - 1n);
      const tx = await act(w, w.anyone.settle(w.operator, w.asset, [w.set, w.other]));
      await expectEvents(w.alloc, tx, []);
      expect(await partsOf(w, w.set)).to.deep.equal(
        parts({ active: bps(3000n), leaving: bps(1000n), pendingAt: leavesAt }),
      );
      expect(await partsOf(w, w.other)).to.deep.equal(
        parts({ active: bps(3000n), joining: bps(2000n), pendingAt: leavesAt - 2n + w.notice }),
      );
      expect(await freeOf(w)).to.equal(bps(1000n));
    });

    it("keeps what a lien holds, and the time of what it holds all of", async () => {
      const w = await loadFixture(allocated);
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(4000n)));
      const pendingAt = (await now()) + w.exitDelay;
      await proposeAndRead(w, w.set, WAD);
      const tx = await act(w, w.anyone.settle(w.operator, w.asset, [w.set]));
      await expectEvents(w.alloc, tx, []);
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ held: bps(4000n), pendingAt }));
      await at(pendingAt);
      await act(w, w.anyone.settle(w.operator, w.asset, [w.set]));
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ held: bps(4000n) }));
      expect(await freeOf(w)).to.equal(bps(3000n));
    });

    it("touches only the pool and the sets that are named", async () => {
      const w = await loadFixture(allocated);
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(4000n)));
      await at((await now()) + w.exitDelay);
      await act(w, w.anyone.settle(w.operator, w.asset, []));
      await act(w, w.anyone.settle(w.operator, w.asset, [w.other]));
      await act(w, w.anyone.settle(w.operator, w.second, [w.set]));
      await act(w, w.anyone.settle(w.rival, w.asset, [w.set]));
      expect(await freeOf(w)).to.equal(bps(3000n));
      expect(await freeOf(w, { operator: w.rival })).to.equal(WAD);
    });

    it("finds nothing in sets that do not exist", async () => {
      const w = await loadFixture(allocated);
      const unknown = await w.allocationManager.operatorSetKey(w.avs, 99n);
      const tx = await act(w, w.anyone.settle(w.operator, w.asset, [unknown]));
      await expectEvents(w.alloc, tx, []);
      expect(await freeOf(w)).to.equal(bps(3000n));
    });
  });
});
