import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { days } from "../../helpers/units";
import { deployWorld } from "../../helpers/world";

const MINUTES = 60n;

async function deploySlasher(exitDelay: bigint) {
  const factory = await ethers.getContractFactory("Slasher");
  const args = [exitDelay, ZeroAddress, ZeroAddress, 0n] as const;
  // Under coverage the code is far longer than signers expect.
  const gasLimit = await ethers.provider.estimateGas(await factory.getDeployTransaction(...args));
  return await factory.deploy(...args, { gasLimit });
}

describe("Slasher", () => {
  describe("constructor", () => {
    it("creates both ledgers, each of which answers to it alone", async () => {
      const { slasher, stakeManager, allocationManager } = await loadFixture(deployWorld);
      expect(await slasher.STAKE_MANAGER()).to.equal(await stakeManager.getAddress());
      expect(await slasher.ALLOCATION_MANAGER()).to.equal(await allocationManager.getAddress());
      expect(await stakeManager.SLASHER()).to.equal(await slasher.getAddress());
      expect(await allocationManager.SLASHER()).to.equal(await slasher.getAddress());
      expect(await slasher.slashCount()).to.equal(0n);
    });

    for (const exitDelay of [2n * MINUTES, days(14n), days(56n)]) {
      it(`gives both ledgers the delays that follow from ${exitDelay} seconds`, async () => {
        const slasher = await deploySlasher(exitDelay);
        const stakeManager = await ethers.getContractAt("StakeManager", await slasher.STAKE_MANAGER());
        const allocationManager = await ethers.getContractAt("AllocationManager", await slasher.ALLOCATION_MANAGER());
        for (const ledger of [stakeManager, allocationManager]) {
          expect(await ledger.EXIT_DELAY()).to.equal(exitDelay);
          expect(await ledger.BUCKET()).to.equal(exitDelay / 8n);
          expect(await ledger.NOTICE()).to.equal(exitDelay + exitDelay / 2n);
        }
      });
    }

    const refused = [
      { title: "too short", exitDelay: 2n * MINUTES - 8n },
      { title: "too long", exitDelay: days(56n) + 8n },
      { title: "no multiple of 8 seconds", exitDelay: days(14n) + 1n },
      { title: "nothing", exitDelay: 0n },
    ];
    for (const { title, exitDelay } of refused) {
      it(`refuses an exit delay that is ${title}`, async () => {
        const factory = await ethers.getContractFactory("Slasher");
        const ledger = await ethers.getContractFactory("StakeManager");
        await expect(factory.deploy(exitDelay, ZeroAddress, ZeroAddress, 0n))
          .to.be.revertedWithCustomError(ledger, "ExitDelayOutOfBounds")
          .withArgs(exitDelay, 2n * MINUTES, days(56n));
      });
    }
  });
});
