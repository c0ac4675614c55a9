import { expect } from "chai";
import type { Interface } from "ethers";
import { ethers } from "hardhat";
import { readText } from "../../scripts/lib/files";
import { OrderOfEffects } from "../helpers/order-of-effects";

const PATH = "contracts/mocks/LateWriter.sol";

const VERBS = [
  "early",
  "late",
  "lateTransient",
  "lateThroughLibrary",
  "excused",
  "excusedWithoutReason",
  "excusedWithoutNeed",
  "excusedAbove",
  "leadOut",
] as const;

type Verb = (typeof VERBS)[number];

/** Traces one function of the contract that writes too late, by a call or within its multicall. */
async function judge(verb: Verb, within: "call" | "multicall" = "call") {
  const order = await OrderOfEffects.of([`${PATH}:LateWriter`]);
  const writer = await ethers.deployContract("LateWriter");
  const token = await ethers.deployContract("MockERC20", ["Token", "TKN", 18]);
  const abi: Interface = writer.interface;
  const data = abi.encodeFunctionData(verb, [await token.getAddress()]);
  const tx =
    within === "call"
      ? await (await ethers.provider.getSigner()).sendTransaction({ to: writer, data })
      : await writer.multicall([data, abi.encodeFunctionData("early", [await token.getAddress()])]);
  await order.trace(tx.hash);
  return { violations: [...order.violations], excuses: order.excuseProblems(PATH), verbs: [...order.verbs] };
}

describe("order of effects: the checker", () => {
  it("lets a call pass that comes last, and the release of the guard after it", async () => {
    const { violations, verbs } = await judge("early");
    expect(violations).to.deep.equal([]);
    expect(verbs).to.deep.equal(["LateWriter.early"]);
  });

  for (const verb of ["late", "lateTransient", "lateThroughLibrary"] as const) {
    for (const within of ["call", "multicall"] as const) {
      it(`reports what is written after a call: ${verb}, by ${within}`, async () => {
        const { violations } = await judge(verb, within);
        expect(violations).to.have.lengthOf(1);
        expect(violations[0]).to.match(
          new RegExp(`^LateWriter\\.${verb} writes at ${PATH}:\\d+ after its call at ${PATH}:\\d+\\.$`),
        );
      });
    }
  }

  it("names the line of the call", async () => {
    const { violations } = await judge("late");
    const [, line] = /after its call at .*:(\d+)\.$/.exec(violations[0] ?? "") ?? [];
    expect(readText(PATH).split("\n")[Number(line) - 1]).to.equal("        token.approve(msg.sender, 2);");
  });

  it("takes each call of a multicall for itself", async () => {
    const { violations, verbs } = await judge("early", "multicall");
    expect(violations).to.deep.equal([]);
    expect(verbs).to.have.members(["LateWriter.early", "LateWriter.multicall"]);
  });

  it("lets pass what is excused, and asks for a reason and a need", async () => {
    const excused = await judge("excused");
    expect(excused.violations).to.deep.equal([]);
    expect(excused.excuses).to.have.lengthOf(3);
    expect(excused.excuses[0]).to.match(/gives no reason\.$/);
    expect(excused.excuses[1]).to.match(/excuses a call after which nothing is written\.$/);
    const unneeded = await judge("excusedWithoutNeed");
    expect(unneeded.violations).to.deep.equal([]);
    expect(unneeded.excuses).to.have.lengthOf(4);
  });

  it("takes an excuse at the call of an own contract that leads out", async () => {
    const { violations, excuses, verbs } = await judge("excusedAbove");
    expect(violations).to.deep.equal([]);
    expect(excuses).to.have.lengthOf(3);
    expect(verbs).to.have.members(["LateWriter.excusedAbove", "LateWriter.leadOut"]);
  });

  it("knows which verbs were not traced", async () => {
    const order = await OrderOfEffects.of([`${PATH}:LateWriter`]);
    expect(order.untraced()).to.have.lengthOf(VERBS.length + 1);
    const writer = await ethers.deployContract("LateWriter");
    await order.trace((await writer.multicall([])).hash);
    expect(order.untraced()).to.have.lengthOf(VERBS.length).and.not.to.include("LateWriter.multicall");
  });
});
