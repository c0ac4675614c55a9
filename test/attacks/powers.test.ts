import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, ZeroAddress, ZeroHash } from "ethers";
import { ethers } from "hardhat";
import { deployGuardedProtocol } from "../helpers/protocol";
import { NEVER, NO_APPROVAL, signConsent, signEntry } from "../helpers/signatures";
import { namedSigners } from "../helpers/signers";
import { propose, proposeAndRead } from "../helpers/slash";
import { maturityAt } from "../helpers/stake";
import { bps, WAD, wad } from "../helpers/units";
import {
  act,
  allocateActive,
  at,
  complete,
  createJoinedSet,
  deployTokens,
  deployWorld,
  queue,
  receiptOf,
  stake,
  timeOf,
  waitUntil,
} from "../helpers/world";

describe("Attacks", () => {
  describe("Powers, signatures, gas", () => {
    it("Pause that freezes exits while entry stays open (Renzo, Karak): it closes entry alone, and a donation to the cap no more", async () => {
      const protocol = await loadFixture(deployGuardedProtocol);
      const { stakeManager, launchGuard, admin, guardian } = protocol;
      const { operator, alice } = await namedSigners("deployer", "operator", "alice");
      const [asset] = await deployTokens(1);
      if (asset === undefined) throw new Error("One token was to be deployed.");
      await stakeManager.connect(operator).registerOperator("");
      await stakeManager.connect(operator).openPool(asset, ZeroAddress);
      await launchGuard.connect(admin).setCap(asset, wad(100n));
      await asset.mint(alice, wad(200n));
      await asset.connect(alice).approve(stakeManager, MaxUint256);
      const deposit = async (assets: bigint) =>
        await stakeManager.connect(alice).deposit(operator, asset, assets, alice, 0n, NO_APPROVAL);
      await deposit(wad(90n));
      // What a donor gives away to fill the cap closes entry: the admin raises it, or the exits make room.
      await asset.mint(stakeManager, wad(10n));
      await expect(deposit(1n))
        .to.be.revertedWithCustomError(launchGuard, "CapExceeded")
        .withArgs(asset, wad(100n) + 1n, wad(100n));
      await launchGuard.connect(guardian).setEntryPaused(true);
      await expect(deposit(1n)).to.be.revertedWithCustomError(launchGuard, "EntryPaused").withArgs();
      const requests = [{ operator, shares: wad(90n) }];
      const tx = await stakeManager.connect(alice).queueWithdrawals(alice, asset, requests, alice);
      const maturity = maturityAt(await timeOf(tx));
      await waitUntil(maturity);
      const keys = [{ operator, maturity }];
      // Paused exits: 0. Here 90.
      const out = stakeManager.connect(alice).completeWithdrawals(alice, asset, keys, alice);
      await expect(out).to.changeTokenBalance(asset, alice, wad(90n));
    });

    it("A hook during a token transfer reaches the other contracts: a deposit overwrites no lien that was opened meanwhile", async () => {
      const w = await loadFixture(deployWorld);
      const token = await ethers.deployContract("HookToken", ["Hook", "HOOK", 18]);
      const { stakeManager, slasher, alice, operator } = w;
      await stakeManager.connect(operator).openPool(token, ZeroAddress);
      await token.mint(alice, wad(20n));
      await token.connect(alice).approve(stakeManager, MaxUint256);
      await stakeManager.connect(alice).deposit(operator, token, wad(10n), alice, 0n, NO_APPROVAL);
      const set = await createJoinedSet(w, { assets: [token], slasher: token });
      await allocateActive(w, [[set, WAD]], { asset: token });
      const terms = [set, operator.address, bps(5000n), ZeroHash, ""] as const;
      const hook = { target: slasher, data: slasher.interface.encodeFunctionData("propose", [...terms]) };
      await token.setHooks(hook, hook);
      await stakeManager.connect(alice).deposit(operator, token, wad(10n), alice, 0n, NO_APPROVAL);
      // Read before, written after the transfer: a proposal holds 5, and nothing is liened. Here there is none.
      const refusal = stakeManager.interface.encodeErrorResult("ReentrancyGuardReentrantCall");
      expect(await token.outcomeBefore()).to.deep.equal([true, false, refusal]);
      expect(await token.outcomeAfterwards()).to.deep.equal([true, false, refusal]);
      const { shares, liened } = await stakeManager.pool(operator, token);
      expect([shares, liened, await slasher.slashCount()]).to.deep.equal([wad(20n), 0n, 0n]);
    });

    it("Passed-on exits as a way around an approver: who bought one cannot turn it into stake without a signature", async () => {
      const w = await loadFixture(deployWorld);
      const { stakeManager, alice, stranger, operator, asset } = w;
      await stakeManager.connect(operator).openPool(asset, w.resolver);
      const maturity = await queue(w, alice, wad(600n));
      const requests = [{ operator, maturity, shares: wad(600n) }];
      await stakeManager.connect(alice).transferWithdrawals(alice, asset, requests, stranger);
      const expiry = maturity;
      const entry = { operator: operator.address, asset: await asset.getAddress(), expiry };
      const forAlice = await signEntry(stakeManager, w.resolver, {
        ...entry,
        receiver: alice.address,
        payer: alice.address,
      });
      for (const approval of [{ expiry, signature: "0x" }, forAlice]) {
        // Cancelling free for all: 600 are staked by a stranger. Here none.
        await expect(
          stakeManager.connect(stranger).cancelWithdrawal(stranger, operator, asset, maturity, wad(600n), approval),
        )
          .to.be.revertedWithCustomError(stakeManager, "SignatureInvalid")
          .withArgs(w.resolver.address);
      }
      await waitUntil(maturity);
      expect(await complete(w, stranger, maturity)).to.equal(wad(600n));
    });

    it("Merging into a record that was paid in part: the same sum, whether merged, passed on or apart", async () => {
      const w = await loadFixture(deployWorld);
      const { stakeManager, alice, bob, asset, operator } = w;
      const set = await createJoinedSet(w);
      await allocateActive(w, [[set, WAD]]);
      const maturity = await queue(w, alice, wad(600n));
      await queue(w, bob, wad(400n));
      await at(maturity - 1n);
      const record = await proposeAndRead(w, set, bps(2500n));
      await waitUntil(maturity);
      expect(await complete(w, alice, maturity)).to.equal(wad(450n));
      const manager = stakeManager.connect(alice);
      await expect(manager.transferWithdrawals(alice, asset, [{ operator, maturity, shares: 1n }], bob))
        .to.be.revertedWithCustomError(manager, "WithdrawalPaid")
        .withArgs(operator.address, maturity, wad(450n));
      const all = [{ operator, maturity, shares: wad(400n) }];
      await stakeManager.connect(bob).transferWithdrawals(bob, asset, all, alice);
      // `paid` forgotten, or spread over all: 750 or 0. Here 75 % of what came.
      expect(await complete(w, alice, maturity)).to.equal(wad(300n));
      expect(await complete(w, bob, maturity)).to.equal(0n);
      await act(w, w.slasher.connect(w.judge).veto(record));
      expect(await complete(w, alice, maturity)).to.equal(wad(250n));
      expect(await asset.balanceOf(stakeManager)).to.equal(0n);
    });

    it("Consent that survives its revocation: what was signed before a call that revokes is void", async () => {
      const w = await loadFixture(deployWorld);
      const { stakeManager, alice, stranger } = w;
      const consent = { owner: alice.address, account: stranger.address, approved: true, nonce: 0n, expiry: NEVER };
      const signature = await signConsent(stakeManager, alice, consent);
      await stakeManager.connect(alice).setApproval(stranger, false);
      // A nonce that only signatures use: the stranger is approved after the revocation.
      await expect(stakeManager.setApprovalBySig(alice, stranger, true, NEVER, signature))
        .to.be.revertedWithCustomError(stakeManager, "SignatureInvalid")
        .withArgs(alice.address);
      expect(await stakeManager.isApproved(alice, stranger)).to.equal(false);
    });

    it("Loops that a stranger lengthens: an exit, and a slash, cost the same with twenty more records in the bucket", async () => {
      const w = await loadFixture(deployWorld);
      const { stakeManager, alice, bob, stranger, asset, operator } = w;
      const set = await createJoinedSet(w, { vetoWindow: 0n });
      await allocateActive(w, [[set, WAD]]);
      const gas: bigint[] = [];
      for (const crowd of [0, 20]) {
        const maturity = await queue(w, alice, wad(1n));
        await queue(w, bob, 1_000n);
        const requests = Array.from({ length: crowd }, () => ({ operator, maturity, shares: 1n }));
        for (const request of requests) {
          const { address } = ethers.Wallet.createRandom();
          await stakeManager.connect(bob).transferWithdrawals(bob, asset, [request], address);
          await stakeManager.connect(bob).queueWithdrawals(bob, asset, [{ operator, shares: 1n }], alice);
        }
        const slash = await receiptOf(await propose(w, set, 1_000n));
        await waitUntil(maturity);
        const keys = [{ operator, maturity }];
        const exit = await stakeManager.connect(alice).completeWithdrawals(alice, asset, keys, stranger);
        gas.push(slash.gasUsed, (await receiptOf(exit)).gasUsed);
        await stake(w, stranger, 1n);
      }
      // A list of withdrawals: thousands of units for each. Here less than what first writes to a slot differ by.
      const [slash = 0n, exit = 0n, crowdedSlash = 0n, crowdedExit = 0n] = gas;
      expect(crowdedSlash).to.be.at.most(slash);
      expect(crowdedExit).to.be.at.most(exit);
    });
  });
});
