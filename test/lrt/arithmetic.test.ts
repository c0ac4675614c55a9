import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { closeEpoch, deployLrtWith, giveTo, type Lrt, proposeSlash, settleEpoch, target } from "../helpers/lrt";
import { bps, days, WAD, wad } from "../helpers/units";

/** What a slash takes of all that is in the token. */
const LOSS = bps(300n);

/** What is idle of all. */
const BUFFER = bps(500n);

/** A token of which 5 % are idle; a set that slashes at once has half of the pool in which 30 % are. */
async function deployBuffered(exitFeeBps: bigint): Promise<Lrt & { set: string }> {
  const lrt = await deployLrtWith({ exitFeeBps });
  const { token, allocator, alice, bob, operators, unit } = lrt;
  const targets = [3_000n, 3_250n, 3_250n];
  await target(lrt, ...operators.map((operator, index) => [operator, targets[index] ?? 0n] as const));
  await token.connect(alice).deposit(200n * unit, alice);
  await token.connect(bob).deposit(800n * unit - lrt.seed, bob);
  for (const [index, operator] of operators.entries()) {
    await allocator.allocate(operator, ((targets[index] ?? 0n) * unit) / 10n);
  }
  return { ...lrt, set: await giveTo(lrt, wad("0.5"), { vetoWindow: 0n }) };
}

const deployCheap = async (): Promise<Lrt & { set: string }> => await deployBuffered(30n);
const deployDear = async (): Promise<Lrt & { set: string }> => await deployBuffered(300n);

/** Slashes 3 % of all, of which 30 % are with the first operator, who has given half of that. */
async function slash(lrt: Lrt & { set: string }): Promise<void> {
  await proposeSlash(lrt, lrt.set, (LOSS * 20n) / 3n);
}

/** What is left for each who stays, if who leaves is owed a rate that was fixed when they asked. */
function staysAfterFixed(leaving: bigint, rate: bigint): bigint {
  return ((WAD - LOSS - (leaving * rate) / WAD) * WAD) / (WAD - leaving);
}

/** Harm to those who stay, of each: b · (ℓ − fee) / (1 − b). */
function harm(fee: bigint): bigint {
  return (BUFFER * (LOSS - fee)) / (WAD - BUFFER);
}

describe("Arithmetic of the exits, by example", () => {
  describe("when 20 % leave and 3 % are lost", () => {
    it("a rate fixed at the request would leave 0.9625 to who stays, and 1 to who leaves", () => {
      expect(staysAfterFixed(bps(2_000n), WAD)).to.equal(wad("0.9625"));
    });

    for (const moment of ["before the close", "after it"] as const) {
      it(`slices leave 0.97 to everyone, if it is lost ${moment}`, async () => {
        const lrt = await loadFixture(deployCheap);
        const { token, alice, asset, unit } = lrt;
        await token.connect(alice).requestRedeem(200n * unit, alice, alice);
        if (moment === "before the close") await slash(lrt);
        const closed = await closeEpoch(lrt);
        if (moment === "after it") await slash(lrt);
        await settleEpoch(lrt, closed);
        const before = await asset.balanceOf(alice);
        await token.connect(alice).redeem(200n * unit, alice, alice);
        // One unit of each of three positions, and of the cash.
        expect((await asset.balanceOf(alice)) - before).to.be.closeTo(194n * unit, 4n);
        expect(await token.totalAssets()).to.be.closeTo(776n * unit, 4n);
        expect(await token.getRate()).to.be.closeTo(wad("0.97"), 1n);
      });
    }
  });

  describe("when the buffer of 5 % leaves at once, and 3 % are lost after it", () => {
    for (const { fee, expected } of [
      { fee: 0n, expected: 157_894n },
      { fee: 30n, expected: 142_105n },
      { fee: 300n, expected: 0n },
    ]) {
      it(`a fee of ${Number(fee) / 100} % leaves ${(Number(expected) / 1e4).toFixed(1)} bps of harm to who stays`, () => {
        expect(harm(bps(fee)) / 10n ** 10n).to.equal(expected);
      });
    }

    for (const { fee, fixture } of [
      { fee: 30n, fixture: deployCheap },
      { fee: 300n, fixture: deployDear },
    ]) {
      it(`the token does so at a fee of ${Number(fee) / 100} %`, async () => {
        const lrt = await loadFixture(fixture);
        const { token, alice, unit } = lrt;
        // So that no fee is taken of what is harvested at a lower price.
        await token.harvest();
        await token.connect(alice).instantRedeem(50n * unit, 0n, alice);
        await slash(lrt);
        // What stays of the exit streams, and is no part of the price before.
        await token.harvest();
        await time.increase(days(30n));
        await token.harvest();
        await time.increase(days(30n));
        expect(WAD - LOSS - (await token.getRate())).to.be.closeTo(harm(bps(fee)), 1n);
      });
    }
  });
});
