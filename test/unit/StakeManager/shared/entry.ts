import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import {
  at,
  deployGuardedStake,
  deployStake,
  deposit,
  expectRefusal,
  finalise,
  gate,
  MIN_FACTOR,
  openLien,
  slash,
  slashTo,
  type EntryTerms,
  type GuardedStake,
  type Sent,
  type Stake,
  veto,
} from "../../../helpers/stake";
import { bps, MAX_SHARES, WAD, wad } from "../../../helpers/units";
import { itNeedsTheApproversSignature } from "./gate";

/** A verb by which alice enters a pool. */
export interface EntryVerb {
  /** Gives alice assets that are ready to enter, so many times; touches no pool of the fixture's operator. */
  prepare: (context: Stake, assets: bigint, times?: number) => Promise<void>;
  /** Lets alice enter the fixture's pool (or another) with these assets. */
  enter: (context: Stake, assets: bigint, terms?: EntryTerms) => Sent;
}

/** Specifies what every way into a pool has in common. */
export function itEntersAPool({ prepare, enter }: EntryVerb): void {
  /** A pool that slashes have brought to `factor`, and alice with assets that are ready to enter. */
  async function slashedStake(factor: bigint, assets: bigint, times?: number): Promise<Stake> {
    const context = await loadFixture(deployStake);
    await prepare(context, assets, times);
    await slashTo(context, factor);
    return context;
  }

  async function preparedStake(assets = 1_000n, times?: number): Promise<Stake> {
    const context = await loadFixture(deployStake);
    await prepare(context, assets, times);
    return context;
  }

  describe("when shares are minted", () => {
    const mints = [
      // Nothing was lost: a share for each unit.
      { factor: WAD, assets: 1n, shares: 1n },
      { factor: WAD, assets: 1_000n, shares: 1_000n },
      // 1000 / 0.3 = 3333.33…
      { factor: wad("0.3"), assets: 1_000n, shares: 3_333n },
      // 7 / 0.9 = 7.77…
      { factor: wad("0.9"), assets: 7n, shares: 7n },
      // 1 / (1 − 1e-18) = 1.000…
      { factor: WAD - 1n, assets: 1n, shares: 1n },
      // 1e18 / (1 − 1e-18) = 1e18 + 1.000…
      { factor: WAD - 1n, assets: WAD, shares: WAD + 1n },
      // 3 / 1e-9
      { factor: MIN_FACTOR, assets: 3n, shares: 3_000_000_000n },
    ];
    for (const { factor, assets, shares } of mints) {
      it(`gives ${shares} for ${assets} at a factor of ${factor}`, async () => {
        const context = await slashedStake(factor, assets);
        const { stake, operator, asset, alice } = context;
        const before = await stake.pool(operator, asset);
        await enter(context, assets);
        expect(await stake.sharesOf(operator, asset, alice)).to.equal(shares);
        const { shares: poolShares, factor: after } = await stake.pool(operator, asset);
        expect(poolShares).to.equal(before.shares + shares);
        expect(after).to.equal(factor);
      });
    }

    it("adds to the shares that are there, of which no other's change", async () => {
      const context = await preparedStake(1_000n, 2);
      const { stake, operator, asset, alice, bob } = context;
      await deposit(context, bob, 77n);
      await enter(context, 1_000n);
      await enter(context, 1_000n);
      expect(await stake.sharesOf(operator, asset, alice)).to.equal(2_000n);
      expect(await stake.sharesOf(operator, asset, bob)).to.equal(77n);
      expect((await stake.pool(operator, asset)).shares).to.equal(2_077n);
    });

    it("is not moved by a donation", async () => {
      const context = await slashedStake(wad("0.3"), 1_000n);
      const { stake, operator, asset, bob, alice } = context;
      await asset.connect(bob).transfer(stake, wad(5_000n));
      await enter(context, 1_000n);
      expect(await stake.sharesOf(operator, asset, alice)).to.equal(3_333n);
    });
  });

  describe("when the pool is not open", () => {
    it("refuses a pool of nobody", async () => {
      const context = await preparedStake();
      const { stake, bob, asset } = context;
      await expectRefusal(() => enter(context, 1_000n, { operator: bob }), stake, "PoolNotOpen", [bob, asset]);
    });

    it("refuses a pool that the operator has closed", async () => {
      const context = await preparedStake();
      const { stake, operator, asset } = context;
      await stake.connect(operator).closePool(asset);
      await expectRefusal(() => enter(context, 1_000n), stake, "PoolNotOpen", [operator, asset]);
    });

    it("lets enter again once it is opened again", async () => {
      const context = await preparedStake();
      const { stake, operator, asset } = context;
      await stake.connect(operator).closePool(asset);
      await stake.connect(operator).openPool(asset, ZeroAddress);
      await expect(enter(context, 1_000n)).not.to.be.reverted;
    });
  });

  describe("when a slash is proposed", () => {
    it("refuses until the last lien is vetoed", async () => {
      const context = await slashedStake(WAD, 1_000n);
      const { stake, operator, asset } = context;
      const first = await openLien(context, bps(1n));
      const second = await openLien(context, bps(2n));
      await expectRefusal(() => enter(context, 1_000n), stake, "PoolLiened", [operator, asset, bps(3n)]);
      await veto(context, first);
      await expectRefusal(() => enter(context, 1_000n), stake, "PoolLiened", [operator, asset, bps(2n)]);
      await veto(context, second);
      await expect(enter(context, 1_000n)).not.to.be.reverted;
    });

    it("refuses a lien of one unit, until it is final", async () => {
      const context = await slashedStake(WAD, 1_000n);
      const { stake, operator, asset } = context;
      const lien = await openLien(context, 1n);
      await expectRefusal(() => enter(context, 1_000n), stake, "PoolLiened", [operator, asset, 1n]);
      await finalise(context, lien);
      await expect(enter(context, 1_000n)).not.to.be.reverted;
    });

    it("does not mind a lien on another pool", async () => {
      const context = await slashedStake(WAD, 1_000n);
      await openLien(context, bps(1n));
      await prepare(context, 1_000n);
      await expect(enter(context, 1_000n, { operator: context.otherOperator })).not.to.be.reverted;
    });
  });

  describe("when slashes have left less of a share", () => {
    it("takes the factor that the caller accepts", async () => {
      const context = await slashedStake(wad("0.6"), 1_000n);
      await expect(enter(context, 1_000n, { minFactor: wad("0.6") })).not.to.be.reverted;
    });

    for (const { factor, minFactor } of [
      { factor: wad("0.6"), minFactor: wad("0.6") + 1n },
      { factor: wad("0.6"), minFactor: 2n ** 64n - 1n },
      { factor: WAD, minFactor: WAD + 1n },
    ]) {
      it(`refuses ${factor} of who wants ${minFactor}`, async () => {
        const context = await slashedStake(factor, 1_000n);
        await expectRefusal(() => enter(context, 1_000n, { minFactor }), context.stake, "FactorTooLow", [
          factor,
          minFactor,
        ]);
      });
    }

    it("takes a factor of MIN_FACTOR, whatever less the caller accepts", async () => {
      const context = await slashedStake(MIN_FACTOR, 1_000n);
      await expect(enter(context, 1_000n, { minFactor: MIN_FACTOR - 1n })).not.to.be.reverted;
    });

    for (const factor of [MIN_FACTOR - 1n, 1n, 0n]) {
      it(`refuses a factor of ${factor}, whatever the caller accepts`, async () => {
        const context = await slashedStake(factor, 1_000n);
        for (const minFactor of [0n, factor]) {
          const refused = [factor, MIN_FACTOR];
          await expectRefusal(() => enter(context, 1_000n, { minFactor }), context.stake, "FactorTooLow", refused);
        }
      });
    }
  });

  describe("when all that is held would not fit in the pool's shares", () => {
    // ⌊(2^120 − 1) · 0.7⌋ units are worth as many shares as fit. What is held before it enters counts twice.
    const max = (MAX_SHARES * 7n) / 10n;
    const assets = 1_000n;

    /** The contract holds what lets the assets just fit, and `over` more. */
    async function almostFull(over: bigint): Promise<{ context: Stake; held: bigint }> {
      const context = await slashedStake(wad("0.7"), assets);
      const { stake, asset } = context;
      await asset.mint(stake, max - assets + over - (await asset.balanceOf(stake)));
      return { context, held: await asset.balanceOf(stake) };
    }

    it("takes the last unit that fits", async () => {
      const { context } = await almostFull(0n);
      await expect(enter(context, assets)).not.to.be.reverted;
    });

    it("refuses one unit more", async () => {
      const { context, held } = await almostFull(1n);
      await expectRefusal(() => enter(context, assets), context.stake, "HoldingsTooLarge", [context.asset, held, max]);
    });

    it("refuses a donation that is greater than all", async () => {
      const { context, held } = await almostFull(assets * 10n);
      await expectRefusal(() => enter(context, assets), context.stake, "HoldingsTooLarge", [context.asset, held, max]);
    });
  });

  describe("when the launch is guarded", () => {
    async function guardedStake(): Promise<GuardedStake> {
      const context = await loadFixture(deployGuardedStake);
      const { launchGuard, asset } = context;
      await launchGuard.setCap(asset, wad(1_000_000n));
      await prepare(context, 1_000n, 2);
      return context;
    }

    it("refuses while entry is paused, and not afterwards", async () => {
      const context = await guardedStake();
      const { launchGuard } = context;
      await launchGuard.setEntryPaused(true);
      await expectRefusal(() => enter(context, 1_000n), launchGuard, "EntryPaused", []);
      await launchGuard.setEntryPaused(false);
      await expect(enter(context, 1_000n)).not.to.be.reverted;
    });

    it("asks nobody from the second on that the guard ends in", async () => {
      const context = await guardedStake();
      const { launchGuard, guardedUntil } = context;
      await launchGuard.setEntryPaused(true);
      await at(guardedUntil - 1n);
      await expectRefusal(() => enter(context, 1_000n), launchGuard, "EntryPaused", []);
      await at(guardedUntil);
      await expect(enter(context, 1_000n)).not.to.be.reverted;
      await time.increase(1n);
      await expect(enter(context, 1_000n)).not.to.be.reverted;
    });
  });

  itNeedsTheApproversSignature({
    prepare: async (context) => {
      await prepare(context, 1_000n, 3);
    },
    act: async (context, approval) => await enter(context, 1_000n, { approval }),
  });

  it("is refused by a closed pool before its approver is asked", async () => {
    const context = await preparedStake();
    const { stake, operator, asset, approver } = context;
    await gate(context, approver);
    await stake.connect(operator).closePool(asset);
    await expectRefusal(() => enter(context, 1_000n), stake, "PoolNotOpen", [operator, asset]);
  });

  it("leaves what a former slash took where it is", async () => {
    const context = await slashedStake(wad("0.5"), 1_000n);
    const { stake, asset, operator, recipient, alice } = context;
    await enter(context, 1_000n);
    // Half of bob's thousand tokens, and nothing of alice's.
    expect(await stake.proceeds(recipient, asset)).to.equal(wad(500n));
    expect((await stake.positionValues(alice, asset, [operator])).map(({ gross, net }) => [gross, net])).to.deep.equal([
      [1_000n, 1_000n],
    ]);
    await slash(context, wad("0.25"));
    // A quarter of the first factor is half of what a share was worth.
    expect((await stake.positionValues(alice, asset, [operator])).map(({ gross, net }) => [gross, net])).to.deep.equal([
      [500n, 500n],
    ]);
  });
}
