import { readEnvironment } from "./environment";
import { type Outcome, run, type RunOptions } from "./run";

/** A command that runs beside others. */
export interface Job extends Pick<RunOptions, "env" | "timeoutMs"> {
  readonly command: string;
  readonly args: readonly string[];
  /** A line before what it prints. */
  readonly header?: string;
  /** A line after it. */
  readonly footer?: (outcome: TimedOutcome) => string;
}

/** How a command ended, and how long it took. */
export interface TimedOutcome extends Outcome {
  readonly seconds: number;
  /** The end of what it printed. */
  readonly tail: string;
}

/** As many as the smallest machine of CI has cores. */
const WIDTH = 2;

/** Characters of a command's output that are kept: about two screens. */
const TAIL = 4_000;

/** Lets one writer through after the other, whole: what a later one writes waits until all before it have ended. */
class Turns {
  private readonly waiting: Buffer[][];
  private readonly ended: boolean[];
  private turn = 0;

  constructor(count: number) {
    this.waiting = Array.from({ length: count }, () => []);
    this.ended = Array.from({ length: count }, () => false);
  }

  write(index: number, chunk: Buffer): void {
    if (index === this.turn) process.stdout.write(chunk);
    else this.waiting[index]?.push(chunk);
  }

  end(index: number): void {
    this.ended[index] = true;
    while (this.ended[this.turn] === true) {
      this.turn += 1;
      for (const chunk of this.waiting[this.turn]?.splice(0) ?? []) process.stdout.write(chunk);
    }
  }
}

/** Runs commands two at a time; what they print is not mixed, and comes in their order. */
export async function runSideBySide(jobs: readonly Job[]): Promise<TimedOutcome[]> {
  const turns = new Turns(jobs.length);
  const colours: Record<string, string> =
    process.stdout.isTTY && !readEnvironment().NO_COLOR ? { FORCE_COLOR: "1" } : {};
  const outcomes: TimedOutcome[] = [];
  const queue = jobs.entries();
  const work = async (): Promise<void> => {
    for (const [index, { command, args, env, header, footer, ...rest }] of queue) {
      let tail = "";
      const output = (chunk: Buffer): void => {
        tail = (tail + chunk.toString()).slice(-TAIL);
        turns.write(index, chunk);
      };
      if (header !== undefined) output(Buffer.from(`${header}\n`));
      const began = Date.now();
      const ended = await run(command, args, { ...rest, env: { ...colours, ...env }, output });
      const outcome = { ...ended, seconds: (Date.now() - began) / 1_000, tail };
      if (footer !== undefined) output(Buffer.from(`${footer(outcome)}\n`));
      outcomes[index] = outcome;
      turns.end(index);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, work));
  return outcomes;
}
