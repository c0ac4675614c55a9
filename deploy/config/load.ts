import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { UserError } from "../../scripts/lib/errors";
import { ROOT } from "../../scripts/lib/files";
import { type Configuration, parseConfiguration } from "./schema";

/**
 * Reads the configuration of a network.
 *
 * @param network Names the file in `deploy/config/`.
 * @param file Another file instead, relative to where the command runs.
 * @throws UserError if there is no such file, or it is not usable.
 */
export function loadConfiguration(network: string, file?: string): Configuration {
  const path = file === undefined ? join(ROOT, "deploy/config", `${network}.json`) : resolve(file);
  const name = file ?? relative(ROOT, path).replaceAll("\\", "/");
  if (!existsSync(path)) throw new UserError(`There is no configuration ${name} for the network ${network}.`);
  return parseConfiguration(parseJson(readFileSync(path, "utf8"), name), name);
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${name} is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
