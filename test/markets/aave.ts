import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { type AddressLike, Contract, MaxUint256, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import {
  type IAaveOracle,
  IAaveOracle__factory,
  type IAavePool,
  IAavePool__factory,
  type IWETH9,
  type LiquidRestakingToken,
} from "../../typechain-types";
import { wad } from "../helpers/units";
import { deployArtifact, readWord, send } from "./artifacts";

const RAY = 10n ** 27n;

/** The debt whose rate varies: the one kind that there is in practice. */
const VARIABLE = 2n;

/** In basis points: what may be borrowed against collateral, when it is liquidated, what a liquidator gets for 1. */
export interface Terms {
  ltv: bigint;
  threshold: bigint;
  bonus: bigint;
}

/** As Aave has had them for stETH against ether. */
export const TERMS: Terms = { ltv: 9_300n, threshold: 9_500n, bonus: 10_100n };

/** An Aave v3 market: WETH is lent against the liquid restaking token, whose price is A/S. */
export interface Aave {
  pool: IAavePool;
  oracle: IAaveOracle;
  /** Lets the market ask a sentinel, or none. */
  setSentinel(sentinel: AddressLike): Promise<void>;
  /** Sets on what terms the token is collateral. */
  setTerms(terms: Terms): Promise<void>;
}

/** Where an account stands: in WETH, and in WAD. */
export interface Position {
  collateral: bigint;
  debt: bigint;
  health: bigint;
}

function artifact(path: string): string {
  return `@aave/core-v3/artifacts/contracts/${path}.sol/${path.split("/").at(-1) ?? ""}.json`;
}

/** The pool's code, with its libraries. */
async function deployPool(deployer: HardhatEthersSigner, provider: Contract): Promise<Contract> {
  const library = async (name: string, libraries = {}): Promise<Contract> =>
    await deployArtifact(deployer, artifact(`protocol/libraries/logic/${name}`), [], libraries);
  const BorrowLogic = await library("BorrowLogic");
  return await deployArtifact(deployer, artifact("protocol/pool/Pool"), [provider], {
    BorrowLogic,
    BridgeLogic: await library("BridgeLogic"),
    EModeLogic: await library("EModeLogic"),
    FlashLoanLogic: await library("FlashLoanLogic", { BorrowLogic }),
    LiquidationLogic: await library("LiquidationLogic"),
    PoolLogic: await library("PoolLogic"),
    SupplyLogic: await library("SupplyLogic"),
  });
}

/** Who configures the market, and what its reserves are made of. */
async function deployConfigurator(deployer: HardhatEthersSigner, provider: Contract): Promise<Contract> {
  const logic = "protocol/libraries/logic/ConfiguratorLogic";
  const ConfiguratorLogic = await deployArtifact(deployer, artifact(logic));
  const path = artifact("protocol/pool/PoolConfigurator");
  const code = await deployArtifact(deployer, path, [], { ConfiguratorLogic });
  await send(provider, "setPoolConfiguratorImpl", code);
  return new Contract(await readWord(provider, "getPoolConfigurator"), code.interface, deployer);
}

/** What a reserve begins with. */
async function reservesOf(
  deployer: HardhatEthersSigner,
  provider: Contract,
  rate: bigint,
  assets: readonly (IWETH9 | LiquidRestakingToken)[],
): Promise<unknown[]> {
  const pool = await readWord(provider, "getPool");
  const code = async (name: string): Promise<Contract> =>
    await deployArtifact(deployer, artifact(`protocol/tokenization/${name}`), [pool]);
  const strategy = await deployArtifact(deployer, artifact("protocol/pool/DefaultReserveInterestRateStrategy"), [
    ...[provider, (RAY * 9n) / 10n, rate, 0n, 0n],
    ...[0n, 0n, 0n, 0n, RAY / 5n],
  ]);
  const common = {
    aTokenImpl: await code("AToken"),
    stableDebtTokenImpl: await code("StableDebtToken"),
    variableDebtTokenImpl: await code("VariableDebtToken"),
    underlyingAssetDecimals: 18n,
    interestRateStrategyAddress: strategy,
    treasury: deployer.address,
    incentivesController: ZeroAddress,
    params: "0x",
    ...{ aTokenName: "Lent", aTokenSymbol: "a" },
    ...{ variableDebtTokenName: "Variable debt", variableDebtTokenSymbol: "v" },
    ...{ stableDebtTokenName: "Stable debt", stableDebtTokenSymbol: "s" },
  };
  return assets.map((underlyingAsset) => ({ ...common, underlyingAsset }));
}

/**
 * Deploys Aave v3 from its package, with a market of two reserves; prices are in WETH.
 *
 * @param rate What borrowing costs a year, in RAY, however much is lent.
 */
export async function deployAave(
  deployer: HardhatEthersSigner,
  weth: IWETH9,
  token: LiquidRestakingToken,
  rate: bigint,
): Promise<Aave> {
  const provider = await deployArtifact(deployer, artifact("protocol/configuration/PoolAddressesProvider"), [
    "bhWETH",
    deployer,
  ]);
  await send(provider, "setACLAdmin", deployer);
  const acl = await deployArtifact(deployer, artifact("protocol/configuration/ACLManager"), [provider]);
  await send(provider, "setACLManager", acl);
  await send(acl, "addPoolAdmin", deployer);
  await send(provider, "setPoolImpl", await deployPool(deployer, provider));
  const configurator = await deployConfigurator(deployer, provider);

  const feed = await ethers.deployContract("RateFeed", [token, ZeroAddress, false, "bhWETH / WETH"]);
  const oracle = await deployArtifact(deployer, artifact("misc/AaveOracle"), [
    ...[provider, [token], [feed], ZeroAddress],
    ...[weth, wad(1n)],
  ]);
  await send(provider, "setPriceOracle", oracle);

  await send(configurator, "initReserves", await reservesOf(deployer, provider, rate, [weth, token]));
  await send(configurator, "setReserveBorrowing", weth, true);
  const setTerms = async ({ ltv, threshold, bonus }: Terms): Promise<void> => {
    await send(configurator, "configureReserveAsCollateral", token, ltv, threshold, bonus);
  };
  await setTerms(TERMS);
  return {
    pool: IAavePool__factory.connect(await readWord(provider, "getPool"), deployer),
    oracle: IAaveOracle__factory.connect(await oracle.getAddress(), deployer),
    setSentinel: async (sentinel) => {
      await send(provider, "setPriceOracleSentinel", sentinel);
    },
    setTerms,
  };
}

/** An account that acts on a market. */
export class AaveUser {
  readonly #pool: IAavePool;

  constructor(
    { pool }: Aave,
    readonly account: HardhatEthersSigner,
    readonly weth: IWETH9,
    readonly token: LiquidRestakingToken,
  ) {
    this.#pool = pool.connect(account);
  }

  /** Supplies all that is allowed for the first time. */
  async supply(asset: IWETH9 | LiquidRestakingToken, assets: bigint): Promise<void> {
    await this.#pool.supply(asset, assets, this.account, 0);
  }

  async withdraw(asset: IWETH9 | LiquidRestakingToken, assets: bigint): Promise<void> {
    await this.#pool.withdraw(asset, assets, this.account);
  }

  async borrow(assets: bigint): Promise<void> {
    await this.#pool.borrow(this.weth, assets, VARIABLE, 0, this.account);
  }

  async repay(assets: bigint): Promise<void> {
    await this.#pool.repay(this.weth, assets, VARIABLE, this.account);
  }

  /** Repays as much of another's debt as the market allows, for collateral. */
  async liquidate(borrower: AddressLike): Promise<void> {
    await this.#pool.liquidationCall(this.token, this.weth, borrower, MaxUint256, false);
  }

  async position(): Promise<Position> {
    const data = await this.#pool.getUserAccountData(this.account);
    return { collateral: data.totalCollateralBase, debt: data.totalDebtBase, health: data.healthFactor };
  }
}

/** An account that lets the market take what it has. */
export async function userOf(
  aave: Aave,
  account: HardhatEthersSigner,
  weth: IWETH9,
  token: LiquidRestakingToken,
): Promise<AaveUser> {
  for (const asset of [weth, token]) await asset.connect(account).approve(aave.pool, MaxUint256);
  return new AaveUser(aave, account, weth, token);
}
