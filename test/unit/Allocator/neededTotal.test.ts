import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { closeEpoch, deployLrt, deployLrtWith, giveTo, type Lrt, proposeSlash, target } from "../../helpers/lrt";
import { expectRefusal } from "../../helpers/stake";
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

/** While a share is worth a unit: instant exits may leave no less than four fifths of this, to the unit. */
async function expectEnd({ token, alice }: Lrt, needed: bigint): Promise<void> {
  const [total, least] = [await token.totalAssets(), (needed * 4n + 4n) / 5n];
  const leave = async (left: bigint) => token.connect(alice).instantRedeem(total - left, 0n, alice);
  await expectRefusal(async () => leave(least - 1n), token, "CapsBroken", [least - 1n, needed]);
  await leave(least);
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

    it("counts all of what is leaving, though its next target is in force", async () => {
      const lrt = await loadFixture(deployTwo);
      const { allocator, curator, operators } = lrt;
      await allocator.connect(curator).setTarget(operators[0], 0n);
      await allocator.evict(operators[0]);
      await target(lrt, [operators[0], 100n]);
      const { target: inForce, maturity } = await allocator.operatorState(operators[0]);
      expect([inForce, maturity === 0n]).to.deep.equal([100n, false]);
      // Of the first, a third of it.
      expect(await allocator.neededTotal()).to.equal(wholeOf(100n * lrt.unit, bps(1_000n)));
    });

    it("counts what services could take of what slashes have left of a pool", async () => {
      const lrt = await loadFixture(deployTwo);
      const { token, allocator, curator, operators } = lrt;
      const set = await giveTo(lrt, wad("0.8"), { vetoWindow: 0n });
      await proposeSlash(lrt, set, wad("0.5"));
      // 0.4 of 0.6 is given: half of all is three quarters of all, for the stake.
      const { gross } = await allocator.stakeValue(operators[0]);
      const total = await token.totalAssets();
      await target(lrt, [operators[0], 8_000n]);
      expect(await allocator.limitOf(operators[0])).to.equal((total * 3n) / 4n);
      await allocator.connect(curator).setTarget(operators[0], 0n);
      await target(lrt, [operators[1], 9_000n]);
      expect(await allocator.neededTotal()).to.equal(wholeOf(gross, wad("0.75")));
    });
  });

  describe("what a token keeps of neededTotal", () => {
    it("is rounded up: instant exits end where the stake needs a unit more", async () => {
      const lrt = await loadFixture(deployLrt);
      const { token, allocator, alice, operators, unit } = lrt;
      await target(lrt, [operators[0], 3_000n]);
      await token.connect(alice).deposit(1_000n * unit, alice);
      await allocator.allocate(operators[0], 100n * unit + 1n);
      const needed = wholeOf(100n * unit + 1n, bps(3_000n));
      expect(await allocator.neededTotal()).to.equal(needed);
      await expectEnd(lrt, needed);
    });

    it("lets A fall to four fifths of it, and not by a unit more", async () => {
      const lrt = await loadFixture(deployLrt);
      const { token, allocator, alice, operators, unit } = lrt;
      await target(lrt, [operators[0], 3_000n]);
      await token.connect(alice).deposit(1_000n * unit, alice);
      await allocator.allocate(operators[0], 90n * unit);
      await expectEnd(lrt, 300n * unit);
    });

    it("is that of whoever needs most, by a single unit, too, however little is allocated last", async () => {
      const lrt = await loadFixture(deployLrt);
      const { token, allocator, alice, operators, unit } = lrt;
      await target(lrt, [operators[0], 7_000n], [operators[1], 2_000n]);
      await token.connect(alice).deposit(1_000n * unit, alice);
      await allocator.allocate(operators[0], 70n * unit + 1n);
      await allocator.allocate(operators[0], 1n);
      await allocator.allocate(operators[1], 1n);
      const needed = wholeOf(70n * unit + 2n, bps(7_000n));
      expect(needed).to.equal(wholeOf(70n * unit + 1n, bps(7_000n)) + 1n);
      await expectEnd(lrt, needed);
    });

    it("is not less after an epoch took its part: that is read anew where it matters", async () => {
      const lrt = await loadFixture(deployLrt);
      const { token, allocator, alice, operators, unit } = lrt;
      await target(lrt, [operators[0], 3_000n]);
      await token.connect(alice).deposit(1_000n * unit, alice);
      await allocator.allocate(operators[0], 300n * unit);
      await token.connect(alice).requestRedeem(700n * unit + 1n, alice, alice);
      await closeEpoch(lrt);
      const { gross } = await allocator.stakeValue(operators[0]);
      const [total, needed] = [await token.totalAssets(), wholeOf(gross, bps(3_000n))];
      expect(await allocator.neededTotal()).to.equal(needed);
      const least = (needed * 4n + 4n) / 5n;
      const shares = async (left: bigint) => ((total - left) * (await token.totalSupply())) / total;
      const leave = async (left: bigint) => token.connect(alice).instantRedeem(await shares(left), 0n, alice);
      await expect(leave(least - 3n)).to.be.revertedWithCustomError(token, "CapsBroken");
      await leave(least + 3n);
    });
  });
});
