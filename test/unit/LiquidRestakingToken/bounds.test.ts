import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { deployStakedLrt } from "../../helpers/lrt";
import { days } from "../../helpers/units";

const MAX = 2n ** 104n - 1n;

describe("LiquidRestakingToken", () => {
  describe("harvest", () => {
    it("leaves a single unit for which there is no room", async () => {
      const { token, asset } = await loadFixture(deployStakedLrt);
      const books = await token.books();
      const room = MAX - books.idle - books.gross;
      await asset.mint(token, room + 1n);
      expect(await token.harvest.staticCall()).to.equal(room);
    });

    it("books no more than fits, and finds the rest once there is room", async () => {
      const { token, asset } = await loadFixture(deployStakedLrt);
      const [books, supply] = [await token.books(), await token.totalSupply()];
      const room = MAX - books.idle - books.gross;
      await asset.mint(token, 2n * MAX);
      expect(await token.harvest.staticCall()).to.equal(room);
      await expect(token.harvest())
        .to.emit(token, "Harvested")
        .withArgs(room, room / 10n, room - room / 10n);
      expect(await token.harvest.staticCall()).to.equal(0n);
      await expect(token.payFees())
        .to.emit(token, "FeesPaid")
        .withArgs(room / 10n);
      expect(await token.harvest.staticCall()).to.equal(room / 10n);
      // However much it is, no more than 25 bps vests in a day.
      const total = await token.totalAssets();
      await time.increase(days(1n));
      expect(await token.totalAssets()).to.be.closeTo((total * 10_025n) / 10_000n, total / 10n ** 6n);
      expect(await token.totalSupply()).to.equal(supply);
    });
  });
});
