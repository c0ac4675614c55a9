import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ethers } from "hardhat";
import { z } from "zod";
import { ROOT } from "../../scripts/lib/files";
import {
  Allocator__factory,
  type ExitQueue,
  ExitQueue__factory,
  LiquidRestakingToken__factory,
  StakeManager__factory,
} from "../../typechain-types";
import { type Chain, launchChain, sent } from "../helpers/chain";
import { type CommandResult, runHardhat } from "../helpers/command";
import { wad } from "../helpers/units";

/** The first account that anvil funds. */
const DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

const units = z.string().regex(/^\d+$/);

/** What `deploy --json` prints, as far as it is needed. */
const deploySchema = z.looseObject({
  contracts: z.looseObject({ StakeManager: z.string() }),
  lrt: z.looseObject({ tokens: z.looseObject({ bhWETH: z.string() }) }),
});

/** What `lrt --json` prints. */
const reportSchema = z.strictObject({
  network: z.literal("localhost"),
  tokens: z.array(
    z.looseObject({
      symbol: z.string(),
      supply: units,
      assets: units,
      sureAssets: units,
      rate: units,
      books: z.looseObject({ idle: units, gross: units, streaming: units }),
      entry: z.looseObject({ paused: z.boolean(), maxDeposit: units, borrowable: z.boolean() }),
      open: z.strictObject({ id: units, shares: units, closableAt: units, redeemEta: units }),
      operators: z.array(z.looseObject({ operator: z.string(), gross: units, target: units, limit: units })),
      epochs: z.array(z.looseObject({ id: units, status: z.string(), assets: units, items: z.array(z.unknown()) })),
    }),
  ),
});

describe("lrt", function () {
  // Each command is a process of its own, which a busy machine makes slow.
  this.timeout(600_000);
  let chain: Chain;
  let folder: string;
  let file: string;
  let operator: string;
  let queue: ExitQueue;

  const run = (...args: readonly string[]): Promise<CommandResult> =>
    chain.run("lrt", "--configuration", file, ...args);

  async function now(): Promise<bigint> {
    return BigInt((await chain.provider.getBlock("latest"))?.timestamp ?? 0);
  }

  /** Lets the chain come to a second, or a little later. */
  async function waitUntil(second: bigint): Promise<void> {
    const rest = second - (await now());
    if (rest > 0n) await chain.provider.send("evm_increaseTime", [Number(rest)]);
    await chain.provider.send("evm_mine", []);
  }

  async function read(...args: readonly string[]) {
    const { code, stdout, stderr } = await run("--json", ...args);
    expect(code, stderr).to.equal(0);
    const [token] = reportSchema.parse(JSON.parse(stdout)).tokens;
    if (token === undefined) throw new Error("There is one token.");
    return token;
  }

  /** Asserts that the command ended with one sentence, and without a stack trace. */
  function expectMistake({ code, stdout, stderr }: CommandResult, sentence: RegExp): void {
    expect(code, stderr).to.equal(1);
    const lines = stderr.split("\n").filter((line) => line.includes("Error in plugin bulkhead: "));
    expect(lines, stderr).to.have.lengthOf(1);
    expect(lines.join("").replace("Error in plugin bulkhead: ", "")).to.match(sentence);
    expect(`${stdout}${stderr}`).not.to.match(/\n\s+at /);
  }

  /** A holder has deposited 10, of which 5 are with an operator, and has asked to leave with 2 in the first half of a bucket. */
  before(async () => {
    chain = await launchChain();
    folder = mkdtempSync(join(tmpdir(), "bulkhead-lrt-task-"));
    const [curator, holder, staker] = await Promise.all([1, 2, 3].map((index) => chain.provider.getSigner(index)));
    if (!curator || !holder || !staker) throw new Error("The chain has too few accounts.");
    const factory = (await ethers.getContractFactory("MockERC20")).connect(holder);
    const asset = await (await factory.deploy("Wrapped Ether", "WETH", 18)).waitForDeployment();
    await sent(asset.mint(DEPLOYER, wad("0.01")));
    const token = {
      ...{ asset: await asset.getAddress(), name: "Bulkhead WETH", symbol: "bhWETH", seed: String(wad("0.01")) },
      ...{ feeRecipient: DEPLOYER, maxTotalAssets: String(wad(1_000n)), performanceFeeBps: 1_000, exitFeeBps: 30 },
      ...{ bufferBps: 500, operatorRiskBps: 2_000, serviceRiskBps: 3_000 },
    };
    const local = z
      .record(z.string(), z.unknown())
      .parse(JSON.parse(readFileSync(join(ROOT, "deploy/config/localhost.json"), "utf8")));
    const roles = { curator: { accounts: [curator.address], delay: 0 }, guardian: { accounts: [curator.address] } };
    file = join(folder, "localhost.json");
    writeFileSync(file, JSON.stringify({ ...local, lrt: { ...roles, tokens: [token] } }));
    const { code, stdout, stderr } = await chain.run("deploy", "--json", "--configuration", file);
    expect(code, stderr).to.equal(0);
    const { contracts, lrt } = deploySchema.parse(JSON.parse(stdout));
    const liquid = LiquidRestakingToken__factory.connect(lrt.tokens.bhWETH, holder);
    const allocator = Allocator__factory.connect(await liquid.ALLOCATOR(), curator);
    const stakeManager = StakeManager__factory.connect(contracts.StakeManager, staker);
    await sent(stakeManager.registerOperator(""));
    await sent(stakeManager.openPool(asset, ZeroAddress));
    await sent(allocator.setTarget(staker, 5_000));
    await waitUntil((await now()) + (await stakeManager.NOTICE()));
    await sent(asset.mint(holder, wad(10n)));
    await sent(asset.approve(liquid, MaxUint256));
    await sent(liquid.deposit(wad(10n), holder));
    await sent(allocator.allocate(staker, wad(5n)));
    // The first half of the next bucket.
    const bucket = await stakeManager.BUCKET();
    await waitUntil(((await now()) / bucket + 1n) * bucket);
    await sent(liquid.requestRedeem(wad(2n), holder, holder));
    operator = staker.address;
    queue = ExitQueue__factory.connect(await liquid.EXIT_QUEUE(), holder);
  });

  after(async () => {
    await chain.end();
    rmSync(folder, { recursive: true, force: true });
  });

  it("prints tables", async () => {
    const { code, stdout, stderr } = await run();
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/^bhWETH at block \d+, \S+Z; asset 0x\w{40}$/m);
    expect(stdout).to.match(/│ assets \(A\) +│ 10\.01 +│ idle 5\.01, staked 5\.0; a share is 1\.0 +│/);
    expect(stdout).to.match(/│ 0x\w{6}…\w{6} +│ 5\.0 +│ 5\.0 +│ 5\.005 +│ 50 % +│ +│ 100 % +│ 0 % +│ +│/);
    expect(stdout).to.match(/│ epoch 1 +│ 2\.0 +│ asked to leave; closes from \S+Z, who asks now claims from \S+Z +│/);
  });

  it("prints the same as data", async () => {
    const found = await read("--token", "bhWETH");
    expect(found).to.deep.include({ symbol: "bhWETH", supply: String(wad("10.01")), assets: String(wad("10.01")) });
    expect(found.books).to.deep.include({ idle: String(wad("5.01")), gross: String(wad(5n)), streaming: "0" });
    expect(found.entry).to.deep.include({ paused: false, maxDeposit: String(wad("989.99")), borrowable: true });
    const [only] = found.operators;
    expect(only).to.deep.include({ operator, gross: String(wad(5n)), target: "5000", limit: String(wad("5.005")) });
    expect(found.open).to.deep.include({ id: "1", shares: String(wad(2n)) });
    expect(found.epochs).to.deep.equal([]);
  });

  it("says in one sentence what is wrong with what it was asked", async () => {
    expectMistake(await run("--token", "bhDOGE"), /^There is no token bhDOGE: choose one of bhWETH\.$/);
    expectMistake(await run("--close"), /^bhWETH: Epoch 1 can be closed from \S+Z on \(the chain's time\)\.$/);
    expectMistake(await runHardhat(["lrt"]), /^There is no whole deployment in deploy\/deployments\/hardhat\.$/);
  });

  it("closes the open epoch, and settles it with what the log tells of it", async () => {
    const [closableAt, redeemEta] = [await queue.closableAt(), await queue.redeemEta()];
    await waitUntil(closableAt);
    const closed = await run("--close");
    expect(closed.code, closed.stderr).to.equal(0);
    expect(closed.stdout).to.match(/^bhWETH: epoch 1 is closed\.$/m);
    expect(closed.stdout).to.match(/│ 1 +│ Closed +│ 2\.0 +│/);
    // What cannot be done keeps nothing else from being done.
    const sentences =
      /^bhWETH: Nobody has asked to leave in epoch 2: there is nothing to close\. bhWETH: No epoch has anything to settle now\.$/;
    expectMistake(await run("--close", "--settle"), sentences);
    await waitUntil(redeemEta);
    const { epochs, assets } = await read("--close", "--settle");
    expect(epochs).to.have.lengthOf(1);
    // Slices are rounded down: 1 unit of the cash, and 1 of the stake, at most.
    const [epoch] = epochs;
    expect(epoch).to.deep.include({ id: "1", status: "Final" });
    expect(wad(2n) - BigInt(epoch?.assets ?? 0)).to.be.within(0n, 2n);
    expect(BigInt(assets) + BigInt(epoch?.assets ?? 0)).to.be.within(wad("10.01") - 2n, wad("10.01"));
  });
});
