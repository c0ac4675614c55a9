import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { proposeAndRead } from "../../helpers/slash";
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

/** A set with 40 % of the pool of 1,000 units, and one of another AVS with 30 %. */
async function allocated() {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w, { assets: [w.asset, w.second] });
  const other = await createJoinedSet(w, { avs: w.otherAvs });
  await allocateActive(w, [
    [set, bps(4000n)],
    [other, bps(3000n)],
  ]);
  return { ...w, set, other, alloc: w.allocationManager.connect(w.operator) };
}

/** What secures the set, and what it can slash, of the operator's `asset`. */
async function stakeOf(w: Awaited<ReturnType<typeof allocated>>, set = w.set): Promise<[bigint, bigint]> {
  const [, stakes] = await w.slasher.setStakes(set, [w.operator]);
  const first = stakes[0]?.[0];
  if (first === undefined) throw new Error("The set has an asset, and one operator was asked for.");
  return [first.securing, first.slashable];
}

describe("Slasher", () => {
  describe("setStakes", () => {
    it("lists assets, and stakes operator by operator, asset by asset", async () => {
      const w = await loadFixture(allocated);
      await w.allocationManager.connect(w.rival).registerForOperatorSet(w.set, "0x");
      await stake(w, w.bob, wad(50n), { operator: w.rival, asset: w.second });
      await allocateActive(w, [[w.set, bps(1000n)]], { operator: w.rival, asset: w.second });
      const [assets, stakes] = await w.slasher.setStakes(w.set, [w.rival, w.operator]);
      expect(assets).to.deep.equal([await w.asset.getAddress(), await w.second.getAddress()]);
      const none = [0n, 0n, [0n, 0n, 0n, 0n, 0n, 0n]];
      expect(stakes).to.deep.equal([
        [none, [wad(5n), wad(5n), [bps(1000n), 0n, 0n, 0n, 0n, 0n]]],
        [[wad(400n), wad(400n), [bps(4000n), 0n, 0n, 0n, 0n, 0n]], none],
      ]);
    });

    it("lists nothing for no operator, and refuses unknown sets", async () => {
      const w = await loadFixture(allocated);
      const [assets, stakes] = await w.slasher.setStakes(w.set, []);
      expect([assets.length, stakes.length]).to.deep.equal([2, 0]);
      const unknown = await w.alloc.operatorSetKey(w.avs, 99n);
      await expect(w.slasher.setStakes(unknown, [w.operator]))
        .to.be.revertedWithCustomError(w.alloc, "OperatorSetUnknown")
        .withArgs(unknown);
    });

    it("shows the magnitudes behind, as they read now", async () => {
      const w = await loadFixture(allocated);
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(1000n)));
      await proposeAndRead(w, w.set, bps(2000n));
      const [, stakes] = await w.slasher.setStakes(w.set, [w.operator]);
      expect(stakes[0]?.[0]?.allocation).to.deep.equal(Object.values(await partsOf(w, w.set)));
    });

    it("counts what leaves as slashable, and what joins as neither", async () => {
      const w = await loadFixture(allocated);
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(1000n)));
      const leavingAt = (await now()) + w.exitDelay;
      expect(await stakeOf(w)).to.deep.equal([wad(300n), wad(400n)]);
      await waitUntil(leavingAt - 1n);
      expect(await stakeOf(w)).to.deep.equal([wad(300n), wad(400n)]);
      await waitUntil(leavingAt);
      expect(await stakeOf(w)).to.deep.equal([wad(300n), wad(300n)]);
      await act(w, w.alloc.allocate(w.set, w.asset, bps(2000n)));
      const joinsAt = (await now()) + w.notice;
      await waitUntil(joinsAt - 1n);
      expect(await stakeOf(w)).to.deep.equal([wad(300n), wad(300n)]);
      await waitUntil(joinsAt);
      expect(await stakeOf(w)).to.deep.equal([wad(500n), wad(500n)]);
    });

    it("counts queued shares as slashable until they mature", async () => {
      const w = await loadFixture(allocated);
      const maturity = await queue(w, w.alice, wad(600n));
      expect(await stakeOf(w)).to.deep.equal([wad(160n), wad(400n)]);
      await waitUntil(maturity - 1n);
      expect(await stakeOf(w)).to.deep.equal([wad(160n), wad(400n)]);
      await waitUntil(maturity);
      expect(await stakeOf(w)).to.deep.equal([wad(160n), wad(160n)]);
    });

    it("counts nothing as securing once the registration has ended, and nothing at all from its end on", async () => {
      const w = await loadFixture(allocated);
      await w.alloc.deregisterFromOperatorSet(w.operator, w.set);
      const until = (await now()) + w.exitDelay;
      expect(await stakeOf(w)).to.deep.equal([0n, wad(400n)]);
      await waitUntil(until - 1n);
      expect(await stakeOf(w)).to.deep.equal([0n, wad(400n)]);
      await waitUntil(until);
      expect(await stakeOf(w)).to.deep.equal([0n, 0n]);
    });

    it("counts what the set's own liens hold as neither", async () => {
      const w = await loadFixture(allocated);
      const record = await proposeAndRead(w, w.set, bps(2500n));
      expect(await stakeOf(w)).to.deep.equal([wad(300n), wad(300n)]);
      await at(record.deadline);
      await act(w, w.slasher.finalise(record));
      expect(await stakeOf(w)).to.deep.equal([wad(300n), wad(300n)]);
    });

    it("does not depend on what another set slashes, at any step", async () => {
      const w = await loadFixture(allocated);
      const record = await proposeAndRead(w, w.other, WAD);
      expect(await stakeOf(w)).to.deep.equal([wad(400n), wad(400n)]);
      await at(record.deadline);
      await act(w, w.slasher.finalise(record));
      expect(await stakeOf(w)).to.deep.equal([wad(400n), wad(400n)]);
      expect(await stakeOf(w, w.other)).to.deep.equal([0n, 0n]);
    });

    it("rounds down", async () => {
      const w = await loadFixture(allocated);
      // 40 % of 1,000 · 10^18 + 2 are 400 · 10^18 + 0.8.
      await stake(w, w.bob, 2n);
      expect(await stakeOf(w)).to.deep.equal([wad(400n), wad(400n)]);
      await stake(w, w.bob, 1n);
      expect(await stakeOf(w)).to.deep.equal([wad(400n) + 1n, wad(400n) + 1n]);
    });
  });
});
