import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { days } from "../../helpers/units";

async function deployHarness() {
  return await ethers.deployContract("LrtHarness");
}

const HOUR = 3_600n;
const DAY = days(1n);
const BOOKED = 2n ** 104n - 1n;
const FULL = 2n ** 256n - 1n;

/** Factors and divisors from the least to the greatest; two below 2^128 need no product of 512 bits. */
const TRIPLES = [
  [0n, 7n, 3n],
  [7n, 0n, 3n],
  [7n, 3n, 2n],
  [7n, 2n, 2n],
  [1n, 1n, 2n],
  [BOOKED, BOOKED, BOOKED - 1n],
  [2n ** 128n - 1n, 2n ** 128n - 1n, 3n],
  [2n ** 128n, 2n ** 128n, 2n ** 129n],
  [2n ** 128n, 3n, 7n],
  [3n, 2n ** 128n, 7n],
  [2n ** 127n, 2n ** 129n, 2n ** 3n],
  [2n ** 129n, 2n ** 127n, 2n ** 3n],
  [FULL, FULL, FULL],
  [FULL, 2n, 3n],
] as const;

const down = (x: bigint, numerator: bigint, denominator: bigint) => (x * numerator) / denominator;
const up = (x: bigint, numerator: bigint, denominator: bigint) => (x * numerator + denominator - 1n) / denominator;

describe("LrtMath", () => {
  it("mulDivDown is ⌊x · numerator / denominator⌋, of whatever has a quotient that fits", async () => {
    const harness = await loadFixture(deployHarness);
    for (const [x, numerator, denominator] of TRIPLES) {
      expect(await harness.mulDivDown(x, numerator, denominator)).to.equal(down(x, numerator, denominator));
    }
    await expect(harness.mulDivDown(2n ** 128n, 2n ** 128n, 1n)).to.be.revertedWithPanic(0x11);
    await expect(harness.mulDivDown(1n, 1n, 0n)).to.be.revertedWithPanic(0x12);
  });

  it("mulDivUp is ⌈x · numerator / denominator⌉", async () => {
    const harness = await loadFixture(deployHarness);
    for (const [x, numerator, denominator] of TRIPLES) {
      expect(await harness.mulDivUp(x, numerator, denominator)).to.equal(up(x, numerator, denominator));
    }
  });

  it("toSharesDown is ⌊assets · S / A⌋, one for each before there are any, none after all was lost", async () => {
    const harness = await loadFixture(deployHarness);
    expect(await harness.toSharesDown(10n, 3n, 2n)).to.equal(6n);
    expect(await harness.toSharesDown(10n, 3n, 1n)).to.equal(3n);
    expect(await harness.toSharesDown(10n, 1n, 1n)).to.equal(10n);
    expect(await harness.toSharesDown(10n, 0n, 0n)).to.equal(10n);
    expect(await harness.toSharesDown(10n, 3n, 0n)).to.equal(10n);
    expect(await harness.toSharesDown(10n, 0n, 5n)).to.equal(0n);
  });

  it("toAssetsDown is ⌊shares · A / S⌋, one for each before there are any", async () => {
    const harness = await loadFixture(deployHarness);
    expect(await harness.toAssetsDown(10n, 2n, 3n)).to.equal(6n);
    expect(await harness.toAssetsDown(10n, 2n, 1n)).to.equal(20n);
    expect(await harness.toAssetsDown(10n, 3n, 0n)).to.equal(10n);
    expect(await harness.toAssetsDown(10n, 0n, 3n)).to.equal(0n);
  });

  it("toAssetsUp is ⌈shares · A / S⌉, one for each before there are any", async () => {
    const harness = await loadFixture(deployHarness);
    expect(await harness.toAssetsUp(10n, 2n, 3n)).to.equal(7n);
    expect(await harness.toAssetsUp(10n, 2n, 1n)).to.equal(20n);
    expect(await harness.toAssetsUp(10n, 3n, 0n)).to.equal(10n);
    expect(await harness.toAssetsUp(9n, 2n, 3n)).to.equal(6n);
  });

  it("isCalm is (A − B) · 1000 ≤ A", async () => {
    const harness = await loadFixture(deployHarness);
    for (const [total, sure, calm] of [
      [0n, 0n, true],
      [999n, 999n, true],
      [999n, 998n, false],
      [1_000n, 999n, true],
      [1_000n, 998n, false],
      [2_000n, 1_998n, true],
      [1_001n, 999n, false],
      [BOOKED, 0n, false],
      [BOOKED, BOOKED, true],
    ] as const) {
      expect(await harness.isCalm(total, sure), `A = ${total}, B = ${sure}`).to.equal(calm);
    }
  });

  it("isSound is 1000 · A ≥ S", async () => {
    const harness = await loadFixture(deployHarness);
    for (const [total, supply, sound] of [
      [0n, 0n, true],
      [0n, 1n, false],
      [1n, 999n, true],
      [1n, 1_000n, true],
      [1n, 1_001n, false],
      [7n, 7_000n, true],
      [7n, 7_001n, false],
      [BOOKED, BOOKED, true],
    ] as const) {
      expect(await harness.isSound(total, supply), `A = ${total}, S = ${supply}`).to.equal(sound);
    }
  });

  describe("vestedDown", () => {
    const [begun, ends] = [1_000n, 1_000n + days(7n)];

    it("is on a straight line from the last vesting to the end of the cycle", async () => {
      const harness = await loadFixture(deployHarness);
      for (const elapsed of [0n, 1n, 2n, HOUR, DAY, days(6n) + 5n, days(7n) - 1n]) {
        expect(await harness.vestedDown(1_000_003n, begun, ends, BOOKED, begun + elapsed)).to.equal(
          (1_000_003n * elapsed) / days(7n),
        );
      }
    });

    it("is all of it at the end, and from then on", async () => {
      const harness = await loadFixture(deployHarness);
      for (const time of [ends, ends + 1n, ends + days(30n)]) {
        expect(await harness.vestedDown(1_000_003n, begun, ends, BOOKED, time)).to.equal(1_000_003n);
      }
      expect(await harness.vestedDown(1_000_003n, ends, ends, BOOKED, ends + 5n)).to.equal(1_000_003n);
    });

    it("is 25 bps of A a day at most, within the cycle and after it", async () => {
      const harness = await loadFixture(deployHarness);
      const total = 1_000_003n;
      for (const elapsed of [1n, HOUR, DAY - 1n, DAY, days(7n), days(9n) + 1n]) {
        expect(await harness.vestedDown(total, begun, ends, total, begun + elapsed)).to.equal(
          (total * 25n * elapsed) / (10_000n * DAY),
        );
      }
      expect(await harness.vestedDown(total, begun, ends, total, begun + DAY)).to.equal(2_500n);
      expect(await harness.vestedDown(total, begun, ends, 0n, begun + DAY)).to.equal(0n);
    });

    it("is whole where both bounds meet", async () => {
      const harness = await loadFixture(deployHarness);
      expect(await harness.vestedDown(2_500n, begun, begun + DAY, 1_000_000n, begun + DAY)).to.equal(2_500n);
      expect(await harness.vestedDown(2_501n, begun, begun + DAY, 1_000_000n, begun + DAY)).to.equal(2_500n);
      expect(await harness.vestedDown(2_499n, begun, begun + DAY, 1_000_000n, begun + DAY)).to.equal(2_499n);
    });
  });

  describe("auctionPriceUp", () => {
    it("halves each hour", async () => {
      const harness = await loadFixture(deployHarness);
      for (const hours of [0n, 1n, 2n, 3n, 10n, 47n]) {
        expect(await harness.auctionPriceUp(2n ** 60n, hours * HOUR)).to.equal(2n ** (60n - hours));
      }
    });

    it("is on a straight line within each hour, rounded up", async () => {
      const harness = await loadFixture(deployHarness);
      for (const start of [1n, 1_000n, 10n ** 18n + 1n, 2n ** 112n - 1n]) {
        for (const hours of [0n, 1n, 5n, 47n]) {
          for (const seconds of [0n, 1n, 1_799n, 1_800n, 3_599n]) {
            const price = up(start, 2n * HOUR - seconds, (2n * HOUR) << hours);
            expect(await harness.auctionPriceUp(start, hours * HOUR + seconds)).to.equal(price);
          }
        }
      }
      expect(await harness.auctionPriceUp(1_000n, 1_800n)).to.equal(750n);
    });
  });
});
