import { type AstNode, type Range, rangeOf } from "./ast";
import type { Form } from "./variants";

/** What an operator makes of a stretch of a source. */
export interface Change {
  readonly operator: string;
  readonly range: Range;
  readonly form: Form;
  readonly replacement: string;
}

/** Where an operator looks. */
export interface Place {
  readonly node: AstNode;
  /** What holds the node, the nearest last. */
  readonly ancestors: readonly AstNode[];
  /** The source between two places. */
  readonly read: (range: Range) => string;
}

/** Says what one kind of mistake would make of a node. */
export type Operator = (place: Place) => Change[];

/** Where a statement stands, with its semicolon, which is not within the node. */
export function statementRange(node: AstNode, read: Place["read"]): Range {
  const { start, end } = rangeOf(node);
  const gap = /^\s*;/.exec(read({ start: end, end: end + SEARCHED }));
  return { start, end: end + (gap?.[0].length ?? 0) };
}

/** How far the semicolon is looked for. */
const SEARCHED = 40;
