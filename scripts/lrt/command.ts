import { formatUnits } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { openDeployment } from "../../deploy/commands";
import { connect } from "../../deploy/deploy";
import { connectToken, type LrtContracts } from "../../deploy/lrt";
import { UserError } from "../lib/errors";
import { formatTable } from "../lib/table";
import { type EpochRow, type LrtReport, readEpochs, type Reading, report } from "./report";

/** Parameters of the command. */
export interface Arguments {
  readonly token: string | undefined;
  readonly deployment: string | undefined;
  readonly configuration: string | undefined;
  readonly close: boolean;
  readonly settle: boolean;
  readonly json: boolean;
}

/** What came of a verb; where nothing could be done, why. */
interface Outcome {
  readonly done: boolean;
  readonly says: string;
}

/**
 * Shows the liquid restaking tokens of a recorded deployment; closes and settles their epochs first, if asked to, each for
 * itself.
 *
 * @throws UserError if nothing of what was asked could be done for any token.
 */
export async function runLrt(hre: HardhatRuntimeEnvironment, args: Arguments): Promise<void> {
  const { configuration, deployment, close, settle, json } = args;
  const { addresses, lrt, startBlock: from } = await openDeployment(hre, { configuration, deployment });
  if (lrt === undefined) throw new UserError("The deployment has no liquid restaking token.");
  const chosen = Object.entries(lrt.tokens).filter(([symbol]) => args.token === undefined || args.token === symbol);
  if (chosen.length === 0) {
    const symbols = Object.keys(lrt.tokens).join(", ");
    throw new UserError(`There is no token ${args.token ?? ""}: choose one of ${symbols}.`);
  }
  const core = await connect(hre, addresses);
  const say = (line: string): void => {
    (json ? console.error : console.log)(line);
  };
  const reports: LrtReport[] = [];
  const outcomes: Outcome[] = [];
  for (const [symbol, address] of chosen) {
    const contracts = await connectToken(hre, address);
    const note = ({ done, says }: Outcome): void => {
      outcomes.push({ done, says: `${symbol}: ${says}` });
    };
    const read = async (): Promise<Reading> => ({ core, from, block: await hre.ethers.provider.getBlockNumber() });
    if (close) note(await closeEpoch(hre, contracts));
    if (settle) note(await settleEpochs(hre, contracts, await read()));
    reports.push(await report(hre, contracts, await read()));
  }
  if ((close || settle) && !outcomes.some(({ done }) => done)) {
    throw new UserError(outcomes.map(({ says }) => says).join(" "));
  }
  for (const { says } of outcomes) say(says);
  if (json) console.log(toJson(hre.network.name, reports));
  else for (const each of reports) printTables(each);
}

async function readSecond({ ethers }: HardhatRuntimeEnvironment): Promise<number> {
  const block = await ethers.provider.getBlock("latest");
  return block?.timestamp ?? 0;
}

/** A key is needed to send anything. */
async function requireSigner({ ethers, network }: HardhatRuntimeEnvironment): Promise<void> {
  const signers = await ethers.getSigners();
  if (signers.length === 0) {
    throw new UserError(`Nothing can be sent to ${network.name} without the variable DEPLOYER_PRIVATE_KEY.`);
  }
}

async function closeEpoch(hre: HardhatRuntimeEnvironment, { queue }: LrtContracts): Promise<Outcome> {
  const { epoch, shares } = await queue.openEpoch();
  const not = (says: string): Outcome => ({ done: false, says });
  if (shares === 0n) return not(`Nobody has asked to leave in epoch ${epoch}: there is nothing to close.`);
  const closableAt = await queue.closableAt();
  if (closableAt > BigInt(await readSecond(hre))) {
    return not(`Epoch ${epoch} can be closed from ${formatTime(closableAt)} on (the chain's time).`);
  }
  await requireSigner(hre);
  await (await queue.close()).wait();
  return { done: true, says: `epoch ${epoch} is closed.` };
}

/** Settles what has matured, and what was contested if anything has come. */
async function settleEpochs(
  hre: HardhatRuntimeEnvironment,
  contracts: LrtContracts,
  reading: Reading,
): Promise<Outcome> {
  const { queue } = contracts;
  const now = BigInt(await readSecond(hre));
  const due: EpochRow[] = [];
  for (const epoch of await readEpochs(contracts, reading)) {
    const { id, status, maturity, items } = epoch;
    const waits = status === "Closed" && maturity <= now;
    const mayCome = status === "Contested" && (await queue.settle.staticCall(id, [...items])) > 0n;
    if (waits || mayCome) due.push(epoch);
  }
  if (due.length === 0) return { done: false, says: "No epoch has anything to settle now." };
  await requireSigner(hre);
  for (const { id, items } of due) await (await queue.settle(id, [...items])).wait();
  const says = `${due.length === 1 ? "epoch" : "epochs"} ${due.map(({ id }) => id).join(", ")} settled.`;
  return { done: true, says };
}

function toJson(network: string, tokens: readonly LrtReport[]): string {
  // Amounts are strings: they are larger than numbers are exact for.
  return JSON.stringify(
    { network, tokens },
    (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value),
    2,
  );
}

function printTables(found: LrtReport): void {
  const { symbol, decimals, supply, assets, sureAssets, rate, sureRate, books, entry, open } = found;
  const show = (units: bigint): string => formatUnits(units, decimals);
  const { idle, gross, net, streaming, pending, fees, streamEndsAt } = books;
  console.log(`${symbol} at block ${found.block}, ${formatTime(found.second)}; asset ${found.contracts.asset}`);
  console.log(
    formatTable(
      ["what", "units", "says"],
      [
        ["shares (S)", show(supply), "open requests included"],
        ["assets (A)", show(assets), `idle ${show(idle)}, staked ${show(gross)}; a share is ${formatUnits(rate)}`],
        [
          "sure (B)",
          show(sureAssets),
          `staked ${show(net)} if every open lien becomes final; ${formatUnits(sureRate)}`,
        ],
        ["streaming", show(streaming), streaming === 0n ? "nothing" : `until ${formatTime(streamEndsAt)}`],
        ["waiting", show(pending), "for the next cycle, which a harvest begins"],
        ["fees", show(fees), "owed to the fee recipient"],
        ["entry", show(entry.maxDeposit), describeEntry(entry, show)],
        [`epoch ${open.id}`, show(open.shares), describeOpen(open)],
      ],
    ),
  );
  printTable(
    ["operator", "staked", "sure", "limit", "target", "next target", "pool keeps", "given away", "leaves"],
    found.operators.map(({ operator, target, nextTarget, nextAt, factor, used, leavesAt, ...stake }) => [
      ...[shorten(operator), show(stake.gross), show(stake.net), show(stake.limit), formatPart(target, 2)],
      nextAt === 0n ? "" : `${formatPart(nextTarget, 2)} from ${formatTime(nextAt)}`,
      ...[formatPart(factor, 16), formatPart(used, 16), leavesAt === 0n ? "" : formatTime(leavesAt)],
    ]),
  );
  printTable(
    ["epoch", "status", "shares", "paid", "matures", "withdrawals"],
    found.epochs.map(({ id, status, shares, assets: paid, maturity, items }) => [
      ...[id.toString(), status, show(shares), show(paid), formatTime(maturity)],
      items.map(({ operator, maturity: at }) => `${shorten(operator)} ${formatTime(at)}`).join("\n"),
    ]),
  );
  printTable(
    ["for sale", "units", "price of all", "ends"],
    found.sales.map(({ token, lot, price, endsAt }) => [token, lot.toString(), show(price), formatTime(endsAt)]),
  );
}

function describeEntry({ paused, cap, maxDeposit, borrowable }: LrtReport["entry"], show: (units: bigint) => string) {
  if (maxDeposit > 0n) return `can be deposited; cap ${show(cap)}`;
  if (paused) return "closed by the guardian";
  return borrowable ? `closed at the cap, ${show(cap)}` : "closed: a slash is proposed, or nearly all was lost";
}

function describeOpen({ closableAt, redeemEta }: LrtReport["open"]): string {
  return `asked to leave; closes from ${formatTime(closableAt)}, who asks now claims from ${formatTime(redeemEta)}`;
}

function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  if (rows.length > 0) console.log(formatTable(head, rows));
}

/** A part with so many digits behind those of a percentage. */
function formatPart(part: bigint, digits: number): string {
  return `${formatUnits(part, digits).replace(/\.0$/, "")} %`;
}

function formatTime(second: bigint): string {
  return `${new Date(Number(second) * 1000).toISOString().slice(0, 16)}Z`;
}

/** The beginning and the end of an address; `--json` has all of it. */
function shorten(address: string): string {
  return `${address.slice(0, 8)}…${address.slice(-6)}`;
}
