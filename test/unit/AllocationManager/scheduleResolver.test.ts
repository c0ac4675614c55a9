import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { proposeAndRead } from "../../helpers/slash";
import { bps } from "../../helpers/units";
import {
  act,
  allocateActive,
  at,
  createJoinedSet,
  createSet,
  deployWorld,
  timeOf,
  waitUntil,
} from "../../helpers/world";

/** A set with half of the operator's pool, and the second at which a new resolver's time comes. */
async function scheduled() {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w);
  await allocateActive(w, [[set, bps(5000n)]]);
  const tx = await w.allocationManager.connect(w.avs).scheduleResolver(set, w.stranger);
  return { ...w, set, tx, effectAt: (await timeOf(tx)) + w.notice };
}

describe("AllocationManager", () => {
  describe("scheduleResolver", () => {
    it("announces the new resolver for NOTICE from now", async () => {
      const { allocationManager, resolver, stranger, set, tx, effectAt } = await loadFixture(scheduled);
      await expect(tx).to.emit(allocationManager, "ResolverScheduled").withArgs(set, stranger.address, effectAt);
      expect(await allocationManager.scheduledRoles(set)).to.deep.equal([ZeroAddress, 0n, stranger.address, effectAt]);
      expect((await allocationManager.operatorSetTerms(set)).resolver).to.equal(resolver.address);
    });

    describe("when its time has not come", () => {
      it("is announced to the last second", async () => {
        const { allocationManager, stranger, set, effectAt } = await loadFixture(scheduled);
        await waitUntil(effectAt - 1n);
        expect(await allocationManager.scheduledRoles(set)).to.deep.equal([
          ZeroAddress,
          0n,
          stranger.address,
          effectAt,
        ]);
      });

      it("lets the old one veto what is proposed, then and later", async () => {
        const w = await loadFixture(scheduled);
        const { slasher, judge, resolver, stranger, set, effectAt } = w;
        await at(effectAt - 1n);
        const record = await proposeAndRead(w, set, bps(100n));
        expect(record.resolver).to.equal(resolver.address);
        await at(effectAt);
        await expect(slasher.connect(stranger).veto(record))
          .to.be.revertedWithCustomError(slasher, "NotResolverOrSlasher")
          .withArgs(stranger.address, resolver.address, judge.address);
        await act(w, slasher.connect(resolver).veto(record));
      });
    });

    describe("when its time has come", () => {
      it("lets the new one veto what is proposed", async () => {
        const w = await loadFixture(scheduled);
        const { allocationManager, slasher, judge, resolver, stranger, set, effectAt } = w;
        await at(effectAt);
        const record = await proposeAndRead(w, set, bps(100n));
        expect(record.resolver).to.equal(stranger.address);
        expect((await allocationManager.operatorSetTerms(set)).resolver).to.equal(stranger.address);
        expect(await allocationManager.scheduledRoles(set)).to.deep.equal([ZeroAddress, 0n, ZeroAddress, 0n]);
        await expect(slasher.connect(resolver).veto(record))
          .to.be.revertedWithCustomError(slasher, "NotResolverOrSlasher")
          .withArgs(resolver.address, stranger.address, judge.address);
        await act(w, slasher.connect(stranger).veto(record));
      });

      it("keeps it in force while another one is scheduled", async () => {
        const w = await loadFixture(scheduled);
        const { allocationManager, avs, alice, stranger, set, effectAt } = w;
        await at(effectAt);
        await allocationManager.connect(avs).scheduleResolver(set, alice);
        await waitUntil(effectAt + w.notice - 1n);
        expect((await allocationManager.operatorSetTerms(set)).resolver).to.equal(stranger.address);
        await waitUntil(effectAt + w.notice);
        expect((await allocationManager.operatorSetTerms(set)).resolver).to.equal(alice.address);
      });
    });

    describe("when another one is scheduled before", () => {
      it("drops it and starts anew", async () => {
        const w = await loadFixture(scheduled);
        const { allocationManager, avs, alice, resolver, set, effectAt } = w;
        await at(effectAt - 1n);
        await allocationManager.connect(avs).scheduleResolver(set, alice);
        const anew = effectAt - 1n + w.notice;
        expect(await allocationManager.scheduledRoles(set)).to.deep.equal([ZeroAddress, 0n, alice.address, anew]);
        await waitUntil(anew - 1n);
        expect((await allocationManager.operatorSetTerms(set)).resolver).to.equal(resolver.address);
        await waitUntil(anew);
        expect((await allocationManager.operatorSetTerms(set)).resolver).to.equal(alice.address);
      });
    });

    it("is refused to all but the AVS, for unknown and instant sets, and for address 0", async () => {
      const w = await loadFixture(scheduled);
      const { allocationManager, avs, otherAvs, stranger, set } = w;
      await expect(allocationManager.connect(otherAvs).scheduleResolver(set, stranger))
        .to.be.revertedWithCustomError(allocationManager, "NotAVS")
        .withArgs(otherAvs.address, avs.address);
      const unknown = await allocationManager.operatorSetKey(avs, 99n);
      await expect(allocationManager.connect(avs).scheduleResolver(unknown, stranger))
        .to.be.revertedWithCustomError(allocationManager, "OperatorSetUnknown")
        .withArgs(unknown);
      await expect(allocationManager.connect(avs).scheduleResolver(set, ZeroAddress))
        .to.be.revertedWithCustomError(allocationManager, "ZeroAddress")
        .withArgs();
      const instant = await createSet(w, { id: 2n, vetoWindow: 0n });
      await expect(allocationManager.connect(avs).scheduleResolver(instant, stranger))
        .to.be.revertedWithCustomError(allocationManager, "ResolverMismatch")
        .withArgs(stranger.address, 0n);
    });
  });
});
