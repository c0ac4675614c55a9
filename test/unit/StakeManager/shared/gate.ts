import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { resolveAddress, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import type { ApprovalStruct } from "../../../../typechain-types/contracts/core/StakeManager";
import { NEVER, NO_APPROVAL, signEntry, type Entry } from "../../../helpers/signatures";
import { at, deployStake, expectRefusal, gate, now, passTo, type Sent, type Stake } from "../../../helpers/stake";

/** A verb that needs the signature of a pool's approver. */
export interface GatedVerb {
  /** Brings alice to where the verb can be called twice. */
  prepare: (context: Stake) => Promise<void>;
  /** Calls the verb as alice, for alice, on the fixture's pool. */
  act: (context: Stake, approval: ApprovalStruct) => Sent;
}

/** The entry of alice into the fixture's pool. */
async function entryOf({ operator, asset, alice }: Stake, expiry: bigint): Promise<Entry> {
  return {
    operator: operator.address,
    asset: await resolveAddress(asset),
    receiver: alice.address,
    payer: alice.address,
    expiry,
  };
}

/** Specifies that a verb needs the approver's signature of exactly this entry, if the pool has an approver. */
export function itNeedsTheApproversSignature({ prepare, act }: GatedVerb): void {
  async function gatedStake(): Promise<Stake> {
    const context = await loadFixture(deployStake);
    await prepare(context);
    await gate(context, context.approver);
    return context;
  }

  describe("when the pool has an approver", () => {
    it("takes its signature, as often as it is shown", async () => {
      const context = await gatedStake();
      const approval = await signEntry(context.stake, context.approver, await entryOf(context, NEVER));
      await expect(act(context, approval)).not.to.be.reverted;
      await expect(act(context, approval)).not.to.be.reverted;
    });

    const wrong: readonly {
      what: string;
      change: (context: Stake, entry: Entry) => Partial<Entry> | Promise<Partial<Entry>>;
    }[] = [
      { what: "another operator", change: ({ otherOperator }) => ({ operator: otherOperator.address }) },
      { what: "another asset", change: ({ bob }) => ({ asset: bob.address }) },
      { what: "another receiver", change: ({ bob }) => ({ receiver: bob.address }) },
      { what: "another payer", change: ({ bob }) => ({ payer: bob.address }) },
      { what: "another expiry", change: (_, { expiry }) => ({ expiry: expiry - 1n }) },
    ];
    for (const { what, change } of wrong) {
      it(`refuses a signature for ${what}`, async () => {
        const context = await gatedStake();
        const { stake, approver } = context;
        const entry = await entryOf(context, NEVER);
        const { signature } = await signEntry(stake, approver, { ...entry, ...(await change(context, entry)) });
        await expectRefusal(() => act(context, { expiry: NEVER, signature }), stake, "SignatureInvalid", [approver]);
      });
    }

    const domains = [
      { what: "another chain", domain: { chainId: 1n } },
      { what: "another contract", domain: { verifyingContract: ZeroAddress } },
      { what: "another version", domain: { version: "2" } },
    ];
    for (const { what, domain } of domains) {
      it(`refuses a signature for ${what}`, async () => {
        const context = await gatedStake();
        const { stake, approver } = context;
        const approval = await signEntry(stake, approver, await entryOf(context, NEVER), domain);
        await expectRefusal(() => act(context, approval), stake, "SignatureInvalid", [approver]);
      });
    }

    for (const signer of ["alice", "operator"] as const) {
      it(`refuses a signature of ${signer === "alice" ? "who enters" : "the operator"}`, async () => {
        const context = await gatedStake();
        const { stake, approver, [signer]: wrongSigner } = context;
        const approval = await signEntry(stake, wrongSigner, await entryOf(context, NEVER));
        await expectRefusal(() => act(context, approval), stake, "SignatureInvalid", [approver]);
      });
    }

    it("refuses what is no signature", async () => {
      const context = await gatedStake();
      const { stake, approver } = context;
      for (const signature of ["0x", "0x1234", `0x${"00".repeat(65)}`]) {
        await expectRefusal(() => act(context, { expiry: NEVER, signature }), stake, "SignatureInvalid", [approver]);
      }
    });

    it("takes the signature in the second of its expiry, and not in the next one", async () => {
      const context = await gatedStake();
      const { stake, approver } = context;
      const expiry = (await now()) + 100n;
      const approval = await signEntry(stake, approver, await entryOf(context, expiry));
      await at(expiry - 1n);
      await expect(act(context, approval)).not.to.be.reverted;
      await at(expiry);
      await expect(act(context, approval)).not.to.be.reverted;
      await at(expiry + 1n);
      await expectRefusal(() => act(context, approval), stake, "SignatureExpired", [expiry]);
    });

    it("says that an approval of no expiry has expired", async () => {
      const context = await gatedStake();
      await expectRefusal(() => act(context, NO_APPROVAL), context.stake, "SignatureExpired", [0n]);
    });

    it("ends the signatures of the former approver with another one", async () => {
      const context = await gatedStake();
      const { stake, approver, bob } = context;
      const former = await signEntry(stake, approver, await entryOf(context, NEVER));
      await gate(context, bob);
      await expectRefusal(() => act(context, former), stake, "SignatureInvalid", [bob]);
      const present = await signEntry(stake, bob, await entryOf(context, NEVER));
      await expect(act(context, present)).not.to.be.reverted;
    });

    it("asks nobody once there is no approver any more", async () => {
      const context = await gatedStake();
      await gate(context, ZeroAddress);
      await expect(act(context, NO_APPROVAL)).not.to.be.reverted;
    });

    it("asks a contract by ERC-1271 each time", async () => {
      const context = await gatedStake();
      const { stake, approver } = context;
      const wallet = await ethers.deployContract("MockERC1271Wallet", [approver]);
      await gate(context, wallet);
      const approval = await signEntry(stake, approver, await entryOf(context, NEVER));
      await expect(act(context, approval)).not.to.be.reverted;
      await wallet.setRefusing(true);
      await expectRefusal(() => act(context, approval), stake, "SignatureInvalid", [wallet]);
    });

    it("refuses a contract that does not answer ERC-1271", async () => {
      const context = await gatedStake();
      const { stake, approver, asset } = context;
      await gate(context, asset);
      const approval = await signEntry(stake, approver, await entryOf(context, NEVER));
      await expectRefusal(() => act(context, approval), stake, "SignatureInvalid", [asset]);
    });
  });

  describe("when the pool has no approver", () => {
    it("looks at no signature", async () => {
      const context = await loadFixture(deployStake);
      await prepare(context);
      await passTo((await now()) + 10n);
      await expect(act(context, { expiry: 1n, signature: "0x1234" })).not.to.be.reverted;
    });
  });
}
