import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { closeEpoch, deployStakedLrt, settleEpoch } from "../../helpers/lrt";
import { expectRefusal } from "../../helpers/stake";

describe("LiquidRestakingToken", () => {
  describe("requestRedeem", () => {
    it("puts the shares into the queue's custody, and says so", async () => {
      const { token, queue, alice, unit } = await loadFixture(deployStakedLrt);
      expect(await token.connect(alice).requestRedeem.staticCall(unit, alice, alice)).to.equal(1n);
      const call = token.connect(alice).requestRedeem(unit, alice, alice);
      await expect(call).to.changeTokenBalances(token, [alice, queue], [-unit, unit]);
      await expect(call).to.emit(token, "RedeemRequest").withArgs(alice, alice, 1n, alice, unit);
      expect(await token.pendingRedeemRequest(1n, alice)).to.equal(unit);
      expect(await token.claimableRedeemRequest(1n, alice)).to.equal(0n);
      expect(await queue.openEpoch()).to.deep.equal([1n, unit]);
    });

    it("changes neither the supply nor any price", async () => {
      const { token, alice, unit } = await loadFixture(deployStakedLrt);
      const before = [await token.totalSupply(), await token.totalAssets(), await token.sureAssets()];
      await token.connect(alice).requestRedeem(unit, alice, alice);
      expect([await token.totalSupply(), await token.totalAssets(), await token.sureAssets()]).to.deep.equal(before);
    });

    it("adds up within an epoch, and keeps controllers apart", async () => {
      const { token, alice, bob, unit } = await loadFixture(deployStakedLrt);
      await token.connect(alice).requestRedeem(unit, alice, alice);
      await token.connect(alice).requestRedeem(2n * unit, alice, alice);
      await token.connect(bob).requestRedeem(5n * unit, bob, bob);
      expect(await token.pendingRedeemRequest(1n, alice)).to.equal(3n * unit);
      expect(await token.pendingRedeemRequest(1n, bob)).to.equal(5n * unit);
    });

    it("refuses 0 shares, and more than there are", async () => {
      const { token, queue, alice, unit } = await loadFixture(deployStakedLrt);
      await expectRefusal(async () => token.connect(alice).requestRedeem(0n, alice, alice), queue, "ZeroShares", []);
      await expect(token.connect(alice).requestRedeem(600n * unit + 1n, alice, alice))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
        .withArgs(alice, 600n * unit, 600n * unit + 1n);
      await token.connect(alice).requestRedeem(600n * unit, alice, alice);
    });

    describe("when somebody else asks", () => {
      it("needs the owner's allowance, and uses it up", async () => {
        const { token, alice, bob, unit } = await loadFixture(deployStakedLrt);
        await expect(token.connect(bob).requestRedeem(unit, bob, alice))
          .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
          .withArgs(bob, 0n, unit);
        await token.connect(alice).approve(bob, unit);
        await expect(token.connect(bob).requestRedeem(unit, bob, alice))
          .to.emit(token, "RedeemRequest")
          .withArgs(bob, alice, 1n, bob, unit);
        expect(await token.allowance(alice, bob)).to.equal(0n);
        expect(await token.pendingRedeemRequest(1n, bob)).to.equal(unit);
      });

      it("or to be the owner's operator, which uses up nothing", async () => {
        const { token, alice, bob, unit } = await loadFixture(deployStakedLrt);
        await expect(token.connect(alice).setOperator(bob, true))
          .to.emit(token, "OperatorSet")
          .withArgs(alice, bob, true);
        expect(await token.isOperator(alice, bob)).to.equal(true);
        await token.connect(bob).requestRedeem(unit, alice, alice);
        await token.connect(alice).setOperator(bob, false);
        await expect(token.connect(bob).requestRedeem(unit, alice, alice))
          .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
          .withArgs(bob, 0n, unit);
      });

      it("writes on nobody's account who knows nothing of it", async () => {
        const { token, alice, bob, carol, unit } = await loadFixture(deployStakedLrt);
        await expectRefusal(
          async () => token.connect(alice).requestRedeem(unit, carol, alice),
          token,
          "NotControllerOrOperator",
          [alice.address, carol.address],
        );
        await token.connect(alice).approve(bob, unit);
        await expectRefusal(
          async () => token.connect(bob).requestRedeem(unit, carol, alice),
          token,
          "NotControllerOrOperator",
          [bob.address, carol.address],
        );
        await token.connect(carol).setOperator(alice, true);
        await token.connect(alice).requestRedeem(unit, carol, alice);
        expect(await token.pendingRedeemRequest(1n, carol)).to.equal(unit);
      });
    });

    it("is pending until the epoch is settled, then claimable", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, alice, unit } = lrt;
      await token.connect(alice).requestRedeem(unit, alice, alice);
      const closed = await closeEpoch(lrt);
      expect(await token.pendingRedeemRequest(1n, alice)).to.equal(unit);
      await settleEpoch(lrt, closed);
      expect(await token.pendingRedeemRequest(1n, alice)).to.equal(0n);
      expect(await token.claimableRedeemRequest(1n, alice)).to.equal(unit);
    });
  });
});
