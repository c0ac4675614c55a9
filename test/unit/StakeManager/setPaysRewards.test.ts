import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { NO_APPROVAL } from "../../helpers/signatures";
import {
  complete,
  deployToken,
  deposit,
  depositUndelegated,
  EXIT_DELAY,
  expectRefusal,
  finalise,
  keys,
  openLien,
  passTo,
  queue,
  queued,
  slash,
  type Stake,
  veto,
} from "../../helpers/stake";
import { WAD, wad } from "../../helpers/units";
import { deployPools } from "./shared/completion";

/** The fixture with pools (alice 1000, bob 500 in each); those of the fixture's operator and asset pay rewards. */
async function deployRewarded(): Promise<Stake> {
  const context = await deployPools();
  const { stake, distributor, operator, asset } = context;
  await distributor.activate(stake, operator, asset);
  return context;
}

describe("StakeManager", () => {
  describe("setPaysRewards", () => {
    it("is not for a distributor without code, which could not be told and would block exits", async () => {
      const { operator, asset, bob } = await loadFixture(deployPools);
      const stake = await ethers.deployContract("StakeManager", [EXIT_DELAY, bob, ZeroAddress, 0n]);
      await expect(stake.connect(bob).setPaysRewards(operator, asset))
        .to.be.revertedWithCustomError(stake, "NotRewardsDistributor")
        .withArgs(bob);
    });

    it("sets the flag of one pool for ever, and says so", async () => {
      const { stake, distributor, operator, otherOperator, asset } = await loadFixture(deployPools);
      for (let time = 0; time < 2; time++) {
        await expect(distributor.activate(stake, operator, asset))
          .to.emit(stake, "PoolPaysRewards")
          .withArgs(operator, asset);
        expect((await stake.pool(operator, asset)).paysRewards).to.equal(true);
      }
      expect((await stake.pool(otherOperator, asset)).paysRewards).to.equal(false);
    });

    it("changes nothing else of the pool", async () => {
      const context = await loadFixture(deployPools);
      const { stake, distributor, operator, asset } = context;
      await slash(context, wad("0.2"));
      await openLien(context, wad("0.1"));
      await distributor.activate(stake, operator, asset);
      const expected = [1_500n, wad("0.8"), wad("0.1"), true, ZeroAddress, true];
      expect(await stake.pool(operator, asset)).to.deep.equal(expected);
    });

    it("sets the flag of a pool that is not open yet", async () => {
      const { stake, distributor, bob, asset } = await loadFixture(deployPools);
      await distributor.activate(stake, bob, asset);
      expect(await stake.pool(bob, asset)).to.deep.equal([0n, WAD, 0n, false, ZeroAddress, true]);
    });

    it("is for the distributor of the deployment alone", async () => {
      const { stake, operator, slasher, alice, asset } = await loadFixture(deployPools);
      const stranger = await ethers.deployContract("RecordingDistributor");
      for (const caller of [operator, slasher, alice]) {
        const call = () => stake.connect(caller).setPaysRewards(operator, asset);
        await expectRefusal(call, stake, "NotRewardsDistributor", [caller]);
      }
      const call = () => stranger.activate(stake, operator, asset);
      await expectRefusal(call, stake, "NotRewardsDistributor", [stranger]);
    });

    it("is for nobody where the deployment has no distributor", async () => {
      const { distributor, operator, asset } = await loadFixture(deployPools);
      const none = await ethers.deployContract("StakeManager", [EXIT_DELAY, ZeroAddress, ZeroAddress, 0n]);
      const call = () => distributor.activate(none, operator, asset);
      await expectRefusal(call, none, "NotRewardsDistributor", [distributor]);
    });

    it("always means the distributor that was given at construction", async () => {
      const { stake, distributor, slasher, operator, asset } = await loadFixture(deployPools);
      expect(await stake.REWARDS_DISTRIBUTOR()).to.equal(distributor);
      // It is in the code: no storage, hence no call, can change it.
      const code = await ethers.provider.getCode(stake);
      expect(code).to.include((await distributor.getAddress()).slice(2).toLowerCase());
      await stake.connect(slasher).slash(operator, asset, WAD, slasher);
      expect(await stake.REWARDS_DISTRIBUTOR()).to.equal(distributor);
    });

    describe("when active shares change", () => {
      it("reports a deposit before it takes effect", async () => {
        const context = await loadFixture(deployRewarded);
        const { distributor, operator, asset, alice } = context;
        await expect(deposit(context, alice, 7n))
          .to.emit(distributor, "SharesChangeReported")
          .withArgs(operator, asset, alice, 1_000n, 1_500n, true);
      });

      it("reports the receiver of a deposit, not the payer", async () => {
        const context = await loadFixture(deployRewarded);
        const { distributor, operator, asset, alice, agent } = context;
        await expect(deposit(context, alice, 7n, { receiver: agent }))
          .to.emit(distributor, "SharesChangeReported")
          .withArgs(operator, asset, agent, 0n, 1_500n, true);
      });

      it("reports a delegation", async () => {
        const context = await loadFixture(deployRewarded);
        const { stake, distributor, operator, asset, alice } = context;
        await depositUndelegated(context, alice, 7n);
        await expect(stake.connect(alice).delegate(alice, operator, asset, 7n, 0n, NO_APPROVAL))
          .to.emit(distributor, "SharesChangeReported")
          .withArgs(operator, asset, alice, 1_000n, 1_500n, true);
      });

      it("reports what is queued, once per request, for the staker", async () => {
        const context = await loadFixture(deployRewarded);
        const { stake, distributor, operator, otherOperator, asset, alice, bob } = context;
        const requests = [
          { operator, shares: 1n },
          { operator: otherOperator, shares: 2n },
          { operator, shares: 3n },
        ];
        const call = await stake.connect(alice).queueWithdrawals(alice, asset, requests, bob);
        const receipt = await call.wait();
        const reports = await distributor.queryFilter(distributor.filters.SharesChangeReported(), receipt?.blockNumber);
        expect(reports.map(({ args }) => [...args])).to.deep.equal([
          [operator.address, await asset.getAddress(), alice.address, 1_000n, 1_500n, true],
          [operator.address, await asset.getAddress(), alice.address, 999n, 1_499n, true],
        ]);
      });

      it("reports what is cancelled, for the owner", async () => {
        const context = await loadFixture(deployRewarded);
        const { stake, distributor, operator, asset, alice, bob } = context;
        const maturity = await queued(context, alice, 100n, { owner: bob });
        await expect(stake.connect(bob).cancelWithdrawal(bob, operator, asset, maturity, 40n, NO_APPROVAL))
          .to.emit(distributor, "SharesChangeReported")
          .withArgs(operator, asset, bob, 500n, 1_400n, true);
      });

      it("reports a redelegation to the pool that is entered", async () => {
        const context = await loadFixture(deployRewarded);
        const { stake, distributor, operator, otherOperator, asset, alice } = context;
        const maturity = await queued(context, alice, 100n, { operator: otherOperator });
        await passTo(maturity);
        const withdrawals = [{ operator: otherOperator, maturity }];
        await expect(stake.connect(alice).redelegateWithdrawals(alice, asset, withdrawals, operator, 0n, NO_APPROVAL))
          .to.emit(distributor, "SharesChangeReported")
          .withArgs(operator, asset, alice, 1_000n, 1_500n, true);
      });

      it("reports in a closed pool, too", async () => {
        const context = await loadFixture(deployRewarded);
        const { stake, distributor, operator, asset, alice } = context;
        await stake.connect(operator).closePool(asset);
        await expect(queue(context, alice, 1n))
          .to.emit(distributor, "SharesChangeReported")
          .withArgs(operator, asset, alice, 1_000n, 1_500n, true);
      });
    });

    describe("when no active shares change", () => {
      it("reports no slash, veto, transfer, completion, undelegated deposit or withdrawal", async () => {
        const context = await loadFixture(deployRewarded);
        const { stake, distributor, operator, asset, alice, bob, recipient } = context;
        const maturity = await queued(context, alice, 100n);
        const quiet: (() => Promise<unknown>)[] = [
          () => slash(context, wad("0.1")),
          async () => {
            await veto(context, await openLien(context, wad("0.1")));
          },
          async () => {
            await finalise(context, await openLien(context, wad("0.1")));
          },
          () => stake.connect(alice).transferWithdrawals(alice, asset, [{ operator, maturity, shares: 10n }], bob),
          () => passTo(maturity),
          () => complete(context, alice, maturity),
          () => stake.connect(bob).completeWithdrawalsAsUndelegated(bob, asset, keys(context, maturity)),
          () => depositUndelegated(context, bob, 10n),
          () => stake.connect(bob).withdraw(bob, asset, 10n, bob),
          () => stake.connect(recipient).withdrawProceeds(asset, recipient),
        ];
        const from = (await ethers.provider.getBlockNumber()) + 1;
        for (const act of quiet) await act();
        expect(await distributor.queryFilter(distributor.filters.SharesChangeReported(), from)).to.deep.equal([]);
      });
    });

    describe("when the pool pays no rewards", () => {
      it("reports nothing, of other pools of the operator, the asset and before the flag", async () => {
        const context = await loadFixture(deployPools);
        const { stake, distributor, operator, otherOperator, asset, alice } = context;
        const token = await deployToken(context);
        await stake.connect(operator).openPool(token, ZeroAddress);
        await deposit(context, alice, 1n);
        await queue(context, alice, 1n);
        await distributor.activate(stake, operator, asset);
        await deposit(context, alice, 1n, { operator: otherOperator });
        await deposit(context, alice, 1n, { asset: token });
        await queue(context, alice, 1n, { asset: token });
        expect(await distributor.queryFilter(distributor.filters.SharesChangeReported(), 0)).to.deep.equal([]);
      });
    });
  });
});
