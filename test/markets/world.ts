import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { setBalance } from "@nomicfoundation/hardhat-network-helpers";
import { MaxUint256, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { deployWeth9 } from "../../scripts/lib/weth9";
import { type IWETH9, MockERC20__factory } from "../../typechain-types";
import { deployLrtWith, type Lrt, target } from "../helpers/lrt";
import { wad } from "../helpers/units";
import { type Aave, type AaveUser, deployAave, userOf } from "./aave";

/** Accounts that the token's fixtures give no name. */
const OTHERS = 13;

/** What holders and lenders begin with. */
const FUNDS = wad(10_000n);

/** A token of WETH9, with 1,000 in it at a price of 1: 300 with each operator. An Aave market, asking the sentinel, in
 * which carol lends 500. */
export interface Market extends Lrt {
  weth: IWETH9;
  aave: Aave;
  lender: AaveUser;
  /** Has WETH, and no position. */
  liquidator: AaveUser;
  /** Have neither. */
  others: HardhatEthersSigner[];
  /** Gives an account tokens of alice's, and lets the market take what it has. */
  join: (account: HardhatEthersSigner, shares: bigint) => Promise<AaveUser>;
}

/** A year's interest on what is borrowed. Without any, nothing but the token moves a position. */
async function deployMarket(rate: bigint): Promise<Market> {
  const [deployer, ...signers] = await ethers.getSigners();
  if (deployer === undefined) throw new Error("The chain has no accounts.");
  const weth = await deployWeth9(deployer);
  await weth.deposit({ value: wad(1n) });
  const lrt = await deployLrtWith({ asset: await weth.getAddress() });
  const { token, stakeManager, allocator, operators, alice, bob, carol, keeper } = lrt;
  for (const operator of operators) await stakeManager.connect(operator).openPool(weth, ZeroAddress);
  for (const account of [alice, bob, carol, keeper, deployer]) {
    await setBalance(account.address, 2n * FUNDS);
    await weth.connect(account).deposit({ value: FUNDS });
    await weth.connect(account).approve(token, MaxUint256);
  }
  await target(lrt, ...operators.map((operator) => [operator, 3_000n] as const));
  await token.connect(alice).deposit(wad(600n) - lrt.seed, alice);
  await token.connect(bob).deposit(wad(400n), bob);
  for (const operator of operators) await allocator.allocate(operator, wad(300n));

  const aave = await deployAave(deployer, weth, token, rate);
  await aave.setSentinel(await ethers.deployContract("BorrowSentinel", [token]));
  const lender = await userOf(aave, carol, weth, token);
  await lender.supply(weth, wad(500n));
  return {
    ...lrt,
    // What the token's helpers know the asset as; nobody mints it.
    asset: MockERC20__factory.connect(await weth.getAddress(), deployer),
    ...{ weth, aave, lender },
    liquidator: await userOf(aave, keeper, weth, token),
    others: signers.slice(OTHERS - 1),
    join: async (account, shares) => {
      await token.connect(alice).transfer(account, shares);
      return await userOf(aave, account, weth, token);
    },
  };
}

/** A fixture: borrowing is free. */
export async function deployFreeMarket(): Promise<Market> {
  return await deployMarket(0n);
}

/** A fixture: borrowing costs 2 % a year. */
export async function deployCostlyMarket(): Promise<Market> {
  return await deployMarket(2n * 10n ** 25n);
}

/** Borrowers of so much, each against 10 tokens. */
export async function borrowers({ token, others, join }: Market, debts: readonly bigint[]): Promise<AaveUser[]> {
  const users: AaveUser[] = [];
  for (const [index, debt] of debts.entries()) {
    const account = others[index];
    if (account === undefined) throw new Error("There are too few accounts.");
    const user = await join(account, wad(10n));
    await user.supply(token, wad(10n));
    await user.borrow(debt);
    users.push(user);
  }
  return users;
}

/** What an account has at the token's price, on the market and beside it. */
export async function worth({ token, weth }: Market, user: AaveUser): Promise<bigint> {
  const { collateral, debt } = await user.position();
  const shares = await token.balanceOf(user.account);
  const own = (shares * (await token.getRate())) / wad(1n) + (await weth.balanceOf(user.account));
  return own + collateral - debt;
}
