import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { days } from "../../helpers/units";

async function deployHarness() {
  return await ethers.deployContract("LibraryHarness");
}

/** The shortest bucket, a fortnight's, and the longest. */
const BUCKETS = [15n, days(14n) / 8n, days(7n)];

describe("BucketMath", () => {
  for (const bucket of BUCKETS) {
    // A multiple of the bucket in our time.
    const edge = (1_800_000_000n / bucket) * bucket;

    for (const { offset, next, maturity } of [
      { offset: -1n, next: 0n, maturity: 8n },
      { offset: 0n, next: 1n, maturity: 8n },
      { offset: 1n, next: 1n, maturity: 9n },
      { offset: bucket - 1n, next: 1n, maturity: 9n },
      { offset: bucket, next: 2n, maturity: 9n },
      { offset: bucket + 1n, next: 2n, maturity: 10n },
    ]) {
      it(`counts buckets of ${bucket} seconds, ${offset} from an edge`, async () => {
        const harness = await loadFixture(deployHarness);
        const time = edge + offset;
        const expected = [edge + next * bucket, edge + maturity * bucket];
        expect(await harness.nextMaturity(time, bucket)).to.equal(expected[0]);
        expect(await harness.maturityOf(time, bucket)).to.equal(expected[1]);
        expect(await harness.liveMaturities(time, bucket)).to.deep.equal(expected);
      });
    }

    it(`counts buckets of ${bucket} seconds at both ends of time`, async () => {
      const harness = await loadFixture(deployHarness);
      expect(await harness.liveMaturities(0n, bucket)).to.deep.equal([bucket, 8n * bucket]);
      const last = 2n ** 48n - 1n;
      expect(await harness.liveMaturities(last, bucket)).to.deep.equal([
        (last / bucket + 1n) * bucket,
        ((last + bucket - 1n) / bucket + 8n) * bucket,
      ]);
    });
  }
});
