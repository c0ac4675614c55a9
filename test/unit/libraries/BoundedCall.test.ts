import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { anyUint } from "@nomicfoundation/hardhat-chai-matchers/withArgs";
import { expect } from "chai";
import { ethers } from "hardhat";

const GAS = 200_000n;
/** What must be left: 64/63 of it, and the cost of the call. */
const REQUIRED = (GAS * 64n) / 63n + 7_500n;

async function deployHarness() {
  const teller = await ethers.deployContract("LibraryHarness");
  const listener = await ethers.deployContract("LibraryHarness");
  const listen = listener.interface.encodeFunctionData("listen");
  return { teller, listener, listen };
}

describe("BoundedCall", () => {
  it("calls with exactly the gas that was promised, however much there is", async () => {
    const { teller, listener, listen } = await loadFixture(deployHarness);
    const heard = new Set<bigint>();
    for (const gasLimit of [300_000n, 500_000n, 10_000_000n]) {
      await teller.tell(listener, GAS, listen, { gasLimit });
      heard.add(await listener.heardWith());
    }
    expect(heard.size).to.equal(1);
    const [gas = 0n] = heard;
    // Less what the callee spends before it looks.
    expect(gas).to.be.within(GAS - 500n, GAS);
  });

  it("reverts beforehand if less would be left, and never starves the callee", async () => {
    const { teller, listener, listen } = await loadFixture(deployHarness);
    await teller.tell(listener, GAS, listen, { gasLimit: 10_000_000n });
    const promised = await listener.heardWith();
    const outcomes = { told: 0, refused: 0 };
    // Around the least gas that is enough: 21000, the data, and what is required.
    for (let gasLimit = REQUIRED + 21_000n; gasLimit < REQUIRED + 27_000n; gasLimit += 97n) {
      const heardBefore = await listener.heardWith();
      const told = await teller.tell.staticCall(listener, GAS, listen, { gasLimit }).then(
        () => true,
        () => false,
      );
      if (told) {
        await teller.tell(listener, GAS, listen, { gasLimit });
        outcomes.told++;
        expect(await listener.heardWith()).to.equal(promised);
      } else {
        await expect(teller.tell(listener, GAS, listen, { gasLimit }))
          .to.be.revertedWithCustomError(teller, "InsufficientGas")
          .withArgs((gasLeft: bigint) => gasLeft < REQUIRED && gasLeft > REQUIRED - 7_000n, REQUIRED);
        outcomes.refused++;
        expect(await listener.heardWith()).to.equal(heardBefore);
      }
    }
    expect(outcomes.told).to.be.greaterThan(0);
    expect(outcomes.refused).to.be.greaterThan(0);
  });

  it("asks for more than there can be only to be refused", async () => {
    const { teller, listener, listen } = await loadFixture(deployHarness);
    const gas = 2n ** 40n;
    await expect(teller.tell(listener, gas, listen))
      .to.be.revertedWithCustomError(teller, "InsufficientGas")
      .withArgs(anyUint, (gas * 64n) / 63n + 7_500n);
  });

  for (const { what, burns, size } of [
    { what: "reverts", burns: false, size: 0n },
    { what: "burns all that it is given", burns: true, size: 0n },
    { what: "answers with a hundred thousand bytes", burns: false, size: 100_000n },
  ]) {
    it(`does not mind a callee that ${what}`, async () => {
      const { teller, listener } = await loadFixture(deployHarness);
      const data = listener.interface.encodeFunctionData("misbehave", [burns, size]);
      const response = await teller.tell(listener, GAS, data, { gasLimit: 1_000_000n });
      const receipt = await response.wait();
      // Nothing of the answer is copied, and no more than the promised gas is spent on the callee.
      expect(receipt?.gasUsed).to.be.lessThan(GAS + 37_500n);
    });
  }

  it("does not mind that there is nobody", async () => {
    const { teller } = await loadFixture(deployHarness);
    await expect(teller.tell("0x000000000000000000000000000000000000bEEF", GAS, "0x1234")).not.to.be.reverted;
  });
});
