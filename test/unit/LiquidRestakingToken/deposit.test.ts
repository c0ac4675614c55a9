import { loadFixture, takeSnapshot, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import {
  DECIMALS,
  deployLrt,
  deployLrtWith,
  deployStakedLrt,
  giveTo,
  type Lrt,
  proposeSlash,
  target,
} from "../../helpers/lrt";
import { expectRefusal } from "../../helpers/stake";
import { Behaviour } from "../../helpers/tokens";
import { wad } from "../../helpers/units";

/** Both ways in, by the assets that they take; while the price is 1 that is the number of shares, too. */
const WAYS = [
  { verb: "deposit", enter: async ({ token, bob }: Lrt, assets: bigint) => token.connect(bob).deposit(assets, bob) },
  { verb: "mint", enter: async ({ token, bob }: Lrt, assets: bigint) => token.connect(bob).mint(assets, bob) },
] as const;

/** Alice has deposited 9 tokens, and rewards of 1 token have vested: a share is worth a little more than 1. */
async function withRewards(fixture: () => Promise<Lrt>): Promise<Lrt> {
  const lrt = await loadFixture(fixture);
  const { token, asset, alice, unit } = lrt;
  await token.connect(alice).deposit(9n * unit, alice);
  await asset.mint(token, unit / 10n);
  await token.harvest();
  await time.increase(60n * 24n * 60n * 60n);
  await token.sync();
  expect(await token.totalAssets()).to.be.greaterThan(await token.totalSupply());
  return lrt;
}

async function deployUnseeded(): Promise<Lrt> {
  return await deployLrtWith({ seeded: false });
}

/** A token of which one operator has all: 1,000 tokens of alice, and the seed. */
async function deployExposed(): Promise<Lrt> {
  const lrt = await deployLrtWith({ bufferBps: 0n, operatorRiskBps: 10_000n });
  const { token, allocator, operators, alice, unit } = lrt;
  await target(lrt, [operators[0], 10_000n]);
  await token.connect(alice).deposit(1_000n * unit, alice);
  await allocator.allocate(operators[0], await token.totalAssets());
  return lrt;
}

/** Bob leaves at once with shares that are worth exactly so many assets. */
async function leaveAtOnce({ token, bob }: Lrt, assets: bigint): Promise<void> {
  const [total, supply] = [await token.totalAssets(), await token.totalSupply()];
  await token.connect(bob).instantRedeem((assets * supply + total - 1n) / total, 0n, bob);
}

/** A token on an asset that can misbehave; bob has some of it. */
async function deployHostile() {
  const hostile = await ethers.deployContract("HostileToken", ["Hostile", "HOST", 18]);
  const lrt = await deployLrtWith({ asset: await hostile.getAddress(), seeded: false });
  const { token, bob, deployer, unit } = lrt;
  for (const account of [bob, deployer]) {
    await hostile.mint(account, 1_000n * unit);
    await hostile.connect(account).approve(token, 1_000n * unit);
  }
  await token.connect(deployer).seed(unit);
  return { lrt, hostile };
}

describe("LiquidRestakingToken", () => {
  describe("seed", () => {
    it("locks one share for each unit, for ever", async () => {
      const lrt = await loadFixture(deployUnseeded);
      const { token, asset, deployer } = lrt;
      const seed = await token.MIN_SEED();
      const call = token.connect(deployer).seed(seed);
      const locked = await lrt.stakeManager.BURN_ADDRESS();
      await expect(call).to.changeTokenBalances(asset, [deployer, token], [-seed, seed]);
      await expect(call).to.emit(token, "Deposit").withArgs(deployer, locked, seed, seed);
      expect(await token.balanceOf(locked)).to.equal(seed);
      expect(await token.totalAssets()).to.equal(seed);
    });

    it("takes the least seed, and nothing below", async () => {
      const { token, deployer } = await loadFixture(deployUnseeded);
      const min = await token.MIN_SEED();
      await expect(token.connect(deployer).seed(min - 1n))
        .to.be.revertedWithCustomError(token, "SeedTooSmall")
        .withArgs(min - 1n, min);
    });

    it("takes up to the cap", async () => {
      const { token, asset, deployer, config } = await loadFixture(deployUnseeded);
      const cap = BigInt(config.maxTotalAssets);
      await asset.connect(deployer).approve(token, cap + 1n);
      await expect(token.connect(deployer).seed(cap + 1n))
        .to.be.revertedWithCustomError(token, "CapExceeded")
        .withArgs(cap + 1n, cap);
      await token.connect(deployer).seed(cap);
    });

    it("works once", async () => {
      const { token, deployer, seed } = await loadFixture(deployLrt);
      await expect(token.connect(deployer).seed(seed)).to.be.revertedWithCustomError(token, "AlreadySeeded").withArgs();
    });

    it("is not disturbed by what somebody sent before: that is a reward", async () => {
      const { token, asset, deployer, unit } = await loadFixture(deployUnseeded);
      await asset.mint(token, 5n * unit);
      await token.connect(deployer).seed(unit);
      expect(await token.totalAssets()).to.equal(unit);
      expect(await token.getRate()).to.equal(wad(1n));
    });

    it("takes nobody's but that of who has deployed the token, so that nobody can come before", async () => {
      const { token, alice, deployer, seed } = await loadFixture(deployUnseeded);
      expect(await token.SEEDER()).to.equal(deployer);
      await expectRefusal(async () => token.connect(alice).seed(seed), token, "NotSeeder", [
        alice.address,
        deployer.address,
      ]);
      await token.connect(deployer).seed(seed);
    });
  });

  for (const { decimals, fixture } of DECIMALS) {
    describe(`deposit, asset of ${decimals} decimals`, () => {
      describe("when the price is 1", () => {
        it("mints a share for each unit, takes the assets and says so", async () => {
          const { token, asset, alice, bob, unit, seed } = await loadFixture(fixture);
          expect(await token.connect(alice).deposit.staticCall(7n * unit, bob)).to.equal(7n * unit);
          const call = token.connect(alice).deposit(7n * unit, bob);
          await expect(call).to.changeTokenBalances(asset, [alice, token], [-7n * unit, 7n * unit]);
          await expect(call).to.changeTokenBalance(token, bob, 7n * unit);
          await expect(call)
            .to.emit(token, "Deposit")
            .withArgs(alice, bob, 7n * unit, 7n * unit);
          expect(await token.totalAssets()).to.equal(seed + 7n * unit);
        });
      });

      describe("when the price is above 1", () => {
        it("mints ⌊a·S/A⌋, as previewed", async () => {
          const { token, bob, unit } = await withRewards(fixture);
          const [total, supply] = [await token.totalAssets(), await token.totalSupply()];
          const expected = (unit * supply) / total;
          expect(expected).to.be.lessThan(unit);
          expect(await token.previewDeposit(unit)).to.equal(expected);
          expect(await token.convertToShares(unit)).to.equal(expected);
          await expect(token.connect(bob).deposit(unit, bob)).to.changeTokenBalance(token, bob, expected);
        });

        it("lowers the price for nobody", async () => {
          const { token, bob } = await withRewards(fixture);
          for (const assets of [3n, 1_000n, 123_457n]) {
            const [total, supply] = [await token.totalAssets(), await token.totalSupply()];
            await token.connect(bob).deposit(assets, bob);
            expect((await token.totalAssets()) * supply).to.be.at.least(total * (await token.totalSupply()));
          }
        });

        it("is closed when what the cap leaves buys no share", async () => {
          const { token, bob, warden } = await withRewards(fixture);
          await token.connect(warden).lowerCap((await token.totalAssets()) + 1n);
          await expect(token.connect(bob).deposit(1n, bob)).to.be.revertedWithCustomError(token, "ZeroShares");
          expect(await token.maxDeposit(bob)).to.equal(0n);
          expect(await token.maxMint(bob)).to.equal(0n);
        });

        it("refuses what buys no share", async () => {
          const { token, bob } = await withRewards(fixture);
          await expect(token.connect(bob).deposit(1n, bob))
            .to.be.revertedWithCustomError(token, "ZeroShares")
            .withArgs();
          await token.connect(bob).deposit(2n, bob);
        });
      });
    });

    describe(`mint, asset of ${decimals} decimals`, () => {
      it("costs ⌈s·A/S⌉, as previewed", async () => {
        const { token, asset, bob, alice, unit } = await withRewards(fixture);
        const shares = unit + 1n;
        const [total, supply] = [await token.totalAssets(), await token.totalSupply()];
        const cost = (shares * total + supply - 1n) / supply;
        expect(await token.previewMint(shares)).to.equal(cost);
        expect(await token.connect(bob).mint.staticCall(shares, alice)).to.equal(cost);
        const call = token.connect(bob).mint(shares, alice);
        await expect(call).to.changeTokenBalances(asset, [bob, token], [-cost, cost]);
        await expect(call).to.changeTokenBalance(token, alice, shares);
        await expect(call).to.emit(token, "Deposit").withArgs(bob, alice, cost, shares);
      });

      it("costs at least one unit", async () => {
        const { token } = await withRewards(fixture);
        expect(await token.previewMint(1n)).to.equal(2n);
      });

      it("refuses 0", async () => {
        const { token, bob } = await loadFixture(fixture);
        await expect(token.connect(bob).mint(0n, bob)).to.be.revertedWithCustomError(token, "ZeroShares").withArgs();
      });
    });
  }

  for (const { verb, enter } of WAYS) {
    describe(verb, () => {
      it("is closed until the seed is locked", async () => {
        const lrt = await loadFixture(deployUnseeded);
        await expect(enter(lrt, lrt.unit)).to.be.revertedWithCustomError(lrt.token, "NotSeeded").withArgs();
        expect(await lrt.token.maxDeposit(lrt.bob)).to.equal(0n);
        expect(await lrt.token.maxMint(lrt.bob)).to.equal(0n);
      });

      it("is closed while the guardian has paused entry", async () => {
        const lrt = await loadFixture(deployLrt);
        const { token, warden, bob, unit } = lrt;
        await token.connect(warden).setEntryPaused(true);
        await expect(enter(lrt, unit)).to.be.revertedWithCustomError(token, "EntryPaused").withArgs();
        expect(await token.maxDeposit(bob)).to.equal(0n);
        expect(await token.maxMint(bob)).to.equal(0n);
        await token.connect(warden).setEntryPaused(false);
        await enter(lrt, unit);
      });

      it("takes up to the cap, and not one unit more", async () => {
        const lrt = await loadFixture(deployLrt);
        const { token, asset, bob, config, seed } = lrt;
        const room = BigInt(config.maxTotalAssets) - seed;
        expect(await token.maxDeposit(bob)).to.equal(room);
        expect(await token.maxMint(bob)).to.equal(room);
        await expect(enter(lrt, room + 1n))
          .to.be.revertedWithCustomError(token, "CapExceeded")
          .withArgs(room + 1n, room);
        await enter(lrt, room);
        expect(await token.maxDeposit(bob)).to.equal(0n);
        await asset.mint(bob, 1n);
        await expect(enter(lrt, 1n)).to.be.revertedWithCustomError(token, "CapExceeded").withArgs(1n, 0n);
      });

      it("is open while a thousandth is contested, and closed when it is one unit more", async () => {
        const lrt = await loadFixture(deployStakedLrt);
        const { token, bob } = lrt;
        // 300 tokens are with the operator: 0.99 are contested.
        await proposeSlash(lrt, await giveTo(lrt, wad("0.33")), wad("0.01"));
        const contested = (await token.totalAssets()) - (await token.sureAssets());
        const before = await takeSnapshot();
        await leaveAtOnce(lrt, (await token.totalAssets()) - contested * 1_000n);
        expect(await token.totalAssets()).to.equal(contested * 1_000n);
        expect(await token.borrowable()).to.equal(true);
        expect(await token.maxDeposit(bob)).to.be.greaterThan(0n);
        await enter(lrt, 10n);

        await before.restore();
        await leaveAtOnce(lrt, (await token.totalAssets()) - contested * 1_000n + 1n);
        const [total, sure] = [await token.totalAssets(), await token.sureAssets()];
        expect((total - sure) * 1_000n).to.equal(total + 1n);
        await expect(enter(lrt, 10n)).to.be.revertedWithCustomError(token, "NotCalm").withArgs(total, sure);
        expect(await token.maxDeposit(bob)).to.equal(0n);
        expect(await token.maxMint(bob)).to.equal(0n);
        expect(await token.borrowable()).to.equal(false);
      });

      it("is closed for ever after nearly all was lost", async () => {
        const lrt = await loadFixture(deployExposed);
        const { token, bob, exitDelay } = lrt;
        const set = await giveTo(lrt, wad(1n), { vetoWindow: 0n });
        await proposeSlash(lrt, set, wad("0.99"));
        await enter(lrt, 1_000n);
        expect(await token.borrowable()).to.equal(true);
        await time.increase(exitDelay);
        await proposeSlash(lrt, set, wad("0.95"));
        const [total, supply] = [await token.totalAssets(), await token.totalSupply()];
        expect(total * 1_000n).to.be.lessThan(supply);
        await expect(enter(lrt, 1n)).to.be.revertedWithCustomError(token, "NotSound").withArgs(total, supply);
        expect(await token.maxDeposit(bob)).to.equal(0n);
        expect(await token.maxMint(bob)).to.equal(0n);
        expect(await token.borrowable()).to.equal(false);
      });

      describe("when the token delivers another amount", () => {
        for (const behaviour of [Behaviour.FeeOnTransfer, Behaviour.DeliversMore, Behaviour.MovesNothing]) {
          it(`refuses it (${Behaviour[behaviour]})`, async () => {
            const { lrt, hostile } = await loadFixture(deployHostile);
            const { token, unit } = lrt;
            await hostile.setBehaviour(behaviour, 100n);
            const before = await hostile.balanceOf(token);
            await expect(enter(lrt, unit))
              .to.be.revertedWithCustomError(token, "InexactTransfer")
              .withArgs(before + unit, (found: bigint) => found !== before + unit);
          });
        }
      });
    });
  }
});
