import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { AbiCoder, dataLength, dataSlice, hexlify, keccak256, randomBytes } from "ethers";
import { propose, proposeAndRead, type SlashRecord, Status } from "../../helpers/slash";
import { bps, wad } from "../../helpers/units";
import { act, allocateActive, at, createJoinedSet, deployWorld, now, stake } from "../../helpers/world";

const SLASH =
  "tuple(uint256 id, bytes32 operatorSet, address operator, uint16 epoch, address slasher, address resolver, " +
  "address recipient, uint48 proposedAt, uint48 deadline, uint48 periodAt, uint64 fraction, bytes32 evidence, " +
  "tuple(address asset, uint64 magnitude, uint64 fromLeaving, uint48 leavingAt, uint256 assets)[] cuts)";

/** First 25 bytes of the hash of the record's ABI encoding. */
function hashOf(record: SlashRecord): string {
  return dataSlice(keccak256(AbiCoder.defaultAbiCoder().encode([SLASH], [record])), 0, 25);
}

/** A set of both assets, with 40 % of both pools; only `asset` has stake. */
async function allocated() {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w, { assets: [w.asset, w.second] });
  await allocateActive(w, [[set, bps(4000n)]]);
  await allocateActive(w, [[set, bps(4000n)]], { asset: w.second });
  return { ...w, set };
}

describe("Slasher", () => {
  describe("recordHash", () => {
    it("is the first 200 bits of the hash of the record", async () => {
      const w = await loadFixture(allocated);
      const record = await proposeAndRead(w, w.set, bps(2500n), { evidence: hexlify(randomBytes(32)) });
      expect(await w.slasher.recordHash(record)).to.equal(hashOf(record));
      const changed = { ...record, fraction: record.fraction + 1n };
      expect(await w.slasher.recordHash(changed)).to.equal(hashOf(changed));
      expect(hashOf(changed)).not.to.equal(hashOf(record));
    });
  });

  describe("slashState", () => {
    it("is nothing for slashes that were never proposed", async () => {
      const { slasher } = await loadFixture(allocated);
      const none = "0x" + "00".repeat(25);
      expect(await slasher.slashState(0n)).to.deep.equal([none, 0n, 0n]);
      expect(await slasher.slashState(1n)).to.deep.equal([none, 0n, 0n]);
    });

    for (const status of [Status.Vetoed, Status.Finalised] as const) {
      it(`keeps the hash for ever, and when it was ${Status[status]}`, async () => {
        const w = await loadFixture(allocated);
        const record = await proposeAndRead(w, w.set, bps(2500n));
        expect(await w.slasher.slashState(1n)).to.deep.equal([hashOf(record), BigInt(Status.Proposed), 0n]);
        if (status === Status.Finalised) await at(record.deadline);
        await act(w, status === Status.Vetoed ? w.slasher.connect(w.judge).veto(record) : w.slasher.finalise(record));
        expect(await w.slasher.slashState(1n)).to.deep.equal([hashOf(record), BigInt(status), await now()]);
      });
    }
  });

  describe("the record supplied", () => {
    it("counts in its one encoding, without anything behind it", async () => {
      const w = await loadFixture(allocated);
      const record = await proposeAndRead(w, w.set, bps(2500n));
      const data = w.slasher.interface.encodeFunctionData("veto", [record]);
      // The same record behind a longer offset, and with a word behind it.
      const word = "00".repeat(32);
      const offset = dataSlice(data, 0, 4) + word.slice(0, 62) + "40" + word;
      const others = [data + word, offset + dataSlice(data, 36).slice(2)];
      for (const other of others) {
        expect(dataLength(other)).to.equal(dataLength(data) + 32);
        await expect(w.judge.sendTransaction({ to: w.slasher, data: other }))
          .to.be.revertedWithCustomError(w.slasher, "RecordMismatch")
          .withArgs(1n);
      }
      await w.judge.sendTransaction({ to: w.slasher, data });
      expect((await w.slasher.slashState(1n)).status).to.equal(Status.Vetoed);
    });
  });

  describe("slashEventCount", () => {
    it("moves at every propose, veto and final in the asset, and for no other asset", async () => {
      const w = await loadFixture(allocated);
      const counts = async () => [await w.slasher.slashEventCount(w.asset), await w.slasher.slashEventCount(w.second)];
      expect(await counts()).to.deep.equal([0n, 0n]);
      const first = await proposeAndRead(w, w.set, bps(1000n));
      expect(await counts()).to.deep.equal([1n, 0n]);
      await w.slasher.connect(w.judge).veto(first);
      expect(await counts()).to.deep.equal([2n, 0n]);
      await stake(w, w.bob, wad(10n), { asset: w.second });
      const second = await proposeAndRead(w, w.set, bps(1000n));
      expect(await counts()).to.deep.equal([3n, 1n]);
      await at(second.deadline);
      await w.slasher.finalise(second);
      expect(await counts()).to.deep.equal([4n, 2n]);
    });

    it("moves once for a slash of an instant set", async () => {
      const w = await loadFixture(deployWorld);
      const set = await createJoinedSet(w, { vetoWindow: 0n });
      await allocateActive(w, [[set, bps(4000n)]]);
      await propose(w, set, bps(1000n));
      expect(await w.slasher.slashEventCount(w.asset)).to.equal(1n);
      expect(await w.slasher.slashCount()).to.equal(1n);
    });
  });
});
