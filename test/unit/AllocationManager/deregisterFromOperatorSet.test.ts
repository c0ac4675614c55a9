import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { Answer, deployHostileAVS, gasOfFirstCall, setHostileRegistrar } from "../../helpers/registrar";
import { propose, proposeAndRead } from "../../helpers/slash";
import { bps, WAD } from "../../helpers/units";
import {
  act,
  allocateActive,
  at,
  createJoinedSet,
  deployWorld,
  expectEvents,
  freeOf,
  now,
  parts,
  partsOf,
  receiptOf,
  timeOf,
  waitUntil,
  type World,
} from "../../helpers/world";

const REGISTRAR_GAS = 200_000;

/** 200,000 · 64 / 63, rounded down, and 7,500 for the call itself. */
const REQUIRED_GAS = 210_674n;

/** A set with 40 % active. */
async function allocated() {
  const w = await loadFixture(deployWorld);
  const set = await createJoinedSet(w);
  await allocateActive(w, [[set, bps(4000n)]]);
  return { ...w, set };
}

/** Ends the operator's registration, in a given second if that matters, and says until when it can be slashed. */
async function leave(w: World, set: string, second?: bigint): Promise<bigint> {
  if (second !== undefined) await at(second);
  const { allocationManager, operator } = w;
  const tx = await act(w, allocationManager.connect(operator).deregisterFromOperatorSet(operator, set));
  return (await timeOf(tx)) + w.exitDelay;
}

describe("AllocationManager", () => {
  describe("deregisterFromOperatorSet", () => {
    for (const side of ["operator", "avs"] as const) {
      it(`lets the ${side} end the registration, and writes no allocation`, async () => {
        const w = await loadFixture(allocated);
        const { allocationManager, operator, set } = w;
        const tx = await allocationManager.connect(w[side]).deregisterFromOperatorSet(operator, set);
        const until = (await timeOf(tx)) + w.exitDelay;
        await expectEvents(allocationManager, tx, [["OperatorDeregisteredFromSet", [operator, set, w[side], until]]]);
        expect(await allocationManager.isRegistered(operator, set)).to.equal(false);
        expect(await allocationManager.registration(operator, set)).to.deep.equal([1n, until, 0n, 0n]);
      });
    }

    it("is refused to all others", async () => {
      const { allocationManager, operator, avs, otherAvs, set } = await loadFixture(allocated);
      await expect(allocationManager.connect(otherAvs).deregisterFromOperatorSet(operator, set))
        .to.be.revertedWithCustomError(allocationManager, "NotOperatorOrAVS")
        .withArgs(otherAvs.address, operator.address, avs.address);
    });

    it("is refused to who was never registered, and a second time", async () => {
      const w = await loadFixture(allocated);
      const { allocationManager, operator, rival, avs, set } = w;
      await expect(allocationManager.connect(rival).deregisterFromOperatorSet(rival, set))
        .to.be.revertedWithCustomError(allocationManager, "NotRegistered")
        .withArgs(rival.address, set);
      const until = await leave(w, set);
      for (const second of [until - w.exitDelay + 1n, until, until + 1n]) {
        await at(second);
        await expect(allocationManager.connect(avs).deregisterFromOperatorSet(operator, set))
          .to.be.revertedWithCustomError(allocationManager, "NotRegistered")
          .withArgs(operator.address, set);
      }
      expect((await allocationManager.registration(operator, set)).until).to.equal(until);
    });

    describe("what is active", () => {
      it("reads as leaving until the end, and goes to free from it on", async () => {
        const w = await loadFixture(allocated);
        const { allocationManager, stranger, operator, asset, set } = w;
        const until = await leave(w, set);
        expect(await partsOf(w, set)).to.deep.equal(parts({ leaving: bps(4000n), until }));
        // Booking before the end changes nothing.
        await act(w, allocationManager.connect(stranger).settle(operator, asset, [set]));
        await waitUntil(until - 1n);
        expect(await partsOf(w, set)).to.deep.equal(parts({ leaving: bps(4000n), until }));
        await waitUntil(until);
        expect(await partsOf(w, set)).to.deep.equal(parts({ until }));
        expect(await freeOf(w)).to.equal(bps(6000n));
        const tx = await act(w, allocationManager.connect(stranger).settle(operator, asset, [set]));
        await expectEvents(allocationManager, tx, [["AllocationFreed", [operator, set, asset, bps(4000n), WAD]]]);
        expect(await freeOf(w)).to.equal(WAD);
      });

      it("is slashable in the last second before the end, and not at it", async () => {
        const w = await loadFixture(allocated);
        const { allocationManager, operator, set } = w;
        const until = await leave(w, set);
        await at(until - 1n);
        const record = await proposeAndRead(w, set, bps(2500n));
        expect(record.cuts[0]?.magnitude).to.equal(bps(1000n));
        await at(until);
        await expect(propose(w, set, bps(2500n)))
          .to.be.revertedWithCustomError(allocationManager, "NotSlashable")
          .withArgs(operator.address, set, until);
      });
    });

    describe("what is leaving", () => {
      it("keeps its own earlier time", async () => {
        const w = await loadFixture(allocated);
        const { allocationManager, operator, asset, set } = w;
        await act(w, allocationManager.connect(operator).deallocate(set, asset, bps(1000n)));
        const pendingAt = (await now()) + w.exitDelay;
        const until = await leave(w, set, pendingAt - w.exitDelay + 100n);
        // 30 % were active and leave at `until`; 10 % leave 100 seconds before.
        await waitUntil(pendingAt - 1n);
        expect(await partsOf(w, set)).to.deep.equal(parts({ leaving: bps(4000n), pendingAt, until }));
        await waitUntil(pendingAt);
        expect(await partsOf(w, set)).to.deep.equal(parts({ leaving: bps(3000n), until }));
        await waitUntil(until - 1n);
        expect(await partsOf(w, set)).to.deep.equal(parts({ leaving: bps(3000n), until }));
        await waitUntil(until);
        expect(await partsOf(w, set)).to.deep.equal(parts({ until }));
        const tx = await act(w, allocationManager.settle(operator, asset, [set]));
        await expectEvents(allocationManager, tx, [["AllocationFreed", [operator, set, asset, bps(4000n), WAD]]]);
      });
    });

    describe("what is joining", () => {
      /** 20 % more are joining since the second `pendingAt − NOTICE`. */
      async function joining() {
        const w = await loadFixture(allocated);
        await act(w, w.allocationManager.connect(w.operator).allocate(w.set, w.asset, bps(2000n)));
        return { ...w, pendingAt: (await now()) + w.notice };
      }

      const cases = [
        { title: "never joins if the end comes a second earlier", offset: -1n, leaving: bps(4000n), freed: bps(2000n) },
        { title: "counts if it joins in the second of the end", offset: 0n, leaving: bps(6000n), freed: 0n },
        { title: "counts if it joined a second before the end", offset: 1n, leaving: bps(6000n), freed: 0n },
      ];
      for (const { title, offset, leaving, freed } of cases) {
        it(title, async () => {
          const w = await loadFixture(joining);
          const { allocationManager, operator, asset, set, pendingAt } = w;
          const until = await leave(w, set, pendingAt + offset);
          expect(await partsOf(w, set)).to.deep.equal(parts({ leaving, until }));
          const tx = await act(w, allocationManager.settle(operator, asset, [set]));
          const booked = ["AllocationFreed", [operator, set, asset, freed, bps(6000n)]] as const;
          await expectEvents(allocationManager, tx, freed === 0n ? [] : [booked]);
          expect(await freeOf(w)).to.equal(bps(4000n) + freed);
          await waitUntil(until - 1n);
          expect(await partsOf(w, set)).to.deep.equal(parts({ leaving, until }));
          await waitUntil(until);
          expect(await partsOf(w, set)).to.deep.equal(parts({ until }));
        });
      }

      it("goes to free from the end of the registration on, without waiting", async () => {
        const w = await loadFixture(joining);
        const { allocationManager, operator, asset, set } = w;
        await leave(w, set);
        expect(await freeOf(w)).to.equal(bps(4000n));
        await act(w, allocationManager.settle(operator, asset, [set]));
        expect(await freeOf(w)).to.equal(bps(6000n));
      });
    });

    it("is not prevented by an open lien and a pending change", async () => {
      const w = await loadFixture(allocated);
      const { allocationManager, operator, asset, set } = w;
      await act(w, allocationManager.connect(operator).deallocate(set, asset, bps(1000n)));
      const pendingAt = (await now()) + w.exitDelay;
      await proposeAndRead(w, set, WAD);
      const until = await leave(w, set);
      expect(await partsOf(w, set)).to.deep.equal(parts({ held: bps(4000n), pendingAt, until }));
    });

    describe("when the AVS has no registrar", () => {
      it("needs no gas for one", async () => {
        const { allocationManager, operator, set, exitDelay } = await loadFixture(allocated);
        const options = { gasLimit: REQUIRED_GAS - 1n };
        const tx = await allocationManager.connect(operator).deregisterFromOperatorSet(operator, set, options);
        const until = (await timeOf(tx)) + exitDelay;
        await expectEvents(allocationManager, tx, [["OperatorDeregisteredFromSet", [operator, set, operator, until]]]);
      });
    });

    describe("when the AVS has a registrar", () => {
      it("tells it with exactly 200,000 gas", async () => {
        const w = await loadFixture(allocated);
        const { allocationManager, operator, set } = w;
        const registrar = await setHostileRegistrar(w);
        const tx = await allocationManager.connect(operator).deregisterFromOperatorSet(operator, set);
        await expect(tx).to.emit(registrar, "DeregisterCalled").withArgs(operator.address, set);
        expect(await gasOfFirstCall(tx.hash)).to.equal(REGISTRAR_GAS);
      });

      const hostile = [
        { title: "reverts", answer: Answer.Reverts, size: 0n },
        { title: "burns all its gas", answer: Answer.GasBomb, size: 0n },
        { title: "returns as much as its gas can pay for", answer: Answer.ReturnBomb, size: 250_000n },
        { title: "returns a megabyte", answer: Answer.ReturnBomb, size: 1_048_576n },
        { title: "reverts with as much as its gas can pay for", answer: Answer.RevertBomb, size: 250_000n },
        { title: "reverts with a megabyte", answer: Answer.RevertBomb, size: 1_048_576n },
      ];
      for (const { title, answer, size } of hostile) {
        it(`ends the registration although it ${title}`, async () => {
          const w = await loadFixture(allocated);
          const { allocationManager, operator, set } = w;
          const registrar = await setHostileRegistrar(w);
          await registrar.setBehaviour(answer, size);
          const tx = await act(w, allocationManager.connect(operator).deregisterFromOperatorSet(operator, set));
          expect(await gasOfFirstCall(tx.hash)).to.equal(REGISTRAR_GAS);
          const until = (await timeOf(tx)) + w.exitDelay;
          expect(await partsOf(w, set)).to.deep.equal(parts({ leaving: bps(4000n), until }));
          // What it returns is not copied: the rest of the call costs no more than it always does.
          const { gasUsed } = await receiptOf(tx);
          expect(gasUsed)
            .to.be.greaterThan(21_000n)
            .and.lessThan(BigInt(REGISTRAR_GAS) + 60_000n);
        });
      }

      it("ends the registration although there is no contract", async () => {
        const w = await loadFixture(allocated);
        const { allocationManager, avs, operator, stranger, set } = w;
        await allocationManager.connect(avs).setRegistrar(stranger);
        await act(w, allocationManager.connect(operator).deregisterFromOperatorSet(operator, set));
        expect(await allocationManager.isRegistered(operator, set)).to.equal(false);
      });

      it("does not let it end the registration twice", async () => {
        const w = await loadFixture(deployWorld);
        const { allocationManager, operator } = w;
        const { registrar, set } = await deployHostileAVS(w);
        await allocationManager.connect(operator).registerForOperatorSet(set, "0x");
        const { interface: abi } = allocationManager;
        const again = abi.encodeFunctionData("deregisterFromOperatorSet", [operator.address, set]);
        await registrar.setCall(allocationManager, again);
        const refusal = abi.encodeErrorResult("NotRegistered", [operator.address, set]);
        await expect(allocationManager.connect(operator).deregisterFromOperatorSet(operator, set))
          .to.emit(registrar, "CallMade")
          .withArgs(false, refusal);
      });

      it("does not let an operator that is its own AVS return in the call", async () => {
        const w = await loadFixture(deployWorld);
        const { allocationManager } = w;
        const { registrar, set } = await deployHostileAVS(w);
        const { interface: abi } = allocationManager;
        const address = await registrar.getAddress();
        const enter = abi.encodeFunctionData("registerForOperatorSet", [set, "0x"]);
        await registrar.execute(allocationManager, enter);
        await registrar.setCall(allocationManager, enter);
        const second = (await now()) + 10n;
        await at(second);
        const exit = abi.encodeFunctionData("deregisterFromOperatorSet", [address, set]);
        await expect(registrar.execute(allocationManager, exit))
          .to.emit(registrar, "CallMade")
          .withArgs(false, abi.encodeErrorResult("AlreadyRegistered", [address, set, second + w.exitDelay]));
      });

      it("reverts beforehand if the transaction's gas would leave it less, to the last unit", async () => {
        const w = await loadFixture(allocated);
        const { allocationManager, operator, set } = w;
        const registrar = await setHostileRegistrar(w);
        await registrar.setBehaviour(Answer.GasBomb, 0n);
        const exit = allocationManager.connect(operator).deregisterFromOperatorSet;
        const suffices = async (gasLimit: bigint): Promise<boolean> =>
          await exit.staticCall(operator, set, { gasLimit }).then(
            () => true,
            () => false,
          );
        let [low, high] = [100_000n, 1_000_000n];
        expect([await suffices(low), await suffices(high)]).to.deep.equal([false, true]);
        while (high - low > 1n) {
          const middle = (low + high) / 2n;
          if (await suffices(middle)) high = middle;
          else low = middle;
        }
        await expect(exit(operator, set, { gasLimit: low }))
          .to.be.revertedWithCustomError(allocationManager, "InsufficientGas")
          .withArgs(REQUIRED_GAS - 1n, REQUIRED_GAS);
        expect(await allocationManager.isRegistered(operator, set)).to.equal(true);
        const tx = await exit(operator, set, { gasLimit: high });
        expect(await gasOfFirstCall(tx.hash)).to.equal(REGISTRAR_GAS);
        expect(await allocationManager.isRegistered(operator, set)).to.equal(false);
      });
    });
  });
});
