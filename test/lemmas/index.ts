import { type Lemma } from "./algebra";
import { ALLOCATIONS } from "./allocations";
import { BUCKETS } from "./buckets";
import { BUDGET } from "./budget";
import { LRT } from "./lrt";
import { REWARDS } from "./rewards";
import { ROUNDING } from "./rounding";
import { SLASHES } from "./slashes";
import { SLOTS } from "./slots";

/** All lemmas, in the order in which they are proved. */
export const LEMMAS: readonly Lemma[] = [
  ...ROUNDING,
  ...SLASHES,
  ...ALLOCATIONS,
  ...BUCKETS,
  ...BUDGET,
  ...SLOTS,
  ...REWARDS,
  ...LRT,
];
