import {
  allocate,
  cancelWithdrawal,
  completeWithdrawals,
  completeWithdrawalsAsUndelegated,
  deallocate,
  delegate,
  deregisterFromOperatorSet,
  finalise,
  propose,
  queueWithdrawals,
  redelegateWithdrawals,
  registerForOperatorSet,
  transferWithdrawals,
  veto,
  withdraw,
} from "../model/commands";
import type { Call } from "../model/commands/call";
import type { Ledger } from "../model/ledger/ledger";
import { type Asset, BUCKET, maturityOf, type Party, type SetName } from "../model/vocabulary";
import { CHANGE, fractionsOf, OTHER_FRACTION } from "./amounts";
import { type Cell, hasMaturity, isCrossed, isInstant } from "./dimensions";
import { CAST, homeOf, OTHER, SETS, stakesIn } from "./scene";
import { type Deed, endOfSetUp, setUpOf, type Step } from "./setup";
import { type Timeline, timelineOf } from "./timeline";

/** What is proposed, and by whom. */
interface Judgement {
  readonly by: Party;
  readonly set: SetName;
  readonly fraction: bigint;
}

/** Who owns the stake of a path in the end. */
export function ownerOf({ place }: Cell): Party {
  return place === "passed" || place === "passed-under" ? CAST.buyer : CAST.staker;
}

/** The steps of a path, in the order in which they are taken. */
export class Path {
  private readonly asset: Asset;
  private readonly stake: bigint;
  private readonly timeline: Timeline;
  private readonly steps: Step[];
  /** The maturity to which the timeline is relative. */
  private readonly maturity: bigint;

  constructor(private readonly cell: Cell) {
    const { world, asset } = homeOf(cell);
    this.asset = asset;
    this.stake = stakesIn(world, asset).staker;
    this.timeline = timelineOf(cell);
    this.steps = setUpOf(cell);
    this.maturity = (endOfSetUp(cell) / BUCKET + 20n) * BUCKET;
  }

  /**
   * All steps, by their seconds. In one second the operator comes first, then the staker, then the judges; and then what
   * is asked for besides, of the second in which the path ends.
   */
  all(others: (end: bigint) => readonly Step[] = () => []): readonly Step[] {
    this.operate();
    this.place();
    this.judge();
    this.leave();
    this.steps.push(...others(this.steps.reduce((last, { at }) => (at > last ? at : last), 0n)));
    return this.steps.sort((a, b) => Number(a.at - b.at));
  }

  /** Adds a call at a second of the timeline. */
  private then(second: bigint, make: (at: bigint, ledger: Ledger) => Call | undefined, deed: Deed = "other"): void {
    const at = this.maturity + second;
    this.steps.push({ at, deed, make: (ledger) => make(at, ledger) });
  }

  /** What the operator, or the AVS, does with the allocation. */
  private operate(): void {
    const { asset, timeline } = this;
    const [by, set] = [CAST.operator, SETS[this.cell.set]];
    const order = { by, set, asset, magnitude: CHANGE };
    const end = (ender: Party): void => {
      this.then(timeline.actsAt, (at) => deregisterFromOperatorSet(at, { by: ender, operator: by, set }));
    };
    switch (this.cell.allocation) {
      case "joining":
        this.then(timeline.actsAt, (at) => allocate(at, order));
        break;
      case "leaving":
      case "last-second":
      case "gone":
        this.then(timeline.actsAt, (at) => deallocate(at, order));
        break;
      case "ended-operator":
        end(by);
        break;
      case "ended-avs":
        end("watch");
        break;
      case "returning":
        end(by);
        this.then(timeline.proposedAt + 1n, (at) => registerForOperatorSet(at, { by, set }));
        this.then(timeline.proposedAt + 1n, (at) => allocate(at, order));
        break;
      case "active":
      case "whole":
      case "returned":
        // The set-up has done all.
        break;
    }
  }

  /** Brings the stake where it shall be. */
  private place(): void {
    const { cell, asset, timeline, maturity } = this;
    const { operator, staker, buyer } = CAST;
    const passOn = (second: bigint): void => {
      this.then(second, (at, { stake }) => {
        const shares = stake.pool(operator, asset).queuedShares(staker, maturity);
        const requests = [{ operator, maturity, shares }];
        return transferWithdrawals(at, { by: staker, owner: staker, asset, requests, newOwner: buyer });
      });
    };
    if (hasMaturity(cell)) this.queue(timeline.queuedAt, operator);
    switch (cell.place) {
      case "claimed":
        this.complete(0n, operator, maturity);
        break;
      case "passed":
        passOn(timeline.soonerAt - 1n);
        break;
      case "passed-under":
        passOn(timeline.proposedAt + 1n);
        break;
      case "cancelled":
        this.then(timeline.proposedAt + 1n, (at, { stake }) => {
          const shares = stake.pool(operator, asset).queuedShares(staker, maturity);
          return cancelWithdrawal(at, { by: staker, owner: staker, operator, asset, maturity, shares });
        });
        break;
      case "left":
        this.then(0n, (at) => this.redelegate(at, staker, operator, maturity, CAST.rival), "payment");
        break;
      case "came": {
        const begins = endOfSetUp(cell);
        const back = maturityOf(begins);
        this.queue(begins - maturity, CAST.rival);
        this.then(timeline.soonerAt - 1n, (at) => this.redelegate(at, staker, CAST.rival, back, operator));
        break;
      }
      case "queued-before":
      case "queued-after":
      case "queued-under":
      case "matured":
      case "active":
      case "undelegated":
        break;
    }
  }

  /** Proposals, vetoes and finals. */
  private judge(): void {
    const { cell, timeline } = this;
    const { operator, neighbour } = CAST;
    const { outcome } = cell;
    const set = SETS[cell.set];
    const [first = 0n, second = first] = fractionsOf(cell);
    const ids = new Map<string, bigint>();
    const begin = (at: bigint, name: string, proposal: Judgement): void => {
      const make = (second_: bigint, { slashes }: Ledger): Call => {
        ids.set(name, BigInt(slashes.length) + 1n);
        return propose(second_, { ...proposal, operator, evidence: 2n });
      };
      this.then(at, make, "proposal");
    };
    const end = (at: bigint, name: string, verb: typeof veto, by: Party): void => {
      this.then(at, (second_) => verb(second_, { by, id: ids.get(name) ?? 0n, forged: false }));
    };
    const twice = outcome === "twice-final" || outcome === "twice-veto";
    if (isCrossed(cell)) {
      begin(timeline.soonerAt, "other", { by: "jury", set: OTHER, fraction: OTHER_FRACTION });
      if (outcome === "cross-veto") end(timeline.soonerEndedAt, "other", veto, "umpire");
      else end(timeline.soonerEndedAt, "other", finalise, neighbour);
    }
    if (outcome === "frivolous") {
      begin(timeline.soonerAt, "first", { by: "judge", set, fraction: first });
      end(timeline.soonerEndedAt, "first", veto, "judge");
    }
    if (twice) begin(timeline.proposedAt, "first", { by: "judge", set, fraction: first });
    begin(timeline.proposedAt, "real", { by: "judge", set, fraction: twice ? second : first });
    if (isInstant(cell)) return;
    if (outcome === "twice-veto") end(timeline.endedAt - 1n, "first", veto, "resolver");
    if (outcome === "twice-final") end(timeline.endedAt, "first", finalise, neighbour);
    if (outcome === "veto-resolver") end(timeline.endedAt, "real", veto, "resolver");
    else if (outcome === "veto-slasher") end(timeline.endedAt, "real", veto, "judge");
    else end(timeline.endedAt, "real", finalise, neighbour);
  }

  /** The way out, once every slash has ended. */
  private leave(): void {
    const { cell, asset, maturity, timeline } = this;
    const { operator, rival, staker } = CAST;
    const over = [0n, timeline.endedAt, timeline.soonerEndedAt].reduce((a, b) => (a > b ? a : b));
    if (cell.place === "undelegated") {
      const taken = { by: staker, asset, assets: this.stake };
      this.then(over, (at) =>
        cell.exit === "tokens"
          ? withdraw(at, { ...taken, owner: staker, receiver: staker })
          : delegate(at, { ...taken, staker, operator: rival, minFactor: 0n }),
      );
      return;
    }
    const stays = !hasMaturity(cell) || cell.place === "cancelled";
    if (!stays) this.complete(over, operator, maturity);
    if (stays || cell.place === "left") {
      const from = stays ? operator : rival;
      this.queue(over + 5n, from);
      const matures = maturityOf(maturity + over + 5n);
      this.complete(matures - maturity, from, matures);
    }
  }

  /** Queues all that the staker has in a pool. */
  private queue(second: bigint, operator: Party): void {
    const { asset } = this;
    const { staker } = CAST;
    this.then(second, (at, { stake }) => {
      const shares = stake.pool(operator, asset).sharesOf(staker);
      const requests = [{ operator, shares }];
      return queueWithdrawals(at, { by: staker, staker, asset, requests, owner: staker });
    });
  }

  /** Completes a withdrawal the way out of the path, if it is there. */
  private complete(second: bigint, operator: Party, matures: bigint): void {
    const { asset, cell } = this;
    const at = this.maturity + second;
    const owner = ownerOf(cell);
    const completion = { by: owner, owner, asset, keys: [{ operator, maturity: matures }] };
    this.steps.push({
      at,
      // What the rival's pool pays is only the end of the way.
      deed: operator === CAST.rival ? "other" : "payment",
      make: ({ stake }) => {
        if (stake.pool(operator, asset).record(owner, matures) === undefined) return undefined;
        switch (cell.exit) {
          case "tokens":
            return completeWithdrawals(at, { ...completion, receiver: owner });
          case "undelegated":
            return completeWithdrawalsAsUndelegated(at, completion);
          case "redelegated":
            return this.redelegate(at, owner, operator, matures, operator === CAST.rival ? CAST.operator : CAST.rival);
        }
      },
      // Who gets nothing, or would enter a pool that is wiped out, is refused; the other ways remain.
      otherwise: () => completeWithdrawalsAsUndelegated(at, completion),
    });
  }

  private redelegate(at: bigint, owner: Party, operator: Party, matures: bigint, to: Party): Call {
    const keys = [{ operator, maturity: matures }];
    return redelegateWithdrawals(at, { by: owner, owner, asset: this.asset, keys, operator: to, minFactor: 0n });
  }
}
