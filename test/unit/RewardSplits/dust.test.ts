import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { announce, deployRewardToken, deployRewardWorld, fundAll, type RewardWorld } from "../../helpers/rewards";
import { propose } from "../../helpers/slash";
import { wad } from "../../helpers/units";
import { allocateActive, createJoinedSet, stake } from "../../helpers/world";

/** The world with a set that both operators have joined, the rival with a stake of a few units. */
async function dusty(units: bigint): Promise<RewardWorld & { joint: string }> {
  const w = await loadFixture(deployRewardWorld);
  await stake(w, w.alice, units, { operator: w.rival });
  const joint = await createJoinedSet(w, { id: 9n, assets: [w.asset], vetoWindow: 0n });
  await w.allocationManager.connect(w.rival).registerForOperatorSet(joint, "0x");
  for (const operator of [w.operator, w.rival]) await allocateActive(w, [[joint, wad("0.5")]], { operator });
  return { ...w, joint };
}

describe("RewardSplits", () => {
  describe("when an operator has next to no stake", () => {
    for (const kind of ["splitBySecuring", "splitByStake"] as const) {
      it(`${kind} gives it a part, which is too small to fund: without that operator, the rest can be funded`, async () => {
        const w = await dusty(1_000n);
        const token = await deployRewardToken(w, 18);
        for (const operator of [w.operator, w.rival]) await announce(w, { operator, token });
        const split = async (...operators: (typeof w.operator)[]) => {
          const entries = await w.rewardSplits[kind](w.joint, operators, [wad(1_000n)]);
          return entries.map(({ operator, asset, amount }) => ({ operator, asset, amount }));
        };
        const entries = await split(w.operator, w.rival);
        const [, part] = entries.map(({ amount }) => amount);
        expect(part).to.be.within(1n, 1_000n);
        await expect(fundAll(w, entries, { set: w.joint, token }))
          .to.be.revertedWithCustomError(w.rewards, "RewardTooSmall")
          .withArgs(w.rival, w.asset, part);
        const tx = fundAll(w, await split(w.operator), { set: w.joint, token });
        await expect(tx).to.changeTokenBalance(token, w.rewards, wad(1_000n));
      });
    }

    it("rounds its stake down to units of the asset", async () => {
      const w = await dusty(3n);
      const other = await createJoinedSet(w, { id: 10n, operator: w.rival, vetoWindow: 0n });
      await allocateActive(w, [[other, wad("0.5")]], { operator: w.rival });
      await propose(w, other, wad(1n), { operator: w.rival });
      const { shares: staked } = await w.stakeManager.pool(w.operator, w.asset);
      // Of a unit and a half, one counts.
      const entries = await w.rewardSplits.splitByStake(w.joint, [w.operator, w.rival], [staked + 1n]);
      expect(entries.map(({ amount }) => amount)).to.deep.equal([staked, 1n]);
    });
  });
});
