import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { deployWeth9 } from "../../../scripts/lib/weth9";
import {
  complete,
  deployStake,
  deposit,
  expectRefusal,
  fund,
  keys,
  openLien,
  passTo,
  queued,
  type Stake,
} from "../../helpers/stake";
import { Behaviour } from "../../helpers/tokens";
import { MAX_SHARES, WAD, wad } from "../../helpers/units";
import { deployPools, itCompletesWithdrawals, itPaysZero, type CompletionVerb } from "./shared/completion";

const VERB: CompletionVerb = {
  complete: async ({ stake, asset, alice }, withdrawals, caller = alice) =>
    await stake.connect(caller).completeWithdrawals(alice, asset, withdrawals, alice),
  contested: async ({ stake, asset, alice }, withdrawals) =>
    (await stake.connect(alice).completeWithdrawals.staticCall(alice, asset, withdrawals, alice)).contested,
  receiver: ({ alice }) => alice,
  received: async ({ asset, alice }) => await asset.balanceOf(alice),
};

/** The fixture; alice and bob have matured withdrawals of 100 and 200 of a hostile token. */
async function deployHostileWithdrawals() {
  const context = await deployStake();
  const { stake, operator, alice, bob } = context;
  const token = await ethers.deployContract("HostileToken", ["Hostile", "HOST", 18]);
  await fund(token, stake, [alice, bob], 1_000n);
  await stake.connect(operator).openPool(token, ZeroAddress);
  await deposit(context, alice, 1_000n, { asset: token });
  await deposit(context, bob, 1_000n, { asset: token });
  const maturity = await queued(context, alice, 100n, { asset: token, second: context.edge - 2n });
  await queued(context, bob, 200n, { asset: token });
  await passTo(maturity);
  return { context: { ...context, asset: token } satisfies Stake, token, maturity };
}

describe("StakeManager", () => {
  describe("completeWithdrawals", () => {
    describe("when it pays tokens", () => {
      it("moves exactly those, to the receiver that is named", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset, alice, recipient, edge } = context;
        const maturity = await queued(context, alice, 100n, { second: edge });
        await passTo(maturity);
        const withdrawals = keys(context, maturity);
        const call = stake.connect(alice).completeWithdrawals(alice, asset, withdrawals, recipient);
        await expect(call)
          .to.emit(stake, "WithdrawalCompleted")
          .withArgs(alice, operator, asset, recipient, maturity, 100n, 100n, false);
        await expect(call).to.changeTokenBalances(asset, [stake, alice, recipient], [-100n, 0n, 100n]);
        await expect(call).not.to.emit(stake, "Undelegated");
      });

      it("makes one transfer for a whole batch", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, otherOperator, asset, alice, edge } = context;
        const first = await queued(context, alice, 100n, { second: edge });
        const second = await queued(context, alice, 11n, { operator: otherOperator });
        await passTo(second);
        const withdrawals = [
          { operator, maturity: first },
          { operator: otherOperator, maturity: second },
        ];
        const call = await stake.connect(alice).completeWithdrawals(alice, asset, withdrawals, alice);
        const receipt = await call.wait();
        const transfers = await asset.queryFilter(asset.filters.Transfer(), receipt?.blockNumber);
        expect(transfers.map(({ args }) => args.value)).to.deep.equal([111n]);
      });

      it("returns what it pays, and what is contested", async () => {
        const context = await loadFixture(deployPools);
        const { stake, asset, alice, edge } = context;
        const maturity = await queued(context, alice, 100n, { second: edge });
        const other = await queued(context, alice, 10n, { second: maturity - 3n });
        await openLien(context, wad("0.3"), maturity - 1n);
        await passTo(other);
        const call = await stake
          .connect(alice)
          .completeWithdrawals.staticCall(alice, asset, keys(context, maturity, other), alice);
        // The second bucket matured a whole exit delay after the lien: past its veto.
        expect([call.assets, call.contested]).to.deep.equal([77n, 30n]);
      });

      it("lets an approved account name itself as receiver", async () => {
        const context = await loadFixture(deployPools);
        const { stake, asset, alice, agent, edge } = context;
        const maturity = await queued(context, alice, 100n, { second: edge });
        await stake.connect(alice).setApproval(agent, true);
        await passTo(maturity);
        const call = stake.connect(agent).completeWithdrawals(alice, asset, keys(context, maturity), agent);
        await expect(call).to.changeTokenBalances(asset, [stake, agent, alice], [-100n, 100n, 0n]);
      });

      it("refuses to pay nobody or the core", async () => {
        const context = await loadFixture(deployPools);
        const { stake, asset, alice } = context;
        for (const receiver of [ZeroAddress, await stake.getAddress()]) {
          const call = () => stake.connect(alice).completeWithdrawals(alice, asset, [], receiver);
          await expectRefusal(call, stake, "InvalidReceiver", [receiver]);
        }
      });

      it("pays the greatest withdrawal that there can be", async () => {
        const context = await loadFixture(deployStake);
        const { stake, asset, alice } = context;
        await asset.mint(alice, MAX_SHARES);
        await deposit(context, alice, MAX_SHARES);
        const maturity = await queued(context, alice, MAX_SHARES);
        const lien = await openLien(context, 1n, maturity - 1n);
        expect(lien.assets).to.equal(MAX_SHARES / WAD);
        await passTo(maturity);
        const sure = (MAX_SHARES * (WAD - 1n)) / WAD;
        await expect(complete(context, alice, maturity)).to.changeTokenBalances(asset, [stake, alice], [-sure, sure]);
        expect((await stake.withdrawal(alice, context.operator, asset, maturity)).paid).to.equal(sure);
      });

      it("pays WETH9", async () => {
        const context = await loadFixture(deployStake);
        const { stake, operator, alice } = context;
        const weth = await deployWeth9(alice);
        await weth.deposit({ value: wad(2n) });
        await weth.approve(stake, wad(2n));
        await stake.connect(operator).openPool(weth, ZeroAddress);
        await deposit(context, alice, wad(2n), { asset: weth });
        const maturity = await queued(context, alice, wad(2n), { asset: weth });
        await passTo(maturity);
        await stake.connect(alice).completeWithdrawals(alice, weth, keys(context, maturity), alice);
        expect(await weth.balanceOf(alice)).to.equal(wad(2n));
        expect(await weth.balanceOf(stake)).to.equal(0n);
      });
    });

    describe("when the token is hostile", () => {
      it("lets a receiver that is blocked block its own payment alone", async () => {
        const { context, token, maturity } = await loadFixture(deployHostileWithdrawals);
        const { stake, alice, bob, recipient } = context;
        await token.setBlocked(alice, true);
        await expectRefusal(() => complete(context, alice, maturity), token, "Blocked", [alice]);
        await expect(complete(context, bob, maturity)).to.changeTokenBalances(token, [stake, bob], [-200n, 200n]);
        // Nothing is lost: alice names another receiver.
        const call = stake.connect(alice).completeWithdrawals(alice, token, keys(context, maturity), recipient);
        await expect(call).to.changeTokenBalances(token, [stake, recipient], [-100n, 100n]);
      });

      for (const { behaviour, error } of [
        { behaviour: Behaviour.Reverts, error: "TransferRefused" },
        { behaviour: Behaviour.ReturnsFalse, error: "SafeERC20FailedOperation" },
      ]) {
        it(`keeps the record if the token ${Behaviour[behaviour]}, and pays when it works again`, async () => {
          const { context, token, maturity } = await loadFixture(deployHostileWithdrawals);
          const { stake, alice } = context;
          await token.setBehaviour(behaviour, 0n);
          const refusing = behaviour === Behaviour.Reverts ? token : stake;
          await expectRefusal(
            () => complete(context, alice, maturity),
            refusing,
            error,
            behaviour === Behaviour.Reverts ? [] : [token],
          );
          await token.setBehaviour(Behaviour.Honest, 0n);
          await expect(complete(context, alice, maturity)).to.changeTokenBalances(token, [stake, alice], [-100n, 100n]);
        });
      }

      for (const { behaviour, parameter, received } of [
        { behaviour: Behaviour.ReturnsNothing, parameter: 0n, received: 100n },
        { behaviour: Behaviour.ReturnBomb, parameter: 100_000n, received: 100n },
        // A fee that was introduced later is the receiver's.
        { behaviour: Behaviour.FeeOnTransfer, parameter: 1_000n, received: 90n },
      ]) {
        it(`pays by ${Behaviour[behaviour]}, of which ${received} arrive`, async () => {
          const { context, token, maturity } = await loadFixture(deployHostileWithdrawals);
          const { stake, alice } = context;
          await token.setBehaviour(behaviour, parameter);
          await expect(complete(context, alice, maturity)).to.changeTokenBalances(
            token,
            [stake, alice],
            [-100n, received],
          );
        });
      }

      it("asks the token for nothing if it pays nothing", async () => {
        const { context, token, maturity } = await loadFixture(deployHostileWithdrawals);
        const { alice } = context;
        await complete(context, alice, maturity);
        await token.setBehaviour(Behaviour.Reverts, 0n);
        await expect(complete(context, alice, maturity)).not.to.be.reverted;
      });
    });

    itCompletesWithdrawals(VERB);
    itPaysZero(VERB);
  });
});
