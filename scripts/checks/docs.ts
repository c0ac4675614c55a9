import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { z } from "zod";
import { CORE_PATHS } from "../../test/paths/core";
import { PAGE, tellPage } from "../../test/paths/document";
import { PAGE as TOKEN_PAGE, tellPage as tellTokenPage } from "../../test/paths/lrt/document";
import { TOKEN_PATHS } from "../../test/paths/lrt/matrix";
import { runScript } from "../lib/errors";
import { filesBelow, readText, ROOT } from "../lib/files";

const README_LINES = 150;

/** Commands of npm itself that documents may name. */
const NPM_COMMANDS = new Set(["ci", "install", "run"]);

/** First folders of the repository: a word in backticks that begins with one of them is a path. */
const FOLDERS = "contracts|deploy|docs|mutation|scripts|snapshots|test|typechain-types|\\.ci|\\.github";

/** Paths that a command makes, which a fresh clone does not hold. */
const MADE = "deploy/deployments/";

const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(readText("package.json")));

/** Commands such as `npm run check` and `npm test`, and whether package.json has them. */
function commandProblems(text: string): string[] {
  const named = [...text.matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/g)];
  return named.flatMap(([command, name = ""]) => {
    const known = command.startsWith("npm run ") ? name in scripts : NPM_COMMANDS.has(name) || name in scripts;
    return known ? [] : [`names the command "${command}", which does not exist`];
  });
}

/** Relative links, and whether they lead anywhere. */
function linkProblems(text: string, file: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map(([, target = ""]) => target);
  return links.flatMap((link) => {
    if (/^(?:[a-z]+:|#)/.test(link)) return [];
    const target = normalize(join(dirname(file), link.replace(/#.*$/, "")));
    return existsSync(join(ROOT, target)) ? [] : [`links to ${link}, which does not exist`];
  });
}

/** Paths in backticks; a pattern such as `test/**` counts by its fixed beginning. */
function pathProblems(text: string): string[] {
  const paths = [...text.matchAll(new RegExp(`\`((?:${FOLDERS})/[^\`\\s]*)\``, "g"))].map(([, path = ""]) => path);
  return paths.flatMap((path) => {
    if (path.startsWith(MADE)) return [];
    const fixed = path.replace(/(?::\d+)?$/, "").replace(/[^/]*[*<{…].*$/, "");
    return existsSync(join(ROOT, fixed)) ? [] : [`names the path ${path}, which does not exist`];
  });
}

runScript(async () => {
  const top = ["README.md", "CONTRIBUTING.md", "SECURITY.md"];
  const problems = top.filter((file) => !existsSync(join(ROOT, file))).map((file) => `${file} does not exist.`);
  const files = [...top.filter((file) => existsSync(join(ROOT, file))), ...filesBelow("docs", ".md")];
  for (const file of files) {
    const text = readText(file);
    const found = [...commandProblems(text), ...linkProblems(text, file), ...pathProblems(text)];
    problems.push(...found.map((problem) => `${file} ${problem}.`));
    const lines = text.trimEnd().split("\n").length;
    if (file === "README.md" && lines > README_LINES) {
      problems.push(`${file} has ${lines} lines, more than ${README_LINES}.`);
    }
  }
  if (readText(PAGE) !== (await tellPage(CORE_PATHS.read(), CORE_PATHS.explore().counts))) {
    problems.push(`${PAGE} is not what is generated: run npm run paths -- --write.`);
  }
  if (readText(TOKEN_PAGE) !== (await tellTokenPage(TOKEN_PATHS.read(), TOKEN_PATHS.explore().counts))) {
    problems.push(`${TOKEN_PAGE} is not what is generated: run npm run paths:lrt -- --write.`);
  }
  for (const problem of problems) console.error(problem);
  console.log(`${files.length} documents checked, ${problems.length} problems.`);
  return problems.length === 0;
});
