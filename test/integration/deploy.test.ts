import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, parseEther, Wallet, ZeroAddress } from "ethers";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import hre, { ethers } from "hardhat";
import { z } from "zod";
import { loadConfiguration } from "../../deploy/config/load";
import { parseConfiguration } from "../../deploy/config/schema";
import { connect, CONTRACTS, deployBulkhead } from "../../deploy/deploy";
import { ROLES } from "../../deploy/modules/01-access";
import { type DeploymentParameters, guardedUntilOf } from "../../deploy/parameters";
import { verifyDeployment } from "../../deploy/verify";
import type { Anvil } from "../../scripts/lib/anvil";
import { UserError } from "../../scripts/lib/errors";
import { filesBelow, ROOT } from "../../scripts/lib/files";
import { type Chain, launchChain } from "../helpers/chain";
import { type CommandResult, runHardhat, startHardhat } from "../helpers/command";
import { deployProtocol } from "../helpers/protocol";
import { namedSigners } from "../helpers/signers";

/** Most gas that a transaction may have since the hardfork osaka. */
const MAX_TRANSACTION_GAS = 2n ** 24n;

/** The accounts that anvil and Hardhat fund, and the key of the second one. */
const DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const SECOND_KEY = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";

const WETH_ON_SEPOLIA = "0xfFf9976782d46CC05630D1f6eBAb18b2324d6B14";

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);

/** What `deploy --json` prints. */
const deploymentSchema = z.strictObject({
  network: z.string(),
  chainId: z.int(),
  deployer: address,
  contracts: z.strictObject({
    AccessManager: address,
    LaunchGuard: address,
    RewardsDeployer: address,
    Slasher: address,
    StakeManager: address,
    AllocationManager: address,
    RewardsDistributor: address,
    RewardSplits: address,
  }),
  parameters: z.looseObject({ exitDelay: z.int(), guardedUntil: z.int() }),
});

const checkSchema = z.strictObject({
  ok: z.boolean(),
  checks: z.array(z.strictObject({ what: z.string(), expected: z.string(), found: z.string(), ok: z.boolean() })),
});

/** Ends all chains and forgets what was recorded of them. */
const endings: (() => Promise<void>)[] = [];

async function startChain(...args: readonly string[]): Promise<Chain> {
  const chain = await launchChain(...args);
  endings.push(async () => chain.end());
  return chain;
}

/** Everything by which a transaction would show. */
async function stateOf({ provider, deployment }: Chain) {
  const journal = join(ROOT, "deploy/deployments", deployment, "journal.jsonl");
  return {
    nonce: await provider.getTransactionCount(DEPLOYER),
    block: await provider.getBlockNumber(),
    journal: existsSync(journal) ? readFileSync(journal, "utf8") : "",
  };
}

function parseDeployment({ stdout, stderr, code }: CommandResult) {
  expect(code, stderr).to.equal(0);
  return deploymentSchema.parse(JSON.parse(stdout));
}

/** Asserts that a command ended with one sentence, and without a stack trace. */
function expectMistake({ code, stdout, stderr }: CommandResult, sentence: string | RegExp): void {
  expect(code, stderr).to.equal(1);
  const lines = stderr.split("\n").filter((line) => line.includes("Error in plugin bulkhead: "));
  expect(lines, stderr).to.have.lengthOf(1);
  const said = lines.join("").replace("Error in plugin bulkhead: ", "");
  if (typeof sentence === "string") expect(said).to.equal(sentence);
  else expect(said).to.match(sentence);
  expect(`${stdout}${stderr}`).not.to.match(/\n\s+at /);
}

/** Accounts with one role each, and notice for the two that need it. */
async function deployWithRoles() {
  const actors = await namedSigners("deployer", "admin", "launcher", "guardian", "stranger");
  const { deployer, admin, launcher, guardian } = actors;
  const token = await ethers.deployContract("MockERC20", ["Token", "TOK", 18]);
  const asset = await token.getAddress();
  const startBlock = await ethers.provider.getBlockNumber();
  const parameters: DeploymentParameters = {
    exitDelay: 120,
    guardedUntil: (await time.latest()) + 3600,
    admin: { account: admin.address, delay: 300 },
    launch: { accounts: [launcher.address], delay: 60 },
    guardian: { accounts: [guardian.address] },
    caps: [{ asset, cap: "1000" }],
  };
  const addresses = await deployBulkhead(hre, parameters);
  const contracts = await connect(hre, addresses);
  const expectation = { addresses, parameters, deployer: deployer.address, startBlock };
  return { ...contracts, ...actors, asset, expectation };
}

describe("deploy", () => {
  after(async () => {
    await Promise.all(endings.map((end) => end()));
  });

  for (const hardfork of ["prague", "osaka"] as const) {
    describe(`when a separate chain has the hardfork ${hardfork}`, () => {
      it("deploys everything by seven transactions, each below the limit of gas", async () => {
        const chain = await startChain("--hardfork", hardfork);
        const { contracts, deployer } = parseDeployment(await chain.run("deploy", "--json"));
        expect(deployer).to.equal(DEPLOYER);
        const { provider } = chain;
        for (const name of CONTRACTS) expect(await provider.getCode(contracts[name]), name).not.to.equal("0x");
        const state = await stateOf(chain);
        expect(state).to.include({ nonce: 7, block: 7 });
        for (let number = 1; number <= state.block; number++) {
          const block = await provider.getBlock(number, true);
          for (const { gasLimit } of block?.prefetchedTransactions ?? []) {
            expect(gasLimit).to.be.lessThan(MAX_TRANSACTION_GAS);
          }
        }
      });
    });

    describe(`when the chain in the process has the hardfork ${hardfork}`, () => {
      it("deploys the same contracts", async () => {
        const { contracts } = parseDeployment(await runHardhat(["deploy", "--json"], { HARDFORK: hardfork }));
        expect(Object.keys(contracts)).to.deep.equal([...CONTRACTS]);
      });
    });
  }

  describe("when it has deployed", () => {
    let chain: Chain;
    let first: CommandResult;

    before(async () => {
      chain = await startChain();
      first = await chain.run("deploy", "--json");
    });

    it("created the ledgers only after the deployer's power was gone", async () => {
      const { contracts } = parseDeployment(first);
      const { provider } = chain;
      const { accessManager } = await connect(hre, contracts);
      const manager = accessManager.connect(provider);
      expect(await manager.hasRole(ROLES.ADMIN, DEPLOYER, { blockTag: 2 })).to.deep.equal([true, 0n]);
      expect(await manager.hasRole(ROLES.ADMIN, DEPLOYER, { blockTag: 3 })).to.deep.equal([false, 0n]);
      expect(await provider.getCode(contracts.StakeManager, 4)).to.equal("0x");
      expect(await provider.getCode(contracts.StakeManager, 5)).not.to.equal("0x");
    });

    it("is what the repository says", async () => {
      const { code, stdout, stderr } = await chain.run("deploy:check", "--json");
      expect(code, stderr).to.equal(0);
      const { ok, checks } = checkSchema.parse(JSON.parse(stdout));
      expect(checks).to.have.lengthOf.greaterThan(25);
      expect({ ok, failed: checks.filter((check) => !check.ok) }).to.deep.equal({ ok: true, failed: [] });
    });

    it("changes nothing when it runs again", async () => {
      const before = await stateOf(chain);
      const again = await chain.run("deploy", "--json");
      expect(parseDeployment(again)).to.deep.equal(parseDeployment(first));
      expect(again.stdout).to.equal(first.stdout);
      expect(again.stderr).to.include("Nothing changed");
      expect(await stateOf(chain)).to.deep.equal(before);
    });
  });

  describe("when a run is interrupted", () => {
    it("goes on where it stopped, and sends nothing twice", async () => {
      const chain = await startChain("--no-mining");
      const { provider, anvil, deployment } = chain;
      const args = ["deploy", "--network", "localhost", "--deployment", deployment, "--json"];
      const running = startHardhat(args, { LOCALHOST_RPC_URL: anvil.url });
      while ((await provider.getTransactionCount(DEPLOYER, "pending")) === 0) await sleep(50);
      // The hash must have come back, or Ignition cannot know whether it has sent the transaction.
      const journal = join(ROOT, "deploy/deployments", deployment, "journal.jsonl");
      while (!readFileSync(journal, "utf8").includes("TRANSACTION_SEND")) await sleep(50);
      running.kill();
      await running.ended;
      await provider.send("evm_setAutomine", [true]);
      await provider.send("anvil_mine", ["0x1"]);
      parseDeployment(await chain.run("deploy", "--json"));
      expect(await provider.getTransactionCount(DEPLOYER)).to.equal(7);
    });
  });

  describe("when a mistake is made", () => {
    let local: Chain;
    let sepolia: Chain;
    let folder: string;

    before(async () => {
      [local, sepolia] = await Promise.all([startChain(), startChain("--chain-id", "11155111")]);
      folder = mkdtempSync(join(tmpdir(), "bulkhead-deploy-"));
      endings.push(() => {
        rmSync(folder, { recursive: true, force: true });
        return Promise.resolve();
      });
      parseDeployment(await local.run("deploy", "--json"));
      await runMistakes();
    });

    /** A file with the local configuration, changed. */
    function configurationFile(name: string, change: object): string {
      const file = join(folder, name);
      const parsed: unknown = JSON.parse(readFileSync(join(ROOT, "deploy/config/localhost.json"), "utf8"));
      writeFileSync(file, JSON.stringify({ ...z.record(z.string(), z.unknown()).parse(parsed), ...change }));
      return file;
    }

    function deploySepolia(variables: Readonly<Record<string, string>>): Promise<CommandResult> {
      const args = ["deploy", "--network", "sepolia", "--deployment", sepolia.deployment, "--json"];
      return runHardhat(args, { SEPOLIA_RPC_URL: sepolia.anvil.url, ...variables });
    }

    const deployTo = (network: string, variables = {}, ...args: readonly string[]): Promise<CommandResult> =>
      runHardhat(["deploy", "--network", network, ...args], variables);
    const at = (anvil: Anvil) => ({
      LOCALHOST_RPC_URL: anvil.url,
      SEPOLIA_RPC_URL: anvil.url,
      MAINNET_RPC_URL: anvil.url,
    });
    const nowhere = { LOCALHOST_RPC_URL: "http://127.0.0.1:9", SEPOLIA_RPC_URL: "http://127.0.0.1:9/key" };

    /** Commands that change nothing, and the sentence of each. */
    const mistakes: readonly (readonly [what: string, run: () => Promise<CommandResult>, sentence: () => string])[] = [
      [
        "the network is unknown",
        () => deployTo("seplia"),
        () => "There is no network seplia: choose one of hardhat, localhost, sepolia, mainnet.",
      ],
      [
        "no variable names the endpoint",
        () => deployTo("sepolia"),
        () => "The network sepolia needs the environment variable SEPOLIA_RPC_URL.",
      ],
      [
        "no node answers",
        () => deployTo("localhost", nowhere),
        () => "No node answers for the network localhost at http://127.0.0.1:9.",
      ],
      [
        // The address of an endpoint on the internet may hold a key.
        "no node answers at an address that may be secret",
        () => deployTo("sepolia", nowhere),
        () => "No node answers for the network sepolia.",
      ],
      [
        "the local chain has another id",
        () => deployTo("localhost", at(sepolia.anvil)),
        () =>
          `The node of the network localhost at ${sepolia.anvil.url} is on chain 11155111, ` +
          "but the configuration is for 31337.",
      ],
      [
        "the public chain has another id",
        () => deployTo("sepolia", at(local.anvil)),
        () => "The node of the network sepolia is on chain 31337, but the configuration is for 11155111.",
      ],
      [
        "the key is missing",
        () => deployTo("sepolia", at(sepolia.anvil)),
        () => "The network sepolia needs the environment variable DEPLOYER_PRIVATE_KEY.",
      ],
      [
        "a delay is out of bounds",
        () => local.run("deploy", "--configuration", configurationFile("bounds.json", { exitDelay: 112 })),
        () =>
          `${join(folder, "bounds.json")}: exitDelay is 112, but must be a multiple of 8 seconds ` +
          "from 120 (2 minutes) to 4838400 (56 days).",
      ],
      [
        "there is no such configuration",
        () => local.run("deploy", "--configuration", "nowhere.json"),
        () => "There is no configuration nowhere.json for the network localhost.",
      ],
      [
        "mainnet has no accounts yet",
        () => deployTo("mainnet", at(local.anvil)),
        () =>
          "deploy/config/mainnet.json: admin.account is null, " +
          'but must be an address that is not zero, or "deployer".',
      ],
      [
        "the configuration differs from what was deployed",
        () => local.run("deploy", "--configuration", configurationFile("other.json", { exitDelay: 3600 })),
        () =>
          `exitDelay was 1209600 when deploy/deployments/${local.deployment} was deployed, ` +
          "and is 3600 now: name the file that it was deployed from by --configuration, or deploy anew by --deployment with another name.",
      ],
      [
        "a deployment belongs to another network",
        () =>
          deployTo(
            "sepolia",
            { ...at(sepolia.anvil), DEPLOYER_PRIVATE_KEY: SECOND_KEY },
            "--deployment",
            local.deployment,
          ),
        () => `deploy/deployments/${local.deployment} is a deployment on the network localhost, not sepolia.`,
      ],
      [
        "the name of a deployment leads elsewhere",
        () => deployTo("localhost", at(local.anvil), "--deployment", "../elsewhere"),
        () => 'The name of a deployment has letters, digits, - and _ only, which "../elsewhere" has not.',
      ],
      [
        "there is nothing to be checked",
        () => runHardhat(["deploy:check", "--deployment", "localhost-test-none"]),
        () => "There is no whole deployment in deploy/deployments/localhost-test-none.",
      ],
    ];

    const results = new Map<string, CommandResult>();

    /** Runs them two at a time: each spends most of its time loading. */
    async function runMistakes(): Promise<void> {
      const waiting = [...mistakes];
      const work = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const [what, run] = next;
          results.set(what, await run());
        }
      };
      await Promise.all([work(), work()]);
    }

    for (const [what, , sentence] of mistakes) {
      it(`says that ${what}`, () => {
        const result = results.get(what);
        if (result === undefined) throw new Error("It did not run.");
        expectMistake(result, sentence());
      });
    }

    it("says that the deployer has no funds", async () => {
      await sepolia.provider.send("anvil_setCode", [WETH_ON_SEPOLIA, "0x00"]);
      const wallet = Wallet.createRandom();
      expectMistake(
        await deploySepolia({ DEPLOYER_PRIVATE_KEY: wallet.privateKey }),
        new RegExp(
          `^The deployer ${wallet.address} has 0.0 ETH on the network sepolia, ` +
            "but the deployment may cost up to 0\\.\\d+ ETH\\.$",
        ),
      );
      await sepolia.provider.send("anvil_setCode", [WETH_ON_SEPOLIA, "0x"]);
    });

    it("says that a capped asset is no contract, and deploys where it is one", async () => {
      const variables = { DEPLOYER_PRIVATE_KEY: SECOND_KEY };
      expectMistake(
        await deploySepolia(variables),
        `caps[0].asset is ${WETH_ON_SEPOLIA}, where the network sepolia has no contract.`,
      );
      await sepolia.provider.send("anvil_setCode", [WETH_ON_SEPOLIA, "0x00"]);
      const { contracts, deployer } = parseDeployment(await deploySepolia(variables));
      const { accessManager, launchGuard } = await connect(hre, contracts);
      expect(await launchGuard.connect(sepolia.provider).capOf(WETH_ON_SEPOLIA)).to.equal(parseEther("1000"));
      // The configuration names the deployer, who keeps the role, with its notice.
      const [isAdmin, delay] = await accessManager.connect(sepolia.provider).hasRole(ROLES.ADMIN, deployer);
      expect([isAdmin, delay]).to.deep.equal([true, 300n]);
    });

    it("tells code that was changed from code that was compiled", async () => {
      const { contracts } = parseDeployment(await local.run("deploy", "--json"));
      const { provider } = local;
      const code = await provider.getCode(contracts.Slasher);
      await provider.send("anvil_setCode", [contracts.Slasher, `${code.slice(0, -2)}00`]);
      const checked = await local.run("deploy:check");
      expectMistake(checked, /^1 of \d+ checks failed\.$/);
      expect(checked.stdout).to.match(/code of Slasher +│ other code +│ not as compiled/);
      await provider.send("anvil_setCode", [contracts.Slasher, code]);
    });

    it("deploys again where a local chain was started anew, instead of trusting the record of the old one", async () => {
      // It may have begun in the same second as the old one, which makes their first blocks equal.
      const fresh = await startChain();
      const args = ["--network", "localhost", "--deployment", local.deployment, "--json"];
      const there = { LOCALHOST_RPC_URL: fresh.anvil.url };
      expectMistake(
        await runHardhat(["deploy:check", ...args], there),
        `What deploy/deployments/${local.deployment} records is not on the chain of localhost.`,
      );
      const { contracts } = parseDeployment(await runHardhat(["deploy", ...args], there));
      expect(await fresh.provider.getCode(contracts.StakeManager)).not.to.equal("0x");
    });
  });
});

describe("configuration", () => {
  const valid = {
    chainId: 31337,
    exitDelay: 120,
    guardedLaunch: { days: 1 },
    admin: { account: DEPLOYER, delay: 0 },
    launch: { accounts: ["deployer"], delay: 0 },
    guardian: { accounts: [DEPLOYER.toLowerCase()] },
    caps: [{ asset: WETH_ON_SEPOLIA, cap: "1" }],
  };

  describe("when it is one of the repository's", () => {
    for (const file of filesBelow("deploy/config", ".json").filter((path) => !path.endsWith("mainnet.json"))) {
      it(`accepts ${file}`, () => {
        const network = file.replace(/^.*\/|\.json$/g, "");
        expect(loadConfiguration(network).exitDelay % 8).to.equal(0);
      });
    }

    it("accepts mainnet's as soon as it names accounts: 14 days, and nobody is the deployer", () => {
      const raw: unknown = JSON.parse(readFileSync(join(ROOT, "deploy/config/mainnet.json"), "utf8"));
      const account = DEPLOYER;
      const { admin, launch, ...rest } = z
        .looseObject({ admin: z.looseObject({}), launch: z.looseObject({}) })
        .parse(raw);
      const named = {
        ...rest,
        admin: { ...admin, account },
        launch: { ...launch, accounts: [account] },
        guardian: { accounts: [account] },
      };
      const { exitDelay, chainId } = parseConfiguration(named, "mainnet.json");
      expect({ exitDelay, chainId }).to.deep.equal({ exitDelay: 14 * 24 * 60 * 60, chainId: 1 });
    });
  });

  describe("when an address is written in lower case", () => {
    it("writes it with its checksum", () => {
      const account = Wallet.createRandom().address;
      const { guardian } = parseConfiguration({ ...valid, guardian: { accounts: [account.toLowerCase()] } }, "file");
      expect(guardian.accounts).to.deep.equal([account]);
    });
  });

  describe("when the exit delay is at a bound", () => {
    for (const [exitDelay, allowed] of [
      [112, false],
      [120, true],
      [121, false],
      [128, true],
      [4_838_392, true],
      [4_838_400, true],
      [4_838_408, false],
    ] as const) {
      it(`${allowed ? "accepts" : "refuses"} ${exitDelay} seconds, as the core does`, () => {
        const parse = () => parseConfiguration({ ...valid, exitDelay }, "file");
        if (allowed) expect(parse().exitDelay).to.equal(exitDelay);
        else {
          expect(parse).to.throw(
            UserError,
            `file: exitDelay is ${exitDelay}, but must be a multiple of 8 seconds ` +
              "from 120 (2 minutes) to 4838400 (56 days).",
          );
        }
      });
    }
  });

  describe("when a field is not usable", () => {
    const account = 'must be an address that is not zero, or "deployer"';
    const cap = "must be a whole number of the asset's smallest units, from 1 to 2^256 - 1, in quotes";
    const refusals: readonly (readonly [change: unknown, sentence: string])[] = [
      [null, "the whole is null, but must be an object."],
      [{ ...valid, exitDelay: "120" }, 'exitDelay is "120", but must be a multiple of 8 seconds'],
      [{ ...valid, exitDelay: undefined }, "exitDelay is missing, but must be a multiple of 8 seconds"],
      [{ ...valid, chainId: 0 }, "chainId is 0, but must be a whole number above 0."],
      [{ ...valid, exitDelays: 1 }, "exitDelays is not a field of the configuration."],
      [{ ...valid, admin: { ...valid.admin, delays: 1 } }, "admin.delays is not a field of the configuration."],
      [{ ...valid, admin: { account: ZeroAddress, delay: 0 } }, `admin.account is "${ZeroAddress}", but ${account}.`],
      [{ ...valid, admin: { account: "0x12", delay: 0 } }, `admin.account is "0x12", but ${account}.`],
      [
        { ...valid, admin: { account: DEPLOYER, delay: 2_592_001 } },
        "admin.delay is 2592001, but must be a whole number of seconds from 0 to 2592000 (30 days).",
      ],
      [{ ...valid, launch: { accounts: [], delay: 0 } }, "launch.accounts is not usable, but must name at least one"],
      [
        { ...valid, guardian: { accounts: [DEPLOYER, DEPLOYER.toLowerCase()] } },
        "guardian.accounts is not usable, but must name each account once.",
      ],
      [{ ...valid, guardian: { accounts: [1] } }, `guardian.accounts[0] is 1, but ${account}.`],
      [
        { ...valid, guardedLaunch: { days: 366 } },
        "guardedLaunch.days is 366, but must be a whole number from 1 to 365.",
      ],
      [
        { ...valid, guardedLaunch: { seconds: 31_536_001 } },
        "guardedLaunch.seconds is 31536001, but must be a whole number from 1 to 31536000 (365 days).",
      ],
      [
        { ...valid, guardedLaunch: { until: "tomorrow" } },
        'guardedLaunch.until is "tomorrow", but must be a date and time such as "2030-01-31T00:00:00Z".',
      ],
      [{ ...valid, guardedLaunch: {} }, "guardedLaunch is not usable, but must have exactly one of days, seconds"],
      [
        { ...valid, guardedLaunch: { days: 1, seconds: 1 } },
        "guardedLaunch is not usable, but must have exactly one of days, seconds and until.",
      ],
      [{ ...valid, caps: [{ asset: "WETH", cap: "1" }] }, 'caps[0].asset is "WETH", but must be the address of a'],
      [{ ...valid, caps: [{ asset: WETH_ON_SEPOLIA, cap: "1.5" }] }, `caps[0].cap is "1.5", but ${cap}.`],
      [{ ...valid, caps: [{ asset: WETH_ON_SEPOLIA, cap: 1 }] }, `caps[0].cap is 1, but ${cap}.`],
      [
        { ...valid, caps: [{ asset: WETH_ON_SEPOLIA, cap: String(MaxUint256 + 1n) }] },
        `caps[0].cap is "${MaxUint256 + 1n}", but ${cap}.`,
      ],
      [{ ...valid, caps: [...valid.caps, ...valid.caps] }, "caps is not usable, but must name each asset once."],
    ];
    for (const [input, sentence] of refusals) {
      it(`says that ${sentence}`, () => {
        expect(() => parseConfiguration(input, "file")).to.throw(UserError, `file: ${sentence}`);
      });
    }

    it("says that a file is not JSON", () => {
      expect(() => loadConfiguration("localhost", join(ROOT, "LICENSE"))).to.throw(UserError, "is not JSON");
    });
  });

  describe("when the launch ends at a date", () => {
    const now = Date.parse("2030-01-01T00:00:00Z") / 1000;
    const guardedUntil = (guardedLaunch: object) =>
      guardedUntilOf(parseConfiguration({ ...valid, guardedLaunch }, "file"), now);

    it("counts days and seconds from the chain's time, and takes a date as it is", () => {
      expect(guardedUntil({ days: 2 })).to.equal(now + 172_800);
      expect(guardedUntil({ seconds: 5 })).to.equal(now + 5);
      expect(guardedUntil({ until: "2030-01-01T00:00:01Z" })).to.equal(now + 1);
      expect(guardedUntil({ until: "2031-01-01T01:00:00+01:00" })).to.equal(now + 31_536_000);
    });

    for (const until of ["2030-01-01T00:00:00Z", "2031-01-01T00:00:01Z"]) {
      it(`refuses ${until}`, () => {
        expect(() => guardedUntil({ until })).to.throw(
          UserError,
          `guardedLaunch.until is "${until}", but must be after 2030-01-01T00:00:00.000Z (the chain's time), ` +
            "by at most 365 days.",
        );
      });
    }
  });
});

describe("roles", () => {
  describe("guardian", () => {
    describe("when entry shall be closed", () => {
      it("closes and opens it at once", async () => {
        const { launchGuard, guardian } = await loadFixture(deployWithRoles);
        for (const paused of [true, false]) {
          await expect(launchGuard.connect(guardian).setEntryPaused(paused))
            .to.emit(launchGuard, "EntryPauseSet")
            .withArgs(paused);
        }
      });
    });

    describe("when it tries anything else", () => {
      it("may neither set caps nor change roles", async () => {
        const { launchGuard, accessManager, guardian, asset } = await loadFixture(deployWithRoles);
        await expect(launchGuard.connect(guardian).setCap(asset, 1n))
          .to.be.revertedWithCustomError(launchGuard, "AccessManagedUnauthorized")
          .withArgs(guardian.address);
        await expect(accessManager.connect(guardian).grantRole(ROLES.LAUNCH, guardian, 0))
          .to.be.revertedWithCustomError(accessManager, "AccessManagerUnauthorizedAccount")
          .withArgs(guardian.address, ROLES.ADMIN);
        await expect(accessManager.connect(guardian).grantRole(ROLES.GUARDIAN, guardian, 0))
          .to.be.revertedWithCustomError(accessManager, "AccessManagerUnauthorizedAccount")
          .withArgs(guardian.address, ROLES.ADMIN);
      });

      it("may not cancel what others have announced", async () => {
        const { launchGuard, accessManager, launcher, guardian, asset } = await loadFixture(deployWithRoles);
        const target = await launchGuard.getAddress();
        const data = launchGuard.interface.encodeFunctionData("setCap", [asset, 1n]);
        await accessManager.connect(launcher).schedule(target, data, 0);
        await expect(accessManager.connect(guardian).cancel(launcher, target, data))
          .to.be.revertedWithCustomError(accessManager, "AccessManagerUnauthorizedCancel")
          .withArgs(guardian.address, launcher.address, target, data.slice(0, 10));
      });
    });
  });

  for (const { role, delay } of [
    { role: "launcher", delay: 60 },
    { role: "admin", delay: 300 },
  ] as const) {
    describe(role, () => {
      async function announced() {
        const context = await deployWithRoles();
        const { accessManager, launchGuard, asset, stranger } = context;
        const data =
          role === "launcher"
            ? launchGuard.interface.encodeFunctionData("setCap", [asset, 7n])
            : accessManager.interface.encodeFunctionData("grantRole", [ROLES.GUARDIAN, stranger.address, 0]);
        const target = role === "launcher" ? launchGuard : accessManager;
        const operation = await accessManager.hashOperation(context[role], target, data);
        const send = () => context[role].sendTransaction({ to: target, data });
        return { ...context, data, target, operation, send };
      }

      describe("when nothing was announced", () => {
        it("does nothing", async () => {
          const { accessManager, operation, send } = await loadFixture(announced);
          await expect(send())
            .to.be.revertedWithCustomError(accessManager, "AccessManagerNotScheduled")
            .withArgs(operation);
        });
      });

      describe("when the notice is over", () => {
        for (const difference of [-1, 0, 1]) {
          it(`${difference < 0 ? "does nothing" : "acts"} at ${difference < 0 ? "-" : "+"} ${Math.abs(difference)} s`, async () => {
            const context = await loadFixture(announced);
            const { accessManager, launchGuard, target, data, operation, send, asset, stranger } = context;
            await accessManager.connect(context[role]).schedule(target, data, 0);
            const second = (await time.latest()) + delay + difference;
            await time.setNextBlockTimestamp(second);
            if (difference < 0) {
              await expect(send())
                .to.be.revertedWithCustomError(accessManager, "AccessManagerNotReady")
                .withArgs(operation);
            } else if (role === "launcher") {
              await expect(send()).to.emit(launchGuard, "CapSet").withArgs(asset, 7n);
            } else {
              await expect(send())
                .to.emit(accessManager, "RoleGranted")
                .withArgs(ROLES.GUARDIAN, stranger.address, 0, second, true);
            }
          });
        }
      });
    });
  }

  describe("deployer", () => {
    describe("when the configuration names another admin", () => {
      it("has no role and no power", async () => {
        const { accessManager, launchGuard, deployer, asset } = await loadFixture(deployWithRoles);
        for (const role of Object.values(ROLES)) {
          expect(await accessManager.hasRole(role, deployer)).to.deep.equal([false, 0n]);
        }
        for (const call of [
          () => launchGuard.connect(deployer).setCap(asset, 1n),
          () => launchGuard.connect(deployer).setEntryPaused(true),
        ]) {
          await expect(call())
            .to.be.revertedWithCustomError(launchGuard, "AccessManagedUnauthorized")
            .withArgs(deployer.address);
        }
        for (const call of [
          () => accessManager.connect(deployer).grantRole(ROLES.ADMIN, deployer, 0),
          () => accessManager.connect(deployer).updateAuthority(launchGuard, asset),
          () => accessManager.connect(deployer).setTargetClosed(launchGuard, true),
        ]) {
          await expect(call())
            .to.be.revertedWithCustomError(accessManager, "AccessManagerUnauthorizedAccount")
            .withArgs(deployer.address, ROLES.ADMIN);
        }
      });
    });
  });

  describe("deployment", () => {
    describe("when it is read back", () => {
      it("is what its parameters say", async () => {
        const { expectation } = await loadFixture(deployWithRoles);
        const checks = await verifyDeployment(hre, expectation);
        expect(checks.filter(({ ok }) => !ok)).to.deep.equal([]);
        expect(checks.map(({ what }) => what)).to.include.members([
          "code of StakeManager",
          "members of ADMIN",
          `LaunchGuard.capOf ${expectation.parameters.caps[0]?.asset ?? ""}`,
        ]);
      });

      it("shows every parameter that is another one", async () => {
        const { expectation, stranger } = await loadFixture(deployWithRoles);
        const { parameters } = expectation;
        const others: DeploymentParameters = {
          exitDelay: 128,
          guardedUntil: parameters.guardedUntil + 1,
          admin: { ...parameters.admin, delay: 0 },
          launch: { ...parameters.launch, accounts: [stranger.address] },
          guardian: { accounts: [...parameters.guardian.accounts, stranger.address] },
          caps: parameters.caps.map(({ asset }) => ({ asset, cap: "1" })),
        };
        const checks = await verifyDeployment(hre, { ...expectation, parameters: others });
        expect(checks.filter(({ ok }) => !ok).map(({ what }) => what)).to.deep.equal([
          ...["EXIT_DELAY", "BUCKET", "NOTICE"].map((view) => `StakeManager.${view}`),
          ...["EXIT_DELAY", "BUCKET", "NOTICE"].map((view) => `AllocationManager.${view}`),
          "StakeManager.GUARDED_UNTIL",
          ...["BUCKET", "NOTICE", "GRAIN_BITS"].map((view) => `RewardsDistributor.${view}`),
          ...parameters.caps.map(({ asset }) => `LaunchGuard.capOf ${asset}`),
          ...["ADMIN", "LAUNCH", "GUARDIAN"].map((role) => `members of ${role}`),
        ]);
      });

      it("shows who was given a role since", async () => {
        const { expectation, accessManager, admin, stranger } = await loadFixture(deployWithRoles);
        const data = accessManager.interface.encodeFunctionData("grantRole", [5n, stranger.address, 0]);
        await accessManager.connect(admin).schedule(accessManager, data, 0);
        await time.increase(300);
        await accessManager.connect(admin).grantRole(5n, stranger, 0);
        const failed = (await verifyDeployment(hre, expectation)).filter(({ ok }) => !ok);
        expect(failed).to.deep.equal([{ what: "other roles", expected: "none", found: "5", ok: false }]);
      });

      it("shows that there is no code", async () => {
        const { expectation, stranger } = await loadFixture(deployWithRoles);
        const addresses = { ...expectation.addresses, Slasher: stranger.address };
        const failed = (await verifyDeployment(hre, { ...expectation, addresses })).filter(({ ok }) => !ok);
        expect(failed.map(({ what, found }) => [what, found])).to.deep.equal([["code of Slasher", "no code"]]);
      });
    });
  });

  describe("fixture", () => {
    describe("when the guarded launch is over", () => {
      it("has the delays of the configuration", async () => {
        const { stakeManager, exitDelay, bucket, notice } = await loadFixture(deployProtocol);
        expect(await stakeManager.EXIT_DELAY()).to.equal(exitDelay);
        expect(await stakeManager.BUCKET()).to.equal(bucket);
        expect(await stakeManager.NOTICE()).to.equal(notice);
        expect(await time.latest()).to.be.at.least(await stakeManager.GUARDED_UNTIL());
      });
    });
  });
});
