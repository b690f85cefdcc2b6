/** What an agent was writing, per conversation; kept in this browser, so that a closed tab loses nothing. */
import { useSyncExternalStore } from "react";

export interface Draft {
  text: string;
  mode: "reply" | "note";
}

const PREFIX = "palabre.draft.";
const SAVE_MS = 250;
let userId = "";
let cache = new Map<string, Draft>();
let version = 0;
const listeners = new Set<() => void>();
const unsaved = new Map<string, ReturnType<typeof setTimeout>>();

const storageKey = (conversationId: string) => `${PREFIX}${userId}.${conversationId}`;

export function openDrafts(user: string): void {
  userId = user;
  cache = new Map();
  const prefix = `${PREFIX}${user}.`;
  for (let index = 0; index < localStorage.length; index += 1) {
    const key = localStorage.key(index);
    if (!key?.startsWith(prefix)) continue;
    try {
      cache.set(key.slice(prefix.length), JSON.parse(localStorage.getItem(key)!) as Draft);
    } catch {
      localStorage.removeItem(key);
    }
  }
}

export const readDraft = (id: string): Draft | undefined => cache.get(id);

export function writeDraft(id: string, draft: Draft): void {
  const before = cache.get(id);
  if (draft.text === "") cache.delete(id);
  else cache.set(id, draft);
  // The lists only show whether there is a draft and how it starts: no need to redraw them at each key.
  if ((before === undefined) !== (draft.text === "")) {
    version += 1;
    for (const listener of listeners) listener();
  }
  clearTimeout(unsaved.get(id));
  unsaved.set(id, setTimeout(() => saveDraft(id), SAVE_MS));
}

function saveDraft(id: string): void {
  unsaved.delete(id);
  const draft = cache.get(id);
  try {
    if (draft) localStorage.setItem(storageKey(id), JSON.stringify(draft));
    else localStorage.removeItem(storageKey(id));
  } catch {
    // Storage full or forbidden: the draft lives as long as this tab.
  }
}

/** The tab goes away: nothing may wait for a timer. */
export function saveAllDrafts(): void {
  for (const [id, timer] of unsaved) {
    clearTimeout(timer);
    saveDraft(id);
  }
}

export const countDrafts = (): number => cache.size;

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

const draftTextOf = (id: string): string | null => cache.get(id)?.text ?? null;
