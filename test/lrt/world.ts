import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import type { LrtLens } from "../../typechain-types";
import { type ClosedEpoch, giveTo, type Lrt, target } from "../helpers/lrt";
import { now } from "../helpers/stake";
import { WAD } from "../helpers/units";
import { floor } from "./simulator";
import { itemAt, type Name, NAMES, type Open, Twin } from "./twin";

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

const TARGET = 3_000n;

/** A set of the judge has so much of each pool. */
const GIVEN = (WAD * 3n) / 10n;

/** Proposals that one period allows. */
const MAX_PROPOSALS = 8;

/** A token with a random history. */
export class World extends Twin {
  /** Calls that have changed something, by verb. */
  readonly made = new Map<string, number>();
  readonly #open: Open[] = [];
  readonly #closed: ClosedEpoch[] = [];

  constructor(
    lrt: Lrt,
    lens: LrtLens,
    private readonly set: string,
  ) {
    super(lrt, lens);
  }

  /** Three operators with a target, who have given a part of their pools to a set that a judge can slash and veto. */
  static async prepare(lrt: Lrt): Promise<string> {
    await target(lrt, ...lrt.operators.map((operator) => [operator, TARGET] as const));
    return await giveTo(lrt, GIVEN, { operators: [...lrt.operators] });
  }

  /** Lets something happen, if it can, and compares everything. */
  async step({ verb, who, operator, size }: Step): Promise<void> {
    const name = itemAt(NAMES, who);
    const pool = itemAt(this.lrt.operators, operator);
    const part = BigInt(size);
    const happened = await {
      deposit: async () => this.#deposits(name, part),
      request: async () => this.#requests(name, part),
      close: async () => this.#closes(),
      settle: async () => this.#settles(part),
      claim: async () => this.#claims(name),
      claimLate: async () => this.#claimsLate(name),
      instantRedeem: async () => this.#leavesAtOnce(name, part),
      allocate: async () => this.#allocates(pool, part),
      evict: async () => this.#evicts(pool, part),
      collect: async () => this.#collects(pool, part),
      reward: async () => this.#rewards(part),
      propose: async () => this.#proposes(pool, part),
      veto: async () => this.#vetoes(),
      pass: async () => this.#passes(part),
      pause: async () => this.#pauses(),
    }[verb]();
    if (!happened) return;
    this.made.set(verb, (this.made.get(verb) ?? 0) + 1);
    await this.compare();
  }

  /** Everybody leaves, by slices; nobody has more than the simulator says, but for the budget. */
  async leave(): Promise<void> {
    for (const name of NAMES) await this.#requests(name, 1_000n);
    await this.#closes();
    for (const { maturity } of this.#closed) await this.#advance(maturity);
    await this.#advance(this.clock + this.lrt.exitDelay);
    while (await this.#settles(0n)) await this.compare();
    for (const name of NAMES) {
      while (await this.#claims(name)) await this.compare();
      while (await this.#claimsLate(name)) await this.compare();
      const has = await this.lrt.asset.balanceOf(this.lrt[name]);
      const fair = floor(this.simulator.wallets.get(name) ?? 0n);
      expect(has - fair, `${name} gained`).to.be.at.most(this.budget);
      expect(await this.lrt.token.balanceOf(this.lrt[name]), `${name}'s shares`).to.equal(0n);
    }
  }

  /** Time goes by, and what nobody vetoed becomes final as soon as it can. */
  async #advance(second: bigint): Promise<void> {
    for (let next = this.#open[0]; next !== undefined && next.record.deadline <= second; next = this.#open[0]) {
      const { deadline } = next.record;
      if (this.clock < deadline) this.clock = deadline - 1n;
      await this.finalise(next);
      this.#open.shift();
    }
    await this.pass(second);
  }

  async #deposits(name: Name, part: bigint): Promise<boolean> {
    if (!this.simulator.isOpen(this.clock)) return false;
    await this.deposit(name, part * this.lrt.unit + part * 7_919n);
    return true;
  }

  async #requests(name: Name, part: bigint): Promise<boolean> {
    const shares = ((await this.lrt.token.balanceOf(this.lrt[name])) * part) / 1_000n;
    if (shares === 0n) return false;
    await this.request(name, shares);
    return true;
  }

  async #closes(): Promise<boolean> {
    const { queue } = this.lrt;
    const [, shares] = await queue.openEpoch();
    if (shares === 0n) return false;
    await this.#advance(await queue.closableAt());
    // Slashes that became final may have taken the bucket's end along.
    await this.#advance(await queue.closableAt());
    this.#closed.push(await this.close());
    return true;
  }

  async #settles(part: bigint): Promise<boolean> {
    const waiting = this.#closed.find(({ epoch }) => {
      const { settled, contested } = this.simulator.epoch(epoch);
      return !settled || contested;
    });
    if (waiting === undefined || (this.clock < waiting.maturity && part < 300n)) return false;
    await this.#advance(waiting.maturity);
    await this.settle(waiting);
    return true;
  }

  async #claims(name: Name): Promise<boolean> {
    if (this.simulator.oldest(name) === undefined) return false;
    await this.redeem(name, await this.lrt.token.maxRedeem(this.lrt[name]));
    return true;
  }

  async #claimsLate(name: Name): Promise<boolean> {
    const epoch = this.owing(name);
    if (epoch === undefined) return false;
    await this.claimLate(name, epoch);
    return true;
  }

  async #leavesAtOnce(name: Name, part: bigint): Promise<boolean> {
    const { token } = this.lrt;
    const shares = ((await token.balanceOf(this.lrt[name])) * part) / 2_000n;
    const [assets] = await token.previewInstantRedeem(shares);
    const worth = await token.convertToAssets(shares);
    if (assets === 0n || worth > (await token.books()).idle) return false;
    // What is kept of it in the token refuses less.
    const [left, needed] = [(await token.totalAssets()) - worth, await this.lrt.allocator.neededTotal()];
    if (left * 5n < needed * 4n) return false;
    await this.instantRedeem(name, shares);
    return true;
  }

  async #allocates(operator: HardhatEthersSigner, part: bigint): Promise<boolean> {
    const { token, allocator, stakeManager, asset } = this.lrt;
    const [{ idle }, total] = [await token.books(), await token.totalAssets()];
    const spare = idle - (total * (await allocator.BUFFER_BPS())) / 10_000n;
    const room = (await allocator.limitOf(operator)) - (await allocator.stakeValue(operator)).gross;
    const { maturity } = await allocator.operatorState(operator);
    const assets = ((spare < room ? spare : room) * part) / 1_001n;
    if (assets < 1_000n || maturity !== 0n || !(await stakeManager.isEntryOpen(operator, asset))) return false;
    await this.allocate(operator, assets);
    return true;
  }

  async #evicts(operator: HardhatEthersSigner, part: bigint): Promise<boolean> {
    const { shares, maturity, target: bps } = await this.lrt.allocator.operatorState(operator);
    if (part < 500n || shares === 0n || maturity !== 0n) return false;
    if (bps !== 0n) await this.setTarget(operator, 0n);
    await this.evict(operator);
    return true;
  }

  async #collects(operator: HardhatEthersSigner, part: bigint): Promise<boolean> {
    const { maturity } = await this.lrt.allocator.operatorState(operator);
    if (maturity === 0n || (part < 500n && this.clock < maturity)) return false;
    await this.#advance(maturity);
    const isHeld = ({ record }: Open): boolean => record.operator === operator.address && record.proposedAt < maturity;
    if (this.#open.some(isHeld)) return false;
    await this.collect(operator);
    await this.setTarget(operator, TARGET);
    return true;
  }

  async #rewards(part: bigint): Promise<boolean> {
    const { token, asset, unit } = this.lrt;
    const amount = (part * unit) / 100n;
    await asset.mint(token, amount);
    this.clock = await now();
    await this.harvest(amount);
    return true;
  }

  async #proposes(operator: HardhatEthersSigner, part: bigint): Promise<boolean> {
    const { stakeManager, asset, exitDelay } = this.lrt;
    const recent = this.simulator.slashes.filter(
      (slash) => slash.operator === operator.address && slash.proposedAt > this.clock - exitDelay,
    );
    if (recent.length >= MAX_PROPOSALS || (await stakeManager.slashableShares(operator, asset)) < WAD) return false;
    this.#open.push(await this.propose(this.set, (part * WAD) / 10_000n, operator));
    return true;
  }

  async #vetoes(): Promise<boolean> {
    const newest = this.#open.at(-1);
    if (newest === undefined || this.clock + 1n >= newest.record.deadline) return false;
    await this.veto(newest);
    this.#open.pop();
    return true;
  }

  /** The guardian closes entry, which moves no price; then opens it again. */
  async #pauses(): Promise<boolean> {
    for (const paused of [true, false]) {
      await this.pause(paused);
      await this.compare();
    }
    return true;
  }

  async #passes(part: bigint): Promise<boolean> {
    await this.#advance(this.clock + (part * this.lrt.bucket) / 500n);
    return true;
  }
}
