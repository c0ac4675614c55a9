import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import type { BaseContract } from "ethers";
import type { ClosedEpoch } from "../../helpers/lrt";
import { Kind } from "../../helpers/rewards";
import { WAD } from "../../helpers/units";
import { exact, type Exact } from "../../lrt/simulator";
import { itemAt, type Open, type Twin } from "../../lrt/twin";
import type { MockERC20 } from "../../../typechain-types";
import { type Cell, isOfAll, isPaidUnder, isTwice } from "./dimensions";
import { Earnings, grainOf } from "./earnings";
import { type Facts, FRACTIONS } from "./facts";
import { NEIGHBOUR, type Scene, twinOf } from "./scene";

/** What the holder, and who stays, deposit: no whole numbers of tokens. */
const STAKES = { alice: [600n, 1n], bob: [400n, 7n] } as const;

/** What is staked with each operator, in tokens. */
const STAKED = 300n;

/** What somebody else wants to deposit under the lien, in tokens. */
const ENTERING = 10n;

/** What a service pays, in tokens of the asset, or of the other token: so little that it vests in time. */
const REWARDS = { asset: 3n, other: 1_000n } as const;

/** When a lot is bought: at a price halved so often. */
const HALVINGS = 6n;
const HOUR = 3_600n;

/** Seconds before the proposal at which the pool is closed, the operator leaves its sets, or deposits are paused. */
const BEFORE = 60n;

/** Lets the holder's stake take a path on the chain and in the simulator, which are compared after every call. */
class Walk {
  private readonly open: Open[] = [];
  private readonly operator: HardhatEthersSigner;
  private readonly slashed: readonly HardhatEthersSigner[];
  private readonly set: string;
  private closed: ClosedEpoch | undefined;
  private asked = 0n;
  private earnings: Earnings | undefined;
  private reached = 0;
  private entered: boolean | undefined;
  private late = false;
  private ended = false;

  constructor(
    private readonly cell: Cell,
    private readonly scene: Scene,
    private readonly twin: Twin,
  ) {
    const { operators } = scene.lrt;
    this.operator = operators[0];
    this.slashed = isOfAll(cell) ? operators : [operators[0]];
    this.set = cell.outcome === "instant" ? scene.instant : scene.vetoable;
  }

  /** Takes the path: what became of the holder's stake. */
  async run(): Promise<Facts> {
    await this.enter();
    await this.bring();
    const before = this.wealth();
    await this.propose();
    await this.act();
    await this.reward();
    await this.end();
    this.ended = true;
    await this.leave();
    const after = this.wealth();
    const { slashes } = this.twin.simulator;
    const vetoed = slashes.filter(({ state }) => state === "vetoed").length;
    const [reached, gone] = [this.reached / this.slashed.length, vetoed / this.slashed.length];
    const kept = Math.max(reached - gone, 0);
    const lost = Number(((before - after) * 1_000_000n) / before) / 1_000_000;
    return { reached, kept, lost, late: this.late, entered: this.entered };
  }

  /** What the holder has of what was deposited. */
  private wealth(): Exact {
    const { simulator, clock, lrt } = this.twin;
    return simulator.wealth("alice", clock) - exact(1_000_000n * lrt.unit) + this.deposited("alice");
  }

  private deposited(name: keyof typeof STAKES): Exact {
    const [tokens, more] = STAKES[name];
    return exact(tokens * this.twin.lrt.unit + more);
  }

  /** Makes a call, and compares. */
  private async step(call: () => Promise<unknown>): Promise<void> {
    const { twin } = this;
    await call();
    const stake = twin.simulator.stakes.get(this.operator.address);
    this.earnings?.note(twin.clock, stake?.maturity === undefined ? (stake?.shares ?? 0n) : 0n);
    await twin.compare();
  }

  /** Services get the pools, a service pays, and both holders enter. */
  private async enter(): Promise<void> {
    const { twin, cell, set } = this;
    const { allocationManager, asset, operators, notice, bucket, unit } = twin.lrt;
    for (const operator of this.slashed) {
      await twin.call(async () => allocationManager.connect(operator).allocate(set, asset, WAD));
    }
    await twin.pass(twin.clock + notice);
    if (cell.reward !== "none") await this.fund(REWARDS[cell.reward]);
    for (const name of ["alice", "bob"] as const) {
      const [tokens, more] = STAKES[name];
      await this.step(async () => twin.deposit(name, tokens * unit + more));
    }
    if (cell.place === "idle") return;
    for (const operator of operators) await this.step(async () => twin.allocate(operator, STAKED * unit));
    if (cell.reward !== "none") await twin.pass(twin.clock + bucket);
  }

  /** A service pays a reward for the operator's pool, while everything happens. */
  private async fund(tokens: bigint): Promise<void> {
    const { twin, operator } = this;
    const { rewardsDistributor, asset, avs, bucket, unit } = twin.lrt;
    const reward = this.rewardToken();
    const amount = tokens * 10n ** (await reward.decimals());
    const entries = [{ operator, asset, amount }];
    const duration = 14n * bucket;
    const vetoable = this.scene.vetoable;
    await twin.call(async () => rewardsDistributor.connect(avs).fund(vetoable, reward, Kind.Fee, duration, entries));
    const to = ((twin.clock + duration + bucket - 1n) / bucket) * bucket;
    const grain = grainOf(await reward.decimals(), bucket);
    this.earnings = new Earnings({ amount, from: twin.clock, to, grain }, NEIGHBOUR * unit);
  }

  private rewardToken(): MockERC20 {
    return this.cell.reward === "asset" ? this.twin.lrt.asset : this.scene.coin;
  }

  /** Brings the stake where it shall be when the slash is proposed, in the second before that. */
  private async bring(): Promise<void> {
    const { twin, operator } = this;
    const { place } = this.cell;
    const { bucket, allocator } = twin.lrt;
    if (place === "leaving" || place === "passed") await this.evict();
    if (place === "passed") await twin.pass(twin.clock + bucket);
    const isHeld = place === "idle" || place === "active" || place === "leaving";
    if (!isHeld) await this.ask();
    if (!isHeld && place !== "asked") await this.close();
    if (place === "settled" || place === "claimed") await this.settle();
    if (place === "claimed") await this.step(async () => twin.redeem("alice", this.asked / 2n));
    const { maturity } = await allocator.operatorState(operator);
    const second = this.secondOf(maturity);
    await twin.pass(second - BEFORE);
    await this.disturb();
    await twin.pass(second - 1n);
  }

  /** When the first slash is proposed. */
  private secondOf(leavesAt: bigint): bigint {
    const { cell, closed, twin } = this;
    const proposals = BigInt(this.slashed.length * (isTwice(cell) ? 2 : 1));
    const maturity = closed?.maturity ?? 0n;
    if (cell.place === "maturity-1") return maturity - proposals;
    if (cell.place === "maturity") return maturity;
    if (cell.place === "maturity+1") return maturity + 1n;
    if (cell.place === "leaving" && cell.deed === "collect") return leavesAt - proposals;
    return twin.clock + BEFORE + 2n;
  }

  /** The operator closes its pool, or leaves its sets; or the guardian closes entry. */
  private async disturb(): Promise<void> {
    const { twin, operator, scene } = this;
    const { stakeManager, allocationManager, asset } = twin.lrt;
    const { pool } = this.cell;
    if (pool === "closed")
      await this.step(async () => twin.call(async () => stakeManager.connect(operator).closePool(asset)));
    if (pool === "paused") await this.step(async () => twin.pause(true));
    if (pool !== "left") return;
    for (const set of [scene.vetoable, scene.instant]) {
      const leave = async () => allocationManager.connect(operator).deregisterFromOperatorSet(operator, set);
      await this.step(async () => twin.call(leave));
    }
  }

  /** The judge proposes, once or twice for each operator. */
  private async propose(): Promise<void> {
    const { twin, cell, set } = this;
    const fraction = (BigInt(FRACTIONS[cell.loss]) * WAD) / 10_000n;
    for (let round = 0; round < (isTwice(cell) ? 2 : 1); round++) {
      for (const operator of this.slashed) {
        const sure = twin.simulator.wealth("alice", twin.clock, "net");
        await this.step(async () => this.open.push(await twin.propose(set, fraction, operator)));
        if (twin.simulator.wealth("alice", twin.clock, "net") < sure) this.reached += 1;
        expect(itemAt(this.open, this.open.length - 1).record.cuts[0]?.magnitude, "magnitude").to.equal(fraction);
      }
    }
  }

  /** What is done while the slash is open. */
  private async act(): Promise<void> {
    const { twin, cell, operator } = this;
    const { token, unit, keeper, allocator } = twin.lrt;
    switch (cell.deed) {
      case "none":
        break;
      case "deposit":
        await this.enterUnder(ENTERING * unit);
        break;
      case "request":
        await this.ask();
        break;
      case "close":
        if (this.asked === 0n) await this.ask();
        await this.close();
        break;
      case "settle":
        await this.settle();
        break;
      case "claim":
        if (cell.place !== "settled" && cell.place !== "claimed" && this.closed !== undefined) await this.settle();
        await this.step(async () => twin.redeem("alice", this.asked / (cell.place === "claimed" ? 4n : 2n)));
        break;
      case "instant": {
        const shares = (await token.balanceOf(twin.lrt.bob)) / 40n;
        await this.step(async () => twin.instantRedeem("bob", shares));
        break;
      }
      case "allocate":
        await this.stakeUnder();
        break;
      case "evict":
        await this.evict();
        break;
      case "collect": {
        const { maturity } = await allocator.operatorState(operator);
        await twin.pass(maturity);
        if (cell.place !== "leaving") await this.step(async () => twin.collect(operator));
        const early = allocator.connect(keeper).collect.staticCall(operator);
        await expect(early).to.be.revertedWithCustomError(token, "StillContested");
        break;
      }
    }
  }

  /** Somebody deposits, if so little is contested that the token takes it. */
  private async enterUnder(assets: bigint): Promise<void> {
    const { twin, cell } = this;
    const { token, carol } = twin.lrt;
    this.entered = twin.simulator.isOpen(twin.clock) && cell.pool !== "paused";
    if (this.entered) {
      await this.step(async () => twin.deposit("carol", assets));
      return;
    }
    const refused = token.connect(carol).deposit.staticCall(assets, carol);
    await expect(refused).to.be.revertedWithCustomError(token, cell.pool === "paused" ? "EntryPaused" : "NotCalm");
  }

  /** The keeper stakes: not with an operator who is slashed or leaving, but with one who is not. */
  private async stakeUnder(): Promise<void> {
    const { twin, cell, operator } = this;
    const { token, allocator, stakeManager, operators } = twin.lrt;
    const assets = (await token.totalAssets()) / 250n;
    const isGone = cell.place === "leaving" || cell.place === "passed";
    const refusals: readonly [BaseContract, string] = isGone
      ? [allocator, "OperatorLeaving"]
      : [stakeManager, cell.pool === "closed" ? "PoolNotOpen" : "PoolLiened"];
    await expect(allocator.allocate.staticCall(operator, assets)).to.be.revertedWithCustomError(...refusals);
    const last = operators[2];
    if (!this.slashed.includes(last)) await this.step(async () => twin.allocate(last, assets));
  }

  /** What has come of rewards goes to the token, or is sold for it. */
  private async reward(): Promise<void> {
    const { twin, cell, earnings, operator } = this;
    const { allocator, auction, carol, keeper, asset } = twin.lrt;
    if (earnings === undefined) return;
    const token = this.rewardToken();
    let amount = 0n;
    await this.step(async () => {
      const tx = await twin.call(async () => allocator.connect(keeper).collectRewards(operator, token));
      const [log] = await allocator.queryFilter(allocator.filters.RewardsCollected(), tx.blockNumber ?? undefined);
      amount = log?.args.amount ?? 0n;
    });
    expect(amount, "earned").to.be.closeTo(earnings.whole, earnings.dust);
    if (cell.reward === "asset") {
      await this.step(async () => twin.harvest(amount));
      return;
    }
    let asked: Exact = 0n;
    await this.step(async () => {
      await twin.call(async () => auction.connect(keeper).start(token));
      asked = twin.simulator.total(twin.clock) / 10n;
    });
    await twin.pass(twin.clock + HALVINGS * HOUR - 1n);
    const has = await asset.balanceOf(carol);
    let price = 0n;
    await this.step(async () =>
      twin.call(
        async () => {
          const tx = await auction.connect(carol).take(token, 0n, has, carol);
          price = has - (await asset.balanceOf(carol));
          return tx;
        },
        () => {
          twin.simulator.pay("carol", -exact(price));
        },
        (_, name) => name === "carol",
      ),
    );
    twin.near("price", price, asked >> HALVINGS);
    expect(await token.balanceOf(carol), "lot").to.equal(amount);
    await this.step(async () => twin.harvest(price));
  }

  /** How the slash ends. */
  private async end(): Promise<void> {
    const { twin, cell, open } = this;
    const { bucket } = twin.lrt;
    const half = open.slice(0, open.length / 2);
    switch (cell.outcome) {
      case "instant":
        break;
      case "final":
      case "twice-final":
        await this.finalise(open);
        break;
      case "late":
        await twin.pass(itemAt(open, open.length - 1).record.deadline + bucket);
        await this.finalise(open);
        break;
      case "veto":
        await this.veto(open);
        break;
      case "twice-veto":
        await this.veto(half);
        await this.finalise(open.slice(half.length));
        break;
    }
  }

  /** Makes each final in the first second in which that can be. */
  private async finalise(open: readonly Open[]): Promise<void> {
    for (const one of open) {
      await this.twin.pass(one.record.deadline - 1n);
      await this.step(async () => this.twin.finalise(one));
    }
  }

  /** Vetoes each in the last second in which that can be. */
  private async veto(open: readonly Open[]): Promise<void> {
    for (const one of open) {
      await this.twin.pass(one.record.deadline - 2n);
      await this.step(async () => this.twin.veto(one));
    }
  }

  /** The way out: whatever is left to be done until the holder has everything. */
  private async leave(): Promise<void> {
    const { twin, cell, operator } = this;
    const { token, alice } = twin.lrt;
    if (cell.deed === "collect") await this.step(async () => twin.collect(operator));
    if (this.asked === 0n) await this.ask();
    if (this.closed === undefined) await this.close();
    const epoch = twin.simulator.epoch(1n);
    if (!epoch.settled || epoch.contested) await this.settle();
    if (cell.exit === "parts") await this.step(async () => twin.redeem("alice", this.asked / 8n));
    if (cell.exit === "withdraw") await this.step(async () => twin.withdraw("alice"));
    else await this.step(async () => twin.redeem("alice", await token.maxRedeem(alice)));
    const owing = twin.owing("alice");
    this.late = owing !== undefined;
    if (owing !== undefined) await this.step(async () => twin.claimLate("alice", owing));
    if (cell.pool === "paused") await this.step(async () => twin.pause(false));
    expect(twin.simulator.oldest("alice"), "what is not claimed").to.equal(undefined);
  }

  /** The holder asks for everything. */
  private async ask(): Promise<void> {
    const { twin } = this;
    this.asked = await twin.lrt.token.balanceOf(twin.lrt.alice);
    await this.step(async () => twin.request("alice", this.asked));
  }

  private async close(): Promise<void> {
    const { twin } = this;
    await twin.pass(await twin.lrt.queue.closableAt());
    await this.step(async () => (this.closed = await twin.close()));
  }

  /** Settles the epoch from its maturity on; what was leaving, and is overdue, is collected before. */
  private async settle(): Promise<void> {
    const { twin, cell, closed, operator } = this;
    if (closed === undefined) throw new Error("No epoch is closed.");
    const isOverdue = cell.place === "passed" && cell.outcome === "late" && isPaidUnder(cell);
    if (isOverdue && twin.simulator.stakes.has(operator.address)) {
      const { maturity } = await twin.lrt.allocator.operatorState(operator);
      await twin.pass(maturity);
      await this.step(async () => twin.collect(operator));
    }
    // Nobody vetoes after the window: if the lien is not overdue, it is settled within it.
    const [first] = this.open;
    const last =
      this.ended || first === undefined || cell.outcome === "late" ? closed.maturity : first.record.deadline - 3n;
    await twin.pass(last < closed.maturity ? last : closed.maturity);
    await this.step(async () => twin.settle(closed));
  }

  /** The curator drops the operator, and the keeper evicts it. */
  private async evict(): Promise<void> {
    const { twin, operator } = this;
    await this.step(async () => twin.setTarget(operator, 0n));
    await this.step(async () => twin.evict(operator));
  }
}

/** Walks a path on the chain and in the simulator: what became of the stake. */
export async function walk(cell: Cell, scene: Scene): Promise<Facts> {
  return await new Walk(cell, scene, await twinOf(scene)).run();
}
