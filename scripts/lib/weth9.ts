import artifact from "canonical-weth/build/contracts/WETH9.json";
import { ContractFactory, type Signer } from "ethers";
import { IWETH9__factory, type IWETH9 } from "../../typechain-types";

/** Deploys WETH9 from the bytecode of its authors, as it is on Ethereum. */
export async function deployWeth9(deployer: Signer): Promise<IWETH9> {
  const factory = new ContractFactory(artifact.abi, artifact.bytecode, deployer);
  const contract = await factory.deploy();
  await contract.waitForDeployment();
  return IWETH9__factory.connect(await contract.getAddress(), deployer);
}
