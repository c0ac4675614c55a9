import { ZeroAddress } from "ethers";
import type { SetStakeStructOutput } from "../../typechain-types/contracts/core/Slasher";
import { sum, type Amount, type Token } from "./amounts";
import { readLedger, type Ledger } from "./ledger";
import { keyOf } from "./stakers";
import type { Exit, Grant, OperatorSet, Stage } from "./stage";
import { type LiquidMoment, readLiquid } from "./liquid-books";
import { type Account, erc20, type Actor } from "./world";

/** What one staker has of one token. What liens hold is contested: it comes back by a veto, or is lost. */
export interface Holding {
  readonly staker: Account;
  readonly token: Token;
  /** Nothing of a contract, where it belongs to its holders. */
  readonly wallet: bigint;
  readonly undelegated: bigint;
  /** Sure part of what is active with each operator, in the order of `operatorsOf`. */
  readonly active: readonly bigint[];
  /** Sure part of what is queued. */
  readonly queued: bigint;
  readonly contested: bigint;
  readonly total: bigint;
}

/** What an operator stakes for a set in one token. */
export interface Security extends Grant {
  readonly stake: SetStakeStructOutput;
}

/** What became of the shares of a pool, in WAD. */
export interface PoolState {
  readonly operator: Actor;
  readonly token: Token;
  readonly shares: bigint;
  readonly factor: bigint;
  readonly liened: bigint;
  readonly free: bigint;
  readonly worstCase: bigint;
}

/** Proceeds of slashes that nobody has withdrawn or burned yet. */
export interface Owed {
  /** Undefined: it is to be burned. */
  readonly recipient: Actor | undefined;
  readonly amount: Amount;
}

/** Who has what at one time. */
export interface Moment {
  readonly day: string;
  readonly operators: readonly Actor[];
  readonly stakers: readonly Account[];
  readonly holdings: readonly Holding[];
  readonly securities: readonly Security[];
  readonly pools: readonly PoolState[];
  readonly owed: readonly Owed[];
  readonly ledger: Ledger;
  /** Undefined until there is stake by the liquid restaking token. */
  readonly liquid: LiquidMoment | undefined;
}

/** Who stakes for itself. */
export function peopleOf({ world: { cast } }: Stage): readonly Actor[] {
  return [cast.Alice, cast.Bob, cast.Carol];
}

/** The stakers of the story: these, and later the liquid restaking token. */
export function stakersOf(stage: Stage): readonly Account[] {
  return [...peopleOf(stage), ...stage.vaults];
}

/** The operators of the story. */
export function operatorsOf({ world: { cast } }: Stage): readonly Actor[] {
  return [cast.Olympia, cast.Meridian];
}

/** The tokens of the story. */
export function tokensOf({ world: { weth, usdc } }: Stage): readonly [Token, Token] {
  return [weth, usdc];
}

/** Reads who has what. */
export async function readMoment(stage: Stage, day: string): Promise<Moment> {
  const holdings = await readHoldings(stage);
  const owed = await readOwed(stage);
  const liquid = stage.vaults.length === 0 ? undefined : await readLiquid(stage);
  return {
    day,
    operators: operatorsOf(stage),
    stakers: stakersOf(stage),
    holdings,
    securities: await readSecurities(stage, stage.grants),
    pools: await readPools(stage),
    owed,
    ledger: await readLedger(stage, holdings, owed, liquid),
    liquid,
  };
}

/** What every staker has of every token, wherever it is. */
export async function readHoldings(stage: Stage): Promise<Holding[]> {
  const holdings: Holding[] = [];
  for (const token of tokensOf(stage)) {
    for (const staker of stakersOf(stage)) holdings.push(await readHolding(stage, staker, token));
  }
  return holdings;
}

/** The totals of `readHoldings`: what everybody has if every open slash is vetoed. */
export async function readWealth(stage: Stage): Promise<bigint[]> {
  return (await readHoldings(stage)).map(({ total }) => total);
}

async function readHolding(stage: Stage, staker: Account, token: Token): Promise<Holding> {
  const { stakeManager, cast } = stage.world;
  const operators = operatorsOf(stage).map(({ address }) => address);
  const exits = exitsOf(stage, staker, token).map(keyOf);
  const wallet = stage.vaults.includes(staker) ? 0n : await erc20(token, cast.Guardian).balanceOf(staker.address);
  const undelegated = await stakeManager.undelegated(staker.address, token.address);
  const positions = await stakeManager.positionValues(staker.address, token.address, operators);
  const withdrawals = await stakeManager.withdrawalValues(staker.address, token.address, exits);
  const values = [...positions, ...withdrawals];
  return {
    staker,
    token,
    wallet,
    undelegated,
    active: positions.map(({ net }) => net),
    queued: sum(withdrawals.map(({ net }) => net)),
    contested: sum(values.map(({ gross, net }) => gross - net)),
    total: wallet + undelegated + sum(values.map(({ gross }) => gross)),
  };
}

/** The withdrawals that a staker has ever queued in a token. */
export function exitsOf(stage: Stage, staker: Account, token: Token): Exit[] {
  return stage.exits.filter((exit) => exit.owner === staker && exit.token === token);
}

async function readSecurities(stage: Stage, grants: readonly Grant[]): Promise<Security[]> {
  const securities: Security[] = [];
  for (const grant of grants) {
    const { set, operator, token } = grant;
    const [assets, stakes] = await stage.world.slasher.setStakes(set.key, [operator.address]);
    const stake = stakes[0]?.[assets.indexOf(token.address)];
    if (stake === undefined) throw new Error(`${set.avs.name} does not accept ${token.symbol}.`);
    securities.push({ ...grant, stake });
  }
  return securities;
}

async function readPools(stage: Stage): Promise<PoolState[]> {
  const pools: PoolState[] = [];
  for (const operator of operatorsOf(stage)) {
    for (const token of tokensOf(stage)) {
      const [risk] = await stage.world.slasher.poolRisks(token.address, [operator.address]);
      if (risk === undefined || risk.slashableShares === 0n) continue;
      const { shares, factor, liened, free, worstCase } = risk;
      pools.push({ operator, token, shares, factor, liened, free, worstCase });
    }
  }
  return pools;
}

async function readOwed(stage: Stage): Promise<Owed[]> {
  const owed: Owed[] = [];
  for (const { recipient } of stage.sets) {
    for (const token of tokensOf(stage)) {
      const units = await stage.world.stakeManager.proceeds(recipient?.address ?? ZeroAddress, token.address);
      owed.push({ recipient, amount: { token, units } });
    }
  }
  return owed;
}

/** Every number that a slash of one operator by one set must not change: other sets', and other pools'. */
export async function readBystanders(stage: Stage, slashing: OperatorSet, slashed: Actor): Promise<bigint[]> {
  const others = stage.grants.filter(({ set, operator }) => set !== slashing || operator !== slashed);
  const stakes = (await readSecurities(stage, others)).flatMap(({ stake }) => [stake.securing, stake.slashable]);
  const pools = (await readPools(stage)).filter(({ operator }) => operator !== slashed);
  return [...stakes, ...pools.flatMap(({ shares, factor, liened, free }) => [shares, factor, liened, free])];
}
