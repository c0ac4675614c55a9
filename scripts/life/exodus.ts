import { time } from "@nomicfoundation/hardhat-network-helpers";
import { operatorsOf, readHoldings, stakersOf, tokensOf } from "./holdings";
import { readHeld, rehearse } from "./ledger";
import type { Stage } from "./stage";
import { DAY, EXIT_DELAY, type Actor } from "./world";
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
    await time.increase(EXIT_DELAY + 2n * DAY);
    operations += await completeEverything(stage);
    operations += await payProceeds(stage);
    const after = await readHoldings(stage);
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
    return { departures: departures.filter(({ promised }) => promised.units > 0n), remains, operations };
  });
}

/** Calls something for every staker and token, and counts how often it was worth a call. */
async function forEverybody(stage: Stage, action: (staker: Actor, token: Token) => Promise<bigint>): Promise<bigint> {
  let calls = 0n;
  for (const staker of stakersOf(stage)) {
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
