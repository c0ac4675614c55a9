import { impersonateAccount, loadFixture, setBalance, takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type BaseContract, MaxUint256, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import type { HostileToken } from "../../typechain-types";
import {
  announce,
  at,
  boundaryAfter,
  claim,
  claimable,
  deployRewardToken,
  deployRewardWorld,
  fund,
  Kind,
  now,
  reclaimable,
  type RewardWorld,
} from "../helpers/rewards";
import { NO_APPROVAL } from "../helpers/signatures";
import { Behaviour } from "../helpers/tokens";
import { wad } from "../helpers/units";
import { queue, receiptOf, stake, timeOf, waitUntil } from "../helpers/world";

const AMOUNT = 1_000n * 10n ** 6n;

/** The stranger has tokens, and deposits them in the given second. */
async function joinAt(w: RewardWorld, second: bigint, assets: bigint): Promise<void> {
  await w.asset.mint(w.stranger, assets);
  await w.asset.connect(w.stranger).approve(w.stakeManager, MaxUint256);
  await at(second);
  await w.stakeManager.connect(w.stranger).deposit(w.operator, w.asset, assets, w.stranger, 0n, NO_APPROVAL);
}

/** The world in which the operator pays a second token, too, which can misbehave. */
async function hostile(): Promise<RewardWorld & { bad: HostileToken }> {
  const w = await loadFixture(deployRewardWorld);
  const bad = await ethers.deployContract("HostileToken", ["Hostile", "HOST", 6]);
  await bad.mint(w.avs, AMOUNT);
  await bad.connect(w.avs).approve(w.rewards, MaxUint256);
  await announce(w, { token: bad });
  await fund(w, AMOUNT, { duration: 15n * w.bucket });
  await fund(w, AMOUNT, { token: bad, duration: 15n * w.bucket });
  return { ...w, bad };
}

/** A token that calls back, and can act by itself: it has 1,000 units and is an AVS of its own. */
async function hooked() {
  const w = await loadFixture(deployRewardWorld);
  const token = await ethers.deployContract("HookToken", ["Hook", "HOOK", 6]);
  const address = await token.getAddress();
  for (const holder of [address, w.avs.address]) await token.mint(holder, 2n * AMOUNT);
  await token.connect(w.avs).approve(w.rewards, MaxUint256);
  await impersonateAccount(address);
  await setBalance(address, wad(1n));
  await token.connect(await ethers.getSigner(address)).approve(w.rewards, MaxUint256);
  await announce(w, { token });
  const none = { target: ZeroAddress, data: "0x" };
  const hook = async (target: BaseContract, data: string, afterwards = false): Promise<void> => {
    const call = { target: await target.getAddress(), data };
    await token.setHooks(afterwards ? none : call, afterwards ? call : none);
  };
  return { ...w, hook, token, address, asset_: await w.asset.getAddress() };
}

describe("Attacks", () => {
  describe("Rewards", () => {
    it("Late joiner takes earlier rewards: has none of what streamed before", async () => {
      const w = await loadFixture(deployRewardWorld);
      const start = ((await now()) / w.bucket + 1n) * w.bucket;
      await at(start);
      await fund(w, AMOUNT);
      // By balance at the time of the claim: 99.9 % of all.
      await joinAt(w, start + w.bucket - 1n, wad(999_000n));
      await waitUntil(start + w.bucket);
      expect(await claimable(w, w.stranger)).to.equal((AMOUNT * 999n) / (1_000n * w.bucket));
      expect(await claimable(w, w.alice)).to.be.closeTo((AMOUNT * 6n) / 10n, AMOUNT / w.bucket);
    });

    it("Lump capture: who is there for a second around a funding has a second of it", async () => {
      const w = await loadFixture(deployRewardWorld);
      const start = ((await now()) / w.bucket + 1n) * w.bucket;
      await joinAt(w, start - 1n, wad(999_000n));
      const maturity = await (async () => {
        await at(start);
        await fund(w, AMOUNT);
        await at(start + 1n);
        return await queue(w, w.stranger, wad(999_000n));
      })();
      // A lump at the funding: 99.9 %; and cancelling would make it free, time after time.
      expect(await claimable(w, w.stranger)).to.equal((AMOUNT * 999n) / (1_000n * w.bucket));
      await at(start + w.bucket);
      await w.stakeManager
        .connect(w.stranger)
        .cancelWithdrawal(w.stranger, w.operator, w.asset, maturity, wad(999_000n), NO_APPROVAL);
      await waitUntil(start + 2n * w.bucket);
      expect(await claimable(w, w.stranger)).to.equal((AMOUNT * 999n) / (1_000n * w.bucket));
    });

    it("Claim twice: by naming a pool twice, by passing on, by leaving and coming back, nothing is paid again", async () => {
      const w = await loadFixture(deployRewardWorld);
      await fund(w, AMOUNT);
      await waitUntil((await now()) + 3n * w.bucket);
      await claim(w, w.alice);
      const paid = await w.token.balanceOf(w.alice);
      const maturity = await queue(w, w.alice, wad(600n));
      const passed = [{ operator: w.operator, maturity, shares: wad(300n) }];
      await w.stakeManager.connect(w.alice).transferWithdrawals(w.alice, w.asset, passed, w.stranger);
      for (const owner of [w.alice, w.stranger]) {
        await w.stakeManager
          .connect(owner)
          .cancelWithdrawal(owner, w.operator, w.asset, maturity, wad(300n), NO_APPROVAL);
        // By shares at the time of the claim: half of what was paid, again.
        await expect(claim(w, owner)).to.changeTokenBalance(w.token, owner, 0n);
      }
      expect(paid).to.be.closeTo((AMOUNT * 6n) / 10n, 1n);
    });

    it("Rounding to zero for small stakers: settling again and again takes nothing from them", async () => {
      const w = await loadFixture(deployRewardWorld);
      // A thousandth of a millionth of the pool, a unit every 42 hours: rounded at each settlement, it would have none.
      await stake(w, w.recipient, 10n ** 12n);
      const start = ((await now()) / w.bucket + 1n) * w.bucket;
      await at(start);
      await fund(w, 11n * AMOUNT, { duration: w.bucket });
      await w.asset.mint(w.stranger, 200n);
      await w.asset.connect(w.stranger).approve(w.stakeManager, 200n);
      for (let i = 1n; i <= 200n; i++) {
        await at(start + 12n * i);
        await w.stakeManager.connect(w.stranger).deposit(w.operator, w.asset, 1n, w.recipient, 0n, NO_APPROVAL);
      }
      await waitUntil(start + w.bucket);
      expect(await claimable(w, w.recipient)).to.equal(10n);
    });

    for (const behaviour of [Behaviour.Reverts, Behaviour.GasBomb, Behaviour.RevertBomb, Behaviour.ReturnsFalse]) {
      it(`Reward token that turns hostile (${Behaviour[behaviour]}): stake and the other token do not notice`, async () => {
        const w = await hostile();
        await w.bad.setBehaviour(behaviour, 100_000n);
        // Pushed to the staker with its withdrawal, it would trap it.
        await queue(w, w.alice, wad(100n));
        await stake(w, w.bob, wad(1n));
        await waitUntil((await now()) + 17n * w.bucket);
        const other = await claimable(w, w.alice);
        await expect(claim(w, w.alice)).to.changeTokenBalance(w.token, w.alice, other);
        const gasLimit = 300_000n;
        const pools = [{ operator: w.operator, asset: w.asset }];
        await expect(w.rewards.connect(w.alice).claim(w.alice, w.bad, pools, w.alice, { gasLimit })).to.be.reverted;
        // And when it is good again, nothing of it was lost.
        await w.bad.setBehaviour(Behaviour.Honest, 0n);
        const late = await claimable(w, w.alice, { token: w.bad });
        await claim(w, w.alice, { token: w.bad });
        expect(await w.bad.balanceOf(w.alice)).to.be.at.least(late);
      });
    }

    it("Reward token with a blocklist: the blocked staker names another receiver", async () => {
      const w = await hostile();
      await w.bad.setBlocked(w.alice, true);
      await waitUntil((await now()) + w.bucket);
      await expect(claim(w, w.alice, { token: w.bad }))
        .to.be.revertedWithCustomError(w.bad, "Blocked")
        .withArgs(w.alice.address);
      const pools = [{ operator: w.operator, asset: w.asset }];
      await w.rewards.connect(w.alice).claim(w.alice, w.bad, pools, w.bob);
      expect(await w.bad.balanceOf(w.bob)).to.be.greaterThan(0n);
    });

    it("Reward token whose balances fall: the loss is its own", async () => {
      const w = await hostile();
      await w.bad.shrink(w.rewards, AMOUNT);
      await waitUntil((await now()) + 17n * w.bucket);
      await expect(claim(w, w.alice, { token: w.bad })).to.be.revertedWithCustomError(
        w.bad,
        "ERC20InsufficientBalance",
      );
      const other = await claimable(w, w.alice);
      await expect(claim(w, w.alice)).to.changeTokenBalance(w.token, w.alice, other);
    });

    it("Stake operations cost the same whatever the reward token does", async () => {
      const costs: bigint[] = [];
      for (const behaviour of [Behaviour.Honest, Behaviour.GasBomb]) {
        const w = await hostile();
        await w.bad.setBehaviour(behaviour, 0n);
        await stake(w, w.bob, wad(1n));
        await at((await now()) + 60n);
        const requests = [{ operator: w.operator, shares: wad(1n) }];
        const tx = await w.stakeManager.connect(w.bob).queueWithdrawals(w.bob, w.asset, requests, w.bob);
        costs.push((await receiptOf(tx)).gasUsed);
      }
      expect(costs[0]).to.equal(costs[1]);
    });

    it("Hook while it is funded: what comes in twice, or goes out meanwhile, is refused", async () => {
      const w = await hooked();
      await fund(w, AMOUNT / 10n);
      const set = await w.allocationManager.operatorSetKey(w.address, 1n);
      const entries = [{ operator: w.operator.address, asset: w.asset_, amount: AMOUNT }];
      const held = await w.token.balanceOf(w.rewards);
      const inner = w.rewards.interface.encodeFunctionData("fund", [set, w.address, Kind.Fee, w.bucket, entries]);
      await w.hook(w.rewards, inner);
      // Checked by the balance before and after alone, and counted twice: 2,000 for 1,000.
      await expect(fund(w, AMOUNT))
        .to.be.revertedWithCustomError(w.rewards, "InexactTransfer")
        .withArgs(w.token, held + AMOUNT, held + 2n * AMOUNT);
      await w.rewards.connect(w.alice).setApproval(w.address, true);
      await waitUntil((await now()) + w.bucket);
      const pools = [{ operator: w.operator.address, asset: w.asset_ }];
      const args = [w.alice.address, w.address, pools, w.address] as const;
      await w.hook(w.rewards, w.rewards.interface.encodeFunctionData("claim", [...args]));
      await expect(fund(w, AMOUNT)).to.be.revertedWithCustomError(w.rewards, "InexactTransfer");
    });

    it("Hook while it is claimed: claiming again pays nothing", async () => {
      const w = await hooked();
      await fund(w, AMOUNT);
      await waitUntil((await now()) + 3n * w.bucket);
      const pools = [{ operator: w.operator.address, asset: w.asset_ }];
      for (const [staker, outcome] of [
        [w.alice, "outcomeBefore"],
        [w.bob, "outcomeAfterwards"],
      ] as const) {
        await w.rewards.connect(staker).setApproval(w.address, true);
        const again = w.rewards.interface.encodeFunctionData("claim", [staker.address, w.address, pools, w.address]);
        await w.hook(w.rewards, again, outcome === "outcomeAfterwards");
        const told = await claimable(w, staker);
        expect(told).to.be.greaterThan(0n);
        await expect(claim(w, staker)).to.changeTokenBalances(w.token, [staker, w.address], [told, 0n]);
        expect((await w.token[outcome]()).succeeded).to.equal(true);
      }
    });

    it("Hook while an AVS reclaims, or an operator claims its commission: doing it again pays nothing", async () => {
      const w = await hooked();
      await w.rewards.connect(w.operator).setCommission(w.asset, 1_000n);
      await waitUntil((await now()) + w.notice);
      const endsAt = boundaryAfter(w, (await timeOf(await fund(w, AMOUNT))) + w.bucket);
      await queue(w, w.alice, wad(600n));
      await queue(w, w.bob, wad(400n));
      await waitUntil(endsAt);
      const key = { operator: w.operator.address, asset: w.asset_, endsAt };
      for (const owner of [w.avs, w.operator]) await w.rewards.connect(owner).setApproval(w.address, true);
      const verbs = w.rewards.interface;
      const told = await reclaimable(w, w.avs, endsAt);
      expect(told).to.be.greaterThan(0n);
      await w.hook(w.rewards, verbs.encodeFunctionData("reclaim", [w.avs.address, w.address, [key, key], w.address]));
      await expect(w.rewards.connect(w.avs).reclaim(w.avs, w.token, [key, key], w.recipient)).to.changeTokenBalances(
        w.token,
        [w.recipient, w.address],
        [told, 0n],
      );
      expect((await w.token.outcomeBefore()).succeeded).to.equal(true);
      await w.hook(w.rewards, verbs.encodeFunctionData("claimCommission", [w.operator.address, w.address, w.address]));
      await expect(
        w.rewards.connect(w.operator).claimCommission(w.operator, w.token, w.recipient),
      ).to.changeTokenBalances(w.token, [w.recipient, w.address], [AMOUNT / 10n, 0n]);
      expect((await w.token.outcomeBefore()).succeeded).to.equal(true);
    });

    it("Place or flag cleared and set again: nothing an operator does makes a change of shares go unseen", async () => {
      const w = await loadFixture(deployRewardWorld);
      const start = ((await now()) / w.bucket + 1n) * w.bucket;
      await at(start);
      await fund(w, AMOUNT, { duration: 2n * w.bucket });
      const operator = w.stakeManager.connect(w.operator);
      await operator.closePool(w.asset);
      await at(start + w.bucket);
      // Unseen, alice would earn for 600 shares to the end.
      await queue(w, w.alice, wad(600n));
      await operator.openPool(w.asset, w.operator);
      await operator.registerOperator("");
      expect((await w.stakeManager.pool(w.operator, w.asset)).paysRewards).to.equal(true);
      await waitUntil(start + 2n * w.bucket);
      expect(await claimable(w, w.alice)).to.be.closeTo((AMOUNT * 3n) / 10n, 1n);
      await expect(w.rewards.connect(w.operator).announceRewardToken(w.asset, w.token))
        .to.be.revertedWithCustomError(w.rewards, "TokenAnnounced")
        .withArgs(w.operator.address, w.asset, w.token);
    });

    it("Commission raised just before funding: a delegator who reacts has left before it is in force", async () => {
      const w = await loadFixture(deployRewardWorld);
      const announced = (await now()) + 10n;
      await at(announced);
      await w.rewards.connect(w.operator).setCommission(w.asset, 2_000n);
      await fund(w, AMOUNT);
      // At once: 200.
      expect(await w.rewards.commissionOf(w.operator, w.token)).to.equal(0n);
      await at(announced + 3n * w.bucket);
      const maturity = await queue(w, w.alice, wad(600n));
      expect(maturity).to.be.at.most(announced + w.notice);
      await at(announced + w.notice - 1n);
      await fund(w, AMOUNT);
      expect(await w.rewards.commissionOf(w.operator, w.token)).to.equal(0n);
      expect(await claimable(w, w.alice)).to.be.closeTo((AMOUNT * 6n) / 10n, 1n);
    });

    it("Dust fundings: they stretch and dilute nothing, and lengthen no loop", async () => {
      const w = await loadFixture(deployRewardWorld);
      const start = ((await now()) / w.bucket + 1n) * w.bucket;
      await at(start);
      await fund(w, AMOUNT);
      const cost = async (): Promise<bigint> => {
        const requests = [{ operator: w.operator, shares: wad(1n) }];
        const tx = await w.stakeManager.connect(w.bob).queueWithdrawals(w.bob, w.asset, requests, w.bob);
        return (await receiptOf(tx)).gasUsed;
      };
      await cost();
      const before = await cost();
      // Restarted by each of them, as a single rate and end would be, the stream would never end.
      const fundMuch = async (times: bigint): Promise<void> => {
        for (let i = 0n; i < times; i++) {
          const duration = ((i % 15n) + 1n) * w.bucket;
          await fund(w, 10n, { by: w.otherAvs, set: w.otherSet, duration });
        }
      };
      const late = async (): Promise<bigint> => {
        await waitUntil(start + 200n * w.bucket);
        return cost();
      };
      // One for each boundary at which a stream can end: there are no more to pass, however many there are.
      await fundMuch(15n);
      const snapshot = await takeSnapshot();
      const most = await late();
      await snapshot.restore();
      await fundMuch(85n);
      // But for the zero bytes of times.
      expect(await cost()).to.be.closeTo(before, 100n);
      await waitUntil(start + w.bucket);
      const all = (await claimable(w, w.alice)) + (await claimable(w, w.bob));
      expect(all).to.be.within(AMOUNT - 2n, AMOUNT + 1_000n);
      expect(await late()).to.be.closeTo(most, 100n);
    });

    it("Reclaim as a robbery: an AVS gets back nothing that somebody could earn", async () => {
      const w = await loadFixture(deployRewardWorld);
      await queue(w, w.alice, wad(600n));
      await queue(w, w.bob, wad(400n) - 1n);
      const start = ((await now()) / w.bucket + 1n) * w.bucket;
      await at(start);
      await fund(w, AMOUNT);
      await waitUntil(start + w.bucket);
      // One share is enough.
      expect(await reclaimable(w, w.avs, boundaryAfter(w, start + 1n))).to.equal(0n);
      expect(await claimable(w, w.bob)).to.be.closeTo(AMOUNT, 1n);
    });

    it("Donation: changes no rate and no claim", async () => {
      const w = await loadFixture(deployRewardWorld);
      await fund(w, AMOUNT);
      const [before] = await w.rewards.rewardTokens(w.operator, w.asset);
      await w.token.mint(w.rewards, AMOUNT);
      const [after] = await w.rewards.rewardTokens(w.operator, w.asset);
      expect(after?.rate).to.equal(before?.rate);
      await waitUntil((await now()) + 3n * w.bucket);
      expect(await claimable(w, w.alice)).to.be.closeTo((AMOUNT * 6n) / 10n, 1n);
    });

    it("Front-run of deployment: nobody but its maker uses the deployer, and no other core is accepted", async () => {
      const w = await loadFixture(deployRewardWorld);
      const deployer = await ethers.deployContract("RewardsDeployer");
      const there = await deployer.DISTRIBUTOR();
      // A ledger of the stranger's own, which reports to the same address.
      const args = [w.exitDelay, there, ZeroAddress, 0n] as const;
      const forged = await (await ethers.getContractFactory("StakeManager")).connect(w.stranger).deploy(...args);
      await expect(deployer.connect(w.stranger).deploy(forged))
        .to.be.revertedWithCustomError(deployer, "NotDeployer")
        .withArgs(w.stranger.address, await deployer.DEPLOYER());
    });

    it("A fifth token, and a token for a pool of others: places cannot be taken by strangers", async () => {
      const w = await loadFixture(deployRewardWorld);
      const junk = await deployRewardToken(w, 18);
      await w.rewards.connect(w.stranger).announceRewardToken(w.asset, junk);
      expect(await w.rewards.rewardTokens(w.operator, w.asset)).to.have.lengthOf(1);
    });
  });
});
