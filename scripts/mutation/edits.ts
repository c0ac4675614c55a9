import { type AstNode, child, children, rangeOf, text, toBytes, walk } from "./ast";
import type { Compilation, Sources } from "./compiler";
import { type Edit, type Numbered, SWITCH_NAME, twinOf } from "./variants";

/** Where `pure` stands in the head of a function; the switch reads the block, so it becomes `view`. */
function pureEdit(node: AstNode, bytes: string): Edit[] {
  if (node.nodeType !== "FunctionDefinition" || text(node, "stateMutability") !== "pure") return [];
  const { start, end } = rangeOf(node);
  const body = child(node, "body");
  const headEnd = body === undefined ? end : rangeOf(body).start;
  const parameters = child(node, "parameters");
  const from = parameters === undefined ? start : rangeOf(parameters).end;
  const found = /\bpure\b/.exec(bytes.slice(from, headEnd));
  if (found === null) return [];
  const at = from + found.index;
  return [{ range: { start: at, end: at + "pure".length }, replacement: "view" }];
}

/** Twins of a modifier, one for each place that uses it: all but the placeholder can be switched off there. */
function twinEdit(node: AstNode, bytes: string, numbers: readonly number[]): Edit[] {
  const body = child(node, "body");
  if (body === undefined) return [];
  const placeholder = children(body, "statements").find(({ nodeType }) => nodeType === "PlaceholderStatement");
  if (placeholder === undefined || children(child(node, "parameters") ?? node, "parameters").length > 0) return [];
  const { end } = rangeOf(node);
  const inner = { start: rangeOf(body).start + 1, end: rangeOf(body).end - 1 };
  const at = rangeOf(placeholder);
  const before = bytes.slice(inner.start, at.start);
  const after = bytes.slice(bytes.indexOf(";", at.start) + 1, inner.end);
  const twins = numbers.map((number) => {
    const guarded = (code: string): string =>
      code.trim() === "" ? "" : `if (!${SWITCH_NAME}.on(${number})) {${code}}`;
    return `\n    modifier ${twinOf(text(node, "name"), number)}() {${guarded(before)} _; ${guarded(after)}}\n`;
  });
  return [{ range: { start: end, end }, replacement: twins.join("") }];
}

/**
 * What must be changed in the sources so that they can choose between variants: `view` in the place of `pure`, and
 * twins of the modifiers that are left out somewhere.
 */
export function necessaryEdits(
  sources: Sources,
  { trees }: Compilation,
  variants: readonly Numbered[],
): Map<string, Edit[]> {
  const modifiers = variants.filter(({ variant }) => variant.form === "modifier");
  const numbersOf = (name: string): number[] =>
    modifiers.filter(({ variant }) => variant.original === name).map(({ number }) => number);
  const edits = new Map<string, Edit[]>();
  for (const [path, source] of sources) {
    const tree = trees.get(path);
    if (tree === undefined) continue;
    const bytes = toBytes(source);
    const found: Edit[] = [];
    walk(tree, (node) => {
      if (!path.startsWith("@")) found.push(...pureEdit(node, bytes));
      const numbers = node.nodeType === "ModifierDefinition" ? numbersOf(text(node, "name")) : [];
      if (numbers.length > 0) found.push(...twinEdit(node, bytes, numbers));
      return true;
    });
    if (found.length > 0) edits.set(path, found);
  }
  return edits;
}
