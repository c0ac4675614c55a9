import { ZeroAddress } from "ethers";
import { formatPercent, percent, type Token } from "./amounts";
import { first } from "./events";
import { say } from "./sentences";
import type { OperatorSet, Stage } from "./stage";
import type { Actor } from "./world";

/** Becomes an operator whose pools anyone may enter. */
export async function becomeOperator(stage: Stage, operator: Actor, tokens: readonly Token[]): Promise<void> {
  const stakeManager = stage.world.stakeManager.connect(operator.signer);
  const website = `https://${operator.name.toLowerCase()}.example`;
  await stage.run("registerOperator", () => stakeManager.registerOperator(website));
  for (const { address } of tokens) {
    await stage.run("openPool", () => stakeManager.openPool(address, ZeroAddress));
  }
  const symbols = tokens.map(({ symbol }) => symbol).join(" and ");
  await stage.tell(operator, say`${operator} becomes an operator and opens a pool for ${symbols}.`);
}

/** Registers for a set and gives it a part of each of these pools; it joins after the notice. */
export async function joinSet(
  stage: Stage,
  operator: Actor,
  set: OperatorSet,
  tokens: readonly [Token, ...Token[]],
  part: string,
): Promise<void> {
  const allocationManager = stage.world.allocationManager.connect(operator.signer);
  await stage.run("registerForOperatorSet", () => allocationManager.registerForOperatorSet(set.key, "0x"));
  for (const token of tokens) {
    await stage.run("allocate", () => allocationManager.allocate(set.key, token.address, percent(part)));
    stage.grants.push({ set, operator, token });
  }
  const symbols = tokens.map(({ symbol }) => symbol).join(" and ");
  const day = await pendingDay(stage, operator, set, tokens[0]);
  await stage.tell(
    operator,
    say`${operator} registers with ${set.avs} and promises it ${part} % of its ${symbols}, from day ${day} on.`,
  );
}

/** Gives a set less; it leaves after the exit delay, and can be slashed until then. */
export async function lower(
  stage: Stage,
  operator: Actor,
  set: OperatorSet,
  token: Token,
  part: string,
): Promise<void> {
  const allocationManager = stage.world.allocationManager.connect(operator.signer);
  await stage.run("deallocate", () => allocationManager.deallocate(set.key, token.address, percent(part)));
  const day = await pendingDay(stage, operator, set, token);
  await stage.tell(
    operator,
    say`${operator} lowers what it gives ${set.avs} by ${part} % of its ${token.symbol}: slashable until day ${day}.`,
  );
}

/** The day on which what was ordered joins or leaves. */
async function pendingDay(stage: Stage, operator: Actor, set: OperatorSet, token: Token): Promise<string> {
  const { pendingAt } = await stage.world.allocationManager.allocation(operator.address, token.address, set.key);
  return stage.dayOf(pendingAt);
}

/** Leaves a set: at once for its security, after the exit delay for its slasher. */
export async function leaveSet(stage: Stage, operator: Actor, set: OperatorSet): Promise<void> {
  const allocationManager = stage.world.allocationManager.connect(operator.signer);
  const block = await stage.run("deregisterFromOperatorSet", () =>
    allocationManager.deregisterFromOperatorSet(operator.address, set.key),
  );
  const { args } = first(
    await allocationManager.queryFilter(allocationManager.filters.OperatorDeregisteredFromSet(), block, block),
  );
  const day = stage.dayOf(args.until);
  await stage.tell(
    operator,
    say`${operator} leaves ${set.avs}: secures it no more, answers for its past until day ${day}.`,
  );
}

/** Books what time has freed in the pools of an operator; open to everybody. */
export async function settle(
  stage: Stage,
  caller: Actor,
  operator: Actor,
  token: Token,
  sets: readonly OperatorSet[],
): Promise<void> {
  const allocationManager = stage.world.allocationManager.connect(caller.signer);
  const keys = sets.map(({ key }) => key);
  const before = await allocationManager.freeMagnitude(operator.address, token.address);
  await stage.run("settle", () => allocationManager.settle(operator.address, token.address, keys));
  const after = await allocationManager.freeMagnitude(operator.address, token.address);
  const [was, is] = [before, after].map(formatPercent);
  await stage.tell(
    caller,
    say`${caller} books what time has freed of ${operator}'s ${token.symbol}, ${is ?? ""} instead of ${was ?? ""}; anyone may.`,
  );
}
