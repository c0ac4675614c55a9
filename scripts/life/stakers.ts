import { time } from "@nomicfoundation/hardhat-network-helpers";
import { Signature, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { formatPercent, WAD, type Amount } from "./amounts";
import { first } from "./events";
import { say, type Sentence } from "./sentences";
import type { Exit, Stage } from "./stage";
import { erc20, wrap, type Actor } from "./world";

/** No pool of the story asks for a signature of its operator. */
const NO_APPROVAL = { expiry: 0, signature: "0x" };

/** Gives a staker tokens, and lets the protocol take what the staker deposits. */
export async function endow(stage: Stage, staker: Actor, ether: bigint, dollars: bigint): Promise<void> {
  const { stakeManager, weth, usdcPermit } = stage.world;
  if (ether > 0n) {
    await wrap(staker, { token: weth, units: ether });
    await (await erc20(weth, staker).approve(stakeManager, ether)).wait();
  }
  if (dollars > 0n) await (await usdcPermit.mint(staker.address, dollars)).wait();
}

/** Deposits into an operator's pool, or undelegated. */
export async function deposit(
  stage: Stage,
  staker: Actor,
  assets: Amount,
  operator: Actor | undefined,
  minFactor = WAD,
): Promise<void> {
  const { stakeManager } = stage.world;
  const to = operator?.address ?? ZeroAddress;
  await stage.run("deposit", () =>
    stakeManager
      .connect(staker.signer)
      .deposit(to, assets.token.address, assets.units, staker.address, minFactor, NO_APPROVAL),
  );
  const where: Sentence =
    operator === undefined
      ? say`${staker} deposits ${assets}, undelegated: at no risk, and out at once.`
      : say`${staker} deposits ${assets} straight into ${operator}'s pool${priceRemark(minFactor)}.`;
  await stage.tell(staker, where);
}

/** Deposits into an operator's pool in a single transaction, without an approval before. */
export async function depositByPermit(stage: Stage, staker: Actor, assets: Amount, operator: Actor): Promise<void> {
  const { stakeManager } = stage.world;
  const permit = await signPermit(stage, staker, assets.units);
  await stage.run("depositWithPermit", () =>
    stakeManager
      .connect(staker.signer)
      .depositWithPermit(
        operator.address,
        assets.token.address,
        assets.units,
        staker.address,
        WAD,
        NO_APPROVAL,
        permit,
      ),
  );
  await stage.tell(staker, say`${staker} deposits ${assets} into ${operator}'s pool, by permit: one transaction.`);
}

/** After a slash, a share costs what is left of it. */
function priceRemark(factor: bigint): string {
  return factor === WAD ? "" : `, where a share now costs ${formatPercent(factor)}`;
}

async function signPermit(stage: Stage, staker: Actor, value: bigint) {
  const { stakeManager, usdcPermit } = stage.world;
  const deadline = BigInt(await time.latest()) + 3_600n;
  const domain = {
    name: await usdcPermit.name(),
    version: "1",
    chainId: (await ethers.provider.getNetwork()).chainId,
    verifyingContract: await usdcPermit.getAddress(),
  };
  const fields = ["address owner", "address spender", "uint256 value", "uint256 nonce", "uint256 deadline"];
  const types = {
    Permit: fields.map((field) => {
      const [type = "", name = ""] = field.split(" ");
      return { type, name };
    }),
  };
  const nonce = await usdcPermit.nonces(staker.address);
  const message = { owner: staker.address, spender: await stakeManager.getAddress(), value, nonce, deadline };
  const { v, r, s } = Signature.from(await staker.signer.signTypedData(domain, types, message));
  return { deadline, v, r, s };
}

/** Tries to enter a pool that a lien has closed. */
export async function depositRefused(stage: Stage, staker: Actor, assets: Amount, operator: Actor): Promise<void> {
  const { stakeManager } = stage.world;
  const { name } = await stage.expectRefusal("deposit", stakeManager.interface, () =>
    stakeManager
      .connect(staker.signer)
      .deposit(operator.address, assets.token.address, assets.units, staker.address, WAD, NO_APPROVAL),
  );
  await stage.tell(
    staker,
    say`${staker} wants to deposit ${assets} with ${operator}: refused while a slash is open (${name}).`,
  );
}

/** Moves undelegated assets into an operator's pool. */
export async function delegate(stage: Stage, staker: Actor, assets: Amount, operator: Actor): Promise<void> {
  const { stakeManager } = stage.world;
  await stage.run("delegate", () =>
    stakeManager
      .connect(staker.signer)
      .delegate(staker.address, operator.address, assets.token.address, assets.units, WAD, NO_APPROVAL),
  );
  await stage.tell(staker, say`${staker} delegates ${assets} of them to ${operator}.`);
}

/** Queues shares of a pool; `shares` are counted in the units that they cost before any slash. */
export async function queue(stage: Stage, staker: Actor, shares: Amount, operator: Actor): Promise<Exit<Actor>> {
  const { stakeManager } = stage.world;
  const { token } = shares;
  const worth = await valueOf(stage, shares, operator);
  const block = await stage.run("queueWithdrawals", () =>
    stakeManager
      .connect(staker.signer)
      .queueWithdrawals(
        staker.address,
        token.address,
        [{ operator: operator.address, shares: shares.units }],
        staker.address,
      ),
  );
  const { maturity } = first(
    await stakeManager.queryFilter(stakeManager.filters.WithdrawalQueued(), block, block),
  ).args;
  const exit: Exit<Actor> = { owner: staker, operator, token, maturity };
  stage.exits.push(exit);
  await stage.tell(
    staker,
    say`${staker} queues ${worth} out of ${operator}; it matures on day ${stage.dayOf(maturity)}.`,
  );
  return exit;
}

/** Makes queued shares active again. */
export async function cancel(stage: Stage, exit: Exit<Actor>, shares: Amount): Promise<void> {
  const { stakeManager } = stage.world;
  const { owner, operator, token, maturity } = exit;
  const worth = await valueOf(stage, shares, operator);
  await stage.run("cancelWithdrawal", () =>
    stakeManager
      .connect(owner.signer)
      .cancelWithdrawal(owner.address, operator.address, token.address, maturity, shares.units, NO_APPROVAL),
  );
  await stage.tell(owner, say`${owner} cancels: ${worth} are active with ${operator} again.`);
}

/** Tries to be paid one second too early. */
export async function completeTooEarly(stage: Stage, exit: Exit<Actor>): Promise<void> {
  const { stakeManager } = stage.world;
  const { owner } = exit;
  await time.setNextBlockTimestamp(exit.maturity - 1n);
  const { name } = await stage.expectRefusal("completeWithdrawals", stakeManager.interface, () =>
    stakeManager
      .connect(owner.signer)
      .completeWithdrawals(owner.address, exit.token.address, [keyOf(exit)], owner.address),
  );
  await stage.tell(owner, say`${owner} asks for the tokens one second too early: refused (${name}).`);
}

/** Is paid what a withdrawal pays now. */
export async function complete(stage: Stage, exit: Exit<Actor>, expected: Amount, remark: string): Promise<void> {
  const { stakeManager } = stage.world;
  const { owner, token } = exit;
  const block = await stage.run("completeWithdrawals", () =>
    stakeManager.connect(owner.signer).completeWithdrawals(owner.address, token.address, [keyOf(exit)], owner.address),
  );
  const seen = await paidIn(stage, exit, block);
  stage.payouts.push({ what: `${owner.name} out of ${exit.operator.name}`, expected, seen });
  await stage.tell(owner, say`${owner} gets ${seen} out of ${exit.operator}${remark}`);
}

/** Moves a matured withdrawal into another operator's pool. */
export async function redelegate(stage: Stage, exit: Exit<Actor>, to: Actor, expected: Amount): Promise<void> {
  const { stakeManager } = stage.world;
  const { owner, token, operator } = exit;
  const block = await stage.run("redelegateWithdrawals", () =>
    stakeManager
      .connect(owner.signer)
      .redelegateWithdrawals(owner.address, token.address, [keyOf(exit)], to.address, WAD, NO_APPROVAL),
  );
  const seen = await paidIn(stage, exit, block);
  stage.payouts.push({ what: `${owner.name} from ${operator.name} to ${to.name}`, expected, seen });
  await stage.tell(owner, say`${owner} moves ${seen} from ${operator} to ${to}, in one step.`);
}

/** Takes undelegated assets home. */
export async function withdraw(stage: Stage, staker: Actor, assets: Amount): Promise<void> {
  const { stakeManager } = stage.world;
  await stage.run("withdraw", () =>
    stakeManager.connect(staker.signer).withdraw(staker.address, assets.token.address, assets.units, staker.address),
  );
  await stage.tell(staker, say`${staker} takes home ${assets} that were undelegated: at once, lien or not.`);
}

/** A withdrawal as the contracts name it. */
export function keyOf({ operator, maturity }: Exit) {
  return { operator: operator.address, maturity };
}

async function paidIn(stage: Stage, { token }: Exit, block: number): Promise<Amount> {
  const { stakeManager } = stage.world;
  const { args } = first(await stakeManager.queryFilter(stakeManager.filters.WithdrawalCompleted(), block, block));
  return { token, units: args.assets };
}

/** What shares of a pool are worth before open liens, rounded down. */
async function valueOf(stage: Stage, shares: Amount, operator: Actor): Promise<Amount> {
  const { factor } = await stage.world.stakeManager.pool(operator.address, shares.token.address);
  return { token: shares.token, units: (shares.units * factor) / WAD };
}
