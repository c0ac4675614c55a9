import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { type ContractTransactionResponse, ZeroHash } from "ethers";
import { ethers } from "hardhat";
import type { LrtLens } from "../../typechain-types";
import { type ClosedEpoch, type Lrt, readClosed } from "../helpers/lrt";
import { readRecord, type SlashRecord } from "../helpers/slash";
import { at, now, passTo } from "../helpers/stake";
import { WAD } from "../helpers/units";
import { exact, type Exact, floor, type Part, Simulator } from "./simulator";

/** Units by which anything may differ: one for each call, and 2 for the cash and for each of three operators. */
const budgetAfter = (operations: bigint): bigint => operations + 8n;

/** What calculating in units / 2^192 may cut off. */
const NOTHING: Exact = 1n << 100n;

/** All that somebody can claim. */
const ALL: Part = { shares: 1n, of: 1n };

/** Of A / S, whose exact value and whose rounded one may lie on two sides of the highest one. */
const RATE_TOLERANCE = 10n ** 6n;

/** Whose every unit is compared. */
export const NAMES = ["alice", "bob", "carol"] as const;

/** Who holds tokens. */
export type Name = (typeof NAMES)[number];

/** A slash that has neither been vetoed nor made final. */
export interface Open {
  readonly record: SlashRecord;
  /** Its place in the simulator's list. */
  readonly index: number;
}

/** Who may lose, or gain, by a call. */
type Allowed = (change: Exact, name: Name) => boolean;

const nobody: Allowed = () => false;
const losers: Allowed = (change) => change < 0n;

/** The element at a place that is there. */
export function itemAt<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`There is no ${index} of ${list.length}.`);
  return found;
}

/** What looks at the chain for twins: one for all. */
export async function deployLens(): Promise<LrtLens> {
  return await ethers.deployContract("LrtLens");
}

/** A token on the chain, and beside it the simulator, which is told what was called and when. */
export class Twin {
  readonly simulator: Simulator;
  operations = 0n;
  /** Most units by which anything differed. */
  farthest = 0n;
  /** Second of the last call. */
  clock = 0n;
  /** Shares by which amounts of shares may differ beyond the budget. */
  #strain = 0n;
  #highest = 0n;
  #paused = false;

  constructor(
    readonly lrt: Lrt,
    private readonly lens: LrtLens,
  ) {
    const { bucket, config, seed } = lrt;
    const { exitFeeBps, performanceFeeBps } = config;
    const terms = { bucket, exitFeeBps: BigInt(exitFeeBps), performanceFeeBps: BigInt(performanceFeeBps) };
    this.simulator = new Simulator(terms, seed);
  }

  /** Takes over what the holders have before anything happens. */
  async begin(): Promise<void> {
    this.clock = await now();
    const { holders } = await this.lens.observe(this.lrt.token, this.#addresses());
    NAMES.forEach((name, i) => this.simulator.wallets.set(name, exact(itemAt(holders, i).wallet)));
  }

  /** Units by which anything may differ now. */
  get budget(): bigint {
    return budgetAfter(this.operations);
  }

  /** Compares everything that can be seen with the simulator. */
  async compare(): Promise<void> {
    const { simulator, clock } = this;
    const sight = await this.lens.observe(this.lrt.token, this.#addresses());
    const { books } = sight;
    const sums = simulator.sums(clock);
    for (const part of ["idle", "gross", "net", "streaming"] as const) this.near(part, books[part], sums[part]);
    this.near("pending", books.pending, simulator.pending);
    this.near("fees", books.fees, simulator.fees);
    this.near("A", sight.total, simulator.total(clock));
    this.near("B", sight.sure, simulator.sure(clock));
    this.#nearShares("S", sight.supply, simulator.supply);
    expect(sight.room !== 0n, "takes deposits").to.equal(simulator.isOpen(clock) && !this.#paused);
    NAMES.forEach((name, i) => {
      const found = itemAt(sight.holders, i);
      this.near(`${name}'s wallet`, found.wallet, simulator.wallets.get(name) ?? 0n);
      this.#nearShares(`${name}'s shares`, found.shares, simulator.balances.get(name) ?? 0n);
      this.#nearShares(`${name}'s request`, found.requested, simulator.requests.get(name) ?? 0n);
      const oldest = simulator.oldest(name);
      const asked = oldest?.requests.get(name) ?? 0n;
      if ((found.redeemable !== 0n) !== (oldest !== undefined)) expect.fail(`${name} can claim, or should.`);
      this.#nearShares(`what ${name} can redeem`, found.redeemable, asked);
      const worth = oldest === undefined ? 0n : (asked * oldest.assets) / oldest.shares;
      this.near(`what ${name} can withdraw`, found.withdrawable, worth);
    });
    expect(sight.epochs.length, "closed epochs").to.equal(simulator.epochs.length);
    simulator.epochs.forEach(({ id, assets, shares }, i) => {
      const found = itemAt(sight.epochs, i);
      this.near(`assets of epoch ${id}`, found.assets, assets);
      this.#nearShares(`shares of epoch ${id}`, found.shares, shares);
      const claims = found.parts.map(
        ({ claimable, late }) => ((claimable + late.shares) * found.assets) / found.shares - late.paid,
      );
      const sum = claims.reduce((a, b) => a + b, 0n);
      if (found.balance < sum) expect.fail(`epoch ${id} is not covered: ${found.balance} of ${sum}.`);
    });
  }

  /** Whether what was found is what the simulator says. */
  near(what: string, found: bigint, wanted: Exact, tolerance = this.budget): void {
    const distance = found - floor(wanted);
    const off = distance < 0n ? -distance : distance;
    if (off > this.farthest) this.farthest = off;
    // Chai's comparisons cost a third of the time of a history.
    if (off > tolerance) expect.fail(`${what}: ${found}, not ${floor(wanted)} (but for ${tolerance}).`);
  }

  /** Sends a transaction in the next second, and tells the simulator; it must move nobody's wealth but as allowed. */
  async call(
    send: () => Promise<ContractTransactionResponse>,
    apply: (time: bigint) => void = () => undefined,
    allowed = nobody,
  ): Promise<ContractTransactionResponse> {
    this.clock += 1n;
    await at(this.clock);
    const tx = await send();
    const before = NAMES.map((name) => this.simulator.wealth(name, this.clock));
    apply(this.clock);
    NAMES.forEach((name, index) => {
      const change = this.simulator.wealth(name, this.clock) - itemAt(before, index);
      if (change > NOTHING || change < -NOTHING) expect(allowed(change, name), `${name}'s wealth moved`).to.equal(true);
    });
    this.operations += 1n;
    return tx;
  }

  /** Time goes by, if it is not that late yet. */
  async pass(second: bigint): Promise<void> {
    if (second <= this.clock) return;
    await passTo(second);
    this.clock = second;
  }

  /** Somebody deposits. */
  async deposit(name: Name, assets: bigint): Promise<void> {
    const holder = this.lrt[name];
    await this.call(
      async () => this.lrt.token.connect(holder).deposit(assets, holder),
      (time) => {
        const [total, supply] = [this.simulator.total(time), this.simulator.supply];
        this.simulator.deposit(name, assets, time);
        this.#strains(total, supply);
      },
    );
  }

  /** Somebody asks for shares to be redeemed. */
  async request(name: Name, shares: bigint): Promise<void> {
    const holder = this.lrt[name];
    const of = await this.lrt.token.balanceOf(holder);
    await this.call(
      async () => this.lrt.token.connect(holder).requestRedeem(shares, holder, holder),
      () => {
        this.simulator.request(name, { shares, of });
      },
    );
  }

  /** Closes the open epoch, which must be possible now. */
  async close(): Promise<ClosedEpoch> {
    const { queue, keeper } = this.lrt;
    const closed: ClosedEpoch[] = [];
    await this.call(
      async () => {
        const tx = await queue.connect(keeper).close();
        closed.push(await readClosed(this.lrt, tx));
        return tx;
      },
      (time) => {
        this.simulator.close(time, itemAt(closed, 0).maturity);
      },
    );
    return itemAt(closed, 0);
  }

  /** The keeper settles a closed epoch, which must have matured. */
  async settle({ epoch, items }: ClosedEpoch): Promise<void> {
    const { queue, keeper } = this.lrt;
    await this.call(
      async () => queue.connect(keeper).settle(epoch, items),
      (time) => {
        this.simulator.settle(epoch, time);
      },
    );
  }

  /** Claims these shares of the oldest request. */
  async redeem(name: Name, shares: bigint): Promise<void> {
    const holder = this.lrt[name];
    const of = await this.lrt.token.maxRedeem(holder);
    await this.call(
      async () => this.lrt.token.connect(holder).redeem(shares, holder, holder),
      () => {
        this.simulator.claim(name, { shares, of });
      },
    );
  }

  /** Claims all assets of the oldest request. */
  async withdraw(name: Name): Promise<void> {
    const holder = this.lrt[name];
    const assets = await this.lrt.token.maxWithdraw(holder);
    await this.call(
      async () => this.lrt.token.connect(holder).withdraw(assets, holder, holder),
      () => {
        this.simulator.claim(name, ALL);
      },
    );
  }

  /** Somebody claims what came after the claim. */
  async claimLate(name: Name, epoch: bigint): Promise<void> {
    const holder = this.lrt[name];
    await this.call(
      async () => this.lrt.token.connect(holder).claimLate(epoch, holder, holder),
      () => {
        this.simulator.claimLate(name, epoch);
      },
    );
  }

  /** The first epoch that owes somebody more for what was claimed too early. */
  owing(name: Name): bigint | undefined {
    return this.simulator.epochs.find(({ late, assets, shares }) => {
      const mine = late.get(name);
      return mine !== undefined && (mine.shares * assets) / shares - mine.paid > exact(this.budget);
    })?.id;
  }

  /** Somebody leaves at once. */
  async instantRedeem(name: Name, shares: bigint): Promise<void> {
    const holder = this.lrt[name];
    const of = await this.lrt.token.balanceOf(holder);
    await this.call(
      async () => this.lrt.token.connect(holder).instantRedeem(shares, 0n, holder),
      (time) => {
        this.simulator.instantRedeem(name, { shares, of }, time);
      },
      (change, who) => change < 0n && who === name,
    );
  }

  /** The keeper stakes what is idle. */
  async allocate(operator: HardhatEthersSigner, assets: bigint): Promise<void> {
    const { allocator, keeper } = this.lrt;
    await this.call(
      async () => allocator.connect(keeper).allocate(operator, assets),
      (time) => {
        this.simulator.allocate(operator.address, assets, time);
      },
    );
  }

  /** Says how much may be staked with an operator. */
  async setTarget(operator: HardhatEthersSigner, bps: bigint): Promise<void> {
    const { allocator, curator } = this.lrt;
    await this.call(async () => allocator.connect(curator).setTarget(operator, bps));
  }

  /** The keeper evicts an operator who has no target. */
  async evict(operator: HardhatEthersSigner): Promise<void> {
    const { allocator, stakeManager, keeper } = this.lrt;
    await this.call(async () => allocator.connect(keeper).evict(operator));
    this.simulator.evict(operator.address, await stakeManager.currentMaturity(), this.clock);
  }

  /** The keeper takes back what has left an operator. */
  async collect(operator: HardhatEthersSigner): Promise<void> {
    const { allocator, keeper } = this.lrt;
    await this.call(
      async () => allocator.connect(keeper).collect(operator),
      (time) => {
        this.simulator.collect(operator.address, time);
      },
    );
  }

  /** Finds so many units of rewards. */
  async harvest(amount: bigint): Promise<void> {
    const { token } = this.lrt;
    let [rewards, fee] = [0n, 0n];
    await this.call(
      async () => {
        const tx = await token.harvest();
        const [log] = await token.queryFilter(token.filters.Harvested(), tx.blockNumber ?? undefined);
        if (log === undefined) throw new Error("Nothing was harvested.");
        [rewards, fee] = [log.args.assets, log.args.fee];
        return tx;
      },
      (time) => {
        const rate = (this.simulator.total(time) * WAD) / this.simulator.supply;
        const isHigh = fee !== 0n;
        if (isHigh) expect(rate + RATE_TOLERANCE, "a fee").to.be.at.least(this.#highest);
        else expect(rate, "no fee").to.be.at.most(this.#highest + RATE_TOLERANCE);
        if (isHigh && rate > this.#highest) this.#highest = rate;
        this.near("rewards", rewards, exact(amount) + this.simulator.found);
        this.simulator.harvest(rewards, isHigh, time);
      },
    );
  }

  /** The judge proposes a slash; one that nobody can veto is final at once. */
  async propose(set: string, fraction: bigint, operator: HardhatEthersSigner): Promise<Open> {
    const { slasher, judge } = this.lrt;
    const { slashes } = this.simulator;
    const records: SlashRecord[] = [];
    const isFinal = (): boolean => itemAt(records, 0).deadline === itemAt(records, 0).proposedAt;
    await this.call(
      async () => {
        const tx = await slasher.connect(judge).propose(set, operator, fraction, ZeroHash, "");
        records.push(await readRecord(this.lrt, tx));
        return tx;
      },
      (proposedAt) => {
        const { magnitude } = itemAt(itemAt(records, 0).cuts, 0);
        slashes.push({ operator: operator.address, proposedAt, magnitude, state: isFinal() ? "final" : "open" });
      },
      (change) => change < 0n && isFinal(),
    );
    return { record: itemAt(records, 0), index: slashes.length - 1 };
  }

  /** The judge vetoes. */
  async veto({ record, index }: Open): Promise<void> {
    const { slasher, judge } = this.lrt;
    await this.call(
      async () => slasher.connect(judge).veto(record),
      () => (itemAt(this.simulator.slashes, index).state = "vetoed"),
    );
  }

  /** The keeper makes a slash final. */
  async finalise({ record, index }: Open): Promise<void> {
    const { slasher, keeper } = this.lrt;
    await this.call(
      async () => slasher.connect(keeper).finalise(record),
      () => (itemAt(this.simulator.slashes, index).state = "final"),
      losers,
    );
  }

  /** The guardian closes or opens entry, which moves no price. */
  async pause(paused: boolean): Promise<void> {
    const { token, warden } = this.lrt;
    await this.call(async () => token.connect(warden).setEntryPaused(paused));
    this.#paused = paused;
  }

  /** Whether a number of shares is what the simulator says. */
  #nearShares(what: string, found: bigint, wanted: Exact): void {
    this.near(what, found, wanted, this.budget + this.#strain);
  }

  /**
   * A unit that is left of little is much of a price: who then deposits much gets, for the same worth, other shares by so
   * many times as much. It depends on what the simulator held before.
   */
  #strains(total: Exact, supply: Exact): void {
    const minted = this.simulator.supply - supply;
    this.#strain += (minted * this.budget) / total + (minted * (this.budget + this.#strain)) / supply + 1n;
  }

  #addresses(): string[] {
    return NAMES.map((name) => this.lrt[name].address);
  }
}
