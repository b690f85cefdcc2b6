/** A front filter while somebody changes it: what the form holds, and what is sent. */
import type { FilterCheck, FilterCompare, FilterKind, FilterWay, FrontFilter } from "@/api/types";
import { uuid } from "@/api/uuid";

export interface DraftCheck {
  /** Of the form; a check that is stored has its id. */
  key: string;
  id: string | null;
  name: string;
  kind: FilterKind;
  thing_id: string | null;
  compare: FilterCompare;
  value: string;
  /** With commas between them. */
  words: string;
  way: FilterWay;
}

export interface Draft {
  /** Of the filter that it was made from. */
  revision: string;
  is_enabled: boolean;
  way: FilterWay;
  checks: DraftCheck[];
}

export const emptyWay: FilterWay = { outcome: "admit", queue_id: null, priority: 0, reply: "", bot_first: false };

export const toDraft = (stored: FrontFilter): Draft => ({
  revision: stored.revision,
  is_enabled: stored.is_enabled,
  way: stored.way,
  checks: stored.checks.map((check: FilterCheck) => ({ ...check, key: check.id, words: check.words.join(", ") })),
});

export const newCheck = (): DraftCheck => ({ key: uuid(), id: null, name: "", kind: "in_list", thing_id: null, compare: "is", value: "", words: "", way: emptyWay });

/** What another kind of check starts with: nothing of the kind before fits it. */
export const ofKind = (check: DraftCheck, kind: FilterKind): DraftCheck => ({
  ...check, kind, thing_id: null, compare: "is", words: "",
  value: kind === "language" ? "fr" : kind === "hours" ? "open" : "",
});

export const toSent = (draft: Draft) => ({
  revision: draft.revision,
  is_enabled: draft.is_enabled,
  way: draft.way,
  checks: draft.checks.map(({ key: _key, words, ...check }) => ({ ...check, words: words.split(",").map((word) => word.trim()).filter(Boolean) })),
});

/** `list` with the item at `from` standing at `to`. */
export function moved<T>(list: T[], from: number, to: number): T[] {
  if (from === to || to < 0 || to >= list.length) return list;
  const rest = list.filter((_, index) => index !== from);
  return [...rest.slice(0, to), list[from]!, ...rest.slice(to)];
}

/** The refusal of check `place` (from 1) or of the usual way ("way"), of the server's fields. */
export function refusalOf(fields: Record<string, string>, where: string): string | null {
  const found = Object.entries(fields).find(([name]) => name === where || name.startsWith(`${where}.`));
  return found ? found[1] : null;
}
