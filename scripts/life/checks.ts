import { formatExact, formatInteger, formatPercent, sum, type Amount, type Token } from "./amounts";
import type { Exodus } from "./exodus";
import type { Flow, Ledger, PoolBooks, RewardFlow } from "./ledger";
import type { LiquidBooks } from "./liquid-books";
import type { Comparison, Expectation } from "./stage";

/** Something that must hold, whether it does, and the numbers. */
export interface Check {
  readonly rule: string;
  readonly passed: boolean;
  readonly numbers: string;
}

/** What the checks look at: nothing but numbers, so that wrong ones can be tried. */
export interface Facts {
  /** The books at several times, the last ones last. */
  readonly ledgers: readonly Ledger[];
  readonly penalties: readonly Expectation[];
  readonly payouts: readonly Expectation[];
  readonly wealth: readonly Expectation[];
  readonly isolation: readonly Comparison[];
  readonly reversals: readonly Comparison[];
  /** What was earned by time and shares: less than 10^-5 of a token below. */
  readonly rewards: readonly Expectation[];
  /** What is due to the unit. */
  readonly dues: readonly Expectation[];
  readonly survivals: readonly Comparison[];
  /** What verbs of the liquid restaking token came to. */
  readonly liquid: readonly Expectation[];
  readonly prices: readonly Comparison[];
  /** Off by no more than a unit a division. */
  readonly alike: readonly Expectation[];
  readonly exodus: Exodus;
}

/** All checks, in the order in which they are shown. */
export function checkAll(facts: Facts): Check[] {
  return [
    ...checkEvery(facts.ledgers, ({ flows }) => flows, checkFlow),
    ...checkEvery(facts.ledgers, ({ flows }) => flows, checkClaims),
    ...checkEvery(facts.ledgers, ({ pools }) => pools.filter(isUsed), checkPositions),
    ...checkEvery(facts.ledgers, ({ pools }) => pools.filter(isUsed), checkMagnitudes),
    ...facts.penalties.map(checkPenalty),
    checkPayouts(facts.payouts),
    ...facts.wealth.map((wealth) => checkWealth(wealth, facts.exodus.operations)),
    checkUnchanged("Isolation: what other sets can slash, other pools", facts.isolation),
    checkUnchanged("Reversible: what everybody has, slash and veto later", facts.reversals),
    ...facts.rewards.map(checkReward),
    ...facts.dues.map(({ what, expected, seen }) => checkSame(`${what}: to the unit`, expected, seen)),
    checkUnchanged("What everybody has earned, slash or no slash", facts.survivals),
    ...checkEvery(facts.ledgers, ({ rewards }) => rewards, checkRewardFlow),
    ...checkEvery(facts.ledgers, ({ rewards }) => rewards, checkRewardBooks),
    ...checkEvery(facts.ledgers, ({ liquid }) => liquid, checkCash),
    ...checkEvery(facts.ledgers, ({ liquid }) => liquid, checkStake),
    ...checkEvery(facts.ledgers, ({ liquid }) => liquid, checkSupply),
    ...facts.liquid.map(({ what, expected, seen }) => checkSame(what, expected, seen)),
    checkUnchanged("The price: slashes that are proposed or vetoed", facts.prices),
    ...facts.alike.map(checkAlike),
    ...checkDepartures(facts.exodus),
    ...facts.exodus.holders.map(checkAlike),
    ...facts.exodus.remains.map((remains) => checkRemains(remains, facts.exodus.operations)),
  ];
}

/** The exit code of a run: 0 if there were checks and all passed. */
export function exitCodeOf(checks: readonly Check[]): 0 | 1 {
  return checks.length > 0 && checks.every(({ passed }) => passed) ? 0 : 1;
}

/** Checks the same thing at every time; the numbers are the last ones, or the first wrong ones. */
function checkEvery<T>(
  ledgers: readonly Ledger[],
  select: (ledger: Ledger) => readonly T[],
  check: (item: T) => Check,
): Check[] {
  const last = ledgers.at(-1);
  if (last === undefined) return [{ rule: "The books were read", passed: false, numbers: "they were not" }];
  const all = ledgers.map((ledger) => select(ledger).map(check));
  return select(last)
    .map(check)
    .map((latest) => {
      const same = all.flat().filter(({ rule }) => rule === latest.rule);
      return same.find(({ passed }) => !passed) ?? latest;
    });
}

function checkFlow({ token, deposited, paidOut, held }: Flow): Check {
  return {
    rule: `${token.symbol}: tokens in = tokens out + held`,
    passed: deposited === paidOut + held,
    numbers: `${exact(token, deposited)} = ${exact(token, paidOut)} + ${exact(token, held)}`,
  };
}

function checkClaims({ token, claimsIfVetoed, claimsIfFinal, held }: Flow): Check {
  const most = claimsIfVetoed > claimsIfFinal ? claimsIfVetoed : claimsIfFinal;
  return {
    rule: `${token.symbol}: all claims ≤ held`,
    passed: most <= held,
    numbers: `${exact(token, most)} ≤ ${exact(token, held)}`,
  };
}

function isUsed({ factor, free, positions }: PoolBooks): boolean {
  return factor !== free || sum(positions) > 0n;
}

function checkPositions({ operator, token, shares, positions }: PoolBooks): Check {
  const total = sum(positions);
  return {
    rule: `${operator} ${token.symbol}: Σ positions = pool shares`,
    passed: total === shares,
    numbers: `${exact(token, total)} = ${exact(token, shares)}`,
  };
}

function checkMagnitudes({ operator, token, free, parts, liened, factor }: PoolBooks): Check {
  const given = sum(parts);
  const terms = [free, given, liened].map(formatPercent).join(" + ");
  return {
    rule: `${operator} ${token.symbol}: free + Σ parts + liened = factor`,
    passed: free + given + liened === factor,
    numbers: `${terms} = ${formatPercent(factor)}`,
  };
}

function checkPenalty({ what, expected, seen }: Expectation): Check {
  return checkSame(`${what}: took what was computed`, expected, seen);
}

function checkPayouts(payouts: readonly Expectation[]): Check {
  const right = payouts.filter(({ expected, seen }) => isSame(expected, seen));
  const list = right.map(({ seen }) => formatExact(seen)).join(", ");
  return {
    rule: "Withdrawals: paid what was computed",
    passed: payouts.length > 0 && right.length === payouts.length,
    numbers: `${right.length} of ${payouts.length}: ${list}`,
  };
}

/** Each operation may round against its caller, by less than one unit. */
function checkWealth({ what, expected, seen }: Expectation, operations: bigint): Check {
  const difference = expected.units - seen.units;
  return {
    rule: `${what}: came in, less every penalty`,
    passed: hasSameToken(expected, seen) && difference >= -operations && difference <= operations,
    numbers: `${formatExact(seen)} ${seen.token.symbol}, ${units(seen.token, difference)} off`,
  };
}

/** What rounding may keep back of a funding: 10^-5 of a whole token. */
function dustOf({ decimals }: Token, fundings: bigint): bigint {
  return fundings * 10n ** BigInt(decimals - 5);
}

function checkReward({ what, expected, seen }: Expectation): Check {
  const less = expected.units - seen.units;
  return {
    rule: `${what}: by time and shares`,
    passed: hasSameToken(expected, seen) && less >= 0n && less < dustOf(seen.token, 1n),
    numbers: `${formatExact(seen)} ${seen.token.symbol}, ${units(seen.token, less)} less`,
  };
}

/** Every unit is somewhere, and rounding keeps little back. */
function checkRewardFlow({ token, balance, fundings, accounts }: RewardFlow): Check {
  const { funded, dust, ...rest } = balance;
  const { claimed, claimable, commissionPaid, commissionDue, reclaimed, reclaimable, running } = rest;
  const parts = [claimed, claimable, commissionPaid + commissionDue, reclaimed + reclaimable, running, dust];
  return {
    rule: `${token.symbol}: every unit that was funded is somewhere`,
    passed: funded === sum(parts) && dust >= 0n && dust <= dustOf(token, fundings) + accounts,
    numbers: `${exact(token, funded)} funded, ${exact(token, dust)} dust`,
  };
}

/** The log alone says what the chain holds, and what it would pay. */
function checkRewardBooks({ token, balance, held, compared, changed }: RewardFlow): Check {
  const { funded, claimed, commissionPaid, reclaimed } = balance;
  const left = funded - claimed - commissionPaid - reclaimed;
  return {
    rule: `${token.symbol}: the log says what the chain holds and pays`,
    passed: held === left && compared > 0 && changed === 0,
    numbers: `${exact(token, held)} held, ${compared} numbers, ${changed} differ`,
  };
}

function checkCash({ share, asset, held, idle, streaming, pending, fees, left }: LiquidBooks): Check {
  const parts = [idle, streaming, pending, fees, left];
  return {
    rule: `${share.symbol}: held = booked + left by exits`,
    passed: held === sum(parts),
    numbers: `${exact(asset, held)} held, ${held - sum(parts)} wei off`,
  };
}

function checkStake({ share, asset, gross, net, stakeGross, stakeNet }: LiquidBooks): Check {
  return {
    rule: `${share.symbol}: stake in its books = in the core's`,
    passed: gross === stakeGross && net === stakeNet,
    numbers: `${exact(asset, gross)}, ${gross - stakeGross} and ${net - stakeNet} wei off`,
  };
}

function checkSupply({ share, supply, balances }: LiquidBooks): Check {
  return {
    rule: `${share.symbol}: Σ balances = supply`,
    passed: sum(balances) === supply,
    numbers: `${exact(share, sum(balances))} = ${exact(share, supply)}`,
  };
}

/** As much, but for a unit a division: two for each of the two operators, one for the cash and one for the claim. */
function checkAlike({ what, expected, seen }: Expectation): Check {
  const difference = seen.units - expected.units;
  return {
    rule: `${what}: alike`,
    passed: hasSameToken(expected, seen) && difference >= -6n && difference <= 6n,
    numbers: `${formatExact(seen)} ${seen.token.symbol}, ${units(seen.token, difference)} off`,
  };
}

function checkUnchanged(rule: string, comparisons: readonly Comparison[]): Check {
  const compared = comparisons.reduce((total, comparison) => total + comparison.compared, 0);
  const changed = comparisons.reduce((total, comparison) => total + comparison.changed, 0);
  return { rule, passed: compared > 0 && changed === 0, numbers: `${compared} numbers, ${changed} changed` };
}

function checkDepartures({ departures }: Exodus): Check[] {
  if (departures.length === 0) return [{ rule: "Everybody could leave", passed: false, numbers: "nobody left" }];
  return departures.map(({ staker, promised, received }) =>
    checkSame(`${staker} could leave now, and get everything`, promised, received),
  );
}

function checkRemains(remains: Amount, operations: bigint): Check {
  const { token } = remains;
  return {
    rule: `${token.symbol}: left by all, less than a unit an operation`,
    passed: remains.units >= 0n && remains.units < operations,
    numbers: `${units(token, remains.units)} after ${formatInteger(operations)} operations`,
  };
}

function checkSame(rule: string, expected: Amount, seen: Amount): Check {
  return {
    rule,
    passed: isSame(expected, seen),
    numbers: `${formatExact(seen)} = ${formatExact(expected)} ${seen.token.symbol}`,
  };
}

function hasSameToken(one: Amount, other: Amount): boolean {
  return one.token.symbol === other.token.symbol;
}

function isSame(one: Amount, other: Amount): boolean {
  return hasSameToken(one, other) && one.units === other.units;
}

function exact(token: Token, value: bigint): string {
  return formatExact({ token, units: value });
}

/** A number of the smallest units of a token. */
function units({ symbol, decimals }: Token, value: bigint): string {
  return `${formatInteger(value)} ${decimals === 18 ? "wei" : `units of ${symbol}`}`;
}
