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
  queue,
  stake,
  waitUntil,
  type World,
} from "../../helpers/world";

/** A set with 40 % of the pool of 1,000 units, and 30 % that join another one. */
async function allocated() {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w);
  const other = await createJoinedSet(w, { avs: w.otherAvs });
  await allocateActive(w, [[set, bps(4000n)]]);
  await act(w, w.allocationManager.connect(w.operator).allocate(other, w.asset, bps(3000n)));
  return { ...w, set, other };
}

/** The risk of the operator's pool of `asset`. */
async function riskOf(w: World) {
  const [risk] = await w.slasher.poolRisks(w.asset, [w.operator]);
  if (risk === undefined) throw new Error("One pool was asked for.");
  const { shares, slashableShares, factor, liened, free, worstCase, worstCaseAssets } = risk;
  return { shares, slashableShares, factor, liened, free, worstCase, worstCaseAssets };
}

describe("Slasher", () => {
  describe("poolRisks", () => {
    it("shows the worst case of each pool: factor − free, with what joins", async () => {
      const w = await loadFixture(allocated);
      const untouched = [0n, 0n, WAD, 0n, WAD, 0n, 0n];
      expect(await w.slasher.poolRisks(w.asset, [w.rival, w.operator])).to.deep.equal([
        untouched,
        [wad(1_000n), wad(1_000n), WAD, 0n, bps(3000n), bps(7000n), wad(700n)],
      ]);
      expect(await w.slasher.poolRisks(w.second, [w.operator])).to.deep.equal([untouched]);
      expect(await w.slasher.poolRisks(w.asset, [])).to.deep.equal([]);
    });

    it("counts open liens in the worst case, and what is final no more", async () => {
      const w = await loadFixture(allocated);
      const record = await proposeAndRead(w, w.set, bps(5000n));
      const shares = { shares: wad(1_000n), slashableShares: wad(1_000n), free: bps(3000n) };
      const held = { factor: WAD, liened: bps(2000n), worstCase: bps(7000n), worstCaseAssets: wad(700n) };
      expect(await riskOf(w)).to.deep.equal({ ...shares, ...held });
      await at(record.deadline);
      await act(w, w.slasher.finalise(record));
      const lost = { factor: bps(8000n), liened: 0n, worstCase: bps(5000n), worstCaseAssets: wad(500n) };
      expect(await riskOf(w)).to.deep.equal({ ...shares, ...lost });
    });

    it("counts queued shares until they mature", async () => {
      const w = await loadFixture(allocated);
      const maturity = await queue(w, w.alice, wad(600n));
      await waitUntil(maturity - 1n);
      const queued = await riskOf(w);
      expect([queued.shares, queued.slashableShares]).to.deep.equal([wad(400n), wad(1_000n)]);
      expect(queued.worstCaseAssets).to.equal(wad(700n));
      await waitUntil(maturity);
      const matured = await riskOf(w);
      expect([matured.slashableShares, matured.worstCaseAssets]).to.deep.equal([wad(400n), wad(280n)]);
    });

    it("takes free as booked: what time has freed counts once it is settled", async () => {
      const w = await loadFixture(allocated);
      await act(w, w.allocationManager.connect(w.operator).deallocate(w.set, w.asset, bps(4000n)));
      await waitUntil((await now()) + w.exitDelay);
      expect((await riskOf(w)).worstCase).to.equal(bps(7000n));
      await act(w, w.allocationManager.settle(w.operator, w.asset, [w.set]));
      expect((await riskOf(w)).worstCase).to.equal(bps(3000n));
    });

    it("rounds the worst case up", async () => {
      const w = await loadFixture(allocated);
      // 70 % of 1,000 · 10^18 + 1 are 700 · 10^18 + 0.7.
      await stake(w, w.bob, 1n);
      expect((await riskOf(w)).worstCaseAssets).to.equal(wad(700n) + 1n);
    });
  });
});
