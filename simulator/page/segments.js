// How many short messages a text becomes (3GPP TS 23.038 and 23.040): 160 septets or 70 UTF-16 units alone,
// 153 or 67 in each part of a longer text. A cut never falls inside an escape pair or a grapheme cluster.
// tests/vectors/segments.json holds this to the counting of the service.

const BASIC =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§" +
  "¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENDED = "\f^{}\\[~]|€";
const WIDTH = new Map([
  ...[...BASIC].map((character) => [character, 1]),
  ...[...EXTENDED].map((character) => [character, 2]),
]);

const weighSeptets = (text) => [...text].reduce((sum, character) => sum + WIDTH.get(character), 0);
const weighUnits = (text) => text.length;

const clusters = new Intl.Segmenter("und", { granularity: "grapheme" });

/** {encoding, units, parts, room, strangers}: room is what `parts` messages can hold. */
export function plan(text) {
  const strangers = [...new Set([...text].filter((character) => !WIDTH.has(character)))];
  const encoding = strangers.length ? "ucs2" : "gsm7";
  const [alone, most, weigh] = strangers.length ? [70, 67, weighUnits] : [160, 153, weighSeptets];
  const units = weigh(text);
  const parts = units <= alone ? 1 : count(text, most, weigh);
  return { encoding, units, parts, room: parts === 1 ? alone : parts * most, strangers };
}

function count(text, most, weigh) {
  let parts = 1;
  let filled = 0;
  for (const { segment } of clusters.segment(text)) {
    // A cluster longer than a whole part is cut between code points; all others stay whole.
    for (const piece of weigh(segment) > most ? segment : [segment]) {
      const weight = weigh(piece);
      if (filled + weight > most) {
        parts += 1;
        filled = 0;
      }
      filled += weight;
    }
  }
  return parts;
}
