import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { type BaseContract, type ContractTransactionResponse, ZeroHash } from "ethers";
import type { CutStructOutput, SlashStructOutput } from "../../typechain-types/contracts/core/Slasher";
import type { World } from "./world";

/** What a slash takes of one asset: the struct `Cut`. */
export interface CutRecord {
  asset: string;
  magnitude: bigint;
  fromLeaving: bigint;
  leavingAt: bigint;
  assets: bigint;
}

/** The record of a slash: the struct `Slash`. */
export interface SlashRecord {
  id: bigint;
  operatorSet: string;
  operator: string;
  epoch: bigint;
  slasher: string;
  resolver: string;
  recipient: string;
  proposedAt: bigint;
  deadline: bigint;
  periodAt: bigint;
  fraction: bigint;
  evidence: string;
  cuts: CutRecord[];
}

/** State of a slash: the enum `SlashStatus`. */
export enum Status {
  None,
  Proposed,
  Vetoed,
  Finalised,
}

/** How a proposal differs from the usual one: the judge against `operator`, without evidence. */
export interface ProposeOptions {
  by?: HardhatEthersSigner;
  operator?: HardhatEthersSigner;
  evidence?: string;
  evidenceURI?: string;
}

/** A cut as a plain object. */
export function toCut({ asset, magnitude, fromLeaving, leavingAt, assets }: CutStructOutput): CutRecord {
  return { asset, magnitude, fromLeaving, leavingAt, assets };
}

/** A record as a plain object, which can be changed and supplied again. */
export function toRecord(slash: SlashStructOutput): SlashRecord {
  const { id, operatorSet, operator, epoch, slasher, resolver, recipient } = slash;
  const { proposedAt, deadline, periodAt, fraction, evidence, cuts } = slash;
  return {
    ...{ id, operatorSet, operator, epoch, slasher, resolver, recipient },
    ...{ proposedAt, deadline, periodAt, fraction, evidence, cuts: cuts.map(toCut) },
  };
}

/** A cut of `asset` (or another one) of which nothing was leaving. */
export async function cutOf(
  w: World,
  magnitude: bigint,
  assets: bigint,
  some: { asset?: BaseContract; fromLeaving?: bigint; leavingAt?: bigint } = {},
): Promise<CutRecord> {
  const { asset = w.asset, fromLeaving = 0n, leavingAt = 0n } = some;
  return { asset: await asset.getAddress(), magnitude, fromLeaving, leavingAt, assets };
}

/** Proposes to slash a fraction. */
export async function propose(
  w: World,
  set: string,
  fraction: bigint,
  { by = w.judge, operator = w.operator, evidence = ZeroHash, evidenceURI = "" }: ProposeOptions = {},
): Promise<ContractTransactionResponse> {
  return await w.slasher.connect(by).propose(set, operator, fraction, evidence, evidenceURI);
}

/** The one record that a transaction has emitted. */
export async function readRecord(
  { slasher }: Pick<World, "slasher">,
  tx: ContractTransactionResponse,
): Promise<SlashRecord> {
  const { blockNumber } = tx;
  if (blockNumber === null) throw new Error("The transaction is not in a block.");
  const logs = await slasher.queryFilter(slasher.filters.SlashProposed(), blockNumber, blockNumber);
  const [log, ...others] = logs.filter(({ transactionHash }) => transactionHash === tx.hash);
  if (log === undefined || others.length !== 0) throw new Error("The transaction has not made one proposal.");
  return toRecord(log.args.slash);
}

/** Proposes to slash a fraction, and returns the record as it was emitted. */
export async function proposeAndRead(
  w: World,
  set: string,
  fraction: bigint,
  options: ProposeOptions = {},
): Promise<SlashRecord> {
  return await readRecord(w, await propose(w, set, fraction, options));
}
