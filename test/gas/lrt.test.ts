import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { readText } from "../../scripts/lib/files";
import { waitUntilClosable } from "../helpers/lrt";
import { passTo } from "../helpers/stake";
import { GROWTH, growthTable } from "./growth";
import {
  deployClosedEight,
  deployClosedMany,
  deployClosedOne,
  deployEight,
  deployRequestedEight,
  deployRequestedMany,
  deployRequestedOne,
  deploySettled,
  deploySlashedEight,
  deploySlashedMany,
  deploySlashedOne,
  deployUsedBuckets,
  type UsedLrt,
} from "./lrt-worlds";
import { gasOf, itCosts, measuredGas, onFreshChain } from "./measure";

/** Most gas that a transaction may have since the hardfork osaka. */
const MAX_TRANSACTION_GAS = 2n ** 24n;

describe("Gas of the liquid restaking token", () => {
  onFreshChain();

  describe("holders", () => {
    itCosts("lrt.deposit.again", deployEight, async ({ token, alice, unit }) =>
      token.connect(alice).deposit(10n * unit, alice),
    );
    itCosts("lrt.mint.again", deployEight, async ({ token, alice, unit }) =>
      token.connect(alice).mint(10n * unit, alice),
    );
    itCosts("lrt.requestRedeem.laterInEpoch", deployRequestedEight, async ({ token, alice, unit }) =>
      token.connect(alice).requestRedeem(10n * unit, alice, alice),
    );
    itCosts("lrt.claim", deploySettled, async ({ token, alice, unit }) =>
      token.connect(alice).redeem(10n * unit, alice, alice),
    );
    itCosts("lrt.instantRedeem", deployEight, async ({ token, alice, unit }) =>
      token.connect(alice).instantRedeem(10n * unit, 0n, alice),
    );
  });

  describe("keepers", () => {
    itCosts("lrt.close.1", deployRequestedOne, async ({ queue, keeper }) => queue.connect(keeper).close());
    itCosts("lrt.close.8", deployUsedBuckets, async ({ queue, keeper }) => queue.connect(keeper).close());
    itCosts("lrt.close.8.firstInBucket", deployRequestedEight, async ({ queue, keeper }) =>
      queue.connect(keeper).close(),
    );
    itCosts("lrt.close.32", deployRequestedMany, async ({ queue, keeper }) => queue.connect(keeper).close());
    itCosts("lrt.settle.1", deployClosedOne, async ({ queue, keeper, closed: { epoch, items } }) =>
      queue.connect(keeper).settle(epoch, items),
    );
    itCosts("lrt.settle.8", deployClosedEight, async ({ queue, keeper, closed: { epoch, items } }) =>
      queue.connect(keeper).settle(epoch, items),
    );
    itCosts("lrt.settle.32", deployClosedMany, async ({ queue, keeper, closed: { epoch, items } }) =>
      queue.connect(keeper).settle(epoch, items),
    );
    itCosts("lrt.sync", deployEight, async ({ token, keeper }) => token.connect(keeper).sync());
    itCosts("lrt.harvest", deployEight, async ({ token, keeper }) => token.connect(keeper).harvest());
    itCosts("lrt.allocate.8", deployEight, async ({ allocator, keeper, operators, unit }) =>
      allocator.connect(keeper).allocate(operators[0], unit),
    );
    itCosts("lrt.evict", deployEight, async ({ allocator, curator, keeper, operators }) => {
      await allocator.connect(curator).setTarget(operators[0], 0n);
      return await allocator.connect(keeper).evict(operators[0]);
    });
  });

  describe("the first call after a slash event", () => {
    itCosts("lrt.deposit.revalue.1", deploySlashedOne, depositOfAlice);
    itCosts("lrt.deposit.revalue.8", deploySlashedEight, depositOfAlice);
    itCosts("lrt.deposit.revalue.32", deploySlashedMany, depositOfAlice);

    it("costs at most 90,000 more with 8 operators", () => {
      expect(measuredGas("lrt.deposit.revalue.8") - measuredGas("lrt.deposit.again")).to.be.at.most(90_000);
    });
  });

  describe("growth with operators", () => {
    for (const { operation, base, perOperator, keys, without } of GROWTH) {
      it(`${operation}: ${base.toLocaleString("en-US")} + ${perOperator.toLocaleString("en-US")}·n, to 5 %, for 1, 8 and 32`, () => {
        for (const operators of [1, 8, 32] as const) {
          const key = keys[operators];
          const gas = measuredGas(key) - (without === undefined ? 0 : measuredGas(without));
          const expected = base + perOperator * operators;
          expect(gas, key).to.be.closeTo(expected, expected / 20);
        }
      });
    }

    it("is what docs/LRT.md says", () => {
      expect(readText("docs/LRT.md")).to.include(growthTable());
    });
  });

  describe("with 32 operators", () => {
    it("stays below the limit of a transaction, whatever is done: all leave, and a slash event came before", async () => {
      const lrt = await loadFixture(deploySlashedMany);
      const { token, queue, allocator, asset, curator, keeper, alice, avs, all, set, unit } = lrt;
      const [first] = all;
      if (first === undefined) throw new Error("There are 32 operators.");
      const gas: bigint[] = [];
      const send = async (tx: Parameters<typeof gasOf>[0]) => gas.push(await gasOf(tx));
      await asset.mint(token, unit);
      await send(await token.connect(alice).requestRedeem(100n * unit, alice, alice));
      await send(await token.connect(keeper).harvest());
      await send(await allocator.connect(curator).setTarget(first, 240n));
      await send(await allocator.connect(keeper).allocate(first, unit));
      await expect(allocator.connect(keeper).evictFromService(first, avs, [set]))
        .to.be.revertedWithCustomError(allocator, "NoGroundsToEvict")
        .withArgs(first.address);
      for (const operator of all) {
        await send(await allocator.connect(curator).setTarget(operator, 0n));
        await send(await allocator.connect(keeper).evict(operator));
      }
      await waitUntilClosable({ queue });
      await send(await queue.connect(keeper).close());
      await passTo((await allocator.operatorState(first)).maturity);
      for (const operator of all) await send(await allocator.connect(keeper).collect(operator));
      for (const one of gas) expect(one).to.be.lessThan(MAX_TRANSACTION_GAS);
      console.log(`      most: ${gas.reduce((a, b) => (a > b ? a : b))}`);
    });
  });
});

async function depositOfAlice({ token, alice, unit }: UsedLrt) {
  return await token.connect(alice).deposit(10n * unit, alice);
}
