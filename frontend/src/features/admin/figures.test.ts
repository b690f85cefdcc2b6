import { expect, it } from "vitest";
import { figureIn } from "./figures";

it.each([
  ["20", "fr", 20], [" 20 ", "en", 20], ["0", "fr", 0], ["-1", "en", -1], ["1,5", "fr", 1.5], ["1.5", "fr", 1.5], ["1.5", "en", 1.5],
  ["1 000", "fr", 1000], ["1\u202f000", "fr", 1000], ["1\u00a0000 000", "fr", 1_000_000], ["12 500,25", "fr", 12_500.25], ["0x08", "en", 8],
])("%j in %s is %d", (text, language, figure) => expect(figureIn(text, language)).toBe(figure));

it.each([
  ["", "fr"], [" ", "en"], ["abc", "fr"], ["12 s", "en"], ["1,5", "en"], ["1,000", "en"], ["1 0", "fr"], ["1,5,2", "fr"], ["NaN", "en"], ["1e9", "en"], ["0x", "en"],
])("%j in %s is none", (text, language) => expect(figureIn(text, language)).toBeNull());
