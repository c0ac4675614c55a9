import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import { expectRefusal } from "../helpers/stake";
import { expectInterface, WORLDS } from "./states";

describe("ERC-20", () => {
  it("has every function and event", () => {
    expectInterface(
      "function name() view returns (string)",
      "function symbol() view returns (string)",
      "function decimals() view returns (uint8)",
      "function totalSupply() view returns (uint256)",
      "function balanceOf(address) view returns (uint256)",
      "function transfer(address,uint256) returns (bool)",
      "function transferFrom(address,address,uint256) returns (bool)",
      "function approve(address,uint256) returns (bool)",
      "function allowance(address,address) view returns (uint256)",
      "event Transfer(address indexed,address indexed,uint256)",
      "event Approval(address indexed,address indexed,uint256)",
    );
  });

  for (const { title, decimals, closed, fixture } of WORLDS) {
    describe(title, () => {
      it('name, symbol: "the name of the token"; decimals: "the number of decimals the token uses"', async () => {
        const { token } = await loadFixture(fixture);
        expect(await token.name()).to.equal("Bulkhead WETH");
        expect(await token.symbol()).to.equal("bhWETH");
        expect(await token.decimals()).to.equal(decimals);
      });

      it('totalSupply: "the total token supply", which is all that accounts have', async () => {
        const { token, queue, alice, bob, unit, seed } = await loadFixture(fixture);
        await token.connect(alice).requestRedeem(7n * unit, alice, alice);
        expect(await token.balanceOf(alice)).to.equal(593n * unit);
        expect(await token.balanceOf(bob)).to.equal(400n * unit);
        expect(await token.balanceOf(queue)).to.equal(7n * unit);
        expect(await token.totalSupply()).to.equal(1_000n * unit + seed);
      });

      it('transfer: "transfers _value amount", "MUST fire the Transfer event"', async () => {
        const { token, alice, keeper, unit } = await loadFixture(fixture);
        const held = await token.balanceOf(alice);
        // "Transfers of 0 values MUST be treated as normal transfers and fire the Transfer event."
        for (const value of [0n, 1n, unit, held - unit - 1n]) {
          expect(await token.connect(alice).transfer.staticCall(keeper, value)).to.equal(true);
          const call = token.connect(alice).transfer(keeper, value);
          await expect(call).to.emit(token, "Transfer").withArgs(alice, keeper, value);
          await expect(call).to.changeTokenBalances(token, [alice, keeper], [-value, value]);
        }
        expect(await token.balanceOf(alice)).to.equal(0n);
      });

      it("transfer: to oneself moves nothing", async () => {
        const { token, alice, unit } = await loadFixture(fixture);
        await expect(token.connect(alice).transfer(alice, unit)).to.changeTokenBalance(token, alice, 0n);
      });

      it('transfer, transferFrom: "SHOULD throw if the … balance does not have enough tokens to spend"', async () => {
        const { token, alice, bob, keeper } = await loadFixture(fixture);
        const held = await token.balanceOf(alice);
        const refused = [alice.address, held, held + 1n];
        await token.connect(alice).approve(keeper, MaxUint256);
        const transfer = async (): Promise<unknown> => token.connect(alice).transfer(bob, held + 1n);
        const transferFrom = async (): Promise<unknown> => token.connect(keeper).transferFrom(alice, bob, held + 1n);
        await expectRefusal(transfer, token, "ERC20InsufficientBalance", refused);
        await expectRefusal(transferFrom, token, "ERC20InsufficientBalance", refused);
      });

      it('transferFrom: "MUST fire the Transfer event", "SHOULD throw unless … authorized"', async () => {
        const { token, alice, bob, keeper, unit } = await loadFixture(fixture);
        await token.connect(alice).approve(keeper, unit);
        expect(await token.connect(keeper).transferFrom.staticCall(alice, bob, unit)).to.equal(true);
        // "Transfers of 0 values MUST be treated as normal transfers and fire the Transfer event."
        for (const value of [0n, 1n, unit - 1n]) {
          const call = token.connect(keeper).transferFrom(alice, bob, value);
          await expect(call).to.emit(token, "Transfer").withArgs(alice, bob, value);
          await expect(call).to.changeTokenBalances(token, [alice, bob, keeper], [-value, value, 0n]);
        }
        await expect(token.connect(keeper).transferFrom(alice, bob, 0n)).to.emit(token, "Transfer");
        await expectRefusal(
          async () => token.connect(keeper).transferFrom(alice, bob, 1n),
          token,
          "ERC20InsufficientAllowance",
          [keeper.address, 0n, 1n],
        );
      });

      it('allowance: "the amount which _spender is still allowed to withdraw"', async () => {
        const { token, alice, bob, keeper, unit } = await loadFixture(fixture);
        await token.connect(alice).approve(keeper, 3n * unit);
        await token.connect(keeper).transferFrom(alice, bob, unit);
        expect(await token.allowance(alice, keeper)).to.equal(2n * unit);
        expect(await token.allowance(keeper, alice)).to.equal(0n);
      });

      it('approve: "overwrites the current allowance"; Approval "MUST trigger on any successful call"', async () => {
        const { token, alice, keeper, unit } = await loadFixture(fixture);
        for (const value of [unit, unit, 0n, MaxUint256]) {
          expect(await token.connect(alice).approve.staticCall(keeper, value)).to.equal(true);
          await expect(token.connect(alice).approve(keeper, value))
            .to.emit(token, "Approval")
            .withArgs(alice, keeper, value);
          expect(await token.allowance(alice, keeper)).to.equal(value);
        }
      });

      it('Transfer: "with the _from address set to 0x0 when tokens are created", and to 0x0 when they are burned', async () => {
        const { token, alice, bob, unit } = await loadFixture(fixture);
        await expect(token.connect(alice).instantRedeem(unit, 0n, alice))
          .to.emit(token, "Transfer")
          .withArgs(alice, ZeroAddress, unit);
        if (closed !== undefined) return;
        await expect(token.connect(bob).mint(unit, alice))
          .to.emit(token, "Transfer")
          .withArgs(ZeroAddress, alice, unit);
      });
    });
  }
});
