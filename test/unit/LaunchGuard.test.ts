import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { NO_APPROVAL } from "../helpers/signatures";
import { deployGuardedProtocol } from "../helpers/protocol";
import { namedSigners } from "../helpers/signers";
import {
  at,
  complete,
  deployGuardedStake,
  deployToken,
  deposit,
  depositUndelegated,
  type GuardedStake,
  keys,
  passTo,
  queue,
  queued,
  type Sent,
  slash,
} from "../helpers/stake";
import { days, wad } from "../helpers/units";

const MAX_GUARD_DURATION = Number(days(365n));
const CAP = wad(100n);

/** The guard of a deployment; one asset has a cap. */
async function deployGuard() {
  const protocol = await deployGuardedProtocol();
  const { launchGuard, admin } = protocol;
  const token = await ethers.deployContract("MockERC20", ["Token", "TOK", 18]);
  const asset = await token.getAddress();
  await launchGuard.connect(admin).setCap(asset, CAP);
  return { ...protocol, ...(await namedSigners("deployer", "alice")), token, asset };
}

/** What alice has before entry is closed: stake, undelegated assets, and withdrawals, matured and not. */
interface Entered extends GuardedStake {
  matured: bigint;
  live: bigint;
}

/** A guarded launch in which alice has a little of everything, and the recipient has proceeds of a slash. */
async function deployEntered(): Promise<Entered> {
  const context = await deployGuardedStake();
  const { launchGuard, alice, asset } = context;
  await launchGuard.setCap(asset, wad(1_000n));
  await deposit(context, alice, wad(50n));
  await depositUndelegated(context, alice, wad(10n));
  await slash(context, wad("0.1"));
  const matured = await queued(context, alice, wad(10n));
  await passTo(matured);
  const live = await queued(context, alice, wad(10n));
  return { ...context, matured, live };
}

/** Every way in: whether assets come from outside, the event that shows that it was done, and the call. */
const ENTRIES = [
  {
    verb: "deposit",
    outside: true,
    event: "Deposited",
    enter: (context: Entered): Sent => deposit(context, context.alice, 1n),
  },
  {
    verb: "deposit without an operator",
    outside: true,
    event: "Deposited",
    enter: (context: Entered): Sent => depositUndelegated(context, context.alice, 1n),
  },
  {
    verb: "delegate",
    outside: false,
    event: "Delegated",
    enter: ({ stake, alice, operator, asset }: Entered): Sent =>
      stake.connect(alice).delegate(alice, operator, asset, wad(1n), 0n, NO_APPROVAL),
  },
  {
    verb: "redelegateWithdrawals",
    outside: false,
    event: "Redelegated",
    enter: (context: Entered): Sent => {
      const { stake, alice, otherOperator, asset, matured } = context;
      return stake
        .connect(alice)
        .redelegateWithdrawals(alice, asset, keys(context, matured), otherOperator, 0n, NO_APPROVAL);
    },
  },
] as const;

/** Everything that is not entry, and the event that shows that it was done. */
const OTHERS = [
  ["queueWithdrawals", "WithdrawalQueued", (context: Entered): Sent => queue(context, context.alice, wad(1n))],
  [
    "cancelWithdrawal",
    "WithdrawalCancelled",
    ({ stake, alice, operator, asset, live }: Entered): Sent =>
      stake.connect(alice).cancelWithdrawal(alice, operator, asset, live, wad(10n), NO_APPROVAL),
  ],
  [
    "transferWithdrawals",
    "WithdrawalTransferred",
    ({ stake, alice, bob, operator, asset, live }: Entered): Sent =>
      stake.connect(alice).transferWithdrawals(alice, asset, [{ operator, maturity: live, shares: wad(10n) }], bob),
  ],
  [
    "completeWithdrawals",
    "WithdrawalCompleted",
    (context: Entered): Sent => complete(context, context.alice, context.matured),
  ],
  [
    "completeWithdrawalsAsUndelegated",
    "Undelegated",
    (context: Entered): Sent => {
      const { stake, alice, asset, matured } = context;
      return stake.connect(alice).completeWithdrawalsAsUndelegated(alice, asset, keys(context, matured));
    },
  ],
  [
    "withdraw",
    "Withdrawn",
    ({ stake, alice, asset }: Entered): Sent => stake.connect(alice).withdraw(alice, asset, wad(10n), alice),
  ],
  [
    "withdrawProceeds",
    "ProceedsWithdrawn",
    ({ stake, recipient, asset }: Entered): Sent => stake.connect(recipient).withdrawProceeds(asset, recipient),
  ],
  [
    "openPool",
    "PoolOpened",
    ({ stake, operator, asset, approver }: Entered): Sent => stake.connect(operator).openPool(asset, approver),
  ],
] as const;

/** The Slasher's corridor: calls that say nothing, and lower what a share is sure to be worth by a tenth. */
const CUTS = [
  ["slash", (context: Entered): Sent => slash(context, wad("0.1"))],
  [
    "openLien",
    ({ stake, slasher, operator, asset }: Entered): Sent =>
      stake.connect(slasher).openLien(operator, asset, wad("0.1")),
  ],
] as const;

/** Asserts that a tenth is cut from every share of the fixture's pool. */
async function expectCut(context: Entered, call: (context: Entered) => Sent): Promise<void> {
  const sure = async (): Promise<bigint> => {
    const { factor, liened } = await context.stake.pool(context.operator, context.asset);
    return factor - liened;
  };
  const before = await sure();
  await call(context);
  expect(await sure()).to.equal(before - wad("0.1"));
}

describe("LaunchGuard", () => {
  describe("setCap", () => {
    describe("when the caller holds the role LAUNCH", () => {
      it("stores the cap and says so", async () => {
        const { launchGuard, admin, asset } = await loadFixture(deployGuard);
        await expect(launchGuard.connect(admin).setCap(asset, 7n)).to.emit(launchGuard, "CapSet").withArgs(asset, 7n);
        expect(await launchGuard.capOf(asset)).to.equal(7n);
      });
    });

    describe("when the caller does not", () => {
      it("refuses the guardian, the deployer and strangers", async () => {
        const { launchGuard, guardian, deployer, alice, asset } = await loadFixture(deployGuard);
        for (const account of [guardian, deployer, alice]) {
          await expect(launchGuard.connect(account).setCap(asset, 7n))
            .to.be.revertedWithCustomError(launchGuard, "AccessManagedUnauthorized")
            .withArgs(account.address);
        }
        expect(await launchGuard.capOf(asset)).to.equal(CAP);
      });
    });
  });

  describe("setEntryPaused", () => {
    describe("when the caller holds the role GUARDIAN", () => {
      it("closes entry and opens it again", async () => {
        const { launchGuard, guardian } = await loadFixture(deployGuard);
        for (const paused of [true, false]) {
          await expect(launchGuard.connect(guardian).setEntryPaused(paused))
            .to.emit(launchGuard, "EntryPauseSet")
            .withArgs(paused);
          expect(await launchGuard.entryPaused()).to.equal(paused);
        }
      });
    });

    describe("when the caller does not", () => {
      it("refuses the deployer and strangers", async () => {
        const { launchGuard, deployer, alice } = await loadFixture(deployGuard);
        for (const account of [deployer, alice]) {
          await expect(launchGuard.connect(account).setEntryPaused(true))
            .to.be.revertedWithCustomError(launchGuard, "AccessManagedUnauthorized")
            .withArgs(account.address);
        }
        expect(await launchGuard.entryPaused()).to.equal(false);
      });
    });
  });

  describe("checkEntry", () => {
    describe("when the holdings are at the cap", () => {
      for (const [difference, allowed] of [
        [-1n, true],
        [0n, true],
        [1n, false],
      ] as const) {
        it(`${allowed ? "accepts" : "refuses"} the cap ${difference < 0n ? "" : "+"}${difference}`, async () => {
          const { launchGuard, asset } = await loadFixture(deployGuard);
          const holdings = CAP + difference;
          if (allowed) await launchGuard.checkEntry(asset, holdings);
          else {
            await expect(launchGuard.checkEntry(asset, holdings))
              .to.be.revertedWithCustomError(launchGuard, "CapExceeded")
              .withArgs(asset, holdings, CAP);
          }
        });
      }
    });

    describe("when entry is paused", () => {
      it("refuses whatever the cap", async () => {
        const { launchGuard, guardian, asset } = await loadFixture(deployGuard);
        await launchGuard.connect(guardian).setEntryPaused(true);
        await expect(launchGuard.checkEntry(asset, 0n))
          .to.be.revertedWithCustomError(launchGuard, "EntryPaused")
          .withArgs();
      });
    });
  });

  describe("setAuthority", () => {
    describe("when the caller is not the AccessManager", () => {
      it("refuses even the admin", async () => {
        const { launchGuard, admin, alice } = await loadFixture(deployGuard);
        await expect(launchGuard.connect(admin).setAuthority(alice))
          .to.be.revertedWithCustomError(launchGuard, "AccessManagedUnauthorized")
          .withArgs(admin.address);
      });
    });

    describe("when the AccessManager passes it on for its admin", () => {
      it("refuses an account without code, and hands the guard to a contract", async () => {
        const { launchGuard, accessManager, admin, alice, token } = await loadFixture(deployGuard);
        await expect(accessManager.connect(admin).updateAuthority(launchGuard, alice))
          .to.be.revertedWithCustomError(launchGuard, "AccessManagedInvalidAuthority")
          .withArgs(alice.address);
        await expect(accessManager.connect(admin).updateAuthority(launchGuard, token))
          .to.emit(launchGuard, "AuthorityUpdated")
          .withArgs(await token.getAddress());
      });
    });
  });
});

describe("StakeManager", () => {
  describe("constructor", () => {
    /** The date is checked against the block of the deployment. */
    async function deployAt(launchGuard: string, sinceBlock: number | null, exitDelay = 960) {
      const now = (await time.latest()) + 100;
      await time.setNextBlockTimestamp(now);
      const guardedUntil = sinceBlock === null ? 0 : now + sinceBlock;
      const factory = await ethers.getContractFactory("StakeManager");
      return {
        factory,
        guardedUntil,
        max: now + MAX_GUARD_DURATION,
        deployed: factory.deploy(exitDelay, ZeroAddress, launchGuard, guardedUntil),
      };
    }

    describe("when the guarded launch ends around 365 days from now", () => {
      for (const difference of [-1, 0, 1]) {
        it(`${difference > 0 ? "refuses" : "accepts"} 365 days ${difference < 0 ? "-" : "+"} ${Math.abs(difference)} s`, async () => {
          const { alice } = await namedSigners("deployer", "alice");
          const { factory, guardedUntil, max, deployed } = await deployAt(
            alice.address,
            MAX_GUARD_DURATION + difference,
          );
          if (difference > 0) {
            await expect(deployed)
              .to.be.revertedWithCustomError(factory, "GuardOutOfBounds")
              .withArgs(alice.address, guardedUntil, max);
          } else expect(await (await deployed).GUARDED_UNTIL()).to.equal(guardedUntil);
        });
      }
    });

    describe("when only one of guard and date is given", () => {
      it("refuses a guard without a date, and a date without a guard", async () => {
        const { alice } = await namedSigners("deployer", "alice");
        for (const [guard, seconds] of [
          [alice.address, null],
          [ZeroAddress, 60],
        ] as const) {
          const { factory, guardedUntil, max, deployed } = await deployAt(guard, seconds);
          await expect(deployed)
            .to.be.revertedWithCustomError(factory, "GuardOutOfBounds")
            .withArgs(guard, guardedUntil, max);
        }
      });
    });

    describe("when there is no guarded launch", () => {
      it("asks nobody, and makes the deployer the Slasher", async () => {
        const { deployer } = await namedSigners("deployer");
        const stakeManager = await (await deployAt(ZeroAddress, null)).deployed;
        expect(await stakeManager.LAUNCH_GUARD()).to.equal(ZeroAddress);
        expect(await stakeManager.GUARDED_UNTIL()).to.equal(0);
        expect(await stakeManager.SLASHER()).to.equal(deployer.address);
      });
    });

    for (const contract of ["StakeManager", "AllocationManager", "Slasher"] as const) {
      describe(`when the exit delay of ${contract} is at a bound`, () => {
        const [min, max] = [120, 56 * 24 * 60 * 60];
        for (const [exitDelay, allowed] of [
          [0, false],
          [min - 8, false],
          [min - 1, false],
          [min, true],
          [min + 1, false],
          [min + 8, true],
          [max - 8, true],
          [max - 1, false],
          [max, true],
          [max + 1, false],
          [max + 8, false],
          [2 ** 32 - 8, false],
        ] as const) {
          it(`${allowed ? "accepts" : "refuses"} ${exitDelay} seconds`, async () => {
            const [none, ledger] = [ZeroAddress, await ethers.getContractFactory("StakeManager")];
            const deployed =
              contract === "AllocationManager"
                ? ethers.deployContract(contract, [exitDelay])
                : ethers.deployContract(contract, [exitDelay, none, none, 0]);
            if (allowed) await deployed;
            else {
              await expect(deployed)
                .to.be.revertedWithCustomError(ledger, "ExitDelayOutOfBounds")
                .withArgs(exitDelay, min, max);
            }
          });
        }
      });
    }

    describe("when the exit delay is in bounds", () => {
      it("derives the bucket and the notice", async () => {
        const stakeManager = await (await deployAt(ZeroAddress, null, 128)).deployed;
        expect(await stakeManager.EXIT_DELAY()).to.equal(128);
        expect(await stakeManager.BUCKET()).to.equal(16);
        expect(await stakeManager.NOTICE()).to.equal(128 + 64);
      });
    });
  });

  describe("the guarded launch", () => {
    describe("when a deposit comes to the cap", () => {
      it("accepts the last unit below it, and refuses one more, whose pool it may be", async () => {
        const context = await loadFixture(deployGuardedStake);
        const { stake, launchGuard, alice, asset } = context;
        await launchGuard.setCap(asset, CAP);
        await deposit(context, alice, CAP - 1n);
        for (const enter of [deposit, depositUndelegated]) {
          await expect(enter(context, alice, 2n))
            .to.be.revertedWithCustomError(launchGuard, "CapExceeded")
            .withArgs(asset, CAP + 1n, CAP);
        }
        await expect(deposit(context, alice, 1n))
          .to.emit(stake, "Deposited")
          .withArgs(alice, context.operator, asset, alice, 1n, 1n, CAP);
        for (const enter of [deposit, depositUndelegated]) {
          await expect(enter(context, alice, 1n))
            .to.be.revertedWithCustomError(launchGuard, "CapExceeded")
            .withArgs(asset, CAP + 1n, CAP);
        }
      });

      it("counts what was donated", async () => {
        const context = await loadFixture(deployGuardedStake);
        const { stake, launchGuard, alice, asset } = context;
        await launchGuard.setCap(asset, CAP);
        await asset.connect(alice).transfer(stake, 1n);
        await expect(deposit(context, alice, CAP))
          .to.be.revertedWithCustomError(launchGuard, "CapExceeded")
          .withArgs(asset, CAP + 1n, CAP);
      });

      it("counts each asset by itself", async () => {
        const context = await loadFixture(deployGuardedStake);
        const { stake, launchGuard, alice, asset } = context;
        await launchGuard.setCap(asset, CAP);
        const other = await deployToken(context);
        await deposit(context, alice, CAP);
        await expect(depositUndelegated(context, alice, 1n, { asset: other }))
          .to.be.revertedWithCustomError(launchGuard, "CapExceeded")
          .withArgs(other, 1n, 0n);
        await launchGuard.setCap(other, 1n);
        await expect(depositUndelegated(context, alice, 1n, { asset: other }))
          .to.emit(stake, "Deposited")
          .withArgs(alice, ZeroAddress, other, alice, 1n, 0n, 1n);
      });
    });

    describe("when the cap was lowered to 0 afterwards", () => {
      for (const { verb, outside, event, enter } of ENTRIES) {
        it(`${outside ? "refuses" : "does not count what is inside for"} ${verb}`, async () => {
          const context = await loadFixture(deployEntered);
          const { launchGuard, stake, asset } = context;
          await launchGuard.setCap(asset, 0n);
          const held = await asset.balanceOf(stake);
          if (outside) {
            await expect(enter(context))
              .to.be.revertedWithCustomError(launchGuard, "CapExceeded")
              .withArgs(asset, held + 1n, 0n);
          } else await expect(enter(context)).to.emit(context.stake, event);
        });
      }

      for (const [verb, event, call] of OTHERS) {
        it(`leaves ${verb} alone`, async () => {
          const context = await loadFixture(deployEntered);
          await context.launchGuard.setCap(context.asset, 0n);
          await expect(call(context)).to.emit(context.stake, event);
        });
      }

      for (const [verb, call] of CUTS) {
        it(`leaves ${verb} alone`, async () => {
          const context = await loadFixture(deployEntered);
          await context.launchGuard.setCap(context.asset, 0n);
          await expectCut(context, call);
        });
      }
    });

    describe("when entry is paused", () => {
      for (const { verb, event, enter } of ENTRIES) {
        it(`refuses ${verb} until it is opened again`, async () => {
          const context = await loadFixture(deployEntered);
          const { launchGuard } = context;
          await launchGuard.setEntryPaused(true);
          await expect(enter(context)).to.be.revertedWithCustomError(launchGuard, "EntryPaused").withArgs();
          await launchGuard.setEntryPaused(false);
          await expect(enter(context)).to.emit(context.stake, event);
        });
      }

      for (const [verb, event, call] of OTHERS) {
        it(`leaves ${verb} alone`, async () => {
          const context = await loadFixture(deployEntered);
          await context.launchGuard.setEntryPaused(true);
          await expect(call(context)).to.emit(context.stake, event);
        });
      }

      for (const [verb, call] of CUTS) {
        it(`leaves ${verb} alone`, async () => {
          const context = await loadFixture(deployEntered);
          await context.launchGuard.setEntryPaused(true);
          await expectCut(context, call);
        });
      }

      it("lets everybody leave in full", async () => {
        const context = await loadFixture(deployEntered);
        const { stake, launchGuard, alice, bob, asset, operator, matured, live } = context;
        await launchGuard.setEntryPaused(true);
        await stake.connect(alice).withdraw(alice, asset, wad(10n), bob);
        const last = await queued(context, alice, await stake.sharesOf(operator, asset, alice));
        await passTo(last > live ? last : live);
        await complete(context, alice, ...new Set([matured, live, last]));
        expect(await stake.sharesOf(operator, asset, alice)).to.equal(0n);
        // 50 deposited, of which a slash took a tenth: what is left are its proceeds.
        expect(await asset.balanceOf(stake)).to.equal(wad(5n));
      });
    });

    describe("when its last second comes", () => {
      for (const { verb, event, enter } of ENTRIES) {
        for (const [seconds, asked] of [
          [-1n, true],
          [0n, false],
          [1n, false],
        ] as const) {
          const when = `GUARDED_UNTIL ${seconds < 0n ? "-" : "+"} ${seconds < 0n ? -seconds : seconds}`;
          it(`${asked ? "still asks" : "does not ask"} the guard for ${verb} at ${when}`, async () => {
            const context = await loadFixture(deployEntered);
            const { launchGuard, asset, guardedUntil } = context;
            await launchGuard.setCap(asset, 0n);
            await launchGuard.setEntryPaused(true);
            await at(guardedUntil + seconds);
            if (asked)
              await expect(enter(context)).to.be.revertedWithCustomError(launchGuard, "EntryPaused").withArgs();
            else await expect(enter(context)).to.emit(context.stake, event);
          });
        }
      }
    });
  });
});
