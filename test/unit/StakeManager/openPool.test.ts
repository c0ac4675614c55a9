import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { deployStake, deployToken, deposit, expectRefusal, openLien, slash } from "../../helpers/stake";
import { WAD, wad } from "../../helpers/units";

describe("StakeManager", () => {
  describe("openPool", () => {
    it("opens the caller's pool of an asset, no other, and says so", async () => {
      const context = await loadFixture(deployStake);
      const { stake, operator, otherOperator } = context;
      const token = await deployToken(context);
      expect(await stake.isEntryOpen(operator, token)).to.equal(false);
      await expect(stake.connect(operator).openPool(token, ZeroAddress))
        .to.emit(stake, "PoolOpened")
        .withArgs(operator, token, ZeroAddress);
      // shares, factor, liened, open, approver, paysRewards
      expect(await stake.pool(operator, token)).to.deep.equal([0n, WAD, 0n, true, ZeroAddress, false]);
      expect(await stake.isEntryOpen(operator, token)).to.equal(true);
      expect(await stake.pool(otherOperator, token)).to.deep.equal([0n, WAD, 0n, false, ZeroAddress, false]);
    });

    it("refuses who is no operator", async () => {
      const { stake, alice, asset } = await loadFixture(deployStake);
      const call = () => stake.connect(alice).openPool(asset, ZeroAddress);
      await expectRefusal(call, stake, "NotOperator", [alice]);
    });

    it("puts an approver before the pool, another one, and none", async () => {
      const { stake, operator, asset, approver, bob } = await loadFixture(deployStake);
      for (const next of [approver.address, bob.address, ZeroAddress, approver.address]) {
        await expect(stake.connect(operator).openPool(asset, next))
          .to.emit(stake, "PoolOpened")
          .withArgs(operator, asset, next);
        expect(await stake.pool(operator, asset)).to.deep.equal([0n, WAD, 0n, true, next, false]);
      }
    });

    it("opens a closed pool again, with its stake, its slashes and its liens", async () => {
      const context = await loadFixture(deployStake);
      const { stake, operator, asset, alice, approver } = context;
      await deposit(context, alice, 1_000n);
      await slash(context, wad("0.2"));
      await openLien(context, wad("0.1"));
      await stake.connect(operator).closePool(asset);
      await stake.connect(operator).openPool(asset, approver);
      const expected = [1_000n, wad("0.8"), wad("0.1"), true, approver.address, false];
      expect(await stake.pool(operator, asset)).to.deep.equal(expected);
      expect(await stake.sharesOf(operator, asset, alice)).to.equal(1_000n);
    });

    it("does not stop reporting to the rewards distributor", async () => {
      const { stake, distributor, operator, asset, approver } = await loadFixture(deployStake);
      await distributor.activate(stake, operator, asset);
      for (const next of [approver.address, ZeroAddress]) {
        await stake.connect(operator).openPool(asset, next);
        expect(await stake.pool(operator, asset)).to.deep.equal([0n, WAD, 0n, true, next, true]);
      }
    });
  });
});
