import type { Rule } from "../matrix";
import { type Cell, isPaidUnder, isTwice } from "./dimensions";

/** A path of which the rules below change a value or two. */
const USUAL: Cell = {
  ...{ place: "active", deed: "none", outcome: "final", loss: "part" },
  ...{ pool: "open", reward: "none", exit: "redeem", asset: "18-decimals" },
};

const HELD: readonly Cell["place"][] = ["idle", "active", "leaving"];
const UNSETTLED: readonly Cell["place"][] = ["closed", "passed"];
const PAID: readonly Cell["place"][] = ["settled", "claimed"];

function nothingToActUnder({ outcome, deed }: Cell): boolean {
  return outcome === "instant" && deed !== "none";
}

function askedOnce({ place, deed }: Cell): boolean {
  const isAsked = !HELD.includes(place);
  return (deed === "request" && isAsked) || (deed === "close" && isAsked && place !== "asked");
}

function settledOnce({ place, deed }: Cell): boolean {
  return deed === "settle" && PAID.includes(place);
}

function notClosed({ place, deed }: Cell): boolean {
  return isPaidUnder({ deed }) && (HELD.includes(place) || place === "asked");
}

function notMature(cell: Cell): boolean {
  return isPaidUnder(cell) && UNSETTLED.includes(cell.place) && cell.outcome !== "late";
}

function nothingToEvict({ place, deed }: Cell): boolean {
  return deed === "evict" && place === "idle";
}

function evictedOnce({ place, deed }: Cell): boolean {
  return deed === "evict" && (place === "leaving" || place === "passed");
}

function notLeaving({ place, deed }: Cell): boolean {
  return deed === "collect" && place !== "leaving";
}

function budgetForbids(cell: Cell): boolean {
  return isTwice(cell) && (cell.loss === "one" || cell.loss === "all");
}

function idleEarnsNothing({ place, reward }: Cell): boolean {
  return place === "idle" && reward !== "none";
}

/** Every reason for which cells are left out. Each is counted by the first that holds for it. */
export const RULES: readonly Rule<Cell>[] = [
  {
    name: "an instant slash leaves nothing to act under",
    why: "It ends as it begins: there is no lien.",
    excludes: nothingToActUnder,
  },
  {
    name: "what is asked for is asked for",
    why: "A holder who has asked for everything has no shares to ask for, and an epoch is closed once (`NothingToClose`).",
    refusal: { error: "NothingToClose", cell: { ...USUAL, place: "closed", deed: "close" } },
    excludes: askedOnce,
  },
  {
    name: "what is settled is settled",
    why: "A slash that is proposed after the settlement adds nothing, so there is nothing to settle again (`NothingToSettle`).",
    refusal: { error: "NothingToSettle", cell: { ...USUAL, place: "settled", deed: "settle" } },
    excludes: settledOnce,
  },
  {
    name: "what is not closed cannot be claimed",
    why: "Only a closed epoch has withdrawals to settle, and only what is settled is claimed (`NothingToClaim`).",
    refusal: { error: "NothingToClaim", cell: { ...USUAL, place: "asked", deed: "claim" } },
    excludes: notClosed,
  },
  {
    name: "what is not mature cannot be settled",
    why: "A veto window is at most half an exit delay, so of liens from before only one that is overdue is still open at the maturity; before it the core refuses (`WithdrawalNotMature`).",
    refusal: { error: "WithdrawalNotMature", cell: { ...USUAL, place: "closed", deed: "settle" } },
    excludes: notMature,
  },
  {
    name: "what is idle is with nobody",
    why: "An operator without stake leaves the list with its target: there is nobody to evict (`OperatorUnknown`).",
    refusal: { error: "OperatorUnknown", cell: { ...USUAL, place: "idle", deed: "evict" } },
    excludes: nothingToEvict,
  },
  {
    name: "who is leaving is not evicted again",
    why: "Leaving is total: nothing is left to evict (`OperatorLeaving`).",
    refusal: { error: "OperatorLeaving", cell: { ...USUAL, place: "leaving", deed: "evict" } },
    excludes: evictedOnce,
  },
  {
    name: "only what is leaving is collected",
    why: "Nothing else comes back from an operator (`OperatorNotLeaving`).",
    refusal: { error: "OperatorNotLeaving", cell: { ...USUAL, deed: "collect" } },
    excludes: notLeaving,
  },
  {
    name: "the budget is used up",
    why: "After 100 % nothing is left of the period's budget (`BudgetExceeded`).",
    refusal: { error: "BudgetExceeded", cell: { ...USUAL, outcome: "twice-final", loss: "one" } },
    excludes: budgetForbids,
  },
  {
    name: "what is idle earns nothing",
    why: "Rewards are paid for shares of a pool.",
    excludes: idleEarnsNothing,
  },
];
