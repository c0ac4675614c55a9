import { type AstNode, child, children, rangeOf, text, typeOf } from "./ast";
import { type Change, type Operator, type Place, statementRange } from "./operator";

/** Statements that can be left out. */
const DELETABLE = new Set([
  "ExpressionStatement",
  "EmitStatement",
  "RevertStatement",
  "Return",
  "Continue",
  "Break",
  "TryStatement",
  "InlineAssembly",
]);

/** Whether a statement stands where a function ends anyway. */
function endsFunction({ node, ancestors }: Place): boolean {
  const body = ancestors.at(-1);
  const isBody = ancestors.at(-2)?.nodeType === "FunctionDefinition";
  return body !== undefined && isBody && children(body, "statements").at(-1) === node;
}

/** The branch of an `if` without `else` is left out by its condition, too. */
function isOnlyBranch({ ancestors }: Place): boolean {
  const parent = ancestors.at(-1);
  const holder = parent?.nodeType === "Block" ? ancestors.at(-2) : parent;
  if (holder?.nodeType !== "IfStatement" || child(holder, "falseBody") !== undefined) return false;
  return parent === holder || (parent !== undefined && children(parent, "statements").length === 1);
}

const deletion: Operator = (place) => {
  const { node, ancestors, read } = place;
  if (!DELETABLE.has(node.nodeType) || isOnlyBranch(place)) return [];
  if (node.nodeType === "Return" && endsFunction(place)) return [];
  // What a loop does at the end of each turn is an expression there.
  if (ancestors.at(-1)?.loopExpression === node) return [];
  const range = statementRange(node, read);
  return [{ operator: "deletion", range, form: "statement", replacement: "" }];
};

/** Whether a call has no value of its own, so that only its statement can be changed. */
function needsStatement(call: AstNode, parent: AstNode | undefined): boolean {
  const type = typeOf(call);
  return parent?.nodeType === "TryStatement" || type === "tuple()" || type.startsWith("error");
}

/** Two arguments of the same type that stand side by side, in the other order. */
const swap: Operator = (place) => {
  const { node, ancestors, read } = place;
  if (node.nodeType !== "FunctionCall" || text(node, "kind") === "typeConversion") return [];
  const given = children(node, "arguments");
  return given.slice(1).flatMap((second, index): Change[] => {
    const first = given[index];
    if (first === undefined || typeOf(first) !== typeOf(second)) return [];
    const [a, b] = [rangeOf(first), rangeOf(second)];
    if (read(a) === read(b)) return [];
    const swapped = (start: number, end: number): string =>
      read({ start, end: a.start }) +
      read(b) +
      read({ start: a.end, end: b.start }) +
      read(a) +
      read({ start: b.end, end });
    const statement = ancestors.findLast(({ nodeType }) => /Statement$|^Return$/.test(nodeType));
    const ofCall = rangeOf(node);
    if (!needsStatement(node, ancestors.at(-1)) || statement === undefined) {
      return [{ operator: "swap", range: ofCall, form: "expression", replacement: swapped(ofCall.start, ofCall.end) }];
    }
    const range = statementRange(statement, read);
    return [{ operator: "swap", range, form: "statement", replacement: swapped(range.start, range.end) }];
  });
};

/** A modifier left out. */
const modifier: Operator = ({ node }) => {
  if (node.nodeType !== "ModifierInvocation" || text(node, "kind") !== "modifierInvocation") return [];
  return [{ operator: "modifier", range: rangeOf(node), form: "modifier", replacement: "" }];
};

/** All mistakes that are made with whole statements. */
export const STATEMENT_OPERATORS: readonly Operator[] = [deletion, swap, modifier];
