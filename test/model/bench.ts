import { Comparison, type Look } from "./compare";
import type { Call } from "./commands/call";
import { Disagreement } from "./disagreement";
import { Ledger } from "./ledger/ledger";
import { openingMoves } from "./opening";
import { Situations } from "./situations";
import { Statistics } from "./statistics";
import type { Outcome } from "./chain";
import { type Asset, ASSETS, AVSS, COINS, OWNERS } from "./vocabulary";
import { COINAGE, ENDOWMENT, type TokenKind, World } from "./world";

/** The contracts and the model side by side: every call is made to both, and both are compared after it. */
export class Bench {
  readonly statistics = new Statistics();
  /** Of all runs together. */
  readonly situations = new Situations();
  private readonly comparison: Comparison;
  private calls: Call[] = [];

  private constructor(
    private readonly world: World,
    private readonly opening: readonly Call[],
  ) {
    this.comparison = new Comparison(world);
  }

  /** Deploys the world, and makes the opening moves: the usual ones of the usual tokens, if no others are given. */
  static async begin(opening = openingMoves(), tokens?: Readonly<Record<Asset, TokenKind>>): Promise<Bench> {
    const bench = new Bench(await World.deploy(tokens), opening);
    const ledger = emptyLedger(bench.situations);
    for (const call of opening) await bench.make(ledger, call, "everything");
    await bench.world.keep();
    bench.comparison.keep();
    return bench;
  }

  /** Begins again after the opening moves: the model of that state. */
  async restart(): Promise<Ledger> {
    await this.world.restart();
    this.calls = [];
    this.comparison.restart();
    return ledgerAfter(this.opening, this.situations);
  }

  /** Makes one call, and compares. Throws a Disagreement if it ends otherwise than predicted, or leaves another state. */
  async run(ledger: Ledger, call: Call, look: Look = "changes and more"): Promise<void> {
    this.calls.push(call);
    const refused = await this.make(ledger, call, look);
    this.statistics.count(call.verb, refused);
  }

  /** Compares everything that can be observed. */
  async compare(ledger: Ledger): Promise<void> {
    await this.comparison.run(ledger, "everything");
  }

  /** What was called since the last start, as a test that can be run. */
  sources(): string[] {
    return this.calls.map(({ source }) => source);
  }

  /** The calls themselves. */
  made(): readonly Call[] {
    return this.calls;
  }

  private async make(ledger: Ledger, call: Call, look: Look): Promise<boolean> {
    ledger.now = call.at;
    const reasons = call.refusals(ledger);
    const outcome = await this.send(ledger, call);
    const refusal = outcome?.refusal === undefined ? undefined : this.world.errorName(outcome.refusal);
    if (refusal === undefined ? reasons.length > 0 : !reasons.includes(refusal)) {
      const expected = reasons.length === 0 ? "success" : reasons.join(" or ");
      throw new Disagreement(`${call.source}: the model says ${expected}, the contracts ${refusal ?? "success"}`);
    }
    if (refusal === undefined) call.apply(ledger, await this.paymentsOf(call, outcome));
    ledger.check();
    await this.comparison.run(ledger, look);
    return refusal !== undefined;
  }

  /** What the contracts have paid, if the model asks them. */
  private async paymentsOf({ payments }: Call, outcome: Outcome | undefined): Promise<readonly bigint[] | undefined> {
    if (payments === undefined || outcome?.refusal !== undefined || outcome === undefined) return undefined;
    return await this.world.payments(payments, outcome.hash);
  }

  private async send(ledger: Ledger, call: Call): Promise<Outcome | undefined> {
    const transaction = await call.encode(this.world, ledger);
    if (transaction === undefined) {
      await this.world.chain.mine(call.at);
      return undefined;
    }
    const { from, to, data } = transaction;
    return await this.world.chain.send(this.world.address(from), to, data, call.at);
  }
}

/** The model after the opening moves. */
export function ledgerAfter(opening: readonly Call[], situations: Situations): Ledger {
  const ledger = emptyLedger(situations);
  for (const call of opening) {
    ledger.now = call.at;
    call.apply(ledger);
  }
  return ledger;
}

/** The state after the deployment: every owner has its tokens, and every AVS its reward tokens. */
function emptyLedger(situations: Situations): Ledger {
  const ledger = new Ledger(situations);
  for (const asset of ASSETS) for (const owner of OWNERS) ledger.stake.mint(owner, asset, ENDOWMENT);
  for (const coin of COINS) for (const avs of AVSS) ledger.rewards.mint(avs, coin, COINAGE);
  return ledger;
}
