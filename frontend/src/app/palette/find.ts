import type { Command } from "@/ui/commands";

/** Without accents and case: "equipe" finds "Équipe". */
export const fold = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();

/** How well `typed` fits: 3 the beginning of the label, 2 of a word, 1 somewhere, 0 not at all. Each word typed must fit. */
export function fit(label: string, typed: string): number {
  const text = fold(label);
  let least = 3;
  for (const word of fold(typed).split(/\s+/).filter(Boolean)) {
    const at = text.indexOf(word);
    if (at < 0) return 0;
    const starts = text.split(/[^\p{L}\p{N}]+/u).some((one) => one.startsWith(word));
    least = Math.min(least, at === 0 ? 3 : starts ? 2 : 1);
  }
  return least;
}

/**
 * The commands that fit, best first. What was used lately stands before what fits alike, and first of all while nothing
 * is typed; the order is otherwise the one in which they were given.
 */
export function find(commands: readonly Command[], typed: string, lately: readonly string[]): Command[] {
  const recent = (id: string) => (lately.includes(id) ? lately.length - lately.indexOf(id) : 0);
  return commands
    .map((command, place) => ({
      command, place,
      fit: Math.max(fit(command.label, typed), command.words && fit(command.words, typed) > 0 ? 1 : 0),
      recent: recent(command.id),
    }))
    .filter((one) => one.fit > 0)
    .sort((a, b) => b.fit - a.fit || b.recent - a.recent || a.place - b.place)
    .map(({ command }) => command);
}

const STORED = "palabre.palette";
const MOST = 6;

export function usedLately(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED) ?? "[]");
    return Array.isArray(stored) ? stored.filter((one): one is string => typeof one === "string") : [];
  } catch {
    return [];
  }
}

/** Names of commands, never what was typed: the next person at this computer reads them, too. */
export function noteUse(id: string): void {
  localStorage.setItem(STORED, JSON.stringify([id, ...usedLately().filter((one) => one !== id)].slice(0, MOST)));
}
