import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress, toBeHex } from "ethers";
import { WAD } from "../../helpers/units";
import { deployWorld, type SetOptions, usualTerms, type World } from "../../helpers/world";

const MAX_UINT32 = 2n ** 32n - 1n;

/** Addresses 0x1, 0x2 … in ascending order: a set may name assets that do not exist. */
function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, index) => toBeHex(index + 1, 20));
}

/** Creates set 1 of the AVS with terms that differ from the usual ones. */
async function create(w: World, terms: SetOptions) {
  return await w.allocationManager.connect(w.avs).createOperatorSet(1n, usualTerms(w, terms), "ipfs://set");
}

describe("AllocationManager", () => {
  describe("createOperatorSet", () => {
    it("keeps the terms, and emits them whole", async () => {
      const w = await loadFixture(deployWorld);
      const { allocationManager, avs, judge, resolver, recipient, exitDelay } = w;
      const key = await allocationManager.operatorSetKey(avs, 1n);
      const assets = [await w.asset.getAddress(), await w.second.getAddress()];
      const terms = { assets, maxSlash: 5n, period: exitDelay, vetoWindow: 60n };
      const values = [assets, 5n, exitDelay, 60n, judge.address, resolver.address, recipient.address];
      await expect(create(w, terms))
        .to.emit(allocationManager, "OperatorSetCreated")
        .withArgs(key, avs.address, judge.address, values, "ipfs://set");
      expect(await allocationManager.operatorSetTerms(key)).to.deep.equal(values);
    });

    it("returns the key: the AVS's address, then 12 bytes of the id", async () => {
      const w = await loadFixture(deployWorld);
      const create_ = w.allocationManager.connect(w.avs).createOperatorSet;
      const key = await create_.staticCall(MAX_UINT32, usualTerms(w), "");
      expect(key).to.equal(w.avs.address.toLowerCase() + "0000000000000000ffffffff");
      expect(key).to.equal(await w.allocationManager.operatorSetKey(w.avs, MAX_UINT32));
    });

    it("keeps the sets of two AVSs, and of two ids, apart", async () => {
      const w = await loadFixture(deployWorld);
      const { allocationManager } = w;
      const sets = [
        { avs: w.avs, id: 0n, maxSlash: 1n },
        { avs: w.avs, id: 1n, maxSlash: 2n },
        { avs: w.otherAvs, id: 0n, maxSlash: 3n },
      ];
      for (const { avs, id, maxSlash } of sets) {
        await allocationManager.connect(avs).createOperatorSet(id, usualTerms(w, { maxSlash }), "");
      }
      for (const { avs, id, maxSlash } of sets) {
        const terms = await allocationManager.operatorSetTerms(await allocationManager.operatorSetKey(avs, id));
        expect(terms.maxSlash).to.equal(maxSlash);
      }
    });

    it("refuses an id that the AVS has used", async () => {
      const w = await loadFixture(deployWorld);
      await create(w, {});
      await expect(create(w, { maxSlash: 1n }))
        .to.be.revertedWithCustomError(w.allocationManager, "OperatorSetExists")
        .withArgs(await w.allocationManager.operatorSetKey(w.avs, 1n));
    });

    describe("when a term is at its bound", () => {
      const accepted: readonly [title: string, terms: (w: World) => SetOptions][] = [
        ["1 asset", () => ({ assets: addresses(1) })],
        ["8 assets", () => ({ assets: addresses(8) })],
        ["maxSlash of 1 unit", () => ({ maxSlash: 1n })],
        ["maxSlash of all", () => ({ maxSlash: WAD })],
        ["a period of one bucket", ({ bucket }) => ({ period: bucket })],
        ["the longest period", () => ({ period: MAX_UINT32 })],
        ["a veto window of half the exit delay", ({ exitDelay }) => ({ vetoWindow: exitDelay / 2n })],
        ["a veto window of 1 second", () => ({ vetoWindow: 1n })],
        ["no veto window and no resolver", () => ({ vetoWindow: 0n, resolver: ZeroAddress })],
        ["no slasher", () => ({ slasher: ZeroAddress })],
        ["no recipient: burned", () => ({ recipient: ZeroAddress })],
      ];
      for (const [title, terms] of accepted) {
        it(`accepts ${title}`, async () => {
          const w = await loadFixture(deployWorld);
          const wanted = usualTerms(w, terms(w));
          await create(w, terms(w));
          const key = await w.allocationManager.operatorSetKey(w.avs, 1n);
          const found = await w.allocationManager.operatorSetTerms(key);
          for (const name of ["maxSlash", "period", "vetoWindow"] as const) {
            expect(found[name]).to.equal(wanted[name]);
          }
          expect(found.assets.length).to.equal(wanted.assets.length);
          expect(found.slasher).to.equal(terms(w).slasher ?? w.judge.address);
          expect(found.recipient).to.equal(terms(w).recipient ?? w.recipient.address);
          expect(found.resolver).to.equal(terms(w).resolver ?? w.resolver.address);
        });
      }
    });

    describe("when a term is out of bounds", () => {
      type Case = readonly [
        title: string,
        terms: (w: World) => SetOptions,
        refusal: (w: World) => [error: string, args: unknown[]],
      ];
      const [one, two] = [toBeHex(1, 20), toBeHex(2, 20)];
      const refused: readonly Case[] = [
        ["no asset", () => ({ assets: [] }), () => ["AssetCountOutOfBounds", [0n, 8n]]],
        ["9 assets", () => ({ assets: addresses(9) }), () => ["AssetCountOutOfBounds", [9n, 8n]]],
        ["asset 0", () => ({ assets: [ZeroAddress] }), () => ["AssetsNotAscending", [ZeroAddress, ZeroAddress]]],
        ["an asset twice", () => ({ assets: [one, one] }), () => ["AssetsNotAscending", [one, one]]],
        ["descending assets", () => ({ assets: [two, one] }), () => ["AssetsNotAscending", [two, one]]],
        ["maxSlash 0", () => ({ maxSlash: 0n }), () => ["MaxSlashOutOfBounds", [0n]]],
        ["maxSlash of more than all", () => ({ maxSlash: WAD + 1n }), () => ["MaxSlashOutOfBounds", [WAD + 1n]]],
        [
          "a period of a bucket less a second",
          ({ bucket }) => ({ period: bucket - 1n }),
          ({ bucket }) => ["PeriodTooShort", [bucket - 1n, bucket]],
        ],
        [
          "a veto window of half the exit delay and a second",
          ({ exitDelay }) => ({ vetoWindow: exitDelay / 2n + 1n }),
          ({ exitDelay }) => ["VetoWindowTooLong", [exitDelay / 2n + 1n, exitDelay / 2n]],
        ],
        [
          "a veto window without resolver",
          () => ({ vetoWindow: 60n, resolver: ZeroAddress }),
          () => ["ResolverMismatch", [ZeroAddress, 60n]],
        ],
        [
          "a resolver without veto window",
          ({ resolver }) => ({ vetoWindow: 0n, resolver }),
          ({ resolver }) => ["ResolverMismatch", [resolver.address, 0n]],
        ],
      ];
      for (const [title, terms, refusal] of refused) {
        it(`refuses ${title}`, async () => {
          const w = await loadFixture(deployWorld);
          const [error, args] = refusal(w);
          await expect(create(w, terms(w)))
            .to.be.revertedWithCustomError(w.allocationManager, error)
            .withArgs(...args);
          const key = await w.allocationManager.operatorSetKey(w.avs, 1n);
          await expect(w.allocationManager.operatorSetTerms(key))
            .to.be.revertedWithCustomError(w.allocationManager, "OperatorSetUnknown")
            .withArgs(key);
        });
      }
    });
  });
});
