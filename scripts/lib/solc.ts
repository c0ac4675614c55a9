import { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } from "hardhat/builtin-tasks/task-names";
import { subtask } from "hardhat/config";
import type { SolcBuild } from "hardhat/types";
import { version as installedVersion } from "solc/package.json";

/** The one compiler version of the repository: every pragma names it exactly. */
export const SOLC_VERSION = "0.8.30";

/** Full version with the commit, as it is recorded in the build info and used to verify sources. */
const SOLC_LONG_VERSION = "0.8.30+commit.73712a01";

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
}
