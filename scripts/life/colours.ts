/** How a piece of text is shown where colours are. */
export type Tone = "title" | "dim" | "name" | "amount" | "good" | "bad" | "warning";

const CODES: Readonly<Record<Tone, string>> = {
  title: "1;36",
  dim: "2",
  name: "1",
  amount: "36",
  good: "32",
  bad: "1;31",
  warning: "33",
};

/** Shows a text in a tone. */
export type Paint = (tone: Tone, text: string) => string;

/** Colours for a terminal, or none: pipes and files get plain text. */
export function paintFor(colours: boolean): Paint {
  return colours ? (tone, text) => `\u001b[${CODES[tone]}m${text}\u001b[0m` : (_, text) => text;
}
