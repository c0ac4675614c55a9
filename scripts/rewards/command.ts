import { getAddress, isAddress, formatUnits } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { openDeployment } from "../../deploy/commands";
import { connect } from "../../deploy/deploy";
import { UserError } from "../lib/errors";
import { formatTable } from "../lib/table";
import { RewardBooks } from "./books";
import { report, type RewardReport } from "./report";

/** Parameters of the command. */
export interface Arguments {
  readonly deployment: string | undefined;
  readonly configuration: string | undefined;
  readonly avs: string | undefined;
  readonly operator: string | undefined;
  readonly staker: string | undefined;
  readonly json: boolean;
}

/** How amounts of a token are shown. */
interface Denomination {
  readonly symbol: string;
  readonly decimals: number;
}

/** Rebuilds the rewards of a recorded deployment from its log, compares them with the chain, and prints them. */
export async function runRewards(hre: HardhatRuntimeEnvironment, args: Arguments): Promise<void> {
  const { configuration, deployment, json } = args;
  const selection = {
    avs: parseAddress("avs", args.avs),
    operator: parseAddress("operator", args.operator),
    staker: parseAddress("staker", args.staker),
  };
  const { addresses, startBlock } = await openDeployment(hre, { configuration, deployment });
  const sources = await connect(hre, addresses);
  let told = Date.now();
  const onProgress = (block: number, last: number): void => {
    if (Date.now() - told < 2_000) return;
    told = Date.now();
    console.error(`Read the log up to block ${block} of ${last}.`);
  };
  const { books, found } = await read(async () => {
    const read = await RewardBooks.read(sources, { from: startBlock, onProgress });
    return { books: read, found: await report(sources, read, selection) };
  });
  const { checks } = found;
  const failed = [...books.problems, ...checks.filter(({ ok }) => !ok).map(describe)];
  if (json) console.log(toJson(hre.network.name, found, books.problems));
  else await printTables(hre, found);
  if (failed.length > 0) {
    throw new UserError(`The log and the chain differ in ${failed.length} numbers; first: ${failed[0] ?? ""}`);
  }
  if (!json) console.log(`Block ${found.block}: all ${checks.length} numbers of the log are those of the chain.`);
}

function describe({ what, expected, found }: RewardReport["checks"][number]): string {
  return `${what} is ${found}, not ${expected}.`;
}

/** A node that cannot answer for what was asked explains it in many lines. */
async function read<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const [reason = ""] = error instanceof Error ? error.message.split("\n") : [];
    throw new UserError(`The log could not be read: ${reason.replace(/[.\s]*$/, "")}.`);
  }
}

function parseAddress(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const isValid: boolean = isAddress(text);
  if (!isValid) throw new UserError(`--${name} must be an address, which "${text}" is not.`);
  return getAddress(text);
}

function toJson(network: string, found: RewardReport, problems: readonly string[]): string {
  const ok = problems.length === 0 && found.checks.every((check) => check.ok);
  const data = { ok, network, ...found, problems };
  // Amounts are strings: they are larger than numbers are exact for.
  return JSON.stringify(data, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value), 2);
}

async function printTables(hre: HardhatRuntimeEnvironment, found: RewardReport): Promise<void> {
  const { funded, commissions, earned, tokens } = found;
  const denominations = new Map<string, Denomination>();
  for (const address of [...tokens, ...funded].flatMap((row) => ("asset" in row ? [row.asset] : [row.token]))) {
    if (!denominations.has(address)) denominations.set(address, await readDenomination(hre, address));
  }
  const nameOf = (address: string): string => denominations.get(address)?.symbol ?? shorten(address);
  const show = (token: string, units: bigint): string => formatUnits(units, denominations.get(token)?.decimals ?? 0);
  printTable(
    ["funded by", "kind", "for operator", "pool", "token", "fundings", "amount", "commission", "until"],
    funded.map(({ avs, kind, operator, asset, token, fundings, amount, commission, endsAt }) => [
      ...[shorten(avs), kind, shorten(operator), nameOf(asset), nameOf(token), fundings],
      ...[show(token, amount), show(token, commission), new Date(Number(endsAt) * 1000).toISOString().slice(0, 16)],
    ]),
  );
  printTable(
    ["operator", "token", "commission paid", "due"],
    commissions.map(({ operator, token, paid, due }) => [
      ...[shorten(operator), nameOf(token), show(token, paid), show(token, due)],
    ]),
  );
  printTable(
    ["staker", "with operator", "pool", "token", "claimed", "claimable"],
    earned.map(({ staker, operator, asset, token, claimed, claimable }) => [
      ...[shorten(staker), shorten(operator), nameOf(asset), nameOf(token)],
      ...[show(token, claimed), show(token, claimable)],
    ]),
  );
  printTable(
    ["token", "funded", "claimed", "claimable", "commission", "given back", "streaming", "dust", "held"],
    tokens.map(({ token, held, ...balance }) => {
      const { funded: all, claimed, claimable, commissionPaid, commissionDue } = balance;
      const { reclaimed, reclaimable, running, dust } = balance;
      const parts = [commissionPaid + commissionDue, reclaimed + reclaimable, running, dust, held];
      return [nameOf(token), ...[all, claimed, claimable, ...parts].map((units) => show(token, units))];
    }),
  );
}

function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  if (rows.length > 0) console.log(formatTable(head, rows));
}

/** What a token calls itself; one that does not answer is shown by its address, in units. */
async function readDenomination({ ethers }: HardhatRuntimeEnvironment, address: string): Promise<Denomination> {
  try {
    const token = await ethers.getContractAt("IERC20Metadata", address);
    // A name is no place for what a terminal would obey.
    const symbol = (await token.symbol()).replace(/[^\x20-\x7e]/g, "").slice(0, 12);
    return { symbol, decimals: Number(await token.decimals()) };
  } catch {
    return { symbol: shorten(address), decimals: 0 };
  }
}

/** The beginning and the end of an address; `--json` has all of it. */
function shorten(address: string): string {
  return `${address.slice(0, 8)}…${address.slice(-6)}`;
}
