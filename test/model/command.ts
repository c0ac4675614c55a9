import fc, { type Arbitrary, type AsyncCommand } from "fast-check";
import type { Bench } from "./bench";
import { type Drawn, VERBS } from "./commands";
import type { Call } from "./commands/call";
import { Dice } from "./commands/dice";
import type { Ledger } from "./ledger/ledger";

/** Percent of the commands that may choose what must be refused. */
const WILD = 15;

/** What fast-check draws of a command: everything else follows from the state that it meets. */
interface Draft {
  readonly rolls: readonly number[];
  readonly wild: number;
  readonly wait: number;
}

/** A verb with its draft. The call is made of it when its turn comes. */
class ModelCommand implements AsyncCommand<Ledger, Bench> {
  private call: Call | undefined;

  constructor(
    private readonly drawn: Drawn,
    private readonly draft: Draft,
  ) {}

  /** Draws the call, and lets only those that may fail fail. */
  check(ledger: Ledger): boolean {
    const { rolls, wild, wait } = this.draft;
    const isWild = wild >= 100 - WILD;
    const before = ledger.now;
    ledger.now = before + BigInt(wait);
    this.call = this.drawn.draw(ledger, new Dice(rolls, isWild));
    const isPossible = this.call !== undefined && (isWild || this.call.refusals(ledger).length === 0);
    ledger.now = before;
    return isPossible;
  }

  async run(ledger: Ledger, bench: Bench): Promise<void> {
    if (this.call !== undefined) await bench.run(ledger, this.call);
  }

  toString(): string {
    return this.call?.source ?? this.drawn.verb;
  }
}

/** Lists of commands of every verb, up to a length. */
export function commandLists(maxCommands: number): Arbitrary<Iterable<AsyncCommand<Ledger, Bench>>> {
  const draft: Arbitrary<Draft> = fc.record({
    rolls: fc.array(fc.nat(), { minLength: 14, maxLength: 14 }),
    wild: fc.nat(99),
    wait: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(20) }),
  });
  // One verb is as likely as another in fc.commands, so a weight is a number of places.
  const arbitraries = VERBS.flatMap((drawn) =>
    Array.from({ length: drawn.weight }, () => draft.map((drafted) => new ModelCommand(drawn, drafted))),
  );
  return fc.commands(arbitraries, { maxCommands, size: "max", disableReplayLog: true });
}
