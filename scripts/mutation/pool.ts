import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { inheritedVariables } from "../lib/environment";
import { UserError } from "../lib/errors";
import { ROOT } from "../lib/files";
import { type Answer, type Order, type TestName, answer } from "./messages";

/** A judge has so long for an order, and for each test of it; on a busy machine a test takes a tenth of that. */
const PATIENCE_MS = 300_000;
const PATIENCE_FOR_TEST_MS = 2_000;

/** A judge in a process of its own. */
class Worker {
  private constructor(
    private readonly child: ChildProcess,
    readonly tests: readonly TestName[],
  ) {}

  /** Starts a judge over a build. */
  static async start(artifacts: string, files: readonly string[]): Promise<Worker> {
    const child = fork(join(ROOT, "scripts/mutation/worker.ts"), [...files], {
      cwd: ROOT,
      execArgv: ["-r", "ts-node/register"],
      env: { ...inheritedVariables(), VARIANTS: artifacts },
      serialization: "advanced",
    });
    const ready = await next(child, PATIENCE_MS);
    if (ready?.kind !== "ready") throw new UserError("The judge did not start.");
    return new Worker(child, ready.tests);
  }

  /** Gives an order; answers nothing if the judge died over it. */
  async ask(order: Order): Promise<Answer | undefined> {
    this.child.send(order);
    return await next(this.child, PATIENCE_MS + order.tests.length * PATIENCE_FOR_TEST_MS);
  }

  stop(): void {
    this.child.kill("SIGKILL");
  }
}

/** The next answer of a process, or none if there will be none. */
function next(child: ChildProcess, patienceMs: number): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const finish = (value: Answer | undefined): void => {
      clearTimeout(timer);
      child.removeAllListeners("message").removeAllListeners("exit");
      resolve(value);
    };
    const timer = setTimeout(finish, patienceMs, undefined);
    child.once("message", (message) => {
      finish(answer.parse(message));
    });
    child.once("exit", () => {
      finish(undefined);
    });
  });
}

/** Judges over one build, which work side by side. */
export class Pool {
  private constructor(
    private readonly artifacts: string,
    private readonly files: readonly string[],
    private readonly workers: Worker[],
  ) {}

  /** Starts so many judges over a build, which know the tests of these files. */
  static async start(artifacts: string, size: number, files: readonly string[]): Promise<Pool> {
    const workers = await Promise.all(Array.from({ length: size }, () => Worker.start(artifacts, files)));
    const pool = new Pool(artifacts, files, workers);
    process.once("exit", () => {
      pool.stop();
    });
    return pool;
  }

  /** The tests that every judge has. */
  get tests(): readonly TestName[] {
    return this.workers[0]?.tests ?? [];
  }

  get size(): number {
    return this.workers.length;
  }

  /**
   * Has orders done, each by the judge that is free first.
   *
   * @param order Is asked for one at a time, so that it can draw on earlier answers; none ends the work.
   * @param done Is given the answer, or none if the judge died: it is replaced.
   */
  async work<T>(
    order: () => { readonly order: Order; readonly task: T } | undefined,
    done: (task: T, answer: Answer | undefined) => void,
  ): Promise<void> {
    const serve = async (index: number): Promise<void> => {
      for (let given = order(); given !== undefined; given = order()) {
        const worker = this.workers[index];
        if (worker === undefined) return;
        const answered = await worker.ask(given.order);
        if (answered === undefined) {
          worker.stop();
          this.workers[index] = await Worker.start(this.artifacts, this.files);
        }
        done(given.task, answered);
      }
    };
    await Promise.all(this.workers.map((_, index) => serve(index)));
  }

  /** Ends all processes. */
  stop(): void {
    for (const worker of this.workers) worker.stop();
  }
}
