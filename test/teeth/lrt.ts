import { forge, mocha, type Bug } from "./bug";

const TOKEN = "contracts/lrt/LiquidRestakingToken.sol";
const BOOKS = "contracts/lrt/LrtBooks.sol";
const QUEUE = "contracts/lrt/ExitQueue.sol";
const ALLOCATOR = "contracts/lrt/Allocator.sol";

const SET_UP = "LiquidTokenTest";

/** Mistakes in the liquid restaking token. */
export const LRT_BUGS: readonly Bug[] = [
  {
    title: "a harvest forgets what it owes to the treasury",
    breaks: "T1",
    file: BOOKS,
    original: "_books.fees += uint104(fee);",
    planted: "",
    caughtBy: forge(SET_UP, "T1"),
  },
  {
    title: "what came back of an operator is counted as its stake, too",
    breaks: "T1",
    file: ALLOCATOR,
    original: "_write(operator, terms, 0);",
    planted: "_write(operator, terms, shares);",
    caughtBy: forge(SET_UP, "T1|T3"),
  },
  {
    title: "what slashes have changed is read by own moves alone",
    breaks: "T1",
    file: BOOKS,
    original: "fresh.slashEvents = uint32(SLASHER.slashEventCount(address(ASSET)));",
    planted: "fresh.slashEvents = slashEvents;",
    caughtBy: forge(SET_UP, "T1"),
  },
  {
    title: "a proposal lowers the price",
    breaks: "T2",
    file: BOOKS,
    original: "return fresh.idle + fresh.gross;",
    planted: "return fresh.idle + fresh.net;",
    caughtBy: forge(SET_UP, "T2"),
  },
  {
    title: "rewards vest at once",
    breaks: "T3",
    file: "contracts/libraries/LrtMath.sol",
    original: "if (vested > most) vested = most;",
    planted: "vested = streaming;",
    caughtBy: forge(SET_UP, "T3"),
  },
  {
    title: "an instant exit is free",
    breaks: "T3",
    file: TOKEN,
    original: "assets -= fee;",
    planted: "",
    caughtBy: forge(SET_UP, "T3"),
  },
  {
    title: "an epoch can be claimed before it was settled",
    breaks: "T3",
    file: QUEUE,
    original: "return epoch.status >= EpochStatus.Contested;",
    planted: "return epoch.status >= EpochStatus.Closed;",
    caughtBy: forge(SET_UP, "T3"),
  },
  {
    title: "a late claim forgets what was paid before",
    breaks: "T3",
    file: QUEUE,
    original: "late.paid += uint112(assets);",
    planted: "",
    caughtBy: forge(SET_UP, "T3|T4"),
  },
  {
    title: "slices are rounded up",
    breaks: "T4",
    file: ALLOCATOR,
    original: "uint256 cut = LrtMath.mulDivDown(shares, part, whole);",
    planted: "uint256 cut = LrtMath.mulDivUp(shares, part, whole);",
    caughtBy: forge(SET_UP, "T4"),
  },
  {
    title: "epochs can be closed at any time",
    breaks: "T4",
    file: QUEUE,
    original: "require(block.timestamp >= closable, TooEarlyToClose(closable));",
    planted: "",
    caughtBy: forge(SET_UP, "T4"),
  },
  {
    title: "claims are rounded up",
    breaks: "T4",
    file: QUEUE,
    original: "assets = LrtMath.mulDivDown(shares, epoch.assets, epoch.shares);",
    planted: "assets = LrtMath.mulDivUp(shares, epoch.assets, epoch.shares);",
    caughtBy: forge(SET_UP, "T4"),
  },
  {
    title: "whose pool has an open lien can be evicted",
    breaks: "T5",
    file: ALLOCATOR,
    original: "require(grounds, NoGroundsToEvict(operator));",
    planted: "require(grounds || STAKE_MANAGER.pool(operator, ASSET).liened != 0, NoGroundsToEvict(operator));",
    caughtBy: forge(SET_UP, "T5"),
  },
  {
    title: "an operator is given more than its limit",
    breaks: "T6",
    file: ALLOCATOR,
    original: "require(value <= max, ExceedsTarget(value, max));",
    planted: "",
    caughtBy: forge(SET_UP, "T6"),
  },
  {
    title: "the buffer is allocated",
    breaks: "T6",
    file: ALLOCATOR,
    original: "require(assets <= available, ExceedsIdle(assets, available));",
    planted: "require(assets <= idle, ExceedsIdle(assets, available));",
    caughtBy: mocha("test/unit/Allocator/allocate.test.ts", "leaves the buffer, to the unit"),
  },
  {
    title: "an operator is evicted at twice its limit only",
    breaks: "T6",
    file: ALLOCATOR,
    original: "grounds = value * 4 > (_limitDown(operator, terms.target, factor, total) + 1) * 5;",
    planted: "grounds = value > (_limitDown(operator, terms.target, factor, total) + 1) * 2;",
    caughtBy: forge(SET_UP, "T6"),
  },
  {
    title: "what joins a service's set is no risk",
    breaks: "T6",
    file: ALLOCATOR,
    original: "given += uint256(allocation.active) + allocation.joining + allocation.held;",
    planted: "given += uint256(allocation.active) + allocation.held;",
    caughtBy: forge(SET_UP, "T6"),
  },
  {
    title: "anybody requests for any controller",
    breaks: "V1",
    file: TOKEN,
    original: "if (controller != owner) _onlyControllerOrOperator(controller);",
    planted: "",
    caughtBy: forge(SET_UP, "V1"),
  },
];
