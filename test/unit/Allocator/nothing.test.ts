import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { deployLrtWith, deployStakedLrt, giveTo, proposeSlash, target } from "../../helpers/lrt";
import { expectRefusal } from "../../helpers/stake";
import { wad } from "../../helpers/units";

describe("Allocator", () => {
  describe("when a pool has nothing left", () => {
    it("buys no share of it, and counts no value", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { allocator, operators, unit } = lrt;
      await proposeSlash(lrt, await giveTo(lrt, wad(1n), { vetoWindow: 0n }), wad(1n));
      await expectRefusal(async () => allocator.allocate(operators[0], 1n), allocator, "ZeroShares", []);
      expect(await allocator.stakeValue(operators[0])).to.deep.equal([0n, 0n]);
      expect(await allocator.totalValue()).to.deep.equal([600n * unit, 600n * unit]);
    });
  });

  describe("when there is no stake with an operator", () => {
    it("counts no value, whether it is known or not", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { allocator, curator, alice } = lrt;
      expect(await allocator.stakeValue(alice)).to.deep.equal([0n, 0n]);
      await allocator.connect(curator).setTarget(alice, 100n);
      expect(await allocator.stakeValue(alice)).to.deep.equal([0n, 0n]);
      expect((await allocator.operatorState(alice)).listed).to.equal(true);
    });

    it("evicts it from the list alone, and nothing is queued", async () => {
      const lrt = await deployLrtWith({ operatorRiskBps: 10_000n });
      const { allocator, stakeManager, avs, operators } = lrt;
      const [operator] = operators;
      await target(lrt, [operator, 3_500n]);
      const set = await giveTo(lrt, wad("0.9"), { wait: false });
      const call = allocator.evictFromService(operator, avs, [set]);
      await expect(call).to.emit(allocator, "Evicted").withArgs(operator, 0n, 0n);
      await expect(call).to.emit(allocator, "OperatorDelisted").withArgs(operator);
      await expect(call).not.to.emit(stakeManager, "WithdrawalQueued");
      expect(await allocator.operators()).to.deep.equal([]);
    });
  });
});
