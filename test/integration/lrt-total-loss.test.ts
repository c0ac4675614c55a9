import { expect } from "chai";
import {
  type ClosedEpoch,
  closeEpoch,
  deployLrtWith,
  giveTo,
  type Lrt,
  proposeSlash,
  settleEpoch,
  target,
} from "../helpers/lrt";
import { expectRefusal, now, passTo } from "../helpers/stake";
import { wad } from "../helpers/units";

/** A token of which one operator has all but `left`, and requests at every stage. */
interface Lost extends Lrt {
  /** Settled before; alice has claimed 20 of her 60 shares, and bob none of his 40. */
  settled: ClosedEpoch;
  /** Closed, and not mature: 10 shares of alice. */
  closed: ClosedEpoch;
}

/** Deploys it, and slashes the operator by all that it has. The third epoch is open, with 10 shares of bob. */
async function loseAll(decimals: bigint, left: (unit: bigint) => bigint): Promise<Lost> {
  const lrt = await deployLrtWith({ decimals, bufferBps: 0n, operatorRiskBps: 10_000n });
  const { token, allocator, operators, alice, bob, bucket, unit } = lrt;
  const set = await giveTo(lrt, wad(1n), { vetoWindow: 0n });
  await target(lrt, [operators[0], 10_000n]);
  await token.connect(alice).deposit(600n * unit, alice);
  await token.connect(bob).deposit(400n * unit, bob);
  await allocator.allocate(operators[0], (await token.totalAssets()) - left(unit));
  await token.connect(alice).requestRedeem(60n * unit, alice, alice);
  await token.connect(bob).requestRedeem(40n * unit, bob, bob);
  const settled = await closeEpoch(lrt);
  await passTo(settled.maturity - bucket);
  await token.connect(alice).requestRedeem(10n * unit, alice, alice);
  const closed = await closeEpoch(lrt);
  await settleEpoch(lrt, settled);
  await token.connect(alice).redeem(20n * unit, alice, alice);
  await token.connect(bob).requestRedeem(10n * unit, bob, bob);
  expect(await now()).to.be.lessThan(closed.maturity);
  await proposeSlash(lrt, set, wad(1n));
  return { ...lrt, settled, closed };
}

/** What a claim of shares pays. */
async function claim({ token, asset }: Lrt, who: Lrt["alice"], shares: bigint): Promise<bigint> {
  const before = await asset.balanceOf(who);
  expect(await token.maxRedeem(who)).to.equal(shares);
  await token.connect(who).redeem(shares, who, who);
  return (await asset.balanceOf(who)) - before;
}

describe("a liquid restaking token that has lost everything", () => {
  for (const decimals of [18n, 6n]) {
    for (const [what, left] of [
      ["nothing is left", () => 0n],
      ["half a token was idle", (unit: bigint) => unit / 2n],
    ] as const) {
      it(`lets every request be claimed, and nobody mint, when ${what}, with ${decimals} decimals`, async () => {
        const lost = await loseAll(decimals, left);
        const { token, queue, allocator, operators, alice, bob, carol, unit, closed } = lost;
        const [total, supply] = [await token.totalAssets(), await token.totalSupply()];
        const rest = left(unit);
        expect(total).to.be.at.most(rest);
        expect(await token.sureAssets()).to.equal(total);

        for (const enter of [
          async () => token.connect(carol).deposit(unit, carol),
          async () => token.connect(carol).mint(unit, carol),
        ]) {
          await expectRefusal(enter, token, "NotSound", [total, supply]);
        }
        expect([await token.maxDeposit(carol), await token.maxMint(carol)]).to.deep.equal([0n, 0n]);
        expect(await token.borrowable()).to.equal(false);

        // What was settled before is paid as it was: partly claimed, and not claimed at all.
        expect(await claim(lost, alice, 40n * unit)).to.be.closeTo(40n * unit, 4n);
        expect(await claim(lost, bob, 40n * unit)).to.be.closeTo(40n * unit, 4n);

        // What was closed has its cash, and what was open its part of the cash that is left.
        await settleEpoch(lost, closed);
        expect(await claim(lost, alice, 10n * unit)).to.equal(closed.assets);
        const open = await closeEpoch(lost);
        expect(open.assets).to.equal((total * 10n * unit) / supply);
        if (open.items.length !== 0) await settleEpoch(lost, open);
        expect((await queue.epochState(open.epoch)).status).to.equal(3n);
        expect(await claim(lost, bob, 10n * unit)).to.equal(open.assets);

        // A new request, too; and at once there is what is left, or nothing.
        await token.connect(alice).requestRedeem(unit, alice, alice);
        const last = await closeEpoch(lost);
        await settleEpoch(lost, last);
        expect(await claim(lost, alice, unit)).to.equal(last.assets);
        const [assets] = await token.previewInstantRedeem(unit);
        if (rest === 0n)
          await expectRefusal(async () => token.connect(bob).instantRedeem(unit, 0n, bob), token, "ZeroAssets", []);
        else await token.connect(bob).instantRedeem(unit, assets, bob);

        await allocator.evict(operators[0]);
        await passTo((await allocator.operatorState(operators[0])).maturity);
        await allocator.collect(operators[0]);
        expect(await allocator.operators()).to.deep.equal([]);
        await token.harvest();
        expect(await token.totalAssets()).to.be.at.most(total);
      });
    }
  }
});
