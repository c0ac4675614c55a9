import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { deployLrt, deployLrtWith, deployStakedLrt, giveTo, type Lrt, proposeSlash, target } from "../../helpers/lrt";
import { expectRefusal } from "../../helpers/stake";
import { WAD, wad } from "../../helpers/units";

const BPS = 10_000n;

/** A token that may stake everything with one operator; of its asset there may be 2^96 units. */
async function deployWhole(): Promise<Lrt> {
  const lrt = await deployLrtWith({ bufferBps: 0n, operatorRiskBps: BPS, maxTotalAssets: 2n ** 96n - 1n });
  await target(lrt, [lrt.operators[0], BPS]);
  return lrt;
}

describe("Allocator", () => {
  describe("setTarget", () => {
    it("lowers to the same target at once, and raises by a basis point later", async () => {
      const { allocator, curator, operators } = await loadFixture(deployStakedLrt);
      const [operator] = operators;
      await allocator.connect(curator).setTarget(operator, 3_400n);
      await expect(allocator.connect(curator).setTarget(operator, 3_000n))
        .to.emit(allocator, "TargetSet")
        .withArgs(operator, 3_000n);
      await expect(allocator.connect(curator).setTarget(operator, 3_001n)).to.emit(allocator, "TargetScheduled");
      const { target: inForce, nextTarget } = await allocator.operatorState(operator);
      expect([inForce, nextTarget]).to.deep.equal([3_000n, 3_001n]);
    });
  });

  describe("allocate", () => {
    it("rounds the buffer up, and leaves not one unit more", async () => {
      const lrt = await loadFixture(deployLrt);
      const { token, allocator, operators, alice, unit } = lrt;
      await target(lrt, [operators[0], 9_500n]);
      await token.connect(alice).deposit(unit + 1n, alice);
      const [total, { idle }] = [await token.totalAssets(), await token.books()];
      expect((total * 500n) % BPS).not.to.equal(0n);
      const buffer = (total * 500n) / BPS + 1n;
      await allocator.allocate(operators[0], idle - buffer - 1n);
      await expectRefusal(async () => allocator.allocate(operators[0], 2n), allocator, "ExceedsIdle", [2n, 1n]);
      await allocator.allocate(operators[0], 1n);
      await expectRefusal(async () => allocator.allocate(operators[0], 1n), allocator, "ExceedsIdle", [1n, 0n]);
    });

    it("finds nothing available below the buffer", async () => {
      const { token, allocator, operators, alice } = await loadFixture(deployStakedLrt);
      const { idle } = await token.books();
      await token.connect(alice).instantRedeem(idle / 2n + idle / 10n, 0n, alice);
      await expectRefusal(async () => allocator.allocate(operators[0], 1n), allocator, "ExceedsIdle", [1n, 0n]);
    });

    it("takes as many shares as fit, and not one more", async () => {
      const lrt = await loadFixture(deployWhole);
      const { token, allocator, asset, operators, alice } = lrt;
      const max = 2n ** 95n - 1n;
      await asset.mint(alice, max + 1n);
      await asset.connect(alice).approve(token, max + 1n);
      await token.connect(alice).deposit(max + 1n, alice);
      await expectRefusal(async () => allocator.allocate(operators[0], max + 1n), allocator, "TooManyShares", [
        max + 1n,
        max,
      ]);
      await allocator.allocate(operators[0], max);
      expect((await allocator.operatorState(operators[0])).shares).to.equal(max);
    });
  });

  describe("limitOf", () => {
    it("is what services could take, be it one unit below the target", async () => {
      const lrt = await loadFixture(deployLrt);
      const { token, allocator, operators, alice, unit } = lrt;
      await target(lrt, [operators[0], 2_500n]);
      await token.connect(alice).deposit(unit - lrt.seed, alice);
      await giveTo(lrt, wad("0.8"), { wait: false });
      expect(await allocator.limitOf(operators[0])).to.equal(unit / 4n);
      await giveTo(lrt, 1n, { id: 2n, wait: false });
      expect(await allocator.limitOf(operators[0])).to.equal(unit / 4n - 1n);
    });
  });

  describe("evict", () => {
    it("needs a value above 1.25 times the limit and a unit, to the unit", async () => {
      const lrt = await loadFixture(deployLrt);
      const { token, allocator, curator, operators, alice, unit } = lrt;
      const [operator] = operators;
      await target(lrt, [operator, 9_000n]);
      await token.connect(alice).deposit(100n * unit, alice);
      const value = 50n * unit;
      await allocator.allocate(operator, value);
      // 4 · value = 5 · (⌊A · 25 %⌋ + 1), and four units less of A.
      const total = (value * 4n * 4n) / 5n - 1n;
      await allocator.connect(curator).setTarget(operator, 2_500n);
      await token.connect(alice).deposit(total - (await token.totalAssets()) - 4n, alice);
      expect(await allocator.limitOf(operator)).to.equal((value * 4n) / 5n - 2n);
      await allocator.evict.staticCall(operator);
      await token.connect(alice).deposit(4n, alice);
      expect(await allocator.limitOf(operator)).to.equal((value * 4n) / 5n - 1n);
      await expectRefusal(async () => allocator.evict(operator), allocator, "NoGroundsToEvict", [operator.address]);
    });

    it("takes who has a factor below 1e9, not 1e9", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { allocator, operators } = lrt;
      const [operator] = operators;
      const set = await giveTo(lrt, wad(1n), { vetoWindow: 0n });
      await proposeSlash(lrt, set, WAD - 10n ** 9n);
      expect((await lrt.stakeManager.pool(operator, lrt.asset)).factor).to.equal(10n ** 9n);
      await expectRefusal(async () => allocator.evict(operator), allocator, "NoGroundsToEvict", [operator.address]);
      await time.increase(lrt.exitDelay);
      await proposeSlash(lrt, set, 1n);
      expect((await lrt.stakeManager.pool(operator, lrt.asset)).factor).to.equal(10n ** 9n - 1n);
      await allocator.evict(operator);
    });
  });

  describe("evictFromService", () => {
    /** A fixture: targets of 30.01 % and 60 %, of which services may take 30 % of all. */
    async function deployTwo(): Promise<Lrt> {
      const lrt = await deployLrtWith({ operatorRiskBps: BPS });
      const { token, allocator, operators, alice, unit } = lrt;
      await target(lrt, [operators[0], 3_001n], [operators[1], 6_000n]);
      await token.connect(alice).deposit(1_000n * unit, alice);
      await allocator.allocate(operators[0], 300n * unit);
      await allocator.allocate(operators[1], 600n * unit);
      return lrt;
    }

    /** Magnitudes of both operators with which 3001 · one + 6000 · other is the cap and so much more. */
    function magnitudes(more: bigint): [one: bigint, other: bigint] {
      const sum = 3_000n * WAD + more;
      let one = wad("0.1");
      while ((sum - 3_001n * one) % 6_000n !== 0n) one++;
      return [one, (sum - 3_001n * one) / 6_000n];
    }

    for (const [more, refused] of [
      [0n, true],
      [1n, false],
    ] as const) {
      it(`${refused ? "has no grounds" : "evicts"} where the risk is the cap and ${more} parts of it`, async () => {
        const lrt = await loadFixture(deployTwo);
        const { allocator, avs, operators } = lrt;
        const [first, second] = operators;
        const [one, other] = magnitudes(more);
        const sets = [
          await giveTo(lrt, one, { operators: [first], wait: false }),
          await giveTo(lrt, other, { id: 2n, operators: [second], wait: false }),
        ];
        const evict = async () => allocator.evictFromService(second, avs, sets);
        if (refused) await expectRefusal(evict, allocator, "NoGroundsToEvict", [second.address]);
        else await expect(evict()).to.emit(allocator, "Evicted");
      });

      it(`${refused ? "keeps" : "drops"} a scheduled target where that is the cap and ${more} parts of it`, async () => {
        const lrt = await loadFixture(deployLrt);
        const { allocator, curator, avs, operators } = lrt;
        const [first, second] = operators;
        const [one, other] = magnitudes(more);
        await allocator.connect(curator).setTarget(first, 3_001n);
        await allocator.connect(curator).setTarget(second, 6_000n);
        const sets = [
          await giveTo(lrt, one, { operators: [first], wait: false }),
          await giveTo(lrt, other, { id: 2n, operators: [second], wait: false }),
        ];
        // Without a target in force nobody is evicted, however much joins.
        const drop = async () => allocator.evictFromService(second, avs, sets);
        if (refused) await expectRefusal(drop, allocator, "NoGroundsToEvict", [second.address]);
        else await expect(drop()).to.emit(allocator, "ScheduledTargetDropped").withArgs(second, avs, 6_000n);
      });
    }

    it("drops no target of who has given nothing to the service", async () => {
      const lrt = await loadFixture(deployTwo);
      const { allocator, curator, avs, operators } = lrt;
      const set = await giveTo(lrt, wad("0.9"), { operators: [operators[1]], wait: false });
      await allocator.connect(curator).setTarget(operators[0], 3_100n);
      await expectRefusal(
        async () => allocator.evictFromService(operators[0], avs, [set]),
        allocator,
        "NoGroundsToEvict",
        [operators[0].address],
      );
    });

    it("drops the scheduled target of who has none in force, though the others alone break the cap", async () => {
      const lrt = await loadFixture(deployTwo);
      const { allocator, curator, avs, operators } = lrt;
      const [, second, third] = operators;
      await allocator.connect(curator).setTarget(third, 100n);
      const set = await giveTo(lrt, wad("0.9"), { operators: [second, third], wait: false });
      await expect(allocator.evictFromService(third, avs, [set]))
        .to.emit(allocator, "ScheduledTargetDropped")
        .withArgs(third, avs, 100n);
    });
  });

  describe("stakeValue", () => {
    /** An evicted stake whose pool had a lien opened in the n-th interval before its maturity, which has passed. */
    async function valueWithLien(intervals: bigint): Promise<[gross: bigint, net: bigint]> {
      const lrt = await loadFixture(deployStakedLrt);
      const { allocator, curator, operators, exitDelay, bucket } = lrt;
      const [operator] = operators;
      const set = await giveTo(lrt, wad("0.5"), { vetoWindow: exitDelay / 2n });
      await allocator.connect(curator).setTarget(operator, 0n);
      await allocator.evict(operator);
      const { maturity } = await allocator.operatorState(operator);
      await time.setNextBlockTimestamp(maturity - intervals * bucket + bucket / 2n);
      await proposeSlash(lrt, set, wad("0.2"));
      await time.increaseTo(maturity);
      return await allocator.stakeValue(operator);
    }

    it("counts what a veto can still give back: liens of the last four intervals before the maturity", async () => {
      for (const intervals of [1n, 4n]) {
        const [gross, net] = await valueWithLien(intervals);
        expect([gross, net]).to.deep.equal([300n * WAD, 270n * WAD]);
      }
    });

    it("counts nothing that is older", async () => {
      expect(await valueWithLien(5n)).to.deep.equal([270n * WAD, 270n * WAD]);
    });
  });
});
