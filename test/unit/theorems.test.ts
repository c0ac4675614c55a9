import { loadFixture, takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { ZeroAddress } from "ethers";
import { NO_APPROVAL } from "../helpers/signatures";
import { propose, proposeAndRead } from "../helpers/slash";
import { bps, WAD, wad } from "../helpers/units";
import {
  act,
  allocateActive,
  at,
  complete,
  createJoinedSet,
  deployWorld,
  expectBooks,
  freeOf,
  now,
  parts,
  partsOf,
  queue,
  stake,
  waitUntil,
  type World,
} from "../helpers/world";

/** A pool of 1,000 units: 600 of alice, 400 of bob. Half of it is given to a set, 30 % to one of another AVS. */
async function allocated() {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w, { maxSlash: bps(4000n) });
  const other = await createJoinedSet(w, { avs: w.otherAvs });
  await allocateActive(w, [
    [set, bps(5000n)],
    [other, bps(3000n)],
  ]);
  return { ...w, set, other, alloc: w.allocationManager.connect(w.operator) };
}

/** Securing and slashable stake of each set, in `asset`. */
async function stakesOf(w: World, sets: readonly string[]): Promise<[securing: bigint, slashable: bigint][]> {
  const found: [bigint, bigint][] = [];
  for (const set of sets) {
    const [, stakes] = await w.slasher.setStakes(set, [w.operator]);
    for (const { securing, slashable } of stakes[0] ?? []) found.push([securing, slashable]);
  }
  return found;
}

/** What an active position is worth, if every open lien is vetoed, and if none is. */
async function valueOf(w: World, staker: HardhatEthersSigner): Promise<[gross: bigint, net: bigint]> {
  const [value] = await w.stakeManager.positionValues(staker, w.asset, [w.operator]);
  if (value === undefined) throw new Error("One position was asked for.");
  return [value.gross, value.net];
}

async function deposit(w: World, staker: HardhatEthersSigner) {
  return await w.stakeManager.connect(staker).deposit(w.operator, w.asset, wad(1n), staker, 0n, NO_APPROVAL);
}

describe("theorems", () => {
  describe("isolation", () => {
    it("a slash changes nothing that another set can slash, and no other pool, at any step", async () => {
      const w = await loadFixture(allocated);
      await stake(w, w.bob, 333_333_333_333_333_337n);
      await stake(w, w.bob, wad(7n), { asset: w.second });
      const both = await createJoinedSet(w, { id: 2n, assets: [w.second] });
      await allocateActive(w, [[both, bps(9999n)]], { asset: w.second });
      const before = await stakesOf(w, [w.other, both]);
      // 30 % of 1,000.333… units, and 99.99 % of 7.
      expect(before).to.deep.equal([
        [300_100_000_000_000_000_001n, 300_100_000_000_000_000_001n],
        [wad("6.9993"), wad("6.9993")],
      ]);
      const first = await proposeAndRead(w, w.set, bps(1234n));
      expect(await stakesOf(w, [w.other, both])).to.deep.equal(before);
      const second = await proposeAndRead(w, w.set, bps(2766n));
      expect(await stakesOf(w, [w.other, both])).to.deep.equal(before);
      await act(w, w.slasher.connect(w.resolver).veto(first));
      expect(await stakesOf(w, [w.other, both])).to.deep.equal(before);
      await at(second.deadline);
      await act(w, w.slasher.finalise(second));
      expect(await stakesOf(w, [w.other, both])).to.deep.equal(before);
      // And the other set's slash takes just what it said.
      const third = await proposeAndRead(w, w.other, WAD);
      expect(third.cuts[0]?.assets).to.equal(300_100_000_000_000_000_001n);
    });
  });

  describe("no surprise", () => {
    /** What raises the worst case from NOTICE on; a delegator who reacts within three buckets is out by then. */
    const announcements: readonly [
      title: string,
      announce: (w: Awaited<ReturnType<typeof allocated>>) => Promise<unknown>,
    ][] = [
      ["a larger allocation", async (w) => await act(w, w.alloc.allocate(w.set, w.asset, bps(2000n)))],
      ["another slasher", async (w) => await w.alloc.connect(w.avs).scheduleSlasher(w.set, w.stranger)],
      ["another resolver", async (w) => await w.alloc.connect(w.avs).scheduleResolver(w.set, w.stranger)],
    ];
    for (const [title, announce] of announcements) {
      it(`${title} reaches nobody who queues within three buckets of its event`, async () => {
        const w = await loadFixture(allocated);
        await announce(w);
        const announcedAt = await now();
        await at(announcedAt + 3n * w.bucket);
        const maturity = await queue(w, w.alice, wad(600n));
        expect(maturity).to.be.at.most(announcedAt + w.notice);
        // The second in which it begins: bob, who stayed, is slashed by it; alice is not.
        await at(announcedAt + w.notice);
        const by = title === "another slasher" ? w.stranger : w.judge;
        const record = await proposeAndRead(w, w.set, bps(4000n), { by });
        // 40 % of what the set has: 50 %, or 70 % with the larger allocation; of bob's 400 units.
        const had = title === "a larger allocation" ? 7_000n : 5_000n;
        expect(record.cuts[0]?.assets).to.equal((wad(400n) * bps((had * 4n) / 10n)) / WAD);
        expect(await complete(w, w.alice, maturity)).to.equal(wad(600n));
      });
    }

    it("the same announcements change nothing a second before NOTICE has passed", async () => {
      const w = await loadFixture(allocated);
      for (const [, announce] of announcements) await announce(w);
      const announcedAt = (await now()) - 2n;
      await at(announcedAt + w.notice - 2n);
      await expect(propose(w, w.set, bps(4000n), { by: w.stranger }))
        .to.be.revertedWithCustomError(w.slasher, "NotSlasherOfSet")
        .withArgs(w.stranger.address, w.set, w.judge.address);
      await at(announcedAt + w.notice - 1n);
      const record = await proposeAndRead(w, w.set, bps(4000n));
      expect([record.slasher, record.resolver]).to.deep.equal([w.judge.address, w.resolver.address]);
      expect(record.cuts[0]?.magnitude).to.equal(bps(2000n));
    });
  });

  describe("known penalty", () => {
    it("a set takes at most twice maxSlash in any stretch of one period", async () => {
      const w = await loadFixture(allocated);
      // A period begins by one unit; the rest of the budget is used in its last second, all of the next in its first.
      const first = await proposeAndRead(w, w.set, 1n);
      const second = first.periodAt + w.exitDelay;
      await at(second - 1n);
      await propose(w, w.set, bps(4000n) - 1n);
      await at(second);
      await propose(w, w.set, bps(4000n));
      // The stretch [second − 1, second − 1 + period): 80 % less one unit are used, and no more is to be had.
      for (const moment of [second + 1n, second + w.exitDelay - 2n, second + w.exitDelay - 1n]) {
        await at(moment);
        await expect(propose(w, w.set, 1n))
          .to.be.revertedWithCustomError(w.allocationManager, "BudgetExceeded")
          .withArgs(1n, 0n, second + w.exitDelay);
      }
    });
  });

  describe("no escape", () => {
    it("what counted at the offence loses its full part, whatever stakers and the operator call", async () => {
      const w = await loadFixture(allocated);
      // The offence: 50 % of 1,000 units secure the set.
      const offence = await now();
      expect(await stakesOf(w, [w.set])).to.deep.equal([[wad(500n), wad(500n)]]);
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(2000n)));
      await act(w, w.alloc.deregisterFromOperatorSet(w.operator, w.set));
      const exits = [await queue(w, w.alice, wad(600n)), await queue(w, w.bob, wad(400n))];
      await w.stakeManager.connect(w.operator).closePool(w.asset);
      expect(await stakesOf(w, [w.set])).to.deep.equal([[0n, wad(500n)]]);
      // A second less than EXIT_DELAY later: 40 % of the 50 % are 200 of the 1,000 units.
      await at(offence + w.exitDelay - 1n);
      const record = await proposeAndRead(w, w.set, bps(4000n));
      await expectBooks(w);
      expect(record.cuts[0]?.assets).to.equal(wad(200n));
      await at(record.deadline);
      await act(w, w.slasher.finalise(record));
      // Everybody gets 80 %.
      expect(await complete(w, w.alice, exits[0] ?? 0n)).to.equal(wad(480n));
      expect(await complete(w, w.bob, exits[1] ?? 0n)).to.equal(wad(320n));
      expect(await w.stakeManager.proceeds(w.recipient, w.asset)).to.equal(wad(200n));
    });

    it("the operator cannot come back before its end to erase what can be slashed", async () => {
      const w = await loadFixture(allocated);
      await w.alloc.deregisterFromOperatorSet(w.operator, w.set);
      const until = (await now()) + w.exitDelay;
      await at(until - 2n);
      await expect(w.alloc.registerForOperatorSet(w.set, "0x"))
        .to.be.revertedWithCustomError(w.allocationManager, "AlreadyRegistered")
        .withArgs(w.operator.address, w.set, until);
      await at(until - 1n);
      expect((await proposeAndRead(w, w.set, bps(4000n))).cuts[0]?.assets).to.equal(wad(200n));
    });

    it("a frivolous proposal shields nobody: the next one adds to it", async () => {
      const w = await loadFixture(allocated);
      // 1 % of 50 % are frivolous; 39 % of (49.5 % + 0.5 % held) are not: 195 units, as without it.
      const frivolous = await proposeAndRead(w, w.set, bps(100n));
      const real = await proposeAndRead(w, w.set, bps(3900n));
      expect(frivolous.cuts[0]?.assets).to.equal(wad(5n));
      expect(real.cuts[0]?.assets).to.equal(wad(195n));
    });

    it("a frivolous proposal of everything is in the way for one veto window at most", async () => {
      const w = await loadFixture(allocated);
      const offence = await now();
      await act(w, w.alloc.deregisterFromOperatorSet(w.operator, w.set));
      const maturity = await queue(w, w.alice, wad(600n));
      const window = w.exitDelay / 4n;
      await at(offence + w.exitDelay - window - 2n);
      const frivolous = await proposeAndRead(w, w.set, bps(4000n));
      await expect(propose(w, w.set, bps(4000n)))
        .to.be.revertedWithCustomError(w.allocationManager, "BudgetExceeded")
        .withArgs(bps(4000n), 0n, frivolous.periodAt + w.exitDelay);
      await at(frivolous.deadline - 1n);
      await act(w, w.slasher.connect(w.resolver).veto(frivolous));
      const real = await proposeAndRead(w, w.set, bps(4000n));
      expect(real.proposedAt).to.be.lessThan(offence + w.exitDelay);
      expect(real.cuts[0]?.assets).to.equal(wad(200n));
      await at(real.deadline);
      await act(w, w.slasher.finalise(real));
      expect(await complete(w, w.alice, maturity)).to.equal(wad(480n));
    });
  });

  describe("pro rata", () => {
    it("everyone in the pool loses the same fraction, active or queued; who has matured loses nothing", async () => {
      const w = await loadFixture(allocated);
      const matured = await queue(w, w.alice, wad(100n));
      await waitUntil(matured);
      const early = await queue(w, w.alice, 333n);
      await waitUntil((await now()) + w.bucket);
      const late = await queue(w, w.bob, wad(150n));
      // 40 % of 50 % = 20 % of 900 units.
      const record = await proposeAndRead(w, w.set, bps(4000n));
      expect(record.cuts[0]?.assets).to.equal(wad(180n));
      expect(await valueOf(w, w.alice)).to.deep.equal([wad(500n) - 333n, wad(400n) - 267n]);
      expect(await valueOf(w, w.bob)).to.deep.equal([wad(250n), wad(200n)]);
      await at(record.deadline);
      await act(w, w.slasher.finalise(record));
      await waitUntil(late);
      expect(await complete(w, w.alice, matured)).to.equal(wad(100n));
      // 80 % of 333 wei, rounded down.
      expect(await complete(w, w.alice, early)).to.equal(266n);
      expect(await complete(w, w.bob, late)).to.equal(wad(120n));
      expect(await valueOf(w, w.bob)).to.deep.equal([wad(200n), wad(200n)]);
    });
  });

  describe("veto", () => {
    it("afterwards everyone is where they would have been, to the wei", async () => {
      const w = await loadFixture(allocated);
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(1000n)));
      const leavingAt = (await now()) + w.exitDelay;
      const first = await queue(w, w.alice, 1_234_567_890_123_456_789n);
      await at(first - w.bucket);
      const second = await queue(w, w.bob, 987_654_321n);
      const before = [await partsOf(w, w.set), await freeOf(w), await stakesOf(w, [w.set, w.other])];
      const values = [await valueOf(w, w.alice), await valueOf(w, w.bob)];
      const record = await proposeAndRead(w, w.set, bps(3333n));
      // Alice's withdrawal matures meanwhile: 16.665 % of it wait for the veto.
      await waitUntil(first);
      const paid = await complete(w, w.alice, first);
      expect(paid).to.equal((1_234_567_890_123_456_789n * (WAD - bps(5000n * 3333n) / 10_000n)) / WAD);
      const third = await queue(w, w.bob, 11n);
      await at(record.deadline - 1n);
      await act(w, w.slasher.connect(w.judge).veto(record));
      expect(paid + (await complete(w, w.alice, first))).to.equal(1_234_567_890_123_456_789n);
      await waitUntil(third);
      expect(await complete(w, w.bob, second)).to.equal(987_654_321n);
      expect(await complete(w, w.bob, third)).to.equal(11n);
      expect(await valueOf(w, w.alice)).to.deep.equal(values[0]);
      const bob = values[1]?.[0] ?? 0n;
      expect(await valueOf(w, w.bob)).to.deep.equal([bob - 11n, bob - 11n]);
      // What was leaving has left by now, as it would have.
      expect(before[0]).to.deep.equal(parts({ active: bps(4000n), leaving: bps(1000n), pendingAt: leavingAt }));
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(4000n) }));
      await act(w, w.alloc.settle(w.operator, w.asset, [w.set]));
      expect(await freeOf(w)).to.equal(bps(3000n));
    });
  });

  describe("commuting", () => {
    it("slashes of different sets commute", async () => {
      const w = await loadFixture(allocated);
      const maturity = await queue(w, w.bob, 123_456_789n);
      const start = await takeSnapshot();
      const outcomes: unknown[] = [];
      for (const order of [
        [w.set, w.other],
        [w.other, w.set],
      ] as const) {
        await start.restore();
        for (const set of order) {
          const record = await proposeAndRead(w, set, set === w.set ? bps(3333n) : bps(7777n));
          await at(record.deadline);
          await act(w, w.slasher.finalise(record));
        }
        const { factor, liened } = await w.stakeManager.pool(w.operator, w.asset);
        const sets = [await partsOf(w, w.set), await partsOf(w, w.other), await freeOf(w)];
        const values = [await valueOf(w, w.alice), await valueOf(w, w.bob)];
        const proceeds = await w.stakeManager.proceeds(w.recipient, w.asset);
        await waitUntil(maturity);
        outcomes.push([factor, liened, sets, values, proceeds, await complete(w, w.bob, maturity)]);
      }
      expect(outcomes[0]).to.deep.equal(outcomes[1]);
      // 50 % · 33.33 % + 30 % · 77.77 % = 39.996 %.
      expect((await w.stakeManager.pool(w.operator, w.asset)).factor).to.equal(WAD - bps(39_996n) / 10n);
    });

    it("one that is proposed before and made final after another takes the same", async () => {
      const w = await loadFixture(allocated);
      const first = await proposeAndRead(w, w.set, bps(4000n));
      const second = await proposeAndRead(w, w.other, bps(5000n));
      await at(second.deadline);
      await act(w, w.slasher.finalise(second));
      await act(w, w.slasher.finalise(first));
      // 20 % and 15 % of 1,000 units.
      expect([first.cuts[0]?.assets, second.cuts[0]?.assets]).to.deep.equal([wad(200n), wad(150n)]);
      expect(await w.stakeManager.proceeds(w.recipient, w.asset)).to.equal(wad(350n));
      expect(await valueOf(w, w.alice)).to.deep.equal([wad(390n), wad(390n)]);
    });
  });

  describe("after a 100 % slash", () => {
    /** The whole pool is lost: alice has 100 units queued, bob 50 units in the other asset. */
    async function wiped() {
      const w = await loadFixture(deployWorld);
      const set = await createJoinedSet(w);
      await stake(w, w.bob, wad(50n), { asset: w.second });
      await allocateActive(w, [[set, WAD]]);
      const queued = await queue(w, w.alice, wad(100n));
      const record = await proposeAndRead(w, set, WAD);
      await at(record.deadline);
      await act(w, w.slasher.finalise(record));
      return { ...w, set, queued };
    }

    it("every exit works, and pays 0 from that pool", async () => {
      const w = await loadFixture(wiped);
      expect((await w.stakeManager.pool(w.operator, w.asset)).factor).to.equal(0n);
      const later = await queue(w, w.bob, wad(400n));
      const again = await queue(w, w.alice, wad(500n));
      await w.stakeManager.connect(w.alice).cancelWithdrawal(w.alice, w.operator, w.asset, again, wad(1n), NO_APPROVAL);
      await waitUntil(later);
      expect(await complete(w, w.alice, w.queued)).to.equal(0n);
      expect(await complete(w, w.alice, again)).to.equal(0n);
      const keys = [{ operator: w.operator, maturity: later }];
      await w.stakeManager.connect(w.bob).completeWithdrawalsAsUndelegated(w.bob, w.asset, keys);
      expect(await w.stakeManager.undelegated(w.bob, w.asset)).to.equal(0n);
    });

    it("another pool of the operator pays in full", async () => {
      const w = await loadFixture(wiped);
      const maturity = await queue(w, w.bob, wad(50n), { asset: w.second });
      await waitUntil(maturity);
      expect(await complete(w, w.bob, maturity, { asset: w.second })).to.equal(wad(50n));
    });

    it("the operator leaves its sets, takes no stake there, and starts again under a new address", async () => {
      const w = await loadFixture(wiped);
      await act(w, w.allocationManager.connect(w.operator).deregisterFromOperatorSet(w.operator, w.set));
      await w.asset.mint(w.bob, wad(2n));
      await expect(deposit(w, w.bob))
        .to.be.revertedWithCustomError(w.stakeManager, "FactorTooLow")
        .withArgs(0n, 10n ** 9n);
      await w.stakeManager.connect(w.stranger).registerOperator("");
      await w.stakeManager.connect(w.stranger).openPool(w.asset, ZeroAddress);
      await w.allocationManager.connect(w.stranger).registerForOperatorSet(w.set, "0x");
      await stake(w, w.bob, wad(2n), { operator: w.stranger });
      await allocateActive(w, [[w.set, WAD]], { operator: w.stranger });
      const [, stakes] = await w.slasher.setStakes(w.set, [w.operator, w.stranger]);
      expect(stakes.map(([first]) => first?.securing)).to.deep.equal([0n, wad(2n)]);
    });
  });

  describe("bounded grief", () => {
    it("entry is closed at most EXIT_DELAY + vetoWindow after the operator decides to leave; exits never are", async () => {
      const w = await loadFixture(deployWorld);
      // A hostile set: as many small liens as it likes, each as long as can be.
      const window = w.exitDelay / 2n;
      const set = await createJoinedSet(w, { vetoWindow: window, period: w.bucket });
      await allocateActive(w, [[set, WAD]]);
      await w.asset.mint(w.alice, wad(10n));
      let record = await proposeAndRead(w, set, 1n);
      await act(w, w.allocationManager.connect(w.operator).deregisterFromOperatorSet(w.operator, set));
      const decidedAt = await now();
      const until = decidedAt + w.exitDelay;
      const exits: bigint[] = [];
      for (const moment of [decidedAt + window - 2n, until - 1n]) {
        await at(moment);
        const next = await proposeAndRead(w, set, 1n);
        await waitUntil(record.deadline);
        await act(w, w.slasher.finalise(record));
        record = next;
        await expect(deposit(w, w.alice))
          .to.be.revertedWithCustomError(w.stakeManager, "PoolLiened")
          .withArgs(w.operator.address, w.asset, record.cuts[0]?.magnitude);
        exits.push(await queue(w, w.alice, wad(1n)));
      }
      // No other lien can be opened, and the last one ends by its deadline at the latest, by anybody's hand.
      await expect(propose(w, set, 1n))
        .to.be.revertedWithCustomError(w.allocationManager, "NotSlashable")
        .withArgs(w.operator.address, set, until);
      expect(record.deadline).to.equal(decidedAt + w.exitDelay + window - 1n);
      await at(record.deadline);
      await act(w, w.slasher.connect(w.stranger).finalise(record));
      await deposit(w, w.alice);
      expect(await now()).to.equal(decidedAt + w.exitDelay + window);
      for (const exit of exits) {
        await waitUntil(exit);
        // Three units of magnitude were lost at most: each of 1 · 10^18 shares lost as many wei, and rounding.
        expect(await complete(w, w.alice, exit)).to.be.greaterThanOrEqual(wad(1n) - 3n);
      }
    });

    it("a withdrawal completes on time while a lien is open; only the contested part waits", async () => {
      const w = await loadFixture(allocated);
      const maturity = await queue(w, w.alice, wad(100n));
      await at(maturity - 1n);
      // 40 % of 50 % of each share are contested.
      const record = await proposeAndRead(w, w.set, bps(4000n));
      await waitUntil(maturity);
      expect(await complete(w, w.alice, maturity)).to.equal(wad(80n));
      await act(w, w.slasher.connect(w.resolver).veto(record));
      expect(await complete(w, w.alice, maturity)).to.equal(wad(20n));
    });
  });
});
