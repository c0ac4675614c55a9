import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";

async function deployHarness() {
  return await ethers.deployContract("LrtHarness");
}

const AMOUNT = 2n ** 104n - 1n;
const SECOND = 2n ** 48n - 1n;
const SHARES = 2n ** 95n - 1n;
const OPERATOR = ethers.getAddress("0x8765432187654321876543218765432187654321");
const LAST = ethers.getAddress(`0x${"f".repeat(40)}`);

describe("LrtSlots", () => {
  it("keep what is idle, what streams and since when side by side", async () => {
    const harness = await loadFixture(deployHarness);
    for (const parts of [
      [0n, 0n, 0n],
      [AMOUNT, 0n, 0n],
      [0n, AMOUNT, 0n],
      [0n, 0n, SECOND],
      [1n, 2n, 3n],
      [1n << 103n, 1n << 103n, 1n << 47n],
      [AMOUNT, AMOUNT, SECOND],
    ] as const) {
      const [idle, streaming, streamedAt] = parts;
      const word = idle | (streaming << 104n) | (streamedAt << 208n);
      expect(await harness.cash(idle, streaming, streamedAt)).to.deep.equal([word, ...parts]);
    }
  });

  it("keep an operator, the stake with it, and whether it is leaving side by side", async () => {
    const harness = await loadFixture(deployHarness);
    for (const parts of [
      [ethers.ZeroAddress, 0n, false],
      [ethers.ZeroAddress, 0n, true],
      [LAST, 0n, false],
      [OPERATOR, SHARES, false],
      [OPERATOR, SHARES, true],
      [OPERATOR, 1n, true],
      [OPERATOR, 1n << 94n, false],
      [LAST, SHARES, true],
    ] as const) {
      const [operator, shares, leaving] = parts;
      const word = (BigInt(operator) << 96n) | (leaving ? 1n << 95n : 0n) | shares;
      expect(await harness.stake(operator, shares, leaving)).to.deep.equal([word, ...parts]);
    }
  });
});
