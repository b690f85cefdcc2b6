/**
 * Sparing SMS: signs that GSM-7 lacks, written with their likes. The same rules as the server's, which applies them on
 * lines that always spare (channels_sms/text/saver.py); tests/vectors/saver.json holds both to the same answers.
 */
import { countSegments, fitsGsm, fitsLatin1 } from "@/ui/segments";

/** What a French or English writer means by a sign: its like in ASCII. Letters with marks need no entry. */
const LIKES = new Map<string, string>([
  ...each("’‘‚‛ʼʹ′´`‹›", "'"),
  ...each("“”„‟″", '"'),
  ...each("‐‑‒–—―−•‣◦▪", "-"),
  ...each("\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
  ...each("\u00ad\u200b\u2060\ufeff", ""),
  ...each("\u2028\u2029", "\n"),
  ...Object.entries({
    "…": "...", "·": ".", "×": "x", "÷": "/", "→": "->", "←": "<-", "⇒": "=>", "≤": "<=", "≥": ">=", "≠": "!=",
    "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ð": "d", "þ": "th", "ƒ": "f",
    "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "µ": "u", "μ": "u", "¢": "c",
    "ᵉ": "e", "ʳ": "r", "ˢ": "s", "ᵈ": "d", "ⁿ": "n", "ª": "a", "º": "o", "¹": "1", "²": "2", "³": "3",
    "½": "1/2", "¼": "1/4", "¾": "3/4", "№": "No", "™": "TM", "©": "(c)", "®": "(R)",
  }),
]);

function each(signs: string, like: string): [string, string][] {
  return [...signs].map((sign) => [sign, like]);
}

const SPACE = "[ \\u00a0\\u202f]";
/** Guillemets take the space inside them along: « oui » is "oui". A degree sign takes the one before it. */
const TOKEN = new RegExp(`«${SPACE}?|${SPACE}?»|${SPACE}?°|.`, "gsu");
const EDGES = new RegExp(`^${SPACE}+|${SPACE}+$`, "gu");
const OUTSIDE = /^[ \t\n\r\u00a0\u202f]+|[ \t\n\r\u00a0\u202f]+$/gu;
const MARKS = /[\u0300-\u036f]/gu;
const ONE_MARK = /^[\u0300-\u036f]$/u;
const ONE_EMOJI =
  "[\\u200d\\ufe0e\\ufe0f\\u20e3\\u231a-\\u23ff\\u25a0-\\u25a9\\u25ab-\\u25e5\\u25e7-\\u27bf\\u2934\\u2935\\u2b00-\\u2bff" +
  "\\u3030\\u303d\\u3297\\u3299\\u{1f000}-\\u{1faff}\\u{e0020}-\\u{e007f}]";
/* eslint-disable no-misleading-character-class -- signs that join others are looked for one by one here */
const EMOJI = new RegExp(ONE_EMOJI, "gu");
const EMOJIS = new RegExp(`(${SPACE}*)(${ONE_EMOJI}+(?:${SPACE}*${ONE_EMOJI}+)*)(${SPACE}*)`, "gu");
/** No signs by themselves. */
const JOINING = /^[\u200d\ufe0e\ufe0f\u20e3\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}]$/u;
/* eslint-enable no-misleading-character-class */

export interface Saving {
  text: string;
  /** SMS. */
  saved: number;
  /** What was written otherwise, each once: [sign, like]. */
  swaps: [string, string][];
  /** Emoji that were left out, each once. */
  removed: string[];
}

interface Asked {
  /** Every operator of the line takes Latin-1: é, ê and ç may stay together. */
  latin1?: boolean;
  /** Emoji may be left out: only where their author has agreed. */
  emoji?: boolean;
}

/** The same text in fewer SMS; null where nothing is saved, or a sign has no like. */
export function findSaving(text: string, { latin1 = false, emoji = false }: Asked = {}): Saving | null {
  const now = countSegments(text, latin1);
  if (now.encoding === "gsm7") return null;
  const { bare, removed } = emoji ? withoutEmoji(text) : { bare: text, removed: [] };
  if (emoji && (removed.length === 0 || bare === "")) return null;
  let best: Saving | null = null;
  for (const fits of latin1 ? [fitsLatin1, fitsGsm] : [fitsGsm]) {
    const swapped = swap(bare, fits);
    if (swapped === null) continue;
    const saved = now.parts - countSegments(swapped.text, latin1).parts;
    if (saved > (best?.saved ?? 0)) best = { ...swapped, saved, removed };
  }
  return best;
}

function swap(text: string, fits: (piece: string) => boolean): { text: string; swaps: [string, string][] } | null {
  const swaps = new Map<string, string>();
  let written = "";
  for (const [token] of text.normalize("NFC").matchAll(TOKEN)) {
    if (fits(token)) {
      written += token;
      continue;
    }
    const sign = [...token].length === 1 ? token : token.replace(EDGES, "");
    const like = likeOf(sign, fits, written.at(-1) ?? "", token !== sign);
    if (like === null) return null;
    swaps.set(sign, like);
    written += like;
  }
  return { text: written, swaps: [...swaps] };
}

function likeOf(sign: string, fits: (piece: string) => boolean, after: string, spaced: boolean): string | null {
  if (sign === "«" || sign === "»") return '"';
  if (sign === "°") return (after === "n" || after === "N") && !spaced ? "o" : " deg";
  const known = LIKES.get(sign);
  if (known !== undefined) return known;
  if (ONE_MARK.test(sign)) return "";
  // ê is e and a circumflex: without it, it is the same word to a reader.
  const bare = sign.normalize("NFD").replace(MARKS, "");
  return bare !== "" && bare !== sign && fits(bare) ? bare : null;
}

function withoutEmoji(text: string): { bare: string; removed: string[] } {
  const removed = new Set<string>();
  const bare = text.replace(EMOJIS, (all: string, before: string, emojis: string, behind: string, at: number) => {
    for (const [one] of emojis.matchAll(EMOJI)) removed.add(one);
    const left = text.slice(0, at).at(-1) ?? "\n";
    const right = text[at + all.length] ?? "\n";
    const atAnEdge = left === "\n" || right === "\n";
    return atAnEdge || right === "," || right === "." || before + behind === "" ? "" : " ";
  });
  const shown = [...removed].filter((one) => !JOINING.test(one));
  return { bare: bare.replace(OUTSIDE, ""), removed: shown.length > 0 ? shown : [...removed] };
}
