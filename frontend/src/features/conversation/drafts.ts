/**
 * What an agent was writing: an answer and a note apart, per conversation. Kept in this browser, so that a closed tab
 * loses nothing, and on the server (draftSync.ts), so that he goes on in another one.
 */
import { useSyncExternalStore } from "react";

export type Mode = "reply" | "note";

export interface Draft {
  text: string;
  mode: Mode;
  /** Names of variables that a canned reply lacked: while they stand in the text it does not leave. */
  missing?: string[];
}

/** As it is kept. `rev`: of the server's copy that it goes on from; `kept`: the server has these very words. */
export interface Stored extends Draft {
  rev?: number;
  kept?: boolean;
}

const PREFIX = "palabre.draft.";
const NOTE = "#note";
const SAVE_MS = 250;
let userId = "";
let cache = new Map<string, Stored>();
let version = 0;
const listeners = new Set<() => void>();
const outside = new Set<(id: string, mode: Mode) => void>();
const unsaved = new Map<string, ReturnType<typeof setTimeout>>();
let written: ((id: string, mode: Mode) => void) | null = null;

/** A note has a place of its own: whatever is done to the modes, its words are never those of the answer. */
const slotOf = (id: string, mode: Mode) => (mode === "note" ? `${id}${NOTE}` : id);
const placeOf = (slot: string): { id: string; mode: Mode } =>
  slot.endsWith(NOTE) ? { id: slot.slice(0, -NOTE.length), mode: "note" } : { id: slot, mode: "reply" };
const storageKey = (slot: string) => `${PREFIX}${userId}.${slot}`;

export function openDrafts(user: string): void {
  userId = user;
  cache = new Map();
  const prefix = `${PREFIX}${user}.`;
  for (let index = 0; index < localStorage.length; index += 1) {
    const key = localStorage.key(index);
    if (!key?.startsWith(prefix)) continue;
    try {
      const stored = JSON.parse(localStorage.getItem(key)!) as Stored;
      // Before notes had a place of their own they stood in the answer's.
      cache.set(slotOf(placeOf(key.slice(prefix.length)).id, stored.mode), stored);
    } catch {
      localStorage.removeItem(key);
    }
  }
}

export const readDraft = (id: string, mode: Mode = "reply"): Stored | undefined => cache.get(slotOf(id, mode));

/** Every draft of a conversation that this browser holds. */
export const heldDrafts = (): { id: string; mode: Mode; draft: Stored }[] => [...cache].map(([slot, draft]) => ({ ...placeOf(slot), draft }));

/** Its author has written. */
export function writeDraft(id: string, draft: Draft): void {
  const before = readDraft(id, draft.mode);
  put(id, { ...draft, rev: before?.rev, kept: false });
  written?.(id, draft.mode);
}

/** The server has what stands here (`rev`), or something else, which takes its place. */
export function noteKept(id: string, mode: Mode, rev: number): void {
  const now = readDraft(id, mode);
  if (now) put(id, { ...now, rev, kept: true });
}

export function takeOver(id: string, draft: Stored): void {
  put(id, draft);
  for (const listener of outside) listener(id, draft.mode);
}

/** The sync hears of each change, a composer of what did not come from it. */
export const onWritten = (listener: ((id: string, mode: Mode) => void) | null): void => void (written = listener);
export function onOutside(listener: (id: string, mode: Mode) => void): () => void {
  outside.add(listener);
  return () => outside.delete(listener);
}

function put(id: string, draft: Stored): void {
  const slot = slotOf(id, draft.mode);
  const before = cache.get(slot);
  if (draft.text === "") cache.delete(slot);
  else cache.set(slot, draft);
  // The lists only show whether there is a draft and how it starts: no need to redraw them at each key.
  if ((before === undefined) !== (draft.text === "")) {
    version += 1;
    for (const listener of listeners) listener();
  }
  clearTimeout(unsaved.get(slot));
  unsaved.set(slot, setTimeout(() => saveDraft(slot), SAVE_MS));
}

function saveDraft(slot: string): void {
  unsaved.delete(slot);
  const draft = cache.get(slot);
  try {
    if (draft) localStorage.setItem(storageKey(slot), JSON.stringify(draft));
    else localStorage.removeItem(storageKey(slot));
  } catch {
    // Storage full or forbidden: the draft lives as long as this tab.
  }
}

/** The tab goes away: nothing may wait for a timer. */
export function saveAllDrafts(): void {
  for (const [slot, timer] of unsaved) {
    clearTimeout(timer);
    saveDraft(slot);
  }
}

/** Those whose words this browser alone has. */
export const countUnkeptDrafts = (): number => [...cache.values()].filter(({ kept }) => !kept).length;

/** Before the storage itself is emptied: a timer or a closing page must not write them again. */
export function forgetDrafts(): void {
  for (const timer of unsaved.values()) clearTimeout(timer);
  unsaved.clear();
  cache = new Map();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Redraws the caller when a draft appears or goes. */
export function useDraftOf(): (id: string) => string | null {
  useSyncExternalStore(subscribe, () => version);
  return draftTextOf;
}

const draftTextOf = (id: string): string | null => readDraft(id)?.text ?? readDraft(id, "note")?.text ?? null;
