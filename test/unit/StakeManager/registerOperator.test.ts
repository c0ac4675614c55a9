import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { deployStake } from "../../helpers/stake";

describe("StakeManager", () => {
  describe("registerOperator", () => {
    it("makes the caller an operator, nobody else, and says so", async () => {
      const { stake, alice, bob } = await loadFixture(deployStake);
      expect(await stake.isOperator(alice)).to.equal(false);
      await expect(stake.connect(alice).registerOperator("ipfs://alice"))
        .to.emit(stake, "OperatorRegistered")
        .withArgs(alice, "ipfs://alice");
      expect(await stake.isOperator(alice)).to.equal(true);
      expect(await stake.isOperator(bob)).to.equal(false);
    });

    it("changes where an operator describes itself, and nothing else", async () => {
      const { stake, operator, asset } = await loadFixture(deployStake);
      const before = await stake.pool(operator, asset);
      await expect(stake.connect(operator).registerOperator(""))
        .to.emit(stake, "OperatorRegistered")
        .withArgs(operator, "");
      expect(await stake.isOperator(operator)).to.equal(true);
      expect(await stake.pool(operator, asset)).to.deep.equal(before);
    });
  });
});
