import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { concat, hashMessage, Interface, toBeHex, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { namedSigners } from "../../helpers/signers";
import { Behaviour } from "../../helpers/tokens";

async function deployTokens() {
  const { alice, bob } = await namedSigners("alice", "bob");
  const hostile = await ethers.deployContract("HostileToken", ["Hostile", "HOST", 6]);
  const hook = await ethers.deployContract("HookToken", ["Hook", "HOOK", 18]);
  const wallet = await ethers.deployContract("MockERC1271Wallet", [alice.address]);
  await hostile.mint(alice.address, 1_000n);
  await hook.mint(alice.address, 1_000n);
  return { alice, bob, hostile, hook, wallet };
}

describe("test tokens", () => {
  /** What the receiver gets of 100, and how many bytes the token answers. */
  const outcomes = [
    { behaviour: Behaviour.Honest, parameter: 0n, received: 100n, answer: toBeHex(1, 32) },
    { behaviour: Behaviour.FeeOnTransfer, parameter: 1_000n, received: 90n, answer: toBeHex(1, 32) },
    { behaviour: Behaviour.ReturnsFalse, parameter: 0n, received: 0n, answer: toBeHex(0, 32) },
    { behaviour: Behaviour.ReturnsNothing, parameter: 0n, received: 100n, answer: "0x" },
    { behaviour: Behaviour.MovesNothing, parameter: 0n, received: 0n, answer: toBeHex(1, 32) },
    { behaviour: Behaviour.DeliversMore, parameter: 5n, received: 105n, answer: toBeHex(1, 32) },
    {
      behaviour: Behaviour.ReturnBomb,
      parameter: 64n,
      received: 100n,
      answer: concat([toBeHex(1, 32), toBeHex(0, 64)]),
    },
  ];
  for (const { behaviour, parameter, received, answer } of outcomes) {
    it(`${Behaviour[behaviour]}: delivers ${received} of 100`, async () => {
      const { alice, bob, hostile } = await loadFixture(deployTokens);
      await hostile.setBehaviour(behaviour, parameter);
      const data = hostile.interface.encodeFunctionData("transfer", [bob.address, 100n]);
      expect(await ethers.provider.call({ from: alice.address, to: hostile, data })).to.equal(answer);
      await alice.sendTransaction({ to: hostile, data });
      expect(await hostile.balanceOf(bob.address)).to.equal(received);
    });
  }

  it("reverts as told", async () => {
    const { alice, bob, hostile } = await loadFixture(deployTokens);
    const transfer = () => hostile.transfer(bob.address, 1n);
    await hostile.setBehaviour(Behaviour.Reverts, 0n);
    await expect(transfer()).to.be.revertedWithCustomError(hostile, "TransferRefused").withArgs();
    await hostile.setBehaviour(Behaviour.RevertBomb, 100_000n);
    await expect(transfer()).to.be.reverted;
    await hostile.setBehaviour(Behaviour.GasBomb, 0n);
    await expect(hostile.transfer(bob.address, 1n, { gasLimit: 100_000n })).to.be.reverted;
    await hostile.setBehaviour(Behaviour.Honest, 0n);
    await hostile.setBlocked(bob.address, true);
    await expect(transfer()).to.be.revertedWithCustomError(hostile, "Blocked").withArgs(bob.address);
    await hostile.setPermitReverts(true);
    await expect(
      hostile.permit(alice.address, bob.address, 1n, 0n, 27, toBeHex(1, 32), toBeHex(1, 32)),
    ).to.be.revertedWithCustomError(hostile, "PermitRefused");
  });

  it("loses and hides balances", async () => {
    const { alice, hostile } = await loadFixture(deployTokens);
    await hostile.shrink(alice.address, 100n);
    expect(await hostile.balanceOf(alice.address)).to.equal(900n);
    await hostile.setHidden(300n);
    expect(await hostile.balanceOf(alice.address)).to.equal(600n);
    expect(await hostile.decimals()).to.equal(6n);
  });

  it("calls its hooks and records what came of them", async () => {
    const { bob, hook, hostile } = await loadFixture(deployTokens);
    const mint = hook.interface.encodeFunctionData("mint", [bob.address, 7n]);
    const refused = hostile.interface.encodeFunctionData("transfer", [bob.address, 7n]);
    await hook.setHooks({ target: hook, data: mint }, { target: hostile, data: refused });
    await hook.transfer(bob.address, 100n);
    expect(await hook.balanceOf(bob.address)).to.equal(107n);
    expect(await hook.outcomeBefore()).to.deep.equal([true, true, "0x"]);
    const { called, succeeded, returned } = await hook.outcomeAfterwards();
    expect({ called, succeeded }).to.deep.equal({ called: true, succeeded: false });
    expect(hook.interface.parseError(returned)?.name).to.equal("ERC20InsufficientBalance");

    const none = { target: ZeroAddress, data: "0x" };
    await hook.setHooks(none, none);
    await hook.transfer(bob.address, 1n);
    expect(await hook.outcomeAfterwards()).to.deep.equal([false, false, "0x"]);
  });
});

describe("test wallet", () => {
  it("signs by its owner until it refuses, and acts for its owner alone", async () => {
    const { alice, bob, hook, wallet } = await loadFixture(deployTokens);
    const erc1271 = new Interface(["function isValidSignature(bytes32,bytes)"]);
    const valid = erc1271.getFunction("isValidSignature")?.selector;
    const hash = hashMessage("enter");
    expect(await wallet.isValidSignature(hash, await alice.signMessage("enter"))).to.equal(valid);
    expect(await wallet.isValidSignature(hash, await bob.signMessage("enter"))).to.equal("0xffffffff");
    expect(await wallet.isValidSignature(hash, "0x")).to.equal("0xffffffff");
    await wallet.setRefusing(true);
    expect(await wallet.isValidSignature(hash, await alice.signMessage("enter"))).to.equal("0xffffffff");

    const mint = hook.interface.encodeFunctionData("mint", [await wallet.getAddress(), 7n]);
    await wallet.execute(hook, 0n, mint);
    expect(await hook.balanceOf(wallet)).to.equal(7n);
    await expect(wallet.connect(bob).execute(hook, 0n, mint))
      .to.be.revertedWithCustomError(wallet, "NotOwner")
      .withArgs(bob.address);
  });
});
