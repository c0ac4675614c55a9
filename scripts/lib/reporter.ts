import Mocha from "mocha";
import { readEnvironment } from "./environment";
import { appendCounts } from "./report";

/** A line for each test, or with TEST_QUIET a dot. */
const Output = readEnvironment().TEST_QUIET ? Mocha.reporters.Dot : Mocha.reporters.Spec;

/** Mocha's output; besides, the counts go to the file named by TEST_REPORT, so that nobody parses the output. */
class CountingReporter extends Output {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const { TEST_REPORT: file } = readEnvironment();
    if (file === undefined) return;
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes: passed, failures: failed, pending } = this.stats;
      appendCounts(file, { runner: "mocha", passed, failed, pending });
    });
  }
}

export = CountingReporter;
