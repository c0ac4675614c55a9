import { parseEther, parseUnits } from "ethers";
import { amount, percent, WAD, type Amount } from "./amounts";
import { capEntry } from "./guardian";
import { readHoldings, readWealth } from "./holdings";
import {
  allocate,
  closeEpoch,
  collectRewards,
  enter,
  enterRefused,
  harvest,
  leaveAtOnce,
  leavesPriceAlone,
  lowersPrice,
  openToken,
  payFees,
  redeem,
  request,
  sell,
  settleEpoch,
  waitForPrice,
} from "./liquid";
import { becomeOperator, joinSet, leaveSet, lower, settle } from "./operators";
import { say } from "./sentences";
import {
  announceRewards,
  callRoll,
  claim,
  claimCommission,
  fund,
  fundRefused,
  joinsWithNothing,
  Kind,
  leavesRewardsAlone,
  reclaim,
  reclaimRefused,
  tellEarned,
  waitUntilStreamed,
} from "./rewards";
import { burn, collect, createSet, finalise, propose, proposeRefused, share, veto, vetoTooLate } from "./services";
import type { Expectation, OperatorSet, Stage } from "./stage";
import {
  cancel,
  complete,
  completeTooEarly,
  delegate,
  deposit,
  depositByPermit,
  depositRefused,
  endow,
  queue,
  redelegate,
  withdraw,
} from "./stakers";
import type { Actor } from "./world";

/** The operator sets of the story. */
interface Sets {
  /** An oracle, whose faults can be proven: slashes are instant, and burned. */
  readonly oracle: OperatorSet;
  /** A bridge, whose faults must be judged: slashes can be vetoed, and repay its victims. */
  readonly bridge: OperatorSet;
}

/** What the slashes of 8 % and 3 % leave of each share of Olympia's pools. */
const KEPT = percent("89");

/** Shares that Carol gets for 5 WETH then. */
const BOUGHT = (parseEther("5") * WAD) / KEPT;

/** Lives through the whole story; returns what everybody must own at its end. */
export async function live(stage: Stage): Promise<Expectation[]> {
  await stakeComesIn(stage);
  const sets = await riskIsAnnounced(stage);
  await slashIsVetoed(stage, sets);
  await slashBecomesFinal(stage, sets);
  await servicesPay(stage, sets);
  await slashIsInstant(stage, sets);
  await peopleMoveOn(stage);
  await rewardsArePaid(stage);
  await operatorLeaves(stage, sets);
  await stakeBecomesLiquid(stage, sets);
  await holdersShareASlash(stage, sets);
  return compareWealth(stage);
}

async function stakeComesIn(stage: Stage): Promise<void> {
  const { cast, weth, usdc } = stage.world;
  const { Alice, Bob, Carol, Olympia, Meridian, Guardian } = cast;
  await stage.chapter(
    "Stake comes in",
    "Promise 7, no oracle and no admin. A pool is one token with one operator, and pools never touch.",
  );
  await endow(stage, Alice, parseEther("100"), 0n);
  await endow(stage, Bob, parseEther("50"), 0n);
  await endow(stage, Carol, parseEther("20"), parseUnits("100000", 6));
  const caps = [amount(weth, "1000"), amount(usdc, "1000000")];
  await stage.tell(
    Guardian,
    say`${Guardian} deploys Bulkhead. The core has no owner and no upgrade, and nobody can pause an exit.`,
  );
  await capEntry(stage, Guardian, caps);
  await becomeOperator(stage, Olympia, [weth, usdc]);
  await becomeOperator(stage, Meridian, [weth]);
  await deposit(stage, Alice, amount(weth, "40"), undefined);
  await delegate(stage, Alice, amount(weth, "24"), Olympia);
  await delegate(stage, Alice, amount(weth, "8"), Meridian);
  await deposit(stage, Bob, amount(weth, "20"), Olympia);
  await deposit(stage, Carol, amount(weth, "10"), Meridian);
  await depositByPermit(stage, Carol, amount(usdc, "60000"), Olympia);
}

async function riskIsAnnounced(stage: Stage): Promise<Sets> {
  const { cast, weth, usdc, eurc, lum } = stage.world;
  const { Bob, Olympia, Meridian, Lantern, Verifier, Causeway, Watch, Council, Fund } = cast;
  await stage.chapter(
    "Risk is announced before it begins",
    "Promise 2, no surprise: new risk begins 21 days after its announcement; leaving takes 14 to 15.75 days.",
  );
  await stage.travelTo(1);
  const tokens = [weth, usdc] as const;
  const oracle = await createSet(stage, Lantern, "an oracle", tokens, {
    slasher: Verifier,
    maxSlash: "20",
    periodDays: 7n,
  });
  const bridge = await createSet(stage, Causeway, "a bridge", tokens, {
    slasher: Watch,
    maxSlash: "50",
    periodDays: 30n,
    veto: { resolver: Council, days: 5n },
    recipient: Fund,
  });
  await joinSet(stage, Olympia, bridge, tokens, "40");
  await joinSet(stage, Olympia, oracle, tokens, "30");
  await joinSet(stage, Meridian, bridge, [weth], "50");
  await announceRewards(stage, Olympia, tokens, [eurc, lum], "10");
  await announceRewards(stage, Meridian, [weth], [eurc, weth], "5");
  await fundRefused(stage, bridge, { operator: Olympia, asset: weth, amount: amount(eurc, "3000") });
  const exit = await queue(stage, Bob, amount(weth, "4"), Olympia);
  await stage.travelTo(15.75);
  await complete(stage, exit, amount(weth, "4"), ", in full: he was out before the risk began.");
  await stage.travelTo(23);
  await stage.show("stakers", "services");
  return { oracle, bridge };
}

async function slashIsVetoed(stage: Stage, { bridge }: Sets): Promise<void> {
  const { cast, weth, usdc } = stage.world;
  const { Alice, Bob, Carol, Olympia, Watch, Council } = cast;
  await stage.chapter(
    "A slash is disputed, and vetoed",
    "Promises 3 and 6: only the contested part waits, and a veto gives back every wei.",
  );
  await stage.travelTo(30);
  const exit = await queue(stage, Bob, amount(weth, "4"), Olympia);
  await stage.travelTo(42);
  const before = await readWealth(stage);
  // 24 WETH of Alice, 12 active and 4 queued of Bob; 60,000 USDC of Carol.
  const slash = await propose(stage, bridge, Olympia, "25", [
    share(amount(weth, "40"), "40", "25"),
    share(amount(usdc, "60000"), "40", "25"),
  ]);
  await stage.tell(
    Watch,
    say`Everyone in the pool is held by the same 10 %, queued or not. ${Council} may veto until day ${stage.dayOf(slash.deadline)}.`,
  );
  await depositRefused(stage, Carol, amount(weth, "5"), Olympia);
  await withdraw(stage, Alice, amount(weth, "3"));
  await completeTooEarly(stage, exit);
  await complete(stage, exit, amount(weth, "3.6"), ": the sure part. The contested 10 % wait for the veto window.");
  await stage.show("stakers", "services");
  await stage.travelTo(46);
  await veto(stage, Council, slash, before);
  await complete(stage, exit, amount(weth, "0.4"), ": the contested part, after the veto.");
}

async function slashBecomesFinal(stage: Stage, { bridge }: Sets): Promise<void> {
  const { cast, weth, usdc } = stage.world;
  const { Alice, Bob, Olympia, Council, Fund } = cast;
  await stage.chapter(
    "A slash becomes final",
    "Promise 5, known penalty: who may take how much, and where it goes, was fixed when the set was created.",
  );
  await stage.travelTo(50);
  const exit = await queue(stage, Alice, amount(weth, "6"), Olympia);
  await stage.travelTo(55);
  // 18 WETH active and 6 queued of Alice, 12 of Bob.
  const slash = await propose(stage, bridge, Olympia, "20", [
    share(amount(weth, "36"), "40", "20"),
    share(amount(usdc, "60000"), "40", "20"),
  ]);
  await vetoTooLate(stage, Council, slash);
  await finalise(stage, Bob, slash, Fund);
  await completeTooEarly(stage, exit);
  await complete(stage, exit, amount(weth, "5.52"), ": 6 less 8 %, like everybody else in the pool.");
}

async function servicesPay(stage: Stage, { oracle, bridge }: Sets): Promise<void> {
  const { cast, weth, usdc, eurc, lum } = stage.world;
  const { Alice, Causeway, Olympia, Meridian } = cast;
  await stage.chapter(
    "Services pay",
    "Rewards stream evenly to active shares until a boundary; the operator's commission is taken at once.",
  );
  await stage.travelTo(65);
  await fund(stage, bridge, Kind.Fee, 2n, [
    { operator: Olympia, asset: weth, amount: amount(eurc, "3000") },
    { operator: Meridian, asset: weth, amount: amount(eurc, "900") },
  ]);
  await fund(stage, oracle, Kind.Emission, 2n, [
    { operator: Olympia, asset: weth, amount: amount(lum, "5000") },
    { operator: Olympia, asset: usdc, amount: amount(lum, "2000") },
  ]);
  await reclaimRefused(stage, Causeway, { operator: Olympia, asset: weth }, eurc);
  await stage.travelTo(65.5);
  await tellEarned(stage, Alice, eurc, ": 60 % of Olympia's stream, 4 of 9 parts of Meridian's.");
}

async function slashIsInstant(stage: Stage, { oracle }: Sets): Promise<void> {
  const { cast, weth, usdc, lum } = stage.world;
  const { Alice, Carol, Olympia } = cast;
  await stage.chapter(
    "A slash is instant",
    "Promise 1, isolation: what one service takes changes nothing that another service can take.",
  );
  await stage.travelTo(66);
  // 18 WETH of Alice, 12 of Bob. Lantern has 30 % of the pool whatever Causeway has taken.
  await leavesRewardsAlone(stage, "Lantern's slash", () =>
    propose(stage, oracle, Olympia, "10", [
      share(amount(weth, "30"), "30", "10"),
      share(amount(usdc, "60000"), "30", "10"),
    ]),
  );
  await tellEarned(stage, Alice, lum, ": a slash takes stake, and nothing that was earned.");
  await proposeRefused(stage, oracle, Olympia, "15", "over its budget");
  await deposit(stage, Carol, amount(weth, "5"), Olympia, KEPT);
  await callRoll(stage);
  await stage.show("stakers", "services", "pools", "proceeds");
}

async function peopleMoveOn(stage: Stage): Promise<void> {
  const { cast, weth, usdc, eurc } = stage.world;
  const { Bob, Carol, Olympia, Meridian, Fund, Lantern } = cast;
  await stage.chapter(
    "People move on",
    "Promise 3, no trapped exit: leaving needs nobody's consent, and is paid by arithmetic alone.",
  );
  await stage.travelTo(68);
  const exit = await queue(stage, Bob, amount(weth, "6"), Olympia);
  await callRoll(stage);
  const dollars = await queue(stage, Carol, amount(usdc, "60000"), Olympia);
  await callRoll(stage);
  await stage.travelTo(69);
  await tellEarned(stage, Bob, eurc, ": what he has queued earns nothing from that second on.");
  await cancel(stage, exit, amount(weth, "2"));
  await callRoll(stage);
  await cancel(stage, dollars, amount(usdc, "60000"));
  await callRoll(stage);
  await collect(stage, Fund);
  await burn(stage, Carol, Lantern);
  await waitUntilStreamed(stage);
  await deposit(stage, Bob, amount(weth, "1"), Meridian);
  await joinsWithNothing(stage, Bob, { operator: Meridian, asset: weth }, eurc);
  await stage.travelTo(Number(stage.dayOf(exit.maturity)));
  await redelegate(stage, exit, Meridian, amount(weth, "3.56"));
}

async function rewardsArePaid(stage: Stage): Promise<void> {
  const { cast, usdc, lum } = stage.world;
  const { Alice, Bob, Lantern, Olympia } = cast;
  await stage.chapter(
    "Rewards are paid",
    "Everything between funding and claim is accounting on chain: every unit is somewhere, to the last.",
  );
  await stage.travelTo(84);
  await claim(stage, Alice, ": all pools at once, whenever she likes.");
  await claim(stage, Bob, ".");
  await claimCommission(stage, Olympia);
  await reclaim(stage, Lantern, { operator: Olympia, asset: usdc }, lum);
  await stage.show("earnings", "rewards");
}

async function operatorLeaves(stage: Stage, { oracle, bridge }: Sets): Promise<void> {
  const { cast, weth, usdc } = stage.world;
  const { Alice, Carol, Olympia, Meridian } = cast;
  await stage.chapter(
    "An operator leaves a service",
    "No escape: what leaves secures nobody, but can be slashed until its time, for faults of the past.",
  );
  await stage.travelTo(86);
  await leaveSet(stage, Olympia, oracle);
  await lower(stage, Olympia, bridge, weth, "12");
  await queue(stage, Carol, amount(usdc, "20000"), Olympia);
  await stage.travelTo(90);
  // 18 WETH of Alice, 8 of Bob, and what Carol has bought at 89 % each; her 60,000 USDC, a third of them queued.
  await propose(stage, oracle, Olympia, "10", [
    share({ token: weth, units: parseEther("26") + BOUGHT }, "27", "10"),
    share(amount(usdc, "60000"), "27", "10"),
  ]);
  await stage.travelTo(100.5);
  await proposeRefused(stage, oracle, Olympia, "5", "its time is over");
  await settle(stage, Alice, Olympia, weth, [oracle, bridge]);
  await settle(stage, Alice, Olympia, usdc, [oracle, bridge]);
  await claim(stage, Carol, ": later, and nothing is lost by the last slash.");
  await claimCommission(stage, Meridian);
  await stage.show("stakers", "services", "pools", "proceeds", "rewards");
}

async function stakeBecomesLiquid(stage: Stage, { bridge }: Sets): Promise<void> {
  const { cast, weth, eurc } = stage.world;
  const { Dana, Erik, Keeper, Olympia, Meridian } = cast;
  await stage.chapter(
    "Stake becomes liquid",
    "One token for one asset, spread over capped operators: a staker like any other, without any privilege.",
  );
  await stage.travelTo(101);
  await openToken(stage, [
    [Meridian, "50"],
    [Olympia, "40"],
  ]);
  await enter(stage, Dana, amount(weth, "60"));
  await enter(stage, Erik, amount(weth, "40"));
  await stage.travelTo(123);
  await allocate(stage, Keeper, Meridian, amount(weth, "50"));
  await allocate(stage, Keeper, Olympia, amount(weth, "40"));
  await fund(stage, bridge, Kind.Fee, 4n, [{ operator: Meridian, asset: weth, amount: amount(weth, "1") }]);
  await fund(stage, bridge, Kind.Fee, 4n, [{ operator: Meridian, asset: weth, amount: amount(eurc, "2000") }]);
  await stage.travelTo(132);
  await collectRewards(stage, Keeper, Meridian, [weth, eurc]);
  await sell(stage, Keeper, eurc, 4n);
  await harvest(stage, Keeper);
  await waitForPrice(stage, Dana, 140);
  await payFees(stage, Keeper);
  await stage.show("liquid", "holders");
}

async function holdersShareASlash(stage: Stage, { bridge }: Sets): Promise<void> {
  const { cast, weth, liquid } = stage.world;
  const { Dana, Erik, Keeper, Meridian, Council, Fund } = cast;
  const pool = amount(weth, "72.56");
  await stage.chapter(
    "Holders share a slash, and leave",
    "A proposal closes doors, and moves no price. An exit is a slice in kind: nobody is faster than a slash.",
  );
  await stage.travelTo(141);
  const before = await readWealth(stage);
  // 50 WETH of the token, 8 of Alice, 10 of Carol, 4.56 of Bob.
  const disputed = await leavesPriceAlone(stage, "a slash is proposed", () =>
    propose(stage, bridge, Meridian, "20", [share(pool, "50", "20")]),
  );
  await enterRefused(stage, Dana, amount(weth, "1"));
  await leaveAtOnce(stage, Erik, amount(liquid.share, "5"));
  await stage.show("liquid");
  await stage.travelTo(143);
  await leavesPriceAlone(stage, "it is vetoed", () => veto(stage, Council, disputed, before));
  await stage.travelTo(146.5);
  await request(stage, Dana, amount(liquid.share, "20"));
  const epoch = await closeEpoch(stage, Keeper);
  await stage.travelTo(148);
  const slash = await leavesPriceAlone(stage, "another one is proposed", () =>
    propose(stage, bridge, Meridian, "10", [share(pool, "50", "10")]),
  );
  await stage.travelTo(153.5);
  await lowersPrice(stage, { operator: Meridian, part: "5" }, () => finalise(stage, Keeper, slash, Fund));
  await settleEpoch(stage, Keeper, epoch);
  await redeem(stage, Dana, amount(liquid.share, "20"));
  await stage.show("liquid", "holders", "stakers");
}

/** What everybody came with, less the penalties that they were part of. */
async function compareWealth(stage: Stage): Promise<Expectation[]> {
  const { cast, weth, usdc } = stage.world;
  const { Alice, Bob, Carol } = cast;
  const less = (start: Amount, ...penalties: readonly Amount[]): Amount => ({
    token: start.token,
    units: penalties.reduce((left, { units }) => left - units, start.units),
  });
  const of = (stake: string, part: string): Amount => share(amount(weth, stake), part);
  const expected: readonly (readonly [Actor, Amount])[] = [
    [Alice, less(amount(weth, "100"), of("24", "8"), of("18", "3"), of("18", "2.7"), of("8", "5"))],
    [Bob, less(amount(weth, "50"), of("12", "8"), of("12", "3"), of("8", "2.7"), of("4.56", "5"))],
    [Carol, less(amount(weth, "20"), share({ token: weth, units: BOUGHT }, "2.7"), of("10", "5"))],
    [Carol, less(amount(usdc, "100000"), share(amount(usdc, "60000"), "13.7"))],
  ];
  const holdings = await readHoldings(stage);
  return expected.map(([staker, wealth]) => {
    const { token } = wealth;
    const units = holdings.find((holding) => holding.staker === staker && holding.token === token)?.total ?? 0n;
    return { what: `${staker.name}'s ${token.symbol}`, expected: wealth, seen: { token, units } };
  });
}
