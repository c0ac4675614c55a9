import { task } from "hardhat/config";
import type * as Command from "../lrt/command";

task("lrt", "Shows the books of liquid restaking tokens; closes and settles their epochs")
  .addOptionalParam("token", "Only the token with this symbol")
  .addOptionalParam("configuration", "Another file than that of the network in deploy/config")
  .addOptionalParam("deployment", "Name of the folder in deploy/deployments; the network's if left out")
  .addFlag("close", "Close the open epoch first")
  .addFlag("settle", "Settle every epoch first that has matured")
  .addFlag("json", "Print JSON")
  .setAction(async (args: Command.Arguments, hre) => {
    // Loaded when it is needed: while the configuration is read, Hardhat itself is not there yet.
    const { runLrt } = require("../lrt/command") as typeof Command;
    await runLrt(hre, args);
  });
