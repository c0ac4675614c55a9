import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { NEVER, NO_APPROVAL, signConsent } from "../../helpers/signatures";
import { deployStake, expectRefusal } from "../../helpers/stake";

describe("StakeManager", () => {
  describe("setApproval", () => {
    it("lets an account act for the caller, and ends that, and says so", async () => {
      const { stake, alice, agent } = await loadFixture(deployStake);
      for (const approved of [true, true, false, false, true]) {
        await expect(stake.connect(alice).setApproval(agent, approved))
          .to.emit(stake, "ApprovalSet")
          .withArgs(alice, agent, approved);
        expect(await stake.isApproved(alice, agent)).to.equal(approved);
      }
    });

    it("ends what was signed before and not used", async () => {
      const { stake, alice, agent } = await loadFixture(deployStake);
      const consent = { owner: alice.address, account: agent.address, approved: true, nonce: 0n, expiry: NEVER };
      const signature = await signConsent(stake, alice, consent);
      await stake.connect(alice).setApproval(agent, false);
      await expect(stake.connect(agent).setApprovalBySig(alice, agent, true, NEVER, signature))
        .to.be.revertedWithCustomError(stake, "SignatureInvalid")
        .withArgs(alice);
      expect(await stake.isApproved(alice, agent)).to.equal(false);
      expect(await stake.nonces(alice)).to.equal(1n);
    });

    it("is for this owner and this account alone", async () => {
      const { stake, alice, bob, agent } = await loadFixture(deployStake);
      await stake.connect(alice).setApproval(agent, true);
      const others = await Promise.all([
        stake.isApproved(bob, agent),
        stake.isApproved(alice, bob),
        stake.isApproved(agent, alice),
        stake.isApproved(alice, alice),
      ]);
      expect(others).to.deep.equal([false, false, false, false]);
    });

    it("does not let the account approve others for the owner", async () => {
      const { stake, alice, bob, agent } = await loadFixture(deployStake);
      await stake.connect(alice).setApproval(agent, true);
      await stake.connect(agent).setApproval(bob, true);
      expect(await stake.isApproved(alice, bob)).to.equal(false);
      expect(await stake.isApproved(agent, bob)).to.equal(true);
    });

    it("does not reach through to whom the account has approved", async () => {
      const { stake, asset, alice, bob, agent } = await loadFixture(deployStake);
      await stake.connect(alice).setApproval(agent, true);
      await stake.connect(agent).setApproval(bob, true);
      const call = () => stake.connect(bob).withdraw(alice, asset, 1n, bob);
      await expectRefusal(call, stake, "NotApproved", [bob, alice]);
    });

    it("does not let the account spend the owner's wallet", async () => {
      const { stake, operator, asset, alice, agent } = await loadFixture(deployStake);
      await stake.connect(alice).setApproval(agent, true);
      // Whoever calls pays: alice has allowed her tokens to the StakeManager, the agent has not.
      const call = () => stake.connect(agent).deposit(operator, asset, 1n, alice, 0n, NO_APPROVAL);
      await expectRefusal(call, asset, "ERC20InsufficientAllowance", [stake, 0n, 1n]);
    });
  });
});
