import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { parseUnits, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { deployWeth9 } from "../../../scripts/lib/weth9";
import { NEVER, NO_APPROVAL, signEntry } from "../../helpers/signatures";
import {
  at,
  deployGuardedStake,
  deployStake,
  deployToken,
  deposit,
  depositUndelegated,
  expectRefusal,
  fund,
  gate,
  passTo,
  slashTo,
  type GuardedStake,
  type Stake,
} from "../../helpers/stake";
import { Behaviour } from "../../helpers/tokens";
import { MAX_SHARES, wad } from "../../helpers/units";
import { itEntersAPool } from "./shared/entry";

/** Where a deposit can go. */
const WAYS = [
  { where: "into a pool", operatorOf: ({ operator }: Stake) => operator.address },
  { where: "undelegated", operatorOf: () => ZeroAddress },
];

/** The fixture, and a hostile token whose pool is open. */
async function deployHostile() {
  const context = await deployStake();
  const { stake, operator, alice, bob } = context;
  const token = await ethers.deployContract("HostileToken", ["Hostile", "HOST", 18]);
  await fund(token, stake, [alice, bob], wad(1_000n));
  await stake.connect(operator).openPool(token, ZeroAddress);
  return { context: { ...context, asset: token } satisfies Stake, token };
}

describe("StakeManager", () => {
  describe("deposit", () => {
    describe("when it goes into a pool", () => {
      it("moves the assets, mints shares and says so", async () => {
        const context = await loadFixture(deployStake);
        const { stake, operator, asset, alice } = context;
        await slashTo(context, wad("0.3"));
        await deposit(context, alice, 1_000n);
        const call = deposit(context, alice, 10n);
        // ⌊1000 / 0.3⌋ = 3333, ⌊10 / 0.3⌋ = 33.
        await expect(call).to.emit(stake, "Deposited").withArgs(alice, operator, asset, alice, 10n, 33n, 3_366n);
        await expect(call).to.changeTokenBalances(asset, [alice, stake], [-10n, 10n]);
        expect(await stake.sharesOf(operator, asset, alice)).to.equal(3_366n);
        expect(await stake.undelegated(alice, asset)).to.equal(0n);
      });

      it("returns the shares", async () => {
        const context = await loadFixture(deployStake);
        const { stake, operator, asset, alice } = context;
        await slashTo(context, wad("0.3"));
        const shares = await stake
          .connect(alice)
          .deposit.staticCall(operator, asset, 1_000n, alice, wad("0.3"), NO_APPROVAL);
        expect(shares).to.equal(3_333n);
      });

      it("gives the shares to the receiver, and takes the assets from the caller", async () => {
        const context = await loadFixture(deployStake);
        const { stake, operator, asset, alice, bob } = context;
        const call = deposit(context, alice, 500n, { receiver: bob });
        await expect(call).to.emit(stake, "Deposited").withArgs(bob, operator, asset, alice, 500n, 500n, 500n);
        await expect(call).to.changeTokenBalances(asset, [alice, bob, stake], [-500n, 0n, 500n]);
        expect(await stake.sharesOf(operator, asset, bob)).to.equal(500n);
        expect(await stake.sharesOf(operator, asset, alice)).to.equal(0n);
      });

      it("keeps the pools of one operator, and of one asset, apart", async () => {
        const context = await loadFixture(deployStake);
        const { stake, operator, otherOperator, alice, asset } = context;
        const token = await deployToken(context);
        await stake.connect(operator).openPool(token, ZeroAddress);
        await deposit(context, alice, 1n);
        await deposit(context, alice, 10n, { asset: token });
        await deposit(context, alice, 100n, { operator: otherOperator });
        const pools = await Promise.all([
          stake.sharesOf(operator, asset, alice),
          stake.sharesOf(operator, token, alice),
          stake.sharesOf(otherOperator, asset, alice),
          stake.sharesOf(otherOperator, token, alice),
        ]);
        expect(pools).to.deep.equal([1n, 10n, 100n, 0n]);
      });

      it("asks the approver for payer and receiver as they are", async () => {
        const context = await loadFixture(deployStake);
        const { stake, operator, asset, alice, bob, approver } = context;
        await gate(context, approver);
        const entry = { operator: operator.address, asset: await asset.getAddress(), expiry: NEVER };
        const approval = await signEntry(stake, approver, { ...entry, receiver: bob.address, payer: alice.address });
        await expect(deposit(context, alice, 1n, { receiver: bob, approval })).not.to.be.reverted;
        for (const [payer, receiver] of [
          [bob, bob],
          [alice, alice],
          [bob, alice],
        ] as const) {
          await expectRefusal(() => deposit(context, payer, 1n, { receiver, approval }), stake, "SignatureInvalid", [
            approver,
          ]);
        }
      });

      itEntersAPool({
        // Alice has her assets.
        prepare: () => Promise.resolve(),
        enter: async (context, assets, terms) => await deposit(context, context.alice, assets, terms),
      });
    });

    describe("when it stays undelegated", () => {
      it("moves the assets, mints no share and says so", async () => {
        const context = await loadFixture(deployStake);
        const { stake, asset, alice, bob } = context;
        await depositUndelegated(context, bob, 5n);
        const call = depositUndelegated(context, alice, 10n, { receiver: bob });
        await expect(call).to.emit(stake, "Deposited").withArgs(bob, ZeroAddress, asset, alice, 10n, 0n, 15n);
        await expect(call).to.changeTokenBalances(asset, [alice, bob, stake], [-10n, 0n, 10n]);
        expect(await stake.undelegated(bob, asset)).to.equal(15n);
        expect(await stake.undelegated(alice, asset)).to.equal(0n);
      });

      it("returns no shares", async () => {
        const { stake, asset, alice } = await loadFixture(deployStake);
        const deposits = stake.connect(alice);
        expect(await deposits.deposit.staticCall(ZeroAddress, asset, 10n, alice, 0n, NO_APPROVAL)).to.equal(0n);
      });

      it("looks at neither factor nor signature, which are a pool's", async () => {
        const context = await loadFixture(deployStake);
        const terms = { minFactor: 2n ** 64n - 1n, approval: { expiry: 0n, signature: "0x12" } };
        await expect(depositUndelegated(context, context.alice, 10n, terms)).not.to.be.reverted;
      });

      it("takes an asset of which nobody has a pool", async () => {
        const context = await loadFixture(deployStake);
        const { stake, alice } = context;
        const token = await deployToken(context);
        await depositUndelegated(context, alice, 10n, { asset: token });
        expect(await stake.undelegated(alice, token)).to.equal(10n);
      });
    });

    for (const { where, operatorOf } of WAYS) {
      describe(`when something is wrong with a deposit ${where}`, () => {
        it("refuses to give stake to nobody or to the core", async () => {
          const context = await loadFixture(deployStake);
          const { stake, alice } = context;
          const operator = operatorOf(context);
          for (const receiver of [ZeroAddress, await stake.getAddress()]) {
            await expectRefusal(() => deposit(context, alice, 1n, { operator, receiver }), stake, "InvalidReceiver", [
              receiver,
            ]);
          }
        });

        it("refuses nothing", async () => {
          const context = await loadFixture(deployStake);
          const operator = operatorOf(context);
          await expectRefusal(() => deposit(context, context.alice, 0n, { operator }), context.stake, "ZeroAssets", []);
        });

        it("refuses an asset without code", async () => {
          const context = await loadFixture(deployStake);
          const { stake, alice, bob } = context;
          const terms = { operator: operatorOf(context), asset: bob };
          await expectRefusal(() => deposit(context, alice, 1n, terms), stake, "AssetHasNoCode", [bob]);
        });

        it("refuses what the payer does not have, or has not allowed", async () => {
          const context = await loadFixture(deployStake);
          const { stake, asset, alice } = context;
          const operator = operatorOf(context);
          const balance = await asset.balanceOf(alice);
          await expectRefusal(
            () => deposit(context, alice, balance + 1n, { operator }),
            asset,
            "ERC20InsufficientBalance",
            [alice, balance, balance + 1n],
          );
          await asset.connect(alice).approve(stake, 9n);
          await expectRefusal(() => deposit(context, alice, 10n, { operator }), asset, "ERC20InsufficientAllowance", [
            stake,
            9n,
            10n,
          ]);
        });

        it("takes holdings that just fit, and not one unit more", async () => {
          const context = await loadFixture(deployStake);
          const { stake, asset, alice } = context;
          const operator = operatorOf(context);
          await asset.mint(alice, MAX_SHARES);
          const refused = { contract: stake, error: "HoldingsTooLarge" } as const;
          await expectRefusal(
            () => deposit(context, alice, MAX_SHARES + 1n, { operator }),
            refused.contract,
            refused.error,
            [asset, 0n, MAX_SHARES],
          );
          await deposit(context, alice, MAX_SHARES - 1n, { operator });
          await expectRefusal(() => deposit(context, alice, 2n, { operator }), refused.contract, refused.error, [
            asset,
            MAX_SHARES - 1n,
            MAX_SHARES,
          ]);
          await deposit(context, alice, 1n, { operator });
          await expectRefusal(() => deposit(context, alice, 1n, { operator }), refused.contract, refused.error, [
            asset,
            MAX_SHARES,
            MAX_SHARES,
          ]);
          expect(await asset.balanceOf(stake)).to.equal(MAX_SHARES);
        });

        it("refuses an amount that would overflow everything", async () => {
          const context = await loadFixture(deployStake);
          const { stake, asset, alice } = context;
          const operator = operatorOf(context);
          await deposit(context, alice, 1n, { operator });
          await expectRefusal(() => deposit(context, alice, 2n ** 256n - 1n, { operator }), stake, "HoldingsTooLarge", [
            asset,
            1n,
            MAX_SHARES,
          ]);
        });

        it("refuses a donation that does not fit", async () => {
          const context = await loadFixture(deployStake);
          const { stake, asset, alice } = context;
          await asset.mint(stake, MAX_SHARES + 1n);
          await expectRefusal(
            () => deposit(context, alice, 1n, { operator: operatorOf(context) }),
            stake,
            "HoldingsTooLarge",
            [asset, MAX_SHARES + 1n, MAX_SHARES],
          );
        });
      });

      describe(`when the token is hostile to a deposit ${where}`, () => {
        // Of 10000 that are sent to a contract that holds 10000.
        const inexact = [
          { behaviour: Behaviour.FeeOnTransfer, parameter: 1n, holdings: 19_999n },
          { behaviour: Behaviour.FeeOnTransfer, parameter: 10_000n, holdings: 10_000n },
          // Twice what is sent is burned: less is there than before.
          { behaviour: Behaviour.FeeOnTransfer, parameter: 20_000n, holdings: 0n },
          { behaviour: Behaviour.MovesNothing, parameter: 0n, holdings: 10_000n },
          { behaviour: Behaviour.DeliversMore, parameter: 1n, holdings: 20_001n },
        ];
        for (const { behaviour, parameter, holdings } of inexact) {
          it(`refuses ${Behaviour[behaviour]} by which 10000 become ${holdings} instead of 20000`, async () => {
            const { context, token } = await loadFixture(deployHostile);
            const operator = operatorOf(context);
            await deposit(context, context.bob, 10_000n, { operator });
            await token.setBehaviour(behaviour, parameter);
            await expectRefusal(
              () => deposit(context, context.alice, 10_000n, { operator }),
              context.stake,
              "InexactTransfer",
              [token, 20_000n, holdings],
            );
          });
        }

        it("refuses a token that answers false", async () => {
          const { context, token } = await loadFixture(deployHostile);
          await token.setBehaviour(Behaviour.ReturnsFalse, 0n);
          await expectRefusal(
            () => deposit(context, context.alice, 10_000n, { operator: operatorOf(context) }),
            context.stake,
            "SafeERC20FailedOperation",
            [token],
          );
        });

        it("passes on why the token refuses", async () => {
          const { context, token } = await loadFixture(deployHostile);
          const operator = operatorOf(context);
          await token.setBehaviour(Behaviour.Reverts, 0n);
          await expectRefusal(() => deposit(context, context.alice, 1n, { operator }), token, "TransferRefused", []);
          await token.setBehaviour(Behaviour.Honest, 0n);
          await token.setBlocked(context.stake, true);
          await expectRefusal(() => deposit(context, context.alice, 1n, { operator }), token, "Blocked", [
            context.stake,
          ]);
        });

        for (const { behaviour, parameter } of [
          { behaviour: Behaviour.ReturnsNothing, parameter: 0n },
          { behaviour: Behaviour.ReturnBomb, parameter: 100_000n },
        ]) {
          it(`takes ${Behaviour[behaviour]}, which delivers`, async () => {
            const { context, token } = await loadFixture(deployHostile);
            await token.setBehaviour(behaviour, parameter);
            const call = deposit(context, context.alice, 10_000n, { operator: operatorOf(context) });
            await expect(call).to.changeTokenBalances(token, [context.alice, context.stake], [-10_000n, 10_000n]);
          });
        }
      });
    }

    describe("when the asset has other units", () => {
      for (const decimals of [0n, 6n, 18n, 24n]) {
        it(`counts units of ${decimals} decimals, and nothing else`, async () => {
          const context = await loadFixture(deployStake);
          const { stake, operator, alice } = context;
          const token = await deployToken(context, decimals);
          await stake.connect(operator).openPool(token, ZeroAddress);
          const whole = parseUnits("1000", decimals);
          await deposit(context, alice, whole, { asset: token });
          await deposit(context, alice, 1n, { asset: token });
          expect(await stake.sharesOf(operator, token, alice)).to.equal(whole + 1n);
          expect(await token.balanceOf(stake)).to.equal(whole + 1n);
        });
      }

      it("takes WETH9 as it is on Ethereum", async () => {
        const context = await loadFixture(deployStake);
        const { stake, operator, alice } = context;
        const weth = await deployWeth9(alice);
        await weth.deposit({ value: wad(2n) });
        await weth.approve(stake, wad(2n));
        await stake.connect(operator).openPool(weth, ZeroAddress);
        await deposit(context, alice, wad(2n), { asset: weth });
        expect(await stake.sharesOf(operator, weth, alice)).to.equal(wad(2n));
        expect(await weth.balanceOf(stake)).to.equal(wad(2n));
      });
    });

    describe("when the launch is guarded", () => {
      const cap = 10_000n;

      async function deployCapped(): Promise<GuardedStake> {
        const context = await deployGuardedStake();
        await context.launchGuard.setCap(context.asset, cap);
        return context;
      }

      for (const { where, operatorOf } of WAYS) {
        describe(`and the deposit goes ${where}`, () => {
          it("refuses an asset that has no cap yet", async () => {
            const context = await loadFixture(deployGuardedStake);
            const { launchGuard, asset, alice } = context;
            const terms = { operator: operatorOf(context) };
            await expectRefusal(() => deposit(context, alice, 1n, terms), launchGuard, "CapExceeded", [asset, 1n, 0n]);
          });

          it("takes what fills the cap, and not one unit more", async () => {
            const context = await loadFixture(deployCapped);
            const { launchGuard, asset, alice } = context;
            const terms = { operator: operatorOf(context) };
            const above = [asset, cap + 1n, cap];
            await expectRefusal(() => deposit(context, alice, cap + 1n, terms), launchGuard, "CapExceeded", above);
            await deposit(context, alice, cap, terms);
            await expectRefusal(() => deposit(context, alice, 1n, terms), launchGuard, "CapExceeded", above);
          });

          it("refuses while entry is paused", async () => {
            const context = await loadFixture(deployCapped);
            const { launchGuard, alice } = context;
            await launchGuard.setEntryPaused(true);
            const terms = { operator: operatorOf(context) };
            await expectRefusal(() => deposit(context, alice, 1n, terms), launchGuard, "EntryPaused", []);
          });

          it("knows no cap from the second on that the guard ends in", async () => {
            const context = await loadFixture(deployCapped);
            const { launchGuard, guardedUntil, asset, alice } = context;
            const terms = { operator: operatorOf(context) };
            const above = [asset, cap + 1n, cap];
            await at(guardedUntil - 1n);
            await expectRefusal(() => deposit(context, alice, cap + 1n, terms), launchGuard, "CapExceeded", above);
            await at(guardedUntil);
            await expect(deposit(context, alice, cap + 1n, terms)).not.to.be.reverted;
            await passTo(guardedUntil + 1n);
            await expect(deposit(context, alice, cap + 1n, terms)).not.to.be.reverted;
          });
        });
      }

      it("counts what was donated towards the cap", async () => {
        const context = await loadFixture(deployCapped);
        const { stake, launchGuard, asset, alice } = context;
        await asset.mint(stake, 1n);
        await expectRefusal(() => deposit(context, alice, cap), launchGuard, "CapExceeded", [asset, cap + 1n, cap]);
      });
    });
  });
});
