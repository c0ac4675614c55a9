import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { HostileRegistrar__factory } from "../../typechain-types";
import { Answer, gasOfFirstCall, setHostileRegistrar } from "../helpers/registrar";
import { NO_APPROVAL } from "../helpers/signatures";
import { propose, proposeAndRead } from "../helpers/slash";
import { bps, WAD, wad } from "../helpers/units";
import {
  act,
  allocateActive,
  at,
  complete,
  createJoinedSet,
  deployTokens,
  deployWorld,
  now,
  queue,
  receiptOf,
  stake,
  usualTerms,
  waitUntil,
} from "../helpers/world";

describe("Attacks", () => {
  describe("Delegation, operators, services", () => {
    it("Operator steals through its own service: who leaves within three buckets leaves with everything", async () => {
      const w = await loadFixture(deployWorld);
      const own = { avs: w.operator, slasher: w.operator, recipient: w.operator, vetoWindow: 0n };
      const set = await createJoinedSet(w, own);
      await act(w, w.allocationManager.connect(w.operator).allocate(set, w.asset, WAD));
      const announcedAt = await now();
      // In force at once: 1,000 are stolen in this block. Here nothing until NOTICE has passed.
      await expect(propose(w, set, WAD, { by: w.operator }))
        .to.be.revertedWithCustomError(w.slasher, "NothingToSlash")
        .withArgs(w.operator.address, set);
      await at(announcedAt + 3n * w.bucket);
      const maturity = await queue(w, w.alice, wad(600n));
      await at(announcedAt + w.notice);
      const record = await proposeAndRead(w, set, WAD, { by: w.operator });
      expect(record.cuts[0]?.assets).to.equal(wad(400n));
      expect(await complete(w, w.alice, maturity)).to.equal(wad(600n));
    });

    it("Operator or service leaves to trap stakers (EigenLayer): with pool, registration and slasher gone everyone leaves on time", async () => {
      const w = await loadFixture(deployWorld);
      const set = await createJoinedSet(w);
      await allocateActive(w, [[set, WAD]]);
      const record = await proposeAndRead(w, set, bps(1000n));
      await w.allocationManager.connect(w.avs).removeSlasher(set);
      await act(w, w.allocationManager.connect(w.avs).deregisterFromOperatorSet(w.operator, set));
      await w.stakeManager.connect(w.operator).closePool(w.asset);
      const maturity = await queue(w, w.alice, wad(600n));
      await at(record.deadline);
      await act(w, w.slasher.connect(w.alice).finalise(record));
      await waitUntil(maturity);
      // Exits by leave of the operator, or a lien that only its maker ends: 0. Here 90 %.
      expect(await complete(w, w.alice, maturity)).to.equal(wad(540n));
    });

    it("Registrar call-back: reverting, burning gas, re-entering, a megabyte: the registration ends at the same time and price", async () => {
      for (const answer of [Answer.Reverts, Answer.GasBomb, Answer.ReturnBomb, Answer.RevertBomb]) {
        const w = await loadFixture(deployWorld);
        const set = await createJoinedSet(w);
        const registrar = await setHostileRegistrar(w);
        const again = w.allocationManager.interface.encodeFunctionData("registerForOperatorSet", [set, "0x"]);
        await registrar.setCall(w.allocationManager, again);
        await registrar.setBehaviour(answer, 2n ** 20n);
        const tx = await act(w, w.allocationManager.connect(w.operator).deregisterFromOperatorSet(w.operator, set));
        const { until, epoch } = await w.allocationManager.registration(w.operator, set);
        expect([until, epoch]).to.deep.equal([(await now()) + w.exitDelay, 1n]);
        // All the gas but 1/64, and the return data copied: tens of millions. Here 200,000 and the verb.
        expect((await receiptOf(tx)).gasUsed).to.be.lessThan(300_000n);
      }
    });

    it("Registrar behind a delegation (EIP-7702): both accounts are paid for beforehand, and it is never starved", async () => {
      const w = await loadFixture(deployWorld);
      const set = await createJoinedSet(w);
      const registrar = await ethers.deployContract("HostileRegistrar");
      const code = `0xef0100${(await registrar.getAddress()).slice(2)}`;
      await ethers.provider.send("hardhat_setCode", [w.stranger.address, code]);
      await w.allocationManager.connect(w.avs).setRegistrar(w.stranger);
      const verb = w.allocationManager.connect(w.avs).deregisterFromOperatorSet;
      let [refused, enough] = [100_000n, 400_000n];
      while (enough - refused > 1n) {
        const gasLimit = (refused + enough) / 2n;
        const passes = await verb.staticCall(w.operator, set, { gasLimit }).then(
          () => true,
          () => false,
        );
        if (passes) enough = gasLimit;
        else refused = gasLimit;
      }
      const tx = await verb(w.operator, set, { gasLimit: enough });
      // One cold account counted: at the least gas that passes it begins with 1/64 less. Here with all of it.
      expect(await gasOfFirstCall(tx.hash)).to.equal(200_000);
      const told = HostileRegistrar__factory.connect(w.stranger.address, ethers.provider);
      await expect(tx).to.emit(told, "DeregisterCalled").withArgs(w.operator.address, set);
    });

    it("Third party touches another's position: no verb of another's works", async () => {
      const w = await loadFixture(deployWorld);
      const { alice, stranger, asset, operator, rival } = w;
      const manager = w.stakeManager.connect(stranger);
      const maturity = await queue(w, alice, wad(100n));
      const keys = [{ operator, maturity }];
      const calls = [
        () => manager.queueWithdrawals(alice, asset, [{ operator, shares: 1n }], alice),
        () => manager.transferWithdrawals(alice, asset, [{ operator, maturity, shares: 1n }], stranger),
        () => manager.cancelWithdrawal(alice, operator, asset, maturity, 1n, NO_APPROVAL),
        () => manager.completeWithdrawals(alice, asset, keys, alice),
        () => manager.completeWithdrawalsAsUndelegated(alice, asset, keys),
        () => manager.redelegateWithdrawals(alice, asset, keys, rival, 0n, NO_APPROVAL),
        () => manager.withdraw(alice, asset, 1n, alice),
        () => manager.delegate(alice, operator, asset, 1n, 0n, NO_APPROVAL),
      ];
      await waitUntil(maturity - 1n);
      for (const call of calls) {
        await expect(call())
          .to.be.revertedWithCustomError(manager, "NotApproved")
          .withArgs(stranger.address, alice.address);
      }
      await waitUntil(maturity);
      // Open "to help": 99, or elsewhere. Here 100, to alice.
      expect(await complete(w, alice, maturity)).to.equal(wad(100n));
    });

    it("Dust in a victim's record: what others queue into it, or pass on to it, is the victim's, and delays nothing", async () => {
      const w = await loadFixture(deployWorld);
      const { stakeManager, alice, bob, asset, operator } = w;
      const set = await createJoinedSet(w);
      await allocateActive(w, [[set, WAD]]);
      const maturity = await queue(w, alice, wad(600n));
      await stakeManager.connect(bob).queueWithdrawals(bob, asset, [{ operator, shares: 1n }], alice);
      await queue(w, bob, 5n);
      await at(maturity - 1n);
      const record = await proposeAndRead(w, set, WAD / 2n);
      await waitUntil(maturity);
      expect(await complete(w, alice, maturity)).to.equal(wad(300n));
      // Paid for in part, the record takes what is passed on.
      await stakeManager.connect(bob).transferWithdrawals(bob, asset, [{ operator, maturity, shares: 5n }], alice);
      await act(w, w.slasher.connect(w.resolver).veto(record));
      // Dust that restarts the clock, or replaces the record: 0 or 6 wei now. Here the rest, and the dust.
      expect(await complete(w, alice, maturity)).to.equal(wad(300n) + 6n);
    });

    it("First-deposit theft: an allocation of an empty pool waits for NOTICE, too", async () => {
      const w = await loadFixture(deployWorld);
      const own = { avs: w.rival, slasher: w.rival, recipient: w.rival, operator: w.rival, vetoWindow: 0n };
      const set = await createJoinedSet(w, own);
      await act(w, w.allocationManager.connect(w.rival).allocate(set, w.asset, WAD));
      await stake(w, w.bob, wad(100n), { operator: w.rival });
      // Exception for empty pools: 100 are stolen. Here nothing.
      await expect(propose(w, set, WAD, { by: w.rival, operator: w.rival }))
        .to.be.revertedWithCustomError(w.slasher, "NothingToSlash")
        .withArgs(w.rival.address, set);
      const maturity = await queue(w, w.bob, wad(100n), { operator: w.rival });
      await waitUntil(maturity);
      expect(await complete(w, w.bob, maturity, { operator: w.rival })).to.equal(wad(100n));
    });

    it("Unbounded parameters: each has a bound, or works at its type's maximum", async () => {
      const w = await loadFixture(deployWorld);
      const manager = w.allocationManager.connect(w.avs);
      const nine = await deployTokens(9);
      const half = w.exitDelay / 2n;
      const max = 2n ** 32n - 1n;
      await expect(manager.createOperatorSet(1n, usualTerms(w, { assets: nine }), ""))
        .to.be.revertedWithCustomError(manager, "AssetCountOutOfBounds")
        .withArgs(9n, 8n);
      for (const vetoWindow of [half + 1n, max]) {
        await expect(manager.createOperatorSet(1n, usualTerms(w, { vetoWindow }), ""))
          .to.be.revertedWithCustomError(manager, "VetoWindowTooLong")
          .withArgs(vetoWindow, half);
      }
      for (const maxSlash of [0n, WAD + 1n, 2n ** 64n - 1n]) {
        await expect(manager.createOperatorSet(1n, usualTerms(w, { maxSlash }), ""))
          .to.be.revertedWithCustomError(manager, "MaxSlashOutOfBounds")
          .withArgs(maxSlash);
      }
      const set = await createJoinedSet(w, { period: max, vetoWindow: half, id: max });
      await allocateActive(w, [[set, WAD]]);
      const record = await proposeAndRead(w, set, WAD / 2n);
      // 32-bit sums of times: the period ends in 1970. Here in 2162.
      const [remaining, periodEnd] = await w.allocationManager.slashBudget(w.operator, set);
      expect([remaining, periodEnd]).to.deep.equal([WAD / 2n, record.proposedAt + max]);
      await at(record.deadline);
      await act(w, w.slasher.finalise(record));
      expect(await w.stakeManager.proceeds(w.recipient, w.asset)).to.equal(wad(500n));
    });
  });
});
