import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { ROOT } from "./files";

/** Measured figures by name, as committed under `snapshots/`. */
export type Figures = Readonly<Record<string, number>>;

const figures = z.record(z.string(), z.int().nonnegative());

/** Reads a snapshot file; a missing one is empty. */
export function readSnapshot(path: string): Figures {
  const file = join(ROOT, path);
  return existsSync(file) ? figures.parse(JSON.parse(readFileSync(file, "utf8"))) : {};
}

/** Writes a snapshot file, sorted by name, so that changes are read easily. */
export function writeSnapshot(path: string, measured: Figures): void {
  const sorted = Object.fromEntries(Object.entries(measured).sort(([a], [b]) => (a < b ? -1 : 1)));
  const file = join(ROOT, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}

/**
 * Compares what was measured with what is committed.
 *
 * @param tolerance The share by which a figure may differ, such as 0.005.
 * @returns One sentence for each difference.
 */
export function compareSnapshots(committed: Figures, measured: Figures, tolerance: number): string[] {
  const names = [...new Set([...Object.keys(committed), ...Object.keys(measured)])].sort();
  return names.flatMap((name) => {
    const before = committed[name];
    const now = measured[name];
    if (before === undefined) return [`${name}: ${now ?? 0} measured, nothing committed.`];
    if (now === undefined) return [`${name}: ${before} committed, nothing measured.`];
    if (Math.abs(now - before) <= before * tolerance) return [];
    return [`${name}: ${before} committed, ${now} measured.`];
  });
}
