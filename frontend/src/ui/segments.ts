/**
 * How many SMS a text costs, computed as the gateway splits it.
 *
 * GSM-7: 160 septets in one SMS, 153 in each part of a longer text (six octets of header take seven septets).
 * Latin-1, where the line's operators take it: 140 and 134. UCS-2: 70 units of 16 bits, and 67. One character outside
 * GSM-7 turns the whole text to one of the other two.
 * A two-septet character, a surrogate pair and a grapheme cluster are never cut, so a part may end early.
 */
import { septetsOf } from "./gsm";

export type Encoding = "gsm7" | "latin1" | "ucs2";

export interface Segments {
  encoding: Encoding;
  /** Septets, octets or 16-bit units, padding at the end of parts not counted. */
  units: number;
  parts: number;
  /** Units that the parts used so far can hold: the second figure of "142/160". */
  room: number;
  /** The characters that force Unicode, each once, in order of appearance. */
  unicode: string[];
}

export const LIMITS = { gsm7: { one: 160, part: 153 }, latin1: { one: 140, part: 134 }, ucs2: { one: 70, part: 67 } } as const;

const LATIN1 = /^[\t\n\r\x20-\x7e\xa0-\xff]*$/;

export const fitsGsm = (text: string): boolean => [...text].every((character) => septetsOf(character) > 0);
export const fitsLatin1 = (text: string): boolean => LATIN1.test(text);

/** What readers see as one character: a flag, a family of emoji, a letter with its accents, CR LF. */
const clusters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function countParts(text: string, weigh: (piece: string) => number, part: number): number {
  let parts = 1;
  let used = 0;
  const add = (weight: number) => {
    if (used + weight > part) {
      parts += 1;
      used = 0;
    }
    used += weight;
  };
  for (const { segment } of clusters.segment(text)) {
    const weight = weigh(segment);
    // A cluster longer than a part (a pile of combining marks) is cut between its code points.
    if (weight > part) for (const character of segment) add(weigh(character));
    else add(weight);
  }
  return parts;
}

/** `latin1`: every operator of the line takes it. */
export function countSegments(text: string, latin1 = false): Segments {
  const strangers = [...new Set([...text].filter((character) => septetsOf(character) === 0))];
  const encoding = strangers.length === 0 ? "gsm7" : latin1 && fitsLatin1(text) ? "latin1" : "ucs2";
  const weigh = (piece: string) =>
    encoding === "gsm7" ? [...piece].reduce<number>((sum, character) => sum + septetsOf(character), 0) : piece.length;
  // Where Latin-1 is taken, what it has is not what forces Unicode; unless it is (an ê beside a €).
  const forcing = latin1 ? strangers.filter((character) => !fitsLatin1(character)) : [];
  const unicode = encoding !== "ucs2" ? [] : forcing.length > 0 ? forcing : strangers;
  const units = weigh(text);
  const limits = LIMITS[encoding];
  if (units <= limits.one) return { encoding, units, parts: 1, room: limits.one, unicode };
  const parts = countParts(text, weigh, limits.part);
  return { encoding, units, parts, room: parts * limits.part, unicode };
}
