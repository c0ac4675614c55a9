import { time } from "@nomicfoundation/hardhat-network-helpers";
import { id as hashOf, ZeroAddress } from "ethers";
import type { SlashStruct, SlashStructOutput } from "../../typechain-types/contracts/core/Slasher";
import { formatPercent, percent, WAD, type Amount, type Token } from "./amounts";
import { first } from "./events";
import { readBystanders, readWealth, tokensOf } from "./holdings";
import { say, type Sentence } from "./sentences";
import type { Comparison, OperatorSet, Stage } from "./stage";
import { DAY, type Actor } from "./world";

/** Terms of a set in the words of the story. */
export interface Terms {
  readonly slasher: Actor;
  /** Most that may be slashed in a period, in percent. */
  readonly maxSlash: string;
  readonly periodDays: bigint;
  /** Who may veto, and for how many days; an instant set has neither. */
  readonly veto?: { readonly resolver: Actor; readonly days: bigint };
  /** Who gets what is slashed; nobody if it is burned. */
  readonly recipient?: Actor;
}

/** An AVS creates its operator set, with terms that never change. */
export async function createSet(
  stage: Stage,
  avs: Actor,
  trade: string,
  tokens: readonly Token[],
  terms: Terms,
): Promise<OperatorSet> {
  const allocationManager = stage.world.allocationManager.connect(avs.signer);
  const { slasher, maxSlash, periodDays, veto, recipient } = terms;
  const ascending = [...tokens].sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const block = await stage.run("createOperatorSet", () =>
    allocationManager.createOperatorSet(
      1,
      {
        assets: ascending.map(({ address }) => address),
        maxSlash: percent(maxSlash),
        period: periodDays * DAY,
        vetoWindow: (veto?.days ?? 0n) * DAY,
        slasher: slasher.address,
        resolver: veto?.resolver.address ?? ZeroAddress,
        recipient: recipient?.address ?? ZeroAddress,
      },
      `https://${avs.name.toLowerCase()}.example`,
    ),
  );
  const created = first(
    await allocationManager.queryFilter(allocationManager.filters.OperatorSetCreated(), block, block),
  );
  const set: OperatorSet = { key: created.args.operatorSet, avs, slasher, recipient, tokens: ascending };
  stage.sets.push(set);
  await stage.tell(avs, describeTerms(avs, trade, terms));
  return set;
}

function describeTerms(avs: Actor, trade: string, { maxSlash, periodDays, veto, recipient }: Terms): Sentence {
  const most = `up to ${maxSlash} % in ${periodDays.toString()} days`;
  return veto === undefined || recipient === undefined
    ? say`${avs}, ${trade}, opens a set: slashes ${most}, at once, and burns.`
    : say`${avs}, ${trade}, opens a set: ${most}, ${veto.resolver} may veto for ${veto.days.toString()} days, paid to ${recipient}.`;
}

/** What a slash must take of each token, in the order of `tokensOf`, by arithmetic outside of the contracts. */
export type Expected = readonly Amount[];

/** Proposes a slash; in an instant set it is final at once. */
export async function propose(
  stage: Stage,
  set: OperatorSet,
  operator: Actor,
  part: string,
  expected: Expected,
): Promise<SlashStructOutput> {
  const { slasher } = stage.world;
  const before = await readBystanders(stage, set, operator);
  const block = await stage.run("propose", () =>
    slasher
      .connect(set.slasher.signer)
      .propose(set.key, operator.address, percent(part), hashOf("evidence"), "https://evidence.example"),
  );
  const { args } = first(await slasher.queryFilter(slasher.filters.SlashProposed(), block, block));
  const { slash } = args;
  stage.isolation.push(compare(`${set.avs.name} slashes`, before, await readBystanders(stage, set, operator)));
  const taken = takenOf(stage, slash);
  taken.forEach((seen, index) => {
    const amount = expected[index] ?? { token: seen.token, units: 0n };
    stage.penalties.push({
      what: `Slash ${slash.id.toString()} by ${set.avs.name}, ${seen.token.symbol}`,
      expected: amount,
      seen,
    });
  });
  const held = taken.filter(({ units }) => units > 0n);
  const instant = slash.deadline === slash.proposedAt;
  if (!instant) stage.openSlashes.push(slash);
  await stage.tell(
    set.slasher,
    instant
      ? say`${set.slasher} proves a fault of ${operator}: ${set.avs} slashes ${part} %, ${held}, at once.`
      : say`${set.slasher} proposes to slash ${part} % of what ${operator} gave ${set.avs}: ${held} held.`,
  );
  return slash;
}

/** What a slash takes of each token. */
function takenOf(stage: Stage, { cuts }: SlashStructOutput): Amount[] {
  return tokensOf(stage).map((token) => ({
    token,
    units: cuts.find(({ asset }) => asset === token.address)?.assets ?? 0n,
  }));
}

/** Tries a slash that the contracts refuse. */
export async function proposeRefused(
  stage: Stage,
  set: OperatorSet,
  operator: Actor,
  part: string,
  tail: string,
): Promise<void> {
  const { slasher, allocationManager } = stage.world;
  const { name, args } = await stage.expectRefusal("propose", allocationManager.interface, () =>
    slasher
      .connect(set.slasher.signer)
      .propose(set.key, operator.address, percent(part), hashOf("evidence"), "https://evidence.example"),
  );
  const remaining: unknown = name === "BudgetExceeded" ? args.getValue("remaining") : undefined;
  const left = typeof remaining === "bigint" ? `, ${formatPercent(remaining)} left` : "";
  await stage.tell(
    set.slasher,
    say`${set.slasher} wants another ${part} % of ${operator}: refused, ${tail} (${name}${left}).`,
  );
}

/** Vetoes a slash: all of it goes back where it was held from. */
export async function veto(
  stage: Stage,
  resolver: Actor,
  slash: SlashStructOutput,
  wealthBefore: readonly bigint[],
): Promise<void> {
  const { slasher } = stage.world;
  await stage.run("veto", () => slasher.connect(resolver.signer).veto(recordOf(slash)));
  close(stage, slash);
  stage.reversals.push(compare(`veto of slash ${slash.id.toString()}`, wealthBefore, await readWealth(stage)));
  await stage.tell(resolver, say`${resolver} vetoes: not proven. Everything held goes back where it came from.`);
}

/** Tries to veto at the deadline, when it is too late. */
export async function vetoTooLate(stage: Stage, resolver: Actor, slash: SlashStructOutput): Promise<void> {
  const { slasher } = stage.world;
  await time.setNextBlockTimestamp(slash.deadline);
  const { name } = await stage.expectRefusal("veto", slasher.interface, () =>
    slasher.connect(resolver.signer).veto(recordOf(slash)),
  );
  await stage.tell(resolver, say`${resolver} vetoes at the second of the deadline: refused, too late (${name}).`);
}

/** Makes a slash final; open to everybody once the deadline is reached. */
export async function finalise(stage: Stage, caller: Actor, slash: SlashStructOutput, recipient: Actor): Promise<void> {
  const { slasher } = stage.world;
  await stage.run("finalise", () => slasher.connect(caller.signer).finalise(recordOf(slash)));
  close(stage, slash);
  const owed = takenOf(stage, slash).filter(({ units }) => units > 0n);
  await stage.tell(caller, say`${caller} makes it final; anyone may. ${recipient} is owed ${owed}.`);
}

/** The record as whoever acts on it supplies it again: ethers writes into what it sends, and what it has read is frozen. */
function recordOf(slash: SlashStructOutput): SlashStruct {
  const { id, operatorSet, operator, epoch, slasher, resolver, recipient } = slash;
  const { proposedAt, deadline, periodAt, fraction, evidence } = slash;
  const cuts = slash.cuts.map(({ asset, magnitude, fromLeaving, leavingAt, assets }) => ({
    asset,
    magnitude,
    fromLeaving,
    leavingAt,
    assets,
  }));
  return {
    id,
    operatorSet,
    operator,
    epoch,
    slasher,
    resolver,
    recipient,
    proposedAt,
    deadline,
    periodAt,
    fraction,
    evidence,
    cuts,
  };
}

function close(stage: Stage, slash: SlashStructOutput): void {
  stage.openSlashes.splice(stage.openSlashes.indexOf(slash), 1);
}

/** A recipient takes its proceeds. */
export async function collect(stage: Stage, recipient: Actor): Promise<void> {
  const { stakeManager } = stage.world;
  const owed = await readProceeds(stage, recipient.address);
  for (const { token } of owed) {
    await stage.run("withdrawProceeds", () =>
      stakeManager.connect(recipient.signer).withdrawProceeds(token.address, recipient.address),
    );
  }
  await stage.tell(recipient, say`${recipient} withdraws what it is owed: ${owed}.`);
}

/** Burns what is to be burned; open to everybody. */
export async function burn(stage: Stage, caller: Actor, avs: Actor): Promise<void> {
  const { stakeManager } = stage.world;
  const owed = await readProceeds(stage, ZeroAddress);
  for (const { token } of owed) {
    await stage.run("burnProceeds", () => stakeManager.connect(caller.signer).burnProceeds(token.address));
  }
  await stage.tell(caller, say`${caller} burns what ${avs} took; anyone may: ${owed}.`);
}

async function readProceeds(stage: Stage, recipient: string): Promise<Amount[]> {
  return Promise.all(
    tokensOf(stage).map(async (token) => ({
      token,
      units: await stage.world.stakeManager.proceeds(recipient, token.address),
    })),
  );
}

/** How many numbers are not what they were. */
export function compare(what: string, before: readonly bigint[], after: readonly bigint[]): Comparison {
  const changed = before.filter((value, index) => value !== after[index]).length;
  return { what, compared: before.length, changed };
}

/** ⌊stake · part of the pool · part of that⌋, in whole numbers: what a slash must take. */
export function share(stake: Amount, ...parts: readonly string[]): Amount {
  const numerator = parts.reduce((product, part) => product * percent(part), stake.units);
  return { token: stake.token, units: numerator / WAD ** BigInt(parts.length) };
}
