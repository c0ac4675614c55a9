import type { Bug } from "./bug";

/** Mistakes that the matrix of paths, or the reference model, must notice. */
export const PATH_BUGS: readonly Bug[] = [];
