import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { closeEpoch, deployLrtWith, type Lrt, settleEpoch } from "../helpers/lrt";
import { at, expectRefusal, now } from "../helpers/stake";
import { type Closed, expectInterface, WORLDS } from "./states";

/** Amounts from dust to what is large here. */
const amounts = (unit: bigint): bigint[] => [2n, 1_000_003n, 7n * unit + 1n, 999n * unit];

/** Alice's request for 60 shares can be claimed. */
async function claimable(lrt: Lrt): Promise<void> {
  const { token, alice, unit } = lrt;
  await token.connect(alice).requestRedeem(60n * unit, alice, alice);
  await settleEpoch(lrt, await closeEpoch(lrt));
}

/** With what a deposit, or what a mint costs, is refused while deposits are closed. */
async function refused({ token }: Lrt, closed: Closed, assets: bigint): Promise<unknown[]> {
  if (closed === "EntryPaused") return [];
  return closed === "NotCalm" ? [await token.totalAssets(), await token.sureAssets()] : [assets, 0n];
}

/** All assets in a second to come, in which the next transaction then is. */
async function totalBefore({ token }: Lrt): Promise<bigint> {
  await at((await now()) + 60n);
  return await token.totalAssets({ blockTag: "pending" });
}

describe("ERC-4626", () => {
  it("has every function and event", () => {
    expectInterface(
      "function asset() view returns (address)",
      "function totalAssets() view returns (uint256)",
      "function convertToShares(uint256) view returns (uint256)",
      "function convertToAssets(uint256) view returns (uint256)",
      "function maxDeposit(address) view returns (uint256)",
      "function previewDeposit(uint256) view returns (uint256)",
      "function deposit(uint256,address) returns (uint256)",
      "function maxMint(address) view returns (uint256)",
      "function previewMint(uint256) view returns (uint256)",
      "function mint(uint256,address) returns (uint256)",
      "function maxWithdraw(address) view returns (uint256)",
      "function previewWithdraw(uint256) view returns (uint256)",
      "function withdraw(uint256,address,address) returns (uint256)",
      "function maxRedeem(address) view returns (uint256)",
      "function previewRedeem(uint256) view returns (uint256)",
      "function redeem(uint256,address,address) returns (uint256)",
      "event Deposit(address indexed,address indexed,uint256,uint256)",
      "event Withdraw(address indexed,address indexed,address indexed,uint256,uint256)",
    );
  });

  it('before the seed, too, every view "MUST NOT revert", and nothing can be deposited', async () => {
    const { token, asset, alice } = await deployLrtWith({ seeded: false });
    expect(await token.asset()).to.equal(asset);
    for (const found of [
      await token.totalAssets(),
      await token.maxDeposit(alice),
      await token.maxMint(alice),
      await token.maxRedeem(alice),
      await token.maxWithdraw(alice),
    ]) {
      expect(found).to.equal(0n);
    }
    expect([await token.convertToShares(7n), await token.convertToAssets(7n)]).to.deep.equal([7n, 7n]);
    await expectRefusal(async () => token.connect(alice).deposit(7n, alice), token, "NotSeeded", []);
  });

  for (const { title, closed, fixture } of WORLDS) {
    describe(title, () => {
      it('asset: "MUST be an EIP-20 token contract", "MUST NOT revert"; metadata: "MUST implement"', async () => {
        const { token, asset } = await loadFixture(fixture);
        expect(await token.asset()).to.equal(asset);
        expect(await asset.totalSupply()).to.be.greaterThan(0n);
        // "Strongly recommended to mirror the underlying token's decimals."
        expect(await token.decimals()).to.equal(await asset.decimals());
        expect(await token.symbol()).to.contain(await asset.symbol());
      });

      it('totalAssets: "MUST NOT revert", and is what a call in the same block finds', async () => {
        const { token } = await loadFixture(fixture);
        const [total, idle] = await token.sync.staticCall();
        expect(await token.totalAssets()).to.equal(total);
        expect((await token.books()).idle).to.equal(idle);
      });

      it('totalAssets: "MUST be inclusive of any fees that are charged against assets in the Vault"', async () => {
        const lrt = await loadFixture(fixture);
        const { token, alice, unit } = lrt;
        // The fee of an exit is no part of the price until it streams; that on rewards never is.
        const before = await totalBefore(lrt);
        const worth = await token.convertToAssets(unit, { blockTag: "pending" });
        await token.connect(alice).instantRedeem(unit, 0n, alice);
        expect(await token.totalAssets()).to.equal(before - worth);
        const owed = await totalBefore(lrt);
        await token.payFees();
        expect(await token.totalAssets()).to.equal(owed);
      });

      it('convertToShares, convertToAssets: "MUST round down", not "inclusive of any fees", nor "slippage"', async () => {
        const { token, unit } = await loadFixture(fixture);
        const [total, supply] = [await token.totalAssets(), await token.totalSupply()];
        // "MUST NOT revert unless due to integer overflow caused by an unreasonably large input."
        for (const amount of [0n, 1n, ...amounts(unit), 2n ** 128n]) {
          expect(await token.convertToShares(amount)).to.equal((amount * supply) / total);
          expect(await token.convertToAssets(amount)).to.equal((amount * total) / supply);
        }
      });

      it('convertToShares, convertToAssets: "MUST NOT show any variations depending on the caller"', async () => {
        const { token, alice, keeper, unit } = await loadFixture(fixture);
        const [holder, stranger] = [token.connect(alice), token.connect(keeper)];
        expect(await holder.convertToShares(unit)).to.equal(await stranger.convertToShares(unit));
        expect(await holder.convertToAssets(unit)).to.equal(await stranger.convertToAssets(unit));
      });

      it('maxDeposit, maxMint: "if … entirely disabled (even temporarily) it MUST return 0"', async () => {
        const { token, alice, bob, keeper } = await loadFixture(fixture);
        const [assets, shares] = [await token.maxDeposit(bob), await token.maxMint(bob)];
        expect([assets === 0n, shares === 0n]).to.deep.equal([closed !== undefined, closed !== undefined]);
        // "MUST NOT rely on balanceOf of asset": the keeper has none. "MUST NOT revert."
        for (const receiver of [keeper, token, ZeroAddress]) {
          expect(await token.connect(alice).maxDeposit(receiver)).to.equal(assets);
          expect(await token.connect(alice).maxMint(receiver)).to.equal(shares);
        }
      });

      it('previewDeposit, previewMint: "MUST NOT account for … limits", "MUST NOT revert due to" them', async () => {
        const { token, keeper, unit } = await loadFixture(fixture);
        const [total, supply] = [await token.totalAssets(), await token.totalSupply()];
        // "Regardless if the user has enough tokens approved."
        for (const amount of [0n, ...amounts(unit), 10n ** 9n * unit]) {
          expect(await token.connect(keeper).previewDeposit(amount)).to.equal((amount * supply) / total);
          expect(await token.connect(keeper).previewMint(amount)).to.equal((amount * total + supply - 1n) / supply);
        }
      });

      if (closed === undefined) {
        it('maxDeposit: "the maximum amount of assets deposit would allow", "MUST NOT be higher than the actual maximum"', async () => {
          const { token, bob } = await loadFixture(fixture);
          const max = await token.maxDeposit(bob);
          expect(await token.connect(bob).deposit.staticCall(max, bob)).to.equal(await token.previewDeposit(max));
          const more = async (): Promise<unknown> => token.connect(bob).deposit.staticCall(max + 1n, bob);
          await expectRefusal(more, token, "CapExceeded", [max + 1n, max]);
        });

        it('maxMint: "the maximum amount of shares mint would allow", "MUST NOT be higher than the actual maximum"', async () => {
          const { token, bob } = await loadFixture(fixture);
          const max = await token.maxMint(bob);
          expect(await token.connect(bob).mint.staticCall(max, bob)).to.equal(await token.previewMint(max));
          const more = async (): Promise<unknown> => token.connect(bob).mint.staticCall(max + 1n, bob);
          await expectRefusal(more, token, "CapExceeded", [
            await token.previewMint(max + 1n),
            await token.maxDeposit(bob),
          ]);
        });

        it('previewDeposit: "as close to and no more than the exact amount of Vault shares"; it is exact', async () => {
          const { token, bob, unit } = await loadFixture(fixture);
          // "MUST be inclusive of deposit fees": there are none.
          for (const assets of amounts(unit)) {
            const shares = await token.connect(bob).deposit.staticCall(assets, bob);
            expect(await token.previewDeposit(assets)).to.equal(shares);
          }
        });

        it('previewMint: "as close to and no fewer than the exact amount of assets"; it is exact', async () => {
          const { token, bob, unit } = await loadFixture(fixture);
          for (const shares of amounts(unit)) {
            const assets = await token.connect(bob).mint.staticCall(shares, bob);
            expect(await token.previewMint(shares)).to.equal(assets);
          }
        });

        it('deposit: "exactly assets", "MUST emit the Deposit event", "MUST support … transferFrom"', async () => {
          const lrt = await loadFixture(fixture);
          const { token, asset, alice, bob, unit } = lrt;
          const before = await totalBefore(lrt);
          const shares = await token.previewDeposit(unit, { blockTag: "pending" });
          const call = token.connect(bob).deposit(unit, alice);
          await expect(call).to.emit(token, "Deposit").withArgs(bob, alice, unit, shares);
          await expect(call).to.changeTokenBalances(asset, [bob, token], [-unit, unit]);
          await expect(call).to.changeTokenBalances(token, [bob, alice], [0n, shares]);
          expect(await token.totalAssets()).to.equal(before + unit);
        });

        it('mint: "exactly shares", "MUST emit the Deposit event", "MUST support … transferFrom"', async () => {
          const lrt = await loadFixture(fixture);
          const { token, asset, alice, bob, unit } = lrt;
          const before = await totalBefore(lrt);
          const assets = await token.previewMint(unit, { blockTag: "pending" });
          const call = token.connect(bob).mint(unit, alice);
          await expect(call).to.emit(token, "Deposit").withArgs(bob, alice, assets, unit);
          await expect(call).to.changeTokenBalances(asset, [bob, token], [-assets, assets]);
          await expect(call).to.changeTokenBalances(token, [bob, alice], [0n, unit]);
          expect(await token.totalAssets()).to.equal(before + assets);
        });

        it('deposit, mint: "MUST revert" if the user has not approved enough', async () => {
          const { token, asset, bob, unit } = await loadFixture(fixture);
          await asset.connect(bob).approve(token, 1n);
          const [spender, cost] = [await token.getAddress(), await token.previewMint(unit)];
          const deposit = async (): Promise<unknown> => token.connect(bob).deposit.staticCall(unit, bob);
          const mint = async (): Promise<unknown> => token.connect(bob).mint.staticCall(unit, bob);
          await expectRefusal(deposit, asset, "ERC20InsufficientAllowance", [spender, 1n, unit]);
          await expectRefusal(mint, asset, "ERC20InsufficientAllowance", [spender, 1n, cost]);
        });
      } else {
        it('deposit, mint: "MUST revert if all … cannot be deposited (due to deposit limit being reached …)"', async () => {
          const lrt = await loadFixture(fixture);
          const { token, bob, unit } = lrt;
          const cost = await token.previewMint(unit);
          const deposit = async (): Promise<unknown> => token.connect(bob).deposit.staticCall(unit, bob);
          const mint = async (): Promise<unknown> => token.connect(bob).mint.staticCall(unit, bob);
          await expectRefusal(deposit, token, closed, await refused(lrt, closed, unit));
          await expectRefusal(mint, token, closed, await refused(lrt, closed, cost));
        });
      }

      it('maxRedeem, maxWithdraw: "the maximum amount … not cause a revert", "MUST NOT be higher"', async () => {
        const lrt = await loadFixture(fixture);
        const { token, queue, alice, bob } = lrt;
        expect([await token.maxRedeem(alice), await token.maxWithdraw(alice)]).to.deep.equal([0n, 0n]);
        await claimable(lrt);
        const [shares, assets] = [await token.maxRedeem(alice), await token.maxWithdraw(alice)];
        const { redeem, withdraw } = token.connect(alice);
        expect(await redeem.staticCall(shares, bob, alice)).to.equal(assets);
        expect(await withdraw.staticCall(assets, bob, alice)).to.equal(shares);
        // "MUST revert if all of shares cannot be redeemed"; "if all of assets cannot be withdrawn".
        for (const [claim, max] of [
          [redeem, shares],
          [withdraw, assets],
        ] as const) {
          const more = async (): Promise<unknown> => claim.staticCall(max + 1n, bob, alice);
          await expectRefusal(more, queue, "ExceedsClaimable", [max + 1n, max]);
        }
        // "MUST NOT revert", whoever is asked for.
        for (const owner of [ZeroAddress, token, bob]) {
          expect([await token.maxRedeem(owner), await token.maxWithdraw(owner)]).to.deep.equal([0n, 0n]);
        }
      });

      it('withdraw: "sends exactly assets"; redeem: "exactly shares"; both "MUST emit the Withdraw event"', async () => {
        const lrt = await loadFixture(fixture);
        const { token, asset, alice, bob, unit } = lrt;
        await claimable(lrt);
        const third = (await token.maxWithdraw(alice)) / 3n;
        const before = await token.maxRedeem(alice);
        const withdraw = token.connect(alice).withdraw(third, bob, alice);
        await expect(withdraw).to.changeTokenBalance(asset, bob, third);
        const shares = before - (await token.maxRedeem(alice));
        await expect(withdraw).to.emit(token, "Withdraw").withArgs(alice, bob, alice, third, shares);

        const paid = await token.connect(alice).redeem.staticCall(unit, bob, alice);
        const redeem = token.connect(alice).redeem(unit, bob, alice);
        await expect(redeem).to.changeTokenBalance(asset, bob, paid);
        await expect(redeem).to.emit(token, "Withdraw").withArgs(alice, bob, alice, paid, unit);
        expect(await token.maxRedeem(alice)).to.equal(before - shares - unit);
      });
    });
  }
});
