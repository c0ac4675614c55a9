import type { Bug } from "../../test/teeth/bug";
import { UserError } from "../lib/errors";
import { type AstNode, type Range, child, fromBytes, isNode, rangeOf, toBytes, typeOf, walk } from "./ast";
import type { Compilation, Sources } from "./compiler";
import { statementRange } from "./operator";
import type { Form, Variant } from "./variants";

/** A planted bug as a variant of the code around it. */
export interface Planted extends Variant {
  readonly bug: Bug;
}

/** What can be written twice, one beside the other. A declaration cannot: it would be seen in its own branch alone. */
const STATEMENTS =
  /^(?:Block|UncheckedBlock|ExpressionStatement|EmitStatement|RevertStatement|Return|IfStatement|ForStatement)$/;

const EXPRESSIONS = /^(?:BinaryOperation|UnaryOperation|FunctionCall|Conditional|Identifier|MemberAccess|IndexAccess)$/;

/** How a node can be switched, if it can. */
function formOf(node: AstNode, parent: AstNode | undefined): Form | undefined {
  if (STATEMENTS.test(node.nodeType)) return parent?.loopExpression === node ? undefined : "statement";
  const type = typeOf(node);
  const isValue = !/^(?:function|type\(|tuple\(|error|modifier|int_const|$)/.test(type);
  const isTarget = parent?.leftHandSide === node;
  return EXPRESSIONS.test(node.nodeType) && isValue && !isTarget ? "expression" : undefined;
}

/** The smallest code around a stretch that can be switched. */
function around(tree: AstNode, range: Range, read: (range: Range) => string): { range: Range; form: Form } | undefined {
  let found: { range: Range; form: Form } | undefined;
  walk(tree, (node, ancestors) => {
    const form = formOf(node, ancestors.at(-1));
    const own = form === "statement" && !node.nodeType.endsWith("Block") ? statementRange(node, read) : rangeOf(node);
    const outer = rangeOf(node);
    if (outer.start > range.start || Math.max(outer.end, own.end) < range.end) return false;
    const holder = ancestors.findLast(({ nodeType }) => nodeType === "FunctionDefinition");
    const body = holder === undefined ? undefined : child(holder, "body");
    const isInside = isNode(body) && (node === body || ancestors.includes(body));
    if (form !== undefined && isInside && own.end >= range.end) found = { range: own, form };
    return true;
  });
  return found;
}

/** Finds the code of a bug, and what it is with the bug in it. */
function plant(bug: Bug, sources: Sources, { trees }: Compilation): Planted {
  const [bytes, original] = [toBytes(sources.get(bug.file) ?? ""), toBytes(bug.original)];
  const start = bytes.indexOf(original);
  const tree = trees.get(bug.file);
  if (start < 0 || tree === undefined || bytes.includes(original, start + 1)) {
    const times = start < 0 ? "not at all" : "more than once";
    throw new UserError(`The original of the bug "${bug.title}" stands ${times} in ${bug.file}.`);
  }
  const range = { start, end: start + original.length };
  const read = (stretch: Range): string => bytes.slice(stretch.start, stretch.end);
  const place = around(tree, range, read);
  if (place === undefined) throw new UserError(`The original of the bug "${bug.title}" is not within one function.`);
  const changed = read({ start: place.range.start, end: start }) + toBytes(bug.planted) + read({ start: range.end, end: place.range.end });
  return {
    bug,
    path: bug.file,
    ...place,
    original: fromBytes(read(place.range)),
    replacement: fromBytes(changed),
  };
}

/** All bugs as variants of the sources. */
export function plantAll(bugs: readonly Bug[], sources: Sources, original: Compilation): Planted[] {
  return bugs.map((bug) => plant(bug, sources, original));
}
