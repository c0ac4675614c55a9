import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { deployStake, deposit, expectRefusal, fund, slash, type Stake } from "../../helpers/stake";
import { Behaviour } from "../../helpers/tokens";
import { wad } from "../../helpers/units";

/** The fixture; the recipient has proceeds of 300, and what is to be burned is 200. */
async function deployProceeds(): Promise<Stake> {
  const context = await deployStake();
  const { stake, slasher, operator, asset, alice } = context;
  await deposit(context, alice, 1_000n);
  await slash(context, wad("0.3"));
  await stake.connect(slasher).slash(operator, asset, wad("0.2"), ZeroAddress);
  return context;
}

describe("StakeManager", () => {
  describe("withdrawProceeds", () => {
    it("pays all proceeds of the caller to whom it names, and says so", async () => {
      const { stake, asset, recipient, bob } = await loadFixture(deployProceeds);
      const call = stake.connect(recipient).withdrawProceeds(asset, bob);
      await expect(call).to.emit(stake, "ProceedsWithdrawn").withArgs(recipient, asset, bob, 300n);
      await expect(call).to.changeTokenBalances(asset, [stake, bob, recipient], [-300n, 300n, 0n]);
      expect(await stake.proceeds(recipient, asset)).to.equal(0n);
      expect(await stake.proceeds(ZeroAddress, asset)).to.equal(200n);
    });

    it("returns what it pays", async () => {
      const { stake, asset, recipient } = await loadFixture(deployProceeds);
      expect(await stake.connect(recipient).withdrawProceeds.staticCall(asset, recipient)).to.equal(300n);
    });

    it("pays 0 without a transfer to who has none", async () => {
      const { stake, asset, recipient, alice } = await loadFixture(deployProceeds);
      await stake.connect(recipient).withdrawProceeds(asset, recipient);
      for (const caller of [alice, recipient]) {
        const call = stake.connect(caller).withdrawProceeds(asset, caller);
        await expect(call).to.emit(stake, "ProceedsWithdrawn").withArgs(caller, asset, caller, 0n);
        await expect(call).not.to.emit(asset, "Transfer");
      }
    });

    it("is not for whom the recipient has approved", async () => {
      const { stake, asset, recipient, agent } = await loadFixture(deployProceeds);
      await stake.connect(recipient).setApproval(agent, true);
      expect(await stake.connect(agent).withdrawProceeds.staticCall(asset, agent)).to.equal(0n);
    });

    it("refuses to pay nobody or the core", async () => {
      const { stake, asset, recipient } = await loadFixture(deployProceeds);
      for (const receiver of [ZeroAddress, await stake.getAddress()]) {
        const call = () => stake.connect(recipient).withdrawProceeds(asset, receiver);
        await expectRefusal(call, stake, "InvalidReceiver", [receiver]);
      }
    });

    it("keeps the proceeds if the token fails, for another receiver or another time", async () => {
      const context = await loadFixture(deployStake);
      const { stake, operator, alice, recipient, bob } = context;
      const token = await ethers.deployContract("HostileToken", ["Hostile", "HOST", 18]);
      await fund(token, stake, [alice], 1_000n);
      await stake.connect(operator).openPool(token, ZeroAddress);
      await deposit(context, alice, 1_000n, { asset: token });
      await token.setBlocked(recipient, true);
      await token.setBehaviour(Behaviour.Reverts, 0n);
      // No token is asked when a slash becomes final.
      await slash({ ...context, asset: token }, wad("0.3"));
      const pay = (receiver: string) => stake.connect(recipient).withdrawProceeds(token, receiver);
      await expectRefusal(() => pay(bob.address), token, "TransferRefused", []);
      await token.setBehaviour(Behaviour.ReturnsFalse, 0n);
      await expectRefusal(() => pay(bob.address), stake, "SafeERC20FailedOperation", [token]);
      await token.setBehaviour(Behaviour.Honest, 0n);
      await expectRefusal(() => pay(recipient.address), token, "Blocked", [recipient]);
      await expect(pay(bob.address)).to.changeTokenBalances(token, [stake, bob], [-300n, 300n]);
    });
  });
});
