import {
  TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD,
  TASK_COMPILE_SOLIDITY_LOG_COMPILATION_ERRORS,
  TASK_COMPILE_SOLIDITY_LOG_COMPILATION_RESULT,
} from "hardhat/builtin-tasks/task-names";
import { subtask } from "hardhat/config";
import type { CompilerOutput, SolcBuild } from "hardhat/types";
import { version as installedVersion } from "solc/package.json";

/** The one compiler version of the repository: every pragma names it exactly. */
export const SOLC_VERSION = "0.8.30";

/**
 * The optimizer's estimate of how often code runs in its life: higher makes calls cheaper and code larger.
 * `npm run sizes` holds every contract under its limit of bytes, `npm run gas` every call under its budget.
 */
export const OPTIMIZER_RUNS = 200;

/** Full version with the commit, as it is recorded in the build info and used to verify sources. */
const SOLC_LONG_VERSION = "0.8.30+commit.73712a01";

/** "Transient storage … can break the composability": given for every use, so it says nothing about this one. */
const TRANSIENT_STORAGE_WARNING = "2394";

/** What the compiler says besides its output; Hardhat's own type leaves it out. */
interface CompilerMessages {
  readonly errors?: readonly { readonly errorCode?: string }[] | undefined;
}

/**
 * Makes Hardhat compile with the compiler of the npm package `solc` instead of downloading one: the lock file
 * then pins the compiler like everything else, and a build needs no network.
 */
export function useInstalledCompiler(): void {
  subtask(
    TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD,
    ({ solcVersion }: { readonly solcVersion: string }): Promise<SolcBuild> => {
      if (solcVersion !== SOLC_VERSION || installedVersion !== SOLC_VERSION) {
        throw new Error(`Sources ask for solc ${solcVersion}, but only solc ${installedVersion} is installed.`);
      }
      return Promise.resolve({
        version: SOLC_VERSION,
        longVersion: SOLC_LONG_VERSION,
        compilerPath: require.resolve("solc/soljson.js"),
        isSolcJs: true,
      });
    },
  );
  subtask(
    TASK_COMPILE_SOLIDITY_LOG_COMPILATION_ERRORS,
    async ({ output, ...rest }: { readonly output: CompilerOutput & CompilerMessages }, _hre, runSuper) => {
      const errors = output.errors?.filter(({ errorCode }) => errorCode !== TRANSIENT_STORAGE_WARNING);
      await runSuper({ ...rest, output: { ...output, errors } });
    },
  );
  subtask(
    TASK_COMPILE_SOLIDITY_LOG_COMPILATION_RESULT,
    async ({ quiet }: { readonly quiet: boolean }, _hre, runSuper) => {
      // Hardhat hands this on and does not look at it; commands that print data depend on it.
      if (!quiet) await runSuper();
    },
  );
}
