import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { AbiCoder, type BaseContract, Contract, MaxUint256, ZeroAddress } from "ethers";
import {
  type IBalancerVault,
  IBalancerVault__factory,
  type IWETH9,
  type LiquidRestakingToken,
} from "../../typechain-types";
import { wad } from "../helpers/units";
import { deployArtifact, readWord, send } from "./artifacts";

const AMPLIFICATION = 200n;

/** 0.04 %. */
const SWAP_FEE = wad("0.0004");

/** Kind of join that fills a pool for the first time. */
const INIT = 0n;

/** A composable stable pool of Balancer V2, which asks a rate provider in every second in which it is used. */
export interface Balancer {
  vault: IBalancerVault;
  poolId: string;
}

function artifact(task: string, name: string): string {
  return `@balancer-labs/v2-deployments/dist/tasks/${task}/artifact/${name}.json`;
}

/** Deploys Balancer V2 from its package, and a pool with so much of both. */
export async function deployBalancer(
  provider: HardhatEthersSigner,
  weth: IWETH9,
  token: LiquidRestakingToken,
  rate: BaseContract,
  assets: bigint,
): Promise<Balancer> {
  const authorizer = await deployArtifact(provider, artifact("20210418-authorizer", "Authorizer"), [provider]);
  const code = await deployArtifact(provider, artifact("20210418-vault", "Vault"), [authorizer, weth, 0n, 0n]);
  const vault = IBalancerVault__factory.connect(await code.getAddress(), provider);
  const fees = await deployArtifact(
    provider,
    artifact("20220725-protocol-fee-percentages-provider", "ProtocolFeePercentagesProvider"),
    [vault, wad("0.5"), wad("0.5")],
  );
  const task = "20230206-composable-stable-pool-v3";
  const factory = await deployArtifact(provider, artifact(task, "ComposableStablePoolFactory"), [vault, fees, "", ""]);

  const [wethAt, tokenAt] = [await weth.getAddress(), await token.getAddress()];
  const rates = new Map([
    [wethAt, ZeroAddress],
    [tokenAt, await rate.getAddress()],
  ]);
  const tokens = [...rates.keys()].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  const terms = [
    ...["bhWETH and WETH", "BPT", tokens, AMPLIFICATION],
    ...[tokens.map((each) => rates.get(each)), [0n, 0n], [false, false], SWAP_FEE, provider],
  ];
  const pool = await readWord(factory, "create", terms);
  await send(factory, "create", ...terms);
  const poolId = await readWord(
    new Contract(pool, ["function getPoolId() view returns (bytes32)"], provider),
    "getPoolId",
  );
  await fill(provider, vault, poolId, { weth, token, assets });
  return { vault, poolId };
}

/** Fills a pool for the first time. */
async function fill(
  provider: HardhatEthersSigner,
  vault: IBalancerVault,
  poolId: string,
  { weth, token, assets }: { weth: IWETH9; token: LiquidRestakingToken; assets: bigint },
): Promise<void> {
  for (const asset of [weth, token]) await asset.connect(provider).approve(vault, assets);
  const both = new Set([await weth.getAddress(), await token.getAddress()]);
  const { tokens } = await vault.getPoolTokens(poolId);
  const amounts = tokens.map((each) => (both.has(each) ? assets : 0n));
  await vault.joinPool(poolId, provider, provider, {
    assets: [...tokens],
    maxAmountsIn: tokens.map(() => MaxUint256),
    userData: AbiCoder.defaultAbiCoder().encode(["uint256", "uint256[]"], [INIT, amounts]),
    fromInternalBalance: false,
  });
}
