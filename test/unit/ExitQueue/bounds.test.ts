import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import {
  type ClosedEpoch,
  closeEpoch,
  deployLrt,
  deployStakedLrt,
  giveTo,
  leave,
  type Lrt,
  proposeSlash,
  settleEpoch,
  waitUntilClosable,
} from "../../helpers/lrt";
import { at, expectRefusal, now, passTo } from "../../helpers/stake";
import { days, wad } from "../../helpers/units";

/** A fixture: alice's and bob's epoch was settled after a slash of a half of nearly all stake. */
async function deployCut(): Promise<Lrt> {
  const lrt = await loadFixture(deployStakedLrt);
  const set = await giveTo(lrt, wad(1n), { vetoWindow: 0n, operators: lrt.operators });
  const closed = await leave(lrt);
  for (const operator of lrt.operators) await proposeSlash(lrt, set, wad("0.5"), operator);
  await settleEpoch(lrt, closed);
  return lrt;
}

/** A fixture: alice has requests of 1 and 2 shares in two epochs, which were settled. */
async function deployTwo(): Promise<Lrt> {
  const lrt = await loadFixture(deployStakedLrt);
  const { token, alice, unit, bucket } = lrt;
  const closed: ClosedEpoch[] = [];
  for (const shares of [1n, 2n]) {
    await token.connect(alice).requestRedeem(shares * unit, alice, alice);
    closed.push(await closeEpoch(lrt));
    await passTo(((await now()) / bucket + 1n) * bucket);
  }
  for (const epoch of closed) await settleEpoch(lrt, epoch);
  return lrt;
}

describe("ExitQueue", () => {
  describe("closableAt", () => {
    it("is in the second half of a bucket, the odd second in the first", async () => {
      const { config } = await loadFixture(deployLrt);
      const exitDelay = days(7n) + 8n;
      const bucket = exitDelay / 8n;
      const slasher = await ethers.deployContract("Slasher", [exitDelay, ZeroAddress, ZeroAddress, 0n]);
      const token = await ethers.deployContract("LiquidRestakingToken", ["Odd", "ODD", { ...config, slasher }]);
      const queue = await ethers.getContractAt("ExitQueue", await token.EXIT_QUEUE());
      const begin = ((await now()) / bucket + 1n) * bucket;
      await passTo(begin + 1n);
      expect(await queue.closableAt()).to.equal(begin + (bucket + 1n) / 2n);
      expect(await queue.redeemEta()).to.equal(begin + bucket + exitDelay);
    });
  });

  describe("claims", () => {
    it("take all shares for all that they are worth, where a unit is worth several shares", async () => {
      const { token, queue, alice, unit } = await loadFixture(deployCut);
      const { assets, shares } = await queue.epochState(1n);
      const worth = (own: bigint) => (own * assets) / shares;
      let own = 60n * unit;
      while ((worth(own) * shares + assets - 1n) / assets === own) own--;
      await token.connect(alice).redeem(60n * unit - own, alice, alice);
      expect(await token.connect(alice).withdraw.staticCall(worth(own), alice, alice)).to.equal(own);
    });

    it("leave one share of the oldest request where it is", async () => {
      const { token, alice, unit } = await loadFixture(deployTwo);
      await token.connect(alice).redeem(unit - 1n, alice, alice);
      expect(await token.maxRedeem(alice)).to.equal(1n);
      expect(await token.claimableRedeemRequest(1n, alice)).to.equal(1n);
    });

    it("leave nothing behind of a request that was not the first", async () => {
      const { token, alice, unit } = await loadFixture(deployTwo);
      await token.connect(alice).redeem(unit, alice, alice);
      expect(await token.claimableRedeemRequest(1n, alice)).to.equal(0n);
      expect(await token.claimableRedeemRequest(2n, alice)).to.equal(2n * unit);
      await token.connect(alice).redeem(2n * unit, alice, alice);
      expect(await token.claimableRedeemRequest(2n, alice)).to.equal(0n);
    });

    it("that are worth nothing move nothing", async () => {
      const { token, asset, alice } = await loadFixture(deployCut);
      await expect(token.connect(alice).redeem(1n, alice, alice)).not.to.emit(asset, "Transfer");
    });

    it("that were early pay late what their parts were rounded by, be it one unit", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, queue, exitDelay, alice } = lrt;
      const set = await giveTo(lrt, wad("0.5"), { vetoWindow: exitDelay / 2n });
      const closed = await leave(lrt);
      await at(closed.maturity - 1n);
      await proposeSlash(lrt, set, wad("0.2"));
      await settleEpoch(lrt, closed);
      const { assets, shares, status } = await queue.epochState(1n);
      expect(status).to.equal(2n);
      const paid = (part: bigint) => (part * assets) / shares;
      expect(paid(10n) - 5n * paid(2n)).to.be.greaterThan(1n);
      let claimed = 0n;
      let sum = 0n;
      while (paid(claimed) - sum < 1n) {
        await token.connect(alice).redeem(2n, alice, alice);
        claimed += 2n;
        sum += paid(2n);
      }
      expect(paid(claimed) - sum).to.equal(1n);
      expect(await token.connect(alice).claimLate.staticCall(1n, alice, alice)).to.equal(1n);
      await token.connect(alice).claimLate(1n, alice, alice);
      expect(await queue.lateClaim(alice, 1n)).to.deep.equal([claimed, sum + 1n]);
      await expectRefusal(async () => token.connect(alice).claimLate(1n, alice, alice), queue, "NothingLate", [
        alice.address,
        1n,
      ]);
    });
  });

  describe("close", () => {
    it("moves no cash where there is none", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, queue, asset, alice, keeper } = lrt;
      await token.connect(alice).requestRedeem(1n, alice, alice);
      await waitUntilClosable(lrt);
      await expect(queue.connect(keeper).close()).not.to.emit(asset, "Transfer");
    });
  });
});
