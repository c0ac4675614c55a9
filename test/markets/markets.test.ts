import { loadFixture, takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, ZeroAddress, ZeroHash } from "ethers";
import { ethers } from "hardhat";
import type { Bundle } from "../../typechain-types";
import { closeEpoch, giveTo, proposeSlash, settleEpoch } from "../helpers/lrt";
import { readRecord } from "../helpers/slash";
import { at, now, passTo } from "../helpers/stake";
import { bps, days, wad } from "../helpers/units";
import { type AaveUser, TERMS } from "./aave";
import { type Balancer, deployBalancer } from "./balancer";
import { settleTable, tell } from "./table";
import { deployUniswap } from "./uniswap";
import { borrowers, deployCostlyMarket, deployFreeMarket, type Market, worth } from "./world";

/** What Aave refuses with: "not to be liquidated", and "the sentinel says no". */
const HEALTHY = "45";
const STOPPED = "59";

/** The price after a final slash of 3 %. */
const AFTER = bps(9_700n);

/** Debt against 10 tokens at which the health factor is exactly 1 after it. */
const THRESHOLD = (wad(10n) * AFTER * TERMS.threshold) / (wad(1n) * 10_000n);

/** Debts against 10 tokens: as much as may be borrowed, down to half. Aave rounds health factors to 10^-18. */
const DEBTS = [wad("9.3"), wad("9.25"), THRESHOLD + 10n, THRESHOLD, wad(9n), wad(5n)];

/** Of these the slash must liquidate so many, and no other. */
const BELOW = 3;

/** A set that can take half of an operator's 300 tokens: 15 % of all. */
const GIVEN = wad("0.5");

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, each) => total + each, 0n);
}

/** What several have. */
async function worthOf(market: Market, users: readonly AaveUser[]): Promise<bigint> {
  let total = 0n;
  for (const user of users) total += await worth(market, user);
  return total;
}

/** Liquidates whom the market lets liquidate; of the others asserts why not. */
async function liquidateAll(market: Market, users: readonly AaveUser[]): Promise<AaveUser[]> {
  const liquidated: AaveUser[] = [];
  for (const user of users) {
    const { health } = await user.position();
    if (health >= wad(1n)) {
      await expect(market.liquidator.liquidate(user.account)).to.be.revertedWith(HEALTHY);
    } else {
      await market.liquidator.liquidate(user.account);
      liquidated.push(user);
    }
  }
  return liquidated;
}

/** Debts that no collateral stands behind any more. */
async function lost(users: readonly AaveUser[]): Promise<bigint> {
  let total = 0n;
  for (const user of users) {
    const { collateral, debt } = await user.position();
    if (debt > collateral) total += debt - collateral;
  }
  return total;
}

/** Proposes to slash a part of all that is in the token, of which one operator has 30 %. */
async function proposeLoss(market: Market, set: string, part: bigint) {
  return await proposeSlash(market, set, (((part * 10n) / 3n) * wad(1n)) / GIVEN);
}

describe("On real markets", () => {
  describe("Aave v3, when a slash of 3 % is final", () => {
    it("liquidates exactly those whom it must", async () => {
      const market = await loadFixture(deployFreeMarket);
      const { token, slasher, aave, liquidator } = market;
      const set = await giveTo(market, GIVEN);
      const users = await borrowers(market, DEBTS);
      const begun = await Promise.all(users.map(async (user) => user.position()));
      const record = await proposeLoss(market, set, bps(300n));
      expect(await liquidateAll(market, users)).to.deep.equal([]);
      await passTo(record.deadline);
      await slasher.finalise(record);
      expect(await aave.oracle.getAssetPrice(token)).to.equal(AFTER);
      for (const user of users) expect((await user.position()).collateral).to.equal(wad("9.7"));

      const [must, others] = [users.slice(0, BELOW), users.slice(BELOW)];
      const before = { must: await worthOf(market, must), others: await worthOf(market, others) };
      const [wethBefore, worthBefore] = [
        await market.weth.balanceOf(liquidator.account),
        await worth(market, liquidator),
      ];
      expect(await liquidateAll(market, users)).to.deep.equal(must);

      // Half of each debt is covered, for 1 % more of the collateral.
      const covered = sum(begun.slice(0, BELOW).map(({ debt }) => (debt + 1n) / 2n));
      expect(wethBefore - (await market.weth.balanceOf(liquidator.account))).to.be.closeTo(covered, 3n);
      const gain = (await worth(market, liquidator)) - worthBefore;
      expect(gain).to.be.closeTo(covered / 100n, 10n);
      const loss = (await worthOf(market, must)) - before.must;
      expect(loss).to.be.closeTo(-gain, 10n);
      expect(await worthOf(market, others)).to.equal(before.others);
      expect(await lost(users)).to.equal(0n);
      tell(
        ["A slash of 3 % is final", "who has 10 tokens, by the slash itself", AFTER * 10n - wad(10n)],
        ["", "the 3 of 6 borrowers on Aave who must be liquidated, for half of 27.765 WETH", loss],
        ["", "the liquidator", gain],
        ["", "the 3 others, one with a health factor of exactly 1", (await worthOf(market, others)) - before.others],
        ["", "lenders", -(await lost(users))],
      );
    });
  });

  describe("Aave v3, while a slash of 12 % is proposed", () => {
    it("liquidates nobody, lets nobody borrow, and goes on after the veto", async () => {
      const market = await loadFixture(deployFreeMarket);
      const { token, slasher, judge, others, join } = market;
      const set = await giveTo(market, GIVEN);
      const users = await borrowers(market, DEBTS);
      const newcomer = await join(others[BELOW * 2] ?? market.bob, wad(100n));
      await newcomer.supply(token, wad(100n));
      const before = {
        health: await Promise.all(users.map(async (user) => user.position())),
        all: await worthOf(market, users),
      };

      const record = await proposeLoss(market, set, bps(1_200n));
      expect(await token.sureRate()).to.equal(bps(8_800n));
      expect(await Promise.all(users.map(async (user) => user.position()))).to.deep.equal(before.health);
      expect(await liquidateAll(market, users)).to.deep.equal([]);
      await expect(newcomer.borrow(wad(1n))).to.be.revertedWith(STOPPED);

      await slasher.connect(judge).veto(record);
      await newcomer.borrow(wad(1n));
      expect((await newcomer.position()).debt).to.equal(wad(1n));
      const gained = (await worthOf(market, users)) - before.all;
      expect(gained).to.equal(0n);
      tell(["A slash of 12 % is proposed, and vetoed", "6 borrowers on Aave; meanwhile nobody borrows", gained]);
    });

    it("costs lenders what was borrowed or withdrawn at par, but for a sentinel, or a threshold low enough", async () => {
      const market = await loadFixture(deployFreeMarket);
      const { token, slasher, aave, others, join } = market;
      const set = await giveTo(market, GIVEN);
      const user = await join(others[0] ?? market.bob, wad(100n));
      await user.supply(token, wad(100n));
      const snapshot = await takeSnapshot();
      /** What lenders lose by what a borrower does while the slash can be vetoed. */
      const lostBy = async (act: () => Promise<void>): Promise<bigint> => {
        const record = await proposeLoss(market, set, bps(1_200n));
        await act();
        await passTo(record.deadline);
        await slasher.finalise(record);
        expect(await liquidateAll(market, [user])).to.deep.equal([user]);
        const loss = await lost([user]);
        await snapshot.restore();
        return loss;
      };

      await aave.setSentinel(ZeroAddress);
      const borrowed = await lostBy(async () => user.borrow(wad(93n)));
      // The collateral goes for 1 / 1.01 of its worth.
      expect(borrowed).to.be.closeTo(wad(93n) - (wad(88n) * 100n) / 101n, 10n);

      await user.borrow(wad(50n));
      const withdrawn = await lostBy(async () => {
        await expect(user.borrow(1n)).to.be.revertedWith(STOPPED);
        // 50 / 0.95 tokens must stay.
        await user.withdraw(token, wad("47.3"));
      });
      expect(withdrawn).to.be.closeTo(wad(50n) - (wad("52.7") * 88n) / 101n, 10n);

      // 0.87 · 1.01 is less than 0.88.
      await aave.setTerms({ ...TERMS, ltv: 8_500n, threshold: 8_700n });
      await user.borrow(wad(50n));
      const safe = await lostBy(async () => user.withdraw(token, wad("42.5")));
      expect(safe).to.equal(0n);
      tell(
        [
          "A slash of 12 % is proposed, and final",
          "lenders, by 93 WETH borrowed meanwhile, if no sentinel is asked",
          -borrowed,
        ],
        ["", "lenders, by collateral withdrawn meanwhile down to a health factor of 1, sentinel or not", -withdrawn],
        ["", "the same, where liquidation is at 87 %", -safe],
      );
    });
  });

  describe("Balancer V2, when one transaction proposes, swaps and vetoes", () => {
    /** What so much of one asset buys, within a proposal and its veto or without. */
    async function bought(
      market: Market,
      { vault, poolId }: Balancer,
      bundle: Bundle,
      assetIn: { getAddress(): Promise<string> },
      steps: { before: Bundle.StepStruct[]; after: Bundle.StepStruct[] },
    ): Promise<bigint> {
      const { weth, token } = market;
      const assetOut = (await assetIn.getAddress()) === (await weth.getAddress()) ? token : weth;
      const funds = { sender: bundle, fromInternalBalance: false, recipient: bundle, toInternalBalance: false };
      const swap = {
        poolId,
        kind: 0n,
        assetIn: await assetIn.getAddress(),
        assetOut,
        amount: wad(10n),
        userData: "0x",
      };
      const data = vault.interface.encodeFunctionData("swap", [
        { ...swap, assetOut: await assetOut.getAddress() },
        { ...funds, sender: await bundle.getAddress(), recipient: await bundle.getAddress() },
        0n,
        MaxUint256,
      ]);
      const before = await assetOut.balanceOf(bundle);
      await bundle.run([...steps.before, { target: vault, data }, ...steps.after]);
      return (await assetOut.balanceOf(bundle)) - before;
    }

    it("pays what it pays without a proposal, to the wei", async () => {
      const market = await loadFixture(deployFreeMarket);
      const { weth, token, slasher, alice, deployer, operators } = market;
      const bundle = await ethers.deployContract("Bundle");
      await token.connect(alice).transfer(deployer, wad(200n));
      const live = await deployBalancer(deployer, weth, token, token, wad(100n));
      const sure = await ethers.deployContract("SureRateProvider", [token]);
      const wrong = await deployBalancer(deployer, weth, token, sure, wad(100n));
      await token.connect(alice).transfer(bundle, wad(100n));
      await weth.transfer(bundle, wad(100n));
      for (const each of [weth, token]) {
        for (const { vault } of [live, wrong]) {
          const data = each.interface.encodeFunctionData("approve", [await vault.getAddress(), MaxUint256]);
          await bundle.run([{ target: each, data }]);
        }
      }

      // The trader is the judge of a set, and its resolver.
      const set = await giveTo(
        { ...market, judge: await ethers.getImpersonatedSigner(await bundle.getAddress()) },
        GIVEN,
      );
      const call = (data: string): Bundle.StepStruct => ({ target: slasher, data });
      const propose = call(
        slasher.interface.encodeFunctionData("propose", [set, operators[0].address, wad("0.8"), ZeroHash, ""]),
      );
      const second = (await now()) + 100n;
      const snapshot = await takeSnapshot();
      /** Does something in the same second of the same state. */
      const then = async <T>(act: () => Promise<T>): Promise<T> => {
        await snapshot.restore();
        await at(second);
        return await act();
      };
      const record = await then(async () => readRecord(market, await bundle.run([propose])));
      const veto = call(slasher.interface.encodeFunctionData("veto", [record]));
      const gains: bigint[] = [];
      for (const [pool, assetIn] of [
        [live, weth],
        [live, token],
        [wrong, weth],
      ] as const) {
        const plain = await then(async () => bought(market, pool, bundle, assetIn, { before: [], after: [] }));
        const within = await then(async () =>
          bought(market, pool, bundle, assetIn, { before: [propose], after: [veto] }),
        );
        gains.push(within - plain);
      }
      const [buying = -1n, selling = -1n, byMistake = -1n] = gains;
      expect([buying, selling]).to.deep.equal([0n, 0n]);
      expect(byMistake).to.be.greaterThan(wad(1n));
      tell(
        ["Propose 12 %, swap 10 WETH for tokens on Balancer V2, veto, in one transaction", "the trader", buying],
        ["Propose 12 %, swap 10 tokens for WETH, veto", "the trader", selling],
        ["The first of them, if the pool asked for B/S", "the trader", byMistake],
      );
    });
  });

  describe("Uniswap v3, when a thin pool's price falls by 79 %", () => {
    it("has nobody liquidated on Aave", async () => {
      const market = await loadFixture(deployFreeMarket);
      const { token, weth, aave, alice, bob, deployer } = market;
      const users = await borrowers(market, DEBTS);
      await token.connect(alice).transfer(deployer, wad(20n));
      const uniswap = await deployUniswap(deployer, weth, token, wad(20n));
      const before = { bob: await market.weth.balanceOf(bob), shares: await token.balanceOf(bob) };
      await uniswap.sellDownTo(bob, wad("0.21"));
      expect(await uniswap.price()).to.be.closeTo(wad("0.21"), 10n);
      const sold = before.shares - (await token.balanceOf(bob));
      const seller = (await weth.balanceOf(bob)) - before.bob - sold;

      expect(await aave.oracle.getAssetPrice(token)).to.equal(wad(1n));
      const held = await worthOf(market, users);
      expect(await liquidateAll(market, users)).to.deep.equal([]);
      const gained = (await worthOf(market, users)) - held;

      // The same market with that price.
      const feed = await ethers.deployContract("MockFeed", [18]);
      await feed.set(await uniswap.price());
      await aave.oracle.setAssetSources([token], [feed]);
      expect(await liquidateAll(market, users)).to.deep.equal(users);
      const feedAt = await ethers.deployContract("RateFeed", [token, ZeroAddress, false, ""]);
      await aave.oracle.setAssetSources([token], [feedAt]);
      const harmed = (await worthOf(market, users)) - held;
      expect(harmed).to.be.lessThan(-wad(1n));
      tell(
        ["A sale takes a thin Uniswap v3 pool to 0.21", "the seller", seller],
        ["", "6 borrowers on Aave", gained],
        ["", "the same, if Aave asked for the pool's price", harmed],
      );
    });
  });

  describe("a looped position on Aave v3", () => {
    const OWN = wad(10n);

    /** Deposits, borrows 80 % of that, and so on: 10 WETH carry 29.52 tokens and 19.52 of debt. */
    async function loop(market: Market): Promise<{ user: AaveUser; start: bigint }> {
      const { token, weth, others, bucket, join } = market;
      const [account] = others;
      if (account === undefined) throw new Error("There are too few accounts.");
      await weth.transfer(account, OWN);
      const user = await join(account, 0n);
      await weth.connect(account).approve(token, MaxUint256);
      const start = ((await now()) / bucket + 2n) * bucket;
      let second = start;
      let assets = OWN;
      for (let round = 0; ; round++) {
        await at(second++);
        await token.connect(account).deposit(assets, account);
        await at(second++);
        await user.supply(token, await token.balanceOf(account));
        if (round === 3) break;
        assets = (assets * 8n) / 10n;
        await at(second++);
        await user.borrow(assets);
      }
      expect((await user.position()).debt).to.be.closeTo(wad("19.52"), 10n ** 12n);
      return { user, start };
    }

    /** Takes out what the debt does not need, has it redeemed, and repays, until there is neither debt nor collateral. */
    async function unwind(market: Market, user: AaveUser, redeem: (shares: bigint) => Promise<void>): Promise<number> {
      const { token, weth } = market;
      for (let round = 1; ; round++) {
        const { collateral, debt } = await user.position();
        // A part in a million is left for the interest of the next seconds.
        const needed = (debt * 10_000n * 1_000_001n) / (TERMS.threshold * 1_000_000n);
        await at((await now()) + 1n);
        const free = ((collateral - needed) * wad(1n)) / (await token.getRate());
        await user.withdraw(token, debt === 0n ? MaxUint256 : free);
        await redeem(await token.balanceOf(user.account));
        if (debt === 0n) return round;
        const owed = (await user.position()).debt;
        const balance = await weth.balanceOf(user.account);
        await at((await now()) + 1n);
        await user.repay(balance > owed + wad("0.001") ? MaxUint256 : balance);
      }
    }

    it("unwinds through the exit, at the cost of the interest", async () => {
      const market = await loadFixture(deployCostlyMarket);
      const { token, queue, weth } = market;
      const { user, start } = await loop(market);
      const rounds = await unwind(market, user, async (shares) => {
        await at((await now()) + 1n);
        await token.connect(user.account).requestRedeem(shares, user.account, user.account);
        const { epoch, maturity, items } = await closeEpoch(market);
        await at(maturity);
        await queue.settle(epoch, items);
        await at(maturity + 1n);
        await token.connect(user.account).redeem(shares, user.account, user.account);
      });
      const cost = (await weth.balanceOf(user.account)) - OWN;
      const daysTaken = ((await now()) - start + days(1n) - 1n) / days(1n);
      // Two percent of less than 19.52 a year, and nothing else.
      expect(cost).to.be.lessThan(0n);
      expect(-cost).to.be.lessThan((wad("19.52") * 2n * daysTaken) / 36_500n);
      tell([
        `29.52 tokens, looped on 10 WETH at 2 % a year, leave by ${rounds} exits in ${daysTaken} days`,
        "the holder",
        cost,
      ]);
    });

    it("unwinds at once through the instant exit, at the cost of its fee", async () => {
      const market = await loadFixture(deployCostlyMarket);
      const { token, weth } = market;
      const { user } = await loop(market);
      const rounds = await unwind(market, user, async (shares) => {
        await at((await now()) + 1n);
        await token.connect(user.account).instantRedeem(shares, 0n, user.account);
      });
      const cost = (await weth.balanceOf(user.account)) - OWN;
      const fee = (wad("29.52") * 30n) / 10_000n;
      // And seconds of interest.
      expect(-cost).to.be.greaterThan(fee);
      expect(-cost).to.be.lessThan((fee * 100_001n) / 100_000n);
      tell([`The same leave by ${rounds} instant exits, at once`, "the holder", cost]);
    });
  });

  describe("a harvest", () => {
    it("raises the price slowly, and pays nothing to who comes for it", async () => {
      const market = await loadFixture(deployFreeMarket);
      const { token, weth, aave, bob, carol, keeper } = market;
      await weth.connect(keeper).transfer(token, wad(10n));
      const before = await weth.balanceOf(carol);
      const start = (await now()) + 100n;
      await at(start);
      await token.connect(carol).deposit(wad(1_000n), carol);
      await at(start + 1n);
      await token.connect(keeper).harvest();
      await at(start + 2n);
      await token.connect(carol).instantRedeem(await token.balanceOf(carol), 0n, carol);
      const sandwich = (await weth.balanceOf(carol)) - before;
      expect(sandwich).to.be.closeTo(-wad(3n), wad("0.0001"));

      const rates = [await token.getRate()];
      for (const day of [1n, 7n]) {
        await passTo(start + 1n + days(day));
        rates.push(await aave.oracle.getAssetPrice(token));
      }
      const [paid = 0n, first = 0n, last = 0n] = rates;
      expect(first - paid).to.be.lessThan(bps(25n));
      expect(last - paid).to.be.closeTo(7n * (first - paid), 10n ** 12n);
      const shares = await token.balanceOf(bob);
      const gained = (from: bigint, to: bigint): bigint => ((to - from) * shares) / wad(1n);
      const who = "who deposits 1,000 WETH a second before, and leaves at once a second after";
      tell(
        ["10 WETH of rewards are harvested", who, sandwich],
        ["", "who has 400 of 1,000 tokens, in these 2 seconds", gained(wad(1n), paid)],
        ["", "the same, by Aave's price, after a day", gained(paid, first)],
        ["", "the same, after 7 days", gained(paid, last)],
      );
    });
  });

  describe("Aave v3, when all WETH is borrowed", () => {
    it("pays no lender, while the token pays its claims", async () => {
      const market = await loadFixture(deployFreeMarket);
      const { token, weth, lender, alice, bob } = market;
      const borrower = await market.join(alice, 0n);
      await borrower.supply(token, await token.balanceOf(alice));
      await borrower.borrow(wad(500n));
      await expect(lender.withdraw(weth, 1n)).to.be.reverted;

      const before = await weth.balanceOf(bob);
      await token.connect(bob).requestRedeem(wad(100n), bob, bob);
      await settleEpoch(market, await closeEpoch(market));
      await token.connect(bob).redeem(wad(100n), bob, bob);
      const claimed = (await weth.balanceOf(bob)) - before;
      expect(claimed).to.be.closeTo(wad(100n), 4n);
      await expect(lender.withdraw(weth, 1n)).to.be.reverted;
      tell(
        ["All WETH on Aave is borrowed", "a lender who would withdraw", "nothing to be had"],
        ["", "who redeems 100 tokens", claimed],
      );
    });
  });

  describe("docs/LRT.md", () => {
    it("tells all of this, and nothing else", async () => {
      await settleTable();
    });
  });
});
