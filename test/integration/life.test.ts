import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { takeSnapshot, type SnapshotRestorer } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { z } from "zod";
import { inheritedVariables } from "../../scripts/lib/environment";
import { readText, ROOT } from "../../scripts/lib/files";
import { exitCodeOf, Printer, runLife, type Life } from "../../scripts/life";
import { checkAll, type Facts } from "../../scripts/life/checks";
import { WIDTH } from "../../scripts/life/printer";

/** Everything that somebody does in the story. */
const VERBS = [
  "allocate",
  "announceRewardToken",
  "burnProceeds",
  "cancelWithdrawal",
  "claim",
  "claimCommission",
  "close",
  "collectRewards",
  "completeWithdrawals",
  "createOperatorSet",
  "deallocate",
  "delegate",
  "deposit",
  "depositWithPermit",
  "deregisterFromOperatorSet",
  "finalise",
  "fund",
  "harvest",
  "instantRedeem",
  "openPool",
  "payFees",
  "propose",
  "queueWithdrawals",
  "reclaim",
  "redeem",
  "redelegateWithdrawals",
  "registerForOperatorSet",
  "registerOperator",
  "requestRedeem",
  "setCap",
  "setCommission",
  "setTarget",
  "settle",
  "start",
  "take",
  "veto",
  "withdraw",
  "withdrawProceeds",
];

/** Everything that somebody tries in vain. */
const REFUSALS = [
  "BudgetExceeded",
  "NotCalm",
  "NotSlashable",
  "PoolLiened",
  "StreamNotEnded",
  "TokenNotInUse",
  "VetoWindowOver",
  "WithdrawalNotMature",
];

const story = z.object({
  passed: z.boolean(),
  steps: z.array(
    z.object({
      day: z.string().regex(/^\d+(?:\.\d+)?$/),
      actor: z.string(),
      verbs: z.array(z.string()),
      refused: z.string().nullable(),
      text: z.string(),
      amounts: z.array(z.object({ token: z.string(), units: z.string().regex(/^\d+$/), shown: z.string() })),
    }),
  ),
  moments: z
    .array(
      z.object({
        stakers: z.array(z.object({ total: z.string().regex(/^\d+$/) })),
        liquid: z
          .object({ rate: z.string().regex(/^\d+$/), holders: z.array(z.object({ worth: z.string() })) })
          .nullable(),
      }),
    )
    .min(1),
  checks: z.array(z.object({ rule: z.string(), passed: z.boolean(), numbers: z.string() })).min(1),
});

/** Each makes one number wrong by as little as it can be. */
const PLANTED: Readonly<Record<string, (facts: Facts) => Facts>> = {
  "a unit that came from nowhere": (facts) => changeFlows(facts, ({ held, ...flow }) => ({ ...flow, held: held + 1n })),
  "claims above what is held": (facts) =>
    changeFlows(facts, ({ claimsIfFinal, ...flow }) => ({ ...flow, claimsIfFinal: claimsIfFinal + flow.held })),
  "a share too many": (facts) => changePools(facts, ({ shares, ...pool }) => ({ ...pool, shares: shares + 1n })),
  "a part that no longer adds up": (facts) => changePools(facts, ({ free, ...pool }) => ({ ...pool, free: free + 1n })),
  "a penalty of one wei too much": (facts) => ({ ...facts, penalties: facts.penalties.map(addUnit) }),
  "a pay-out of one wei too much": (facts) => ({ ...facts, payouts: facts.payouts.map(addUnit) }),
  "a staker who lost too much": (facts) => ({
    ...facts,
    wealth: facts.wealth.map(({ seen, ...wealth }) => ({ ...wealth, seen: { ...seen, units: seen.units - 1_000n } })),
  }),
  "a slash that reached others": (facts) => ({ ...facts, isolation: [{ what: "slash", compared: 9, changed: 1 }] }),
  "a veto that kept something": (facts) => ({ ...facts, reversals: [{ what: "veto", compared: 9, changed: 1 }] }),
  "a reward of one unit too much": (facts) => ({
    ...facts,
    rewards: facts.rewards.map(({ expected, ...reward }) => ({
      ...reward,
      expected,
      seen: { ...expected, units: expected.units + 1n },
    })),
  }),
  "a reward for who was not there": (facts) => ({ ...facts, dues: facts.dues.map(addUnit) }),
  "a slash that took what was earned": (facts) => ({
    ...facts,
    survivals: [{ what: "slash", compared: 6, changed: 1 }],
  }),
  "a reward that is nowhere": (facts) =>
    changeRewards(facts, ({ balance, ...flow }) => ({
      ...flow,
      balance: { ...balance, claimed: balance.claimed - 1n },
    })),
  "too much dust": (facts) =>
    changeRewards(facts, ({ balance, ...flow }) => ({
      ...flow,
      balance: { ...balance, claimed: balance.claimed - balance.funded / 2n, dust: balance.funded / 2n },
    })),
  "a reward that is not held": (facts) => changeRewards(facts, ({ held, ...flow }) => ({ ...flow, held: held - 1n })),
  "a log that says something else": (facts) => changeRewards(facts, (flow) => ({ ...flow, changed: 1 })),
  "cash that the token does not have": (facts) =>
    changeLiquid(facts, ({ idle, ...books }) => ({ ...books, idle: idle + 1n })),
  "stake that the core does not know": (facts) =>
    changeLiquid(facts, ({ net, ...books }) => ({ ...books, net: net + 1n })),
  "a share of nobody": (facts) => changeLiquid(facts, ({ supply, ...books }) => ({ ...books, supply: supply + 1n })),
  "a verb of the token that came to one wei too much": (facts) => ({ ...facts, liquid: facts.liquid.map(addUnit) }),
  "a proposal that moved the price": (facts) => ({ ...facts, prices: [{ what: "slash", compared: 3, changed: 1 }] }),
  "an exit that was better than staying": (facts) => ({
    ...facts,
    alike: facts.alike.map(({ seen, ...pair }) => ({ ...pair, seen: { ...seen, units: seen.units + 9n } })),
  }),
  "a holder who could not leave": (facts) => ({
    ...facts,
    exodus: {
      ...facts.exodus,
      holders: facts.exodus.holders.map(({ seen, ...pair }) => ({ ...pair, seen: { ...seen, units: 0n } })),
    },
  }),
  "an exit that was not in full": (facts) => ({
    ...facts,
    exodus: {
      ...facts.exodus,
      departures: facts.exodus.departures.map(({ received, ...departure }) => ({
        ...departure,
        received: { ...received, units: received.units - 1n },
      })),
    },
  }),
  "more than dust left over": (facts) => ({ ...facts, exodus: { ...facts.exodus, operations: 0n } }),
};

type LedgerOf<Books extends "flows" | "liquid" | "pools" | "rewards"> = Facts["ledgers"][number][Books][number];

function changeFlows(facts: Facts, change: (flow: LedgerOf<"flows">) => LedgerOf<"flows">): Facts {
  return { ...facts, ledgers: facts.ledgers.map(({ flows, ...rest }) => ({ ...rest, flows: flows.map(change) })) };
}

function changePools(facts: Facts, change: (pool: LedgerOf<"pools">) => LedgerOf<"pools">): Facts {
  return { ...facts, ledgers: facts.ledgers.map(({ pools, ...rest }) => ({ ...rest, pools: pools.map(change) })) };
}

function changeRewards(facts: Facts, change: (flow: LedgerOf<"rewards">) => LedgerOf<"rewards">): Facts {
  return { ...facts, ledgers: facts.ledgers.map((ledger) => ({ ...ledger, rewards: ledger.rewards.map(change) })) };
}

function changeLiquid(facts: Facts, change: (books: LedgerOf<"liquid">) => LedgerOf<"liquid">): Facts {
  return { ...facts, ledgers: facts.ledgers.map(({ liquid, ...rest }) => ({ ...rest, liquid: liquid.map(change) })) };
}

function addUnit<Pair extends Facts["payouts"][number]>({ seen, ...pair }: Pair) {
  return { ...pair, seen: { ...seen, units: seen.units + 1n } };
}

/** Runs the task as its users do, in a process of its own. */
async function runTask(...flags: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("npx", ["--no-install", "hardhat", "life", ...flags], {
    cwd: ROOT,
    // What is asked of this process, coverage or traces, is not asked of that one.
    env: { ...inheritedVariables(), SOLIDITY_COVERAGE: "", TRACE: "" },
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === "win32",
  });
  return stdout;
}

describe("life", () => {
  const lines: string[] = [];
  let snapshot: SnapshotRestorer;
  let life: Life;

  before(async () => {
    snapshot = await takeSnapshot();
    const printer = new Printer((text) => {
      lines.push(...text.split("\n"));
    }, false);
    printer.header();
    life = await runLife({ listener: printer });
    printer.checks(life.checks);
    printer.footer();
  });

  after(async () => {
    await snapshot.restore();
  });

  it("passes all of its checks", () => {
    expect(life.checks.filter(({ passed }) => !passed)).to.deep.equal([]);
    expect(life.checks).to.have.lengthOf.at.least(80);
    expect(exitCodeOf(life.checks)).to.equal(0);
  });

  it("shows every verb and every refusal", () => {
    expect(new Set(life.steps.flatMap(({ verbs }) => verbs))).to.deep.equal(new Set(VERBS));
    const refusals = life.steps.flatMap(({ refused }) => (refused === undefined ? [] : [refused]));
    expect(new Set(refusals)).to.deep.equal(new Set(REFUSALS));
  });

  it("is the example of docs/LRT.md", () => {
    const [, example = ""] = /### An example\n([^]*?)\n## /.exec(readText("docs/LRT.md")) ?? [];
    const rows = example.split("\n").flatMap((row) => (/^\| \w/.test(row) ? [row.split("|").slice(2, -1)] : []));
    const numbers = rows.slice(1).map((row) => row.map((cell) => cell.trim()).join(" "));
    expect(numbers).to.have.lengthOf(3);
    const shown = lines.map((line) => line.trim().replace(/\s+/g, " "));
    for (const row of numbers) expect(shown).to.include(`bhWETH ${row}`);
  });

  it("tells each step in one plain line that fits a terminal", () => {
    const tooLong = lines.filter((line) => line.length > WIDTH);
    expect(tooLong).to.deep.equal([]);
    // An escape sequence would be a colour, which only a terminal gets.
    expect(lines.filter((line) => line.includes("\u001b"))).to.deep.equal([]);
    expect(lines.filter((line) => line.startsWith("Day "))).to.have.lengthOf(life.steps.length);
    expect(lines.filter((line) => line.startsWith("✔ "))).to.have.lengthOf(life.checks.length);
  });

  it("has an exit code that tells of a check that failed, and of checks that were not made", () => {
    const [first] = life.checks;
    expect(first).not.to.equal(undefined);
    expect(exitCodeOf([...life.checks, { rule: "planted", passed: false, numbers: "1 = 2" }])).to.equal(1);
    expect(exitCodeOf([])).to.equal(1);
  });

  for (const [fault, plant] of Object.entries(PLANTED)) {
    it(`notices ${fault}`, () => {
      expect(exitCodeOf(checkAll(plant(life.facts)))).to.equal(1);
    });
  }

  it("tells the same story as data, and prints nothing else", async () => {
    const data = story.parse(JSON.parse(await runTask("--json")));
    expect(data.passed).to.equal(true);
    expect(data.checks.every(({ passed }) => passed)).to.equal(true);
    expect(data.checks.map(({ rule }) => rule)).to.deep.equal(life.checks.map(({ rule }) => rule));
    expect(data.steps.map(({ verbs }) => verbs)).to.deep.equal(life.steps.map(({ verbs }) => verbs));
  });

  it("traces the calls within a step", async function () {
    // The tracer doubles the time of the story, which a busy machine makes long.
    this.timeout(300_000);
    const output = await runTask("--trace");
    expect(output).to.match(/^ {12}\[CALL\] Slasher\.propose\(/m);
    expect(output).to.match(/^ {14}\[CALL\] StakeManager\.openLien\(/m);
    expect(output).to.match(/^ {14}\[REVERT\] WithdrawalNotMature\(/m);
    expect(output).to.match(/^ {14}\[CALL\] RewardsDistributor\.onSharesChange\(/m);
    expect(output).to.match(/^ {12}\[CALL\] ExitQueue\.close\(/m);
    expect(output).to.match(/^ {14}\[REVERT\] NotCalm\(/m);
    expect(output).to.match(/^All \d+ checks passed\.$/m);
  });
});
