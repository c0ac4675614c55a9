import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type AddressLike } from "ethers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import type { WithdrawalKeyStruct } from "../../../../typechain-types/contracts/core/StakeManager";
import {
  at,
  BUCKET,
  deployStake,
  deposit,
  expectRefusal,
  finalise,
  keys,
  openLien,
  passTo,
  queued,
  slash,
  type Sent,
  type Stake,
  veto,
} from "../../../helpers/stake";
import { bps, WAD, wad } from "../../../helpers/units";
import { itNeedsTheOwnersConsent } from "./consent";

/** A verb that completes withdrawals of alice. */
export interface CompletionVerb {
  complete: (context: Stake, keys: WithdrawalKeyStruct[], caller?: HardhatEthersSigner) => Sent;
  /** What vetoes could still add, according to the verb. */
  contested: (context: Stake, keys: WithdrawalKeyStruct[]) => Promise<bigint>;
  /** The receiver of tokens that the event names. */
  receiver: (context: Stake) => AddressLike;
  /** All that alice has been paid, where the verb pays. */
  received: (context: Stake) => Promise<bigint>;
}

/** The fixture; alice has 1000 shares in each pool, and bob has 500. */
export async function deployPools(): Promise<Stake> {
  const context = await deployStake();
  const { alice, bob, operator, otherOperator } = context;
  for (const pool of [operator, otherOperator]) {
    await deposit(context, alice, 1_000n, { operator: pool });
    await deposit(context, bob, 500n, { operator: pool });
  }
  return context;
}

/** Specifies what every verb that completes withdrawals has in common. Only positive sums are paid here. */
export function itCompletesWithdrawals({ complete, contested, receiver, received }: CompletionVerb): void {
  /** Alice's 100 shares mature eight buckets after the edge. */
  async function queuedStake(): Promise<{ context: Stake; maturity: bigint }> {
    const context = await loadFixture(deployPools);
    return { context, maturity: await queued(context, context.alice, 100n, { second: context.edge }) };
  }

  /** Completes and asserts what was paid, what was said, and what became of the record. */
  async function expectPaid(
    context: Stake,
    maturity: bigint,
    expected: { assets: bigint; paid: bigint; kept: boolean; contested: bigint; shares?: bigint },
  ): Promise<void> {
    const { stake, operator, asset, alice } = context;
    const before = await received(context);
    const { shares } = await stake.withdrawal(alice, operator, asset, maturity);
    const withdrawn = keys(context, maturity);
    expect(await contested(context, withdrawn), "contested").to.equal(expected.contested);
    await expect(complete(context, withdrawn))
      .to.emit(stake, "WithdrawalCompleted")
      .withArgs(alice, operator, asset, receiver(context), maturity, expected.assets, expected.paid, expected.kept);
    expect((await received(context)) - before, "assets").to.equal(expected.assets);
    expect(await stake.withdrawal(alice, operator, asset, maturity), "record").to.deep.equal(
      expected.kept ? [shares, expected.paid] : [0n, 0n],
    );
  }

  describe("when the maturity comes", () => {
    it("refuses the second before, and pays from the maturity on", async () => {
      const { context, maturity } = await queuedStake();
      const { stake } = context;
      await at(maturity - 1n);
      await expectRefusal(() => complete(context, keys(context, maturity)), stake, "WithdrawalNotMature", [maturity]);
      const before = await received(context);
      await at(maturity);
      await complete(context, keys(context, maturity));
      expect((await received(context)) - before).to.equal(100n);
    });

    it("pays a second after, and years after", async () => {
      const { context, maturity } = await queuedStake();
      const second = await queued(context, context.alice, 30n, { second: maturity });
      await passTo(maturity + 1n);
      await expectPaid(context, maturity, { assets: 100n, paid: 100n, kept: false, contested: 0n });
      await passTo(second + 1_000n * BUCKET);
      await expectPaid(context, second, { assets: 30n, paid: 30n, kept: false, contested: 0n });
    });

    it("pays once", async () => {
      const { context, maturity } = await queuedStake();
      const other = await queued(context, context.alice, 30n);
      await passTo(other);
      const before = await received(context);
      await complete(context, keys(context, maturity));
      await complete(context, keys(context, maturity, other, maturity, other));
      expect((await received(context)) - before).to.equal(130n);
    });
  });

  describe("when the pool was slashed", () => {
    for (const { when, offset, assets } of [
      { when: "a second before the maturity", offset: -1n, assets: 70n },
      { when: "at the maturity", offset: 0n, assets: 100n },
      { when: "a second after the maturity", offset: 1n, assets: 100n },
    ]) {
      it(`pays ${assets} of 100 after a slash of 30 % ${when}`, async () => {
        const { context, maturity } = await queuedStake();
        await at(maturity + offset);
        await slash(context, wad("0.3"));
        await passTo(maturity + 10n);
        await expectPaid(context, maturity, { assets, paid: assets, kept: false, contested: 0n });
      });
    }

    it("pays what several slashes have left, rounded down", async () => {
      const context = await loadFixture(deployPools);
      const { alice, edge } = context;
      await slash(context, wad("0.1"));
      const maturity = await queued(context, alice, 7n, { second: edge });
      await slash(context, wad("0.2"));
      await finalise(context, await openLien(context, wad("0.05")));
      await passTo(maturity);
      // 7 · (1 − 0.1 − 0.2 − 0.05) = 4.55
      await expectPaid(context, maturity, { assets: 4n, paid: 4n, kept: false, contested: 0n });
    });

    it("pays in full what another pool's slash does not concern", async () => {
      const { context, maturity } = await queuedStake();
      const { stake, slasher, operator, otherOperator, asset, alice, recipient } = context;
      await stake.connect(slasher).slash(otherOperator, asset, wad("0.5"), recipient);
      await passTo(maturity);
      await expect(complete(context, keys(context, maturity)))
        .to.emit(stake, "WithdrawalCompleted")
        .withArgs(alice, operator, asset, receiver(context), maturity, 100n, 100n, false);
    });
  });

  describe("when a slash is proposed", () => {
    for (const { when, offset, expected } of [
      {
        when: "a second before the maturity",
        offset: -1n,
        expected: { assets: 70n, paid: 70n, kept: true, contested: 30n },
      },
      { when: "at the maturity", offset: 0n, expected: { assets: 100n, paid: 100n, kept: false, contested: 0n } },
      {
        when: "a second after the maturity",
        offset: 1n,
        expected: { assets: 100n, paid: 100n, kept: false, contested: 0n },
      },
    ]) {
      it(`pays ${expected.assets} of 100 after a lien of 30 % ${when}`, async () => {
        const { context, maturity } = await queuedStake();
        await openLien(context, wad("0.3"), maturity + offset);
        await passTo(maturity + 10n);
        await expectPaid(context, maturity, expected);
      });
    }

    it("pays the difference after a veto, and ends the record", async () => {
      const { context, maturity } = await queuedStake();
      const lien = await openLien(context, wad("0.335"), maturity - 1n);
      await passTo(maturity);
      // ⌊100 · 0.665⌋ = 66 now; 34 are contested.
      await expectPaid(context, maturity, { assets: 66n, paid: 66n, kept: true, contested: 34n });
      await veto(context, lien);
      await expectPaid(context, maturity, { assets: 34n, paid: 100n, kept: false, contested: 0n });
    });

    it("pays everything at once after a veto", async () => {
      const { context, maturity } = await queuedStake();
      const lien = await openLien(context, wad("0.335"), maturity - 1n);
      await veto(context, lien, maturity);
      await expectPaid(context, maturity, { assets: 100n, paid: 100n, kept: false, contested: 0n });
    });

    it("pays what is sure at once after the final, and ends the record", async () => {
      const { context, maturity } = await queuedStake();
      const lien = await openLien(context, wad("0.335"), maturity - 1n);
      await passTo(maturity);
      await finalise(context, lien);
      await expectPaid(context, maturity, { assets: 66n, paid: 66n, kept: false, contested: 0n });
    });

    it("pays each of several vetoes, and keeps the record until the last lien has ended", async () => {
      const { context, maturity } = await queuedStake();
      const first = await openLien(context, wad("0.1"), maturity - 3n * BUCKET);
      const second = await openLien(context, wad("0.2"), maturity - BUCKET);
      const third = await openLien(context, wad("0.3"), maturity - 1n);
      await passTo(maturity);
      // 100 · (1 − 0.6)
      await expectPaid(context, maturity, { assets: 40n, paid: 40n, kept: true, contested: 60n });
      await veto(context, second);
      await expectPaid(context, maturity, { assets: 20n, paid: 60n, kept: true, contested: 40n });
      await finalise(context, third);
      await veto(context, first);
      await expectPaid(context, maturity, { assets: 10n, paid: 70n, kept: false, contested: 0n });
    });

    // The bucket's own interval and the three before it: what was proposed earlier is past its veto.
    for (const { what, offset, kept } of [
      { what: "a second before the fourth interval before it", offset: -4n * BUCKET - 1n, kept: false },
      { what: "at the beginning of the fourth interval before it", offset: -4n * BUCKET, kept: true },
      { what: "a second into the fourth interval before it", offset: -4n * BUCKET + 1n, kept: true },
      { what: "at the end of the third", offset: -3n * BUCKET, kept: true },
      { what: "in its last interval", offset: -BUCKET, kept: true },
    ]) {
      it(`${kept ? "keeps" : "ends"} the record if the open lien was proposed ${what}`, async () => {
        const { context, maturity } = await queuedStake();
        await openLien(context, wad("0.3"), maturity + offset);
        await passTo(maturity);
        await expectPaid(context, maturity, { assets: 70n, paid: 70n, kept, contested: kept ? 30n : 0n });
      });
    }

    it("ends the record although a lien is open that came after the maturity", async () => {
      const { context, maturity } = await queuedStake();
      const before = await openLien(context, wad("0.3"), maturity - 1n);
      await openLien(context, wad("0.2"), maturity);
      await passTo(maturity + 100n);
      await expectPaid(context, maturity, { assets: 70n, paid: 70n, kept: true, contested: 30n });
      await veto(context, before);
      await expectPaid(context, maturity, { assets: 30n, paid: 100n, kept: false, contested: 0n });
    });

    it("ends the record although a lien of one unit is open that came after the maturity", async () => {
      const { context, maturity } = await queuedStake();
      await deposit(context, context.bob, wad(100n));
      await openLien(context, 1n, maturity);
      await passTo(maturity + 100n);
      await expectPaid(context, maturity, { assets: 100n, paid: 100n, kept: false, contested: 0n });
    });

    it("gives back to a bucket that was filled while the lien was open", async () => {
      const context = await loadFixture(deployPools);
      const { alice, edge } = context;
      const lien = await openLien(context, wad("0.3"), edge - 1n);
      const maturity = await queued(context, alice, 100n, { second: edge });
      await veto(context, lien);
      await passTo(maturity);
      await expectPaid(context, maturity, { assets: 100n, paid: 100n, kept: false, contested: 0n });
    });

    it("takes from a bucket that was filled while the lien was open", async () => {
      const context = await loadFixture(deployPools);
      const { alice, edge } = context;
      const lien = await openLien(context, wad("0.3"), edge - 1n);
      const maturity = await queued(context, alice, 100n, { second: edge });
      await finalise(context, lien);
      await passTo(maturity);
      await expectPaid(context, maturity, { assets: 70n, paid: 70n, kept: false, contested: 0n });
    });
  });

  describe("when there are many withdrawals", () => {
    it("pays those of many operators and maturities, each by its own rate", async () => {
      const context = await loadFixture(deployPools);
      const { stake, operator, otherOperator, asset, alice, edge } = context;
      const first = await queued(context, alice, 100n, { second: edge });
      await queued(context, alice, 9n, { operator: otherOperator, second: edge + 1n });
      const second = await queued(context, alice, 50n, { second: edge + 2n });
      await slash(context, bps(1_000n));
      await at(first);
      await slash(context, bps(1_000n));
      await passTo(second);
      const before = await received(context);
      await expect(
        complete(context, [
          { operator, maturity: first },
          { operator: otherOperator, maturity: second },
          { operator, maturity: second },
        ]),
      )
        .to.emit(stake, "WithdrawalCompleted")
        .withArgs(alice, operator, asset, receiver(context), first, 90n, 90n, false)
        .and.to.emit(stake, "WithdrawalCompleted")
        .withArgs(alice, otherOperator, asset, receiver(context), second, 9n, 9n, false)
        .and.to.emit(stake, "WithdrawalCompleted")
        .withArgs(alice, operator, asset, receiver(context), second, 40n, 40n, false);
      expect((await received(context)) - before).to.equal(139n);
    });

    it("pays 0 for what is not there, so that others cannot be spoilt", async () => {
      const { context, maturity } = await queuedStake();
      const { bob } = context;
      await openLien(context, wad("0.3"), maturity - 1n);
      await passTo(maturity);
      const before = await received(context);
      const list = [
        // Maturities of which there was no bucket yet, even before time itself; and a pool of nobody.
        ...keys(context, 0n, 1n, BUCKET, maturity - BUCKET, maturity - 1n, maturity),
        { operator: bob, maturity },
      ];
      expect(await contested(context, list)).to.equal(30n);
      await complete(context, list);
      expect((await received(context)) - before).to.equal(70n);
    });

    it("pays the same withdrawal once, however often it is named", async () => {
      const { context, maturity } = await queuedStake();
      await openLien(context, wad("0.3"), maturity - 1n);
      await passTo(maturity);
      const before = await received(context);
      await complete(context, keys(context, maturity, maturity, maturity));
      expect((await received(context)) - before).to.equal(70n);
      const { stake, operator, asset, alice } = context;
      expect(await stake.withdrawal(alice, operator, asset, maturity)).to.deep.equal([100n, 70n]);
    });

    it("pays nothing if one of them is not mature", async () => {
      const { context, maturity } = await queuedStake();
      const { stake, operator, asset, alice } = context;
      const later = await queued(context, alice, 1n, { second: maturity - 1n });
      await passTo(maturity);
      const both = keys(context, maturity, later);
      await expectRefusal(() => complete(context, both), stake, "WithdrawalNotMature", [later]);
      expect(await stake.withdrawal(alice, operator, asset, maturity)).to.deep.equal([100n, 0n]);
    });
  });

  describe("when others share the bucket", () => {
    it("leaves their records, the bucket and the pool as they are", async () => {
      const { context, maturity } = await queuedStake();
      const { stake, operator, asset, bob, edge } = context;
      const shared = await queued(context, bob, 40n, { second: edge + 1n });
      await queued(context, context.alice, 60n, { second: edge + 2n });
      await passTo(shared);
      await complete(context, keys(context, maturity, shared));
      expect(await stake.bucket(operator, asset, shared)).to.deep.equal([100n, WAD, 0n]);
      expect(await stake.withdrawal(bob, operator, asset, shared)).to.deep.equal([40n, 0n]);
      expect((await stake.pool(operator, asset)).shares).to.equal(1_300n);
    });

    it("is not moved by a donation", async () => {
      const { context, maturity } = await queuedStake();
      await context.asset.mint(context.stake, wad(1_000n));
      await passTo(maturity);
      await expectPaid(context, maturity, { assets: 100n, paid: 100n, kept: false, contested: 0n });
    });
  });

  describe("when the operator is against it", () => {
    it("pays from a closed pool with an approver", async () => {
      const { context, maturity } = await queuedStake();
      const { stake, operator, asset, approver } = context;
      await stake.connect(operator).openPool(asset, approver);
      await stake.connect(operator).closePool(asset);
      await passTo(maturity);
      await expectPaid(context, maturity, { assets: 100n, paid: 100n, kept: false, contested: 0n });
    });
  });

  itNeedsTheOwnersConsent({
    prepare: async (context) => {
      await deposit(context, context.alice, 1_000n);
      await passTo(await queued(context, context.alice, 100n, { second: context.edge }));
    },
    act: async (context, caller) => await complete(context, keys(context, context.edge + 8n * BUCKET), caller),
  });
}

/** Specifies that a verb which completes withdrawals pays 0 without fuss. */
export function itPaysZero({ complete, contested, receiver, received }: CompletionVerb): void {
  describe("when there is nothing to be paid", () => {
    it("ends the record after a full slash", async () => {
      const context = await loadFixture(deployPools);
      const { stake, operator, asset, alice, edge } = context;
      const maturity = await queued(context, alice, 1_000n, { second: edge });
      await slash(context, WAD);
      await passTo(maturity);
      const before = await received(context);
      const call = complete(context, keys(context, maturity));
      await expect(call)
        .to.emit(stake, "WithdrawalCompleted")
        .withArgs(alice, operator, asset, receiver(context), maturity, 0n, 0n, false);
      await expect(call).not.to.emit(asset, "Transfer");
      expect(await received(context)).to.equal(before);
      expect(await stake.withdrawal(alice, operator, asset, maturity)).to.deep.equal([0n, 0n]);
    });

    it("keeps the record under a full lien, and pays all of it after the veto", async () => {
      const context = await loadFixture(deployPools);
      const { stake, operator, asset, alice, edge } = context;
      const maturity = await queued(context, alice, 100n, { second: edge });
      const lien = await openLien(context, WAD, maturity - 1n);
      await passTo(maturity);
      const before = await received(context);
      expect(await contested(context, keys(context, maturity))).to.equal(100n);
      await complete(context, keys(context, maturity));
      expect(await received(context)).to.equal(before);
      expect(await stake.withdrawal(alice, operator, asset, maturity)).to.deep.equal([100n, 0n]);
      await veto(context, lien);
      await complete(context, keys(context, maturity));
      expect((await received(context)) - before).to.equal(100n);
    });

    it("ends a record that was paid in part, once the lien is final", async () => {
      const context = await loadFixture(deployPools);
      const { stake, operator, asset, alice, edge } = context;
      const maturity = await queued(context, alice, 100n, { second: edge });
      const lien = await openLien(context, wad("0.3"), maturity - 1n);
      await passTo(maturity);
      await complete(context, keys(context, maturity));
      const before = await received(context);
      // While the lien is open nothing changes.
      await expect(complete(context, keys(context, maturity)))
        .to.emit(stake, "WithdrawalCompleted")
        .withArgs(alice, operator, asset, receiver(context), maturity, 0n, 70n, true);
      await finalise(context, lien);
      await expect(complete(context, keys(context, maturity)))
        .to.emit(stake, "WithdrawalCompleted")
        .withArgs(alice, operator, asset, receiver(context), maturity, 0n, 70n, false);
      expect(await received(context)).to.equal(before);
      expect(await stake.withdrawal(alice, operator, asset, maturity)).to.deep.equal([0n, 0n]);
    });

    it("pays a single share", async () => {
      const context = await loadFixture(deployPools);
      const { stake, operator, asset, alice, edge } = context;
      const maturity = await queued(context, alice, 1n, { second: edge });
      await passTo(maturity);
      const before = await received(context);
      await complete(context, keys(context, maturity));
      expect((await received(context)) - before).to.equal(1n);
      expect(await stake.withdrawal(alice, operator, asset, maturity)).to.deep.equal([0n, 0n]);
    });

    it("rounds one share down to nothing", async () => {
      const context = await loadFixture(deployPools);
      const { alice, edge } = context;
      const maturity = await queued(context, alice, 1n, { second: edge });
      await slash(context, wad("0.001"));
      await passTo(maturity);
      const before = await received(context);
      await complete(context, keys(context, maturity));
      expect(await received(context)).to.equal(before);
    });

    it("says nothing of a completed record, nor of none", async () => {
      const context = await loadFixture(deployPools);
      const { stake, alice, edge } = context;
      const maturity = await queued(context, alice, 100n, { second: edge });
      await passTo(maturity);
      await complete(context, keys(context, maturity));
      await expect(complete(context, keys(context, maturity))).not.to.emit(stake, "WithdrawalCompleted");
      await expect(complete(context, [])).not.to.emit(stake, "WithdrawalCompleted");
    });
  });
}
