import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { DECIMALS, deployLrt, deployLrtWith, deployStakedLrt, giveTo, type Lrt, proposeSlash } from "../../helpers/lrt";
import { at, expectRefusal, now } from "../../helpers/stake";
import { days, wad } from "../../helpers/units";

const CYCLE = days(7n);

/** Sends the asset to the token, as rewards come, and has it found. */
async function reward(lrt: Lrt, assets: bigint): Promise<bigint> {
  await lrt.asset.mint(lrt.token, assets);
  await lrt.token.connect(lrt.keeper).harvest();
  return await now();
}

/** A fixture: 1,000 tokens are idle. */
async function deployThousand(): Promise<Lrt> {
  const lrt = await loadFixture(deployLrt);
  await lrt.token.connect(lrt.alice).deposit(1_000n * lrt.unit - lrt.seed, lrt.alice);
  return lrt;
}

describe("LiquidRestakingToken", () => {
  for (const { decimals, fixture } of DECIMALS) {
    describe(`harvest, asset of ${decimals} decimals`, () => {
      it("finds what is held beyond the books, sets the fee aside, and begins a cycle", async () => {
        const { token, asset, alice, unit } = await loadFixture(fixture);
        await token.connect(alice).deposit(999n * unit, alice);
        const total = await token.totalAssets();
        await asset.mint(token, 10n * unit);
        expect(await token.harvest.staticCall()).to.equal(10n * unit);
        const call = await token.harvest();
        const endsAt = (await now()) + CYCLE;
        await expect(call)
          .to.emit(token, "Harvested")
          .withArgs(10n * unit, unit, 9n * unit);
        await expect(call)
          .to.emit(token, "StreamStarted")
          .withArgs(9n * unit, endsAt);
        const books = await token.books();
        expect([books.streaming, books.pending, books.fees]).to.deep.equal([9n * unit, 0n, unit]);
        expect(books.streamEndsAt).to.equal(endsAt);
        // Nothing of it is part of the price yet.
        expect(await token.totalAssets()).to.equal(total);
      });
    });
  }

  describe("harvest", () => {
    it("is refused until the seed is locked", async () => {
      const { token } = await deployLrtWith({ seeded: false });
      await expectRefusal(async () => token.harvest(), token, "NotSeeded", []);
    });

    it("lets rewards vest on a straight line, whoever looks how often", async () => {
      const lrt = await loadFixture(deployThousand);
      const { token, unit } = lrt;
      const begun = await reward(lrt, 10n * unit);
      const total = await token.totalAssets();
      for (const day of [1n, 2n, 5n]) {
        await at(begun + days(day));
        await token.sync();
        expect((await token.totalAssets()) - total).to.be.closeTo((9n * unit * day) / 7n, 10n);
      }
      await at(begun + CYCLE);
      await token.sync();
      expect(await token.totalAssets()).to.equal(total + 9n * unit);
      expect((await token.books()).streaming).to.equal(0n);
    });

    it("lets at most 25 bps of all assets vest in a day, and the rest after the cycle", async () => {
      const lrt = await loadFixture(deployThousand);
      const { token, unit } = lrt;
      const begun = await reward(lrt, 100n * unit);
      await at(begun + days(1n));
      await token.sync();
      expect(await token.totalAssets()).to.equal((1_000n * unit * 10_025n) / 10_000n);
      await at(begun + CYCLE);
      await token.sync();
      // 2.5 tokens on the first day, and 25 bps of 1,002.5 on each of six others.
      expect(await token.totalAssets()).to.equal(1_002_500_000_000_000_000_000n + 6n * 2_506_250_000_000_000_000n);
      expect((await token.books()).streaming).to.be.greaterThan(70n * unit);
      await at(begun + days(60n));
      await token.sync();
      expect(await token.totalAssets()).to.equal(1_090n * unit);
    });

    it("keeps what comes during a cycle for the next: dust delays nothing", async () => {
      const lrt = await loadFixture(deployThousand);
      const { token, unit } = lrt;
      const begun = await reward(lrt, 7n * unit);
      const { streamEndsAt } = await token.books();
      await reward(lrt, 1n);
      await reward(lrt, 2n * unit);
      const books = await token.books();
      expect(books.streamEndsAt).to.equal(streamEndsAt);
      expect(books.pending).to.equal(1n + (2n * unit * 9n) / 10n);
      await at(begun + CYCLE - 1n);
      await token.harvest();
      expect((await token.books()).streamEndsAt).to.equal(streamEndsAt);
      await at(begun + CYCLE);
      await expect(token.harvest())
        .to.emit(token, "StreamStarted")
        .withArgs(1n + (2n * unit * 9n) / 10n, begun + 2n * CYCLE);
    });

    it("takes no fee while the price is below what it was at an earlier harvest", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, unit } = lrt;
      const set = await giveTo(lrt, wad("0.5"), { vetoWindow: 0n });
      await reward(lrt, unit);
      expect(await token.highestRate()).to.equal(wad(1n));
      await proposeSlash(lrt, set, wad("0.01"));
      await reward(lrt, unit);
      expect((await token.books()).fees).to.equal(unit / 10n);
      // A slash of 1.5 tokens is made good by 2.
      await time.increase(CYCLE);
      await reward(lrt, 3n * unit);
      await time.increase(2n * CYCLE);
      await token.harvest();
      await time.increase(2n * CYCLE);
      await reward(lrt, unit);
      expect((await token.books()).fees).to.equal(unit / 5n);
      expect(await token.highestRate()).to.be.greaterThan(wad(1n));
    });

    it("gives nothing to who comes for the harvest and leaves", async () => {
      const lrt = await loadFixture(deployThousand);
      const { token, asset, bob, unit } = lrt;
      const before = await asset.balanceOf(bob);
      await token.connect(bob).deposit(9_000n * unit, bob);
      await reward(lrt, 10n * unit);
      await token.connect(bob).instantRedeem(9_000n * unit, 0n, bob);
      expect(await asset.balanceOf(bob)).to.be.lessThan(before);
    });

    it("adds up: every unit is in one place", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, asset, unit } = lrt;
      await reward(lrt, 3n * unit);
      await time.increase(days(2n));
      await reward(lrt, unit);
      const { idle, streaming, pending, fees } = await token.books();
      expect(idle + streaming + pending + fees).to.equal(await asset.balanceOf(token));
    });
  });

  describe("payFees", () => {
    it("pays the fee recipient, once", async () => {
      const lrt = await loadFixture(deployThousand);
      const { token, asset, treasury, keeper, unit } = lrt;
      await expectRefusal(async () => token.payFees(), token, "NoFees", []);
      await reward(lrt, 10n * unit);
      const call = token.connect(keeper).payFees();
      await expect(call).to.changeTokenBalances(asset, [token, treasury], [-unit, unit]);
      await expect(call).to.emit(token, "FeesPaid").withArgs(unit);
      await expectRefusal(async () => token.payFees(), token, "NoFees", []);
    });
  });

  describe("sync", () => {
    it("tells what is where, as the views told before", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, unit } = lrt;
      const begun = await reward(lrt, unit);
      await time.increaseTo(begun + days(1n));
      await at(begun + days(1n) + 1n);
      const call = await token.sync();
      const { idle, gross, net, streaming } = await token.books();
      await expect(call).to.emit(token, "Synced").withArgs(idle, gross, net, streaming);
      expect(await token.sync.staticCall()).to.deep.equal([idle + gross, idle]);
    });

    it("reads the stake anew when a slash event has moved the counter, and views do so before", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, slasher, unit } = lrt;
      const set = await giveTo(lrt, wad("0.5"));
      const total = await token.totalAssets();
      const record = await proposeSlash(lrt, set, wad("0.1"));
      // 300 · 0.5 · 0.1.
      expect([await token.totalAssets(), await token.sureAssets()]).to.deep.equal([total, total - 15n * unit]);
      expect(await token.getRate()).to.equal(wad(1n));
      expect(await token.sureRate()).to.equal(((total - 15n * unit) * wad(1n)) / total);
      await expect(token.sync())
        .to.emit(token, "Revalued")
        .withArgs(900n * unit, 885n * unit, 1n);
      await expect(token.sync()).not.to.emit(token, "Revalued");
      await time.increaseTo(record.deadline);
      await slasher.finalise(record);
      expect([await token.totalAssets(), await token.sureAssets()]).to.deep.equal([
        total - 15n * unit,
        total - 15n * unit,
      ]);
      await expect(token.sync())
        .to.emit(token, "Revalued")
        .withArgs(885n * unit, 885n * unit, 2n);
    });
  });
});
