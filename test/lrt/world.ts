import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { type ClosedEpoch, giveTo, type Lrt, proposeSlash, readClosed, target } from "../helpers/lrt";
import type { SlashRecord } from "../helpers/slash";
import { at, now, passTo } from "../helpers/stake";
import { WAD } from "../helpers/units";
import { exact, type Exact, floor, Simulator } from "./simulator";

/** What happens in histories; those that stand twice happen more often. */
export const VERBS = [
  ...["deposit", "deposit", "request", "request", "close", "settle", "claim", "claimLate", "instantRedeem"],
  ...["settle", "claim", "claim", "claimLate", "allocate", "allocate", "evict", "collect", "reward", "propose"],
  ...["propose", "veto", "pass", "pause"],
] as const;

/** What may happen in a history: by whom, with which operator, and how much of what is possible, in thousandths. */
export interface Step {
  readonly verb: (typeof VERBS)[number];
  readonly who: number;
  readonly operator: number;
  readonly size: number;
}

/** Units by which anything may differ: one for each call, and 2 for the cash and for each of three operators. */
const budgetAfter = (operations: bigint): bigint => operations + 8n;

/** What calculating in units / 2^192 may cut off. */
const NOTHING: Exact = 1n << 100n;

/** Of A / S, whose exact value and whose rounded one may lie on two sides of the highest one. */
const RATE_TOLERANCE = 10n ** 6n;

const TARGET = 3_000n;

/** A set of the judge has so much of each pool. */
const GIVEN = (WAD * 3n) / 10n;

/** Proposals that one period allows. */
const MAX_PROPOSALS = 8;

type Name = "alice" | "bob" | "carol";

interface Open {
  readonly record: SlashRecord;
  /** Its place in the simulator's list. */
  readonly index: number;
}

/** A token on the chain, and beside it the simulator, which is told what was called and when. */
export class World {
  readonly simulator: Simulator;
  /** Calls that have changed something, by verb. */
  readonly made = new Map<string, number>();
  operations = 0n;
  /** Most units by which anything differed. */
  farthest = 0n;
  #clock = 0n;
  #highest = 0n;
  readonly #open: Open[] = [];
  readonly #closed: ClosedEpoch[] = [];
  readonly #holders: readonly (readonly [Name, HardhatEthersSigner])[];

  private constructor(
    private readonly lrt: Lrt,
    private readonly set: string,
  ) {
    const { alice, bob, carol, exitDelay, config, seed } = lrt;
    this.#holders = [
      ["alice", alice],
      ["bob", bob],
      ["carol", carol],
    ];
    const { exitFeeBps, performanceFeeBps } = config;
    const terms = { exitDelay, exitFeeBps: BigInt(exitFeeBps), performanceFeeBps: BigInt(performanceFeeBps) };
    this.simulator = new Simulator(terms, seed);
  }

  /** Three operators with a target, who have given a part of their pools to a set that a judge can slash and veto. */
  static async prepare(lrt: Lrt): Promise<string> {
    await target(lrt, ...lrt.operators.map((operator) => [operator, TARGET] as const));
    return await giveTo(lrt, GIVEN, { operators: [...lrt.operators] });
  }

  /** A world in which nothing has happened. */
  static async begin(lrt: Lrt, set: string): Promise<World> {
    const world = new World(lrt, set);
    world.#clock = await now();
    for (const [name, { address }] of world.#holders) {
      world.simulator.wallets.set(name, exact(await lrt.asset.balanceOf(address)));
    }
    return world;
  }

  /** Lets something happen, if it can, and compares everything. */
  async step({ verb, who, operator, size }: Step): Promise<void> {
    const [name, holder] = this.#at(this.#holders, who);
    const pool = this.#at(this.lrt.operators, operator);
    const part = BigInt(size);
    const happened = await {
      deposit: async () => this.#deposit(name, holder, part),
      request: async () => this.#request(name, holder, part),
      close: async () => this.#close(),
      settle: async () => this.#settle(part),
      claim: async () => this.#claim(name, holder),
      claimLate: async () => this.#claimLate(name, holder),
      instantRedeem: async () => this.#instantRedeem(name, holder, part),
      allocate: async () => this.#allocate(pool, part),
      evict: async () => this.#evict(pool, part),
      collect: async () => this.#collect(pool, part),
      reward: async () => this.#reward(part),
      propose: async () => this.#propose(pool, part),
      veto: async () => this.#veto(),
      pass: async () => this.#pass(part),
      pause: async () => this.#pause(),
    }[verb]();
    if (!happened) return;
    this.made.set(verb, (this.made.get(verb) ?? 0) + 1);
    await this.compare();
  }

  /** Everybody leaves, by slices; nobody has more than the simulator says, but for the budget. */
  async leave(): Promise<void> {
    for (const [name, holder] of this.#holders) await this.#request(name, holder, 1_000n);
    await this.#close();
    for (const { maturity } of this.#closed) if (this.#clock < maturity) await this.#advance(maturity);
    await this.#advance(this.#clock + this.lrt.exitDelay);
    while (await this.#settle(0n)) await this.compare();
    for (const [name, holder] of this.#holders) {
      while (await this.#claim(name, holder)) await this.compare();
      while (await this.#claimLate(name, holder)) await this.compare();
      const has = await this.lrt.asset.balanceOf(holder);
      const fair = floor(this.simulator.wallets.get(name) ?? 0n);
      expect(has - fair, `${name} gained`).to.be.at.most(budgetAfter(this.operations));
      expect(await this.lrt.token.balanceOf(holder), `${name}'s shares`).to.equal(0n);
    }
  }

  /** Compares everything that can be seen with the simulator. */
  async compare(): Promise<void> {
    const { token, asset, queue } = this.lrt;
    const { simulator } = this;
    const clock = this.#clock;
    const [books, sums] = [await token.books(), simulator.sums(clock)];
    for (const part of ["idle", "gross", "net", "streaming"] as const) this.#near(part, books[part], sums[part]);
    this.#near("pending", books.pending, simulator.pending);
    this.#near("fees", books.fees, simulator.fees);
    this.#near("A", await token.totalAssets(), simulator.total(clock));
    this.#near("B", await token.sureAssets(), simulator.sure(clock));
    this.#near("S", await token.totalSupply(), simulator.supply);
    for (const [name, { address }] of this.#holders) {
      this.#near(`${name}'s wallet`, await asset.balanceOf(address), simulator.wallets.get(name) ?? 0n);
      this.#near(`${name}'s shares`, await token.balanceOf(address), simulator.balances.get(name) ?? 0n);
      const asked = await token.pendingRedeemRequest(simulator.openEpoch, address);
      this.#near(`${name}'s request`, asked, simulator.requests.get(name) ?? 0n);
      const oldest = simulator.oldest(name);
      const worth = oldest === undefined ? 0n : ((oldest.requests.get(name) ?? 0n) * oldest.assets) / oldest.shares;
      this.#near(`what ${name} can claim`, await token.maxWithdraw(address), worth);
    }
    for (const { id, assets, shares } of simulator.epochs) {
      const epoch = await queue.epochState(id);
      this.#near(`assets of epoch ${id}`, epoch.assets, assets);
      this.#near(`shares of epoch ${id}`, epoch.shares, shares);
      expect(await asset.balanceOf(await queue.batchOf(id)), `covered: epoch ${id}`).to.be.at.least(
        await this.#claimable(id, epoch.assets, epoch.shares),
      );
    }
  }

  /** What can still be claimed of an epoch. */
  async #claimable(id: bigint, assets: bigint, shares: bigint): Promise<bigint> {
    let sum = 0n;
    for (const [, { address }] of this.#holders) {
      const waiting = await this.lrt.token.claimableRedeemRequest(id, address);
      const late = await this.lrt.queue.lateClaim(address, id);
      sum += (waiting * assets) / shares + (late.shares * assets) / shares - late.paid;
    }
    return sum;
  }

  #near(what: string, found: bigint, wanted: Exact): void {
    const distance = found - floor(wanted);
    const off = distance < 0n ? -distance : distance;
    if (off > this.farthest) this.farthest = off;
    expect(off, `${what}: ${found}, not ${floor(wanted)}`).to.be.at.most(budgetAfter(this.operations));
  }

  #at<T>(list: readonly T[], index: number): T {
    const found = list[index];
    if (found === undefined) throw new Error(`There is no ${index} of ${list.length}.`);
    return found;
  }

  /** Sends a transaction in the next second, and tells the simulator; it must move nobody's wealth but as allowed. */
  async #call(
    send: () => Promise<ContractTransactionResponse>,
    apply: (time: bigint) => void,
    allowed: (change: Exact, name: Name) => boolean = () => false,
  ): Promise<ContractTransactionResponse> {
    this.#clock += 1n;
    await at(this.#clock);
    const tx = await send();
    const before = this.#holders.map(([name]) => this.simulator.wealth(name, this.#clock));
    apply(this.#clock);
    this.#holders.forEach(([name], index) => {
      const change = this.simulator.wealth(name, this.#clock) - (before[index] ?? 0n);
      if (change > NOTHING || change < -NOTHING) expect(allowed(change, name), `${name}'s wealth moved`).to.equal(true);
    });
    this.operations += 1n;
    return tx;
  }

  /** Time goes by, and what nobody vetoed becomes final as soon as it can. */
  async #advance(second: bigint): Promise<void> {
    for (let next = this.#open[0]; next !== undefined && next.record.deadline <= second; next = this.#open[0]) {
      const { record, index } = next;
      if (this.#clock < record.deadline) this.#clock = record.deadline - 1n;
      await this.#call(
        async () => this.lrt.slasher.finalise(record),
        () => (this.#at(this.simulator.slashes, index).state = "final"),
        (change) => change < 0n,
      );
      this.#open.shift();
    }
    if (second <= this.#clock) return;
    await passTo(second);
    this.#clock = second;
  }

  async #deposit(name: Name, holder: HardhatEthersSigner, part: bigint): Promise<boolean> {
    const { token, unit } = this.lrt;
    if (!this.simulator.isCalm(this.#clock)) {
      expect(await token.maxDeposit(holder)).to.equal(0n);
      return false;
    }
    const assets = part * unit + part * 7_919n;
    await this.#call(
      async () => token.connect(holder).deposit(assets, holder),
      (time) => {
        this.simulator.deposit(name, assets, time);
      },
    );
    return true;
  }

  async #request(name: Name, holder: HardhatEthersSigner, part: bigint): Promise<boolean> {
    const { token } = this.lrt;
    const shares = ((await token.balanceOf(holder)) * part) / 1_000n;
    if (shares === 0n) return false;
    await this.#call(
      async () => token.connect(holder).requestRedeem(shares, holder, holder),
      () => {
        this.simulator.request(name, exact(shares));
      },
    );
    return true;
  }

  async #close(): Promise<boolean> {
    const { queue } = this.lrt;
    const [, shares] = await queue.openEpoch();
    if (shares === 0n) return false;
    await this.#advance(await queue.closableAt());
    // Slashes that became final may have taken the bucket's end along.
    await this.#advance(await queue.closableAt());
    let maturity = 0n;
    await this.#call(
      async () => {
        const tx = await queue.close();
        const closed = await readClosed(this.lrt, tx);
        this.#closed.push(closed);
        ({ maturity } = closed);
        return tx;
      },
      (time) => {
        this.simulator.close(time, maturity);
      },
    );
    return true;
  }

  async #settle(part: bigint): Promise<boolean> {
    const waiting = this.#closed.find(({ epoch }) => {
      const { settled, contested } = this.simulator.epoch(epoch);
      return !settled || contested;
    });
    if (waiting === undefined) return false;
    const { epoch, maturity, items } = waiting;
    if (this.#clock < maturity) {
      if (part < 300n) return false;
      await this.#advance(maturity);
    }
    await this.#call(
      async () => this.lrt.queue.settle(epoch, items),
      () => {
        this.simulator.settle(epoch);
      },
    );
    return true;
  }

  async #claim(name: Name, holder: HardhatEthersSigner): Promise<boolean> {
    const { token } = this.lrt;
    const shares = await token.maxRedeem(holder);
    expect(shares !== 0n, `${name} can claim`).to.equal(this.simulator.oldest(name) !== undefined);
    if (shares === 0n) return false;
    await this.#call(
      async () => token.connect(holder).redeem(shares, holder, holder),
      () => {
        this.simulator.claim(name);
      },
    );
    return true;
  }

  async #claimLate(name: Name, holder: HardhatEthersSigner): Promise<boolean> {
    const more = this.simulator.epochs.find(({ late, assets, shares }) => {
      const mine = late.get(name);
      return mine !== undefined && (mine.shares * assets) / shares - mine.paid > exact(budgetAfter(this.operations));
    });
    if (more === undefined) return false;
    await this.#call(
      async () => this.lrt.token.connect(holder).claimLate(more.id, holder, holder),
      () => {
        this.simulator.claimLate(name, more.id);
      },
    );
    return true;
  }

  async #instantRedeem(name: Name, holder: HardhatEthersSigner, part: bigint): Promise<boolean> {
    const { token } = this.lrt;
    const shares = ((await token.balanceOf(holder)) * part) / 2_000n;
    const [assets] = await token.previewInstantRedeem(shares);
    const worth = await token.convertToAssets(shares);
    if (assets === 0n || worth > (await token.books()).idle) return false;
    // What is kept of it in the token refuses less.
    const [left, needed] = [(await token.totalAssets()) - worth, await this.lrt.allocator.neededTotal()];
    if (left * 5n < needed * 4n) return false;
    await this.#call(
      async () => token.connect(holder).instantRedeem(shares, 0n, holder),
      (time) => {
        this.simulator.instantRedeem(name, exact(shares), time);
      },
      (change, who) => change < 0n && who === name,
    );
    return true;
  }

  async #allocate(operator: HardhatEthersSigner, part: bigint): Promise<boolean> {
    const { token, allocator, stakeManager, asset } = this.lrt;
    const [{ idle }, total] = [await token.books(), await token.totalAssets()];
    const spare = idle - (total * (await allocator.BUFFER_BPS())) / 10_000n;
    const room = (await allocator.limitOf(operator)) - (await allocator.stakeValue(operator)).gross;
    const { maturity } = await allocator.operatorState(operator);
    const assets = ((spare < room ? spare : room) * part) / 1_001n;
    if (assets < 1_000n || maturity !== 0n || !(await stakeManager.isEntryOpen(operator, asset))) return false;
    await this.#call(
      async () => allocator.allocate(operator, assets),
      (time) => {
        this.simulator.allocate(operator.address, assets, time);
      },
    );
    return true;
  }

  async #evict(operator: HardhatEthersSigner, part: bigint): Promise<boolean> {
    const { allocator, curator, stakeManager } = this.lrt;
    const { shares, maturity, target: bps_ } = await allocator.operatorState(operator);
    if (part < 500n || shares === 0n || maturity !== 0n) return false;
    if (bps_ !== 0n) {
      await allocator.connect(curator).setTarget(operator, 0n);
      this.#clock = await now();
    }
    await this.#call(
      async () => allocator.evict(operator),
      () => undefined,
    );
    const matures = await stakeManager.currentMaturity();
    this.simulator.evict(operator.address, matures, this.#clock);
    return true;
  }

  async #collect(operator: HardhatEthersSigner, part: bigint): Promise<boolean> {
    const { allocator, curator } = this.lrt;
    const { maturity } = await allocator.operatorState(operator);
    if (maturity === 0n || (part < 500n && this.#clock < maturity)) return false;
    await this.#advance(maturity);
    const isHeld = ({ record }: Open): boolean => record.operator === operator.address && record.proposedAt < maturity;
    if (this.#open.some(isHeld)) return false;
    await this.#call(
      async () => allocator.collect(operator),
      (time) => {
        this.simulator.collect(operator.address, time);
      },
    );
    await allocator.connect(curator).setTarget(operator, TARGET);
    this.#clock = await now();
    return true;
  }

  async #reward(part: bigint): Promise<boolean> {
    const { token, asset, unit } = this.lrt;
    const amount = (part * unit) / 100n;
    await asset.mint(token, amount);
    this.#clock = await now();
    let [rewards, fee] = [0n, 0n];
    await this.#call(
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
        this.#near("rewards", rewards, exact(amount) + this.simulator.found);
        this.simulator.harvest(rewards, isHigh, time);
      },
    );
    return true;
  }

  async #propose(operator: HardhatEthersSigner, part: bigint): Promise<boolean> {
    const { stakeManager, asset, exitDelay } = this.lrt;
    const recent = this.simulator.slashes.filter(
      (slash) => slash.operator === operator.address && slash.proposedAt > this.#clock - exitDelay,
    );
    if (recent.length >= MAX_PROPOSALS || (await stakeManager.slashableShares(operator, asset)) < WAD) return false;
    const fraction = (part * WAD) / 10_000n;
    this.#clock += 1n;
    await at(this.#clock);
    const record = await proposeSlash(this.lrt, this.set, fraction, operator);
    const magnitude = record.cuts[0]?.magnitude ?? 0n;
    this.simulator.slashes.push({ operator: operator.address, proposedAt: this.#clock, magnitude, state: "open" });
    this.#open.push({ record, index: this.simulator.slashes.length - 1 });
    this.operations += 1n;
    return true;
  }

  async #veto(): Promise<boolean> {
    const newest = this.#open.at(-1);
    if (newest === undefined || this.#clock + 1n >= newest.record.deadline) return false;
    await this.#call(
      async () => this.lrt.slasher.connect(this.lrt.judge).veto(newest.record),
      () => (this.#at(this.simulator.slashes, newest.index).state = "vetoed"),
    );
    this.#open.pop();
    return true;
  }

  /** The guardian closes entry, which moves no price; then opens it again. */
  async #pause(): Promise<boolean> {
    const { token, warden } = this.lrt;
    for (const paused of [true, false]) {
      await this.#call(
        async () => token.connect(warden).setEntryPaused(paused),
        () => undefined,
      );
      await this.compare();
    }
    return true;
  }

  async #pass(part: bigint): Promise<boolean> {
    await this.#advance(this.#clock + (part * this.lrt.bucket) / 500n);
    return true;
  }
}
