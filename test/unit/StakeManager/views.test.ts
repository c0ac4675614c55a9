import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import type { ValueStructOutput, WithdrawalKeyStruct } from "../../../typechain-types/contracts/core/StakeManager";
import { NO_APPROVAL } from "../../helpers/signatures";
import {
  BUCKET,
  complete,
  deployStake,
  deposit,
  finalise,
  keys,
  MIN_FACTOR,
  openLien,
  passTo,
  queued,
  slash,
  type Stake,
  veto,
} from "../../helpers/stake";
import { MAX_SHARES, WAD, wad } from "../../helpers/units";
import { deployPools } from "./shared/completion";

/** Gross and net of each value. */
const plain = (values: ValueStructOutput[]) => values.map(({ gross, net }) => ({ gross, net }));

/** What alice's withdrawals from the fixture's pool are worth. */
async function worth({ stake, asset, alice }: Stake, withdrawals: WithdrawalKeyStruct[]) {
  return plain(await stake.withdrawalValues(alice, asset, withdrawals));
}

describe("StakeManager", () => {
  describe("views", () => {
    describe("pool", () => {
      it("shows a pool of nobody as untouched and closed, and a wiped one as wiped", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset, bob } = context;
        expect(await stake.pool(bob, asset)).to.deep.equal([0n, WAD, 0n, false, ZeroAddress, false]);
        await slash(context, WAD);
        expect(await stake.pool(operator, asset)).to.deep.equal([1_500n, 0n, 0n, true, ZeroAddress, false]);
      });
    });

    describe("isEntryOpen", () => {
      const states: readonly { what: string; open: boolean; arrange: (context: Stake) => Promise<unknown> }[] = [
        { what: "an open pool", open: true, arrange: () => Promise.resolve() },
        {
          what: "a closed pool",
          open: false,
          arrange: ({ stake, operator, asset }) => stake.connect(operator).closePool(asset),
        },
        { what: "a liened pool", open: false, arrange: (context) => openLien(context, wad("0.1")) },
        {
          what: "a pool whose lien was vetoed",
          open: true,
          arrange: async (context) => {
            await veto(context, await openLien(context, wad("0.1")));
          },
        },
        {
          what: "a pool whose lien is final",
          open: true,
          arrange: async (context) => {
            await finalise(context, await openLien(context, wad("0.1")));
          },
        },
        { what: "a factor of MIN_FACTOR", open: true, arrange: (context) => slash(context, WAD - MIN_FACTOR) },
        {
          what: "a factor below MIN_FACTOR",
          open: false,
          arrange: (context) => slash(context, WAD - MIN_FACTOR + 1n),
        },
        {
          what: "a pool with an approver, whom it leaves aside",
          open: true,
          arrange: ({ stake, operator, asset, approver }) => stake.connect(operator).openPool(asset, approver),
        },
      ];
      for (const { what, open, arrange } of states) {
        it(`is ${open} for ${what}`, async () => {
          const context = await loadFixture(deployPools);
          await arrange(context);
          expect(await context.stake.isEntryOpen(context.operator, context.asset)).to.equal(open);
        });
      }

      it("is false for a pool of nobody", async () => {
        const { stake, bob, asset } = await loadFixture(deployPools);
        expect(await stake.isEntryOpen(bob, asset)).to.equal(false);
      });
    });

    describe("currentMaturity", () => {
      for (const { offset, buckets } of [
        { offset: -1n, buckets: 8n },
        { offset: 0n, buckets: 8n },
        { offset: 1n, buckets: 9n },
        { offset: BUCKET, buckets: 9n },
      ]) {
        it(`is ${buckets} buckets after the edge, ${offset} seconds from it`, async () => {
          const { stake, edge } = await loadFixture(deployStake);
          await passTo(edge + offset);
          expect(await stake.currentMaturity()).to.equal(edge + buckets * BUCKET);
        });
      }
    });

    describe("slashableShares", () => {
      it("counts active shares and those that have not matured, until the second of the maturity", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset, alice, bob, edge } = context;
        const first = await queued(context, alice, 100n, { second: edge });
        const second = await queued(context, bob, 30n, { second: edge + 1n });
        for (const [moment, shares] of [
          [edge + 2n, 1_500n],
          [first - 1n, 1_500n],
          [first, 1_400n],
          [second - 1n, 1_400n],
          [second, 1_370n],
          [second + 100n * BUCKET, 1_370n],
        ] as const) {
          await passTo(moment);
          expect(await stake.slashableShares(operator, asset)).to.equal(shares);
        }
      });

      it("does not count what was completed, nor miss what was cancelled", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset, alice, edge } = context;
        const maturity = await queued(context, alice, 100n, { second: edge });
        await stake.connect(alice).cancelWithdrawal(alice, operator, asset, maturity, 40n, NO_APPROVAL);
        expect(await stake.slashableShares(operator, asset)).to.equal(1_500n);
        await passTo(maturity);
        await complete(context, alice, maturity);
        expect(await stake.slashableShares(operator, asset)).to.equal(1_440n);
      });
    });

    describe("positionValues", () => {
      it("says what active shares are worth, operator by operator, rounded down", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, otherOperator, asset, alice, bob } = context;
        await deposit(context, alice, 1n);
        await slash(context, wad("0.1"));
        await openLien(context, wad("0.25"));
        const values = await stake.positionValues(alice, asset, [operator, otherOperator, bob, operator]);
        // 1001 · 0.9 = 900.9, 1001 · 0.65 = 650.65
        const slashed = { gross: 900n, net: 650n };
        expect(plain(values)).to.deep.equal([slashed, { gross: 1_000n, net: 1_000n }, { gross: 0n, net: 0n }, slashed]);
        expect(await stake.positionValues(alice, asset, [])).to.deep.equal([]);
      });

      it("does not count what is queued", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset, alice } = context;
        await queued(context, alice, 400n);
        expect(plain(await stake.positionValues(alice, asset, [operator]))).to.deep.equal([{ gross: 600n, net: 600n }]);
      });

      it("says 0 after a full slash", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset, alice } = context;
        await slash(context, WAD);
        expect(plain(await stake.positionValues(alice, asset, [operator]))).to.deep.equal([{ gross: 0n, net: 0n }]);
      });

      it("counts the greatest position that there can be", async () => {
        const context = await loadFixture(deployStake);
        const { stake, operator, asset, alice } = context;
        await asset.mint(alice, MAX_SHARES);
        await deposit(context, alice, MAX_SHARES);
        expect(plain(await stake.positionValues(alice, asset, [operator]))).to.deep.equal([
          { gross: MAX_SHARES, net: MAX_SHARES },
        ]);
      });
    });

    describe("withdrawalValues", () => {
      it("says before the maturity what is sure, and what would be without the open liens", async () => {
        const context = await loadFixture(deployPools);
        const { alice, edge } = context;
        const maturity = await queued(context, alice, 101n, { second: edge });
        await slash(context, wad("0.1"));
        const lien = await openLien(context, wad("0.25"));
        // 101 · 0.9 = 90.9, 101 · 0.65 = 65.65
        expect(await worth(context, keys(context, maturity))).to.deep.equal([{ gross: 90n, net: 65n }]);
        await passTo(maturity - 1n);
        expect(await worth(context, keys(context, maturity))).to.deep.equal([{ gross: 90n, net: 65n }]);
        await veto(context, lien);
        expect(await worth(context, keys(context, maturity))).to.deep.equal([{ gross: 90n, net: 90n }]);
      });

      it("counts at the maturity the liens of each of the four intervals before it", async () => {
        const context = await loadFixture(deployPools);
        const maturity = await queued(context, context.alice, 1_000n, { second: context.edge });
        const magnitudes = [wad("0.1"), wad("0.2"), wad("0.3"), wad("0.15")];
        for (const [index, magnitude] of magnitudes.entries()) {
          await openLien(context, magnitude, maturity - (4n - BigInt(index)) * BUCKET);
        }
        await passTo(maturity);
        expect(await worth(context, keys(context, maturity))).to.deep.equal([{ gross: 1_000n, net: 250n }]);
      });

      it("says from the maturity on what vetoes can still add, less what was paid", async () => {
        const context = await loadFixture(deployPools);
        const { alice, edge } = context;
        const maturity = await queued(context, alice, 100n, { second: edge });
        await openLien(context, wad("0.1"), maturity - 5n * BUCKET);
        const lien = await openLien(context, wad("0.3"), maturity - 1n);
        // Up to the maturity both liens might be vetoed; at it the first is past its veto.
        expect(await worth(context, keys(context, maturity))).to.deep.equal([{ gross: 100n, net: 60n }]);
        await passTo(maturity);
        expect(await worth(context, keys(context, maturity))).to.deep.equal([{ gross: 90n, net: 60n }]);
        await complete(context, alice, maturity);
        expect(await worth(context, keys(context, maturity))).to.deep.equal([{ gross: 30n, net: 0n }]);
        await veto(context, lien);
        expect(await worth(context, keys(context, maturity))).to.deep.equal([{ gross: 30n, net: 30n }]);
        await complete(context, alice, maturity);
        expect(await worth(context, keys(context, maturity))).to.deep.equal([{ gross: 0n, net: 0n }]);
      });

      it("says 0 of what is not there", async () => {
        const context = await loadFixture(deployPools);
        const { edge, bob } = context;
        const nothing = { gross: 0n, net: 0n };
        const list = [...keys(context, edge, edge + 8n * BUCKET), { operator: bob, maturity: edge }];
        expect(await worth(context, list)).to.deep.equal([nothing, nothing, nothing]);
        expect(await worth(context, [])).to.deep.equal([]);
        await openLien(context, wad("0.1"));
        expect(await worth(context, list)).to.deep.equal([nothing, nothing, nothing]);
      });

      it("says 0 of maturities that were never, even of those before time itself, while a lien is open", async () => {
        const context = await loadFixture(deployPools);
        await openLien(context, wad("0.1"));
        const nothing = { gross: 0n, net: 0n };
        const list = keys(context, 0n, 1n, 3n * BUCKET - 1n, 2n ** 48n - 1n);
        expect(await worth(context, list)).to.deep.equal(list.map(() => nothing));
      });

      it("says 0 after a full slash", async () => {
        const context = await loadFixture(deployPools);
        const maturity = await queued(context, context.alice, 100n, { second: context.edge });
        await slash(context, WAD);
        expect(await worth(context, keys(context, maturity))).to.deep.equal([{ gross: 0n, net: 0n }]);
      });

      it("agrees with what completing pays, and calls contested", async () => {
        const context = await loadFixture(deployPools);
        const { stake, asset, alice, edge } = context;
        const maturity = await queued(context, alice, 777n, { second: edge });
        await slash(context, wad("0.123"));
        await openLien(context, wad("0.234"), maturity - 1n);
        await passTo(maturity);
        const [value] = await stake.withdrawalValues(alice, asset, keys(context, maturity));
        const { assets, contested } = await stake
          .connect(alice)
          .completeWithdrawals.staticCall(alice, asset, keys(context, maturity), alice);
        // 777 · 0.877 = 681.429, 777 · 0.643 = 499.611
        expect([value?.gross, value?.net]).to.deep.equal([681n, 499n]);
        expect([assets, contested]).to.deep.equal([499n, 182n]);
      });
    });
  });
});
