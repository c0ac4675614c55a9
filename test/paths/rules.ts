import { type Cell, hasMaturity, isCrossed, isInstant } from "./dimensions";
import type { Rule } from "./matrix";
import { liensOf } from "./timeline";

const ENDS: readonly Cell["order"][] = ["before", "end-1", "end", "end+1", "open"];
const MATURED: readonly Cell["order"][] = ["maturity", "maturity+1", "after"];

function noOrderWithoutWithdrawal(cell: Cell): boolean {
  return hasMaturity(cell) === (cell.order === "none");
}

function instantHasNoWindow(cell: Cell): boolean {
  const { outcome, order } = cell;
  const needsWindow = outcome === "late" || outcome.startsWith("veto-") || outcome === "twice-veto";
  return isInstant(cell) && (needsWindow || outcome === "frivolous" || order.startsWith("end") || order === "open");
}

function nothingToActUnder(cell: Cell): boolean {
  const { place, allocation } = cell;
  const acts = place.endsWith("-under") || place === "cancelled" || allocation === "returning";
  return isInstant(cell) && acts;
}

function nothingContested(cell: Cell): boolean {
  const contesting = liensOf(cell).some(({ proposedAt, endedAt }) => proposedAt < 0n && endedAt >= 0n);
  return cell.place === "claimed" && !contesting;
}

function maturedMeansBefore({ place, order }: Cell): boolean {
  return (place === "matured" || place === "left") && !MATURED.includes(order);
}

function queuedLaterMaturesLater({ place, order, outcome }: Cell): boolean {
  return place === "queued-under" && (!ENDS.includes(order) || (order !== "before" && outcome !== "late"));
}

function cancelledBeforeMaturity({ place, order }: Cell): boolean {
  return place === "cancelled" && !ENDS.includes(order);
}

function wholePoolHasNoOther(cell: Cell): boolean {
  return cell.allocation === "whole" && isCrossed(cell);
}

function budgetForbids({ outcome, fraction }: Cell): boolean {
  return fraction === "all" && (outcome === "twice-final" || outcome === "twice-veto");
}

function unitOfSmallStake({ asset, fraction }: Cell): boolean {
  return asset === "6-decimals" && fraction === "unit";
}

function nothingToWithdraw({ place, exit }: Cell): boolean {
  return place === "undelegated" && exit === "undelegated";
}

function nothingLeftToMove({ place, order, outcome, allocation, fraction }: Cell): boolean {
  const holdsAll = outcome === "frivolous" && allocation === "whole" && fraction === "all";
  return place === "left" && holdsAll && order !== "after";
}

/** A path of which the rules below change a value or two. */
const USUAL: Cell = {
  ...{ place: "queued-before", order: "open", outcome: "final", exit: "tokens" },
  ...{ allocation: "active", set: "veto-redistribute", fraction: "percent", asset: "18-decimals" },
};

const HELD_WHOLE: Cell = {
  ...{ ...USUAL, place: "left", order: "maturity", outcome: "frivolous" },
  ...{ allocation: "whole", fraction: "all" },
};

/** Every reason for which cells are left out. Each is counted by the first that holds for it. */
export const RULES: readonly Rule<Cell>[] = [
  {
    name: "no order without a withdrawal",
    why: "Only what is queued has a maturity, and what is queued always has one.",
    excludes: noOrderWithoutWithdrawal,
  },
  {
    name: "an instant slash has no window",
    why: "It ends as it begins: nothing to veto, to finalise late, or to mature meanwhile.",
    excludes: instantHasNoWindow,
  },
  {
    name: "an instant slash leaves nothing to act under",
    why: "There is no lien under which to queue, cancel, pass on, or come back.",
    excludes: nothingToActUnder,
  },
  {
    name: "what matured before is not reached by what is before maturity",
    why: "A withdrawal that matured, or went on to another operator, was mature when the slash was proposed.",
    excludes: maturedMeansBefore,
  },
  {
    name: "who queues under a lien matures an exit delay later",
    why: "A veto window is at most half an exit delay: only a lien that is overdue is still open then.",
    excludes: queuedLaterMaturesLater,
  },
  {
    name: "only what is not mature can be cancelled",
    why: "`cancelWithdrawal` is refused from the maturity on (`WithdrawalMature`); of a lien 1 s before it no second is left.",
    refusal: { error: "WithdrawalMature", cell: { ...USUAL, place: "cancelled", order: "maturity" } },
    excludes: cancelledBeforeMaturity,
  },
  {
    name: "only a lien from before the maturity contests",
    why: "A claim is paid in part only while a lien that was proposed before the maturity is open.",
    excludes: nothingContested,
  },
  {
    name: "what one set has no other has",
    why: "Allocated stake is unique: beside the whole pool nothing can be given to another set (`InsufficientFree`).",
    refusal: { error: "InsufficientFree", cell: { ...USUAL, allocation: "whole", outcome: "cross-final" } },
    excludes: wholePoolHasNoOther,
  },
  {
    name: "the budget is used up",
    why: "After 100 % nothing is left of the period's budget (`BudgetExceeded`), until it is vetoed.",
    refusal: { error: "BudgetExceeded", cell: { ...USUAL, outcome: "twice-final", fraction: "all" } },
    excludes: budgetForbids,
  },
  {
    name: "a unit of magnitude takes nothing of a small pool",
    why: "⌊T · 1 / 10^18⌋ is 0 for less than 10^18 units of an asset: the proposal is refused (`NothingToSlash`).",
    refusal: { error: "NothingToSlash", cell: { ...USUAL, fraction: "unit", asset: "6-decimals" } },
    excludes: unitOfSmallStake,
  },
  {
    name: "what is held as a whole cannot move on",
    why: "While a lien of everything is open a withdrawal pays nothing, and nothing enters no pool (`ZeroAssets`).",
    refusal: { error: "ZeroAssets", cell: HELD_WHOLE },
    excludes: nothingLeftToMove,
  },
  {
    name: "undelegated stake is undelegated",
    why: "It need not be taken out to be kept undelegated.",
    excludes: nothingToWithdraw,
  },
];
