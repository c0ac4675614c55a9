import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroHash } from "ethers";
import { propose, proposeAndRead, type SlashRecord, Status } from "../../helpers/slash";
import { bps, WAD, wad } from "../../helpers/units";
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
  queue,
  stake,
  type World,
} from "../../helpers/world";

/** A set with 40 % of the pool, and one of another AVS with 30 %. */
async function allocated() {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w);
  const other = await createJoinedSet(w, { avs: w.otherAvs });
  await allocateActive(w, [
    [set, bps(4000n)],
    [other, bps(3000n)],
  ]);
  return { ...w, set, other, alloc: w.allocationManager.connect(w.operator) };
}

/** The same, with a proposal of 25 %. */
async function proposed() {
  const w = await loadFixture(allocated);
  return { ...w, record: await proposeAndRead(w, w.set, bps(2500n)) };
}

/**
 * The same, with 16 % of the 40 % leaving at `leavingAt`, which comes a day before the deadline of a proposal of 25 %:
 * 6 % are held from what is active, 4 % from what is leaving.
 */
async function proposedWhileLeaving() {
  const w = await loadFixture(allocated);
  await act(w, w.alloc.deallocate(w.set, w.asset, bps(1600n)));
  const leavingAt = (await now()) + w.exitDelay;
  await at(leavingAt + 86_400n - w.exitDelay / 4n);
  const record = await proposeAndRead(w, w.set, bps(2500n));
  return { ...w, record, leavingAt };
}

/** Lets the resolver veto, in a given second if that matters. */
async function veto(w: World, record: SlashRecord, second?: bigint) {
  if (second !== undefined) await at(second);
  return await act(w, w.slasher.connect(w.resolver).veto(record));
}

describe("Slasher", () => {
  describe("veto", () => {
    for (const actor of ["resolver", "judge"] as const) {
      it(`lets the ${actor} of the record end the slash`, async () => {
        const w = await loadFixture(proposed);
        const tx = await act(w, w.slasher.connect(w[actor]).veto(w.record));
        await expectEvents(w.slasher, tx, [["SlashVetoed", [1n, w.set, w.operator, w[actor]]]]);
        const { status, endedAt } = await w.slasher.slashState(1n);
        expect([status, endedAt]).to.deep.equal([BigInt(Status.Vetoed), await now()]);
      });
    }

    it("is refused to all others", async () => {
      const w = await loadFixture(proposed);
      for (const actor of [w.operator, w.avs, w.stranger]) {
        await expect(w.slasher.connect(actor).veto(w.record))
          .to.be.revertedWithCustomError(w.slasher, "NotResolverOrSlasher")
          .withArgs(actor.address, w.resolver.address, w.judge.address);
      }
    });

    it("works in the last second before the deadline", async () => {
      const w = await loadFixture(proposed);
      await veto(w, w.record, w.record.deadline - 1n);
      expect((await w.slasher.slashState(1n)).status).to.equal(Status.Vetoed);
    });

    for (const offset of [0n, 1n]) {
      it(`is refused ${offset} seconds after the deadline, to resolver and slasher alike`, async () => {
        const w = await loadFixture(proposed);
        for (const actor of [w.resolver, w.judge]) {
          await at(w.record.deadline + offset + (actor === w.judge ? 1n : 0n));
          await expect(w.slasher.connect(actor).veto(w.record))
            .to.be.revertedWithCustomError(w.slasher, "VetoWindowOver")
            .withArgs(1n, w.record.deadline);
        }
      });
    }

    it("gives everything back: to the allocation, the pool, the budget and everyone in it", async () => {
      const w = await loadFixture(allocated);
      const maturity = await queue(w, w.bob, wad(100n));
      const before = await w.slasher.setStakes(w.set, [w.operator]);
      const record = await proposeAndRead(w, w.set, bps(2500n));
      const tx = await veto(w, record);
      await expectEvents(w.allocationManager, tx, []);
      expect(await w.slasher.setStakes(w.set, [w.operator])).to.deep.equal(before);
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(4000n) }));
      expect(await freeOf(w)).to.equal(bps(3000n));
      const { factor, liened } = await w.stakeManager.pool(w.operator, w.asset);
      expect([factor, liened]).to.deep.equal([WAD, 0n]);
      expect((await w.stakeManager.bucket(w.operator, w.asset, maturity)).rate).to.equal(WAD);
      const end = record.periodAt + w.exitDelay;
      expect(await w.allocationManager.slashBudget(w.operator, w.set)).to.deep.equal([WAD, end]);
    });

    it("leaves what joins alone", async () => {
      const w = await loadFixture(proposed);
      await act(w, w.alloc.allocate(w.set, w.asset, bps(1000n)));
      const pendingAt = (await now()) + w.notice;
      await veto(w, w.record);
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(4000n), joining: bps(1000n), pendingAt }));
    });

    it("of one of two overlapping proposals leaves the other as it is", async () => {
      const w = await loadFixture(proposed);
      // 25 % of (30 % + 10 % held).
      const second = await proposeAndRead(w, w.set, bps(2500n));
      await veto(w, w.record);
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(3000n), held: bps(1000n) }));
      expect((await w.stakeManager.pool(w.operator, w.asset)).liened).to.equal(bps(1000n));
      await at(second.deadline);
      await act(w, w.slasher.finalise(second));
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(3000n) }));
    });

    describe("when a part was leaving", () => {
      it("gives it back to leaving, with its own time, in the last second before that", async () => {
        const w = await loadFixture(proposedWhileLeaving);
        expect(w.record.cuts[0]?.fromLeaving).to.equal(bps(400n));
        await veto(w, w.record, w.leavingAt - 1n);
        expect(await partsOf(w, w.set)).to.deep.equal(
          parts({ active: bps(2400n), leaving: bps(1600n), pendingAt: w.leavingAt }),
        );
        expect(await freeOf(w)).to.equal(bps(3000n));
      });

      for (const offset of [0n, 1n]) {
        it(`gives it to free ${offset} seconds after its time, with what has left by itself`, async () => {
          const w = await loadFixture(proposedWhileLeaving);
          const tx = await veto(w, w.record, w.leavingAt + offset);
          // 12 % have left, and 4 % would have.
          await expectEvents(w.allocationManager, tx, [
            ["AllocationFreed", [w.operator, w.set, w.asset, bps(1600n), bps(4600n)]],
          ]);
          expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(2400n) }));
        });
      }

      it("does not mix it with a decrease ordered after its time", async () => {
        const w = await loadFixture(proposedWhileLeaving);
        await at(w.leavingAt);
        await act(w, w.alloc.deallocate(w.set, w.asset, bps(800n)));
        const pendingAt = w.leavingAt + w.exitDelay;
        const tx = await veto(w, w.record);
        await expectEvents(w.allocationManager, tx, [
          ["AllocationFreed", [w.operator, w.set, w.asset, bps(400n), bps(4600n)]],
        ]);
        // 18 % were left active, less 8 %, plus the 6 % that were held.
        expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(1600n), leaving: bps(800n), pendingAt }));
      });

      it("does not mix it with an increase ordered after its time", async () => {
        const w = await loadFixture(proposedWhileLeaving);
        await at(w.leavingAt);
        await act(w, w.alloc.allocate(w.set, w.asset, bps(800n)));
        await veto(w, w.record);
        expect(await partsOf(w, w.set)).to.deep.equal(
          parts({ active: bps(2400n), joining: bps(800n), pendingAt: w.leavingAt + w.notice }),
        );
      });
    });

    describe("when all that was leaving was held", () => {
      it("gives all of it back to leaving", async () => {
        const w = await loadFixture(allocated);
        await act(w, w.alloc.deallocate(w.set, w.asset, bps(4000n)));
        const pendingAt = (await now()) + w.exitDelay;
        const record = await proposeAndRead(w, w.set, WAD);
        expect(await partsOf(w, w.set)).to.deep.equal(parts({ held: bps(4000n), pendingAt }));
        await veto(w, record);
        expect(await partsOf(w, w.set)).to.deep.equal(parts({ leaving: bps(4000n), pendingAt }));
      });
    });

    describe("when the registration has ended", () => {
      /** It ends a day before the deadline: a proposal of 25 % was made 2.5 days before. */
      async function proposedWhileEnding() {
        const w = await loadFixture(allocated);
        await w.alloc.deregisterFromOperatorSet(w.operator, w.set);
        const until = (await now()) + w.exitDelay;
        await at(until + 86_400n - w.exitDelay / 4n);
        return { ...w, until, record: await proposeAndRead(w, w.set, bps(2500n)) };
      }

      it("gives back what leaves at its end, in the last second before it", async () => {
        const w = await loadFixture(proposedWhileEnding);
        await veto(w, w.record, w.until - 1n);
        expect(await partsOf(w, w.set)).to.deep.equal(parts({ leaving: bps(4000n), until: w.until }));
        expect(await freeOf(w)).to.equal(bps(3000n));
      });

      for (const offset of [0n, 1n]) {
        it(`gives everything to free ${offset} seconds after its end`, async () => {
          const w = await loadFixture(proposedWhileEnding);
          const tx = await veto(w, w.record, w.until + offset);
          await expectEvents(w.allocationManager, tx, [
            ["AllocationFreed", [w.operator, w.set, w.asset, bps(4000n), bps(7000n)]],
          ]);
          expect(await partsOf(w, w.set)).to.deep.equal(parts({ until: w.until }));
        });
      }

      it("gives everything to free in another epoch, whose allocation it does not touch", async () => {
        const w = await loadFixture(proposedWhileEnding);
        await at(w.until);
        await w.alloc.registerForOperatorSet(w.set, "0x");
        await act(w, w.alloc.allocate(w.set, w.asset, bps(1000n)));
        const pendingAt = (await now()) + w.notice;
        expect(await freeOf(w)).to.equal(bps(5000n));
        const tx = await veto(w, w.record);
        await expectEvents(w.allocationManager, tx, [
          ["AllocationFreed", [w.operator, w.set, w.asset, bps(1000n), bps(6000n)]],
        ]);
        expect(await partsOf(w, w.set)).to.deep.equal(parts({ joining: bps(1000n), pendingAt }));
        // The budget of the running period is the new registration's, too.
        expect((await w.allocationManager.registration(w.operator, w.set)).used).to.equal(0n);
      });

      it("books the older epoch's rest if nobody has", async () => {
        const w = await loadFixture(proposedWhileEnding);
        await at(w.until);
        await w.alloc.registerForOperatorSet(w.set, "0x");
        const tx = await veto(w, w.record);
        await expectEvents(w.allocationManager, tx, [
          ["AllocationFreed", [w.operator, w.set, w.asset, bps(4000n), bps(7000n)]],
        ]);
        expect(await partsOf(w, w.set)).to.deep.equal(parts());
      });
    });

    describe("the budget", () => {
      /** All of it may be taken in each bucket, which is shorter than the veto window. */
      async function shortPeriod() {
        const w = await loadFixture(deployWorld);
        const set = await createJoinedSet(w, { maxSlash: bps(5000n), period: w.bucket });
        await allocateActive(w, [[set, bps(4000n)]]);
        return { ...w, set, record: await proposeAndRead(w, set, bps(3000n)) };
      }

      it("gets exactly its fraction back while its period runs", async () => {
        const w = await loadFixture(shortPeriod);
        await propose(w, w.set, bps(2000n));
        await veto(w, w.record);
        const end = w.record.periodAt + w.bucket;
        expect(await w.allocationManager.slashBudget(w.operator, w.set)).to.deep.equal([bps(3000n), end]);
        await propose(w, w.set, bps(3000n));
        expect(await w.allocationManager.slashBudget(w.operator, w.set)).to.deep.equal([0n, end]);
      });

      it("gets nothing back once another period has begun", async () => {
        const w = await loadFixture(shortPeriod);
        const next = w.record.periodAt + w.bucket;
        await at(next);
        await propose(w, w.set, bps(4000n));
        await veto(w, w.record);
        expect(await w.allocationManager.slashBudget(w.operator, w.set)).to.deep.equal([bps(1000n), next + w.bucket]);
      });

      it("is whole anyway when its period has ended", async () => {
        const w = await loadFixture(shortPeriod);
        await veto(w, w.record, w.record.periodAt + w.bucket);
        expect(await w.allocationManager.slashBudget(w.operator, w.set)).to.deep.equal([bps(5000n), 0n]);
        const { periodAt } = await proposeAndRead(w, w.set, bps(5000n));
        expect(periodAt).to.equal(await now());
      });
    });

    it("gives back every asset of the record, and none that was skipped", async () => {
      const w = await loadFixture(deployWorld);
      const set = await createJoinedSet(w, { assets: [w.asset, w.second] });
      await allocateActive(w, [[set, bps(4000n)]]);
      await allocateActive(w, [[set, bps(2000n)]], { asset: w.second });
      for (const staked of [0n, wad(10n)]) {
        if (staked !== 0n) await stake(w, w.bob, staked, { asset: w.second });
        const record = await proposeAndRead(w, set, bps(2500n));
        expect(record.cuts.length).to.equal(staked === 0n ? 1 : 2);
        await veto(w, record);
        expect(await partsOf(w, set)).to.deep.equal(parts({ active: bps(4000n) }));
        expect(await partsOf(w, set, { asset: w.second })).to.deep.equal(parts({ active: bps(2000n) }));
      }
    });

    describe("when the record is not the one that was emitted", () => {
      type Forgery = Partial<SlashRecord> | ((record: SlashRecord) => Partial<SlashRecord>);
      const forgeries: readonly [what: string, forgery: Forgery][] = [
        ["operatorSet", { operatorSet: ZeroHash }],
        ["operator", ({ resolver }) => ({ operator: resolver })],
        ["epoch", { epoch: 2n }],
        ["slasher", ({ resolver }) => ({ slasher: resolver })],
        ["resolver", ({ slasher }) => ({ resolver: slasher, slasher: slasher })],
        ["recipient", ({ resolver }) => ({ recipient: resolver })],
        ["proposedAt", ({ proposedAt }) => ({ proposedAt: proposedAt - 1n })],
        ["deadline", ({ deadline }) => ({ deadline: deadline + 1n })],
        ["periodAt", ({ periodAt }) => ({ periodAt: periodAt - 1n })],
        ["fraction", ({ fraction }) => ({ fraction: fraction + 1n })],
        ["evidence", { evidence: "0x" + "11".repeat(32) }],
        ["no cut", { cuts: [] }],
        ["a cut twice", ({ cuts }) => ({ cuts: [...cuts, ...cuts] })],
        ["a cut's asset", ({ cuts, operator }) => ({ cuts: cuts.map((cut) => ({ ...cut, asset: operator })) })],
        ["a cut's magnitude", ({ cuts }) => ({ cuts: cuts.map((cut) => ({ ...cut, magnitude: cut.magnitude + 1n })) })],
        ["a cut's fromLeaving", ({ cuts }) => ({ cuts: cuts.map((cut) => ({ ...cut, fromLeaving: 1n })) })],
        ["a cut's leavingAt", ({ cuts }) => ({ cuts: cuts.map((cut) => ({ ...cut, leavingAt: 1n })) })],
        ["a cut's assets", ({ cuts }) => ({ cuts: cuts.map((cut) => ({ ...cut, assets: cut.assets - 1n })) })],
      ];
      for (const [what, forgery] of forgeries) {
        it(`refuses it in veto and finalise: ${what}`, async () => {
          const w = await loadFixture(proposed);
          const changes = typeof forgery === "function" ? forgery(w.record) : forgery;
          const forged = { ...w.record, ...changes };
          // Somebody who may veto what the forged record says.
          const actor = what === "slasher" ? w.resolver : w.judge;
          await expect(w.slasher.connect(actor).veto(forged))
            .to.be.revertedWithCustomError(w.slasher, "RecordMismatch")
            .withArgs(1n);
          await at(w.record.deadline + 1n);
          await expect(w.slasher.finalise(forged))
            .to.be.revertedWithCustomError(w.slasher, "RecordMismatch")
            .withArgs(1n);
        });
      }

      it("refuses another id, of which nothing is open", async () => {
        const w = await loadFixture(proposed);
        for (const id of [0n, 2n]) {
          await expect(w.slasher.connect(w.judge).veto({ ...w.record, id }))
            .to.be.revertedWithCustomError(w.slasher, "SlashNotOpen")
            .withArgs(id, Status.None);
        }
      });

      it("refuses the id of another open slash", async () => {
        const w = await loadFixture(proposed);
        await propose(w, w.other, bps(100n));
        await expect(w.slasher.connect(w.judge).veto({ ...w.record, id: 2n }))
          .to.be.revertedWithCustomError(w.slasher, "RecordMismatch")
          .withArgs(2n);
      });

      it("refuses who would make itself the resolver", async () => {
        const w = await loadFixture(proposed);
        await expect(w.slasher.connect(w.operator).veto({ ...w.record, resolver: w.operator.address }))
          .to.be.revertedWithCustomError(w.slasher, "RecordMismatch")
          .withArgs(1n);
      });
    });

    it("ends a slash once", async () => {
      const w = await loadFixture(proposed);
      await veto(w, w.record);
      await expect(w.slasher.connect(w.resolver).veto(w.record))
        .to.be.revertedWithCustomError(w.slasher, "SlashNotOpen")
        .withArgs(1n, Status.Vetoed);
      await at(w.record.deadline);
      await expect(w.slasher.finalise(w.record))
        .to.be.revertedWithCustomError(w.slasher, "SlashNotOpen")
        .withArgs(1n, Status.Vetoed);
    });
  });
});
