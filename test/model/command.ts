import fc, { type Arbitrary, type AsyncCommand } from "fast-check";
import type { Bench } from "./bench";
import { type Drawn, VERBS } from "./commands";
import type { Call } from "./commands/call";
import { type Ploy, PLOYS } from "./commands/ploys";
import { ahead } from "./commands/time";
import { Dice } from "./commands/dice";
import type { Ledger } from "./ledger/ledger";

/** Percent of the commands that may choose what must be refused. */
const WILD = 20;

/** Percent of the commands that wait for the next second that matters to their verb, if any does. */
const AIMED = 15;

/** An aim of which every command is. */
const ALWAYS = 100;

/** How often a ploy is drawn, as the weight of a verb. */
const PLOY_WEIGHT = 2;

/** Calls of the longest ploy. */
const LONGEST = Math.max(...PLOYS.map((ploy) => ploy.length));

/** What fast-check draws of a command: everything else follows from the state that it meets. */
interface Draft {
  readonly rolls: readonly number[];
  readonly wild: number;
  readonly wait: number;
  readonly aim: number;
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
    const { rolls, wild, wait, aim } = this.draft;
    const isWild = wild >= 100 - WILD;
    const before = ledger.now;
    ledger.now = (aim >= 100 - AIMED ? this.edge(ledger, aim) : undefined) ?? before + BigInt(wait);
    this.call = this.drawn.draw(ledger, new Dice(rolls, isWild));
    const isPossible = this.call !== undefined && (isWild || this.call.refusals(ledger).length === 0);
    ledger.now = before;
    return isPossible;
  }

  /** One of the next seconds that matter to the verb. */
  private edge(ledger: Ledger, aim: number): bigint | undefined {
    const { edges } = this.drawn;
    const chosen = edges[aim % Math.max(edges.length, 1)];
    return chosen === undefined ? undefined : ahead(ledger, chosen(ledger))[0];
  }

  async run(ledger: Ledger, bench: Bench): Promise<void> {
    if (this.call !== undefined) await bench.run(ledger, this.call);
  }

  toString(): string {
    return this.call?.source ?? this.drawn.verb;
  }
}

/** Several calls that belong together. */
class PloyCommand implements AsyncCommand<Ledger, Bench> {
  constructor(
    private readonly ploy: Ploy,
    private readonly drafts: readonly Draft[],
  ) {}

  check(): boolean {
    return true;
  }

  async run(ledger: Ledger, bench: Bench): Promise<void> {
    for (const [i, step] of this.ploy.entries()) {
      const draft = this.drafts[i];
      if (draft === undefined) continue;
      const command = new ModelCommand(step, { ...draft, wild: 0, aim: ALWAYS });
      if (command.check(ledger)) await command.run(ledger, bench);
    }
  }

  toString(): string {
    return this.ploy.map(({ verb }) => verb).join(" ");
  }
}

/** Lists of commands of every verb, up to a length. */
export function commandLists(maxCommands: number): Arbitrary<Iterable<AsyncCommand<Ledger, Bench>>> {
  const draft: Arbitrary<Draft> = fc.record({
    rolls: fc.array(fc.nat(), { minLength: 14, maxLength: 14 }),
    wild: fc.nat(99),
    aim: fc.nat(99),
    wait: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(20) }),
  });
  // One verb is as likely as another in fc.commands, so a weight is a number of places.
  const arbitraries = VERBS.flatMap((drawn) =>
    Array.from({ length: drawn.weight }, () =>
      draft.map((drafted): AsyncCommand<Ledger, Bench> => new ModelCommand(drawn, drafted)),
    ),
  );
  const drafts = fc.array(draft, { minLength: LONGEST, maxLength: LONGEST });
  arbitraries.push(
    ...PLOYS.flatMap((ploy) =>
      Array.from({ length: PLOY_WEIGHT }, () =>
        drafts.map((drafted): AsyncCommand<Ledger, Bench> => new PloyCommand(ploy, drafted)),
      ),
    ),
  );
  return fc.commands(arbitraries, { maxCommands, size: "max", disableReplayLog: true });
}
