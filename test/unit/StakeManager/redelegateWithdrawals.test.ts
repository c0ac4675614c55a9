import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import type { WithdrawalKeyStruct } from "../../../typechain-types/contracts/core/StakeManager";
import { NO_APPROVAL } from "../../helpers/signatures";
import {
  BUCKET,
  deposit,
  expectRefusal,
  keys,
  now,
  openLien,
  passTo,
  queued,
  slash,
  type EntryTerms,
  type Sent,
  type Stake,
} from "../../helpers/stake";
import { MAX_SHARES, WAD, wad } from "../../helpers/units";
import { deployPools, itCompletesWithdrawals } from "./shared/completion";
import { itEntersAPool } from "./shared/entry";

/** Redelegates withdrawals of alice, to the fixture's operator unless told otherwise. */
async function redelegate(
  { stake, operator, asset, alice }: Stake,
  withdrawals: WithdrawalKeyStruct[],
  terms: EntryTerms & { caller?: HardhatEthersSigner } = {},
): Sent {
  return await stake
    .connect(terms.caller ?? alice)
    .redelegateWithdrawals(
      alice,
      asset,
      withdrawals,
      terms.operator ?? operator,
      terms.minFactor ?? 0n,
      terms.approval ?? NO_APPROVAL,
    );
}

/** Where each context's prepared withdrawals from the other operator mature. */
const prepared = new WeakMap<Stake, bigint[]>();

/** Gives alice matured withdrawals from the other operator, of so many assets each. */
async function prepareWithdrawals(context: Stake, assets: bigint, times = 1): Promise<void> {
  const { alice, otherOperator } = context;
  const maturities = prepared.get(context) ?? [];
  for (let i = 0; i < times; i++) {
    await deposit(context, alice, assets, { operator: otherOperator });
    maturities.push(await queued(context, alice, assets, { operator: otherOperator }));
    await passTo((await now()) + BUCKET);
  }
  prepared.set(context, maturities);
  const last = maturities[maturities.length - 1];
  if (last !== undefined && last > (await now())) await passTo(last);
}

/** The first of the prepared withdrawals that is still there. */
async function firstPrepared(context: Stake): Promise<WithdrawalKeyStruct[]> {
  const { stake, otherOperator, asset, alice } = context;
  for (const maturity of prepared.get(context) ?? []) {
    const { shares } = await stake.withdrawal(alice, otherOperator, asset, maturity);
    if (shares !== 0n) return [{ operator: otherOperator, maturity }];
  }
  throw new Error("No prepared withdrawal is left.");
}

describe("StakeManager", () => {
  describe("redelegateWithdrawals", () => {
    it("turns what is paid into shares of the other pool, says so and moves no token", async () => {
      const context = await loadFixture(deployPools);
      const { stake, slasher, operator, otherOperator, recipient, asset, alice, edge } = context;
      await slash(context, wad("0.3"));
      await stake.connect(slasher).slash(otherOperator, asset, wad("0.6"), recipient);
      const maturity = await queued(context, alice, 100n, { second: edge });
      await passTo(maturity);
      const call = redelegate(context, keys(context, maturity), { operator: otherOperator });
      // 100 · 0.7 = 70 assets; 70 / 0.4 = 175 shares, beside 1000.
      await expect(call)
        .to.emit(stake, "WithdrawalCompleted")
        .withArgs(alice, operator, asset, ZeroAddress, maturity, 70n, 70n, false);
      await expect(call).to.emit(stake, "Redelegated").withArgs(alice, otherOperator, asset, 70n, 175n, 1_175n);
      await expect(call).not.to.emit(asset, "Transfer");
      await expect(call).not.to.emit(stake, "Undelegated");
      expect(await stake.sharesOf(otherOperator, asset, alice)).to.equal(1_175n);
      expect((await stake.pool(otherOperator, asset)).shares).to.equal(1_675n);
    });

    it("returns the shares, and what is contested", async () => {
      const context = await loadFixture(deployPools);
      const { stake, otherOperator, asset, alice, edge } = context;
      const maturity = await queued(context, alice, 100n, { second: edge });
      await openLien(context, wad("0.3"), maturity - 1n);
      await passTo(maturity);
      const call = await stake
        .connect(alice)
        .redelegateWithdrawals.staticCall(alice, asset, keys(context, maturity), otherOperator, 0n, NO_APPROVAL);
      expect([call.shares, call.contested]).to.deep.equal([70n, 30n]);
    });

    it("returns to the pool that it came from", async () => {
      const context = await loadFixture(deployPools);
      const { stake, operator, asset, alice, edge } = context;
      const maturity = await queued(context, alice, 100n, { second: edge });
      await passTo(maturity);
      await redelegate(context, keys(context, maturity));
      expect(await stake.sharesOf(operator, asset, alice)).to.equal(1_000n);
      expect((await stake.pool(operator, asset)).shares).to.equal(1_500n);
    });

    it("gives the owner the shares also if an approved account calls", async () => {
      const context = await loadFixture(deployPools);
      const { stake, otherOperator, asset, alice, agent, edge } = context;
      const maturity = await queued(context, alice, 100n, { second: edge });
      await stake.connect(alice).setApproval(agent, true);
      await passTo(maturity);
      await redelegate(context, keys(context, maturity), { operator: otherOperator, caller: agent });
      expect(await stake.sharesOf(otherOperator, asset, alice)).to.equal(1_100n);
      expect(await stake.sharesOf(otherOperator, asset, agent)).to.equal(0n);
    });

    describe("when entry is refused", () => {
      it("changes nothing, and the other ways out remain", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, otherOperator, asset, alice, edge } = context;
        const maturity = await queued(context, alice, 100n, { second: edge });
        await passTo(maturity);
        await stake.connect(otherOperator).closePool(asset);
        const call = () => redelegate(context, keys(context, maturity), { operator: otherOperator });
        await expectRefusal(call, stake, "PoolNotOpen", [otherOperator, asset]);
        expect(await stake.withdrawal(alice, operator, asset, maturity)).to.deep.equal([100n, 0n]);
        await expect(
          stake.connect(alice).completeWithdrawals(alice, asset, keys(context, maturity), alice),
        ).to.changeTokenBalances(asset, [stake, alice], [-100n, 100n]);
      });

      const nothing: readonly { what: string; withdrawals: (context: Stake) => Promise<WithdrawalKeyStruct[]> }[] = [
        { what: "no withdrawals", withdrawals: () => Promise.resolve([]) },
        { what: "a withdrawal that is not there", withdrawals: (context) => Promise.resolve(keys(context, 1n)) },
        {
          what: "a withdrawal that pays nothing",
          withdrawals: async (context) => {
            const maturity = await queued(context, context.alice, 100n, { second: context.edge });
            await slash(context, WAD);
            await passTo(maturity);
            return keys(context, maturity);
          },
        },
      ];
      for (const { what, withdrawals } of nothing) {
        it(`refuses ${what}, which buys no share`, async () => {
          const context = await loadFixture(deployPools);
          const { stake, otherOperator } = context;
          const list = await withdrawals(context);
          const call = () => redelegate(context, list, { operator: otherOperator });
          await expectRefusal(call, stake, "ZeroShares", []);
        });
      }

      it("refuses no withdrawals because they buy no share, even where not one unit more would fit", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset } = context;
        await slash(context, wad("0.2"));
        await asset.mint(stake, (MAX_SHARES * 8n) / 10n - (await asset.balanceOf(stake)));
        await expectRefusal(() => redelegate(context, [], { operator }), stake, "ZeroShares", []);
      });
    });

    itCompletesWithdrawals({
      complete: async (context, withdrawals, caller = context.alice) =>
        await redelegate(context, withdrawals, { operator: context.otherOperator, caller }),
      contested: async ({ stake, otherOperator, asset, alice }, withdrawals) => {
        const redelegations = stake.connect(alice).redelegateWithdrawals;
        const { contested } = await redelegations.staticCall(alice, asset, withdrawals, otherOperator, 0n, NO_APPROVAL);
        return contested;
      },
      receiver: () => ZeroAddress,
      // The other pool is untouched: a share is a unit.
      received: async ({ stake, otherOperator, asset, alice }) => await stake.sharesOf(otherOperator, asset, alice),
    });

    itEntersAPool({
      prepare: prepareWithdrawals,
      enter: async (context, _, terms) => await redelegate(context, await firstPrepared(context), terms),
    });
  });
});
