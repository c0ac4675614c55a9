/** Something of the contracts that is not as the model says. */
export class Disagreement extends Error {}
