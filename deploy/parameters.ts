import { UserError } from "../scripts/lib/errors";
import { type Configuration, DEPLOYER, MAX_GUARDED_SECONDS } from "./config/schema";

/** What is deployed: a configuration in which every account is an address, and the end of the launch a date. */
export interface DeploymentParameters {
  /** Seconds. */
  readonly exitDelay: number;
  /** Second since 1970 from which the launch guard is not asked any more. */
  readonly guardedUntil: number;
  /** Who may change roles; delays in seconds. */
  readonly admin: { readonly account: string; readonly delay: number };
  /** Who may set caps. */
  readonly launch: { readonly accounts: readonly string[]; readonly delay: number };
  /** Who may close and open entry. */
  readonly guardian: { readonly accounts: readonly string[] };
  readonly caps: readonly { readonly asset: string; readonly cap: string }[];
  /** The liquid restaking tokens; left out: none. */
  readonly lrt?: LrtParameters;
}

/** What a liquid restaking token is deployed with; amounts in the asset's smallest units. */
export interface LrtToken {
  readonly asset: string;
  readonly name: string;
  readonly symbol: string;
  /** Locked for ever, so that there is always a supply. */
  readonly seed: string;
  readonly feeRecipient: string;
  readonly maxTotalAssets: string;
  readonly performanceFeeBps: number;
  readonly exitFeeBps: number;
  readonly bufferBps: number;
  readonly operatorRiskBps: number;
  readonly serviceRiskBps: number;
}

/** The liquid restaking tokens and who has power over them; delays in seconds. */
export interface LrtParameters {
  /** Who may change roles. */
  readonly admin: { readonly account: string; readonly delay: number };
  /** Who may name operators and raise caps. */
  readonly curator: { readonly accounts: readonly string[]; readonly delay: number };
  /** Who may close entry and lower caps. */
  readonly guardian: { readonly accounts: readonly string[] };
  readonly tokens: readonly LrtToken[];
}

/**
 * When the guarded launch ends, if it begins now.
 *
 * @param now The chain's time, in seconds since 1970.
 * @throws UserError if the configuration names a date which the core would refuse, or which has gone by.
 */
export function guardedUntilOf({ guardedLaunch }: Configuration, now: number): number {
  const { days, seconds, until } = guardedLaunch;
  if (until === undefined) return now + (seconds ?? (days ?? 0) * 24 * 60 * 60);
  const at = Math.floor(Date.parse(until) / 1000);
  if (at > now && at <= now + MAX_GUARDED_SECONDS) return at;
  const date = (second: number): string => new Date(second * 1000).toISOString();
  throw new UserError(
    `guardedLaunch.until is "${until}", but must be after ${date(now)} (the chain's time), by at most 365 days.`,
  );
}

/** Replaces what a configuration leaves open until it is known who deploys, and when. */
export function resolveParameters(
  { exitDelay, admin, launch, guardian, caps, lrt }: Configuration,
  deployer: string,
  guardedUntil: number,
): DeploymentParameters {
  const address = (account: string): string => (account === DEPLOYER ? deployer : account);
  // "deployer" and the deployer's address may both have been named.
  const addresses = (accounts: readonly string[]): string[] => [...new Set(accounts.map(address))];
  const owner = { account: address(admin.account), delay: admin.delay };
  return {
    exitDelay,
    guardedUntil,
    admin: owner,
    launch: { accounts: addresses(launch.accounts), delay: launch.delay },
    guardian: { accounts: addresses(guardian.accounts) },
    caps,
    ...(lrt === undefined
      ? {}
      : {
          lrt: {
            admin: owner,
            curator: { accounts: addresses(lrt.curator.accounts), delay: lrt.curator.delay },
            guardian: { accounts: addresses(lrt.guardian.accounts) },
            tokens: lrt.tokens.map((token) => ({ ...token, feeRecipient: address(token.feeRecipient) })),
          },
        }),
  };
}
