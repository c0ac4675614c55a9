import { formatUnits, sum, type Amount } from "./amounts";
import { exitCodeOf } from "./checks";
import { paintFor } from "./colours";
import type { Holding, Moment, Security } from "./holdings";
import type { Life } from "./index";
import type { RewardFlow } from "./ledger";
import type { Step } from "./stage";
import type { LiquidMoment } from "./liquid-books";
import type { Account } from "./world";

const plain = paintFor(false);

/** The story as data: amounts are strings in the smallest unit of their token, parts of 1 are strings in WAD. */
export function toData({ steps, moments, checks }: Life) {
  return {
    passed: exitCodeOf(checks) === 0,
    steps: steps.map(stepData),
    moments: moments.map(momentData),
    checks,
  };
}

function amountData(value: Amount) {
  return { token: value.token.symbol, units: value.units.toString(), shown: formatUnits(value) };
}

function stepData({ day, chapter, actor, verbs, refused, sentence }: Step) {
  return {
    day,
    chapter,
    actor: actor.name,
    verbs,
    refused: refused ?? null,
    text: sentence.text(plain),
    amounts: sentence.amounts.map(amountData),
  };
}

function momentData({ day, operators, stakers, holdings, securities, pools, owed, ledger, liquid }: Moment) {
  return {
    day,
    stakers: holdings.map((holding) =>
      holdingData(
        holding,
        operators.map(({ name }) => name),
      ),
    ),
    services: securities.map(securityData),
    pools: pools.map(({ operator, token, shares, factor, liened, free, worstCase }) => ({
      operator: operator.name,
      token: token.symbol,
      shares: shares.toString(),
      factor: factor.toString(),
      liened: liened.toString(),
      free: free.toString(),
      worstCase: worstCase.toString(),
    })),
    proceeds: owed.map(({ recipient, amount }) => ({ recipient: recipient?.name ?? null, ...amountData(amount) })),
    rewards: ledger.rewards.map((flow) => rewardData(flow, stakers)),
    liquid: liquid === undefined ? null : liquidData(liquid),
  };
}

function holdingData(holding: Holding, operators: readonly string[]) {
  const { staker, token, wallet, undelegated, active, queued, contested, total } = holding;
  return {
    staker: staker.name,
    token: token.symbol,
    wallet: wallet.toString(),
    undelegated: undelegated.toString(),
    active: Object.fromEntries(operators.map((name, index) => [name, (active[index] ?? 0n).toString()])),
    queued: queued.toString(),
    contested: contested.toString(),
    total: total.toString(),
  };
}

function rewardData({ token, balance, held, earned }: RewardFlow, stakers: readonly Account[]) {
  const parts = Object.entries(balance).map(([name, units]: [string, bigint]) => [name, units.toString()] as const);
  return {
    token: token.symbol,
    ...Object.fromEntries(parts),
    held: held.toString(),
    earned: stakers.map(({ name, address }) => {
      const own = earned.filter(({ staker }) => staker === address);
      return {
        staker: name,
        claimed: sum(own.map(({ claimed }) => claimed)).toString(),
        claimable: sum(own.map(({ claimable }) => claimable)).toString(),
      };
    }),
  };
}

function liquidData({
  share,
  idle,
  streaming,
  pending,
  fees,
  gross,
  net,
  supply,
  rate,
  sureRate,
  holders,
}: LiquidMoment) {
  const units = { idle, streaming, pending, fees, gross, net, supply, rate, sureRate };
  return {
    token: share.symbol,
    ...Object.fromEntries(Object.entries(units).map(([name, value]) => [name, value.toString()] as const)),
    holders: holders.map(({ holder, shares, worth, requested, claimable }) => ({
      holder: holder.name,
      shares: shares.toString(),
      worth: worth.toString(),
      requested: requested.toString(),
      claimable: claimable.toString(),
    })),
  };
}

function securityData({ set, operator, token, stake }: Security) {
  const { securing, slashable, allocation } = stake;
  return {
    service: set.avs.name,
    operator: operator.name,
    token: token.symbol,
    securing: securing.toString(),
    slashable: slashable.toString(),
    active: allocation.active.toString(),
    leaving: allocation.leaving.toString(),
    joining: allocation.joining.toString(),
    held: allocation.held.toString(),
  };
}
