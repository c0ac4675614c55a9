import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { MaxUint256, ZeroAddress } from "ethers";
import {
  IUniswapPool__factory,
  IUniswapPositions__factory,
  IUniswapRouter__factory,
  type IWETH9,
  type LiquidRestakingToken,
} from "../../typechain-types";
import { WAD } from "../helpers/units";
import { deployArtifact } from "./artifacts";

const FEE = 500n;

/** The widest range that this fee's spacing allows. */
const WIDEST = 887_270n;

const Q96 = 2n ** 96n;

/** A Uniswap v3 pool of the token and WETH. */
export interface Uniswap {
  /** What a token costs there, in WAD. */
  price(): Promise<bigint>;
  /** Sells tokens, all that it has if need be, until one costs so much. */
  sellDownTo(seller: HardhatEthersSigner, price: bigint): Promise<void>;
}

/** ⌊√x⌋. */
function sqrt(x: bigint): bigint {
  let root = 2n ** BigInt(Math.ceil(x.toString(2).length / 2));
  for (;;) {
    const next = (root + x / root) / 2n;
    if (next >= root) return root;
    root = next;
  }
}

/** Deploys Uniswap v3 from its packages, and a pool in which so much of both is offered at every price. */
export async function deployUniswap(
  provider: HardhatEthersSigner,
  weth: IWETH9,
  token: LiquidRestakingToken,
  assets: bigint,
): Promise<Uniswap> {
  const core = "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json";
  const periphery = (name: string): string => `@uniswap/v3-periphery/artifacts/contracts/${name}.sol/${name}.json`;
  const factory = await deployArtifact(provider, core);
  const routerCode = await deployArtifact(provider, periphery("SwapRouter"), [factory, weth]);
  const positionsCode = await deployArtifact(provider, periphery("NonfungiblePositionManager"), [
    ...[factory, weth, ZeroAddress],
  ]);
  const router = IUniswapRouter__factory.connect(await routerCode.getAddress(), provider);
  const positions = IUniswapPositions__factory.connect(await positionsCode.getAddress(), provider);

  const [wethAt, tokenAt] = [await weth.getAddress(), await token.getAddress()];
  const isFirst = BigInt(tokenAt) < BigInt(wethAt);
  const [token0, token1] = isFirst ? [tokenAt, wethAt] : [wethAt, tokenAt];
  const create = positions.getFunction("createAndInitializePoolIfNecessary");
  const pool = IUniswapPool__factory.connect(await create.staticCall(token0, token1, FEE, Q96), provider);
  await create.send(token0, token1, FEE, Q96);
  for (const asset of [weth, token]) await asset.connect(provider).approve(positions, assets);
  await positions.mint({
    ...{ token0, token1, fee: FEE, tickLower: -WIDEST, tickUpper: WIDEST },
    ...{ amount0Desired: assets, amount1Desired: assets, amount0Min: 0n, amount1Min: 0n },
    ...{ recipient: provider.address, deadline: MaxUint256 },
  });
  return {
    price: async () => {
      const { sqrtPriceX96: root } = await pool.slot0();
      return isFirst ? (root * root * WAD) / Q96 / Q96 : (Q96 * Q96 * WAD) / root / root;
    },
    sellDownTo: async (seller, price) => {
      const amountIn = await token.balanceOf(seller);
      await token.connect(seller).approve(router, amountIn);
      const sqrtPriceLimitX96 = sqrt(isFirst ? (Q96 * Q96 * price) / WAD : (Q96 * Q96 * WAD) / price);
      await router.connect(seller).exactInputSingle({
        ...{ tokenIn: tokenAt, tokenOut: wethAt, fee: FEE, recipient: seller.address, deadline: MaxUint256 },
        ...{ amountIn, amountOutMinimum: 0n, sqrtPriceLimitX96 },
      });
    },
  };
}
