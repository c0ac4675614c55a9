import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { NO_APPROVAL } from "../helpers/signatures";
import { proposeAndRead } from "../helpers/slash";
import { maturityAt } from "../helpers/stake";
import { MAX_SHARES, WAD } from "../helpers/units";
import { allocateActive, at, createJoinedSet, deployWorld, now, stake, waitUntil } from "../helpers/world";

/** What one bucket can count. */
const MAX_BUCKET_SHARES = 2n ** 128n - 1n;

/** A set of an honest asset and of one whose balances can be made to fall, whose bucket is as full as it can be. */
async function deployFullBucket() {
  const w = await loadFixture(deployWorld);
  const falling = await ethers.deployContract("HostileToken", ["Falling", "FALL", 18]);
  const assets = [await w.asset.getAddress(), await falling.getAddress()];
  assets.sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  await w.stakeManager.connect(w.operator).openPool(falling, ZeroAddress);
  const set = await createJoinedSet(w, { assets });
  await allocateActive(w, [[set, WAD]]);
  await allocateActive(w, [[set, WAD]], { asset: falling });
  await falling.connect(w.stranger).approve(w.stakeManager, MaxUint256);
  await waitUntil(((await now()) / w.bucket + 1n) * w.bucket);
  const fill = async (shares: bigint): Promise<void> => {
    await falling.mint(w.stranger, shares);
    await w.stakeManager.connect(w.stranger).deposit(w.operator, falling, shares, w.stranger, 0n, NO_APPROVAL);
    await w.stakeManager
      .connect(w.stranger)
      .queueWithdrawals(w.stranger, falling, [{ operator: w.operator, shares }], w.stranger);
    await falling.shrink(w.stakeManager, shares);
  };
  for (let left = MAX_BUCKET_SHARES; left > 0n; left -= MAX_SHARES) await fill(left < MAX_SHARES ? left : MAX_SHARES);
  return { ...w, set, falling, fill, maturity: maturityAt(await now()) };
}

describe("Attacks", () => {
  describe("Tokens: balances that fall by themselves", () => {
    it("cannot make a bucket's shares run over into its rate", async () => {
      const w = await deployFullBucket();
      const before = await w.stakeManager.bucket(w.operator, w.falling, w.maturity);
      expect([before.shares, before.rate]).to.deep.equal([MAX_BUCKET_SHARES, WAD]);
      await expect(w.fill(1n)).to.be.revertedWithPanic(0x01);
      expect(await w.stakeManager.bucket(w.operator, w.falling, w.maturity)).to.deep.equal(before);
    });

    it("cannot keep a slash of honest assets from its end", async () => {
      const w = await deployFullBucket();
      await stake(w, w.bob, 1n, { asset: w.asset });
      await waitUntil(w.maturity - w.bucket);
      const vetoed = await proposeAndRead(w, w.set, WAD / 4n);
      await w.slasher.connect(w.resolver).veto(vetoed);
      const final = await proposeAndRead(w, w.set, WAD / 4n);
      await at(final.deadline);
      await w.slasher.finalise(final);
      const { factor, liened } = await w.stakeManager.pool(w.operator, w.asset);
      expect([factor, liened]).to.deep.equal([(WAD * 3n) / 4n, 0n]);
    });
  });
});
