import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { cutOf, propose, proposeAndRead, toCut } from "../../helpers/slash";
import { bps, WAD } from "../../helpers/units";
import { act, allocateActive, createJoinedSet, deployWorld, freeOf, now, waitUntil } from "../../helpers/world";

/** A set with 40 % active, half of which it may slash in a period of one bucket. */
async function allocated() {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w, { maxSlash: bps(5000n), period: w.bucket });
  await allocateActive(w, [[set, bps(4000n)]]);
  const unknown = await w.allocationManager.operatorSetKey(w.avs, 99n);
  return { ...w, set, unknown, alloc: w.allocationManager.connect(w.operator) };
}

describe("AllocationManager", () => {
  describe("views", () => {
    it("state the delays and bounds of the deployment", async () => {
      const { alloc, exitDelay, bucket, notice } = await loadFixture(allocated);
      expect(await alloc.EXIT_DELAY()).to.equal(exitDelay);
      expect(await alloc.BUCKET()).to.equal(bucket);
      expect(await alloc.NOTICE()).to.equal(notice);
      expect(await alloc.REGISTRAR_GAS()).to.equal(200_000n);
      expect(await alloc.MAX_ASSETS()).to.equal(8n);
    });

    it("make a key of any AVS and id", async () => {
      const { alloc } = await loadFixture(allocated);
      expect(await alloc.operatorSetKey("0x1111111111111111111111111111111111111111", 0xabcdef12n)).to.equal(
        "0x11111111111111111111111111111111111111110000000000000000abcdef12",
      );
    });

    it("refuse to describe sets that do not exist", async () => {
      const { alloc, operator, unknown } = await loadFixture(allocated);
      const calls = [
        alloc.operatorSetTerms(unknown),
        alloc.scheduledRoles(unknown),
        alloc.slashBudget(operator, unknown),
        alloc.previewHold(unknown, operator, 1n),
      ];
      for (const call of calls) {
        await expect(call).to.be.revertedWithCustomError(alloc, "OperatorSetUnknown").withArgs(unknown);
      }
    });

    describe("slashBudget", () => {
      it("is 0 for who is not registered", async () => {
        const { alloc, rival, set } = await loadFixture(allocated);
        expect(await alloc.slashBudget(rival, set)).to.deep.equal([0n, 0n]);
      });

      it("is whole before the first proposal, falls with it, and is whole again when the period has ended", async () => {
        const w = await loadFixture(allocated);
        expect(await w.alloc.slashBudget(w.operator, w.set)).to.deep.equal([bps(5000n), 0n]);
        await propose(w, w.set, bps(2000n));
        const end = (await now()) + w.bucket;
        expect(await w.alloc.slashBudget(w.operator, w.set)).to.deep.equal([bps(3000n), end]);
        await waitUntil(end - 1n);
        expect(await w.alloc.slashBudget(w.operator, w.set)).to.deep.equal([bps(3000n), end]);
        await waitUntil(end);
        expect(await w.alloc.slashBudget(w.operator, w.set)).to.deep.equal([bps(5000n), 0n]);
      });

      it("is 0 from the end of the registration on", async () => {
        const w = await loadFixture(allocated);
        await w.alloc.deregisterFromOperatorSet(w.operator, w.set);
        const until = (await now()) + w.exitDelay;
        await waitUntil(until - 1n);
        expect(await w.alloc.slashBudget(w.operator, w.set)).to.deep.equal([bps(5000n), 0n]);
        await waitUntil(until);
        expect(await w.alloc.slashBudget(w.operator, w.set)).to.deep.equal([0n, 0n]);
      });
    });

    it("tell what is free and what is used of a pool, which sum to all of it", async () => {
      const w = await loadFixture(allocated);
      const record = await proposeAndRead(w, w.set, bps(5000n));
      for (const final of [false, true]) {
        if (final) {
          await waitUntil(record.deadline);
          await act(w, w.slasher.finalise(record));
        }
        expect(await w.alloc.usedMagnitude(w.operator, w.asset)).to.equal(bps(4000n));
        expect(await freeOf(w)).to.equal(bps(6000n));
      }
      expect(await w.alloc.usedMagnitude(w.rival, w.asset)).to.equal(0n);
      expect(await freeOf(w, { operator: w.rival })).to.equal(WAD);
    });

    describe("previewHold", () => {
      it("lists what would be held, asset by asset, and changes nothing", async () => {
        const w = await loadFixture(allocated);
        const both = await createJoinedSet(w, { id: 2n, assets: [w.asset, w.second] });
        await allocateActive(w, [[both, bps(2000n)]]);
        const cuts = await w.alloc.previewHold(both, w.operator, bps(2500n));
        expect(cuts.map(toCut)).to.deep.equal([
          await cutOf(w, bps(500n), 0n),
          await cutOf(w, 0n, 0n, { asset: w.second }),
        ]);
        expect((await w.alloc.registration(w.operator, both)).used).to.equal(0n);
      });

      it("reverts where a proposal would", async () => {
        const w = await loadFixture(allocated);
        await expect(w.alloc.previewHold(w.set, w.operator, 0n))
          .to.be.revertedWithCustomError(w.alloc, "FractionOutOfBounds")
          .withArgs(0n);
        await expect(w.alloc.previewHold(w.set, w.rival, 1n))
          .to.be.revertedWithCustomError(w.alloc, "NotSlashable")
          .withArgs(w.rival.address, w.set, 0n);
        await expect(w.alloc.previewHold(w.set, w.operator, bps(5000n) + 1n))
          .to.be.revertedWithCustomError(w.alloc, "BudgetExceeded")
          .withArgs(bps(5000n) + 1n, bps(5000n), (await now()) + w.bucket);
      });
    });
  });
});
