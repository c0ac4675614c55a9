import { readEnvironment } from "../../scripts/lib/environment";
import { compareSnapshots, type Figures, readSnapshot, writeSnapshot } from "../../scripts/lib/snapshots";

const GAS = "snapshots/gas.json";

/** A change of more than half a percent is committed with the change of the code that causes it. */
const TOLERANCE = 0.005;

/**
 * Ends a gas suite: compares what it measured with `snapshots/gas.json`, or renews that file where
 * `npm run gas -- --write` asks for it.
 */
export function settleGasSnapshot(measured: Figures): void {
  if (readEnvironment().UPDATE_SNAPSHOTS) {
    writeSnapshot(GAS, measured);
    return;
  }
  const differences = compareSnapshots(readSnapshot(GAS), measured, TOLERANCE);
  if (differences.length === 0) return;
  throw new Error([...differences, `Renew ${GAS} by npm run gas -- --write and commit it.`].join("\n"));
}
