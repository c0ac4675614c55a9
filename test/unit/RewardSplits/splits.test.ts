import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroHash } from "ethers";
import { fundAll, deployRewardWorld, announce, type RewardWorld } from "../../helpers/rewards";
import { propose } from "../../helpers/slash";
import { wad } from "../../helpers/units";
import { allocateActive, createJoinedSet, queue, stake } from "../../helpers/world";

/** A set of two assets, with both operators: 1000 and 10 of the first asset, 100 and 300 of the second one. */
async function twoOperators(): Promise<RewardWorld & { joint: string }> {
  const w = await loadFixture(deployRewardWorld);
  await stake(w, w.alice, wad(10n), { operator: w.rival });
  await stake(w, w.alice, wad(100n), { asset: w.second });
  await stake(w, w.bob, wad(300n), { operator: w.rival, asset: w.second });
  const joint = await createJoinedSet(w, { id: 9n, assets: [w.asset, w.second], vetoWindow: 0n });
  await w.allocationManager.connect(w.rival).registerForOperatorSet(joint, "0x");
  for (const operator of [w.operator, w.rival]) {
    for (const asset of [w.asset, w.second]) await allocateActive(w, [[joint, wad("0.5")]], { operator, asset });
  }
  return { ...w, joint };
}

type Split = "splitBySecuring" | "splitByStake";

async function split(w: RewardWorld & { joint: string }, kind: Split, amounts: readonly bigint[]) {
  const entries = await w.rewardSplits[kind](w.joint, [w.operator, w.rival], [...amounts]);
  return entries.map(({ operator, asset, amount }) => ({ operator, asset, amount }));
}

describe("RewardSplits", () => {
  it("reads the core that it was made for", async () => {
    const w = await loadFixture(deployRewardWorld);
    expect(await w.rewardSplits.SLASHER()).to.equal(await w.slasher.getAddress());
  });

  for (const kind of ["splitBySecuring", "splitByStake"] as const) {
    describe(kind, () => {
      it("splits each asset's amount over the operators, in the order of the assets", async () => {
        const w = await twoOperators();
        const [asset, second] = [await w.asset.getAddress(), await w.second.getAddress()];
        expect(await split(w, kind, [1_010n, 400n])).to.deep.equal([
          { operator: w.operator.address, asset, amount: 1_000n },
          { operator: w.rival.address, asset, amount: 10n },
          { operator: w.operator.address, asset: second, amount: 100n },
          { operator: w.rival.address, asset: second, amount: 300n },
        ]);
      });

      it("sums to the amounts exactly, and leaves out parts of 0", async () => {
        const w = await twoOperators();
        for (const amounts of [
          [1n, 0n],
          [0n, 1n],
          [7n, 11n],
          [2n ** 120n - 1n, 3n],
        ]) {
          const entries = await split(w, kind, amounts);
          expect(entries.every(({ amount }) => amount > 0n)).to.equal(true);
          for (const [i, asset] of [w.asset, w.second].entries()) {
            const address = await asset.getAddress();
            const parts = entries.filter((entry) => entry.asset === address);
            expect(parts.reduce((sum, { amount }) => sum + amount, 0n)).to.equal(amounts[i]);
          }
        }
      });

      it("leaves out an operator without stake, and refuses when nobody has any", async () => {
        const w = await twoOperators();
        await queue(w, w.alice, wad(10n), { operator: w.rival });
        expect(await split(w, kind, [10n, 0n])).to.deep.equal([
          { operator: w.operator.address, asset: await w.asset.getAddress(), amount: 10n },
        ]);
        await expect(w.rewardSplits[kind](w.joint, [], [1n, 0n]))
          .to.be.revertedWithCustomError(w.rewardSplits, "NothingStaked")
          .withArgs(w.asset);
        for (const operators of [[], [w.rival]]) {
          expect(await w.rewardSplits[kind](w.joint, operators, [0n, 0n])).to.deep.equal([]);
        }
      });

      it("refuses other than one amount for each asset, and a set that does not exist", async () => {
        const w = await twoOperators();
        for (const amounts of [[1n], [1n, 2n, 3n]]) {
          await expect(w.rewardSplits[kind](w.joint, [w.operator], amounts))
            .to.be.revertedWithCustomError(w.rewardSplits, "LengthMismatch")
            .withArgs(amounts.length, 2n);
        }
        await expect(w.rewardSplits[kind](ZeroHash, [w.operator], [1n]))
          .to.be.revertedWithCustomError(w.allocationManager, "OperatorSetUnknown")
          .withArgs(ZeroHash);
      });

      it("can be funded as it is", async () => {
        const w = await twoOperators();
        await announce(w, { operator: w.rival });
        const entries = await split(w, kind, [1_010n * 10n ** 6n, 0n]);
        const tx = fundAll(w, entries, { set: w.joint });
        await expect(tx).to.changeTokenBalance(w.token, w.rewards, 1_010n * 10n ** 6n);
      });
    });
  }

  it("tells what secures the set from what is staked", async () => {
    const w = await twoOperators();
    const asset = await w.asset.getAddress();
    // The operator allocates twice as much; then half of what the rival has is slashed by another set.
    await allocateActive(w, [[w.joint, wad("0.5")]]);
    expect(await split(w, "splitBySecuring", [2_010n, 0n])).to.deep.equal([
      { operator: w.operator.address, asset, amount: 2_000n },
      { operator: w.rival.address, asset, amount: 10n },
    ]);
    const other = await createJoinedSet(w, { id: 10n, operator: w.rival, vetoWindow: 0n });
    await allocateActive(w, [[other, wad("0.5")]], { operator: w.rival });
    await propose(w, other, wad(1n), { operator: w.rival });
    expect(await split(w, "splitBySecuring", [2_010n, 0n])).to.have.lengthOf(2);
    expect(await split(w, "splitByStake", [1_005n, 0n])).to.deep.equal([
      { operator: w.operator.address, asset, amount: 1_000n },
      { operator: w.rival.address, asset, amount: 5n },
    ]);
  });
});
