import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type BaseContract, FunctionFragment, type Interface, MaxUint256, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import {
  closeEpoch,
  deployLrt,
  deployLrtWith,
  deployStakedLrt,
  giveTo,
  leave,
  type Lrt,
  proposeSlash,
  settleEpoch,
  stakeEverywhere,
  target,
} from "../helpers/lrt";
import { at, expectRefusal, now, passTo } from "../helpers/stake";
import { days, wad } from "../helpers/units";

/** Stake with three operators; services may take all through each of them, and up to 30 % together. */
async function deployExposed(): Promise<Lrt> {
  const lrt = await deployLrtWith({ operatorRiskBps: 10_000n });
  await stakeEverywhere(lrt);
  return lrt;
}

/** A token beside which an asset calls back, and a lot of a reward token that is for sale; bob may pay. */
async function deploySale() {
  const asset = await ethers.deployContract("HookToken", ["Asset", "AST", 18]);
  const [deployer] = await ethers.getSigners();
  await asset.mint(deployer ?? ZeroAddress, wad(1n));
  const lrt = await deployLrtWith({ asset: await asset.getAddress() });
  const reward = await ethers.deployContract("MockERC20", ["Reward", "RWD", 18]);
  await reward.mint(lrt.auction, wad(500n));
  await asset.mint(lrt.bob, wad(500n));
  await asset.connect(lrt.bob).approve(lrt.auction, MaxUint256);
  return { ...lrt, hooked: asset, reward };
}

/** Who may call a verb: everybody, the owner of what it touches, or one who is told by the refusal of all others. */
type Caller = "anyone" | "owner" | "curator" | "warden" | "deployer" | "token" | "queue" | "allocator" | "authority";

/** Every verb of every contract, and who may call it. */
const POWERS: Readonly<Record<string, Readonly<Record<string, Caller>>>> = {
  token: {
    approve: "owner",
    transfer: "owner",
    transferFrom: "owner",
    permit: "owner",
    setOperator: "owner",
    deposit: "anyone",
    mint: "anyone",
    requestRedeem: "owner",
    redeem: "owner",
    withdraw: "owner",
    claimLate: "owner",
    instantRedeem: "owner",
    sync: "anyone",
    harvest: "anyone",
    payFees: "anyone",
    seed: "deployer",
    setEntryPaused: "warden",
    lowerCap: "warden",
    raiseCap: "curator",
    setAuthority: "authority",
    release: "queue",
    stake: "allocator",
    collect: "allocator",
  },
  queue: {
    close: "anyone",
    settle: "anyone",
    request: "token",
    claimShares: "token",
    claimAssets: "token",
    claimLate: "token",
  },
  batch: { complete: "queue", pay: "queue" },
  allocator: {
    setTarget: "curator",
    allocate: "anyone",
    evict: "anyone",
    evictFromService: "anyone",
    collect: "anyone",
    collectRewards: "anyone",
    setAuthority: "authority",
    slice: "token",
  },
  auction: { start: "anyone", take: "anyone" },
};

/** The error by which all but one are refused. */
const REFUSALS: Readonly<Record<string, Readonly<Partial<Record<Caller, string>>>>> = {
  token: {
    deployer: "NotSeeder",
    warden: "AccessManagedUnauthorized",
    curator: "AccessManagedUnauthorized",
    authority: "AccessManagedUnauthorized",
    queue: "NotExitQueue",
    allocator: "NotAllocator",
  },
  queue: { token: "NotToken" },
  batch: { queue: "NotQueue" },
  allocator: {
    curator: "AccessManagedUnauthorized",
    authority: "AccessManagedUnauthorized",
    token: "NotToken",
  },
};

function verbsOf(abi: Interface): FunctionFragment[] {
  return abi.fragments.filter((fragment) => FunctionFragment.isFragment(fragment)).filter(({ constant }) => !constant);
}

/** Arguments that mean little: nobody gets as far as to read them. */
function emptyArguments({ inputs }: FunctionFragment): unknown[] {
  return inputs.map(({ baseType, type }) => {
    if (baseType === "array") return [];
    if (type === "address") return ZeroAddress;
    if (type === "bool") return false;
    return type === "bytes32" ? ethers.ZeroHash : 0n;
  });
}

/** The name of the custom error by which a call is refused; none if it is not. */
async function refusalOf(contract: BaseContract, verb: string, args: unknown[], caller: HardhatEthersSigner) {
  const call = {
    from: caller.address,
    to: await contract.getAddress(),
    data: contract.interface.encodeFunctionData(verb, args),
  };
  try {
    await ethers.provider.call(call);
    return undefined;
  } catch (error) {
    const data = error instanceof Object && "data" in error && typeof error.data === "string" ? error.data : "0x";
    return data.length < 10 ? "" : contract.interface.parseError(data)?.name;
  }
}

describe("Attacks", () => {
  describe("Powers over the liquid restaking token", () => {
    it("Every function × every role: as declared, and none is missing", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const {
        token,
        allocator,
        auction,
        queue,
        alice,
        bob,
        curator,
        warden,
        admin,
        deployer,
        keeper,
        treasury,
        operators,
      } = lrt;
      const batch = await ethers.getContractAt("ExitBatch", (await leave(lrt)).batch);
      const contracts: Record<string, BaseContract> = { token, allocator, auction, queue, batch };
      const roles = { alice, bob, curator, warden, admin, deployer, keeper, treasury, operator: operators[0] };
      let refused = 0;
      for (const [name, powers] of Object.entries(POWERS)) {
        const contract = contracts[name];
        if (contract === undefined) throw new Error(`There is no contract ${name}.`);
        const verbs = verbsOf(contract.interface);
        expect(Object.keys(powers), name).to.have.members(verbs.map((verb) => verb.name));
        for (const verb of verbs) {
          const caller = powers[verb.name] ?? "anyone";
          const refusal = REFUSALS[name]?.[caller];
          const all = new Set(Object.values(REFUSALS[name] ?? {}));
          for (const [role, signer] of Object.entries(roles)) {
            const found = await refusalOf(contract, verb.name, emptyArguments(verb), signer);
            const says = `${name}.${verb.name} by ${role}`;
            if (refusal !== undefined && role !== caller) {
              expect(found, says).to.equal(refusal);
              refused++;
            } else {
              expect(all.has(found ?? ""), `${says}: ${found ?? "allowed"}`).to.equal(false);
            }
          }
        }
      }
      expect(refused).to.equal(4 * 8 + 1 * 8 + 12 * 9);
    });

    it("Pause that freezes exits while entry stays open (Renzo, Karak): the whole matrix, with the cap at 0", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, queue, allocator, asset, warden, curator, operators, alice, carol, unit } = lrt;
      await token.connect(warden).setEntryPaused(true);
      await token.connect(warden).lowerCap(0n);
      for (const enter of [
        async () => token.connect(carol).deposit(unit, carol),
        async () => token.connect(carol).mint(unit, carol),
      ]) {
        await expectRefusal(enter, token, "EntryPaused", []);
      }
      await token.connect(warden).setEntryPaused(false);
      await expectRefusal(async () => token.connect(carol).deposit(unit, carol), token, "CapExceeded", [unit, 0n]);
      await token.connect(warden).setEntryPaused(true);
      // A pause for everything: one of these reverts. Here none.
      await token.connect(alice).instantRedeem(unit, 0n, alice);
      await token.connect(alice).requestRedeem(2n * unit, alice, alice);
      await allocator.connect(curator).setTarget(operators[0], 0n);
      await allocator.evict(operators[0]);
      const closed = await closeEpoch(lrt);
      await settleEpoch(lrt, closed);
      await token.connect(alice).redeem(unit, alice, alice);
      await token.connect(alice).withdraw(unit / 2n, alice, alice);
      await allocator.collect(operators[0]);
      await asset.mint(token, unit);
      await token.harvest();
      await token.payFees();
      await token.connect(alice).transfer(carol, unit);
      expect((await queue.epochState(closed.epoch)).status).to.equal(3n);
    });

    it("Curator who raises a target just before its own set's allocation: who leaves at the announcement is out before both", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, allocator, curator, operators, alice, bucket, notice, unit } = lrt;
      await allocator.connect(curator).setTarget(operators[2], 0n);
      await allocator.connect(curator).setTarget(operators[0], 3_500n);
      const announced = await now();
      await giveTo(lrt, wad(1n), { wait: false });
      await token.connect(alice).requestRedeem(unit, alice, alice);
      const eta = await lrt.queue.redeemEta();
      // In force at once: 350 of 1,000 are at the set's disposal. Here out two and a half buckets before.
      await expectRefusal(async () => allocator.allocate(operators[0], unit), allocator, "ExceedsTarget", [
        301n * unit,
        await allocator.limitOf(operators[0]),
      ]);
      expect(eta + (5n * bucket) / 2n).to.be.at.most(announced + notice + 1n);
      // And who stays is protected: what the set may take bounds the stake, and anybody evicts the operator.
      await allocator.evict(operators[0]);
      expect((await allocator.operatorState(operators[0])).maturity).to.be.lessThan(announced + notice);
    });

    it("Operator set named twice in evictFromService: it counts once, and nobody is evicted by it", async () => {
      const lrt = await loadFixture(deployExposed);
      const { allocator, avs, operators } = lrt;
      // 0.3 · 0.6 = 0.18; twice that is above 0.3.
      const set = await giveTo(lrt, wad("0.6"), { wait: false });
      const evict = async (...sets: string[]) => allocator.evictFromService(operators[0], avs, sets);
      await expectRefusal(async () => evict(set, set), allocator, "InvalidSets", [set]);
      await expectRefusal(async () => evict(set), allocator, "NoGroundsToEvict", [operators[0].address]);
    });

    it("Instant exit, then evict: whoever lowers A to bring an operator above its limit pays the fee, and takes the others' stake for one exit only", async () => {
      const lrt = await loadFixture(deployStakedLrt);
      const { token, allocator, asset, operators, alice, carol, unit, bucket, exitDelay } = lrt;
      await token.connect(carol).deposit(500n * unit, carol);
      for (const operator of operators) await allocator.allocate(operator, 100n * unit);
      await expectRefusal(async () => allocator.evict(operators[0]), allocator, "NoGroundsToEvict", [
        operators[0].address,
      ]);
      const before = await asset.balanceOf(carol);
      await token.connect(carol).instantRedeem(300n * unit, 0n, carol);
      expect((await asset.balanceOf(carol)) - before).to.equal((300n * unit * 9_970n) / 10_000n);
      // 400 of 1,200 against 1.25 · 30 %: still within. What is idle bounds how far it goes.
      await expectRefusal(async () => allocator.evict(operators[0]), allocator, "NoGroundsToEvict", [
        operators[0].address,
      ]);
      expect(await token.harvest.staticCall()).to.equal((300n * unit * 30n) / 10_000n);
      const eta = (await now()) + exitDelay + 2n * bucket;
      await token.connect(alice).requestRedeem(unit, alice, alice);
      expect(await lrt.queue.redeemEta()).to.be.at.most(eta);
    });

    it("Flash deposit shifts caps (Symbiotic V2): deposit, allocate, leave at once, slash", async () => {
      const lrt = await loadFixture(deployLrt);
      const { token, allocator, operators, alice, carol, unit, seed } = lrt;
      await target(lrt, [operators[0], 2_000n], [operators[1], 3_000n], [operators[2], 3_000n]);
      await token.connect(alice).deposit(1_000n * unit, alice);
      // The first operator has given all that it has to a service that nobody can veto.
      const set = await giveTo(lrt, wad(1n), { vetoWindow: 0n });
      await token.connect(carol).deposit(9_000n * unit, carol);
      await allocator.connect(carol).allocate(operators[0], 2_000n * unit);
      const leave = async (shares: bigint) => token.connect(carol).instantRedeem(shares, 0n, carol);
      // Where caps are checked by who allocates alone: 2,000 of 2,656 are with that operator, and a slash leaves 245 to
      // alice. Here A falls to 0.8 of what the stake needs.
      const needed = await allocator.neededTotal();
      expect(needed).to.equal(10_000n * unit);
      await expectRefusal(async () => leave(7_378n * unit), token, "CapsBroken", [2_622n * unit + seed, needed]);
      await leave(2_000n * unit);
      await proposeSlash(lrt, set, wad(1n));
      // 1.25 times 20 % at most.
      expect(await token.convertToAssets(await token.balanceOf(alice))).to.be.at.least(750n * unit);
    });

    describe("Auction", () => {
      it("Dust lot: it holds up what comes later for two days at most, and takes nothing of it", async () => {
        const { auction, reward, carol } = await loadFixture(deploySale);
        await reward.mint(carol, 1n);
        await auction.connect(carol).start(reward);
        const endsAt = (await now()) + days(2n);
        await reward.connect(carol).transfer(auction, 1n);
        await expectRefusal(async () => auction.connect(carol).start(reward), auction, "AuctionRunning", [
          await reward.getAddress(),
          endsAt,
        ]);
        // A lot by what lies there: who pays the last second's price takes what has just come. Here 500.
        expect((await auction.auctionOf(reward)).lot).to.equal(wad(500n));
        await at(endsAt);
        await auction.start(reward);
        expect((await auction.auctionOf(reward)).lot).to.equal(wad(500n) + 1n);
      });

      it("Hook of the payment: it begins no second sale of the lot, and harvests no payment twice", async () => {
        const { auction, token, hooked, reward, bob } = await loadFixture(deploySale);
        await auction.start(reward);
        const again = {
          target: auction,
          data: auction.interface.encodeFunctionData("start", [await reward.getAddress()]),
        };
        const harvest = { target: token, data: token.interface.encodeFunctionData("harvest") };
        await hooked.setHooks(again, harvest);
        const before = await hooked.balanceOf(bob);
        await expect(auction.connect(bob).take(reward, 0n, MaxUint256, bob)).to.changeTokenBalances(
          reward,
          [auction, bob],
          [-wad(500n), wad(500n)],
        );
        // Paid first: the hook sells 500 that are sold. Here there is nothing to sell.
        const empty = auction.interface.encodeErrorResult("EmptyLot", [await reward.getAddress()]);
        expect(await hooked.outcomeBefore()).to.deep.equal([true, false, empty]);
        const { streaming, fees } = await token.books();
        expect(streaming + fees).to.equal(before - (await hooked.balanceOf(bob)));
        await hooked.setHooks({ target: ZeroAddress, data: "0x" }, { target: ZeroAddress, data: "0x" });
        expect(await token.harvest.staticCall()).to.equal(0n);
      });
    });

    it("Front-run of deployment: nobody but the deployer seeds, and before that nobody enters, harvests or closes", async () => {
      const { token, queue, alice, deployer } = await deployLrtWith({ seeded: false });
      await expectRefusal(async () => token.connect(alice).seed(wad(1n)), token, "NotSeeder", [
        alice.address,
        deployer.address,
      ]);
      await expectRefusal(async () => token.connect(alice).deposit(1n, alice), token, "NotSeeded", []);
      await expectRefusal(async () => token.harvest(), token, "NotSeeded", []);
      await expectRefusal(async () => queue.close(), queue, "NothingToClose", [1n]);
    });

    it("Slash while the operator is being evicted: what is in flight is worth what will come, and no more", async () => {
      const lrt = await loadFixture(deployExposed);
      const { token, allocator, curator, operators, unit } = lrt;
      const set = await giveTo(lrt, wad("0.5"), { vetoWindow: 0n });
      await target(lrt, [operators[0], 0n]);
      await allocator.connect(curator).setTarget(operators[0], 0n);
      await allocator.evict(operators[0]);
      const total = await token.totalAssets();
      await proposeSlash(lrt, set, wad("0.2"));
      // At its old value until it is collected: those who leave meanwhile take 30 from the others. Here at 270.
      expect(await token.totalAssets()).to.equal(total - 30n * unit);
      await passTo((await allocator.operatorState(operators[0])).maturity);
      await allocator.collect(operators[0]);
      expect(await token.totalAssets()).to.equal(total - 30n * unit);
    });
  });
});
