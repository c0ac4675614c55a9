import { type Cell, SPACE } from "./dimensions";
import { Matrix } from "./matrix";
import { RULES } from "./rules";

/** What decides whether and how a withdrawal is reached. */
const HEART = ["place", "order", "outcome"] as const;

/** The paths of stake in the core. */
export const CORE_PATHS = new Matrix<Cell>({
  space: SPACE,
  rules: RULES,
  products: [
    [...HEART, "set"],
    [...HEART, "exit"],
  ],
  file: "test/paths/cells.txt",
  floor: 2_000,
});
