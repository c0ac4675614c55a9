import { formatAmount, type Amount } from "./amounts";
import type { Paint } from "./colours";
import type { Actor } from "./world";

/** What a sentence is made of; several amounts are joined by "and". */
export type Piece = string | Actor | Amount | readonly Amount[];

/** A sentence that remembers the names and the amounts in it, so that the story can also be told as data. */
export class Sentence {
  constructor(private readonly pieces: readonly Piece[]) {}

  /** The amounts, in the order in which they are named. */
  get amounts(): Amount[] {
    return this.pieces.flatMap((piece) => {
      if (typeof piece === "string" || "signer" in piece) return [];
      return "units" in piece ? [piece] : [...piece];
    });
  }

  /** The text, with names and amounts in their tones. */
  text(paint: Paint): string {
    const show = (value: Amount): string => paint("amount", formatAmount(value));
    return this.pieces
      .map((piece) => {
        if (typeof piece === "string") return piece;
        if ("signer" in piece) return paint("name", piece.name);
        return "units" in piece ? show(piece) : piece.map(show).join(" and ");
      })
      .join("");
  }
}

/** Tag of a template: say`${bob} queues ${four}.` */
export function say(texts: TemplateStringsArray, ...values: readonly Piece[]): Sentence {
  return new Sentence(texts.flatMap((text, index) => [text, ...values.slice(index, index + 1)]));
}
