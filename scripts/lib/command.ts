import { type Command, CommanderError } from "commander";
import { runScript } from "./errors";

/**
 * Runs the body of a command-line script once its options are read.
 *
 * @param command Says what options there are.
 * @param main What the script does; its result tells whether it passed.
 */
export function runCommand(command: Command, main: () => Promise<boolean> | boolean): void {
  runScript(() => {
    try {
      command.exitOverride().parse();
    } catch (error) {
      // commander has printed its sentence, or the help that was asked for.
      if (error instanceof CommanderError) return error.exitCode === 0;
      throw error;
    }
    return main();
  });
}
