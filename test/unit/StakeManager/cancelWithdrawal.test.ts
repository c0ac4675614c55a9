import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import type { ApprovalStruct } from "../../../typechain-types/contracts/core/StakeManager";
import { NEVER, NO_APPROVAL, signEntry } from "../../helpers/signatures";
import {
  at,
  BUCKET,
  deployGuardedStake,
  deployStake,
  deposit,
  expectRefusal,
  gate,
  MIN_FACTOR,
  openLien,
  passTo,
  queue,
  queued,
  slash,
  type Sent,
  type Stake,
  veto,
} from "../../helpers/stake";
import { MAX_SHARES, WAD, wad } from "../../helpers/units";
import { deployPools } from "./shared/completion";
import { itNeedsTheOwnersConsent } from "./shared/consent";
import { itNeedsTheApproversSignature } from "./shared/gate";

/** The fixture with pools; alice has queued 100 shares at the edge. */
async function deployQueued(): Promise<Stake & { maturity: bigint }> {
  const context = await deployPools();
  return { ...context, maturity: await queued(context, context.alice, 100n, { second: context.edge }) };
}

/** Cancels shares of alice's withdrawal from the fixture's pool. */
async function cancel(
  { stake, operator, asset, alice }: Stake,
  maturity: bigint,
  shares: bigint,
  { caller = alice, approval = NO_APPROVAL }: { caller?: HardhatEthersSigner; approval?: ApprovalStruct } = {},
): Sent {
  return await stake.connect(caller).cancelWithdrawal(alice, operator, asset, maturity, shares, approval);
}

describe("StakeManager", () => {
  describe("cancelWithdrawal", () => {
    it("makes queued shares active again and says so", async () => {
      const context = await loadFixture(deployQueued);
      const { stake, operator, asset, alice, maturity } = context;
      const call = cancel(context, maturity, 30n);
      await expect(call)
        .to.emit(stake, "WithdrawalCancelled")
        .withArgs(alice, operator, asset, maturity, 30n, 70n, 930n);
      await expect(call).not.to.emit(asset, "Transfer");
      expect(await stake.sharesOf(operator, asset, alice)).to.equal(930n);
      expect((await stake.pool(operator, asset)).shares).to.equal(1_430n);
      expect(await stake.withdrawal(alice, operator, asset, maturity)).to.deep.equal([70n, 0n]);
      expect(await stake.bucket(operator, asset, maturity)).to.deep.equal([70n, WAD, 0n]);
    });

    it("takes all of it, and leaves nothing behind", async () => {
      const context = await loadFixture(deployQueued);
      const { stake, operator, asset, alice, maturity } = context;
      await cancel(context, maturity, 100n);
      expect(await stake.withdrawal(alice, operator, asset, maturity)).to.deep.equal([0n, 0n]);
      expect((await stake.bucket(operator, asset, maturity)).shares).to.equal(0n);
      expect(await stake.sharesOf(operator, asset, alice)).to.equal(1_000n);
      await expectRefusal(() => cancel(context, maturity, 1n), stake, "InsufficientBalance", [1n, 0n]);
    });

    it("gives the shares to the owner, whoever was the staker", async () => {
      const context = await loadFixture(deployPools);
      const { stake, operator, asset, alice, bob, edge } = context;
      const maturity = await queued(context, bob, 50n, { owner: alice, second: edge });
      await cancel(context, maturity, 50n);
      expect(await stake.sharesOf(operator, asset, alice)).to.equal(1_050n);
      expect(await stake.sharesOf(operator, asset, bob)).to.equal(450n);
    });

    describe("when the maturity comes", () => {
      it("takes the last second before it, and no later one", async () => {
        const context = await loadFixture(deployQueued);
        const { stake, maturity } = context;
        await at(maturity - 1n);
        await expect(cancel(context, maturity, 1n)).not.to.be.reverted;
        await at(maturity);
        await expectRefusal(() => cancel(context, maturity, 1n), stake, "WithdrawalMature", [maturity]);
        await at(maturity + 1n);
        await expectRefusal(() => cancel(context, maturity, 1n), stake, "WithdrawalMature", [maturity]);
      });
    });

    describe("when the number of shares is wrong", () => {
      it("refuses none", async () => {
        const context = await loadFixture(deployQueued);
        await expectRefusal(() => cancel(context, context.maturity, 0n), context.stake, "ZeroShares", []);
      });

      it("refuses one more than there are, and 2^128 more", async () => {
        const context = await loadFixture(deployQueued);
        const { stake, maturity } = context;
        // What others have in the bucket is not the caller's.
        await queued(context, context.bob, 400n);
        for (const shares of [101n, 2n ** 128n + 1n, 2n ** 256n - 1n]) {
          await expectRefusal(() => cancel(context, maturity, shares), stake, "InsufficientBalance", [shares, 100n]);
        }
      });

      it("refuses shares of a record that is not there", async () => {
        const context = await loadFixture(deployQueued);
        const { stake, maturity } = context;
        for (const other of [maturity + BUCKET, maturity - 1n, 2n ** 48n - 1n]) {
          await expectRefusal(() => cancel(context, other, 1n), stake, "InsufficientBalance", [1n, 0n]);
        }
      });
    });

    describe("when the pool would refuse an entry", () => {
      const refusals: readonly { what: string; arrange: (context: Stake) => Promise<unknown> }[] = [
        { what: "is closed", arrange: ({ stake, operator, asset }) => stake.connect(operator).closePool(asset) },
        { what: "is liened", arrange: (context) => openLien(context, wad("0.5")) },
        { what: "is below MIN_FACTOR", arrange: (context) => slash(context, WAD - MIN_FACTOR + 1n) },
        { what: "was slashed in full", arrange: (context) => slash(context, WAD) },
        { what: "belongs to a contract that is full", arrange: ({ stake, asset }) => asset.mint(stake, MAX_SHARES) },
      ];
      for (const { what, arrange } of refusals) {
        it(`takes shares back although it ${what}`, async () => {
          const context = await loadFixture(deployQueued);
          const { stake, operator, asset, alice, maturity } = context;
          await arrange(context);
          await cancel(context, maturity, 100n);
          expect(await stake.sharesOf(operator, asset, alice)).to.equal(1_000n);
        });
      }

      it("takes shares back while the launch guard has paused entry", async () => {
        const context = await loadFixture(deployGuardedStake);
        const { stake, launchGuard, operator, asset, alice } = context;
        await launchGuard.setCap(asset, 1_000n);
        await deposit(context, alice, 1_000n);
        const maturity = await queued(context, alice, 1_000n);
        await launchGuard.setEntryPaused(true);
        await cancel(context, maturity, 1_000n);
        expect(await stake.sharesOf(operator, asset, alice)).to.equal(1_000n);
      });
    });

    describe("when slashes come", () => {
      it("does not escape a lien", async () => {
        const context = await loadFixture(deployQueued);
        const { stake, operator, asset, alice, maturity } = context;
        await openLien(context, wad("0.3"));
        await cancel(context, maturity, 100n);
        const [value] = await stake.positionValues(alice, asset, [operator]);
        expect([value?.gross, value?.net]).to.deep.equal([1_000n, 700n]);
      });

      it("brings back what a slash has left", async () => {
        const context = await loadFixture(deployQueued);
        const { stake, operator, asset, alice, maturity } = context;
        await slash(context, wad("0.3"));
        await cancel(context, maturity, 100n);
        const [value] = await stake.positionValues(alice, asset, [operator]);
        expect([value?.gross, value?.net]).to.deep.equal([700n, 700n]);
      });

      it("gives nothing to an emptied bucket at a veto, whose rate is set anew when it fills again", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset, alice, edge } = context;
        const maturity = await queued(context, alice, 100n, { second: edge + 1n });
        const lien = await openLien(context, wad("0.3"));
        await cancel(context, maturity, 100n);
        await veto(context, lien);
        expect(await stake.bucket(operator, asset, maturity)).to.deep.equal([0n, wad("0.7"), 0n]);
        expect(await queued(context, alice, 5n)).to.equal(maturity);
        expect(await stake.bucket(operator, asset, maturity)).to.deep.equal([5n, WAD, 0n]);
      });

      it("lets a bucket that was emptied and filled again under a lien gain by its veto", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset, alice, edge } = context;
        const maturity = await queued(context, alice, 100n, { second: edge + 1n });
        const lien = await openLien(context, wad("0.3"));
        await cancel(context, maturity, 100n);
        await queued(context, alice, 5n);
        expect(await stake.bucket(operator, asset, maturity)).to.deep.equal([5n, wad("0.7"), 0n]);
        await veto(context, lien);
        expect(await stake.bucket(operator, asset, maturity)).to.deep.equal([5n, WAD, 0n]);
      });
    });

    it("can be done and undone again and again without gaining or losing a share", async () => {
      const context = await loadFixture(deployQueued);
      const { stake, operator, asset, alice, bob, maturity } = context;
      await slash(context, wad("0.123456789"));
      for (let round = 0; round < 5; round++) {
        const later = await queued(context, alice, 333n);
        await cancel(context, later, 333n);
      }
      expect(await stake.sharesOf(operator, asset, alice)).to.equal(900n);
      expect(await stake.sharesOf(operator, asset, bob)).to.equal(500n);
      expect(await stake.slashableShares(operator, asset)).to.equal(1_500n);
      expect((await stake.bucket(operator, asset, maturity)).shares).to.equal(100n);
    });

    describe("when the exit was passed on", () => {
      it("is no way around the approver", async () => {
        const context = await loadFixture(deployPools);
        const { stake, operator, asset, alice, bob, approver } = context;
        await gate(context, approver);
        const maturity = await queued(context, bob, 50n, { owner: alice });
        const entry = { operator: operator.address, asset: await asset.getAddress(), expiry: NEVER };
        const bobs = await signEntry(stake, approver, { ...entry, receiver: bob.address, payer: bob.address });
        await expectRefusal(() => cancel(context, maturity, 50n, { approval: bobs }), stake, "SignatureInvalid", [
          approver,
        ]);
        const alices = await signEntry(stake, approver, { ...entry, receiver: alice.address, payer: alice.address });
        await expect(cancel(context, maturity, 50n, { approval: alices })).not.to.be.reverted;
      });

      it("needs the approver in a closed pool, too", async () => {
        const context = await loadFixture(deployQueued);
        const { stake, operator, asset, approver, maturity } = context;
        await gate(context, approver);
        await stake.connect(operator).closePool(asset);
        await expectRefusal(() => cancel(context, maturity, 1n), stake, "SignatureExpired", [0n]);
      });
    });

    itNeedsTheApproversSignature({
      prepare: async (context) => {
        await deposit(context, context.alice, 1_000n);
        await queue(context, context.alice, 100n);
      },
      act: async (context, approval) => {
        // Queued a moment ago: in the bucket of the present, or in the one before.
        const { stake, operator, asset, alice } = context;
        const latest = await stake.currentMaturity();
        const { shares } = await stake.withdrawal(alice, operator, asset, latest);
        return await cancel(context, shares === 0n ? latest - BUCKET : latest, 10n, { approval });
      },
    });

    itNeedsTheOwnersConsent({
      prepare: async (context) => {
        await deposit(context, context.alice, 1_000n);
        await queued(context, context.alice, 100n, { second: context.edge });
      },
      act: async (context, caller) => await cancel(context, context.edge + 8n * BUCKET, 100n, { caller }),
    });

    it("refuses the shares of who entered elsewhere", async () => {
      const context = await loadFixture(deployStake);
      const { stake, asset, alice, operator, otherOperator, edge } = context;
      await deposit(context, alice, 10n);
      const maturity = await queued(context, alice, 10n, { second: edge });
      await passTo(edge + 10n);
      const call = () => stake.connect(alice).cancelWithdrawal(alice, otherOperator, asset, maturity, 10n, NO_APPROVAL);
      await expectRefusal(call, stake, "InsufficientBalance", [10n, 0n]);
      expect((await stake.pool(operator, asset)).shares).to.equal(0n);
    });
  });
});
