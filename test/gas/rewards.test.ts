import { NO_APPROVAL } from "../helpers/signatures";
import { at, boundaryAfter, claim, fund, now } from "../helpers/rewards";
import { wad } from "../helpers/units";
import { itCosts, onFreshChain } from "./measure";
import {
  depositAgain,
  deployAnnouncedWorld,
  deployCrowdedRewards,
  deployEndedWorld,
  deployPayingWorld,
  queueLater,
} from "./paying";
import { deployUsedWorld } from "./worlds";

describe("gas of rewards", () => {
  onFreshChain();

  describe("operators", () => {
    itCosts("rewards.announceToken", deployUsedWorld, async ({ rewardsDistributor, operator, asset, second }) =>
      rewardsDistributor.connect(operator).announceRewardToken(asset, second),
    );

    itCosts("rewards.setCommission", deployUsedWorld, async ({ rewardsDistributor, operator, asset }) =>
      rewardsDistributor.connect(operator).setCommission(asset, 1_000n),
    );

    itCosts("rewards.claimCommission", deployPayingWorld, async ({ rewards, operator, token }) => {
      await token.mint(operator, wad(1n));
      return await rewards.connect(operator).claimCommission(operator, token, operator);
    });
  });

  describe("services", () => {
    // Nothing was ever funded for this pool.
    itCosts("rewards.fund.first", deployAnnouncedWorld, async (w) => fund(w, wad(100n), { duration: w.bucket }));

    // With commission; both AVSs have streams that end in the same four buckets.
    itCosts("rewards.fund", deployPayingWorld, async (w) => fund(w, wad(100n), { duration: 2n * w.bucket }));

    // Nobody has a stream that ends in these four buckets.
    itCosts("rewards.fund.newWeek", deployPayingWorld, async (w) => fund(w, wad(100n), { duration: 9n * w.bucket }));

    itCosts("rewards.reclaim", deployEndedWorld, async (w) => {
      const endsAt = boundaryAfter(w, (await now()) - 4n * w.bucket);
      const keys = [{ operator: w.operator, asset: w.asset, endsAt }];
      return await w.rewards.connect(w.avs).reclaim(w.avs, w.token, keys, w.avs);
    });
  });

  describe("stakers", () => {
    itCosts("rewards.claim", deployPayingWorld, async (w) => claim(w, w.alice));
  });

  describe("stake in a pool that pays", () => {
    itCosts("stake.depositAndDelegate.first.paying", deployPayingWorld, async (w) => {
      const { stakeManager, operator, asset, novice } = w;
      return await stakeManager.connect(novice).deposit(operator, asset, wad(100n), novice, 0n, NO_APPROVAL);
    });

    itCosts("stake.deposit.again.paying", deployPayingWorld, depositAgain);

    itCosts("stake.queueWithdrawal.laterInBucket.paying", deployPayingWorld, queueLater);

    itCosts("stake.deposit.again.paying.ended", deployEndedWorld, depositAgain);

    itCosts("stake.deposit.again.paying.most", deployCrowdedRewards, async (w) => {
      await at((await now()) + 16n * w.bucket);
      return await depositAgain(w);
    });
  });
});
