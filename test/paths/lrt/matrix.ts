import { Matrix } from "../matrix";
import { type Cell, SPACE } from "./dimensions";
import { RULES } from "./rules";

/** The paths of stake that is held through the liquid restaking token. */
export const TOKEN_PATHS = new Matrix<Cell>({
  space: SPACE,
  rules: RULES,
  products: [
    ["place", "deed", "outcome"],
    ["place", "outcome", "loss"],
  ],
  file: "test/paths/lrt/cells.txt",
  floor: 400,
});
