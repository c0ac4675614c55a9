import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { propose, proposeAndRead } from "../../helpers/slash";
import { bps } from "../../helpers/units";
import { allocateActive, at, createJoinedSet, deployWorld, now, timeOf, waitUntil } from "../../helpers/world";

/** A set with half of the operator's pool, and the second at which a new slasher's time comes. */
async function scheduled() {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w);
  await allocateActive(w, [[set, bps(5000n)]]);
  const tx = await w.allocationManager.connect(w.avs).scheduleSlasher(set, w.stranger);
  return { ...w, set, tx, effectAt: (await timeOf(tx)) + w.notice };
}

describe("AllocationManager", () => {
  describe("scheduleSlasher", () => {
    it("announces the new slasher for NOTICE from now", async () => {
      const { allocationManager, stranger, set, tx, effectAt, judge } = await loadFixture(scheduled);
      await expect(tx).to.emit(allocationManager, "SlasherScheduled").withArgs(set, stranger.address, effectAt);
      expect(await allocationManager.scheduledRoles(set)).to.deep.equal([stranger.address, effectAt, ZeroAddress, 0n]);
      expect((await allocationManager.operatorSetTerms(set)).slasher).to.equal(judge.address);
    });

    describe("when its time has not come", () => {
      it("leaves the old one in force, and the new one out", async () => {
        const w = await loadFixture(scheduled);
        const { allocationManager, judge, stranger, set, effectAt } = w;
        await at(effectAt - 2n);
        await expect(propose(w, set, bps(100n), { by: stranger }))
          .to.be.revertedWithCustomError(w.slasher, "NotSlasherOfSet")
          .withArgs(stranger.address, set, judge.address);
        await at(effectAt - 1n);
        expect((await proposeAndRead(w, set, bps(100n))).slasher).to.equal(judge.address);
        expect((await allocationManager.scheduledRoles(set)).slasherAt).to.equal(effectAt);
      });
    });

    describe("when its time has come", () => {
      it("puts the new one in force by reading alone", async () => {
        const w = await loadFixture(scheduled);
        const { allocationManager, judge, stranger, set, effectAt } = w;
        await at(effectAt);
        await expect(propose(w, set, bps(100n)))
          .to.be.revertedWithCustomError(w.slasher, "NotSlasherOfSet")
          .withArgs(judge.address, set, stranger.address);
        expect((await allocationManager.operatorSetTerms(set)).slasher).to.equal(stranger.address);
        expect(await allocationManager.scheduledRoles(set)).to.deep.equal([ZeroAddress, 0n, ZeroAddress, 0n]);
        expect((await proposeAndRead(w, set, bps(100n), { by: stranger })).slasher).to.equal(stranger.address);
      });

      it("lets the new one propose in that very second", async () => {
        const w = await loadFixture(scheduled);
        await at(w.effectAt);
        const record = await proposeAndRead(w, w.set, bps(100n), { by: w.stranger });
        expect(record.proposedAt).to.equal(w.effectAt);
      });

      it("keeps it in force while another one is scheduled", async () => {
        const w = await loadFixture(scheduled);
        const { allocationManager, avs, alice, stranger, set, effectAt } = w;
        await at(effectAt);
        await allocationManager.connect(avs).scheduleSlasher(set, alice);
        expect((await allocationManager.operatorSetTerms(set)).slasher).to.equal(stranger.address);
        await waitUntil(effectAt + w.notice - 1n);
        expect((await allocationManager.operatorSetTerms(set)).slasher).to.equal(stranger.address);
        await waitUntil(effectAt + w.notice);
        expect((await allocationManager.operatorSetTerms(set)).slasher).to.equal(alice.address);
      });
    });

    describe("when another one is scheduled before", () => {
      it("drops it and starts anew", async () => {
        const w = await loadFixture(scheduled);
        const { allocationManager, avs, alice, judge, set, effectAt } = w;
        await at(effectAt - 1n);
        await allocationManager.connect(avs).scheduleSlasher(set, alice);
        const anew = effectAt - 1n + w.notice;
        expect(await allocationManager.scheduledRoles(set)).to.deep.equal([alice.address, anew, ZeroAddress, 0n]);
        await waitUntil(anew - 1n);
        expect((await allocationManager.operatorSetTerms(set)).slasher).to.equal(judge.address);
        await waitUntil(anew);
        expect((await allocationManager.operatorSetTerms(set)).slasher).to.equal(alice.address);
      });
    });

    it("gives a set that has none its first slasher, after NOTICE", async () => {
      const w = await loadFixture(scheduled);
      const { allocationManager, avs, stranger } = w;
      const set = await createJoinedSet(w, { id: 2n, slasher: ZeroAddress });
      await allocationManager.connect(avs).scheduleSlasher(set, stranger);
      const effectAt = (await now()) + w.notice;
      await waitUntil(effectAt - 1n);
      expect((await allocationManager.operatorSetTerms(set)).slasher).to.equal(ZeroAddress);
      await waitUntil(effectAt);
      expect((await allocationManager.operatorSetTerms(set)).slasher).to.equal(stranger.address);
    });

    it("is refused to all but the AVS, for unknown sets, and for address 0", async () => {
      const { allocationManager, avs, otherAvs, stranger, set } = await loadFixture(scheduled);
      await expect(allocationManager.connect(otherAvs).scheduleSlasher(set, stranger))
        .to.be.revertedWithCustomError(allocationManager, "NotAVS")
        .withArgs(otherAvs.address, avs.address);
      const unknown = await allocationManager.operatorSetKey(avs, 99n);
      await expect(allocationManager.connect(avs).scheduleSlasher(unknown, stranger))
        .to.be.revertedWithCustomError(allocationManager, "OperatorSetUnknown")
        .withArgs(unknown);
      await expect(allocationManager.connect(avs).scheduleSlasher(set, ZeroAddress))
        .to.be.revertedWithCustomError(allocationManager, "ZeroAddress")
        .withArgs();
    });
  });
});
