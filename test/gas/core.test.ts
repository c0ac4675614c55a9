import { ZeroAddress } from "ethers";
import { NO_APPROVAL, signPermit } from "../helpers/signatures";
import { propose } from "../helpers/slash";
import { createSet, now, usualTerms, waitUntil } from "../helpers/world";
import { maturityAt } from "../helpers/stake";
import { wad } from "../helpers/units";
import { itCosts, onFreshChain } from "./measure";
import {
  EVIDENCE,
  FRACTION,
  METADATA,
  completeAs,
  deployJoinedWorld,
  deployUnslashedWorld,
  deployUsedWorld,
  deployQuietWorld,
  finaliseDue,
  proposeVetoable,
  queueAs,
  slashInstantly,
  vetoLate,
  type UsedWorld,
} from "./worlds";

/** Queues for alice in a bucket that others use, and says when it matures. */
async function queueAmongOthers(w: UsedWorld): Promise<bigint> {
  await queueAs(w, w.bob, wad(1n));
  await queueAs(w, w.alice, wad(1n));
  return maturityAt(await now());
}

describe("gas of the core", () => {
  onFreshChain();

  describe("entry", () => {
    itCosts("stake.depositAndDelegate.first", deployUsedWorld, async ({ stakeManager, operator, asset, novice }) =>
      stakeManager.connect(novice).deposit(operator, asset, wad(100n), novice, 0n, NO_APPROVAL),
    );

    itCosts("stake.deposit.again", deployUsedWorld, async ({ stakeManager, operator, asset, alice }) =>
      stakeManager.connect(alice).deposit(operator, asset, wad(100n), alice, 0n, NO_APPROVAL),
    );

    itCosts("stake.deposit.undelegated", deployUsedWorld, async ({ stakeManager, asset, novice }) =>
      stakeManager.connect(novice).deposit(ZeroAddress, asset, wad(100n), novice, 0n, NO_APPROVAL),
    );

    // Again into the same pool, and not the first permit of that wallet.
    itCosts("stake.deposit.permit", deployUsedWorld, async ({ stakeManager, operator, asset, alice }) => {
      for (const owner of [alice, alice]) {
        const { deadline, v, r, s } = await signPermit(asset, owner, stakeManager, wad(7n));
        await asset.permit(owner, stakeManager, wad(7n), deadline, v, r, s);
      }
      const sig = await signPermit(asset, alice, stakeManager, wad(100n));
      return await stakeManager
        .connect(alice)
        .depositWithPermit(operator, asset, wad(100n), alice, 0n, NO_APPROVAL, sig);
    });

    itCosts("stake.delegate", deployUsedWorld, async ({ stakeManager, operator, asset, saver }) =>
      stakeManager.connect(saver).delegate(saver, operator, asset, wad(10n), 0n, NO_APPROVAL),
    );
  });

  describe("exit", () => {
    itCosts("stake.queueWithdrawal.firstInBucket", deployUsedWorld, async (w) => queueAs(w, w.alice, wad(1n)));

    itCosts("stake.queueWithdrawal.laterInBucket", deployUsedWorld, async (w) => {
      await queueAs(w, w.bob, wad(1n));
      return await queueAs(w, w.alice, wad(1n));
    });

    itCosts("stake.cancelWithdrawal", deployUsedWorld, async (w) => {
      const maturity = await queueAmongOthers(w);
      return await w.stakeManager
        .connect(w.alice)
        .cancelWithdrawal(w.alice, w.operator, w.asset, maturity, wad(1n), NO_APPROVAL);
    });

    itCosts("stake.transferWithdrawal", deployUsedWorld, async (w) => {
      const { stakeManager, operator, asset, alice, novice } = w;
      const maturity = await queueAmongOthers(w);
      const request = { operator, maturity, shares: wad(1n) };
      return await stakeManager.connect(alice).transferWithdrawals(alice, asset, [request], novice);
    });

    itCosts("stake.completeWithdrawal", deployUsedWorld, async (w) =>
      completeAs(w, w.alice, await queueAmongOthers(w)),
    );

    itCosts("stake.completeAsUndelegated", deployUsedWorld, async (w) => {
      const { stakeManager, operator, asset, alice } = w;
      const maturity = await queueAmongOthers(w);
      await waitUntil(maturity);
      return await stakeManager.connect(alice).completeWithdrawalsAsUndelegated(alice, asset, [{ operator, maturity }]);
    });

    // To a pool of another operator, where others stake already.
    itCosts("stake.redelegate", deployUsedWorld, async (w) => {
      const { stakeManager, operator, rival, asset, bob } = w;
      const maturity = await queueAmongOthers(w);
      await waitUntil(maturity);
      return await stakeManager
        .connect(bob)
        .redelegateWithdrawals(bob, asset, [{ operator, maturity }], rival, 0n, NO_APPROVAL);
    });

    itCosts("stake.withdraw", deployUsedWorld, async ({ stakeManager, asset, saver }) =>
      stakeManager.connect(saver).withdraw(saver, asset, wad(10n), saver),
    );

    itCosts("life.exit", deployUsedWorld, async (w) => {
      const request = await queueAs(w, w.alice, wad(1n));
      return [request, await completeAs(w, w.alice, maturityAt(await now()))];
    });
  });

  describe("operators and services", () => {
    itCosts("operator.register", deployUsedWorld, async ({ stakeManager, novice }) =>
      stakeManager.connect(novice).registerOperator(METADATA),
    );

    itCosts("operator.openPool", deployUsedWorld, async ({ stakeManager, asset, novice }) => {
      await stakeManager.connect(novice).registerOperator(METADATA);
      return await stakeManager.connect(novice).openPool(asset, ZeroAddress);
    });

    itCosts("avs.createOperatorSet", deployUsedWorld, async (w) =>
      w.allocationManager.connect(w.avs).createOperatorSet(3n, usualTerms(w), METADATA),
    );

    itCosts("avs.scheduleSlasher", deployUsedWorld, async ({ allocationManager, avs, vetoable, novice }) =>
      allocationManager.connect(avs).scheduleSlasher(vetoable, novice),
    );

    itCosts("operator.registerForSet", deployUsedWorld, async ({ allocationManager, operator, vetoable }) =>
      allocationManager.connect(operator).registerForOperatorSet(vetoable, "0x"),
    );

    itCosts("operator.deregisterFromSet", deployJoinedWorld, async ({ allocationManager, operator, vetoable }) =>
      allocationManager.connect(operator).deregisterFromOperatorSet(operator, vetoable),
    );

    // The first that is ever given of this pool.
    itCosts("operator.allocate.first", deployUsedWorld, async ({ allocationManager, operator, vetoable, asset }) => {
      await allocationManager.connect(operator).registerForOperatorSet(vetoable, "0x");
      return await allocationManager.connect(operator).allocate(vetoable, asset, wad("0.5"));
    });

    itCosts("operator.allocate.change", deployJoinedWorld, async ({ allocationManager, operator, vetoable, asset }) =>
      allocationManager.connect(operator).allocate(vetoable, asset, wad("0.1")),
    );

    itCosts("operator.revoke", deployJoinedWorld, async ({ allocationManager, operator, vetoable, asset }) => {
      await allocationManager.connect(operator).allocate(vetoable, asset, wad("0.1"));
      return await allocationManager.connect(operator).revokeAllocation(vetoable, asset);
    });

    itCosts("operator.deallocate", deployJoinedWorld, async ({ allocationManager, operator, vetoable, asset }) =>
      allocationManager.connect(operator).deallocate(vetoable, asset, wad("0.1")),
    );

    itCosts("operator.settle", deployJoinedWorld, async (w) => {
      const { allocationManager, operator, vetoable, asset } = w;
      await allocationManager.connect(operator).deallocate(vetoable, asset, wad("0.1"));
      await waitUntil((await now()) + w.exitDelay);
      return await allocationManager.connect(operator).settle(operator, asset, [vetoable]);
    });
  });

  describe("slashes", () => {
    itCosts("slash.instant.first", deployUnslashedWorld, slashInstantly);

    itCosts("life.instantSlash", deployUnslashedWorld, slashInstantly);

    itCosts("slash.instant.again", deployQuietWorld, slashInstantly);

    itCosts("slash.propose", deployQuietWorld, proposeVetoable);

    itCosts("slash.veto", deployQuietWorld, async (w) => vetoLate(w, await proposeVetoable(w)));

    itCosts("slash.finalise", deployQuietWorld, async (w) => finaliseDue(w, await proposeVetoable(w)));

    // The first proceeds of that recipient in the asset.
    itCosts("slash.finalise.first", deployUnslashedWorld, async (w) => finaliseDue(w, await proposeVetoable(w)));

    itCosts("life.finalisedSlash", deployQuietWorld, async (w) => {
      const proposal = await proposeVetoable(w);
      return [proposal, await finaliseDue(w, proposal)];
    });

    itCosts("life.vetoedSlash", deployQuietWorld, async (w) => {
      const proposal = await proposeVetoable(w);
      return [proposal, await vetoLate(w, proposal)];
    });

    itCosts("slash.withdrawProceeds", deployQuietWorld, async ({ stakeManager, asset, recipient }) => {
      await asset.mint(recipient, wad(1n));
      return await stakeManager.connect(recipient).withdrawProceeds(asset, recipient);
    });

    itCosts("slash.burnProceeds", deployJoinedWorld, async (w) => {
      const { allocationManager, stakeManager, otherAvs, operator, asset, novice } = w;
      const burning = await createSet(w, { avs: otherAvs, id: 2n, vetoWindow: 0n, recipient: ZeroAddress });
      await allocationManager.connect(operator).registerForOperatorSet(burning, "0x");
      await allocationManager.connect(operator).allocate(burning, asset, wad("0.1"));
      await waitUntil((await now()) + w.notice);
      await propose(w, burning, FRACTION, EVIDENCE);
      return await stakeManager.connect(novice).burnProceeds(asset);
    });
  });
});
