import { impersonateAccount, loadFixture, setBalance } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { JsonRpcProvider, MaxUint256, ZeroAddress } from "ethers";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import hre, { ethers } from "hardhat";
import { z } from "zod";
import { CONTRACTS, connect, type Addresses } from "../../deploy/deploy";
import { type Anvil, startAnvil } from "../../scripts/lib/anvil";
import { ROOT } from "../../scripts/lib/files";
import { RewardBooks } from "../../scripts/rewards/books";
import { report } from "../../scripts/rewards/report";
import { sent } from "../helpers/chain";
import { type CommandResult, runHardhat } from "../helpers/command";
import { claim, deployRewardWorld, fund, type RewardWorld } from "../helpers/rewards";
import { NO_APPROVAL } from "../helpers/signatures";
import { days, wad } from "../helpers/units";
import { now, stake, waitUntil } from "../helpers/world";

const units = z.string().regex(/^\d+$/);

/** What `rewards --json` prints. */
const reportSchema = z.looseObject({
  ok: z.boolean(),
  funded: z.array(z.looseObject({ avs: z.string(), kind: z.string(), amount: units, commission: units })),
  commissions: z.array(z.looseObject({ operator: z.string(), paid: units, due: units })),
  earned: z.array(z.looseObject({ staker: z.string(), claimed: units, claimable: units })),
  tokens: z.array(z.looseObject({ token: z.string(), funded: units, held: units })),
  checks: z.array(z.looseObject({ what: z.string(), ok: z.boolean() })).min(1),
});

/** Alice and bob share a pool three to one; both AVSs have paid it, and alice has claimed. */
async function deployPaidWorld(): Promise<RewardWorld & { claimedAt: number }> {
  const w = await deployRewardWorld();
  await stake(w, w.alice, wad(3n));
  await stake(w, w.bob, wad(1n));
  await w.rewards.connect(w.operator).setCommission(w.asset, 0n);
  await fund(w, 1_000_000_000n);
  await fund(w, 500_000_000n, { by: w.otherAvs, set: w.otherSet });
  await waitUntil((await now()) + w.bucket / 2n);
  await claim(w, w.alice);
  return { ...w, claimedAt: await ethers.provider.getBlockNumber() };
}

function sourcesOf({ stakeManager, rewards }: RewardWorld) {
  return { stakeManager, rewardsDistributor: rewards };
}

describe("rewards", () => {
  describe("report", () => {
    it("finds every number of the log on the chain, whenever it looks", async () => {
      const w = await loadFixture(deployPaidWorld);
      for (const wait of [0n, w.bucket, 3n * w.bucket]) {
        await waitUntil((await now()) + wait + 1n);
        const found = await report(sourcesOf(w), await RewardBooks.read(sourcesOf(w)));
        expect(found.checks.filter(({ ok }) => !ok)).to.deep.equal([]);
        expect(found.funded.map(({ avs, amount }) => [avs, amount])).to.deep.equal([
          [w.avs.address, 1_000_000_000n],
          [w.otherAvs.address, 500_000_000n],
        ]);
        expect(found.earned.map(({ staker }) => staker)).to.deep.equal([w.alice.address, w.bob.address]);
      }
    });

    it("compares with the chain at the block that it has read", async () => {
      const w = await loadFixture(deployPaidWorld);
      const books = await RewardBooks.read(sourcesOf(w), { to: w.claimedAt - 1 });
      const { earned, checks } = await report(sourcesOf(w), books);
      expect(checks.filter(({ ok }) => !ok)).to.deep.equal([]);
      expect(earned.map(({ claimed }) => claimed)).to.deep.equal([0n, 0n]);
    });

    it("narrows its rows to an AVS, an operator or a staker, and compares everything", async () => {
      const w = await loadFixture(deployPaidWorld);
      const books = await RewardBooks.read(sourcesOf(w));
      const all = await report(sourcesOf(w), books);
      const ofAvs = await report(sourcesOf(w), books, { avs: w.otherAvs.address });
      expect(ofAvs.funded.map(({ avs }) => avs)).to.deep.equal([w.otherAvs.address]);
      const ofBob = await report(sourcesOf(w), books, { staker: w.bob.address });
      expect(ofBob.earned.map(({ staker }) => staker)).to.deep.equal([w.bob.address]);
      const ofRival = await report(sourcesOf(w), books, { operator: w.rival.address });
      expect([ofRival.funded, ofRival.earned, ofRival.commissions]).to.deep.equal([[], [], []]);
      for (const each of [ofAvs, ofBob, ofRival]) expect(each.checks).to.deep.equal(all.checks);
    });

    it("counts what somebody gives the distributor as no difference", async () => {
      const w = await loadFixture(deployPaidWorld);
      await w.token.mint(w.rewards, 7n);
      const { checks, tokens } = await report(sourcesOf(w), await RewardBooks.read(sourcesOf(w)));
      expect(checks.filter(({ ok }) => !ok)).to.deep.equal([]);
      expect(tokens[0]?.held).to.equal(await w.token.balanceOf(w.rewards));
    });

    it("notices a claim that the log does not explain", async () => {
      const w = await loadFixture(deployPaidWorld);
      expect((await RewardBooks.read(sourcesOf(w))).problems).to.deep.equal([]);
      // From the claim on the log tells of no shares and of no fundings.
      const { problems } = await RewardBooks.read(sourcesOf(w), { from: w.claimedAt });
      expect(problems).to.have.lengthOf(1);
      expect(problems[0]).to.match(/^A claim of 0x\w+ is \d+, not known\.$/);
    });

    it("notices a single unit that is missing", async () => {
      const w = await loadFixture(deployPaidWorld);
      const held = await w.token.balanceOf(w.rewards);
      await impersonateAccount(await w.rewards.getAddress());
      await setBalance(await w.rewards.getAddress(), wad(1n));
      await w.token.connect(await ethers.getSigner(await w.rewards.getAddress())).transfer(w.alice, 1n);
      const { checks } = await report(sourcesOf(w), await RewardBooks.read(sourcesOf(w)));
      expect(checks.filter(({ ok }) => !ok)).to.deep.equal([
        { what: `${await w.token.getAddress()}: held, at least`, expected: held, found: held - 1n, ok: false },
      ]);
    });
  });

  describe("the command, on a separate chain", () => {
    let anvil: Anvil;
    let provider: JsonRpcProvider;
    let deployment: string;
    let actors: { operator: string; staker: string; avs: string };

    const run = (...args: readonly string[]): Promise<CommandResult> =>
      runHardhat(["rewards", "--network", "localhost", "--deployment", deployment, ...args], {
        LOCALHOST_RPC_URL: anvil.url,
      });

    /** Asserts that the command ended with one sentence, and without a stack trace. */
    function expectMistake({ code, stdout, stderr }: CommandResult, sentence: RegExp): void {
      expect(code, stderr).to.equal(1);
      const lines = stderr.split("\n").filter((line) => line.includes("Error in plugin bulkhead: "));
      expect(lines, stderr).to.have.lengthOf(1);
      expect(lines.join("").replace("Error in plugin bulkhead: ", "")).to.match(sentence);
      expect(`${stdout}${stderr}`).not.to.match(/\n\s+at /);
    }

    async function pass(seconds: bigint): Promise<void> {
      await provider.send("evm_increaseTime", [Number(seconds)]);
      await provider.send("evm_mine", []);
    }

    /** An AVS pays 1,000 of 6 decimals to a pool of one staker, who claims half-way. */
    async function live(addresses: Addresses): Promise<void> {
      const { stakeManager, allocationManager, launchGuard, rewardsDistributor } = await connect(hre, addresses);
      const [operator, staker, avs, launcher] = await Promise.all(
        [1, 2, 3, 9].map((index) => provider.getSigner(index)),
      );
      if (!operator || !staker || !avs || !launcher) throw new Error("The chain has too few accounts.");
      actors = { operator: operator.address, staker: staker.address, avs: avs.address };
      const factory = await ethers.getContractFactory("MockERC20", avs);
      const asset = await (await factory.deploy("Asset", "AST", 18)).waitForDeployment();
      const token = await (await factory.deploy("Reward", "RWD", 6)).waitForDeployment();
      await sent(launchGuard.connect(launcher).setCap(asset, wad(100n)));
      await sent(stakeManager.connect(operator).registerOperator("https://operator.example"));
      await sent(stakeManager.connect(operator).openPool(asset, ZeroAddress));
      await sent(asset.mint(staker.address, wad(3n)));
      await sent(asset.connect(staker).approve(stakeManager, MaxUint256));
      await sent(stakeManager.connect(staker).deposit(operator, asset, wad(3n), staker, wad(1n), NO_APPROVAL));
      await sent(rewardsDistributor.connect(operator).announceRewardToken(asset, token));
      await sent(rewardsDistributor.connect(operator).setCommission(asset, 1_000n));
      const assets = [await asset.getAddress()];
      const times = { period: days(7n), vetoWindow: 0n };
      const terms = {
        assets,
        maxSlash: wad("0.2"),
        ...times,
        slasher: avs,
        resolver: ZeroAddress,
        recipient: ZeroAddress,
      };
      await sent(allocationManager.connect(avs).createOperatorSet(1n, terms, ""));
      await pass(days(22n));
      await sent(token.mint(avs.address, 1_000_000_000n));
      await sent(token.connect(avs).approve(rewardsDistributor, MaxUint256));
      const set = await allocationManager.connect(avs).operatorSetKey(avs, 1n);
      const entries = [{ operator, asset, amount: 1_000_000_000n }];
      await sent(rewardsDistributor.connect(avs).fund(set, token, 0n, days(4n), entries));
      await pass(days(2n));
      await sent(rewardsDistributor.connect(staker).claim(staker, token, [{ operator, asset }], staker));
      await pass(days(1n));
    }

    before(async () => {
      anvil = await startAnvil();
      provider = new JsonRpcProvider(anvil.url, undefined, { staticNetwork: true });
      deployment = `localhost-test-${new URL(anvil.url).port}`;
      const flags = ["--network", "localhost", "--deployment", deployment, "--json"];
      const { code, stdout, stderr } = await runHardhat(["deploy", ...flags], { LOCALHOST_RPC_URL: anvil.url });
      expect(code, stderr).to.equal(0);
      const names = z.object({ contracts: z.record(z.enum(CONTRACTS), z.string()) });
      await live(names.parse(JSON.parse(stdout)).contracts);
    });

    after(async () => {
      provider.destroy();
      await anvil.stop();
      rmSync(join(ROOT, "deploy/deployments", deployment), { recursive: true, force: true });
    });

    it("prints tables, and that nothing differs", async () => {
      const { code, stdout, stderr } = await run();
      expect(code, stderr).to.equal(0);
      expect(stdout).to.match(/│ Fee +│.*│ AST +│ RWD +│ +1 │ 1000\.0 +│ 100\.0 +│/);
      expect(stdout).to.match(/^Block \d+: all \d+ numbers of the log are those of the chain\.$/m);
    });

    it("prints the same as data, narrowed to whom it is asked for", async () => {
      const { code, stdout, stderr } = await run("--json", "--staker", actors.staker, "--avs", ZeroAddress);
      expect(code, stderr).to.equal(0);
      const found = reportSchema.parse(JSON.parse(stdout));
      expect(found.ok).to.equal(true);
      expect(found.funded).to.deep.equal([]);
      expect(found.commissions.map(({ operator, due }) => [operator, due])).to.deep.equal([
        [actors.operator, "100000000"],
      ]);
      expect(found.earned.map(({ staker }) => staker)).to.deep.equal([actors.staker]);
      expect(found.tokens.map(({ funded }) => funded)).to.deep.equal(["1000000000"]);
    });

    it("says in one sentence what is wrong with what it was asked", async () => {
      expectMistake(await run("--avs", "0x12"), /^--avs must be an address, which "0x12" is not\.$/);
      expectMistake(await runHardhat(["rewards"]), /^There is no whole deployment in deploy\/deployments\/hardhat\.$/);
    });

    it("fails if the log and the chain differ", async () => {
      const file = join(ROOT, "deploy/deployments", deployment, "record.json");
      const before = readFileSync(file, "utf8");
      const record = z.looseObject({ startBlock: z.int() }).parse(JSON.parse(before));
      // Whoever begins to read after the deposit does not know of it.
      const startBlock = (await provider.getBlockNumber()) - 2;
      writeFileSync(file, JSON.stringify({ ...record, startBlock }));
      try {
        expectMistake(await run(), /^The log and the chain differ in \d+ numbers; first: A claim of .+\.$/);
      } finally {
        writeFileSync(file, before);
      }
    });
  });
});
