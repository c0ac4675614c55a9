import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { cutOf, proposeAndRead, Status } from "../../helpers/slash";
import { NO_APPROVAL } from "../../helpers/signatures";
import { Behaviour } from "../../helpers/tokens";
import { bps, days, WAD, wad } from "../../helpers/units";
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
} from "../../helpers/world";

/** A set with 40 % of the pool, half of it leaving, 100 units of alice queued, and a proposal of 25 %. */
async function proposed() {
  const w = await loadFixture(deployWorld);
  const alloc = w.allocationManager.connect(w.operator);
  const set = await createJoinedSet(w);
  await allocateActive(w, [[set, bps(4000n)]]);
  await act(w, alloc.deallocate(set, w.asset, bps(2000n)));
  const leavingAt = (await now()) + w.exitDelay;
  const maturity = await queue(w, w.alice, wad(100n));
  return { ...w, set, alloc, leavingAt, maturity, record: await proposeAndRead(w, set, bps(2500n)) };
}

describe("Slasher", () => {
  describe("finalise", () => {
    it("is open to anyone from the deadline on, and to nobody before", async () => {
      const w = await loadFixture(proposed);
      for (const actor of [w.judge, w.resolver, w.stranger]) {
        await at(w.record.deadline - (actor === w.judge ? 3n : actor === w.resolver ? 2n : 1n));
        await expect(w.slasher.connect(actor).finalise(w.record))
          .to.be.revertedWithCustomError(w.slasher, "VetoWindowOpen")
          .withArgs(1n, w.record.deadline);
      }
      await at(w.record.deadline);
      const tx = await act(w, w.slasher.connect(w.stranger).finalise(w.record));
      await expectEvents(w.slasher, tx, [["SlashFinalised", [1n, w.set, w.operator]]]);
      const { status, endedAt } = await w.slasher.slashState(1n);
      expect([status, endedAt]).to.deep.equal([BigInt(Status.Finalised), w.record.deadline]);
    });

    it("works however late", async () => {
      const w = await loadFixture(proposed);
      await at(w.record.deadline + days(3_650n));
      await act(w, w.slasher.finalise(w.record));
      expect((await w.stakeManager.pool(w.operator, w.asset)).factor).to.equal(bps(9000n));
    });

    it("lowers factor and liens alike; no rate, no part and not free moves", async () => {
      const w = await loadFixture(proposed);
      const before = await partsOf(w, w.set);
      // 10 % are held, half of it from what is leaving.
      expect(before).to.deep.equal(
        parts({ active: bps(1500n), leaving: bps(1500n), held: bps(1000n), pendingAt: w.leavingAt }),
      );
      const { rate } = await w.stakeManager.bucket(w.operator, w.asset, w.maturity);
      expect(rate).to.equal(bps(9000n));
      await at(w.record.deadline);
      const tx = await act(w, w.slasher.finalise(w.record));
      await expectEvents(w.allocationManager, tx, []);
      expect(await partsOf(w, w.set)).to.deep.equal({ ...before, held: 0n });
      expect(await freeOf(w)).to.equal(bps(6000n));
      const { factor, liened } = await w.stakeManager.pool(w.operator, w.asset);
      expect([factor, liened]).to.deep.equal([bps(9000n), 0n]);
      expect((await w.stakeManager.bucket(w.operator, w.asset, w.maturity)).rate).to.equal(bps(9000n));
    });

    it("gives the amount of the record to its recipient, whatever was queued and completed since", async () => {
      const w = await loadFixture(proposed);
      expect(w.record.cuts[0]?.assets).to.equal(wad(100n));
      await queue(w, w.bob, wad(400n));
      await at(w.record.deadline);
      await act(w, w.slasher.finalise(w.record));
      expect(await w.stakeManager.proceeds(w.recipient, w.asset)).to.equal(wad(100n));
      await w.stakeManager.connect(w.recipient).withdrawProceeds(w.asset, w.recipient);
      expect(await w.asset.balanceOf(w.recipient)).to.equal(wad(100n));
    });

    it("adds proceeds up, and burns those of a set without recipient", async () => {
      const w = await loadFixture(deployWorld);
      const sets = [
        await createJoinedSet(w, { id: 1n }),
        await createJoinedSet(w, { id: 2n }),
        await createJoinedSet(w, { id: 3n, recipient: ZeroAddress }),
      ];
      await allocateActive(
        w,
        sets.map((set) => [set, bps(1000n)] as const),
      );
      for (const set of sets) {
        const record = await proposeAndRead(w, set, bps(5000n));
        await at(record.deadline);
        await act(w, w.slasher.finalise(record));
      }
      expect(await w.stakeManager.proceeds(w.recipient, w.asset)).to.equal(wad(100n));
      expect(await w.stakeManager.proceeds(ZeroAddress, w.asset)).to.equal(wad(50n));
    });

    it("works when the registration has ended, and in another epoch, whose allocation it does not touch", async () => {
      const w = await loadFixture(deployWorld);
      const alloc = w.allocationManager.connect(w.operator);
      const set = await createJoinedSet(w);
      await allocateActive(w, [[set, bps(4000n)]]);
      await alloc.deregisterFromOperatorSet(w.operator, set);
      const until = (await now()) + w.exitDelay;
      await at(until - 2n);
      const [first, second] = [await proposeAndRead(w, set, bps(2500n)), await proposeAndRead(w, set, bps(2500n))];
      await at(first.deadline);
      await act(w, w.slasher.finalise(first));
      expect(await partsOf(w, set)).to.deep.equal(parts({ held: bps(1000n), until }));
      await alloc.registerForOperatorSet(set, "0x");
      await act(w, alloc.allocate(set, w.asset, bps(500n)));
      const pendingAt = (await now()) + w.notice;
      await act(w, w.slasher.finalise(second));
      expect(await partsOf(w, set)).to.deep.equal(parts({ joining: bps(500n), pendingAt }));
      // 20 % of the 40 % are lost, the rest was free before 5 % were given again.
      expect(await freeOf(w)).to.equal(bps(7500n));
    });

    it("makes liens final in any order", async () => {
      const w = await loadFixture(proposed);
      const second = await proposeAndRead(w, w.set, bps(5000n));
      // 50 % of (30 % + 10 % held).
      expect(second.cuts[0]?.magnitude).to.equal(bps(2000n));
      await at(second.deadline);
      await act(w, w.slasher.finalise(second));
      expect((await partsOf(w, w.set)).held).to.equal(bps(1000n));
      await act(w, w.slasher.finalise(w.record));
      expect((await partsOf(w, w.set)).held).to.equal(0n);
      expect((await w.stakeManager.pool(w.operator, w.asset)).factor).to.equal(bps(7000n));
    });

    it("makes every asset of the record final", async () => {
      const w = await loadFixture(deployWorld);
      const set = await createJoinedSet(w, { assets: [w.asset, w.second] });
      await stake(w, w.bob, wad(10n), { asset: w.second });
      await allocateActive(w, [[set, bps(4000n)]]);
      await allocateActive(w, [[set, bps(2000n)]], { asset: w.second });
      const record = await proposeAndRead(w, set, bps(2500n));
      expect(record.cuts).to.deep.equal([
        await cutOf(w, bps(1000n), wad(100n)),
        await cutOf(w, bps(500n), wad("0.5"), { asset: w.second }),
      ]);
      await at(record.deadline);
      await act(w, w.slasher.finalise(record));
      expect(await w.stakeManager.proceeds(w.recipient, w.asset)).to.equal(wad(100n));
      expect(await w.stakeManager.proceeds(w.recipient, w.second)).to.equal(wad("0.5"));
    });

    it("is not blocked by a token that reverts", async () => {
      const w = await loadFixture(deployWorld);
      const token = await ethers.deployContract("HostileToken", ["Hostile", "HOST", 18]);
      await w.stakeManager.connect(w.operator).openPool(token, ZeroAddress);
      await token.mint(w.alice, wad(10n));
      await token.connect(w.alice).approve(w.stakeManager, wad(10n));
      await w.stakeManager.connect(w.alice).deposit(w.operator, token, wad(10n), w.alice, 0n, NO_APPROVAL);
      const set = await createJoinedSet(w, { assets: [token] });
      await allocateActive(w, [[set, WAD]], { asset: token });
      await token.setBehaviour(Behaviour.Reverts, 0n);
      const record = await proposeAndRead(w, set, bps(2500n));
      await at(record.deadline);
      await act(w, w.slasher.finalise(record));
      expect(await w.stakeManager.proceeds(w.recipient, token)).to.equal(wad("2.5"));
    });

    it("ends a slash once", async () => {
      const w = await loadFixture(proposed);
      await at(w.record.deadline);
      await act(w, w.slasher.finalise(w.record));
      await expect(w.slasher.finalise(w.record))
        .to.be.revertedWithCustomError(w.slasher, "SlashNotOpen")
        .withArgs(1n, Status.Finalised);
      expect(await w.stakeManager.proceeds(w.recipient, w.asset)).to.equal(wad(100n));
    });
  });
});
