import { WAD, wad } from "../../helpers/units";
import { MIN_FACTOR } from "../../helpers/stake";
import type { Ledger } from "../ledger/ledger";
import { APPROVERS, type Asset, OPERATORS, OWNERS, type Party, SENDERS, min } from "../vocabulary";
import { defineVerb } from "./call";
import type { Dice } from "./dice";

/** A signature of a pool's approver. */
export interface Consent {
  readonly signer: Party;
  readonly expiry: bigint;
  /** For whom as payer it was signed. */
  readonly payer: Party;
}

/** What enters which pool, and on which terms. */
export interface Entry {
  readonly operator: Party;
  readonly asset: Asset;
  readonly assets: bigint;
  readonly minFactor: bigint;
  readonly consent?: Consent | undefined;
}

/** Why an approver's consent does not suffice. */
export function consentRefusals(
  { stake, now }: Ledger,
  { operator, asset, consent }: Pick<Entry, "operator" | "asset" | "consent">,
  payer: Party,
): (string | false)[] {
  const { approver } = stake.pool(operator, asset);
  if (approver === "nobody") return [];
  if (consent === undefined) return ["SignatureExpired", "SignatureInvalid"];
  return [
    consent.expiry < now && "SignatureExpired",
    (consent.signer !== approver || consent.payer !== payer) && "SignatureInvalid",
  ];
}

/** Why a pool does not take an entry. */
export function entryRefusals(ledger: Ledger, entry: Entry, payer: Party): (string | false)[] {
  const { operator, asset, assets, minFactor } = entry;
  const pool = ledger.stake.pool(operator, asset);
  const factor = pool.factor();
  const enters = pool.open && factor >= MIN_FACTOR;
  return [
    !pool.open && "PoolNotOpen",
    pool.liened() > 0n && "PoolLiened",
    (factor < MIN_FACTOR || factor < minFactor) && "FactorTooLow",
    assets === 0n && "ZeroAssets",
    enters && (assets * WAD) / factor === 0n && "ZeroShares",
    ...consentRefusals(ledger, entry, payer),
  ];
}

/** Draws a consent for a pool that asks for one. */
export function drawConsent(
  { stake, now }: Ledger,
  dice: Dice,
  operator: Party,
  asset: Asset,
  payer: Party,
): Consent | undefined {
  const { approver } = stake.pool(operator, asset);
  if (approver === "nobody") return undefined;
  if (dice.isWild && dice.chance(20)) return undefined;
  const expiry = dice.isWild && dice.chance(25) ? now - 1n : dice.pick([now, now + 600n]);
  return {
    signer: dice.isWild && dice.chance(25) ? dice.pick(APPROVERS) : approver,
    expiry,
    payer: dice.isWild && dice.chance(25) ? "agent" : payer,
  };
}

/** Draws a pool to enter. */
export function drawPool({ stake }: Ledger, dice: Dice, asset: Asset): Party {
  const open = OPERATORS.filter((operator) => stake.pool(operator, asset).open);
  return (dice.isWild ? undefined : dice.maybe(open)) ?? dice.pick(OPERATORS);
}

/** Draws the least factor that who enters accepts. */
export function drawMinFactor({ stake }: Ledger, dice: Dice, operator: Party, asset: Asset): bigint {
  const factor = stake.pool(operator, asset).factor();
  if (dice.isWild && dice.chance(20)) return min(factor + 1n, WAD);
  return dice.pick([0n, factor]);
}

/** Who may act for an owner; if wild, anyone. */
export function drawActor({ stake }: Ledger, dice: Dice, owner: Party): Party {
  const allowed = OWNERS.filter((account) => stake.mayAct(account, owner));
  return dice.party(dice.chance(30) ? (dice.maybe(allowed) ?? owner) : owner, SENDERS);
}

/** Assets from a wallet, into a pool, or undelegated if the operator is nobody. */
export const deposit = defineVerb<Entry & { payer: Party; receiver: Party }>("deposit", {
  draw(ledger, dice) {
    const asset = dice.asset();
    const operator = dice.chance(20) ? "nobody" : drawPool(ledger, dice, asset);
    const payer = dice.pick(OWNERS);
    const receiver = dice.party(dice.chance(25) ? dice.pick(OWNERS) : payer, ["nobody", "core", ...OWNERS]);
    const usual = min(
      ledger.stake.wallet(payer, asset),
      wad(BigInt(dice.below(2_000) + 1)) + BigInt(dice.below(1_000)),
    );
    const assets =
      dice.isWild && dice.chance(20) ? 0n : dice.pick([usual, usual, min(usual, BigInt(dice.below(50) + 1))]);
    return {
      ...{ payer, operator, asset, assets, receiver },
      minFactor: operator === "nobody" ? 0n : drawMinFactor(ledger, dice, operator, asset),
      consent: operator === "nobody" ? undefined : drawConsent(ledger, dice, operator, asset, payer),
    };
  },
  refusals(ledger, { payer, receiver, ...entry }) {
    return [
      (receiver === "nobody" || receiver === "core") && "InvalidReceiver",
      entry.assets === 0n && "ZeroAssets",
      entry.assets > ledger.stake.wallet(payer, entry.asset) && "ERC20InsufficientBalance",
      ...(entry.operator === "nobody" ? [] : entryRefusals(ledger, entry, payer)),
    ];
  },
  apply({ stake, now }, { payer, receiver, operator, asset, assets }) {
    stake.move(payer, "core", asset, assets);
    if (operator === "nobody") stake.addUndelegated(receiver, asset, assets);
    else stake.enter(receiver, operator, asset, assets, now);
  },
  async encode(world, { payer, receiver, operator, asset, assets, minFactor, consent }) {
    const approval = await world.sign(consent, { operator, asset, receiver });
    return world.toStake(
      payer,
      world.stake.encodeFunctionData("deposit", [
        world.address(operator),
        world.token(asset),
        assets,
        world.address(receiver),
        minFactor,
        approval,
      ]),
    );
  },
});

/** Undelegated assets into a pool. */
export const delegate = defineVerb<Entry & { by: Party; staker: Party }>("delegate", {
  draw(ledger, dice) {
    const { stake } = ledger;
    const asset = dice.asset();
    const staker = dice.maybe(OWNERS.filter((owner) => dice.isWild || stake.undelegated(owner, asset) > 0n));
    if (staker === undefined) return undefined;
    const operator = drawPool(ledger, dice, asset);
    return {
      ...{ by: drawActor(ledger, dice, staker), staker, operator, asset },
      assets: dice.amount(stake.undelegated(staker, asset)),
      minFactor: drawMinFactor(ledger, dice, operator, asset),
      consent: drawConsent(ledger, dice, operator, asset, staker),
    };
  },
  refusals(ledger, { by, staker, ...entry }) {
    return [
      !ledger.stake.mayAct(by, staker) && "NotApproved",
      entry.assets > ledger.stake.undelegated(staker, entry.asset) && "InsufficientBalance",
      ...entryRefusals(ledger, entry, staker),
    ];
  },
  apply({ stake, now }, { staker, operator, asset, assets }) {
    stake.addUndelegated(staker, asset, -assets);
    stake.enter(staker, operator, asset, assets, now);
  },
  async encode(world, { by, staker, operator, asset, assets, minFactor, consent }) {
    const approval = await world.sign(consent, { operator, asset, receiver: staker });
    return world.toStake(
      by,
      world.stake.encodeFunctionData("delegate", [
        world.address(staker),
        world.address(operator),
        world.token(asset),
        assets,
        minFactor,
        approval,
      ]),
    );
  },
});

/** Tokens sent to the StakeManager, which nobody has asked for. */
export const donate = defineVerb<{ by: Party; asset: Asset; assets: bigint }>("donate", {
  draw({ stake }, dice) {
    const [by, asset] = [dice.pick(OWNERS), dice.asset()];
    return { by, asset, assets: min(stake.wallet(by, asset), BigInt(dice.below(1_000)) * 7n ** 15n) };
  },
  refusals({ stake }, { by, asset, assets }) {
    return [assets > stake.wallet(by, asset) && "ERC20InsufficientBalance"];
  },
  apply({ stake }, { by, asset, assets }) {
    stake.donate(by, asset, assets);
  },
  encode(world, { by, asset, assets }) {
    return world.toToken(by, asset, world.erc20.encodeFunctionData("transfer", [world.address("core"), assets]));
  },
});

/** Opens a pool, or changes its approver. */
export const openPool = defineVerb<{ by: Party; asset: Asset; approver: Party }>("openPool", {
  draw(_, dice) {
    const by = dice.party(dice.pick(OPERATORS), OWNERS);
    return { by, asset: dice.asset(), approver: dice.pick(["nobody", "nobody", "nobody", ...APPROVERS]) };
  },
  refusals(_, { by }) {
    return [!OPERATORS.some((operator) => operator === by) && "NotOperator"];
  },
  apply({ stake }, { by, asset, approver }) {
    Object.assign(stake.pool(by, asset), { open: true, approver });
  },
  encode(world, { by, asset, approver }) {
    return world.toStake(by, world.stake.encodeFunctionData("openPool", [world.token(asset), world.address(approver)]));
  },
});

/** Closes a pool to entry. */
export const closePool = defineVerb<{ by: Party; asset: Asset }>("closePool", {
  draw(_, dice) {
    return { by: dice.party(dice.pick(OPERATORS), OWNERS), asset: dice.asset() };
  },
  refusals({ stake }, { by, asset }) {
    return [!stake.pool(by, asset).open && "PoolNotOpen"];
  },
  apply({ stake }, { by, asset }) {
    stake.pool(by, asset).open = false;
  },
  encode(world, { by, asset }) {
    return world.toStake(by, world.stake.encodeFunctionData("closePool", [world.token(asset)]));
  },
});
