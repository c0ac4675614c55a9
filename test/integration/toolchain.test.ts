import { expect } from "chai";
import { JsonRpcProvider, parseEther } from "ethers";
import { startAnvil } from "../../scripts/lib/anvil";
import { readEnvironment } from "../../scripts/lib/environment";
import { UserError } from "../../scripts/lib/errors";
import { deployWeth9 } from "../../scripts/lib/weth9";
import { namedSigners } from "../helpers/signers";

describe("toolchain", () => {
  it("deploys WETH9 from the bytecode of its authors", async () => {
    const { signer } = await namedSigners("signer");
    const weth = await deployWeth9(signer);
    const sum = parseEther("2");
    await expect(weth.deposit({ value: sum }))
      .to.emit(weth, "Deposit")
      .withArgs(signer.address, sum);
    expect(await weth.balanceOf(signer.address)).to.equal(sum);
    await expect(weth.withdraw(sum)).to.changeEtherBalance(signer, sum);
  });

  it("starts anvil on a port of its own and ends it", async () => {
    const anvil = await startAnvil();
    const provider = new JsonRpcProvider(anvil.url, undefined, { staticNetwork: true });
    try {
      expect(await provider.getBlockNumber()).to.equal(0);
    } finally {
      provider.destroy();
      await anvil.stop();
    }
    const refused = await fetch(anvil.url).then(
      () => false,
      () => true,
    );
    expect(refused, "still answers").to.equal(true);
  });

  it("reads the environment, and explains in one sentence what is not usable", () => {
    expect(readEnvironment({ HARDFORK: "prague", CI: "1", TRACE: "" })).to.include({
      HARDFORK: "prague",
      CI: true,
      TRACE: false,
    });
    const cases = [
      [{ HARDFORK: "paris" }, "The environment variable HARDFORK must be prague or osaka."],
      [{ SEPOLIA_RPC_URL: "nowhere" }, "The environment variable SEPOLIA_RPC_URL must be an http or https address."],
      [
        { DEPLOYER_PRIVATE_KEY: "0x12" },
        "The environment variable DEPLOYER_PRIVATE_KEY must be 0x and 64 hexadecimal digits.",
      ],
      [
        { DEPLOYER_PRIVATE_KEY: `0x${"0".repeat(64)}` },
        "The environment variable DEPLOYER_PRIVATE_KEY must be a private key, not 0 and below the order of secp256k1.",
      ],
      [{ CI: "perhaps" }, "The environment variable CI must be 1 or 0."],
    ] as const;
    for (const [variables, sentence] of cases) {
      expect(() => readEnvironment(variables)).to.throw(UserError, sentence);
    }
  });
});
