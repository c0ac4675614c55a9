import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, type TypedDataDomain, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { basename } from "node:path";
import type { RewardsDistributor, StakeManager } from "../../typechain-types";
import {
  closeEpoch,
  deployLrtWith,
  giveTo,
  type Lrt,
  proposeSlash,
  settleEpoch,
  stakeEverywhere,
  target,
} from "../helpers/lrt";
import { OrderOfEffects } from "../helpers/order-of-effects";
import { setHostileRegistrar } from "../helpers/registrar";
import { announce, boundaryAfter, claim, deployRewardWorld, endow, fund, Kind } from "../helpers/rewards";
import { NEVER, NO_APPROVAL, signConsent, signPermit, stakeDomain } from "../helpers/signatures";
import { propose, proposeAndRead } from "../helpers/slash";
import * as simple from "../helpers/stake";
import { wad } from "../helpers/units";
import {
  allocateActive,
  complete,
  createJoinedSet,
  deployWorld,
  now,
  queue,
  stake,
  timeOf,
  waitUntil,
  type World,
} from "../helpers/world";

const CONTRACTS = [
  "core/StakeManager",
  "core/AllocationManager",
  "core/Slasher",
  "core/LaunchGuard",
  "rewards/RewardsDistributor",
  "rewards/RewardsDeployer",
  "lrt/LiquidRestakingToken",
  "lrt/ExitQueue",
  "lrt/ExitBatch",
  "lrt/Allocator",
  "lrt/AllocatorDeployer",
  "lrt/RewardAuction",
];

/** Suites whose transactions are traced as well: in them there are callees of every kind, hostile ones included. */
const ASKING =
  /\/test\/(?:unit\/(?:StakeManager|AllocationManager|Slasher|RewardsDistributor|LiquidRestakingToken|ExitQueue|Allocator)|attacks)\//;

/** How many transactions of one shape are traced in those suites: more would only take longer. */
const LIMIT = 1;

let order: OrderOfEffects;

/** Time that tracing those suites has taken. */
let milliseconds = 0;

async function checker(): Promise<OrderOfEffects> {
  return await OrderOfEffects.of(CONTRACTS.map((path) => `contracts/${path}.sol:${basename(path)}`));
}

before(async () => {
  order = await checker();
});

// Hooks of the root suite, so that they see all suites of a run: a violation fails the run at its end.
afterEach(async function () {
  if (!ASKING.test(this.currentTest?.file?.replaceAll("\\", "/") ?? "")) return;
  const began = performance.now();
  await order.traceNewBlocks(LIMIT);
  milliseconds += performance.now() - began;
});

after(() => {
  const counts = `${order.traced} transactions of ${order.verbs.size} verbs traced`;
  console.log(`Order of effects in the suites that ask for it: ${counts} in ${(milliseconds / 1000).toFixed(1)} s.`);
  if (order.violations.size !== 0) throw new Error([...order.violations].join("\n"));
});

/** The operator and the services of the world do each thing once. */
async function serve(w: World): Promise<{ contested: string; instant: string }> {
  const { allocationManager, avs, operator, stranger } = w;
  await setHostileRegistrar(w);
  await allocationManager.connect(avs).updateAVSMetadataURI("");
  const contested = await createJoinedSet(w, { id: 1n });
  const instant = await createJoinedSet(w, { id: 2n, vetoWindow: 0n, recipient: ZeroAddress });
  await allocateActive(w, [
    [contested, wad("0.4")],
    [instant, wad("0.2")],
  ]);
  const asOperator = allocationManager.connect(operator);
  await asOperator.allocate(contested, w.asset, wad("0.1"));
  await asOperator.revokeAllocation(contested, w.asset);
  await asOperator.deallocate(contested, w.asset, wad("0.1"));
  await waitUntil((await now()) + w.exitDelay);
  await allocationManager.connect(stranger).settle(operator, w.asset, [contested]);
  return { contested, instant };
}

/** Slashes of every kind and end; what they take becomes proceeds of the recipient, and to be burned. */
async function slash(w: World, { contested, instant }: { contested: string; instant: string }): Promise<void> {
  const vetoed = await proposeAndRead(w, contested, wad("0.1"));
  await w.slasher.connect(w.resolver).veto(vetoed);
  const final = await proposeAndRead(w, contested, wad("0.1"));
  await waitUntil(final.deadline);
  await w.slasher.connect(w.stranger).finalise(final);
  await propose(w, instant, wad("0.1"));
  await w.stakeManager.connect(w.recipient).withdrawProceeds(w.asset, w.recipient);
  await w.stakeManager.connect(w.stranger).burnProceeds(w.asset);
}

/** The services change their roles, and let the operator go. */
async function leave(w: World, set: string): Promise<void> {
  const asAvs = w.allocationManager.connect(w.avs);
  await asAvs.scheduleSlasher(set, w.stranger);
  await asAvs.scheduleResolver(set, w.stranger);
  await asAvs.removeSlasher(set);
  await asAvs.deregisterFromOperatorSet(w.operator, set);
}

/** A staker goes every way in, around and out. */
async function travel(w: World): Promise<void> {
  const { stakeManager, asset, alice, bob, operator, rival } = w;
  const asAlice = stakeManager.connect(alice);
  await stake(w, alice, wad(10n));
  await asset.mint(alice, wad(100n));
  const permit = await signPermit(asset, alice, await stakeManager.getAddress(), MaxUint256);
  await asAlice.depositWithPermit(ZeroAddress, asset, wad(50n), alice, 0n, NO_APPROVAL, permit);
  await asAlice.delegate(alice, rival, asset, wad(10n), 0n, NO_APPROVAL);
  await asAlice.withdraw(alice, asset, wad(10n), alice);
  const ended = await queue(w, alice, wad(5n));
  await asAlice.cancelWithdrawal(alice, operator, asset, ended, wad(5n), NO_APPROVAL);
  const maturity = await queue(w, alice, wad(5n));
  await asAlice.transferWithdrawals(alice, asset, [{ operator, maturity, shares: wad(1n) }], bob);
  const request = { operator: rival, shares: wad(3n) };
  const second = simple.maturityAt(await timeOf(await asAlice.queueWithdrawals(alice, asset, [request], alice)));
  const third = await queue(w, bob, wad(5n), { operator });
  await waitUntil(third > second ? third : second);
  await complete(w, alice, maturity);
  await asAlice.completeWithdrawalsAsUndelegated(alice, asset, [{ operator: rival, maturity: second }]);
  await stakeManager
    .connect(bob)
    .redelegateWithdrawals(bob, asset, [{ operator, maturity: third }], rival, 0n, NO_APPROVAL);
  await consent(w, stakeManager, await stakeDomain(stakeManager));
  const { interface: verbs } = stakeManager;
  const out = verbs.encodeFunctionData("withdraw", [alice.address, await asset.getAddress(), 1n, alice.address]);
  await asAlice.multicall([out, out]);
  await stakeManager.connect(rival).closePool(asset);
}

/** An approval by call, and its end by signature. */
async function consent(
  { stakeManager, alice, bob }: World,
  at: RewardsDistributor | StakeManager,
  domain: TypedDataDomain,
): Promise<void> {
  await at.connect(alice).setApproval(bob, true);
  const nonce = await at.nonces(alice);
  const message = { owner: alice.address, account: bob.address, approved: false, nonce, expiry: NEVER };
  const signature = await signConsent(stakeManager, alice, message, domain);
  await at.connect(bob).setApprovalBySig(alice, bob, false, NEVER, signature);
}

/** The launch guard, commanded by its admin and handed to another manager. */
async function guard({ launchGuard, accessManager, admin, asset }: World): Promise<void> {
  await launchGuard.connect(admin).setCap(asset, wad(1n));
  await launchGuard.connect(admin).setEntryPaused(true);
  await launchGuard.connect(admin).setEntryPaused(false);
  await accessManager.connect(admin).updateAuthority(launchGuard, accessManager);
}

/** A pool that pays rewards: the distributor is called wherever active shares change. */
async function earn(): Promise<void> {
  const context = await simple.deployStake();
  const { stake: stakeManager, distributor, operator, otherOperator, asset, alice } = context;
  for (const account of [operator, otherOperator]) await distributor.activate(stakeManager, account, asset);
  await simple.deposit(context, alice, wad(10n));
  await simple.depositUndelegated(context, alice, wad(10n));
  await stakeManager.connect(alice).delegate(alice, operator, asset, wad(5n), 0n, NO_APPROVAL);
  const maturity = await simple.queued(context, alice, wad(2n));
  await stakeManager.connect(alice).cancelWithdrawal(alice, operator, asset, maturity, wad(1n), NO_APPROVAL);
  await simple.passTo(maturity);
  const [key] = simple.keys(context, maturity);
  if (key === undefined) throw new Error("There is one withdrawal.");
  await stakeManager.connect(alice).redelegateWithdrawals(alice, asset, [key], otherOperator, 0n, NO_APPROVAL);
}

/** Two tokens are streamed to stakers, who claim; the pool is empty for a while, and the AVS takes that back. */
async function reward(): Promise<void> {
  const w = await deployRewardWorld();
  const { rewards, operator, avs, alice, bob, token, second } = w;
  await rewards.connect(operator).setCommission(w.asset, 1_000n);
  await announce(w, { token: second });
  await rewards.connect(operator).setCommission(w.asset, 500n);
  await endow(w, second, avs);
  await fund(w, 10n ** 9n);
  const tx = await fund(w, wad(1_000n), { token: second });
  const endsAt = boundaryAfter(w, (await timeOf(tx)) + w.bucket);
  for (const staker of [alice, bob]) await queue(w, staker, await w.stakeManager.sharesOf(operator, w.asset, staker));
  await stake(w, bob, wad(1n));
  await waitUntil(endsAt);
  await claim(w, alice);
  const verbs = rewards.interface;
  const pools = [{ operator: operator.address, asset: await w.asset.getAddress() }];
  const claims = [token, second].map(async (reward) =>
    verbs.encodeFunctionData("claim", [bob.address, await reward.getAddress(), pools, bob.address]),
  );
  await rewards.connect(bob).multicall(await Promise.all(claims));
  await rewards.connect(operator).claimCommission(operator, second, operator);
  await rewards.connect(avs).reclaim(avs, second, [{ operator, asset: w.asset, endsAt }], avs);
  const { name, version, chainId, verifyingContract } = await rewards.eip712Domain();
  await consent(w, rewards, { name, version, chainId, verifyingContract });
}

/** A liquid restaking token: its holders come, leave at once and by epochs, and one of these is contested. */
async function restake(): Promise<void> {
  const lrt = await deployLrtWith({ operatorRiskBps: 10_000n });
  const { token, queue, allocator, asset, alice, bob, carol, curator, operators, slasher, judge, unit } = lrt;
  const contested = await giveTo(lrt, wad("0.1"), { id: 1n, vetoWindow: lrt.exitDelay / 2n });
  await stakeEverywhere(lrt);
  await holdAndCommand(lrt);
  await token.connect(alice).mint(unit, alice);
  await token.connect(alice).instantRedeem(unit, 0n, alice);
  for (const holder of [alice, bob]) await token.connect(holder).requestRedeem(60n * unit, holder, holder);
  await allocator.connect(curator).setTarget(operators[1], 0n);
  await allocator.evict(operators[1]);
  const epoch = await closeEpoch(lrt);
  await waitUntil(epoch.maturity - 1_000n);
  const lien = await proposeSlash(lrt, contested, wad("0.1"));
  await settleEpoch(lrt, epoch);
  await token.connect(alice).redeem(unit, alice, alice);
  await token.connect(bob).withdraw(unit, bob, bob);
  await slasher.connect(judge).veto(lien);
  await queue.settle(epoch.epoch, epoch.items);
  await token.connect(alice).claimLate(epoch.epoch, alice, alice);
  await allocator.collect(operators[1]);
  // A service through which too much could be taken of the third operator's pool.
  await giveTo(lrt, wad(1n), { id: 2n, operators: [operators[2]], wait: false });
  const large = await lrt.allocationManager.operatorSetKey(lrt.avs, 2n);
  await token.connect(carol).deposit(unit, carol);
  await target(lrt, [operators[1], 3_000n]);
  await giveTo(lrt, wad(1n), { id: 3n, operators: [operators[1]], wait: false });
  const other = await lrt.allocationManager.operatorSetKey(lrt.avs, 3n);
  await allocator.evictFromService(operators[1], lrt.avs, [large, other].sort());
  await asset.mint(token, unit);
  await token.harvest();
  await token.payFees();
  await token.sync();
}

/** What any ERC-20 does, the curator's and the guardian's powers, and an allocator of nobody. */
async function holdAndCommand({ token, allocator, curator, warden, admin, alice, bob, config }: Lrt): Promise<void> {
  await token.connect(alice).transfer(bob, 1n);
  await token.connect(bob).approve(alice, 2n);
  await token.connect(alice).transferFrom(bob, alice, 1n);
  await token.connect(alice).setOperator(bob, true);
  const { deadline, v, r, s } = await signPermit(token, alice, bob.address, 1n);
  await token.permit(alice, bob, 1n, deadline, v, r, s);
  await token.connect(warden).setEntryPaused(true);
  await token.connect(warden).setEntryPaused(false);
  await token.connect(warden).lowerCap(1n);
  await token.connect(curator).raiseCap(config.maxTotalAssets);
  const manager = await ethers.getContractAt("IAccessManager", await token.authority());
  for (const target of [token, allocator]) await manager.connect(admin).updateAuthority(target, manager);
  await (await ethers.getContractAt("AllocatorDeployer", config.allocatorDeployer)).deploy(config);
}

/** A service pays the token in another one, which is sold. */
async function sell(): Promise<void> {
  const lrt = await deployLrtWith();
  await stakeEverywhere(lrt);
  const { rewardsDistributor, allocator, auction, asset, operators, avs, bob } = lrt;
  const token = await ethers.deployContract("MockERC20", ["Reward", "RWD", 18]);
  const [operator] = operators;
  const set = await giveTo(lrt, 0n, { operators: [], wait: false });
  await rewardsDistributor.connect(operator).announceRewardToken(asset, token);
  await token.mint(avs, wad(1_000n));
  await token.connect(avs).approve(rewardsDistributor, MaxUint256);
  await waitUntil((await now()) + lrt.notice);
  const entries = [{ operator, asset, amount: wad(1_000n) }];
  await rewardsDistributor.connect(avs).fund(set, token, Kind.Fee, lrt.bucket, entries);
  await waitUntil((await now()) + 2n * lrt.bucket);
  await allocator.collectRewards(operator, token);
  await auction.start(token);
  await asset.connect(bob).approve(auction, MaxUint256);
  await auction.connect(bob).take(token, 0n, MaxUint256, bob);
}

describe("order of effects: the protocol", () => {
  it("writes nothing after an external call, whatever the verb, but where a comment at the call says why", async () => {
    const own = await checker();
    const w = await loadFixture(deployWorld);
    const sets = await serve(w);
    await slash(w, sets);
    await travel(w);
    await leave(w, sets.contested);
    await guard(w);
    await earn();
    await reward();
    await restake();
    await sell();
    await own.traceNewBlocks(Infinity);
    console.log(`      ${own.traced} transactions of ${own.verbs.size} verbs traced`);
    expect([...own.violations], "violations").to.deep.equal([]);
    expect(own.untraced(), "verbs that were not traced").to.deep.equal([]);
    expect(own.excuseProblems("contracts/"), "excuses").to.deep.equal([]);
  });
});
