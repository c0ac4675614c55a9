import { FunctionFragment, Interface, toBeHex } from "ethers";
import hre, { ethers } from "hardhat";
import { z } from "zod";
import { compilationOf } from "../../deploy/compilation";

/*
 * The order of effects, in traces of transactions:
 *
 * - A verb begins where a contract of the protocol is entered from outside, or by its own multicall. What it calls of
 *   the protocol's own contracts belongs to it; a token that enters again begins a verb of its own.
 * - An external call is a CALL (or a creation) that leaves the protocol's contracts, whether it succeeds or not. A
 *   STATICCALL is a read: nothing can be written under it. A DELEGATECALL must never leave them.
 * - After an external call a verb writes no storage, transient storage included; but it may release the guard, and go
 *   on where a comment `// order: reason` says why: at the call, or at the call of an own contract that led to it.
 * - A clone (ERC-1167) of an own contract is one.
 */

/** Where OpenZeppelin's transient guard is; releasing it, the last thing done, writes 0. */
const GUARD = 0x9b779b17422d0df92223018b32b4d1fa46e071723d6817e2486d003becc55f00n;

/** A comment that says why there are writes after a call. */
const EXCUSE = /^\s*\/\/ order:(.*)$/;
const COMMENT = /^\s*\/\//;

/** A reason of fewer words is none. */
const REASON_WORDS = 4;

const CALLS = new Set(["CALL", "CALLCODE", "DELEGATECALL", "STATICCALL", "CREATE", "CREATE2"]);

const SELECTOR_LENGTH = 10;

/** Code of a clone, which runs that of another contract. */
const CLONE = /^0x363d3d373d3d3d363d73([0-9a-f]{40})5af43d82803e903d91602b57fd5bf3$/;

const step = z.object({ pc: z.number(), op: z.string(), depth: z.number(), stack: z.array(z.string()) });

const traceSchema = z.object({ failed: z.boolean(), structLogs: z.array(step) });

const references = z.record(z.string(), z.array(z.object({ start: z.number(), length: z.number() })));

const transactionSchema = z.object({ hash: z.string(), to: z.string().nullable(), input: z.string() });

const blockSchema = z.object({ hash: z.string(), parentHash: z.string(), transactions: z.array(transactionSchema) });

const receiptSchema = z.object({
  status: z.string(),
  logs: z.array(z.object({ address: z.string(), topics: z.array(z.string()) })),
});

/** One step of a trace. */
export type Step = z.output<typeof step>;

type Transaction = z.output<typeof transactionSchema>;

/** A line of a source. */
interface Line {
  readonly path: string;
  readonly line: number;
}

/** What is known of one of the protocol's contracts. */
interface Known {
  readonly name: string;
  readonly path: string;
  readonly abi: Interface;
  readonly code: string;
  readonly immutables: readonly { start: number; length: number }[];
  /** The line behind each program counter; none in a clone. */
  readonly lines: ReadonlyMap<number, Line>;
  /** Whether it is a clone: what it runs by DELEGATECALL is itself. */
  readonly isClone: boolean;
}

/** A call that leaves the protocol's contracts. */
interface Call {
  readonly at: Line;
  /** Lines of the calls of own contracts that led to it, and its own. */
  readonly path: readonly Line[];
}

/** A verb in execution, and where it has called outside. */
interface Verb {
  name: string;
  readonly calls: Call[];
}

/** One level of calls. */
interface Frame {
  readonly contract: Known | undefined;
  /** The verb that it belongs to; none outside the protocol and under a STATICCALL. */
  readonly verb: Verb | undefined;
  readonly begins: boolean;
  readonly isStatic: boolean;
  /** Which function was entered, once its selector was read. */
  entered: string | undefined;
  /** The last instruction. */
  op: string;
  /** The last line of the repository's own sources that was executed. */
  at: Line | undefined;
}

/** The texts of the sources by their paths, line by line. */
type Sources = Map<string, readonly string[]>;

function show({ path, line }: Line): string {
  return `${path}:${line}`;
}

/** The program counters of code, instruction by instruction. */
function* counters(code: Buffer): Generator<number> {
  for (let pc = 0; pc < code.length; pc++) {
    yield pc;
    const opcode = code[pc] ?? 0;
    // PUSH1 to PUSH32 carry 1 to 32 bytes.
    if (opcode >= 0x60 && opcode <= 0x7f) pc += opcode - 0x5f;
  }
}

/** The line behind each program counter, by the compiler's source map: "start:length:file:jump:depth", and ditto. */
function linesOf(
  code: Buffer,
  map: string,
  files: ReadonlyMap<number, { path: string; text: Buffer }>,
): Map<number, Line> {
  const entries = map.split(";").map((entry) => entry.split(":"));
  const lines = new Map<number, Line>();
  const cache = new Map<string, Line>();
  let [start, file] = ["", ""];
  let index = 0;
  for (const pc of counters(code)) {
    const entry = entries[index++];
    if (entry === undefined) break;
    if (entry[0] !== undefined && entry[0] !== "") start = entry[0];
    if (entry[2] !== undefined && entry[2] !== "") file = entry[2];
    const source = files.get(Number(file));
    if (source === undefined) continue;
    const key = `${file}:${start}`;
    const line = cache.get(key) ?? {
      path: source.path,
      // Offsets count bytes.
      line: source.text.subarray(0, Number(start)).toString("latin1").split("\n").length,
    };
    cache.set(key, line);
    lines.set(pc, line);
  }
  return lines;
}

/** Hexadecimal code with its immutable values blanked. */
function blank(code: string, immutables: Known["immutables"]): string {
  return immutables.reduce((text, { start, length }) => {
    const from = 2 + 2 * start;
    return text.slice(0, from) + "0".repeat(2 * length) + text.slice(from + 2 * length);
  }, code.toLowerCase());
}

/** An address from a word of the stack. */
function toAddress(word: string): string {
  return toBeHex(BigInt(word.startsWith("0x") ? word : `0x${word}`) & (2n ** 160n - 1n), 20);
}

function toNumber(word: string): bigint {
  return BigInt(word.startsWith("0x") ? word : `0x${word}`);
}

/** Functions of an ABI that may write. */
function verbsOf(abi: Interface): FunctionFragment[] {
  return abi.fragments.filter((fragment) => FunctionFragment.isFragment(fragment)).filter(({ constant }) => !constant);
}

/** Follows transactions through the given contracts, and holds them to the order of effects. */
export class OrderOfEffects {
  /** One sentence for each write that follows an external call. */
  readonly violations = new Set<string>();
  /** Verbs that were traced to their end, as `Contract.verb`. */
  readonly verbs = new Set<string>();
  /** How many transactions were traced. */
  traced = 0;

  readonly #known: readonly Known[];
  readonly #sources: Sources;
  readonly #needed = new Set<string>();
  readonly #byCode = new Map<string, Known | undefined>();
  readonly #blocks = new Set<string>();
  readonly #shapes = new Map<string, number>();

  private constructor(known: readonly Known[], sources: Sources) {
    this.#known = known;
    this.#sources = sources;
  }

  /**
   * A checker for contracts of the repository.
   *
   * @param names As the compiler knows them, such as `contracts/core/Slasher.sol:Slasher`.
   */
  static async of(names: readonly string[]): Promise<OrderOfEffects> {
    const known: Known[] = [];
    const sources: Sources = new Map();
    for (const fullName of names) {
      const [path = "", name = ""] = fullName.split(":");
      const info = await compilationOf(hre, fullName);
      const output = info.output.contracts[path]?.[name];
      if (output === undefined) throw new Error(`${fullName} is not compiled.`);
      const files = new Map<number, { path: string; text: Buffer }>();
      for (const [file, { id }] of Object.entries(info.output.sources)) {
        const text = info.input.sources[file]?.content ?? "";
        // What is not of the repository is called from a line of it, which is what counts.
        if (!file.startsWith("contracts/")) continue;
        files.set(id, { path: file, text: Buffer.from(text) });
      }
      const { object, sourceMap, immutableReferences } = output.evm.deployedBytecode;
      const immutables = Object.values(references.parse(immutableReferences ?? {})).flat();
      const code = blank(`0x${object}`, immutables);
      const lines = linesOf(Buffer.from(object, "hex"), sourceMap, files);
      // What a contract is made of is up to date in its build info; other sources there may have changed since.
      for (const { path: file } of lines.values()) {
        if (!sources.has(file)) sources.set(file, (info.input.sources[file]?.content ?? "").split("\n"));
      }
      const abi = new Interface(JSON.stringify(output.abi));
      known.push({ name, path, abi, code, immutables, lines, isClone: false });
    }
    return new OrderOfEffects(known, sources);
  }

  /** Verbs of the contracts, by their ABIs, that no traced transaction came through. */
  untraced(): string[] {
    const all = this.#known.flatMap(({ name, abi }) => verbsOf(abi).map((verb) => `${name}.${verb.name}`));
    return all.filter((verb) => !this.verbs.has(verb));
  }

  /** Excuses in the sources below a folder that give no reason, or that no write needs. */
  excuseProblems(folder: string): string[] {
    return [...this.#sources].flatMap(([path, lines]) => {
      if (!path.startsWith(folder)) return [];
      return lines.flatMap((text, index) => {
        const match = EXCUSE.exec(text);
        if (match === null) return [];
        const at = show({ path, line: index + 1 });
        if ((match[1] ?? "").trim().split(/\s+/).length < REASON_WORDS) return [`${at} gives no reason.`];
        return this.#needed.has(at) ? [] : [`${at} excuses a call after which nothing is written.`];
      });
    });
  }

  /** Traces a transaction. One that failed has written nothing. */
  async trace(hash: string): Promise<void> {
    const transaction = transactionSchema.parse(await ethers.provider.send("eth_getTransactionByHash", [hash]));
    await this.#trace(transaction);
  }

  /**
   * Traces the transactions to the protocol in all blocks that were not looked at before: of each shape (verb, and who
   * emitted what) the first `limit`.
   */
  async traceNewBlocks(limit: number): Promise<void> {
    let tag: string | undefined;
    for (;;) {
      const method = tag === undefined ? "eth_getBlockByNumber" : "eth_getBlockByHash";
      const answer: unknown = await ethers.provider.send(method, [tag ?? "latest", true]);
      if (answer === null) return;
      const { hash, parentHash, transactions } = blockSchema.parse(answer);
      if (this.#blocks.has(hash)) return;
      this.#blocks.add(hash);
      for (const transaction of transactions) await this.#traceShape(transaction, limit);
      tag = parentHash;
    }
  }

  async #traceShape(transaction: Transaction, limit: number): Promise<void> {
    if (transaction.to === null) return;
    const { status, logs } = receiptSchema.parse(
      await ethers.provider.send("eth_getTransactionReceipt", [transaction.hash]),
    );
    if (BigInt(status) === 0n) return;
    const names: string[] = [];
    const name = async (address: string): Promise<string> => {
      const known = (await this.#contractAt(address))?.name;
      if (known !== undefined) names.push(known);
      return known ?? "";
    };
    const emitted = new Set<string>();
    for (const { address, topics } of logs) emitted.add(`${await name(address)} ${topics[0] ?? ""}`);
    const to = await name(transaction.to);
    if (names.length === 0) return;
    const shape = [to, transaction.input.slice(0, SELECTOR_LENGTH), ...[...emitted].sort()].join();
    const before = this.#shapes.get(shape) ?? 0;
    this.#shapes.set(shape, before + 1);
    if (before < limit) await this.#trace(transaction);
  }

  async #trace({ hash, to }: Transaction): Promise<void> {
    if (to === null) return;
    const options = { disableStorage: true, disableMemory: true };
    const { failed, structLogs } = traceSchema.parse(
      await ethers.provider.send("debug_traceTransaction", [hash, options]),
    );
    if (failed) return;
    this.traced++;
    await this.#follow(to, structLogs);
  }

  async #contractAt(address: string): Promise<Known | undefined> {
    const code = z.string().parse(await ethers.provider.send("eth_getCode", [address, "latest"]));
    if (code === "0x") return undefined;
    if (!this.#byCode.has(code)) {
      const [, original] = CLONE.exec(code) ?? [];
      const found = original === undefined ? undefined : await this.#contractAt(`0x${original}`);
      const clone = found === undefined ? undefined : { ...found, lines: new Map<number, Line>(), isClone: true };
      this.#byCode.set(code, clone ?? this.#known.find((known) => known.code === blank(code, known.immutables)));
    }
    return this.#byCode.get(code);
  }

  async #follow(to: string, steps: readonly Step[]): Promise<void> {
    const frames: Frame[] = [];
    let next: Frame | undefined = this.#enter(undefined, "CALL", await this.#contractAt(to));
    for (const [index, current] of steps.entries()) {
      while (frames.length > current.depth) this.#leave(frames.pop());
      if (frames.length < current.depth) {
        if (next === undefined) throw new Error("A trace goes deeper without a call.");
        frames.push(next);
      }
      const frame = frames.at(-1);
      if (frame === undefined) throw new Error("A trace begins without a call.");
      frame.op = current.op;
      frame.at = frame.contract?.lines.get(current.pc) ?? frame.at;
      this.#select(frame, current, steps[index + 1]);
      if (current.op === "SSTORE" || current.op === "TSTORE") this.#write(frame, current);
      next = CALLS.has(current.op) ? await this.#call(frames, current) : undefined;
    }
    for (const frame of frames) this.#leave(frame);
  }

  /** The frame of a call from `caller` (none: of the transaction itself) to a contract. */
  #enter(caller: Frame | undefined, op: string, contract: Known | undefined): Frame {
    const isStatic = (caller?.isStatic ?? false) || op === "STATICCALL";
    const within = caller?.contract !== undefined && (op === "CALL" || caller.contract.isClone);
    const begins = contract !== undefined && !within;
    const verb = contract === undefined || isStatic ? undefined : within ? caller.verb : { name: "", calls: [] };
    return { contract, verb, begins, isStatic, entered: undefined, op: "", at: undefined };
  }

  async #call(frames: readonly Frame[], { op, stack }: Step): Promise<Frame> {
    const caller = frames.at(-1);
    const creates = op.startsWith("CREATE");
    const contract = creates ? undefined : await this.#contractAt(toAddress(stack.at(-2) ?? "0"));
    if (caller?.contract !== undefined && contract === undefined && caller.at !== undefined) {
      if (op === "DELEGATECALL" || op === "CALLCODE") {
        this.violations.add(`${caller.verb?.name ?? ""} runs foreign code at ${show(caller.at)}.`);
      } else if (op !== "STATICCALL") {
        const own = frames.filter(({ verb }) => verb === caller.verb);
        caller.verb?.calls.push({ at: caller.at, path: own.flatMap(({ at }) => at ?? []) });
      }
    }
    return this.#enter(caller, op, contract);
  }

  /** Reads the selector where the dispatcher has just shifted it to the end of its word. */
  #select(frame: Frame, { op }: Step, following: Step | undefined): void {
    if (frame.entered !== undefined || op !== "SHR" || frame.contract === undefined || following === undefined) return;
    const selector = toBeHex(toNumber(following.stack.at(-1) ?? "0"), 4);
    const name = `${frame.contract.name}.${frame.contract.abi.getFunction(selector)?.name ?? selector}`;
    frame.entered = name;
    if (frame.begins && frame.verb !== undefined) frame.verb.name = name;
  }

  /** Counts a verb that came to its end. */
  #leave(frame: Frame | undefined): void {
    if (frame?.verb === undefined || frame.entered === undefined) return;
    if (frame.op === "STOP" || frame.op === "RETURN") this.verbs.add(frame.entered);
  }

  #write({ verb, at }: Frame, { op, stack }: Step): void {
    if (verb === undefined || verb.calls.length === 0 || at === undefined) return;
    const [value, slot] = stack.slice(-2).map(toNumber);
    if (op === "TSTORE" && slot === GUARD && value === 0n) return;
    for (const call of verb.calls) {
      const excuses = call.path.flatMap((line) => this.#excuseOf(line) ?? []);
      for (const excuse of excuses) this.#needed.add(show(excuse));
      if (excuses.length !== 0) continue;
      this.violations.add(`${verb.name} writes at ${show(at)} after its call at ${show(call.at)}.`);
    }
  }

  /** The excuse in the line of a call, or in the comment right above it. */
  #excuseOf({ path, line }: Line): Line | undefined {
    const lines = this.#sources.get(path) ?? [];
    for (let above = line - 1; above >= 1 && COMMENT.test(lines[above - 1] ?? ""); above--) {
      if (EXCUSE.test(lines[above - 1] ?? "")) return { path, line: above };
    }
    return undefined;
  }
}
