import Table from "cli-table3";
import { formatExact, formatPercent, formatUnits, sum, type Token } from "./amounts";
import type { Moment } from "./holdings";
import type { TableName } from "./stage";

/** No frame: columns are parted by space alone. */
const NO_FRAME = Object.fromEntries(
  ["top", "mid", "bottom"].flatMap((line) => ["", "-mid", "-left", "-right"].map((end) => [line + end, ""])),
);

/** Stands for 0, so that what is there stands out. */
const NOTHING = "·";

/** A table of words, then numbers: the first `words` columns to the left, the others to the right. */
function ruled(head: readonly string[], rows: readonly (readonly string[])[], words: number): string[] {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column < words ? "left" : "right")),
    chars: { ...NO_FRAME, "left-mid": "", "mid-mid": "", "right-mid": "", left: "", right: "", middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  for (const row of rows) table.push([...row]);
  const [titles = "", ...lines] = table.toString().split("\n");
  return [titles, "─".repeat(titles.length), ...lines];
}

/** Units of a token to the nearest that is shown; the checks and the data have every digit. */
function cell(token: Token, units: bigint): string {
  const step = 10n ** BigInt(token.decimals - token.shown);
  return units === 0n ? NOTHING : formatUnits({ token, units: ((units + step / 2n) / step) * step });
}

/** A part of 1 in WAD. */
function part(magnitude: bigint): string {
  return magnitude === 0n ? NOTHING : formatPercent(magnitude);
}

/** What each staker has, and where. */
function stakersTable({ operators, holdings }: Moment): string[] {
  const places = operators.map(({ name }) => `at ${name}`);
  const head = ["staker", "", "wallet", "undelegated", ...places, "queued", "contested", "total"];
  const rows = holdings
    .filter(({ total }) => total > 0n)
    .map(({ staker, token, wallet, undelegated, active, queued, contested, total }) => [
      staker.name,
      token.symbol,
      ...[wallet, undelegated, ...active, queued, contested, total].map((units) => cell(token, units)),
    ]);
  return ruled(head, rows, 2);
}

/** What secures each service, and what it can slash. */
function servicesTable({ securities }: Moment): string[] {
  const head = ["service", "operator", "", "secured by", "can slash", "active", "leaving", "held"];
  const rows = securities.map(({ set, operator, token, stake: { securing, slashable, allocation } }) => [
    set.avs.name,
    operator.name,
    token.symbol,
    cell(token, securing),
    cell(token, slashable),
    ...[allocation.active, allocation.leaving, allocation.held].map(part),
  ]);
  return ruled(head, rows, 3);
}

/** What is left of each share of a pool, and what can still be taken of it. */
function poolsTable({ pools }: Moment): string[] {
  const head = ["pool", "", "a share keeps", "liens hold", "free of services", "worst case"];
  const rows = pools.map(({ operator, token, factor, liened, free, worstCase }) => [
    operator.name,
    token.symbol,
    ...[factor, liened, free, worstCase].map(part),
  ]);
  return ruled(head, rows, 2);
}

/** What slashes have taken and nobody has withdrawn or burned yet; no lines if there is nothing. */
function proceedsTable({ owed }: Moment): string[] {
  const open = owed.filter(({ amount }) => amount.units > 0n);
  if (open.length === 0) return [];
  const rows = open.map(({ recipient, amount: { token, units } }) => [
    recipient === undefined ? "to be burned" : `for ${recipient.name}`,
    token.symbol,
    cell(token, units),
  ]);
  return ruled(["proceeds of slashes", "", "not paid yet"], rows, 2);
}

/** What each staker has earned, in all pools together. */
function earningsTable({ stakers, ledger: { rewards } }: Moment): string[] {
  const rows = stakers.map(({ name, address }) => [
    name,
    ...rewards.flatMap(({ token, earned }) => {
      const own = earned.filter(({ staker }) => staker === address);
      return [sum(own.map(({ claimed }) => claimed)), sum(own.map(({ claimable }) => claimable))].map((units) =>
        cell(token, units),
      );
    }),
  ]);
  const head = rewards.flatMap(({ token: { symbol } }) => [`${symbol} claimed`, "claimable"]);
  return ruled(["staker", ...head], rows, 1);
}

/** Where every unit of the reward tokens is; no digit is left out. */
function rewardsTable({ ledger: { rewards } }: Moment): string[] {
  const head = rewards.map(({ token }) => token.symbol);
  const lines: readonly (readonly [string, (flow: (typeof rewards)[number]) => bigint])[] = [
    ["funded", ({ balance }) => balance.funded],
    ["= claimed by stakers", ({ balance }) => balance.claimed],
    ["+ claimable", ({ balance }) => balance.claimable],
    ["+ commission, taken and due", ({ balance }) => balance.commissionPaid + balance.commissionDue],
    ["+ given back, and due back", ({ balance }) => balance.reclaimed + balance.reclaimable],
    ["+ still streaming", ({ balance }) => balance.running],
    ["+ dust", ({ balance }) => balance.dust],
    ["held by the distributor", ({ held }) => held],
  ];
  const rows = lines.map(([name, unitsOf]) => [
    name,
    ...rewards.map((flow) => {
      const units = unitsOf(flow);
      return units === 0n ? NOTHING : formatExact({ token: flow.token, units });
    }),
  ]);
  return ruled(["rewards", ...head], rows, 1);
}

/** What the liquid restaking token has, and where. */
function liquidTable({ operators, liquid }: Moment): string[] {
  if (liquid === undefined) return [];
  const { share, asset, idle, stakes, streaming, gross, net, rate, sureRate } = liquid;
  const places = operators.map(({ name }) => `at ${name}`);
  const head = ["token", "idle", ...places, "streaming", "assets", "sure", "a share is", "surely"];
  const units = [idle, ...stakes, streaming, idle + gross, idle + net, rate, sureRate];
  return ruled(head, [[share.symbol, ...units.map((value) => cell(asset, value))]], 1);
}

/** What holders of the liquid restaking token have. */
function holdersTable({ liquid }: Moment): string[] {
  if (liquid === undefined) return [];
  const { share, asset, holders } = liquid;
  const head = ["holder", share.symbol, "worth", "leaving", "claimable", asset.symbol];
  const rows = holders.map(({ holder, shares, worth, requested, claimable, wallet }) => [
    holder.name,
    ...[shares, worth, requested, claimable, wallet].map((units) => cell(asset, units)),
  ]);
  return ruled(head, rows, 1);
}

/** The lines of a moment's tables, one table after the other. */
export const TABLES: Readonly<Record<TableName, (moment: Moment) => string[]>> = {
  stakers: stakersTable,
  services: servicesTable,
  pools: poolsTable,
  proceeds: proceedsTable,
  earnings: earningsTable,
  rewards: rewardsTable,
  liquid: liquidTable,
  holders: holdersTable,
};
