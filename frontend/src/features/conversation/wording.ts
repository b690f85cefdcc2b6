/** What will leave of a text that is being written, by the rules of its line: what the server will do, shown before. */
import type { Line } from "@/api/types";
import { findSaving, type Saving } from "./saver";
import { countSegments, LIMITS, type Segments } from "@/ui/segments";

export type Rules = Pick<Line, "most_parts" | "saver" | "latin1">;

/** Used before the line is known. */
export const ORDINARY: Rules = { most_parts: 10, saver: "ask", latin1: false };

export interface Wording {
  /** The words that the customer gets. */
  sent: string;
  count: Segments;
  /** The line always spares: what that has changed. */
  applied: Saving | null;
  /** A cheaper spelling that the author may take. */
  offer: Saving | null;
  /** Of what was written: the signs that force Unicode. */
  forcing: string[];
  tooLong: boolean;
  /** Units that the longest text may have. */
  limit: number;
}

export function wordingOf(written: string, { most_parts, saver, latin1 }: Rules): Wording {
  const applied = saver === "always" ? findSaving(written, { latin1 }) : null;
  const sent = applied?.text ?? written;
  const count = countSegments(sent, latin1);
  const plain = saver === "ask" ? findSaving(sent, { latin1 }) : null;
  // An emoji goes only where its author says so, on lines that always spare, too.
  const offer = saver === "never" ? null : (plain ?? findSaving(sent, { latin1, emoji: true }));
  const { one, part } = LIMITS[count.encoding];
  return {
    sent,
    count,
    applied,
    offer,
    forcing: countSegments(written, latin1).unicode,
    tooLong: count.parts > most_parts,
    limit: most_parts === 1 ? one : most_parts * part,
  };
}

/** `text` in pieces, those to be marked apart from the others. */
export function marked(text: string, signs: string[]): { text: string; mark: boolean }[] {
  const wanted = new Set(signs);
  const pieces: { text: string; mark: boolean }[] = [];
  for (const character of text) {
    const mark = wanted.has(character);
    const last = pieces.at(-1);
    if (last && last.mark === mark) last.text += character;
    else pieces.push({ text: character, mark });
  }
  return pieces;
}
