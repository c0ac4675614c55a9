import {
  allocate,
  deposit,
  deregisterFromOperatorSet,
  finalise,
  propose,
  registerForOperatorSet,
} from "../model/commands";
import type { Call } from "../model/commands/call";
import type { Ledger } from "../model/ledger/ledger";
import { BEGIN, EXIT_DELAY, NOTICE, type Party, type SetName } from "../model/vocabulary";
import { EARLIER, givenIn, GIVEN } from "./amounts";
import { type Cell, isCrossed, isInstant } from "./dimensions";
import { CAST, homeOf, OTHER, SETS, stakesIn } from "./scene";
import { WINDOW } from "./timeline";

/** What a step does to the stake of the path. */
export type Deed = "set-up" | "other" | "proposal" | "payment" | "claim";

/** One call of a path, made when its turn comes of what the model then says; none if there is nothing to do. */
export interface Step {
  readonly at: bigint;
  readonly deed: Deed;
  make(ledger: Ledger): Call | undefined;
  /** What is done if the call is refused; without it, it must not be. */
  readonly otherwise?: (ledger: Ledger) => Call;
}

/** When what the operator gives has joined, and when who has left the set may come back. */
const GIVEN_AT = BEGIN + NOTICE;
const BACK_AT = GIVEN_AT + EXIT_DELAY;

/** Second at which the set-up of a path ends: by then an earlier slash is final, and everything given has joined. */
export function endOfSetUp({ allocation }: Cell): bigint {
  return (allocation === "returned" ? BACK_AT + NOTICE : GIVEN_AT) + WINDOW;
}

/** Where the stake of a path enters. */
function entranceOf({ place }: Cell): Party {
  if (place === "came") return CAST.rival;
  return place === "undelegated" ? "nobody" : CAST.operator;
}

/** What comes before a path: allocations, what is used of the budget, a new epoch, and the stake. */
export function setUpOf(cell: Cell): Step[] {
  const { world, asset } = homeOf(cell);
  const { operator, staker } = CAST;
  const [by, set] = [operator, SETS[cell.set]];
  const steps: Step[] = [];
  const add = (call: Call): void => {
    steps.push({ at: call.at, deed: "set-up", make: () => call });
  };
  const give = (at: bigint, to: SetName, magnitude: bigint): void => {
    add(allocate(at, { by, set: to, asset, magnitude }));
  };
  give(BEGIN, set, givenIn(cell));
  if (isCrossed(cell)) give(BEGIN, OTHER, GIVEN.other);
  if (cell.fraction === "rest") {
    add(propose(GIVEN_AT, { by: "judge", set, operator, fraction: EARLIER, evidence: 1n }));
    if (!isInstant(cell)) add(finalise(GIVEN_AT + WINDOW, { by: staker, id: 1n, forged: false }));
  }
  if (cell.allocation === "returned") {
    add(deregisterFromOperatorSet(GIVEN_AT, { by, operator, set }));
    add(registerForOperatorSet(BACK_AT, { by, set }));
    give(BACK_AT, set, GIVEN.again);
  }
  const entry = { operator: entranceOf(cell), asset, assets: stakesIn(world, asset).staker, minFactor: 0n };
  add(deposit(endOfSetUp(cell), { ...entry, payer: staker, receiver: staker }));
  return steps;
}
