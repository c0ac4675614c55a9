import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { deployLrt, deployLrtWith, deployStakedLrt, giveTo, type Lrt, proposeSlash, target } from "../../helpers/lrt";
import { NO_APPROVAL } from "../../helpers/signatures";
import { expectRefusal } from "../../helpers/stake";
import { wad } from "../../helpers/units";

const BUFFER_BPS = 500n;

/** A fixture: 1,000 tokens and the seed are idle; the first operator's target is 30 %. */
async function deployIdle(): Promise<Lrt> {
  const lrt = await loadFixture(deployLrt);
  await target(lrt, [lrt.operators[0], 3_000n]);
  await lrt.token.connect(lrt.alice).deposit(1_000n * lrt.unit, lrt.alice);
  return lrt;
}

describe("Allocator", () => {
  describe("allocate", () => {
    it("stakes idle assets with the operator, moves no price, and says so", async () => {
      const { token, allocator, asset, stakeManager, operators, keeper, unit } = await loadFixture(deployIdle);
      const [operator] = operators;
      const [total, { idle }] = [await token.totalAssets(), await token.books()];
      const call = allocator.connect(keeper).allocate(operator, 100n * unit);
      await expect(call)
        .to.emit(allocator, "Allocated")
        .withArgs(operator, 100n * unit, 100n * unit, 100n * unit);
      await expect(call).to.changeTokenBalances(asset, [token, stakeManager], [-100n * unit, 100n * unit]);
      await expect(call)
        .to.emit(token, "Revalued")
        .withArgs(100n * unit, 100n * unit, 0n);
      const books = await token.books();
      expect([books.idle, books.gross, books.net]).to.deep.equal([idle - 100n * unit, 100n * unit, 100n * unit]);
      expect(await token.totalAssets()).to.equal(total);
      expect(await stakeManager.sharesOf(operator, asset, token)).to.equal(100n * unit);
      expect((await allocator.operatorState(operator)).shares).to.equal(100n * unit);
      expect(await allocator.stakeValue(operator)).to.deep.equal([100n * unit, 100n * unit]);
    });

    it("goes up to the target, and not one unit beyond", async () => {
      const { token, allocator, operators } = await loadFixture(deployIdle);
      const limit = ((await token.totalAssets()) * 3_000n) / 10_000n;
      expect(await allocator.limitOf(operators[0])).to.equal(limit);
      await expectRefusal(async () => allocator.allocate(operators[0], limit + 1n), allocator, "ExceedsTarget", [
        limit + 1n,
        limit,
      ]);
      await allocator.allocate(operators[0], limit);
    });

    it("counts a scheduled target only when it is in force", async () => {
      const { allocator, token, curator, operators, notice } = await loadFixture(deployIdle);
      await allocator.connect(curator).setTarget(operators[1], 100n);
      const limit = ((await token.totalAssets()) * 100n) / 10_000n;
      await expectRefusal(async () => allocator.allocate(operators[1], limit), allocator, "ExceedsTarget", [limit, 0n]);
      await time.increase(notice);
      await allocator.allocate(operators[1], limit);
    });

    it("leaves the buffer, to the unit", async () => {
      const lrt = await loadFixture(deployIdle);
      const { token, allocator, operators } = lrt;
      await allocator.connect(lrt.curator).setTarget(operators[0], 9_500n);
      await time.increase(lrt.notice);
      const { idle } = await token.books();
      const buffer = ((await token.totalAssets()) * BUFFER_BPS + 9_999n) / 10_000n;
      await expectRefusal(async () => allocator.allocate(operators[0], idle - buffer + 1n), allocator, "ExceedsIdle", [
        idle - buffer + 1n,
        idle - buffer,
      ]);
      await allocator.allocate(operators[0], idle - buffer);
      await expectRefusal(async () => allocator.allocate(operators[0], 1n), allocator, "ExceedsIdle", [1n, 0n]);
    });

    it("stakes nothing without a target, be it worth less than a unit", async () => {
      const lrt = await loadFixture(deployIdle);
      const { allocator, asset, stakeManager, operators, carol, unit } = lrt;
      const [, unknown, third] = operators;
      await asset.connect(carol).approve(stakeManager, 2n * unit);
      for (const operator of [unknown, third]) {
        await stakeManager.connect(carol).deposit(operator, asset, unit, carol, 0n, NO_APPROVAL);
      }
      const set = await giveTo(lrt, wad(1n), { operators: [unknown, third], vetoWindow: 0n });
      for (const operator of [unknown, third]) await proposeSlash(lrt, set, wad("0.1"), operator);
      await allocator.connect(lrt.curator).setTarget(third, 3_000n);
      for (const operator of [unknown, third]) {
        await expectRefusal(async () => allocator.allocate(operator, 1n), allocator, "ExceedsTarget", [1n, 0n]);
      }
    });

    it("refuses more shares than fit beside the operator's address", async () => {
      const lrt = await deployLrtWith({ bufferBps: 0n, operatorRiskBps: 10_000n });
      const { token, allocator, asset, stakeManager, operators, alice, carol, unit } = lrt;
      const [operator] = operators;
      await asset.connect(carol).approve(stakeManager, unit);
      await stakeManager.connect(carol).deposit(operator, asset, unit, carol, 0n, NO_APPROVAL);
      await target(lrt, [operator, 10_000n]);
      await proposeSlash(lrt, await giveTo(lrt, wad(1n), { vetoWindow: 0n }), wad("0.999999"));
      await token.connect(alice).deposit(50_000n * unit, alice);
      const [shares, max] = [50_000_000_000n * unit, 2n ** 95n - 1n];
      await expectRefusal(async () => allocator.allocate(operator, 50_000n * unit), allocator, "TooManyShares", [
        shares,
        max,
      ]);
      await allocator.allocate(operator, max / 1_000_000n);
    });

    it("refuses what buys no share", async () => {
      const { allocator, operators } = await loadFixture(deployIdle);
      await expectRefusal(async () => allocator.allocate(operators[0], 0n), allocator, "ZeroShares", []);
    });

    describe("when services could slash much of the pool", () => {
      it("bounds the stake so that they take at most OPERATOR_RISK of all assets", async () => {
        const lrt = await loadFixture(deployIdle);
        const { token, allocator, operators } = lrt;
        await giveTo(lrt, wad("0.8"), { wait: false });
        // What is still joining counts: 2,000 bps / 0.8 = 25 %.
        const limit = ((await token.totalAssets()) * 2_500n) / 10_000n;
        expect(await allocator.limitOf(operators[0])).to.equal(limit);
        await expectRefusal(async () => allocator.allocate(operators[0], limit + 1n), allocator, "ExceedsTarget", [
          limit + 1n,
          limit,
        ]);
        await allocator.allocate(operators[0], limit);
      });
    });

    it("does not enter a pool that refuses entry", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { allocator, stakeManager, asset, operators } = lrt;
      const [operator] = operators;
      await stakeManager.connect(operator).closePool(asset);
      await expectRefusal(async () => allocator.allocate(operator, 1n), stakeManager, "PoolNotOpen", [
        operator.address,
        await asset.getAddress(),
      ]);
      await stakeManager.connect(operator).openPool(asset, ZeroAddress);
      await proposeSlash(lrt, await giveTo(lrt, wad("0.1")), wad("0.1"));
      await expectRefusal(async () => allocator.allocate(operator, 1n), stakeManager, "PoolLiened", [
        operator.address,
        await asset.getAddress(),
        wad("0.01"),
      ]);
    });

    it("is closed to an operator that is leaving", async () => {
      const { allocator, curator, operators } = await loadFixture(deployStakedLrt);
      await allocator.connect(curator).setTarget(operators[0], 0n);
      await allocator.evict(operators[0]);
      const { maturity } = await allocator.operatorState(operators[0]);
      await expectRefusal(async () => allocator.allocate(operators[0], 1n), allocator, "OperatorLeaving", [
        operators[0].address,
        maturity,
      ]);
    });

    it("does not count what others give to the token in the core", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, allocator, stakeManager, asset, operators, carol, unit } = lrt;
      const before = await token.totalAssets();
      await asset.connect(carol).approve(stakeManager, 50n * unit);
      await stakeManager.connect(carol).deposit(operators[0], asset, 50n * unit, token, 0n, NO_APPROVAL);
      await allocator.allocate(operators[0], 1n);
      expect(await token.totalAssets()).to.equal(before);
      expect((await allocator.operatorState(operators[0])).shares).to.equal(300n * unit + 1n);
    });
  });

  describe("setTarget", () => {
    it("schedules a new operator, and a higher target, after NOTICE", async () => {
      const { allocator, curator, operators, notice } = await loadFixture(deployLrt);
      const [operator] = operators;
      const call = await allocator.connect(curator).setTarget(operator, 3_000n);
      const effectAt = BigInt(await time.latest()) + notice;
      await expect(call).to.emit(allocator, "TargetScheduled").withArgs(operator, 3_000n, effectAt);
      expect(await allocator.operators()).to.deep.equal([operator.address]);
      expect(await allocator.operatorState(operator)).to.deep.equal([0n, 0n, 0n, 3_000n, effectAt, true]);
      await time.increaseTo(effectAt - 1n);
      expect((await allocator.operatorState(operator)).target).to.equal(0n);
      await time.increaseTo(effectAt);
      expect(await allocator.operatorState(operator)).to.deep.equal([0n, 0n, 3_000n, 0n, 0n, true]);
    });

    it("lowers at once, and drops what was scheduled", async () => {
      const { allocator, curator, operators } = await loadFixture(deployStakedLrt);
      const [operator] = operators;
      await allocator.connect(curator).setTarget(operator, 3_500n);
      await expect(allocator.connect(curator).setTarget(operator, 2_000n))
        .to.emit(allocator, "TargetSet")
        .withArgs(operator, 2_000n);
      const { target: set, nextTarget, nextAt } = await allocator.operatorState(operator);
      expect([set, nextTarget, nextAt]).to.deep.equal([2_000n, 0n, 0n]);
    });

    it("takes an operator without stake off the list", async () => {
      const { allocator, curator, operators } = await loadFixture(deployLrt);
      for (const operator of operators) await allocator.connect(curator).setTarget(operator, 100n);
      await expect(allocator.connect(curator).setTarget(operators[0], 0n))
        .to.emit(allocator, "OperatorDelisted")
        .withArgs(operators[0]);
      expect(await allocator.operators()).to.deep.equal([operators[2].address, operators[1].address]);
      await allocator.connect(curator).setTarget(operators[1], 0n);
      expect(await allocator.operators()).to.deep.equal([operators[2].address]);
      await expectRefusal(
        async () => allocator.connect(curator).setTarget(operators[0], 0n),
        allocator,
        "OperatorUnknown",
        [operators[0].address],
      );
    });

    it("knows where the others stand, once one has left the list", async () => {
      const { allocator, curator, operators } = await loadFixture(deployLrt);
      const set = async (index: 0 | 1 | 2, bps: bigint) => allocator.connect(curator).setTarget(operators[index], bps);
      for (const index of [0, 1, 2] as const) await set(index, 100n);
      await set(0, 0n);
      await set(2, 0n);
      expect(await allocator.operators()).to.deep.equal([operators[1].address]);
      expect((await allocator.operatorState(operators[1])).nextTarget).to.equal(100n);
    });

    it("keeps an operator on the list whose target falls, though it has no stake", async () => {
      const lrt = await loadFixture(deployIdle);
      await lrt.allocator.connect(lrt.curator).setTarget(lrt.operators[0], 2_000n);
      expect(await lrt.allocator.operators()).to.deep.equal([lrt.operators[0].address]);
    });

    it("leaves the buffer: scheduled targets count, to the basis point", async () => {
      const { allocator, curator, operators } = await loadFixture(deployLrt);
      const set = async (index: 0 | 1 | 2, bps: bigint) => allocator.connect(curator).setTarget(operators[index], bps);
      await set(0, 5_000n);
      await expectRefusal(async () => set(1, 4_501n), allocator, "TargetsTooHigh", [9_501n, 9_500n]);
      await set(1, 4_500n);
      await expectRefusal(async () => set(2, 1n), allocator, "TargetsTooHigh", [9_501n, 9_500n]);
    });

    it("takes 32 operators, not 33", async () => {
      const { allocator, curator, alice } = await loadFixture(deployLrt);
      for (let i = 1n; i <= 32n; i++) {
        await allocator.connect(curator).setTarget(`0x${i.toString(16).padStart(40, "0")}`, 10n);
      }
      await expectRefusal(async () => allocator.connect(curator).setTarget(alice, 10n), allocator, "TooManyOperators", [
        32n,
      ]);
    });

    it("is the curator's", async () => {
      const { allocator, alice } = await loadFixture(deployLrt);
      await expectRefusal(
        async () => allocator.connect(alice).setTarget(alice, 1n),
        allocator,
        "AccessManagedUnauthorized",
        [alice.address],
      );
    });
  });
});
