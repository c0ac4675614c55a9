import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { deployLrt, deployLrtWith, giveTo, type Lrt, proposeSlash, target } from "../../helpers/lrt";
import { bps, wad, WAD } from "../../helpers/units";

/** A fixture: the first operator may have 33.33 %, and has 333.3 tokens and a unit; the second has 100 of 10 %. */
async function deployTwo(): Promise<Lrt & { value: bigint }> {
  const lrt = await deployLrtWith({ operatorRiskBps: 5_000n });
  const { token, allocator, operators, alice, unit } = lrt;
  const value = (3_333n * unit) / 10n + 1n;
  await target(lrt, [operators[0], 3_333n], [operators[1], 1_000n]);
  await token.connect(alice).deposit(1_001n * unit, alice);
  await allocator.allocate(operators[0], value);
  await allocator.allocate(operators[1], 100n * unit);
  return { ...lrt, value };
}

/** What all assets must be, so that a value is a part of them: rounded up. */
function wholeOf(value: bigint, part: bigint): bigint {
  return (value * WAD + part - 1n) / part;
}

describe("Allocator", () => {
  describe("neededTotal", () => {
    it("is nothing without stake", async () => {
      const lrt = await loadFixture(deployLrt);
      await target(lrt, [lrt.operators[0], 3_000n]);
      expect(await lrt.allocator.neededTotal()).to.equal(0n);
    });

    it("is what all assets must be for every value to be within its target, rounded up", async () => {
      const { allocator, value, unit } = await loadFixture(deployTwo);
      expect(wholeOf(value, bps(3_333n))).to.be.greaterThan(1_000n * unit);
      expect(await allocator.neededTotal()).to.equal(wholeOf(value, bps(3_333n)));
    });

    it("is the greatest of all operators, whoever comes first", async () => {
      const lrt = await loadFixture(deployTwo);
      const { allocator, curator, operators, unit } = lrt;
      await allocator.connect(curator).setTarget(operators[1], 900n);
      expect(await allocator.neededTotal()).to.equal(wholeOf(100n * unit, bps(900n)));
    });

    it("is more where services could take more of a pool than OPERATOR_RISK of all", async () => {
      const lrt = await loadFixture(deployTwo);
      const { allocator, operators, value } = lrt;
      // With 10 % of all, even all of it is less than half of all.
      await giveTo(lrt, wad(1n), { operators: [operators[1]] });
      const before = await allocator.neededTotal();
      await allocator.connect(lrt.curator).setTarget(operators[1], 0n);
      expect(await allocator.neededTotal()).to.equal(before);
      // Without a target, half of all: 200 would be enough for 100.
      await allocator.connect(lrt.curator).setTarget(operators[0], 0n);
      expect(await allocator.neededTotal()).to.equal(value);
      await giveTo(lrt, wad(1n), { id: 2n, operators: [operators[0]] });
      expect(await allocator.neededTotal()).to.equal(2n * value);
    });

    it("counts what is leaving until it is collected, though it has no target, and what a slash has left of it", async () => {
      const lrt = await loadFixture(deployTwo);
      const { allocator, curator, operators, unit } = lrt;
      const set = await giveTo(lrt, wad(1n), { operators: [operators[1]], vetoWindow: 0n });
      for (const operator of [operators[0], operators[1]]) {
        await allocator.connect(curator).setTarget(operator, 0n);
        await allocator.evict(operator);
      }
      // Nothing of the first is given away.
      expect(await allocator.neededTotal()).to.equal(lrt.value);
      await allocator.connect(curator).setTarget(operators[0], 100n);
      expect(await allocator.neededTotal()).to.equal(lrt.value);
      await proposeSlash(lrt, set, wad("0.5"), operators[1]);
      expect(await allocator.stakeValue(operators[1])).to.deep.equal([50n * unit, 50n * unit]);
      expect(await allocator.neededTotal()).to.equal(lrt.value);
    });
  });
});
