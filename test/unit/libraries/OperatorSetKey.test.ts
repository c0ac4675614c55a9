import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { concat, getAddress, toBeHex, ZeroAddress } from "ethers";
import { ethers } from "hardhat";

async function deployHarness() {
  return await ethers.deployContract("LibraryHarness");
}

const ADDRESSES = [ZeroAddress, toBeHex(1n, 20), toBeHex(2n ** 160n - 1n, 20), `0x${"a5".repeat(20)}`].map(getAddress);

describe("OperatorSetKey", () => {
  for (const avs of ADDRESSES) {
    for (const id of [0n, 1n, 2n ** 32n - 1n]) {
      it(`names set ${id} of ${avs} by the address and the id, and finds the address again`, async () => {
        const harness = await loadFixture(deployHarness);
        const key = await harness.encode(avs, id);
        expect(key).to.equal(concat([avs, toBeHex(id, 12)]));
        expect(await harness.avsOf(key)).to.equal(avs);
      });
    }
  }

  it("finds the address whatever the lower bytes are", async () => {
    const harness = await loadFixture(deployHarness);
    const avs = getAddress(`0x${"a5".repeat(20)}`);
    expect(await harness.avsOf(concat([avs, `0x${"ff".repeat(12)}`]))).to.equal(avs);
  });
});
