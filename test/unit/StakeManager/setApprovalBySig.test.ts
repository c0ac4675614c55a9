import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { Signature, TypedDataEncoder, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { type Consent, NEVER, signConsent, stakeDomain } from "../../helpers/signatures";
import { at, deployStake, expectRefusal, now, type Sent, type Stake } from "../../helpers/stake";

/** That the agent may act for alice. */
function consentOf({ alice, agent }: Stake, changes: Partial<Consent> = {}): Consent {
  return { owner: alice.address, account: agent.address, approved: true, nonce: 0n, expiry: NEVER, ...changes };
}

/** Shows a signature to the StakeManager; anybody may. */
async function show({ stake, bob }: Stake, consent: Consent, signature: string): Sent {
  const { owner, account, approved, expiry } = consent;
  return await stake.connect(bob).setApprovalBySig(owner, account, approved, expiry, signature);
}

describe("StakeManager", () => {
  describe("setApprovalBySig", () => {
    it("approves, uses the nonce up and says so, whoever calls", async () => {
      const context = await loadFixture(deployStake);
      const { stake, alice, agent } = context;
      const consent = consentOf(context);
      await expect(show(context, consent, await signConsent(stake, alice, consent)))
        .to.emit(stake, "ApprovalSet")
        .withArgs(alice, agent, true);
      expect(await stake.isApproved(alice, agent)).to.equal(true);
      expect(await stake.nonces(alice)).to.equal(1n);
      expect(await stake.nonces(context.bob)).to.equal(0n);
    });

    it("ends an approval with the next nonce", async () => {
      const context = await loadFixture(deployStake);
      const { stake, alice, agent } = context;
      for (const [nonce, approved] of [
        [0n, true],
        [1n, false],
        [2n, true],
      ] as const) {
        const consent = consentOf(context, { nonce, approved });
        await show(context, consent, await signConsent(stake, alice, consent));
        expect(await stake.isApproved(alice, agent)).to.equal(approved);
      }
    });

    it("has the domain that wallets show", async () => {
      const { stake } = await loadFixture(deployStake);
      expect(await stake.DOMAIN_SEPARATOR()).to.equal(TypedDataEncoder.hashDomain(await stakeDomain(stake)));
      const { name, version, chainId, verifyingContract } = await stake.eip712Domain();
      expect({ name, version, chainId, verifyingContract }).to.deep.equal(await stakeDomain(stake));
    });

    describe("when the signature is not of this", () => {
      it("refuses to take it twice", async () => {
        const context = await loadFixture(deployStake);
        const { stake, alice, agent } = context;
        const consent = consentOf(context);
        const signature = await signConsent(stake, alice, consent);
        await show(context, consent, signature);
        // Ending the approval by a call does not bring the signature back.
        await stake.connect(alice).setApproval(agent, false);
        await expectRefusal(() => show(context, consent, signature), stake, "SignatureInvalid", [alice]);
        expect(await stake.nonces(alice)).to.equal(2n);
      });

      const wrong: readonly { what: string; change: (context: Stake) => Partial<Consent> }[] = [
        { what: "a later nonce", change: () => ({ nonce: 1n }) },
        { what: "another account", change: ({ bob }) => ({ account: bob.address }) },
        { what: "another owner", change: ({ bob }) => ({ owner: bob.address }) },
        { what: "the contrary", change: () => ({ approved: false }) },
        { what: "another expiry", change: () => ({ expiry: NEVER - 1n }) },
      ];
      for (const { what, change } of wrong) {
        it(`refuses a signature of ${what}`, async () => {
          const context = await loadFixture(deployStake);
          const { stake, alice } = context;
          const signature = await signConsent(stake, alice, consentOf(context, change(context)));
          await expectRefusal(() => show(context, consentOf(context), signature), stake, "SignatureInvalid", [alice]);
          expect(await stake.nonces(alice)).to.equal(0n);
        });
      }

      const domains = [
        { what: "another chain", domain: { chainId: 1n } },
        { what: "another contract", domain: { verifyingContract: ZeroAddress } },
        { what: "another name", domain: { name: "Bulkhead" } },
        { what: "another version", domain: { version: "2" } },
      ];
      for (const { what, domain } of domains) {
        it(`refuses a signature for ${what}`, async () => {
          const context = await loadFixture(deployStake);
          const { stake, alice } = context;
          const consent = consentOf(context);
          const signature = await signConsent(stake, alice, consent, domain);
          await expectRefusal(() => show(context, consent, signature), stake, "SignatureInvalid", [alice]);
        });
      }

      it("refuses the signature of another, approved accounts included", async () => {
        const context = await loadFixture(deployStake);
        const { stake, alice, bob, agent } = context;
        await stake.connect(alice).setApproval(bob, true);
        const consent = consentOf(context);
        for (const signer of [bob, agent]) {
          const signature = await signConsent(stake, signer, consent);
          await expectRefusal(() => show(context, consent, signature), stake, "SignatureInvalid", [alice]);
        }
      });

      it("refuses what is no signature, also of nobody", async () => {
        const context = await loadFixture(deployStake);
        const { stake, alice } = context;
        for (const owner of [alice.address, ZeroAddress]) {
          for (const signature of ["0x", "0x1234", `0x${"00".repeat(65)}`, `0x${"ff".repeat(65)}`]) {
            const call = () => show(context, consentOf(context, { owner }), signature);
            await expectRefusal(call, stake, "SignatureInvalid", [owner]);
          }
        }
      });

      it("refuses the twin of a signature, with s in the upper half", async () => {
        const context = await loadFixture(deployStake);
        const { stake, alice } = context;
        const consent = consentOf(context);
        const { r, s, v } = Signature.from(await signConsent(stake, alice, consent));
        const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
        const twin = ethers.concat([r, ethers.toBeHex(order - BigInt(s), 32), v === 27 ? "0x1c" : "0x1b"]);
        await expectRefusal(() => show(context, consent, twin), stake, "SignatureInvalid", [alice]);
      });
    });

    describe("when it expires", () => {
      it("is good in the second of its expiry, and not in the next one", async () => {
        const context = await loadFixture(deployStake);
        const { stake, alice } = context;
        const expiry = (await now()) + 100n;
        for (const [nonce, second] of [
          [0n, expiry - 1n],
          [1n, expiry],
        ] as const) {
          const consent = consentOf(context, { nonce, expiry });
          const signature = await signConsent(stake, alice, consent);
          await at(second);
          await expect(show(context, consent, signature)).not.to.be.reverted;
        }
        const late = consentOf(context, { nonce: 2n, expiry });
        const signature = await signConsent(stake, alice, late);
        await at(expiry + 1n);
        await expectRefusal(() => show(context, late, signature), stake, "SignatureExpired", [expiry]);
        expect(await stake.nonces(alice)).to.equal(2n);
      });
    });

    describe("when the owner is a contract", () => {
      it("asks it by ERC-1271 each time", async () => {
        const context = await loadFixture(deployStake);
        const { stake, alice, agent } = context;
        const wallet = await ethers.deployContract("MockERC1271Wallet", [alice]);
        const owner = await wallet.getAddress();
        const first = consentOf(context, { owner });
        await expect(show(context, first, await signConsent(stake, alice, first)))
          .to.emit(stake, "ApprovalSet")
          .withArgs(owner, agent, true);
        const second = consentOf(context, { owner, nonce: 1n });
        const signature = await signConsent(stake, alice, second);
        await wallet.setRefusing(true);
        await expectRefusal(() => show(context, second, signature), stake, "SignatureInvalid", [owner]);
        await wallet.setRefusing(false);
        await expect(show(context, second, signature)).not.to.be.reverted;
      });
    });

    describe("when the chain splits", () => {
      /** The same contract at the same address, as if it had been deployed before the split, on chain 1. */
      async function split({ stake }: Stake): Promise<void> {
        const word = (value: bigint) => ethers.toBeHex(value, 32).slice(2);
        const { chainId } = await ethers.provider.getNetwork();
        const code = await ethers.provider.getCode(stake);
        const former = TypedDataEncoder.hashDomain({ ...(await stakeDomain(stake)), chainId: 1n });
        const present = await stake.DOMAIN_SEPARATOR();
        expect(code).to.include(word(chainId)).and.to.include(present.slice(2));
        const changed = code.replaceAll(word(chainId), word(1n)).replaceAll(present.slice(2), former.slice(2));
        await ethers.provider.send("hardhat_setCode", [await stake.getAddress(), changed]);
      }

      it("takes signatures for the chain that it is on, and none for the one that it was on", async () => {
        const context = await loadFixture(deployStake);
        const { stake, alice, agent } = context;
        await split(context);
        expect(await stake.DOMAIN_SEPARATOR()).to.equal(TypedDataEncoder.hashDomain(await stakeDomain(stake)));
        const consent = consentOf(context);
        const former = await signConsent(stake, alice, consent, { chainId: 1n });
        await expectRefusal(() => show(context, consent, former), stake, "SignatureInvalid", [alice]);
        await show(context, consent, await signConsent(stake, alice, consent));
        expect(await stake.isApproved(alice, agent)).to.equal(true);
      });
    });
  });
});
