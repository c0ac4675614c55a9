import { TASK_COMPILE } from "hardhat/builtin-tasks/task-names";
import { task } from "hardhat/config";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { readEnvironment } from "../lib/environment";
import { UserError } from "../lib/errors";
import type * as LifeModule from "../life";

/** Prints nothing, and leaves the committed types as they are. */
const QUIETLY = { quiet: true, noTypechain: true };

interface LifeArguments {
  readonly json: boolean;
  readonly trace: boolean;
}

task("life", "Lives through the life of a restaking protocol on a chain in this process, and checks every unit")
  .addFlag("json", "print the story as data, and nothing else")
  .addFlag("trace", "print what the contracts call of each other at every step")
  .setAction(async ({ json, trace }: LifeArguments, hre) => {
    if (hre.network.name !== "hardhat") {
      throw new UserError("life runs on a chain in its own process: leave out --network.");
    }
    if (json && trace) throw new UserError("--json prints data only: leave out either --json or --trace.");
    process.exitCode = json ? await tellAsData(hre) : await tellPeople(hre, trace);
  });

/** Loads the story, which needs Hardhat itself: while the configuration is read, that is not there yet. */
function loadLife(): typeof LifeModule {
  return require("../life") as typeof LifeModule;
}

async function tellPeople(hre: HardhatRuntimeEnvironment, trace: boolean): Promise<number> {
  const { exitCodeOf, Printer, runLife } = loadLife();
  const print = (line: string): void => {
    console.log(line);
  };
  process.stdout.once("error", leaveWithReader);
  const printer = new Printer(print, process.stdout.isTTY && !readEnvironment().NO_COLOR);
  printer.header();
  if ((await hre.artifacts.getArtifactPaths()).length === 0) print("\nCompiling the contracts, this once ...");
  await hre.run(TASK_COMPILE, QUIETLY);
  const { checks } = await runLife({ listener: printer, trace });
  printer.checks(checks);
  printer.footer();
  return exitCodeOf(checks);
}

async function tellAsData(hre: HardhatRuntimeEnvironment): Promise<number> {
  const { exitCodeOf, runLife, SILENCE, toData } = loadLife();
  await hre.run(TASK_COMPILE, QUIETLY);
  const life = await runLife({ listener: SILENCE });
  const text = `${JSON.stringify(toData(life), undefined, 2)}\n`;
  // Hardhat ends the process when the task is done, whether all of it has reached a pipe or not.
  await new Promise((resolve) => process.stdout.write(text, resolve));
  return exitCodeOf(life.checks);
}

/** Who reads the beginning only, as `head` does, closes the pipe: then there is nobody left to tell. */
function leaveWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
}
