import { formatTable } from "../../scripts/lib/table";

/** What hostile actors would like to bring about. A long run must meet all of it. */
const SITUATIONS = [
  "a lien beside another set's lien",
  "a lien beside the same set's lien",
  "a cut that is capped, because much is held already",
  "a slash of all that a pool has left",
  "a slash of an operator that has ended its registration",
  "a slash of what was leaving",
  "a slash that finds an empty pool",
  "a self-slash",
  "a veto in the last second",
  "a veto that frees what would have left",
  "a veto for an earlier registration",
  "a veto that gives to matured shares",
  "a final in its first second",
  "a final more than four buckets late",
  "a withdrawal paid a second time",
  "a withdrawal that pays nothing",
  "an exit passed on while a lien is open",
  "an exit passed on to a record that was paid",
  "a cancelled exit while a lien is open",
  "a return after leaving",
  "an order while a lien of the set is open",
  "a reward for many pools",
  "a reward of all that a token may ever be",
  "a reward that some AVS's other one ends with",
  "a reward for a pool of which a slash has left nothing",
  "a reward while a lien is open",
  "a reward of which an operator takes a part",
  "a raise of a commission that is dropped",
  "a pool that its last staker leaves while a reward streams",
  "a claim for another owner",
  "a claim under a lien",
  "a claim of what was earned before all was slashed",
  "a claim of who has left",
  "a commission that is paid",
  "a reclaim of what streamed to nobody",
  "a reclaim while the pool is still empty",
  "a reclaim in the second in which the stream ends",
] as const;

/** One of them. */
export type Situation = (typeof SITUATIONS)[number];

/** How often which situation was met. */
export class Situations {
  private readonly counts = new Map<Situation, number>();

  note(situation: Situation, isMet = true): void {
    if (isMet) this.counts.set(situation, (this.counts.get(situation) ?? 0) + 1);
  }

  missing(): Situation[] {
    return SITUATIONS.filter((situation) => !this.counts.has(situation));
  }

  table(): string {
    const rows = SITUATIONS.map((situation) => [situation, this.counts.get(situation) ?? 0]);
    return formatTable(["situation", "met"], rows);
  }
}
