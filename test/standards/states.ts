import { deployStakedLrt, deployStakedLrt6, giveTo, type Lrt, proposeSlash } from "../helpers/lrt";
import { wad } from "../helpers/units";

/** Lets a service of some operators slash each of them by a fraction, at once or after a veto window. */
async function slash(lrt: Lrt, fraction: bigint, count: number, vetoWindow: bigint): Promise<void> {
  const operators = lrt.operators.slice(0, count);
  const set = await giveTo(lrt, wad(1n), { vetoWindow, operators });
  for (const operator of operators) await proposeSlash(lrt, set, fraction, operator);
}

/** What a token with stake and a running stream goes through, and whether deposits are open then. */
const STATES: readonly { state: string; open: boolean; enter: (lrt: Lrt) => Promise<unknown> }[] = [
  { state: "calm", open: true, enter: async () => Promise.resolve() },
  { state: "with a proposal open", open: false, enter: async (lrt) => slash(lrt, wad("0.1"), 1, lrt.exitDelay / 4n) },
  { state: "after a final slash", open: true, enter: async (lrt) => slash(lrt, wad("0.1"), 1, 0n) },
  { state: "paused", open: false, enter: async ({ token, warden }) => token.connect(warden).setEntryPaused(true) },
  {
    state: "at the cap",
    open: false,
    enter: async ({ token, warden }) => token.connect(warden).lowerCap(await token.totalAssets()),
  },
  { state: "after a 100 % slash of every operator", open: true, enter: async (lrt) => slash(lrt, wad(1n), 3, 0n) },
];

/** Every state for an asset of 18 and one of 6 decimals, each with a fixture; alice has 600 shares and bob 400. */
export const WORLDS = [
  { decimals: 18, base: deployStakedLrt },
  { decimals: 6, base: deployStakedLrt6 },
].flatMap(({ decimals, base }) =>
  STATES.map(({ state, open, enter }) => ({
    decimals,
    open,
    title: `${state}, asset of ${decimals} decimals`,
    fixture: async (): Promise<Lrt> => {
      const lrt = await base();
      await lrt.asset.mint(lrt.token, 3n * lrt.unit + 1n);
      await lrt.token.harvest();
      await enter(lrt);
      return lrt;
    },
  })),
);
