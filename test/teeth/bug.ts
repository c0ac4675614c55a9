/** Who must notice a bug. */
export type Catcher =
  | { readonly runner: "mocha"; readonly suite: string; readonly test: string }
  | { readonly runner: "paths"; readonly suite: string; readonly test: string }
  | { readonly runner: "forge"; readonly suite: string; readonly test: string };

/** A mistake that is put into the contracts, to see whether the tests notice it. */
export interface Bug {
  readonly title: string;
  /** What it breaks: the number of an invariant in docs/INVARIANTS.md, or a family of paths. */
  readonly breaks: string;
  readonly file: string;
  /** A text that stands in the file exactly once, in one function. */
  readonly original: string;
  /** What stands in its place; may be empty. */
  readonly planted: string;
  readonly caughtBy: Catcher;
}

/**
 * Caught by a test.
 *
 * @param suite Its file.
 * @param test The last words of its title, with all that it is described by.
 */
export function mocha(suite: string, test: string): Catcher {
  return { runner: "mocha", suite, test };
}

/**
 * Caught by at least one of some paths.
 *
 * @param words What their titles match, as for `npm run paths -- --grep`.
 */
export function paths(words: string): Catcher {
  return { runner: "paths", suite: "test/paths/paths.test.ts", test: words };
}

/**
 * Caught by at least one of some paths through the liquid restaking token.
 *
 * @param words What their titles match, as for `npm run paths:lrt -- --grep`.
 */
export function tokenPaths(words: string): Catcher {
  return { runner: "paths", suite: "test/paths/lrt/paths.test.ts", test: words };
}

/**
 * Caught by the random calls of a set-up of `test/invariant`.
 *
 * @param test How what is violated begins, such as "H2", or "T1|T3" where the calls may meet one harm or the other first.
 */
export function forge(suite: string, test: string): Catcher {
  return { runner: "forge", suite, test };
}
