import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { ethers } from "hardhat";
import type { HookToken } from "../../../typechain-types";
import { NO_APPROVAL } from "../../helpers/signatures";
import { readRecord, type SlashRecord } from "../../helpers/slash";
import { bps, WAD, wad } from "../../helpers/units";
import { allocateActive, at, createJoinedSet, deployWorld, type World } from "../../helpers/world";

interface Hooked extends World {
  /** An asset with hooks, which is the slasher of the set, too. */
  token: HookToken;
  set: string;
  /** A proposal of 25 %, made by the hook of an honest transfer. */
  record: SlashRecord;
}

/** Lets the token call the Slasher before or after its next transfer. */
async function callFrom(token: HookToken, w: World, when: "before" | "after", data: string): Promise<void> {
  const call = { target: w.slasher, data };
  const none = { target: ZeroAddress, data: "0x" };
  await token.setHooks(when === "before" ? call : none, when === "after" ? call : none);
}

async function hooked(): Promise<Hooked> {
  const w = await loadFixture(deployWorld);
  const token = await ethers.deployContract("HookToken", ["Hook", "HOOK", 18]);
  await w.stakeManager.connect(w.operator).openPool(token, ZeroAddress);
  await token.mint(w.alice, wad(100n));
  await token.connect(w.alice).approve(w.stakeManager, wad(100n));
  await w.stakeManager.connect(w.alice).deposit(w.operator, token, wad(10n), w.alice, 0n, NO_APPROVAL);
  await w.stakeManager.connect(w.alice).deposit(ZeroAddress, token, wad(10n), w.alice, 0n, NO_APPROVAL);
  const set = await createJoinedSet(w, { assets: [token], slasher: token });
  await allocateActive(w, [[set, WAD]], { asset: token });
  const propose = w.slasher.interface.encodeFunctionData("propose", [
    set,
    w.operator.address,
    bps(2500n),
    ZeroHash,
    "",
  ]);
  await callFrom(token, w, "after", propose);
  const record = await readRecord(w, await token.connect(w.alice).transfer(w.bob, 1n));
  return { ...w, token, set, record };
}

describe("Slasher", () => {
  describe("while a token is being moved by the StakeManager", () => {
    const verbs: readonly [verb: string, call: (w: Hooked) => string][] = [
      [
        "propose",
        ({ slasher, set, operator }) =>
          slasher.interface.encodeFunctionData("propose", [set, operator.address, bps(100n), ZeroHash, ""]),
      ],
      ["veto", ({ slasher, record }) => slasher.interface.encodeFunctionData("veto", [record])],
      ["finalise", ({ slasher, record }) => slasher.interface.encodeFunctionData("finalise", [record])],
    ];
    for (const [verb, call] of verbs) {
      for (const when of ["before", "after"] as const) {
        it(`refuses to ${verb} in a hook ${when} the transfer`, async () => {
          const w = await loadFixture(hooked);
          if (verb === "finalise") await at(w.record.deadline);
          await callFrom(w.token, w, when, call(w));
          const count = await w.slasher.slashEventCount(w.token);
          // Out of the undelegated balance: a pool with an open lien takes no deposit.
          await w.stakeManager.connect(w.alice).withdraw(w.alice, w.token, wad(1n), w.alice);
          const outcome = when === "before" ? await w.token.outcomeBefore() : await w.token.outcomeAfterwards();
          const refusal = w.stakeManager.interface.encodeErrorResult("ReentrancyGuardReentrantCall");
          expect(outcome).to.deep.equal([true, false, refusal]);
          expect(await w.slasher.slashEventCount(w.token)).to.equal(count);
        });
      }

      it(`lets ${verb} pass in a hook of a transfer that is none of the StakeManager's`, async () => {
        const w = await loadFixture(hooked);
        if (verb === "finalise") await at(w.record.deadline);
        await callFrom(w.token, w, "after", call(w));
        await w.token.connect(w.alice).transfer(w.bob, 1n);
        expect((await w.token.outcomeAfterwards()).succeeded).to.equal(true);
      });
    }
  });
});
