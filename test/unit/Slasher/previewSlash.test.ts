import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { cutOf, proposeAndRead, toCut } from "../../helpers/slash";
import { bps, WAD, wad } from "../../helpers/units";
import {
  act,
  allocateActive,
  at,
  createJoinedSet,
  deployWorld,
  now,
  partsOf,
  queue,
  stake,
  waitUntil,
} from "../../helpers/world";

/** A set of both assets: 40 % of the pool of `asset`, 20 % of the empty pool of `second`. */
async function allocated() {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w, { assets: [w.asset, w.second], maxSlash: bps(5000n) });
  await allocateActive(w, [[set, bps(4000n)]]);
  await allocateActive(w, [[set, bps(2000n)]], { asset: w.second });
  return { ...w, set, alloc: w.allocationManager.connect(w.operator) };
}

type Allocated = Awaited<ReturnType<typeof allocated>>;

describe("Slasher", () => {
  describe("previewSlash", () => {
    const situations: readonly [title: string, prepare: (w: Allocated) => unknown][] = [
      ["nothing has happened", () => undefined],
      ["a part is leaving", async (w) => await w.alloc.deallocate(w.set, w.asset, bps(1500n))],
      ["shares are queued", async (w) => await queue(w, w.alice, wad(333n))],
      ["another proposal holds a part", async (w) => await proposeAndRead(w, w.set, bps(1234n))],
      [
        "what it takes is no whole number",
        async (w) => {
          await stake(w, w.bob, 1n);
        },
      ],
      ["the registration has ended", async (w) => await w.alloc.deregisterFromOperatorSet(w.operator, w.set)],
      [
        "both pools have stake",
        async (w) => {
          await stake(w, w.bob, wad(7n), { asset: w.second });
        },
      ],
    ];
    for (const [title, prepare] of situations) {
      it(`lists what a proposal takes when ${title}`, async () => {
        const w = await loadFixture(allocated);
        await prepare(w);
        const cuts = (await w.slasher.previewSlash(w.set, w.operator, bps(1111n))).map(toCut);
        const record = await proposeAndRead(w, w.set, bps(1111n));
        expect(cuts).to.deep.equal(record.cuts);
        expect(cuts.length).to.equal(title === "both pools have stake" ? 2 : 1);
      });
    }

    it("says in numbers what is taken of active and of leaving", async () => {
      const w = await loadFixture(allocated);
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(1000n)));
      const leavingAt = (await now()) + w.exitDelay;
      const cuts = (await w.slasher.previewSlash(w.set, w.operator, bps(2000n))).map(toCut);
      // 20 % of 40 %, a quarter of it from the 10 % that are leaving.
      expect(cuts).to.deep.equal([await cutOf(w, bps(800n), wad(80n), { fromLeaving: bps(200n), leavingAt })]);
      expect((await partsOf(w, w.set)).held).to.equal(0n);
      expect(await w.slasher.slashCount()).to.equal(0n);
    });

    it("changes with time alone", async () => {
      const w = await loadFixture(allocated);
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(1000n)));
      await waitUntil((await now()) + w.exitDelay);
      const cuts = (await w.slasher.previewSlash(w.set, w.operator, bps(2000n))).map(toCut);
      expect(cuts).to.deep.equal([await cutOf(w, bps(600n), wad(60n))]);
    });

    it("reverts where a proposal would", async () => {
      const w = await loadFixture(allocated);
      for (const fraction of [0n, WAD + 1n]) {
        await expect(w.slasher.previewSlash(w.set, w.operator, fraction))
          .to.be.revertedWithCustomError(w.alloc, "FractionOutOfBounds")
          .withArgs(fraction);
      }
      const unknown = await w.alloc.operatorSetKey(w.avs, 99n);
      await expect(w.slasher.previewSlash(unknown, w.operator, 1n))
        .to.be.revertedWithCustomError(w.alloc, "OperatorSetUnknown")
        .withArgs(unknown);
      await expect(w.slasher.previewSlash(w.set, w.rival, 1n))
        .to.be.revertedWithCustomError(w.alloc, "NotSlashable")
        .withArgs(w.rival.address, w.set, 0n);
      await expect(w.slasher.previewSlash(w.set, w.operator, bps(5000n) + 1n))
        .to.be.revertedWithCustomError(w.alloc, "BudgetExceeded")
        .withArgs(bps(5000n) + 1n, bps(5000n), (await now()) + w.exitDelay);
      const empty = await createJoinedSet(w, { id: 2n, assets: [w.second] });
      await expect(w.slasher.previewSlash(empty, w.operator, WAD))
        .to.be.revertedWithCustomError(w.slasher, "NothingToSlash")
        .withArgs(w.operator.address, empty);
    });

    it("reverts at the end of the registration", async () => {
      const w = await loadFixture(allocated);
      const leave = (await now()) + 10n;
      await at(leave);
      await w.alloc.deregisterFromOperatorSet(w.operator, w.set);
      const until = leave + w.exitDelay;
      await waitUntil(until - 1n);
      expect((await w.slasher.previewSlash(w.set, w.operator, bps(2500n))).length).to.equal(1);
      await waitUntil(until);
      await expect(w.slasher.previewSlash(w.set, w.operator, bps(2500n)))
        .to.be.revertedWithCustomError(w.alloc, "NotSlashable")
        .withArgs(w.operator.address, w.set, until);
    });
  });
});
