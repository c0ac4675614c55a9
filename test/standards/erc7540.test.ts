import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { closeEpoch, giveTo, type Lrt, proposeSlash, settleEpoch } from "../helpers/lrt";
import { at, expectRefusal } from "../helpers/stake";
import { wad } from "../helpers/units";
import { expectInterface, WORLDS } from "./states";

/** Where the shares of a request are. */
async function stagesOf({ token }: Lrt, id: bigint, controller: string): Promise<[pending: bigint, claimable: bigint]> {
  return [await token.pendingRedeemRequest(id, controller), await token.claimableRedeemRequest(id, controller)];
}

describe("ERC-7540", () => {
  it("has every function and event of asynchronous redemption", () => {
    expectInterface(
      "function requestRedeem(uint256,address,address) returns (uint256)",
      "function pendingRedeemRequest(uint256,address) view returns (uint256)",
      "function claimableRedeemRequest(uint256,address) view returns (uint256)",
      "function isOperator(address,address) view returns (bool)",
      "function setOperator(address,bool) returns (bool)",
      "event RedeemRequest(address indexed,address indexed,uint256 indexed,address,uint256)",
      "event OperatorSet(address indexed,address indexed,bool)",
    );
  });

  for (const { title, state, closed, fixture } of WORLDS) {
    describe(title, () => {
      it('requestRedeem: "MUST be removed from the custody of owner", "MUST emit the RedeemRequest event"', async () => {
        const { token, alice, unit } = await loadFixture(fixture);
        const id = await token.connect(alice).requestRedeem.staticCall(unit, alice, alice);
        const call = token.connect(alice).requestRedeem(unit, alice, alice);
        await expect(call).to.changeTokenBalance(token, alice, -unit);
        await expect(call).to.emit(token, "RedeemRequest").withArgs(alice, alice, id, alice, unit);
      });

      it('requestRedeem: "places the Request in Pending state, with a corresponding increase"', async () => {
        const lrt = await loadFixture(fixture);
        const { token, alice, bob, unit } = lrt;
        for (const times of [1n, 2n]) {
          await token.connect(alice).requestRedeem(unit, alice, alice);
          expect(await stagesOf(lrt, 1n, alice.address)).to.deep.equal([times * unit, 0n]);
        }
        // "A given Request is discriminated by both the requestId and the controller."
        expect(await stagesOf(lrt, 1n, bob.address)).to.deep.equal([0n, 0n]);
        expect(await stagesOf(lrt, 2n, alice.address)).to.deep.equal([0n, 0n]);
      });

      it('requestRedeem: "MUST revert if all of shares cannot be requested"', async () => {
        const { token, queue, alice } = await loadFixture(fixture);
        const held = await token.balanceOf(alice);
        const request = async (shares: bigint): Promise<unknown> =>
          token.connect(alice).requestRedeem(shares, alice, alice);
        await expectRefusal(async () => request(held + 1n), token, "ERC20InsufficientBalance", [
          alice.address,
          held,
          held + 1n,
        ]);
        await expectRefusal(async () => request(0n), queue, "ZeroShares", []);
        await request(held);
      });

      it('requestRedeem: approval "either from ERC-20 approval …" or "an operator", "not subject to allowance"', async () => {
        const { token, alice, keeper, unit } = await loadFixture(fixture);
        const request = async (): Promise<unknown> => token.connect(keeper).requestRedeem(unit, keeper, alice);
        await expectRefusal(request, token, "ERC20InsufficientAllowance", [keeper.address, 0n, unit]);
        // "Spenders with non-infinite approvals MUST have their balance deducted."
        await token.connect(alice).approve(keeper, 2n * unit);
        await expect(request()).to.emit(token, "RedeemRequest").withArgs(keeper, alice, 1n, keeper, unit);
        expect(await token.allowance(alice, keeper)).to.equal(unit);
        await token.connect(alice).setOperator(keeper, true);
        await request();
        expect(await token.allowance(alice, keeper)).to.equal(unit);
        // "Spenders with infinite approvals SHOULD NOT have their allowance deducted."
        await token.connect(alice).setOperator(keeper, false);
        await token.connect(alice).approve(keeper, MaxUint256);
        await request();
        expect(await token.allowance(alice, keeper)).to.equal(MaxUint256);
      });

      it("requestRedeem: the controller is the owner, the caller, or who has made the caller its operator", async () => {
        const lrt = await loadFixture(fixture);
        const { token, alice, bob, unit } = lrt;
        const request = async (): Promise<unknown> => token.connect(alice).requestRedeem(unit, bob, alice);
        await expectRefusal(request, token, "NotControllerOrOperator", [alice.address, bob.address]);
        await token.connect(bob).setOperator(alice, true);
        await request();
        expect(await stagesOf(lrt, 1n, bob.address)).to.deep.equal([unit, 0n]);
        expect(await stagesOf(lrt, 1n, alice.address)).to.deep.equal([0n, 0n]);
      });

      it('"MUST NOT skip or otherwise short-circuit the Claim state", "MUST NOT push tokens onto the user"', async () => {
        const lrt = await loadFixture(fixture);
        const { token, asset, queue, alice, unit } = lrt;
        const supply = await token.totalSupply();
        await token.connect(alice).requestRedeem(unit, alice, alice);
        const before = await asset.balanceOf(alice);
        const epoch = await closeEpoch(lrt);
        // "MUST NOT include any shares in Claimable state", and the other way round.
        expect(await stagesOf(lrt, 1n, alice.address)).to.deep.equal([unit, 0n]);
        expect(await token.maxRedeem(alice)).to.equal(0n);
        await expectRefusal(async () => token.connect(alice).redeem(unit, alice, alice), queue, "NothingToClaim", [
          alice.address,
          1n,
        ]);
        await settleEpoch(lrt, epoch);
        expect(await stagesOf(lrt, 1n, alice.address)).to.deep.equal([0n, unit]);
        expect(await asset.balanceOf(alice)).to.equal(before);
        // "MUST be … burned by the time the request is Claimed."
        expect(await token.totalSupply()).to.equal(supply - unit);
        const paid = await token.maxWithdraw(alice);
        const claim = token.connect(alice).redeem(unit, alice, alice);
        await expect(claim).to.changeTokenBalance(asset, alice, paid);
        // "Do not transfer shares to the Vault, because this already happened."
        await expect(claim).to.changeTokenBalance(token, alice, 0n);
        expect(await stagesOf(lrt, 1n, alice.address)).to.deep.equal([0n, 0n]);
        expect(await token.totalSupply()).to.equal(supply - unit);
      });

      it('claimableRedeemRequest: falls with every claim, "in sync" with maxRedeem', async () => {
        const lrt = await loadFixture(fixture);
        const { token, alice, unit } = lrt;
        await token.connect(alice).requestRedeem(3n * unit, alice, alice);
        await settleEpoch(lrt, await closeEpoch(lrt));
        for (const left of [2n, 1n, 0n]) {
          await token.connect(alice).redeem(unit, alice, alice);
          expect(await stagesOf(lrt, 1n, alice.address)).to.deep.equal([0n, left * unit]);
          expect(await token.maxRedeem(alice)).to.equal(left * unit);
        }
      });

      it('"all Requests with the same requestId MUST transition … at the same time and receive the same exchange rate"', async () => {
        const lrt = await loadFixture(fixture);
        const { token, alice, bob, unit } = lrt;
        const id = await token.connect(alice).requestRedeem.staticCall(3n * unit, alice, alice);
        await token.connect(alice).requestRedeem(3n * unit, alice, alice);
        expect(await token.connect(bob).requestRedeem.staticCall(3n * unit, bob, bob)).to.equal(id);
        await token.connect(bob).requestRedeem(3n * unit, bob, bob);
        const epoch = await closeEpoch(lrt);
        expect(await stagesOf(lrt, id, bob.address)).to.deep.equal(await stagesOf(lrt, id, alice.address));
        await settleEpoch(lrt, epoch);
        expect(await stagesOf(lrt, id, bob.address)).to.deep.equal(await stagesOf(lrt, id, alice.address));
        expect(await token.maxWithdraw(bob)).to.equal(await token.maxWithdraw(alice));
        // Whoever claims first, and in however many steps, changes nothing for others.
        const rate = await token.maxWithdraw(bob);
        await token.connect(alice).redeem(unit + 1n, alice, alice);
        await token.connect(alice).withdraw(await token.maxWithdraw(alice), alice, alice);
        expect(await token.maxWithdraw(bob)).to.equal(rate);
      });

      it('"requests with different requestId": the next epoch\'s is the next number, and never 0', async () => {
        const lrt = await loadFixture(fixture);
        const { token, alice, unit } = lrt;
        await token.connect(alice).requestRedeem(unit, alice, alice);
        await closeEpoch(lrt);
        expect(await token.connect(alice).requestRedeem.staticCall(unit, alice, alice)).to.equal(2n);
        await token.connect(alice).requestRedeem(2n * unit, alice, alice);
        expect(await stagesOf(lrt, 1n, alice.address)).to.deep.equal([unit, 0n]);
        expect(await stagesOf(lrt, 2n, alice.address)).to.deep.equal([2n * unit, 0n]);
        expect(await stagesOf(lrt, 0n, alice.address)).to.deep.equal([0n, 0n]);
      });

      it('redeem, withdraw: "the controller MUST be msg.sender unless" an operator; no approval helps', async () => {
        const lrt = await loadFixture(fixture);
        const { token, asset, alice, keeper, unit } = lrt;
        await token.connect(alice).requestRedeem(2n * unit, alice, alice);
        await settleEpoch(lrt, await closeEpoch(lrt));
        await token.connect(alice).approve(keeper, MaxUint256);
        for (const verb of ["redeem", "withdraw"] as const) {
          await expectRefusal(
            async () => token.connect(keeper)[verb](1n, keeper, alice),
            token,
            "NotControllerOrOperator",
            [keeper.address, alice.address],
          );
        }
        await token.connect(alice).setOperator(keeper, true);
        const all = await token.maxWithdraw(alice);
        await token.connect(keeper).redeem(unit, keeper, alice);
        await token.connect(keeper).withdraw(await token.maxWithdraw(alice), keeper, alice);
        // Two claims instead of one: a unit may remain.
        expect(await asset.balanceOf(keeper)).to.be.closeTo(all, 1n);
        await token.connect(alice).setOperator(keeper, false);
        await expectRefusal(
          async () => token.connect(keeper).redeem(1n, keeper, alice),
          token,
          "NotControllerOrOperator",
          [keeper.address, alice.address],
        );
      });

      it('previewRedeem, previewWithdraw: "MUST revert for all callers and inputs"', async () => {
        const { token, alice, unit } = await loadFixture(fixture);
        for (const amount of [0n, unit, MaxUint256]) {
          for (const caller of [token, token.connect(alice)]) {
            await expectRefusal(async () => caller.previewRedeem(amount), token, "PreviewNotSupported", []);
            await expectRefusal(async () => caller.previewWithdraw(amount), token, "PreviewNotSupported", []);
          }
        }
      });

      it('pendingRedeemRequest, claimableRedeemRequest: "MUST NOT revert", "MUST NOT show any variations"', async () => {
        const { token, alice, keeper, unit } = await loadFixture(fixture);
        await token.connect(alice).requestRedeem(unit, alice, alice);
        for (const id of [0n, 1n, 2n ** 48n, MaxUint256]) {
          for (const caller of [token.connect(alice), token.connect(keeper)]) {
            expect(await caller.pendingRedeemRequest(id, alice)).to.equal(id === 1n ? unit : 0n);
            expect(await caller.claimableRedeemRequest(id, alice)).to.equal(0n);
          }
        }
      });

      it('setOperator: "MUST set the operator status", "MUST log the OperatorSet event", "MUST return True"', async () => {
        const { token, alice, keeper } = await loadFixture(fixture);
        for (const approved of [true, true, false]) {
          expect(await token.connect(alice).setOperator.staticCall(keeper, approved)).to.equal(true);
          await expect(token.connect(alice).setOperator(keeper, approved))
            .to.emit(token, "OperatorSet")
            .withArgs(alice, keeper, approved);
          expect(await token.isOperator(alice, keeper)).to.equal(approved);
          expect(await token.isOperator(keeper, alice)).to.equal(false);
        }
      });

      if (closed === undefined) {
        it('deposit, mint: "MUST use the ERC-4626 standard synchronous interaction pattern"', async () => {
          const { token, bob, unit } = await loadFixture(fixture);
          const shares = await token.connect(bob).deposit.staticCall(unit, bob);
          expect(shares).to.be.greaterThan(0n);
          await expect(token.connect(bob).mint(shares, bob)).to.changeTokenBalance(token, bob, shares);
        });
      }

      if (state === "calm") {
        it('"the same exchange rate", whether claimed before or after a veto that gives back to the epoch', async () => {
          const lrt = await loadFixture(fixture);
          const { token, asset, slasher, alice, bob, carol, judge, exitDelay, unit } = lrt;
          const set = await giveTo(lrt, wad("0.5"), { vetoWindow: exitDelay / 2n });
          for (const holder of [alice, bob]) await token.connect(holder).requestRedeem(60n * unit, holder, holder);
          const epoch = await closeEpoch(lrt);
          await at(epoch.maturity - 1n);
          const record = await proposeSlash(lrt, set, wad("0.2"));
          await settleEpoch(lrt, epoch);
          const early = await token.maxWithdraw(alice);
          await token.connect(alice).redeem(60n * unit, alice, alice);

          await slasher.connect(judge).veto(record);
          await settleEpoch(lrt, epoch);
          const late = await token.maxWithdraw(bob);
          expect(late).to.be.greaterThan(early);
          await expectRefusal(
            async () => token.connect(carol).claimLate(1n, carol, alice),
            token,
            "NotControllerOrOperator",
            [carol.address, alice.address],
          );
          await expect(token.connect(alice).claimLate(1n, alice, alice)).to.changeTokenBalance(
            asset,
            alice,
            late - early,
          );
        });
      }
    });
  }
});
