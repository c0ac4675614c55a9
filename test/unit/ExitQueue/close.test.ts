import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import {
  closeEpoch,
  deployStakedLrt,
  deployStakedLrt6,
  giveTo,
  leave,
  type Lrt,
  proposeSlash,
  readClosed,
} from "../../helpers/lrt";
import { at, expectRefusal, now } from "../../helpers/stake";
import { wad } from "../../helpers/units";

/** What the core has queued for a batch with each operator. */
async function queuedFor({ stakeManager, asset, operators }: Lrt, batch: string, maturity: bigint): Promise<bigint[]> {
  const records = operators.map(async (operator) => stakeManager.withdrawal(batch, operator, asset, maturity));
  return (await Promise.all(records)).map(({ shares }) => shares);
}

/** Beginning of the bucket that follows. */
async function nextBucket({ bucket }: Lrt): Promise<bigint> {
  return ((await now()) / bucket + 1n) * bucket;
}

describe("ExitQueue", () => {
  describe("close", () => {
    for (const { decimals, fixture } of [
      { decimals: 18, fixture: deployStakedLrt },
      { decimals: 6, fixture: deployStakedLrt6 },
    ]) {
      describe(`when there are requests, asset of ${decimals} decimals`, () => {
        it("gives the epoch its fraction of every position and of the cash, and burns its shares", async () => {
          const lrt = await loadFixture(fixture);
          const { token, queue, asset, stakeManager, operators, unit, exitDelay } = lrt;
          const [supply, { idle }] = [await token.totalSupply(), await token.books()];
          const { epoch, batch, maturity, shares, assets, items } = await leave(lrt);
          expect([epoch, shares]).to.deep.equal([1n, 100n * unit]);
          expect(batch).to.equal(await queue.batchOf(1n));
          expect(assets).to.equal((idle * shares) / supply);
          expect(await asset.balanceOf(batch)).to.equal(assets);
          expect(maturity).to.equal(await stakeManager.currentMaturity());
          expect(maturity).to.equal((await nextBucket(lrt)) + exitDelay);
          const slice = (300n * unit * shares) / supply;
          expect(await queuedFor(lrt, batch, maturity)).to.deep.equal([slice, slice, slice]);
          expect(new Set(items.map(({ operator }) => operator))).to.deep.equal(
            new Set(operators.map(({ address }) => address)),
          );
          expect(await token.totalSupply()).to.equal(supply - shares);
          expect(await token.balanceOf(queue)).to.equal(0n);
        });

        it("moves the price by at most one unit for each operator, in favour of those who stay", async () => {
          const lrt = await loadFixture(fixture);
          const { token } = lrt;
          const before = { total: await token.totalAssets(), supply: await token.totalSupply() };
          await leave(lrt);
          const after = { total: await token.totalAssets(), supply: await token.totalSupply() };
          const fair = (before.total * after.supply) / before.supply;
          expect(after.total).to.be.within(fair - 3n, fair + 4n);
        });

        it("says what was closed, and opens the next epoch", async () => {
          const lrt = await loadFixture(fixture);
          const { queue, token } = lrt;
          const { idle } = await token.books();
          const supply = await token.totalSupply();
          const { epoch, batch, maturity, shares, items } = await leave(lrt);
          const state = await queue.epochState(1n);
          expect([state.shares, state.status, state.maturity]).to.deep.equal([shares, 1n, maturity]);
          expect(await queue.openEpoch()).to.deep.equal([2n, 0n]);
          const { EpochClosed } = queue.filters;
          const [log] = await queue.queryFilter(EpochClosed(epoch));
          const keys = items.map(({ operator, maturity: at_ }) => [operator, at_]);
          await expect(log?.getTransaction())
            .to.emit(queue, "EpochClosed")
            .withArgs(epoch, batch, maturity, shares, (idle * shares) / supply, keys);
        });
      });
    }

    it("passes a leaving operator's queued shares on", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, allocator, curator, operators, stakeManager, asset, unit, keeper } = lrt;
      await allocator.connect(curator).setTarget(operators[1], 0n);
      await allocator.connect(keeper).evict(operators[1]);
      const { maturity: leavesAt } = await allocator.operatorState(operators[1]);
      const supply = await token.totalSupply();
      const { batch, shares, items } = await leave(lrt);
      const slice = (300n * unit * shares) / supply;
      const passed = await stakeManager.withdrawal(batch, operators[1], asset, leavesAt);
      expect(passed.shares).to.equal(slice);
      expect((await allocator.operatorState(operators[1])).shares).to.equal(300n * unit - slice);
      expect(items).to.deep.include({ operator: operators[1].address, maturity: leavesAt });
    });

    it("skips slices of 0, and takes no cash if there is none of it", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, queue, alice } = lrt;
      await token.connect(alice).requestRedeem(1n, alice, alice);
      const { items, assets, epoch } = await closeEpoch(lrt);
      expect([items, assets]).to.deep.equal([[], 0n]);
      expect((await queue.epochState(epoch)).status).to.equal(3n);
      // One unit of a share is worth less than one unit of anything: it is paid 0.
      await token.connect(alice).redeem(1n, alice, alice);
    });

    it("shares what is contested between those who leave and those who stay", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token } = lrt;
      await proposeSlash(lrt, await giveTo(lrt, wad("0.5")), wad("0.1"));
      const [total, sure, supply] = [await token.totalAssets(), await token.sureAssets(), await token.totalSupply()];
      await leave(lrt);
      const left = await token.totalSupply();
      expect(await token.totalAssets()).to.be.closeTo((total * left) / supply, 4n);
      expect(await token.sureAssets()).to.be.closeTo((sure * left) / supply, 4n);
    });

    it("is refused if nobody wants to leave", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      await expect(lrt.queue.close()).to.be.revertedWithCustomError(lrt.queue, "NothingToClose").withArgs(1n);
    });

    describe("when it is early", () => {
      it("waits for the second half of a bucket, to the second", async () => {
        const lrt = await loadFixture(deployStakedLrt);
        const { token, queue, alice, bucket, unit } = lrt;
        const begin = await nextBucket(lrt);
        await at(begin);
        await token.connect(alice).requestRedeem(unit, alice, alice);
        const half = begin + bucket / 2n;
        expect(await queue.closableAt()).to.equal(half);
        await at(half - 1n);
        await expectRefusal(async () => queue.close(), queue, "TooEarlyToClose", [half]);
        await at(half);
        await queue.close();
      });

      it("closes in the last second of a bucket, not in the first of the next", async () => {
        const lrt = await loadFixture(deployStakedLrt);
        const { token, queue, alice, bucket, unit } = lrt;
        const begin = await nextBucket(lrt);
        await token.connect(alice).requestRedeem(unit, alice, alice);
        await at(begin);
        await expectRefusal(async () => queue.close(), queue, "TooEarlyToClose", [begin + bucket / 2n]);
        await at(begin + bucket - 1n);
        await queue.close();
      });

      it("closes one epoch in a bucket", async () => {
        const lrt = await loadFixture(deployStakedLrt);
        const { token, queue, alice, bucket, unit } = lrt;
        const begin = await nextBucket(lrt);
        await token.connect(alice).requestRedeem(unit, alice, alice);
        await at(begin + bucket / 2n);
        await queue.close();
        await token.connect(alice).requestRedeem(unit, alice, alice);
        const next = begin + bucket + bucket / 2n;
        expect(await queue.closableAt()).to.equal(next);
        await at(begin + bucket - 1n);
        await expectRefusal(async () => queue.close(), queue, "TooEarlyToClose", [next]);
        await at(next);
        const { epoch } = await readClosed(lrt, await queue.close());
        expect(epoch).to.equal(2n);
      });
    });

    describe("when it is foretold", () => {
      it("is known at the request when it will pay, at most 1.5 buckets after the exit delay", async () => {
        const lrt = await loadFixture(deployStakedLrt);
        const { token, queue, alice, bucket, exitDelay, unit } = lrt;
        const begin = await nextBucket(lrt);
        await at(begin + bucket / 2n);
        await token.connect(alice).requestRedeem(unit, alice, alice);
        expect(await queue.redeemEta()).to.equal(begin + bucket + exitDelay);
        await at(begin + bucket / 2n + 1n);
        const { maturity } = await readClosed(lrt, await queue.close());
        expect(maturity).to.equal(begin + bucket + exitDelay);
        await token.connect(alice).requestRedeem(unit, alice, alice);
        expect((await queue.redeemEta()) - (await now())).to.equal(exitDelay + bucket + bucket / 2n - 2n);
      });
    });
  });
});
