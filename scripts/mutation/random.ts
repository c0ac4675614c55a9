/** Draws from a list by a seed (mulberry32): the same seed, list and number draw the same. */
export function drawn<T>(from: readonly T[], count: number, seed: number): T[] {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const rest = [...from];
  const result: T[] = [];
  while (result.length < count && rest.length > 0) result.push(...rest.splice(Math.floor(next() * rest.length), 1));
  return result;
}
