import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { deployStakedLrt, giveTo, type Lrt, proposeSlash } from "../../helpers/lrt";
import { passTo } from "../../helpers/stake";
import { wad } from "../../helpers/units";

/** A fixture: of the first operator's pool, in which the token has 300 shares, a slash has left 0.9. */
async function deploySlashed(): Promise<Lrt> {
  const lrt = await loadFixture(deployStakedLrt);
  const set = await giveTo(lrt, wad("0.5"), { vetoWindow: 0n });
  await proposeSlash(lrt, set, wad("0.2"));
  return lrt;
}

describe("Allocator", () => {
  describe("allocate", () => {
    describe("when a slash has reached the pool", () => {
      it("tells assets, the shares for them, and all shares", async () => {
        const { allocator, operators, unit } = await loadFixture(deploySlashed);
        await expect(allocator.allocate(operators[0], 9n * unit))
          .to.emit(allocator, "Allocated")
          .withArgs(operators[0], 9n * unit, 10n * unit, 310n * unit);
        expect(await allocator.stakeValue(operators[0])).to.deep.equal([279n * unit, 279n * unit]);
      });
    });
  });

  describe("collect", () => {
    describe("when a slash has reached the pool", () => {
      it("tells shares, and what they were worth", async () => {
        const { allocator, curator, operators, unit } = await loadFixture(deploySlashed);
        await allocator.connect(curator).setTarget(operators[0], 0n);
        await allocator.evict(operators[0]);
        await passTo((await allocator.operatorState(operators[0])).maturity);
        await expect(allocator.collect(operators[0]))
          .to.emit(allocator, "Collected")
          .withArgs(operators[0], 300n * unit, 270n * unit);
      });

      it("asks for no part of a unit: it brings back what the core pays", async () => {
        const { allocator, curator, operators, unit } = await loadFixture(deploySlashed);
        await allocator.allocate(operators[0], 9n * unit + 1n);
        await allocator.connect(curator).setTarget(operators[0], 0n);
        await allocator.evict(operators[0]);
        await passTo((await allocator.operatorState(operators[0])).maturity);
        // 279.9.
        await expect(allocator.collect(operators[0]))
          .to.emit(allocator, "Collected")
          .withArgs(operators[0], 310n * unit + 1n, 279n * unit);
      });
    });
  });
});
