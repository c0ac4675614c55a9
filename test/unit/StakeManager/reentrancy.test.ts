import { loadFixture, takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import type { StakeManager } from "../../../typechain-types";
import { NEVER, NO_APPROVAL, NO_PERMIT } from "../../helpers/signatures";
import {
  deployStake,
  deposit,
  depositUndelegated,
  expectRefusal,
  fund,
  keys,
  passTo,
  queued,
  slash,
  type Stake,
} from "../../helpers/stake";
import { wad } from "../../helpers/units";

/** The fixture with a token that calls back; everything that moves tokens out can be called. */
async function deployHooks() {
  const context = await deployStake();
  const { stake, slasher, operator, alice, bob } = context;
  const token = await ethers.deployContract("HookToken", ["Hook", "HOOK", 18]);
  await fund(token, stake, [alice, bob], wad(1_000n));
  await stake.connect(operator).openPool(token, ZeroAddress);
  const hooked: Stake = { ...context, asset: token };
  await deposit(hooked, alice, 1_000n);
  await depositUndelegated(hooked, alice, 1_000n);
  const maturity = await queued(hooked, alice, 100n);
  await slash(hooked, wad("0.1"));
  await stake.connect(slasher).slash(operator, token, wad("0.1"), ZeroAddress);
  await passTo(maturity);
  return { hooked, token, maturity };
}

type Hooks = Awaited<ReturnType<typeof deployHooks>>;

/** Every verb that moves tokens. */
const MOVING: readonly { verb: string; call: (hooks: Hooks) => Promise<unknown> }[] = [
  { verb: "deposit", call: ({ hooked }) => deposit(hooked, hooked.bob, 10n) },
  {
    verb: "depositWithPermit",
    call: ({ hooked: { stake, operator, asset, bob } }) =>
      stake.connect(bob).depositWithPermit(operator, asset, 10n, bob, 0n, NO_APPROVAL, NO_PERMIT),
  },
  {
    verb: "completeWithdrawals",
    call: ({ hooked, maturity }) => {
      const { stake, asset, alice } = hooked;
      return stake.connect(alice).completeWithdrawals(alice, asset, keys(hooked, maturity), alice);
    },
  },
  {
    verb: "withdraw",
    call: ({ hooked: { stake, asset, alice } }) => stake.connect(alice).withdraw(alice, asset, 10n, alice),
  },
  {
    verb: "withdrawProceeds",
    call: ({ hooked: { stake, asset, recipient } }) => stake.connect(recipient).withdrawProceeds(asset, recipient),
  },
  { verb: "burnProceeds", call: ({ hooked: { stake, asset, bob } }) => stake.connect(bob).burnProceeds(asset) },
];

/** Every verb that no hook gets through to, as the token itself would call it. */
function guardedCalls({ interface: verbs }: StakeManager, operator: string, token: string): [string, string][] {
  return [
    ["deposit", verbs.encodeFunctionData("deposit", [operator, token, 1n, token, 0n, NO_APPROVAL])],
    [
      "depositWithPermit",
      verbs.encodeFunctionData("depositWithPermit", [operator, token, 1n, token, 0n, NO_APPROVAL, NO_PERMIT]),
    ],
    ["delegate", verbs.encodeFunctionData("delegate", [token, operator, token, 1n, 0n, NO_APPROVAL])],
    ["queueWithdrawals", verbs.encodeFunctionData("queueWithdrawals", [token, token, [], token])],
    ["transferWithdrawals", verbs.encodeFunctionData("transferWithdrawals", [token, token, [], operator])],
    [
      "cancelWithdrawal",
      verbs.encodeFunctionData("cancelWithdrawal", [token, operator, token, NEVER, 1n, NO_APPROVAL]),
    ],
    ["completeWithdrawals", verbs.encodeFunctionData("completeWithdrawals", [token, token, [], token])],
    [
      "completeWithdrawalsAsUndelegated",
      verbs.encodeFunctionData("completeWithdrawalsAsUndelegated", [token, token, []]),
    ],
    [
      "redelegateWithdrawals",
      verbs.encodeFunctionData("redelegateWithdrawals", [token, token, [], operator, 0n, NO_APPROVAL]),
    ],
    ["withdraw", verbs.encodeFunctionData("withdraw", [token, token, 1n, token])],
    ["withdrawProceeds", verbs.encodeFunctionData("withdrawProceeds", [token, token])],
    ["burnProceeds", verbs.encodeFunctionData("burnProceeds", [token])],
    ["openLien", verbs.encodeFunctionData("openLien", [operator, token, 1n])],
    ["releaseLien", verbs.encodeFunctionData("releaseLien", [operator, token, 1n, 1n])],
    ["finaliseLien", verbs.encodeFunctionData("finaliseLien", [operator, token, 1n, 1n, token, 1n])],
    ["slash", verbs.encodeFunctionData("slash", [operator, token, 1n, token])],
    ["multicall", verbs.encodeFunctionData("multicall", [[verbs.encodeFunctionData("burnProceeds", [token])]])],
  ];
}

describe("StakeManager", () => {
  describe("re-entrancy", () => {
    for (const { verb, call } of MOVING) {
      it(`lets nothing that moves stake through while ${verb} moves a token`, async () => {
        const hooks = await loadFixture(deployHooks);
        const { hooked, token } = hooks;
        const { stake, operator } = hooked;
        const refusal = stake.interface.encodeErrorResult("ReentrancyGuardReentrantCall", []);
        for (const [name, data] of guardedCalls(stake, operator.address, await token.getAddress())) {
          const snapshot = await takeSnapshot();
          const hook = { target: stake, data };
          await token.setHooks(hook, hook);
          await call(hooks);
          const refused = [true, false, refusal];
          expect(await token.outcomeBefore(), `${name} before`).to.deep.equal(refused);
          expect(await token.outcomeAfterwards(), `${name} afterwards`).to.deep.equal(refused);
          await snapshot.restore();
        }
      });
    }

    it("covers every verb that changes stake: what is not covered changes only who may act, and who is let in", async () => {
      const { hooked, token } = await loadFixture(deployHooks);
      const { stake, operator } = hooked;
      const covered = guardedCalls(stake, operator.address, await token.getAddress()).map(([name]) => name);
      const others: string[] = [];
      stake.interface.forEachFunction(({ name, stateMutability }) => {
        if (stateMutability !== "view" && stateMutability !== "pure" && !covered.includes(name)) others.push(name);
      });
      expect(others.sort()).to.deep.equal([
        "closePool",
        "openPool",
        "registerOperator",
        "setApproval",
        "setApprovalBySig",
        "setPaysRewards",
      ]);
    });

    it("refuses what a hook delivers besides: nothing is counted twice", async () => {
      const { hooked, token } = await loadFixture(deployHooks);
      const { stake, bob } = hooked;
      const held = await token.balanceOf(stake);
      const mint = token.interface.encodeFunctionData("mint", [await stake.getAddress(), 1n]);
      await token.setHooks({ target: token, data: mint }, { target: ZeroAddress, data: "0x" });
      await expectRefusal(() => deposit(hooked, bob, 10n), stake, "InexactTransfer", [token, held + 10n, held + 11n]);
    });

    it("can be entered again after a call, in the same transaction, too", async () => {
      const { hooked, token } = await loadFixture(deployHooks);
      const { stake, alice } = hooked;
      const withdraw = stake.interface.encodeFunctionData("withdraw", [
        alice.address,
        await token.getAddress(),
        10n,
        alice.address,
      ]);
      await expect(stake.connect(alice).multicall([withdraw, withdraw])).to.changeTokenBalances(
        token,
        [stake, alice],
        [-20n, 20n],
      );
    });
  });
});
