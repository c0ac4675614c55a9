import { task } from "hardhat/config";
import type * as Commands from "../../deploy/commands";

/** Loaded by the tasks that need it: it would double the time in which Hardhat starts. */
function commands(): typeof Commands {
  return require("../../deploy/commands") as typeof Commands;
}

function describeTask(name: string, description: string) {
  return task(name, description)
    .addOptionalParam("configuration", "Another file than that of the network in deploy/config")
    .addOptionalParam("deployment", "Name of the folder in deploy/deployments; the network's if left out")
    .addFlag("json", "Print JSON");
}

describeTask("deploy", "Deploys the protocol; what was deployed before is not deployed again").setAction(
  async (args: Commands.Arguments, hre) => {
    await commands().runDeploy(hre, args);
  },
);

describeTask("deploy:check", "Compares a deployment with its configuration and with the compiled contracts").setAction(
  async (args: Commands.Arguments, hre) => {
    await commands().runCheck(hre, args);
  },
);
