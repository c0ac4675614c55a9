import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { deployLrt, target } from "../../helpers/lrt";

describe("Allocator", () => {
  describe("evict", () => {
    it("is allowed from the least unit above 1.25 times the target", async () => {
      const lrt = await loadFixture(deployLrt);
      const { token, allocator, curator, alice, unit } = lrt;
      const [operator] = lrt.operators;
      await target(lrt, [operator, 3_000n]);
      await token.connect(alice).deposit(1_100n * unit, alice);
      await allocator.allocate(operator, 300n * unit + 4n);
      await token.connect(alice).deposit(1_200n * unit + 12n - (await token.totalAssets()), alice);
      await allocator.connect(curator).setTarget(operator, 2_000n);
      // 4 · (300 + 4 units) is one more than 5 · (240 + 3 units).
      expect(await allocator.limitOf(operator)).to.equal(240n * unit + 2n);
      await expect(allocator.evict(operator)).to.emit(allocator, "Evicted");
    });
  });
});
