import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { closeEpoch, deployStakedLrt } from "../../helpers/lrt";

describe("Allocator", () => {
  describe("slice", () => {
    for (const leaving of [0, 1, 2, 3]) {
      it(`queues the part of each epoch in active stake, and passes on that of ${leaving} operators that are leaving`, async () => {
        const lrt = await loadFixture(deployStakedLrt);
        const { token, allocator, stakeManager, curator, operators, asset, alice, unit } = lrt;
        for (const operator of operators.slice(3 - leaving)) {
          await allocator.connect(curator).setTarget(operator, 0n);
          await allocator.evict(operator);
        }
        await token.connect(alice).requestRedeem(100n * unit, alice, alice);
        const part = (300n * unit * 100n * unit) / (await token.totalSupply());
        const evicted = (await allocator.operatorState(operators[2])).maturity;
        const { batch, items, maturity } = await closeEpoch(lrt);
        const found = new Map(items.map((item) => [item.operator, item.maturity]));
        expect([items.length, found.size]).to.deep.equal([3, 3]);
        for (const [index, operator] of operators.entries()) {
          const maturesAt = index < 3 - leaving ? maturity : evicted;
          expect(found.get(operator.address)).to.equal(maturesAt);
          expect((await stakeManager.withdrawal(batch, operator, asset, maturesAt)).shares).to.equal(part);
          expect((await allocator.operatorState(operator)).shares).to.equal(300n * unit - part);
        }
      });
    }
  });
});
