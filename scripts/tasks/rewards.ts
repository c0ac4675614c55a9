import { task } from "hardhat/config";
import type * as Command from "../rewards/command";

task("rewards", "Rebuilds all rewards of a deployment from its log, and compares them with the chain to the unit")
  .addOptionalParam("avs", "Only what this AVS has funded")
  .addOptionalParam("operator", "Only pools of this operator")
  .addOptionalParam("staker", "Only what this staker has earned")
  .addOptionalParam("configuration", "Another file than that of the network in deploy/config")
  .addOptionalParam("deployment", "Name of the folder in deploy/deployments; the network's if left out")
  .addFlag("json", "Print JSON")
  .setAction(async (args: Command.Arguments, hre) => {
    // Loaded when it is needed: while the configuration is read, Hardhat itself is not there yet.
    const { runRewards } = require("../rewards/command") as typeof Command;
    await runRewards(hre, args);
  });
