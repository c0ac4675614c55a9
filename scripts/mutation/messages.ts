import { z } from "zod";

/** What a judge's process is told to do. */
export const order = z.discriminatedUnion("kind", [
  /** Run these tests one by one, under the original or traced, and say what each did. */
  z.object({ kind: z.literal("rehearse"), traced: z.boolean(), tests: z.array(z.int()) }),
  /** Run tests under a variant until one fails. */
  z.object({ kind: z.literal("judge"), variant: z.int(), tests: z.array(z.int()) }),
]);

/** An order to a judge's process. */
export type Order = z.output<typeof order>;

const testName = z.object({ file: z.string(), title: z.string() });

/** What a judge's process answers. */
export const answer = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ready"), tests: z.array(testName) }),
  z.object({
    kind: z.literal("rehearsed"),
    runs: z.array(
      z.object({
        test: z.int(),
        error: z.string().optional(),
        reached: z.array(z.int()),
        fixture: z.string(),
      }),
    ),
  }),
  z.object({ kind: z.literal("judged"), killer: z.int().optional(), error: z.string().optional(), ran: z.int() }),
]);

/** An answer of a judge's process. */
export type Answer = z.output<typeof answer>;

/** A test by its file and its title, with all that it is described by. */
export type TestName = z.output<typeof testName>;

/** What one test did when it was rehearsed. */
export type Rehearsal = Extract<Answer, { kind: "rehearsed" }>["runs"][number];
