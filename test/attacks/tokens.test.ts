import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type BaseContract, MaxUint256, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { NO_APPROVAL } from "../helpers/signatures";
import { propose, proposeAndRead } from "../helpers/slash";
import { Behaviour } from "../helpers/tokens";
import { WAD, wad } from "../helpers/units";
import { allocateActive, at, complete, createJoinedSet, deployWorld, queue, stake, waitUntil } from "../helpers/world";

/** The world with a token that can misbehave, of which the operator has a pool, and alice 1,000 units outside. */
async function hostile() {
  const w = await loadFixture(deployWorld);
  const token = await ethers.deployContract("HostileToken", ["Hostile", "HOST", 18]);
  await w.stakeManager.connect(w.operator).openPool(token, ZeroAddress);
  await token.mint(w.alice, wad(1_000n));
  await token.connect(w.alice).approve(w.stakeManager, MaxUint256);
  const deposit = async (assets: bigint, operator: string = w.operator.address) =>
    await w.stakeManager.connect(w.alice).deposit(operator, token, assets, w.alice, 0n, NO_APPROVAL);
  return { ...w, token, deposit };
}

describe("Attacks", () => {
  describe("Tokens", () => {
    it("Fee on transfer, false, nothing moved, more moved: no share is minted for what did not come", async () => {
      const w = await hostile();
      for (const [behaviour, parameter, delivered] of [
        [Behaviour.FeeOnTransfer, 100n, wad("9.9")],
        [Behaviour.MovesNothing, 0n, 0n],
        [Behaviour.DeliversMore, 1n, wad(10n) + 1n],
      ] as const) {
        await w.token.setBehaviour(behaviour, parameter);
        // Shares for what was asked: 10. Here none.
        await expect(w.deposit(wad(10n)))
          .to.be.revertedWithCustomError(w.stakeManager, "InexactTransfer")
          .withArgs(w.token, wad(10n), delivered);
      }
      await w.token.setBehaviour(Behaviour.ReturnsFalse, 0n);
      await expect(w.deposit(wad(10n)))
        .to.be.revertedWithCustomError(w.stakeManager, "SafeERC20FailedOperation")
        .withArgs(w.token);
      expect((await w.stakeManager.pool(w.operator, w.token)).shares).to.equal(0n);
    });

    it("Returns nothing (USDT): goes in and out as any other", async () => {
      const w = await hostile();
      await w.token.setBehaviour(Behaviour.ReturnsNothing, 0n);
      await w.deposit(wad(10n), ZeroAddress);
      // A declared bool: the deposit reverts, or worse, only the way out does.
      const out = w.stakeManager.connect(w.alice).withdraw(w.alice, w.token, wad(10n), w.bob);
      await expect(out).to.changeTokenBalances(w.token, [w.stakeManager, w.bob], [-wad(10n), wad(10n)]);
    });

    it("No code at the address: nobody is credited for a token that will be deployed there", async () => {
      const w = await loadFixture(deployWorld);
      const { stakeManager, alice, stranger } = w;
      // A call without code succeeds: 10 are credited.
      await expect(stakeManager.connect(alice).deposit(ZeroAddress, stranger, wad(10n), alice, 0n, NO_APPROVAL))
        .to.be.revertedWithCustomError(stakeManager, "AssetHasNoCode")
        .withArgs(stranger.address);
    });

    it("Blocked recipient: another receiver, and another owner, are paid", async () => {
      const w = await hostile();
      await w.deposit(wad(10n));
      const maturity = await queue(w, w.alice, wad(10n), { asset: w.token });
      await waitUntil(maturity);
      await w.token.setBlocked(w.alice, true);
      const keys = [{ operator: w.operator, maturity }];
      const manager = w.stakeManager.connect(w.alice);
      await expect(manager.completeWithdrawals(w.alice, w.token, keys, w.alice))
        .to.be.revertedWithCustomError(w.token, "Blocked")
        .withArgs(w.alice.address);
      // Paid to the owner alone: 10 are lost.
      const out = manager.completeWithdrawals(w.alice, w.token, keys, w.bob);
      await expect(out).to.changeTokenBalance(w.token, w.bob, wad(10n));
    });

    it("Balance falls by itself, or is hidden: the loss is of its pools, and honest assets do not see it", async () => {
      const w = await hostile();
      await w.deposit(wad(10n), ZeroAddress);
      await w.token.shrink(w.stakeManager, wad(4n));
      const manager = w.stakeManager.connect(w.alice);
      await manager.withdraw(w.alice, w.token, wad(6n), w.alice);
      // One common balance, or a value from balanceOf: other assets pay. Here this asset alone.
      await expect(manager.withdraw(w.alice, w.token, wad(4n), w.alice))
        .to.be.revertedWithCustomError(w.token, "ERC20InsufficientBalance")
        .withArgs(w.stakeManager, 0n, wad(4n));
      await w.token.setHidden(wad(1n));
      await expect(w.deposit(wad(3n)))
        .to.be.revertedWithCustomError(w.stakeManager, "InexactTransfer")
        .withArgs(w.token, wad(3n), wad(2n));
      expect(await w.asset.balanceOf(w.stakeManager)).to.equal(wad(1_000n));
    });

    it("0, 6, 8, 24 decimals: a slash of half takes half, to the unit", async () => {
      const w = await loadFixture(deployWorld);
      for (const [index, decimals] of [0n, 6n, 8n, 24n].entries()) {
        const token = await ethers.deployContract("MockERC20", ["Token", "TKN", decimals]);
        await w.stakeManager.connect(w.operator).openPool(token, ZeroAddress);
        const assets = 7n * 10n ** decimals;
        await stake(w, w.alice, assets, { asset: token });
        const id = BigInt(index) + 1n;
        const set = await createJoinedSet(w, { id, assets: [token], vetoWindow: 0n });
        await allocateActive(w, [[set, WAD]], { asset: token });
        await propose(w, set, WAD / 2n);
        const maturity = await queue(w, w.alice, assets, { asset: token });
        await waitUntil(maturity);
        // Scaled to 18 decimals: 0, or 7 for tokens of none. Here ⌊7/2⌋ of the token, to its unit.
        expect(await complete(w, w.alice, maturity, { asset: token })).to.equal(assets / 2n);
        expect(await w.stakeManager.proceeds(w.recipient, token)).to.equal(assets / 2n);
      }
    });

    it("Transfer hooks before and after: a deposit in a deposit is refused, and the outer one counts once", async () => {
      const w = await loadFixture(deployWorld);
      const token = await ethers.deployContract("HookToken", ["Hook", "HOOK", 18]);
      await w.stakeManager.connect(w.operator).openPool(token, ZeroAddress);
      const inner = w.stakeManager.interface.encodeFunctionData("deposit", [
        w.operator.address,
        await token.getAddress(),
        wad(10n),
        w.alice.address,
        0n,
        NO_APPROVAL,
      ]);
      await token.mint(w.alice, wad(10n));
      await token.connect(w.alice).approve(w.stakeManager, MaxUint256);
      const hook = { target: w.stakeManager, data: inner };
      await token.setHooks(hook, hook);
      await w.stakeManager.connect(w.alice).deposit(w.operator, token, wad(10n), w.alice, 0n, NO_APPROVAL);
      const refusal = w.stakeManager.interface.encodeErrorResult("ReentrancyGuardReentrantCall");
      expect(await token.outcomeBefore()).to.deep.equal([true, false, refusal]);
      expect(await token.outcomeAfterwards()).to.deep.equal([true, false, refusal]);
      // Measured around the transfer: 20 shares for 10. Here 10.
      expect(await w.stakeManager.sharesOf(w.operator, token, w.alice)).to.equal(wad(10n));
    });

    it("Zero means two things: a wiped pool is not an untouched one", async () => {
      const w = await loadFixture(deployWorld);
      const set = await createJoinedSet(w, { vetoWindow: 0n });
      await allocateActive(w, [[set, WAD]]);
      await propose(w, set, WAD);
      const untouched = await w.stakeManager.pool(w.rival, w.asset);
      const wiped = await w.stakeManager.pool(w.operator, w.asset);
      expect([untouched.factor, wiped.factor]).to.deep.equal([WAD, 0n]);
      const maturity = await queue(w, w.alice, wad(600n));
      await waitUntil(maturity);
      // A stored factor of 0 read as 1: 600 of others' assets. Here 0, and a first deposit elsewhere is whole.
      expect(await complete(w, w.alice, maturity)).to.equal(0n);
      await stake(w, w.bob, 1n, { operator: w.rival });
      expect(await w.stakeManager.sharesOf(w.rival, w.asset, w.bob)).to.equal(1n);
    });

    it("One bad asset blocks the others (EigenLayer): a set of both is slashed, and the honest one is paid out", async () => {
      const w = await hostile();
      await w.deposit(wad(100n));
      const assets = [await w.asset.getAddress(), await w.token.getAddress()];
      assets.sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
      const set = await createJoinedSet(w, { assets });
      await allocateActive(w, [[set, WAD]]);
      await allocateActive(w, [[set, WAD]], { asset: w.token });
      await w.token.setBehaviour(Behaviour.GasBomb, 0n);
      const record = await proposeAndRead(w, set, WAD / 2n);
      const maturity = await queue(w, w.alice, wad(600n));
      await at(record.deadline);
      // Pushed to the recipient: the end reverts for both. Here each asset waits by itself.
      await w.slasher.finalise(record);
      const proceeds = w.stakeManager.connect(w.recipient).withdrawProceeds(w.asset, w.recipient);
      await expect(proceeds).to.changeTokenBalance(w.asset, w.recipient, wad(500n));
      expect(await w.stakeManager.proceeds(w.recipient, w.token)).to.equal(wad(50n));
      await waitUntil(maturity);
      expect(await complete(w, w.alice, maturity)).to.equal(wad(300n));
    });

    it("ETH sent with 2,300 gas, guarded receive (Renzo): the core takes no ether by any verb, and none without one", async () => {
      const w = await loadFixture(deployWorld);
      const contracts: readonly BaseContract[] = [w.stakeManager, w.allocationManager, w.slasher];
      for (const contract of contracts) {
        const payable: string[] = [];
        contract.interface.forEachFunction(({ name, payable: takes }) => {
          if (takes) payable.push(name);
        });
        expect(payable).to.deep.equal([]);
        expect([contract.interface.fallback, contract.interface.receive]).to.deep.equal([null, false]);
      }
    });
  });
});
