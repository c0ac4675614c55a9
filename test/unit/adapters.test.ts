import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { deployStakedLrt, deployStakedLrt6, giveTo, type Lrt, proposeSlash } from "../helpers/lrt";
import { expectRefusal, now } from "../helpers/stake";
import { wad } from "../helpers/units";

/** 2,000 dollars, with 8 decimals. */
const DOLLARS = 2_000n * 10n ** 8n;

/** A token of which a part is contested, and a feed of its asset's price. */
async function contested(fixture: () => Promise<Lrt>) {
  const lrt = await fixture();
  await proposeSlash(lrt, await giveTo(lrt, wad("0.5")), wad("0.1"));
  const base = await ethers.deployContract("MockFeed", [8]);
  await base.set(DOLLARS);
  return { ...lrt, base };
}

async function deployContested() {
  return await contested(deployStakedLrt);
}

async function deployContested6() {
  return await contested(deployStakedLrt6);
}

describe("RateFeed", () => {
  describe("when it tells the price in the asset", () => {
    for (const sure of [false, true]) {
      it(`tells ${sure ? "B/S: what is sure" : "A/S: no proposal moves it"}, of this second`, async () => {
        const { token } = await loadFixture(deployContested);
        const feed = await ethers.deployContract("RateFeed", [token, ZeroAddress, sure, "bhWETH / WETH"]);
        const rate = sure ? await token.sureRate() : await token.getRate();
        if (sure) expect(rate).to.be.lessThan(wad(1n));
        else expect(rate).to.equal(wad(1n));
        const second = await now();
        expect(await feed.latestAnswer()).to.equal(rate);
        expect(await feed.latestRoundData()).to.deep.equal([second, rate, second, second, second]);
        expect([await feed.decimals(), await feed.version(), await feed.description()]).to.deep.equal([
          18n,
          1n,
          "bhWETH / WETH",
        ]);
        expect([await feed.TOKEN(), await feed.BASE(), await feed.SURE()]).to.deep.equal([
          await token.getAddress(),
          ZeroAddress,
          sure,
        ]);
      });
    }
  });

  describe("when it tells the price by another feed", () => {
    it("tells ⌊price · rate⌋, with that feed's decimals and rounds", async () => {
      const { token, base } = await loadFixture(deployContested);
      const feed = await ethers.deployContract("RateFeed", [token, base, true, "bhWETH / USD"]);
      const answer = (DOLLARS * (await token.sureRate())) / wad(1n);
      const [, , startedAt, updatedAt] = await base.latestRoundData();
      expect(await feed.latestAnswer()).to.equal(answer);
      expect(await feed.latestRoundData()).to.deep.equal([7n, answer, startedAt, updatedAt, 7n]);
      expect(await feed.decimals()).to.equal(8n);
    });

    it("hands on a price that is none", async () => {
      const { token, base } = await loadFixture(deployContested);
      const feed = await ethers.deployContract("RateFeed", [token, base, true, ""]);
      expect(await token.sureRate()).to.be.lessThan(wad(1n));
      for (const answer of [0n, -1n]) {
        await base.set(answer);
        expect(await feed.latestAnswer()).to.equal(answer);
      }
    });

    it("rounds the least price down", async () => {
      const { token, base } = await loadFixture(deployContested);
      const feed = await ethers.deployContract("RateFeed", [token, base, true, ""]);
      await base.set(1n);
      expect(await feed.latestAnswer()).to.equal(0n);
    });
  });
});

describe("MorphoOracle", () => {
  for (const { decimals, fixture } of [
    { decimals: 18n, fixture: deployContested },
    { decimals: 6n, fixture: deployContested6 },
  ]) {
    describe(`when the asset has ${decimals} decimals`, () => {
      it("tells 10^36 · A / S if the asset is lent", async () => {
        const { token } = await loadFixture(fixture);
        const oracle = await ethers.deployContract("MorphoOracle", [token, ZeroAddress, decimals]);
        expect(await oracle.price()).to.equal(10n ** 36n);
        expect(await oracle.TOKEN()).to.equal(token);
      });

      it("tells the worth in another token, scaled by both decimals", async () => {
        const { token, base } = await loadFixture(fixture);
        const oracle = await ethers.deployContract("MorphoOracle", [token, base, 6n]);
        // 1 whole token is worth 2,000 dollars of 6 decimals.
        expect(await oracle.price()).to.equal((2_000n * 10n ** 6n * 10n ** 36n) / 10n ** decimals);
        expect(await oracle.SCALE()).to.equal(10n ** (36n + 6n - decimals - 8n));
        expect(await oracle.BASE()).to.equal(base);
      });
    });
  }

  it("rounds down what is not a whole number of its units", async () => {
    const lrt = await loadFixture(deployStakedLrt);
    const { token } = lrt;
    await proposeSlash(lrt, await giveTo(lrt, wad(1n), { vetoWindow: 0n }), wad("0.1"));
    const oracle = await ethers.deployContract("MorphoOracle", [token, ZeroAddress, 18n]);
    const [total, supply] = [await token.totalAssets(), await token.totalSupply()];
    expect((10n ** 36n * total) % supply).not.to.equal(0n);
    expect(await oracle.price()).to.equal((10n ** 36n * total) / supply);
  });

  it("takes the least price that is one", async () => {
    const { token, base } = await loadFixture(deployContested);
    const oracle = await ethers.deployContract("MorphoOracle", [token, base, 6n]);
    await base.set(1n);
    expect(await oracle.price()).to.equal(await oracle.SCALE());
  });

  it("refuses a price that is none", async () => {
    const { token, base } = await loadFixture(deployContested);
    const oracle = await ethers.deployContract("MorphoOracle", [token, base, 6n]);
    for (const answer of [0n, -1n]) {
      await base.set(answer);
      await expectRefusal(async () => oracle.price(), oracle, "InvalidAnswer", [answer]);
    }
  });

  it("refuses decimals that leave no scale", async () => {
    const { token } = await loadFixture(deployContested);
    const exact = await ethers.deployContract("MockFeed", [18]);
    const finer = await ethers.deployContract("MockFeed", [19]);
    const oracle = await ethers.deployContract("MorphoOracle", [token, exact, 0n]);
    expect(await oracle.SCALE()).to.equal(1n);
    await expectRefusal(
      async () => ethers.deployContract("MorphoOracle", [token, finer, 0n]),
      oracle,
      "ScaleTooSmall",
      [36n, 37n],
    );
  });
});

describe("BorrowSentinel", () => {
  it("lets nobody borrow while much is contested, and always lets liquidate", async () => {
    const lrt = await loadFixture(deployStakedLrt);
    const { token, slasher, judge } = lrt;
    const sentinel = await ethers.deployContract("BorrowSentinel", [token]);
    const allowed = async () => [await sentinel.isBorrowAllowed(), await sentinel.isLiquidationAllowed()];
    expect(await sentinel.TOKEN()).to.equal(token);
    expect(await allowed()).to.deep.equal([true, true]);
    const record = await proposeSlash(lrt, await giveTo(lrt, wad("0.5")), wad("0.1"));
    expect(await allowed()).to.deep.equal([false, true]);
    await slasher.connect(judge).veto(record);
    expect(await allowed()).to.deep.equal([true, true]);
  });
});
