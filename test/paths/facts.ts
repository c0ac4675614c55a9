import { WAD } from "../helpers/units";
import { EXIT_DELAY, min, mulDivUp, sum } from "../model/vocabulary";
import { CHANGE, EARLIER, fractionsOf, givenIn, GIVEN, OTHER_FRACTION } from "./amounts";
import { type Cell, hasMaturity, isCrossed, isInstant } from "./dimensions";
import { homeOf, stakesIn } from "./scene";
import { timelineOf } from "./timeline";

/** A slash of a path, as the rules in docs/SLASHING.md have it: told without the model, and without the contracts. */
interface Blow {
  /** When it was proposed and ended, relative to the maturity. */
  readonly proposedAt: bigint;
  readonly endedAt: bigint;
  readonly magnitude: bigint;
  readonly vetoed: boolean;
  /** Whether it holds or takes of the stake of the path. */
  readonly reaches: boolean;
}

/** What must come of a path. */
export interface Facts {
  readonly blows: readonly Blow[];
  readonly stake: bigint;
  readonly lost: bigint;
  readonly proceeds: bigint;
  /** What a claim under the lien pays at once; undefined if nobody claims so early. */
  readonly firstPayment: bigint | undefined;
  /** Whether the slash came too late, or for other stake: what counted as security must be reached before. */
  readonly mustReach: boolean;
}

/** What the set has of the pool when the real slash is proposed. */
function magnitudeIn(cell: Cell): { readonly sooner: bigint; readonly real: bigint } {
  const given = givenIn(cell);
  const after = cell.fraction === "rest" ? given - mulDivUp(given, EARLIER, WAD) : given;
  // What has joined in a new epoch is all that there is in it; what joins secures nothing yet.
  const sooner = cell.allocation === "returned" ? GIVEN.again : after;
  return { sooner, real: cell.allocation === "gone" ? sooner - CHANGE : sooner };
}

/** A withdrawal is reached by what was proposed before its maturity; active stake by everything, undelegated by nothing. */
function isReached(cell: Cell, proposedAt: bigint): boolean {
  if (cell.place === "undelegated") return false;
  return !hasMaturity(cell) || proposedAt < 0n;
}

/** The slashes of a path, with magnitudes by the formulas of docs/ACCOUNTING.md. */
function blowsOf(cell: Cell): Blow[] {
  const { proposedAt, endedAt, soonerAt, soonerEndedAt } = timelineOf(cell);
  const [first = 0n, second = first] = fractionsOf(cell);
  const { sooner, real } = magnitudeIn(cell);
  const { outcome } = cell;
  const blow = (at: bigint, end: bigint, magnitude: bigint, vetoed: boolean): Blow => ({
    ...{ proposedAt: at, endedAt: end, magnitude, vetoed },
    reaches: isReached(cell, at),
  });
  if (outcome === "twice-final" || outcome === "twice-veto") {
    const one = mulDivUp(real, first, WAD);
    // What is held counts; what is lost does not.
    const two = min(mulDivUp(isInstant(cell) ? real - one : real, second, WAD), real - one);
    const vetoed = outcome === "twice-veto";
    const firstEnd = vetoed ? endedAt - 1n : endedAt;
    return [blow(proposedAt, firstEnd, one, vetoed), blow(proposedAt, endedAt, two, false)];
  }
  const blows = [blow(proposedAt, endedAt, mulDivUp(real, first, WAD), outcome.startsWith("veto-"))];
  if (isCrossed(cell)) {
    const taken = mulDivUp(GIVEN.other, OTHER_FRACTION, WAD);
    blows.unshift(blow(soonerAt, soonerEndedAt, taken, outcome === "cross-veto"));
  }
  if (outcome === "frivolous") blows.unshift(blow(soonerAt, soonerEndedAt, mulDivUp(sooner, first, WAD), true));
  return blows;
}

/** What must come of a path, by rule. */
export function factsOf(cell: Cell): Facts {
  const { world, asset } = homeOf(cell);
  const { staker, neighbour } = stakesIn(world, asset);
  const { offenceAt, proposedAt } = timelineOf(cell);
  const given = givenIn(cell);
  const factor = cell.fraction === "rest" ? WAD - mulDivUp(given, EARLIER, WAD) : WAD;
  const shares = cell.place === "undelegated" ? 0n : (staker * WAD) / factor;
  const stake = cell.place === "undelegated" ? staker : (shares * factor) / WAD;
  const blows = blowsOf(cell);
  const reaching = blows.filter(({ reaches }) => reaches);
  const worth = (cut: readonly Blow[]): bigint =>
    (shares * (factor - sum(cut.map(({ magnitude }) => magnitude)))) / WAD;
  const standing = blows.filter(({ vetoed }) => !vetoed);
  const proceeds = standing.map(({ magnitude, reaches }) => ((neighbour + (reaches ? shares : 0n)) * magnitude) / WAD);
  // By the maturity only what was vetoed before has been given back.
  const contesting = reaching.filter(({ vetoed, endedAt }) => !vetoed || endedAt >= 0n);
  const counted = cell.place !== "undelegated" && cell.place !== "came" && cell.place !== "matured";
  return {
    ...{ blows, stake, proceeds: sum(proceeds) },
    lost: cell.place === "undelegated" ? 0n : stake - worth(reaching.filter(({ vetoed }) => !vetoed)),
    firstPayment: cell.place === "claimed" ? worth(contesting) : undefined,
    mustReach: counted && proposedAt < offenceAt + EXIT_DELAY,
  };
}
