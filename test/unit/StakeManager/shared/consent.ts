import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { deployStake, expectRefusal, type Sent, type Stake } from "../../../helpers/stake";

/** A verb that moves what alice owns. */
export interface OwnerVerb {
  /** Brings alice to where the verb can be called. */
  prepare: (context: Stake) => Promise<void>;
  /** Calls the verb for alice. */
  act: (context: Stake, caller: HardhatEthersSigner) => Sent;
}

/** Specifies that only the owner, or an account that it has approved, calls a verb. */
export function itNeedsTheOwnersConsent({ prepare, act }: OwnerVerb): void {
  describe("when somebody else calls", () => {
    for (const role of ["agent", "operator", "slasher"] as const) {
      it(`refuses the ${role === "agent" ? "stranger" : role}`, async () => {
        const context = await loadFixture(deployStake);
        await prepare(context);
        const { stake, alice, [role]: caller } = context;
        await expectRefusal(() => act(context, caller), stake, "NotApproved", [caller, alice]);
      });
    }

    it("lets an account act that the owner has approved", async () => {
      const context = await loadFixture(deployStake);
      await prepare(context);
      await context.stake.connect(context.alice).setApproval(context.agent, true);
      await expect(act(context, context.agent)).not.to.be.reverted;
    });

    it("refuses an account whose approval has ended", async () => {
      const context = await loadFixture(deployStake);
      const { stake, alice, agent } = context;
      await prepare(context);
      await stake.connect(alice).setApproval(agent, true);
      await stake.connect(alice).setApproval(agent, false);
      await expectRefusal(() => act(context, agent), stake, "NotApproved", [agent, alice]);
    });

    it("refuses an account that has approved the owner, which is not the same", async () => {
      const context = await loadFixture(deployStake);
      const { stake, alice, agent } = context;
      await prepare(context);
      await stake.connect(agent).setApproval(alice, true);
      await expectRefusal(() => act(context, agent), stake, "NotApproved", [agent, alice]);
    });
  });
}
