import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { deployStakedLrt, deployStakedLrt6, giveTo, proposeSlash } from "../../helpers/lrt";
import { expectRefusal } from "../../helpers/stake";
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
        expect((await token.books()).idle).to.equal(idle - assets);
      });

      it("lowers neither price", async () => {
        const { token, alice } = await loadFixture(fixture);
        for (const shares of [1_003n, 99_991n, 1_234_567n]) {
          const [total, sure, supply] = [
            await token.totalAssets(),
            await token.sureAssets(),
            await token.totalSupply(),
          ];
          await token.connect(alice).instantRedeem(shares, 0n, alice);
          const left = await token.totalSupply();
          expect((await token.totalAssets()) * supply).to.be.at.least(total * left);
          expect((await token.sureAssets()) * supply).to.be.at.least(sure * left);
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

      it("pays up to what is idle, and not one unit more", async () => {
        const { token, alice } = await loadFixture(fixture);
        const { idle } = await token.books();
        let shares = idle;
        while ((await token.previewInstantRedeem(shares)).assets < idle) {
          shares += idle - (await token.previewInstantRedeem(shares)).assets;
        }
        while ((await token.previewInstantRedeem(shares)).assets > idle) shares--;
        let more = shares;
        while ((await token.previewInstantRedeem(more)).assets === idle) more++;
        await expectRefusal(
          async () => token.connect(alice).instantRedeem(more, 0n, alice),
          token,
          "InsufficientIdle",
          [idle + 1n, idle],
        );
        await token.connect(alice).instantRedeem(shares, idle, alice);
        expect((await token.books()).idle).to.equal(0n);
      });
    });
  }

  describe("instantRedeem", () => {
    describe("when a slash is proposed", () => {
      it("gives up the contested part, which stays if it is vetoed", async () => {
        const lrt = await loadFixture(deployStakedLrt);
        const { token, slasher, judge, alice, unit } = lrt;
        const record = await proposeSlash(lrt, await giveTo(lrt, wad("0.5")), wad("0.1"));
        const [total, sure, supply] = [await token.totalAssets(), await token.sureAssets(), await token.totalSupply()];
        expect(total - sure).to.equal(15n * unit);
        const { assets } = quote(10n * unit, sure, supply);
        await token.connect(alice).instantRedeem(10n * unit, assets, alice);
        await slasher.connect(judge).veto(record);
        expect(await token.totalAssets()).to.equal(total - assets);
        expect(await token.sureAssets()).to.equal(total - assets);
      });
    });

    it("works while entry is paused", async () => {
      const { token, warden, alice, unit } = await loadFixture(deployStakedLrt);
      await token.connect(warden).setEntryPaused(true);
      await token.connect(alice).instantRedeem(unit, 0n, alice);
    });
  });
});
