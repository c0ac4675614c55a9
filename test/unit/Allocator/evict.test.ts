import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import {
  closeEpoch,
  deployLrt,
  deployLrtWith,
  deployStakedLrt,
  giveTo,
  type Lrt,
  proposeSlash,
  settleEpoch,
  target,
} from "../../helpers/lrt";
import { at, expectRefusal, now, passTo } from "../../helpers/stake";
import { wad } from "../../helpers/units";

/** A fixture: the first operator is leaving, as its target is 0. */
async function deployLeaving(): Promise<Lrt & { maturity: bigint }> {
  const lrt = await loadFixture(deployStakedLrt);
  return { ...lrt, maturity: await evictFirst(lrt) };
}

/** A fixture: the first operator has a target of 30 %, and nothing yet. */
async function deployTarget(): Promise<Lrt> {
  const lrt = await loadFixture(deployLrt);
  await target(lrt, [lrt.operators[0], 3_000n]);
  return lrt;
}

async function evictFirst({ allocator, curator, operators }: Lrt): Promise<bigint> {
  await allocator.connect(curator).setTarget(operators[0], 0n);
  await allocator.evict(operators[0]);
  return (await allocator.operatorState(operators[0])).maturity;
}

describe("Allocator", () => {
  describe("evict", () => {
    it("queues all stake of an operator whose target is 0, moves no price, and says so", async () => {
      const { token, allocator, stakeManager, asset, curator, operators, unit } = await loadFixture(deployStakedLrt);
      const [operator] = operators;
      const total = await token.totalAssets();
      await allocator.connect(curator).setTarget(operator, 0n);
      const call = await allocator.evict(operator);
      const maturity = await stakeManager.currentMaturity();
      await expect(call)
        .to.emit(allocator, "Evicted")
        .withArgs(operator, 300n * unit, maturity);
      expect((await stakeManager.withdrawal(token, operator, asset, maturity)).shares).to.equal(300n * unit);
      expect(await allocator.operatorState(operator)).to.deep.equal([300n * unit, maturity, 0n, 0n, 0n, true]);
      expect(await token.totalAssets()).to.equal(total);
      expect(await allocator.stakeValue(operator)).to.deep.equal([300n * unit, 300n * unit]);
    });

    it("has no grounds against an operator within its caps", async () => {
      const { allocator, operators } = await loadFixture(deployStakedLrt);
      await expectRefusal(async () => allocator.evict(operators[0]), allocator, "NoGroundsToEvict", [
        operators[0].address,
      ]);
    });

    it("knows who is on the list, and who is leaving", async () => {
      const { allocator, operators, alice, maturity } = await loadFixture(deployLeaving);
      await expectRefusal(async () => allocator.evict(alice), allocator, "OperatorUnknown", [alice.address]);
      await expectRefusal(async () => allocator.evict(operators[0]), allocator, "OperatorLeaving", [
        operators[0].address,
        maturity,
      ]);
    });

    it("does not touch an operator without stake, whose first target is scheduled", async () => {
      const { allocator, curator, operators } = await loadFixture(deployLrt);
      await allocator.connect(curator).setTarget(operators[0], 100n);
      await expectRefusal(async () => allocator.evict(operators[0]), allocator, "NoGroundsToEvict", [
        operators[0].address,
      ]);
    });

    it("waits until the stake is worth more than 1.25 times the target, to the basis point", async () => {
      const { allocator, curator, operators, token } = await loadFixture(deployStakedLrt);
      const { gross } = await allocator.stakeValue(operators[0]);
      const most = (gross * 10_000n * 4n) / (5n * (await token.totalAssets()));
      await allocator.connect(curator).setTarget(operators[0], most + 1n);
      await expectRefusal(async () => allocator.evict(operators[0]), allocator, "NoGroundsToEvict", [
        operators[0].address,
      ]);
      await allocator.connect(curator).setTarget(operators[0], most - 1n);
      await allocator.evict(operators[0]);
    });

    it("counts whole units: at 1.25 times the target, what is less than a unit of the stake's worth is no ground", async () => {
      const lrt = await loadFixture(deployLrt);
      const { token, allocator, curator, alice, operators, unit } = lrt;
      const [operator] = operators;
      await target(lrt, [operator, 3_000n]);
      await token.connect(alice).deposit(1_001n * unit, alice);
      await allocator.allocate(operator, 300n * unit + 1n);
      await proposeSlash(lrt, await giveTo(lrt, wad("0.5"), { vetoWindow: 0n }), wad("0.2") + 2n);
      const factor = wad("0.9") - 1n;
      expect(((300n * unit + 1n) * factor) % wad(1n)).not.to.equal(0n);
      const { gross } = await allocator.stakeValue(operator);
      // 1.25 times a unit more than the target is the stake's worth, less what is cut off of it.
      await token.connect(alice).deposit(gross * 4n - 1n - (await token.totalAssets()), alice);
      await allocator.connect(curator).setTarget(operator, 2_000n);
      expect([gross % 5n, await allocator.limitOf(operator)]).to.deep.equal([0n, (gross * 4n) / 5n - 1n]);
      await expectRefusal(async () => allocator.evict(operator), allocator, "NoGroundsToEvict", [operator.address]);
    });

    it("takes a single unit from an operator without a target", async () => {
      const { token, allocator, curator, operators, alice, unit } = await loadFixture(deployTarget);
      await token.connect(alice).deposit(unit, alice);
      await allocator.allocate(operators[0], 1n);
      await allocator.connect(curator).setTarget(operators[0], 0n);
      expect(await allocator.neededTotal()).to.equal(1n);
      await allocator.evict(operators[0]);
      expect((await allocator.operatorState(operators[0])).maturity).not.to.equal(0n);
    });

    it("answers to what services could take more: an increase that is joining counts", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, allocator, stakeManager, operators, bucket, notice } = lrt;
      // 300 of 1,000 tokens: 20 % / 0.53 · 1.25 is 47 %, 20 % / 0.84 · 1.25 is 29.8 %.
      await giveTo(lrt, wad("0.53"), { wait: false });
      await expectRefusal(async () => allocator.evict(operators[0]), allocator, "NoGroundsToEvict", [
        operators[0].address,
      ]);
      await giveTo(lrt, wad("0.31"), { id: 2n, wait: false });
      const joinsAt = (await now()) + notice;
      await allocator.evict(operators[0]);
      const { maturity } = await allocator.operatorState(operators[0]);
      // Out before the new risk begins.
      expect(maturity).to.be.lessThan(joinsAt);
      expect(maturity).to.equal(await stakeManager.currentMaturity());
      await passTo(joinsAt - 3n * bucket);
      expect(await token.totalAssets()).to.be.greaterThan(0n);
    });

    it("takes an operator of whose shares next to nothing is left", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { allocator, operators, token } = lrt;
      const set = await giveTo(lrt, wad(1n), { vetoWindow: 0n });
      await proposeSlash(lrt, set, wad(1n));
      await allocator.evict(operators[0]);
      await passTo((await allocator.operatorState(operators[0])).maturity);
      const total = await token.totalAssets();
      await allocator.collect(operators[0]);
      expect(await token.totalAssets()).to.equal(total);
      expect(await allocator.operators()).not.to.include(operators[0].address);
    });
  });

  describe("stakeValue of an operator that is leaving", () => {
    it("is gross what every veto would leave until the maturity, however early the slash was proposed", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { allocator, operators, bucket, unit } = lrt;
      const set = await giveTo(lrt, wad(1n), { vetoWindow: bucket });
      await proposeSlash(lrt, set, wad("0.1"));
      const maturity = await evictFirst(lrt);
      // More than the longest veto window before it.
      expect(maturity - (await now())).to.be.greaterThan(5n * bucket);
      const value = async () => allocator.stakeValue(operators[0]);
      expect(await value()).to.deep.equal([300n * unit, 270n * unit]);
      await passTo(maturity - 1n);
      expect(await value()).to.deep.equal([300n * unit, 270n * unit]);
      await passTo(maturity);
      expect(await value()).to.deep.equal([270n * unit, 270n * unit]);
    });

    it("lacks at the maturity the least lien that nobody can veto", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { allocator, operators, bucket, unit } = lrt;
      await proposeSlash(lrt, await giveTo(lrt, wad(1n), { vetoWindow: bucket }), 1n);
      const maturity = await evictFirst(lrt);
      await passTo(maturity);
      expect(await allocator.stakeValue(operators[0])).to.deep.equal([300n * unit - 300n, 300n * unit - 300n]);
    });
  });

  describe("a slash that nobody makes final before the maturity of an eviction", () => {
    it("is in the price from the first move after it: no veto can come any more", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, allocator, slasher, curator, operators, bucket, unit } = lrt;
      const set = await giveTo(lrt, wad(1n), { vetoWindow: bucket });
      const lien = await proposeSlash(lrt, set, wad("0.1"));
      await allocator.connect(curator).setTarget(operators[0], 0n);
      await allocator.evict(operators[0]);
      const before = await token.books();
      expect(before.gross - before.net).to.equal(30n * unit);
      await passTo((await allocator.operatorState(operators[0])).maturity);
      expect(lien.deadline).to.be.lessThan(await now());
      // Time alone changes nothing that is booked, but the stake is worth less when it is read again.
      await token.sync();
      expect((await token.books()).gross).to.equal(before.gross);
      expect(await allocator.stakeValue(operators[0])).to.deep.equal([270n * unit, 270n * unit]);
      await allocator.collect(operators[0]);
      const after = await token.books();
      expect([after.idle, after.gross, after.net]).to.deep.equal([
        before.idle + 270n * unit,
        before.gross - 300n * unit,
        before.net - 270n * unit,
      ]);
      // Made final at last, it takes nothing more.
      const total = await token.totalAssets();
      await slasher.finalise(lien);
      expect(await token.totalAssets()).to.equal(total);
    });
  });

  describe("evictFromService", () => {
    /** A fixture: one operator with 30 % and one with 60 % of a token whose services may take 30 % of all. */
    async function deployTwo(): Promise<Lrt> {
      const lrt = await deployLrtWith({ operatorRiskBps: 10_000n });
      const { token, allocator, operators, alice, unit } = lrt;
      await target(lrt, [operators[0], 3_000n], [operators[1], 6_000n]);
      await token.connect(alice).deposit(1_000n * unit, alice);
      await allocator.allocate(operators[0], 300n * unit);
      await allocator.allocate(operators[1], 600n * unit);
      return lrt;
    }

    it("evicts who is joining sets through which a service could take more than SERVICE_RISK", async () => {
      const lrt = await loadFixture(deployTwo);
      const { allocator, allocationManager, avs, operators, asset } = lrt;
      const [first, second] = operators;
      // 0.3 · 0.3 + 0.6 · 0.35 = 0.3, which is not more.
      const set = await giveTo(lrt, wad("0.3"), { operators: [first], wait: false });
      const other = await giveTo(lrt, wad("0.35"), { id: 2n, operators: [second], wait: false });
      const evict = async () => allocator.evictFromService(second, avs, [set, other]);
      await expectRefusal(evict, allocator, "NoGroundsToEvict", [second.address]);
      await allocationManager.connect(first).revokeAllocation(set, asset);
      await allocationManager.connect(first).allocate(set, asset, wad("0.3") + 10n);
      await evict();
      expect((await allocator.operatorState(second)).maturity).not.to.equal(0n);
    });

    it("books what is the case before, like every move of stake", async () => {
      const lrt = await loadFixture(deployTwo);
      const { token, allocator, avs, operators } = lrt;
      const set = await giveTo(lrt, wad(1n), { operators: [operators[1]], wait: false });
      await expect(allocator.evictFromService(operators[1], avs, [set])).to.emit(token, "Synced");
    });

    it("measures what is given by what slashes have left of the pool", async () => {
      const lrt = await loadFixture(deployTwo);
      const { allocator, avs, operators } = lrt;
      const [first, second] = operators;
      const set = await giveTo(lrt, wad("0.8"), { operators: [first], vetoWindow: 0n });
      await proposeSlash(lrt, set, wad("0.5"), first);
      // 0.3 · 0.4 / 0.6 + 0.6 · 0.16 = 0.296; 0.6 · 0.01 more would be 0.302.
      const other = await giveTo(lrt, wad("0.16"), { id: 2n, operators: [second], wait: false });
      const evict = async (...sets: string[]) => allocator.evictFromService(second, avs, [set, other, ...sets]);
      await expectRefusal(evict, allocator, "NoGroundsToEvict", [second.address]);
      const third = await giveTo(lrt, wad("0.01"), { id: 3n, operators: [second], wait: false });
      await expect(evict(third)).to.emit(allocator, "Evicted");
    });

    describe("when risks end at the limit, but for what is cut off", () => {
      /** Of all, the first part is 0.3 · 0.00009 / 0.9, and less than a basis point / WAD more: the second fills it up. */
      async function deployLimit(): Promise<Lrt & { sets: [string, string] }> {
        const lrt = await deployTwo();
        const [first, second] = lrt.operators;
        const slashed = await giveTo(lrt, wad("0.5"), { operators: [first], vetoWindow: 0n });
        await proposeSlash(lrt, slashed, wad("0.2") + 2n, first);
        const factor = (await lrt.stakeManager.pool(first, lrt.asset)).factor;
        const [part, rest] = [wad("0.00009"), wad("0.49995")];
        expect((wad(3_000n) * part) / factor + 6_000n * rest).to.equal(wad(3_000n));
        expect((wad(3_000n) * part) % factor).not.to.equal(0n);
        const set = await giveTo(lrt, part, { id: 2n, operators: [first], wait: false });
        await lrt.allocationManager.connect(second).registerForOperatorSet(set, "0x");
        await lrt.allocationManager.connect(second).allocate(set, lrt.asset, rest);
        const more = await giveTo(lrt, 1n, { id: 3n, operators: [second], wait: false });
        return { ...lrt, sets: [set, more] };
      }

      it("evicts nobody for a rounding, but for the least more", async () => {
        const { allocator, avs, operators, sets } = await loadFixture(deployLimit);
        const evict = async (...some: string[]) => allocator.evictFromService(operators[1], avs, some);
        await expectRefusal(async () => evict(sets[0]), allocator, "NoGroundsToEvict", [operators[1].address]);
        await expect(evict(...sets)).to.emit(allocator, "Evicted");
      });

      it("drops no scheduled target for a rounding, but for the least more", async () => {
        const { allocator, curator, avs, operators, sets } = await loadFixture(deployLimit);
        await allocator.connect(curator).setTarget(operators[0], 2_000n);
        await allocator.connect(curator).setTarget(operators[0], 3_000n);
        const drop = async (...some: string[]) => allocator.evictFromService(operators[0], avs, some);
        await expectRefusal(async () => drop(sets[0]), allocator, "NoGroundsToEvict", [operators[0].address]);
        await expect(drop(...sets)).to.emit(allocator, "ScheduledTargetDropped");
      });
    });

    it("counts what a lien holds: a service cannot hide behind a proposal what it can take", async () => {
      const lrt = await loadFixture(deployTwo);
      const { allocator, avs, operators, exitDelay } = lrt;
      const [first, second] = operators;
      const set = await giveTo(lrt, wad(1n), { operators: [first], vetoWindow: exitDelay / 2n });
      await proposeSlash(lrt, set, wad(1n));
      // 0.3 · 1 + 0.6 · 0.01 is more than 0.3.
      const other = await giveTo(lrt, wad("0.01"), { id: 2n, operators: [second], wait: false });
      await expect(allocator.evictFromService(second, avs, [set, other])).to.emit(allocator, "Evicted");
    });

    it("has no grounds against who is not joining", async () => {
      const lrt = await loadFixture(deployTwo);
      const { allocator, avs, operators } = lrt;
      const set = await giveTo(lrt, wad("0.9"), { operators: [operators[1]] });
      await expectRefusal(
        async () => allocator.evictFromService(operators[1], avs, [set]),
        allocator,
        "NoGroundsToEvict",
        [operators[1].address],
      );
    });

    it("only drops a scheduled target, if that alone breaks the cap", async () => {
      const lrt = await loadFixture(deployTwo);
      const { allocator, curator, avs, operators } = lrt;
      const set = await giveTo(lrt, wad("0.8"), { operators: [operators[0]], wait: false });
      await allocator.connect(curator).setTarget(operators[0], 3_500n);
      await allocator.connect(curator).setTarget(operators[0], 3_500n);
      // 0.3 · 0.8 is below 0.3; 0.35 · 0.8 is not above it.
      await expectRefusal(
        async () => allocator.evictFromService(operators[0], avs, [set]),
        allocator,
        "NoGroundsToEvict",
        [operators[0].address],
      );
      await giveTo(lrt, wad("0.1"), { id: 2n, operators: [operators[0]], wait: false });
      const both = [set, await lrt.allocationManager.operatorSetKey(avs, 2n)];
      await expect(allocator.evictFromService(operators[0], avs, both))
        .to.emit(allocator, "ScheduledTargetDropped")
        .withArgs(operators[0], avs, 3_500n);
      const { target: kept, nextTarget, nextAt, maturity } = await allocator.operatorState(operators[0]);
      expect([kept, nextTarget, nextAt, maturity]).to.deep.equal([3_000n, 0n, 0n, 0n]);
    });

    it("drops a scheduled target of an operator that is leaving, too: a lien can make it leave for longer than NOTICE", async () => {
      const lrt = await loadFixture(deployTwo);
      const { allocator, curator, avs, operators, exitDelay } = lrt;
      const set = await giveTo(lrt, wad("0.9"), { operators: [operators[0]], vetoWindow: exitDelay / 2n });
      const maturity = await evictFirst(lrt);
      const drop = async () => allocator.evictFromService(operators[0], avs, [set]);
      await expectRefusal(drop, allocator, "OperatorLeaving", [operators[0].address, maturity]);
      await allocator.connect(curator).setTarget(operators[0], 3_000n);
      const { nextAt } = await allocator.operatorState(operators[0]);
      await expectRefusal(drop, allocator, "NoGroundsToEvict", [operators[0].address]);
      await allocator.connect(curator).setTarget(operators[0], 3_500n);
      await at(maturity - 1n);
      await proposeSlash(lrt, set, wad("0.01"));
      expect(maturity + exitDelay / 2n).to.be.greaterThan(nextAt);
      await expect(drop()).to.emit(allocator, "ScheduledTargetDropped").withArgs(operators[0], avs, 3_500n);
      const { target: kept, nextAt: dropped, maturity: leaving } = await allocator.operatorState(operators[0]);
      expect([kept, dropped, leaving]).to.deep.equal([0n, 0n, maturity]);
    });

    it("queues nothing twice: of an operator that is leaving, whatever it joins, it only drops a scheduled target", async () => {
      const lrt = await loadFixture(deployTwo);
      const { allocator, curator, avs, operators, notice } = lrt;
      const maturity = await evictFirst(lrt);
      await allocator.connect(curator).setTarget(operators[0], 3_500n);
      await time.increase(notice / 2n);
      const set = await giveTo(lrt, wad(1n), { wait: false });
      await time.increase(notice / 2n);
      // By now a service could take 35 % of all.
      expect((await allocator.operatorState(operators[0])).target).to.equal(3_500n);
      const drop = async () => allocator.evictFromService(operators[0], avs, [set]);
      await allocator.connect(curator).setTarget(operators[1], 1_000n);
      await allocator.connect(curator).setTarget(operators[0], 8_000n);
      await expect(drop()).to.emit(allocator, "ScheduledTargetDropped").withArgs(operators[0], avs, 8_000n);
      await expectRefusal(drop, allocator, "OperatorLeaving", [operators[0].address, maturity]);
      expect((await allocator.operatorState(operators[0])).maturity).to.equal(maturity);
    });

    it("asks for sets of one service, strictly ascending", async () => {
      const lrt = await loadFixture(deployTwo);
      const { allocator, avs, operators, alice } = lrt;
      const one = await giveTo(lrt, wad("0.1"), { wait: false });
      const two = await giveTo(lrt, wad("0.1"), { id: 2n, wait: false });
      const evict = async (service: string, sets: string[]) => allocator.evictFromService(operators[0], service, sets);
      await expectRefusal(async () => evict(avs.address, [two, one]), allocator, "InvalidSets", [one]);
      await expectRefusal(async () => evict(avs.address, [one, one]), allocator, "InvalidSets", [one]);
      await expectRefusal(async () => evict(alice.address, [one]), allocator, "InvalidSets", [one]);
    });

    it("leaves aside pools of which nothing is left", async () => {
      const lrt = await loadFixture(deployTwo);
      const { allocator, avs, operators } = lrt;
      const set = await giveTo(lrt, wad(1n), { vetoWindow: 0n });
      await proposeSlash(lrt, set, wad(1n));
      await expectRefusal(
        async () => allocator.evictFromService(operators[1], avs, [set]),
        allocator,
        "NoGroundsToEvict",
        [operators[1].address],
      );
    });
  });

  describe("collect", () => {
    it("brings back what the withdrawal pays, and says so", async () => {
      const { token, allocator, asset, operators, unit, maturity } = await loadFixture(deployLeaving);
      const [operator] = operators;
      const [total, { idle }] = [await token.totalAssets(), await token.books()];
      await passTo(maturity);
      expect(await allocator.collect.staticCall(operator)).to.equal(300n * unit);
      const call = allocator.collect(operator);
      await expect(call)
        .to.emit(allocator, "Collected")
        .withArgs(operator, 300n * unit, 300n * unit);
      await expect(call).to.changeTokenBalance(asset, token, 300n * unit);
      expect((await token.books()).idle).to.equal(idle + 300n * unit);
      expect(await token.totalAssets()).to.equal(total);
      expect(await allocator.operators()).not.to.include(operator.address);
    });

    it("books what is the case before, like every move of stake", async () => {
      const { token, allocator, operators, maturity } = await loadFixture(deployLeaving);
      await passTo(maturity);
      await expect(allocator.collect(operators[0])).to.emit(token, "Synced");
    });

    it("waits for the maturity, to the second", async () => {
      const { allocator, operators, maturity } = await loadFixture(deployLeaving);
      await at(maturity - 1n);
      await expectRefusal(async () => allocator.collect(operators[0]), allocator, "NotMature", [maturity]);
      await at(maturity);
      await allocator.collect(operators[0]);
    });

    it("has nothing to do for an operator that is not leaving", async () => {
      const { allocator, operators } = await loadFixture(deployStakedLrt);
      await expectRefusal(async () => allocator.collect(operators[0]), allocator, "OperatorNotLeaving", [
        operators[0].address,
      ]);
    });

    it("waits while a veto can add to it; meanwhile its contested part is passed on like the rest", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, allocator, slasher, judge, operators, alice, exitDelay, unit, queue } = lrt;
      const set = await giveTo(lrt, wad("0.5"), { vetoWindow: exitDelay / 2n });
      const maturity = await evictFirst(lrt);
      await at(maturity - 1n);
      const record = await proposeSlash(lrt, set, wad("0.2"));
      await passTo(maturity);
      const held = 30n * unit;
      await expectRefusal(async () => allocator.collect(operators[0]), token, "StillContested", [
        operators[0].address,
        held,
      ]);
      expect(await allocator.stakeValue(operators[0])).to.deep.equal([300n * unit, 270n * unit]);

      await token.connect(alice).requestRedeem(100n * unit, alice, alice);
      const supply = await token.totalSupply();
      const closed = await closeEpoch(lrt);
      const slice = (300n * unit * 100n * unit) / supply;
      expect((await allocator.operatorState(operators[0])).shares).to.equal(300n * unit - slice);
      await slasher.connect(judge).veto(record);
      await allocator.collect(operators[0]);
      await settleEpoch(lrt, closed);
      expect((await queue.epochState(closed.epoch)).status).to.equal(3n);
      // The veto gave everything back, to those who left as to those who stay.
      const { assets, shares } = await queue.epochState(closed.epoch);
      expect(assets).to.be.closeTo(((await token.totalAssets()) * shares) / (await token.totalSupply()), 10n);
    });

    it("counts own shares alone: what somebody passed on to the token is found by the next harvest", async () => {
      const { token, allocator, stakeManager, asset, operators, carol, unit, maturity } =
        await loadFixture(deployLeaving);
      const [operator] = operators;
      await asset.connect(carol).approve(stakeManager, 50n * unit);
      const none = { expiry: 0n, signature: "0x" };
      await stakeManager.connect(carol).deposit(operator, asset, 50n * unit, carol, 0n, none);
      await stakeManager.connect(carol).queueWithdrawals(carol, asset, [{ operator, shares: 50n * unit }], token);
      expect(await stakeManager.currentMaturity()).to.equal(maturity);
      const total = await token.totalAssets();
      await passTo(maturity);
      await allocator.collect(operator);
      expect(await token.totalAssets()).to.equal(total);
      expect(await token.harvest.staticCall()).to.equal(50n * unit);
    });

    it("keeps an operator on the list that has a target again", async () => {
      const { allocator, curator, operators, notice, maturity } = await loadFixture(deployLeaving);
      await allocator.connect(curator).setTarget(operators[0], 1_000n);
      await passTo(maturity);
      await allocator.collect(operators[0]);
      expect(await allocator.operators()).to.include(operators[0].address);
      await time.increase(notice);
      await allocator.allocate(operators[0], 1n);
    });
  });
});
