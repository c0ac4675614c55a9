import { time } from "@nomicfoundation/hardhat-network-helpers";
import { operatorsOf, peopleOf, readHoldings, tokensOf } from "./holdings";
import { readLiquid } from "./liquid-books";
import { readHeld, rehearse } from "./ledger";
import type { Expectation, Stage } from "./stage";
import { DAY, erc20, EXIT_DELAY, type Actor } from "./world";
import type { Amount, Token } from "./amounts";

/** What one staker was worth in the protocol, and was paid when everybody left. */
export interface Departure {
  readonly staker: string;
  readonly promised: Amount;
  readonly received: Amount;
}

/** Everybody leaves, and everything owed is paid. */
export interface Exodus {
  readonly departures: readonly Departure[];
  /** What holders of the liquid restaking token could be paid, one after the other. */
  readonly holders: readonly Expectation[];
  /** What nobody can claim: what was rounded in favour of those who stayed. */
  readonly remains: readonly Amount[];
  /** Calls that were ever made, those of the exodus included. */
  readonly operations: bigint;
}

/** Lets everybody leave, looks at what remains, and undoes it. */
export function rehearseExodus(stage: Stage): Promise<Exodus> {
  return rehearse(async () => {
    const before = await readHoldings(stage);
    let operations = BigInt(stage.steps.flatMap(({ verbs }) => verbs).length);
    operations += await leaveEverything(stage);
    const { idle, gross, holders } = await readLiquid(stage);
    operations += await recallStake(stage);
    await time.increase(EXIT_DELAY + 2n * DAY);
    operations += await completeEverything(stage);
    operations += await collectStake(stage);
    const recalled = (await readLiquid(stage)).idle - idle;
    operations += await payProceeds(stage);
    const after = await readHoldings(stage);
    const people = peopleOf(stage);
    const departures = before.map(({ staker, token, wallet, total }, index): Departure => {
      const received = (after[index]?.wallet ?? 0n) - wallet;
      return {
        staker: staker.name,
        promised: { token, units: total - wallet },
        received: { token, units: received },
      };
    });
    const remains = await Promise.all(
      tokensOf(stage).map(async (token) => ({
        token,
        units: await readHeld(stage, token),
      })),
    );
    const { share, asset } = await readLiquid(stage);
    const left = departures.filter(
      ({ staker, promised }) => promised.units > 0n && people.some(({ name }) => name === staker),
    );
    const all = {
      staker: share.symbol,
      promised: { token: asset, units: gross },
      received: { token: asset, units: recalled },
    };
    const paid: Expectation[] = [];
    for (const { holder, shares, worth } of holders) {
      const seen = { token: asset, units: await leaveToken(stage, holder, shares) };
      paid.push({ what: `${holder.name} could leave the token, too`, expected: { token: asset, units: worth }, seen });
    }
    return { departures: [...left, all], holders: paid, remains, operations };
  });
}

/** Calls something for every staker and token, and counts how often it was worth a call. */
async function forEverybody(stage: Stage, action: (staker: Actor, token: Token) => Promise<bigint>): Promise<bigint> {
  let calls = 0n;
  for (const staker of peopleOf(stage)) {
    for (const token of tokensOf(stage)) calls += await action(staker, token);
  }
  return calls;
}

function leaveEverything(stage: Stage): Promise<bigint> {
  return forEverybody(stage, async (staker, token) => {
    const stakeManager = stage.world.stakeManager.connect(staker.signer);
    const undelegated = await stakeManager.undelegated(staker.address, token.address);
    if (undelegated > 0n) {
      await (await stakeManager.withdraw(staker.address, token.address, undelegated, staker.address)).wait();
    }
    let calls = undelegated > 0n ? 1n : 0n;
    for (const operator of operatorsOf(stage)) calls += await queueAll(stage, staker, operator, token);
    return calls;
  });
}

async function queueAll(stage: Stage, staker: Actor, operator: Actor, token: Token): Promise<bigint> {
  const stakeManager = stage.world.stakeManager.connect(staker.signer);
  const shares = await stakeManager.sharesOf(operator.address, token.address, staker.address);
  if (shares === 0n) return 0n;
  const requests = [{ operator: operator.address, shares }];
  await (await stakeManager.queueWithdrawals(staker.address, token.address, requests, staker.address)).wait();
  return 1n;
}

function completeEverything(stage: Stage): Promise<bigint> {
  return forEverybody(stage, async (staker, token) => {
    const stakeManager = stage.world.stakeManager.connect(staker.signer);
    const queued = await stakeManager.queryFilter(
      stakeManager.filters.WithdrawalQueued(staker.address, undefined, token.address),
    );
    // The log names every withdrawal there ever was; one that was completed pays nothing twice.
    const keys = queued.map(({ args }) => ({ operator: args.operator, maturity: args.maturity }));
    if (keys.length === 0) return 0n;
    await (await stakeManager.completeWithdrawals(staker.address, token.address, keys, staker.address)).wait();
    return BigInt(keys.length);
  });
}

/** All stake of the token leaves its operators: the curator wants none of them, and anyone evicts. */
async function recallStake(stage: Stage): Promise<bigint> {
  const { liquid, cast } = stage.world;
  for (const { address } of operatorsOf(stage)) {
    await (await liquid.allocator.connect(cast.Curator.signer).setTarget(address, 0)).wait();
    await (await liquid.allocator.evict(address)).wait();
  }
  return BigInt(operatorsOf(stage).length);
}

async function collectStake(stage: Stage): Promise<bigint> {
  for (const { address } of operatorsOf(stage)) await (await stage.world.liquid.allocator.collect(address)).wait();
  return BigInt(operatorsOf(stage).length);
}

/** A holder leaves with everything, in an epoch of its own; returns what it is paid. */
async function leaveToken({ world: { liquid, weth } }: Stage, holder: Actor, shares: bigint): Promise<bigint> {
  const token = liquid.token.connect(holder.signer);
  const before = await erc20(weth, holder).balanceOf(holder.address);
  await (await token.requestRedeem(shares, holder.address, holder.address)).wait();
  const closableAt = await liquid.queue.closableAt();
  if (closableAt > BigInt(await time.latest())) await time.increaseTo(closableAt);
  await (await liquid.queue.close()).wait();
  await (await token.redeem(shares, holder.address, holder.address)).wait();
  return (await erc20(weth, holder).balanceOf(holder.address)) - before;
}

async function payProceeds(stage: Stage): Promise<bigint> {
  const { stakeManager } = stage.world;
  let calls = 0n;
  for (const { recipient } of stage.sets) {
    for (const { address } of tokensOf(stage)) {
      const sent =
        recipient === undefined
          ? await stakeManager.burnProceeds(address)
          : await stakeManager.connect(recipient.signer).withdrawProceeds(address, recipient.address);
      await sent.wait();
      calls += 1n;
    }
  }
  return calls;
}
