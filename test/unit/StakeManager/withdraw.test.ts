import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { ZeroAddress, type AddressLike } from "ethers";
import { ethers } from "hardhat";
import {
  deployGuardedStake,
  deployStake,
  deployToken,
  depositUndelegated,
  expectRefusal,
  fund,
  openLien,
  type Sent,
  type Stake,
} from "../../helpers/stake";
import { Behaviour } from "../../helpers/tokens";
import { MAX_SHARES, WAD } from "../../helpers/units";
import { deployPools } from "./shared/completion";
import { itNeedsTheOwnersConsent } from "./shared/consent";

/** The fixture; alice has 1000 undelegated, and bob 500. */
async function deployUndelegated(): Promise<Stake> {
  const context = await deployStake();
  await depositUndelegated(context, context.alice, 1_000n);
  await depositUndelegated(context, context.bob, 500n);
  return context;
}

/** The same of a hostile token. */
async function deployHostile() {
  const context = await deployStake();
  const { stake, alice, bob } = context;
  const token = await ethers.deployContract("HostileToken", ["Hostile", "HOST", 18]);
  await fund(token, stake, [alice, bob], 1_000n);
  await depositUndelegated(context, alice, 1_000n, { asset: token });
  await depositUndelegated(context, bob, 500n, { asset: token });
  return { context: { ...context, asset: token } satisfies Stake, token };
}

/** Withdraws what alice has undelegated. */
async function withdraw(
  { stake, asset, alice }: Stake,
  assets: bigint,
  receiver: AddressLike = alice,
  caller: HardhatEthersSigner = alice,
): Sent {
  return await stake.connect(caller).withdraw(alice, asset, assets, receiver);
}

describe("StakeManager", () => {
  describe("withdraw", () => {
    it("pays undelegated assets out at once and says so", async () => {
      const context = await loadFixture(deployUndelegated);
      const { stake, asset, alice, bob, recipient } = context;
      const call = withdraw(context, 300n, recipient);
      await expect(call).to.emit(stake, "Withdrawn").withArgs(alice, asset, recipient, 300n, 700n);
      await expect(call).to.changeTokenBalances(asset, [stake, recipient, alice], [-300n, 300n, 0n]);
      expect(await stake.undelegated(alice, asset)).to.equal(700n);
      expect(await stake.undelegated(bob, asset)).to.equal(500n);
    });

    it("pays all, and not one unit more", async () => {
      const context = await loadFixture(deployUndelegated);
      const { stake, asset, alice } = context;
      for (const assets of [1_001n, 2n ** 256n - 1n]) {
        await expectRefusal(() => withdraw(context, assets), stake, "InsufficientBalance", [assets, 1_000n]);
      }
      await expect(withdraw(context, 1_000n)).to.changeTokenBalances(asset, [stake, alice], [-1_000n, 1_000n]);
      await expectRefusal(() => withdraw(context, 1n), stake, "InsufficientBalance", [1n, 0n]);
    });

    it("pays all that there can be", async () => {
      const context = await loadFixture(deployStake);
      const { stake, asset, alice } = context;
      await asset.mint(alice, MAX_SHARES);
      await depositUndelegated(context, alice, MAX_SHARES);
      await expect(withdraw(context, MAX_SHARES)).to.changeTokenBalances(
        asset,
        [stake, alice],
        [-MAX_SHARES, MAX_SHARES],
      );
    });

    it("refuses nothing", async () => {
      const context = await loadFixture(deployUndelegated);
      await expectRefusal(() => withdraw(context, 0n), context.stake, "ZeroAssets", []);
    });

    it("refuses to pay nobody or the core", async () => {
      const context = await loadFixture(deployUndelegated);
      const { stake } = context;
      for (const receiver of [ZeroAddress, await stake.getAddress()]) {
        await expectRefusal(() => withdraw(context, 1n, receiver), stake, "InvalidReceiver", [receiver]);
      }
    });

    it("does not touch what is delegated, nor another asset", async () => {
      const context = await loadFixture(deployPools);
      const { stake, alice } = context;
      const token = await deployToken(context);
      await depositUndelegated(context, alice, 5n, { asset: token });
      await expectRefusal(() => withdraw(context, 1n), stake, "InsufficientBalance", [1n, 0n]);
      await withdraw({ ...context, asset: token }, 5n);
      expect(await stake.undelegated(alice, token)).to.equal(0n);
    });

    it("is out of reach of every slash", async () => {
      const context = await loadFixture(deployPools);
      const { stake, asset, alice } = context;
      await depositUndelegated(context, alice, 1_000n);
      await openLien(context, WAD);
      await expect(withdraw(context, 1_000n)).to.changeTokenBalances(asset, [stake, alice], [-1_000n, 1_000n]);
    });

    it("is no business of the launch guard", async () => {
      const context = await loadFixture(deployGuardedStake);
      const { stake, launchGuard, asset, alice } = context;
      await launchGuard.setCap(asset, 1_000n);
      await depositUndelegated(context, alice, 1_000n);
      await launchGuard.setEntryPaused(true);
      await launchGuard.setCap(asset, 0n);
      await expect(withdraw(context, 1_000n)).to.changeTokenBalances(asset, [stake, alice], [-1_000n, 1_000n]);
    });

    it("lets an approved account name itself as receiver", async () => {
      const context = await loadFixture(deployUndelegated);
      const { stake, asset, alice, agent } = context;
      await stake.connect(alice).setApproval(agent, true);
      const call = withdraw(context, 10n, agent, agent);
      await expect(call).to.emit(stake, "Withdrawn").withArgs(alice, asset, agent, 10n, 990n);
      await expect(call).to.changeTokenBalances(asset, [stake, agent], [-10n, 10n]);
    });

    describe("when the token is hostile", () => {
      it("lets a receiver that is blocked block its own payment alone", async () => {
        const { context, token } = await loadFixture(deployHostile);
        const { stake, alice, bob, recipient } = context;
        await token.setBlocked(alice, true);
        await expectRefusal(() => withdraw(context, 100n), token, "Blocked", [alice]);
        await expect(withdraw(context, 100n, recipient)).to.changeTokenBalances(
          token,
          [stake, recipient],
          [-100n, 100n],
        );
        await stake.connect(bob).withdraw(bob, token, 500n, bob);
        expect(await stake.undelegated(bob, token)).to.equal(0n);
      });

      it("keeps the balance if the token fails", async () => {
        const { context, token } = await loadFixture(deployHostile);
        const { stake, alice } = context;
        await token.setBehaviour(Behaviour.Reverts, 0n);
        await expectRefusal(() => withdraw(context, 100n), token, "TransferRefused", []);
        await token.setBehaviour(Behaviour.ReturnsFalse, 0n);
        await expectRefusal(() => withdraw(context, 100n), stake, "SafeERC20FailedOperation", [token]);
        expect(await stake.undelegated(alice, token)).to.equal(1_000n);
        await token.setBehaviour(Behaviour.ReturnsNothing, 0n);
        await expect(withdraw(context, 100n)).to.changeTokenBalances(token, [stake, alice], [-100n, 100n]);
      });
    });

    itNeedsTheOwnersConsent({
      prepare: async (context) => {
        await depositUndelegated(context, context.alice, 1_000n);
      },
      act: async (context, caller) => await withdraw(context, 10n, caller, caller),
    });
  });
});
