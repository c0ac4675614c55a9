import { type AstNode, child, children, isInteger, isRational, rangeOf, text, typeOf } from "./ast";
import type { Change, Operator, Place } from "./operator";

/** What a comparison becomes: its boundary moved, or its opposite. */
const RELATIONAL: Readonly<Record<string, readonly string[]>> = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "==": ["!="],
  "!=": ["=="],
};

const ARITHMETIC: Readonly<Record<string, string>> = {
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "<<": ">>",
  ">>": "<<",
  "&": "|",
  "|": "&",
};

const ASSIGNMENTS: Readonly<Record<string, string>> = { "+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=" };

const ORDERINGS = new Set(["<", "<=", ">", ">="]);

/** Names of functions that round, and what the other direction is; arguments stand for `$0`, `$1`, `$2`. */
const OTHER_ROUNDING: Readonly<Record<string, string>> = {
  toSharesDown: "WadMath.divUp($0 * 1e18, $1)",
  toAssetsDown: "WadMath.divUp($0 * $1, 1e18)",
  toAssetsUp: "($0 * $1) / 1e18",
  mulWadUp: "($0 * $1) / 1e18",
  mulDivUp: "($0 * $1) / $2",
  mulDivDown: "mulDivUp($0, $1, $2)",
  divUp: "$0 / $1",
  ceilDiv: "$0 / $1",
};

/** The same for the token's library, of which some functions have names that the protocol's have, too. */
const OTHER_ROUNDING_OF_TOKEN: Readonly<Record<string, string>> = {
  toSharesDown: "LrtMath.mulDivUp($0, $2, $1)",
  toAssetsDown: "LrtMath.toAssetsUp($0, $1, $2)",
  toAssetsUp: "LrtMath.toAssetsDown($0, $1, $2)",
  mulDivDown: "LrtMath.mulDivUp($0, $1, $2)",
  mulDivUp: "LrtMath.mulDivDown($0, $1, $2)",
};

const OTHER_DIRECTION: Readonly<Record<string, string>> = { Floor: "Ceil", Ceil: "Floor", Down: "Up", Up: "Down" };

/** A change of the node itself. */
function instead({ node }: Place, operator: string, replacement: string): Change {
  return { operator, range: rangeOf(node), form: "expression", replacement };
}

/** The source of an operand. */
function operand({ node, read }: Place, key: string): string {
  const found = child(node, key);
  return found === undefined ? "" : read(rangeOf(found));
}

/** Whether the compiler knows the value of an expression. */
function isKnown(node: AstNode | undefined): boolean {
  return node === undefined || isRational(typeOf(node)) || isConstant(node);
}

/** Whether a name stands for an integer constant. */
function isConstant(node: AstNode): boolean {
  if (node.nodeType !== "Identifier" && node.nodeType !== "MemberAccess") return false;
  const name = text(node, "name") || text(node, "memberName");
  const isLimit = /^(?:max|min)$/.test(name);
  return isInteger(typeOf(node)) && (isLimit || /^[A-Z][A-Z0-9_]+$/.test(name));
}

const relational: Operator = (place) => {
  const { node } = place;
  if (node.nodeType !== "BinaryOperation") return [];
  const [left, right] = [operand(place, "leftExpression"), operand(place, "rightExpression")];
  const replaced = RELATIONAL[text(node, "operator")] ?? [];
  return replaced.map((sign) => instead(place, "relational", `(${left}) ${sign} (${right})`));
};

/** The operand of an ordering moved by one, where that is not the boundary moved once more. */
const boundary: Operator = (place) => {
  const { node } = place;
  const sign = text(node, "operator");
  const right = child(node, "rightExpression");
  if (node.nodeType !== "BinaryOperation" || !ORDERINGS.has(sign) || right === undefined) return [];
  if (!isInteger(typeOf(right)) || isKnown(right)) return [];
  const by = sign === "<" || sign === ">=" ? "-" : "+";
  const change = instead({ ...place, node: right }, "boundary", `(${place.read(rangeOf(right))}) ${by} 1`);
  return [change];
};

const arithmetic: Operator = (place) => {
  const { node } = place;
  if (isRational(typeOf(node))) return [];
  if (node.nodeType === "BinaryOperation") {
    const sign = ARITHMETIC[text(node, "operator")];
    if (sign === undefined) return [];
    const [left, right] = [operand(place, "leftExpression"), operand(place, "rightExpression")];
    return [instead(place, "arithmetic", `(${left}) ${sign} (${right})`)];
  }
  if (node.nodeType === "Assignment") {
    const sign = ASSIGNMENTS[text(node, "operator")];
    if (sign === undefined) return [];
    const [left, right] = [operand(place, "leftHandSide"), operand(place, "rightHandSide")];
    return [instead(place, "arithmetic", `${left} ${sign} ${right}`)];
  }
  const sign = text(node, "operator");
  if (node.nodeType !== "UnaryOperation" || (sign !== "++" && sign !== "--")) return [];
  const other = sign === "++" ? "--" : "++";
  const of = operand(place, "subExpression");
  return [instead(place, "arithmetic", node.prefix === true ? other + of : of + other)];
};

const logical: Operator = (place) => {
  const { node } = place;
  const sign = text(node, "operator");
  if (node.nodeType !== "BinaryOperation" || (sign !== "&&" && sign !== "||")) return [];
  const [left, right] = [operand(place, "leftExpression"), operand(place, "rightExpression")];
  return [
    instead(place, "logical", `(${left}) ${sign === "&&" ? "||" : "&&"} (${right})`),
    instead(place, "condition", left),
    instead(place, "condition", right),
  ];
};

/** Conditions that are no comparison, negated; comparisons have their opposite already. */
const negation: Operator = (place) => {
  const { node, read } = place;
  if (node.nodeType === "UnaryOperation" && text(node, "operator") === "!") {
    return [instead(place, "negation", operand(place, "subExpression"))];
  }
  if (typeOf(node) !== "bool" || place.ancestors.at(-1)?.operator === "!") return [];
  const parent = place.ancestors.at(-1);
  const [first] = parent === undefined ? [] : children(parent, "arguments");
  const callee = parent === undefined ? undefined : child(parent, "expression");
  const isCondition =
    parent?.condition === node ||
    ["&&", "||"].includes(parent === undefined ? "" : text(parent, "operator")) ||
    (first === node && callee !== undefined && text(callee, "name") === "require");
  const isPlain = ["Identifier", "MemberAccess", "FunctionCall", "IndexAccess"].includes(node.nodeType);
  return isCondition && isPlain ? [instead(place, "negation", `!${read(rangeOf(node))}`)] : [];
};

/** Conditions of branches that always, or never, hold. A loop without end only costs time. */
const condition: Operator = (place) => {
  const parent = place.ancestors.at(-1);
  if (parent?.condition !== place.node) return [];
  const forced = parent.nodeType === "ForStatement" ? ["false"] : ["true", "false"];
  return forced.map((value) => instead(place, "condition", value));
};

const literal: Operator = (place) => {
  const { node, ancestors, read } = place;
  const parent = ancestors.at(-1);
  if (node.nodeType === "Literal" && text(node, "kind") === "bool") {
    return [instead(place, "literal", text(node, "value") === "true" ? "false" : "true")];
  }
  const source = read(rangeOf(node));
  if (parent?.leftHandSide === node) return [];
  if (isConstant(node)) {
    return [instead(place, "literal", `${source} + 1`), instead(place, "literal", `${source} - 1`)];
  }
  const type = typeOf(node);
  const isWhole = parent === undefined || !isRational(typeOf(parent));
  // `address(0)` means nobody: comparisons and calls with it are mutated as a whole.
  const isAddress = parent?.kind === "typeConversion" && !isInteger(typeOf(parent));
  if (!isRational(type) || !isWhole || isAddress) return [];
  // What is shifted, or raised to a power, has 256 bits while it is a literal; chosen from several it would have few.
  const isWide = parent?.leftExpression === node && ["<<", "**"].includes(text(parent, "operator"));
  const changed = (value: string): Change => instead(place, "literal", isWide ? `uint256(${value})` : value);
  const more = changed(`(${source}) + 1`);
  return type === "int_const 0" ? [more] : [more, changed(`(${source}) - 1`)];
};

/** What rounds the other way: the function, or the direction that it is told. */
const rounding: Operator = (place) => {
  const { node, read } = place;
  if (node.nodeType === "MemberAccess" && typeOf(node).endsWith("Math.Rounding")) {
    const other = OTHER_DIRECTION[text(node, "memberName")];
    return other === undefined ? [] : [instead(place, "rounding", `Math.Rounding.${other}`)];
  }
  const callee = child(node, "expression");
  if (node.nodeType !== "FunctionCall" || callee === undefined) return [];
  const library = child(callee, "expression");
  const isOfToken = library !== undefined && text(library, "name") === "LrtMath";
  const patterns = isOfToken ? OTHER_ROUNDING_OF_TOKEN : OTHER_ROUNDING;
  const pattern = patterns[text(callee, "memberName") || text(callee, "name")];
  if (pattern === undefined) return [];
  const given = children(node, "arguments").map((argument) => `(${read(rangeOf(argument))})`);
  return [
    instead(
      place,
      "rounding",
      pattern.replace(/\$(\d)/g, (_, index: string) => given[Number(index)] ?? ""),
    ),
  ];
};

/** A division that rounds down, rounded up. */
const division: Operator = (place) => {
  const { node } = place;
  const isDivision = node.nodeType === "BinaryOperation" && text(node, "operator") === "/";
  if (!isDivision || isRational(typeOf(node))) return [];
  const [left, right] = [operand(place, "leftExpression"), operand(place, "rightExpression")];
  return [instead(place, "rounding", `((${left}) + (${right}) - 1) / (${right})`)];
};

/** All mistakes that can be made within an expression. */
export const EXPRESSION_OPERATORS: readonly Operator[] = [
  relational,
  boundary,
  arithmetic,
  logical,
  negation,
  condition,
  literal,
  rounding,
  division,
];
