import type { ErrorDescription, Interface } from "ethers";

/** Why the contracts refused a call: the name of the error and its arguments. */
export type Refusal = ErrorDescription;

/** Reads a custom error of `errors`; anything else is no refusal but a fault, and is thrown on. */
export function revertReason(error: unknown, errors: Interface): Refusal {
  const data = revertData(error);
  const refusal = data === undefined ? null : errors.parseError(data);
  if (refusal === null) throw error;
  return refusal;
}

/** The bytes that a call reverted with; nodes nest them at different depths. */
function revertData(error: unknown): string | undefined {
  if (typeof error === "string") return error.startsWith("0x") ? error : undefined;
  if (typeof error !== "object" || error === null || !("data" in error)) return undefined;
  return revertData(error.data);
}
