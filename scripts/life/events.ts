/** The first of the events that a call has emitted; there is one, or the call did not do what it should. */
export function first<T>(events: readonly T[]): T {
  const [event] = events;
  if (event === undefined) throw new Error("An event that had to come did not come.");
  return event;
}
