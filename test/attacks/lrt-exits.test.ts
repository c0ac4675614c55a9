import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import {
  closeEpoch,
  deployLrtWith,
  deployStakedLrt,
  deployStakedLrt6,
  giveTo,
  type Lrt,
  proposeSlash,
  settleEpoch,
} from "../helpers/lrt";
import { NO_APPROVAL } from "../helpers/signatures";
import { at, expectRefusal, now, passTo } from "../helpers/stake";
import { Behaviour } from "../helpers/tokens";
import { days, wad } from "../helpers/units";

/** Stake with three operators, of which a set has half of the first one's pool. */
async function deployGiven(vetoWindow: (lrt: Lrt) => bigint = () => 0n): Promise<Lrt & { set: string }> {
  const lrt = await loadFixture(deployStakedLrt);
  return { ...lrt, set: await giveTo(lrt, wad("0.5"), { vetoWindow: vetoWindow(lrt) }) };
}

const deployInstant = async () => deployGiven();
const deployVetoable = async () => deployGiven(({ exitDelay }) => exitDelay / 4n);

/** A token on an asset that can misbehave, or call back; alice and bob have 600 and 400 shares, nothing is staked. */
async function deployOn(contract: "HostileToken" | "HookToken"): Promise<Lrt> {
  const deployed = await (await ethers.getContractFactory(contract)).deploy("Asset", "AST", 18);
  const asset = await ethers.getContractAt("MockERC20", await deployed.getAddress());
  const [deployer] = await ethers.getSigners();
  await asset.mint(deployer ?? ZeroAddress, wad(1n));
  const lrt = await deployLrtWith({ asset: await asset.getAddress() });
  for (const [holder, assets] of [
    [lrt.alice, wad(600n)],
    [lrt.bob, wad(400n)],
  ] as const) {
    await asset.mint(holder, assets);
    await asset.connect(holder).approve(lrt.token, MaxUint256);
    await lrt.token.connect(holder).deposit(assets, holder);
  }
  return { ...lrt, asset };
}

async function deployHostile() {
  const lrt = await deployOn("HostileToken");
  return { ...lrt, hostile: await ethers.getContractAt("HostileToken", await lrt.asset.getAddress()) };
}

async function deployHooked() {
  const lrt = await deployOn("HookToken");
  return { ...lrt, hooked: await ethers.getContractAt("HookToken", await lrt.asset.getAddress()) };
}

/** What somebody gets for shares of a settled epoch. */
async function claimed({ token, asset }: Lrt, who: Lrt["alice"], shares: bigint): Promise<bigint> {
  const before = await asset.balanceOf(who);
  await token.connect(who).redeem(shares, who, who);
  return (await asset.balanceOf(who)) - before;
}

describe("Attacks", () => {
  describe("Exits from the liquid restaking token", () => {
    it("Amount fixed at request (Renzo): a slash between request and close takes its part of a request, too", async () => {
      const lrt = await loadFixture(deployInstant);
      const { token, alice, unit } = lrt;
      await token.connect(alice).requestRedeem(200n * unit, alice, alice);
      await proposeSlash(lrt, lrt.set, wad("0.2"));
      const rate = await token.getRate();
      const worth = (200n * unit * (await token.totalAssets())) / (await token.totalSupply());
      const closed = await closeEpoch(lrt);
      await settleEpoch(lrt, closed);
      // Fixed at the request: 200, and 0.9625 for those who stay. Here 0.97 for all.
      expect(await claimed(lrt, alice, 200n * unit)).to.be.closeTo(worth, 8n);
      expect(await token.getRate()).to.be.closeTo(rate, 8n);
      expect(rate).to.be.closeTo(wad("0.97"), wad("0.00001"));
    });

    it("Bank run preference: who leaves an epoch earlier, and who stays, loses the same by a slash of before the maturity", async () => {
      const lrt = await loadFixture(deployInstant);
      const { token, alice, bob, unit, bucket } = lrt;
      await token.connect(alice).requestRedeem(200n * unit, alice, alice);
      const first = await closeEpoch(lrt);
      await passTo((await now()) + bucket);
      await token.connect(bob).requestRedeem(200n * unit, bob, bob);
      const second = await closeEpoch(lrt);
      await proposeSlash(lrt, lrt.set, wad("0.2"));
      for (const closed of [first, second]) await settleEpoch(lrt, closed);
      const paid = [await claimed(lrt, alice, 200n * unit), await claimed(lrt, bob, 200n * unit)];
      const stayed = (200n * unit * (await token.totalAssets())) / (await token.totalSupply());
      // First come, first served, by the idle tenth or at the rate of the request: 200 for alice. Here 0.97 for all.
      for (const assets of paid) expect(assets).to.be.closeTo(stayed, 16n);
      expect(stayed).to.be.closeTo(194n * unit, unit / 100n);
    });

    it("Instant exit ahead of a proposed slash (Symbiotic): the contested part stays behind, for the others", async () => {
      const lrt = await loadFixture(deployVetoable);
      const { token, slasher, alice, unit } = lrt;
      // So that no fee is taken of what is harvested at a lower price.
      await token.harvest();
      const lien = await proposeSlash(lrt, lrt.set, wad("0.2"));
      const [total, sure] = [await token.totalAssets(), await token.sureAssets()];
      expect(total - sure).to.equal(30n * unit);
      const sureRate = await token.sureRate();
      const [assets] = await token.previewInstantRedeem(90n * unit);
      // At A/S: 90, and 2.7 of the loss are the others'. Here 87.3, less the fee.
      expect(assets).to.be.closeTo((90n * unit * 97n * 9_970n) / 1_000_000n, unit / 100n);
      await token.connect(alice).instantRedeem(90n * unit, assets, alice);
      await passTo(lien.deadline);
      await slasher.finalise(lien);
      await token.harvest();
      await time.increase(days(7n));
      expect(await token.getRate()).to.be.at.least(sureRate);
    });

    it("Sandwich of a final slash: nobody profits by coming after the proposal, or by leaving before it is final", async () => {
      const lrt = await loadFixture(deployVetoable);
      const { token, asset, slasher, alice, carol, unit } = lrt;
      const rate = await token.getRate();
      const lien = await proposeSlash(lrt, lrt.set, wad("0.2"));
      await expectRefusal(async () => token.connect(carol).deposit(unit, carol), token, "NotCalm", [
        await token.totalAssets(),
        await token.sureAssets(),
      ]);
      await passTo(lien.deadline);
      const before = await asset.balanceOf(alice);
      await token.connect(alice).instantRedeem(50n * unit, 0n, alice);
      await slasher.finalise(lien);
      const back = (await asset.balanceOf(alice)) - before;
      await token.connect(alice).deposit(back, alice);
      // Out at 1 and in at 0.97: 1.5 of profit for 50. Here the fee of the exit is lost.
      expect(await token.balanceOf(alice)).to.be.lessThan(600n * unit);
      expect(await token.getRate()).to.be.lessThan(rate);
    });

    describe("Finalised claims lose to later slashes, or make others lose (ether.fi)", () => {
      for (const settled of [true, false]) {
        it(`of a matured epoch that ${settled ? "was" : "was not"} settled before the slash`, async () => {
          const lrt = await loadFixture(deployInstant);
          const { token, alice, unit } = lrt;
          await token.connect(alice).requestRedeem(200n * unit, alice, alice);
          const closed = await closeEpoch(lrt);
          await passTo(closed.maturity);
          if (settled) await settleEpoch(lrt, closed);
          await proposeSlash(lrt, lrt.set, wad(1n));
          if (!settled) await settleEpoch(lrt, closed);
          // Slashed with the rest: 170; paid by the rest: 0.81 for those who stay. Here 200, and 0.85.
          expect(await claimed(lrt, alice, 200n * unit)).to.be.closeTo(200n * unit, 8n);
          expect(await token.getRate()).to.be.closeTo(wad("0.85"), wad("0.0001"));
        });
      }
    });

    it("Completion depends on a re-deposit (Renzo): the cap reached, pools closed, entry paused, an operator wiped out, slices of 0", async () => {
      const lrt = await loadFixture(deployInstant);
      const { token, stakeManager, asset, warden, operators, alice, bob, unit } = lrt;
      await token.connect(warden).setEntryPaused(true);
      await token.connect(warden).lowerCap(0n);
      for (const operator of operators) await stakeManager.connect(operator).closePool(asset);
      await proposeSlash(lrt, lrt.set, wad(1n));
      await token.connect(alice).requestRedeem(1n, alice, alice);
      await token.connect(bob).requestRedeem(200n * unit, bob, bob);
      await settleEpoch(lrt, await closeEpoch(lrt));
      // Paid through a deposit that is refused: nothing, for as long as that lasts. Here all.
      expect(await claimed(lrt, alice, 1n)).to.equal(0n);
      expect(await claimed(lrt, bob, 200n * unit)).to.be.closeTo(170n * unit, unit / 100n);
    });

    it("Third party touches another's position: no request, claim, withdrawal or batch moves for a stranger", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, stakeManager, rewardsDistributor, asset, operators, alice, carol, unit } = lrt;
      await token.connect(alice).requestRedeem(unit, alice, alice);
      const closed = await closeEpoch(lrt);
      await settleEpoch(lrt, closed);
      const stranger = token.connect(carol);
      const core = stakeManager.connect(carol);
      const denied = ["NotControllerOrOperator", [carol.address, alice.address]] as const;
      await expectRefusal(async () => stranger.requestRedeem(unit, carol, alice), token, "ERC20InsufficientAllowance", [
        carol.address,
        0n,
        unit,
      ]);
      await token.connect(alice).transfer(carol, unit);
      await expectRefusal(async () => stranger.requestRedeem(unit, alice, carol), token, ...denied);
      await expectRefusal(async () => stranger.redeem(unit, carol, alice), token, ...denied);
      await expectRefusal(async () => stranger.withdraw(unit, carol, alice), token, ...denied);
      await expectRefusal(async () => stranger.claimLate(1n, carol, alice), token, ...denied);
      const requests = [{ operator: operators[0], shares: 1n }];
      for (const owner of [await token.getAddress(), closed.batch]) {
        const notApproved = ["NotApproved", [carol.address, owner]] as const;
        await expectRefusal(
          async () => core.queueWithdrawals(owner, asset, requests, carol),
          stakeManager,
          ...notApproved,
        );
        await expectRefusal(
          async () => core.completeWithdrawals(owner, asset, closed.items, carol),
          stakeManager,
          ...notApproved,
        );
        await expectRefusal(
          async () => rewardsDistributor.connect(carol).claim(owner, asset, [], carol),
          rewardsDistributor,
          ...notApproved,
        );
      }
    });

    it("Grief through a controller's chain: a spender of an allowance makes requests in three epochs, which pay one by one, at the same cost", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, alice, carol, unit, bucket } = lrt;
      await token.connect(alice).approve(carol, 3n);
      const closed = [];
      for (let i = 0; i < 3; i++) {
        await token.connect(carol).requestRedeem(1n, alice, alice);
        closed.push(await closeEpoch(lrt));
        await passTo((await now()) + bucket);
      }
      await token.connect(alice).requestRedeem(10n * unit, alice, alice);
      closed.push(await closeEpoch(lrt));
      // Of slices of 0 nothing is to be settled.
      for (const epoch of closed) if (epoch.items.length !== 0) await settleEpoch(lrt, epoch);
      const gas: bigint[] = [];
      for (const shares of [1n, 1n, 1n, 10n * unit]) {
        expect(await token.maxRedeem(alice)).to.equal(shares);
        gas.push(await token.connect(alice).redeem.estimateGas(shares, alice, alice));
        await token.connect(alice).redeem(shares, alice, alice);
      }
      // A list that is walked: more for each. Here one link at a time, and no more can be made than was allowed.
      expect(gas[2]).to.be.closeTo(gas[1], 3_000n);
      await expectRefusal(
        async () => token.connect(carol).requestRedeem(1n, alice, alice),
        token,
        "ERC20InsufficientAllowance",
        [carol.address, 0n, 1n],
      );
    });

    it("Gifts to a batch before it exists: code, tokens and withdrawals at its address neither stop the close nor rob anybody", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, queue, stakeManager, asset, operators, alice, bob, carol, unit } = lrt;
      const [operator] = operators;
      const batch = await queue.batchOf(1n);
      await asset.connect(carol).transfer(batch, 5n * unit);
      await carol.sendTransaction({ to: batch, value: 1n });
      await asset.connect(carol).approve(stakeManager, MaxUint256);
      await stakeManager.connect(carol).deposit(operator, asset, 100n * unit, carol, 0n, NO_APPROVAL);
      await token.connect(alice).requestRedeem(60n * unit, alice, alice);
      await token.connect(bob).requestRedeem(40n * unit, bob, bob);
      const closable = await queue.closableAt();
      if (closable > (await now())) await passTo(closable);
      await stakeManager.connect(carol).queueWithdrawals(carol, asset, [{ operator, shares: 10n * unit }], batch);
      const closed = await closeEpoch(lrt);
      expect(closed.batch).to.equal(batch);
      const total = await token.totalAssets();
      await settleEpoch(lrt, closed);
      // P_e from balanceOf: claims that a later settlement, or a gift, changes. Here 100, and 10 that were given in kind.
      const { assets } = await queue.epochState(1n);
      expect(assets).to.be.closeTo(110n * unit, 8n);
      expect([await claimed(lrt, alice, 60n * unit), await claimed(lrt, bob, 40n * unit)]).to.deep.equal([
        (assets * 60n) / 100n,
        (assets * 40n) / 100n,
      ]);
      expect(await asset.balanceOf(batch)).to.be.at.least(5n * unit);
      expect(await token.totalAssets()).to.equal(total);
    });

    it("Late claims twice, or after another one's: each gets what its shares are worth, once", async () => {
      const lrt = await loadFixture(deployVetoable);
      const { token, queue, slasher, judge, alice, bob, unit } = lrt;
      await token.connect(alice).requestRedeem(60n * unit, alice, alice);
      await token.connect(bob).requestRedeem(40n * unit, bob, bob);
      const closed = await closeEpoch(lrt);
      await passTo(closed.maturity - 2n);
      const lien = await proposeSlash(lrt, lrt.set, wad("0.5"));
      await settleEpoch(lrt, closed);
      await token.connect(alice).redeem(60n * unit, alice, alice);
      await slasher.connect(judge).veto(lien);
      await queue.settle(closed.epoch, closed.items);
      await token.connect(alice).claimLate(closed.epoch, alice, alice);
      // Noted and not deleted: 4.5 again and again, until bob's are gone.
      await expectRefusal(
        async () => token.connect(alice).claimLate(closed.epoch, alice, alice),
        queue,
        "NothingLate",
        [alice.address, closed.epoch],
      );
      await expectRefusal(async () => token.connect(bob).claimLate(closed.epoch, bob, bob), queue, "NothingLate", [
        bob.address,
        closed.epoch,
      ]);
      expect(await claimed(lrt, bob, 40n * unit)).to.be.closeTo(40n * unit, 8n);
    });

    it("Epoch closed with dust, at the half of a bucket −1, 0, +1: others wait no longer than was promised", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, queue, alice, carol, bucket, exitDelay, unit } = lrt;
      await token.connect(alice).transfer(carol, 1n);
      const begin = ((await now()) / bucket + 1n) * bucket;
      await at(begin);
      await token.connect(carol).requestRedeem(1n, carol, carol);
      const half = begin + bucket / 2n;
      await at(half - 1n);
      await expectRefusal(async () => queue.close(), queue, "TooEarlyToClose", [half]);
      await at(half);
      await queue.connect(carol).close();
      await at(half + 1n);
      await token.connect(alice).requestRedeem(unit, alice, alice);
      const eta = await queue.redeemEta();
      await expectRefusal(async () => queue.close(), queue, "TooEarlyToClose", [half + bucket]);
      const closed = await closeEpoch(lrt);
      // Closed at once and as often as one likes: every request has an epoch of its own, or waits for a keeper. Here the
      // next half bucket, and what was told at the request.
      expect(closed.maturity).to.equal(eta);
      expect(eta - (half + 1n)).to.be.at.most(exitDelay + (3n * bucket) / 2n);
      await settleEpoch(lrt, closed);
      expect(await claimed(lrt, alice, unit)).to.be.closeTo(unit, 8n);
    });

    it("Rounding theft by many tiny claims, with 6 decimals: together at most what one claim pays", async () => {
      const lrt = await loadFixture(deployStakedLrt6);
      const { token, queue, asset, alice, bob, unit } = lrt;
      await proposeSlash(lrt, await giveTo(lrt, wad("0.5"), { vetoWindow: 0n }), wad("0.123"));
      await token.connect(alice).requestRedeem(15n, alice, alice);
      await token.connect(bob).requestRedeem(unit, bob, bob);
      await settleEpoch(lrt, await closeEpoch(lrt));
      const { assets, shares } = await queue.epochState(1n);
      let paid = 0n;
      for (let i = 0; i < 5; i++) paid += await claimed(lrt, alice, 3n);
      // Rounded up: 15 for 14, and the last one's claim fails. Here each rounds down, and bob has all of his.
      expect(paid).to.be.at.most((15n * assets) / shares);
      expect(await claimed(lrt, bob, unit)).to.equal((unit * assets) / shares);
      expect(await asset.balanceOf(await queue.batchOf(1n))).to.be.at.least(0n);
    });

    describe("Tokens", () => {
      it("fee on transfer, nothing moved, more moved, false: no share is minted for what did not come", async () => {
        const { token, hostile, alice } = await loadFixture(deployHostile);
        await hostile.mint(alice, wad(100n));
        const [held, supply] = [await hostile.balanceOf(token), await token.totalSupply()];
        for (const [behaviour, parameter, delivered] of [
          [Behaviour.FeeOnTransfer, 100n, wad("9.9")],
          [Behaviour.MovesNothing, 0n, 0n],
          [Behaviour.DeliversMore, 1n, wad(10n) + 1n],
        ] as const) {
          await hostile.setBehaviour(behaviour, parameter);
          // Shares for what was asked: 10. Here none.
          await expectRefusal(async () => token.connect(alice).deposit(wad(10n), alice), token, "InexactTransfer", [
            held + wad(10n),
            held + delivered,
          ]);
        }
        await hostile.setBehaviour(Behaviour.ReturnsFalse, 0n);
        await expectRefusal(
          async () => token.connect(alice).deposit(wad(10n), alice),
          token,
          "SafeERC20FailedOperation",
          [await hostile.getAddress()],
        );
        expect(await token.totalSupply()).to.equal(supply);
      });

      it("blocked recipient: another receiver is paid, and others' claims do not wait", async () => {
        const lrt = await loadFixture(deployHostile);
        const { token, hostile, alice, bob, carol } = lrt;
        for (const holder of [alice, bob]) await token.connect(holder).requestRedeem(wad(9n), holder, holder);
        await closeEpoch(lrt);
        await hostile.setBlocked(alice, true);
        await expectRefusal(async () => token.connect(alice).redeem(wad(9n), alice, alice), hostile, "Blocked", [
          alice.address,
        ]);
        // One queue that pays in order, or the controller alone: 18 are lost.
        expect(await claimed(lrt, bob, wad(9n))).to.equal(wad(9n));
        const call = token.connect(alice).redeem(wad(9n), carol, alice);
        await expect(call).to.changeTokenBalance(hostile, carol, wad(9n));
      });

      it("re-entrant asset: no verb gets through while assets move, and the outer one counts once", async () => {
        const lrt = await loadFixture(deployHooked);
        const { token, hooked, alice, bob, unit } = lrt;
        await token.connect(alice).setOperator(hooked, true);
        await token.connect(alice).requestRedeem(20n * unit, alice, alice);
        await closeEpoch(lrt);
        const verbs = token.interface;
        const [by, to, nobody] = [alice.address, bob.address, ZeroAddress];
        const inner = [
          verbs.encodeFunctionData("seed", [unit]),
          verbs.encodeFunctionData("deposit", [1n, to]),
          verbs.encodeFunctionData("mint", [1n, to]),
          verbs.encodeFunctionData("requestRedeem", [1n, by, by]),
          verbs.encodeFunctionData("redeem", [unit, to, by]),
          verbs.encodeFunctionData("withdraw", [unit, to, by]),
          verbs.encodeFunctionData("claimLate", [1n, to, by]),
          verbs.encodeFunctionData("instantRedeem", [1n, 0n, to]),
          verbs.encodeFunctionData("sync"),
          verbs.encodeFunctionData("harvest"),
          verbs.encodeFunctionData("payFees"),
          verbs.encodeFunctionData("release", [1n, to]),
          verbs.encodeFunctionData("stake", [nobody, 1n, 1n, 1n]),
          verbs.encodeFunctionData("collect", [nobody, 1n, 1n]),
        ];
        const outer = [
          async () => token.connect(alice).deposit(unit, alice),
          async () => token.connect(alice).redeem(unit, alice, alice),
          async () => token.connect(alice).instantRedeem(unit, 0n, alice),
        ];
        const refusal = verbs.encodeErrorResult("ReentrancyGuardReentrantCall");
        for (const data of inner) {
          for (const act of outer) {
            await hooked.mint(alice, unit);
            await hooked.setHooks({ target: token, data }, { target: token, data });
            await act();
            // A claim paid before it is written off: 18 for 9. Here each inner call is refused.
            expect(await hooked.outcomeBefore()).to.deep.equal([true, false, refusal]);
            expect(await hooked.outcomeAfterwards()).to.deep.equal([true, false, refusal]);
          }
        }
        expect(await token.maxRedeem(alice)).to.equal(6n * unit);
      });

      it("read-only re-entrancy: a market that asks for the rate in a hook sees the one before, but for the fee", async () => {
        const { token, hooked, alice, bob, unit } = await loadFixture(deployHooked);
        await hooked.mint(bob, 100n * unit);
        const ask = { target: token, data: token.interface.encodeFunctionData("getRate") };
        const seen = async () => {
          const outcomes = [await hooked.outcomeBefore(), await hooked.outcomeAfterwards()];
          return outcomes.map(({ returned }) => BigInt(returned));
        };
        const acts = [
          async () => token.connect(bob).deposit(100n * unit, bob),
          async () => token.connect(alice).instantRedeem(100n * unit, 0n, alice),
        ];
        for (const act of acts) {
          const before = await token.getRate();
          await hooked.setHooks(ask, ask);
          await act();
          const after = await token.getRate();
          // Shares burned and assets not yet gone: 1.11. Here what holds afterwards, in both hooks.
          expect(await seen()).to.deep.equal([after, after]);
          expect(after - before).to.be.at.most(wad("0.001"));
        }
      });
    });
  });
});
