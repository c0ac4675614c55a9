import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { propose, proposeAndRead } from "../../helpers/slash";
import { bps } from "../../helpers/units";
import {
  act,
  allocateActive,
  at,
  createJoinedSet,
  deployWorld,
  now,
  parts,
  partsOf,
  waitUntil,
} from "../../helpers/world";

/** A set with half of the operator's pool. */
async function allocated() {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w);
  await allocateActive(w, [[set, bps(5000n)]]);
  return { ...w, set };
}

describe("AllocationManager", () => {
  describe("removeSlasher", () => {
    it("takes effect at once", async () => {
      const w = await loadFixture(allocated);
      const { allocationManager, slasher, avs, judge, set } = w;
      await expect(allocationManager.connect(avs).removeSlasher(set))
        .to.emit(allocationManager, "SlasherRemoved")
        .withArgs(set, judge.address);
      expect((await allocationManager.operatorSetTerms(set)).slasher).to.equal(ZeroAddress);
      await expect(propose(w, set, bps(100n)))
        .to.be.revertedWithCustomError(slasher, "NotSlasherOfSet")
        .withArgs(judge.address, set, ZeroAddress);
    });

    it("drops a slasher that is scheduled, for good", async () => {
      const w = await loadFixture(allocated);
      const { allocationManager, avs, judge, stranger, set } = w;
      await allocationManager.connect(avs).scheduleSlasher(set, stranger);
      const effectAt = (await now()) + w.notice;
      await expect(allocationManager.connect(avs).removeSlasher(set))
        .to.emit(allocationManager, "SlasherRemoved")
        .withArgs(set, judge.address);
      expect(await allocationManager.scheduledRoles(set)).to.deep.equal([ZeroAddress, 0n, ZeroAddress, 0n]);
      await waitUntil(effectAt);
      expect((await allocationManager.operatorSetTerms(set)).slasher).to.equal(ZeroAddress);
    });

    it("removes a scheduled one whose time has come", async () => {
      const w = await loadFixture(allocated);
      const { allocationManager, avs, stranger, set } = w;
      await allocationManager.connect(avs).scheduleSlasher(set, stranger);
      await at((await now()) + w.notice);
      await expect(allocationManager.connect(avs).removeSlasher(set))
        .to.emit(allocationManager, "SlasherRemoved")
        .withArgs(set, stranger.address);
      expect((await allocationManager.operatorSetTerms(set)).slasher).to.equal(ZeroAddress);
    });

    it("leaves a scheduled resolver alone", async () => {
      const w = await loadFixture(allocated);
      const { allocationManager, avs, stranger, set } = w;
      await allocationManager.connect(avs).scheduleResolver(set, stranger);
      const effectAt = (await now()) + w.notice;
      await allocationManager.connect(avs).removeSlasher(set);
      expect(await allocationManager.scheduledRoles(set)).to.deep.equal([ZeroAddress, 0n, stranger.address, effectAt]);
    });

    it("says so again when there is none", async () => {
      const { allocationManager, avs, set } = await loadFixture(allocated);
      await allocationManager.connect(avs).removeSlasher(set);
      await expect(allocationManager.connect(avs).removeSlasher(set))
        .to.emit(allocationManager, "SlasherRemoved")
        .withArgs(set, ZeroAddress);
    });

    describe("when a proposal is open", () => {
      for (const actor of ["judge", "resolver"] as const) {
        it(`lets the ${actor} of the record veto it`, async () => {
          const w = await loadFixture(allocated);
          const { allocationManager, slasher, avs, set } = w;
          const record = await proposeAndRead(w, set, bps(2000n));
          await allocationManager.connect(avs).removeSlasher(set);
          expect((await partsOf(w, set)).held).to.equal(bps(1000n));
          await act(w, slasher.connect(w[actor]).veto(record));
          expect(await partsOf(w, set)).to.deep.equal(parts({ active: bps(5000n) }));
        });
      }

      it("lets it become final", async () => {
        const w = await loadFixture(allocated);
        const { allocationManager, slasher, stakeManager, avs, stranger, set } = w;
        const record = await proposeAndRead(w, set, bps(2000n));
        await allocationManager.connect(avs).removeSlasher(set);
        await at(record.deadline);
        await act(w, slasher.connect(stranger).finalise(record));
        expect((await stakeManager.pool(w.operator, w.asset)).factor).to.equal(bps(9000n));
      });
    });

    it("is refused to all but the AVS, and for unknown sets", async () => {
      const { allocationManager, avs, otherAvs, set } = await loadFixture(allocated);
      await expect(allocationManager.connect(otherAvs).removeSlasher(set))
        .to.be.revertedWithCustomError(allocationManager, "NotAVS")
        .withArgs(otherAvs.address, avs.address);
      const unknown = await allocationManager.operatorSetKey(avs, 99n);
      await expect(allocationManager.connect(avs).removeSlasher(unknown))
        .to.be.revertedWithCustomError(allocationManager, "OperatorSetUnknown")
        .withArgs(unknown);
    });
  });
});
