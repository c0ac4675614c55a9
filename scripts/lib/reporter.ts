import Mocha from "mocha";
import { readEnvironment } from "./environment";
import { appendCounts } from "./report";

/** Mocha's usual output; besides, the counts go to the file named by TEST_REPORT, so that nobody parses the output. */
class CountingReporter extends Mocha.reporters.Spec {
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
