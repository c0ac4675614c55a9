import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, TypedDataEncoder, ZeroAddress, ZeroHash } from "ethers";
import { ethers } from "hardhat";
import { signPermit } from "../helpers/signatures";
import { at, expectRefusal, now } from "../helpers/stake";
import { WORLDS } from "./states";

for (const { title, fixture } of WORLDS) {
  describe(`ERC-2612, ${title}`, () => {
    it('permit: "sets allowance", "increments nonces" by 1, "emits a corresponding Approval event"', async () => {
      const { token, alice, bob, keeper, unit } = await loadFixture(fixture);
      const { deadline, v, r, s } = await signPermit(token, alice, bob, unit);
      await expect(token.connect(keeper).permit(alice, bob, unit, deadline, v, r, s))
        .to.emit(token, "Approval")
        .withArgs(alice, bob, unit);
      expect(await token.allowance(alice, bob)).to.equal(unit);
      expect(await token.nonces(alice)).to.equal(1n);
    });

    it('permit: only while "the current blocktime is less than or equal to deadline"', async () => {
      const { token, alice, bob, unit } = await loadFixture(fixture);
      const deadline = (await now()) + 10n;
      const { v, r, s } = await signPermit(token, alice, bob, unit, deadline);
      await at(deadline + 1n);
      await expectRefusal(
        async () => token.permit(alice, bob, unit, deadline, v, r, s),
        token,
        "ERC2612ExpiredSignature",
        [deadline],
      );
      const last = (await now()) + 10n;
      const permit = await signPermit(token, alice, bob, unit, last);
      await at(last);
      await token.permit(alice, bob, unit, last, permit.v, permit.r, permit.s);
    });

    it('permit: only with "a valid secp256k1 signature from owner", whose nonce was not used', async () => {
      const { token, alice, bob, keeper, unit } = await loadFixture(fixture);
      const wrong = await signPermit(token, keeper, bob, unit);
      await expect(
        token.permit(alice, bob, unit, wrong.deadline, wrong.v, wrong.r, wrong.s),
      ).to.be.revertedWithCustomError(token, "ERC2612InvalidSigner");
      const { deadline, v, r, s } = await signPermit(token, alice, bob, unit);
      await token.permit(alice, bob, unit, deadline, v, r, s);
      await expect(token.permit(alice, bob, unit, deadline, v, r, s)).to.be.revertedWithCustomError(
        token,
        "ERC2612InvalidSigner",
      );
    });

    it('permit: "owner is not the zero address"', async () => {
      const { token, bob, unit } = await loadFixture(fixture);
      await expect(token.permit(ZeroAddress, bob, unit, MaxUint256, 27, ZeroHash, ZeroHash)).to.be.reverted;
    });

    it("DOMAIN_SEPARATOR: that of the token's name, its address and the chain", async () => {
      const { token } = await loadFixture(fixture);
      const { chainId } = await ethers.provider.getNetwork();
      const domain = { name: await token.name(), version: "1", chainId, verifyingContract: await token.getAddress() };
      expect(await token.DOMAIN_SEPARATOR()).to.equal(TypedDataEncoder.hashDomain(domain));
    });
  });
}
