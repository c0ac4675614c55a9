import { BUCKET, EXIT_DELAY } from "../model/vocabulary";
import { type Cell, isCrossed, isInstant } from "./dimensions";

/** Veto window of the set whose slash it is: the longest there may be. */
export const WINDOW = EXIT_DELAY / 2n;

/** Veto window of the set that crosses it. */
export const OTHER_WINDOW = 3n * BUCKET;

/** How much sooner the other set, or a frivolous slasher, proposes. */
const SOONER = 60n;

/** How long a lien is overdue that nobody finalises: longer than any veto window, and no whole number of buckets. */
const OVERDUE = 4n * BUCKET + BUCKET / 2n;

/** The seconds at which something happens on a path, relative to the maturity, which is an edge of two buckets. */
export interface Timeline {
  /** When the stake is queued that matures at 0; in places that queue nothing before, unused. */
  readonly queuedAt: bigint;
  readonly offenceAt: bigint;
  /** The real proposal, and its end. */
  readonly proposedAt: bigint;
  readonly endedAt: bigint;
  /** The other set's, or the frivolous one. */
  readonly soonerAt: bigint;
  readonly soonerEndedAt: bigint;
  /** When the operator acts on the allocation. */
  readonly actsAt: bigint;
}

/** How long after the proposal its end comes. */
function lagOf(cell: Cell): bigint {
  if (isInstant(cell)) return 0n;
  if (cell.outcome === "late") return WINDOW + OVERDUE;
  return cell.outcome === "veto-resolver" || cell.outcome === "veto-slasher" ? WINDOW - 1n : WINDOW;
}

function proposedAt(cell: Cell): bigint {
  const lag = lagOf(cell);
  switch (cell.order) {
    case "end-1":
      return -lag - 1n;
    case "end":
      return -lag;
    case "end+1":
      return 1n - lag;
    case "maturity-1":
      return -1n;
    case "maturity":
      return 0n;
    case "maturity+1":
      return 1n;
    case "after":
      return 2n * BUCKET;
    case "open":
      return cell.place === "queued-under" ? -EXIT_DELAY - 1n : -2n * BUCKET;
    case "before":
    case "none":
      // Then also a lien that is long overdue ends before the maturity, and so do those that are queued under it.
      return cell.outcome === "late" || cell.place === "queued-under"
        ? -EXIT_DELAY - BUCKET + BUCKET / 4n
        : -6n * BUCKET;
  }
}

/** When the operator orders, or a registration ends: so that it matters in the second of the proposal, or later. */
function actsAt({ allocation }: Cell, proposed: bigint): bigint {
  switch (allocation) {
    case "gone":
      return proposed - EXIT_DELAY;
    case "last-second":
    case "ended-operator":
    case "returning":
      return proposed - EXIT_DELAY + 1n;
    case "joining":
    case "leaving":
    case "ended-avs":
    case "active":
    case "whole":
    case "returned":
      return proposed - 2n * BUCKET;
  }
}

/** When everything happens on a path. */
export function timelineOf(cell: Cell): Timeline {
  const proposed = proposedAt(cell);
  const sooner = proposed - SOONER;
  const earliest = -EXIT_DELAY - BUCKET + 1n;
  const crossEnd = sooner + OTHER_WINDOW - (cell.outcome === "cross-veto" ? 1n : 0n);
  const offences: Partial<Record<Cell["place"], bigint>> = {
    "queued-after": earliest - 1n,
    "queued-under": proposed,
    matured: 0n,
    // Those that came did so 61 s before the proposal.
    came: proposed - SOONER - 2n,
  };
  return {
    queuedAt: cell.place === "queued-under" ? proposed + 1n : earliest,
    offenceAt: offences[cell.place] ?? earliest + 1n,
    proposedAt: proposed,
    endedAt: proposed + lagOf(cell),
    soonerAt: sooner,
    soonerEndedAt: isCrossed(cell) ? crossEnd : proposed,
    actsAt: actsAt(cell, proposed),
  };
}

/** A lien of a path. */
export interface Lien {
  readonly proposedAt: bigint;
  readonly endedAt: bigint;
}

/** Every lien of a path, by its time: an instant slash is none. */
export function liensOf(cell: Cell): Lien[] {
  const timeline = timelineOf(cell);
  const real = { proposedAt: timeline.proposedAt, endedAt: timeline.endedAt };
  const sooner = { proposedAt: timeline.soonerAt, endedAt: timeline.soonerEndedAt };
  const others = isCrossed(cell) || cell.outcome === "frivolous" ? [sooner] : [];
  return isInstant(cell) ? others : [...others, real];
}
