import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { deployCrowded, deployQuiet, deploySettledCrowd, deploySettledQuiet, type UsedLrt } from "./lrt-worlds";
import { gasOfExecution, onFreshChain } from "./measure";

/** By how much an operation may cost more or less in the crowd, apart from the bytes of its calldata. */
const MARGIN = 300n;

/** What must cost the same however many hold the token, have requests, or stake for it. */
const OPERATIONS: readonly (readonly [
  name: string,
  quiet: () => Promise<UsedLrt>,
  crowded: () => Promise<UsedLrt>,
  act: (lrt: UsedLrt) => Promise<ContractTransactionResponse>,
])[] = [
  [
    "lrt.deposit",
    deployQuiet,
    deployCrowded,
    async ({ token, alice, unit }) => token.connect(alice).deposit(10n * unit, alice),
  ],
  [
    "lrt.mint",
    deployQuiet,
    deployCrowded,
    async ({ token, alice, unit }) => token.connect(alice).mint(10n * unit, alice),
  ],
  [
    "lrt.requestRedeem",
    deployQuiet,
    deployCrowded,
    async ({ token, alice, unit }) => token.connect(alice).requestRedeem(10n * unit, alice, alice),
  ],
  [
    "lrt.instantRedeem",
    deployQuiet,
    deployCrowded,
    async ({ token, alice, unit }) => token.connect(alice).instantRedeem(10n * unit, 0n, alice),
  ],
  [
    "lrt.redeem",
    deploySettledQuiet,
    deploySettledCrowd,
    async ({ token, alice, unit }) => token.connect(alice).redeem(10n * unit, alice, alice),
  ],
  [
    "lrt.withdraw",
    deploySettledQuiet,
    deploySettledCrowd,
    async ({ token, alice, unit }) => token.connect(alice).withdraw(10n * unit, alice, alice),
  ],
];

describe("gas of the liquid restaking token in a crowd", () => {
  onFreshChain();

  for (const [name, quiet, crowded, act] of OPERATIONS) {
    it(`${name} costs the same with 32 operators and a hundred holders and requests as with one and three`, async () => {
      const few = await gasOfExecution(await act(await loadFixture(quiet)));
      const many = await gasOfExecution(await act(await loadFixture(crowded)));
      expect(many).to.be.closeTo(few, MARGIN);
    });
  }
});
