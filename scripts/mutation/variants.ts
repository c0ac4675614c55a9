import { dirname, relative } from "node:path/posix";
import { type Range, fromBytes, toBytes } from "./ast";
import type { Sources } from "./compiler";

/** How a variant stands beside the original: by `? :`, by `if`, or as a modifier that can be switched off. */
export type Form = "expression" | "statement" | "modifier";

/** Something else that a stretch of a source may say. */
export interface Variant {
  readonly path: string;
  readonly range: Range;
  readonly form: Form;
  readonly original: string;
  /** What it says instead; empty where it is left out. */
  readonly replacement: string;
}

/** A variant and the number that switches it on. */
export interface Numbered {
  readonly variant: Variant;
  readonly number: number;
}

/** A change that is always there, such as `view` in the place of `pure`. */
export interface Edit {
  readonly range: Range;
  readonly replacement: string;
}

/** The library that says which variant is on. */
export const SWITCH_NAME = "VariantSwitch";

/** Its source. */
export const SWITCH_PATH = `contracts/${SWITCH_NAME}.sol`;

/** Variants are switched by the address of the block's producer: this, and their number. */
export const FIRST_PRODUCER = 0x1000_0000n;

/** While this address produces blocks, nothing is switched on, and every variant that is passed is reported. */
export const TRACING_PRODUCER = 0x0fff_ffffn;

/** Hardhat hands on what is sent to this address. */
const CONSOLE = "0x000000000000000000636F6e736F6c652e6c6f67";

const SWITCH_SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

library ${SWITCH_NAME} {
    function on(uint256 index) internal view returns (bool chosen) {
        assembly ("memory-safe") {
            let producer := coinbase()
            chosen := eq(producer, add(${FIRST_PRODUCER}, index))
            if eq(producer, ${TRACING_PRODUCER}) {
                mstore(0, index)
                pop(staticcall(gas(), ${CONSOLE}, 0, 32, 0, 0))
            }
        }
    }
}
`;

/** The address that must produce blocks for a variant to be on. */
export function producerOf(number: number): string {
  return address(FIRST_PRODUCER + BigInt(number));
}

/** The name of a modifier that one variant leaves out. */
export function twinOf(modifier: string, number: number): string {
  return `${modifier}_${number}`;
}

/** An address as hexadecimal digits. */
export function address(value: bigint): string {
  return `0x${value.toString(16).padStart(40, "0")}`;
}

/** All variants of one stretch, in one form. */
interface Site {
  readonly range: Range;
  readonly form: Form;
  readonly variants: Numbered[];
}

/** A place to which another text is put, which may hold other such places. */
interface Hole {
  readonly range: Range;
  readonly fill: (inner: string) => string;
}

function isOn(number: number): string {
  return `${SWITCH_NAME}.on(${number})`;
}

/** One line, so that the lines of the original stay where they are; what is said in comments is left out. */
function flat(source: string): string {
  return source.replace(/\/\/[^\n]*/g, "").replace(/\s*\n\s*/g, " ");
}

/** What stands in the place of the original, which is given with the variants inside it. */
function fill({ form, variants }: Site, original: string): string {
  const [only] = variants;
  if (form === "modifier") return twinOf(original, only?.number ?? 0);
  if (form === "expression") {
    const chosen = variants.map(({ variant, number }) => `${isOn(number)} ? (${flat(variant.replacement)}) : `);
    return `(${chosen.join("")}(${original}))`;
  }
  const chosen = variants.map(({ variant, number }) => `if (${isOn(number)}) { ${flat(variant.replacement)} } else `);
  return `{ ${chosen.join("")}{ ${original} } }`;
}

/** Variants of the same stretch and form, together. */
function sitesOf(variants: readonly Numbered[]): Site[] {
  const sites = new Map<string, Site>();
  for (const numbered of variants) {
    const { range, form } = numbered.variant;
    const key = `${range.start}:${range.end}:${form}`;
    const site = sites.get(key) ?? { range, form, variants: [] };
    site.variants.push(numbered);
    sites.set(key, site);
  }
  return [...sites.values()];
}

/** A stretch without the statements' semicolon holds the same code, and stands inside. */
function holds(outer: Range, inner: Range): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/** The source between two places, with all holes in it filled; outer ones come first in the list. */
function render(bytes: string, { start, end }: Range, holes: readonly Hole[]): string {
  let result = "";
  let at = start;
  let rest = holes;
  for (let hole = rest[0]; hole !== undefined; hole = rest[0]) {
    const { range } = hole;
    const inner = rest.slice(1).filter((other) => holds(range, other.range));
    result += bytes.slice(at, range.start) + hole.fill(render(bytes, range, inner));
    at = range.end;
    rest = rest.slice(1 + inner.length);
  }
  return result + bytes.slice(at, end);
}

/** Puts all variants, and the edits, into one source. */
function instrument(source: string, variants: readonly Numbered[], edits: readonly Edit[]): string {
  const bytes = toBytes(source);
  const rank: Readonly<Record<Form, number>> = { statement: 0, expression: 1, modifier: 2 };
  const sites = sitesOf(variants).sort((a, b) => rank[a.form] - rank[b.form]);
  const holes: Hole[] = [
    ...sites.map((site) => ({ range: site.range, fill: (inner: string) => fill(site, inner) })),
    ...edits.map(({ range, replacement }) => ({ range, fill: () => replacement })),
  ];
  holes.sort((a, b) => a.range.start - b.range.start || b.range.end - a.range.end);
  return fromBytes(render(bytes, { start: 0, end: bytes.length }, holes));
}

/**
 * The sources with every variant in them, to be chosen when they run.
 *
 * @param edits What must be changed for that in each source.
 */
export function compileIn(
  sources: Sources,
  variants: readonly Numbered[],
  edits: ReadonlyMap<string, readonly Edit[]>,
): Map<string, string> {
  const result = new Map([...sources, [SWITCH_PATH, SWITCH_SOURCE]]);
  for (const [path, source] of sources) {
    const own = variants
      .filter(({ variant }) => variant.path === path)
      .map(({ variant, number }) => ({
        number,
        variant: { ...variant, replacement: toBytes(variant.replacement) },
      }));
    const changed = edits.get(path) ?? [];
    if (own.length + changed.length === 0) continue;
    // Only packages are found by a name that does not lead from one file to the other.
    const target = path.startsWith("@") ? SWITCH_PATH : `./${relative(dirname(path), SWITCH_PATH)}`;
    result.set(path, `${instrument(source, own, changed)}\nimport {${SWITCH_NAME}} from "${target}";\n`);
  }
  return result;
}

/** The sources with one variant in the place of the original, for good. */
export function compileAlone(sources: Sources, { path, range, form, replacement }: Variant): Map<string, string> {
  const bytes = toBytes(sources.get(path) ?? "");
  const text = form === "modifier" ? "" : form === "expression" ? `(${replacement})` : `{ ${replacement} }`;
  const changed = bytes.slice(0, range.start) + toBytes(text) + bytes.slice(range.end);
  return new Map([...sources, [path, fromBytes(changed)]]);
}
