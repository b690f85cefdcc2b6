/**
 * The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, sections 6.2.1 and 6.2.1.1).
 * Written as the standard prints them: 128 characters in order, position 0x1B being the escape to the second table.
 */
const DEFAULT_TABLE =
  "@£$¥èéùìòÇ\nØø\rÅå" +
  "Δ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ" +
  " !\"#¤%&'()*+,-./" +
  "0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNO" +
  "PQRSTUVWXYZÄÖÑÜ§" +
  "¿abcdefghijklmno" +
  "pqrstuvwxyzäöñüà";

/** Each of these costs two septets: the escape and the character. */
const EXTENSION_TABLE = "\f^{}\\[~]|€";

const single = new Set([...DEFAULT_TABLE].filter((character) => character !== "\u001b"));
const double = new Set(EXTENSION_TABLE);

/** Septets of one character, or 0 when GSM-7 cannot write it. */
export function septetsOf(character: string): 0 | 1 | 2 {
  if (single.has(character)) return 1;
  return double.has(character) ? 2 : 0;
}

/** What a French or English writer means by a character that GSM-7 lacks: the nearest one that costs no Unicode. */
const CLOSEST: Record<string, string> = {
  "’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
  "–": "-", "—": "-", "‑": "-", "−": "-", "…": "...", "•": "-", "·": ".", "×": "x",
  "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200b": "", "\ufeff": "", "\t": " ",
  "œ": "oe", "Œ": "OE", "ÿ": "y", "Ÿ": "Y", "ç": "c", "™": "TM", "°": "o", "№": "No",
};

/** The nearest GSM-7 spelling of one character, or null when there is none (an emoji, another script). */
export function closestGsm(character: string): string | null {
  const known = CLOSEST[character];
  if (known !== undefined) return known;
  // ê is e and a circumflex: without the accent it is the same word to a reader.
  const bare = character.normalize("NFD").replace(/\p{M}/gu, "");
  return bare !== "" && bare !== character && [...bare].every((one) => septetsOf(one) > 0) ? bare : null;
}
