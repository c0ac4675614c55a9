import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { Wallet } from "ethers";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import hre, { ethers } from "hardhat";
import { z } from "zod";
import { parseConfiguration } from "../../deploy/config/schema";
import { connectShared, connectToken, deployLrt } from "../../deploy/lrt";
import { LRT_ROLES } from "../../deploy/modules/04-lrt";
import type { LrtParameters } from "../../deploy/parameters";
import { checkSeeds } from "../../deploy/preflight";
import { type LrtExpectation, verifyLrt } from "../../deploy/verify-lrt";
import { UserError } from "../../scripts/lib/errors";
import { ROOT } from "../../scripts/lib/files";
import { type Chain, launchChain } from "../helpers/chain";
import type { CommandResult } from "../helpers/command";
import { deployProtocol } from "../helpers/protocol";
import { namedSigners } from "../helpers/signers";

/** Most gas that a transaction may have since the hardfork osaka. */
const MAX_TRANSACTION_GAS = 2n ** 24n;

/** The first account that anvil and Hardhat fund. */
const DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

const UNIT = 10n ** 18n;
const SEED = UNIT / 100n;

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);

/** What `deploy --json` prints of the tokens. */
const lrtSchema = z.looseObject({
  contracts: z.looseObject({ Slasher: address }),
  lrt: z.strictObject({
    accessManager: address,
    allocatorDeployer: address,
    tokens: z.strictObject({ bhWETH: address, bhRETH: address }),
  }),
});

/** A token as a configuration names it. */
function tokenOf(asset: string, symbol: string) {
  return {
    asset,
    name: `Bulkhead ${symbol.slice(2)}`,
    symbol,
    seed: String(SEED),
    feeRecipient: DEPLOYER,
    maxTotalAssets: String(100_000n * UNIT),
    performanceFeeBps: 1_000,
    exitFeeBps: 30,
    bufferBps: 500,
    operatorRiskBps: 2_000,
    serviceRiskBps: 3_000,
  };
}

function parse({ stdout, stderr, code }: CommandResult) {
  expect(code, stderr).to.equal(0);
  return lrtSchema.parse(JSON.parse(stdout));
}

/** Two assets, of which the deployer has a seed each; roles of different accounts, with notice where they can have it. */
async function deployTokens() {
  const protocol = await deployProtocol();
  const actors = await namedSigners("deployer", "owner", "curator", "warden", "stranger");
  const { deployer, owner, curator, warden } = actors;
  const startBlock = await ethers.provider.getBlockNumber();
  const assets: string[] = [];
  for (const symbol of ["WETH", "RETH"]) {
    const asset = await ethers.deployContract("MockERC20", [symbol, symbol, 18]);
    await asset.mint(deployer, SEED);
    assets.push(await asset.getAddress());
  }
  const [weth = "", reth = ""] = assets;
  const lrt: LrtParameters = {
    admin: { account: owner.address, delay: 300 },
    curator: { accounts: [curator.address], delay: 60 },
    guardian: { accounts: [warden.address] },
    tokens: [tokenOf(weth, "bhWETH"), tokenOf(reth, "bhRETH")],
  };
  const slasher = await protocol.slasher.getAddress();
  const found = await deployLrt(hre, slasher, lrt);
  const addresses = {
    Slasher: slasher,
    StakeManager: await protocol.stakeManager.getAddress(),
    AllocationManager: await protocol.allocationManager.getAddress(),
  };
  const expectation: LrtExpectation = { addresses, deployer: deployer.address, startBlock, lrt, found };
  const { accessManager } = await connectShared(hre, found);
  const contracts = await connectToken(hre, found.tokens.bhWETH ?? "");
  return { ...protocol, ...actors, ...contracts, accessManager, expectation };
}

describe("deployment of liquid restaking tokens", () => {
  describe("when a separate chain has the hardfork osaka", () => {
    let chain: Chain;
    let folder: string;
    let first: CommandResult;
    let file: string;

    before(async () => {
      chain = await launchChain("--hardfork", "osaka");
      folder = mkdtempSync(join(tmpdir(), "bulkhead-lrt-"));
      const other = await chain.provider.getSigner(1);
      const factory = (await ethers.getContractFactory("MockERC20")).connect(other);
      const tokens: ReturnType<typeof tokenOf>[] = [];
      for (const symbol of ["WETH", "RETH"]) {
        const asset = await factory.deploy(symbol, symbol, 18);
        await asset.waitForDeployment();
        await (await asset.mint(DEPLOYER, SEED)).wait();
        tokens.push(tokenOf(await asset.getAddress(), `bh${symbol}`));
      }
      const local: unknown = JSON.parse(readFileSync(join(ROOT, "deploy/config/localhost.json"), "utf8"));
      const accounts = ["0x70997970C51812dc3A010C7d01b50e0d17dc79C8"];
      const lrt = { curator: { accounts, delay: 60 }, guardian: { accounts }, tokens };
      file = join(folder, "localhost.json");
      writeFileSync(file, JSON.stringify({ ...z.record(z.string(), z.unknown()).parse(local), lrt }));
      first = await chain.run("deploy", "--json", "--configuration", file);
    });

    after(async () => {
      await chain.end();
      rmSync(folder, { recursive: true, force: true });
    });

    it("deploys one token for each asset, each transaction below the limit of gas", async () => {
      const { lrt } = parse(first);
      const { provider } = chain;
      for (const token of Object.values(lrt.tokens)) expect(await provider.getCode(token)).not.to.equal("0x");
      const last = await provider.getBlockNumber();
      for (let number = 1; number <= last; number++) {
        const block = await provider.getBlock(number, true);
        for (const { gasLimit } of block?.prefetchedTransactions ?? []) {
          expect(gasLimit).to.be.lessThan(MAX_TRANSACTION_GAS);
        }
      }
    });

    it("is what the configuration says", async () => {
      parse(first);
      const { code, stdout, stderr } = await chain.run("deploy:check", "--json", "--configuration", file);
      expect(code, stderr).to.equal(0);
      const { ok } = z.looseObject({ ok: z.boolean() }).parse(JSON.parse(stdout));
      expect(ok).to.equal(true);
    });

    it("changes nothing when it runs again", async () => {
      const before = await chain.provider.getBlockNumber();
      const again = await chain.run("deploy", "--json", "--configuration", file);
      expect(parse(again)).to.deep.equal(parse(first));
      expect(again.stderr).to.include("Nothing changed");
      expect(await chain.provider.getBlockNumber()).to.equal(before);
    });
  });

  describe("when it is read back", () => {
    it("is what its parameters say", async () => {
      const { expectation } = await loadFixture(deployTokens);
      const checks = await verifyLrt(hre, expectation);
      expect(checks.filter(({ ok }) => !ok)).to.deep.equal([]);
      expect(checks.map(({ what }) => what)).to.include.members([
        "code of bhWETH's Allocator",
        "bhRETH.EXIT_FEE_BPS",
        "bhWETH's seed is locked",
        "tokens: members of CURATOR",
        "tokens: role that may call bhRETH's Allocator.setTarget",
      ]);
    });

    it("tells a token from what all of them share, whatever its symbol is", async () => {
      const { expectation } = await loadFixture(deployTokens);
      const { addresses, lrt } = expectation;
      const symbols = ["accessManager", "AllocatorDeployer"];
      const tokens = lrt.tokens.map((token, i) => ({ ...token, symbol: symbols[i] ?? "" }));
      for (const { asset } of tokens) await (await ethers.getContractAt("MockERC20", asset)).mint(DEPLOYER, SEED);
      const found = await deployLrt(hre, addresses.Slasher, { ...lrt, tokens });
      const names = Object.values(found.tokens).map(async (token) => (await connectToken(hre, token)).token.symbol());
      expect(Object.keys(found.tokens)).to.deep.equal(symbols);
      expect(await Promise.all(names)).to.deep.equal(symbols);
    });

    it("shows every parameter that is another one", async () => {
      const { expectation, stranger } = await loadFixture(deployTokens);
      const [weth, reth] = expectation.lrt.tokens;
      if (weth === undefined || reth === undefined) throw new Error("There are two tokens.");
      const other = {
        ...weth,
        asset: reth.asset,
        name: "Other",
        seed: String(SEED + 1n),
        feeRecipient: stranger.address,
        maxTotalAssets: "1",
        performanceFeeBps: 0,
        exitFeeBps: 10,
        bufferBps: 0,
        operatorRiskBps: 1,
        serviceRiskBps: 1,
      };
      const lrt: LrtParameters = {
        admin: { ...expectation.lrt.admin, delay: 0 },
        curator: { ...expectation.lrt.curator, accounts: [stranger.address] },
        guardian: { accounts: [stranger.address] },
        tokens: [other, reth],
      };
      const failed = (await verifyLrt(hre, { ...expectation, lrt })).filter(({ ok }) => !ok).map(({ what }) => what);
      expect(failed).to.deep.equal([
        ...["name", "asset", "FEE_RECIPIENT", "MAX_TOTAL_ASSETS", "PERFORMANCE_FEE_BPS", "EXIT_FEE_BPS"].map(
          (view) => `bhWETH.${view}`,
        ),
        ...["BUFFER_BPS", "OPERATOR_RISK_BPS", "SERVICE_RISK_BPS", "DOMAIN_SEPARATOR"].map((view) => `bhWETH.${view}`),
        "bhWETH's seed is locked",
        ...["ADMIN", "CURATOR", "GUARDIAN"].map((role) => `tokens: members of ${role}`),
      ]);
    });

    it("shows that there is no code", async () => {
      const { expectation, stranger } = await loadFixture(deployTokens);
      const tokens = { ...expectation.found.tokens, bhRETH: stranger.address };
      const found = { ...expectation.found, tokens };
      const failed = (await verifyLrt(hre, { ...expectation, found })).filter(({ ok }) => !ok);
      expect(failed.map(({ what, found: verdict }) => [what, verdict])).to.deep.equal([["code of bhRETH", "no code"]]);
    });
  });

  describe("roles", () => {
    it("leave the deployer no power", async () => {
      const { accessManager, token, allocator, deployer } = await loadFixture(deployTokens);
      for (const role of Object.values(LRT_ROLES)) {
        expect(await accessManager.hasRole(role, deployer)).to.deep.equal([false, 0n]);
      }
      await expect(token.connect(deployer).setEntryPaused(true))
        .to.be.revertedWithCustomError(token, "AccessManagedUnauthorized")
        .withArgs(deployer.address);
      await expect(allocator.connect(deployer).setTarget(deployer, 1n))
        .to.be.revertedWithCustomError(allocator, "AccessManagedUnauthorized")
        .withArgs(deployer.address);
    });

    it("let the guardian pause at once, and the curator name operators after the notice", async () => {
      const { accessManager, token, allocator, curator, warden, stranger, notice } = await loadFixture(deployTokens);
      await expect(token.connect(warden).setEntryPaused(true)).to.emit(token, "EntryPauseSet").withArgs(true);
      const data = allocator.interface.encodeFunctionData("setTarget", [stranger.address, 3_000n]);
      const operation = await accessManager.hashOperation(curator, allocator, data);
      await expect(allocator.connect(curator).setTarget(stranger, 3_000n))
        .to.be.revertedWithCustomError(accessManager, "AccessManagerNotScheduled")
        .withArgs(operation);
      await accessManager.connect(curator).schedule(allocator, data, 0);
      const at = BigInt(await time.latest()) + 60n;
      await time.setNextBlockTimestamp(at);
      await expect(allocator.connect(curator).setTarget(stranger, 3_000n))
        .to.emit(allocator, "TargetScheduled")
        .withArgs(stranger, 3_000n, at + notice);
    });
  });

  describe("when a mistake is made", () => {
    it("says that the deployer lacks a seed, that it is too small, and that an asset is no token", async () => {
      const { expectation, deployer } = await loadFixture(deployTokens);
      const [first] = expectation.lrt.tokens;
      if (first === undefined) throw new Error("There are two tokens.");
      const nowhere = Wallet.createRandom().address;
      const check = async (change: object) =>
        checkSeeds(hre, { ...expectation.lrt, tokens: [{ ...first, ...change }] }, deployer.address).then(
          () => "nothing",
          (error: unknown) => (error instanceof UserError ? error.message : error),
        );
      expect(await check({})).to.equal(
        `The deployer ${deployer.address} has 0 units of ${first.asset}, but the seed is ${SEED}.`,
      );
      for (const change of [{ seed: String(SEED - 1n) }, { maxTotalAssets: String(SEED - 1n) }]) {
        const seed = "seed" in change ? change.seed : first.seed;
        expect(await check(change)).to.equal(
          `lrt.tokens[0].seed is "${seed}", but must be from ${SEED} to maxTotalAssets.`,
        );
      }
      expect(await check({ asset: nowhere })).to.equal(
        `lrt.tokens[0].asset is ${nowhere}, where the network hardhat has no token of at most 24 decimals.`,
      );
    });

    const valid = {
      chainId: 31337,
      exitDelay: 120,
      guardedLaunch: { days: 1 },
      admin: { account: DEPLOYER, delay: 0 },
      launch: { accounts: ["deployer"], delay: 0 },
      guardian: { accounts: [DEPLOYER] },
      caps: [],
    };
    const roles = { curator: { accounts: ["deployer"], delay: 0 }, guardian: { accounts: ["deployer"] } };
    const token = tokenOf("0xfFf9976782d46CC05630D1f6eBAb18b2324d6B14", "bhWETH");
    const bounds = [
      ["performanceFeeBps", 0, 2_000],
      ["exitFeeBps", 10, 500],
      ["bufferBps", 0, 5_000],
      ["operatorRiskBps", 1, 10_000],
      ["serviceRiskBps", 1, 10_000],
    ] as const;
    const parseWith = (tokens: readonly unknown[]) => () =>
      parseConfiguration({ ...valid, lrt: { ...roles, tokens } }, "file");

    for (const [field, min, max] of bounds) {
      it(`takes ${field} from ${min} to ${max}, as the contracts do`, () => {
        for (const value of [min, max]) expect(parseWith([{ ...token, [field]: value }])).not.to.throw();
        for (const value of [min - 1, max + 1]) {
          expect(parseWith([{ ...token, [field]: value }])).to.throw(
            UserError,
            `file: lrt.tokens[0].${field} is ${value}, but must be a whole number of basis points from ${min} to ${max}.`,
          );
        }
      });
    }

    for (const [tokens, sentence] of [
      [[], "lrt.tokens is not usable, but must have at least one token."],
      [[token, token], "lrt.tokens is not usable, but must name each asset once."],
      [[token, { ...token, asset: DEPLOYER }], "lrt.tokens is not usable, but must name each symbol once."],
      [[{ ...token, symbol: "bh-WETH" }], 'lrt.tokens[0].symbol is "bh-WETH", but must be letters and digits'],
      [[{ ...token, name: "" }], 'lrt.tokens[0].name is "", but must be a text that is not empty.'],
      [[{ ...token, seed: "0" }], 'lrt.tokens[0].seed is "0", but must be a whole number of the asset'],
      [
        [{ ...token, maxTotalAssets: String(2n ** 96n) }],
        `lrt.tokens[0].maxTotalAssets is "${2n ** 96n}", but must be a whole number of the asset`,
      ],
    ] as const) {
      it(`says that ${sentence}`, () => {
        expect(parseWith(tokens)).to.throw(UserError, `file: ${sentence}`);
      });
    }
  });
});
