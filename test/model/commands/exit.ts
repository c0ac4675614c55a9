import type { Ledger } from "../ledger/ledger";
import type { WithdrawalRecord } from "../ledger/pool";
import type { Key } from "../ledger/stake";
import { ASSETS, type Asset, OPERATORS, OWNERS, type Party, entryOf } from "../vocabulary";
import { defineVerb } from "./call";
import type { Dice } from "./dice";
import {
  consentRefusals,
  type Consent,
  drawActor,
  drawConsent,
  drawMinFactor,
  drawPool,
  type Entry,
  entryRefusals,
} from "./entry";

/** Shares of one pool. */
interface Part {
  readonly operator: Party;
  readonly shares: bigint;
}

/** Shares of one withdrawal. */
interface KeyPart extends Key {
  readonly shares: bigint;
}

/** A withdrawal as it is found. */
interface Found {
  readonly asset: Asset;
  readonly operator: Party;
  readonly record: WithdrawalRecord;
}

/** Withdrawals that a condition holds for. */
function findRecords({ stake }: Ledger, condition: (record: WithdrawalRecord) => boolean): Found[] {
  return [...stake.allPools()].flatMap(({ operator, asset, pool }) =>
    pool
      .allRecords()
      .filter(condition)
      .map((record) => ({ operator, asset, record })),
  );
}

/** Draws a withdrawal: one for which the condition holds, or, if wild, any. */
function drawRecord(ledger: Ledger, dice: Dice, condition: (record: WithdrawalRecord) => boolean): Found | undefined {
  return dice.maybe(findRecords(ledger, (record) => dice.isWild || condition(record)));
}

/** Whether some key asks for more than there is, all in all. */
function overdraws(parts: readonly KeyPart[], available: (part: KeyPart) => bigint): boolean {
  const asked = new Map<string, bigint>();
  return parts.some((part) => {
    const key = `${part.operator}@${part.maturity}`;
    const total = entryOf(asked, key, () => 0n) + part.shares;
    asked.set(key, total);
    return total > available(part);
  });
}

function isOutside(receiver: Party): boolean {
  return receiver === "nobody" || receiver === "core";
}

/** Active shares into the bucket of now, in one's own or another's name. */
export const queueWithdrawals = defineVerb<{
  by: Party;
  staker: Party;
  asset: Asset;
  requests: readonly Part[];
  owner: Party;
}>("queueWithdrawals", {
  draw(ledger, dice) {
    const asset = dice.asset();
    const staker = dice.pick(OWNERS);
    const own = OPERATORS.filter((operator) => dice.isWild || ledger.stake.pool(operator, asset).sharesOf(staker) > 0n);
    const first = dice.maybe(own);
    if (first === undefined) return undefined;
    const operators = dice.chance(20) ? own : [first];
    return {
      ...{ by: drawActor(ledger, dice, staker), staker, asset },
      requests: operators.map((operator) => {
        return { operator, shares: dice.amount(ledger.stake.pool(operator, asset).sharesOf(staker)) };
      }),
      owner: dice.party(dice.chance(20) ? dice.pick(OWNERS) : staker, ["nobody", "core", ...OWNERS]),
    };
  },
  refusals({ stake }, { by, staker, asset, requests, owner }) {
    const parts = requests.map((request) => ({ ...request, maturity: 0n }));
    return [
      !stake.mayAct(by, staker) && "NotApproved",
      isOutside(owner) && "InvalidReceiver",
      requests.some(({ shares }) => shares === 0n) && "ZeroShares",
      overdraws(parts, ({ operator }) => stake.pool(operator, asset).sharesOf(staker)) && "InsufficientBalance",
    ];
  },
  apply({ stake, rewards, situations, now }, { staker, asset, requests, owner }) {
    for (const { operator, shares } of requests) {
      stake.queue(staker, operator, asset, shares, owner, now);
      const streams = [...rewards.announced({ operator, asset }).values()];
      situations.note(
        "a pool that its last staker leaves while a reward streams",
        stake.pool(operator, asset).activeShares() === 0n && streams.some((story) => story.rate(now) > 0n),
      );
    }
  },
  encode(world, { by, staker, asset, requests, owner }) {
    const parts = requests.map(({ operator, shares }) => ({ operator: world.address(operator), shares }));
    return world.toStake(
      by,
      world.stake.encodeFunctionData("queueWithdrawals", [
        world.address(staker),
        world.token(asset),
        parts,
        world.address(owner),
      ]),
    );
  },
});

/** Queued shares to another owner. */
export const transferWithdrawals = defineVerb<{
  by: Party;
  owner: Party;
  asset: Asset;
  requests: readonly KeyPart[];
  newOwner: Party;
}>("transferWithdrawals", {
  draw(ledger, dice) {
    const found = drawRecord(ledger, dice, ({ paid }) => paid === 0n);
    if (found === undefined) return undefined;
    const { operator, asset, record } = found;
    const { owner, maturity } = record;
    const available = ledger.stake.pool(operator, asset).queuedShares(owner, maturity);
    const request = { operator, maturity, shares: dice.amount(available) };
    const twice = dice.isWild && dice.chance(20);
    const others = OWNERS.filter((other) => other !== owner);
    return {
      ...{ by: drawActor(ledger, dice, owner), owner, asset, requests: twice ? [request, request] : [request] },
      newOwner: dice.party(dice.maybe(others) ?? "nobody", ["nobody", "core", owner]),
    };
  },
  refusals({ stake }, { by, owner, asset, requests, newOwner }) {
    const recordOf = ({ operator, maturity }: Key): WithdrawalRecord | undefined =>
      stake.pool(operator, asset).record(owner, maturity);
    const queued = ({ operator, maturity }: Key): bigint => stake.pool(operator, asset).queuedShares(owner, maturity);
    return [
      !stake.mayAct(by, owner) && "NotApproved",
      (isOutside(newOwner) || newOwner === owner) && "InvalidReceiver",
      requests.some(({ shares }) => shares === 0n) && "ZeroShares",
      requests.some((request) => (recordOf(request)?.paid ?? 0n) > 0n) && "WithdrawalPaid",
      overdraws(requests, queued) && "InsufficientBalance",
    ];
  },
  apply({ stake, situations }, { owner, asset, requests, newOwner }) {
    for (const { shares, ...key } of requests) {
      const pool = stake.pool(key.operator, asset);
      const paid = pool.record(newOwner, key.maturity)?.paid ?? 0n;
      situations.note("an exit passed on while a lien is open", pool.liened() > 0n);
      situations.note("an exit passed on to a record that was paid", paid > 0n);
      stake.transfer(owner, key, asset, shares, newOwner);
    }
  },
  encode(world, { by, owner, asset, requests, newOwner }) {
    const parts = requests.map(({ operator, ...rest }) => ({ ...rest, operator: world.address(operator) }));
    return world.toStake(
      by,
      world.stake.encodeFunctionData("transferWithdrawals", [
        world.address(owner),
        world.token(asset),
        parts,
        world.address(newOwner),
      ]),
    );
  },
});

/** Queued shares back into the pool. */
export const cancelWithdrawal = defineVerb<
  KeyPart & { by: Party; owner: Party; asset: Asset; consent?: Consent | undefined }
>("cancelWithdrawal", {
  draw(ledger, dice) {
    const found = drawRecord(ledger, dice, ({ maturity }) => maturity > ledger.now);
    if (found === undefined) return undefined;
    const { operator, asset, record } = found;
    const { owner, maturity } = record;
    return {
      ...{ by: drawActor(ledger, dice, owner), owner, operator, asset, maturity },
      shares: dice.amount(ledger.stake.pool(operator, asset).queuedShares(owner, maturity)),
      consent: drawConsent(ledger, dice, operator, asset, owner),
    };
  },
  refusals(ledger, { by, owner, operator, asset, maturity, shares, consent }) {
    const available = ledger.stake.pool(operator, asset).queuedShares(owner, maturity);
    return [
      !ledger.stake.mayAct(by, owner) && "NotApproved",
      shares === 0n && "ZeroShares",
      ledger.now >= maturity && "WithdrawalMature",
      shares > available && "InsufficientBalance",
      ...consentRefusals(ledger, { operator, asset, consent }, owner),
    ];
  },
  apply({ stake, situations, now }, { owner, operator, asset, maturity, shares }) {
    situations.note("a cancelled exit while a lien is open", stake.pool(operator, asset).liened() > 0n);
    stake.cancel(owner, { operator, maturity }, asset, shares, now);
  },
  async encode(world, { by, owner, operator, asset, maturity, shares, consent }) {
    const approval = await world.sign(consent, { operator, asset, receiver: owner });
    return world.toStake(
      by,
      world.stake.encodeFunctionData("cancelWithdrawal", [
        world.address(owner),
        world.address(operator),
        world.token(asset),
        maturity,
        shares,
        approval,
      ]),
    );
  },
});

/** Whose withdrawals shall be completed. */
interface Completion {
  readonly by: Party;
  readonly owner: Party;
  readonly asset: Asset;
  readonly keys: readonly Key[];
}

/** Draws matured withdrawals of one owner: one, or all of an asset; sometimes one that is not there, too. */
function drawCompletion(ledger: Ledger, dice: Dice): Completion | undefined {
  const { now } = ledger;
  const found = drawRecord(ledger, dice, ({ maturity }) => maturity <= now);
  if (found === undefined) return undefined;
  const { asset, operator } = found;
  const { owner, maturity } = found.record;
  const all = findRecords(ledger, (record) => record.owner === owner && record.maturity <= now);
  const more = dice.chance(30) ? all.filter((other) => other.asset === asset) : [];
  const keys = [{ operator, maturity }, ...more.map((other) => ({ ...other.record, operator: other.operator }))];
  return {
    ...{ by: drawActor(ledger, dice, owner), owner, asset },
    keys: keys.map((key) => ({ operator: key.operator, maturity: key.maturity })),
  };
}

function completionRefusals({ stake, now }: Ledger, { by, owner, keys }: Completion): (string | false)[] {
  return [
    !stake.mayAct(by, owner) && "NotApproved",
    keys.some(({ maturity }) => maturity > now) && "WithdrawalNotMature",
  ];
}

/** Completes: how much is paid in all. */
function complete({ stake, situations, now }: Ledger, { owner, asset, keys }: Completion): bigint {
  let total = 0n;
  for (const { operator, maturity } of keys) {
    const before = stake.pool(operator, asset).record(owner, maturity)?.paid;
    const assets = stake.complete(owner, asset, [{ operator, maturity }], now);
    situations.note("a withdrawal paid a second time", assets > 0n && before !== undefined && before > 0n);
    situations.note("a withdrawal that pays nothing", assets === 0n && before === 0n);
    total += assets;
  }
  return total;
}

/** Matured withdrawals as tokens. */
export const completeWithdrawals = defineVerb<Completion & { receiver: Party }>("completeWithdrawals", {
  draw(ledger, dice) {
    const completion = drawCompletion(ledger, dice);
    if (completion === undefined) return undefined;
    const usual = dice.chance(20) ? dice.pick(OWNERS) : completion.owner;
    return { ...completion, receiver: dice.party(usual, ["nobody", "core"]) };
  },
  refusals(ledger, { receiver, ...completion }) {
    return [isOutside(receiver) && "InvalidReceiver", ...completionRefusals(ledger, completion)];
  },
  apply(ledger, { receiver, ...completion }) {
    ledger.stake.move("core", receiver, completion.asset, complete(ledger, completion));
  },
  encode(world, { by, owner, asset, keys, receiver }) {
    return world.toStake(
      by,
      world.stake.encodeFunctionData("completeWithdrawals", [
        world.address(owner),
        world.token(asset),
        world.keys(keys),
        world.address(receiver),
      ]),
    );
  },
});

/** Matured withdrawals into the undelegated balance. */
export const completeWithdrawalsAsUndelegated = defineVerb<Completion>("completeWithdrawalsAsUndelegated", {
  draw: drawCompletion,
  refusals: completionRefusals,
  apply(ledger, completion) {
    ledger.stake.addUndelegated(completion.owner, completion.asset, complete(ledger, completion));
  },
  encode(world, { by, owner, asset, keys }) {
    return world.toStake(
      by,
      world.stake.encodeFunctionData("completeWithdrawalsAsUndelegated", [
        world.address(owner),
        world.token(asset),
        world.keys(keys),
      ]),
    );
  },
});

/** What withdrawals would pay if they were completed now. */
function payable({ stake, now }: Ledger, { owner, asset, keys }: Completion): bigint {
  const distinct = new Map(keys.map((key) => [`${key.operator}@${key.maturity}`, key]));
  let assets = 0n;
  for (const { operator, maturity } of distinct.values()) {
    const pool = stake.pool(operator, asset);
    const paid = pool.record(owner, maturity)?.paid ?? 0n;
    assets += pool.payment(pool.queuedShares(owner, maturity), maturity, "all final", now).floor() - paid;
  }
  return assets;
}

/** Matured withdrawals into another pool. */
export const redelegateWithdrawals = defineVerb<Completion & Omit<Entry, "assets">>("redelegateWithdrawals", {
  draw(ledger, dice) {
    const completion = drawCompletion(ledger, dice);
    if (completion === undefined) return undefined;
    const { asset, owner } = completion;
    const operator = drawPool(ledger, dice, asset);
    return {
      ...completion,
      operator,
      minFactor: drawMinFactor(ledger, dice, operator, asset),
      consent: drawConsent(ledger, dice, operator, asset, owner),
    };
  },
  refusals(ledger, args) {
    return [
      ...completionRefusals(ledger, args),
      ...entryRefusals(ledger, { ...args, assets: payable(ledger, args) }, args.owner),
    ];
  },
  apply(ledger, { operator, ...completion }) {
    const { owner, asset } = completion;
    ledger.stake.enter(owner, operator, asset, complete(ledger, completion), ledger.now);
  },
  async encode(world, { by, owner, asset, keys, operator, minFactor, consent }) {
    const approval = await world.sign(consent, { operator, asset, receiver: owner });
    return world.toStake(
      by,
      world.stake.encodeFunctionData("redelegateWithdrawals", [
        world.address(owner),
        world.token(asset),
        world.keys(keys),
        world.address(operator),
        minFactor,
        approval,
      ]),
    );
  },
});

/** Undelegated assets as tokens. */
export const withdraw = defineVerb<{ by: Party; owner: Party; asset: Asset; assets: bigint; receiver: Party }>(
  "withdraw",
  {
    draw(ledger, dice) {
      const { stake } = ledger;
      const asset = dice.pick(ASSETS);
      const owner = dice.maybe(OWNERS.filter((one) => dice.isWild || stake.undelegated(one, asset) > 0n));
      if (owner === undefined) return undefined;
      return {
        ...{ by: drawActor(ledger, dice, owner), owner, asset },
        assets: dice.amount(stake.undelegated(owner, asset)),
        receiver: dice.party(dice.chance(20) ? dice.pick(OWNERS) : owner, ["nobody", "core"]),
      };
    },
    refusals({ stake }, { by, owner, asset, assets, receiver }) {
      return [
        !stake.mayAct(by, owner) && "NotApproved",
        isOutside(receiver) && "InvalidReceiver",
        assets === 0n && "ZeroAssets",
        assets > stake.undelegated(owner, asset) && "InsufficientBalance",
      ];
    },
    apply({ stake }, { owner, asset, assets, receiver }) {
      stake.addUndelegated(owner, asset, -assets);
      stake.move("core", receiver, asset, assets);
    },
    encode(world, { by, owner, asset, assets, receiver }) {
      return world.toStake(
        by,
        world.stake.encodeFunctionData("withdraw", [
          world.address(owner),
          world.token(asset),
          assets,
          world.address(receiver),
        ]),
      );
    },
  },
);

/** Lets another account act, or ends that; and ends what was signed before. */
export const setApproval = defineVerb<{ by: Party; account: Party; approved: boolean }>("setApproval", {
  draw(_, dice) {
    return { by: dice.pick(OWNERS), account: dice.pick(OWNERS), approved: dice.chance(60) };
  },
  refusals() {
    return [];
  },
  apply({ stake }, { by, account, approved }) {
    stake.setApproval(by, account, approved);
    stake.useNonce(by);
  },
  encode(world, { by, account, approved }) {
    return world.toStake(by, world.stake.encodeFunctionData("setApproval", [world.address(account), approved]));
  },
});

/** The same by the owner's signature, brought by anyone. */
export const setApprovalBySig = defineVerb<{
  by: Party;
  owner: Party;
  account: Party;
  approved: boolean;
  nonce: bigint;
  expiry: bigint;
}>("setApprovalBySig", {
  draw({ stake, now }, dice) {
    const owner = dice.pick(OWNERS);
    const nonce = stake.nonce(owner);
    return {
      ...{ by: dice.pick(OWNERS), owner, account: dice.pick(OWNERS), approved: dice.chance(60) },
      nonce: dice.isWild && dice.chance(40) ? dice.pick([nonce + 1n, nonce - 1n < 0n ? 7n : nonce - 1n]) : nonce,
      expiry: dice.isWild && dice.chance(40) ? now - 1n : dice.pick([now, now + 100n]),
    };
  },
  refusals({ stake, now }, { owner, nonce, expiry }) {
    return [expiry < now && "SignatureExpired", nonce !== stake.nonce(owner) && "SignatureInvalid"];
  },
  apply({ stake }, { owner, account, approved }) {
    stake.setApproval(owner, account, approved);
    stake.useNonce(owner);
  },
  async encode(world, { by, owner, account, approved, nonce, expiry }) {
    const signature = await world.signApproval(owner, account, approved, nonce, expiry);
    return world.toStake(
      by,
      world.stake.encodeFunctionData("setApprovalBySig", [
        world.address(owner),
        world.address(account),
        approved,
        expiry,
        signature,
      ]),
    );
  },
});
