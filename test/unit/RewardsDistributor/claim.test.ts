import { loadFixture, takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import {
  announce,
  at,
  claim,
  claimable,
  deployRewardToken,
  deployRewardWorld,
  fund,
  now,
  type RewardWorld,
} from "../../helpers/rewards";
import { accrued, earnedUnits, perShare, rateOf, unitsOf } from "../../helpers/reward-math";
import { NEVER } from "../../helpers/signatures";
import { wad } from "../../helpers/units";
import { expectEvents, queue, stake, waitUntil } from "../../helpers/world";

const AMOUNT = 1_000n * 10n ** 6n;

/** Funds at a boundary for as long as it takes to the next one, and says when it was. */
async function fundAtBoundary(w: RewardWorld, amount: bigint, token = w.token): Promise<bigint> {
  const start = ((await now()) / w.bucket + 1n) * w.bucket;
  await at(start);
  await fund(w, amount, { token });
  return start;
}

describe("RewardsDistributor", () => {
  describe("claim", () => {
    it("pays what has streamed to the staker's shares, to the unit", async () => {
      const w = await loadFixture(deployRewardWorld);
      const start = await fundAtBoundary(w, AMOUNT);
      await at(start + 12_345n);
      const tx = await claim(w, w.alice);
      const rate = rateOf(w, AMOUNT, w.bucket);
      const expected = earnedUnits(w, rate, 12_345n, [wad(600n), wad(1_000n)]);
      expect(expected).to.be.closeTo((AMOUNT * 6n * 12_345n) / (10n * w.bucket), 1n);
      await expect(tx).to.changeTokenBalances(w.token, [w.rewards, w.alice], [-expected, expected]);
      await expectEvents(w.rewards, tx, [
        ["RewardClaimed", [w.alice, w.operator, w.token, w.asset, w.alice, expected]],
      ]);
    });

    it("pays what `claimable` tells in the same block, also while nothing was settled", async () => {
      const w = await loadFixture(deployRewardWorld);
      const start = await fundAtBoundary(w, AMOUNT);
      for (const second of [start + 7n, start + w.bucket - 1n, start + w.bucket, start + w.bucket + 1n]) {
        const snapshot = await takeSnapshot();
        await at(second);
        await claim(w, w.bob);
        const paid = await w.token.balanceOf(w.bob);
        await snapshot.restore();
        await waitUntil(second);
        expect(await claimable(w, w.bob)).to.equal(paid);
        expect(paid).to.be.greaterThan(0n);
      }
    });

    it("keeps less than a unit for the next claim, so that claiming often loses nothing", async () => {
      const w = await loadFixture(deployRewardWorld);
      const token = await deployRewardToken(w, 0);
      await announce(w, { token });
      const start = await fundAtBoundary(w, 10n, token);
      for (let i = 1n; i <= 40n; i++) {
        await at(start + (i * w.bucket) / 40n);
        await claim(w, w.alice, { token });
      }
      // 6 but for what is rounded down, which is far below a unit, and keeps it from being 6.
      const rate = rateOf(w, 10n, w.bucket, 0);
      expect(await token.balanceOf(w.alice)).to.equal(5n);
      expect(unitsOf(accrued(wad(600n), perShare(w, rate * w.bucket, wad(1_000n))), 0)).to.equal(5n);
      await fund(w, 1n, { token });
      await waitUntil((await now()) + 2n * w.bucket);
      expect(await claimable(w, w.alice, { token })).to.equal(1n);
    });

    it("pays once: claiming again in the same second pays nothing, and does not revert", async () => {
      const w = await loadFixture(deployRewardWorld);
      const start = await fundAtBoundary(w, AMOUNT);
      await waitUntil(start + 2n * w.bucket);
      const pool = { operator: w.operator, asset: w.asset };
      const told = await claimable(w, w.alice);
      const twice = w.rewards.connect(w.alice).claim(w.alice, w.token, [pool, pool], w.alice);
      await expect(twice).to.changeTokenBalance(w.token, w.alice, told);
      await expect(claim(w, w.alice)).to.changeTokenBalance(w.token, w.alice, 0n);
    });

    it("pays many pools to another receiver in one transfer, and many tokens in one call", async () => {
      const w = await loadFixture(deployRewardWorld);
      const second = await deployRewardToken(w, 18);
      await announce(w, { token: second });
      await announce(w, { operator: w.rival });
      await stake(w, w.alice, wad(5n), { operator: w.rival });
      await fund(w, AMOUNT);
      await fund(w, AMOUNT, { operator: w.rival });
      await fund(w, wad(1n), { token: second });
      await waitUntil((await now()) + 3n * w.bucket);
      const pools = [w.operator, w.rival].map((operator) => ({ operator: operator.address, asset: w.asset }));
      const both = await w.rewards.claimable(w.alice, w.token, pools);
      const other = await claimable(w, w.alice, { token: second });
      expect(both).to.be.closeTo((AMOUNT * 16n) / 10n, 2n);
      const asset = await w.asset.getAddress();
      const encode = (token: string, operators: readonly string[]): string => {
        const keys = operators.map((operator) => ({ operator, asset }));
        return w.rewards.interface.encodeFunctionData("claim", [w.alice.address, token, keys, w.recipient.address]);
      };
      const encoded = [
        encode(await w.token.getAddress(), [w.operator.address, w.rival.address]),
        encode(await second.getAddress(), [w.operator.address]),
      ];
      await w.rewards.connect(w.alice).multicall(encoded);
      expect(await w.token.balanceOf(w.recipient)).to.equal(both);
      expect(await second.balanceOf(w.recipient)).to.equal(other);
    });

    it("pays those who have left what they had earned", async () => {
      const w = await loadFixture(deployRewardWorld);
      const start = await fundAtBoundary(w, AMOUNT);
      await at(start + 1_000n);
      await queue(w, w.alice, wad(600n));
      await waitUntil(start + 2n * w.bucket);
      const rate = rateOf(w, AMOUNT, w.bucket);
      const expected = earnedUnits(w, rate, 1_000n, [wad(600n), wad(1_000n)]);
      await expect(claim(w, w.alice)).to.changeTokenBalance(w.token, w.alice, expected);
    });

    it("pays nothing to those who never were there, and reverts for no token of the pool", async () => {
      const w = await loadFixture(deployRewardWorld);
      await fund(w, AMOUNT);
      await waitUntil((await now()) + 3n * w.bucket);
      await expect(claim(w, w.stranger)).to.changeTokenBalance(w.token, w.stranger, 0n);
      await expect(claim(w, w.alice, { token: w.second }))
        .to.be.revertedWithCustomError(w.rewards, "TokenNotAnnounced")
        .withArgs(w.operator.address, w.asset, w.second);
      await expect(claimable(w, w.alice, { operator: w.rival }))
        .to.be.revertedWithCustomError(w.rewards, "TokenNotAnnounced")
        .withArgs(w.rival.address, w.asset, w.token);
    });

    it("refuses to pay nobody, and itself", async () => {
      const w = await loadFixture(deployRewardWorld);
      for (const receiver of [ZeroAddress, await w.rewards.getAddress()]) {
        await expect(w.rewards.connect(w.alice).claim(w.alice, w.token, [], receiver))
          .to.be.revertedWithCustomError(w.rewards, "InvalidReceiver")
          .withArgs(receiver);
      }
    });

    describe("when somebody else claims", () => {
      it("refuses the operator, the AVS, the receiver of the stake, a stranger", async () => {
        const w = await loadFixture(deployRewardWorld);
        for (const caller of [w.operator, w.avs, w.bob, w.stranger]) {
          await expect(w.rewards.connect(caller).claim(w.alice, w.token, [], w.alice))
            .to.be.revertedWithCustomError(w.rewards, "NotApproved")
            .withArgs(caller.address, w.alice.address);
        }
      });

      it("lets an account claim that the staker has approved here, until it does not any more", async () => {
        const w = await loadFixture(deployRewardWorld);
        await fund(w, AMOUNT);
        await waitUntil((await now()) + 3n * w.bucket);
        const told = await claimable(w, w.alice);
        const pools = [{ operator: w.operator, asset: w.asset }];
        const call = () => w.rewards.connect(w.bob).claim(w.alice, w.token, pools, w.recipient);
        // An approval for the stake is none for its rewards.
        await w.stakeManager.connect(w.alice).setApproval(w.bob, true);
        await expect(call()).to.be.revertedWithCustomError(w.rewards, "NotApproved");
        await w.rewards.connect(w.alice).setApproval(w.bob, true);
        await expect(call()).to.changeTokenBalances(w.token, [w.recipient, w.alice, w.bob], [told, 0n, 0n]);
        await w.rewards.connect(w.alice).setApproval(w.bob, false);
        await expect(call())
          .to.be.revertedWithCustomError(w.rewards, "NotApproved")
          .withArgs(w.bob.address, w.alice.address);
      });

      for (const contract of [false, true]) {
        it(`takes the signature of ${contract ? "a contract (ERC-1271)" : "an account"}, once, for this contract`, async () => {
          const w = await loadFixture(deployRewardWorld);
          const wallet = await ethers.deployContract("MockERC1271Wallet", [w.alice]);
          const owner = contract ? await wallet.getAddress() : w.alice.address;
          const { chainId } = await ethers.provider.getNetwork();
          const verifyingContract = await w.rewards.getAddress();
          const domain = { name: "Bulkhead RewardsDistributor", version: "1", chainId, verifyingContract };
          const types = {
            SetApproval: [
              { name: "owner", type: "address" },
              { name: "account", type: "address" },
              { name: "approved", type: "bool" },
              { name: "nonce", type: "uint256" },
              { name: "expiry", type: "uint48" },
            ],
          };
          const consent = { owner, account: w.bob.address, approved: true, nonce: 0n, expiry: NEVER };
          const stakeDomain = { ...domain, name: "Bulkhead StakeManager" };
          const wrong = await w.alice.signTypedData(stakeDomain, types, consent);
          await expect(w.rewards.setApprovalBySig(owner, w.bob, true, NEVER, wrong))
            .to.be.revertedWithCustomError(w.rewards, "SignatureInvalid")
            .withArgs(owner);
          const signature = await w.alice.signTypedData(domain, types, consent);
          await expect(w.rewards.setApprovalBySig(owner, w.bob, true, NEVER, signature))
            .to.emit(w.rewards, "ApprovalSet")
            .withArgs(owner, w.bob.address, true);
          await w.rewards.connect(w.bob).claim(owner, w.token, [], w.bob);
          await expect(w.rewards.setApprovalBySig(owner, w.bob, true, NEVER, signature))
            .to.be.revertedWithCustomError(w.rewards, "SignatureInvalid")
            .withArgs(owner);
        });
      }
    });
  });

  describe("claimCommission", () => {
    it("pays the operator what all of its pools have brought in the token, once", async () => {
      const w = await loadFixture(deployRewardWorld);
      await stake(w, w.alice, wad(1n), { asset: w.second });
      await announce(w, { asset: w.second });
      for (const asset of [w.asset, w.second]) await w.rewards.connect(w.operator).setCommission(asset, 2_000n);
      await waitUntil((await now()) + w.notice);
      for (const asset of [w.asset, w.second]) await fund(w, AMOUNT, { asset });
      const operator = w.rewards.connect(w.operator);
      const amount = (AMOUNT * 2n) / 5n;
      expect(await operator.claimCommission.staticCall(w.operator, w.token, w.recipient)).to.equal(amount);
      const tx = await operator.claimCommission(w.operator, w.token, w.recipient);
      await expect(tx).to.changeTokenBalance(w.token, w.recipient, amount);
      await expectEvents(w.rewards, tx, [["CommissionClaimed", [w.operator, w.token, w.recipient, amount]]]);
      await expect(operator.claimCommission(w.operator, w.token, w.recipient)).to.changeTokenBalance(
        w.token,
        w.recipient,
        0n,
      );
    });

    it("is for the operator and whom it has approved", async () => {
      const w = await loadFixture(deployRewardWorld);
      const call = () => w.rewards.connect(w.alice).claimCommission(w.operator, w.token, w.alice);
      await expect(call())
        .to.be.revertedWithCustomError(w.rewards, "NotApproved")
        .withArgs(w.alice.address, w.operator.address);
      await w.rewards.connect(w.operator).setApproval(w.alice, true);
      await expect(call()).not.to.be.reverted;
      await expect(w.rewards.connect(w.operator).claimCommission(w.operator, w.token, ZeroAddress))
        .to.be.revertedWithCustomError(w.rewards, "InvalidReceiver")
        .withArgs(ZeroAddress);
    });
  });
});
