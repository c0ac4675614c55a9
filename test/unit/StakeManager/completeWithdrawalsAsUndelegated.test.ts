import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { keys, openLien, passTo, queued } from "../../helpers/stake";
import { wad } from "../../helpers/units";
import { deployPools, itCompletesWithdrawals, itPaysZero, type CompletionVerb } from "./shared/completion";

const VERB: CompletionVerb = {
  complete: async ({ stake, asset, alice }, withdrawals, caller = alice) =>
    await stake.connect(caller).completeWithdrawalsAsUndelegated(alice, asset, withdrawals),
  contested: async ({ stake, asset, alice }, withdrawals) =>
    (await stake.connect(alice).completeWithdrawalsAsUndelegated.staticCall(alice, asset, withdrawals)).contested,
  receiver: () => ZeroAddress,
  received: async ({ stake, asset, alice }) => await stake.undelegated(alice, asset),
};

describe("StakeManager", () => {
  describe("completeWithdrawalsAsUndelegated", () => {
    it("adds to the owner's undelegated balance, says so and moves no token", async () => {
      const context = await loadFixture(deployPools);
      const { stake, asset, alice, edge } = context;
      const first = await queued(context, alice, 100n, { second: edge });
      const second = await queued(context, alice, 10n);
      await passTo(second);
      await expect(VERB.complete(context, keys(context, first)))
        .to.emit(stake, "Undelegated")
        .withArgs(alice, asset, 100n, 100n);
      const call = VERB.complete(context, keys(context, second));
      await expect(call).to.emit(stake, "Undelegated").withArgs(alice, asset, 10n, 110n);
      await expect(call).not.to.emit(asset, "Transfer");
      expect(await stake.undelegated(alice, asset)).to.equal(110n);
    });

    it("adds to the owner's balance also if an approved account calls", async () => {
      const context = await loadFixture(deployPools);
      const { stake, asset, alice, agent, edge } = context;
      const maturity = await queued(context, alice, 100n, { second: edge });
      await stake.connect(alice).setApproval(agent, true);
      await passTo(maturity);
      await VERB.complete(context, keys(context, maturity), agent);
      expect(await stake.undelegated(alice, asset)).to.equal(100n);
      expect(await stake.undelegated(agent, asset)).to.equal(0n);
    });

    it("returns what it adds, and what is contested", async () => {
      const context = await loadFixture(deployPools);
      const { stake, asset, alice, edge } = context;
      const maturity = await queued(context, alice, 100n, { second: edge });
      await openLien(context, wad("0.3"), maturity - 1n);
      await passTo(maturity);
      const call = await stake
        .connect(alice)
        .completeWithdrawalsAsUndelegated.staticCall(alice, asset, keys(context, maturity));
      expect([call.assets, call.contested]).to.deep.equal([70n, 30n]);
    });

    itCompletesWithdrawals(VERB);
    itPaysZero(VERB);
  });
});
