import { inspect } from "node:util";
import { HardhatPluginError } from "hardhat/plugins";

/**
 * A mistake that whoever runs the command can mend: one sentence is all that is shown, never a stack trace.
 * Hardhat recognises the class, so tasks may throw it, too.
 */
export class UserError extends HardhatPluginError {
  constructor(message: string) {
    super("bulkhead", message);
    // The parent sets its own prototype, by which `instanceof` would not know this class.
    Object.setPrototypeOf(this, UserError.prototype);
  }

  /** Where Hardhat takes the machine for a CI server it also prints the whole error, after its message. */
  [inspect.custom](): string {
    return "";
  }
}

/** With this a command ends that could not check anything: "service unavailable" by sysexits.h. */
export const NOT_RUN = 69;

/** What is needed is not there, so that nothing was checked, which is no pass. */
export class NotRun extends UserError {
  /** @param reason Half a sentence without a full stop. */
  constructor(reason: string) {
    super(`NOT RUN: ${reason}. Nothing was checked.`);
    Object.setPrototypeOf(this, NotRun.prototype);
  }
}

/**
 * Runs the body of a command-line script.
 *
 * @param main What the script does; its result tells whether it passed.
 */
export function runScript(main: () => Promise<boolean> | boolean): void {
  Promise.resolve()
    .then(main)
    .then((passed) => {
      process.exitCode = passed ? 0 : 1;
    })
    .catch((error: unknown) => {
      // Anything but a UserError is a fault of the script itself, where the stack is what helps.
      console.error(error instanceof UserError ? error.message : error);
      process.exitCode = error instanceof NotRun ? NOT_RUN : 1;
    });
}
