// A process that holds the judge's tests and one build of the contracts; scripts/mutation/pool.ts starts it.
import { Judge } from "./judge";
import { type Answer, type Order, type Rehearsal, order } from "./messages";

/** Hands an answer to the process that gave the order. */
function send(answer: Answer): void {
  process.send?.(answer);
}

async function obey(judge: Judge, given: Order): Promise<Answer> {
  if (given.kind === "rehearse") {
    await judge.choose(given.traced ? "traced" : 0);
    const runs: Rehearsal[] = [];
    for (const test of given.tests) {
      const { error, reached, fixture } = await judge.run(test);
      runs.push({ test, reached: [...reached], fixture, ...(error !== undefined && { error }) });
    }
    return { kind: "rehearsed", runs };
  }
  await judge.choose(given.variant);
  let ran = 0;
  for (const test of given.tests) {
    ran++;
    const { error } = await judge.run(test);
    if (error !== undefined) return { kind: "judged", killer: test, error: error.slice(0, 200), ran };
  }
  return { kind: "judged", ran };
}

const judge = new Judge(process.argv.slice(2));
// A test that fails may leave calls behind which nobody waits for; what they come to says no more.
process.on("unhandledRejection", () => undefined);
process.on("uncaughtException", () => undefined);
process.on("message", (message) => {
  obey(judge, order.parse(message)).then(send, (error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.on("disconnect", () => process.exit());
send({ kind: "ready", tests: judge.names() });
