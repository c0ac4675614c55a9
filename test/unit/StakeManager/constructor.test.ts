import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { at, BURN_ADDRESS, deployGuardedStake, deployStake, EXIT_DELAY, MIN_FACTOR } from "../../helpers/stake";
import { days } from "../../helpers/units";

/** An address for constructors that do not call it. */
const SOMEBODY = "0x000000000000000000000000000000000000bEEF";

const MAX_GUARD = days(365n);
const MIN_EXIT_DELAY = 120n;
const MAX_EXIT_DELAY = days(56n);

describe("StakeManager", () => {
  describe("constructor", () => {
    it("fixes who slashes, who is told of shares, the delays and the constants", async () => {
      const { stake, slasher, distributor } = await loadFixture(deployStake);
      expect(await stake.SLASHER()).to.equal(slasher);
      expect(await stake.REWARDS_DISTRIBUTOR()).to.equal(distributor);
      expect(await stake.LAUNCH_GUARD()).to.equal(ZeroAddress);
      expect(await stake.GUARDED_UNTIL()).to.equal(0n);
      expect(await stake.EXIT_DELAY()).to.equal(EXIT_DELAY);
      expect(await stake.BUCKET()).to.equal(EXIT_DELAY / 8n);
      expect(await stake.NOTICE()).to.equal(EXIT_DELAY + EXIT_DELAY / 2n);
      expect(await stake.BURN_ADDRESS()).to.equal(BURN_ADDRESS);
      expect(await stake.MIN_FACTOR()).to.equal(MIN_FACTOR);
    });

    it("fixes the launch guard and its end", async () => {
      const { stake, launchGuard, guardedUntil } = await loadFixture(deployGuardedStake);
      expect(await stake.LAUNCH_GUARD()).to.equal(launchGuard);
      expect(await stake.GUARDED_UNTIL()).to.equal(guardedUntil);
    });

    for (const exitDelay of [MIN_EXIT_DELAY, MIN_EXIT_DELAY + 8n, EXIT_DELAY, MAX_EXIT_DELAY]) {
      it(`takes an exit delay of ${exitDelay} seconds`, async () => {
        const stake = await ethers.deployContract("StakeManager", [exitDelay, ZeroAddress, ZeroAddress, 0n]);
        expect([await stake.EXIT_DELAY(), await stake.BUCKET(), await stake.NOTICE()]).to.deep.equal([
          exitDelay,
          exitDelay / 8n,
          exitDelay + exitDelay / 2n,
        ]);
      });
    }

    const wrong = [0n, MIN_EXIT_DELAY - 8n, MIN_EXIT_DELAY + 1n, EXIT_DELAY + 7n, MAX_EXIT_DELAY + 8n, 2n ** 32n - 8n];
    for (const exitDelay of wrong) {
      it(`refuses an exit delay of ${exitDelay} seconds`, async () => {
        const factory = await ethers.getContractFactory("StakeManager");
        await expect(factory.deploy(exitDelay, ZeroAddress, ZeroAddress, 0n))
          .to.be.revertedWithCustomError(factory, "ExitDelayOutOfBounds")
          .withArgs(exitDelay, MIN_EXIT_DELAY, MAX_EXIT_DELAY);
      });
    }

    describe("when there is a launch guard", () => {
      it("ends it within a year", async () => {
        const now = BigInt(await time.latest());
        await at(now + 10n);
        const last = now + 10n + MAX_GUARD;
        const stake = await ethers.deployContract("StakeManager", [EXIT_DELAY, ZeroAddress, SOMEBODY, last]);
        expect(await stake.GUARDED_UNTIL()).to.equal(last);
      });

      for (const { what, launchGuard, over } of [
        { what: "a guard for a year and a second", launchGuard: SOMEBODY, over: 1n },
        { what: "a date without a guard", launchGuard: ZeroAddress, over: 0n },
      ]) {
        it(`refuses ${what}`, async () => {
          const factory = await ethers.getContractFactory("StakeManager");
          const now = BigInt(await time.latest());
          await at(now + 10n);
          const max = now + 10n + MAX_GUARD;
          await expect(factory.deploy(EXIT_DELAY, ZeroAddress, launchGuard, max + over))
            .to.be.revertedWithCustomError(factory, "GuardOutOfBounds")
            .withArgs(launchGuard, max + over, max);
        });
      }

      it("refuses a guard without a date", async () => {
        const factory = await ethers.getContractFactory("StakeManager");
        const now = BigInt(await time.latest());
        await at(now + 10n);
        await expect(factory.deploy(EXIT_DELAY, ZeroAddress, SOMEBODY, 0n))
          .to.be.revertedWithCustomError(factory, "GuardOutOfBounds")
          .withArgs(SOMEBODY, 0n, now + 10n + MAX_GUARD);
      });
    });
  });
});
