import { ethers } from "hardhat";
import { z } from "zod";
import type { HostileRegistrar } from "../../typechain-types";
import { usualTerms, type World } from "./world";

/** The behaviours of HostileRegistrar, in the order of its enum. */
export enum Answer {
  Honest,
  Reverts,
  GasBomb,
  ReturnBomb,
  RevertBomb,
}

const Trace = z.object({ structLogs: z.array(z.object({ depth: z.number(), gas: z.number() })) });

/** Deploys a HostileRegistrar, which is the registrar of the AVS. */
export async function setHostileRegistrar(w: World): Promise<HostileRegistrar> {
  const registrar = await ethers.deployContract("HostileRegistrar");
  await w.allocationManager.connect(w.avs).setRegistrar(registrar);
  return registrar;
}

/** Deploys a HostileRegistrar that is an AVS and its own registrar, and creates a set of it. */
export async function deployHostileAVS(w: World): Promise<{ registrar: HostileRegistrar; set: string }> {
  const registrar = await ethers.deployContract("HostileRegistrar");
  const { interface: abi } = w.allocationManager;
  await registrar.execute(w.allocationManager, abi.encodeFunctionData("setRegistrar", [await registrar.getAddress()]));
  // The encoder takes no signers and contracts for addresses, as calls do.
  const terms = {
    ...usualTerms(w),
    assets: [await w.asset.getAddress()],
    slasher: w.judge.address,
    resolver: w.resolver.address,
    recipient: w.recipient.address,
  };
  await registrar.execute(w.allocationManager, abi.encodeFunctionData("createOperatorSet", [1n, terms, ""]));
  return { registrar, set: await w.allocationManager.operatorSetKey(registrar, 1n) };
}

/** Gas with which the first call that a transaction makes begins. */
export async function gasOfFirstCall(transactionHash: string): Promise<number> {
  const trace = Trace.parse(await ethers.provider.send("debug_traceTransaction", [transactionHash]));
  const first = trace.structLogs.find(({ depth }) => depth === 2);
  if (first === undefined) throw new Error("The transaction makes no call.");
  return first.gas;
}
