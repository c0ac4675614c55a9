import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
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

/** Two sets of two AVSs for which the operator is registered. */
async function registered() {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w);
  const other = await createJoinedSet(w, { avs: w.otherAvs });
  return { ...w, set, other, alloc: w.allocationManager.connect(w.operator) };
}

describe("AllocationManager", () => {
  describe("allocate", () => {
    it("takes the magnitude from free at once, to join after NOTICE", async () => {
      const w = await loadFixture(registered);
      const tx = await act(w, w.alloc.allocate(w.set, w.asset, bps(4000n)));
      const pendingAt = (await timeOf(tx)) + w.notice;
      await expectEvents(w.alloc, tx, [
        ["AllocationIncreased", [w.operator, w.set, w.asset, bps(4000n), pendingAt, bps(6000n)]],
      ]);
      expect(await freeOf(w)).to.equal(bps(6000n));
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ joining: bps(4000n), pendingAt }));
    });

    it("joins by reading alone, in the second of its time", async () => {
      const w = await loadFixture(registered);
      await act(w, w.alloc.allocate(w.set, w.asset, bps(4000n)));
      const pendingAt = (await now()) + w.notice;
      await waitUntil(pendingAt - 1n);
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ joining: bps(4000n), pendingAt }));
      await waitUntil(pendingAt);
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(4000n) }));
      expect(await freeOf(w)).to.equal(bps(6000n));
    });

    it("can be slashed from the second of its time on", async () => {
      const w = await loadFixture(registered);
      await act(w, w.alloc.allocate(w.set, w.asset, bps(4000n)));
      const pendingAt = (await now()) + w.notice;
      await at(pendingAt - 1n);
      await expect(propose(w, w.set, WAD))
        .to.be.revertedWithCustomError(w.slasher, "NothingToSlash")
        .withArgs(w.operator.address, w.set);
      await at(pendingAt);
      const record = await proposeAndRead(w, w.set, WAD);
      expect(record.cuts[0]?.magnitude).to.equal(bps(4000n));
    });

    it("adds to what is active, which stays slashable meanwhile", async () => {
      const w = await loadFixture(registered);
      await allocateActive(w, [[w.set, bps(4000n)]]);
      const tx = await act(w, w.alloc.allocate(w.set, w.asset, bps(1000n)));
      const pendingAt = (await timeOf(tx)) + w.notice;
      await expectEvents(w.alloc, tx, [
        ["AllocationIncreased", [w.operator, w.set, w.asset, bps(1000n), pendingAt, bps(5000n)]],
      ]);
      const record = await proposeAndRead(w, w.set, WAD);
      expect(record.cuts[0]?.magnitude).to.equal(bps(4000n));
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ held: bps(4000n), joining: bps(1000n), pendingAt }));
      await waitUntil(pendingAt);
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ held: bps(4000n), active: bps(1000n) }));
    });

    describe("when less is free", () => {
      it("takes all that is free, and not one unit more", async () => {
        const w = await loadFixture(registered);
        await act(w, w.alloc.allocate(w.set, w.asset, bps(4000n)));
        await expect(w.alloc.allocate(w.other, w.asset, bps(6000n) + 1n))
          .to.be.revertedWithCustomError(w.alloc, "InsufficientFree")
          .withArgs(bps(6000n) + 1n, bps(6000n));
        await act(w, w.alloc.allocate(w.other, w.asset, bps(6000n)));
        expect(await freeOf(w)).to.equal(0n);
      });

      it("looks at each pool alone", async () => {
        const w = await loadFixture(registered);
        const both = await createJoinedSet(w, { id: 2n, assets: [w.asset, w.second] });
        await act(w, w.alloc.allocate(both, w.asset, WAD));
        await act(w, w.alloc.allocate(both, w.second, WAD));
        await w.allocationManager.connect(w.rival).registerForOperatorSet(both, "0x");
        await act(w, w.allocationManager.connect(w.rival).allocate(both, w.asset, WAD));
        expect(await freeOf(w)).to.equal(0n);
        expect(await freeOf(w, { asset: w.second })).to.equal(0n);
        expect(await freeOf(w, { operator: w.rival })).to.equal(0n);
        expect(await freeOf(w, { operator: w.rival, asset: w.second })).to.equal(WAD);
      });

      it("does not count what a slash holds or has taken as free", async () => {
        const w = await loadFixture(registered);
        await allocateActive(w, [[w.set, bps(4000n)]]);
        const record = await proposeAndRead(w, w.set, bps(5000n));
        for (const final of [false, true]) {
          if (final) {
            await at(record.deadline);
            await act(w, w.slasher.finalise(record));
          }
          await expect(w.alloc.allocate(w.other, w.asset, bps(6000n) + 1n))
            .to.be.revertedWithCustomError(w.alloc, "InsufficientFree")
            .withArgs(bps(6000n) + 1n, bps(6000n));
        }
        await act(w, w.alloc.allocate(w.other, w.asset, bps(6000n)));
      });
    });

    describe("when another change is pending", () => {
      it("is refused until the increase has joined", async () => {
        const w = await loadFixture(registered);
        await act(w, w.alloc.allocate(w.set, w.asset, bps(4000n)));
        const pendingAt = (await now()) + w.notice;
        await at(pendingAt - 1n);
        await expect(w.alloc.allocate(w.set, w.asset, 1n))
          .to.be.revertedWithCustomError(w.alloc, "ChangePending")
          .withArgs(w.set, w.asset, pendingAt);
        await at(pendingAt);
        const tx = await act(w, w.alloc.allocate(w.set, w.asset, 1n));
        await expectEvents(w.alloc, tx, [
          ["AllocationIncreased", [w.operator, w.set, w.asset, 1n, pendingAt + w.notice, bps(6000n) - 1n]],
        ]);
      });

      it("is refused until the decrease has left, and then books it to free", async () => {
        const w = await loadFixture(registered);
        await allocateActive(w, [[w.set, WAD]]);
        await act(w, w.alloc.deallocate(w.set, w.asset, bps(4000n)));
        const pendingAt = (await now()) + w.exitDelay;
        await at(pendingAt - 1n);
        await expect(w.alloc.allocate(w.set, w.asset, 1n))
          .to.be.revertedWithCustomError(w.alloc, "ChangePending")
          .withArgs(w.set, w.asset, pendingAt);
        await at(pendingAt);
        await expect(w.alloc.allocate(w.set, w.asset, bps(4000n) + 1n))
          .to.be.revertedWithCustomError(w.alloc, "InsufficientFree")
          .withArgs(bps(4000n) + 1n, bps(4000n));
        await at(pendingAt + 1n);
        const tx = await act(w, w.alloc.allocate(w.set, w.asset, bps(3000n)));
        const joinsAt = pendingAt + 1n + w.notice;
        await expectEvents(w.alloc, tx, [
          ["AllocationFreed", [w.operator, w.set, w.asset, bps(4000n), bps(4000n)]],
          ["AllocationIncreased", [w.operator, w.set, w.asset, bps(3000n), joinsAt, bps(1000n)]],
        ]);
        expect(await freeOf(w)).to.equal(bps(1000n));
      });

      it("is refused even if a lien holds all that is leaving", async () => {
        const w = await loadFixture(registered);
        await allocateActive(w, [[w.set, bps(4000n)]]);
        await act(w, w.alloc.deallocate(w.set, w.asset, bps(4000n)));
        const pendingAt = (await now()) + w.exitDelay;
        await proposeAndRead(w, w.set, WAD);
        expect(await partsOf(w, w.set)).to.deep.equal(parts({ held: bps(4000n), pendingAt }));
        await at(pendingAt - 1n);
        await expect(w.alloc.allocate(w.set, w.asset, 1n))
          .to.be.revertedWithCustomError(w.alloc, "ChangePending")
          .withArgs(w.set, w.asset, pendingAt);
        await at(pendingAt);
        await act(w, w.alloc.allocate(w.set, w.asset, 1n));
      });

      it("is not held up by one in another set", async () => {
        const w = await loadFixture(registered);
        await act(w, w.alloc.allocate(w.set, w.asset, 1n));
        await act(w, w.alloc.allocate(w.other, w.asset, 1n));
        expect((await partsOf(w, w.other)).joining).to.equal(1n);
      });
    });

    it("is refused for nothing, for strangers, after the end, and in assets of other sets", async () => {
      const w = await loadFixture(registered);
      const { alloc, operator, rival, set, asset, second } = w;
      await expect(alloc.allocate(set, asset, 0n))
        .to.be.revertedWithCustomError(alloc, "ZeroMagnitude")
        .withArgs();
      await expect(w.allocationManager.connect(rival).allocate(set, asset, 1n))
        .to.be.revertedWithCustomError(alloc, "NotRegistered")
        .withArgs(rival.address, set);
      await expect(alloc.allocate(set, second, 1n))
        .to.be.revertedWithCustomError(alloc, "AssetNotAccepted")
        .withArgs(set, second);
      await expect(alloc.allocate(set, ZeroAddress, 1n))
        .to.be.revertedWithCustomError(alloc, "AssetNotAccepted")
        .withArgs(set, ZeroAddress);
      await alloc.deregisterFromOperatorSet(operator, set);
      await expect(alloc.allocate(set, asset, 1n))
        .to.be.revertedWithCustomError(alloc, "NotRegistered")
        .withArgs(operator.address, set);
    });
  });
});
