import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { MAX_SHARES, WAD, wad } from "../../helpers/units";

async function deployHarness() {
  return await ethers.deployContract("LibraryHarness");
}

/** Amounts from nothing to the greatest, and where rounding matters. */
const AMOUNTS = [
  0n,
  1n,
  2n,
  3n,
  7n,
  999_999_999n,
  WAD - 1n,
  WAD,
  WAD + 1n,
  wad(123_456_789n),
  MAX_SHARES - 1n,
  MAX_SHARES,
];
const FRACTIONS = [1n, 2n, 10n ** 9n, WAD / 3n, WAD / 2n, WAD - 1n, WAD];

const down = (numerator: bigint, denominator: bigint) => numerator / denominator;
const up = (numerator: bigint, denominator: bigint) => (numerator + denominator - 1n) / denominator;

describe("WadMath", () => {
  it("toSharesDown is ⌊assets · WAD / factor⌋", async () => {
    const harness = await loadFixture(deployHarness);
    for (const assets of AMOUNTS) {
      for (const factor of FRACTIONS) {
        expect(await harness.toSharesDown(assets, factor)).to.equal(down(assets * WAD, factor));
      }
    }
    expect(await harness.toSharesDown(1_000n, wad("0.3"))).to.equal(3_333n);
  });

  it("toAssetsDown is ⌊shares · rate / WAD⌋", async () => {
    const harness = await loadFixture(deployHarness);
    for (const shares of AMOUNTS) {
      for (const rate of [0n, ...FRACTIONS]) {
        expect(await harness.toAssetsDown(shares, rate)).to.equal(down(shares * rate, WAD));
      }
    }
    expect(await harness.toAssetsDown(7n, wad("0.9"))).to.equal(6n);
  });

  it("toAssetsUp is ⌈shares · rate / WAD⌉", async () => {
    const harness = await loadFixture(deployHarness);
    for (const shares of AMOUNTS) {
      for (const rate of [0n, ...FRACTIONS]) {
        expect(await harness.toAssetsUp(shares, rate)).to.equal(up(shares * rate, WAD));
      }
    }
    expect(await harness.toAssetsUp(7n, wad("0.9"))).to.equal(7n);
  });

  it("mulWadUp is ⌈magnitude · fraction / WAD⌉", async () => {
    const harness = await loadFixture(deployHarness);
    for (const magnitude of [0n, ...FRACTIONS]) {
      for (const fraction of [0n, ...FRACTIONS]) {
        expect(await harness.mulWadUp(magnitude, fraction)).to.equal(up(magnitude * fraction, WAD));
      }
    }
    expect(await harness.mulWadUp(1n, 1n)).to.equal(1n);
  });

  it("mulDivUp is ⌈magnitude · part / whole⌉", async () => {
    const harness = await loadFixture(deployHarness);
    for (const magnitude of [0n, ...FRACTIONS]) {
      for (const part of [0n, ...FRACTIONS]) {
        for (const whole of FRACTIONS) {
          expect(await harness.mulDivUp(magnitude, part, whole)).to.equal(up(magnitude * part, whole));
        }
      }
    }
    expect(await harness.mulDivUp(2n, 1n, 3n)).to.equal(1n);
  });

  it("divUp is ⌈dividend / divisor⌉, also of the greatest dividend", async () => {
    const harness = await loadFixture(deployHarness);
    for (const [dividend, divisor, quotient] of [
      [0n, 1n, 0n],
      [0n, 2n ** 256n - 1n, 0n],
      [1n, 1n, 1n],
      [1n, 2n, 1n],
      [2n, 2n, 1n],
      [3n, 2n, 2n],
      [2n ** 256n - 1n, 1n, 2n ** 256n - 1n],
      [2n ** 256n - 1n, 2n, 2n ** 255n],
      [2n ** 256n - 1n, 2n ** 256n - 1n, 1n],
    ] as const) {
      expect(await harness.divUp(dividend, divisor)).to.equal(quotient);
    }
  });

  it("does not divide by nothing", async () => {
    const harness = await loadFixture(deployHarness);
    await expect(harness.toSharesDown(1n, 0n)).to.be.revertedWithPanic(0x12);
    await expect(harness.mulDivUp(1n, 1n, 0n)).to.be.revertedWithPanic(0x12);
    await expect(harness.divUp(1n, 0n)).to.be.revertedWithPanic(0x12);
  });
});
