/**
 * What each operation may cost at most, as a whole transaction; `null` where nothing bounds it. Every key stands in
 * `snapshots/gas.json`, and no other.
 */
export const BUDGETS = {
  "stake.depositAndDelegate.first": 80_000,
  "stake.deposit.again": 64_000,
  "stake.deposit.undelegated": null,
  "stake.deposit.permit": null,
  "stake.delegate": 63_000,
  "stake.queueWithdrawal.firstInBucket": 86_000,
  "stake.queueWithdrawal.laterInBucket": 69_000,
  "stake.cancelWithdrawal": null,
  "stake.transferWithdrawal": null,
  "stake.completeWithdrawal": 52_000,
  "stake.completeAsUndelegated": null,
  "stake.redelegate": null,
  "stake.withdraw": null,
  "operator.register": 55_000,
  "operator.openPool": 50_000,
  "operator.registerForSet": 60_000,
  "operator.deregisterFromSet": null,
  "operator.allocate.first": 85_000,
  "operator.allocate.change": 52_000,
  "operator.revoke": null,
  "operator.deallocate": null,
  "operator.settle": null,
  "avs.createOperatorSet": 138_000,
  "avs.scheduleSlasher": null,
  "slash.instant.first": 180_000,
  "slash.instant.again": 163_000,
  "slash.propose": 172_000,
  "slash.veto": 140_000,
  "slash.finalise": 90_000,
  "slash.finalise.first": null,
  "slash.withdrawProceeds": null,
  "slash.burnProceeds": null,
  "rewards.announceToken": null,
  "rewards.setCommission": null,
  "rewards.fund.first": null,
  "rewards.fund": 90_000,
  "rewards.fund.newWeek": null,
  "rewards.reclaim": null,
  "rewards.claim": 65_000,
  "rewards.claimCommission": null,
  "stake.depositAndDelegate.first.paying": null,
  "stake.deposit.again.paying": 80_000,
  "stake.deposit.again.paying.ended": null,
  "stake.deposit.again.paying.most": null,
  "stake.queueWithdrawal.laterInBucket.paying": 82_000,
  "life.exit": 138_000,
  "life.instantSlash": 180_000,
  "life.finalisedSlash": null,
  "life.vetoedSlash": null,
} as const satisfies Readonly<Record<string, number | null>>;

/** Name of a measured operation. */
export type GasKey = keyof typeof BUDGETS;

/** All of them, in the order of the table. */
export const GAS_KEYS = Object.keys(BUDGETS) as GasKey[];
