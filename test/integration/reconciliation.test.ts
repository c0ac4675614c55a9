import { impersonateAccount, loadFixture, setBalance } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { dataSlice, id, MaxUint256 } from "ethers";
import { ethers } from "hardhat";
import { RewardBooks } from "../../scripts/rewards/books";
import { grainBits, limitBits } from "../../scripts/rewards/math";
import type { MockERC20 } from "../../typechain-types";
import { at, deployRewardToken, deployRewardWorld, fund, Kind, now, type RewardWorld } from "../helpers/rewards";
import { NO_APPROVAL } from "../helpers/signatures";
import { propose } from "../helpers/slash";
import { bps, wad } from "../helpers/units";
import { allocateActive, createJoinedSet, queue, stake, waitUntil } from "../helpers/world";

const [STAKERS, FUNDINGS, SLASHES, CHANGES, CLAIMS] = [1_000, 50, 200, 150, 60];

/** Calls that fit well into one transaction. */
const BATCH = 100;

/** The same numbers from the same seed (a linear congruence, of which the upper bits are used). */
class Random {
  #state: bigint;

  constructor(seed: bigint) {
    this.#state = seed;
  }

  below(bound: number): number {
    this.#state = (this.#state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 2n ** 64n;
    return Number((this.#state >> 33n) % BigInt(bound));
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("There is nothing to pick from.");
    return item;
  }

  shuffle<Item>(items: readonly Item[]): Item[] {
    const left = [...items];
    return items.map(() => {
      const [item] = left.splice(this.below(left.length), 1);
      if (item === undefined) throw new Error("There is nothing left.");
      return item;
    });
  }
}

type Crowd = RewardWorld & { stakers: readonly string[]; tokens: readonly MockERC20[]; slashing: string };

/** A thousand stakers in the operator's pool, and bob alone in that of the rival; both pay two tokens. */
async function deployCrowd(): Promise<Crowd> {
  const w = await deployRewardWorld();
  const slashing = await createJoinedSet(w, { id: 7n, vetoWindow: 0n });
  const token = await deployRewardToken(w, 18);
  for (const operator of [w.operator, w.rival]) {
    for (const each of [w.token, token]) {
      if (operator === w.rival || each === token) await w.rewards.connect(operator).announceRewardToken(w.asset, each);
    }
  }
  await w.rewards.connect(w.operator).setCommission(w.asset, 1_234n);
  await stake(w, w.bob, wad(3n), { operator: w.rival });
  await allocateActive(w, [[slashing, wad("0.5")]]);
  await w.asset.mint(w.stranger, wad(10_000_000n));
  await w.asset.connect(w.stranger).approve(w.stakeManager, MaxUint256);
  const stakers = Array.from({ length: STAKERS }, (_, i) => ethers.getAddress(dataSlice(id(`staker ${i}`), 12)));
  const asset = await w.asset.getAddress();
  const calls = stakers.map((staker, i) => {
    // From 10^6 wei to a thousand tokens.
    const assets = 10n ** BigInt(6 + (i % 16)) + BigInt(i);
    const args = [w.operator.address, asset, assets, staker, 0n, NO_APPROVAL] as const;
    return w.stakeManager.interface.encodeFunctionData("deposit", [...args]);
  });
  for (let i = 0; i < calls.length; i += BATCH) {
    await w.stakeManager.connect(w.stranger).multicall(calls.slice(i, i + BATCH));
  }
  return { ...w, stakers, tokens: [w.token, token], slashing };
}

async function signerOf(address: string) {
  await impersonateAccount(address);
  await setBalance(address, wad(1n));
  return await ethers.getSigner(address);
}

/** One thing that happens at random. */
type Step = "fund" | "slash" | "enter" | "leave" | "come and go" | "claim";

async function act(w: Crowd, random: Random, step: Step): Promise<void> {
  switch (step) {
    case "fund": {
      const token = random.pick(w.tokens);
      const amount = BigInt(1 + random.below(1_000_000)) * (token === w.token ? 1_000n : 10n ** 15n);
      const [by, set] = random.below(2) === 0 ? ([w.avs, w.set] as const) : ([w.otherAvs, w.otherSet] as const);
      const isEmpty = (await w.stakeManager.pool(w.rival, w.asset)).shares === 0n;
      const operator = isEmpty || random.below(3) !== 0 ? w.operator : w.rival;
      const duration = w.bucket + BigInt(random.below(14)) * w.bucket + BigInt(random.below(1_000));
      await fund(w, amount, {
        by,
        set,
        token,
        operator,
        duration,
        kind: random.pick([Kind.Fee, Kind.Emission, Kind.Points]),
      });
      return;
    }
    case "slash":
      await propose(w, w.slashing, bps(1n + BigInt(random.below(20))));
      return;
    case "enter": {
      const staker = random.pick(w.stakers);
      const assets = 1n + BigInt(random.below(1_000_000)) * 10n ** 12n;
      await w.stakeManager.connect(w.stranger).deposit(w.operator, w.asset, assets, staker, 0n, NO_APPROVAL);
      return;
    }
    case "leave": {
      const staker = await signerOf(random.pick(w.stakers));
      const shares = await w.stakeManager.sharesOf(w.operator, w.asset, staker);
      if (shares !== 0n) await queue(w, staker, random.below(2) === 0 ? shares : (shares + 1n) / 2n);
      return;
    }
    case "come and go": {
      const shares = await w.stakeManager.sharesOf(w.rival, w.asset, w.bob);
      if (shares !== 0n) await queue(w, w.bob, shares, { operator: w.rival });
      else await stake(w, w.bob, wad(1n), { operator: w.rival });
      return;
    }
    case "claim": {
      const staker = await signerOf(random.pick(w.stakers));
      const pools = [{ operator: w.operator, asset: w.asset }];
      await w.rewards.connect(staker).claim(staker, random.pick(w.tokens), pools, staker);
    }
  }
}

/** Calls for each of many, a few at a time. */
async function forEach<Item>(items: readonly Item[], call: (item: Item) => Promise<void>): Promise<void> {
  for (let i = 0; i < items.length; i += BATCH) await Promise.all(items.slice(i, i + BATCH).map(call));
}

/** Where the units of each token are, by the log; asserts that the contract tells the same, to the unit. */
async function reconcile(w: Crowd): Promise<RewardBooks> {
  const books = await RewardBooks.read(w);
  expect(books.problems).to.deep.equal([]);
  const { asset, rewards } = w;
  const address = await asset.getAddress();
  for (const token of w.tokens) {
    const name = await token.getAddress();
    const { funded, claimed, commissionPaid, reclaimed, ...held } = books.balance(name);
    const { claimable, commissionDue, reclaimable, running, dust } = held;
    const balance = await token.balanceOf(rewards);
    expect(balance).to.equal(funded - claimed - commissionPaid - reclaimed);
    expect(balance).to.equal(claimable + commissionDue + reclaimable + running + dust);
    expect(dust).to.be.at.least(0n);
    const operators = [w.operator.address, w.rival.address];
    for (const operator of operators) {
      expect(books.commissionDue(operator, name)).to.equal(await rewards.commissionOf(operator, token));
      let sum = 0n;
      await forEach(books.stakersOf(operator, address), async (staker) => {
        const units = await rewards.claimable(staker, token, [{ operator, asset }]);
        expect(units, staker).to.equal(books.claimable(staker, operator, address, name));
        sum += units;
      });
      expect(sum).to.be.at.most(claimable);
    }
  }
  return books;
}

/** All that rounding can have kept back, in units of a token. */
function mostDust(w: Crowd, books: RewardBooks, token: string, decimals: number): bigint {
  const [bits, grains] = [limitBits(decimals), grainBits(w.bucket)];
  const streams = books.streams.filter((stream) => stream.token === token);
  const seconds = streams.flatMap(({ fundings }) => fundings.map(({ begunAt, endsAt }) => endsAt - begunAt));
  // Of each funding a grain a second, and a unit of commission.
  const funded = seconds.reduce((sum, each) => sum + ((each << bits) >> grains) + 2n, 0n);
  const settled = BigInt(FUNDINGS + SLASHES + 3 * CHANGES + STAKERS) * ((((2n ** 84n) << bits) >> 160n) + 1n);
  const accounts = BigInt(STAKERS + 10) * 2n + BigInt(3 * CHANGES + STAKERS + CLAIMS) * ((1n << bits) >> 96n);
  return funded + settled + accounts;
}

describe("RewardsDistributor", () => {
  describe("reconciliation", function () {
    // A thousand stakers take their time on a busy machine.
    this.timeout(900_000);

    const seed = 20_261_121n;

    it(`finds every unit after ${FUNDINGS} fundings and ${SLASHES} slashes among ${STAKERS} stakers (seed ${seed})`, async () => {
      const w = await loadFixture(deployCrowd);
      const random = new Random(seed);
      const counts: readonly (readonly [step: Step, count: number])[] = [
        ["fund", FUNDINGS],
        ["slash", SLASHES],
        ["enter", CHANGES],
        ["leave", CHANGES],
        ["come and go", CHANGES],
        ["claim", CLAIMS],
      ];
      const steps = random.shuffle(counts.flatMap(([step, count]) => Array<Step>(count).fill(step)));
      for (const step of steps) {
        await at((await now()) + 1n + BigInt(random.below(12_000)));
        await act(w, random, step);
      }
      expect(await w.slasher.slashCount()).to.equal(SLASHES);
      await reconcile(w);

      await waitUntil((await now()) + 17n * w.bucket);
      const ended = await reconcile(w);
      expect(ended.streams.flatMap(({ fundings }) => fundings)).to.have.lengthOf(FUNDINGS);
      for (const { operator, asset, token, fundings } of ended.streams) {
        for (const avs of [w.avs, w.otherAvs]) {
          const ends = new Set(fundings.filter((each) => each.avs === avs.address).map(({ endsAt }) => endsAt));
          const keys = [...ends].map((endsAt) => ({ operator, asset, endsAt }));
          await w.rewards.connect(avs).reclaim(avs, token, keys, avs);
        }
      }
      for (const token of w.tokens) {
        await w.rewards.connect(w.operator).claimCommission(w.operator, token, w.operator);
        for (const [staker, operator] of [
          [w.alice, w.operator],
          [w.bob, w.operator],
          [w.bob, w.rival],
        ] as const) {
          await w.rewards.connect(staker).claim(staker, token, [{ operator, asset: w.asset }], staker);
        }
      }
      for (const address of random.shuffle(w.stakers).slice(0, 4 * CLAIMS)) {
        const staker = await signerOf(address);
        const pools = [{ operator: w.operator, asset: w.asset }];
        await w.rewards.connect(staker).claim(staker, random.pick(w.tokens), pools, staker);
      }

      const books = await reconcile(w);
      for (const [i, decimals] of [6, 18].entries()) {
        const token = (await w.tokens[i]?.getAddress()) ?? "";
        const { running, reclaimable, commissionDue, reclaimed, claimed, dust } = books.balance(token);
        expect([running, reclaimable, commissionDue]).to.deep.equal([0n, 0n, 0n]);
        expect(reclaimed).to.be.greaterThan(0n);
        expect(claimed).to.be.greaterThan(0n);
        expect(dust).to.be.at.most(mostDust(w, books, token, decimals));
      }
    });
  });
});
