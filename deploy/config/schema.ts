import { getAddress, isAddress, ZeroAddress } from "ethers";
import { z } from "zod";
import { UserError } from "../../scripts/lib/errors";

const DAY = 24 * 60 * 60;

/** As in `contracts/core/Timing.sol`: the core refuses any other exit delay. */
export const EXIT_DELAY = { min: 2 * 60, max: 56 * DAY, step: 8 } as const;

/** As in `contracts/core/StakeManager.sol`: the longest guarded launch that it accepts, in seconds. */
export const MAX_GUARDED_SECONDS = 365 * DAY;

/** Longer delays of roles would lock out more often than they protect. */
const MAX_ROLE_DELAY = 30 * DAY;

/** Stands for whoever deploys, where an account is asked for. */
export const DEPLOYER = "deployer";

const MUST_BE = {
  account: `must be an address that is not zero, or "${DEPLOYER}"`,
  asset: "must be the address of a token",
  cap: `must be a whole number of the asset's smallest units, from 1 to 2^256 - 1, in quotes`,
  chainId: "must be a whole number above 0",
  bps: (min: number, max: number) => `must be a whole number of basis points from ${min} to ${max}`,
  days: `must be a whole number from 1 to ${MAX_GUARDED_SECONDS / DAY}`,
  exitDelay:
    `must be a multiple of ${EXIT_DELAY.step} seconds ` +
    `from ${EXIT_DELAY.min} (2 minutes) to ${EXIT_DELAY.max} (${EXIT_DELAY.max / DAY} days)`,
  guardedLaunch: "must have exactly one of days, seconds and until",
  name: "must be a text that is not empty",
  roleDelay: `must be a whole number of seconds from 0 to ${MAX_ROLE_DELAY} (${MAX_ROLE_DELAY / DAY} days)`,
  seconds: `must be a whole number from 1 to ${MAX_GUARDED_SECONDS} (${MAX_GUARDED_SECONDS / DAY} days)`,
  symbol: "must be letters and digits, at most 20, the first a letter",
  units: "must be a whole number of the asset's smallest units, from 1 to 2^96 - 1, in quotes",
  until: 'must be a date and time such as "2030-01-31T00:00:00Z"',
} as const;

function wholeNumber(min: number, max: number, message: string): z.ZodInt {
  return z.int(message).min(min, message).max(max, message);
}

/** Every check of a field answers with the same sentence: what is allowed. */
function text(matches: (value: string) => boolean, message: string): z.ZodString {
  return z.string(message).refine(matches, message);
}

const isAccount = (value: string): boolean => isAddress(value) && getAddress(value) !== ZeroAddress;

const account = text((value) => value === DEPLOYER || isAccount(value), MUST_BE.account).transform((value) =>
  value === DEPLOYER ? DEPLOYER : getAddress(value),
);

/** A list in which nobody is named twice. */
const accounts = z
  .array(account, "must be a list of accounts")
  .min(1, "must name at least one account")
  .refine((list) => new Set(list).size === list.length, "must name each account once");

const isCap = (value: string): boolean => /^[1-9]\d{0,77}$/.test(value) && BigInt(value) < 2n ** 256n;

const cap = z.strictObject(
  {
    asset: text(isAccount, MUST_BE.asset).transform((value) => getAddress(value)),
    cap: text(isCap, MUST_BE.cap),
  },
  "must be an object with asset and cap",
);

const guardedLaunch = z
  .strictObject(
    {
      days: wholeNumber(1, MAX_GUARDED_SECONDS / DAY, MUST_BE.days).optional(),
      seconds: wholeNumber(1, MAX_GUARDED_SECONDS, MUST_BE.seconds).optional(),
      until: z.iso.datetime({ offset: true, error: MUST_BE.until }).optional(),
    },
    MUST_BE.guardedLaunch,
  )
  .refine((value) => Object.values(value).filter((part) => part !== undefined).length === 1, MUST_BE.guardedLaunch);

const roleDelay = wholeNumber(0, MAX_ROLE_DELAY, MUST_BE.roleDelay);

const bps = (min: number, max: number): z.ZodInt => wholeNumber(min, max, MUST_BE.bps(min, max));

const units = text((value) => isCap(value) && BigInt(value) < 2n ** 96n, MUST_BE.units);

/** As in `contracts/lrt/`: the token refuses anything else. */
const token = z.strictObject(
  {
    asset: text(isAccount, MUST_BE.asset).transform((value) => getAddress(value)),
    name: text((value) => value !== "", MUST_BE.name),
    symbol: text((value) => /^[a-zA-Z][a-zA-Z0-9]{0,19}$/.test(value), MUST_BE.symbol),
    seed: units,
    feeRecipient: account,
    maxTotalAssets: units,
    performanceFeeBps: bps(0, 2_000),
    exitFeeBps: bps(10, 500),
    bufferBps: bps(0, 5_000),
    operatorRiskBps: bps(1, 10_000),
    serviceRiskBps: bps(1, 10_000),
  },
  "must be an object with the parameters of a token",
);

const lrt = z.strictObject(
  {
    curator: z.strictObject({ accounts, delay: roleDelay }, "must be an object with accounts and delay"),
    guardian: z.strictObject({ accounts }, "must be an object with accounts"),
    tokens: z
      .array(token, "must be a list of tokens")
      .min(1, "must have at least one token")
      .refine((list) => new Set(list.map(({ asset }) => asset)).size === list.length, "must name each asset once")
      .refine((list) => new Set(list.map(({ symbol }) => symbol)).size === list.length, "must name each symbol once"),
  },
  "must be an object with curator, guardian and tokens",
);

/**
 * What a file of `deploy/config/` says about the deployment on one network.
 *
 * - `chainId`: the chain that the parameters are meant for; on any other nothing is sent.
 * - `exitDelay`: seconds for which queued stake stays slashable. Fixed for ever.
 * - `guardedLaunch`: how long caps and the pause of entry are heeded, from the deployment on (`days` or `seconds`), or
 *   until a date (`until`). Fixed for ever.
 * - `admin`: who may change roles, and after how many seconds of notice.
 * - `launch`: who may set the caps of assets, and after how many seconds of notice.
 * - `guardian`: who may close entry, and open it again, at once.
 * - `caps`: units of assets that may be staked at first. An asset without a cap is closed until the launch is over.
 * - `lrt`: the liquid restaking tokens, one for each asset, and their roles; left out: none. The same `admin` may change the
 *   roles. `curator`: who may name operators and raise caps, and after how many seconds of notice. `guardian`: who may
 *   close entry, and lower caps, at once. `tokens`: what is fixed for ever; the deployer pays each `seed`.
 */
const schema = z.strictObject(
  {
    chainId: wholeNumber(1, Number.MAX_SAFE_INTEGER, MUST_BE.chainId),
    exitDelay: wholeNumber(EXIT_DELAY.min, EXIT_DELAY.max, MUST_BE.exitDelay).multipleOf(
      EXIT_DELAY.step,
      MUST_BE.exitDelay,
    ),
    guardedLaunch,
    admin: z.strictObject({ account, delay: roleDelay }, "must be an object with account and delay"),
    launch: z.strictObject({ accounts, delay: roleDelay }, "must be an object with accounts and delay"),
    guardian: z.strictObject({ accounts }, "must be an object with accounts"),
    caps: z
      .array(cap, "must be a list of assets with their caps")
      .refine((list) => new Set(list.map(({ asset }) => asset)).size === list.length, "must name each asset once"),
    lrt: lrt.optional(),
  },
  "must be an object",
);

/** The configuration of a deployment, as a file of `deploy/config/` says it. */
export type Configuration = z.output<typeof schema>;

/** `caps[0].asset`. */
function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
}

/** What the input holds at a path. */
function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.entries(value).find(([name]) => name === String(key))?.[1];
  }
  return value;
}

/** A short word for a value of a JSON file; objects are not repeated. */
function describe(value: unknown): string {
  if (value === undefined) return "missing";
  return typeof value === "object" && value !== null ? "not usable" : JSON.stringify(value);
}

/**
 * Checks a configuration.
 *
 * @param input What the file holds.
 * @param source Name of the file, for the sentence.
 * @throws UserError with one sentence about the first field that is not usable: which one, its value, what is allowed.
 */
export function parseConfiguration(input: unknown, source: string): Configuration {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue === undefined) throw new UserError(`${source} is not usable.`);
  if (issue.code === "unrecognized_keys") {
    const field = formatPath([...issue.path, issue.keys[0] ?? ""]);
    throw new UserError(`${source}: ${field} is not a field of the configuration.`);
  }
  const subject = issue.path.length === 0 ? "the whole" : formatPath(issue.path);
  throw new UserError(`${source}: ${subject} is ${describe(valueAt(input, issue.path))}, but ${issue.message}.`);
}
