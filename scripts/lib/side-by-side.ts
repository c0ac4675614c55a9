import { readEnvironment } from "./environment";
import { type Outcome, run, type RunOptions } from "./run";

/** A command that runs beside others. */
export interface Job extends Pick<RunOptions, "env"> {
  readonly command: string;
  readonly args: readonly string[];
}

/** As many as the smallest machine of CI has cores. */
const WIDTH = 2;

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
export async function runSideBySide(jobs: readonly Job[]): Promise<Outcome[]> {
  const turns = new Turns(jobs.length);
  const colours: Record<string, string> =
    process.stdout.isTTY && !readEnvironment().NO_COLOR ? { FORCE_COLOR: "1" } : {};
  const outcomes: Outcome[] = [];
  const queue = jobs.entries();
  const work = async (): Promise<void> => {
    for (const [index, { command, args, env }] of queue) {
      const output = (chunk: Buffer): void => {
        turns.write(index, chunk);
      };
      outcomes[index] = await run(command, args, { env: { ...colours, ...env }, output });
      turns.end(index);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, work));
  return outcomes;
}
