import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { NO_APPROVAL } from "../../helpers/signatures";
import { deployStake, depositUndelegated, expectRefusal, maturityAt, now } from "../../helpers/stake";

describe("StakeManager", () => {
  describe("multicall", () => {
    it("does several things for the caller, in order, and returns what each returns", async () => {
      const context = await loadFixture(deployStake);
      const { stake, operator, otherOperator, asset, alice } = context;
      const { interface: verbs } = stake;
      const token = await asset.getAddress();
      const me = alice.address;
      const calls = [
        verbs.encodeFunctionData("deposit", [operator.address, token, 100n, me, 0n, NO_APPROVAL]),
        verbs.encodeFunctionData("deposit", [ZeroAddress, token, 50n, me, 0n, NO_APPROVAL]),
        verbs.encodeFunctionData("delegate", [me, otherOperator.address, token, 30n, 0n, NO_APPROVAL]),
        verbs.encodeFunctionData("queueWithdrawals", [me, token, [{ operator: operator.address, shares: 40n }], me]),
        verbs.encodeFunctionData("withdraw", [me, token, 20n, me]),
      ];
      const results = await stake.connect(alice).multicall.staticCall(calls);
      expect(verbs.decodeFunctionResult("deposit", results[0] ?? "0x")).to.deep.equal([100n]);
      expect(verbs.decodeFunctionResult("delegate", results[2] ?? "0x")).to.deep.equal([30n]);
      await expect(stake.connect(alice).multicall(calls)).to.changeTokenBalances(asset, [alice, stake], [-130n, 130n]);
      expect(await stake.sharesOf(operator, asset, alice)).to.equal(60n);
      expect(await stake.sharesOf(otherOperator, asset, alice)).to.equal(30n);
      expect(await stake.undelegated(alice, asset)).to.equal(0n);
      const { shares } = await stake.withdrawal(alice, operator, asset, maturityAt(await now()));
      expect(shares).to.equal(40n);
    });

    it("does nothing if one of them is refused, and says why", async () => {
      const context = await loadFixture(deployStake);
      const { stake, asset, alice } = context;
      await depositUndelegated(context, alice, 10n);
      const token = await asset.getAddress();
      const calls = [6n, 5n].map((assets) =>
        stake.interface.encodeFunctionData("withdraw", [alice.address, token, assets, alice.address]),
      );
      await expectRefusal(() => stake.connect(alice).multicall(calls), stake, "InsufficientBalance", [5n, 4n]);
      expect(await stake.undelegated(alice, asset)).to.equal(10n);
    });

    it("gives nobody a right that it does not have", async () => {
      const context = await loadFixture(deployStake);
      const { stake, operator, asset, alice, agent } = context;
      await depositUndelegated(context, alice, 10n);
      const token = await asset.getAddress();
      const withdraw = stake.interface.encodeFunctionData("withdraw", [alice.address, token, 1n, agent.address]);
      const slash = stake.interface.encodeFunctionData("slash", [operator.address, token, 1n, agent.address]);
      const flag = stake.interface.encodeFunctionData("setPaysRewards", [operator.address, token]);
      const nested = stake.interface.encodeFunctionData("multicall", [[withdraw]]);
      const verbs = stake.connect(agent);
      await expectRefusal(() => verbs.multicall([withdraw]), stake, "NotApproved", [agent, alice]);
      await expectRefusal(() => verbs.multicall([nested]), stake, "NotApproved", [agent, alice]);
      await expectRefusal(() => verbs.multicall([slash]), stake, "NotSlasher", [agent]);
      await expectRefusal(() => verbs.multicall([flag]), stake, "NotRewardsDistributor", [agent]);
    });

    it("takes no ether, which could be counted twice", async () => {
      const { stake, alice } = await loadFixture(deployStake);
      const data = stake.interface.encodeFunctionData("multicall", [[]]);
      await expect(alice.sendTransaction({ to: stake, data, value: 1n })).to.be.reverted;
      await expect(alice.sendTransaction({ to: stake, value: 1n })).to.be.reverted;
    });

    it("does nothing if nothing is asked for", async () => {
      const { stake, alice } = await loadFixture(deployStake);
      expect(await stake.connect(alice).multicall.staticCall([])).to.deep.equal([]);
    });
  });
});
