import * as fixtures from "@nomicfoundation/hardhat-network-helpers/dist/src/loadFixture";
import * as resets from "@nomicfoundation/hardhat-network-helpers/dist/src/helpers/reset";
import { setCoinbase, takeSnapshot, type SnapshotRestorer } from "@nomicfoundation/hardhat-network-helpers";
import { ConsoleLogger } from "hardhat/internal/hardhat-network/stack-traces/consoleLogger";
import Mocha from "mocha";
import { join } from "node:path";
import { ROOT } from "../lib/files";
import type { TestName } from "./messages";
import { TRACING_PRODUCER, address, producerOf } from "./variants";

/** A test that takes longer, and does not say that it may, has failed. */
const TIMEOUT_MS = 30_000;

/** What one test did. */
export interface TestRun {
  readonly error: string | undefined;
  readonly ms: number;
  /** Numbers of the variants that it passed, what its fixtures passed included; empty unless it was traced. */
  readonly reached: readonly number[];
  /** The fixture that it began with. */
  readonly fixture: string;
}

/** A fixture that was run, to be returned to. */
interface Kept {
  readonly fixture: () => Promise<unknown>;
  readonly data: unknown;
  readonly restorer: SnapshotRestorer;
  readonly reached: ReadonlySet<number>;
}

/** Tests that are loaded, to be run one by one. */
class TestCollection extends Mocha {
  load(): void {
    this.loadFiles();
  }
}

/** Runs single tests in this process, under any variant. */
export class Judge {
  readonly tests: readonly Mocha.Test[];
  private kept: Kept[] = [];
  private genesis: SnapshotRestorer | undefined;
  private reached = new Set<number>();
  private fixture = "";
  private producer = producerOf(0);

  constructor(files: readonly string[]) {
    Object.assign(fixtures, { loadFixture: this.loadFixture.bind(this) });
    const reset = resets.reset;
    Object.assign(resets, {
      reset: async () => {
        await reset();
        await this.begin();
      },
    });
    ConsoleLogger.getDecodedLogs = (messages) => {
      for (const message of messages) this.reached.add(Number(BigInt(`0x${message.toString("hex")}`)));
      return [];
    };
    const mocha = new TestCollection({ timeout: TIMEOUT_MS });
    for (const file of files) mocha.addFile(join(ROOT, file));
    mocha.load();
    const tests: Mocha.Test[] = [];
    mocha.suite.eachTest((test: Mocha.Test) => tests.push(test));
    this.tests = tests;
  }

  /** The names of all tests, in the order of `tests`. */
  names(): TestName[] {
    return this.tests.map((test) => ({ file: (test.file ?? "").slice(ROOT.length + 1), title: test.fullTitle() }));
  }

  /** Starts the chain anew under a variant; 0 stands for the original. */
  async choose(variant: number | "traced"): Promise<void> {
    this.producer = variant === "traced" ? address(TRACING_PRODUCER) : producerOf(variant);
    await this.genesis?.restore();
    await this.begin();
  }

  /** At the beginning of a chain. */
  private async begin(): Promise<void> {
    this.kept = [];
    this.genesis = await takeSnapshot();
    await setCoinbase(this.producer);
  }

  /** Runs one test, by its place in `tests`. */
  async run(index: number): Promise<TestRun> {
    this.reached = new Set();
    this.fixture = "";
    const began = performance.now();
    const error = await this.runWithHooks(index);
    return { error, ms: performance.now() - began, reached: [...this.reached], fixture: this.fixture };
  }

  private async runWithHooks(index: number): Promise<string | undefined> {
    const test = this.tests[index];
    if (test === undefined) throw new Error(`There is no test ${index}.`);
    const suites: Mocha.Suite[] = [];
    for (let suite = test.parent; suite !== undefined; suite = suite.parent) suites.unshift(suite);
    const before = suites.flatMap((suite) => [...hooksOf(suite, "_beforeAll"), ...hooksOf(suite, "_beforeEach")]);
    const after = suites
      .reverse()
      .flatMap((suite) => [...hooksOf(suite, "_afterEach"), ...hooksOf(suite, "_afterAll")]);
    let problem: string | undefined;
    for (const runnable of [...before, test]) problem ??= await runOne(runnable);
    for (const hook of after) {
      const failed = await runOne(hook);
      problem ??= failed;
    }
    return problem;
  }

  /** As `loadFixture` of Hardhat, but what a fixture passed counts for every test that returns to it. */
  private async loadFixture<T>(fixture: () => Promise<T>): Promise<T> {
    if (this.fixture === "") this.fixture = fixture.name;
    const kept = this.kept.find((one) => one.fixture === fixture);
    if (kept !== undefined) {
      await kept.restorer.restore();
      // Later snapshots are gone with what was undone.
      this.kept = this.kept.slice(0, this.kept.indexOf(kept) + 1);
      for (const number of kept.reached) this.reached.add(number);
      return kept.data as T;
    }
    const outer = this.reached;
    this.reached = new Set();
    const data = await fixture();
    const reached = this.reached;
    this.reached = new Set([...outer, ...reached]);
    this.kept.push({ fixture, data, restorer: await takeSnapshot(), reached });
    return data;
  }
}

/** The hooks of a suite; Mocha keeps them to itself. */
function hooksOf(suite: Mocha.Suite, kind: string): Mocha.Runnable[] {
  const hooks: unknown = Reflect.get(suite, kind);
  return Array.isArray(hooks) ? hooks.filter((hook) => hook instanceof Mocha.Runnable) : [];
}

/** Runs a test or a hook and says what was wrong. */
function runOne(runnable: Mocha.Runnable): Promise<string | undefined> {
  return new Promise((resolve) => {
    // What an earlier run left in it; Mocha's types do not know this method.
    const reset: unknown = Reflect.get(runnable, "reset");
    if (typeof reset === "function") Reflect.apply(reset, runnable, []);
    runnable.run((error?: unknown) => {
      if (error === undefined || error === null) resolve(undefined);
      else resolve(error instanceof Error ? error.message : "It threw something that is no error.");
    });
  });
}
