import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { BURN_ADDRESS, deployStake, deposit, slash, type Stake } from "../../helpers/stake";
import { wad } from "../../helpers/units";

/** The fixture; 200 are to be burned, and the recipient has proceeds of 300. */
async function deployProceeds(): Promise<Stake> {
  const context = await deployStake();
  const { stake, slasher, operator, asset, alice } = context;
  await deposit(context, alice, 1_000n);
  await slash(context, wad("0.3"));
  await stake.connect(slasher).slash(operator, asset, wad("0.2"), ZeroAddress);
  return context;
}

describe("StakeManager", () => {
  describe("burnProceeds", () => {
    it("sends what is to be burned to the burn address, whoever calls, and says so", async () => {
      const { stake, asset, bob, recipient } = await loadFixture(deployProceeds);
      const call = stake.connect(bob).burnProceeds(asset);
      await expect(call).to.emit(stake, "ProceedsWithdrawn").withArgs(ZeroAddress, asset, BURN_ADDRESS, 200n);
      await expect(call).to.changeTokenBalances(asset, [stake, BURN_ADDRESS, bob], [-200n, 200n, 0n]);
      expect(await stake.proceeds(ZeroAddress, asset)).to.equal(0n);
      expect(await stake.proceeds(recipient, asset)).to.equal(300n);
    });

    it("returns what it burns", async () => {
      const { stake, asset, bob } = await loadFixture(deployProceeds);
      expect(await stake.connect(bob).burnProceeds.staticCall(asset)).to.equal(200n);
    });

    it("burns nothing twice", async () => {
      const { stake, asset, bob } = await loadFixture(deployProceeds);
      await stake.connect(bob).burnProceeds(asset);
      const call = stake.connect(bob).burnProceeds(asset);
      await expect(call).to.emit(stake, "ProceedsWithdrawn").withArgs(ZeroAddress, asset, BURN_ADDRESS, 0n);
      await expect(call).not.to.emit(asset, "Transfer");
    });

    it("does not burn what somebody has at the burn address", async () => {
      const context = await loadFixture(deployProceeds);
      const { stake, slasher, operator, asset, bob } = context;
      await stake.connect(slasher).slash(operator, asset, wad("0.1"), BURN_ADDRESS);
      expect(await stake.proceeds(BURN_ADDRESS, asset)).to.equal(100n);
      expect(await stake.connect(bob).burnProceeds.staticCall(asset)).to.equal(200n);
    });
  });
});
