import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { NEVER, NO_APPROVAL, signEntry } from "../../helpers/signatures";
import {
  deployStake,
  deployToken,
  depositUndelegated,
  expectRefusal,
  gate,
  slashTo,
  type EntryTerms,
  type Sent,
  type Stake,
} from "../../helpers/stake";
import { MAX_SHARES, wad } from "../../helpers/units";
import { itNeedsTheOwnersConsent } from "./shared/consent";
import { itEntersAPool } from "./shared/entry";

/** Delegates what alice has undelegated. */
async function delegate(
  { stake, operator, asset, alice }: Stake,
  assets: bigint,
  terms: EntryTerms & { caller?: HardhatEthersSigner } = {},
): Sent {
  return await stake
    .connect(terms.caller ?? alice)
    .delegate(
      alice,
      terms.operator ?? operator,
      terms.asset ?? asset,
      assets,
      terms.minFactor ?? 0n,
      terms.approval ?? NO_APPROVAL,
    );
}

/** The fixture; alice has 1000 undelegated. */
async function deployUndelegated(): Promise<Stake> {
  const context = await deployStake();
  await depositUndelegated(context, context.alice, 1_000n);
  return context;
}

describe("StakeManager", () => {
  describe("delegate", () => {
    it("turns undelegated assets into shares, moves no token and says so", async () => {
      const context = await loadFixture(deployUndelegated);
      const { stake, operator, asset, alice } = context;
      await slashTo(context, wad("0.3"));
      await delegate(context, 100n);
      const call = delegate(context, 10n);
      // ⌊100 / 0.3⌋ = 333, ⌊10 / 0.3⌋ = 33.
      await expect(call).to.emit(stake, "Delegated").withArgs(alice, operator, asset, 10n, 33n, 366n);
      await expect(call).not.to.emit(asset, "Transfer");
      expect(await stake.undelegated(alice, asset)).to.equal(890n);
      expect(await stake.sharesOf(operator, asset, alice)).to.equal(366n);
    });

    it("returns the shares", async () => {
      const context = await loadFixture(deployUndelegated);
      const { stake, operator, asset, alice } = context;
      await slashTo(context, wad("0.3"));
      const pools = stake.connect(alice);
      expect(await pools.delegate.staticCall(alice, operator, asset, 1_000n, 0n, NO_APPROVAL)).to.equal(3_333n);
    });

    it("takes all, and not one unit more", async () => {
      const context = await loadFixture(deployUndelegated);
      const { stake, asset, alice } = context;
      await expectRefusal(() => delegate(context, 1_001n), stake, "InsufficientBalance", [1_001n, 1_000n]);
      await delegate(context, 1_000n);
      expect(await stake.undelegated(alice, asset)).to.equal(0n);
      await expectRefusal(() => delegate(context, 1n), stake, "InsufficientBalance", [1n, 0n]);
    });

    it("refuses nothing", async () => {
      const context = await loadFixture(deployUndelegated);
      await expectRefusal(() => delegate(context, 0n), context.stake, "ZeroAssets", []);
    });

    it("keeps assets, and stakers, apart", async () => {
      const context = await loadFixture(deployUndelegated);
      const { stake, asset, bob, operator } = context;
      const token = await deployToken(context);
      await stake.connect(operator).openPool(token, ZeroAddress);
      await depositUndelegated(context, bob, 5_000n);
      await expectRefusal(() => delegate(context, 1_001n), stake, "InsufficientBalance", [1_001n, 1_000n]);
      await expectRefusal(() => delegate(context, 1n, { asset: token }), stake, "InsufficientBalance", [1n, 0n]);
      expect(await stake.undelegated(bob, asset)).to.equal(5_000n);
    });

    it("fits at an untouched factor, however much was donated", async () => {
      const context = await loadFixture(deployUndelegated);
      const { stake, asset, operator, alice } = context;
      await asset.mint(stake, MAX_SHARES);
      await delegate(context, 1_000n);
      expect(await stake.sharesOf(operator, asset, alice)).to.equal(1_000n);
    });

    it("asks the approver for the staker as payer and receiver, also if an approved account calls", async () => {
      const context = await loadFixture(deployUndelegated);
      const { stake, operator, asset, alice, agent, approver } = context;
      await stake.connect(alice).setApproval(agent, true);
      await gate(context, approver);
      const entry = { operator: operator.address, asset: await asset.getAddress(), expiry: NEVER };
      const agents = await signEntry(stake, approver, { ...entry, receiver: alice.address, payer: agent.address });
      await expectRefusal(() => delegate(context, 1n, { caller: agent, approval: agents }), stake, "SignatureInvalid", [
        approver,
      ]);
      const approval = await signEntry(stake, approver, { ...entry, receiver: alice.address, payer: alice.address });
      const call = delegate(context, 1n, { caller: agent, approval });
      await expect(call).to.emit(stake, "Delegated").withArgs(alice, operator, asset, 1n, 1n, 1n);
    });

    itNeedsTheOwnersConsent({
      prepare: async (context) => {
        await depositUndelegated(context, context.alice, 1_000n);
      },
      act: async (context, caller) => await delegate(context, 1_000n, { caller }),
    });

    itEntersAPool({
      prepare: async (context, assets, times = 1) => {
        await depositUndelegated(context, context.alice, assets * BigInt(times));
      },
      enter: delegate,
    });
  });
});
