import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { ethers } from "hardhat";
import { deployStakedLrt } from "../helpers/lrt";
import { at, expectRefusal, now, passTo } from "../helpers/stake";
import { days } from "../helpers/units";

const HOUR = 3_600n;

/** A fixture: 500 units of a reward token wait for their sale; bob and carol may pay. */
async function deployLot() {
  const lrt = await loadFixture(deployStakedLrt);
  const reward = await ethers.deployContract("MockERC20", ["Reward", "RWD", 18]);
  await reward.mint(lrt.auction, 500n);
  for (const buyer of [lrt.bob, lrt.carol]) await lrt.asset.connect(buyer).approve(lrt.auction, MaxUint256);
  return { ...lrt, reward };
}

/** A fixture: the sale has begun, at `startedAt`. */
async function deploySale() {
  const context = await deployLot();
  await context.auction.start(context.reward);
  return { ...context, startedAt: await now(), startPrice: ((await context.token.totalAssets()) + 9n) / 10n };
}

describe("RewardAuction", () => {
  describe("start", () => {
    it("begins a sale of all that is there, at a tenth of all assets", async () => {
      const { auction, token, reward, keeper } = await loadFixture(deployLot);
      const startPrice = ((await token.totalAssets()) + 9n) / 10n;
      await expect(auction.connect(keeper).start(reward))
        .to.emit(auction, "AuctionStarted")
        .withArgs(reward, 500n, startPrice);
      expect(await auction.price(reward)).to.equal(startPrice);
      expect(await auction.auctionOf(reward)).to.deep.equal([500n, await now(), startPrice]);
    });

    it("never sells the asset, and sells nothing that is not there", async () => {
      const { auction, asset, token, reward } = await loadFixture(deployLot);
      await expectRefusal(async () => auction.start(asset), auction, "AssetNotForSale", []);
      await expectRefusal(async () => auction.start(token), auction, "EmptyLot", [await token.getAddress()]);
      await auction.start(reward);
    });

    it("waits until a running sale has ended, to the second; what came meanwhile is in the next lot", async () => {
      const { auction, reward, startedAt } = await loadFixture(deploySale);
      const endsAt = startedAt + days(2n);
      expect(await auction.DURATION()).to.equal(days(2n));
      await reward.mint(auction, 70n);
      await at(endsAt - 1n);
      await expectRefusal(async () => auction.start(reward), auction, "AuctionRunning", [
        await reward.getAddress(),
        endsAt,
      ]);
      await at(endsAt);
      await auction.start(reward);
      expect((await auction.auctionOf(reward)).lot).to.equal(570n);
    });
  });

  describe("take", () => {
    it("gives the whole lot for the price, which goes to the token", async () => {
      const { auction, token, asset, reward, bob, carol, startedAt, startPrice } = await loadFixture(deploySale);
      await reward.mint(auction, 70n);
      await at(startedAt + 3n * HOUR);
      const price = (startPrice + 7n) / 8n;
      const call = auction.connect(bob).take(reward, 500n, price, carol);
      await expect(call).to.emit(auction, "AuctionTaken").withArgs(reward, bob, carol, 500n, price);
      await expect(call).to.changeTokenBalances(reward, [auction, carol], [-500n, 500n]);
      await expect(call).to.changeTokenBalances(asset, [bob, token], [-price, price]);
      expect(await token.harvest.staticCall()).to.equal(price);
      await expectRefusal(async () => auction.price(reward), auction, "NoAuction", [await reward.getAddress()]);
      await auction.start(reward);
    });

    it("falls by half every hour, on a straight line within it, rounded up", async () => {
      const { auction, reward, startedAt, startPrice } = await loadFixture(deploySale);
      expect(await auction.price(reward)).to.equal(startPrice);
      const samples = [
        [HOUR / 2n, (startPrice * 3n + 3n) / 4n],
        [HOUR, (startPrice + 1n) / 2n],
        [10n * HOUR, (startPrice + 1_023n) / 1_024n],
        [days(2n) - 1n, (startPrice * 3_601n + (7_200n << 47n) - 1n) / (7_200n << 47n)],
      ] as const;
      for (const [elapsed, price] of samples) {
        await passTo(startedAt + elapsed);
        expect(await auction.price(reward)).to.equal(price);
      }
    });

    it("sells to nobody less than asked for, as when another buyer has begun the sale of what came later", async () => {
      const { auction, reward, bob, carol } = await loadFixture(deploySale);
      await reward.mint(auction, 1n);
      await auction.connect(carol).take(reward, 500n, MaxUint256, carol);
      await auction.start(reward);
      await expectRefusal(
        async () => auction.connect(bob).take(reward, 500n, MaxUint256, bob),
        auction,
        "LotBelowMinimum",
        [1n, 500n],
      );
    });

    it("respects the buyer's limit", async () => {
      const { auction, reward, bob, startedAt, startPrice } = await loadFixture(deploySale);
      await at(startedAt + HOUR);
      const price = (startPrice + 1n) / 2n;
      await expectRefusal(
        async () => auction.connect(bob).take(reward, 500n, price - 1n, bob),
        auction,
        "PriceAboveMaximum",
        [price, price - 1n],
      );
    });

    it("ends after two days, to the second", async () => {
      const { auction, reward, bob, startedAt } = await loadFixture(deploySale);
      await at(startedAt + days(2n));
      await expectRefusal(async () => auction.connect(bob).take(reward, 0n, MaxUint256, bob), auction, "NoAuction", [
        await reward.getAddress(),
      ]);
    });
  });
});
