import { isCallException } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { Bulkhead } from "../../deploy/deploy";
import type { LrtContracts } from "../../deploy/lrt";
import { inBatches } from "../rewards/books";

/** The names of the enum `EpochStatus`. */
const STATUSES = ["Open", "Closed", "Contested", "Final"] as const;

/** Nodes answer for so many blocks at once. */
const BLOCKS = 10_000;

/** What is read of a token. */
export interface Reading {
  readonly core: Pick<Bulkhead, "stakeManager" | "allocationManager">;
  /** First block whose log may tell anything. */
  readonly from: number;
  /** The block that everything is read at. */
  readonly block: number;
}

/** A withdrawal of an epoch, as `settle` is told of it. */
export interface Item {
  readonly operator: string;
  readonly maturity: bigint;
}

/** An epoch that was closed; amounts in units. */
export interface EpochRow {
  readonly id: bigint;
  readonly status: (typeof STATUSES)[number];
  readonly shares: bigint;
  /** What it was paid. */
  readonly assets: bigint;
  /** Second from which it can be settled. */
  readonly maturity: bigint;
  readonly batch: string;
  readonly items: readonly Item[];
}

/** The token's stake with one operator. */
export interface OperatorRow {
  readonly operator: string;
  readonly shares: bigint;
  /** What they are worth with every open lien vetoed, and final. */
  readonly gross: bigint;
  readonly net: bigint;
  /** Basis points of all assets; a higher target from `nextAt` on. */
  readonly target: bigint;
  readonly nextTarget: bigint;
  readonly nextAt: bigint;
  /** Most that it may be worth. */
  readonly limit: bigint;
  /** Of its pool, and what is given to services of it, in WAD. */
  readonly factor: bigint;
  readonly used: bigint;
  /** Second from which what leaves can be collected; 0 = nothing leaves. */
  readonly leavesAt: bigint;
}

/** A sale of a reward token that runs. */
export interface SaleRow {
  readonly token: string;
  readonly lot: bigint;
  /** Of the whole lot, now. */
  readonly price: bigint;
  readonly endsAt: bigint;
}

/** A token at one block. */
export interface LrtReport {
  readonly block: number;
  readonly second: bigint;
  readonly symbol: string;
  readonly decimals: bigint;
  readonly contracts: Readonly<Record<"token" | "queue" | "allocator" | "auction" | "asset", string>>;
  readonly supply: bigint;
  /** A and B: with every open lien vetoed, and final. */
  readonly assets: bigint;
  readonly sureAssets: bigint;
  /** A/S and B/S, in WAD. */
  readonly rate: bigint;
  readonly sureRate: bigint;
  readonly books: Readonly<
    Record<"idle" | "gross" | "net" | "streaming" | "pending" | "fees" | "streamEndsAt", bigint>
  >;
  readonly entry: {
    readonly paused: boolean;
    readonly cap: bigint;
    /** 0 while deposits are closed. */
    readonly maxDeposit: bigint;
    readonly borrowable: boolean;
  };
  readonly open: Readonly<Record<"id" | "shares" | "closableAt" | "redeemEta", bigint>>;
  readonly operators: readonly OperatorRow[];
  readonly epochs: readonly EpochRow[];
  readonly sales: readonly SaleRow[];
}

/** Reads all of a token at one block. */
export async function report(
  { ethers }: HardhatRuntimeEnvironment,
  contracts: LrtContracts,
  reading: Reading,
): Promise<LrtReport> {
  const { token, queue, allocator, auction } = contracts;
  const at = { blockTag: reading.block };
  const block = await ethers.provider.getBlock(reading.block);
  const { idle, gross, net, streaming, pending, fees, streamEndsAt } = await token.books(at);
  const { epoch: id, shares } = await queue.openEpoch(at);
  return {
    block: reading.block,
    second: BigInt(block?.timestamp ?? 0),
    symbol: await token.symbol(at),
    decimals: await token.decimals(at),
    contracts: {
      token: await token.getAddress(),
      queue: await queue.getAddress(),
      allocator: await allocator.getAddress(),
      auction: await auction.getAddress(),
      asset: await token.asset(at),
    },
    supply: await token.totalSupply(at),
    assets: await token.totalAssets(at),
    sureAssets: await token.sureAssets(at),
    rate: await token.getRate(at),
    sureRate: await token.sureRate(at),
    books: { idle, gross, net, streaming, pending, fees, streamEndsAt },
    entry: {
      paused: await token.entryPaused(at),
      cap: await token.cap(at),
      maxDeposit: await token.maxDeposit(ethers.ZeroAddress, at),
      borrowable: await token.borrowable(at),
    },
    open: { id, shares, closableAt: await queue.closableAt(at), redeemEta: await queue.redeemEta(at) },
    operators: await readOperators(contracts, reading),
    epochs: await readEpochs(contracts, reading),
    sales: await readSales(contracts, reading),
  };
}

async function readOperators({ token, allocator }: LrtContracts, { core, block }: Reading): Promise<OperatorRow[]> {
  const at = { blockTag: block };
  const asset = await token.asset(at);
  return inBatches(await allocator.operators(at), async (operator) => {
    const { shares, maturity, target, nextTarget, nextAt } = await allocator.operatorState(operator, at);
    const { gross, net } = await allocator.stakeValue(operator, at);
    const { factor } = await core.stakeManager.pool(operator, asset, at);
    const free = await core.allocationManager.freeMagnitude(operator, asset, at);
    const limit = await allocator.limitOf(operator, at);
    const targets = { target, nextTarget, nextAt };
    return { operator, shares, gross, net, ...targets, limit, factor, used: factor - free, leavesAt: maturity };
  });
}

/** The items of an epoch are in the log alone: the chain keeps their hash. */
export async function readEpochs({ queue }: LrtContracts, { from, block }: Reading): Promise<EpochRow[]> {
  const closed = await inSpans(from, block, (first, last) =>
    queue.queryFilter(queue.filters.EpochClosed(), first, last),
  );
  return inBatches(closed, async ({ args: { epoch: id, batch, items } }) => {
    const { status, shares, assets, maturity } = await queue.epochState(id, { blockTag: block });
    return {
      ...{ id, status: STATUSES[Number(status)] ?? "Open", shares, assets, maturity, batch },
      items: items.map((item) => ({ operator: item.operator, maturity: item.maturity })),
    };
  });
}

async function readSales({ auction }: LrtContracts, { from, block }: Reading): Promise<SaleRow[]> {
  const at = { blockTag: block };
  const started = await inSpans(from, block, (first, last) =>
    auction.queryFilter(auction.filters.AuctionStarted(), first, last),
  );
  const duration = await auction.DURATION(at);
  const rows = await inBatches([...new Set(started.map(({ args }) => args.token))], async (token) => {
    const { lot, startedAt } = await auction.auctionOf(token, at);
    if (startedAt === 0n) return [];
    // One that has ended has no price.
    const price = await auction.price(token, at).catch((error: unknown) => {
      if (isCallException(error)) return undefined;
      throw error;
    });
    return price === undefined ? [] : [{ token, lot, price, endsAt: startedAt + duration }];
  });
  return rows.flat();
}

async function inSpans<Log>(
  from: number,
  to: number,
  read: (first: number, last: number) => Promise<Log[]>,
): Promise<Log[]> {
  const logs: Log[] = [];
  for (let first = from; first <= to; first += BLOCKS) {
    logs.push(...(await read(first, Math.min(first + BLOCKS - 1, to))));
  }
  return logs;
}
