/**
 * How many SMS a text costs, computed as the gateway splits it.
 *
 * GSM-7: 160 septets in one SMS, 153 in each part of a longer text (six octets of header take seven septets).
 * UCS-2: 70 units of 16 bits in one, 67 in each part. One character outside GSM-7 turns the whole text to UCS-2.
 * A two-septet character, a surrogate pair and a grapheme cluster are never cut, so a part may end early.
 */
import { closestGsm, septetsOf } from "./gsm";

export interface Segments {
  encoding: "gsm7" | "ucs2";
  /** Septets or 16-bit units, padding at the end of parts not counted. */
  units: number;
  parts: number;
  /** Units that the parts used so far can hold: the second figure of "142/160". */
  room: number;
  /** The characters that force Unicode, each once, in order of appearance. */
  unicode: string[];
}

const LIMITS = { gsm7: { one: 160, part: 153 }, ucs2: { one: 70, part: 67 } } as const;

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

export function countSegments(text: string): Segments {
  const unicode = [...new Set([...text].filter((character) => septetsOf(character) === 0))];
  const encoding = unicode.length === 0 ? "gsm7" : "ucs2";
  const weigh = (piece: string) =>
    encoding === "ucs2" ? piece.length : [...piece].reduce<number>((sum, character) => sum + septetsOf(character), 0);
  const units = weigh(text);
  const limits = LIMITS[encoding];
  if (units <= limits.one) return { encoding, units, parts: 1, room: limits.one, unicode };
  const parts = countParts(text, weigh, limits.part);
  return { encoding, units, parts, room: parts * limits.part, unicode };
}

export interface Saving {
  /** The text in GSM-7. */
  text: string;
  /** The replacements, each once: [from, to]. */
  swaps: [string, string][];
  saved: number;
}

/** The same text without Unicode, when that is possible and costs fewer SMS. */
export function findSaving(text: string): Saving | null {
  const now = countSegments(text);
  if (now.encoding === "gsm7") return null;
  const swaps: [string, string][] = [];
  for (const character of now.unicode) {
    const closest = closestGsm(character);
    if (closest === null) return null;
    swaps.push([character, closest]);
  }
  const table = new Map(swaps);
  const plain = [...text].map((character) => table.get(character) ?? character).join("");
  const saved = now.parts - countSegments(plain).parts;
  return saved > 0 ? { text: plain, swaps, saved } : null;
}
