import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { WORLDS } from "./states";

/** What is claimed; 0xffffffff is what no contract may claim. */
const INTERFACES = [
  { id: "0x01ffc9a7", name: "ERC-165", supported: true },
  { id: "0xe3bc4e65", name: "ERC-7540 operators", supported: true },
  { id: "0x620ee8e4", name: "ERC-7540 asynchronous redemption", supported: true },
  { id: "0x2f0a18c5", name: "ERC-7575", supported: true },
  { id: "0xce3bbe50", name: "ERC-7540 asynchronous deposit", supported: false },
  { id: "0xffffffff", name: "nothing", supported: false },
] as const;

for (const { title, fixture } of WORLDS) {
  describe(`ERC-165, ${title}`, () => {
    for (const { id, name, supported } of INTERFACES) {
      it(`supportsInterface: "MUST return" ${supported} for ${id} (${name}), for less than 30,000 gas`, async () => {
        const { token } = await loadFixture(fixture);
        expect(await token.supportsInterface(id, { gasLimit: 51_000n })).to.equal(supported);
      });
    }
  });

  describe(`ERC-7575, ${title}`, () => {
    it('share: "MAY return the address of the Vault itself", which is then an ERC-20 of its own', async () => {
      const { token } = await loadFixture(fixture);
      expect(await token.share()).to.equal(token);
      expect(await token.totalSupply()).to.be.greaterThan(0n);
    });
  });
}
