import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, ZeroAddress } from "ethers";
import { LiquidRestakingToken__factory } from "../../typechain-types";
import { WORLDS } from "./states";

/** By ERC-165: "the XOR of all function selectors in the interface". */
function interfaceId(...signatures: readonly string[]): string {
  const sum = signatures.reduce((xor, signature) => xor ^ BigInt(id(signature).slice(0, 10)), 0n);
  return `0x${sum.toString(16).padStart(8, "0")}`;
}

const VAULT = ["asset()", "share()", "convertToAssets(uint256)", "convertToShares(uint256)", "totalAssets()"];
const ENTRY = ["deposit", "mint"].map((verb) => `${verb}(uint256,address)`);
const EXIT = ["redeem", "withdraw"].map((verb) => `${verb}(uint256,address,address)`);
const SIDES = ["Deposit", "Mint", "Redeem", "Withdraw"].flatMap((verb) => [
  `preview${verb}(uint256)`,
  `max${verb}(address)`,
]);

/** The identifiers that the standards tell, the functions that they are computed of, and whether the token claims them. */
const INTERFACES = [
  { name: "ERC-165", told: "0x01ffc9a7", signatures: ["supportsInterface(bytes4)"], supported: true },
  { name: "ERC-7575 vault", told: "0x2f0a18c5", signatures: [...VAULT, ...ENTRY, ...EXIT, ...SIDES], supported: true },
  { name: "ERC-7575 share", told: "0xf815c03d", signatures: ["vault(address)"], supported: true },
  {
    name: "ERC-7540 operators",
    told: "0xe3bc4e65",
    signatures: ["setOperator(address,bool)", "isOperator(address,address)"],
    supported: true,
  },
  {
    name: "ERC-7540 asynchronous redemption",
    told: "0x620ee8e4",
    signatures: [
      "requestRedeem(uint256,address,address)",
      "pendingRedeemRequest(uint256,address)",
      "claimableRedeemRequest(uint256,address)",
    ],
    supported: true,
  },
  {
    // The overloads "with an additional controller" are of this interface: without requests to deposit there are none.
    name: "ERC-7540 asynchronous deposit",
    told: "0xce3bbe50",
    signatures: [
      "requestDeposit(uint256,address,address)",
      "pendingDepositRequest(uint256,address)",
      "claimableDepositRequest(uint256,address)",
      "deposit(uint256,address,address)",
      "mint(uint256,address,address)",
    ],
    supported: false,
  },
] as const;

describe("ERC-165", () => {
  for (const { name, told, signatures, supported } of INTERFACES) {
    it(`${name}: ${told} is "the XOR of all function selectors", of which the token has ${supported ? "all" : "none"}`, () => {
      const functions = LiquidRestakingToken__factory.createInterface();
      expect(interfaceId(...signatures)).to.equal(told);
      for (const signature of signatures) expect(functions.hasFunction(signature)).to.equal(supported);
    });
  }

  for (const { title, fixture } of WORLDS) {
    it(`supportsInterface: "true" for what is implemented, "false" for 0xffffffff and "any other", ${title}`, async () => {
      const { token } = await loadFixture(fixture);
      for (const { told, supported } of INTERFACES) {
        // "MUST return the constant value true"; "must … use at most 30,000 gas", and 21,000 that any transaction costs.
        expect(await token.supportsInterface(told, { gasLimit: 51_000n })).to.equal(supported);
      }
      for (const other of ["0xffffffff", "0x00000000", interfaceId("seed(uint256)")]) {
        expect(await token.supportsInterface(other, { gasLimit: 51_000n })).to.equal(false);
      }
    });
  }
});

describe("ERC-7575", () => {
  for (const { title, fixture } of WORLDS) {
    it(`share: "MUST return an address of an ERC-20 share representation", "MUST NOT revert", ${title}`, async () => {
      const { token } = await loadFixture(fixture);
      // "MAY return the address of the Vault itself".
      expect(await token.share()).to.equal(token);
      expect(await token.totalSupply()).to.be.greaterThan(0n);
    });

    it(`vault: "returns the address of the Vault for a specific asset", ${title}`, async () => {
      const { token, asset } = await loadFixture(fixture);
      expect(await token.vault(asset)).to.equal(token);
      for (const other of [ZeroAddress, token]) expect(await token.vault(other)).to.equal(ZeroAddress);
    });
  }
});
