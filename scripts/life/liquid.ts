import { time } from "@nomicfoundation/hardhat-network-helpers";
import { MaxUint256 } from "ethers";
import { formatPercent, percent, sum, WAD, type Amount, type Token } from "./amounts";
import { first } from "./events";
import { operatorsOf } from "./holdings";
import { holdersOf, worth } from "./liquid-books";
import { earned } from "./rewards";
import { say } from "./sentences";
import { compare } from "./services";
import type { Stage } from "./stage";
import { type Account, type Actor, DAY, erc20, wrap } from "./world";

/** Basis points of 1. */
const BPS = 10_000n;

/** An epoch that was closed, and what it must be paid by arithmetic outside of the contracts. */
export interface Epoch {
  readonly id: bigint;
  readonly maturity: bigint;
  readonly items: readonly { readonly operator: string; readonly maturity: bigint }[];
  readonly cash: bigint;
  /** Shares of the pools of `operatorsOf`, in that order. */
  readonly slices: readonly bigint[];
}

/** The token and its operators are there from now on. */
export async function openToken(stage: Stage, targets: readonly (readonly [Actor, string])[]): Promise<void> {
  const { cast, liquid } = stage.world;
  const { Curator, Guardian } = cast;
  const { token, allocator, share } = liquid;
  stage.vaults.push({ name: share.symbol, address: share.address });
  const fees = [await token.PERFORMANCE_FEE_BPS(), await token.EXIT_FEE_BPS()].map(formatBps);
  await stage.tell(
    Guardian,
    say`${Guardian} has deployed ${share.symbol}: fees of ${fees[0] ?? ""} on rewards, ${fees[1] ?? ""} on instant exits.`,
  );
  for (const [operator, target] of targets) {
    await stage.run("setTarget", () =>
      allocator.connect(Curator.signer).setTarget(operator.address, (percent(target) * BPS) / WAD),
    );
  }
  const { nextAt } = await allocator.operatorState(first(targets)[0].address);
  const list = targets.map(([{ name }, target]) => `up to ${target} % with ${name}`).join(", ");
  await stage.tell(Curator, say`${Curator} names operators: ${list}, from day ${stage.dayOf(nextAt)} on.`);
}

/** Deposits into the token. */
export async function enter(stage: Stage, holder: Actor, assets: Amount): Promise<void> {
  const { token, share } = stage.world.liquid;
  await wrap(holder, assets);
  await (await erc20(assets.token, holder).approve(token, MaxUint256)).wait();
  const expected = (assets.units * (await token.totalSupply())) / (await readAssets(stage)).gross;
  const block = await stage.run("deposit", () => token.connect(holder.signer).deposit(assets.units, holder.address));
  const { args } = first(await token.queryFilter(token.filters.Deposit(), block, block));
  const seen = { token: share, units: args.shares };
  stage.liquid.push({ what: `${holder.name} enters`, expected: { token: share, units: expected }, seen });
  await stage.tell(holder, say`${holder} deposits ${assets}, and gets ${seen}.`);
}

/** Tries to enter while a slash is open. */
export async function enterRefused(stage: Stage, holder: Actor, assets: Amount): Promise<void> {
  const { token } = stage.world.liquid;
  await wrap(holder, assets);
  const { name } = await stage.expectRefusal("deposit", token.interface, () =>
    token.connect(holder.signer).deposit(assets.units, holder.address),
  );
  await stage.tell(
    holder,
    say`${holder} wants to deposit ${assets}: refused, nobody buys at a price that may fall (${name}).`,
  );
}

/** Stakes what is idle; anyone may, within the targets. */
export async function allocate(stage: Stage, caller: Actor, operator: Actor, assets: Amount): Promise<void> {
  const { allocator } = stage.world.liquid;
  await stage.run("allocate", () => allocator.connect(caller.signer).allocate(operator.address, assets.units));
  await stage.tell(caller, say`${caller} stakes ${assets} of it with ${operator}; anyone may, within the targets.`);
}

/** Claims what the token has earned with an operator: the asset for itself, anything else for the auction. */
export async function collectRewards(
  stage: Stage,
  caller: Actor,
  operator: Actor,
  rewards: readonly Token[],
): Promise<void> {
  const { allocator, share } = stage.world.liquid;
  const paid: Amount[] = [];
  for (const token of rewards) {
    const block = await stage.run("collectRewards", () =>
      allocator.connect(caller.signer).collectRewards(operator.address, token.address),
    );
    const { args } = first(await allocator.queryFilter(allocator.filters.RewardsCollected(), block, block));
    const seen = { token, units: args.amount };
    const expected = await earned(stage, first(stage.vaults), token);
    stage.rewards.push({ what: `${share.symbol} collected ${token.symbol}`, expected, seen });
    paid.push(seen);
  }
  await stage.tell(caller, say`${caller} collects what ${share.symbol} has earned with ${operator}: ${paid}.`);
}

/** Sells a reward token for the asset: the price of the lot halves every hour until somebody pays it. */
export async function sell(stage: Stage, buyer: Actor, reward: Token, hours: bigint): Promise<void> {
  const { liquid, weth } = stage.world;
  const auction = liquid.auction.connect(buyer.signer);
  const start = ceil(await liquid.token.totalAssets(), 10n);
  const begun = await stage.run("start", () => auction.start(reward.address));
  const { lot, startPrice } = first(await auction.queryFilter(auction.filters.AuctionStarted(), begun, begun)).args;
  expectUnits(stage, "The sale begins at a tenth of all assets", start, startPrice);
  const [all, from] = [
    { token: reward, units: lot },
    { token: weth, units: startPrice },
  ] as const;
  await stage.tell(buyer, say`${buyer} puts ${all} up for sale, for ${from} at first: the price halves every hour.`);
  const startedAt = BigInt(await time.latest());
  await wrap(buyer, from);
  await (await erc20(weth, buyer).approve(auction, MaxUint256)).wait();
  await time.setNextBlockTimestamp(startedAt + hours * (DAY / 24n));
  const taken = await stage.run("take", () => auction.take(reward.address, 0n, startPrice, buyer.address));
  const { price } = first(await auction.queryFilter(auction.filters.AuctionTaken(), taken, taken)).args;
  expectUnits(stage, `The price after ${hours.toString()} hours`, ceil(start, 2n ** hours), price);
  const paid = { token: weth, units: price };
  await stage.tell(
    buyer,
    say`${buyer} takes it for ${paid}, ${hours.toString()} hours later: no oracle, and nobody's key.`,
  );
}

/** Finds what has come, sets the fee aside and lets the rest stream. */
export async function harvest(stage: Stage, caller: Actor): Promise<void> {
  const { liquid, cast, weth } = stage.world;
  const token = liquid.token.connect(caller.signer);
  const { idle, streaming, pending, fees } = await token.books();
  const held = await erc20(weth, caller).balanceOf(liquid.share.address);
  const found = held - idle - streaming - pending - fees;
  const part = (found * (await token.PERFORMANCE_FEE_BPS())) / BPS;
  const block = await stage.run("harvest", () => token.harvest());
  const { args } = first(await token.queryFilter(token.filters.Harvested(), block, block));
  expectUnits(stage, "Harvest: found what had come", found, args.assets);
  expectUnits(stage, "Harvest: fee", part, args.fee);
  const { endsAt } = first(await token.queryFilter(token.filters.StreamStarted(), block, block)).args;
  const [all, fee] = [found, part].map((units): Amount => ({ token: weth, units }));
  await stage.tell(
    caller,
    say`${caller} harvests ${all ?? []}: ${fee ?? []} for ${cast.Curator}, the rest streams until day ${stage.dayOf(endsAt)}.`,
  );
}

/** Lets a stream end: the price has risen by it, and by nothing else. */
export async function waitForPrice(stage: Stage, holder: Actor, day: number): Promise<void> {
  const { token, share } = stage.world.liquid;
  const { idle, gross, streaming } = await token.books();
  await stage.travelTo(day);
  expectUnits(stage, "The stream went into the price", idle + gross + streaming, await token.totalAssets());
  await stage.tell(holder, say`${holder} sees ${await priceOf(stage)} for 1 ${share.symbol}.`);
}

/** The fee recipient is paid; anyone may do it. */
export async function payFees(stage: Stage, caller: Actor): Promise<void> {
  const { liquid, cast, weth } = stage.world;
  const { fees } = await liquid.token.books();
  const before = await erc20(weth, caller).balanceOf(cast.Curator.address);
  await stage.run("payFees", () => liquid.token.connect(caller.signer).payFees());
  const seen = { token: weth, units: (await erc20(weth, caller).balanceOf(cast.Curator.address)) - before };
  stage.liquid.push({ what: "The fee", expected: { token: weth, units: fees }, seen });
  await stage.tell(caller, say`${caller} sends ${cast.Curator} its fee, ${seen}; anyone may.`);
}

/** Does something that must not move what anybody's shares are worth. */
export async function leavesPriceAlone<T>(stage: Stage, what: string, action: () => Promise<T>): Promise<T> {
  const before = await readPrices(stage);
  const result = await action();
  stage.prices.push(compare(what, before, await readPrices(stage)));
  return result;
}

/** Does something by which an operator's pool loses a part of its shares' worth: the price must fall by that alone. */
export async function lowersPrice(
  stage: Stage,
  { operator, part }: { readonly operator: Actor; readonly part: string },
  action: () => Promise<unknown>,
): Promise<void> {
  const { liquid, stakeManager, cast, weth } = stage.world;
  const was = await priceOf(stage);
  const { staked, gross } = await readAssets(stage);
  const shares = await stakeManager.sharesOf(operator.address, weth.address, liquid.share.address);
  const { factor } = await stakeManager.pool(operator.address, weth.address);
  const loss = worth(shares, factor) - worth(shares, factor - percent(part));
  await action();
  expectUnits(stage, `The price fell by its part of ${operator.name}`, gross - loss, await liquid.token.totalAssets());
  const [lost, all] = [loss, staked].map((units): Amount => ({ token: weth, units }));
  await stage.tell(
    cast.Keeper,
    say`${liquid.share.symbol} loses ${lost ?? []} of ${all ?? []}: a share is ${await priceOf(stage)}, and was ${was}.`,
  );
}

/** Leaves at once: at the sure price, less the fee. */
export async function leaveAtOnce(stage: Stage, holder: Actor, shares: Amount): Promise<void> {
  const { liquid, weth } = stage.world;
  const token = liquid.token.connect(holder.signer);
  const supply = await token.totalSupply();
  const sure = (shares.units * (await readAssets(stage)).net) / supply;
  const worth = (shares.units * (await token.totalAssets())) / supply;
  const was = await priceOf(stage);
  const fee = await token.EXIT_FEE_BPS();
  const block = await stage.run("instantRedeem", () => token.instantRedeem(shares.units, 0n, holder.address));
  const { args } = first(await token.queryFilter(token.filters.InstantRedeemed(), block, block));
  const seen = { token: weth, units: args.assets };
  expectUnits(stage, `${holder.name} leaves at once`, sure - ceil(sure * fee, BPS), args.assets);
  stage.left += worth - args.assets;
  const what = `1 ${liquid.share.symbol}, before and after an exit at once`;
  stage.alike.push({ what, expected: was, seen: await priceOf(stage) });
  await stage.tell(
    holder,
    say`${holder} leaves at once with ${shares}: ${seen}, the sure part less ${formatBps(fee)}.`,
  );
}

/** Asks to leave: the shares go into the epoch that is open. */
export async function request(stage: Stage, holder: Actor, shares: Amount): Promise<void> {
  const { token, queue } = stage.world.liquid;
  const eta = await queue.redeemEta();
  await stage.run("requestRedeem", () =>
    token.connect(holder.signer).requestRedeem(shares.units, holder.address, holder.address),
  );
  await stage.tell(holder, say`${holder} asks to leave with ${shares}, to be claimed on day ${stage.dayOf(eta)}.`);
}

/** Closes the open epoch: its slice of every position and of the cash goes to a contract of its own. */
export async function closeEpoch(stage: Stage, caller: Actor): Promise<Epoch> {
  const { liquid, stakeManager, weth } = stage.world;
  const { token, queue, share } = liquid;
  const [{ shares }, supply, { idle }] = [await queue.openEpoch(), await token.totalSupply(), await token.books()];
  const slices: bigint[] = [];
  for (const { address } of operatorsOf(stage)) {
    slices.push(((await stakeManager.sharesOf(address, weth.address, share.address)) * shares) / supply);
  }
  const was = await priceOf(stage);
  const block = await stage.run("close", () => queue.connect(caller.signer).close());
  stage.alike.push({
    what: `1 ${share.symbol}, before and after the close`,
    expected: was,
    seen: await priceOf(stage),
  });
  const {
    epoch: id,
    batch,
    maturity,
    assets,
    items,
  } = first(await queue.queryFilter(queue.filters.EpochClosed(), block, block)).args;
  const cash = (idle * shares) / supply;
  expectUnits(stage, "Close: the slice of the cash", cash, assets);
  const owner: Account = { name: `epoch ${id.toString()}`, address: batch };
  stage.vaults.push(owner);
  const parts = [
    { token: share, units: shares },
    { token: share, units: supply },
  ] as const;
  for (const operator of operatorsOf(stage)) stage.exits.push({ owner, operator, token: weth, maturity });
  await stage.tell(
    caller,
    say`${caller} closes the epoch: for ${parts[0]} of ${parts[1]}, that part of all stake and cash.`,
  );
  return {
    id,
    maturity,
    cash,
    slices,
    items: items.map((item) => ({ operator: item.operator, maturity: item.maturity })),
  };
}

/** Completes the withdrawals of an epoch. */
export async function settleEpoch(stage: Stage, caller: Actor, epoch: Epoch): Promise<void> {
  const { liquid, stakeManager, weth } = stage.world;
  const { id, maturity, cash, slices, items } = epoch;
  const factors: bigint[] = [];
  for (const { address } of operatorsOf(stage)) factors.push((await stakeManager.pool(address, weth.address)).factor);
  const expected = cash + sum(slices.map((shares, index) => worth(shares, factors[index] ?? 0n)));
  await time.increaseTo(maturity);
  const block = await stage.run("settle", () => liquid.queue.connect(caller.signer).settle(id, [...items]));
  const { args } = first(await liquid.queue.queryFilter(liquid.queue.filters.EpochSettled(), block, block));
  expectUnits(stage, `Epoch ${id.toString()}: paid its slices`, expected, args.assets);
  const seen = { token: weth, units: args.assets };
  await stage.tell(caller, say`${caller} settles the epoch: ${seen}; anyone may, and no slash reaches it any more.`);
}

/** Claims all that is due: as much as the shares would be worth, had they stayed. */
export async function redeem(stage: Stage, holder: Actor, shares: Amount): Promise<void> {
  const { liquid, weth } = stage.world;
  const token = liquid.token.connect(holder.signer);
  const stayed = (shares.units * (await readAssets(stage)).gross) / (await token.totalSupply());
  const block = await stage.run("redeem", () => token.redeem(shares.units, holder.address, holder.address));
  const { args } = first(await token.queryFilter(token.filters.Withdraw(), block, block));
  const seen = { token: weth, units: args.assets };
  stage.alike.push({ what: `${holder.name} left, as if staying`, expected: { token: weth, units: stayed }, seen });
  await stage.tell(holder, say`${holder} claims ${seen}: what those who stay have, the slash included.`);
}

/** A and B, by the core and the token's cash. */
async function readAssets(
  stage: Stage,
): Promise<{ readonly staked: bigint; readonly gross: bigint; readonly net: bigint }> {
  const { liquid, stakeManager, weth } = stage.world;
  const operators = operatorsOf(stage).map(({ address }) => address);
  const values = await stakeManager.positionValues(liquid.share.address, weth.address, operators);
  const { idle } = await liquid.token.books();
  const [gross, net] = [sum(values.map((value) => value.gross)), sum(values.map((value) => value.net))];
  return { staked: gross, gross: idle + gross, net: idle + net };
}

async function priceOf({ world: { liquid, weth } }: Stage): Promise<Amount> {
  return { token: weth, units: await liquid.token.getRate() };
}

/** The price, and what everybody's shares are worth. */
async function readPrices(stage: Stage): Promise<bigint[]> {
  const { token } = stage.world.liquid;
  const prices = [await token.getRate()];
  for (const holder of holdersOf(stage))
    prices.push(await token.convertToAssets(await token.balanceOf(holder.address)));
  return prices;
}

function expectUnits({ liquid, world: { weth } }: Stage, what: string, expected: bigint, seen: bigint): void {
  liquid.push({ what, expected: { token: weth, units: expected }, seen: { token: weth, units: seen } });
}

function ceil(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}

function formatBps(bps: bigint): string {
  return formatPercent((bps * WAD) / BPS);
}
