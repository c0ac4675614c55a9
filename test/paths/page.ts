import { format, resolveConfig } from "prettier";
import { join } from "node:path";
import { ROOT } from "../../scripts/lib/files";
import { PAGE, tellPage } from "./document";
import type { Judged } from "./matrix";
import type { Space } from "./select";

/** The page as it is committed. */
export async function pathsPage(matrix: readonly Judged[], space: Space): Promise<string> {
  const options = await resolveConfig(join(ROOT, PAGE));
  return await format(tellPage(matrix, space), { ...options, parser: "markdown" });
}
