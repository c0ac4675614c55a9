import { type Context, init, type Solver } from "z3-solver";
import { LEMMAS } from "../test/lemmas";
import { Algebra, type Lemma } from "../test/lemmas/algebra";
import { runScript, UserError } from "./lib/errors";
import { formatTable } from "./lib/table";

/** Fewer would prove too little. */
const FLOOR = 60;

/** z3 answers "unknown" after this time; most lemmas take a hundredth of it. */
const LIMIT_MS = 20_000;

/** How one question to z3 ended. */
interface Answer {
  readonly passed: boolean;
  readonly cell: string;
  readonly counterExample: string;
}

/** The values of the variables in a counter-example. */
function counterExample(solver: Solver, algebra: Algebra): string {
  const model = solver.model();
  return algebra.variables.map((variable) => `${variable.sexpr()} = ${model.eval(variable, true).sexpr()}`).join(", ");
}

/** Asks z3 for a case in which all is as assumed and the claim is false: there is none of a lemma, but of its twin. */
async function ask(z3: Context, lemma: Lemma, twin: boolean): Promise<Answer> {
  const began = performance.now();
  const algebra = new Algebra(z3);
  const claim = lemma.claim(algebra, twin);
  const solver = new z3.Solver();
  solver.set("timeout", LIMIT_MS);
  solver.add(...algebra.facts, z3.Not(claim));
  if (twin) solver.add(...algebra.hints);
  const answer = await solver.check();
  const found = answer === "sat" ? counterExample(solver, algebra) : "";
  solver.release();
  const passed = answer === (twin ? "sat" : "unsat");
  const ms = `${Math.round(performance.now() - began)} ms`;
  const verdicts = { sat: "NOT PROVED", unsat: "NOT REFUTED", unknown: "UNKNOWN" };
  return { passed, cell: passed ? ms : `${verdicts[answer]} (${ms})`, counterExample: found };
}

/** Whether what a lemma assumes can be at all: from a contradiction everything would follow. */
async function canBe(z3: Context, lemma: Lemma): Promise<boolean> {
  const algebra = new Algebra(z3);
  lemma.claim(algebra, false);
  const solver = new z3.Solver();
  solver.set("timeout", LIMIT_MS);
  solver.add(...algebra.facts);
  const answer = await solver.check();
  solver.release();
  return answer === "sat";
}

/** Proves every lemma and refutes its twin; the last line counts. */
async function prove(verbose: boolean): Promise<boolean> {
  if (new Set(LEMMAS.map(({ name }) => name)).size !== LEMMAS.length) throw new UserError("Two lemmas share a name.");
  const began = performance.now();
  const { Context } = await init();
  const rows: string[][] = [];
  let proved = 0;
  for (const lemma of LEMMAS) {
    // Names mean the same in all of a context; so each lemma has its own.
    const z3 = Context("main");
    const truth = await ask(z3, lemma, false);
    const twin = await ask(z3, lemma, true);
    const possible = await canBe(z3, lemma);
    if (truth.passed && twin.passed && possible) proved++;
    rows.push([lemma.name, truth.cell, twin.cell, lemma.twin]);
    if (truth.counterExample !== "") console.log(`${lemma.name} is FALSE: ${truth.counterExample}`);
    if (!possible) console.log(`${lemma.name} assumes what z3 finds no case of.`);
    if (verbose) console.log(`${lemma.name}, were it that ${lemma.twin}: ${twin.counterExample}`);
  }
  console.log(formatTable(["lemma", "proved in", "twin refuted in", "false twin"], rows));
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${proved} lemmas proved, ${LEMMAS.length - proved} not, in ${seconds} s.`);
  if (LEMMAS.length < FLOOR) console.error(`Fewer than ${FLOOR} lemmas prove too little.`);
  return proved === LEMMAS.length && LEMMAS.length >= FLOOR;
}

runScript(async () => {
  try {
    return await prove(process.argv.includes("--verbose"));
  } finally {
    // The threads of z3 would keep the process alive.
    setImmediate(() => process.exit());
  }
});
