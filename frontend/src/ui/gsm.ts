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
