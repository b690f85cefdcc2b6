/**
 * Finds the addresses in a text that a stranger wrote. Only http and https become links, and a link says where it leads:
 * a host in other letters than ASCII (xn--…, where "а" of Cyrillic stands for "a"), one hidden behind a name and an @, or
 * one written in a way that a browser reads otherwise, is shown as the browser will read it. Nothing is ever fetched
 * for a preview. An address with characters that cannot be seen is no link: they are shown, and nobody is led anywhere.
 */
export type Piece = { kind: "text"; text: string } | { kind: "link"; text: string; href: string } | { kind: "hiding"; text: string };

/** One pass, no nesting: a megabyte without a space costs a megabyte of looking. */
const CANDIDATE = /https?:\/\/[^\s<>"]+/giu;
/** Controls of direction, zero-width characters, and letters that are drawn as nothing. */
const UNSEEN = /\p{Cc}|\p{Cf}|\u115f|\u1160|\u17b4|\u17b5|\u3164|\uffa0/gu;
const CLOSING = new Set(".,;:!?'’»”)]}*_…");
/** Longer ones no browser follows; they stay text. */
const LONGEST = 2048;

/** U+202E, drawn as what it is. */
export const showUnseen = (text: string): string =>
  text.replace(UNSEEN, (one) => `⟨U+${one.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}⟩`);

/** The end of a sentence does not belong to the address; a bracket does when it was opened within. */
function trimmed(found: string): string {
  let open = found.split("(").length - found.split(")").length; // how many more open than close
  let end = found.length;
  while (end > 0 && CLOSING.has(found[end - 1]!)) {
    if (found[end - 1] === ")") {
      if (open >= 0) break;
      open += 1;
    }
    end -= 1;
  }
  return found.slice(0, end);
}

function linkOf(written: string): Piece | null {
  if (written.length > LONGEST) return null;
  let address: URL;
  try {
    address = new URL(written);
  } catch {
    return null;
  }
  if ((address.protocol !== "http:" && address.protocol !== "https:") || address.hostname === "") return null;
  const authority = /^https?:\/\/([^/?#\\]*)/i.exec(written)?.[1] ?? "";
  const plain = !written.includes("\\") && address.username === "" && address.password === "" && authority.toLowerCase().replace(/:\d*$/, "") === address.hostname;
  address.username = address.password = "";
  return { kind: "link", text: plain ? written : address.href, href: address.href };
}

export function findLinks(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  const rest = (upto: number) => {
    if (upto > from) pieces.push({ kind: "text", text: text.slice(from, upto) });
  };
  for (const found of text.matchAll(CANDIDATE)) {
    const written = trimmed(found[0]);
    const piece: Piece | null = written.search(UNSEEN) >= 0 ? { kind: "hiding", text: showUnseen(written) } : linkOf(written);
    if (!piece) continue;
    rest(found.index);
    pieces.push(piece);
    from = found.index + written.length;
  }
  rest(text.length);
  return pieces;
}
