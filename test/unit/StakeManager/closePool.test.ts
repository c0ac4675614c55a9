import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { deployStake, deployToken, deposit, expectRefusal, gate, openLien, slash } from "../../helpers/stake";
import { MAX_SHARES, WAD, wad } from "../../helpers/units";

describe("StakeManager", () => {
  describe("closePool", () => {
    it("closes the caller's pool to entry, no other, and says so", async () => {
      const { stake, operator, otherOperator, asset } = await loadFixture(deployStake);
      await expect(stake.connect(operator).closePool(asset)).to.emit(stake, "PoolClosed").withArgs(operator, asset);
      expect(await stake.pool(operator, asset)).to.deep.equal([0n, WAD, 0n, false, ZeroAddress, false]);
      expect(await stake.isEntryOpen(operator, asset)).to.equal(false);
      expect(await stake.isEntryOpen(otherOperator, asset)).to.equal(true);
    });

    it("changes nothing else of the pool", async () => {
      const context = await loadFixture(deployStake);
      const { stake, distributor, operator, asset, alice, approver } = context;
      await deposit(context, alice, 1_000n);
      await slash(context, wad("0.2"));
      await openLien(context, wad("0.1"));
      await gate(context, approver);
      await distributor.activate(stake, operator, asset);
      await stake.connect(operator).closePool(asset);
      const expected = [1_000n, wad("0.8"), wad("0.1"), false, approver.address, true];
      expect(await stake.pool(operator, asset)).to.deep.equal(expected);
    });

    it("keeps the greatest number of shares that a pool can have", async () => {
      const context = await loadFixture(deployStake);
      const { stake, operator, asset, alice } = context;
      await asset.mint(alice, MAX_SHARES);
      await deposit(context, alice, MAX_SHARES);
      await stake.connect(operator).closePool(asset);
      expect((await stake.pool(operator, asset)).shares).to.equal(MAX_SHARES);
    });

    it("refuses a pool that is not open", async () => {
      const context = await loadFixture(deployStake);
      const { stake, operator, alice, asset } = context;
      const token = await deployToken(context);
      await expectRefusal(() => stake.connect(operator).closePool(token), stake, "PoolNotOpen", [operator, token]);
      await expectRefusal(() => stake.connect(alice).closePool(asset), stake, "PoolNotOpen", [alice, asset]);
      await stake.connect(operator).closePool(asset);
      await expectRefusal(() => stake.connect(operator).closePool(asset), stake, "PoolNotOpen", [operator, asset]);
    });
  });
});
