/** Figures as people write them. */

/**
 * "1 000" and "2,5" as a French hand writes them, "2.5" in any language; null: not a number. An English comma parts
 * thousands for one and decimals for another, so it is not guessed.
 */
export function figureIn(text: string, language: string): number | null {
  const plain = text.trim().replace(/(?<=\d)[\s\u00a0\u202f](?=\d{3}(?!\d))/g, "");
  const written = language.startsWith("fr") ? plain.replace(",", ".") : plain;
  // What a protocol numbers is often written so.
  if (/^0x[\da-f]+$/i.test(plain)) return Number(plain);
  return /^-?\d+(\.\d+)?$/.test(written) ? Number(written) : null;
}
