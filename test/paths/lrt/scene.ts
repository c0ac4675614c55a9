import { ethers } from "hardhat";
import { deployLrtWith, giveTo, type Lrt, target } from "../../helpers/lrt";
import { NO_APPROVAL } from "../../helpers/signatures";
import type { LrtLens, MockERC20 } from "../../../typechain-types";
import { Twin } from "../../lrt/twin";

/** Most that may be staked with each of the three operators, in basis points of all assets. */
const TARGET = 3_100n;

/** What somebody else has in each pool, in tokens: so a slash always has something to take. */
export const NEIGHBOUR = 100n;

/** What a service can pay as a reward, in tokens. */
const ENDOWMENT = 1_000_000n;

/** A token of which nobody has a share, with operators who have stake; two sets that may slash, which have nothing yet. */
export interface Scene {
  readonly lrt: Lrt;
  readonly lens: LrtLens;
  readonly vetoable: string;
  readonly instant: string;
  /** The other token in which rewards are paid. */
  readonly coin: MockERC20;
}

/** Deploys a token for an asset of so many decimals. */
export async function deployScene(decimals: bigint, lens: LrtLens): Promise<Scene> {
  // Every service may take everything: so nothing but targets bounds what is staked.
  const lrt = await deployLrtWith({ decimals, operatorRiskBps: 10_000n, serviceRiskBps: 10_000n });
  const { stakeManager, allocationManager, rewardsDistributor, asset, unit } = lrt;
  const { operators, deployer, avs, carol, exitDelay, auction } = lrt;
  const none = { operators: [], wait: false };
  const vetoable = await giveTo(lrt, 0n, { ...none, id: 1n, vetoWindow: exitDelay / 2n });
  const instant = await giveTo(lrt, 0n, { ...none, id: 2n, vetoWindow: 0n });
  const coin = await ethers.deployContract("MockERC20", ["Reward", "RWD", 6]);
  await asset.connect(deployer).approve(stakeManager, ENDOWMENT * unit);
  for (const operator of operators) {
    for (const set of [vetoable, instant]) await allocationManager.connect(operator).registerForOperatorSet(set, "0x");
    const entry = [operator, asset, NEIGHBOUR * unit, deployer, 0n, NO_APPROVAL] as const;
    await stakeManager.connect(deployer).deposit(...entry);
  }
  for (const reward of [asset, coin]) {
    await rewardsDistributor.connect(operators[0]).announceRewardToken(asset, reward);
    await reward.mint(avs, ENDOWMENT * unit);
    await reward.connect(avs).approve(rewardsDistributor, ENDOWMENT * unit);
  }
  await asset.connect(carol).approve(auction, ENDOWMENT * unit);
  await target(lrt, ...operators.map((operator) => [operator, TARGET] as const));
  return { lrt, lens, vetoable, instant, coin };
}

/** A twin of the scene's token, before anything happens. */
export async function twinOf({ lrt, lens }: Scene): Promise<Twin> {
  const twin = new Twin(lrt, lens);
  await twin.begin();
  return twin;
}
