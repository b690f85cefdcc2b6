/** What a sign at the beginning of a word opens while a text is written, and what is found for what follows it. Pure. */
import type { Schemas } from "@/api/types";

export type Canned = Schemas["CannedView"];

export interface Trigger {
  sign: "/" | ":";
  /** Where the sign stands; `end`: the caret. */
  start: number;
  end: number;
  query: string;
}

const MOST = 50;

/**
 * "/" opens the canned replies in an empty place or after a space; ":" the emoji once two letters follow, at once where
 * the list was asked for (`asked`: the place of its sign).
 */
export function findTrigger(text: string, caret: number, asked: number | null = null): Trigger | null {
  const before = text.slice(0, caret);
  const found = /(?:^|\s)([/:])([^\s/:]*)$/u.exec(before);
  if (!found) return null;
  const sign = found[1] as Trigger["sign"];
  const query = found[2]!;
  if (sign === ":" && caret - query.length - 1 !== asked && !/^\p{L}{2}/u.test(query)) return null;
  // In the middle of a word it is a sign like others.
  if (/^[^\s]/u.test(text.slice(caret)) && query === "" && sign === "/") return null;
  return { sign, start: caret - query.length - 1, end: caret, query };
}

export const fold = (text: string): string =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/œ/g, "oe");

/** Each word of `query` stands in shortcut, title, tags or words; a shortcut that begins so goes first. */
export function searchReplies(items: readonly Canned[], query: string): Canned[] {
  const words = fold(query).split(/[\s.\-_]+/u).filter(Boolean);
  const whole = fold(query);
  const rank = (one: Canned): number => {
    const shortcut = fold(one.shortcut);
    if (shortcut === whole) return 0;
    if (shortcut.startsWith(whole)) return 1;
    const head = fold(`${one.shortcut} ${one.title} ${one.tags.join(" ")}`);
    if (words.every((word) => head.includes(word))) return 2;
    const all = `${head} ${fold(`${one.fr} ${one.en}`)}`;
    return words.every((word) => all.includes(word)) ? 3 : 4;
  };
  // Sorting keeps the order of what ranks alike: most used first, as it came.
  return items
    .map((one) => [rank(one), one] as const)
    .filter(([place]) => place < 4)
    .sort(([a], [b]) => a - b)
    .slice(0, MOST)
    .map(([, one]) => one);
}

/** The words of a reply in the customer's language; in the other one where it has none in his. */
export function wordsOf(one: Canned, language: string): { text: string; language: "fr" | "en" } {
  const wanted = language === "en" ? "en" : "fr";
  const other = wanted === "fr" ? "en" : "fr";
  return one[wanted] !== "" ? { text: one[wanted], language: wanted } : { text: one[other], language: other };
}

/** `text` with `put` in the place of what opened the list, and where the caret stands then. */
export function putIn(text: string, { start, end }: Pick<Trigger, "start" | "end">, put: string): { text: string; caret: number } {
  return { text: text.slice(0, start) + put + text.slice(end), caret: start + put.length };
}
