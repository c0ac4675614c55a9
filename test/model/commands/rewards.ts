import type { Ledger } from "../ledger/ledger";
import { type End, endOf, type NamedStory, type Part, type Pool } from "../ledger/rewards";
import {
  type Asset,
  ASSETS,
  AVSS,
  BUCKET,
  type Coin,
  COINS,
  DECIMALS,
  entryOf,
  min,
  OPERATORS,
  OWNERS,
  type Party,
  PAYEES,
  type SetName,
  sum,
} from "../vocabulary";
import { defineVerb } from "./call";
import type { Dice } from "./dice";
import { drawSet, splitName } from "./sets";

/** Most reward tokens of a pool, basis points of a commission, parts of a funding, and seconds of a stream. */
const [MAX_TOKENS, MAX_COMMISSION, MAX_ENTRIES, MAX_DURATION] = [4, 2_000n, 64, 15n * BUCKET];

/** Where rewards come from: values of the enum `RewardKind`. */
const KINDS = [0n, 1n, 2n] as const;

/** Why a payment is refused. */
function paymentRefusals({ rewards }: Ledger, by: Party, owner: Party, receiver: Party): (string | false)[] {
  return [
    !rewards.mayAct(by, owner) && "NotApproved",
    (receiver === "nobody" || receiver === "purse") && "InvalidReceiver",
  ];
}

/** Draws who claims for a payee; if wild, anyone. */
function drawClaimant({ rewards }: Ledger, dice: Dice, owner: Party): Party {
  const allowed = PAYEES.filter((account) => account !== owner && rewards.mayAct(account, owner));
  return dice.party(dice.chance(50) ? (dice.maybe(allowed) ?? owner) : owner, PAYEES);
}

function drawReceiver(dice: Dice, owner: Party): Party {
  return dice.party(dice.chance(25) ? dice.pick(PAYEES) : owner, ["nobody", "purse"]);
}

function poolOf({ operator, asset }: Pool): Pool {
  return { operator, asset };
}

function unannounced({ rewards }: Ledger, pools: readonly Pool[], coin: Coin): boolean {
  return pools.some((pool) => rewards.story(pool, coin) === undefined);
}

/** A reward token for a pool. */
export const announceRewardToken = defineVerb<{ by: Party; asset: Asset; coin?: Coin | undefined }>(
  "announceRewardToken",
  {
    draw({ rewards }, dice) {
      const [by, asset] = [dice.party(dice.pick(OPERATORS), OWNERS), dice.asset()];
      const others = COINS.filter((coin) => rewards.story({ operator: by, asset }, coin) === undefined);
      if (dice.isWild) return { by, asset, coin: dice.pick([...COINS, "glass", undefined]) };
      const coin = dice.maybe(others);
      return coin === undefined ? undefined : { by, asset, coin };
    },
    refusals({ rewards }, { by, asset, coin }) {
      const announced = rewards.announced({ operator: by, asset });
      return [
        coin !== undefined && announced.has(coin) && "TokenAnnounced",
        announced.size >= MAX_TOKENS && "NoPlaceLeft",
        coin === undefined && "TokenHasNoCode",
        coin === "glass" && "DecimalsOutOfBounds",
      ];
    },
    apply({ rewards, now }, { by, asset, coin }) {
      if (coin !== undefined) rewards.announce({ operator: by, asset }, coin, now);
    },
    encode(world, { by, asset, coin }) {
      const token = coin === undefined ? world.address("harbour") : world.coin(coin);
      return world.toPurse(by, world.rewards.encodeFunctionData("announceRewardToken", [world.token(asset), token]));
    },
  },
);

/** What an operator takes of what is funded for a pool. */
export const setCommission = defineVerb<{ by: Party; asset: Asset; bps: bigint }>("setCommission", {
  draw({ rewards, now }, dice) {
    const raised = OPERATORS.flatMap((operator) => ASSETS.map((asset) => ({ operator, asset }))).filter(
      (pool) => rewards.nextCommission(pool, now).from > 0n,
    );
    const any = { operator: dice.pick(OPERATORS), asset: dice.asset() };
    const { operator: by, asset } = (dice.chance(50) ? dice.maybe(raised) : undefined) ?? any;
    const current = rewards.commission({ operator: by, asset }, now);
    const bps = dice.pick([0n, 1n, 333n, MAX_COMMISSION, current, current / 2n, min(current + 1n, MAX_COMMISSION)]);
    return { by, asset, bps: dice.isWild && dice.chance(50) ? MAX_COMMISSION + 1n : bps };
  },
  refusals(_, { bps }) {
    return [bps > MAX_COMMISSION && "CommissionTooHigh"];
  },
  apply({ rewards, situations, now }, { by, asset, bps }) {
    const pool = { operator: by, asset };
    situations.note("a raise of a commission that is dropped", rewards.nextCommission(pool, now).from > 0n);
    rewards.setCommission(pool, bps, now);
  },
  encode(world, { by, asset, bps }) {
    return world.toPurse(by, world.rewards.encodeFunctionData("setCommission", [world.token(asset), bps]));
  },
});

interface Funded {
  readonly by: Party;
  readonly set: SetName;
  readonly coin: Coin;
  readonly kind: bigint;
  readonly duration: bigint;
  readonly entries: readonly Part[];
}

/** Draws how much is funded for a pool: a usual amount, nearly nothing, or all that there may ever be. */
function drawReward({ rewards }: Ledger, dice: Dice, pool: Pool, coin: Coin): Part {
  const left = rewards.story(pool, coin)?.left() ?? 10n ** DECIMALS[coin];
  const usual = BigInt(dice.below(100_000) + 1) * 10n ** DECIMALS[coin] + BigInt(dice.below(1_000));
  const least = 2n ** 20n + BigInt(dice.below(1_000));
  const amount = min(dice.pick([usual, usual, usual, usual, usual / 7n, usual / 1_000n, least]), left);
  const extreme = dice.isWild ? [0n, left + 1n, left, 1n] : [left];
  return { ...poolOf(pool), amount: dice.chance(dice.isWild ? 50 : 3) ? (dice.maybe(extreme) ?? left) : amount };
}

/** Fundings that would be possible now. */
function fundable({ rewards, now }: Ledger): NamedStory[] {
  return [...rewards.allStories()].filter(
    ({ story }) => now >= story.inUseAt && story.pool.activeShares() > 0n && story.left() > 0n,
  );
}

/** Why a part of a funding is refused. */
function partRefusals({ rewards, now }: Ledger, { coin, duration }: Funded, part: Part): (string | false)[] {
  const story = rewards.story(part, coin);
  if (story === undefined) return ["TokenNotAnnounced"];
  const seconds = endOf(now, duration) - now;
  return [
    now < story.inUseAt && "TokenNotInUse",
    story.pool.activeShares() === 0n && "PoolEmpty",
    seconds > 0n && story.rateOf(rewards.net(part, now), seconds) === 0n && "RewardTooSmall",
  ];
}

/** Whether some pool would be given more than there may ever be, all in all. */
function exceedsLimit({ rewards }: Ledger, { coin, entries }: Funded): boolean {
  const asked = new Map<string, bigint>();
  return entries.some((part) => {
    const key = `${part.operator}/${part.asset}`;
    const total = entryOf(asked, key, () => 0n) + part.amount;
    asked.set(key, total);
    return total > (rewards.story(part, coin)?.left() ?? total);
  });
}

/** A reward for one pool or many. */
export const fund = defineVerb<Funded>("fund", {
  draw(ledger, dice) {
    const { risk } = ledger;
    const set = drawSet(ledger, dice);
    const possible = fundable(ledger);
    const first = dice.maybe(dice.isWild && dice.chance(40) ? [...ledger.rewards.allStories()] : possible);
    if (first === undefined || !(dice.isWild || risk.sets.has(set))) return undefined;
    const coin = dice.isWild && dice.chance(10) ? dice.pick(COINS) : first.coin;
    const others = dice.chance(40) ? possible.filter((named) => named.coin === coin) : [];
    const parts = [first, ...others].map((pool) => drawReward(ledger, dice, pool, coin));
    const count = dice.isWild && dice.chance(10) ? dice.pick([0, MAX_ENTRIES + 1]) : parts.length;
    const usual = dice.pick([BUCKET, BUCKET + 1n, 3n * BUCKET - 1n, 7n * BUCKET + 13n, MAX_DURATION]);
    return {
      ...{ by: dice.party(splitName(set).avs, [...AVSS, "alice"]), set, coin, kind: dice.pick(KINDS) },
      duration: dice.isWild && dice.chance(15) ? dice.pick([0n, BUCKET - 1n, MAX_DURATION + 1n]) : usual,
      entries: Array.from({ length: count }, (_, i) => parts[i % parts.length]).filter((part) => part !== undefined),
    };
  },
  refusals(ledger, args) {
    const { by, set, coin, duration, entries } = args;
    return [
      by !== splitName(set).avs && "NotAVS",
      (duration < BUCKET || duration > MAX_DURATION) && "DurationOutOfBounds",
      (entries.length === 0 || entries.length > MAX_ENTRIES) && "EntryCountOutOfBounds",
      exceedsLimit(ledger, args) && "LimitExceeded",
      sum(entries.map(({ amount }) => amount)) > ledger.rewards.wallet(by, coin) && "ERC20InsufficientBalance",
      ...entries.flatMap((part) => partRefusals(ledger, args, part)),
    ];
  },
  apply({ rewards, situations, now }, { by, coin, duration, entries }) {
    const endsAt = endOf(now, duration);
    const pools = new Set(entries.map(({ operator, asset }) => `${operator}/${asset}`));
    situations.note("a reward for many pools", pools.size > 1);
    for (const part of entries) {
      const story = rewards.story(part, coin);
      const { factor, isLiened } = { factor: story?.pool.factor(), isLiened: (story?.pool.liened() ?? 0n) > 0n };
      situations.note("a reward of all that a token may ever be", story?.left() === part.amount);
      situations.note(
        "a reward that some AVS's other one ends with",
        story?.fundings.some((one) => one.endsAt === endsAt),
      );
      situations.note("a reward for a pool of which a slash has left nothing", factor === 0n);
      situations.note("a reward while a lien is open", isLiened);
      situations.note("a reward of which an operator takes a part", rewards.net(part, now) < part.amount);
    }
    rewards.fund(by, coin, endsAt, entries, now);
  },
  encode(world, { by, set, coin, kind, duration, entries }) {
    const parts = entries.map(({ operator, asset, amount }) => {
      return { operator: world.address(operator), asset: world.token(asset), amount };
    });
    return world.toPurse(
      by,
      world.rewards.encodeFunctionData("fund", [world.setKey(set), world.coin(coin), kind, duration, parts]),
    );
  },
});

/** What a staker has earned. */
export const claim = defineVerb<{
  by: Party;
  staker: Party;
  coin: Coin;
  pools: readonly Pool[];
  receiver: Party;
}>("claim", {
  draw(ledger, dice) {
    const { rewards, now } = ledger;
    const staker = dice.pick(OWNERS);
    const stories = [...rewards.allStories()];
    const earned = stories.filter(({ story }) => story.claimable(staker, now).most > 0n);
    const first = dice.maybe(dice.isWild || dice.chance(10) ? stories : earned);
    if (first === undefined) return undefined;
    const coin = dice.isWild && dice.chance(10) ? dice.pick(COINS) : first.coin;
    const others = dice.chance(30) ? stories.filter((named) => named.coin === coin) : [];
    return {
      ...{ by: drawClaimant(ledger, dice, staker), staker, coin },
      ...{ pools: [first, ...others].map(poolOf), receiver: drawReceiver(dice, staker) },
    };
  },
  refusals(ledger, { by, staker, coin, pools, receiver }) {
    return [...paymentRefusals(ledger, by, staker, receiver), unannounced(ledger, pools, coin) && "TokenNotAnnounced"];
  },
  payments: "RewardClaimed",
  apply({ rewards, situations, now }, { by, staker, coin, pools, receiver }, payments) {
    const states = pools.map((pool) => rewards.story(pool, coin)?.pool);
    const units = rewards.claim(staker, coin, pools, receiver, now, payments);
    situations.note("a claim for another owner", by !== staker && units > 0n);
    if (units === 0n) return;
    for (const pool of states) {
      situations.note("a claim under a lien", (pool?.liened() ?? 0n) > 0n);
      situations.note("a claim of what was earned before all was slashed", pool?.factor() === 0n);
      situations.note("a claim of who has left", pools.length === 1 && pool?.sharesOf(staker) === 0n);
    }
  },
  encode(world, { by, staker, coin, pools, receiver }) {
    return world.toPurse(
      by,
      world.rewards.encodeFunctionData("claim", [
        world.address(staker),
        world.coin(coin),
        pools.map(({ operator, asset }) => ({ operator: world.address(operator), asset: world.token(asset) })),
        world.address(receiver),
      ]),
    );
  },
});

/** What an operator has taken. */
export const claimCommission = defineVerb<{ by: Party; operator: Party; coin: Coin; receiver: Party }>(
  "claimCommission",
  {
    draw(ledger, dice) {
      const { rewards } = ledger;
      const operator = dice.pick(OPERATORS);
      const due = COINS.filter((coin) => rewards.commissionDue(operator, coin) > 0n);
      const coin = dice.maybe(dice.isWild || dice.chance(10) ? COINS : due);
      if (coin === undefined) return undefined;
      const by = drawClaimant(ledger, dice, operator);
      return { by, operator, coin, receiver: drawReceiver(dice, operator) };
    },
    refusals(ledger, { by, operator, receiver }) {
      return paymentRefusals(ledger, by, operator, receiver);
    },
    apply({ rewards, situations }, { operator, coin, receiver }) {
      situations.note("a commission that is paid", rewards.commissionDue(operator, coin) > 0n);
      rewards.claimCommission(operator, coin, receiver);
    },
    encode(world, { by, operator, coin, receiver }) {
      return world.toPurse(
        by,
        world.rewards.encodeFunctionData("claimCommission", [
          world.address(operator),
          world.coin(coin),
          world.address(receiver),
        ]),
      );
    },
  },
);

/** What streamed to nobody, back to the AVS. */
export const reclaim = defineVerb<{
  by: Party;
  avs: Party;
  coin: Coin;
  ends: readonly End[];
  receiver: Party;
}>("reclaim", {
  draw(ledger, dice) {
    const { rewards, now } = ledger;
    const all = [...rewards.allStories()].flatMap(({ story, ...named }) =>
      story.ends().map((end) => ({ ...named, ...end, story })),
    );
    const ended = all.filter(({ story, avs, endsAt }) => endsAt <= now && !story.isOver(avs, endsAt));
    const empty = ended.filter(({ story, avs, endsAt }) => story.reclaimable(avs, endsAt) > 0n);
    const first = dice.maybe(dice.isWild ? all : empty.length > 0 && !dice.chance(20) ? empty : ended);
    if (first === undefined) return undefined;
    const { avs, coin } = first;
    const others = dice.chance(40) ? ended.filter((one) => one.avs === avs && one.coin === coin) : [];
    const shift = dice.isWild && dice.chance(25) ? dice.pick([1n, -1n, BUCKET]) : 0n;
    return {
      ...{ by: drawClaimant(ledger, dice, avs), avs: dice.isWild && dice.chance(20) ? dice.pick(AVSS) : avs, coin },
      ends: [first, ...others].map((end) => ({ ...poolOf(end), endsAt: end.endsAt + shift })),
      receiver: drawReceiver(dice, avs),
    };
  },
  refusals(ledger, { by, avs, coin, ends, receiver }) {
    return [
      ...paymentRefusals(ledger, by, avs, receiver),
      unannounced(ledger, ends, coin) && "TokenNotAnnounced",
      ends.some(({ endsAt }) => endsAt > ledger.now || endsAt % BUCKET !== 0n) && "StreamNotEnded",
    ];
  },
  apply({ rewards, situations, now }, { avs, coin, ends, receiver }) {
    const stillEmpty = ends.some((end) => rewards.story(end, coin)?.pool.activeShares() === 0n);
    const units = rewards.reclaim(avs, coin, ends, receiver);
    situations.note("a reclaim of what streamed to nobody", units > 0n);
    situations.note("a reclaim while the pool is still empty", units > 0n && stillEmpty);
    situations.note(
      "a reclaim in the second in which the stream ends",
      units > 0n && ends.some(({ endsAt }) => endsAt === now),
    );
  },
  encode(world, { by, avs, coin, ends, receiver }) {
    const keys = ends.map(({ operator, asset, endsAt }) => {
      return { operator: world.address(operator), asset: world.token(asset), endsAt };
    });
    return world.toPurse(
      by,
      world.rewards.encodeFunctionData("reclaim", [
        world.address(avs),
        world.coin(coin),
        keys,
        world.address(receiver),
      ]),
    );
  },
});

/** Lets another account claim, or ends that. */
export const setClaimApproval = defineVerb<{ by: Party; account: Party; approved: boolean }>("setClaimApproval", {
  draw(_, dice) {
    return { by: dice.pick(PAYEES), account: dice.pick(PAYEES), approved: dice.chance(70) };
  },
  refusals() {
    return [];
  },
  apply({ rewards }, { by, account, approved }) {
    rewards.setApproval(by, account, approved);
  },
  encode(world, { by, account, approved }) {
    return world.toPurse(by, world.rewards.encodeFunctionData("setApproval", [world.address(account), approved]));
  },
});

/** Seconds at which streams end. */
export function streamEnds({ rewards }: Ledger): bigint[] {
  return [...rewards.allStories()].flatMap(({ story }) => story.ends().map(({ endsAt }) => endsAt));
}

/** Seconds from which reward tokens can be funded, and higher commissions are in force. */
export function rewardNotices({ rewards, now }: Ledger): bigint[] {
  return [
    ...[...rewards.allStories()].map(({ story }) => story.inUseAt),
    ...OPERATORS.flatMap((operator) => ASSETS.map((asset) => rewards.nextCommission({ operator, asset }, now).from)),
  ];
}
