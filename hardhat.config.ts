import "@nomicfoundation/hardhat-toolbox";
import { extendEnvironment, type HardhatUserConfig } from "hardhat/config";
import { readEnvironment, silencePrompts } from "./scripts/lib/environment";
import { UserError } from "./scripts/lib/errors";
import { OPTIMIZER_RUNS, SOLC_VERSION, useInstalledCompiler } from "./scripts/lib/solc";
import "./scripts/tasks/deploy";
import "./scripts/tasks/life";
import "./scripts/tasks/lrt";
import "./scripts/tasks/rewards";

const environment = readEnvironment();

/** Stands for "no endpoint given": nothing listens there, and `extendEnvironment` below stops before it is called. */
const NO_ENDPOINT = "http://127.0.0.1:9";

// The tracer wraps the provider and slows every call, so it is loaded only where traces are asked for.
if (environment.TRACE || process.argv.includes("--trace")) require("hardhat-tracer");

silencePrompts();
useInstalledCompiler();

extendEnvironment((hre) => {
  const { name } = hre.network;
  const endpoints: Readonly<Record<string, string | undefined>> = {
    MAINNET_RPC_URL: environment.MAINNET_RPC_URL,
    SEPOLIA_RPC_URL: environment.SEPOLIA_RPC_URL,
  };
  const variable = `${name.toUpperCase()}_RPC_URL`;
  if (variable in endpoints && endpoints[variable] === undefined) {
    throw new UserError(`The network ${name} needs the environment variable ${variable}.`);
  }
});

const accounts = environment.DEPLOYER_PRIVATE_KEY === undefined ? [] : [environment.DEPLOYER_PRIVATE_KEY];

// Instrumented for coverage, or holding variants, the Slasher with both ledgers takes more gas to create than one
// transaction may use since osaka; what the contracts do is the same under both.
const isInstrumented = environment.SOLIDITY_COVERAGE || environment.VARIANTS !== undefined;
const hardfork = isInstrumented ? "prague" : environment.HARDFORK;

// Variants make contracts larger; a variant that never ends costs the gas of a block each time.
const limits =
  environment.VARIANTS === undefined
    ? { allowUnlimitedContractSize: false }
    : { allowUnlimitedContractSize: true, blockGasLimit: 80_000_000, gas: 40_000_000 };

const networks = {
  hardhat: { hardfork, ...limits },
  localhost: { url: environment.LOCALHOST_RPC_URL },
  sepolia: { url: environment.SEPOLIA_RPC_URL ?? NO_ENDPOINT, chainId: 11_155_111, accounts },
  mainnet: { url: environment.MAINNET_RPC_URL ?? NO_ENDPOINT, chainId: 1, accounts },
};

// Hardhat answers a mistyped network with a stack trace where it takes the machine for a CI server.
const [, asked] = process.argv.slice(process.argv.indexOf("--network"));
if (process.argv.includes("--network") && asked !== undefined && !(asked in networks)) {
  throw new UserError(`There is no network ${asked}: choose one of ${Object.keys(networks).join(", ")}.`);
}

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
  networks,
  // Coverage compiles instrumented sources; on paths of its own they can never be taken for the real ones.
  paths: {
    ignition: "deploy",
    ...(environment.SOLIDITY_COVERAGE && { artifacts: "artifacts-coverage", cache: "cache-coverage" }),
    ...(environment.VARIANTS !== undefined && { artifacts: environment.VARIANTS }),
  },
  typechain: { outDir: "typechain-types", target: "ethers-v6", dontOverrideCompile: environment.SOLIDITY_COVERAGE },
  mocha: {
    timeout: 120_000,
    reporter: require.resolve("./scripts/lib/reporter"),
  },
  gasReporter: { enabled: environment.REPORT_GAS, offline: true, currency: "ETH" },
  etherscan: { apiKey: environment.ETHERSCAN_API_KEY ?? "" },
};

export default config;
