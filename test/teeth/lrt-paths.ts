import type { DIMENSIONS } from "../paths/lrt/dimensions";
import { type Bug, tokenPaths } from "./bug";

const BOOKS = "contracts/lrt/LrtBooks.sol";
const TOKEN = "contracts/lrt/LiquidRestakingToken.sol";
const QUEUE = "contracts/lrt/ExitQueue.sol";
const ALLOCATOR = "contracts/lrt/Allocator.sol";

type Words = typeof DIMENSIONS;

/** Paths that have a value of a dimension in common, by its words. */
type Family = { [Name in keyof Words]: Words[Name][keyof Words[Name]] }[keyof Words];

/** A mistake that paths of its family must notice. */
type PathBug = Bug & { readonly breaks: Family };

/** Mistakes that the paths through the liquid restaking token must notice. */
export const LRT_PATH_BUGS: readonly PathBug[] = [
  {
    title: "an epoch leaves what is leaving behind",
    breaks: "in a closed epoch, with what was leaving",
    file: ALLOCATOR,
    original: "if (passed.length != 0) STAKE_MANAGER.transferWithdrawals(address(TOKEN), ASSET, passed, batch);",
    planted: "",
    caughtBy: tokenPaths("in a closed epoch, with what was leaving, nothing done .*, final"),
  },
  {
    title: "an epoch that was settled under a lien is over",
    breaks: "in a closed epoch, 1 s before it matures",
    file: QUEUE,
    original: "stored.status = contested == 0 ? EpochStatus.Final : EpochStatus.Contested;",
    planted: "stored.status = EpochStatus.Final;",
    caughtBy: tokenPaths("in a closed epoch, 1 s before it matures, the settlement .*, vetoed"),
  },
  {
    title: "a claim under a lien is not noted",
    breaks: "the claim",
    file: QUEUE,
    original: "if (epoch.status == EpochStatus.Contested) {",
    planted: "if (epoch.status == EpochStatus.Contested && assets == 0) {",
    caughtBy: tokenPaths("in a closed epoch, 1 s before it matures, the claim .*, vetoed"),
  },
  {
    title: "an epoch takes no part of what is idle",
    breaks: "idle",
    file: BOOKS,
    original: "assets = LrtMath.mulDivDown(fresh.idle, shares, supply);",
    planted: "assets = LrtMath.mulDivDown(fresh.idle, shares, supply) / 2;",
    caughtBy: tokenPaths("idle, the close under the lien, final"),
  },
  {
    title: "who leaves at once is paid for what is held",
    breaks: "an instant exit",
    file: TOKEN,
    original: "assets = LrtMath.toAssetsDown(shares, _sure(fresh), totalSupply());",
    planted: "assets = LrtMath.toAssetsDown(shares, _total(fresh), totalSupply());",
    caughtBy: tokenPaths("in positions, an instant exit under the lien, final"),
  },
  {
    title: "a lien lowers the price",
    breaks: "vetoed",
    file: BOOKS,
    original: "(fresh.gross, fresh.net, fresh.revalued) = (value.gross, value.net, true);",
    planted: "(fresh.gross, fresh.net, fresh.revalued) = (value.net, value.net, true);",
    caughtBy: tokenPaths("asked for, nothing done under the lien, vetoed"),
  },
  {
    title: "whoever deposits under a lien pays nothing for it",
    breaks: "a deposit",
    file: TOKEN,
    original: "require(LrtMath.isCalm(total, sure), NotCalm(total, sure));",
    planted: "",
    caughtBy: tokenPaths("asked for, a deposit under the lien, final .25 %"),
  },
  {
    title: "what is leaving is worth what its bucket pays now",
    breaks: "with an operator that is leaving",
    file: ALLOCATOR,
    original: "return WadMath.valueDown(shares, rate, rate + _vetoable(operator, maturity, pool.liened), 0);",
    planted: "return WadMath.valueDown(shares, rate, rate, 0);",
    caughtBy: tokenPaths("with an operator that is leaving, nothing done .*, vetoed"),
  },
  {
    title: "what can still be vetoed is collected",
    breaks: "the collection",
    file: BOOKS,
    original: "require(contested == 0, StillContested(operator, contested));",
    planted: "",
    caughtBy: tokenPaths("with an operator that is leaving, the collection .*, vetoed"),
  },
  {
    title: "a lot is never halved",
    breaks: "a reward in another token",
    file: "contracts/libraries/LrtMath.sol",
    original: "uint256 halvings = elapsed / 1 hours;",
    planted: "uint256 halvings = elapsed / 1 days;",
    caughtBy: tokenPaths("in positions, nothing done .*a reward in another token"),
  },
];
