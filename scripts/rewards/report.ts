import { type RewardBooks, type Balance, inBatches, type Sources } from "./books";
import type { Stream } from "./stream";
import { IERC20__factory } from "../../typechain-types";

/** The names of the enum `RewardKind`. */
const KINDS = ["Fee", "Emission", "Points"] as const;

/** What the log says, and what the chain answers. */
export interface Check {
  readonly what: string;
  readonly expected: bigint;
  readonly found: bigint;
  readonly ok: boolean;
}

/** Whose rewards are meant; everybody's if left out. */
export interface Selection {
  readonly avs?: string | undefined;
  readonly operator?: string | undefined;
  readonly staker?: string | undefined;
}

/** What an AVS has funded for one pool, in one token and of one kind, for one set. */
export interface FundedRow {
  readonly avs: string;
  readonly operatorSet: string;
  readonly kind: string;
  readonly operator: string;
  readonly asset: string;
  readonly token: string;
  readonly fundings: number;
  readonly amount: bigint;
  readonly commission: bigint;
  /** Second at which the last of them ends. */
  readonly endsAt: bigint;
}

/** What a staker has earned in one pool. */
export interface EarnedRow {
  readonly staker: string;
  readonly operator: string;
  readonly asset: string;
  readonly token: string;
  readonly claimed: bigint;
  readonly claimable: bigint;
}

/** Commission of an operator, of all of its pools. */
export interface CommissionRow {
  readonly operator: string;
  readonly token: string;
  readonly paid: bigint;
  readonly due: bigint;
}

/** All units of a token, and what the distributor holds of it. */
export interface TokenRow extends Balance {
  readonly token: string;
  readonly held: bigint;
}

/** The rewards of a deployment at one block. */
export interface RewardReport {
  readonly block: number;
  readonly second: bigint;
  readonly funded: readonly FundedRow[];
  readonly commissions: readonly CommissionRow[];
  readonly earned: readonly EarnedRow[];
  readonly tokens: readonly TokenRow[];
  readonly checks: readonly Check[];
}

/**
 * Tells what the books say, and compares all of it with the chain at their block.
 *
 * @param selection Narrows the rows; the comparison is of everything.
 */
export async function report(sources: Sources, books: RewardBooks, selection: Selection = {}): Promise<RewardReport> {
  const { avs, operator, staker } = selection;
  const isMeant = (wanted: string | undefined, found: string): boolean => wanted === undefined || wanted === found;
  const earned = earnedRows(books);
  const commissions = books.commissions.map(({ funded, paid, ...of }) => ({ ...of, paid, due: funded - paid }));
  const tokens = await readTokens(sources, books);
  return {
    block: books.block,
    second: books.second,
    funded: fundedRows(books).filter((row) => isMeant(avs, row.avs) && isMeant(operator, row.operator)),
    commissions: commissions.filter((row) => isMeant(operator, row.operator)),
    earned: earned.filter((row) => isMeant(staker, row.staker) && isMeant(operator, row.operator)),
    tokens,
    checks: [
      ...tokens.flatMap(checkToken),
      ...(await checkStreams(sources, books)),
      ...(await checkCommissions(sources, books, commissions)),
      ...(await checkEarned(sources, books)),
    ],
  };
}

function fundedRows({ streams }: RewardBooks): FundedRow[] {
  const rows = new Map<string, FundedRow>();
  for (const { operator, asset, token, fundings } of streams) {
    for (const { avs, operatorSet, kind, amount, commission, endsAt } of fundings) {
      const key = [operatorSet, kind, operator, asset, token].join(" ");
      const row = rows.get(key);
      rows.set(key, {
        ...{ avs, operatorSet, kind: KINDS[Number(kind)] ?? kind.toString(), operator, asset, token },
        fundings: (row?.fundings ?? 0) + 1,
        amount: (row?.amount ?? 0n) + amount,
        commission: (row?.commission ?? 0n) + commission,
        endsAt: row !== undefined && row.endsAt > endsAt ? row.endsAt : endsAt,
      });
    }
  }
  return [...rows.values()];
}

function earnedRows(books: RewardBooks): EarnedRow[] {
  return books.streams.flatMap((stream) => {
    const { operator, asset, token } = stream;
    return books
      .stakersOf(operator, asset)
      .map((staker) => ({
        ...{ staker, operator, asset, token },
        claimed: stream.claimedBy(staker),
        claimable: books.claimable(staker, operator, asset, token),
      }))
      .filter(({ claimed, claimable }) => claimed + claimable > 0n);
  });
}

function check(what: string, expected: bigint, found: bigint): Check {
  return { what, expected, found, ok: expected === found };
}

async function readTokens({ rewardsDistributor }: Sources, books: RewardBooks): Promise<TokenRow[]> {
  const tokens = [...new Set(books.streams.map(({ token }) => token))];
  return inBatches(tokens, async (token) => {
    const contract = IERC20__factory.connect(token, rewardsDistributor.runner);
    const held = await contract.balanceOf(rewardsDistributor, { blockTag: books.block });
    return { token, ...books.balance(token), held };
  });
}

/** What came in and was not paid is there. Anyone may give the distributor more. */
function checkToken({ token, funded, claimed, commissionPaid, reclaimed, dust, held }: TokenRow): Check[] {
  const left = funded - claimed - commissionPaid - reclaimed;
  return [
    { what: `${token}: held, at least`, expected: left, found: held, ok: held >= left },
    { what: `${token}: dust, at least`, expected: 0n, found: dust, ok: dust >= 0n },
  ];
}

async function checkStreams(sources: Sources, books: RewardBooks): Promise<Check[]> {
  const { rewardsDistributor: rewards } = sources;
  const at = { blockTag: books.block };
  const checks = await inBatches(books.streams, async (stream) => {
    const { operator, asset, token, fundings } = stream;
    const found = (await rewards.rewardTokens(operator, asset, at)).find((each) => each.token === token);
    const running = fundings.filter(({ endsAt }) => endsAt > books.second);
    const name = nameOf(stream);
    return [
      check(`${name}: funded`, sum(fundings, "amount"), found?.funded ?? -1n),
      check(`${name}: rate`, sum(running, "rate"), found?.rate ?? -1n),
    ];
  });
  const ended = books.streams.flatMap((stream) => {
    const keys = stream.fundings.map(({ avs, endsAt }) => [`${avs} ${endsAt}`, { avs, endsAt, stream }] as const);
    return [...new Map(keys).values()].filter(({ endsAt }) => endsAt <= books.second);
  });
  const reclaimable = await inBatches(ended, async ({ avs, endsAt, stream }) => {
    const { operator, asset, token } = stream;
    const found = await rewards.reclaimable(avs, token, [{ operator, asset, endsAt }], at);
    return check(`${nameOf(stream)}: reclaimable by ${avs}`, books.reclaimable(avs, stream, endsAt), found);
  });
  return [...checks.flat(), ...reclaimable];
}

function checkCommissions(
  { rewardsDistributor }: Sources,
  { block }: RewardBooks,
  rows: readonly CommissionRow[],
): Promise<Check[]> {
  return inBatches(rows, async ({ operator, token, due }) =>
    check(
      `commission of ${operator} in ${token}`,
      due,
      await rewardsDistributor.commissionOf(operator, token, { blockTag: block }),
    ),
  );
}

/** Of everybody who ever had shares, also of those who earned nothing. */
function checkEarned({ rewardsDistributor }: Sources, books: RewardBooks): Promise<Check[]> {
  const accounts = books.streams.flatMap((stream) =>
    books.stakersOf(stream.operator, stream.asset).map((staker) => ({ staker, stream })),
  );
  return inBatches(accounts, async ({ staker, stream }) => {
    const { operator, asset, token } = stream;
    const found = await rewardsDistributor.claimable(staker, token, [{ operator, asset }], { blockTag: books.block });
    return check(`${nameOf(stream)}: claimable by ${staker}`, books.claimable(staker, operator, asset, token), found);
  });
}

function nameOf({ operator, asset, token }: Stream): string {
  return `pool ${operator} ${asset}, ${token}`;
}

function sum<Field extends string>(items: readonly Readonly<Record<Field, bigint>>[], field: Field): bigint {
  return items.reduce((total, item) => total + item[field], 0n);
}
