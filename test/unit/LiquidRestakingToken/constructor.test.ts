import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { encodeBytes32String, MaxUint256 } from "ethers";
import { ethers } from "hardhat";
import { DECIMALS, deployLrt, type Lrt, type LrtOptions } from "../../helpers/lrt";

const UINT96 = 2n ** 96n - 1n;

/** Every bounded parameter: its bounds, and a value that it would be refused with. */
const BOUNDED = [
  { name: "performanceFeeBps", min: 0n, max: 2_000n },
  { name: "exitFeeBps", min: 10n, max: 500n },
  { name: "bufferBps", min: 0n, max: 5_000n },
  { name: "operatorRiskBps", min: 1n, max: 10_000n },
  { name: "serviceRiskBps", min: 1n, max: 10_000n },
] as const;

async function deployAgain({ config, token }: Lrt, some: LrtOptions): Promise<unknown> {
  const factory = await ethers.getContractFactory("LiquidRestakingToken");
  return await factory.deploy(await token.name(), await token.symbol(), { ...config, ...some });
}

describe("LiquidRestakingToken", () => {
  describe("constructor", () => {
    for (const { decimals, fixture } of DECIMALS) {
      describe(`when the asset has ${decimals} decimals`, () => {
        it("is a token of as many decimals, wired to the core and to its own parts", async () => {
          const { token, queue, allocator, auction, asset, stakeManager, treasury, ...core } =
            await loadFixture(fixture);
          expect(await token.decimals()).to.equal(decimals);
          expect([await token.name(), await token.symbol()]).to.deep.equal(["Bulkhead WETH", "bhWETH"]);
          expect(await token.asset()).to.equal(asset);
          expect(await token.share()).to.equal(token);
          expect(await token.SLASHER()).to.equal(core.slasher);
          expect(await token.STAKE_MANAGER()).to.equal(stakeManager);
          expect(await allocator.STAKE_MANAGER()).to.equal(stakeManager);
          expect(await allocator.ALLOCATION_MANAGER()).to.equal(core.allocationManager);
          for (const part of [queue, allocator, auction]) expect(await part.TOKEN()).to.equal(token);
          expect(await token.EXIT_QUEUE()).to.equal(queue);
          expect(await token.ALLOCATOR()).to.equal(allocator);
          expect(await token.REWARD_AUCTION()).to.equal(auction);
          expect(await token.FEE_RECIPIENT()).to.equal(treasury);
          expect(await asset.allowance(token, stakeManager)).to.equal(MaxUint256);
          expect(await stakeManager.isApproved(token, allocator)).to.equal(true);
          for (const other of [queue, auction]) expect(await stakeManager.isApproved(token, other)).to.equal(false);
        });

        it("asks for a seed of 10^(decimals − 2), and at least 10^6 units", async () => {
          const { token } = await loadFixture(fixture);
          expect(await token.MIN_SEED()).to.equal(10n ** BigInt(Math.max(6, decimals - 2)));
        });
      });
    }

    it("keeps its parameters", async () => {
      const { token, allocator, config } = await loadFixture(deployLrt);
      expect(await token.PERFORMANCE_FEE_BPS()).to.equal(config.performanceFeeBps);
      expect(await token.EXIT_FEE_BPS()).to.equal(config.exitFeeBps);
      expect(await token.MAX_TOTAL_ASSETS()).to.equal(config.maxTotalAssets);
      expect(await token.cap()).to.equal(config.maxTotalAssets);
      expect(await token.entryPaused()).to.equal(false);
      expect(await allocator.BUFFER_BPS()).to.equal(config.bufferBps);
      expect(await allocator.OPERATOR_RISK_BPS()).to.equal(config.operatorRiskBps);
      expect(await allocator.SERVICE_RISK_BPS()).to.equal(config.serviceRiskBps);
      expect(await allocator.MAX_OPERATORS()).to.equal(32n);
    });

    for (const { name, min, max } of BOUNDED) {
      it(`takes ${name} from ${min} to ${max}, and nothing outside`, async () => {
        const lrt = await loadFixture(deployLrt);
        await deployAgain(lrt, { [name]: min });
        await deployAgain(lrt, { [name]: max });
        const outside = min === 0n ? [max + 1n] : [min - 1n, max + 1n];
        for (const value of outside) {
          await expect(deployAgain(lrt, { [name]: value }))
            .to.be.revertedWithCustomError(lrt.token, "ParameterOutOfBounds")
            .withArgs(encodeBytes32String(name), value, min, max);
        }
      });
    }

    it("takes maxTotalAssets from 1 on", async () => {
      const lrt = await loadFixture(deployLrt);
      await deployAgain(lrt, { maxTotalAssets: 1n });
      await deployAgain(lrt, { maxTotalAssets: UINT96 });
      await expect(deployAgain(lrt, { maxTotalAssets: 0n }))
        .to.be.revertedWithCustomError(lrt.token, "ParameterOutOfBounds")
        .withArgs(encodeBytes32String("maxTotalAssets"), 0n, 1n, UINT96);
    });

    it("takes assets of 24 decimals, not of 25", async () => {
      const lrt = await loadFixture(deployLrt);
      const [most, more] = await Promise.all(
        [24, 25].map(async (decimals) => ethers.deployContract("MockERC20", ["Token", "TOK", decimals])),
      );
      if (most === undefined || more === undefined) throw new Error("Two tokens were to be deployed.");
      await deployAgain(lrt, { asset: await most.getAddress() });
      await expect(deployAgain(lrt, { asset: await more.getAddress() }))
        .to.be.revertedWithCustomError(lrt.token, "ParameterOutOfBounds")
        .withArgs(encodeBytes32String("decimals"), 25n, 0n, 24n);
    });
  });
});
