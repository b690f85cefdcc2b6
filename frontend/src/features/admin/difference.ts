/** What changed between two texts, word by word: the longest run of words that both have in order stays. */
export interface Piece {
  kind: "same" | "gone" | "new";
  text: string;
}

/** Longer texts are shown as one whole beside the other: the table below grows with the square. */
const MOST = 1500;

const words = (text: string): string[] => text.match(/\s+|[^\s]+/g) ?? [];

export function difference(before: string, after: string): Piece[] {
  const [old, now] = [words(before), words(after)];
  if (old.length > MOST || now.length > MOST) return joined([{ kind: "gone", text: before }, { kind: "new", text: after }]);
  const width = now.length + 1;
  const longest = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = now.length - 1; j >= 0; j -= 1)
      longest[i * width + j] = old[i] === now[j] ? longest[(i + 1) * width + j + 1]! + 1 : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
  const pieces: Piece[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      pieces.push({ kind: "same", text: old[i]! });
      i += 1;
      j += 1;
    } else if (j >= now.length || (i < old.length && longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!)) {
      pieces.push({ kind: "gone", text: old[i]! });
      i += 1;
    } else {
      pieces.push({ kind: "new", text: now[j]! });
      j += 1;
    }
  }
  return joined(pieces);
}

function joined(pieces: Piece[]): Piece[] {
  const found: Piece[] = [];
  for (const piece of pieces) {
    const last = found.at(-1);
    if (last?.kind === piece.kind) last.text += piece.text;
    else if (piece.text) found.push({ ...piece });
  }
  return found;
}
