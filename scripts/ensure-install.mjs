// Runs before `npm start` and `npm test`, also in a fresh clone: makes sure that what package-lock.json names is
// installed. No dependencies, and no network unless something is missing.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
const lockFile = new URL("package-lock.json", root);
const marker = new URL("node_modules/.bulkhead-lock", root);

/** The supported versions are those of `engines.node`, which has the form ">=low <high". */
function requireNode() {
  const { engines } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  const [, low, high] = /^>=(\d+) <(\d+)$/.exec(engines.node) ?? [];
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= Number(low) && major < Number(high)) return;
  console.error(`Bulkhead needs Node.js ${low} to ${high - 1}, but this is ${process.versions.node}.`);
  process.exit(1);
}

/** The platform is part of the key: forge and anvil are binaries. */
function installationKey() {
  const hash = createHash("sha256").update(readFileSync(lockFile)).digest("hex");
  return `${hash} ${process.platform}-${process.arch}\n`;
}

/** npm's own record is written last, and says which packages are there: an `npm ci` by hand is recognised by it. */
function installedByHand() {
  const record = new URL("node_modules/.package-lock.json", root);
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(lockFile, "utf8")).packages;
  const present = JSON.parse(readFileSync(record, "utf8")).packages;
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (path === "" || (optional && !(path in present))) return true;
    return present[path]?.version === version && present[path]?.integrity === integrity;
  });
}

function install() {
  console.log("Installing the packages of package-lock.json (npm ci) ...");
  const { status } = spawnSync("npm", ["ci"], {
    cwd: fileURLToPath(root),
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  console.error("Installing failed: npm ci needs the network once; run it again when it is there.");
  process.exit(1);
}

requireNode();
const key = installationKey();
if (!existsSync(marker) || readFileSync(marker, "utf8") !== key) {
  if (!installedByHand()) install();
  writeFileSync(marker, key);
}
