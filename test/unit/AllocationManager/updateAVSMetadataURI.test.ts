import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { deployWorld } from "../../helpers/world";

describe("AllocationManager", () => {
  describe("updateAVSMetadataURI", () => {
    for (const uri of ["ipfs://metadata", ""]) {
      it(`announces ${JSON.stringify(uri)} for the caller`, async () => {
        const { allocationManager, avs } = await loadFixture(deployWorld);
        await expect(allocationManager.connect(avs).updateAVSMetadataURI(uri))
          .to.emit(allocationManager, "AVSMetadataURIUpdated")
          .withArgs(avs.address, uri);
      });
    }
  });
});
