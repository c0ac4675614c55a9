import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { deployLens } from "../../lrt/twin";
import { describePaths } from "../suite";
import { type Cell, titleOf } from "./dimensions";
import { type Facts, factsOf, wordsOf } from "./facts";
import { TOKEN_PATHS } from "./matrix";
import { deployScene, type Scene } from "./scene";
import { walk } from "./walk";

/** What rewards, and others who leave at once, may change of the part that is lost. */
const TOLERANCE = 0.02;

/** A fixture: a token for each kind of asset, side by side. */
async function deployScenes(): Promise<Readonly<Record<Cell["asset"], Scene>>> {
  const lens = await deployLens();
  return { "18-decimals": await deployScene(18n, lens), "6-decimals": await deployScene(6n, lens) };
}

/** Walks a path from the deployment on. */
async function walkAnew(cell: Cell): Promise<Facts> {
  const scenes = await loadFixture(deployScenes);
  return await walk(cell, scenes[cell.asset]);
}

describe("paths through the liquid restaking token", () => {
  describePaths<Cell>({
    matrix: TOKEN_PATHS,
    some: 50,
    group: "place",
    titleOf,
    async walk(cell) {
      const found = await walkAnew(cell);
      expect(found.lost, "lost").to.be.closeTo(factsOf(cell).lost, TOLERANCE);
      return wordsOf(found);
    },
    async refuse(cell, error) {
      const refused = await walkAnew(cell).catch((reason: unknown) => reason);
      expect(refused).to.be.instanceOf(Error).with.property("message").which.includes(error);
    },
  });
});
