import { createHash } from "node:crypto";
import { type AstNode, type Range, child, fromBytes, text, toBytes, walk } from "./ast";
import type { Compilation, Sources } from "./compiler";
import { EXPRESSION_OPERATORS } from "./expressions";
import type { Change } from "./operator";
import { STATEMENT_OPERATORS } from "./statements";
import type { Variant } from "./variants";

/** A change of the sources that some test should notice. */
export interface Mutant extends Variant {
  /** The same for as long as its function does not change around it. */
  readonly id: string;
  readonly operator: string;
  /** Contract and function, such as "StakeManager._enter". */
  readonly where: string;
  readonly line: number;
  readonly original: string;
}

/** Sources whose every mutant must be killed: arithmetic, packed words, keys, the states of pools and allocations. */
export function isMaths(path: string): boolean {
  return path.startsWith("contracts/libraries/") || /^contracts\/types\/\w+Slots\.sol$/.test(path);
}

/** What is mutated and judged apart: the liquid restaking token, and the protocol, which knows nothing of it. */
export const SUBJECTS = ["protocol", "token"] as const;

/** One of them. */
export type Subject = (typeof SUBJECTS)[number];

/** Whose a source is. */
export function subjectOf(path: string): Subject {
  const isOfToken = /^contracts\/(?:lrt\/|libraries\/LrtMath\.sol$|types\/LrtSlots\.sol$)/.test(path);
  return isOfToken ? "token" : "protocol";
}

/** Sources that are mutated. */
export function isMutated(path: string): boolean {
  return /^contracts\/(core|rewards|lrt)\//.test(path) || isMaths(path);
}

/** A change beside the source that it changes. */
interface Found {
  readonly change: Change;
  readonly where: string;
  readonly original: string;
}

/** All changes of one source. */
function changesOf(tree: AstNode, bytes: string): Found[] {
  const found: Found[] = [];
  const read = ({ start, end }: Range): string => fromBytes(bytes.slice(start, end));
  walk(tree, (node, ancestors) => {
    const holder = ancestors.findLast(({ nodeType }) => nodeType === "FunctionDefinition");
    // Outside of functions are declarations alone; their values are mutated where they are used.
    if (holder === undefined) return true;
    const body = child(holder, "body") ?? holder;
    const isInside = node === body || ancestors.includes(body);
    if (!isInside && node.nodeType !== "ModifierInvocation") return false;
    const contract = ancestors.find(({ nodeType }) => nodeType === "ContractDefinition");
    const name = text(holder, "name") || text(holder, "kind");
    const where = contract === undefined ? name : `${text(contract, "name")}.${name}`;
    for (const operator of [...EXPRESSION_OPERATORS, ...STATEMENT_OPERATORS]) {
      for (const change of operator({ node, ancestors, read })) {
        found.push({ change, where, original: read(change.range) });
      }
    }
    return isInside;
  });
  return found;
}

/** Names a change by its contents, so that its verdict lasts while other code changes. */
function identify(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 12);
}

/** All mutants of the sources, in their order. */
export function findMutants(sources: Sources, { trees }: Compilation): Mutant[] {
  const mutants: Mutant[] = [];
  for (const [path, source] of sources) {
    const tree = trees.get(path);
    if (tree === undefined || !isMutated(path)) continue;
    const bytes = toBytes(source);
    const seen = new Set<string>();
    const occurrences = new Map<string, number>();
    for (const { change, where, original } of changesOf(tree, bytes)) {
      const { range, replacement, operator, form } = change;
      const place = `${range.start}:${range.end}:${form}:${replacement.replace(/\s/g, "")}`;
      if (seen.has(place)) continue;
      seen.add(place);
      const key = [path, where, operator, original, replacement].join("\n");
      const occurrence = occurrences.get(key) ?? 0;
      occurrences.set(key, occurrence + 1);
      const line = bytes.slice(0, range.start).split("\n").length;
      mutants.push({ ...change, path, where, line, original, id: identify(`${key}\n${occurrence}`) });
    }
  }
  return mutants;
}
