import { waitUntil } from "../helpers/world";
import { announce, at, boundaryAfter, claim, deployRewardToken, fund, now, type RewardWorld } from "../helpers/rewards";
import { wad } from "../helpers/units";
import { NO_APPROVAL } from "../helpers/signatures";
import { deployUsedWorld, queueAs, type UsedWorld } from "./worlds";

/** The used system, in which the operator has announced a reward token of 18 decimals, and takes a tenth. */
export type AnnouncedWorld = UsedWorld & RewardWorld;

/** Seconds between what is done. */
const STEP = 600n;

const COMMISSION_BPS = 1_000n;

/** Fixture: the token is in use, and nothing was funded. */
export async function deployAnnouncedWorld(): Promise<AnnouncedWorld> {
  const used = await deployUsedWorld();
  const token = await deployRewardToken(used, 18);
  const otherSet = await used.allocationManager.operatorSetKey(used.otherAvs, 1n);
  const w = { ...used, rewards: used.rewardsDistributor, token, set: used.vetoable, otherSet };
  await w.rewards.connect(w.operator).setCommission(w.asset, COMMISSION_BPS);
  await announce(w);
  await waitUntil(((await now()) / (4n * w.bucket) + 1n) * 4n * w.bucket);
  return w;
}

/** Fixture: both AVSs have funded, both stakers have claimed, and all are in the middle of a bucket. */
export async function deployPayingWorld(): Promise<AnnouncedWorld> {
  const w = await deployAnnouncedWorld();
  for (const [by, set] of [
    [w.avs, w.set],
    [w.otherAvs, w.otherSet],
  ] as const) {
    await fund(w, wad(1_000n), { by, set, duration: w.bucket });
    await fund(w, wad(1_000n), { by, set, duration: 3n * w.bucket });
  }
  for (const staker of [w.alice, w.bob]) {
    await at((await now()) + STEP);
    await claim(w, staker);
  }
  await waitUntil((await now()) + STEP);
  return w;
}

/** Fixture: the same, and the boundaries at which the streams end have passed. */
export async function deployEndedWorld(): Promise<AnnouncedWorld> {
  const w = await deployPayingWorld();
  await waitUntil(boundaryAfter(w, (await now()) + 4n * w.bucket));
  return w;
}

/** Fixture: four tokens stream, each of two AVSs to the last boundary that is possible. */
export async function deployCrowdedRewards(): Promise<AnnouncedWorld> {
  const w = await deployAnnouncedWorld();
  const tokens = [w.token];
  for (let i = 1; i < 4; i++) tokens.push(await deployRewardToken(w, 18));
  for (const token of tokens.slice(1)) await announce(w, { token });
  await waitUntil(((await now()) / (4n * w.bucket) + 1n) * 4n * w.bucket + STEP);
  for (const token of tokens) {
    for (let i = 1n; i <= 15n; i++) await fund(w, wad(1_000n), { token, duration: i * w.bucket });
    for (const staker of [w.alice, w.bob]) await claim(w, staker, { token });
  }
  return w;
}

/** Deposits for alice, who is in the pool already. */
export async function depositAgain({ stakeManager, operator, asset, alice }: AnnouncedWorld) {
  return await stakeManager.connect(alice).deposit(operator, asset, wad(100n), alice, 0n, NO_APPROVAL);
}

/** Queues for alice, after bob, in the bucket that he used. */
export async function queueLater(w: AnnouncedWorld) {
  await queueAs(w, w.bob, wad(1n));
  await at((await now()) + STEP);
  return await queueAs(w, w.alice, wad(1n));
}
