/** The behaviours of HostileToken, in the order of its enum. */
export enum Behaviour {
  Honest,
  FeeOnTransfer,
  ReturnsFalse,
  ReturnsNothing,
  MovesNothing,
  DeliversMore,
  ReturnBomb,
  Reverts,
  RevertBomb,
  GasBomb,
}
