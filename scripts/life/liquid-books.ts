import { sum, WAD, type Token } from "./amounts";
import { operatorsOf } from "./holdings";
import type { Stage } from "./stage";
import { erc20, type Actor } from "./world";

/** Where the seed is: nobody has its key. */
const LOCKED = "0x000000000000000000000000000000000000dEaD";

/** The books of the liquid restaking token, and the same by the core and by the asset. */
export interface LiquidBooks {
  readonly share: Token;
  readonly asset: Token;
  readonly idle: bigint;
  readonly streaming: bigint;
  readonly pending: bigint;
  readonly fees: bigint;
  /** What the next harvest finds of exits, by what these were worth and paid. */
  readonly left: bigint;
  /** Stake with every open slash vetoed, and with every one final. */
  readonly gross: bigint;
  readonly net: bigint;
  /** The same by the core. */
  readonly stakeGross: bigint;
  readonly stakeNet: bigint;
  /** By the asset. */
  readonly held: bigint;
  readonly supply: bigint;
  /** Shares of everybody, of the seed, and in the queue's custody. */
  readonly balances: readonly bigint[];
}

/** What somebody has by the token. */
export interface Holder {
  readonly holder: Actor;
  readonly shares: bigint;
  /** At the price. */
  readonly worth: bigint;
  /** Shares that wait for their exit. */
  readonly requested: bigint;
  readonly claimable: bigint;
  readonly wallet: bigint;
}

/** The token at one time. */
export interface LiquidMoment extends LiquidBooks {
  /** What is with each operator if every open slash is vetoed, in the order of `operatorsOf`. */
  readonly stakes: readonly bigint[];
  readonly rate: bigint;
  readonly sureRate: bigint;
  readonly holders: readonly Holder[];
}

/** Who holds the token. */
export function holdersOf({ world: { cast } }: Stage): readonly Actor[] {
  return [cast.Dana, cast.Erik];
}

/** Reads the token, and what the core and the asset say of it. */
export async function readLiquid(stage: Stage): Promise<LiquidMoment> {
  const { stakeManager, cast, weth, liquid } = stage.world;
  const { token, queue, share } = liquid;
  const { idle, gross, net, streaming, pending, fees } = await token.books();
  const operators = operatorsOf(stage).map(({ address }) => address);
  const values = await stakeManager.positionValues(share.address, weth.address, operators);
  const holders: Holder[] = [];
  for (const holder of holdersOf(stage)) holders.push(await readHolder(stage, holder));
  const custody = await Promise.all([LOCKED, queue].map((account) => token.balanceOf(account)));
  return {
    share,
    asset: weth,
    ...{ idle, gross, net, streaming, pending, fees, left: stage.left },
    stakeGross: sum(values.map((value) => value.gross)),
    stakeNet: sum(values.map((value) => value.net)),
    held: await erc20(weth, cast.Guardian).balanceOf(share.address),
    supply: await token.totalSupply(),
    balances: [...holders.map(({ shares }) => shares), ...custody],
    stakes: values.map((value) => value.gross),
    rate: await token.getRate(),
    sureRate: await token.sureRate(),
    holders,
  };
}

async function readHolder(stage: Stage, holder: Actor): Promise<Holder> {
  const { liquid, weth } = stage.world;
  const { token, queue } = liquid;
  const shares = await token.balanceOf(holder.address);
  const { epoch } = await queue.openEpoch();
  let requested = 0n;
  for (let id = 1n; id <= epoch; id++) requested += await token.pendingRedeemRequest(id, holder.address);
  return {
    holder,
    shares,
    worth: await token.convertToAssets(shares),
    requested,
    claimable: await token.maxWithdraw(holder.address),
    wallet: await erc20(weth, holder).balanceOf(holder.address),
  };
}

/** What shares of a pool are worth: ⌊shares · factor / WAD⌋. */
export function worth(shares: bigint, factor: bigint): bigint {
  return (shares * factor) / WAD;
}
