import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, ZeroAddress } from "ethers";
import { cutOf, propose, proposeAndRead, readRecord, Status } from "../../helpers/slash";
import { bps, WAD, wad } from "../../helpers/units";
import {
  act,
  allocateActive,
  at,
  createJoinedSet,
  deployWorld,
  expectBooks,
  expectEvents,
  freeOf,
  now,
  parts,
  partsOf,
  queue,
  stake,
  timeOf,
  waitUntil,
  type SetOptions,
} from "../../helpers/world";

/** A set with 40 % of the pool of 1,000 units, and one of another AVS with 30 %. */
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

/** A set of both assets with 40 % of both pools. Nothing is staked in `second` yet. */
async function allocateBoth(options: SetOptions) {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w, { ...options, assets: [w.asset, w.second] });
  await allocateActive(w, [[set, bps(4000n)]]);
  await allocateActive(w, [[set, bps(4000n)]], { asset: w.second });
  return { ...w, set };
}

async function allocatedBoth() {
  return await allocateBoth({});
}

async function allocatedBothInstant() {
  return await allocateBoth({ vetoWindow: 0n });
}

/** An instant set with 40 % of the pool. */
async function allocatedInstant() {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w, { vetoWindow: 0n });
  await allocateActive(w, [[set, bps(4000n)]]);
  return { ...w, set };
}

describe("Slasher", () => {
  describe("propose", () => {
    it("emits the whole record", async () => {
      const w = await loadFixture(allocated);
      const evidence = id("double signing");
      const tx = await propose(w, w.set, bps(2500n), { evidence, evidenceURI: "ipfs://evidence" });
      const proposedAt = await timeOf(tx);
      const record = {
        ...{ id: 1n, operatorSet: w.set, operator: w.operator.address, epoch: 1n },
        ...{ slasher: w.judge.address, resolver: w.resolver.address, recipient: w.recipient.address },
        ...{ proposedAt, deadline: proposedAt + w.exitDelay / 4n, periodAt: proposedAt },
        ...{ fraction: bps(2500n), evidence },
        // 25 % of 40 % of 1,000 units.
        cuts: [await cutOf(w, bps(1000n), wad(100n))],
      };
      expect(await readRecord(w, tx)).to.deep.equal(record);
      const cuts = record.cuts.map((cut) => Object.values<string | bigint>({ ...cut }));
      const values = Object.values<unknown>({ ...record, cuts });
      await expectEvents(w.slasher, tx, [["SlashProposed", [1n, w.set, w.operator, values, "ipfs://evidence"]]]);
    });

    it("holds the stake at once: of the allocation, of the pool, and not of free nor of another set", async () => {
      const w = await loadFixture(allocated);
      const tx = await act(w, propose(w, w.set, bps(2500n)));
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(3000n), held: bps(1000n) }));
      expect(await partsOf(w, w.other)).to.deep.equal(parts({ active: bps(3000n) }));
      expect(await freeOf(w)).to.equal(bps(3000n));
      const { factor, liened } = await w.stakeManager.pool(w.operator, w.asset);
      expect([factor, liened]).to.deep.equal([WAD, bps(1000n)]);
      await expectEvents(w.allocationManager, tx, []);
      expect(await w.stakeManager.proceeds(w.recipient, w.asset)).to.equal(0n);
    });

    it("numbers slashes 1, 2, 3, whatever their sets", async () => {
      const w = await loadFixture(allocated);
      const sets = [w.set, w.other, w.set];
      for (const [index, set] of sets.entries()) {
        expect((await proposeAndRead(w, set, bps(100n))).id).to.equal(BigInt(index) + 1n);
        expect(await w.slasher.slashCount()).to.equal(BigInt(index) + 1n);
        expect((await w.slasher.slashState(index + 1)).status).to.equal(Status.Proposed);
      }
    });

    describe("what it takes of", () => {
      /** Magnitudes in units, fractions in WAD. 1 unit of a pool of 1,000 · 10^18 shares is 1,000 wei. */
      const cases = [
        { active: 3n, leaving: 0n, fraction: WAD / 2n, magnitude: 2n, fromLeaving: 0n, why: "⌈3 · ½⌉" },
        { active: 1n, leaving: 0n, fraction: WAD / 2n, magnitude: 1n, fromLeaving: 0n, why: "the only unit" },
        { active: 3n, leaving: 0n, fraction: 1n, magnitude: 1n, fromLeaving: 0n, why: "at least 1 unit" },
        { active: 4n, leaving: 0n, fraction: WAD / 4n, magnitude: 1n, fromLeaving: 0n, why: "4 · ¼ exactly" },
        { active: 4n, leaving: 0n, fraction: WAD / 4n + 1n, magnitude: 2n, fromLeaving: 0n, why: "⌈4 · (¼ + ε)⌉" },
        { active: 0n, leaving: 3n, fraction: WAD / 2n, magnitude: 2n, fromLeaving: 2n, why: "all from leaving" },
        { active: 1n, leaving: 2n, fraction: WAD / 2n, magnitude: 2n, fromLeaving: 1n, why: "⌈2 · ⅓⌉ from active" },
        { active: 2n, leaving: 1n, fraction: WAD / 3n, magnitude: 1n, fromLeaving: 0n, why: "⌈1 · ⅔⌉ from active" },
        { active: 5n, leaving: 5n, fraction: WAD / 2n, magnitude: 5n, fromLeaving: 2n, why: "⌈5 · ½⌉ from active" },
        { active: 2n, leaving: 1n, fraction: WAD, magnitude: 3n, fromLeaving: 1n, why: "everything" },
      ];
      for (const { active, leaving, fraction, magnitude, fromLeaving, why } of cases) {
        it(`${active} active and ${leaving} leaving is ${magnitude}, ${fromLeaving} of it leaving: ${why}`, async () => {
          const w = await loadFixture(deployWorld);
          const set = await createJoinedSet(w);
          const alloc = w.allocationManager.connect(w.operator);
          await allocateActive(w, [[set, active + leaving]]);
          let leavingAt = 0n;
          if (leaving !== 0n) {
            await alloc.deallocate(set, w.asset, leaving);
            leavingAt = (await now()) + w.exitDelay;
          }
          const record = await proposeAndRead(w, set, fraction);
          await expectBooks(w);
          const cut = await cutOf(w, magnitude, magnitude * 1_000n, { fromLeaving, leavingAt });
          expect(record.cuts).to.deep.equal([cut]);
          expect(await partsOf(w, set)).to.deep.equal(
            parts({
              active: active - (magnitude - fromLeaving),
              leaving: leaving - fromLeaving,
              held: magnitude,
              pendingAt: leavingAt,
            }),
          );
        });
      }
    });

    it("takes nothing of what joins, and records no time of it", async () => {
      const w = await loadFixture(allocated);
      await act(w, w.alloc.allocate(w.set, w.asset, bps(1000n)));
      expect((await proposeAndRead(w, w.set, bps(2500n))).cuts).to.deep.equal([await cutOf(w, bps(1000n), wad(100n))]);
    });

    it("records no time when a lien holds all that is leaving", async () => {
      const w = await loadFixture(allocated);
      // 20 % of the 40 % are held before the other 20 % are ordered to leave, and all of these are held then.
      const first = await proposeAndRead(w, w.set, bps(5000n));
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(2000n)));
      const leavingAt = (await now()) + w.exitDelay;
      const second = await proposeAndRead(w, w.set, bps(5000n));
      const all = { fromLeaving: bps(2000n), leavingAt };
      expect(second.cuts).to.deep.equal([await cutOf(w, bps(2000n), wad(200n), all)]);
      await act(w, w.slasher.connect(w.judge).veto(first));
      // 10 % of (20 % + 20 % held).
      expect((await proposeAndRead(w, w.set, bps(1000n))).cuts).to.deep.equal([await cutOf(w, bps(400n), wad(40n))]);
    });

    it("takes no unit more than there is, however little is held", async () => {
      const w = await loadFixture(deployWorld);
      const set = await createJoinedSet(w, { period: w.exitDelay / 8n });
      await allocateActive(w, [[set, 10n]]);
      const first = await proposeAndRead(w, set, 1n);
      // The next period begins while one unit is held: the part of 9 + 1 is 10, of which 9 are there.
      await at(first.proposedAt + w.exitDelay / 8n);
      const second = await proposeAndRead(w, set, WAD);
      expect(second.cuts).to.deep.equal([await cutOf(w, 9n, 9_000n)]);
      await expectBooks(w);
    });

    it("names the resolver of the shortest window, too", async () => {
      const w = await loadFixture(deployWorld);
      const set = await createJoinedSet(w, { vetoWindow: 1n });
      await allocateActive(w, [[set, bps(4000n)]]);
      const record = await proposeAndRead(w, set, bps(2500n));
      expect([record.resolver, record.deadline]).to.deep.equal([w.resolver.address, record.proposedAt + 1n]);
    });

    it("rounds the amount down: ⌊T · d / WAD⌋", async () => {
      const w = await loadFixture(allocated);
      // T becomes 1,000 · 10^18 + 1; 10 % of it is 100 · 10^18 + 0.1.
      await stake(w, w.alice, 1n);
      const record = await proposeAndRead(w, w.set, bps(2500n));
      expect(record.cuts[0]?.assets).to.equal(wad(100n));
    });

    describe("when proposals of the same set overlap", () => {
      it("adds them up, as fractions of what there was before the first", async () => {
        const w = await loadFixture(allocated);
        // 20 % of 40 % are 8 %; 30 % of (32 % + 8 % held) are 12 %, not 30 % of 32 %.
        const first = await proposeAndRead(w, w.set, bps(2000n));
        const second = await proposeAndRead(w, w.set, bps(3000n));
        await expectBooks(w);
        expect(first.cuts).to.deep.equal([await cutOf(w, bps(800n), wad(80n))]);
        expect(second.cuts).to.deep.equal([await cutOf(w, bps(1200n), wad(120n))]);
        expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(2000n), held: bps(2000n) }));
        // 50 % of (20 % + 20 % held) are all that is left.
        const third = await proposeAndRead(w, w.set, bps(5000n));
        expect(third.cuts).to.deep.equal([await cutOf(w, bps(2000n), wad(200n))]);
        expect(await partsOf(w, w.set)).to.deep.equal(parts({ held: bps(4000n) }));
      });

      it("counts what is final no more: the next fraction is of what it left", async () => {
        const w = await loadFixture(allocated);
        const first = await proposeAndRead(w, w.set, bps(2000n));
        await at(first.deadline);
        await act(w, w.slasher.finalise(first));
        // 30 % of 32 %.
        const second = await proposeAndRead(w, w.set, bps(3000n));
        expect(second.cuts).to.deep.equal([await cutOf(w, bps(960n), wad(96n))]);
      });

      it("takes at most what is there", async () => {
        const w = await loadFixture(deployWorld);
        // With a budget of 60 % in each bucket, the liens of two periods are open together.
        const set = await createJoinedSet(w, { maxSlash: bps(6000n), period: w.bucket });
        await allocateActive(w, [[set, bps(5000n)]]);
        const first = await proposeAndRead(w, set, bps(6000n));
        expect(first.cuts).to.deep.equal([await cutOf(w, bps(3000n), wad(300n))]);
        await at(first.proposedAt + w.bucket);
        // 60 % of (20 % + 30 % held) are 30 %, but 20 % are there.
        const second = await proposeAndRead(w, set, bps(6000n));
        expect(second.cuts).to.deep.equal([await cutOf(w, bps(2000n), wad(200n))]);
        await expectBooks(w);
        await at(second.proposedAt + w.bucket);
        await expect(propose(w, set, bps(6000n)))
          .to.be.revertedWithCustomError(w.slasher, "NothingToSlash")
          .withArgs(w.operator.address, set);
      });
    });

    it("is of another set's proposals not weakened, nor strengthened", async () => {
      const w = await loadFixture(allocated);
      await proposeAndRead(w, w.other, WAD);
      const record = await proposeAndRead(w, w.set, bps(2500n));
      expect(record.cuts).to.deep.equal([await cutOf(w, bps(1000n), wad(100n))]);
    });

    it("reaches queued shares until the second before they mature", async () => {
      const w = await loadFixture(allocated);
      const maturity = await queue(w, w.alice, wad(600n));
      await at(maturity - 1n);
      expect((await proposeAndRead(w, w.set, bps(2500n))).cuts[0]?.assets).to.equal(wad(100n));
      await at(maturity);
      // 10 % of the 400 units that are left; 25 % of (30 % + 10 % held).
      expect((await proposeAndRead(w, w.set, bps(2500n))).cuts[0]?.assets).to.equal(wad(40n));
    });

    describe("the budget", () => {
      it("begins a period of any length with the first proposal", async () => {
        const w = await loadFixture(deployWorld);
        const set = await createJoinedSet(w, { period: 2n ** 32n - 1n });
        await allocateActive(w, [[set, bps(4000n)]]);
        expect((await w.allocationManager.slashBudget(w.operator, set)).periodEnd).to.equal(0n);
        const record = await proposeAndRead(w, set, bps(2500n));
        expect(record.periodAt).to.equal(await now());
      });

      /** At most half in a period of one exit delay. */
      async function halfBudget() {
        const w = await loadFixture(deployWorld);
        const set = await createJoinedSet(w, { maxSlash: bps(5000n) });
        await allocateActive(w, [[set, bps(4000n)]]);
        return { ...w, set };
      }

      it("begins with the first proposal, and is used up by fractions alone", async () => {
        const w = await loadFixture(halfBudget);
        const first = await proposeAndRead(w, w.set, bps(1000n));
        expect(first.periodAt).to.equal(first.proposedAt);
        const second = await proposeAndRead(w, w.set, bps(2500n));
        expect(second.periodAt).to.equal(first.proposedAt);
        const end = first.periodAt + w.exitDelay;
        expect(await w.allocationManager.slashBudget(w.operator, w.set)).to.deep.equal([bps(1500n), end]);
      });

      it("refuses one unit more, and accepts the rest", async () => {
        const w = await loadFixture(halfBudget);
        const { periodAt } = await proposeAndRead(w, w.set, bps(1000n));
        await expect(propose(w, w.set, bps(4000n) + 1n))
          .to.be.revertedWithCustomError(w.allocationManager, "BudgetExceeded")
          .withArgs(bps(4000n) + 1n, bps(4000n), periodAt + w.exitDelay);
        await proposeAndRead(w, w.set, bps(4000n));
        await expect(propose(w, w.set, 1n))
          .to.be.revertedWithCustomError(w.allocationManager, "BudgetExceeded")
          .withArgs(1n, 0n, periodAt + w.exitDelay);
      });

      it("refuses more than all of it in a proposal that would begin a period", async () => {
        const w = await loadFixture(halfBudget);
        const second = (await now()) + 10n;
        await at(second);
        await expect(propose(w, w.set, bps(5000n) + 1n))
          .to.be.revertedWithCustomError(w.allocationManager, "BudgetExceeded")
          .withArgs(bps(5000n) + 1n, bps(5000n), second + w.exitDelay);
      });

      it("begins anew when the period has ended, with the next proposal", async () => {
        const w = await loadFixture(halfBudget);
        const { periodAt } = await proposeAndRead(w, w.set, bps(5000n));
        const end = periodAt + w.exitDelay;
        await at(end - 1n);
        await expect(propose(w, w.set, 1n))
          .to.be.revertedWithCustomError(w.allocationManager, "BudgetExceeded")
          .withArgs(1n, 0n, end);
        await at(end);
        const next = await proposeAndRead(w, w.set, bps(2000n));
        expect(next.periodAt).to.equal(end);
        expect((await w.allocationManager.registration(w.operator, w.set)).used).to.equal(bps(2000n));
      });

      it("is each operator's own", async () => {
        const w = await loadFixture(halfBudget);
        await w.allocationManager.connect(w.rival).registerForOperatorSet(w.set, "0x");
        await stake(w, w.bob, wad(10n), { operator: w.rival });
        await allocateActive(w, [[w.set, WAD]], { operator: w.rival });
        await proposeAndRead(w, w.set, bps(5000n));
        const record = await proposeAndRead(w, w.set, bps(5000n), { operator: w.rival });
        expect(record.cuts).to.deep.equal([await cutOf(w, bps(5000n), wad(5n))]);
      });
    });

    describe("when the set accepts several assets", () => {
      it("takes the same fraction of each, in the order of the set", async () => {
        const w = await loadFixture(allocatedBoth);
        await stake(w, w.bob, wad(10n), { asset: w.second });
        const record = await proposeAndRead(w, w.set, bps(2500n));
        await expectBooks(w);
        expect(record.cuts).to.deep.equal([
          await cutOf(w, bps(1000n), wad(100n)),
          await cutOf(w, bps(1000n), wad(1n), { asset: w.second }),
        ]);
      });

      const skipped = [
        { title: "an empty pool", staked: 0n, fixture: allocatedBoth },
        { title: "a pool of dust", staked: 9n, fixture: allocatedBoth },
        { title: "an empty pool in an instant set", staked: 0n, fixture: allocatedBothInstant },
        { title: "a pool of dust in an instant set", staked: 9n, fixture: allocatedBothInstant },
      ];
      for (const { title, staked, fixture } of skipped) {
        it(`skips ${title}, whose allocation stays as it was`, async () => {
          const w = await loadFixture(fixture);
          // 10 % of 9 wei are less than 1.
          if (staked !== 0n) await stake(w, w.bob, staked, { asset: w.second });
          const record = await proposeAndRead(w, w.set, bps(2500n));
          await expectBooks(w);
          expect(record.cuts).to.deep.equal([await cutOf(w, bps(1000n), wad(100n))]);
          expect(await partsOf(w, w.set, { asset: w.second })).to.deep.equal(parts({ active: bps(4000n) }));
          expect((await w.stakeManager.pool(w.operator, w.second)).liened).to.equal(0n);
          expect(await w.slasher.slashEventCount(w.second)).to.equal(0n);
        });
      }

      it("does not skip the last wei", async () => {
        const w = await loadFixture(allocatedBoth);
        await stake(w, w.bob, 10n, { asset: w.second });
        const record = await proposeAndRead(w, w.set, bps(2500n));
        expect(record.cuts[1]).to.deep.equal(await cutOf(w, bps(1000n), 1n, { asset: w.second }));
      });

      it("skips an asset that was not allocated", async () => {
        const w = await loadFixture(deployWorld);
        const set = await createJoinedSet(w, { assets: [w.asset, w.second] });
        await stake(w, w.bob, wad(10n), { asset: w.second });
        await allocateActive(w, [[set, bps(4000n)]], { asset: w.second });
        const record = await proposeAndRead(w, set, bps(2500n));
        expect(record.cuts).to.deep.equal([await cutOf(w, bps(1000n), wad(1n), { asset: w.second })]);
      });
    });

    describe("when there is nothing to take", () => {
      for (const [kind, terms] of [
        ["vetoable", {}],
        ["instant", { vetoWindow: 0n }],
      ] as const) {
        it(`is refused in a set that is ${kind}, and uses no budget`, async () => {
          const w = await loadFixture(deployWorld);
          const set = await createJoinedSet(w, { ...terms, assets: [w.second] });
          for (const allocate of [false, true]) {
            if (allocate) await allocateActive(w, [[set, WAD]], { asset: w.second });
            await expect(propose(w, set, WAD))
              .to.be.revertedWithCustomError(w.slasher, "NothingToSlash")
              .withArgs(w.operator.address, set);
            expect(await w.allocationManager.registration(w.operator, set)).to.deep.equal([1n, 0n, 0n, 0n]);
          }
          expect(await w.slasher.slashCount()).to.equal(0n);
        });
      }
    });

    describe("when the set has no veto window", () => {
      it("is final in the same transaction", async () => {
        const w = await loadFixture(allocatedInstant);
        const tx = await act(w, propose(w, w.set, bps(2500n)));
        const record = await readRecord(w, tx);
        expect(record.deadline).to.equal(record.proposedAt);
        expect(record.resolver).to.equal(ZeroAddress);
        expect(record.cuts).to.deep.equal([await cutOf(w, bps(1000n), wad(100n))]);
        expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(3000n) }));
        expect(await freeOf(w)).to.equal(bps(6000n));
        const { factor, liened } = await w.stakeManager.pool(w.operator, w.asset);
        expect([factor, liened]).to.deep.equal([bps(9000n), 0n]);
        expect(await w.stakeManager.proceeds(w.recipient, w.asset)).to.equal(wad(100n));
        await expect(tx).not.to.emit(w.slasher, "SlashFinalised");
        const { status, endedAt } = await w.slasher.slashState(1n);
        expect([status, endedAt]).to.deep.equal([BigInt(Status.Finalised), record.proposedAt]);
      });

      it("can neither be vetoed nor made final again", async () => {
        const w = await loadFixture(allocatedInstant);
        const record = await proposeAndRead(w, w.set, bps(2500n));
        await expect(w.slasher.finalise(record))
          .to.be.revertedWithCustomError(w.slasher, "SlashNotOpen")
          .withArgs(1n, Status.Finalised);
        await expect(w.slasher.connect(w.judge).veto(record))
          .to.be.revertedWithCustomError(w.slasher, "VetoWindowOver")
          .withArgs(1n, record.deadline);
      });

      it("takes the next fraction of what the last one left", async () => {
        const w = await loadFixture(allocatedInstant);
        await propose(w, w.set, bps(5000n));
        // 50 % of 20 %, of 1,000 shares.
        const second = await proposeAndRead(w, w.set, bps(5000n));
        expect(second.cuts).to.deep.equal([await cutOf(w, bps(1000n), wad(100n))]);
        expect((await w.stakeManager.pool(w.operator, w.asset)).factor).to.equal(bps(7000n));
      });

      it("credits what is to be burned to address 0", async () => {
        const w = await loadFixture(deployWorld);
        const set = await createJoinedSet(w, { vetoWindow: 0n, recipient: ZeroAddress });
        await allocateActive(w, [[set, bps(4000n)]]);
        await act(w, propose(w, set, bps(2500n)));
        expect(await w.stakeManager.proceeds(ZeroAddress, w.asset)).to.equal(wad(100n));
      });
    });

    it("takes everything by a full slash of the whole pool", async () => {
      const w = await loadFixture(deployWorld);
      const set = await createJoinedSet(w);
      await allocateActive(w, [[set, WAD]]);
      const record = await proposeAndRead(w, set, WAD);
      await expectBooks(w);
      expect(record.cuts).to.deep.equal([await cutOf(w, WAD, wad(1_000n))]);
      const values = await w.stakeManager.positionValues(w.alice, w.asset, [w.operator]);
      expect(values).to.deep.equal([[wad(600n), 0n]]);
      await at(record.deadline);
      await act(w, w.slasher.finalise(record));
      expect((await w.stakeManager.pool(w.operator, w.asset)).factor).to.equal(0n);
      expect(await w.stakeManager.proceeds(w.recipient, w.asset)).to.equal(wad(1_000n));
    });

    it("is refused to all but the set's slasher", async () => {
      const w = await loadFixture(allocated);
      for (const by of [w.resolver, w.avs, w.operator]) {
        await expect(propose(w, w.set, bps(100n), { by }))
          .to.be.revertedWithCustomError(w.slasher, "NotSlasherOfSet")
          .withArgs(by.address, w.set, w.judge.address);
      }
    });

    it("is refused for fractions out of bounds, unknown sets, and who is not registered", async () => {
      const w = await loadFixture(allocated);
      for (const fraction of [0n, WAD + 1n]) {
        await expect(propose(w, w.set, fraction))
          .to.be.revertedWithCustomError(w.allocationManager, "FractionOutOfBounds")
          .withArgs(fraction);
      }
      const unknown = await w.allocationManager.operatorSetKey(w.avs, 99n);
      await expect(propose(w, unknown, 1n))
        .to.be.revertedWithCustomError(w.allocationManager, "OperatorSetUnknown")
        .withArgs(unknown);
      await expect(propose(w, w.set, 1n, { operator: w.rival }))
        .to.be.revertedWithCustomError(w.allocationManager, "NotSlashable")
        .withArgs(w.rival.address, w.set, 0n);
    });

    it("belongs to the registration that is in force", async () => {
      const w = await loadFixture(allocated);
      await w.alloc.deregisterFromOperatorSet(w.operator, w.set);
      const until = (await now()) + w.exitDelay;
      await at(until - 1n);
      expect((await proposeAndRead(w, w.set, bps(100n))).epoch).to.equal(1n);
      await at(until);
      await w.alloc.registerForOperatorSet(w.set, "0x");
      await act(w, w.alloc.settle(w.operator, w.asset, [w.set]));
      await act(w, w.alloc.allocate(w.set, w.asset, bps(1000n)));
      await waitUntil((await now()) + w.notice);
      const record = await proposeAndRead(w, w.set, WAD);
      expect(record.epoch).to.equal(2n);
      // What the first registration's lien holds (0.4 %) adds nothing: 10 % of 1,000 units.
      expect(record.cuts).to.deep.equal([await cutOf(w, bps(1000n), wad(100n))]);
    });
  });
});
