import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import {
  closeEpoch,
  deployLrt,
  deployLrt6,
  deployLrtWith,
  deployStakedLrt,
  giveTo,
  type Lrt,
  proposeSlash,
  settleEpoch,
  stakeEverywhere,
} from "../helpers/lrt";
import { expectRefusal, passTo } from "../helpers/stake";
import { bps, days, wad } from "../helpers/units";

/** Stake with three operators, all of whose pools a set slashes at once. */
async function deploySlashable(): Promise<Lrt & { set: string }> {
  const lrt = await deployLrtWith({ operatorRiskBps: 10_000n });
  await stakeEverywhere(lrt);
  const set = await giveTo(lrt, wad(1n), { vetoWindow: 0n, operators: [...lrt.operators] });
  return { ...lrt, set };
}

/** Stake with three operators, of which a set has half of the first one's pool: what it takes can be vetoed. */
async function deployVetoable(): Promise<Lrt & { set: string }> {
  const lrt = await loadFixture(deployStakedLrt);
  return { ...lrt, set: await giveTo(lrt, wad("0.5"), { vetoWindow: lrt.exitDelay / 2n }) };
}

/** An epoch in which alice and bob leave with 100 shares, closed. */
async function leaveInEpoch(lrt: Lrt) {
  const { token, alice, bob, unit } = lrt;
  await token.connect(alice).requestRedeem(60n * unit, alice, alice);
  await token.connect(bob).requestRedeem(40n * unit, bob, bob);
  return await closeEpoch(lrt);
}

describe("Attacks", () => {
  describe("Price of the liquid restaking token", () => {
    describe("Phantom lien: propose, trade against the token, veto", () => {
      it("finds every door closed at which a proposal would be a profit, and the price where it was", async () => {
        const lrt = await loadFixture(deployVetoable);
        const { token, slasher, judge, carol, alice, unit } = lrt;
        const [rate, total] = [await token.getRate(), await token.totalAssets()];
        const lien = await proposeSlash(lrt, lrt.set, wad(1n));
        const sure = total - 150n * unit;
        // A price net of proposals: 0.85, to buy at and to liquidate by. Here nobody buys, and the price is the same.
        expect([await token.getRate(), await token.sureAssets()]).to.deep.equal([rate, sure]);
        await expectRefusal(async () => token.connect(carol).deposit(unit, carol), token, "NotCalm", [total, sure]);
        expect([await token.maxDeposit(carol), await token.borrowable()]).to.deep.equal([0n, false]);
        // A price gross of proposals in the instant exit: 9.97. Here the contested part stays with the others.
        const [assets] = await token.previewInstantRedeem(10n * unit);
        await token.connect(alice).instantRedeem(10n * unit, assets, alice);
        expect(assets).to.be.lessThan((85n * unit) / 10n);
        await slasher.connect(judge).veto(lien);
        expect(await token.getRate()).to.equal(rate);
        await token.connect(carol).deposit(unit, carol);
        expect(await token.convertToAssets(await token.balanceOf(carol))).to.be.closeTo(unit, 2n);
      });

      it("takes nothing out of an epoch that is settled between the two", async () => {
        const lrt = await loadFixture(deployVetoable);
        const { token, queue, slasher, judge, alice, bob, asset, unit } = lrt;
        const closed = await leaveInEpoch(lrt);
        await passTo(closed.maturity - 2n);
        const lien = await proposeSlash(lrt, lrt.set, wad(1n));
        await settleEpoch(lrt, closed);
        await token.connect(alice).redeem(60n * unit, alice, alice);
        await slasher.connect(judge).veto(lien);
        await queue.settle(closed.epoch, closed.items);
        await token.connect(bob).redeem(40n * unit, bob, bob);
        const before = await asset.balanceOf(alice);
        await token.connect(alice).claimLate(closed.epoch, alice, alice);
        // Settled once, at the rate of that moment: 51 for alice, and 49 for bob. Here what each had left.
        expect((await asset.balanceOf(alice)) - before).to.be.closeTo(9n * unit, unit / 1_000n);
        const { assets, shares } = await queue.epochState(closed.epoch);
        expect(assets).to.be.closeTo(shares, 8n);
      });

      it("finds nothing in a pool where only a matured withdrawal is left", async () => {
        const lrt = await loadFixture(deployVetoable);
        const { token, allocator, slasher, curator, operators } = lrt;
        const [operator] = operators;
        await allocator.connect(curator).setTarget(operator, 0n);
        await allocator.evict(operator);
        await passTo((await allocator.operatorState(operator)).maturity);
        await token.sync();
        const worth = [await token.totalAssets(), await token.sureAssets()];
        // Counted against L of the pool: 150 are contested, and entry is closed for as long as one likes. Here none.
        await expectRefusal(async () => proposeSlash(lrt, lrt.set, wad(1n)), slasher, "NothingToSlash", [
          operator.address,
          lrt.set,
        ]);
        expect([await token.totalAssets(), await token.sureAssets()]).to.deep.equal(worth);
        await allocator.collect(operator);
        expect([await token.totalAssets(), await token.sureAssets()]).to.deep.equal(worth);
      });
    });

    it("Market feed in mint or redeem (Kelp, Renzo): a market price of the asset moves no share", async () => {
      const { token, alice, carol, unit } = await loadFixture(deployStakedLrt);
      const market = await ethers.deployContract("MockFeed", [8n]);
      await market.set(2_000n * 10n ** 8n);
      const feed = await ethers.deployContract("RateFeed", [token, market, false, "bhWETH / USD"]);
      const quotes = async () => [
        await token.previewDeposit(unit),
        await token.previewMint(unit),
        (await token.previewInstantRedeem(unit)).assets,
      ];
      const before = await quotes();
      await market.set(420n * 10n ** 8n);
      expect(await feed.latestAnswer()).to.equal(420n * 10n ** 8n);
      // Minted at 0.21, redeemed at 1: 3.76 of profit for each unit. Here the fee of the instant exit.
      expect(await quotes()).to.deep.equal(before);
      await token.connect(carol).deposit(unit, carol);
      await token.connect(carol).transfer(alice, unit);
      expect(before[2]).to.equal((unit * 9_970n) / 10_000n);
    });

    it("A bound refuses the news (ether.fi, Rocket Pool, StaFi): nine tenths are lost in one event, and every price is the new one", async () => {
      const lrt = await loadFixture(deploySlashable);
      const { token, operators, alice, carol, unit } = lrt;
      for (const operator of operators) await proposeSlash(lrt, lrt.set, wad(1n), operator);
      const left = 100n * unit + lrt.seed;
      expect([await token.totalAssets(), await token.sureAssets()]).to.deep.equal([left, left]);
      await token.sync();
      // A report of −90 % that is refused: minting and instant exits at 1. Here at 0.1.
      const supply = await token.totalSupply();
      expect(await token.connect(carol).deposit.staticCall(unit, carol)).to.equal((unit * supply) / left);
      const assets = (unit * left) / supply;
      const fee = (assets * 30n + 9_999n) / 10_000n;
      expect(await token.connect(alice).instantRedeem.staticCall(unit, 0n, alice)).to.equal(assets - fee);
    });

    it("Reward sandwich (Jito: 99 % of a reward taken): deposit, harvest, leave", async () => {
      const { token, asset, carol, unit } = await loadFixture(deployStakedLrt);
      const before = await asset.balanceOf(carol);
      await token.connect(carol).deposit(90_000n * unit, carol);
      await asset.mint(token, 10n * unit);
      await token.harvest();
      await token.connect(carol).instantRedeem(90_000n * unit, 0n, carol);
      // Rewards in the price at once: +8.9 of the 9. Here −270, the fee of the exit, which stays with the others.
      expect((await asset.balanceOf(carol)) - before).to.be.closeTo(-270n * unit, unit / 1_000n);
    });

    describe("Burn or donation as price pump (ether.fi)", () => {
      it("a donation of all that there is raises the rate by nothing at once, and by 25 bps in a day", async () => {
        const { token, asset, alice, unit } = await loadFixture(deployStakedLrt);
        const feed = await ethers.deployContract("MorphoOracle", [token, ZeroAddress, 18n]);
        const rate = await token.getRate();
        await asset.connect(alice).transfer(token, 1_000n * unit);
        expect(await token.getRate()).to.equal(rate);
        await token.harvest();
        // From balanceOf: 2, and a lender has paid out against it. Here 1.
        expect([await token.getRate(), await feed.price()]).to.deep.equal([rate, rate * 10n ** 18n]);
        await time.increase(days(1n));
        expect(await token.getRate()).to.be.lessThan((rate * 10_026n) / 10_000n);
      });

      it("a burn by an instant exit raises it by nothing at once: what stays streams", async () => {
        const { token, alice, unit } = await loadFixture(deployStakedLrt);
        const rate = await token.getRate();
        await token.connect(alice).instantRedeem(100n * unit, 0n, alice);
        // Shares burned, the fee left: 1.0003. Here 1.
        expect(await token.getRate()).to.equal(rate);
      });

      it("a gift in the core does not count", async () => {
        const { token, stakeManager, asset, operators, alice, unit } = await loadFixture(deployStakedLrt);
        const rate = await token.getRate();
        await asset.connect(alice).approve(stakeManager, 1_000n * unit);
        const none = { expiry: 0n, signature: "0x" };
        await stakeManager.connect(alice).deposit(operators[0], asset, 1_000n * unit, token, 0n, none);
        await token.sync();
        // From sharesOf: 2. Here 1.
        expect(await token.getRate()).to.equal(rate);
      });
    });

    it("TVL counted twice or not at all (Renzo, Kelp): a unit is in one place while it is idle, staked, queued, matured and back", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, queue, allocator, asset, curator, operators, alice, unit, seed } = lrt;
      const all = 1_000n * unit + seed;
      const [operator] = operators;
      /** What the token has, and what its epoch is owed or has. */
      const counted = async (epoch = 0n) => (await token.totalAssets()) + epoch;
      expect(await counted()).to.equal(all);
      await allocator.connect(curator).setTarget(operator, 0n);
      await allocator.evict(operator);
      // In flight, and forgotten: 700; or as a position, too: 1,300.
      expect(await counted()).to.equal(all);
      const closed = await leaveInEpoch(lrt);
      const slice = (300n * unit * closed.shares) / all;
      expect(await counted(closed.assets + 3n * slice)).to.equal(all);
      await settleEpoch(lrt, closed);
      expect((await queue.epochState(closed.epoch)).assets).to.equal(closed.assets + 3n * slice);
      expect(await counted(closed.assets + 3n * slice)).to.equal(all);
      await token.connect(alice).redeem(60n * unit, alice, alice);
      await allocator.collect(operator);
      expect(await counted(closed.assets + 3n * slice)).to.equal(all);
      const { idle } = await token.books();
      expect(await asset.balanceOf(token)).to.equal(idle);
    });

    it("Wick liquidation (ezETH, April 2024) and anchor drift (Aave CAPO, March 2026): no market and no time moves a feed, a final slash does at once", async () => {
      const lrt = await loadFixture(deploySlashable);
      const { token, alice, unit } = lrt;
      const feed = await ethers.deployContract("RateFeed", [token, ZeroAddress, false, "bhWETH / WETH"]);
      const oracle = await ethers.deployContract("MorphoOracle", [token, ZeroAddress, 18n]);
      const prices = async () => [await feed.latestAnswer(), await oracle.price()];
      expect(await prices()).to.deep.equal([wad(1n), 10n ** 36n]);
      // As deep a market as the token has, drained: a price of the pool would be −79 %. Here nothing.
      await token.connect(alice).instantRedeem(99n * unit, 0n, alice);
      const burned = await prices();
      expect(burned[0]).to.equal(wad(1n));
      await time.increase(days(365n));
      // An anchor that may grow by so much a year: another price. Here the same.
      expect(await prices()).to.deep.equal(burned);
      await proposeSlash(lrt, lrt.set, wad("0.5"));
      const fell = (wad(1n) * (await token.totalAssets())) / (await token.totalSupply());
      expect((await prices())[0]).to.equal(fell);
      expect(fell).to.be.lessThan(wad("0.84"));
    });

    it("Donation to move the high-water mark: whoever gives after a loss brings the treasury no fee of what makes it good", async () => {
      const lrt = await loadFixture(deploySlashable);
      const { token, asset, alice, unit } = lrt;
      await token.harvest();
      expect(await token.highestRate()).to.equal(wad(1n));
      await proposeSlash(lrt, lrt.set, wad("0.1"));
      await asset.connect(alice).transfer(token, 500n * unit);
      // The mark follows what lies there, or falls with the price: a fee of 50. Here none, and the mark stays.
      await token.harvest();
      expect([(await token.books()).fees, await token.highestRate()]).to.deep.equal([0n, wad(1n)]);
      await time.increase(days(7n));
      await token.harvest();
      expect(await token.highestRate())
        .to.be.lessThan(wad("1.0003"))
        .and.at.least(wad(1n));
    });

    it("Rounding theft by many tiny deposits and exits, with 6 decimals: each costs, and none pays", async () => {
      const lrt = await loadFixture(deployLrt6);
      const { token, asset, alice, carol, unit } = lrt;
      await token.connect(alice).deposit(9n * unit, alice);
      await asset.mint(token, unit);
      await token.harvest();
      await time.increase(days(60n));
      await token.sync();
      const before = await asset.balanceOf(carol);
      const rate = await token.getRate();
      let shares = 0n;
      for (let i = 0; i < 20; i++) {
        const paid = BigInt(i) + 2n;
        const minted = await token.connect(carol).deposit.staticCall(paid, carol);
        await token.connect(carol).deposit(paid, carol);
        // Rounded up: a share for nothing, in a fifth of the calls. Here never worth more than was paid.
        expect(await token.convertToAssets(minted)).to.be.at.most(paid);
        shares += minted;
      }
      await expectRefusal(async () => token.connect(carol).deposit(1n, carol), token, "ZeroShares", []);
      for (; shares > 2n; shares -= 2n) await token.connect(carol).instantRedeem(2n, 0n, carol);
      expect(await asset.balanceOf(carol)).to.be.lessThan(before);
      expect(await token.getRate()).to.be.at.least(rate);
    });

    it("A stranger's slashes move the counter: the books are read anew, and say the same", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, stakeManager, allocationManager, slasher, asset, keeper, carol, unit } = lrt;
      await stakeManager.connect(keeper).registerOperator("");
      await stakeManager.connect(keeper).openPool(asset, ZeroAddress);
      await asset.connect(carol).approve(stakeManager, unit);
      await stakeManager.connect(carol).deposit(keeper, asset, unit, carol, 0n, { expiry: 0n, signature: "0x" });
      const set = await giveTo(lrt, wad(1n), { vetoWindow: 0n, operators: [keeper] });
      expect((await allocationManager.allocation(keeper, asset, set)).active).to.equal(wad(1n));
      const before = await token.books();
      for (let i = 1n; i <= 3n; i++) {
        await proposeSlash(lrt, set, bps(100n), keeper);
        expect(await slasher.slashEventCount(asset)).to.equal(i);
        // A counter that closes entry, or a loop over events: a grief for one unit of stake. Here a revaluation.
        await expect(token.connect(carol).deposit(unit, carol)).to.emit(token, "Revalued");
      }
      const { gross, net } = await token.books();
      expect([gross, net]).to.deep.equal([before.gross, before.net]);
      expect(await token.getRate()).to.equal(wad(1n));
    });

    it("First-depositor donation (Kelp): before the seed nobody can enter, and after it a donation dilutes nobody", async () => {
      const { token, asset, bob, carol, unit, seed } = await loadFixture(deployLrt);
      await token.connect(carol).deposit(1n, carol);
      await asset.connect(carol).transfer(token, 100n * unit);
      await token.harvest();
      await token.connect(bob).deposit(100n * unit, bob);
      // A price from balanceOf: 0 shares. Here one for each unit.
      expect(await token.balanceOf(bob)).to.be.closeTo(100n * unit, unit / 100_000n);
      expect(await token.totalSupply()).to.equal(seed + 1n + (await token.balanceOf(bob)));
    });
  });
});
