import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { Fragment } from "ethers";
import { LiquidRestakingToken__factory } from "../../typechain-types";
import { deployStakedLrt, deployStakedLrt6, giveTo, type Lrt, proposeSlash } from "../helpers/lrt";
import { wad } from "../helpers/units";

/** Lets a service of some operators slash each of them by a fraction, at once or after a veto window. */
async function slash(lrt: Lrt, fraction: bigint, count: number, vetoWindow: bigint): Promise<void> {
  const operators = lrt.operators.slice(0, count);
  const set = await giveTo(lrt, wad(1n), { vetoWindow, operators });
  for (const operator of operators) await proposeSlash(lrt, set, fraction, operator);
}

/** Why nobody can deposit. */
export type Closed = "NotCalm" | "EntryPaused" | "CapExceeded";

/** What a token with stake and a running stream goes through, and whether deposits are closed then. */
const STATES: readonly { state: string; closed?: Closed; enter: (lrt: Lrt) => Promise<unknown> }[] = [
  { state: "calm", enter: async () => Promise.resolve() },
  {
    state: "with a proposal open",
    closed: "NotCalm",
    enter: async (lrt) => slash(lrt, wad("0.1"), 1, lrt.exitDelay / 4n),
  },
  { state: "after a final slash", enter: async (lrt) => slash(lrt, wad("0.1"), 1, 0n) },
  {
    state: "paused",
    closed: "EntryPaused",
    enter: async ({ token, warden }) => token.connect(warden).setEntryPaused(true),
  },
  {
    state: "at the cap",
    closed: "CapExceeded",
    enter: async ({ token, warden }) => token.connect(warden).lowerCap(await token.totalAssets()),
  },
  { state: "after a 100 % slash of every operator", enter: async (lrt) => slash(lrt, wad(1n), 3, 0n) },
];

/** What every state begins with. */
const DEPLOYMENTS = { 18: deployStakedLrt, 6: deployStakedLrt6 } as const;

/** Every state for an asset of 18 and one of 6 decimals, each with a fixture; alice has 600 shares and bob 400. */
export const WORLDS = ([18, 6] as const).flatMap((decimals) =>
  STATES.map(({ state, closed, enter }) => ({
    decimals,
    state,
    closed,
    title: `${state}, asset of ${decimals} decimals`,
    fixture: async (): Promise<Lrt> => {
      const lrt = await loadFixture(DEPLOYMENTS[decimals]);
      await lrt.asset.mint(lrt.token, 3n * lrt.unit + 1n);
      await lrt.token.harvest();
      await enter(lrt);
      // What vests from now on is in no book: views have to find it.
      await time.increase(3_600n);
      return lrt;
    },
  })),
);

/** The token has a function, or an event, with these types; what could be read may also need nothing to be read. */
export function expectInterface(...signatures: readonly string[]): void {
  const known = LiquidRestakingToken__factory.createInterface().fragments.map((found) =>
    found.format("minimal").replace(" pure ", " view "),
  );
  for (const signature of signatures) expect(known).to.include(Fragment.from(signature).format("minimal"));
}
