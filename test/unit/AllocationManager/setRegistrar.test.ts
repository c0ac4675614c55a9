import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { deployWorld } from "../../helpers/world";

describe("AllocationManager", () => {
  describe("setRegistrar", () => {
    it("names the caller's registrar, and nobody else's", async () => {
      const { allocationManager, avs, otherAvs, stranger } = await loadFixture(deployWorld);
      expect(await allocationManager.registrarOf(avs)).to.equal(ZeroAddress);
      await expect(allocationManager.connect(avs).setRegistrar(stranger))
        .to.emit(allocationManager, "RegistrarSet")
        .withArgs(avs.address, stranger.address);
      expect(await allocationManager.registrarOf(avs)).to.equal(stranger.address);
      expect(await allocationManager.registrarOf(otherAvs)).to.equal(ZeroAddress);
    });

    it("replaces an earlier one, and 0 means none", async () => {
      const { allocationManager, avs, judge, stranger } = await loadFixture(deployWorld);
      for (const registrar of [stranger.address, judge.address, ZeroAddress]) {
        await expect(allocationManager.connect(avs).setRegistrar(registrar))
          .to.emit(allocationManager, "RegistrarSet")
          .withArgs(avs.address, registrar);
        expect(await allocationManager.registrarOf(avs)).to.equal(registrar);
      }
    });
  });
});
