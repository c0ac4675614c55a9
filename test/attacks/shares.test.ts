import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import { NO_APPROVAL } from "../helpers/signatures";
import { propose, proposeAndRead } from "../helpers/slash";
import { bps, WAD, wad } from "../helpers/units";
import {
  allocateActive,
  complete,
  createJoinedSet,
  deployWorld,
  now,
  queue,
  type SetOptions,
  stake,
  waitUntil,
  type World,
} from "../helpers/world";

/** A pool of 1,000 units, 600 of alice and 400 of bob, all of which a set slashes at once. */
async function slashable(options: SetOptions = {}) {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w, { vetoWindow: 0n, ...options });
  await allocateActive(w, [[set, WAD]]);
  return { ...w, set };
}

async function sharesOf(w: World, staker: HardhatEthersSigner, operator = w.operator): Promise<bigint> {
  return await w.stakeManager.sharesOf(operator, w.asset, staker);
}

/** What an active position is worth. */
async function valueOf(w: World, staker: HardhatEthersSigner): Promise<bigint> {
  const [value] = await w.stakeManager.positionValues(staker, w.asset, [w.operator]);
  if (value === undefined) throw new Error("One position was asked for.");
  return value.net;
}

describe("Attacks", () => {
  describe("Shares and rounding", () => {
    it("First-depositor donation (Kelp, Karak): what is donated changes nobody's shares", async () => {
      const w = await loadFixture(deployWorld);
      await stake(w, w.stranger, 1n, { operator: w.rival });
      await w.asset.mint(w.stakeManager, wad(100n));
      await stake(w, w.bob, wad(100n), { operator: w.rival });
      // A price from balanceOf: 0 shares, all of it the attacker's. Here 100.
      expect([await sharesOf(w, w.stranger, w.rival), await sharesOf(w, w.bob, w.rival)]).to.deep.equal([
        1n,
        wad(100n),
      ]);
    });

    it("Zero shares accepted (Kelp): the least deposit gives shares at every factor, and none is refused", async () => {
      const w = await slashable();
      await propose(w, w.set, WAD - 1_234_567_891n);
      await stake(w, w.stranger, 1n);
      // A price of ⌈…⌉ assets a share, or shares in assets: 0. Here ⌊10^18 / 1,234,567,891⌋.
      expect(await sharesOf(w, w.stranger)).to.equal(810_000_006n);
      await expect(w.stakeManager.connect(w.stranger).deposit(w.operator, w.asset, 0n, w.stranger, 0n, NO_APPROVAL))
        .to.be.revertedWithCustomError(w.stakeManager, "ZeroAssets")
        .withArgs();
    });

    it("Pay before price (Kelp): a deposit does not dilute itself", async () => {
      const w = await slashable();
      await propose(w, w.set, WAD / 2n);
      await stake(w, w.stranger, wad(100n));
      // The price of 600 units for 1,000 shares, after the transfer: 166.67 shares. Here 200.
      expect(await sharesOf(w, w.stranger)).to.equal(wad(200n));
      expect(await valueOf(w, w.stranger)).to.equal(wad(100n));
    });

    it("Rounding to underflow (Karak): odd shares leave in odd parts, to the last one, and never for more than they are worth", async () => {
      const w = await slashable();
      await stake(w, w.stranger, 7n);
      await propose(w, w.set, 333_333_333_333_333_333n);
      const stakers = [
        [w.stranger, 7n],
        [w.alice, wad(600n)],
        [w.bob, wad(400n)],
      ] as const;
      const paid: bigint[] = [];
      for (const [staker, shares] of stakers) {
        const first = await queue(w, staker, 3n);
        await waitUntil(first);
        const second = await queue(w, staker, shares - 3n);
        await waitUntil(second);
        paid.push(await complete(w, staker, first), await complete(w, staker, second));
      }
      // Subtracting the rounded view of all from the total of the pool: the last one reverts. Here ⌊shares · F⌋ each.
      expect(paid).to.deep.equal([2n, 2n, 2n, wad(400n) + 197n, 2n, 266_666_666_666_666_666_797n]);
      expect((await w.stakeManager.pool(w.operator, w.asset)).shares).to.equal(0n);
      const proceeds = await w.stakeManager.proceeds(w.recipient, w.asset);
      // Of rounding 3 wei stay behind.
      expect((await w.asset.balanceOf(w.stakeManager)) - proceeds).to.equal(3n);
    });

    it("A tiny slash burns nothing (EigenLayer): it takes its part, or is refused and uses no budget", async () => {
      const w = await slashable();
      // Rounded down to 0: nothing is taken, budget or offence are used up. Here one unit of magnitude.
      expect((await proposeAndRead(w, w.set, 1n)).cuts[0]?.assets).to.equal(1_000n);
      await stake(w, w.alice, 10n, { operator: w.rival });
      const { allocationManager, slasher } = w;
      await allocationManager.connect(w.rival).registerForOperatorSet(w.set, "0x");
      await allocateActive(w, [[w.set, WAD]], { operator: w.rival });
      await expect(propose(w, w.set, WAD / 10n - 1n, { operator: w.rival }))
        .to.be.revertedWithCustomError(slasher, "NothingToSlash")
        .withArgs(w.rival.address, w.set);
      expect(await allocationManager.slashBudget(w.rival, w.set)).to.deep.equal([WAD, 0n]);
    });

    it("A tiny factor wipes out (EigenLayer): the last unit of it is still worth what it says", async () => {
      const w = await slashable();
      await propose(w, w.set, WAD - 1n);
      expect((await w.stakeManager.pool(w.operator, w.asset)).factor).to.equal(1n);
      // Two factors, multiplied and rounded down: 0. Here 600 and 400 wei.
      expect([await valueOf(w, w.alice), await valueOf(w, w.bob)]).to.deep.equal([600n, 400n]);
    });

    it("Minimum-shares rule traps the last holder: all but a wei leave, and then the wei", async () => {
      const w = await loadFixture(deployWorld);
      await queue(w, w.bob, wad(400n));
      await queue(w, w.alice, wad(600n) - 1n);
      expect(await sharesOf(w, w.alice)).to.equal(1n);
      const maturity = await queue(w, w.alice, 1n);
      await waitUntil(maturity);
      // At least 1,000 shares must stay: the last queue reverts. Here everything is paid.
      expect(await complete(w, w.alice, maturity)).to.equal(wad(600n));
    });

    it("Share explosion after repeated great slashes (Symbiotic): four of 99 % leave a pool that takes stake and lets it go", async () => {
      const w = await slashable({ maxSlash: bps(9900n), period: 151_200n });
      for (let i = 0; i < 4; i++) {
        await waitUntil((await now()) + w.bucket);
        await propose(w, w.set, bps(9900n));
        await stake(w, w.stranger, wad(100n));
      }
      // Shares of the first deposit are worth 10^-8 of it; those of the last, 10^8 times as many, all of it.
      const value = wad(100n) + wad(1n) + wad("0.01") + wad("0.0001");
      // Virtual or 96-bit shares: bricked here. Here exact.
      expect(await valueOf(w, w.stranger)).to.equal(value);
      expect((await w.stakeManager.pool(w.operator, w.asset)).factor).to.equal(10n ** 10n);
      await waitUntil((await now()) + w.bucket);
      await propose(w, w.set, bps(9900n));
      // Below 10^9 entry ends, before shares could explode; exits do not.
      await expect(stake(w, w.stranger, wad(100n)))
        .to.be.revertedWithCustomError(w.stakeManager, "FactorTooLow")
        .withArgs(10n ** 8n, 10n ** 9n);
      const maturity = await queue(w, w.stranger, await sharesOf(w, w.stranger));
      await waitUntil(maturity);
      expect(await complete(w, w.stranger, maturity)).to.equal(value / 100n);
    });

    it("Self-slash with redistribution to oneself: the shares that it inflates are worth what they cost", async () => {
      const w = await loadFixture(deployWorld);
      const { stakeManager, rival, asset } = w;
      await stake(w, rival, wad(1_000n), { operator: rival });
      const set = await createJoinedSet(w, {
        ...{ avs: rival, operator: rival, slasher: rival, recipient: rival },
        vetoWindow: 0n,
      });
      await allocateActive(w, [[set, WAD]], { operator: rival });
      await propose(w, set, WAD - 10n ** 9n, { by: rival, operator: rival });
      await stakeManager.connect(rival).withdrawProceeds(asset, rival);
      const proceeds = await asset.balanceOf(rival);
      expect(proceeds).to.equal(wad(1_000n) - 10n ** 12n);
      await asset.connect(rival).approve(stakeManager, MaxUint256);
      await stakeManager.connect(rival).deposit(rival, asset, proceeds, rival, 0n, NO_APPROVAL);
      // A thousand million times the shares; a stranger's entry is exact, and so is the way out.
      expect(await sharesOf(w, rival, rival)).to.equal(wad(1_000n) + proceeds * 10n ** 9n);
      await stake(w, w.stranger, wad(5n), { operator: rival });
      const shares = await sharesOf(w, w.stranger, rival);
      // Stake measured in shares: 5 · 10^9 units. Here 5.
      const maturity = await queue(w, w.stranger, shares, { operator: rival });
      await queue(w, rival, await sharesOf(w, rival, rival), { operator: rival });
      await waitUntil(maturity);
      expect(await complete(w, w.stranger, maturity, { operator: rival })).to.equal(wad(5n));
      expect(await complete(w, rival, maturity, { operator: rival })).to.equal(wad(1_000n));
      expect(await asset.balanceOf(stakeManager)).to.equal(wad(1_000n));
    });

    it("Zero operator: stake without an operator has no shares that a slash, or an operator of address 0, could reach", async () => {
      const w = await loadFixture(deployWorld);
      await w.asset.mint(w.alice, wad(10n));
      const { stakeManager, alice, asset } = w;
      await stakeManager.connect(alice).deposit(ZeroAddress, asset, wad(10n), alice, 0n, NO_APPROVAL);
      expect(await stakeManager.slashableShares(ZeroAddress, asset)).to.equal(0n);
      // One ledger for both: a pool of address 0 that is worth 10. Here there is none to queue from.
      await expect(
        stakeManager.connect(alice).queueWithdrawals(alice, asset, [{ operator: ZeroAddress, shares: 1n }], alice),
      )
        .to.be.revertedWithCustomError(stakeManager, "InsufficientBalance")
        .withArgs(1n, 0n);
      await expect(stakeManager.connect(alice).withdraw(alice, asset, wad(10n), alice)).to.changeTokenBalance(
        asset,
        alice,
        wad(10n),
      );
    });
  });
});
