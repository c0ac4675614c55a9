import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import {
  closeEpoch,
  deployLrt,
  deployStakedLrt,
  deployStakedLrt6,
  giveTo,
  type Lrt,
  proposeSlash,
  target,
} from "../../helpers/lrt";
import { expectRefusal, passTo } from "../../helpers/stake";
import { wad } from "../../helpers/units";

const FEE_BPS = 30n;

/** What so many shares pay, and what stays as fee. */
function quote(shares: bigint, sure: bigint, supply: bigint): { assets: bigint; fee: bigint } {
  const gross = (shares * sure) / supply;
  const fee = (gross * FEE_BPS + 9_999n) / 10_000n;
  return { assets: gross - fee, fee };
}

describe("LiquidRestakingToken", () => {
  for (const { decimals, fixture } of [
    { decimals: 18, fixture: deployStakedLrt },
    { decimals: 6, fixture: deployStakedLrt6 },
  ]) {
    describe(`instantRedeem, asset of ${decimals} decimals`, () => {
      it("pays ⌊s·B/S⌋ less ⌈fee⌉ out of what is idle, as previewed", async () => {
        const { token, asset, alice, bob, unit } = await loadFixture(fixture);
        const shares = 10n * unit + 7n;
        const { assets, fee } = quote(shares, await token.sureAssets(), await token.totalSupply());
        expect(await token.previewInstantRedeem(shares)).to.deep.equal([assets, fee]);
        expect(await token.connect(alice).instantRedeem.staticCall(shares, assets, bob)).to.equal(assets);
        const { idle } = await token.books();
        const call = token.connect(alice).instantRedeem(shares, assets, bob);
        await expect(call).to.emit(token, "InstantRedeemed").withArgs(alice, bob, shares, assets, fee);
        await expect(call).to.changeTokenBalances(asset, [token, bob], [-assets, assets]);
        await expect(call).to.changeTokenBalance(token, alice, -shares);
        const left = await token.books();
        expect(left.idle).to.equal(idle - shares);
        expect((await token.balanceOf(alice)) + shares).to.equal(600n * unit);
      });

      it("leaves the fee to be found by harvest, which streams it", async () => {
        const { token, alice, unit } = await loadFixture(fixture);
        const { fee } = await token.previewInstantRedeem(10n * unit);
        await token.connect(alice).instantRedeem(10n * unit, 0n, alice);
        expect(await token.harvest.staticCall()).to.equal(fee);
      });

      it("moves neither price, but for a unit", async () => {
        const { token, alice } = await loadFixture(fixture);
        for (const shares of [1_003n, 99_991n, 1_234_567n]) {
          const [total, sure, supply] = [
            await token.totalAssets(),
            await token.sureAssets(),
            await token.totalSupply(),
          ];
          await token.connect(alice).instantRedeem(shares, 0n, alice);
          const left = await token.totalSupply();
          for (const [before, after] of [
            [total, await token.totalAssets()],
            [sure, await token.sureAssets()],
          ] as const) {
            expect(after * supply).to.be.at.least(before * left);
            expect((after - 1n) * supply).to.be.below(before * left);
          }
        }
      });

      it("refuses what is worth nothing after the fee", async () => {
        const { token, alice } = await loadFixture(fixture);
        await expectRefusal(async () => token.connect(alice).instantRedeem(1n, 0n, alice), token, "ZeroAssets", []);
        await token.connect(alice).instantRedeem(3n, 1n, alice);
      });

      it("refuses to pay less than the caller accepts", async () => {
        const { token, alice, unit } = await loadFixture(fixture);
        const { assets } = await token.previewInstantRedeem(unit);
        await expectRefusal(
          async () => token.connect(alice).instantRedeem(unit, assets + 1n, alice),
          token,
          "BelowMinimum",
          [assets, assets + 1n],
        );
      });

      it("takes shares of the worth of all that is idle, and not one unit more", async () => {
        const { token, alice } = await loadFixture(fixture);
        const { idle } = await token.books();
        await expectRefusal(
          async () => token.connect(alice).instantRedeem(idle + 1n, 0n, alice),
          token,
          "InsufficientIdle",
          [idle + 1n, idle],
        );
        await token.connect(alice).instantRedeem(idle, 0n, alice);
        expect((await token.books()).idle).to.equal(0n);
      });
    });
  }

  describe("instantRedeem", () => {
    describe("when a slash is proposed", () => {
      it("gives up the contested part, which moves no price, and streams even if it is vetoed", async () => {
        const lrt = await loadFixture(deployStakedLrt);
        const { token, slasher, judge, alice, unit } = lrt;
        const record = await proposeSlash(lrt, await giveTo(lrt, wad("0.5")), wad("0.1"));
        const [total, sure, supply] = [await token.totalAssets(), await token.sureAssets(), await token.totalSupply()];
        expect(total - sure).to.equal(15n * unit);
        const shares = 10n * unit;
        const { assets } = quote(shares, sure, supply);
        await token.connect(alice).instantRedeem(shares, assets, alice);
        const worth = (shares * total) / supply;
        expect(await token.totalAssets()).to.equal(total - worth);
        await slasher.connect(judge).veto(record);
        expect(await token.sureAssets()).to.equal(total - worth);
        expect(await token.harvest.staticCall()).to.equal(worth - assets);
      });
    });

    it("works while entry is paused", async () => {
      const { token, warden, alice, unit } = await loadFixture(deployStakedLrt);
      await token.connect(warden).setEntryPaused(true);
      await token.connect(alice).instantRedeem(unit, 0n, alice);
    });
  });

  describe("instantRedeem, when stake was allocated for more assets", () => {
    const LIMIT_BPS = 2_000n;

    /** A fixture: of alice's 100 tokens 20 are with an operator whose services can take all of them, 60 with the others. */
    async function deployRisky(): Promise<Lrt & { set: string }> {
      const lrt = await loadFixture(deployLrt);
      const { token, allocator, alice, operators, unit } = lrt;
      await target(lrt, ...operators.map((operator) => [operator, 3_000n] as const));
      const set = await giveTo(lrt, wad(1n), { vetoWindow: 0n });
      await token.connect(alice).deposit(100n * unit, alice);
      const [first, ...others] = operators;
      await allocator.allocate(first, 20n * unit);
      for (const operator of others) await allocator.allocate(operator, 30n * unit);
      return { ...lrt, set };
    }

    it("lets nobody deposit, allocate and leave at once, so that a service can take more than OPERATOR_RISK", async () => {
      const lrt = await loadFixture(deployRisky);
      const { token, allocator, bob, operators, unit, set } = lrt;
      await token.connect(bob).deposit(1_000n * unit, bob);
      await allocator.allocate(operators[0], 200n * unit);
      const total = await token.totalAssets();
      const needed = await allocator.neededTotal();
      expect(needed).to.equal(1_100n * unit);
      await expectRefusal(async () => token.connect(bob).instantRedeem(800n * unit, 0n, bob), token, "CapsBroken", [
        total - 800n * unit,
        needed,
      ]);
      await token.connect(bob).instantRedeem(220n * unit, 0n, bob);
      const rate = await token.getRate();
      await proposeSlash(lrt, set, wad(1n));
      // 1.25 times 20 %, which the supply left bears.
      expect(await token.getRate()).to.be.at.least((rate * (10_000n - (LIMIT_BPS * 5n) / 4n)) / 10_000n);
    });

    it("pays again once a slash has taken that stake", async () => {
      const lrt = await loadFixture(deployRisky);
      const { token, allocator, bob, operators, unit, set } = lrt;
      await token.connect(bob).deposit(1_000n * unit, bob);
      await allocator.allocate(operators[0], 200n * unit);
      await proposeSlash(lrt, set, wad(1n));
      await token.connect(bob).instantRedeem(800n * unit, 0n, bob);
      expect(await allocator.neededTotal()).to.be.closeTo(100n * unit, unit / 100n);
    });

    it("counts what is leaving until it is collected, but not what an epoch has taken along", async () => {
      const lrt = await loadFixture(deployRisky);
      const { token, allocator, curator, bob, operators, unit } = lrt;
      await token.connect(bob).deposit(1_000n * unit, bob);
      await allocator.allocate(operators[0], 200n * unit);
      await allocator.connect(curator).setTarget(operators[0], 0n);
      await allocator.evict(operators[0]);
      const leave = async () => token.connect(bob).instantRedeem(400n * unit, 0n, bob);
      await expect(leave()).to.be.revertedWithCustomError(token, "CapsBroken");
      await token.connect(bob).requestRedeem(500n * unit, bob, bob);
      await closeEpoch(lrt);
      expect(await allocator.neededTotal()).to.be.closeTo(600n * unit, unit / 100n);
      await expect(leave()).to.be.revertedWithCustomError(token, "CapsBroken");
      await passTo((await allocator.operatorState(operators[0])).maturity);
      await allocator.collect(operators[0]);
      await leave();
    });
  });
});
