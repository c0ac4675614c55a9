import { loadFixture, reset, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type ContractTransactionResponse, getBytes } from "ethers";
import { formatTable } from "../../scripts/lib/table";
import { settleGasSnapshot } from "../helpers/snapshots";
import { receiptOf } from "../helpers/world";
import { BUDGETS, GAS_KEYS, type GasKey } from "./budgets";

/** Midnight of 1 January 2040, UTC. */
const BEGIN = 2_208_988_800n;

const TRANSACTION_GAS = 21_000n;
/** Calldata is paid by tokens: a byte that is 0 is one, any other byte is four. */
const GAS_PER_TOKEN = 4n;
/** By EIP-7623 a transaction costs at least this much for each token. */
const FLOOR_PER_TOKEN = 10n;

const measured = new Map<GasKey, number>();

function calldataTokens({ data }: ContractTransactionResponse): bigint {
  return getBytes(data).reduce((sum, byte) => sum + (byte === 0 ? 1n : 4n), 0n);
}

/**
 * Gas that the sender of a transaction pays: 21,000 + calldata + execution − refunds. It had a block of its own and no
 * access list, so that nothing was warm; and its execution decides what it costs, not the floor of EIP-7623.
 */
export async function gasOf(tx: ContractTransactionResponse): Promise<bigint> {
  const { gasUsed, status } = await receiptOf(tx);
  const block = await tx.getBlock();
  expect(status).to.equal(1);
  expect(block?.transactions).to.deep.equal([tx.hash]);
  expect(tx.accessList ?? []).to.deep.equal([]);
  expect(gasUsed).to.be.greaterThan(TRANSACTION_GAS + FLOOR_PER_TOKEN * calldataTokens(tx));
  return gasUsed;
}

/** The same without what the bytes of the calldata cost. */
export async function gasOfExecution(tx: ContractTransactionResponse): Promise<bigint> {
  return (await gasOf(tx)) - GAS_PER_TOKEN * calldataTokens(tx);
}

/**
 * Begins a suite on a chain of its own at a fixed time: addresses and times, and so the zero bytes of calldata, are the
 * same in every run.
 */
export function onFreshChain(): void {
  before(async () => {
    await reset();
    await time.increaseTo(BEGIN);
  });
}

/** Defines the test that measures an operation, and holds it to its budget. */
export function itCosts<World>(
  key: GasKey,
  fixture: () => Promise<World>,
  act: (world: World) => Promise<ContractTransactionResponse | readonly ContractTransactionResponse[]>,
): void {
  const budget = BUDGETS[key];
  const title = budget === null ? "is measured" : `stays within ${budget.toLocaleString("en-US")} gas`;
  it(`${key} ${title}`, async () => {
    const world = await loadFixture(fixture);
    const transactions = [await act(world)].flat();
    let gas = 0n;
    for (const tx of transactions) gas += await gasOf(tx);
    measured.set(key, Number(gas));
    if (budget !== null) expect(gas).to.be.at.most(budget);
  });
}

/** What was measured of an operation before. */
export function measuredGas(key: GasKey): number {
  const gas = measured.get(key);
  if (gas === undefined) throw new Error(`${key} was not measured.`);
  return gas;
}

function printMeasured(): void {
  const rows = GAS_KEYS.map((key) => {
    const gas = measured.get(key);
    const budget = BUDGETS[key];
    if (gas === undefined || budget === null) return [key, gas ?? "", budget ?? "", ""];
    return [key, gas, budget, `${(100 * (1 - gas / budget)).toFixed(1)} %`];
  });
  console.log(formatTable(["operation", "measured", "budget", "headroom"], rows));
}

// A hook of the root suite: it runs once, after every suite of this folder.
after(() => {
  printMeasured();
  const missing = GAS_KEYS.filter((key) => !measured.has(key));
  if (missing.length !== 0) throw new Error(`Not measured: ${missing.join(", ")}.`);
  settleGasSnapshot(Object.fromEntries(measured));
});
