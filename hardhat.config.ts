import "@nomicfoundation/hardhat-toolbox";
import { extendEnvironment, type HardhatUserConfig } from "hardhat/config";
import { readEnvironment, silencePrompts } from "./scripts/lib/environment";
import { UserError } from "./scripts/lib/errors";
import { OPTIMIZER_RUNS, SOLC_VERSION, useInstalledCompiler } from "./scripts/lib/solc";
import "./scripts/tasks/life";

const environment = readEnvironment();

/** Stands for "no endpoint given": nothing listens there, and `extendEnvironment` below stops before it is called. */
const NO_ENDPOINT = "http://127.0.0.1:9";

// The tracer wraps the provider and slows every call, so it is loaded only where traces are asked for.
if (environment.TRACE || process.argv.includes("--trace")) require("hardhat-tracer");

silencePrompts();
useInstalledCompiler();

extendEnvironment((hre) => {
  if (hre.network.name !== "sepolia") return;
  if (environment.SEPOLIA_RPC_URL === undefined) {
    throw new UserError("The network sepolia needs the environment variable SEPOLIA_RPC_URL.");
  }
});

const config: HardhatUserConfig = {
  solidity: {
    version: SOLC_VERSION,
    settings: {
      evmVersion: "cancun",
      optimizer: { enabled: true, runs: OPTIMIZER_RUNS },
      viaIR: false,
      // Without the hash of the metadata, equal sources give equal code whoever compiles them.
      metadata: { bytecodeHash: "none" },
      outputSelection: { "*": { "*": ["storageLayout"] } },
    },
  },
  networks: {
    hardhat: { hardfork: environment.HARDFORK, allowUnlimitedContractSize: false },
    localhost: { url: "http://127.0.0.1:8545" },
    sepolia: {
      url: environment.SEPOLIA_RPC_URL ?? NO_ENDPOINT,
      chainId: 11_155_111,
      accounts: environment.DEPLOYER_PRIVATE_KEY === undefined ? [] : [environment.DEPLOYER_PRIVATE_KEY],
    },
  },
  // Coverage compiles instrumented sources; on paths of its own they can never be taken for the real ones.
  paths: environment.SOLIDITY_COVERAGE
    ? { ignition: "deploy", artifacts: "artifacts-coverage", cache: "cache-coverage" }
    : { ignition: "deploy" },
  typechain: { outDir: "typechain-types", target: "ethers-v6", dontOverrideCompile: environment.SOLIDITY_COVERAGE },
  mocha: {
    timeout: 120_000,
    reporter: require.resolve("./scripts/lib/reporter"),
  },
  gasReporter: { enabled: environment.REPORT_GAS, offline: true, currency: "ETH" },
  etherscan: { apiKey: environment.ETHERSCAN_API_KEY ?? "" },
};

export default config;
