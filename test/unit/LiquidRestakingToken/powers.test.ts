import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, ZeroAddress } from "ethers";
import { deployLrt, deployLrtWith, deployStakedLrt, giveTo, type Lrt, proposeSlash, target } from "../../helpers/lrt";
import { expectRefusal } from "../../helpers/stake";
import { wad } from "../../helpers/units";

/** Identifier of an interface: its selectors, combined. */
function interfaceId(...signatures: string[]): string {
  const combined = signatures.map((signature) => BigInt(id(signature).slice(0, 10))).reduce((a, b) => a ^ b, 0n);
  return `0x${combined.toString(16).padStart(8, "0")}`;
}

describe("LiquidRestakingToken", () => {
  describe("setEntryPaused", () => {
    it("closes deposits and opens them again, by the guardian alone", async () => {
      const { token, warden, curator } = await loadFixture(deployLrt);
      await expect(token.connect(warden).setEntryPaused(true)).to.emit(token, "EntryPauseSet").withArgs(true);
      expect(await token.entryPaused()).to.equal(true);
      await expect(token.connect(warden).setEntryPaused(false)).to.emit(token, "EntryPauseSet").withArgs(false);
      expect(await token.entryPaused()).to.equal(false);
      await expectRefusal(async () => token.connect(curator).setEntryPaused(true), token, "AccessManagedUnauthorized", [
        curator.address,
      ]);
    });
  });

  describe("when stake is with operators, and nothing is contested", () => {
    for (const [verb, act] of [
      ["setEntryPaused", async ({ token, warden }: Lrt) => token.connect(warden).setEntryPaused(true)],
      ["lowerCap", async ({ token, warden, unit }: Lrt) => token.connect(warden).lowerCap(2_000n * unit)],
    ] as const) {
      it(`${verb} moves no price, and neither does taking it back`, async () => {
        const lrt = await loadFixture(deployStakedLrt);
        const { token, warden, curator, config } = lrt;
        const prices = async () => [await token.totalAssets(), await token.sureAssets(), await token.borrowable()];
        const before = await prices();
        await act(lrt);
        expect(await prices()).to.deep.equal(before);
        await token.connect(warden).setEntryPaused(false);
        await token.connect(curator).raiseCap(config.maxTotalAssets);
        expect(await prices()).to.deep.equal(before);
      });
    }
  });

  describe("lowerCap and raiseCap", () => {
    it("move the cap within MAX_TOTAL_ASSETS, by the guardian and by the curator", async () => {
      const { token, warden, curator, config, alice, seed } = await loadFixture(deployLrt);
      const max = BigInt(config.maxTotalAssets);
      await expect(token.connect(warden).lowerCap(seed + 5n))
        .to.emit(token, "CapSet")
        .withArgs(seed + 5n);
      expect(await token.cap()).to.equal(seed + 5n);
      expect(await token.maxDeposit(alice)).to.equal(5n);
      await expectRefusal(async () => token.connect(warden).lowerCap(seed + 6n), token, "CapOutOfBounds", [
        seed + 6n,
        0n,
        seed + 5n,
      ]);
      await expectRefusal(async () => token.connect(curator).raiseCap(seed + 4n), token, "CapOutOfBounds", [
        seed + 4n,
        seed + 5n,
        max,
      ]);
      await expectRefusal(async () => token.connect(curator).raiseCap(max + 1n), token, "CapOutOfBounds", [
        max + 1n,
        seed + 5n,
        max,
      ]);
      await token.connect(curator).raiseCap(max);
      await token.connect(warden).lowerCap(0n);
      expect(await token.maxDeposit(alice)).to.equal(0n);
      await expectRefusal(async () => token.connect(curator).lowerCap(0n), token, "AccessManagedUnauthorized", [
        curator.address,
      ]);
      await expectRefusal(async () => token.connect(warden).raiseCap(0n), token, "AccessManagedUnauthorized", [
        warden.address,
      ]);
    });
  });

  describe("lowerCap", () => {
    it("binds from the first unit", async () => {
      const { token, warden, config, alice, seed } = await loadFixture(deployLrt);
      const max = BigInt(config.maxTotalAssets);
      await token.connect(warden).lowerCap(max - 1n);
      expect(await token.maxDeposit(alice)).to.equal(max - 1n - seed);
    });
  });

  describe("supportsInterface", () => {
    it("knows ERC-165, ERC-7540's operators and requests, and ERC-7575, and nothing else", async () => {
      const { token } = await loadFixture(deployLrt);
      const operators = interfaceId("setOperator(address,bool)", "isOperator(address,address)");
      const requests = interfaceId(
        "requestRedeem(uint256,address,address)",
        "pendingRedeemRequest(uint256,address)",
        "claimableRedeemRequest(uint256,address)",
      );
      expect([operators, requests]).to.deep.equal(["0xe3bc4e65", "0x620ee8e4"]);
      for (const known of ["0x01ffc9a7", operators, requests, "0x2f0a18c5", interfaceId("vault(address)")]) {
        expect(await token.supportsInterface(known)).to.equal(true);
      }
      for (const unknown of ["0xffffffff", "0xce3bbe50"]) {
        expect(await token.supportsInterface(unknown)).to.equal(false);
      }
    });
  });

  describe("setOperator", () => {
    it("tells ERC-7540's caller that it was done", async () => {
      const { token, alice, bob } = await loadFixture(deployLrt);
      for (const approved of [true, false]) {
        expect(await token.connect(alice).setOperator.staticCall(bob, approved)).to.equal(true);
      }
    });
  });

  describe("vault", () => {
    it("is the token for its asset, and none for another", async () => {
      const { token, asset } = await loadFixture(deployLrt);
      expect(await token.vault(asset)).to.equal(token);
      expect(await token.vault(token)).to.equal(ZeroAddress);
    });
  });

  describe("conversions", () => {
    it("are one to one before there is anything", async () => {
      const { token } = await deployLrtWith({ seeded: false });
      expect([await token.convertToShares(7n), await token.convertToAssets(7n)]).to.deep.equal([7n, 7n]);
      expect([await token.previewDeposit(7n), await token.previewMint(7n)]).to.deep.equal([7n, 7n]);
      expect([await token.getRate(), await token.sureRate()]).to.deep.equal([wad(1n), wad(1n)]);
      expect(await token.borrowable()).to.equal(false);
    });

    it("are rounded down", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, unit } = lrt;
      await proposeSlash(lrt, await giveTo(lrt, wad(1n), { vetoWindow: 0n }), wad("0.1"));
      const [total, supply] = [await token.totalAssets(), await token.totalSupply()];
      expect((unit * total) % supply).not.to.equal(0n);
      expect(await token.convertToAssets(unit)).to.equal((unit * total) / supply);
    });

    it("give all for all, and no shares after all was lost", async () => {
      const lrt = await deployLrtWith({ bufferBps: 0n, operatorRiskBps: 10_000n });
      const { token, allocator, operators, seed } = lrt;
      await target(lrt, [operators[0], 10_000n]);
      await allocator.allocate(operators[0], seed);
      expect(await token.convertToAssets(seed)).to.equal(seed);
      expect(await token.convertToShares(seed)).to.equal(seed);
      await proposeSlash(lrt, await giveTo(lrt, wad(1n), { vetoWindow: 0n }), wad(1n));
      expect(await token.convertToAssets(seed)).to.equal(0n);
      expect(await token.convertToShares(seed)).to.equal(0n);
    });
  });
});
