import type { Check } from "./checks";
import { paintFor, type Paint } from "./colours";
import type { Moment } from "./holdings";
import type { Listener, Step, TableName } from "./stage";
import { TABLES } from "./tables";

/** Columns that no line but those of a trace goes beyond. */
export const WIDTH = 110;

/** Where sentences begin. */
const MARGIN = " ".repeat(12);

/** What a newcomer cannot guess from the heads of the tables. */
const LEGENDS: Readonly<Partial<Record<TableName, string>>> = {
  stakers: "Contested: held by an open slash. A veto gives it back, so the total counts it.",
  services: "What is queued or leaving secures nobody, and can be slashed until its time has come.",
  liquid: "Surely: if every slash that is proposed becomes final. What streams is in no price yet.",
  rewards: "Rebuilt from the log alone; dust is what rounding keeps back, for ever.",
  pools: "All services together can take no more than the worst case, unless they are given more.",
};

const HEADER = [
  "Restaking: stakers' tokens secure many services at once, through operators. A service slashes an operator",
  "that failed it. In Bulkhead each service can reach its own compartment only, never the ship.",
  "This is a whole life of the protocol, on a chain inside this process: the real contracts, every unit checked.",
];

const FOOTER = [
  "Read   scripts/life/story.ts, this story as code; contracts/interfaces/, what each verb promises",
  "Run    npm start -- --trace, every call of it;  npm start --silent -- --json, the same as data;  npm test",
];

/** Prints the story for people. */
export class Printer implements Listener {
  private readonly paint: Paint;
  private readonly explained = new Set<TableName>();
  private chapters = 0;
  private afterTable = false;

  /**
   * @param print Takes a line.
   * @param colours Whether lines may be coloured.
   */
  constructor(
    private readonly print: (line: string) => void,
    colours: boolean,
  ) {
    this.paint = paintFor(colours);
  }

  /** What Bulkhead is, in three lines. */
  header(): void {
    this.print(this.paint("title", "BULKHEAD"));
    for (const line of HEADER) this.print(line);
  }

  /** @inheritdoc */
  chapter(title: string, lesson: string): void {
    this.chapters += 1;
    this.afterTable = false;
    this.print("");
    this.print(this.paint("title", `${this.chapters}. ${title}`));
    this.print(this.paint("dim", `   ${lesson}`));
  }

  /** @inheritdoc */
  step({ day, refused, sentence, calls }: Step): void {
    if (this.afterTable) this.print("");
    this.afterTable = false;
    const mark = refused === undefined ? " " : this.paint("warning", "✗");
    this.print(`${this.paint("dim", `Day ${day.padEnd(6)}`)}${mark} ${sentence.text(this.paint)}`);
    for (const call of calls) this.print(this.paint("dim", MARGIN + call));
  }

  /** @inheritdoc */
  moment(moment: Moment, tables: readonly TableName[]): void {
    for (const table of tables) {
      const [titles = "", ...lines] = TABLES[table](moment);
      if (lines.length === 0) continue;
      this.print("");
      this.print(MARGIN + this.paint("dim", titles));
      for (const line of lines) this.print((MARGIN + line).trimEnd());
      const legend = LEGENDS[table];
      if (legend !== undefined && !this.explained.has(table)) this.print(MARGIN + this.paint("dim", legend));
      this.explained.add(table);
    }
    this.afterTable = true;
  }

  /** Every check with its numbers. */
  checks(checks: readonly Check[]): void {
    this.print("");
    this.print(this.paint("title", "Checks"));
    const width = Math.max(...checks.map(({ rule }) => rule.length));
    for (const { rule, passed, numbers } of checks) {
      const mark = passed ? this.paint("good", "✔") : this.paint("bad", "✘");
      this.print(`${mark} ${rule.padEnd(width)}  ${this.paint("amount", numbers)}`);
    }
    const failed = checks.filter(({ passed }) => !passed).length;
    this.print("");
    this.print(
      failed === 0
        ? this.paint("good", `All ${checks.length} checks passed.`)
        : this.paint("bad", `${failed} of ${checks.length} checks FAILED.`),
    );
  }

  /** What to read and to run next. */
  footer(): void {
    this.print("");
    for (const line of FOOTER) this.print(line);
  }
}
