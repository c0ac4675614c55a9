import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture, mine, takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { ethers } from "hardhat";
import type { HookToken } from "../../typechain-types";
import { NO_APPROVAL } from "../helpers/signatures";
import { propose, proposeAndRead, readRecord, type SlashRecord, Status } from "../helpers/slash";
import { BURN_ADDRESS } from "../helpers/stake";
import { Behaviour } from "../helpers/tokens";
import { bps, WAD, wad } from "../helpers/units";
import {
  act,
  allocateActive,
  at,
  complete,
  createJoinedSet,
  deployWorld,
  freeOf,
  now,
  parts,
  partsOf,
  queue,
  type SetOptions,
  stake,
  waitUntil,
  type World,
} from "../helpers/world";

/** A pool of 1,000 units, 600 of alice and 400 of bob, of which a set has `magnitude`. */
async function secured(magnitude: bigint, options: SetOptions = {}) {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w, options);
  await allocateActive(w, [[set, magnitude]]);
  return { ...w, set, alloc: w.allocationManager.connect(w.operator) };
}

/** What secures a set, and what it can slash, in `asset`. */
async function stakeOf(w: World, set: string): Promise<[securing: bigint, slashable: bigint]> {
  const [, stakes] = await w.slasher.setStakes(set, [w.operator]);
  const [first] = stakes[0] ?? [];
  if (first === undefined) throw new Error("One asset was asked for.");
  return [first.securing, first.slashable];
}

/** What an active position is worth once open liens are final. */
async function netOf(w: World, staker: HardhatEthersSigner): Promise<bigint> {
  const [value] = await w.stakeManager.positionValues(staker, w.asset, [w.operator]);
  if (value === undefined) throw new Error("One position was asked for.");
  return value.net;
}

/** Makes a slash final in the first second in which it can be. */
async function finaliseAtDeadline(w: World, record: SlashRecord): Promise<void> {
  await at(record.deadline);
  await act(w, w.slasher.connect(w.stranger).finalise(record));
}

/** Sends transactions that all get into one block, in their order. */
async function inOneBlock(send: () => Promise<void>): Promise<void> {
  await ethers.provider.send("evm_setAutomine", [false]);
  try {
    await send();
    await mine();
  } finally {
    await ethers.provider.send("evm_setAutomine", [true]);
  }
}

describe("Attacks", () => {
  describe("Slashing", () => {
    it("Pre-armed exit (Karak): a matured withdrawal left unclaimed is no option to leave in the block of the offence", async () => {
      const w = await secured(WAD);
      const matured = await queue(w, w.alice, wad(600n));
      await act(w, w.alloc.deallocate(w.set, w.asset, WAD / 2n));
      await waitUntil(matured + w.bucket);
      // Counting what is not finalised yet: 1,000 secure the set, and 200 can be taken. Here both are 200 all along.
      expect(await stakeOf(w, w.set)).to.deep.equal([wad(200n), wad(200n)]);
      await expect(
        w.stakeManager.connect(w.alice).cancelWithdrawal(w.alice, w.operator, w.asset, matured, 1n, NO_APPROVAL),
      )
        .to.be.revertedWithCustomError(w.stakeManager, "WithdrawalMature")
        .withArgs(matured);
      expect(await complete(w, w.alice, matured)).to.equal(wad(600n));
      await act(w, w.alloc.settle(w.operator, w.asset, [w.set]));
      expect(await stakeOf(w, w.set)).to.deep.equal([wad(200n), wad(200n)]);
      expect((await proposeAndRead(w, w.set, WAD)).cuts[0]?.assets).to.equal(wad(200n));
    });

    it("Absolute earmark (Karak): who stays does not pay for who leaves between request and end", async () => {
      const w = await secured(WAD);
      const maturity = await queue(w, w.alice, wad(600n));
      await at(maturity - 1n);
      const record = await proposeAndRead(w, w.set, WAD / 2n);
      await waitUntil(maturity);
      // Absolute earmark of 500: alice leaves with 600, bob pays all of his 400. Here everyone pays 50 %.
      expect(await complete(w, w.alice, maturity)).to.equal(wad(300n));
      await finaliseAtDeadline(w, record);
      expect(await netOf(w, w.bob)).to.equal(wad(200n));
      expect(await w.stakeManager.proceeds(w.recipient, w.asset)).to.equal(wad(500n));
    });

    it("Newcomers pay for an old offence (Karak, Symbiotic): nobody enters between proposal and end", async () => {
      const w = await secured(WAD);
      const record = await proposeAndRead(w, w.set, WAD / 2n);
      await expect(stake(w, w.stranger, wad(100n)))
        .to.be.revertedWithCustomError(w.stakeManager, "PoolLiened")
        .withArgs(w.operator.address, w.asset, WAD / 2n);
      await finaliseAtDeadline(w, record);
      await stake(w, w.stranger, wad(100n));
      // Shares at the old price: the newcomer's 100 are worth 50. Here they are worth 100.
      expect(await netOf(w, w.stranger)).to.equal(wad(100n));
      expect(await netOf(w, w.alice)).to.equal(wad(300n));
    });

    it("Capture minus later withdrawals (Symbiotic): exits after a first request leave the second one whole", async () => {
      const w = await secured(WAD);
      await propose(w, w.set, bps(1000n));
      const maturity = await queue(w, w.alice, wad(600n));
      // Subtracting exits: 40 % of the 400 that stay are 160. Here 400.
      const second = await proposeAndRead(w, w.set, bps(4000n));
      expect(second.cuts[0]?.assets).to.equal(wad(400n));
      await waitUntil(maturity);
      expect(await complete(w, w.alice, maturity)).to.equal(wad(300n));
      expect(await netOf(w, w.bob)).to.equal(wad(200n));
    });

    it("Order denial (Symbiotic): a later slash that ends first does not void an earlier one", async () => {
      const w = await secured(WAD);
      const first = await proposeAndRead(w, w.set, bps(3000n));
      const second = await proposeAndRead(w, w.set, bps(4000n));
      await finaliseAtDeadline(w, second);
      await act(w, w.slasher.finalise(first));
      // Void from the latest capture on: 400. Here 300 + 400.
      expect(await w.stakeManager.proceeds(w.recipient, w.asset)).to.equal(wad(700n));
      expect(await netOf(w, w.bob)).to.equal(wad(120n));
    });

    it("Phantom slash (Symbiotic): the same stake is not promised twice, and a slash moves what it reports", async () => {
      const w = await secured(bps(9000n));
      const other = await createJoinedSet(w, { avs: w.otherAvs });
      await expect(w.alloc.allocate(other, w.asset, bps(5000n)))
        .to.be.revertedWithCustomError(w.alloc, "InsufficientFree")
        .withArgs(bps(5000n), bps(1000n));
      await allocateActive(w, [[other, bps(1000n)]]);
      const first = await proposeAndRead(w, w.set, WAD);
      const second = await proposeAndRead(w, other, WAD);
      await finaliseAtDeadline(w, second);
      // Promised twice: the second reports 500 and moves 100. Here it reports, and moves, 100.
      expect([first.cuts[0]?.assets, second.cuts[0]?.assets]).to.deep.equal([wad(900n), wad(100n)]);
      await act(w, w.slasher.finalise(first));
      const proceeds = w.stakeManager.connect(w.recipient).withdrawProceeds(w.asset, w.recipient);
      await expect(proceeds).to.changeTokenBalance(w.asset, w.recipient, wad(1000n));
    });

    it("Over-slash across services (Symbiotic): a set takes no more than was given to it, however often it slashes", async () => {
      const w = await secured(bps(2500n), { vetoWindow: 0n, period: 151_200n });
      // A fraction of all stake: 1,000 the first time. Here 250, and nothing afterwards.
      expect((await proposeAndRead(w, w.set, WAD)).cuts[0]?.assets).to.equal(wad(250n));
      await waitUntil((await now()) + w.bucket);
      await expect(propose(w, w.set, WAD))
        .to.be.revertedWithCustomError(w.slasher, "NothingToSlash")
        .withArgs(w.operator.address, w.set);
      expect([await netOf(w, w.alice), await netOf(w, w.bob)]).to.deep.equal([wad(450n), wad(300n)]);
    });

    it("Exit between request and execution (Symbiotic): what matures meanwhile is paid without the contested part", async () => {
      const w = await secured(WAD);
      const before = await queue(w, w.alice, wad(600n));
      await at(before - 1n);
      const record = await proposeAndRead(w, w.set, bps(2500n));
      const after = await queue(w, w.bob, wad(400n));
      await waitUntil(before);
      // Looked at on execution alone: alice has left with 600. Here with 450, and nothing comes later.
      expect(await complete(w, w.alice, before)).to.equal(wad(450n));
      await finaliseAtDeadline(w, record);
      expect(await complete(w, w.alice, before)).to.equal(0n);
      await waitUntil(after);
      expect(await complete(w, w.bob, after)).to.equal(wad(300n));
      expect(await w.stakeManager.proceeds(w.recipient, w.asset)).to.equal(wad(250n));
      expect(await w.asset.balanceOf(w.stakeManager)).to.equal(wad(250n));
    });

    it("De-allocation racing a slash (EigenLayer): it never turns into an allocation", async () => {
      const w = await secured(bps(5000n), { vetoWindow: 0n });
      // The operator wants 40 % of the pool to be left; the slash, which comes first, leaves 20 %.
      await propose(w, w.set, bps(6000n));
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(1000n)));
      // A target of 40 %: 20 % would be joining. Here 10 % are leaving.
      const pendingAt = (await now()) + w.exitDelay;
      expect(await partsOf(w, w.set)).to.deep.equal(parts({ active: bps(1000n), leaving: bps(1000n), pendingAt }));
      expect(await freeOf(w)).to.equal(bps(5000n));
    });

    it("Full slash deadlock (Symbiotic): factor 0 stops neither exits, nor other assets, nor moving to another operator", async () => {
      const w = await secured(WAD, { vetoWindow: 0n });
      await stake(w, w.alice, wad(50n), { asset: w.second });
      await stake(w, w.alice, wad(30n), { operator: w.rival });
      await propose(w, w.set, WAD);
      // Dividing by the factor: Panic(0x12) here.
      await expect(stake(w, w.alice, 1n))
        .to.be.revertedWithCustomError(w.stakeManager, "FactorTooLow")
        .withArgs(0n, 10n ** 9n);
      const requests = [
        { operator: w.operator, shares: wad(600n) },
        { operator: w.rival, shares: wad(30n) },
      ];
      await w.stakeManager.connect(w.alice).queueWithdrawals(w.alice, w.asset, requests, w.alice);
      const maturity = await queue(w, w.alice, wad(50n), { asset: w.second });
      await waitUntil(maturity);
      const keys = requests.map(({ operator }) => ({ operator, maturity }));
      const { stakeManager, alice } = w;
      await stakeManager.connect(alice).redelegateWithdrawals(alice, w.asset, keys, w.rival, 0n, NO_APPROVAL);
      expect(await stakeManager.sharesOf(w.rival, w.asset, alice)).to.equal(wad(30n));
      expect(await complete(w, alice, maturity, { asset: w.second })).to.equal(wad(50n));
    });

    it("Burn sink reverts (Karak): every OpenZeppelin token can be slashed and burned", async () => {
      const w = await secured(WAD, { recipient: ZeroAddress });
      await finaliseAtDeadline(w, await proposeAndRead(w, w.set, WAD / 2n));
      // Transfer to address 0 within the slash: ERC20InvalidReceiver, and nobody is ever slashed.
      await expect(w.asset.connect(w.alice).transfer(ZeroAddress, 0n))
        .to.be.revertedWithCustomError(w.asset, "ERC20InvalidReceiver")
        .withArgs(ZeroAddress);
      await w.stakeManager.connect(w.stranger).burnProceeds(w.asset);
      expect(await w.asset.balanceOf(BURN_ADDRESS)).to.equal(wad(500n));
    });

    it("Self-slash as shield: tiny slashes use up their own size, on every asset, in their own set", async () => {
      const w = await loadFixture(deployWorld);
      await stake(w, w.alice, 10n, { asset: w.second });
      const set = await createJoinedSet(w, { assets: [w.asset, w.second], maxSlash: bps(5000n) });
      const own = await createJoinedSet(w, { avs: w.operator, slasher: w.operator, vetoWindow: 0n });
      await allocateActive(w, [
        [set, bps(5000n)],
        [own, 5n],
      ]);
      await allocateActive(w, [[set, WAD]], { asset: w.second });
      await propose(w, own, WAD, { by: w.operator });
      for (let i = 0; i < 3; i++) await propose(w, set, 1n);
      // One slash a period: the real one is refused. Here it takes all but 3 units of 50 % of 50 %: of 1,000, but a unit
      // that each rounding up has taken before.
      const real = await proposeAndRead(w, set, bps(5000n) - 3n);
      // Of the chosen dust pool alone: 5 wei. Here of every asset of the set.
      expect(real.cuts.map(({ assets }) => assets)).to.deep.equal([wad(250n) - 1_000n, 4n]);
    });

    it("Frivolous proposal as cover: who vetoes it proposes anew in the same block, and no chain gets in between", async () => {
      const w = await secured(bps(5000n), { maxSlash: bps(4000n) });
      const maturity = await queue(w, w.alice, wad(600n));
      await at(maturity - w.bucket);
      const frivolous = await proposeAndRead(w, w.set, bps(4000n));
      await inOneBlock(async () => {
        await w.slasher.connect(w.judge).veto(frivolous, { gasLimit: 1_000_000n });
        await w.slasher.connect(w.judge).propose(w.set, w.operator, bps(4000n), ZeroHash, "", { gasLimit: 1_000_000n });
        // The next link of the chain finds the budget used.
        await w.slasher.connect(w.judge).propose(w.set, w.operator, 1n, ZeroHash, "", { gasLimit: 1_000_000n });
      });
      expect(await w.slasher.slashCount()).to.equal(2n);
      expect((await w.slasher.slashState(2n)).status).to.equal(Status.Proposed);
      await waitUntil(maturity);
      // The budget stays used after a veto: nothing is held, alice leaves with 600. Here with 480.
      expect(await complete(w, w.alice, maturity)).to.equal(wad(480n));
    });

    it("De-allocation armed in advance: it, and leaving over it, keep the decrease slashable until its own time", async () => {
      const w = await secured(bps(5000n));
      await act(w, w.alloc.deallocate(w.set, w.asset, bps(2000n)));
      const leavingAt = (await now()) + w.exitDelay;
      await waitUntil(leavingAt - w.bucket);
      // A lien that holds everything: nothing seems to be pending.
      const record = await proposeAndRead(w, w.set, WAD);
      await expect(w.alloc.deallocate(w.set, w.asset, 1n))
        .to.be.revertedWithCustomError(w.alloc, "ChangePending")
        .withArgs(w.set, w.asset, leavingAt);
      await act(w, w.alloc.deregisterFromOperatorSet(w.operator, w.set));
      const until = (await now()) + w.exitDelay;
      await act(w, w.slasher.connect(w.resolver).veto(record));
      // Freed by leaving, or by the veto: 300 or 0 could be slashed. Here all 500 until the decrease's time, 300 then.
      expect(await stakeOf(w, w.set)).to.deep.equal([0n, wad(500n)]);
      await waitUntil(leavingAt - 1n);
      expect(await stakeOf(w, w.set)).to.deep.equal([0n, wad(500n)]);
      await waitUntil(leavingAt);
      expect(await stakeOf(w, w.set)).to.deep.equal([0n, wad(300n)]);
      await waitUntil(until);
      expect(await stakeOf(w, w.set)).to.deep.equal([0n, 0n]);
    });

    it("Return in a new registration: a veto after it restores nothing into it, and revives no old allocation", async () => {
      const w = await secured(bps(5000n));
      await act(w, w.alloc.deregisterFromOperatorSet(w.operator, w.set));
      const until = (await now()) + w.exitDelay;
      await at(until - 1n);
      const record = await proposeAndRead(w, w.set, bps(5000n));
      await act(w, w.alloc.registerForOperatorSet(w.set, "0x"));
      // Given back to what is active: 25 % unannounced in the new registration. Here to free.
      await act(w, w.slasher.connect(w.resolver).veto(record));
      expect(await partsOf(w, w.set)).to.deep.equal(parts());
      expect(await freeOf(w)).to.equal(WAD);
      await expect(propose(w, w.set, WAD))
        .to.be.revertedWithCustomError(w.slasher, "NothingToSlash")
        .withArgs(w.operator.address, w.set);
    });

    it("Veto at the last second: before the deadline only a veto, from it on only the end", async () => {
      const w = await secured(WAD);
      const record = await proposeAndRead(w, w.set, WAD / 2n);
      const { slasher } = w;
      const start = await takeSnapshot();
      for (const offset of [-1n, 0n, 1n]) {
        await start.restore();
        await at(record.deadline + offset);
        const [refused, error] =
          offset < 0n
            ? [slasher.finalise(record), "VetoWindowOpen"]
            : [slasher.connect(w.resolver).veto(record), "VetoWindowOver"];
        await expect(refused).to.be.revertedWithCustomError(slasher, error).withArgs(record.id, record.deadline);
        await start.restore();
        await at(record.deadline + offset);
        await act(w, offset < 0n ? slasher.connect(w.resolver).veto(record) : slasher.finalise(record));
        // ≤ instead of <: at the deadline both would do. Here each second has one end.
        expect(await netOf(w, w.alice)).to.equal(offset < 0n ? wad(600n) : wad(300n));
      }
    });

    it("Maturity in the same block: a slash reaches what matures the second after, and nothing that has matured", async () => {
      const w = await secured(WAD);
      const maturity = await queue(w, w.alice, wad(600n));
      const start = await takeSnapshot();
      for (const [offset, taken, paid] of [
        [-1n, wad(500n), wad(300n)],
        [0n, wad(200n), wad(600n)],
        [1n, wad(200n), wad(600n)],
      ] as const) {
        await start.restore();
        await at(maturity + offset);
        // Maturity excluded: at 0 as at −1.
        expect((await proposeAndRead(w, w.set, WAD / 2n)).cuts[0]?.assets).to.equal(taken);
        await waitUntil(maturity);
        expect(await complete(w, w.alice, maturity)).to.equal(paid);
      }
    });

    it("Empty pool as shield: an asset of which nothing can be taken does not keep an instant set from the others", async () => {
      const w = await loadFixture(deployWorld);
      const set = await createJoinedSet(w, { assets: [w.asset, w.second], vetoWindow: 0n, maxSlash: bps(5000n) });
      await allocateActive(w, [[set, bps(5000n)]]);
      await allocateActive(w, [[set, bps(4000n)]], { asset: w.second });
      const record = await proposeAndRead(w, set, bps(5000n));
      // All or nothing: the empty pool makes it revert. Here 250 of the other, and the empty pool's 40 % are whole.
      expect(record.cuts.map(({ assets }) => assets)).to.deep.equal([wad(250n)]);
      expect(await partsOf(w, set, { asset: w.second })).to.deep.equal(parts({ active: bps(4000n) }));
      expect(await freeOf(w, { asset: w.second })).to.equal(bps(6000n));
    });

    it("Emptied and filled bucket: who queues while a lien is open gets by its veto no more than was put in", async () => {
      const w = await secured(WAD);
      const maturity = await queue(w, w.alice, wad(600n));
      const { stakeManager, alice } = w;
      const record = await proposeAndRead(w, w.set, WAD / 2n);
      await stakeManager.connect(alice).cancelWithdrawal(alice, w.operator, w.asset, maturity, wad(600n), NO_APPROVAL);
      expect(await queue(w, alice, wad(600n))).to.equal(maturity);
      await act(w, w.slasher.connect(w.resolver).veto(record));
      await waitUntil(maturity);
      // The stale rate, or the gross factor, raised by the veto: 900. Here 600.
      expect(await complete(w, alice, maturity)).to.equal(wad(600n));
      expect(await w.asset.balanceOf(stakeManager)).to.equal(wad(400n));
    });

    it("Token that stops: neither the slash nor its end needs a transfer", async () => {
      const w = await loadFixture(deployWorld);
      const token = await ethers.deployContract("HostileToken", ["Hostile", "HOST", 18]);
      await w.stakeManager.connect(w.operator).openPool(token, ZeroAddress);
      await token.mint(w.alice, wad(100n));
      await token.connect(w.alice).approve(w.stakeManager, wad(100n));
      await w.stakeManager.connect(w.alice).deposit(w.operator, token, wad(100n), w.alice, 0n, NO_APPROVAL);
      const set = await createJoinedSet(w, { assets: [token] });
      await allocateActive(w, [[set, WAD]], { asset: token });
      await token.setBehaviour(Behaviour.Reverts, 0n);
      await finaliseAtDeadline(w, await proposeAndRead(w, set, WAD / 2n));
      // Paid out within the slash: TransferRefused, and 0. Here 50 wait for the recipient.
      await expect(w.stakeManager.connect(w.recipient).withdrawProceeds(token, w.recipient))
        .to.be.revertedWithCustomError(token, "TransferRefused")
        .withArgs();
      expect(await w.stakeManager.proceeds(w.recipient, token)).to.equal(wad(50n));
    });

    describe("Hook during the payout of proceeds", () => {
      interface Hooked extends World {
        token: HookToken;
        set: string;
        record: SlashRecord;
      }

      /** A token that is the slasher of a set, whose recipient has 5 of it, with an open proposal of 25 %. */
      async function hooked(): Promise<Hooked> {
        const w = await loadFixture(deployWorld);
        const token = await ethers.deployContract("HookToken", ["Hook", "HOOK", 18]);
        await w.stakeManager.connect(w.operator).openPool(token, ZeroAddress);
        await token.mint(w.alice, wad(20n));
        await token.connect(w.alice).approve(w.stakeManager, wad(10n));
        await w.stakeManager.connect(w.alice).deposit(w.operator, token, wad(10n), w.alice, 0n, NO_APPROVAL);
        const instant = await createJoinedSet(w, { assets: [token], vetoWindow: 0n, id: 2n });
        const set = await createJoinedSet(w, { assets: [token], slasher: token });
        await allocateActive(
          w,
          [
            [set, bps(5000n)],
            [instant, bps(5000n)],
          ],
          { asset: token },
        );
        await propose(w, instant, WAD);
        await callAfter(token, w, proposal(w, set));
        const record = await readRecord(w, await token.connect(w.alice).transfer(w.bob, 1n));
        return { ...w, token, set, record };
      }

      function proposal({ slasher, operator }: World, set: string): string {
        return slasher.interface.encodeFunctionData("propose", [set, operator.address, bps(2500n), ZeroHash, ""]);
      }

      async function callAfter(token: HookToken, { slasher }: World, data: string): Promise<void> {
        await token.setHooks({ target: ZeroAddress, data: "0x" }, { target: slasher, data });
      }

      for (const [verb, call] of [
        ["propose", (w: Hooked) => proposal(w, w.set)],
        ["veto", (w: Hooked) => w.slasher.interface.encodeFunctionData("veto", [w.record])],
        ["finalise", (w: Hooked) => w.slasher.interface.encodeFunctionData("finalise", [w.record])],
      ] as const) {
        it(`does not ${verb} through the real Slasher`, async () => {
          const w = await loadFixture(hooked);
          if (verb === "finalise") await waitUntil(w.record.deadline);
          await callAfter(w.token, w, call(w));
          await w.stakeManager.connect(w.recipient).withdrawProceeds(w.token, w.recipient);
          // A guard on StakeManager's own verbs alone: the call succeeds, and what is liened moves. Here 12.5 % stay.
          const refusal = w.stakeManager.interface.encodeErrorResult("ReentrancyGuardReentrantCall");
          expect(await w.token.outcomeAfterwards()).to.deep.equal([true, false, refusal]);
          expect((await w.stakeManager.pool(w.operator, w.token)).liened).to.equal(bps(1250n));
          expect(await w.token.balanceOf(w.recipient)).to.equal(wad(5n));
        });
      }
    });
  });
});
