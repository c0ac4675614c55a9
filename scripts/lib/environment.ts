import { z } from "zod";
import { UserError } from "./errors";

/** `NAME=1` or `NAME=true` switches on, everything else that may be meant by "off" switches off. */
const flag = z
  .enum(["1", "true", "0", "false"], { error: "must be 1 or 0" })
  .optional()
  .transform((value) => value === "1" || value === "true");

/** Of secp256k1: no private key is as much. */
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const endpoint = z.url({ protocol: /^https?$/, error: "must be an http or https address" });

/** A whole number that is at least `min`, and fits 31 bits. */
function integer(min: number): z.ZodCoercedNumber {
  const error = `must be a whole number, at least ${min}`;
  return z.coerce
    .number({ error })
    .int(error)
    .min(min, error)
    .max(2 ** 31 - 1, "must be less than 2147483648");
}

const schema = z.object({
  CI: flag,
  DEPLOYER_PRIVATE_KEY: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, "must be 0x and 64 hexadecimal digits")
    .refine(
      (key) => BigInt(key) > 0n && BigInt(key) < CURVE_ORDER,
      "must be a private key, not 0 and below the order of secp256k1",
    )
    .optional(),
  ETHERSCAN_API_KEY: z.string().optional(),
  HARDFORK: z.enum(["prague", "osaka"], { error: "must be prague or osaka" }).default("osaka"),
  LOCALHOST_RPC_URL: endpoint.default("http://127.0.0.1:8545"),
  LRT_OPERATIONS: integer(1).default(600),
  MAINNET_RPC_URL: endpoint.optional(),
  MODEL_OPERATIONS: integer(1).default(3_000),
  MODEL_SEED: integer(0).optional(),
  /** Whatever its value, it asks for plain text (no-color.org). */
  NO_COLOR: z
    .string()
    .optional()
    .transform((value) => value !== undefined),
  PATHS: z.enum(["some", "all"], { error: "must be some or all" }).default("some"),
  PATHS_CELLS: integer(1).optional(),
  PATHS_REWARDS: flag,
  PATHS_SHARD: z
    .string()
    .regex(/^[1-9]\/[1-9]$/, "must be a number of how many, such as 1/2")
    .default("1/1"),
  REPORT_GAS: flag,
  SEPOLIA_RPC_URL: endpoint.optional(),
  SOLIDITY_COVERAGE: flag,
  TEST_QUIET: flag,
  TEST_REPORT: z.string().optional(),
  TRACE: flag,
  UPDATE_SNAPSHOTS: flag,
  /** Folder of artifacts that hold variants of the contracts, see `scripts/mutation/`. */
  VARIANTS: z.string().optional(),
});

/** Everything that Bulkhead reads from the environment; nothing else in the repository looks at `process.env`. */
export type Environment = z.output<typeof schema>;

/**
 * Reads the environment.
 *
 * @throws UserError naming the first variable that is not usable; its value is never repeated, it may be a secret.
 */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  // `NAME=` in a shell or in a CI form means "not set".
  const present = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(present);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UserError(`The environment variable ${issue?.path.join(".") ?? "?"} ${issue?.message ?? "is not usable"}.`);
}

/** The variables of this process as they are, to be handed on to another one. */
export function inheritedVariables(): NodeJS.ProcessEnv {
  return process.env;
}

/** Keeps Hardhat from asking in the middle of a command whether it may send usage data; unasked, it sends none. */
export function silencePrompts(): void {
  process.env.HARDHAT_DISABLE_TELEMETRY_PROMPT = "true";
}
