import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { now } from "../helpers/world";
import { gasOfExecution, onFreshChain } from "./measure";
import {
  completeAs,
  deployCrowdedWorld,
  deployQuietWorld,
  finaliseDue,
  firstMaturity,
  proposeVetoable,
  slashInstantly,
  vetoLate,
  type UsedWorld,
} from "./worlds";

/** By how much an operation may cost more or less in the crowd, apart from the bytes of its calldata. */
const MARGIN = 300n;

/** What must cost the same however many use the pool, and however often it was slashed. */
const OPERATIONS: readonly (readonly [name: string, act: (w: UsedWorld) => Promise<ContractTransactionResponse>])[] = [
  ["slash.instant", slashInstantly],
  ["slash.propose", proposeVetoable],
  ["slash.veto", async (w) => vetoLate(w, await proposeVetoable(w))],
  ["slash.finalise", async (w) => finaliseDue(w, await proposeVetoable(w))],
  ["stake.completeWithdrawal", async (w) => completeAs(w, w.alice, firstMaturity(w, await now()))],
];

describe("gas in a crowd", () => {
  onFreshChain();

  const quiet = new Map<string, bigint>();

  before(async () => {
    for (const [name, act] of OPERATIONS)
      quiet.set(name, await gasOfExecution(await act(await loadFixture(deployQuietWorld))));
  });

  it("is measured with a thousand delegators, a thousand queued withdrawals and a hundred earlier slashes", async () => {
    const w = await loadFixture(deployCrowdedWorld);
    const { stakeManager, slasher, operator, asset } = w;
    const { Deposited, WithdrawalQueued } = stakeManager.filters;
    const receivers = new Set((await stakeManager.queryFilter(Deposited())).map(({ args }) => args.receiver));
    const second = await now();
    const queued = await stakeManager.queryFilter(WithdrawalQueued());
    const live = queued.filter(({ args }) => args.maturity > second);
    expect(receivers.size).to.be.at.least(1_000);
    expect(live).to.have.length.at.least(1_000);
    expect(await slasher.slashCount()).to.equal(101n);
    for (let i = 0n; i < 9n; i++) {
      const maturity = firstMaturity(w, second) + i * w.bucket;
      expect((await stakeManager.bucket(operator, asset, maturity)).shares).to.be.greaterThan(0n);
    }
  });

  for (const [name, act] of OPERATIONS) {
    it(`${name} costs the same as with one withdrawal in each live bucket and one earlier slash`, async () => {
      const crowded = await gasOfExecution(await act(await loadFixture(deployCrowdedWorld)));
      expect(crowded).to.be.closeTo(quiet.get(name), MARGIN);
    });
  }
});
