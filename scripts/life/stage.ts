import { time } from "@nomicfoundation/hardhat-network-helpers";
import type { ContractTransactionResponse, Interface } from "ethers";
import type { SlashStructOutput } from "../../typechain-types/contracts/core/Slasher";
import type { Amount, Token } from "./amounts";
import { readMoment, type Moment } from "./holdings";
import { revertReason, type Refusal } from "./refusals";
import type { Payment, Place, Roll } from "./rewards";
import type { Sentence } from "./sentences";
import type { CallRecorder } from "./trace";
import { type Account, DAY, EXIT_DELAY, type Actor, type World } from "./world";

/** One thing that happened. */
export interface Step {
  /** Days since the beginning, such as `45.5`. */
  readonly day: string;
  readonly chapter: string;
  readonly actor: Actor;
  /** Functions of the contracts that were called, in order. */
  readonly verbs: readonly string[];
  /** Name of the error if the call was refused, as it had to be. */
  readonly refused: string | undefined;
  readonly sentence: Sentence;
  /** What the contracts called of each other; empty unless traces are asked for. */
  readonly calls: readonly string[];
}

/** Hears the story while it happens. */
export interface Listener {
  chapter(title: string, lesson: string): void;
  step(step: Step): void;
  moment(moment: Moment, tables: readonly TableName[]): void;
}

/** Hears nothing. */
export const SILENCE: Listener = { chapter: () => undefined, step: () => undefined, moment: () => undefined };

/** The tables that a moment can be shown by. */
export type TableName = "stakers" | "services" | "pools" | "proceeds" | "earnings" | "rewards" | "liquid" | "holders";

/** An operator set of the story. */
export interface OperatorSet {
  readonly key: string;
  readonly avs: Actor;
  readonly slasher: Actor;
  /** Who gets what is slashed; nobody if it is burned. */
  readonly recipient: Actor | undefined;
  readonly tokens: readonly Token[];
}

/** A part of a pool that an operator has given to a set. */
export interface Grant {
  readonly set: OperatorSet;
  readonly operator: Actor;
  readonly token: Token;
}

/** A withdrawal that somebody has queued. */
export interface Exit<Owner extends Account = Account> {
  readonly owner: Owner;
  readonly operator: Actor;
  readonly token: Token;
  readonly maturity: bigint;
}

/** What arithmetic outside of the contracts expects, and what they did. */
export interface Expectation {
  readonly what: string;
  readonly expected: Amount;
  readonly seen: Amount;
}

/** Numbers that must be the same before and after something that is none of their business. */
export interface Comparison {
  readonly what: string;
  readonly compared: number;
  readonly changed: number;
}

/** Where the story takes place: it sends the calls, keeps the time and remembers what the checks need. */
export class Stage {
  readonly steps: Step[] = [];
  readonly moments: Moment[] = [];
  readonly sets: OperatorSet[] = [];
  readonly grants: Grant[] = [];
  readonly exits: Exit[] = [];
  readonly penalties: Expectation[] = [];
  readonly payouts: Expectation[] = [];
  readonly isolation: Comparison[] = [];
  readonly reversals: Comparison[] = [];
  readonly openSlashes: SlashStructOutput[] = [];
  readonly places: Place[] = [];
  readonly payments: Payment[] = [];
  readonly rolls: Roll[] = [];
  /** What was earned by time and shares. */
  readonly rewards: Expectation[] = [];
  /** What is due exactly: commission, and nothing to who was not there. */
  readonly dues: Expectation[] = [];
  readonly survivals: Comparison[] = [];
  /** The liquid restaking token and the contracts of its epochs, once they can have stake. */
  readonly vaults: Account[] = [];
  /** What verbs of the liquid restaking token came to. */
  readonly liquid: Expectation[] = [];
  /** Prices of the token, and what must not move them. */
  readonly prices: Comparison[] = [];
  /** What who left was paid, and what it would have had by staying. */
  readonly alike: Expectation[] = [];
  /** Of the asset, what who left at once has left to who stays: the next harvest finds it. */
  left = 0n;
  /** Seconds from one boundary of rewards to the next. */
  readonly bucket = EXIT_DELAY / 8n;

  private chapterTitle = "";
  private verbs: string[] = [];
  private calls: string[] = [];
  private refused: string | undefined;

  constructor(
    readonly world: World,
    private readonly listener: Listener,
    private readonly recorder: CallRecorder | undefined,
  ) {}

  /** Begins a chapter, with the promise that it shows. The books are read before. */
  async chapter(title: string, lesson: string): Promise<void> {
    if (this.steps.length > 0) await this.readBooks();
    this.chapterTitle = title;
    this.listener.chapter(title, lesson);
  }

  /** Lets time pass until the beginning of a day. */
  async travelTo(day: number): Promise<void> {
    // Days of the story are multiples of a quarter of an hour.
    await time.increaseTo(this.world.beginsAt + (BigInt(day * 96) * DAY) / 96n);
  }

  /** Sends a call. */
  async run(verb: string, send: () => Promise<ContractTransactionResponse>): Promise<number> {
    const receipt = await this.recorded(async () => (await send()).wait());
    if (receipt === null) throw new Error(`${verb} was not mined.`);
    this.verbs.push(verb);
    return receipt.blockNumber;
  }

  /** Sends a call that must be refused. */
  async expectRefusal(
    verb: string,
    errors: Interface,
    send: () => Promise<ContractTransactionResponse>,
  ): Promise<Refusal> {
    const refusal = await this.recorded(() =>
      send().then(
        () => undefined,
        (error: unknown) => revertReason(error, errors),
      ),
    );
    if (refusal === undefined) throw new Error(`${verb} was let through.`);
    this.verbs.push(verb);
    this.refused = refusal.name;
    return refusal;
  }

  /** Tells in one line what the calls since the last line came to. */
  async tell(actor: Actor, sentence: Sentence): Promise<void> {
    const { chapterTitle: chapter, verbs, calls, refused } = this;
    const day = this.dayOf(BigInt(await time.latest()));
    const step: Step = { day, chapter, actor, verbs, refused, sentence, calls };
    [this.verbs, this.calls, this.refused] = [[], [], undefined];
    this.steps.push(step);
    this.listener.step(step);
  }

  /** Shows who has what. */
  async show(...tables: readonly TableName[]): Promise<void> {
    this.listener.moment(await this.readBooks(), tables);
  }

  /** A second as days since the beginning, such as `45.5`. */
  dayOf(second: bigint): string {
    return (Number(second - this.world.beginsAt) / Number(DAY)).toFixed(2).replace(/\.?0+$/, "");
  }

  private async readBooks(): Promise<Moment> {
    const moment = await readMoment(this, this.dayOf(BigInt(await time.latest())));
    this.moments.push(moment);
    return moment;
  }

  private async recorded<T>(send: () => Promise<T>): Promise<T> {
    if (this.recorder === undefined) return send();
    const { result, calls } = await this.recorder.record(send);
    this.calls.push(...calls);
    return result;
  }
}
