import type { Asset, Party, SetName } from "../vocabulary";

/** What a slash takes of one asset. */
export interface CutOfAsset {
  readonly asset: Asset;
  readonly magnitude: bigint;
  readonly fromLeaving: bigint;
  readonly leavingAt: bigint;
  readonly assets: bigint;
}

/** A slash with its story. All but the last two lines is the record that whoever acts on it supplies again. */
export interface SlashStory {
  readonly id: bigint;
  readonly set: SetName;
  readonly operator: Party;
  readonly epoch: bigint;
  readonly slasher: Party;
  readonly resolver: Party;
  readonly recipient: Party;
  readonly proposedAt: bigint;
  readonly deadline: bigint;
  readonly periodAt: bigint;
  readonly fraction: bigint;
  readonly evidence: bigint;
  readonly cuts: readonly CutOfAsset[];
  status: "proposed" | "vetoed" | "final";
  endedAt: bigint;
}

/** Whether it still takes, or may take, what it has cut. */
export function stands(slash: SlashStory): boolean {
  return slash.status !== "vetoed";
}
