import { errorDeploymentResultToExceptionMessage } from "@nomicfoundation/hardhat-ignition/helpers";
import {
  type Artifact,
  type ArtifactResolver,
  type BuildInfo,
  deploy,
  DeploymentResultType,
  type IgnitionModule,
  type IgnitionModuleResult,
} from "@nomicfoundation/ignition-core";
import { HardhatPluginError } from "hardhat/plugins";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { join } from "node:path";
import { compilationOf } from "./compilation";

/** The network inside of this process, which ends with it. */
export const IN_PROCESS = "hardhat";

/** The artifacts, with what is needed to verify them elsewhere: of the compilation its input, which is a fiftieth of it. */
class Artifacts implements ArtifactResolver {
  constructor(private readonly hre: HardhatRuntimeEnvironment) {}

  async loadArtifact(name: string): Promise<Artifact> {
    return await this.hre.artifacts.readArtifact(name);
  }

  async getBuildInfo(name: string): Promise<BuildInfo> {
    const { sourceName, contractName } = await this.hre.artifacts.readArtifact(name);
    const compilation = await compilationOf(this.hre, `${sourceName}:${contractName}`);
    return { ...compilation, output: { sources: {}, contracts: {} } };
  }
}

/**
 * Deploys a module as `hre.ignition.deploy` does, which reads all that the compiler has answered for each contract anew.
 *
 * @param deploymentId The record of what is done, which is not done again; nothing is recorded of the in-process chain.
 * @returns The addresses of the module's contracts, by the names of its results.
 */
export async function deployModule<Results extends IgnitionModuleResult<string>>(
  hre: HardhatRuntimeEnvironment,
  ignitionModule: IgnitionModule<string, string, Results>,
  deploymentId: string | undefined,
): Promise<Readonly<Record<keyof Results, string>>> {
  const { config, network } = hre;
  const recorded = network.name !== IN_PROCESS;
  if (recorded && deploymentId === undefined) throw new Error("A deployment on a chain of its own needs a record.");
  const result = await deploy({
    config: config.ignition,
    provider: network.provider,
    artifactResolver: new Artifacts(hre),
    ignitionModule,
    deploymentParameters: {},
    accounts: (await hre.ethers.getSigners()).map(({ address }) => address),
    ...(recorded && { deploymentDir: join(config.paths.ignition, "deployments", deploymentId ?? "") }),
  });
  if (result.type !== DeploymentResultType.SUCCESSFUL_DEPLOYMENT) {
    throw new HardhatPluginError("hardhat-ignition", errorDeploymentResultToExceptionMessage(result));
  }
  const { contracts } = result;
  const addresses = Object.entries(ignitionModule.results).map(([name, { id }]) => [name, contracts[id]?.address]);
  return Object.fromEntries(addresses) as Record<keyof Results, string>;
}
