/** A node of the compiler's syntax tree; what it holds beside these depends on its type. */
export interface AstNode {
  readonly id: number;
  readonly nodeType: string;
  /** "start:length:file", in bytes. */
  readonly src: string;
  readonly [key: string]: unknown;
}

/** A stretch of a source: from the first byte to the one after the last. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Whether a value of the tree is a node. */
export function isNode(value: unknown): value is AstNode {
  return typeof value === "object" && value !== null && "nodeType" in value && "src" in value;
}

/** The node under a key. */
export function child(node: AstNode, key: string): AstNode | undefined {
  const value = node[key];
  return isNode(value) ? value : undefined;
}

/** The nodes of a list under a key; what is missing in it, as in `(, a) = f()`, is left out. */
export function children(node: AstNode, key: string): AstNode[] {
  const value: unknown = node[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The text under a key, or an empty one. */
export function text(node: AstNode, key: string): string {
  const value = node[key];
  return typeof value === "string" ? value : "";
}

/** Where a node stands. */
export function rangeOf(node: AstNode): Range {
  const [start = 0, length = 0] = node.src.split(":").map(Number);
  return { start, end: start + length };
}

/** The type of an expression, as the compiler writes it: "uint256", "int_const 8". */
export function typeOf(node: AstNode): string {
  const types = node.typeDescriptions;
  if (typeof types !== "object" || types === null || !("typeString" in types)) return "";
  return typeof types.typeString === "string" ? types.typeString : "";
}

/** Whether a type is an integer that is held at run time. */
export function isInteger(type: string): boolean {
  return /^u?int\d*$/.test(type);
}

/** Whether a type is that of a number which the compiler knows. */
export function isRational(type: string): boolean {
  return type.startsWith("int_const") || type.startsWith("rational_const");
}

/**
 * Calls `visit` for a node and all below it, each after what holds it.
 *
 * @param visit Is given what holds the node, too, the nearest last. What is below a node is left out if it says false.
 */
export function walk(
  node: AstNode,
  visit: (node: AstNode, ancestors: readonly AstNode[]) => boolean,
  ancestors: readonly AstNode[] = [],
): void {
  if (!visit(node, ancestors)) return;
  const path = [...ancestors, node];
  for (const value of Object.values(node)) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const below of values) if (isNode(below)) walk(below, visit, path);
  }
}

/** Sources are cut by bytes; in this encoding a character is a byte. */
export function toBytes(source: string): string {
  return Buffer.from(source, "utf8").toString("latin1");
}

/** The opposite of `toBytes`. */
export function fromBytes(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}
