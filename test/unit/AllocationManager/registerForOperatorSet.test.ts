import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { Answer, deployHostileAVS, setHostileRegistrar } from "../../helpers/registrar";
import { propose } from "../../helpers/slash";
import { setMappingSlot } from "../../helpers/storage";
import { bps, WAD } from "../../helpers/units";
import {
  act,
  allocateActive,
  at,
  createJoinedSet,
  createSet,
  deployWorld,
  expectEvents,
  freeOf,
  now,
  parts,
  partsOf,
  waitUntil,
} from "../../helpers/world";

/** A set for which nobody is registered. */
async function created() {
  const w = await loadFixture(deployWorld);
  return { ...w, set: await createSet(w) };
}

/** A set with 40 % of the pool, 10 % of it by an order to leave, and a registration that ends at `until`. */
async function ended() {
  const w = await loadFixture(deployWorld);
  const { allocationManager, operator, asset } = w;
  const set = await createJoinedSet(w);
  await allocateActive(w, [[set, bps(4000n)]]);
  await allocationManager.connect(operator).deallocate(set, asset, bps(1000n));
  await allocationManager.connect(operator).deregisterFromOperatorSet(operator, set);
  return { ...w, set, until: (await now()) + w.exitDelay };
}

describe("AllocationManager", () => {
  describe("registerForOperatorSet", () => {
    it("begins the first registration", async () => {
      const { allocationManager, operator, set } = await loadFixture(created);
      expect(await allocationManager.isRegistered(operator, set)).to.equal(false);
      await expect(allocationManager.connect(operator).registerForOperatorSet(set, "0x"))
        .to.emit(allocationManager, "OperatorRegisteredForSet")
        .withArgs(operator.address, set, 1n);
      expect(await allocationManager.isRegistered(operator, set)).to.equal(true);
      expect(await allocationManager.registration(operator, set)).to.deep.equal([1n, 0n, 0n, 0n]);
    });

    it("is open to an address that is no operator of any pool", async () => {
      const { allocationManager, stranger, set } = await loadFixture(created);
      await allocationManager.connect(stranger).registerForOperatorSet(set, "0x");
      expect(await allocationManager.isRegistered(stranger, set)).to.equal(true);
    });

    it("is refused for unknown sets", async () => {
      const { allocationManager, avs, operator } = await loadFixture(created);
      const unknown = await allocationManager.operatorSetKey(avs, 99n);
      await expect(allocationManager.connect(operator).registerForOperatorSet(unknown, "0x"))
        .to.be.revertedWithCustomError(allocationManager, "OperatorSetUnknown")
        .withArgs(unknown);
    });

    it("is refused while registered", async () => {
      const { allocationManager, operator, set } = await loadFixture(created);
      await allocationManager.connect(operator).registerForOperatorSet(set, "0x");
      await expect(allocationManager.connect(operator).registerForOperatorSet(set, "0x"))
        .to.be.revertedWithCustomError(allocationManager, "AlreadyRegistered")
        .withArgs(operator.address, set, 0n);
    });

    describe("when a registration has ended", () => {
      it("is refused until its end is reached, and begins a new epoch in that second", async () => {
        const { allocationManager, operator, set, until } = await loadFixture(ended);
        await at(until - 1n);
        await expect(allocationManager.connect(operator).registerForOperatorSet(set, "0x"))
          .to.be.revertedWithCustomError(allocationManager, "AlreadyRegistered")
          .withArgs(operator.address, set, until);
        await at(until);
        await expect(allocationManager.connect(operator).registerForOperatorSet(set, "0x"))
          .to.emit(allocationManager, "OperatorRegisteredForSet")
          .withArgs(operator.address, set, 2n);
        expect(await allocationManager.registration(operator, set)).to.deep.equal([2n, 0n, 0n, 0n]);
      });

      it("makes what belongs to the older epoch read 0, and go to free once", async () => {
        const w = await loadFixture(ended);
        const { allocationManager, operator, asset, set, until } = w;
        await at(until);
        await act(w, allocationManager.connect(operator).registerForOperatorSet(set, "0x"));
        expect(await partsOf(w, set)).to.deep.equal(parts());
        expect(await freeOf(w)).to.equal(bps(6000n));
        const first = await act(w, allocationManager.settle(operator, asset, [set]));
        await expectEvents(allocationManager, first, [["AllocationFreed", [operator, set, asset, bps(4000n), WAD]]]);
        expect(await freeOf(w)).to.equal(WAD);
        const second = await act(w, allocationManager.settle(operator, asset, [set]));
        await expectEvents(allocationManager, second, []);
        expect(await freeOf(w)).to.equal(WAD);
      });

      it("never lets join what was joining in the older epoch", async () => {
        const w = await loadFixture(created);
        const { allocationManager, operator, asset, set } = w;
        const alloc = allocationManager.connect(operator);
        await alloc.registerForOperatorSet(set, "0x");
        await act(w, alloc.allocate(set, asset, bps(3000n)));
        await alloc.deregisterFromOperatorSet(operator, set);
        await at((await now()) + w.exitDelay);
        await act(w, alloc.registerForOperatorSet(set, "0x"));
        await waitUntil((await now()) + w.notice);
        expect(await partsOf(w, set)).to.deep.equal(parts());
        // The order of the older epoch is not in the way of a new one, which books it to free.
        const tx = await act(w, alloc.allocate(set, asset, WAD));
        const pendingAt = (await now()) + w.notice;
        await expectEvents(allocationManager, tx, [
          ["AllocationFreed", [operator, set, asset, bps(3000n), WAD]],
          ["AllocationIncreased", [operator, set, asset, WAD, pendingAt, 0n]],
        ]);
      });

      it("goes on with the budget of the running period", async () => {
        const w = await loadFixture(deployWorld);
        const { allocationManager, slasher, operator } = w;
        const alloc = allocationManager.connect(operator);
        const set = await createJoinedSet(w, { maxSlash: bps(5000n), period: 3n * w.exitDelay });
        await allocateActive(w, [[set, bps(4000n)]]);
        await propose(w, set, bps(3000n));
        const periodAt = await now();
        await alloc.deregisterFromOperatorSet(operator, set);
        await at((await now()) + w.exitDelay);
        await alloc.registerForOperatorSet(set, "0x");
        expect(await allocationManager.registration(operator, set)).to.deep.equal([2n, 0n, bps(3000n), periodAt]);
        await expect(propose(w, set, bps(2000n) + 1n))
          .to.be.revertedWithCustomError(allocationManager, "BudgetExceeded")
          .withArgs(bps(2000n) + 1n, bps(2000n), periodAt + 3n * w.exitDelay);
        await expect(propose(w, set, bps(2000n)))
          .to.be.revertedWithCustomError(slasher, "NothingToSlash")
          .withArgs(operator.address, set);
      });
    });

    describe("when the epochs are used up", () => {
      it("begins the last one, and no other", async () => {
        const w = await loadFixture(created);
        const { allocationManager, operator, set } = w;
        const alloc = allocationManager.connect(operator);
        // 65,534 registrations, the last of which ended in second 1: epoch is the lowest 16 bits, then comes until.
        const mapping = ["contracts/core/AllocationManager.sol", "AllocationManager", "_registrations"] as const;
        const keys = [["address", operator.address] as const, ["bytes32", set] as const];
        await setMappingSlot(allocationManager, mapping, keys, 65_534n + (1n << 16n));
        expect(await allocationManager.registration(operator, set)).to.deep.equal([65_534n, 1n, 0n, 0n]);
        await expect(alloc.registerForOperatorSet(set, "0x"))
          .to.emit(allocationManager, "OperatorRegisteredForSet")
          .withArgs(operator.address, set, 65_535n);
        await alloc.deregisterFromOperatorSet(operator, set);
        await at((await now()) + w.exitDelay);
        await expect(alloc.registerForOperatorSet(set, "0x"))
          .to.be.revertedWithCustomError(allocationManager, "EpochsExhausted")
          .withArgs(operator.address, set);
      });
    });

    describe("when the AVS has a registrar", () => {
      it("asks it with what the operator sent along", async () => {
        const w = await loadFixture(created);
        const registrar = await setHostileRegistrar(w);
        await expect(w.allocationManager.connect(w.operator).registerForOperatorSet(w.set, "0x1234"))
          .to.emit(registrar, "RegisterCalled")
          .withArgs(w.operator.address, w.set, "0x1234");
      });

      it("lets it refuse, with its own words", async () => {
        const w = await loadFixture(created);
        const registrar = await setHostileRegistrar(w);
        await registrar.setBehaviour(Answer.Reverts, 0n);
        await expect(w.allocationManager.connect(w.operator).registerForOperatorSet(w.set, "0x"))
          .to.be.revertedWithCustomError(registrar, "CallRefused")
          .withArgs(w.operator.address, w.set);
        expect(await w.allocationManager.registration(w.operator, w.set)).to.deep.equal([0n, 0n, 0n, 0n]);
      });

      it("refuses everybody if there is no contract", async () => {
        const { allocationManager, avs, operator, stranger, set } = await loadFixture(created);
        await allocationManager.connect(avs).setRegistrar(stranger);
        await expect(
          allocationManager.connect(operator).registerForOperatorSet(set, "0x"),
        ).to.be.revertedWithoutReason();
      });

      it("reads nothing of a long answer", async () => {
        const w = await loadFixture(created);
        const registrar = await setHostileRegistrar(w);
        await registrar.setBehaviour(Answer.ReturnBomb, 1_048_576n);
        await w.allocationManager.connect(w.operator).registerForOperatorSet(w.set, "0x");
        expect(await w.allocationManager.isRegistered(w.operator, w.set)).to.equal(true);
      });

      it("lets it end the registration in the same call, for as long as ever", async () => {
        const w = await loadFixture(deployWorld);
        const { allocationManager, operator } = w;
        const { registrar, set } = await deployHostileAVS(w);
        const leave = allocationManager.interface.encodeFunctionData("deregisterFromOperatorSet", [
          operator.address,
          set,
        ]);
        await registrar.setCall(allocationManager, leave);
        const tx = await allocationManager.connect(operator).registerForOperatorSet(set, "0x");
        const until = (await now()) + w.exitDelay;
        await expect(tx)
          .to.emit(allocationManager, "OperatorDeregisteredFromSet")
          .withArgs(operator.address, set, await registrar.getAddress(), until);
        expect(await allocationManager.registration(operator, set)).to.deep.equal([1n, until, 0n, 0n]);
      });

      it("does not let it register the operator twice", async () => {
        const w = await loadFixture(deployWorld);
        const { allocationManager } = w;
        const { registrar, set } = await deployHostileAVS(w);
        // The AVS registers for its own set, and again while it is asked.
        const again = allocationManager.interface.encodeFunctionData("registerForOperatorSet", [set, "0x"]);
        await registrar.setCall(allocationManager, again);
        const refusal = allocationManager.interface.encodeErrorResult("AlreadyRegistered", [
          await registrar.getAddress(),
          set,
          0n,
        ]);
        await expect(registrar.execute(allocationManager, again))
          .to.emit(registrar, "CallMade")
          .withArgs(false, refusal);
        expect(await allocationManager.registration(registrar, set)).to.deep.equal([1n, 0n, 0n, 0n]);
      });
    });
  });
});
