import { checkAll, type Check, type Facts } from "./checks";
import { rehearseExodus } from "./exodus";
import type { Moment } from "./holdings";
import { Stage, type Listener, type Step } from "./stage";
import { live } from "./story";
import { openTrace } from "./trace";
import { openWorld } from "./world";

export { exitCodeOf } from "./checks";
export { toData } from "./data";
export { Printer } from "./printer";
export { SILENCE } from "./stage";

/** The whole story. */
export interface Life {
  readonly steps: readonly Step[];
  readonly moments: readonly Moment[];
  readonly facts: Facts;
  readonly checks: readonly Check[];
}

/** Settings of a run. */
export interface LifeOptions {
  /** Hears the story while it happens. */
  readonly listener: Listener;
  /** Records what the contracts call of each other. */
  readonly trace?: boolean;
}

/** Deploys Bulkhead on the chain of this process, lives through the story and checks what came of it. */
export async function runLife({ listener, trace = false }: LifeOptions): Promise<Life> {
  const world = await openWorld();
  const stage = new Stage(world, listener, trace ? await openTrace(world) : undefined);
  const wealth = await live(stage);
  const exodus = await rehearseExodus(stage);
  const { steps, moments, penalties, payouts, isolation, reversals, rewards, dues, survivals } = stage;
  const { liquid, prices, alike } = stage;
  const ledgers = moments.map(({ ledger }) => ledger);
  const facts = {
    ...{ ledgers, penalties, payouts, wealth, isolation, reversals, rewards, dues, survivals, exodus },
    ...{ liquid, prices, alike },
  };
  return { steps, moments, facts, checks: checkAll(facts) };
}
