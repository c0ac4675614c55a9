import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { deployWeth9 } from "../../../scripts/lib/weth9";
import type { PermitSignatureStruct } from "../../../typechain-types/contracts/core/StakeManager";
import { NO_APPROVAL, NO_PERMIT, signPermit } from "../../helpers/signatures";
import { deployStake, expectRefusal, now, type EntryTerms, type Sent, type Stake } from "../../helpers/stake";
import { wad } from "../../helpers/units";
import { itEntersAPool } from "./shared/entry";

/** Deposits as alice, into the fixture's pool unless told otherwise. */
async function depositWithPermit(
  { stake, operator, asset, alice }: Stake,
  assets: bigint,
  permit: PermitSignatureStruct,
  terms: EntryTerms = {},
): Sent {
  return await stake
    .connect(alice)
    .depositWithPermit(
      terms.operator ?? operator,
      terms.asset ?? asset,
      assets,
      terms.receiver ?? alice,
      terms.minFactor ?? 0n,
      terms.approval ?? NO_APPROVAL,
      permit,
    );
}

/** The fixture, but alice has allowed nothing. */
async function deployWithoutAllowance(): Promise<Stake> {
  const context = await deployStake();
  await context.asset.connect(context.alice).approve(context.stake, 0n);
  return context;
}

/** The fixture with a token whose `permit` reverts. */
async function deployPermitRefuser() {
  const context = await deployStake();
  const { stake, operator, alice } = context;
  const token = await ethers.deployContract("HostileToken", ["Hostile", "HOST", 18]);
  await token.mint(alice, 1_000n);
  await token.setPermitReverts(true);
  await stake.connect(operator).openPool(token, ZeroAddress);
  return { context, token };
}

describe("StakeManager", () => {
  describe("depositWithPermit", () => {
    describe("when the permit is good", () => {
      it("deposits by it, and leaves no allowance behind", async () => {
        const context = await loadFixture(deployWithoutAllowance);
        const { stake, operator, asset, alice } = context;
        const call = depositWithPermit(context, 500n, await signPermit(asset, alice, stake, 500n));
        await expect(call).to.emit(asset, "Approval").withArgs(alice, stake, 500n);
        await expect(call).to.emit(stake, "Deposited").withArgs(alice, operator, asset, alice, 500n, 500n, 500n);
        await expect(call).to.changeTokenBalances(asset, [alice, stake], [-500n, 500n]);
        expect(await asset.allowance(alice, stake)).to.equal(0n);
      });

      it("returns the shares", async () => {
        const { stake, operator, asset, alice } = await loadFixture(deployWithoutAllowance);
        const permit = await signPermit(asset, alice, stake, 500n);
        const pools = stake.connect(alice);
        const shares = await pools.depositWithPermit.staticCall(operator, asset, 500n, alice, 0n, NO_APPROVAL, permit);
        expect(shares).to.equal(500n);
      });

      it("deposits undelegated, too, and for another receiver", async () => {
        const context = await loadFixture(deployWithoutAllowance);
        const { stake, asset, alice, bob } = context;
        const permit = await signPermit(asset, alice, stake, 500n);
        const call = depositWithPermit(context, 500n, permit, { operator: ZeroAddress, receiver: bob });
        await expect(call).to.emit(stake, "Deposited").withArgs(bob, ZeroAddress, asset, alice, 500n, 0n, 500n);
        expect(await stake.undelegated(bob, asset)).to.equal(500n);
      });
    });

    describe("when the permit fails", () => {
      it("lets the allowance decide after somebody has used the permit before", async () => {
        const context = await loadFixture(deployWithoutAllowance);
        const { stake, asset, alice, bob } = context;
        const permit = await signPermit(asset, alice, stake, 500n);
        const { deadline, v, r, s } = permit;
        await asset.connect(bob).permit(alice, stake, 500n, deadline, v, r, s);
        const call = depositWithPermit(context, 500n, permit);
        await expect(call).to.changeTokenBalances(asset, [alice, stake], [-500n, 500n]);
      });

      const failures: readonly { what: string; permit: (context: Stake) => Promise<PermitSignatureStruct> }[] = [
        {
          what: "of another signer",
          permit: async ({ asset, stake, bob }) => await signPermit(asset, bob, stake, 500n),
        },
        {
          what: "for another amount",
          permit: async ({ asset, stake, alice }) => await signPermit(asset, alice, stake, 501n),
        },
        {
          what: "for another spender",
          permit: async ({ asset, bob, alice }) => await signPermit(asset, alice, bob, 500n),
        },
        {
          what: "that has expired",
          permit: async ({ asset, stake, alice }) => await signPermit(asset, alice, stake, 500n, (await now()) - 1n),
        },
        { what: "that is none", permit: async () => await Promise.resolve(NO_PERMIT) },
      ];
      for (const { what, permit } of failures) {
        it(`ignores a permit ${what}: the allowance decides`, async () => {
          const context = await loadFixture(deployWithoutAllowance);
          const { stake, asset, alice } = context;
          const signature = await permit(context);
          await expectRefusal(() => depositWithPermit(context, 500n, signature), asset, "ERC20InsufficientAllowance", [
            stake,
            0n,
            500n,
          ]);
          await asset.connect(alice).approve(stake, 500n);
          const call = depositWithPermit(context, 500n, signature);
          await expect(call).to.changeTokenBalances(asset, [alice, stake], [-500n, 500n]);
        });
      }

      it("ignores a permit that reverts: the allowance decides", async () => {
        const { context, token } = await loadFixture(deployPermitRefuser);
        const { stake, alice } = context;
        const permit = await signPermit(token, alice, stake, 500n);
        await expectRefusal(
          () => depositWithPermit(context, 500n, permit, { asset: token }),
          token,
          "ERC20InsufficientAllowance",
          [stake, 0n, 500n],
        );
        await token.connect(alice).approve(stake, 500n);
        const call = depositWithPermit(context, 500n, permit, { asset: token });
        await expect(call).to.changeTokenBalances(token, [alice, stake], [-500n, 500n]);
      });

      it("takes WETH9, which answers a permit with its fallback", async () => {
        const context = await loadFixture(deployStake);
        const { stake, operator, alice } = context;
        const weth = await deployWeth9(alice);
        await weth.deposit({ value: wad(2n) });
        await stake.connect(operator).openPool(weth, ZeroAddress);
        await expect(depositWithPermit(context, wad(2n), NO_PERMIT, { asset: weth })).to.be.reverted;
        await weth.approve(stake, wad(2n));
        await depositWithPermit(context, wad(2n), NO_PERMIT, { asset: weth });
        expect(await stake.sharesOf(operator, weth, alice)).to.equal(wad(2n));
      });
    });

    describe("when something is wrong with the deposit", () => {
      it("refuses an asset without code", async () => {
        const context = await loadFixture(deployStake);
        const { stake, bob } = context;
        const terms = { asset: bob, operator: ZeroAddress };
        await expectRefusal(() => depositWithPermit(context, 1n, NO_PERMIT, terms), stake, "AssetHasNoCode", [bob]);
      });

      it("refuses nothing, and leaves no allowance of it behind", async () => {
        const context = await loadFixture(deployWithoutAllowance);
        const { stake, asset, alice } = context;
        const permit = await signPermit(asset, alice, stake, 0n);
        await expectRefusal(() => depositWithPermit(context, 0n, permit), stake, "ZeroAssets", []);
      });

      it("refuses to give stake to nobody or to the core, and does not use the permit up", async () => {
        const context = await loadFixture(deployWithoutAllowance);
        const { stake, asset, alice } = context;
        const permit = await signPermit(asset, alice, stake, 500n);
        for (const receiver of [ZeroAddress, await stake.getAddress()]) {
          await expectRefusal(() => depositWithPermit(context, 500n, permit, { receiver }), stake, "InvalidReceiver", [
            receiver,
          ]);
        }
        expect(await asset.nonces(alice)).to.equal(0n);
      });

      it("never spends the allowance of another than the caller", async () => {
        const context = await loadFixture(deployWithoutAllowance);
        const { stake, asset, alice, bob } = context;
        await asset.connect(bob).approve(stake, MaxUint256);
        const permit = await signPermit(asset, bob, stake, 500n);
        await expectRefusal(
          () => depositWithPermit(context, 500n, permit, { receiver: alice }),
          asset,
          "ERC20InsufficientAllowance",
          [stake, 0n, 500n],
        );
      });
    });

    describe("when it goes into a pool", () => {
      itEntersAPool({
        prepare: () => Promise.resolve(),
        enter: async (context, assets, terms) => await depositWithPermit(context, assets, NO_PERMIT, terms),
      });
    });
  });
});
