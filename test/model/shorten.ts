/** Longest time for which a counter-example is made shorter, in milliseconds. */
const PATIENCE = 120_000;

/**
 * Leaves out ever smaller pieces of a list, as long as the rest still fails.
 *
 * @param attempt Says how much of a list it took to fail; undefined if it does not.
 */
export async function shorten<Item>(
  list: readonly Item[],
  attempt: (shorter: readonly Item[]) => Promise<readonly Item[] | undefined>,
): Promise<readonly Item[]> {
  const until = Date.now() + PATIENCE;
  let best = list;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = best.length - size; from > -size && Date.now() < until; from -= size) {
      const start = Math.max(from, 0);
      best = (await attempt([...best.slice(0, start), ...best.slice(start + size)])) ?? best;
    }
  }
  return best;
}
