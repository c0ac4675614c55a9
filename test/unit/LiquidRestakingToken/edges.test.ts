import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type ContractTransactionResponse, MaxUint256 } from "ethers";
import { ethers } from "hardhat";
import { deployLrt, deployLrtWith, deployStakedLrt, giveTo, type Lrt, proposeSlash } from "../../helpers/lrt";
import { NO_APPROVAL } from "../../helpers/signatures";
import { at, expectRefusal, now, passTo } from "../../helpers/stake";
import { days, wad, WAD } from "../../helpers/units";

/** Verbs that begin with the books of the present. */
const VERBS: readonly (readonly [string, (lrt: Lrt) => Promise<ContractTransactionResponse>])[] = [
  ["sync", async ({ token }) => token.sync()],
  ["harvest", async ({ token }) => token.harvest()],
  ["deposit", async ({ token, bob }) => token.connect(bob).deposit(1_000n, bob)],
  ["mint", async ({ token, bob }) => token.connect(bob).mint(1_000n, bob)],
  ["instantRedeem", async ({ token, alice }) => token.connect(alice).instantRedeem(1_000n, 0n, alice)],
  ["release", async ({ queue }) => queue.close()],
];

/** What a token says first of its stake in a transaction. */
async function firstValue({ token }: Lrt, { blockNumber }: ContractTransactionResponse): Promise<unknown[]> {
  const [log] = await token.queryFilter(token.filters.Revalued(), blockNumber ?? 0, blockNumber ?? 0);
  return [...(log?.args ?? [])];
}

/** Rewards have come, and the token has looked. */
async function reward({ asset, token }: Lrt, assets: bigint): Promise<bigint> {
  await asset.mint(token, assets);
  await token.harvest();
  return await now();
}

describe("LiquidRestakingToken", () => {
  describe("constructor", () => {
    it("asks for a seed of a hundredth of a token, and of a million units", async () => {
      for (const [decimals, exponent] of [
        [6n, 6n],
        [8n, 6n],
        [9n, 7n],
        [18n, 16n],
      ] as const) {
        const { token } = await deployLrtWith({ decimals, seeded: false });
        expect(await token.MIN_SEED()).to.equal(10n ** exponent);
      }
    });

    it("lets the StakeManager take the asset without end", async () => {
      const { token, asset, stakeManager } = await loadFixture(deployLrt);
      expect(await asset.allowance(token, stakeManager)).to.equal(MaxUint256);
    });
  });

  for (const [verb, act] of VERBS) {
    describe(`${verb} after a slash event`, () => {
      it("books what the stake is worth, and at which event", async () => {
        const lrt = await loadFixture(deployStakedLrt);
        const { token, queue, alice, unit } = lrt;
        const set = await giveTo(lrt, wad("0.02"), { vetoWindow: 0n });
        await token.connect(alice).requestRedeem(unit, alice, alice);
        await proposeSlash(lrt, set, wad("0.5"));
        const closableAt = await queue.closableAt();
        if ((await now()) < closableAt) await passTo(closableAt);
        expect(await firstValue(lrt, await act(lrt))).to.deep.equal([897n * unit, 897n * unit, 1n]);
      });
    });
  }

  describe("seed after a slash event of the asset", () => {
    it("books that it has seen it", async () => {
      const lrt = await deployLrtWith({ seeded: false });
      const { token, asset, stakeManager, operators, carol, deployer, unit } = lrt;
      await asset.connect(carol).approve(stakeManager, unit);
      await stakeManager.connect(carol).deposit(operators[0], asset, unit, carol, 0n, NO_APPROVAL);
      await proposeSlash(lrt, await giveTo(lrt, wad(1n), { vetoWindow: 0n }), wad("0.1"));
      expect(await firstValue(lrt, await token.connect(deployer).seed(unit))).to.deep.equal([0n, 0n, 1n]);
    });
  });

  describe("harvest", () => {
    it("finds nothing where nothing came, and begins no cycle", async () => {
      const { token } = await loadFixture(deployLrt);
      expect(await token.harvest.staticCall()).to.equal(0n);
      await expect(token.harvest()).not.to.emit(token, "StreamStarted");
    });

    it("finds a single unit", async () => {
      const { token, asset } = await loadFixture(deployLrt);
      await asset.mint(token, 1n);
      expect(await token.harvest.staticCall()).to.equal(1n);
    });

    it("lets a single unit vest at the end of its cycle", async () => {
      const lrt = await loadFixture(deployLrt);
      const total = await lrt.token.totalAssets();
      await passTo((await reward(lrt, 1n)) + days(7n));
      expect(await lrt.token.totalAssets()).to.equal(total + 1n);
    });

    it("remembers the highest rate, rounded down", async () => {
      const lrt = await loadFixture(deployLrt);
      const { token, alice } = lrt;
      await token.connect(alice).deposit(7n, alice);
      await passTo((await reward(lrt, 1_000n)) + days(7n));
      await token.harvest();
      const [total, supply] = [await token.totalAssets(), await token.totalSupply()];
      expect((WAD * total) % supply).not.to.equal(0n);
      expect(await token.highestRate()).to.equal((WAD * total) / supply);
    });

    it("takes the fee at the price of the last harvest, too", async () => {
      const lrt = await loadFixture(deployLrt);
      await lrt.token.harvest();
      await reward(lrt, 100n);
      expect((await lrt.token.books()).fees).to.equal(10n);
    });

    it("adds what did not vest in time to the next cycle", async () => {
      const lrt = await loadFixture(deployLrt);
      const { token, seed } = lrt;
      const begun = await reward(lrt, seed);
      await lrt.asset.mint(token, 1_000n);
      await passTo(begun + days(7n));
      const before = await token.books();
      expect(before.streaming).to.be.greaterThan(seed / 2n);
      await token.harvest();
      const { streaming, pending, streamEndsAt } = await token.books();
      expect(streaming).to.be.closeTo(before.streaming + 900n, seed / 10n ** 6n);
      expect([pending, streamEndsAt]).to.deep.equal([0n, (await now()) + days(7n)]);
    });

    it("forgets no second in which nothing has vested", async () => {
      const lrt = await loadFixture(deployLrt);
      const { token } = lrt;
      const begun = await reward(lrt, 100n);
      const total = await token.totalAssets();
      for (const hour of [1n, 2n, 3n]) {
        await at(begun + hour * 1_800n);
        await token.sync();
      }
      await passTo(begun + 7_200n);
      // ⌊90 · 2 hours / 7 days⌋.
      expect((await token.totalAssets()) - total).to.equal(1n);
    });
  });

  describe("sync", () => {
    it("tells the books of now, what is contested apart", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, unit } = lrt;
      await proposeSlash(lrt, await giveTo(lrt, wad("0.5")), wad("0.1"));
      await lrt.asset.mint(token, unit);
      await token.harvest();
      const call = await token.sync();
      const { idle, gross, net, streaming } = await token.books();
      expect([gross, net]).to.deep.equal([900n * unit, 885n * unit]);
      await expect(call).to.emit(token, "Synced").withArgs(idle, gross, net, streaming);
    });
  });

  describe("stake", () => {
    it("goes on with the stream where it was", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, allocator, curator, operators, unit, notice } = lrt;
      await allocator.connect(curator).setTarget(operators[0], 3_400n);
      await time.increase(notice);
      const begun = await reward(lrt, unit);
      await at(begun + days(1n));
      await allocator.allocate(operators[0], unit);
      await passTo(begun + days(2n));
      const { streaming, streamEndsAt } = await token.books();
      expect(streamEndsAt).to.equal(begun + days(7n));
      expect(streaming).to.be.closeTo((((unit * 9n) / 10n) * 5n) / 7n, 2n);
    });
  });

  describe("what is kept beside the cap and the pause", () => {
    for (const [power, use] of [
      ["setEntryPaused", async ({ token, warden }: Lrt) => token.connect(warden).setEntryPaused(true)],
      ["lowerCap", async ({ token, warden, unit }: Lrt) => token.connect(warden).lowerCap(2_000n * unit)],
    ] as const) {
      it(`${power} keeps what is contested apart`, async () => {
        const lrt = await loadFixture(deployStakedLrt);
        const { token, unit } = lrt;
        await proposeSlash(lrt, await giveTo(lrt, wad("0.5")), wad("0.1"));
        await token.sync();
        await use(lrt);
        expect((await token.totalAssets()) - (await token.sureAssets())).to.equal(15n * unit);
      });

      it(`${power} lets new stake be sure`, async () => {
        const lrt = await loadFixture(deployStakedLrt);
        const { token, allocator, operators, unit, seed } = lrt;
        await use(lrt);
        await lrt.allocator.connect(lrt.curator).setTarget(operators[0], 3_400n);
        await time.increase(lrt.notice);
        await allocator.allocate(operators[0], 40n * unit);
        expect([await token.totalAssets(), await token.sureAssets()]).to.deep.equal([
          1_000n * unit + seed,
          1_000n * unit + seed,
        ]);
      });
    }
  });

  describe("maxDeposit", () => {
    it("is one unit where the cap leaves one, and one unit can enter", async () => {
      const { token, warden, alice, seed } = await loadFixture(deployLrt);
      await token.connect(warden).lowerCap(seed + 1n);
      expect([await token.maxDeposit(alice), await token.maxMint(alice)]).to.deep.equal([1n, 1n]);
      await token.connect(alice).deposit(1n, alice);
    });

    it("is 0 where the cap is below what there is, and nothing can enter", async () => {
      const { token, warden, alice, seed } = await loadFixture(deployLrt);
      await token.connect(warden).lowerCap(seed - 1n);
      expect(await token.maxDeposit(alice)).to.equal(0n);
      await expectRefusal(async () => token.connect(alice).deposit(1n, alice), token, "CapExceeded", [1n, 0n]);
    });
  });

  describe("books that hold more than there is", () => {
    it("find no reward: a token whose balances fall gives none", async () => {
      const hostile = await ethers.deployContract("HostileToken", ["Hostile", "HOST", 18]);
      const lrt = await deployLrtWith({ asset: await hostile.getAddress(), seeded: false });
      const { token, deployer, unit } = lrt;
      await hostile.mint(deployer, unit);
      await hostile.connect(deployer).approve(token, unit);
      await token.connect(deployer).seed(unit);
      await hostile.shrink(token, 1n);
      expect(await token.harvest.staticCall()).to.equal(0n);
    });
  });

  describe("RewardAuction", () => {
    it("starts at a tenth of all assets, rounded up", async () => {
      const lrt = await loadFixture(deployLrt);
      const { token, auction, alice } = lrt;
      await token.connect(alice).deposit(11n, alice);
      const lot = await ethers.deployContract("MockERC20", ["Reward", "RWD", 18]);
      await lot.mint(auction, 1n);
      const total = await token.totalAssets();
      expect(total % 10n).to.equal(1n);
      await expect(auction.start(lot))
        .to.emit(auction, "AuctionStarted")
        .withArgs(lot, 1n, total / 10n + 1n);
    });
  });
});
